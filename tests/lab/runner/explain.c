// SPDX-License-Identifier: GPL-2.0-only
/*
 * `kvmpmu bench --explain`: register accesses of the mediated vPMU's switch for 0 to all counters,
 * against what the kernel does (arch/x86/kvm/pmu.c, svm/pmu.c); and accesses of the guest to its
 * PMU that exit. Runs kvmpmu only.
 */
#include <stdio.h>
#include <string.h>

#include "cases.h"

#define NR_PMCS 6 /* of the emulated AMD machine */
/*
 * An interrupt of the host may switch once more before the counters are set up: 1 of as few as 17
 * switches. An access too many or too few in each of them is 1.
 */
#define CLOSE 0.25

static json_t *explain_run(struct lab_test *t, const char *name, const char *suites)
{
	int r = lab_exec(&(struct lab_exec){
		.name = name,
		.timeout_s = 300,
		.argv = { "kvmpmu", "bench", "--quick", "--explain", "--suite", suites, "--format",
			  "json" },
	});

	lab_check(t, !r, "kvmpmu bench --explain --suite %s: status %d", suites, r);
	return r ? NULL : lab_json_load(t, name);
}

static double cell(struct lab_test *t, json_t *root, const char *name, const char *key)
{
	char path[100];
	double v = -1;

	snprintf(path, sizeof(path), "explain.case=%s.%s", name, key);
	lab_json_number(t, root, path, &v);
	return v;
}

static void cell_check(struct lab_test *t, json_t *root, const char *name, const char *key,
		       double want)
{
	double v = cell(t, root, name, key);

	lab_check(t, v > want - CLOSE && v < want + CLOSE, "%s: %s is %g, not %g", name, key, v,
		  want);
}

static bool is_string(json_t *object, const char *key, const char *want)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s && !strcmp(s, want);
}

/* ---- the switch ---- */

/** struct access - how often a switch accesses a register; @per_counter: for each that counts */
struct access {
	const char *phase, *reg, *access;
	unsigned int always, per_counter;
};

static const struct access accesses[] = {
	{ "host out", "PerfCntrGlobalCtl", "write", 2, 0 },
	{ "load", "PerfCntrGlobalStatus", "read", 1, 0 },
	{ "load", "PerfCntrGlobalStatusSet", "write", 1, 0 },
	{ "load", "PerfCntrGlobalCtl", "write", 2, 0 },
	{ "load", "counter", "rdpmc", NR_PMCS, 0 },
	{ "load", "counter", "write", 0, 1 },
	{ "load", "event selector", "write", NR_PMCS, 0 },
	{ "in window", "PerfCntrGlobalCtl", "read", 1, 0 },
	{ "put", "PerfCntrGlobalStatus", "read", 1, 0 },
	{ "put", "PerfCntrGlobalCtl", "write", 1, 0 },
	{ "put", "counter", "rdpmc", NR_PMCS, 0 },
	{ "put", "counter", "write", 0, 1 },
	{ "host in", "PerfCntrGlobalCtl", "write", 2, 0 },
};

/* No row is no access. */
static double per_switch(json_t *root, const char *name, const struct access *a)
{
	json_t *rows = json_object_get(root, "explain_registers"), *row;
	size_t i;

	json_array_foreach (rows, i, row) {
		if (is_string(row, "case", name) && is_string(row, "phase", a->phase) &&
		    is_string(row, "register", a->reg) && is_string(row, "access", a->access))
			return json_number_value(json_object_get(row, "per_switch"));
	}
	return 0;
}

static void access_check(struct lab_test *t, json_t *root, const char *name, const struct access *a,
			 unsigned int counters)
{
	double want = a->always + (double)a->per_counter * counters;
	double n = per_switch(root, name, a);

	lab_check(t, n > want - CLOSE && n < want + CLOSE, "%s: %s: %s %s: %g a switch, not %g",
		  name, a->phase, a->access, a->reg, n, want);
}

/*
 * @counting: counters that count; @selected: selectors that are not zero: that of counter 0 is set
 * by the micro-guest's own probe, and stays (switch.c).
 */
static void switch_check(struct lab_test *t, json_t *root, const char *name, unsigned int counting,
			 unsigned int selected)
{
	const struct access cleared = { "put", "event selector", "write", selected, 0 };
	double switches = cell(t, root, name, "switches_per_iteration");
	double cost = cell(t, root, name, "switch_median_ns");
	size_t i;

	for (i = 0; i < sizeof(accesses) / sizeof(*accesses); i++)
		access_check(t, root, name, &accesses[i], counting);
	access_check(t, root, name, &cleared, 0);
	/* one for each exit, and one exit an iteration but for the host's interrupts */
	lab_check(t, switches > 0.8 && switches < 1.5, "%s: %g switches an iteration", name,
		  switches);
	lab_check(t, switches == cell(t, root, name, "traced_exits"), "%s: %g exits", name,
		  cell(t, root, name, "traced_exits"));
	lab_check(t, cost > 0 && cost < cell(t, root, name, "handling_median_ns"),
		  "%s: a switch takes %g ns", name, cost);
	lab_check(t,
		  cell(t, root, name, "load_median_ns") < cost &&
			  cell(t, root, name, "put_median_ns") < cost,
		  "%s: load and put are parts of it", name);
	cell_check(t, root, name, "guest_pmu_accesses", 0);
}

void lab_explain_mediated(struct lab_test *t)
{
	json_t *root = explain_run(t, "explain.switch", "switch,pmu-access");

	switch_check(t, root, "none", 0, 1);
	switch_check(t, root, "idle-1", 0, 1);
	switch_check(t, root, "idle-2", 0, 2);
	switch_check(t, root, "idle-4", 0, 4);
	switch_check(t, root, "idle-all", 0, NR_PMCS);
	switch_check(t, root, "busy-1", 1, 1);
	switch_check(t, root, "busy-2", 2, 2);
	switch_check(t, root, "busy-4", 4, 4);
	switch_check(t, root, "busy-all", NR_PMCS, NR_PMCS);
	/* selectors are intercepted, the rest is the guest's own */
	cell_check(t, root, "selector-write", "guest_pmu_accesses", 1);
	cell_check(t, root, "selector-read", "guest_pmu_accesses", 1);
	cell_check(t, root, "counter-write", "guest_pmu_accesses", 0);
	cell_check(t, root, "counter-read", "guest_pmu_accesses", 0);
	cell_check(t, root, "global-write", "guest_pmu_accesses", 0);
	cell_check(t, root, "rdpmc", "guest_pmu_accesses", 0);
	cell_check(t, root, "program", "guest_pmu_accesses", 2);
	json_decref(root);
}

/* ---- accesses that exit ---- */

static void traps_check(struct lab_test *t, json_t *root, double program)
{
	static const char *const each[] = { "selector-write", "selector-read", "counter-write",
					    "counter-read",   "global-write",  "global-read" };
	size_t i;

	for (i = 0; i < sizeof(each) / sizeof(*each); i++) {
		cell_check(t, root, each[i], "guest_pmu_accesses", 1);
		lab_check(t, cell(t, root, each[i], "traced_exits") > 0.9, "%s exits", each[i]);
	}
	cell_check(t, root, "program", "guest_pmu_accesses", program);
}

/* program: selector on and off, counter, GLOBAL_CTL on and off, status, two RDPMC. */
void lab_explain_emulated(struct lab_test *t)
{
	json_t *root = explain_run(t, "explain.access", "pmu-access");

	traps_check(t, root, 8);
	cell_check(t, root, "rdpmc", "guest_pmu_accesses", 1);
	cell_check(t, root, "program", "switches_per_iteration", 0);
	json_decref(root);
}

/*
 * program: what kp_start, the two reads and kp_halt of arm64_code.S do with one counter.
 * There is no switch to see.
 */
void lab_explain_arm64(struct lab_test *t)
{
	json_t *root = explain_run(t, "explain.access", "pmu-access");
	json_t *switches = lab_json_get(root, "explain.case=program.switches_per_iteration");

	traps_check(t, root, 15);
	lab_check(t, json_is_null(switches), "switches of an arm64 host");
	json_decref(root);
}
