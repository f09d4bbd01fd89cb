// SPDX-License-Identifier: GPL-2.0-only
/*
 * host_test.c - src/host: each snapshot in tests/snap is read and compared with its host.txt
 * (KP_UPDATE=1 rewrites them); the sysroot's bounds; finding VMs.
 */
#include "kp_test.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "lib/buf.h"

#define SNAP KP_TESTS_DIR "/snap"

static const char *const hosts[] = {
	"arm64-hybrid4", "arm64-plain2",      "x86-amd-mediated2",
	"x86-softkvm2",	 "x86-intel-hybrid8", "x86-intel-spr-mediated4",
	"x86-amd-zen3",	 "x86-amd-zen4-off8", "x86-intel-spr-on8",
	"x86-cloud-nopmu4",
	"lab-amd-mediated", "lab-amd-emulated",  "lab-arm64-vhe",
	"lab-arm64-hybrid",
};

static const char *tri(enum kp_tri t)
{
	return t == KP_TRI_YES ? "yes" : t == KP_TRI_NO ? "no" : "unknown";
}

static const char *str(const char *s)
{
	return s ? s : "-";
}

static void dump_attrs(struct kp_buf *buf, const char *what, const struct kp_host_attrs *attrs)
{
	size_t i;

	for (i = 0; i < attrs->nr; i++)
		kp_buf_printf(buf, "  %s %s=%s\n", what, attrs->at[i].name, attrs->at[i].value);
}

static void dump_pmus(struct kp_buf *buf, const struct kp_host *host)
{
	const struct kp_host_pmu *p;

	for (p = host->pmus; p < host->pmus + host->nr_pmus; p++) {
		kp_buf_printf(buf, "pmu %s type=%u cpus=%s%s\n", p->name, p->type, str(p->cpus),
			      p->core ? " core" : "");
		dump_attrs(buf, "format", &p->formats);
		dump_attrs(buf, "event", &p->events);
		dump_attrs(buf, "cap", &p->caps);
	}
}

static void dump_vms(struct kp_buf *buf, const struct kp_host *host)
{
	const struct kp_host_vm *vm;
	size_t i;

	for (vm = host->vms; vm < host->vms + host->nr_vms; vm++) {
		kp_buf_printf(buf, "vm pid=%u name=%s vmm=%s vcpu_files=", vm->pid, str(vm->name),
			      str(vm->vmm));
		if (vm->has_files)
			kp_buf_printf(buf, "%u\n", vm->nr_vcpu_files);
		else
			kp_buf_printf(buf, "-\n");
		for (i = 0; i < vm->nr_vcpus; i++) {
			if (vm->vcpus[i].has_vcpu)
				kp_buf_printf(buf, "  tid=%u vcpu=%u\n", vm->vcpus[i].tid,
					      vm->vcpus[i].vcpu);
			else
				kp_buf_printf(buf, "  tid=%u vcpu=-\n", vm->vcpus[i].tid);
		}
	}
}

static void dump(struct kp_buf *buf, const struct kp_host *h)
{
	size_t i;

	kp_buf_printf(buf, "machine %s\nosrelease %s\nhostname %s\ncpudesc %s\ncpuid %s\n",
		      str(h->machine), str(h->osrelease), str(h->hostname), str(h->cpudesc),
		      str(h->cpuid));
	kp_buf_printf(buf, "cpus online=%s nr=%u avail=%u\nmem_kb %ju\n", str(h->online),
		      h->nr_cpus_online, h->nr_cpus_avail, (uintmax_t)h->total_mem_kb);
	if (h->paranoid != INT_MIN)
		kp_buf_printf(buf, "paranoid %d\n", h->paranoid);
	kp_buf_printf(buf, "max_sample_rate %ju\nmlock_kb %ju\ntracefs %s\n",
		      (uintmax_t)h->max_sample_rate, (uintmax_t)h->mlock_kb, str(h->tracefs));
	kp_buf_printf(buf, "nmi_watchdog %s\nkvm %s\nenable_pmu %s\nmediated_param %s\n",
		      tri(h->nmi_watchdog), tri(h->kvm), tri(h->kvm_enable_pmu),
		      tri(h->kvm_mediated_param));
	kp_buf_printf(buf, "mediated_vm_blocks %s\n", tri(h->mediated_vm_blocks));
	for (i = 0; i < h->nr_pmu_irqs; i++)
		kp_buf_printf(buf, "pmu_irq %u\n", h->pmu_irqs[i]);
	dump_pmus(buf, h);
	dump_vms(buf, h);
}

static struct kp_host *collect(const char *name, uint32_t what)
{
	struct kp_sysroot *root;
	struct kp_host *host;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), SNAP "/%s/sysroot", name);
	assert_int_equal(kp_sysroot_open(path, &root), 0);
	assert_false(kp_sysroot_live(root));
	assert_int_equal(kp_host_collect(root, what, &host), 0);
	kp_sysroot_free(root);
	return host;
}

static void read_expected(const char *path, struct kp_buf *buf)
{
	FILE *f = fopen(path, "r");
	char line[4096];

	if (!f)
		fail_msg("%s cannot be read; KP_UPDATE=1 makes it", path);
	while (fgets(line, sizeof(line), f))
		kp_buf_add(buf, line, strlen(line));
	fclose(f);
}

static void check_host(void **state)
{
	const char *name = *state;
	struct kp_host *host = collect(name, KP_HOST_ALL);
	struct kp_buf got = { 0 }, want = { 0 };
	char path[PATH_MAX];

	dump(&got, host);
	snprintf(path, sizeof(path), SNAP "/%s/host.txt", name);
	if (getenv("KP_UPDATE")) {
		FILE *f = fopen(path, "w");

		assert_non_null(f);
		fwrite(got.data, 1, got.len, f);
		fclose(f);
	}
	read_expected(path, &want);
	assert_string_equal(got.data, want.data);
	kp_buf_free(&got);
	kp_buf_free(&want);
	kp_host_free(host);
}

static void test_find_vm(void **state)
{
	struct kp_host *host = collect("x86-amd-mediated2", KP_HOST_VMS);
	const struct kp_host_vm *vm;

	(void)state;
	assert_int_equal(kp_host_find_vm(host, "web1", &vm), 0);
	assert_int_equal(vm->pid, 1201);
	assert_int_equal(kp_host_find_vm(host, "1302", &vm), 0);
	assert_string_equal(vm->name, "fc-7");
	assert_int_equal(kp_host_find_vm(host, "nosuch", &vm), -ENOENT);
	assert_int_equal(kp_host_find_vm(host, "1", &vm), -ENOENT);
	kp_host_free(host);
}

static void test_vcpu_names(void **state)
{
	static const struct {
		const char *comm;
		int64_t vcpu;
	} cases[] = {
		{"CPU 0/KVM",	       0 },
		   { "CPU 12/KVM",	   12},
		{ "CPU 0/TCG",       -1},
		   { "CPU /KVM",	 -1},
		{ "fc_vcpu 3",       3 },
		   { "kvm-vcpu-7",	   7 },
		{ "vcpu 2",	    2 },
		   { "vcpu11",	       11},
		{ "crosvm_vcpu4",	  4 },
		   { "vcpu",	     -1},
		{ "vcpux",	   -1},
		   { "cpuhp/0",		-1},
		{ "vcpu99999999999", -1},
		   { "",		 -1},
	};
	uint32_t vcpu;
	size_t i;

	(void)state;
	for (i = 0; i < KP_ARRAY_SIZE(cases); i++) {
		bool is = kp_host_is_vcpu_name(cases[i].comm, &vcpu);

		if (is != (cases[i].vcpu >= 0) || (is && vcpu != cases[i].vcpu))
			fail_msg("'%s'", cases[i].comm);
	}
}

/* A snapshot is input like any other: links must not lead out of it. */
static void test_sysroot(void **state)
{
	char dir[] = "/tmp/kp_host_test.XXXXXX", path[PATH_MAX], *text, buf[64];
	struct kp_sysroot *root;

	(void)state;
	assert_int_equal(kp_sysroot_open("/nonexistent", &root), -ENOENT);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/out", dir);
	assert_int_equal(symlink("../../../../../../etc/passwd", path), 0);
	assert_int_equal(kp_sysroot_open(dir, &root), 0);
	assert_true(kp_sysroot_read(root, &text, NULL, "/out") < 0);
	assert_true(kp_sysroot_read(root, &text, NULL, "/../../../etc/passwd") < 0);
	assert_int_equal(kp_sysroot_readlink(root, buf, sizeof(buf), "/out"), 0);
	assert_string_equal(buf, "../../../../../../etc/passwd");
	assert_int_equal(kp_sysroot_readlink(root, buf, 8, "/out"), -ENAMETOOLONG);
	assert_true(kp_sysroot_exists(root, "/"));
	assert_false(kp_sysroot_exists(root, "/proc"));
	assert_int_equal(kp_sysroot_read(root, &text, NULL, "/none"), -ENOENT);
	kp_sysroot_free(root);
	unlink(path);
	rmdir(dir);
}

/* The live host: only what every Linux has. */
static void test_live(void **state)
{
	struct kp_sysroot *root;
	struct kp_host *host;

	(void)state;
	assert_int_equal(kp_sysroot_open(NULL, &root), 0);
	assert_true(kp_sysroot_live(root));
	assert_int_equal(kp_host_collect(root, KP_HOST_ALL, &host), 0);
	assert_non_null(host->machine);
	assert_non_null(host->osrelease);
	assert_true(host->nr_cpus_online > 0);
	assert_true(host->nr_cpus_avail >= host->nr_cpus_online);
	kp_host_free(host);
	kp_sysroot_free(root);
}

int main(void)
{
	struct CMUnitTest tests[KP_ARRAY_SIZE(hosts) + 4] = {
		cmocka_unit_test(test_find_vm),
		cmocka_unit_test(test_vcpu_names),
		cmocka_unit_test(test_sysroot),
		cmocka_unit_test(test_live),
	};
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(hosts); i++)
		tests[4 + i] = (struct CMUnitTest){ .name = hosts[i],
						    .test_func = check_host,
						    .initial_state = (void *)(uintptr_t)hosts[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
