// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmpmu record on machines where kvm_entry and kvm_exit fire and counters count: exits are exact,
 * hardware events of the host never keep a mediated VM from starting, and those that would are
 * refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

#define ITERATIONS "200"

/* record ARGS..., with a guest of @payload as its workload: every exit is in the recording. */
static void exits_check(struct lab_test *t, const char *reason)
{
	char path[128];
	double count;
	json_t *root;
	int r;

	r = lab_exec(&(struct lab_exec){
		.name = "record.exits",
		.argv = { "kvmpmu", "record", "-o", LAB_OUT_DIR "/record.data", "--", "kvmpmu",
			  "bench", "--raw", "cpuid", "--vcpus", "2", "--iterations", ITERATIONS },
	});
	if (!lab_check(t, !r, "kvmpmu record: status %d", r))
		return;
	r = lab_exec(&(struct lab_exec){
		.name = "record.report",
		.argv = { "kvmpmu", "report", "-i", LAB_OUT_DIR "/record.data", "--format",
			  "json" },
	});
	if (!lab_check(t, !r, "kvmpmu report: status %d", r))
		return;
	root = lab_json_load(t, "record.report");
	snprintf(path, sizeof(path), "exits.reason=%s.count", reason);
	if (lab_json_number(t, root, path, &count))
		lab_check(t, count == 2 * atof(ITERATIONS), "%.0f exits of reason %s", count,
			  reason);
	if (lab_json_number(t, root, "lost", &count))
		lab_check(t, !count, "%.0f lost", count);
	lab_check(t, json_array_size(lab_json_get(root, "vcpus")) == 2, "not two vCPUs");
	json_decref(root);
}

void lab_record_exits_x86(struct lab_test *t)
{
	exits_check(t, "cpuid");
}

void lab_record_exits_arm64(struct lab_test *t)
{
	exits_check(t, "SYS64");
}

/* A guest with a counting PMU as the workload of record with event @event, on the whole system. */
static int record_event(const char *name, const char *event)
{
	return lab_exec(&(struct lab_exec){
		.name = name,
		.argv = { "kvmpmu", "record", "-a", "-e", event, "-o", LAB_OUT_DIR "/record.data",
			  "--", "kvmpmu", "bench", "--raw", "pmu", "--iterations", "5",
			  "--counters", "1" },
	});
}

static void refused_check(struct lab_test *t, const char *name, const char *event)
{
	int r = record_event(name, event);
	char *text = lab_exec_stderr(name);

	lab_check(t, r == 1, "record -e %s: status %d", event, r);
	lab_check(t, text && strstr(text, "mediated"), "record -e %s says: %s", event, text);
	free(text);
}

/*
 * The guest starts while the events are open: KVM would refuse its vCPU (EBUSY) if one of them
 * counted guests.
 */
void lab_record_beside_mediated(struct lab_test *t)
{
	static const char *const events[] = {
		"cycles",
		"instructions:u",
		"r00c0:H",
		"cpu/cpu-cycles/",
		"{cycles,instructions}:S",
		"cycles:P",
		"L1-dcache-loads",
		"cpu-clock",
		"kvm:kvm_exit,branches:k",
	};
	static const char *const refused[] = { "cycles:G", "cycles:GH", "cpu/instructions/G" };
	char name[32];
	size_t i;
	int r;

	for (i = 0; i < sizeof(events) / sizeof(*events); i++) {
		snprintf(name, sizeof(name), "record.beside.%zu", i);
		r = record_event(name, events[i]);
		lab_check(t, !r, "record -e %s beside a mediated VM: status %d", events[i], r);
	}
	for (i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		snprintf(name, sizeof(name), "record.refused.%zu", i);
		refused_check(t, name, refused[i]);
	}
}

/* Without a mediated vPMU guests may be counted. */
void lab_record_guests(struct lab_test *t)
{
	static const char *const events[] = { "cycles:G", "instructions:GH",
					      "{cycles,instructions}:G" };
	char name[32];
	size_t i;
	int r;

	for (i = 0; i < sizeof(events) / sizeof(*events); i++) {
		snprintf(name, sizeof(name), "record.guests.%zu", i);
		r = record_event(name, events[i]);
		lab_check(t, !r, "record -e %s: status %d", events[i], r);
	}
}
