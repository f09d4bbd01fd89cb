// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmpmu stat of a VM whose vCPU moves between the CPUs of two PMUs: which one backs it, how often
 * it came to the other's CPUs and for how long its counters stood still. Runs programs in the
 * emulated machine only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cases.h"

#define TRIES 100

long lab_vcpu_tid(struct lab_test *t)
{
	for (int i = 0; i < TRIES; i++) {
		json_t *root, *vcpu;
		long tid;

		lab_exec(&(struct lab_exec){ .name = "stat.ps",
					     .argv = { "kvmpmu", "ps", "--vcpus", "--format",
						       "json" } });
		root = lab_json_load(t, "stat.ps");
		vcpu = lab_json_get(root, "vcpus.0");
		tid = (long)json_integer_value(json_object_get(vcpu, "tid"));
		if (!json_integer_value(json_object_get(vcpu, "in_use")))
			tid = 0;
		json_decref(root);
		if (tid)
			return tid;
		usleep(50 * 1000);
	}
	lab_check(t, false, "no vCPU that counts");
	return 0;
}

/* Of the vCPU: the VM has threads of other kinds too. */
static json_t *row(json_t *root, const char *table, const char *event, const char *pmu)
{
	json_t *r;
	size_t i;

	json_array_foreach (json_object_get(root, table), i, r) {
		const char *e = json_string_value(json_object_get(r, "event"));
		const char *p = json_string_value(json_object_get(r, "event_pmu"));

		if (json_is_integer(json_object_get(r, "vcpu")) && p && !strcmp(p, pmu) &&
		    (!event || (e && !strcmp(e, event))))
			return r;
	}
	return NULL;
}

static double number(json_t *r, const char *key)
{
	json_t *v = json_object_get(r, key);

	return json_is_number(v) ? json_number_value(v) : -1;
}

static void place_check(struct lab_test *t, json_t *root, const char *pmu, int moves, bool lost)
{
	json_t *r = row(root, "places", NULL, pmu);
	const char *backing = json_string_value(json_object_get(r, "backing_pmu"));
	double ns = number(r, "place_ns");

	lab_check(t, number(r, "vcpu") == 0, "%s: no row of vCPU 0", pmu);
	lab_check(t, backing && !strcmp(backing, "armv8_cortex_a53"), "%s: backed by %s", pmu,
		  backing ? backing : "nothing");
	lab_check(t, number(r, "place_moves") == moves, "%s: %.0f moves instead of %d", pmu,
		  number(r, "place_moves"), moves);
	lab_check(t, ns > 0, "%s: %.0f ns there", pmu, ns);
	lab_check(t, number(r, "place_lost_ns") == (lost ? ns : 0), "%s: %.0f ns lost of %.0f",
		  pmu, number(r, "place_lost_ns"), ns);
}

static double guest_count(json_t *root, const char *event, const char *pmu)
{
	return number(row(root, "counters", event, pmu), "guest_count");
}

/* Away from its PMU, on to the other CPU there, and back: two moves to A72's CPUs, one to A53's. */
void lab_stat_hybrid(struct lab_test *t)
{
	int vm = lab_exec_start(&(struct lab_exec){
		.name = "stat.guest",
		.argv = { "kvmpmu", "bench", "--raw", "spin", "--duration", "10m", "--cpu-list",
			  "1", "--counters", "1" } });
	long tid = lab_vcpu_tid(t);
	double little, big, all;
	char script[256];
	json_t *root;
	int r;

	snprintf(script, sizeof(script),
		 "for m in 4 8 1; do sleep 1; taskset -p $m %ld || exit 7; done >&2; sleep 1", tid);
	r = lab_exec(&(struct lab_exec){
		.name = "stat.hybrid",
		.timeout_s = 120,
		.argv = { "kvmpmu", "stat", "--vm", "kvmpmu", "--per", "vcpu", "-e",
			  "instructions:G,cycles:G", "--format", "json", "--", "sh", "-c",
			  script } });
	lab_check(t, !r, "kvmpmu stat: status %d", r);
	root = lab_json_load(t, "stat.hybrid");
	place_check(t, root, "armv8_cortex_a53", 1, false);
	place_check(t, root, "armv8_cortex_a72", 2, true);
	little = guest_count(root, "instructions:G", "armv8_cortex_a53");
	big = guest_count(root, "instructions:G", "armv8_cortex_a72");
	all = guest_count(root, "instructions:G", "all");
	lab_check(t, little > 0 && big > 0, "%.0f and %.0f instructions of the guest", little, big);
	lab_check(t, all == little + big, "%.0f in all instead of %.0f", all, little + big);
	lab_check(t, guest_count(root, "cycles:G", "armv8_cortex_a72") > 0, "no cycles on A72");
	lab_check(t, !row(root, "counters", "cycles:G", "all"), "cycles of two PMUs added up");
	json_decref(root);
	lab_exec_end(vm);
}
