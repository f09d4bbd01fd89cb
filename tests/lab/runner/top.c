// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmpmu top beside a running guest: one long tick of --batch has its exits, its PMU context
 * switches and the mode of its PMU. Runs programs only.
 */
#include <stdio.h>
#include <string.h>

#include "cases.h"

/* The guest runs for longer than top does. */
static json_t *top_run(struct lab_test *t, const char *payload, const char *option)
{
	struct lab_exec guest = {
		.name = "top.guest",
		.argv = { "kvmpmu", "bench", "--raw", payload, "--duration", "40" },
	};
	int pid = lab_exec_start(&guest), r;

	if (!lab_check(t, pid > 0, "the guest does not start: %d", pid))
		return NULL;
	r = lab_exec(&(struct lab_exec){
		.name = "top",
		.timeout_s = 120,
		.argv = { "kvmpmu", "top", "--batch", "-n", "1", "-d", "15s", "--format", "json",
			  option },
	});
	lab_check(t, !r, "kvmpmu top: status %d", r);
	r = lab_exec_wait(pid, 180);
	lab_check(t, !r, "the guest: status %d", r);
	return lab_json_load(t, "top");
}

static void string_check(struct lab_test *t, json_t *root, const char *path, const char *want)
{
	const char *got = json_string_value(lab_json_get(root, path));

	lab_check(t, got && !strcmp(got, want), "%s is %s, not %s", path, got ? got : "nothing",
		  want);
}

void lab_top_mediated(struct lab_test *t)
{
	static const struct lab_expect expect[] = {
		{ "exits.reason=cpuid.exits_per_sec", 1, 1e9 },
		{ "exits.reason=cpuid.p50_ns", 1, 1e9 },
		{ "exits_per_sec", 1, 1e9 },
		{ "switches_per_sec", 1, 1e9 },
		{ "switch_ns_per_sec", 1, 1e9 },
		{ "host_blind_pct", 0.001, 100 },
		{ "vcpus.0.vcpu", 0, 0 },
		{ "vcpus.0.switch_mean_ns", 1, 1e9 },
		{ "vcpus.0.pmu_tax_pct", 0.0001, 100 },
		{ "cpus.0.nmis_per_sec", 0, 1e9 },
		{ "cpus.0.vpmis_per_sec", 0, 1e9 },
		{ 0 },
	};
	json_t *root = top_run(t, "cpuid", "--switch-detail");

	if (!root)
		return;
	lab_expect_check(t, root, expect);
	string_check(t, root, "vcpus.0.vpmu_mode", "mediated");
	string_check(t, root, "vcpus.0.vm_name", "kvmpmu");
	json_decref(root);
}
