// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmpmu ps beside guests and events that are known: what a guest programmed, whose events are
 * open and who stands in whose way, seen by BPF; and without BPF, where what cannot be seen has to
 * be said to be unknown. Runs programs in the emulated machine only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cases.h"

#define WATCHDOG "/proc/sys/kernel/nmi_watchdog"
#define TRIES	 100 /* of 50 ms and the time that ps takes */

/* One row of a table; text and number members that must be so. */
struct want {
	const char *key;
	const char *text;	/* NULL: number */
	double number;
};

#define UNKNOWN "(null)" /* as struct want.text: the member is null */

/* ---- programs ---- */

static int start_guest(struct lab_test *t, const char *payload, const char *a, const char *b)
{
	int pid = lab_exec_start(&(struct lab_exec){
		.name = "ps.guest",
		.argv = { "kvmpmu", "bench", "--raw", payload, "--duration", "10m", "--cpu-list",
			  "1", "--counters", "2", a, b } });

	lab_check(t, pid > 0, "the guest does not start: %d", pid);
	return pid;
}

static int hold(struct lab_test *t, const char *what)
{
	int pid = lab_exec_start(&(struct lab_exec){ .name = "ps.holder",
						     .argv = { "/init", "hold", what } });

	for (int i = 0; i < TRIES; i++) {
		char *text = lab_exec_stdout("ps.holder");
		bool held = text && strstr(text, "held");

		free(text);
		if (held)
			return pid;
		usleep(50 * 1000);
	}
	lab_check(t, false, "no event can be held");
	return pid;
}

static json_t *look(struct lab_test *t, const char *name, const char *option)
{
	int r = lab_exec(&(struct lab_exec){
		.name = name, .argv = { "kvmpmu", "ps", "--all", "--format", "json", option } });

	lab_check(t, !r, "%s: status %d", name, r);
	return lab_json_load(t, name);
}

/* ---- rows ---- */

static bool is_so(json_t *row, const struct want *w)
{
	json_t *v = json_object_get(row, w->key);

	if (!w->text)
		return json_is_number(v) && json_number_value(v) == w->number;
	if (!strcmp(w->text, UNKNOWN))
		return json_is_null(v);
	if (json_is_boolean(v))
		return !strcmp(w->text, json_is_true(v) ? "true" : "false");
	return json_is_string(v) && !strcmp(json_string_value(v), w->text);
}

static size_t count_rows(json_t *root, const char *table, const struct want *want)
{
	size_t i, n = 0;
	json_t *row;

	json_array_foreach (json_object_get(root, table), i, row) {
		const struct want *w = want;

		while (w->key && is_so(row, w))
			w++;
		n += !w->key;
	}
	return n;
}

/* As many rows of @table as @nr have all that is wanted. */
static void rows_check(struct lab_test *t, json_t *root, const char *table, size_t nr,
		       const struct want *want)
{
	size_t n = count_rows(root, table, want);
	char text[256] = "";
	size_t len = 0;

	for (const struct want *w = want; w->key && len < sizeof(text); w++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, " %s=%s", w->key,
					w->text ? w->text : "a number");
	if (!lab_check(t, n == nr, "%s: %zu rows instead of %zu with%s", table, n, nr, text)) {
		char *all = json_dumps(json_object_get(root, table), JSON_COMPACT);

		lab_note(t, "%s: %.900s", table, all ? all : "none");
		free(all);
	}
}

#define ROWS(table, nr, ...) \
	rows_check(t, root, table, nr, (const struct want[]){ __VA_ARGS__, { 0 } })

static void member_check(struct lab_test *t, json_t *root, const char *key, const char *want)
{
	lab_check(t, is_so(root, &(struct want){ key, want }), "%s is not %s", key, want);
}

/* Look until a row of @table is as wanted: what a vCPU does changes from moment to moment. */
static json_t *look_until(struct lab_test *t, const char *table, const struct want *want)
{
	for (int i = 0; i < TRIES; i++) {
		json_t *root = look(t, "ps.until", NULL);

		if (count_rows(root, table, want))
			return root;
		json_decref(root);
		usleep(50 * 1000);
	}
	lab_check(t, false, "no row of %s came to have %s=%s", table, want->key,
		  want->text ? want->text : "that number");
	return NULL;
}

/* Both counters have been started. */
static const struct want counting[] = { { "in_use", .number = 2 }, { 0 } };

/* Nothing that only BPF sees may look as if it had been seen. */
static void unknown_check(struct lab_test *t, int vm, int holder)
{
	json_t *root = look(t, "ps.proc", "--no-bpf");

	member_check(t, root, "source", "/proc");
	member_check(t, root, "complete", "false");
	ROWS("vms", 1, { "vm", .number = vm }, { "vm_name", "kvmpmu" }, { "vpmu_mode", UNKNOWN },
	     { "event_filter", UNKNOWN });
	ROWS("vcpus", 1, { "vm", .number = vm }, { "vcpu", .number = 0 }, { "vpmu_mode", UNKNOWN },
	     { "guest_counters", UNKNOWN }, { "in_use", UNKNOWN }, { "loaded", UNKNOWN },
	     { "backing_pmu", UNKNOWN }, { "affinity", "1" });
	lab_check(t, !json_array_size(json_object_get(root, "counters")),
		  "counters of a guest without BPF");
	ROWS("events", 0, { "owner_kind", "kvm" });
	ROWS("events", 1, { "pid", .number = holder }, { "owner", "init" }, { "filters", UNKNOWN },
	     { "exclude_guest", UNKNOWN }, { "event_state", UNKNOWN }, { "counts_on", UNKNOWN },
	     { "pinned", UNKNOWN });
	json_decref(root);
}

/* ---- amd-mediated ---- */

/* Two counters that run all the time: instructions and branches, as src/guest programs them. */
static void amd_counters_check(struct lab_test *t, json_t *root, int vm)
{
	ROWS("counters", 2, { "vm", .number = vm }, { "vcpu", .number = 0 }, { "filters", "uk" },
	     { "counting", "true" });
	ROWS("counters", 1, { "counter_name", "PMC0" }, { "event", "RETIRED_INSTRUCTIONS" },
	     { "selector", "0x4300c0" });
	ROWS("counters", 1, { "counter_name", "PMC1" }, { "event", "RETIRED_BRANCH_INSTRUCTIONS" },
	     { "selector", "0x4300c2" });
	ROWS("vcpus", 1, { "vm", .number = vm }, { "guest_counters", "6+0" },
	     { "general_counters", .number = 6 }, { "fixed_counters", .number = 0 },
	     { "in_use", .number = 2 }, { "affinity", "1" }, { "cpu", .number = 1 });
}

/* Guest-only is what the hardware gets besides (amd_pmu_set_eventsel_hw() in svm/pmu.c). */
#define HW_INSTRUCTIONS "0x100004300c0"
#define HW_DENIED	"0x100000300c2"

void lab_ps_mediated(struct lab_test *t)
{
	int vm = start_guest(t, "spin", NULL, NULL), holder;
	json_t *root = look_until(t, "vcpus", (const struct want[]){
		{ "loaded", "true" }, { "in_use", .number = 2 }, { 0 } });

	member_check(t, root, "source", "BPF");
	member_check(t, root, "complete", "true");
	lab_expect_check(t, root, (struct lab_expect[]){ { "mediated_vms", 1, 1 },
							{ "include_guest_events", 0, 0 },
							{ "blocking_events", 0, 0 },
							{ "vms.0.exits", 1, 1e15 },
							{ 0 } });
	ROWS("vms", 1, { "vm", .number = vm }, { "vpmu_mode", "mediated" },
	     { "event_filter", "false" }, { "vcpus", .number = 1 });
	ROWS("vcpus", 1, { "vpmu_mode", "mediated" });
	amd_counters_check(t, root, vm);
	ROWS("counters", 1, { "selector_hw", HW_INSTRUCTIONS }, { "denied", "false" });
	ROWS("events", 0, { "owner_kind", "kvm" });
	json_decref(root);

	/* an event beside it: it stops while the guest's context is loaded, and blocks no VM */
	holder = hold(t, "H");
	root = look(t, "ps.stops", NULL);
	ROWS("events", 1, { "pid", .number = holder }, { "owner", "init" }, { "pmu_name", "cpu" },
	     { "event", "instructions" }, { "exclude_guest", "true" }, { "exclude_host", "false" },
	     { "cpu", .number = 0 }, { "task", UNKNOWN }, { "pinned", "false" },
	     { "with_mediated", "stops" });
	json_decref(root);
	unknown_check(t, vm, holder);
	lab_exec_end(vm);

	/* the same without a VM, and one that keeps VMs from starting */
	root = look(t, "ps.alone", NULL);
	ROWS("events", 1, { "pid", .number = holder }, { "event_state", "active" },
	     { "with_mediated", "no" });
	json_decref(root);
	lab_exec_end(holder);
	holder = hold(t, "D");
	root = look(t, "ps.blocks", "--blocking");
	ROWS("events", 1, { "pid", .number = holder }, { "exclude_guest", "false" },
	     { "pinned", "true" }, { "with_mediated", "blocks" });
	lab_expect_check(t, root, (struct lab_expect[]){ { "include_guest_events", 1, 1 },
							{ "blocking_events", 1, 1 },
							{ "mediated_vms", 0, 0 },
							{ 0 } });
	json_decref(root);
	lab_exec_end(holder);
}

/* The filter takes ENABLE from what is loaded; what the guest reads stays. */
void lab_ps_denied(struct lab_test *t)
{
	int vm = start_guest(t, "spin", "--deny", "0xc2");
	json_t *root = look_until(t, "vcpus", counting);

	ROWS("vms", 1, { "vm", .number = vm }, { "event_filter", "true" });
	ROWS("counters", 1, { "counter_name", "PMC0" }, { "denied", "false" });
	ROWS("counters", 1, { "counter_name", "PMC1" }, { "denied", "true" },
	     { "selector", "0x4300c2" }, { "selector_hw", HW_DENIED });
	json_decref(root);
	lab_exec_end(vm);
}

/* A vCPU that sleeps has put its context; one that runs has it loaded. */
void lab_ps_loaded(struct lab_test *t)
{
	int vm = start_guest(t, "hlt", "--wake", "500ms");
	json_t *root = look_until(t, "vcpus", (const struct want[]){
		{ "vm", .number = vm }, { "loaded", "false" }, { "in_use", .number = 2 }, { 0 } });

	json_decref(root);
	lab_exec_end(vm);
}

void lab_ps_watchdog(struct lab_test *t)
{
	json_t *root;

	if (lab_file_write(WATCHDOG, "1\n")) {
		lab_skip(t, "no NMI watchdog in this kernel");
		return;
	}
	root = look(t, "ps.watchdog", NULL);
	ROWS("events", 2, { "owner_kind", "watchdog" }, { "owner", "NMI watchdog" },
	     { "pid", UNKNOWN }, { "pmu_name", "cpu" }, { "event", "cycles" },
	     { "exclude_guest", "false" }, { "pinned", "true" }, { "event_state", "active" },
	     { "with_mediated", "blocks" });
	ROWS("events", 1, { "owner_kind", "watchdog" }, { "cpu", .number = 1 });
	json_decref(root);
	/* without BPF it is there, and nothing else of it is known */
	root = look(t, "ps.watchdog.proc", "--no-bpf");
	ROWS("events", 1, { "owner_kind", "watchdog" }, { "event", UNKNOWN }, { "cpu", UNKNOWN },
	     { "with_mediated", UNKNOWN });
	json_decref(root);
	lab_file_write(WATCHDOG, "0\n");
	root = look(t, "ps.no.watchdog", NULL);
	ROWS("events", 0, { "owner_kind", "watchdog" });
	json_decref(root);
}

/* ---- the emulated vPMU: each of the guest's counters is an event of the host ---- */

static void kvm_events_check(struct lab_test *t, json_t *root, int vm, size_t nr, const char *pmu)
{
	ROWS("events", nr, { "owner_kind", "kvm" }, { "pid", .number = vm },
	     { "owner", "KVM for kvmpmu" }, { "pmu_name", pmu }, { "fd", UNKNOWN },
	     { "exclude_host", "true" }, { "exclude_guest", "false" }, { "pinned", "true" },
	     { "with_mediated", "no" });
}

void lab_ps_emulated(struct lab_test *t)
{
	int vm = start_guest(t, "spin", NULL, NULL), holder;
	json_t *root = look_until(t, "vcpus", counting);

	member_check(t, root, "source", "BPF");
	ROWS("vms", 1, { "vm", .number = vm }, { "vpmu_mode", "emulated" });
	ROWS("vcpus", 1, { "vpmu_mode", "emulated" });
	amd_counters_check(t, root, vm);
	ROWS("counters", 2, { "denied", UNKNOWN });
	kvm_events_check(t, root, vm, 2, "cpu");
	json_decref(root);
	holder = hold(t, "-");
	root = look(t, "ps.beside", NULL);
	ROWS("events", 1, { "pid", .number = holder }, { "event", "instructions" },
	     { "exclude_guest", "false" }, { "with_mediated", "no" });
	json_decref(root);
	unknown_check(t, vm, holder);
	lab_exec_end(holder);
	lab_exec_end(vm);
}

/* ---- arm64: KVM's events are those of the PMU that backs the vCPU ---- */

static void arm64_check(struct lab_test *t, const char *cpu, const char *pmu)
{
	int vm = lab_exec_start(&(struct lab_exec){
		.name = "ps.guest",
		.argv = { "kvmpmu", "bench", "--raw", "spin", "--duration", "10m", "--cpu-list",
			  cpu, "--counters", "2" } });
	json_t *root = look_until(t, "vcpus", counting);

	member_check(t, root, "source", "BPF");
	ROWS("vms", 1, { "vm", .number = vm }, { "vpmu_mode", "emulated" },
	     { "event_filter", "false" });
	ROWS("vcpus", 1, { "vm", .number = vm }, { "affinity", cpu }, { "backing_pmu", pmu },
	     { "cpu", .number = atoi(cpu) }, { "loaded", UNKNOWN },
	     { "fixed_counters", .number = 1 });
	ROWS("counters", 1, { "vm", .number = vm }, { "event", "INST_RETIRED" },
	     { "counting", "true" });
	kvm_events_check(t, root, vm, 2, pmu);
	json_decref(root);
	lab_exec_end(vm);
}

void lab_ps_arm64(struct lab_test *t)
{
	arm64_check(t, "1", "armv8_pmuv3");
}

void lab_ps_hybrid(struct lab_test *t)
{
	json_t *root;
	int holder;

	arm64_check(t, "1", "armv8_cortex_a53");
	arm64_check(t, "2", "armv8_cortex_a72");
	holder = hold(t, "H");
	root = look(t, "ps.hybrid.event", NULL);
	ROWS("events", 1, { "pid", .number = holder }, { "pmu_name", "armv8_cortex_a53" },
	     { "event", "instructions" }, { "cpu", .number = 0 }, { "with_mediated", "no" });
	json_decref(root);
	lab_exec_end(holder);
}
