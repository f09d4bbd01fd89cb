// SPDX-License-Identifier: GPL-2.0-only
/*
 * The micro-guest in the emulated machines, through `kvmpmu bench --raw`: every payload does what
 * it was told, to the last exit and interrupt, and failures are explained. Counted instructions
 * are checked in common.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

#define WATCHDOG "/proc/sys/kernel/nmi_watchdog"

/* What @nr iterations of a payload on one vCPU have to show. */
struct expect {
	const char *payload;
	const char *exit; /* reason of one exit an iteration to user space, or NULL */
	bool kvm_exits; /* at least one exit an iteration to KVM */
	bool irqs; /* one interrupt an iteration */
};

static const struct expect payloads_x86[] = {
	{ "io", "IO", true, false },	    { "mmio", "MMIO", true, false },
	{ "msr", NULL, true, false },	    { "cpuid", NULL, true, false },
	{ "hypercall", NULL, true, false }, { "hlt", NULL, true, true },
	{ "pmu", NULL, true, false },	    { "pmi", NULL, true, true },
	{ "spin", NULL, false, false },	    { 0 },
};

/* The same but io, which arm64 has not. */
static const struct expect *const payloads_arm64 = payloads_x86 + 1;

static void vcpu_check(struct lab_test *t, json_t *vcpu, const struct expect *e, double nr)
{
	double iterations, exits, kvm_exits, irqs;

	if (!lab_json_number(t, vcpu, "iterations", &iterations) ||
	    !lab_json_number(t, vcpu, "user_exits", &exits) ||
	    !lab_json_number(t, vcpu, "kvm_exits", &kvm_exits) ||
	    !lab_json_number(t, vcpu, "irqs", &irqs))
		return;
	lab_check(t, iterations == nr, "%s: %.0f iterations", e->payload, iterations);
	lab_check(t, exits == (e->exit ? nr : 0), "%s: %.0f exits to user", e->payload, exits);
	lab_check(t, kvm_exits > (e->kvm_exits ? nr : 0), "%s: %.0f exits to KVM", e->payload,
		  kvm_exits);
	lab_check(t, irqs == (e->irqs ? nr : 0), "%s: %.0f interrupts", e->payload, irqs);
}

static void exits_check(struct lab_test *t, json_t *exits, const struct expect *e, double nr)
{
	size_t i, rows = json_array_size(exits);

	lab_check(t, rows == (e->exit ? 2 : 0), "%s: %zu rows of exits", e->payload, rows);
	for (i = 0; i < rows && e->exit; i++) {
		json_t *row = json_array_get(exits, i);
		const char *reason = json_string_value(json_object_get(row, "reason"));
		double count = json_number_value(json_object_get(row, "count"));

		lab_check(t, reason && !strcmp(reason, e->exit) && count == nr,
			  "%s: %.0f exits of reason %s", e->payload, count, reason ? reason : "-");
	}
}

static void payload_check(struct lab_test *t, const struct expect *e, const char *nr)
{
	char name[64];
	json_t *root;
	size_t i;
	int r;

	snprintf(name, sizeof(name), "payload.%s", e->payload);
	r = lab_exec(&(struct lab_exec){
		.name = name,
		.argv = { "kvmpmu", "bench", "--raw", e->payload, "--vcpus", "2", "--iterations",
			  nr, "--format", "json" },
	});
	if (!lab_check(t, !r, "kvmpmu bench --raw %s: status %d", e->payload, r))
		return;
	root = lab_json_load(t, name);
	lab_check(t, json_array_size(json_object_get(root, "vcpus")) == 2, "not two vCPUs");
	for (i = 0; i < json_array_size(json_object_get(root, "vcpus")); i++)
		vcpu_check(t, json_array_get(json_object_get(root, "vcpus"), i), e, atof(nr));
	exits_check(t, json_object_get(root, "exits"), e, atof(nr));
	json_decref(root);
}

static void payloads_check(struct lab_test *t, const struct expect *e)
{
	for (; e->payload; e++)
		payload_check(t, e, "40");
}

void lab_payloads_x86(struct lab_test *t)
{
	payloads_check(t, payloads_x86);
}

void lab_payloads_arm64(struct lab_test *t)
{
	payloads_check(t, payloads_arm64);
}

static void refused(struct lab_test *t, const char *name, int status, const char *words)
{
	char *text = lab_exec_stderr(name);

	lab_check(t, status == 1, "%s: status %d", name, status);
	lab_check(t, text && strstr(text, words), "%s: no '%s' in: %s", name, words,
		  text ? text : "-");
	free(text);
}

void lab_pmi_nmi(struct lab_test *t)
{
	json_t *root;
	double irqs, lost;
	int r;

	r = lab_exec(&(struct lab_exec){
		.name = "pmi.nmi",
		.argv = { "kvmpmu", "bench", "--raw", "pmi", "--nmi", "--period", "2000",
			  "--iterations", "40", "--format", "json" },
	});
	lab_check(t, !r, "kvmpmu bench --raw pmi --nmi: status %d", r);
	root = lab_json_load(t, "pmi.nmi");
	if (lab_json_number(t, root, "vcpus.0.irqs", &irqs) &&
	    lab_json_number(t, root, "vcpus.0.pmis_lost", &lost))
		lab_check(t, irqs == 40 && !lost, "%.0f NMIs, %.0f lost", irqs, lost);
	json_decref(root);
}

/* kernel/events/core.c, perf_create_mediated_pmu(): the watchdog's event counts guests, too. */
void lab_mediated_busy(struct lab_test *t)
{
	int r;

	if (lab_file_write(WATCHDOG, "1\n")) {
		lab_skip(t, "no NMI watchdog in this kernel");
		return;
	}
	r = lab_exec(&(struct lab_exec){
		.name = "mediated.busy",
		.argv = { "kvmpmu", "bench", "--raw", "pmu", "--iterations", "1" },
	});
	refused(t, "mediated.busy", r, "nmi_watchdog=0");
	r = lab_exec(&(struct lab_exec){
		.name = "mediated.off",
		.argv = { "kvmpmu", "bench", "--raw", "cpuid", "--iterations", "1", "--pmu",
			  "off" },
	});
	lab_check(t, !r, "a guest without PMU: status %d", r);
	lab_file_write(WATCHDOG, "0\n");
}

/* What a guest with an event filter counts with counter 0 (instructions) and 1 (branches). */
static void filtered(struct lab_test *t, const char *option, const char *event, bool allowed)
{
	double instructions, branches;
	char name[32];
	json_t *root;
	int r;

	snprintf(name, sizeof(name), "filter%s", option);
	r = lab_exec(&(struct lab_exec){
		.name = name,
		.argv = { "kvmpmu", "bench", "--raw", "pmu", "--iterations", "10", "--counters",
			  "2", option, event, "--format", "json" },
	});
	lab_check(t, !r, "kvmpmu bench %s %s: status %d", option, event, r);
	root = lab_json_load(t, name);
	if (lab_json_number(t, root, "counters.0.read_max", &instructions) &&
	    lab_json_number(t, root, "counters.1.read_max", &branches)) {
		lab_check(t, allowed == (instructions > 2000), "%.0f instructions", instructions);
		lab_check(t, allowed == !branches, "%.0f branches", branches);
	}
	json_decref(root);
}

void lab_filter_x86(struct lab_test *t)
{
	filtered(t, "--allow", "0xc0", true);
	filtered(t, "--deny", "0xc0", false);
}

/* A vCPU with the other CPUs' PMU does not get into the guest (arch/arm64/kvm/arm.c). */
void lab_wrong_pmu(struct lab_test *t)
{
	char *type = lab_file_read("/sys/bus/event_source/devices/armv8_cortex_a72/type");
	int r;

	if (!lab_check(t, type, "no PMU armv8_cortex_a72"))
		return;
	type[strcspn(type, "\n")] = '\0';
	r = lab_exec(&(struct lab_exec){
		.name = "wrong.pmu",
		.argv = { "kvmpmu", "bench", "--raw", "pmu", "--iterations", "1", "--cpu-list", "0",
			  "--pmu-type", type },
	});
	refused(t, "wrong.pmu", r, "KVM_EXIT_FAIL_ENTRY on CPU 0");
	refused(t, "wrong.pmu", r, "PMU does not cover");
	r = lab_exec(&(struct lab_exec){
		.name = "right.pmu",
		.argv = { "kvmpmu", "bench", "--raw", "pmu", "--iterations", "1", "--cpu-list", "3",
			  "--pmu-type", type },
	});
	lab_check(t, !r, "on a CPU of this PMU: status %d", r);
	free(type);
}
