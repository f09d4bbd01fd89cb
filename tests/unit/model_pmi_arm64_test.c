// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_pmi_arm64_test.c - src/model/pmi.c and pmi_host.c on events as Linux 7.3 makes them on
 * arm64: PMIs from the interrupt of the host's PMU to the vGIC, with and without the former.
 */
#include "arch.h"
#include "pmi_events.h"

static const struct kp_snap_pmi *pmi(const struct kp_snap *sn)
{
	assert_int_equal(sn->pmis.nr_vcpus, 1);
	return &sn->pmis.vcpus[0];
}

static void vgic(struct seq *s, uint32_t irq, uint64_t level)
{
	struct kp_event ev = next(s, KP_EV_VGIC_IRQ);

	ev.code = irq;
	ev.value = level;
	ev.valid |= KP_HAS_CODE | KP_HAS_VALUE | KP_HAS_VCPU;
	add(s->m, ev);
}

/* KVM tells the line's level at each entry and exit: its rising edges are PMIs. */
static void test_arm64(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;
	int i;

	enter(&s);
	for (i = 0; i < 3; i++) {
		vgic(&s, 23, 0);
		vgic(&s, 27, 1); /* the timer */
		vgic(&s, 23, 1);
		enter(&s);
		vgic(&s, 23, 1);
	}
	sn = snap(s.m);
	assert_int_equal(pmi(sn)->raised, 3);
	assert_int_equal(pmi(sn)->delivered_vector, 3);
	assert_int_equal(pmi(sn)->entered, 3);
	assert_stat(&pmi(sn)->to_entry, 3, 3000, 1000, 1000);
	assert_true(sn->pmis.vgic);
	done(s.m, sn);
}

/* ---- the host's interrupt before that ---- */

#define PMU_IRQ 20

static void irq(struct seq *s, uint32_t number, bool pmu)
{
	struct kp_event ev = next(s, KP_EV_IRQ);

	ev.code = number;
	ev.flags = pmu ? KP_F_PMU : 0;
	ev.valid |= KP_HAS_CODE | KP_HAS_FLAGS;
	add(s->m, ev);
}

static void irq_end(struct seq *s, uint32_t number, uint64_t ret)
{
	struct kp_event ev = next(s, KP_EV_IRQ_END);

	ev.code = number;
	ev.value = ret;
	ev.valid |= KP_HAS_CODE | KP_HAS_VALUE;
	add(s->m, ev);
}

static void leave_arm64(struct seq *s)
{
	add(s->m, exit_of(TID, KP_ARM64_EXIT(0, 0), s->now_ns += 1000, KP_ISA_ARM64));
}

/* kvm_arch_vcpu_ioctl_run(): the interrupt is taken before kvm_exit is told */
static void arm64_pmi(struct seq *s, bool low)
{
	irq(s, PMU_IRQ, true);
	irq_end(s, PMU_IRQ, 1);
	leave_arm64(s);
	vgic(s, 23, 1);
	enter(s);
	leave_arm64(s);
	vgic(s, 23, 1); /* the guest had no time to look at it yet */
	enter(s);
	if (low) {
		vgic(s, 23, 0);
		leave_arm64(s);
		enter(s);
	}
}

/* @low: the recording has it that the line is low */
static void check_arm64_host(bool low)
{
	struct seq s = { .m = MODEL(ALL) };
	const struct kp_snap_host_pmi *h;
	const struct kp_snap_pmi *v;
	struct kp_snap *sn;
	int i;

	enter(&s);
	for (i = 0; i < 5; i++)
		arm64_pmi(&s, low);
	sn = snap(s.m);
	v = pmi(sn);
	assert_int_equal(v->raised, 5);
	assert_int_equal(v->delivered_vector, 5);
	assert_int_equal(v->injected, 5);
	assert_int_equal(v->entered, 5);
	assert_int_equal(v->merged + v->lost + v->late + v->spurious, 0);
	assert_stat(&v->to_delivery, 5, 15000, 3000, 3000);
	assert_stat(&v->to_entry, 5, 20000, 4000, 4000);
	assert_int_equal(sn->nr_irqs,
			 1); /* of one interrupt: those while the line is high are none */
	assert_int_equal(sn->irqs[0].vector, 23);
	assert_int_equal(sn->irqs[0].injected, 5);
	assert_true(sn->pmis.has_irq);
	assert_int_equal(sn->pmis.nr_host, 1);
	h = sn->pmis.host;
	assert_true(h->has_vm);
	assert_int_equal(h->tid, TID);
	assert_int_equal(h->irq, PMU_IRQ);
	assert_int_equal(h->handled, 5);
	assert_int_equal(h->in_guest, 5);
	assert_int_equal(h->passed_on, 5);
	assert_stat(&h->time, 5, 5000, 1000, 1000);
	done(s.m, sn);
}

static void test_arm64_host(void **state)
{
	check_arm64_host(true);
}

static void test_arm64_line_high_alone(void **state)
{
	check_arm64_host(false);
}

/*
 * Those that are not a guest's: of another device, of a host event while the guest ran, without
 * overflow, in another thread, and one whose end is not in the recording.
 */
static void test_arm64_host_alone(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_event ev;
	struct kp_snap *sn;

	enter(&s);
	vgic(&s, 23, 0);
	irq(&s, 13, false);
	irq_end(&s, 13, 1);
	irq(&s, PMU_IRQ, true);
	irq_end(&s, PMU_IRQ, 1);
	leave_arm64(&s);
	enter(&s);
	irq(&s, PMU_IRQ, true);
	irq_end(&s, PMU_IRQ, 0);
	leave_arm64(&s);
	vgic(&s, 23, 1); /* PMSWINC_EL0: no counter of the host had an overflow */
	irq(&s, PMU_IRQ, true);
	ev = event(KP_EV_IRQ, 4711, s.now_ns += 1000);
	ev.code = PMU_IRQ;
	ev.flags = KP_F_PMU;
	ev.valid |= KP_HAS_CODE | KP_HAS_FLAGS;
	add(s.m, ev);
	sn = snap(s.m);
	assert_int_equal(pmi(sn)->raised, 1);
	assert_int_equal(pmi(sn)->to_delivery.count, 0);
	assert_int_equal(sn->pmis.nr_host, 2);
	assert_false(sn->pmis.host[0].has_vm);
	assert_int_equal(sn->pmis.host[0].time.count, 1);
	assert_int_equal(sn->pmis.host[0].time.timed, 0);
	assert_int_equal(sn->pmis.host[1].time.count, 3);
	assert_int_equal(sn->pmis.host[1].time.timed, 2);
	assert_int_equal(sn->pmis.host[1].handled, 1);
	assert_int_equal(sn->pmis.host[1].in_guest, 2);
	assert_int_equal(sn->pmis.host[1].passed_on, 0);
	assert_true(sn->cpus[0].has_pmis);
	assert_int_equal(sn->cpus[0].pmis, 4);
	done(s.m, sn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arm64),
		cmocka_unit_test(test_arm64_host),
		cmocka_unit_test(test_arm64_line_high_alone),
		cmocka_unit_test(test_arm64_host_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
