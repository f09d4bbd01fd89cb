// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmpmu top beside a running guest: one long tick of --batch has its exits, its PMU context
 * switches and the mode of its PMU; and around a guest that does something known, which BPF
 * programs add up and events tell exactly. Runs programs only.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cases.h"

/* The guest runs until top is done. */
static json_t *top_run(struct lab_test *t, const char *payload, const char *option)
{
	struct lab_exec guest = {
		.name = "top.guest",
		.argv = { "kvmpmu", "bench", "--raw", payload, "--duration", "5m" },
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
	lab_check(t, !kill(pid, SIGINT), "the guest ended before");
	lab_exec_wait(pid, 60);
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

/* ---- around a guest: a tick is all of it ---- */

/** struct known - a payload; @option: of top, NULL none */
struct known {
	const char *payload, *iterations, *counters, *option;
};

static json_t *top_around(struct lab_test *t, const struct known *k)
{
	struct lab_exec ex = {
		.name = "top",
		.timeout_s = 180,
		.argv = { "kvmpmu", "top", "--batch", "-d", "1h", "--format", "json" },
	};
	size_t n = 7;
	int r;

	if (k->option)
		ex.argv[n++] = k->option;
	ex.argv[n++] = "--";
	ex.argv[n++] = "kvmpmu";
	ex.argv[n++] = "bench";
	ex.argv[n++] = "--raw";
	ex.argv[n++] = k->payload;
	ex.argv[n++] = "--iterations";
	ex.argv[n++] = k->iterations;
	if (k->counters) {
		ex.argv[n++] = "--counters";
		ex.argv[n++] = k->counters;
	}
	r = lab_exec(&ex);
	return lab_check(t, !r, "kvmpmu top around the guest: status %d", r)
		       ? lab_json_load(t, "top")
		       : NULL;
}

/* Are exits added up by BPF programs, as this machine lets them? */
static void bpf_check(struct lab_test *t, json_t *root, bool wanted)
{
	json_t *note = lab_json_get(root, "findings.about=BPF");
	const char *severity = json_string_value(json_object_get(note, "severity"));

	if (wanted && severity && !strcmp(severity, "missing"))
		lab_check(t, false, "BPF: %s", json_string_value(json_object_get(note, "note")));
}

static void around_check(struct lab_test *t, const struct known *k, const struct lab_expect *expect)
{
	json_t *root = top_around(t, k);

	if (!root)
		return;
	lab_expect_check(t, root, expect);
	bpf_check(t, root, !k->option);
	json_decref(root);
}

/* Every exit pays a load and a put, but for those that the fast path handles: CPUID is none. */
static void switches_check(struct lab_test *t, double cpuids)
{
	json_t *root = top_around(t, &(struct known){ "cpuid", "500", NULL, NULL });
	double wall, exits, switches;

	if (!root)
		return;
	lab_expect_check(t, root,
			 (struct lab_expect[]){
				 { "exits.reason=cpuid.count", cpuids, cpuids },
				 { "vcpus.0.vcpu", 0, 0 },
				 { "vcpus.0.switch_mean_ns", 1, 1e9 },
				 { "vcpus.0.switch_p99_ns", 1, 1e9 },
				 { "vcpus.0.pmu_tax_pct", 0.0001, 100 },
				 { "host_blind_pct", 0.0001, 100 },
				 { 0 },
			 });
	bpf_check(t, root, true);
	if (lab_json_number(t, root, "wall_ns", &wall) &&
	    lab_json_number(t, root, "vcpus.0.exits_per_sec", &exits) &&
	    lab_json_number(t, root, "vcpus.0.switches_per_sec", &switches)) {
		exits *= wall / 1e9;
		switches *= wall / 1e9;
		lab_check(t, switches >= cpuids - 0.5 && switches <= exits + 0.5,
			  "%.1f switches, %.1f exits", switches, exits);
		lab_note(t, "%.0f exits, %.0f switches, summed up by BPF programs", exits,
			 switches);
	}
	string_check(t, root, "vcpus.0.vpmu_mode", "mediated");
	json_decref(root);
}

void lab_top_sums_mediated(struct lab_test *t)
{
	switches_check(t, 500);
	around_check(t, &(struct known){ "cpuid", "500", NULL, "--no-bpf" },
		     (struct lab_expect[]){ { "exits.reason=cpuid.count", 500, 500 }, { 0 } });
	/* as many PMIs as the guest takes: common.c */
	around_check(t, &(struct known){ "pmi", "20", NULL, NULL },
		     (struct lab_expect[]){ { "pmis.0.requested", 20, 20 },
					    { "pmis.0.delivered_probe", 20, 20 },
					    { 0 } });
}

/* ---- a CPU goes and comes back ---- */

static bool online(struct lab_test *t, const char *yes)
{
	return lab_check(t, !lab_file_write("/sys/devices/system/cpu/cpu1/online", yes),
			 "CPU 1 cannot be set %s", atoi(yes) ? "online" : "offline");
}

static void hotplug_check(struct lab_test *t, const char *option)
{
	struct lab_exec ex = {
		.name = "top",
		.argv = { "kvmpmu", "top", "--batch", "-d", "1h", "--format", "json", option },
	};
	size_t n = option ? 8 : 7;
	json_t *root;
	int pid, r;

	ex.argv[n++] = "--";
	ex.argv[n++] = "kvmpmu";
	ex.argv[n++] = "bench";
	ex.argv[n++] = "--raw";
	ex.argv[n++] = "cpuid";
	ex.argv[n++] = "--duration";
	ex.argv[n++] = "25";
	pid = lab_exec_start(&ex);
	if (!lab_check(t, pid > 0, "top does not start: %d", pid))
		return;
	/*
	 * The guest begins when events are open, which here takes ten seconds with BPF programs. If
	 * it runs there it moves; what comes meanwhile is counted on the other CPU.
	 */
	sleep(18);
	if (online(t, "0"))
		sleep(4);
	online(t, "1");
	r = lab_exec_wait(pid, 120);
	if (!lab_check(t, !r, "kvmpmu top %s: status %d", option ? option : "", r))
		return;
	root = lab_json_load(t, "top");
	lab_expect_check(t, root,
			 (struct lab_expect[]){ { "exits.reason=cpuid.count", 100, 1e9 },
						{ "cpus.0.wall_idle_pct", 0, 100 },
						{ "cpus.1.wall_idle_pct", 0, 100 },
						{ 0 } });
	json_decref(root);
}

/* While it is away, top says that what events tell of it will be missing. */
static void hotplug_note_check(struct lab_test *t)
{
	const struct lab_exec ex = {
		.name = "top",
		.argv = { "kvmpmu", "top", "--batch", "-n", "1", "-d", "8s", "--no-bpf", "--format",
			  "json" },
	};
	int pid = lab_exec_start(&ex);
	json_t *root;

	if (!lab_check(t, pid > 0, "top does not start: %d", pid))
		return;
	sleep(4);
	if (online(t, "0"))
		lab_exec_wait(pid, 120);
	online(t, "1");
	root = lab_json_load(t, "top");
	string_check(t, root, "findings.about=CPU hotplug.severity", "warning");
	json_decref(root);
}

/*
 * A CPU goes while BPF programs are loaded, which here takes ten seconds: after top has looked at
 * the CPUs, before it opens events. Those of the other CPU open.
 */
static void hotplug_open_check(struct lab_test *t, unsigned int after_ms)
{
	const struct lab_exec ex = {
		.name = "top",
		.argv = { "kvmpmu", "top", "--batch", "-n", "1", "-d", "2s", "--format", "json" },
	};
	int pid = lab_exec_start(&ex);
	char *text;

	if (!lab_check(t, pid > 0, "top does not start: %d", pid))
		return;
	usleep(after_ms * 1000);
	if (online(t, "0"))
		lab_exec_wait(pid, 120);
	online(t, "1");
	text = lab_exec_stdout("top");
	lab_check(t, text && strstr(text, "findings"), "top printed no frame");
	lab_check(t, text && !strstr(text, "is offline"),
		  "a CPU that is offline keeps the events of the others from opening");
	free(text);
}

void lab_top_hotplug(struct lab_test *t)
{
	unsigned int ms;

	if (!lab_file_exists("/sys/devices/system/cpu/cpu1/online")) {
		lab_skip(t, "this kernel takes no CPU offline");
		return;
	}
	hotplug_check(t, NULL);
	hotplug_check(t, "--no-bpf");
	hotplug_note_check(t);
	/* somewhere between the look at the CPUs and the opening */
	for (ms = 500; ms <= 3000; ms += 500)
		hotplug_open_check(t, ms);
}

void lab_top_arm64(struct lab_test *t)
{
	static const char *const options[] = { NULL, "--no-bpf" };
	size_t i;

	for (i = 0; i < 2; i++)
		around_check(t, &(struct known){ "hypercall", "50", NULL, options[i] },
			     (struct lab_expect[]){ { "exits.reason=HVC64.count", 50, 50 },
						    { "vcpus.0.vcpu", 0, 0 },
						    { 0 } });
}

/* From the host's interrupt on, which is an event whoever counts exits; the rest is the rings'. */
void lab_top_pmis_arm64(struct lab_test *t)
{
	static const struct lab_expect rings[] = { { "pmis.0.entered", 20, 20 }, { 0 } };
	static const char *const options[] = { NULL, "--no-bpf" };
	json_t *root;
	size_t i;

	lab_top_arm64(t);
	for (i = 0; i < 2; i++) {
		root = top_around(t, &(struct known){ "pmi", "20", NULL, options[i] });
		if (!root)
			return;
		lab_expect_check(t, root,
				 (struct lab_expect[]){ { "pmis.0.raised", 20, 20 },
							{ "pmis.0.delivered_vector", 20, 20 },
							{ "pmis.0.injected", 20, 20 },
							{ "pmis.0.to_delivery_mean_ns", 1, 1e9 },
							{ "pmis_per_sec", 0.0001, 1e9 },
							{ 0 } });
		bpf_check(t, root, !options[i]);
		if (options[i])
			lab_expect_check(t, root, rings);
		json_decref(root);
	}
}

/* How many of KVM's events for the guest are on counters of the CPU, which have names. */
static size_t host_counters(json_t *root)
{
	json_t *rows = json_object_get(root, "host_events"), *row;
	const char *holder, *counter, *state;
	size_t i, nr = 0;

	json_array_foreach (rows, i, row) {
		holder = json_string_value(json_object_get(row, "holder"));
		counter = json_string_value(json_object_get(row, "counter_name"));
		state = json_string_value(json_object_get(row, "event_state"));
		if (holder && !strcmp(holder, "KVM, for a guest") && state &&
		    !strcmp(state, "active"))
			nr += counter && (!strncmp(counter, "PMC", 3) || !strcmp(counter, "CCNT"));
	}
	return nr;
}

#define LOOKS 6

/*
 * The events are the vCPU thread's: while top, looking, has the thread's CPU, they are on no
 * counter. One look of several finds it running. The JSON of the last.
 */
static json_t *look_at_hybrid(struct lab_test *t)
{
	json_t *root = NULL;
	int i, r;

	for (i = 0; i < LOOKS; i++) {
		json_decref(root);
		r = lab_exec(&(struct lab_exec){
			.name = "top",
			.timeout_s = 120,
			.argv = { "kvmpmu", "top", "--batch", "-n", "1", "-d", i ? "1s" : "5s",
				  "--format", "json" },
		});
		if (!lab_check(t, !r, "kvmpmu top: status %d", r))
			return NULL;
		root = lab_json_load(t, "top");
		if (!root || host_counters(root))
			return root;
	}
	lab_check(t, false,
		  "no active event of KVM's has a counter in %d looks, %zu events in the last",
		  LOOKS, json_array_size(json_object_get(root, "host_events")));
	return root;
}

/* Which PMU backs a vCPU is the one of the CPU that made it (kvm_arm_set_default_pmu()). */
void lab_top_hybrid(struct lab_test *t)
{
	struct lab_exec guest = {
		.name = "top.guest",
		.argv = { "kvmpmu", "bench", "--raw", "spin", "--duration", "10m", "--cpu-list",
			  "2", "--counters", "2" },
	};
	json_t *root;
	int pid;

	lab_top_arm64(t);
	pid = lab_exec_start(&guest);
	if (!lab_check(t, pid > 0, "the guest does not start: %d", pid))
		return;
	root = look_at_hybrid(t);
	kill(pid, SIGTERM);
	lab_exec_wait(pid, 60);
	if (!root)
		return;
	string_check(t, root, "vcpus.0.vpmu_mode", "emulated");
	string_check(t, root, "vcpus.0.backing_pmu", "armv8_cortex_a72");
	string_check(t, root, "counters.0.held_by", "host");
	lab_expect_check(t, root, (struct lab_expect[]){ { "vcpus.0.ipc", 0.01, 100 }, { 0 } });
	json_decref(root);
}
