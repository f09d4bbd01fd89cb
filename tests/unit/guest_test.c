// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_test.c - src/guest/guest.c and run.c: what needs no KVM always, and each payload on
 * /dev/kvm where there is one. Counts must be exact; times are not looked at.
 */
#include "kp_test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

static struct kp_guest_error error;

static void assert_says(const char *what)
{
	if (!strstr(error.msg, what))
		fail_msg("'%s' is not in: %s", what, error.msg);
}

static struct kp_guest *create(const struct kp_guest_conf *conf)
{
	struct kp_guest *guest;
	int ret = kp_guest_create(&guest, conf, &error);

	if (ret == -ENOENT || ret == -ENODEV || ret == -EACCES)
		kp_skip("%s", error.msg);
	if (ret)
		fail_msg("%s", error.msg);
	return guest;
}

static void run(struct kp_guest *guest, const struct kp_guest_job *job,
		struct kp_guest_result *result)
{
	if (kp_guest_run(guest, job, result, &error))
		fail_msg("%s: %s", job->payload->name, error.msg);
	assert_int_equal(error.err, 0);
}

/* ---- without KVM ---- */

static void test_payload_table(void **state)
{
	const struct kp_guest_payload *payload;
	size_t i;

	for (i = 0; (payload = kp_guest_payload_at(i)); i++) {
		assert_ptr_equal(kp_guest_payload_find(payload->name), payload);
		assert_true(strlen(payload->help) > 5);
	}
	assert_null(kp_guest_payload_at(i + 1));
	assert_null(kp_guest_payload_find("no-such-payload"));
	assert_null(kp_guest_payload_find(""));
}

static void assert_refused(const struct kp_guest_conf *conf, int err, const char *what)
{
	struct kp_guest *guest = (struct kp_guest *)&error;

	assert_int_equal(kp_guest_create(&guest, conf, &error), -err);
	assert_int_equal(error.err, err);
	assert_null(guest);
	assert_says(what);
}

static void test_bad_conf(void **state)
{
	const int cpus[] = { 0, -4 };
	const struct kp_guest_filter filter = { .nr = KP_GUEST_MAX_FILTER + 1 };

	assert_refused(&(struct kp_guest_conf){ 0 }, EINVAL, "vCPUs");
	assert_refused(&(struct kp_guest_conf){ .nr_vcpus = KP_GUEST_MAX_VCPUS + 1 }, EINVAL,
		       "vCPUs");
	assert_refused(&(struct kp_guest_conf){ .nr_vcpus = 1, .cpus = cpus, .nr_cpus = 2 }, EINVAL,
		       "-4");
	assert_refused(&(struct kp_guest_conf){ .nr_vcpus = 1, .filter = &filter }, EINVAL,
		       "filter");
}

static void test_no_device(void **state)
{
	assert_refused(&(struct kp_guest_conf){ .nr_vcpus = 1, .dev_path = "/nonexistent/kvm" },
		       ENOENT, "modprobe");
}

static void test_not_kvm(void **state)
{
	assert_refused(&(struct kp_guest_conf){ .nr_vcpus = 1, .dev_path = "/dev/null" }, ENODEV,
		       "/dev/null is not KVM");
}

/* In a child, because root may open everything and there is no way back from not being root. */
static void test_not_permitted(void **state)
{
	char path[] = "/tmp/kvmpmu-guest-XXXXXX";
	struct kp_guest *guest;
	int status, fd = mkstemp(path);
	pid_t pid;

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0), 0);
	pid = fork();
	if (!pid) {
		struct kp_guest_conf conf = { .nr_vcpus = 1, .dev_path = path };

		if (!geteuid() && (setgid(65534) || setuid(65534)))
			_exit(2);
		_exit(kp_guest_create(&guest, &conf, &error) != -EACCES ||
		      !strstr(error.msg, "Run as root"));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fd);
	unlink(path);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_free_null(void **state)
{
	struct kp_guest_result result = { 0 };

	kp_guest_free(NULL);
	kp_guest_result_free(&result);
	kp_guest_result_free(&result);
}

/* ---- with KVM ---- */

static void check_vcpu(const struct kp_guest_vcpu_result *v, const struct kp_guest_payload *payload,
		       uint64_t iterations)
{
	assert_int_equal(v->error.err, 0);
	assert_int_equal(v->iterations, iterations);
	assert_int_equal(v->exits_total, payload->user_exit < 0 ? 0 : iterations);
	if (payload->user_exit >= 0)
		assert_int_equal(v->exits[payload->user_exit], iterations);
	assert_true(v->valid & KP_GUEST_TICKS);
	assert_true(v->ticks > 0);
	assert_true(v->tid > 0);
	/* what came to this process came to KVM before, and the last exit did too */
	if (v->valid & KP_GUEST_KVM_EXITS)
		assert_true(v->kvm_exits > v->exits_total);
	if (!strcmp(payload->name, "hlt") || payload->pmi)
		assert_int_equal(v->irqs, iterations);
	assert_int_equal(v->lost, 0);
}

static void test_payload(void **state)
{
	const char *name = *state;
	struct kp_guest_job job = { .payload = kp_guest_payload_find(name), .iterations = 100 };
	const struct kp_guest_conf conf = { .nr_vcpus = 2 };
	struct kp_guest_result result;
	struct kp_guest *guest;
	unsigned int i;
	int ret;

	if (!job.payload)
		kp_skip("this architecture has no payload %s", name);
	guest = create(&conf);
	ret = kp_guest_run(guest, &job, &result, &error);
	if (ret == -EOPNOTSUPP) {
		kp_guest_result_free(&result);
		kp_guest_free(guest);
		kp_skip("%s", error.msg);
	}
	if (ret)
		fail_msg("%s", error.msg);
	assert_int_equal(result.nr_vcpus, 2);
	assert_false(result.interrupted);
	for (i = 0; i < result.nr_vcpus; i++) {
		assert_int_equal(result.vcpus[i].index, i);
		check_vcpu(&result.vcpus[i], job.payload, job.iterations);
	}
	kp_guest_result_free(&result);
	kp_guest_free(guest);
}

/* The counts of payload pmu are known from its code. */
static void test_exact_counts(void **state)
{
	struct kp_guest_job job = { .payload = kp_guest_payload_find("pmu"), .iterations = 50 };
	const struct kp_guest_conf conf = { .nr_vcpus = 1 };
	struct kp_guest_result result;
	struct kp_guest_counter *c;
	struct kp_guest *guest = create(&conf);

	if (!kp_guest_info(guest)->pmu_on) {
		kp_guest_free(guest);
		kp_skip("this KVM gives guests no PMU");
	}
	job.nr_counters = kp_guest_info(guest)->nr_gp;
	run(guest, &job, &result);
	assert_int_equal(result.vcpus[0].nr_counters, job.nr_counters);
	c = &result.vcpus[0].counters[0];
	assert_true(c->valid & KP_GUEST_EXPECTED);
	assert_int_equal(c->reads, 50);
	assert_string_equal(c->name, "instructions");
	/* a CPU may count an interrupt or an entry on top, but the least is exact */
	assert_in_range(c->min, c->expected_min, c->expected_max);
	kp_guest_result_free(&result);
	kp_guest_free(guest);
}

static void test_many_runs(void **state)
{
	const struct kp_guest_payload *spin = kp_guest_payload_find("spin");
	const struct kp_guest_payload *mmio = kp_guest_payload_find("mmio");
	const struct kp_guest_conf conf = { .nr_vcpus = 1 };
	struct kp_guest_result result;
	struct kp_guest *guest = create(&conf);
	pid_t tid = kp_guest_vcpu_tid(guest, 0);
	uint64_t i;

	for (i = 1; i <= 20; i++) {
		struct kp_guest_job job = { .payload = i % 2 ? mmio : spin, .iterations = i };

		run(guest, &job, &result);
		check_vcpu(&result.vcpus[0], job.payload, i);
		assert_int_equal(result.vcpus[0].tid, tid);
		kp_guest_result_free(&result);
	}
	assert_int_equal(kp_guest_vcpu_tid(guest, 1), 0);
	kp_guest_free(guest);
}

static void test_two_guests(void **state)
{
	struct kp_guest_job job = { .payload = kp_guest_payload_find("mmio"), .iterations = 10 };
	const struct kp_guest_conf conf = { .nr_vcpus = 1 };
	struct kp_guest_result result;
	struct kp_guest *a = create(&conf), *b = create(&conf);

	run(a, &job, &result);
	kp_guest_result_free(&result);
	run(b, &job, &result);
	kp_guest_free(a);
	kp_guest_result_free(&result);
	run(b, &job, &result);
	check_vcpu(&result.vcpus[0], job.payload, 10);
	kp_guest_result_free(&result);
	kp_guest_free(b);
}

static void test_duration(void **state)
{
	struct kp_guest_job job = { .payload = kp_guest_payload_find("mmio"),
				    .duration_ns = 50000000 };
	const struct kp_guest_conf conf = { .nr_vcpus = 2 };
	struct kp_guest_result result;
	struct kp_guest *guest = create(&conf);
	unsigned int i;

	run(guest, &job, &result);
	assert_false(result.interrupted);
	for (i = 0; i < 2; i++) {
		assert_true(result.vcpus[i].iterations > 0);
		check_vcpu(&result.vcpus[i], job.payload, result.vcpus[i].iterations);
	}
	kp_guest_result_free(&result);
	kp_guest_free(guest);
}

static void test_stop_flag(void **state)
{
	static volatile sig_atomic_t stop = 1;
	struct kp_guest_job job = { .payload = kp_guest_payload_find("mmio"),
				    .iterations = UINT64_MAX,
				    .stop = &stop };
	const struct kp_guest_conf conf = { .nr_vcpus = 2 };
	struct kp_guest_result result;
	struct kp_guest *guest = create(&conf);

	run(guest, &job, &result);
	assert_true(result.interrupted);
	kp_guest_result_free(&result);
	kp_guest_free(guest);
}

/* One iteration that takes centuries; the machine must be of use again afterwards. */
static void test_hang(void **state)
{
	struct kp_guest_job hang = { .payload = kp_guest_payload_find("spin"),
				     .iterations = 1,
				     .loops = 1ull << 60,
				     .hang_ns = 200000000 };
	struct kp_guest_job job = { .payload = kp_guest_payload_find("mmio"), .iterations = 10 };
	const struct kp_guest_conf conf = { .nr_vcpus = 1 };
	struct kp_guest_result result;
	struct kp_guest *guest = create(&conf);

	assert_int_equal(kp_guest_run(guest, &hang, &result, &error), -ETIMEDOUT);
	assert_int_equal(error.vcpu, 0);
	assert_says("no progress");
	assert_int_equal(result.vcpus[0].error.err, ETIMEDOUT);
	assert_int_equal(result.vcpus[0].iterations, 0);
	kp_guest_result_free(&result);
	run(guest, &job, &result);
	check_vcpu(&result.vcpus[0], job.payload, 10);
	kp_guest_result_free(&result);
	kp_guest_free(guest);
}

static int allowed_cpu(void)
{
	cpu_set_t set;
	int i;

	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	for (i = CPU_SETSIZE - 1; i > 0 && !CPU_ISSET(i, &set); i--)
		;
	return i;
}

static void test_pin(void **state)
{
	const int cpu = allowed_cpu();
	struct kp_guest_job job = { .payload = kp_guest_payload_find("spin"), .iterations = 10 };
	const struct kp_guest_conf conf = { .nr_vcpus = 2, .cpus = &cpu, .nr_cpus = 1 };
	struct kp_guest_result result;
	struct kp_guest *guest = create(&conf);

	run(guest, &job, &result);
	assert_int_equal(result.vcpus[0].cpu, cpu);
	assert_int_equal(result.vcpus[1].cpu, cpu);
	kp_guest_result_free(&result);
	assert_int_equal(kp_guest_pin(guest, 2, cpu), -EINVAL);
	assert_int_equal(kp_guest_pin(guest, 0, -1), 0);
	kp_guest_free(guest);
}

static void test_pin_nowhere(void **state)
{
	const int cpu = CPU_SETSIZE - 1;
	const struct kp_guest_conf ok = { .nr_vcpus = 1 };
	const struct kp_guest_conf conf = { .nr_vcpus = 1, .cpus = &cpu, .nr_cpus = 1 };
	struct kp_guest *guest = create(&ok);

	kp_guest_free(guest);
	assert_int_equal(kp_guest_create(&guest, &conf, &error), -EINVAL);
	assert_says("vCPU 0: cannot run on CPU 1023");
}

struct ticks {
	unsigned int nr;
	int cpu;
};

static void on_tick(struct kp_guest *guest, uint64_t elapsed_ns, void *arg)
{
	struct ticks *ticks = arg;

	ticks->nr++;
	assert_int_equal(kp_guest_pin(guest, 0, ticks->cpu), 0);
}

static void test_tick(void **state)
{
	struct ticks ticks = { .cpu = allowed_cpu() };
	struct kp_guest_job job = { .payload = kp_guest_payload_find("spin"),
				    .duration_ns = 100000000,
				    .tick = on_tick,
				    .tick_ns = 1000000,
				    .tick_arg = &ticks };
	const struct kp_guest_conf conf = { .nr_vcpus = 1 };
	struct kp_guest_result result;
	struct kp_guest *guest = create(&conf);

	run(guest, &job, &result);
	assert_true(ticks.nr > 1);
	assert_int_equal(result.vcpus[0].cpu, ticks.cpu);
	kp_guest_result_free(&result);
	kp_guest_free(guest);
}

struct exits {
	unsigned int nr;
	bool elsewhere;
};

static void on_exit_to_user(struct kp_guest *guest, unsigned int vcpu, void *arg)
{
	struct exits *exits = arg;

	exits->nr++;
	exits->elsewhere |= vcpu != 0 || (pid_t)syscall(SYS_gettid) != kp_guest_vcpu_tid(guest, 0);
}

/* Once an iteration, in the vCPU's own thread; never where a payload stays in KVM. */
static void test_user_exit(void **state)
{
	struct exits exits = { 0 };
	struct kp_guest_job job = { .payload = kp_guest_payload_find("mmio"),
				    .iterations = 20,
				    .user_exit = on_exit_to_user,
				    .user_exit_arg = &exits };
	const struct kp_guest_conf conf = { .nr_vcpus = 1 };
	struct kp_guest_result result;
	struct kp_guest *guest = create(&conf);

	run(guest, &job, &result);
	assert_int_equal(exits.nr, 20);
	assert_false(exits.elsewhere);
	kp_guest_result_free(&result);
	job.payload = kp_guest_payload_find("cpuid");
	run(guest, &job, &result);
	assert_int_equal(exits.nr, 20);
	kp_guest_result_free(&result);
	kp_guest_free(guest);
}

static void test_bad_jobs(void **state)
{
	const struct kp_guest_payload *spin = kp_guest_payload_find("spin");
	const struct kp_guest_conf conf = { .nr_vcpus = 1, .pmu = KP_GUEST_OFF };
	struct kp_guest_result result;
	struct kp_guest *guest = create(&conf);
	struct kp_guest_job job = { .iterations = 1 };

	assert_int_equal(kp_guest_run(guest, &job, &result, &error), -EINVAL);
	job = (struct kp_guest_job){ .payload = spin };
	assert_int_equal(kp_guest_run(guest, &job, &result, &error), -EINVAL);
	assert_says("duration");
	/* a machine without PMU */
	assert_false(kp_guest_info(guest)->pmu_on);
	job = (struct kp_guest_job){ .payload = spin, .iterations = 1, .nr_counters = 1 };
	assert_int_equal(kp_guest_run(guest, &job, &result, &error), -EOPNOTSUPP);
	assert_says("asked for without");
	job = (struct kp_guest_job){ .payload = kp_guest_payload_find("pmu"), .iterations = 1 };
	assert_int_equal(kp_guest_run(guest, &job, &result, &error), -EOPNOTSUPP);
	kp_guest_free(guest);
}

static void test_no_irqchip(void **state)
{
	struct kp_guest_job job = { .payload = kp_guest_payload_find("hlt"), .iterations = 25 };
	const struct kp_guest_conf conf = { .nr_vcpus = 1, .irqchip = KP_GUEST_OFF };
	struct kp_guest_result result;
	struct kp_guest *guest = create(&conf);

	assert_string_equal(kp_guest_info(guest)->irqchip, "none");
	if (job.payload->irqchip) {
		assert_int_equal(kp_guest_run(guest, &job, &result, &error), -EOPNOTSUPP);
		assert_says("interrupt controller");
	} else {
		run(guest, &job, &result);
		assert_int_equal(result.vcpus[0].exits[KVM_EXIT_HLT], 25);
		assert_int_equal(result.vcpus[0].irqs, 0);
		kp_guest_result_free(&result);
	}
	kp_guest_free(guest);
}

static bool msrs_ignored(void)
{
	char c = 'N';
	int fd = open("/sys/module/kvm/parameters/ignore_msrs", O_RDONLY);

	if (fd >= 0 && read(fd, &c, 1) != 1)
		c = 'N';
	if (fd >= 0)
		close(fd);
	return c == 'Y' || c == '1';
}

/* MSR 0x12345678, or a system register of an unallocated encoding: an exception in the guest. */
static void test_fault(void **state)
{
	struct kp_guest_job job = { .payload = kp_guest_payload_find("msr"),
				    .iterations = 10,
				    .set_reg = true,
				    .reg = 0x12345678 };
	const struct kp_guest_conf conf = { .nr_vcpus = 1 };
	struct kp_guest_result result;
	struct kp_guest *guest;

#if defined(__aarch64__)
	job.reg = KP_GUEST_SYSREG(3, 0, 15, 15, 7);
#endif
	if (msrs_ignored())
		kp_skip("kvm.ignore_msrs is on: no access to a register can fail");
	guest = create(&conf);
	assert_int_equal(kp_guest_run(guest, &job, &result, &error), -EOPNOTSUPP);
	assert_says("vCPU 0: exception in the guest");
	assert_says("KVM refuses");
	assert_int_equal(result.vcpus[0].iterations, 0);
	kp_guest_result_free(&result);
	kp_guest_free(guest);
}

#define PAYLOAD_TEST(name)                                              \
	{                                                               \
		"payload " name, test_payload, NULL, NULL, (void *)name \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_payload_table),
		cmocka_unit_test(test_bad_conf),
		cmocka_unit_test(test_no_device),
		cmocka_unit_test(test_not_kvm),
		cmocka_unit_test(test_not_permitted),
		cmocka_unit_test(test_free_null),
		PAYLOAD_TEST("io"),
		PAYLOAD_TEST("mmio"),
		PAYLOAD_TEST("msr"),
		PAYLOAD_TEST("cpuid"),
		PAYLOAD_TEST("hypercall"),
		PAYLOAD_TEST("hlt"),
		PAYLOAD_TEST("pmu"),
		PAYLOAD_TEST("pmi"),
		PAYLOAD_TEST("spin"),
		cmocka_unit_test(test_exact_counts),
		cmocka_unit_test(test_many_runs),
		cmocka_unit_test(test_two_guests),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_stop_flag),
		cmocka_unit_test(test_hang),
		cmocka_unit_test(test_pin),
		cmocka_unit_test(test_pin_nowhere),
		cmocka_unit_test(test_tick),
		cmocka_unit_test(test_user_exit),
		cmocka_unit_test(test_bad_jobs),
		cmocka_unit_test(test_no_irqchip),
		cmocka_unit_test(test_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
