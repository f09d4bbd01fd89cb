// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the AMD machines, with the mediated vPMU on and off. Run in the emulated machine only.
 */
#include "cases.h"

#define MEDIATED_PARAM "/sys/module/kvm_amd/parameters/enable_mediated_pmu"

static void mediated_is_on(struct lab_test *t)
{
	lab_file_check(t, MEDIATED_PARAM, "Y");
}

static void mediated_is_off(struct lab_test *t)
{
	lab_file_check(t, MEDIATED_PARAM, "N");
}

static void guest_counts(struct lab_test *t)
{
	lab_guest_check(t, &(struct lab_guest){ "guest.1", "0", "1" });
	lab_guest_check(t, &(struct lab_guest){ "guest.6", "1", "6" });
}

/* The test is for Intel's counters and skips itself on AMD (x86/pmu_counters_test.c, main). */
static void selftest_counters(struct lab_test *t)
{
	lab_selftest_check(t, "pmu_counters_test", LAB_SELFTEST_SKIPS);
}

static void selftest_filter(struct lab_test *t)
{
	lab_selftest_check(t, "pmu_event_filter_test", 0);
}

static void selftest_host_guest(struct lab_test *t)
{
	lab_selftest_check(t, "svm_pmu_host_guest_test", 0);
}

/* It asks for the mediated vPMU (x86/svm_pmu_host_guest_test.c, main). */
static void selftest_host_guest_skips(struct lab_test *t)
{
	lab_selftest_check(t, "svm_pmu_host_guest_test", LAB_SELFTEST_SKIPS);
}

const struct lab_case lab_amd_mediated_cases[] = {
	{ "KVM gives guests the mediated vPMU", mediated_is_on },
	{ "a guest counts its instructions exactly, one counter and six", guest_counts },
	{ "every payload makes its exits and interrupts", lab_payloads_x86 },
	{ "every PMI arrives as an NMI", lab_pmi_nmi },
	{ "an event filter decides what a guest counts", lab_filter_x86 },
	{ "a mediated vPMU is refused beside the NMI watchdog", lab_mediated_busy },
	{ "record has every exit", lab_record_exits_x86 },
	{ "record never keeps a mediated VM from starting", lab_record_beside_mediated },
	{ "pmu_counters_test skips itself", selftest_counters },
	{ "pmu_event_filter_test passes", selftest_filter },
	{ "svm_pmu_host_guest_test passes", selftest_host_guest },
	{ 0 },
};

const struct lab_case lab_amd_emulated_cases[] = {
	{ "KVM gives guests the emulated vPMU", mediated_is_off },
	{ "a guest counts its instructions exactly, one counter and six", guest_counts },
	{ "every payload makes its exits and interrupts", lab_payloads_x86 },
	{ "every PMI arrives as an NMI", lab_pmi_nmi },
	{ "an event filter decides what a guest counts", lab_filter_x86 },
	{ "record has every exit", lab_record_exits_x86 },
	{ "record counts guests where that is asked for", lab_record_guests },
	{ "pmu_counters_test skips itself", selftest_counters },
	{ "pmu_event_filter_test passes", selftest_filter },
	{ "svm_pmu_host_guest_test skips itself",
	  selftest_host_guest_skips },
	{ 0 },
};
