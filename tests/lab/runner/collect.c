// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two collectors of PMU context switches, and the sums of stat --switch, on one run: BPF probes
 * (record --switch) and register accesses (--switch-detail) in one recording, under stat. Counts
 * are equal; times lie within each other. Runs programs only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

#define DATA LAB_OUT_DIR "/collect.data"

/** struct run - a guest's payload; @irqs: PMIs that it counts itself */
struct run {
	const char *payload, *iterations, *counters;
	double irqs;
};

/* stat, with record as its command, with the guest as that one's. */
static bool run_all(struct lab_test *t, const struct run *run)
{
	int r = lab_exec(&(struct lab_exec){
		.name = "collect",
		.timeout_s = 120,
		.argv = { "kvmpmu", "stat", "--switch", "-e", "page-faults", "--format", "json",
			  "-o", LAB_OUT_DIR "/collect.stat.out", "--",
			  "kvmpmu", "record", "-q", "--switch", "--switch-detail", "-o", DATA, "--",
			  "kvmpmu", "bench", "--raw", run->payload, "--iterations",
			  run->iterations, "--format", "json",
			  run->counters ? "--counters" : NULL, run->counters },
	});

	return lab_check(t, !r, "stat, record and the guest: status %d", r);
}

static json_t *report(struct lab_test *t, const char *name, const char *option)
{
	int r = lab_exec(&(struct lab_exec){
		.name = name,
		.argv = { "kvmpmu", "report", "-i", DATA, "--format", "json", option },
	});

	return lab_check(t, !r, "kvmpmu report: status %d", r) ? lab_json_load(t, name) : NULL;
}

/* The same number at two places. */
static void same(struct lab_test *t, json_t *a, const char *a_path, json_t *b, const char *b_path)
{
	double x, y;

	if (lab_json_number(t, a, a_path, &x) && lab_json_number(t, b, b_path, &y))
		lab_check(t, x == y, "%s is %.0f, %s %.0f", a_path, x, b_path, y);
}

/* Time of phases in which the first register access is the begin and the last one the end. */
static double accesses_ns(json_t *root, const char *host, const char *own)
{
	json_t *rows = json_object_get(root, "switches"), *row;
	double sum = 0;
	size_t i;

	json_array_foreach (rows, i, row) {
		const char *phase = json_string_value(json_object_get(row, "phase"));

		if (phase && (!strcmp(phase, host) || !strcmp(phase, own)))
			sum += json_number_value(json_object_get(row, "total_ns"));
	}
	return sum;
}

/*
 * Both take the same clock's time, one outside the other: with the probes' cost in it, a function
 * lasts at least from its first register access to its last.
 */
static void times_check(struct lab_test *t, json_t *accesses, json_t *raw)
{
	double windows, load, put, pair, full, out = accesses_ns(accesses, "host out", "load");
	double in = accesses_ns(accesses, "put", "host in");

	if (!lab_json_number(t, raw, "probes.windows", &windows) ||
	    !lab_json_number(t, raw, "probes.load_ns", &load) ||
	    !lab_json_number(t, raw, "probes.put_ns", &put) ||
	    !lab_json_number(t, raw, "probes.pair_ns", &pair) ||
	    !lab_json_number(t, raw, "probes.full_ns", &full))
		return;
	lab_check(t, pair > 0 && full > 0, "probes cost %.0f and %.0f ns", pair, full);
	lab_check(t, out > 0 && load >= out, "loads: probes %.0f ns, accesses %.0f ns", load, out);
	lab_check(t, in > 0 && put >= in, "puts: probes %.0f ns, accesses %.0f ns", put, in);
	if (windows)
		lab_note(t,
			 "a load: probes %.0f ns, accesses %.0f ns; a put: %.0f and %.0f; probes "
			 "cost %.0f ns each, two measure %.0f",
			 load / windows, out / windows, put / windows, in / windows, full, pair);
}

static void counts_check(struct lab_test *t, json_t *stat, json_t *accesses)
{
	double windows, n;

	same(t, accesses, "probes.windows", accesses, "switch_vcpus.0.windows");
	same(t, accesses, "probes.entries", accesses, "switch_vcpus.0.entries");
	same(t, stat, "switch_vcpus.0.loads", accesses, "switch_vcpus.0.windows");
	same(t, stat, "switch_vcpus.0.puts", accesses, "switch_vcpus.0.windows");
	same(t, stat, "switch_vcpus.0.entries", accesses, "vcpus.0.entries");
	same(t, stat, "switch_vcpus.0.exits", accesses, "vcpus.0.exits");
	same(t, stat, "switches.phase=load and put.switches", stat, "switch_vcpus.0.loads");
	if (lab_json_number(t, accesses, "lost", &n))
		lab_check(t, !n, "%.0f events lost", n);
	if (lab_json_number(t, accesses, "probes.windows", &windows))
		lab_note(t, "%.0f windows, told by probes, register accesses and sums alike",
			 windows);
}

/* Raised, delivered, and taken by the guest: by the sums, the ledger, and the guest itself. */
static void pmis_check(struct lab_test *t, const struct run *run, json_t *stat, json_t *accesses)
{
	const struct lab_expect sums[] = {
		{ "switch_vcpus.0.raised", run->irqs, run->irqs },
		{ "switch_vcpus.0.delivered_probe", run->irqs, run->irqs },
		{ 0 },
	};
	const struct lab_expect ledger[] = {
		{ "pmis.0.raised", run->irqs, run->irqs },
		{ "pmis.0.requested", run->irqs, run->irqs },
		{ "pmis.0.delivered_vector", run->irqs, run->irqs },
		{ "pmis.0.delivered_probe", run->irqs, run->irqs },
		{ 0 },
	};
	const struct lab_expect guest[] = { { "vcpus.0.irqs", run->irqs, run->irqs }, { 0 } };
	json_t *root = lab_json_load(t, "collect");

	lab_expect_check(t, stat, sums);
	lab_expect_check(t, accesses, ledger);
	lab_expect_check(t, root, guest);
	json_decref(root);
}

static void agree_check(struct lab_test *t, const struct run *run)
{
	json_t *stat, *accesses, *raw;

	if (!run_all(t, run))
		return;
	stat = lab_json_load(t, "collect.stat");
	accesses = report(t, "collect.report", NULL);
	raw = report(t, "collect.raw", "--raw-times");
	if (stat && accesses && raw) {
		counts_check(t, stat, accesses);
		times_check(t, accesses, raw);
		if (run->irqs)
			pmis_check(t, run, stat, accesses);
	}
	json_decref(stat);
	json_decref(accesses);
	json_decref(raw);
}

void lab_collectors_agree(struct lab_test *t)
{
	static const struct run runs[] = {
		{ "pmi", "20", NULL, 20 },
		{ "cpuid", "50", "0", 0 },
		{ "cpuid", "50", "6", 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(runs) / sizeof(*runs); i++)
		agree_check(t, &runs[i]);
}

/* Where there is no mediated vPMU the sums have the exits, and a note says what they lack. */
void lab_stat_exits(struct lab_test *t)
{
	static const struct lab_expect expect[] = {
		{ "switch_reasons.reason=cpuid.count", 50, 50 },
		{ "switch_vcpus.0.entries", 50, 1e6 },
		{ 0 },
	};
	json_t *root, *notes, *note;
	bool told = false;
	size_t i;
	int r;

	r = lab_exec(&(struct lab_exec){
		.name = "stat.exits",
		.argv = { "kvmpmu", "stat", "--switch", "-e", "page-faults", "--format", "json",
			  "-o", LAB_OUT_DIR "/stat.sums.out", "--", "kvmpmu", "bench", "--raw",
			  "cpuid", "--iterations", "50" },
	});
	if (!lab_check(t, !r, "kvmpmu stat --switch: status %d", r))
		return;
	root = lab_json_load(t, "stat.sums");
	lab_expect_check(t, root, expect);
	notes = json_object_get(root, "notes");
	json_array_foreach (notes, i, note)
		told |= strstr(json_string_value(note), "no PMU context was switched") ||
			strstr(json_string_value(note), "no mediated vPMU");
	lab_check(t, told, "no note says why there are no switches");
	json_decref(root);
}
