// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmpmu doctor on hosts where something is really wrong: who stands in whose way is named by
 * process. Runs programs in the emulated machine only.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cases.h"

#define WATCHDOG     "/proc/sys/kernel/nmi_watchdog"
#define START_TRIES  200 /* of 50 ms */
#define EXIT_PROBLEM 20
#define EXIT_WARNING 10
#define CALM	     -1 /* no problem; warnings there may be */

/* ---- programs in the background ---- */

/* Wait until what runs under @name has written @words to standard output. */
static bool wait_words(struct lab_test *t, const char *name, const char *words)
{
	for (int i = 0; i < START_TRIES; i++) {
		char *text = lab_exec_stdout(name);
		bool there = text && strstr(text, words);

		free(text);
		if (there)
			return true;
		usleep(50 * 1000);
	}
	return lab_check(t, false, "%s did not say \"%s\"", name, words);
}

static int hold(struct lab_test *t, const char *a, const char *b)
{
	int pid = lab_exec_start(
		&(struct lab_exec){ .name = "holder", .argv = { "/init", "hold", a, b } });

	lab_check(t, pid > 0, "the holder of events does not start");
	wait_words(t, "holder", "held");
	return pid;
}

/* ---- the doctor's answer ---- */

static const char *text_of(json_t *row, const char *key)
{
	const char *s = json_string_value(json_object_get(row, key));

	return s ? s : "";
}

/* A piece of evidence of a finding: about @pid (0: any), with @words in it. */
static bool has_evidence(json_t *root, const char *id, int pid, const char *words)
{
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(root, "evidence"), i, row) {
		if (strcmp(text_of(row, "finding"), id) || !strstr(text_of(row, "evidence"), words))
			continue;
		if (!pid || json_integer_value(json_object_get(row, "pid")) == pid)
			return true;
	}
	return false;
}

static void evidence_check(struct lab_test *t, json_t *root, const char *id, int pid,
			   const char *words)
{
	lab_check(t, has_evidence(root, id, pid, words), "no %s of pid %d with '%s'", id, pid,
		  words);
}

static void lacks_check(struct lab_test *t, json_t *root, const char *id)
{
	lab_check(t, !has_evidence(root, id, 0, ""), "%s, and should not", id);
}

/* What is in the kernel's log, other tests may have caused; it stays till the machine ends. */
static bool is_of_log(json_t *finding)
{
	return !strncmp(text_of(finding, "finding"), "log-", 4);
}

/* The exit status that the findings call for; @log: those of the kernel's log among them */
static int status_of(json_t *root, bool log)
{
	const char *severity;
	int status = 0, one;
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(root, "findings"), i, row) {
		severity = text_of(row, "severity");
		one = !strcmp(severity, "problem")   ? EXIT_PROBLEM
		      : !strcmp(severity, "warning") ? EXIT_WARNING
						     : 0;
		if (one > status && (log || !is_of_log(row)))
			status = one;
	}
	return status;
}

static void status_check(struct lab_test *t, const char *name, int status, json_t *root, int want)
{
	int all = status_of(root, true), got = status_of(root, false);

	lab_check(t, status == all, "%s: exit status %d, the findings say %d", name, status, all);
	lab_check(t, got == want || (want == CALM && got != EXIT_PROBLEM),
		  "%s: status %d without the kernel's log, not %d", name, got, want);
}

static json_t *doctor(struct lab_test *t, const char *name, int want)
{
	int r = lab_exec(&(struct lab_exec){ .name = name,
					     .argv = { "kvmpmu", "doctor", "--format", "json" } });
	json_t *root = lab_json_load(t, name);

	status_check(t, name, r, root, want);
	return root;
}

/* The doctor with a command; its report comes from a file, as standard output is the command's. */
static json_t *doctor_runs(struct lab_test *t, const char *name, int want,
			   const char *const *command)
{
	struct lab_exec ex = { .name = name,
			       .argv = { "kvmpmu", "doctor", "--format", "json", "-o" } };
	char path[128];
	json_t *root;
	int r, n = 5;

	snprintf(path, sizeof(path), LAB_OUT_DIR "/%s.json", name);
	ex.argv[n++] = path;
	ex.argv[n++] = "--";
	while (*command)
		ex.argv[n++] = *command++;
	r = lab_exec(&ex);
	root = json_load_file(path, 0, NULL);
	if (lab_check(t, root, "%s: no report", name))
		status_check(t, name, r, root, want);
	return root;
}

static const char *const spin[] = {
	"kvmpmu", "bench", "--raw", "spin", "--iterations", "10", NULL
};
static const char *const hold_one[] = { "/init", "hold", "-", NULL };
static const char *const hold_task[] = { "/init", "hold", "Gt", NULL };

/* ---- amd-mediated ---- */

static void words_check(struct lab_test *t, const char *name, const char *words)
{
	char *text = lab_exec_stderr(name);

	lab_check(t, text && strstr(text, words), "%s did not pass on '%s'", name, words);
	free(text);
}

/* A mediated VM: the doctor names it, and why an event does not open. */
void lab_doctor_vm(struct lab_test *t)
{
	json_t *root;
	int vm = lab_exec_start(&(struct lab_exec){
		.name = "doctor.vm",
		.argv = { "kvmpmu", "bench", "--raw", "spin", "--duration", "5m" } });

	root = NULL;
	for (int i = 0; i < START_TRIES; i++) {
		int r = lab_exec(
			&(struct lab_exec){ .name = "doctor.sees",
					    .argv = { "kvmpmu", "doctor", "--format", "json" } });

		root = r == EXIT_WARNING || r == EXIT_PROBLEM ? lab_json_load(t, "doctor.sees")
							      : NULL;
		if (root && has_evidence(root, "mediated-vms", vm, "is mediated"))
			break;
		json_decref(root);
		root = NULL;
		usleep(50 * 1000);
	}
	lab_check(t, root, "the VM of pid %d is not named", vm);
	json_decref(root);

	root = doctor_runs(t, "doctor.eopnotsupp", EXIT_PROBLEM, hold_one);
	evidence_check(t, root, "command-refused-beside-vm", vm, "is mediated");
	evidence_check(t, root, "command-refused-beside-vm", 0, "Operation not supported");
	words_check(t, "doctor.eopnotsupp", "hold: perf_event_open: Operation not supported");
	json_decref(root);
	/* guests alone, of one task, is no better */
	root = doctor_runs(t, "doctor.eopnotsupp.G", EXIT_PROBLEM, hold_task);
	evidence_check(t, root, "command-refused-beside-vm", vm, "is mediated");
	json_decref(root);
	/* other mediated VMs start as they like */
	root = doctor_runs(t, "doctor.second", CALM, spin);
	lacks_check(t, root, "command-failed");
	json_decref(root);
	lab_exec_end(vm);
	root = doctor_runs(t, "doctor.alone", CALM, spin);
	lacks_check(t, root, "command-failed");
	lacks_check(t, root, "mediated-vms");
	json_decref(root);
}

/* An event that counts guests: the doctor names its process, and why a VM does not start. */
void lab_doctor_event(struct lab_test *t)
{
	int holder = hold(t, "-", NULL);
	json_t *root = doctor(t, "doctor.event", EXIT_WARNING);

	evidence_check(t, root, "events-block-vms", holder, "counts guests too: instructions");
	lacks_check(t, root, "watchdog-blocks-vms");
	json_decref(root);
	root = doctor_runs(t, "doctor.ebusy", EXIT_PROBLEM, spin);
	evidence_check(t, root, "command-vm-refused", holder, "counts guests too: instructions");
	evidence_check(t, root, "command-vm-refused", 0, "Device or resource busy");
	words_check(t, "doctor.ebusy", "busy");
	json_decref(root);
	lab_exec_end(holder);
	/* the same without guests is in nobody's way */
	holder = hold(t, "H", NULL);
	root = doctor_runs(t, "doctor.H", CALM, spin);
	lacks_check(t, root, "events-block-vms");
	lacks_check(t, root, "command-vm-refused");
	json_decref(root);
	lab_exec_end(holder);
}

void lab_doctor_watchdog(struct lab_test *t)
{
	json_t *root;

	if (lab_file_write(WATCHDOG, "1\n")) {
		lab_skip(t, "no NMI watchdog in this kernel");
		return;
	}
	root = doctor(t, "doctor.watchdog", EXIT_WARNING);
	evidence_check(t, root, "watchdog-blocks-vms", 0, "holds an event on 2 CPUs");
	lacks_check(t, root, "events-block-vms");
	json_decref(root);
	root = doctor_runs(t, "doctor.watchdog.vm", EXIT_PROBLEM, spin);
	evidence_check(t, root, "command-vm-refused", 0, "the NMI watchdog counts guests too");
	json_decref(root);
	lab_file_write(WATCHDOG, "0\n");
	root = doctor(t, "doctor.no.watchdog", CALM);
	lacks_check(t, root, "watchdog-blocks-vms");
	/* KVM has said so meanwhile, or another test had it say so */
	evidence_check(t, root, "log-mediated-refused", 0, "Failed to enable mediated vPMU");
	json_decref(root);
}

void lab_doctor_counts_nothing(struct lab_test *t)
{
	int holder = hold(t, "GH", "H");
	json_t *root = doctor(t, "doctor.nothing", EXIT_PROBLEM);

	evidence_check(t, root, "event-counts-nothing", holder, "neither host nor guest");
	json_decref(root);
	lab_exec_end(holder);
}

/* AMD's PerfMonV2 here has six counters. */
void lab_doctor_starved(struct lab_test *t)
{
	int holder = hold(t, "HDx6", "H");
	json_t *root = doctor(t, "doctor.starved", EXIT_PROBLEM);

	evidence_check(t, root, "event-starved", holder, "behind 6 pinned");
	lacks_check(t, root, "event-in-error");
	json_decref(root);
	lab_exec_end(holder);
	holder = hold(t, "HDx7", NULL);
	root = doctor(t, "doctor.error", EXIT_PROBLEM);
	evidence_check(t, root, "event-in-error", holder, "found no counter");
	json_decref(root);
	lab_exec_end(holder);
	holder = hold(t, "HDx5", "H");
	root = doctor(t, "doctor.enough", CALM);
	lacks_check(t, root, "event-starved");
	json_decref(root);
	lab_exec_end(holder);
}

/* kvm_arch_vcpu_precreate() in arch/x86/kvm/x86.c: no irqchip in the kernel, no mediated PMU. */
void lab_doctor_irqchip(struct lab_test *t)
{
	json_t *root;

	root = doctor_runs(t, "doctor.irqchip", EXIT_WARNING,
			   (const char *const[]){ "kvmpmu", "bench", "--raw", "spin", "--duration",
						  "3s", "--irqchip", "off", NULL });
	evidence_check(t, root, "pmu-hidden-irqchip", 0, "no in-kernel irqchip");
	json_decref(root);
}

/* The words of the kernel's WARN, which stay in its log: after the other cases. */
void lab_doctor_warning(struct lab_test *t)
{
	json_t *root;
	int r;

	if (!lab_check(t,
		       !lab_file_write("/dev/kmsg",
				       "WARNING: a test at arch/x86/events/amd/core.c:1\n"),
		       "the kernel's log takes no line"))
		return;
	r = lab_exec(&(struct lab_exec){ .name = "doctor.warning",
					 .argv = { "kvmpmu", "doctor", "--format", "json" } });
	root = lab_json_load(t, "doctor.warning");
	lab_check(t, r == EXIT_PROBLEM, "exit status %d, not %d", r, EXIT_PROBLEM);
	evidence_check(t, root, "log-kernel-warning", 0, "a test at arch/x86/events");
	json_decref(root);
}

/* ---- arm64-hybrid ---- */

/* Pinned to nothing, a vCPU may run on all CPUs, which have two PMUs. */
void lab_doctor_affinity(struct lab_test *t)
{
	json_t *root = NULL;
	int vm = lab_exec_start(&(struct lab_exec){
		.name = "doctor.roams",
		.argv = { "kvmpmu", "bench", "--raw", "spin", "--duration", "5m" } });

	for (int i = 0; i < START_TRIES; i++) {
		lab_exec(&(struct lab_exec){ .name = "doctor.affinity",
					     .argv = { "kvmpmu", "doctor", "--format", "json" } });
		root = lab_json_load(t, "doctor.affinity");
		if (has_evidence(root, "pmu-affinity", vm, "may run on CPUs 0-3"))
			break;
		json_decref(root);
		root = NULL;
		usleep(50 * 1000);
	}
	lab_check(t, root, "no vCPU of pid %d may run on both PMUs' CPUs", vm);
	evidence_check(t, root, "no-composite-pmu", 0, "armv8_cortex_a72 on CPUs 2-3");
	json_decref(root);
	lab_exec_end(vm);
	/* pinned to CPUs of one PMU there is nothing to find */
	root = doctor_runs(t, "doctor.pinned", CALM,
			   (const char *const[]){ "kvmpmu", "bench", "--raw", "spin", "--duration",
						  "2s", "--cpu-list", "3", NULL });
	lacks_check(t, root, "pmu-affinity");
	lacks_check(t, root, "pmu-mask");
	json_decref(root);
}

void lab_doctor_wrong_pmu(struct lab_test *t)
{
	char *type = lab_file_read("/sys/bus/event_source/devices/armv8_cortex_a72/type");
	json_t *root;

	if (!lab_check(t, type, "no PMU armv8_cortex_a72"))
		return;
	type[strcspn(type, "\n")] = '\0';
	root = doctor_runs(t, "doctor.wrong.pmu", EXIT_PROBLEM,
			   (const char *const[]){ "kvmpmu", "bench", "--raw", "pmu", "--iterations",
						  "1", "--cpu-list", "0", "--pmu-type", type,
						  NULL });
	evidence_check(t, root, "command-entry-failed", 0, "KVM_EXIT_FAIL_ENTRY on CPU 0");
	evidence_check(t, root, "command-entry-failed", 0, "armv8_cortex_a72 on CPUs 2-3");
	json_decref(root);
	free(type);
}

#define BOUND_TRIES 5

/*
 * A vCPU that sleeps most of the time, counters on, with the PMU @type of CPU @cpu (NULL: KVM's
 * default), that then may run on CPUs @first to @last.
 */
static int start_moved(struct lab_test *t, const char *cpu, const char *type, int first, int last)
{
	cpu_set_t cpus;
	int vm = lab_exec_start(
		&(struct lab_exec){ .name = "doctor.bound.vm",
				    .argv = { "kvmpmu", "bench", "--raw", "hlt", "--wake", "5s",
					      "--duration", "5m", "--counters", "1", "--cpu-list",
					      cpu, type ? "--pmu-type" : NULL, type } });

	CPU_ZERO(&cpus);
	while (first <= last)
		CPU_SET(first++, &cpus);
	lab_check(t, !sched_setaffinity((pid_t)lab_vcpu_tid(t), sizeof(cpus), &cpus),
		  "the vCPU cannot be moved");
	return vm;
}

/*
 * With the default PMU a vCPU on another's CPUs runs on and counts nothing. With a chosen one it
 * ends where it comes there, which it may do, awake, before the doctor looks.
 */
void lab_doctor_bound(struct lab_test *t)
{
	char *type = lab_file_read("/sys/bus/event_source/devices/armv8_cortex_a72/type");
	bool found = false;
	json_t *root;
	int vm;

	if (!lab_check(t, type, "no PMU armv8_cortex_a72"))
		return;
	type[strcspn(type, "\n")] = '\0';
	vm = start_moved(t, "1", NULL, 2, 2);
	root = doctor(t, "doctor.default", EXIT_PROBLEM);
	evidence_check(t, root, "pmu-mask", vm, "may run on CPUs 2 alone");
	evidence_check(t, root, "pmu-mask", vm, "its counters stand still");
	json_decref(root);
	lab_exec_end(vm);
	for (int i = 0; i < BOUND_TRIES && !found; i++) {
		vm = start_moved(t, "2", type, 0, 3);
		lab_exec(&(struct lab_exec){ .name = "doctor.bound",
					     .argv = { "kvmpmu", "doctor", "--format", "json" } });
		root = lab_json_load(t, "doctor.bound");
		found = has_evidence(root, "pmu-affinity", vm, "KVM_EXIT_FAIL_ENTRY");
		json_decref(root);
		lab_exec_end(vm);
	}
	lab_check(t, found, "a vCPU with a chosen PMU may run elsewhere, and it was not found");
	free(type);
}
