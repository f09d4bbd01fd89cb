// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU that moves to CPUs of another PMU than the one that backs its own: stat and report tell
 * how long it was where, and report how long its PMU stood still. Runs programs and moves threads
 * of the emulated machine only.
 */
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cases.h"

#define DATA	    "/tmp/places.data"
#define START_TRIES 200 /* of 50 ms */
#define HERE	    "armv8_cortex_a53"
#define THERE	    "armv8_cortex_a72"

static void move(struct lab_test *t, int tid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	lab_check(t, !sched_setaffinity(tid, sizeof(set), &set), "thread %d does not move", tid);
}

static int open_events(int pid)
{
	char path[300], to[64];
	struct dirent *e;
	ssize_t len;
	int nr = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	while (dir && (e = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, e->d_name);
		len = readlink(path, to, sizeof(to) - 1);
		to[len > 0 ? len : 0] = '\0';
		nr += strstr(to, "[perf_event]") != NULL;
	}
	if (dir)
		closedir(dir);
	return nr;
}

/* Programs start slowly here: until @pid has all its events open, which are then no more. */
static bool wait_events(int pid)
{
	int nr = 0, same = 0;

	for (int i = 0; i < START_TRIES && same < 10; i++) {
		int now = open_events(pid);

		usleep(50 * 1000);
		same = now && now == nr ? same + 1 : 0;
		nr = now;
	}
	return same == 10;
}

/*
 * Both commands watch: for some seconds the vCPU is here, for 2 s there. stat counts some time
 * after its events are open, as its BPF programs load: about 2 s in this machine.
 */
static void watch(struct lab_test *t, int pid, int tid)
{
	char vm[16];
	int record, stat;

	snprintf(vm, sizeof(vm), "%d", pid);
	record = lab_exec_start(
		&(struct lab_exec){ .name = "places.record",
				    .argv = { "kvmpmu", "record", "-q", "-a", "-o", DATA } });
	stat = lab_exec_start(&(struct lab_exec){ .name = "places.stat",
						  .argv = { "kvmpmu", "stat", "--vm", vm, "--per",
							    "vcpu", "-e", "instructions",
							    "--format", "json" } });
	lab_check(t, wait_events(record), "kvmpmu record opens no events");
	lab_check(t, wait_events(stat), "kvmpmu stat opens no events");
	sleep(8);
	move(t, tid, 2);
	sleep(2);
	kill(stat, SIGINT);
	kill(record, SIGINT);
	lab_check(t, !lab_exec_wait(stat, 60), "kvmpmu stat --vm");
	lab_check(t, !lab_exec_wait(record, 60), "kvmpmu record");
}

/* The row of vCPU 0 on @pmu. */
static json_t *place(json_t *root, const char *table, const char *pmu)
{
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(root, table), i, row) {
		const char *name = json_string_value(json_object_get(row, "event_pmu"));

		if (name && !strcmp(name, pmu) && json_is_integer(json_object_get(row, "vcpu")))
			return row;
	}
	return NULL;
}

static double number(json_t *row, const char *key)
{
	return json_number_value(json_object_get(row, key));
}

static void stat_check(struct lab_test *t)
{
	json_t *root = lab_json_load(t, "places.stat");
	double here = number(place(root, "places", HERE), "place_pct");
	double there = number(place(root, "places", THERE), "place_pct");

	lab_check(t, here > 10 && there > 10 && here + there > 99.9 && here + there < 100.1,
		  "stat: %.2f %% here, %.2f %% there", here, there);
	/* the host's events are of either PMU and go on */
	lab_check(t, number(place(root, "counters", HERE), "guest_count") > 1e6,
		  "stat: %.0f instructions of the guest here",
		  number(place(root, "counters", HERE), "guest_count"));
	lab_check(t, number(place(root, "counters", THERE), "guest_count") > 1e6,
		  "stat: %.0f instructions of the guest there",
		  number(place(root, "counters", THERE), "guest_count"));
	lab_note(t, "stat: %.1f %% of the vCPU's time here, %.1f %% there", here, there);
	json_decref(root);
}

static void report_check(struct lab_test *t)
{
	json_t *root = lab_report_load(t, "places", DATA);
	json_t *here = place(root, "places", HERE), *there = place(root, "places", THERE);
	const char *backing = json_string_value(json_object_get(there, "backing_pmu"));

	lab_check(t, here && !number(here, "pmu_lost_ns") && number(here, "guest_ns") > 0,
		  "report: %.0f ns here, %.0f lost", number(here, "guest_ns"),
		  number(here, "pmu_lost_ns"));
	lab_check(t, backing && !strcmp(backing, HERE), "report: backed by %s",
		  backing ? backing : "-");
	lab_check(t, number(there, "arrivals") == 1, "report: %.0f arrivals there",
		  number(there, "arrivals"));
	lab_check(t,
		  number(there, "pmu_lost_ns") > 0 &&
			  number(there, "pmu_lost_ns") == number(there, "guest_ns"),
		  "report: %.0f of %.0f ns lost there", number(there, "pmu_lost_ns"),
		  number(there, "guest_ns"));
	lab_note(t, "report: the PMU stood still for %.2f s", number(there, "pmu_lost_ns") / 1e9);
	json_decref(root);
}

void lab_places(struct lab_test *t)
{
	int pid = lab_exec_start(
		&(struct lab_exec){ .name = "places.guest",
				    .argv = { "kvmpmu", "bench", "--raw", "spin", "--duration",
					      "10m", "--counters", "2", "--cpu-list", "1" } });
	long tid = lab_vcpu_tid(t);

	if (tid) {
		watch(t, pid, (int)tid);
		stat_check(t);
		report_check(t);
	}
	lab_exec_end(pid);
}
