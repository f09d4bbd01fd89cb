// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_switch_test.c - src/model/switch.c on sequences of register accesses as the kernel makes
 * them (arch/x86/kvm/pmu.c, svm/pmu.c, vmx/pmu_intel.c in Linux 7.3): AMD and Intel, with and
 * without host events, with the fast path, with pieces missing.
 */
#include "model_events.h"

#define TID 42

/* struct seq - a CPU's events, one microsecond apart */
struct seq {
	struct kp_model *m;
	uint64_t now_ns;
	uint32_t cpu;
};

static void access_reg(struct seq *s, enum kp_kind kind, enum kp_pmu_part part, uint64_t value)
{
	struct kp_event ev = event(kind, TID, s->now_ns += 1000);

	ev.cpu = s->cpu;
	ev.extra = part;
	ev.value = value;
	ev.valid |= KP_HAS_EXTRA | KP_HAS_VALUE | KP_HAS_CODE;
	add(s->m, ev);
}

static void wr(struct seq *s, enum kp_pmu_part part, uint64_t value)
{
	access_reg(s, KP_EV_HOST_WRMSR, part, value);
}

static void rd(struct seq *s, enum kp_pmu_part part)
{
	access_reg(s, KP_EV_HOST_RDMSR, part, 0);
}

static void rdpmc(struct seq *s, enum kp_pmu_part part)
{
	access_reg(s, KP_EV_HOST_RDPMC, part, 0);
}

static void enter(struct seq *s)
{
	add(s->m, on_cpu(ENTRY(TID, s->now_ns += 1000), s->cpu));
}

static void leave(struct seq *s)
{
	add(s->m, on_cpu(EXIT(TID, 1, s->now_ns += 1000), s->cpu));
}

/* perf takes its events away, or brings them back */
static void amd_host(struct seq *s)
{
	wr(s, KP_PMU_GLOBAL_CTRL_LOADED, 0);
	wr(s, KP_PMU_SELECTOR, 0x1300c0);
	rdpmc(s, KP_PMU_COUNTER);
	wr(s, KP_PMU_GLOBAL_CTRL_LOADED, 0x3f);
}

/* @changed counters of six differ from what the hardware has */
static void amd_load(struct seq *s, int changed)
{
	int i;

	wr(s, KP_PMU_GLOBAL_CTRL_LOADED, 0);
	for (i = 0; i < 6; i++) {
		rdpmc(s, KP_PMU_COUNTER);
		if (i < changed)
			wr(s, KP_PMU_COUNTER, 7);
		wr(s, KP_PMU_SELECTOR, 0);
	}
	rd(s, KP_PMU_STATUS);
	wr(s, KP_PMU_STATUS_SET, 0);
	wr(s, KP_PMU_GLOBAL_CTRL_LOADED, 0);
}

static void amd_put(struct seq *s, int used)
{
	int i;

	wr(s, KP_PMU_GLOBAL_CTRL_LOADED, 0);
	rd(s, KP_PMU_STATUS);
	for (i = 0; i < 6; i++) {
		rdpmc(s, KP_PMU_COUNTER);
		if (i < used) {
			wr(s, KP_PMU_COUNTER, 0);
			wr(s, KP_PMU_SELECTOR, 0);
		}
	}
}

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
