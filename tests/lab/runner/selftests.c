// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM's selftests, guests that nobody here wrote, as workloads of kvmpmu: alone and under record,
 * stat and top they end alike, and what each command says of them is what such a guest must show.
 * Runs programs of the emulated machine only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

#define MEDIATED_PARAM "/sys/module/kvm_amd/parameters/enable_mediated_pmu"
#define EXITS_MIN      10

/* One of the tests, in one of its runs. */
struct selftest {
	const char *name;
	int status; /* that it ends with, however it is run */
};

static bool mediated_here(void)
{
	char *text = lab_file_read(MEDIATED_PARAM);
	bool yes = text && text[0] == 'Y';

	free(text);
	return yes;
}

/*
 * Run it under @under, alone if that is empty; its output is kept as NAME.@what. They load their
 * own file as the guest's image, so the name alone does not do.
 */
static bool run(struct lab_test *t, const struct selftest *s, const char *what,
		const char *const *under)
{
	char name[64], path[64];
	struct lab_exec ex = { .name = name };
	size_t n = 0;
	int r;

	snprintf(name, sizeof(name), "%s.%s", s->name, what);
	snprintf(path, sizeof(path), "/bin/%s", s->name);
	while (*under && n < LAB_MAX_ARGS - 2)
		ex.argv[n++] = *under++;
	ex.argv[n] = path;
	r = lab_exec(&ex);
	return lab_check(t, r == s->status, "%s: status %d instead of %d", name, r, s->status);
}

static json_t *document(struct lab_test *t, const struct selftest *s, const char *what)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.%s", s->name, what);
	return lab_json_load(t, name);
}

/* ---- record and report ---- */

/* Some of these tests exit faster than the emulated machine writes: losses have to be told. */
static void report_check(struct lab_test *t, const struct selftest *s, json_t *root)
{
	double exits, lost, unpaired;

	if (!lab_json_number(t, root, "total.count", &exits) ||
	    !lab_json_number(t, root, "lost", &lost) ||
	    !lab_json_number(t, root, "unpaired_exits", &unpaired))
		return;
	lab_check(t, exits >= EXITS_MIN, "%s: %.0f exits", s->name, exits);
	lab_check(t, lost || unpaired <= 2, "%s: %.0f exits without an entry", s->name, unpaired);
	lab_note(t, "%s: %.0f exits explained, %.0f events lost", s->name, exits, lost);
}

static void record_check(struct lab_test *t, const struct selftest *s)
{
	char data[64], name[64];
	json_t *root;

	snprintf(data, sizeof(data), "/tmp/%s.perf.data", s->name);
	snprintf(name, sizeof(name), "%s.record", s->name);
	run(t, s, "record",
	    (const char *const[]){ "kvmpmu", "record", "-q", "-a", "-m", "1024", "-o", data, "--",
				   NULL });
	root = lab_report_load(t, name, data);
	if (s->status == 0)
		report_check(t, s, root);
	json_decref(root);
}

/* ---- stat ---- */

/* A mediated guest's own counts are out of reach, and so is the host's part of its time. */
static void stat_guest_check(struct lab_test *t, const struct selftest *s, json_t *root)
{
	json_t *guest = lab_json_get(root, "counters.event=instructions.guest_count");
	const char *note = json_string_value(lab_json_get(root, "notes.0"));
	double blind_ns, wall_ns;

	if (!mediated_here()) {
		lab_check(t, json_number_value(guest) > 1000, "%s: %.0f instructions in guests",
			  s->name, json_number_value(guest));
		return;
	}
	lab_check(t, json_is_null(guest), "%s: instructions in mediated guests", s->name);
	lab_check(t, note && strstr(note, "mediated PMU"), "%s: no note on guests: %s", s->name,
		  note ? note : "-");
	if (lab_json_number(t, root, "blind_ns", &blind_ns) &&
	    lab_json_number(t, root, "wall_ns", &wall_ns))
		lab_check(t, blind_ns > 0 && blind_ns < wall_ns, "%s: blind for %.0f of %.0f ns",
			  s->name, blind_ns, wall_ns);
}

static void stat_check(struct lab_test *t, const struct selftest *s)
{
	static const struct lab_expect always[] = {
		{ "runs", 1, 1 },
		{ "wall_ns", 1, 1e12 },
		{ "events.event=task-clock.count", 1, 1e12 },
		{ "events.event=page-faults.count", 1, 1e9 },
		{ "counters.event=instructions.host_count", 1000, 1e12 },
		{ 0 },
	};
	static const struct lab_expect guest[] = {
		{ "events.event=kvm:kvm_exit.count", EXITS_MIN, 1e9 },
		{ "events.event=kvm:kvm_userspace_exit.count", 1, 1e9 },
		{ 0 },
	};
	json_t *root;

	run(t, s, "stat",
	    (const char *const[]){ "kvmpmu", "stat", "--format", "json", "--", NULL });
	root = document(t, s, "stat");
	lab_expect_check(t, root, always);
	if (s->status == 0) {
		lab_expect_check(t, root, guest);
		stat_guest_check(t, s, root);
	}
	json_decref(root);
}

/* ---- top ---- */

static double exits_of(json_t *root)
{
	json_t *row;
	double sum = 0;
	size_t i;

	json_array_foreach (json_object_get(root, "exits"), i, row)
		sum += json_number_value(json_object_get(row, "count"));
	return sum;
}

/* One tick that is as long as the test. */
static void top_check(struct lab_test *t, const struct selftest *s)
{
	static const struct lab_expect always[] = {
		{ "wall_ns", 1, 1e12 },
		{ "events_per_sec", 0, 1e9 },
		{ 0 },
	};
	static const struct lab_expect guest[] = {
		{ "exits_per_sec", 0.001, 1e9 },
		{ "vcpus.0.exits_per_sec", 0.001, 1e9 },
		{ "vcpus.0.wall_guest_pct", 0.001, 100 },
		{ 0 },
	};
	json_t *root;
	const char *vm;

	run(t, s, "top",
	    (const char *const[]){ "kvmpmu", "top", "--batch", "-d", "1h", "--format", "json", "--",
				   NULL });
	root = document(t, s, "top");
	lab_expect_check(t, root, always);
	if (s->status == 0) {
		lab_expect_check(t, root, guest);
		vm = json_string_value(lab_json_get(root, "vcpus.0.vm_name"));
		/* the kernel keeps 15 characters of a task's name */
		lab_check(t, vm && !strncmp(vm, s->name, 15), "%s: top calls it %s", s->name,
			  vm ? vm : "-");
		lab_check(t, exits_of(root) >= EXITS_MIN, "%s: %.0f exits in top", s->name,
			  exits_of(root));
	}
	json_decref(root);
}

void lab_selftest_check(struct lab_test *t, const char *name, int status)
{
	const struct selftest s = { name, status };

	run(t, &s, "alone", (const char *const[]){ NULL });
	record_check(t, &s);
	stat_check(t, &s);
	top_check(t, &s);
}
