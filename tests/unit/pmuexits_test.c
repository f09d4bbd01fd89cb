// SPDX-License-Identifier: GPL-2.0-only
/*
 * pmuexits_test.c - src/model/pmuexits.c: what exits for the PMU's registers cost, by register,
 * with an emulated vPMU, on arm64, and beside the switch of a mediated one.
 */
#include "switch_events.h"

static void guest_access(struct seq *s, enum kp_kind kind, uint32_t code, enum kp_pmu_part part)
{
	struct kp_event ev = event(kind, TID, s->now_ns += 1000);

	ev.code = code;
	ev.extra = part;
	ev.flags = KP_F_WRITE;
	ev.valid |= KP_HAS_CODE | KP_HAS_EXTRA | KP_HAS_FLAGS;
	add(s->m, on_cpu(ev, s->cpu));
}

static const struct kp_snap_pmu_exit *pmu_exit(const struct kp_snap *sn, enum kp_pmu_exit_kind kind,
					       uint32_t reg)
{
	size_t i;

	for (i = 0; i < sn->nr_pmu_exits; i++)
		if (sn->pmu_exits[i].kind == kind && sn->pmu_exits[i].reg == reg)
			return &sn->pmu_exits[i];
	return NULL;
}

/* An emulated vPMU: what each register's exits take; others are none of the PMU's. */
static void test_pmu_exits(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;
	int i;

	enter(&s);
	for (i = 0; i < 4; i++) {
		add(s.m, exit_of(TID, 0x6f, s.now_ns += 1000, KP_ISA_SVM));
		enter(&s);
		add(s.m, exit_of(TID, 0x7c, s.now_ns += 1000, KP_ISA_SVM));
		guest_access(&s, KP_EV_MSR, 0xc0010200, KP_PMU_SELECTOR);
		enter(&s);
		add(s.m, exit_of(TID, 0x7c, s.now_ns += 1000, KP_ISA_SVM));
		guest_access(&s, KP_EV_MSR, 0x10, KP_PMU_NONE);
		enter(&s);
		add(s.m, exit_of(TID, 15, s.now_ns += 1000, KP_ISA_VMX));
		enter(&s);
	}
	sn = snap(s.m);
	assert_int_equal(sn->nr_pmu_exits, 2);
	assert_stat(&pmu_exit(sn, KP_PMU_EXIT_RDPMC, 0)->handling, 8, 8000, 1000, 1000);
	assert_stat(&pmu_exit(sn, KP_PMU_EXIT_MSR, 0xc0010200)->handling, 4, 8000, 2000, 2000);
	assert_true(pmu_exit(sn, KP_PMU_EXIT_MSR, 0xc0010200)->write);
	assert_int_equal(sn->pmu_exits[0].switch_ns, 0);
	done(s.m, sn);
}

/* arm64: PMCR_EL0 is the PMU's, CNTV_CTL_EL0 is not. */
static void test_pmu_exits_arm64(void **state)
{
	const uint32_t pmcr = KP_SYSREG(3, 3, 9, 12, 0), evtyper0 = KP_SYSREG(3, 3, 14, 12, 0);
	const uint32_t regs[] = { pmcr, evtyper0, KP_SYSREG(3, 3, 14, 3, 1),
				  KP_SYSREG(3, 0, 9, 14, 1) };
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;
	size_t i;

	enter(&s);
	for (i = 0; i < KP_ARRAY_SIZE(regs); i++) {
		add(s.m, exit_of(TID, 0x1802, s.now_ns += 1000, KP_ISA_ARM64));
		guest_access(&s, KP_EV_SYSREG, regs[i], KP_PMU_NONE);
		enter(&s);
	}
	sn = snap(s.m);
	assert_int_equal(sn->nr_pmu_exits, 3);
	assert_non_null(pmu_exit(sn, KP_PMU_EXIT_SYSREG, pmcr));
	assert_non_null(pmu_exit(sn, KP_PMU_EXIT_SYSREG, evtyper0));
	assert_null(pmu_exit(sn, KP_PMU_EXIT_SYSREG, regs[2]));
	done(s.m, sn);
}

/* With a mediated vPMU the switch inside such an exit is known, so that it counts once. */
static void test_pmu_exits_mediated(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	const struct kp_snap_pmu_exit *e;
	struct kp_snap *sn;
	int i;

	for (i = 0; i < 3; i++) {
		amd_load(&s, 0);
		enter(&s);
		leave_for(&s, 0x7c);
		amd_put(&s, 0);
		amd_host(&s);
		guest_access(&s, KP_EV_MSR, 0xc0010200, KP_PMU_SELECTOR);
	}
	sn = snap(s.m);
	e = pmu_exit(sn, KP_PMU_EXIT_MSR, 0xc0010200);
	assert_int_equal(e->handling.count, 2);
	assert_int_equal(e->switch_ns, 2 * (7000 + 3000 + 15000));
	assert_int_equal(e->handling.total_ns - e->switch_ns, 2 * 5000);
	done(s.m, sn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pmu_exits),
		cmocka_unit_test(test_pmu_exits_arm64),
		cmocka_unit_test(test_pmu_exits_mediated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
