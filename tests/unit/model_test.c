// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_test.c - src/model: pairing of exits as perf kvm stat report does it, vCPU times and
 * filters, on hand-made events with exact expectations.
 */
#include "model_events.h"

static void test_empty(void **state)
{
	struct kp_model *m = MODEL(ALL);
	struct kp_snap *s = snap(m);

	(void)state;
	assert_int_equal(s->pairing, KP_PAIR_NONE);
	assert_int_equal(s->nr_exits + s->nr_vcpus + s->nr_users + s->nr_hot, 0);
	assert_false(s->has_time);
	done(m, s);
}

static void test_pairs(void **state)
{
	struct kp_model *m = MODEL(ALL);
	struct kp_snap *s;

	(void)state;
	add(m, ENTRY(1, 100));
	add(m, EXIT(1, 7, 110));
	add(m, ENTRY(1, 150)); /* 7: 40 */
	add(m, EXIT(1, 9, 175));
	add(m, ENTRY(1, 180)); /* 9: 5 */
	add(m, EXIT(1, 7, 190));
	add(m, ENTRY(1, 200)); /* 7: 10 */
	add(m, EXIT(1, 7, 201)); /* still open at the end */
	s = snap(m);
	assert_int_equal(s->pairing, KP_PAIR_EXIT_ENTRY);
	assert_int_equal(s->nr_exits, 2);
	assert_int_equal(s->exits[0].code, 7);
	assert_stat(&row(s, 7)->stat, 2, 50, 10, 40);
	assert_stat(&row(s, 9)->stat, 1, 5, 5, 5);
	assert_stat(&s->total, 3, 55, 5, 40);
	assert_int_equal(row(s, 7)->run.count, 0);
	assert_int_equal(s->unpaired_exits, 0);
	assert_int_equal(s->unpaired_entries, 1);
	assert_int_equal(s->first_ns, 100);
	assert_int_equal(s->last_ns, 201);
	assert_int_equal(s->nr_vcpus, 1);
	assert_int_equal(s->vcpus[0].guest_ns, 10 + 25 + 10 + 1);
	assert_int_equal(s->vcpus[0].host_ns, 55);
	assert_int_equal(s->vcpus[0].entries, 4);
	assert_int_equal(s->vcpus[0].exits, 4);
	assert_true(s->vcpus[0].has_vcpu && s->vcpus[0].has_times);
	assert_int_equal(s->vcpus[0].vcpu, 1);
	done(m, s);
}

/* perf makes its record of a thread at the first kvm_entry: an exit before it begins nothing. */
static void test_exit_before_first_entry(void **state)
{
	struct kp_model *m = MODEL(ALL);
	struct kp_snap *s;

	(void)state;
	add(m, EXIT(1, 7, 100));
	add(m, ENTRY(1, 110));
	add(m, EXIT(1, 8, 120));
	add(m, ENTRY(1, 125));
	s = snap(m);
	assert_null(row(s, 7));
	assert_stat(&s->total, 1, 5, 5, 5);
	assert_int_equal(s->unpaired_exits, 1);
	done(m, s);
}

static void test_lost_events(void **state)
{
	struct kp_model *m = MODEL(ALL);
	struct kp_event lost = event(KP_EV_LOST, 0, 155);
	struct kp_snap *s;

	(void)state;
	add(m, ENTRY(1, 100));
	add(m, EXIT(1, 7, 110)); /* its entry is lost */
	add(m, EXIT(1, 8, 150)); /* replaces it */
	lost.value = 3;
	add(m, on_cpu(lost, 2));
	add(m, ENTRY(1, 160)); /* 8: 10 */
	add(m, ENTRY(1, 170)); /* the exit before it is lost: no begin, no count */
	add(m, EXIT(1, 9, 180));
	add(m, ENTRY(1, 181)); /* 9: 1 */
	s = snap(m);
	assert_null(row(s, 7));
	assert_stat(&row(s, 8)->stat, 1, 10, 10, 10);
	assert_stat(&row(s, 9)->stat, 1, 1, 1, 1);
	assert_int_equal(s->total.count, 2);
	assert_int_equal(s->unpaired_exits, 1);
	assert_int_equal(s->unpaired_entries, 2);
	assert_int_equal(s->lost, 3);
	assert_int_equal(s->nr_losts, 1);
	assert_int_equal(s->losts[0].cpu, 2);
	/* the second entry ends no guest time: when the guest left is not known */
	assert_int_equal(s->vcpus[0].guest_ns, 10 + 10);
	assert_int_equal(s->vcpus[0].host_ns, 10 + 1);
	done(m, s);
}

static void test_threads_apart(void **state)
{
	struct kp_model *m = MODEL(ALL, .by = KP_BY_VCPU | KP_BY_REASON);
	struct kp_snap *s;

	(void)state;
	add(m, ENTRY(11, 100));
	add(m, ENTRY(12, 101));
	add(m, EXIT(11, 7, 110));
	add(m, EXIT(12, 7, 111));
	add(m, ENTRY(12, 112));
	add(m, ENTRY(11, 140));
	s = snap(m);
	assert_int_equal(s->nr_exits, 2);
	assert_int_equal(s->exits[0].tid, 11);
	assert_stat(&s->exits[0].stat, 1, 30, 30, 30);
	assert_int_equal(s->exits[1].tid, 12);
	assert_stat(&s->exits[1].stat, 1, 1, 1, 1);
	assert_int_equal(s->exits[1].vm, VM);
	assert_true(s->exits[1].has_vcpu);
	assert_int_equal(s->exits[1].vcpu, 2);
	assert_int_equal(s->nr_vcpus, 2);
	done(m, s);
}

/*
 * The vCPU moves to another CPU while it handles the exit: the exit belongs to where it happened.
 */
static void test_migration(void **state)
{
	struct kp_model *m = MODEL(ALL, .by = KP_BY_CPU | KP_BY_REASON);
	struct kp_event mig = event(KP_EV_MIGRATE, 0, 120);
	struct kp_snap *s;

	(void)state;
	mig.pid = 0; /* raised by the idle task of some CPU */
	mig.extra = 1;
	mig.code = 4;
	mig.value = 5;
	add(m, on_cpu(ENTRY(1, 100), 4));
	add(m, on_cpu(EXIT(1, 7, 110), 4));
	add(m, mig);
	add(m, on_cpu(ENTRY(1, 150), 5));
	s = snap(m);
	assert_int_equal(s->nr_exits, 1);
	assert_int_equal(s->exits[0].cpu, 4);
	assert_true(s->exits[0].has & KP_BY_CPU);
	assert_stat(&s->exits[0].stat, 1, 40, 40, 40);
	assert_int_equal(s->vcpus[0].migrations, 1);
	assert_int_equal(s->vcpus[0].last_cpu, 5);
	done(m, s);
}

static void test_time_zero_and_backwards(void **state)
{
	struct kp_model *m = MODEL(ALL);
	struct kp_snap *s;

	(void)state;
	add(m, ENTRY(1, 0));
	add(m, EXIT(1, 7, 0)); /* time 0 is perf's "nothing begun" */
	add(m, ENTRY(1, 20));
	add(m, EXIT(1, 8, 30));
	add(m, ENTRY(1, 25));
	s = snap(m);
	assert_int_equal(s->total.count, 0);
	assert_int_equal(s->backwards, 1);
	done(m, s);
}

static void test_no_times(void **state)
{
	struct kp_model *m = MODEL(ALL);
	struct kp_event in = ENTRY(1, 0), out = EXIT(1, 7, 0);
	struct kp_snap *s;

	(void)state;
	in.valid &= ~KP_HAS_TIME;
	out.valid &= ~KP_HAS_TIME;
	add(m, in);
	add(m, out);
	add(m, in);
	s = snap(m);
	assert_false(s->has_time);
	assert_int_equal(row(s, 7)->stat.count, 1);
	assert_int_equal(row(s, 7)->stat.timed, 0);
	assert_false(s->vcpus[0].has_times);
	assert_int_equal(s->vcpus[0].exits, 1);
	done(m, s);
}

static bool vm_200(void *ctx, uint32_t pid)
{
	(*(unsigned int *)ctx)++;
	return pid == 200;
}

static void test_vm_filter(void **state)
{
	unsigned int asked = 0;
	struct kp_model *m =
		MODEL(ALL, .by = KP_BY_VM | KP_BY_REASON, .vm_match = vm_200, .ctx = &asked);
	struct kp_event msr = event(KP_EV_MSR, 1, 105);
	struct kp_snap *s;

	(void)state;
	msr.valid |= KP_HAS_CODE;
	add(m, ENTRY(1, 100));
	add(m, in_vm(ENTRY(2, 100), 200));
	add(m, msr);
	msr.tid = 2;
	add(m, in_vm(msr, 200));
	add(m, EXIT(1, 7, 110));
	add(m, in_vm(EXIT(2, 7, 110), 200));
	add(m, ENTRY(1, 120));
	add(m, in_vm(ENTRY(2, 121), 200));
	s = snap(m);
	assert_int_equal(s->nr_exits, 1);
	assert_int_equal(s->exits[0].vm, 200);
	assert_stat(&s->total, 1, 11, 11, 11);
	assert_int_equal(s->nr_vcpus, 1);
	assert_int_equal(s->nr_regs, 1);
	assert_int_equal(s->regs[0].vm, 200);
	assert_int_equal(s->events, 8);
	assert_int_equal(asked, 2);
	done(m, s);
}

static bool vm_named(void *ctx, uint32_t pid)
{
	return *(bool *)ctx;
}

/* A process is seen before its exec, under its creator's name; from then on it counts. */
static void test_vm_renamed(void **state)
{
	bool named = false;
	struct kp_model *m = MODEL(ALL, .vm_match = vm_named, .ctx = &named);
	struct kp_snap *s;

	(void)state;
	add(m, event(KP_EV_SAMPLE, VM, 90));
	add(m, ENTRY(1, 100));
	add(m, EXIT(1, 7, 110));
	named = true;
	kp_model_renamed(m, VM, VM);
	add(m, ENTRY(1, 120));
	add(m, EXIT(1, 7, 130));
	add(m, ENTRY(1, 135));
	s = snap(m);
	assert_stat(&s->total, 1, 5, 5, 5);
	done(m, s);
}

static void test_vcpu_filter(void **state)
{
	struct kp_model *m = MODEL(.vcpu = 2);
	struct kp_snap *s;

	(void)state;
	add(m, ENTRY(11, 100));
	add(m, ENTRY(12, 100));
	add(m, EXIT(11, 7, 110));
	add(m, EXIT(12, 7, 110));
	add(m, ENTRY(11, 120));
	add(m, ENTRY(12, 130));
	s = snap(m);
	assert_stat(&s->total, 1, 20, 20, 20);
	assert_int_equal(s->nr_vcpus, 1);
	assert_int_equal(s->vcpus[0].tid, 12);
	done(m, s);
}

static void test_cpu_filter(void **state)
{
	static const uint64_t cpu_3 = KP_BIT64(3);
	struct kp_model *m = MODEL(.vcpu = -1, .cpus = &cpu_3, .nr_cpus = 64);
	struct kp_snap *s;

	(void)state;
	add(m, on_cpu(ENTRY(1, 100), 3));
	add(m, on_cpu(EXIT(1, 7, 110), 3));
	add(m, on_cpu(ENTRY(1, 120), 4)); /* counts: it exited on 3 */
	add(m, on_cpu(EXIT(1, 7, 130), 4));
	add(m, on_cpu(ENTRY(1, 150), 3)); /* does not */
	s = snap(m);
	assert_stat(&s->total, 1, 10, 10, 10);
	assert_int_equal(s->vcpus[0].exits, 1);
	assert_int_equal(s->vcpus[0].entries, 2);
	done(m, s);
}

static bool match_9(void *ctx, uint8_t isa, uint32_t code)
{
	(*(unsigned int *)ctx)++;
	return isa == KP_ISA_VMX && code == 9;
}

static void test_exit_filter(void **state)
{
	unsigned int asked = 0;
	struct kp_model *m = MODEL(ALL, .by = KP_BY_VM, .exit_match = match_9, .ctx = &asked);
	struct kp_snap *s;
	unsigned int i;

	(void)state;
	add(m, ENTRY(1, 100));
	for (i = 0; i < 100; i++) {
		add(m, EXIT(1, i % 4 ? 7 : 9, 110 + i * 10));
		add(m, ENTRY(1, 112 + i * 10));
	}
	s = snap(m);
	assert_int_equal(s->nr_exits, 1);
	assert_stat(&s->total, 25, 50, 2, 2);
	assert_int_equal(s->vcpus[0].exits, 100);
	assert_int_equal(asked, 2);
	done(m, s);
}

/* Both ends of a pair must lie inside; a vCPU's times are cut at the border. */
static void test_time_filter(void **state)
{
	struct kp_model *m = MODEL(ALL, .from_ns = 115, .to_ns = 165);
	struct kp_snap *s;

	(void)state;
	add(m, ENTRY(1, 100));
	add(m, EXIT(1, 7, 110)); /* begins before: its end is outside the count too */
	add(m, ENTRY(1, 120));
	add(m, EXIT(1, 8, 130));
	add(m, ENTRY(1, 145)); /* inside: 15 */
	add(m, EXIT(1, 9, 165)); /* on the border: inside, but its entry is not */
	add(m, ENTRY(1, 170));
	s = snap(m);
	assert_stat(&s->total, 1, 15, 15, 15);
	assert_int_equal(row(s, 8)->stat.count, 1);
	assert_int_equal(s->first_ns, 120);
	assert_int_equal(s->last_ns, 165);
	assert_int_equal(s->vcpus[0].entries, 2);
	assert_int_equal(s->vcpus[0].exits, 2);
	assert_int_equal(s->vcpus[0].guest_ns, 10 + 20);
	assert_int_equal(s->vcpus[0].host_ns, 5 + 15);
	done(m, s);
}

/* arm64: perf counts from kvm_entry to kvm_exit, under the reason of that exit. */
static void test_arm64(void **state)
{
	struct kp_model *m = MODEL(ALL);
	struct kp_event in = event(KP_EV_ENTRY, 1, 100), out;
	struct kp_snap *s;

	(void)state;
	out = exit_of(1, 0x2402, 105, KP_ISA_ARM64);
	add(m, exit_of(1, 1, 90, KP_ISA_ARM64)); /* before the first entry */
	add(m, in);
	add(m, out); /* 5 */
	in.time_ns = 200;
	out.time_ns = 230;
	add(m, in);
	add(m, out); /* 30 */
	s = snap(m);
	assert_int_equal(s->pairing, KP_PAIR_ENTRY_EXIT);
	assert_int_equal(s->nr_exits, 1);
	assert_stat(&s->exits[0].stat, 2, 35, 5, 30);
	assert_stat(&s->exits[0].handling, 1, 95, 95, 95);
	assert_stat(&s->exits[0].run, 2, 35, 5, 30);
	assert_stat(&s->total, 2, 35, 5, 30);
	assert_false(s->vcpus[0].has_vcpu);
	done(m, s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_exit_before_first_entry),
		cmocka_unit_test(test_lost_events),
		cmocka_unit_test(test_threads_apart),
		cmocka_unit_test(test_migration),
		cmocka_unit_test(test_time_zero_and_backwards),
		cmocka_unit_test(test_no_times),
		cmocka_unit_test(test_vm_filter),
		cmocka_unit_test(test_vm_renamed),
		cmocka_unit_test(test_vcpu_filter),
		cmocka_unit_test(test_cpu_filter),
		cmocka_unit_test(test_exit_filter),
		cmocka_unit_test(test_time_filter),
		cmocka_unit_test(test_arm64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
