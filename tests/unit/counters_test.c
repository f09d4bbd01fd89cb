// SPDX-License-Identifier: GPL-2.0-only
/*
 * counters_test.c - src/model/counters.c: how vCPUs programmed their counters, from what was
 * intercepted; what was not stays unknown. Registers' parts come from the real tables.
 */
#include "kp_test.h"

#include "arch.h"
#include "model_events.h"

static bool part_of(void *ctx, uint32_t reg, struct kp_reg_part *part)
{
	return kp_arch_reg_part(kp_arch_by_name(ctx), reg, part);
}

static struct kp_model *model_of(const char *arch)
{
	return MODEL(ALL, .reg_role = part_of, .ctx = (void *)arch);
}

static struct kp_event access_of(unsigned int kind, uint32_t reg, uint64_t value, uint8_t flags)
{
	struct kp_event ev = event(kind, 11, 1000);

	ev.code = reg;
	ev.value = value;
	ev.flags = flags;
	ev.valid |= KP_HAS_CODE | KP_HAS_VALUE | KP_HAS_FLAGS;
	return ev;
}

#define WRMSR(reg, value)  access_of(KP_EV_MSR, reg, value, KP_F_WRITE)
#define RDMSR(reg, value)  access_of(KP_EV_MSR, reg, value, 0)
#define SYSREG(reg, value) access_of(KP_EV_SYSREG, reg, value, KP_F_WRITE)

static const struct kp_snap_counter *counter(const struct kp_snap *s, bool fixed, uint8_t index)
{
	size_t i;

	for (i = 0; i < s->nr_counters; i++)
		if (s->counters[i].fixed == fixed && s->counters[i].index == index)
			return &s->counters[i];
	fail_msg("no %s counter %u", fixed ? "fixed" : "general", index);
	return NULL;
}

/* A guest's perf on an emulated vPMU: everything is seen. */
static void test_intel(void **state)
{
	struct kp_model *m = model_of("intel");
	const struct kp_snap_counter *c;
	struct kp_snap *s;

	(void)state;
	add(m, ENTRY(11, 500));
	add(m, WRMSR(0x4c1 + 1, (0 - 100000ull) & 0xffffffffffffull));
	add(m, WRMSR(0x186 + 1, 0x5300c0));
	add(m, WRMSR(0x38d, 0xb0));
	add(m, WRMSR(0x309 + 1, (0 - 4000ull) & 0xffffffffffffull));
	add(m, WRMSR(0x38f, 0x200000002));
	add(m, WRMSR(0x10, 5)); /* the TSC is no counter of the PMU */
	s = snap(m);
	assert_int_equal(s->nr_counters, 2);
	c = counter(s, false, 1);
	assert_true(c->has_selector && c->selector == 0x5300c0);
	assert_true(c->has_enabled && c->enabled && c->has_global && c->global);
	assert_true(c->has_period && c->period == 100000);
	assert_true(c->has_vcpu && c->vcpu == 1 && c->vm == VM && c->tid == 11 && !c->direct);
	c = counter(s, true, 1);
	assert_true(c->selector == 0xb && c->enabled && c->global && c->period == 4000);
	kp_snap_free(s);
	/* switched off and put away: the last programming stays to be seen */
	add(m, WRMSR(0x186 + 1, 0));
	add(m, WRMSR(0x4c1 + 1, 0));
	add(m, RDMSR(0xc1 + 1, 77));
	add(m, WRMSR(0x38f, 0));
	s = snap(m);
	c = counter(s, false, 1);
	assert_true(c->selector == 0x5300c0 && !c->enabled && c->has_global && !c->global);
	assert_true(c->has_period && c->period == 100000 && c->has_value && c->value == 77);
	assert_int_equal(c->selector_writes, 2);
	assert_int_equal(c->value_writes, 2);
	assert_int_equal(c->value_reads, 1);
	kp_snap_free(s);
	kp_model_free(m);
}

static void check_period(const char *arch, uint32_t reg, uint64_t value, uint64_t want)
{
	struct kp_model *m = model_of(arch);
	struct kp_snap *s;

	add(m, WRMSR(reg, value));
	s = snap(m);
	assert_int_equal(s->nr_counters, 1);
	assert_int_equal(s->counters[0].has_period, want != 0);
	if (want)
		assert_int_equal(s->counters[0].period, want);
	kp_snap_free(s);
	kp_model_free(m);
}

static void test_periods(void **state)
{
	(void)state;
	check_period("intel", 0xc1, 0xffffff00, 0x100); /* sign-extended from bit 31 */
	check_period("intel", 0xc1, 0x80000001, 0); /* the largest: it only counts */
	check_period("intel", 0x4c1, 0xffffffffff00, 0x100);
	check_period("intel", 0x4c1, 0x800000000001, 0);
	check_period("intel", 0x4c1, 0xffffff00, 0); /* bit 47 is clear: a count */
	check_period("amd", 0xc0010201, 0xffff80000001, 0); /* 2^31 - 1: the kernel's limit */
	check_period("amd", 0xc0010203, 0xfffffffff000, 0x1000);
	check_period("amd", 0xc0010004, 0xfffffffff000, 0x1000);
}

/* Mediated: selectors are trapped, the rest goes to the hardware. */
static void test_direct(void **state)
{
	struct kp_model *m = model_of("amd");
	const struct kp_snap_counter *c;
	struct kp_snap *s;

	(void)state;
	add(m, WRMSR(0xc0010200 + 2 * 3, 0x100005300c0));
	s = snap(m);
	assert_int_equal(s->nr_counters, 1);
	c = counter(s, false, 3);
	assert_true(c->direct && c->has_selector && c->enabled);
	assert_false(c->has_global || c->has_period || c->has_value || c->has_vcpu);
	kp_snap_free(s);
	/* once the counter itself was seen, it is not direct */
	add(m, RDMSR(0xc0010201 + 2 * 3, 1));
	s = snap(m);
	assert_false(counter(s, false, 3)->direct);
	kp_snap_free(s);
	kp_model_free(m);
}

/* A faulting access changes nothing; one without a value leaves the register unknown. */
static void test_unknown(void **state)
{
	struct kp_model *m = model_of("amd");
	struct kp_event ev = WRMSR(0xc0010200, 0x5300c0);
	struct kp_snap *s;

	(void)state;
	ev.flags |= KP_F_FAULT;
	add(m, ev);
	s = snap(m);
	assert_int_equal(s->nr_counters, 0);
	kp_snap_free(s);
	ev = WRMSR(0xc0010200, 0);
	ev.valid &= ~(uint32_t)KP_HAS_VALUE;
	add(m, ev);
	s = snap(m);
	assert_int_equal(s->nr_counters, 1);
	assert_false(s->counters[0].has_selector || s->counters[0].has_enabled);
	assert_int_equal(s->counters[0].selector_writes, 1);
	kp_snap_free(s);
	/* a read tells what was written before the recording */
	add(m, RDMSR(0xc0010200, 0x5300c0));
	s = snap(m);
	assert_true(s->counters[0].has_selector && s->counters[0].selector == 0x5300c0);
	kp_snap_free(s);
	kp_model_free(m);
	/* and without anybody to say what registers are, nothing is followed */
	m = MODEL(ALL);
	add(m, WRMSR(0xc0010200, 0x5300c0));
	s = snap(m);
	assert_int_equal(s->nr_counters, 0);
	kp_snap_free(s);
	kp_model_free(m);
}

#define PMCR	   KP_SYSREG(3, 3, 9, 12, 0)
#define PMCNTENSET KP_SYSREG(3, 3, 9, 12, 1)
#define PMCNTENCLR KP_SYSREG(3, 3, 9, 12, 2)
#define PMSELR	   KP_SYSREG(3, 3, 9, 12, 5)
#define PMCCNTR	   KP_SYSREG(3, 3, 9, 13, 0)
#define PMXEVTYPER KP_SYSREG(3, 3, 9, 13, 1)
#define PMXEVCNTR  KP_SYSREG(3, 3, 9, 13, 2)
#define PMCCFILTR  KP_SYSREG(3, 3, 14, 15, 7)
#define PMEVCNTR2  KP_SYSREG(3, 3, 14, 8, 2)
#define PMEVTYPER2 KP_SYSREG(3, 3, 14, 12, 2)

static void test_arm64(void **state)
{
	struct kp_model *m = model_of("arm64");
	const struct kp_snap_counter *c;
	struct kp_snap *s;

	(void)state;
	add(m, SYSREG(PMEVTYPER2, 0x8));
	add(m, SYSREG(PMEVCNTR2, 0xffffff00));
	add(m, SYSREG(PMCNTENSET, 0x80000004));
	add(m, SYSREG(PMCCFILTR, 0x80000000));
	add(m, SYSREG(PMCCNTR, 0 - 5000ull));
	add(m, SYSREG(PMCR, 0x41));
	add(m, SYSREG(PMSELR, 3));
	add(m, SYSREG(PMXEVTYPER, 0x11));
	add(m, SYSREG(PMXEVCNTR, 0xfffffff0));
	add(m, SYSREG(PMCNTENCLR, 0x8));
	s = snap(m);
	assert_int_equal(s->nr_counters, 3);
	c = counter(s, false, 2);
	assert_true(c->selector == 8 && c->has_enabled && c->enabled && c->has_global && c->global);
	assert_int_equal(c->period, 0x100);
	c = counter(s, false, 3);
	assert_true(c->selector == 0x11 && c->has_enabled && !c->enabled && c->period == 16);
	c = counter(s, true, 0);
	assert_true(c->selector == 0x80000000 && c->enabled && c->period == 5000);
	kp_snap_free(s);
	kp_model_free(m);
}

/* What kvm_sys_access really says: which register, no value. */
static void test_arm64_without_values(void **state)
{
	const uint32_t regs[] = { PMEVTYPER2, PMEVCNTR2, PMCNTENSET, PMCR, PMSELR, PMXEVTYPER };
	struct kp_model *m = model_of("arm64");
	struct kp_event ev;
	struct kp_snap *s;
	size_t i;

	(void)state;
	for (i = 0; i < KP_ARRAY_SIZE(regs); i++) {
		ev = SYSREG(regs[i], 0);
		ev.valid &= ~(uint32_t)KP_HAS_VALUE;
		add(m, ev);
	}
	s = snap(m);
	assert_int_equal(s->nr_counters, 1);
	assert_int_equal(s->counters[0].selector_writes, 1);
	assert_int_equal(s->counters[0].value_writes, 1);
	assert_false(s->counters[0].has_selector || s->counters[0].has_value ||
		     s->counters[0].has_period || s->counters[0].has_enabled ||
		     s->counters[0].has_global);
	kp_snap_free(s);
	kp_model_free(m);
}

/* Two vCPUs, and a thread number that another VM uses: each has its own PMU. */
static void test_vcpus_apart(void **state)
{
	struct kp_model *m = model_of("amd");
	struct kp_event ev = WRMSR(0xc0010200, 0x5300c0);
	struct kp_snap *s;

	(void)state;
	add(m, ev);
	ev.tid = 12;
	add(m, ev);
	add(m, in_vm(ev, VM + 1));
	s = snap(m);
	assert_int_equal(s->nr_counters, 3);
	assert_int_equal(s->counters[0].tid, 11);
	assert_int_equal(s->counters[1].tid, 12);
	assert_int_equal(s->counters[2].vm, VM + 1);
	kp_snap_free(s);
	kp_model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_intel),
		cmocka_unit_test(test_periods),
		cmocka_unit_test(test_direct),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_arm64),
		cmocka_unit_test(test_arm64_without_values),
		cmocka_unit_test(test_vcpus_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
