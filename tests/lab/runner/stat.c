// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmpmu stat where it is known what is counted: programs and guests that execute so many
 * instructions, exactly where the emulation is exact; host and guest apart, time in which the host
 * is blind, events that take turns, two PMUs. Runs programs in the emulated machine only.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cases.h"

#define TRIES	    5 /* see TRIES in arm64.c: other CPUs' instructions may be among ours */
#define START_TRIES 100 /* of 50 ms */
#define DOCS_MAX    64

/* ---- the counted program ---- */

/*
 * INEXACT: of what a program executes in user mode, as a share, and SPREAD of its repeats in
 * percent. With -icount, interrupts and what other CPUs did meanwhile are among it.
 */
#if defined(__x86_64__)
#define LOOP	"1: dec %0\n\tjnz 1b"
#define INEXACT 0
#define SPREAD	0.1
#else
#define LOOP	"1: subs %0, %0, #1\n\tb.ne 1b"
#define INEXACT 0.03
#define SPREAD	3
#endif

#define LOOP_INSNS 2
#define START_ENDS 500 /* what starting and ending varies by */

/* loop N: the runner as a program of N rounds of two instructions, and what starting takes. */
int lab_loop(char **argv)
{
	unsigned long n = *argv ? strtoul(*argv, NULL, 10) : 0;

	if (!n)
		return 2;
	__asm__ volatile(LOOP : "+r"(n) : : "cc");
	return 0;
}

/* ---- running stat ---- */

static void argv_add(struct lab_exec *ex, size_t *n, const char *const *words)
{
	for (; *words && *n < LAB_MAX_ARGS - 1; words++)
		ex->argv[(*n)++] = *words;
}

static bool stat_run(struct lab_test *t, const char *name, const char *const *options,
		     const char *const *command)
{
	static const char *const stat[] = { "kvmpmu", "stat", "--format", "json", NULL };
	struct lab_exec ex = { .name = name, .timeout_s = 120 };
	size_t n = 0;
	int r;

	argv_add(&ex, &n, stat);
	argv_add(&ex, &n, options);
	argv_add(&ex, &n, command);
	r = lab_exec(&ex);
	return lab_check(t, !r, "%s: kvmpmu stat: status %d", name, r);
}

static json_t *stat_doc(struct lab_test *t, const char *name, const char *const *options,
			const char *const *command)
{
	return stat_run(t, name, options, command) ? lab_json_load(t, name) : NULL;
}

/* The documents of -I, one behind the other; how many. */
static size_t docs_load(struct lab_test *t, const char *name, json_t **docs)
{
	char *text = lab_exec_stdout(name), *p = text;
	json_error_t error;
	size_t n = 0;

	while (p && p[strspn(p, " \n")] && n < DOCS_MAX) {
		docs[n] = json_loads(p, JSON_DISABLE_EOF_CHECK, &error);
		if (!lab_check(t, docs[n], "%s: document %zu: %s", name, n, error.text))
			break;
		p += error.position;
		n++;
	}
	free(text);
	return n;
}

static double number(json_t *root, const char *path)
{
	return json_number_value(lab_json_get(root, path));
}

/* A row of table @table of @event and @pmu (NULL: any), of CPU @cpu and vCPU @vcpu (-1: any). */
static json_t *row_of(json_t *root, const char *table, const char *event, const char *pmu, int cpu,
		      int vcpu)
{
	json_t *row, *v;
	size_t i;

	json_array_foreach (json_object_get(root, table), i, row) {
		const char *e = json_string_value(json_object_get(row, "event"));
		const char *p = json_string_value(json_object_get(row, "event_pmu"));

		if ((event && (!e || strcmp(e, event))) || (pmu && (!p || strcmp(p, pmu))))
			continue;
		v = json_object_get(row, "cpu");
		if (cpu >= 0 && (!json_is_integer(v) || json_integer_value(v) != cpu))
			continue;
		v = json_object_get(row, "vcpu");
		if (vcpu >= 0 && (!json_is_integer(v) || json_integer_value(v) != vcpu))
			continue;
		return row;
	}
	return NULL;
}

static bool has_note(json_t *root, const char *words)
{
	json_t *note;
	size_t i;

	json_array_foreach (json_object_get(root, "notes"), i, note) {
		if (strstr(json_string_value(note), words))
			return true;
	}
	return false;
}

/* Until @check fails nothing, or for the last time; what failed before is shown, not counted. */
static void tried(struct lab_test *t, void (*check)(struct lab_test *t, const void *arg),
		  const void *arg)
{
	unsigned int failed = lab_failed(t);

	for (int i = 1;; i++) {
		check(t, arg);
		if (lab_failed(t) == failed || i == TRIES)
			return;
		lab_note(t, "run %d was disturbed, once more", i);
		lab_forgive(t, failed);
	}
}

/* ---- programs ---- */

/* Instructions of user mode, of a program that loops @rounds times. */
static double program_insns(struct lab_test *t, const char *rounds)
{
	json_t *root = stat_doc(t, "stat.program",
				(const char *const[]){ "-e", "instructions:u", "--", NULL },
				(const char *const[]){ "/init", "loop", rounds, NULL });
	double n = number(row_of(root, "counters", "instructions:u", NULL, -1, -1), "host_count");

	json_decref(root);
	return n;
}

static void near(struct lab_test *t, const char *what, double got, double want, double slack)
{
	slack += want * INEXACT;
	lab_check(t, got >= want - slack && got <= want + slack, "%s: %.0f instructions, not %.0f",
		  what, got, want);
}

/* What the second ten million rounds take: nothing of starting and ending is in it. */
static void program_check(struct lab_test *t, const void *arg)
{
	double one = program_insns(t, "10000000"), two = program_insns(t, "20000000");

	(void)arg;
	near(t, "the second ten million rounds", two - one, LOOP_INSNS * 1e7, 0);
	lab_note(t, "ten million rounds: %.0f instructions", two - one);
}

/*
 * The documents of a program that lasts for two intervals at the least, however fast the machine
 * is; @rounds is what it took for that. 0: it did not run
 */
static size_t long_intervals(struct lab_test *t, char rounds[static 16], json_t *docs[DOCS_MAX])
{
	static const char *const options[] = { "-I", "100", "-e", "instructions:u", "--", NULL };
	const char *const loop[] = { "/init", "loop", rounds, NULL };
	unsigned int n = 40000000;
	size_t i, nr;

	for (;; n *= 4) {
		snprintf(rounds, 16, "%u", n);
		if (!stat_run(t, "stat.intervals", options, loop))
			return 0;
		nr = docs_load(t, "stat.intervals", docs);
		if (nr != 1 || n > UINT32_MAX / 4)
			return nr;
		for (i = 0; i < nr; i++)
			json_decref(docs[i]);
	}
}

/* Intervals leave no gap between them and count nothing twice. */
static void intervals_check(struct lab_test *t, const void *arg)
{
	json_t *docs[DOCS_MAX];
	double sum = 0, at = 0;
	char rounds[16];
	size_t i, n = long_intervals(t, rounds, docs);

	(void)arg;
	lab_check(t, n >= 2, "%zu intervals", n);
	for (i = 0; i < n; i++) {
		sum += number(row_of(docs[i], "counters", "instructions:u", NULL, -1, -1),
			      "host_count");
		lab_check(t, number(docs[i], "from_ns") == at,
			  "interval %zu starts at %.0f, not %.0f", i, number(docs[i], "from_ns"),
			  at);
		at = number(docs[i], "to_ns");
		json_decref(docs[i]);
	}
	near(t, "intervals", sum, program_insns(t, rounds), START_ENDS);
	lab_note(t, "%zu intervals of %s rounds add up to %.0f instructions", n, rounds, sum);
}

/* The same program again and again: the mean is that of one run, with hardly a spread. */
static void repeats_check(struct lab_test *t, const void *arg)
{
	double one = program_insns(t, "10000000");
	json_t *root =
		stat_doc(t, "stat.repeats",
			 (const char *const[]){ "-r", "3", "-e", "instructions:u", "--", NULL },
			 (const char *const[]){ "/init", "loop", "10000000", NULL });
	json_t *row = row_of(root, "counters", "instructions:u", NULL, -1, -1);
	double mean = number(row, "host_count"), spread = number(row, "host_stderr_pct");

	(void)arg;
	lab_check(t, number(root, "runs") == 3, "%.0f runs", number(root, "runs"));
	near(t, "the mean", mean, one, START_ENDS);
	lab_check(t, json_is_number(json_object_get(row, "host_stderr_pct")) && spread < SPREAD,
		  "the spread is %.3f %%", spread);
	json_decref(root);
}

void lab_stat_programs(struct lab_test *t)
{
	tried(t, program_check, NULL);
	tried(t, intervals_check, NULL);
	tried(t, repeats_check, NULL);
}

/* ---- guests ---- */

/* A guest that exits with each iteration, and what an iteration is in the guest. */
struct counted {
	const char *cpu; /* where its vCPU is */
	const char *pmu, *other; /* which counts there, and the one that does not, NULL none */
	double insns; /* an iteration */
};

static json_t *guest_doc(struct lab_test *t, const struct counted *c, const char *iterations)
{
	return stat_doc(t, "stat.guest", (const char *const[]){ "-e", "instructions", "--", NULL },
			(const char *const[]){ "kvmpmu", "bench", "--raw", "cpuid", "--iterations",
					       iterations, "--cpu-list", c->cpu, NULL });
}

static void guest_check(struct lab_test *t, const void *arg)
{
	const struct counted *c = arg;
	json_t *few = guest_doc(t, c, "100"), *many = guest_doc(t, c, "300"), *row, *other;
	double insns;

	row = row_of(many, "counters", "instructions", c->pmu, -1, -1);
	insns = number(row, "guest_count") -
		number(row_of(few, "counters", "instructions", c->pmu, -1, -1), "guest_count");
	lab_check(t, insns == 200 * c->insns, "200 iterations are %.0f instructions, not %.0f",
		  insns, 200 * c->insns);
	lab_check(t, number(row, "host_count") > 10 * number(row, "guest_count"),
		  "host %.0f, guest %.0f", number(row, "host_count"), number(row, "guest_count"));
	lab_check(t,
		  number(row, "total_count") ==
			  number(row, "host_count") + number(row, "guest_count"),
		  "host and guest are not the total");
	if (c->other) {
		other = row_of(many, "counters", "instructions", c->other, -1, -1);
		lab_check(t, other && !number(other, "guest_count"), "%s: %.0f of the guest",
			  c->other, number(other, "guest_count"));
		row = row_of(many, "counters", "instructions", "all", -1, -1);
		lab_check(t,
			  number(row, "guest_count") ==
				  number(row_of(many, "counters", "instructions", c->pmu, -1, -1),
					 "guest_count"),
			  "the sum of both PMUs has %.0f of the guest", number(row, "guest_count"));
	}
	json_decref(few);
	json_decref(many);
}

/* CPUID is the host's instruction: KVM executes it for the guest. */
void lab_stat_guest_x86(struct lab_test *t)
{
	tried(t, guest_check, &(struct counted){ .cpu = "1", .insns = 8 });
}

/* MRS and the end of a loop, and four more with which the emulator counts a trap. */
#define INSNS_ARM64 11

void lab_stat_guest_arm64(struct lab_test *t)
{
	tried(t, guest_check, &(struct counted){ .cpu = "1", .insns = INSNS_ARM64 });
}

void lab_stat_guest_hybrid(struct lab_test *t)
{
	tried(t, guest_check,
	      &(struct counted){ "1", "armv8_cortex_a53", "armv8_cortex_a72", INSNS_ARM64 });
	tried(t, guest_check,
	      &(struct counted){ "2", "armv8_cortex_a72", "armv8_cortex_a53", INSNS_ARM64 });
}

/* Protected mode: nothing is counted while a guest runs (arm64.c, guest_counts_nothing). */
void lab_stat_guest_nvhe(struct lab_test *t)
{
	json_t *root = guest_doc(t, &(struct counted){ .cpu = "1" }, "300");
	json_t *row = row_of(root, "counters", "instructions", NULL, -1, -1);

	lab_check(t,
		  row && json_is_number(json_object_get(row, "guest_count")) &&
			  !number(row, "guest_count"),
		  "%.0f instructions of a guest", number(row, "guest_count"));
	lab_check(t, number(row, "host_count") > 1e5, "%.0f instructions of the host",
		  number(row, "host_count"));
	lab_check(t, has_note(root, "protected"), "no note on protected mode");
	json_decref(root);
}

/* ---- a guest that runs all the time ---- */

static int start_spin(struct lab_test *t)
{
	int pid = lab_exec_start(&(struct lab_exec){
		.name = "stat.spin",
		.argv = { "kvmpmu", "bench", "--raw", "spin", "--duration", "10m", "--cpu-list",
			  "1" },
	});

	lab_check(t, pid > 0, "the guest does not start: %d", pid);
	return pid;
}

static void end_spin(int pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGINT);
	lab_exec_wait(pid, 0);
}

/* stat --vm of it, once its vCPU is there. */
static json_t *vm_doc(struct lab_test *t, int pid)
{
	char vm[16];
	json_t *root = NULL;

	snprintf(vm, sizeof(vm), "%d", pid);
	for (int i = 0; i < START_TRIES; i++) {
		int r = lab_exec(&(struct lab_exec){
			.name = "stat.vm",
			.argv = { "kvmpmu", "stat", "--format", "json", "--vm", vm, "--per", "vcpu",
				  "--duration", "2", "-e", "kvm:kvm_exit,cycles,instructions" } });

		root = r ? NULL : lab_json_load(t, "stat.vm");
		if (number(row_of(root, "events", "kvm:kvm_exit", NULL, -1, 0), "count") >= 10)
			return root;
		json_decref(root);
		root = NULL;
		usleep(50 * 1000);
	}
	lab_check(t, false, "no exits of vCPU 0 of VM %d", pid);
	return NULL;
}

/* Nearly all that the vCPU does it does in the guest; its VM's other threads do nothing there. */
static void vm_check(struct lab_test *t, int pid, json_t *root, const char *pmu)
{
	json_t *vcpu = row_of(root, "counters", "cycles", pmu, -1, 0);
	json_t *metric;
	size_t i;

	lab_check(t, number(vcpu, "vm") == pid, "the VM is %.0f, not %d", number(vcpu, "vm"), pid);
	lab_check(t, number(vcpu, "guest_count") > 1e7, "%.0f cycles in the guest",
		  number(vcpu, "guest_count"));
	lab_check(t,
		  number(vcpu, "host_count") > 0 &&
			  number(vcpu, "guest_count") > 5 * number(vcpu, "host_count"),
		  "cycles: host %.0f, guest %.0f", number(vcpu, "host_count"),
		  number(vcpu, "guest_count"));
	json_array_foreach (json_object_get(root, "metrics"), i, metric) {
		const char *name = json_string_value(json_object_get(metric, "metric"));

		if (name && !strcmp(name, "guest share") &&
		    json_is_integer(json_object_get(metric, "vcpu")))
			lab_note(t, "the guest's share of its vCPU's cycles: %.2f %%",
				 number(metric, "guest_value"));
	}
}

static void vm_counts(struct lab_test *t, const char *pmu)
{
	int pid = start_spin(t);
	json_t *root = vm_doc(t, pid);

	if (root)
		vm_check(t, pid, root, pmu);
	end_spin(pid);
	json_decref(root);
}

void lab_stat_vm(struct lab_test *t)
{
	vm_counts(t, NULL);
}

/* The vCPU never left the CPUs of one PMU: time on the other one is none, and counts neither. */
void lab_stat_vm_hybrid(struct lab_test *t)
{
	int pid = start_spin(t);
	json_t *root = vm_doc(t, pid), *row;
	size_t i, rows = 0;

	if (root)
		vm_check(t, pid, root, "armv8_cortex_a53");
	row = row_of(root, "counters", "cycles", "armv8_cortex_a72", -1, 0);
	lab_check(t, row && !number(row, "guest_count"),
		  "cycles of the guest on the other PMU: %.0f", number(row, "guest_count"));
	json_array_foreach (json_object_get(root, "places"), i, row) {
		bool here = strcmp(json_string_value(json_object_get(row, "event_pmu")),
				   "armv8_cortex_a53") == 0;

		if (!json_is_integer(json_object_get(row, "vcpu")))
			continue;
		rows++;
		lab_check(t, here ? number(row, "place_pct") == 100 : !number(row, "place_ns"),
			  "%.2f %% of the vCPU's time on CPUs %s", number(row, "place_pct"),
			  json_string_value(json_object_get(row, "cpus")));
	}
	lab_check(t, rows == 2, "%zu rows of a vCPU and two PMUs", rows);
	end_spin(pid);
	json_decref(root);
}

/* ---- mediated ---- */

/*
 * With a guest that spins, events of the host stand still nearly all of the time on its CPU, and on
 * the other CPU never.
 */
void lab_stat_blind(struct lab_test *t)
{
	int pid = start_spin(t);
	json_t *vm = vm_doc(t, pid), *all, *row;
	double share;

	row = row_of(vm, "counters", "cycles", NULL, -1, 0);
	lab_check(t, row && json_is_null(json_object_get(row, "guest_count")),
		  "cycles of a mediated guest");
	share = number(row_of(vm, "blind", NULL, NULL, -1, 0), "blind_pct");
	lab_check(t, share > 50 && share < 100, "the vCPU's time is %.2f %% blind", share);
	all = stat_doc(t, "stat.blind", (const char *const[]){ "-a", "--duration", "2", NULL },
		       (const char *const[]){ NULL });
	row = row_of(all, "blind", NULL, NULL, 1, -1);
	lab_check(t, number(row, "blind_pct") > 50 && number(row, "blind_pct") < 100,
		  "the time of CPU 1 is %.2f %% blind", number(row, "blind_pct"));
	lab_check(t, number(row, "blind_ns") < number(row, "clock_ns"), "blind %.0f of %.0f ns",
		  number(row, "blind_ns"), number(row, "clock_ns"));
	lab_note(t, "host-blind: CPU 1 %.1f %% of the time, vCPU 0 %.1f %%",
		 number(row, "blind_pct"), share);
	row = row_of(all, "blind", NULL, NULL, 0, -1);
	lab_check(t, row && number(row, "blind_pct") == 0, "the time of CPU 0 is %.2f %% blind",
		  number(row, "blind_pct"));
	row = row_of(all, "counters", "cycles", NULL, -1, -1);
	lab_check(t, number(row, "host_count") > 0 && json_is_false(json_object_get(row, "scaled")),
		  "%.0f cycles of the host, scaled", number(row, "host_count"));
	end_spin(pid);
	json_decref(vm);
	json_decref(all);
}

/* ---- more events than counters ---- */

/* Eight of the host's events for six counters: each is on the PMU for three quarters of it. */
void lab_stat_multiplexed(struct lab_test *t)
{
	static const char *const eight[] = {
		"-a",
		"--duration",
		"3",
		"-e",
		"r00c0:H,r00c1:H,r00c2:H,r00c3:H,r00c4:H,r00c5:H,r00c6:H,r00c7:H",
		NULL,
	};
	static const char *const six[] = {
		"-a", "--duration", "1", "-e", "r00c0:H,r00c1:H,r00c2:H,r00c3:H,r00c4:H,r00c5:H",
		NULL,
	};
	json_t *root = stat_doc(t, "stat.eight", eight, (const char *const[]){ NULL }), *row;
	size_t i, rows = 0;

	json_array_foreach (json_object_get(root, "counters"), i, row) {
		double share = number(row, "running_pct");

		rows++;
		lab_check(t, share > 55 && share < 95, "event %zu: on the PMU for %.2f %%", i,
			  share);
		lab_check(t, json_is_true(json_object_get(row, "scaled")), "event %zu: not scaled",
			  i);
	}
	lab_check(t, rows == 8, "%zu events", rows);
	lab_check(t, has_note(root, "more events than counters"),
		  "no note on events that take turns");
	json_decref(root);
	root = stat_doc(t, "stat.six", six, (const char *const[]){ NULL });
	rows = 0;
	json_array_foreach (json_object_get(root, "counters"), i, row) {
		rows++;
		lab_check(t, json_is_false(json_object_get(row, "scaled")),
			  "event %zu of six: scaled", i);
	}
	lab_check(t, rows == 6, "%zu events", rows);
	lab_check(t, !has_note(root, "more events than counters"), "six events have six counters");
	json_decref(root);
}
