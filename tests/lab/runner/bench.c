// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suites of `kvmpmu bench` where the emulated PMU counts exactly: instructions of an iteration, and
 * which accesses to the PMU leave the guest, moves between CPUs. Times are the emulator's and not
 * looked at. What --explain tells is in explain.c.
 */
#include <stdio.h>
#include <string.h>

#include "cases.h"

static json_t *bench_run(struct lab_test *t, const char *name, const char *suites, bool explain)
{
	int r = lab_exec(&(struct lab_exec){
		.name = name,
		.timeout_s = 300,
		.argv = { "kvmpmu", "bench", "--quick", "--suite", suites, "--format", "json",
			  explain ? "--explain" : NULL },
	});

	lab_check(t, !r, "kvmpmu bench --suite %s: status %d", suites, r);
	return r ? NULL : lab_json_load(t, name);
}

static void suites_check(struct lab_test *t, const char *name, const char *suites,
			 const struct lab_expect *expect)
{
	json_t *root = bench_run(t, name, suites, false);

	if (root)
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

/*
 * Six instructions count the iteration and MOV sets the hypercall's function up; HVC counts, a
 * store that user space answers does not. An MRS that traps at its own check ends QEMU's block of
 * code without giving back what the block was charged with (access_check_cp_reg() in target/arm):
 * itself and what comes up to the next branch, on top of what then runs. (arm64_code.S)
 */
static const struct lab_expect arm64_instructions[] = {
	{ "results.case=cpuid.instructions", 6 + 5, 6 + 5 },
	{ "results.case=hypercall.instructions", 8, 8 },
	{ "results.case=mmio.instructions", 6, 6 },
	{ "results.case=msr.instructions", 7 + 6, 7 + 6 },
	{ 0 },
};

static bool all_exact(json_t *root, const struct lab_expect *expect)
{
	for (; expect->path; expect++) {
		json_t *n = lab_json_get(root, expect->path);

		if (!json_is_number(n) || json_number_value(n) < expect->min ||
		    json_number_value(n) > expect->max)
			return false;
	}
	return true;
}

/* QEMU may count another CPU's, too (arm64.c): of a few runs one must be exact in all. */
void lab_bench_instructions_arm64(struct lab_test *t)
{
	json_t *root = NULL;
	unsigned int i;

	for (i = 0; i < 5 && !all_exact(root, arm64_instructions); i++) {
		json_decref(root);
		root = bench_run(t, "suite.exit", "exit", false);
	}
	lab_note(t, "%u runs", i);
	if (root)
		lab_expect_check(t, root, arm64_instructions);
	json_decref(root);
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
	{ "results.case=period-10k.guest_pmis_per_sec", 1, 1e6 },
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
	{ "results.case=period-10k.guest_pmis_per_sec", 1, 1e6 },
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

/* By number where there are two PMUs: theirs have no event of the name cycles. */
void lab_bench_host_events(struct lab_test *t)
{
	suites_check(t, "suite.switch", "switch",
		     (struct lab_expect[]){
			     { "results.case=none-host.samples_taken", 1, 2000 },
			     { "results.case=idle-all-host.samples_taken", 1, 2000 },
			     { "results.case=busy-all-host.samples_taken", 1, 2000 },
			     { 0 },
		     });
}

/* ---- migrate ---- */

/* Each iteration is a move, and only on a host with two PMUs is there one to another PMU. */
static void moves_check(struct lab_test *t, json_t *root, const char *name, bool moves)
{
	char path[100];
	double n, samples, iterations, ns;

	snprintf(path, sizeof(path), "results.case=%s.moves", name);
	if (!lab_json_number(t, root, path, &n))
		return;
	snprintf(path, sizeof(path), "results.case=%s.samples_taken", name);
	lab_json_number(t, root, path, &samples);
	snprintf(path, sizeof(path), "results.case=%s.sample_iterations", name);
	lab_json_number(t, root, path, &iterations);
	lab_check(t, n == (moves ? samples * iterations : 0),
		  "%s: %.0f moves in %.0f samples of %.0f iterations", name, n, samples,
		  iterations);
	snprintf(path, sizeof(path), "results.case=%s.move_ns", name);
	if (moves && lab_json_number(t, root, path, &ns))
		lab_check(t, ns > 0, "%s: a move takes %.0f ns", name, ns);
}

static void migrate_check(struct lab_test *t, bool pmus)
{
	json_t *root = bench_run(t, "suite.migrate", "migrate", false);

	moves_check(t, root, "stay", false);
	moves_check(t, root, "stay-none", false);
	moves_check(t, root, "move", true);
	moves_check(t, root, "move-none", true);
	if (pmus)
		moves_check(t, root, "move-pmu", true);
	lab_check(t, pmus || lab_json_get(root, "unavailable.case=move-pmu"),
		  "move-pmu where there is one PMU");
	json_decref(root);
}

void lab_bench_migrate(struct lab_test *t)
{
	migrate_check(t, false);
}

void lab_bench_migrate_pmus(struct lab_test *t)
{
	migrate_check(t, true);
}
