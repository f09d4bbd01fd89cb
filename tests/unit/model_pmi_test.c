// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_pmi_test.c - src/model/pmi.c on events as Linux 7.3 makes them: PMIs of mediated vPMUs on
 * AMD and Intel, of emulated ones; masked, lost, late, spurious and misrouted ones. arm64's are
 * model_pmi_arm64_test.c's.
 */
#include "pmi_events.h"

static const struct kp_snap_pmi *pmi(const struct kp_snap *sn)
{
	assert_int_equal(sn->pmis.nr_vcpus, 1);
	return &sn->pmis.vcpus[0];
}

static void assert_odd(const struct kp_snap *sn, enum kp_pmi_oddity what, uint64_t nr)
{
	size_t i, n = 0;

	for (i = 0; i < sn->pmis.nr_odd; i++)
		n += sn->pmis.odd[i].what == what;
	assert_int_equal(n, nr);
}

static void vector_pmi(struct seq *s)
{
	window(s, 1, true);
	accept(s, VECTOR, 0);
	inject(s, VECTOR);
	window(s, 0, false);
}

static void check_vector(bool intel)
{
	struct seq s = { .m = MODEL(ALL), .intel = intel };
	const struct kp_snap_pmi *v;
	struct kp_snap *sn;
	int i;

	window(&s, 0, false);
	for (i = 0; i < 5; i++) {
		guest_wrmsr(&s, KP_PMU_LVTPC, 0, VECTOR);
		vector_pmi(&s);
	}
	sn = snap(s.m);
	v = pmi(sn);
	assert_int_equal(v->raised, 5);
	assert_int_equal(v->delivered_vector, 5);
	assert_int_equal(v->delivered_nmi, 0);
	assert_int_equal(v->injected, 5);
	assert_int_equal(v->entered, 5);
	assert_int_equal(v->late + v->lost + v->spurious + v->merged + v->unseen + v->masked, 0);
	assert_int_equal(sn->pmis.nr_odd_all, 0);
	/* AMD: from the put's read of the status, Intel: from the exit */
	assert_stat(&v->to_delivery, 5, intel ? 15000 : 10000, intel ? 3000 : 2000,
		    intel ? 3000 : 2000);
	assert_stat(&v->to_injection, 5, 5000, 1000, 1000);
	assert_int_equal(v->to_entry.count, 5);
	assert_int_equal(sn->pmis.nr_cpus, 1);
	assert_int_equal(sn->pmis.cpus[0].raised, 5);
	assert_int_equal(sn->pmis.nr_lvtpc, 1);
	assert_int_equal(sn->pmis.lvtpc[0].value, VECTOR);
	assert_int_equal(sn->pmis.lvtpc[0].count, 5);
	done(s.m, sn);
}

static void test_amd_vector(void **state)
{
	check_vector(false);
}

static void test_intel_vector(void **state)
{
	check_vector(true);
}

/* NMIs have no tracepoint of their injection: the next entry is it. */
static void test_nmi(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	const struct kp_snap_pmi *v;
	struct kp_snap *sn;
	int i;

	guest_wrmsr(&s, KP_PMU_LVTPC, 0, 0x400);
	enter(&s); /* makes the thread a vCPU's */
	guest_wrmsr(&s, KP_PMU_LVTPC, 0, 0x400);
	for (i = 0; i < 4; i++) {
		window(&s, 2, true);
		accept(&s, 0, NMI_MODE);
		window(&s, 0, false);
	}
	sn = snap(s.m);
	v = pmi(sn);
	assert_int_equal(v->raised, 4);
	assert_int_equal(v->delivered_nmi, 4);
	assert_int_equal(v->injected, 0);
	assert_int_equal(v->entered, 4);
	assert_int_equal(sn->pmis.nr_odd_all, 0);
	done(s.m, sn);
}

/* The bit stays set until the guest clears it: that is one PMI. A second bit is another one. */
static void test_status_stays(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;

	window(&s, 0, false);
	guest_wrmsr(&s, KP_PMU_LVTPC, 0, VECTOR);
	window(&s, 1, true);
	accept(&s, VECTOR, 0);
	inject(&s, VECTOR);
	window(&s, 1, false);
	inject(&s, VECTOR); /* again: its delivery was interrupted */
	window(&s, 3, true);
	accept(&s, VECTOR, 0);
	inject(&s, VECTOR);
	window(&s, 0, false);
	sn = snap(s.m);
	assert_int_equal(pmi(sn)->raised, 2);
	assert_int_equal(pmi(sn)->delivered_vector, 2);
	assert_int_equal(pmi(sn)->injected, 2);
	assert_int_equal(sn->pmis.nr_odd_all, 0);
	done(s.m, sn);
}

static void test_masked(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;

	window(&s, 0, false);
	accept(&s, 0x55, 0); /* they are in the recording: what is not delivered is seen to be */
	guest_wrmsr(&s, KP_PMU_LVTPC, 0, 0x10000 | VECTOR);
	window(&s, 1, true);
	window(&s, 0, false);
	sn = snap(s.m);
	assert_int_equal(pmi(sn)->raised, 1);
	assert_int_equal(pmi(sn)->masked, 1);
	assert_int_equal(pmi(sn)->lost, 0);
	done(s.m, sn);
}

/* Intel: KVM masks LVTPC when it delivers, until the guest writes it again (lapic.c). */
static void test_intel_masks_itself(void **state)
{
	struct seq s = { .m = MODEL(ALL), .intel = true };
	struct kp_snap *sn;

	window(&s, 0, false);
	guest_wrmsr(&s, KP_PMU_LVTPC, 0, VECTOR);
	vector_pmi(&s);
	window(&s, 1, true);
	window(&s, 0, false);
	sn = snap(s.m);
	assert_int_equal(pmi(sn)->raised, 2);
	assert_int_equal(pmi(sn)->delivered_vector, 1);
	assert_int_equal(pmi(sn)->masked, 1);
	assert_int_equal(pmi(sn)->lost, 0);
	done(s.m, sn);
}

/*
 * With FRED no IDT vector is taken, and no irq_vectors event can be: what tells is the same exit,
 * whose interruption information may have bit 13 (nested exception), and perf's handler, which the
 * NMI's event type leads to.
 */
static void test_fred(void **state)
{
	struct seq s = { .m = MODEL(ALL), .intel = true };
	struct kp_snap *sn;

	window(&s, 0, false);
	guest_wrmsr(&s, KP_PMU_LVTPC, 0, VECTOR);
	load_and_enter(&s);
	leave(&s, 1, 0x800020f5);
	put(&s, 1);
	accept(&s, VECTOR, 0);
	inject(&s, VECTOR);
	window(&s, 0, false);
	leave(&s, 0, 0x80000202); /* an exit for an NMI (type 2) is the host's */
	nmi(&s, 1);
	sn = snap(s.m);
	assert_int_equal(pmi(sn)->raised, 1);
	assert_int_equal(pmi(sn)->entered, 1);
	assert_int_equal(sn->pmis.nr_nmis, 1);
	assert_int_equal(sn->pmis.nmis[0].handled, 1);
	done(s.m, sn);
}

/* In xAPIC mode LVTPC is written through its page: no MSR shows. */
static void test_xapic(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;

	window(&s, 0, false);
	guest_mmio(&s, 0xfee00340, VECTOR, KP_F_WRITE);
	guest_mmio(&s, 0xfee00340, 0, 0); /* a read */
	guest_mmio(&s, 0xfee00350, NMI_MODE << 8, KP_F_WRITE); /* LINT0 */
	vector_pmi(&s);
	sn = snap(s.m);
	assert_int_equal(pmi(sn)->delivered_vector, 1);
	assert_int_equal(pmi(sn)->lvtpc, VECTOR);
	assert_int_equal(sn->pmis.nr_lvtpc, 1);
	done(s.m, sn);
}

/* A counter whose selector has no INT bit overflows and asks for nothing. */
static void test_no_interrupt(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;

	window(&s, 0, false);
	guest_wrmsr(&s, KP_PMU_LVTPC, 0, VECTOR);
	guest_wrmsr(&s, KP_PMU_SELECTOR, 0, 0x430076);
	guest_wrmsr(&s, KP_PMU_SELECTOR, 1, 0x530076);
	window(&s, 1, false);
	window(&s, 3, true);
	sn = snap(s.m);
	assert_int_equal(pmi(sn)->raised, 1);
	done(s.m, sn);
}

static void test_lost(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;
	uint64_t raised_ns;

	window(&s, 0, false);
	guest_wrmsr(&s, KP_PMU_LVTPC, 0, VECTOR);
	vector_pmi(&s);
	window(&s, 1, true);
	raised_ns = s.now_ns - 1000;
	window(&s, 0, false);
	vector_pmi(&s);
	sn = snap(s.m);
	assert_int_equal(pmi(sn)->raised, 3);
	assert_int_equal(pmi(sn)->delivered_vector, 2);
	assert_int_equal(pmi(sn)->lost, 1);
	assert_odd(sn, KP_PMI_LOST, 1);
	assert_int_equal(sn->pmis.odd[0].time_ns, raised_ns);
	assert_int_equal(sn->pmis.odd[0].status, 1);
	assert_int_equal(sn->pmis.odd[0].tid, TID);
	done(s.m, sn);
}

/* The guest runs once more before its PMI is delivered. */
static void test_late(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;

	window(&s, 0, false);
	guest_wrmsr(&s, KP_PMU_LVTPC, 0, VECTOR);
	window(&s, 1, true);
	window(&s, 1, false);
	accept(&s, VECTOR, 0);
	inject(&s, VECTOR);
	window(&s, 0, false);
	sn = snap(s.m);
	assert_int_equal(pmi(sn)->raised, 1);
	assert_int_equal(pmi(sn)->delivered_vector, 1);
	assert_int_equal(pmi(sn)->late, 1);
	assert_int_equal(pmi(sn)->lost, 0);
	assert_odd(sn, KP_PMI_LATE, 1);
	assert_int_equal(sn->pmis.odd[0].entries, 1);
	done(s.m, sn);
}

static void test_spurious(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;

	window(&s, 0, false);
	guest_wrmsr(&s, KP_PMU_LVTPC, 0, VECTOR);
	window(&s, 0, false);
	accept(&s, VECTOR, 0);
	window(&s, 0, false);
	sn = snap(s.m);
	assert_int_equal(pmi(sn)->raised, 0);
	assert_int_equal(pmi(sn)->spurious, 1);
	assert_odd(sn, KP_PMI_SPURIOUS, 1);
	done(s.m, sn);

	s = (struct seq){ .m = MODEL(ALL), .intel = true };
	window(&s, 0, false);
	window(&s, 0, true); /* vector 0xf5, no overflow */
	sn = snap(s.m);
	assert_int_equal(pmi(sn)->spurious, 1);
	assert_odd(sn, KP_PMI_NO_OVERFLOW, 1);
	done(s.m, sn);
}

/* Another vector is no PMI, nor is the same one for another vCPU, sent from this one's thread. */
static void test_other_interrupts(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_event ev;
	struct kp_snap *sn;

	window(&s, 0, false);
	guest_wrmsr(&s, KP_PMU_LVTPC, 0, VECTOR);
	window(&s, 0, false);
	accept(&s, 0x30, 0);
	ev = next(&s, KP_EV_APIC_ACCEPT);
	ev.code = VECTOR;
	ev.extra = 3;
	ev.valid |= KP_HAS_CODE | KP_HAS_VALUE | KP_HAS_EXTRA;
	add(s.m, ev);
	inject(&s, VECTOR);
	sn = snap(s.m);
	assert_int_equal(pmi(sn)->raised, 0);
	assert_int_equal(pmi(sn)->delivered_vector, 0);
	assert_int_equal(pmi(sn)->spurious, 0);
	done(s.m, sn);
}

/* Emulated: perf handles an NMI while the guest runs, KVM delivers. Other NMIs are the host's. */
static void test_emulated(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;
	int i;

	enter(&s);
	leave(&s, 0x7c, 0);
	guest_wrmsr(&s, KP_PMU_LVTPC, 0, VECTOR);
	for (i = 0; i < 3; i++) {
		enter(&s);
		nmi(&s, 1);
		leave(&s, 0x61, 0);
		accept(&s, VECTOR, 0);
		inject(&s, VECTOR);
		enter(&s);
		leave(&s, 0x7c, 0);
		nmi(&s, 1); /* the host's own */
		nmi(&s, 0); /* nobody's */
	}
	enter(&s);
	sn = snap(s.m);
	assert_int_equal(pmi(sn)->raised, 3);
	assert_int_equal(pmi(sn)->delivered_vector, 3);
	assert_int_equal(pmi(sn)->entered, 3);
	assert_stat(&pmi(sn)->to_delivery, 3, 6000, 2000, 2000);
	assert_int_equal(sn->pmis.nr_odd_all, 0);
	assert_int_equal(sn->pmis.nr_nmis, 1);
	assert_int_equal(sn->pmis.nmis[0].handler, HANDLER);
	assert_int_equal(sn->pmis.nmis[0].handled, 6);
	assert_int_equal(sn->pmis.nmis[0].in_window, 0);
	assert_stat(&sn->pmis.nmis[0].time, 9, 9 * 700, 700, 700);
	done(s.m, sn);
}

/* perf's handler leaves NMIs alone while a guest's context is loaded: a handled one is odd. */
static void test_misrouted(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;

	load_and_enter(&s);
	nmi(&s, 0);
	nmi(&s, 1);
	leave(&s, 0x61, 0);
	put(&s, 0);
	add(s.m, event(KP_EV_USER_EXIT, TID, s.now_ns += 1000));
	nmi(&s, 1);
	sn = snap(s.m);
	assert_int_equal(sn->pmis.nmis[0].in_window, 2);
	assert_odd(sn, KP_PMI_MISROUTED, 1);
	assert_int_equal(sn->pmis.odd[0].status, HANDLER);
	done(s.m, sn);
}

/* kvm_apic_accept_irq was not recorded: an injected vector shows still, an NMI does not. */
static void test_unseen(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_snap *sn;

	window(&s, 0, false);
	guest_wrmsr(&s, KP_PMU_LVTPC, 0, VECTOR);
	window(&s, 1, true);
	inject(&s, VECTOR);
	window(&s, 0, false);
	guest_wrmsr(&s, KP_PMU_LVTPC, 0, 0x400);
	window(&s, 1, true);
	window(&s, 0, false);
	sn = snap(s.m);
	assert_int_equal(pmi(sn)->raised, 2);
	assert_int_equal(pmi(sn)->delivered_vector, 1);
	assert_int_equal(pmi(sn)->to_delivery.count, 0);
	assert_int_equal(pmi(sn)->unseen, 1);
	assert_int_equal(pmi(sn)->lost, 0);
	assert_false(sn->pmis.has_accept);
	done(s.m, sn);
}

/* Hops that probes count, as record --switch does. */
static void test_probed(void **state)
{
	struct seq s = { .m = MODEL(ALL) };
	struct kp_event ev;
	struct kp_snap *sn;

	enter(&s);
	ev = next(&s, KP_EV_PMI);
	ev.code = KP_PMI_RAISED;
	ev.value = 3;
	add(s.m, ev);
	ev.code = KP_PMI_DELIVERED;
	ev.value = 2;
	add(s.m, ev);
	sn = snap(s.m);
	assert_int_equal(pmi(sn)->requested, 3);
	assert_int_equal(pmi(sn)->delivered_probe, 2);
	done(s.m, sn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_amd_vector),
		cmocka_unit_test(test_intel_vector),
		cmocka_unit_test(test_nmi),
		cmocka_unit_test(test_status_stays),
		cmocka_unit_test(test_masked),
		cmocka_unit_test(test_intel_masks_itself),
		cmocka_unit_test(test_no_interrupt),
		cmocka_unit_test(test_fred),
		cmocka_unit_test(test_xapic),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_spurious),
		cmocka_unit_test(test_other_interrupts),
		cmocka_unit_test(test_emulated),
		cmocka_unit_test(test_misrouted),
		cmocka_unit_test(test_unseen),
		cmocka_unit_test(test_probed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
