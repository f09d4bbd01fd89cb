// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the arm64 machines: VHE, two PMUs, protected mode. Run in the emulated machine only.
 */
#include "cases.h"

#define PMUS "/sys/bus/event_source/devices/"

static void one_pmu(struct lab_test *t)
{
	lab_file_check(t, PMUS "armv8_pmuv3/cpus", "0-1");
}

static void two_pmus(struct lab_test *t)
{
	lab_file_check(t, PMUS "armv8_cortex_a53/cpus", "0-1");
	lab_file_check(t, PMUS "armv8_cortex_a72/cpus", "2-3");
}

static void selftest_vpmu(struct lab_test *t)
{
	lab_selftest_check(t, "vpmu_counter_access", 0);
}

const struct lab_case lab_arm64_vhe_cases[] = {
	{ "one PMU of all CPUs", one_pmu },
	{ "vpmu_counter_access passes", selftest_vpmu },
	{ 0 },
};

const struct lab_case lab_arm64_hybrid_cases[] = {
	{ "two PMUs of two CPUs each", two_pmus },
	{ 0 },
};

const struct lab_case lab_arm64_nvhe_cases[] = {
	{ "one PMU of all CPUs", one_pmu },
	{ 0 },
};
