// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_switch_test.c - src/model/switch.c on sequences of register accesses as the kernel makes
 * them (arch/x86/kvm/pmu.c, svm/pmu.c, vmx/pmu_intel.c in Linux 7.3): AMD and Intel, with and
 * without host events, with the fast path, with pieces missing.
 */
#include "switch_events.h"

static uint64_t reg_count(const struct kp_snap *s, enum kp_switch_phase phase,
			  enum kp_pmu_part part, bool write)
{
	size_t i;

	for (i = 0; i < s->switches.nr_regs; i++)
		if (s->switches.regs[i].phase == phase && s->switches.regs[i].part == part &&
		    s->switches.regs[i].write == write)
			return s->switches.regs[i].count;
	return 0;
}

static void check_phase(const struct kp_snap *s, enum kp_switch_phase phase, uint64_t count,
			uint64_t each_ns)
{
	const struct kp_stat *t = &s->switches.vcpus[0].phase[phase];

	assert_int_equal(t->count, count);
	assert_int_equal(t->total_ns, count * each_ns);
}

static void test_amd(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;
	int i;

	for (i = 0; i < 10; i++) {
		amd_host(&s);
		amd_load(&s, 2);
		enter(&s);
		rd(&s, KP_PMU_GLOBAL_CTRL_LOADED); /* inside the window: the guest's */
		leave(&s);
		amd_put(&s, 2);
		amd_host(&s);
	}
	sn = snap(s.m);
	assert_int_equal(sn->switches.nr_vcpus, 1);
	assert_int_equal(sn->switches.vcpus[0].windows, 10);
	assert_int_equal(sn->switches.vcpus[0].entries, 10);
	assert_int_equal(sn->switches.entries_without, 0);
	check_phase(sn, KP_SWITCH_HOST_OUT, 10, 3000);
	check_phase(sn, KP_SWITCH_LOAD, 10, 17000); /* 1 + 6 + 2 + 6 + 3 accesses, 17 steps */
	check_phase(sn, KP_SWITCH_PUT, 10, 11000);
	check_phase(sn, KP_SWITCH_HOST_IN, 10, 3000);
	assert_int_equal(reg_count(sn, KP_SWITCH_LOAD, KP_PMU_COUNTER, false), 60);
	assert_int_equal(reg_count(sn, KP_SWITCH_LOAD, KP_PMU_COUNTER, true), 20);
	assert_int_equal(reg_count(sn, KP_SWITCH_LOAD, KP_PMU_SELECTOR, true), 60);
	assert_int_equal(reg_count(sn, KP_SWITCH_LOAD, KP_PMU_GLOBAL_CTRL_LOADED, true), 20);
	assert_int_equal(reg_count(sn, KP_SWITCH_PUT, KP_PMU_SELECTOR, true), 20);
	assert_int_equal(sn->switches.load_elided, 40);
	assert_int_equal(sn->switches.put_elided, 80);
	kp_snap_free(sn);
	kp_model_free(s.m);
}

/* Without host events nothing lies between put and the next load but the load's first write. */
static void test_no_host_events(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;
	int i;

	for (i = 0; i < 5; i++) {
		amd_load(&s, 0);
		enter(&s);
		leave(&s);
		amd_put(&s, 0);
	}
	sn = snap(s.m);
	assert_int_equal(sn->switches.vcpus[0].windows, 5);
	check_phase(sn, KP_SWITCH_HOST_OUT, 0, 0);
	check_phase(sn, KP_SWITCH_LOAD, 5, 15000);
	/* the last put has no end: what ends it is the next load */
	check_phase(sn, KP_SWITCH_PUT, 4, 7000);
	check_phase(sn, KP_SWITCH_HOST_IN, 0, 0);
	kp_snap_free(sn);
	kp_model_free(s.m);
}

static void test_fast_path(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;

	amd_load(&s, 1);
	enter(&s);
	leave(&s);
	enter(&s);
	leave(&s);
	enter(&s);
	leave(&s);
	amd_put(&s, 1);
	amd_host(&s);
	sn = snap(s.m);
	assert_int_equal(sn->switches.vcpus[0].windows, 1);
	assert_int_equal(sn->switches.vcpus[0].entries, 3);
	check_phase(sn, KP_SWITCH_PUT, 1, 9000);
	kp_snap_free(sn);
	kp_model_free(s.m);
}

/* GLOBAL_CTRL is loaded by the VM entry and cleared by the exit: no access shows it. */
static void test_intel(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;
	int i, n;

	for (n = 0; n < 3; n++) {
		wr(&s, KP_PMU_GLOBAL_CTRL, 0); /* host out: perf writes FIXED_CTR_CTRL too */
		wr(&s, KP_PMU_FIXED_CTRL, 0);
		rdpmc(&s, KP_PMU_FIXED_COUNTER);
		wr(&s, KP_PMU_GLOBAL_CTRL, 0xf);
		wr(&s, KP_PMU_GLOBAL_CTRL, 0); /* load */
		for (i = 0; i < 8; i++) {
			rdpmc(&s, KP_PMU_COUNTER);
			wr(&s, KP_PMU_SELECTOR, 0);
		}
		for (i = 0; i < 3; i++)
			rdpmc(&s, KP_PMU_FIXED_COUNTER);
		rd(&s, KP_PMU_STATUS);
		wr(&s, KP_PMU_FIXED_CTRL, 0xb0);
		enter(&s);
		leave(&s);
		rd(&s, KP_PMU_STATUS); /* put */
		wr(&s, KP_PMU_FIXED_CTRL, 0);
		for (i = 0; i < 8; i++)
			rdpmc(&s, KP_PMU_COUNTER);
		for (i = 0; i < 3; i++)
			rdpmc(&s, KP_PMU_FIXED_COUNTER);
		wr(&s, KP_PMU_GLOBAL_CTRL, 0); /* host in */
		wr(&s, KP_PMU_FIXED_CTRL, 0xb0);
		wr(&s, KP_PMU_GLOBAL_CTRL, 0xf);
	}
	sn = snap(s.m);
	assert_int_equal(sn->switches.vcpus[0].windows, 3);
	check_phase(sn, KP_SWITCH_HOST_OUT, 3, 3000);
	check_phase(sn, KP_SWITCH_LOAD, 3, 21000);
	check_phase(sn, KP_SWITCH_PUT, 3, 12000);
	check_phase(sn, KP_SWITCH_HOST_IN, 3, 2000);
	assert_int_equal(sn->switches.load_elided, 33);
	assert_int_equal(sn->switches.put_elided, 3 * (2 * 8 + 3));
	kp_snap_free(sn);
	kp_model_free(s.m);
}

/* Entries alone, and a host bracket before an entry, are no switch. */
static void test_nothing_to_see(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;

	enter(&s);
	leave(&s);
	amd_host(&s);
	enter(&s);
	leave(&s);
	sn = snap(s.m);
	assert_int_equal(sn->switches.nr_vcpus, 0);
	assert_int_equal(sn->switches.nr_regs, 0);
	assert_int_equal(sn->switches.entries_without, 2);
	kp_snap_free(sn);
	kp_model_free(s.m);
}

static void lvtpc(struct seq *s, uint64_t value)
{
	wr(s, KP_PMU_LVTPC, value);
}

/* A load of a host in x2APIC mode: LVTPC shows, and is a part of its own, as are the others. */
static void test_parts(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	const struct kp_snap_switch *v;
	struct kp_snap *sn;
	int i;

	for (i = 0; i < 4; i++) {
		wr(&s, KP_PMU_GLOBAL_CTRL_LOADED, 0);
		lvtpc(&s, 0xf5);
		rdpmc(&s, KP_PMU_COUNTER);
		wr(&s, KP_PMU_SELECTOR, 0);
		rd(&s, KP_PMU_STATUS);
		wr(&s, KP_PMU_STATUS_SET, 0);
		wr(&s, KP_PMU_GLOBAL_CTRL_LOADED, 0);
		enter(&s);
		leave(&s);
		wr(&s, KP_PMU_GLOBAL_CTRL_LOADED, 0);
		rd(&s, KP_PMU_STATUS);
		rdpmc(&s, KP_PMU_COUNTER);
		lvtpc(&s, 0x400);
	}
	sn = snap(s.m);
	v = &sn->switches.vcpus[0];
	assert_int_equal(v->windows, 4);
	check_phase(sn, KP_SWITCH_LOAD, 4, 6000);
	check_phase(sn, KP_SWITCH_LOAD_LVTPC, 4, 1000);
	check_phase(sn, KP_SWITCH_LOAD_PMCS, 4, 2000);
	check_phase(sn, KP_SWITCH_LOAD_VENDOR, 4, 3000);
	/* LVTPC is a put's last access: the last one ends with it */
	check_phase(sn, KP_SWITCH_PUT, 4, 3000);
	check_phase(sn, KP_SWITCH_PUT_VENDOR, 4, 1000);
	check_phase(sn, KP_SWITCH_PUT_PMCS, 4, 1000);
	check_phase(sn, KP_SWITCH_PUT_LVTPC, 4, 1000);
	check_phase(sn, KP_SWITCH_HOST_IN, 0, 0);
	assert_int_equal(sn->switches.missing, 0);
	assert_int_equal(v->load_elided, 4);
	assert_int_equal(v->load_writes_max, 4 * (1 + 1 + 1 + 1 + 1 + 1));
	assert_int_equal(v->put_elided, 8);
	assert_int_equal(v->put_writes_max, 4 * (1 + 2 + 1));
	done(s.m, sn);
}

/* Exactly what each number of programmed counters makes of the elision. */
static void test_counters(void **state)
{
	int used, i;

	for (used = 0; used <= 6; used++) {
		struct seq s = { .m = MODEL(ALL) };
		struct kp_snap *sn;

		for (i = 0; i < 3; i++) {
			amd_load(&s, used);
			enter(&s);
			leave(&s);
			amd_put(&s, used);
			amd_host(&s);
		}
		sn = snap(s.m);
		assert_int_equal(sn->switches.load_elided, 3 * (6 - used));
		assert_int_equal(sn->switches.put_elided, 3 * 2 * (6 - used));
		assert_int_equal(reg_count(sn, KP_SWITCH_LOAD, KP_PMU_COUNTER, true), 3 * used);
		assert_int_equal(reg_count(sn, KP_SWITCH_PUT, KP_PMU_COUNTER, true), 3 * used);
		assert_int_equal(reg_count(sn, KP_SWITCH_PUT, KP_PMU_SELECTOR, true), 3 * used);
		/* 2 GLOBAL_CTRL, STATUS_SET, 6 counters, 6 selectors; 1 and 12 of the put */
		assert_int_equal(sn->switches.vcpus[0].load_writes_max, 3 * 15);
		assert_int_equal(sn->switches.vcpus[0].put_writes_max, 3 * 13);
		done(s.m, sn);
	}
}

static const struct kp_snap_switch_reason *reason(const struct kp_snap *sn, uint32_t code)
{
	size_t i;

	for (i = 0; i < sn->switches.nr_reasons; i++)
		if (sn->switches.reasons[i].code == code)
			return &sn->switches.reasons[i];
	return NULL;
}

/* Code 7 goes round on the fast path and pays nothing; code 1 pays for the whole switch. */
static void test_reasons(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	const struct kp_snap_switch_reason *r;
	struct kp_snap *sn;
	int i;

	for (i = 0; i < 5; i++) {
		amd_host(&s);
		amd_load(&s, 0);
		enter(&s);
		leave_for(&s, 7);
		enter(&s);
		leave_for(&s, 1);
		amd_put(&s, 0);
		amd_host(&s);
	}
	sn = snap(s.m);
	assert_int_equal(sn->switches.nr_reasons, 2);
	r = reason(sn, 7);
	assert_int_equal(r->exits, 5);
	assert_int_equal(r->switched, 0);
	assert_int_equal(r->switch_ns, 0);
	assert_int_equal(r->handling.total_ns, 5 * 1000);
	assert_int_equal(r->pure.total_ns, 5 * 1000);
	/* put 7, host in 3, host out 3, load 15 us; the last exit's handling has no end */
	r = reason(sn, 1);
	assert_int_equal(r->exits, 4);
	assert_int_equal(r->switched, 4);
	assert_int_equal(r->switch_ns, 4 * 28000);
	assert_int_equal(r->handling.total_ns, 4 * (28000 + 5000));
	assert_int_equal(r->pure.total_ns, 4 * 5000);
	assert_int_equal(sn->switches.vcpus[0].exits, 9);
	assert_int_equal(sn->switches.vcpus[0].exits_switched, 4);
	assert_int_equal(sn->switches.vcpus[0].switch_ns, 4 * 28000);
	assert_int_equal(sn->switches.vcpus[0].guest_ns, 10 * 1000);
	done(s.m, sn);
}

/* The vCPU moves: each CPU's row has its own windows, and the vCPU's row both. */
static void test_by_cpu(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;
	int i;

	for (i = 0; i < 5; i++) {
		s.cpu = i < 2 ? 0 : 3;
		amd_load(&s, 0);
		enter(&s);
		leave(&s);
		amd_put(&s, 0);
		amd_host(&s);
	}
	sn = snap(s.m);
	assert_int_equal(sn->switches.nr_vcpus, 1);
	assert_int_equal(sn->switches.vcpus[0].windows, 5);
	assert_int_equal(sn->switches.nr_cpus, 2);
	assert_int_equal(sn->switches.cpus[0].cpu, 0);
	assert_int_equal(sn->switches.cpus[0].windows, 2);
	assert_int_equal(sn->switches.cpus[1].cpu, 3);
	assert_int_equal(sn->switches.cpus[1].windows, 3);
	assert_int_equal(sn->switches.cpus[1].phase[KP_SWITCH_LOAD].count, 3);
	/* an exit that is handled across the move counts where the guest goes on */
	assert_int_equal(sn->switches.cpus[0].exits, 1);
	assert_int_equal(sn->switches.cpus[1].exits, 3);
	done(s.m, sn);
}

static void nested(struct seq *s, enum kp_kind kind)
{
	add(s->m, on_cpu(event(kind, TID, s->now_ns += 1000), s->cpu));
}

static void window(struct seq *s, uint32_t code)
{
	amd_load(s, 0);
	enter(s);
	leave_for(s, code);
	amd_put(s, 0);
	amd_host(s);
}

/* L1 runs VMRUN (1), L2 exits twice (2): once L0 handles it, once L1 does. */
static void test_nested(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;

	window(&s, 1);
	nested(&s, KP_EV_NESTED_ENTER);
	window(&s, 2);
	nested(&s, KP_EV_NESTED_EXIT);
	window(&s, 2);
	nested(&s, KP_EV_NESTED_EXIT);
	nested(&s, KP_EV_NESTED_INJ);
	window(&s, 3);
	sn = snap(s.m);
	assert_int_equal(sn->switches.vcpus[0].windows, 4);
	assert_int_equal(sn->switches.vcpus[0].windows_l2, 2);
	assert_int_equal(sn->switches.vcpus[0].entries_l2, 2);
	assert_int_equal(reason(sn, 1)->l2, 0);
	assert_int_equal(reason(sn, 2)->exits, 2);
	assert_int_equal(reason(sn, 2)->l2, 2);
	/* put, host in, load before each of L2's two entries */
	assert_int_equal(sn->switches.vcpus[0].switch_l2_ns, 2 * 25000);
	assert_int_equal(sn->switches.vcpus[0].switch_ns, 3 * 25000);
	done(s.m, sn);
}

/* Events are lost inside a window: neither it nor the exit's time counts, the next one does. */
static void test_lost(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_event lost = event(KP_EV_LOST, 0, 0);
	struct kp_snap *sn;

	window(&s, 1);
	amd_load(&s, 0);
	enter(&s);
	lost.value = 3;
	lost.time_ns = s.now_ns += 1000;
	add(s.m, lost);
	wr(&s, KP_PMU_COUNTER, 0);
	amd_host(&s);
	window(&s, 1);
	sn = snap(s.m);
	assert_int_equal(sn->switches.broken, 1);
	assert_int_equal(sn->switches.vcpus[0].windows, 3);
	check_phase(sn, KP_SWITCH_PUT, 2, 7000);
	assert_int_equal(reason(sn, 1)->exits, 1);
	done(s.m, sn);
}

/* What was not recorded is said, not made up. */
static void test_missing(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;

	enter(&s);
	leave(&s);
	sn = snap(s.m);
	assert_int_equal(sn->switches.missing, KP_SWITCH_NO_ACCESSES);
	done(s.m, sn);

	/* msr:write_msr alone: windows show still, elision does not */
	s = (struct seq){ .m = MODEL(ALL) };
	wr(&s, KP_PMU_GLOBAL_CTRL_LOADED, 0);
	wr(&s, KP_PMU_SELECTOR, 0);
	wr(&s, KP_PMU_STATUS_SET, 0);
	wr(&s, KP_PMU_GLOBAL_CTRL_LOADED, 0);
	enter(&s);
	leave(&s);
	wr(&s, KP_PMU_GLOBAL_CTRL_LOADED, 0);
	add(s.m, event(KP_EV_USER_EXIT, TID, s.now_ns += 1000));
	sn = snap(s.m);
	assert_int_equal(sn->switches.missing,
			 KP_SWITCH_NO_READS | KP_SWITCH_NO_RDPMC | KP_SWITCH_NO_LVTPC);
	assert_int_equal(sn->switches.vcpus[0].windows, 1);
	check_phase(sn, KP_SWITCH_PUT, 1, 0);
	assert_int_equal(sn->switches.load_elided, 0);
	done(s.m, sn);
}

/* A task's own events come in long after the put: that is perf's work, no part of the switch. */
static void test_not_host_in(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;

	amd_load(&s, 0);
	enter(&s);
	leave(&s);
	amd_put(&s, 0);
	add(s.m, event(KP_EV_USER_EXIT, TID, s.now_ns += 1000));
	amd_host(&s);
	sn = snap(s.m);
	check_phase(sn, KP_SWITCH_PUT, 1, 7000);
	check_phase(sn, KP_SWITCH_HOST_IN, 0, 0);
	done(s.m, sn);
}

/* Two CPUs at the same time do not disturb each other. */
static void test_two_cpus(void **state)
{
	struct kp_model *m = MODEL(ALL);
	struct seq a = { .m = m, .cpu = 0 }, b = { .m = m, .cpu = 3 };
	struct kp_snap *sn;

	wr(&a, KP_PMU_GLOBAL_CTRL_LOADED, 0);
	amd_load(&b, 0);
	rdpmc(&a, KP_PMU_COUNTER);
	wr(&a, KP_PMU_SELECTOR, 0);
	enter(&b);
	rd(&a, KP_PMU_STATUS);
	wr(&a, KP_PMU_STATUS_SET, 0);
	wr(&a, KP_PMU_GLOBAL_CTRL_LOADED, 1);
	leave(&b);
	enter(&a);
	sn = snap(m);
	assert_int_equal(sn->switches.vcpus[0].windows, 2);
	assert_int_equal(reg_count(sn, KP_SWITCH_LOAD, KP_PMU_COUNTER, false), 7);
	kp_snap_free(sn);
	kp_model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_amd),
		cmocka_unit_test(test_no_host_events),
		cmocka_unit_test(test_fast_path),
		cmocka_unit_test(test_intel),
		cmocka_unit_test(test_nothing_to_see),
		cmocka_unit_test(test_two_cpus),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_by_cpu),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_not_host_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
