// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suites of `kvmpmu bench` where the emulated PMU counts exactly: instructions of an iteration, and
 * which accesses to the PMU leave the guest. Times are the emulator's and not looked at.
 */
#include "cases.h"

static void suites_check(struct lab_test *t, const char *name, const char *suites,
			 const struct lab_expect *expect)
{
	json_t *root;
	int r;

	r = lab_exec(&(struct lab_exec){
		.name = name,
		.timeout_s = 300,
		.argv = { "kvmpmu", "bench", "--quick", "--suite", suites, "--format", "json" },
	});
	if (!lab_check(t, !r, "kvmpmu bench --suite %s: status %d", suites, r))
		return;
	root = lab_json_load(t, name);
	lab_expect_check(t, root, expect);
	json_decref(root);
}

/*
 * CPUID: clear two registers, CPUID, six to count the iteration. The others have one instruction
 * to set a register up where the exit changes it, and none where it does not (x86_code.S).
 */
void lab_bench_instructions_x86(struct lab_test *t)
{
	suites_check(t, "suite.exit", "exit",
		     (struct lab_expect[]){
			     { "results.case=cpuid.instructions", 9, 9 },
			     { "results.case=hypercall.instructions", 8, 8 },
			     { "results.case=io.instructions", 7, 7 },
			     { "results.case=mmio.instructions", 7, 7 },
			     { "results.case=msr.instructions", 7, 7 },
			     { 0 },
		     });
}

/* An exit is 1 an iteration, and the end of a run of at least 8 iterations is one, too. */
#define EXITS	1, 1.9
#define NO_EXIT 0, 0.9

static const struct lab_expect mediated_exits[] = {
	{ "results.case=selector-write.exits_per_iteration", EXITS },
	{ "results.case=selector-read.exits_per_iteration", EXITS },
	{ "results.case=counter-write.exits_per_iteration", NO_EXIT },
	{ "results.case=counter-read.exits_per_iteration", NO_EXIT },
	{ "results.case=global-write.exits_per_iteration", NO_EXIT },
	{ "results.case=global-read.exits_per_iteration", NO_EXIT },
	{ "results.case=rdpmc.exits_per_iteration", NO_EXIT },
	{ "results.case=latency.pmis_lost", 0, 0 },
	{ "results.case=latency-nmi.pmis_lost", 0, 0 },
	{ 0 },
};

static const struct lab_expect emulated_exits[] = {
	{ "results.case=selector-write.exits_per_iteration", EXITS },
	{ "results.case=selector-read.exits_per_iteration", EXITS },
	{ "results.case=counter-write.exits_per_iteration", EXITS },
	{ "results.case=counter-read.exits_per_iteration", EXITS },
	{ "results.case=global-write.exits_per_iteration", EXITS },
	{ "results.case=global-read.exits_per_iteration", EXITS },
	{ "results.case=rdpmc.exits_per_iteration", EXITS },
	{ "results.case=latency.pmis_lost", 0, 0 },
	{ "results.case=latency-nmi.pmis_lost", 0, 0 },
	{ 0 },
};

void lab_bench_access_mediated(struct lab_test *t)
{
	suites_check(t, "suite.access", "pmu-access,pmi", mediated_exits);
}

void lab_bench_access_emulated(struct lab_test *t)
{
	suites_check(t, "suite.access", "pmu-access,pmi", emulated_exits);
}
