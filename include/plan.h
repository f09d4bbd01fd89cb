/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan.h - what to open, decided before anything is opened: request and host in, plan out, pure.
 * The tests in tests/attr compare plans with expected perf_event_attrs. Includes host.h, source.h.
 */
#ifndef KP_PLAN_H
#define KP_PLAN_H

#include <sys/types.h>

#include "host.h"
#include "source.h"

enum kp_target {
	KP_TARGET_WORKLOAD = 0, /* a command after "--", followed with inherit */
	KP_TARGET_SYSTEM, /* -a */
	KP_TARGET_CPUS, /* -C list */
	KP_TARGET_PIDS, /* -p list, --vm */
	KP_TARGET_TIDS, /* -t list, --vcpu */
};

/**
 * struct kp_request_event - one -e, with the --filter that followed it
 * @spec: in perf's syntax: tracepoint "kvm:kvm_exit", "cycles:G", "cpu/event=0xc0/u", "r1c0:H",
 *	"{cycles,instructions}:G", libpfm4 names. Borrowed
 * @filter: kernel-side filter, NULL none. Borrowed
 */
struct kp_request_event {
	const char *spec;
	const char *filter;
};

/**
 * struct kp_request - what the user asked for; all pointers borrowed
 * @events: -e in order; none: the default set
 * @switch_detail: --switch-detail: msr:* filtered to PMU registers and LVTPC
 * @switch_compact: --switch: the bpf-output event of swrec.h, which tells of exits and switches; in
 *	place of the default set unless @switch_detail is set too
 * @target, @cpus, @ids: scope; @ids are pids or tids
 * @period, @freq: -c, -F; 0: not given. The default set and --switch-detail keep period 1, and -F
 *	never changes a tracepoint: every one of them counts
 * @mmap_pages: -m; 0: default
 * @overwrite: flight recorder
 * @no_inherit, @include_guest: include_guest lets hardware events without :G/:H count guests as
 *   perf
 *	does by default; the plan still refuses where that could block a mediated VM
 * @no_defaults: without @events nothing but @interrupts is opened, no clocks either: each event of
 *	perf that is open makes the PMU context switches longer that stat --switch shows
 * @interrupts: besides @events what tells of the PMU's interrupts, as the default set has it: NMIs,
 *	on arm64 those of the PMU, and the vGIC's where one is raised
 * @counting: nothing is sampled, values are read (count.h). Events of core PMUs without :G or :H
 *	become a pair, host and guest, where guests may be counted
 */
struct kp_request {
	const struct kp_request_event *events;
	size_t nr_events;
	bool switch_detail;
	bool switch_compact;
	enum kp_target target;
	const char *cpus;
	const pid_t *ids;
	size_t nr_ids;
	uint64_t period;
	uint64_t freq;
	uint32_t mmap_pages;
	bool overwrite;
	bool no_inherit;
	bool include_guest;
	bool no_defaults;
	bool interrupts;
	bool counting;
	clockid_t clockid;
	bool has_clockid;
};

/** enum kp_count_side - whose events are counted; of use where kp_request.counting */
enum kp_count_side { KP_SIDE_BOTH = 0, KP_SIDE_HOST, KP_SIDE_GUEST, KP_SIDE_NR };

/**
 * enum kp_clock - events whose enabled or running time is what they are for. None of them counts on
 * a hardware PMU, so none can stand in a mediated VM's way
 * @KP_CLOCK_ALL: enabled: all the time
 * @KP_CLOCK_HOST: enabled: the time without a mediated guest's context loaded, because the kernel
 *	takes that off exclude_guest events (__perf_event_time_ctx() in kernel/events/core.c)
 * @KP_CLOCK_PLACE: running: a task's time on one CPU
 * @KP_CLOCK_MOVES: value: how often a task came to one CPU from another: the kernel counts it
 *	there, when the task is scheduled in (perf_event_task_sched_in())
 */
enum kp_clock { KP_CLOCK_NONE = 0, KP_CLOCK_ALL, KP_CLOCK_HOST, KP_CLOCK_PLACE, KP_CLOCK_MOVES };

/**
 * struct kp_plan_event - one event to open
 * @attr: complete; @name: for event_desc; @filter: kernel-side filter or NULL
 * @system, @tp: of a tracepoint, else NULL
 * @cpus: the CPUs of its PMU when that does not cover all, as a list; NULL: any
 * @leader: index of the group leader in kp_plan.events; its own index when it leads or stands alone
 * @system_wide: opened on every CPU whatever the target, because it fires in other tasks' context
 *	(sched_migrate_task: in that of the waker)
 * @sideband: the dummy event that carries COMM, FORK, MMAP2 ...; never in an overwritten ring
 * @compact: BPF programs write its samples (swrec.h)
 * @precise_max: :P, the highest precise_ip that opens
 * @weak: :W, leaves its group where the PMU cannot hold it
 * @any_mode: no :u :k :h was given: where the kernel's events are not permitted, the user's may do
 * @each_cpu: bound to every CPU one by one, also when it counts tasks
 * @split: one of a pair, host and guest, that share @name
 */
struct kp_plan_event {
	struct perf_event_attr attr;
	char *name;
	char *filter;
	char *system;
	char *tp;
	char *cpus;
	uint32_t leader;
	bool system_wide;
	bool sideband;
	bool compact;
	bool precise_max;
	bool weak;
	bool any_mode;
	bool each_cpu;
	bool split;
	enum kp_count_side side;
	enum kp_clock clock;
};

/**
 * struct kp_plan - frozen; owned by the caller of kp_plan_make()
 * @inherit: what the target's tasks start later belongs to it
 * @default_pages: mmap_pages is this tool's choice: fewer will do where locked memory is short
 * @notes: what the user may want to know (-v): defaults that do not exist here, ...
 * @warnings: what the user must know: this is not quite what was asked for
 */
struct kp_plan {
	struct kp_plan_event *events;
	size_t nr_events;
	enum kp_target target;
	char *cpus;
	pid_t *ids;
	size_t nr_ids;
	uint32_t mmap_pages;
	bool overwrite;
	bool inherit;
	bool default_pages;
	char **notes;
	size_t nr_notes;
	char **warnings;
	size_t nr_warnings;
};

/**
 * struct kp_tracepoint_db - where the plan learns tracepoint ids; filled by collect/tracepoint.c
 * from tracefs, by a table in tests
 * @id: id of system:name; -ENOENT, -EACCES, -ENODEV no tracefs
 * @glob: call @fn for each tracepoint that fits both patterns ("kvm*", "*exit"), in order of name;
 *	ends with the first nonzero return of @fn, and returns it. 0 or -errno as @id
 */
struct kp_tracepoint_db {
	int (*id)(void *ctx, const char *system, const char *name);
	int (*glob)(void *ctx, const char *system, const char *pattern,
		    int (*fn)(void *fnctx, const char *system, const char *name), void *fnctx);
	void *ctx;
};

/**
 * kp_plan_make - 0; -EINVAL event syntax; -ENOENT no such event; -EPERM; -EBUSY refused because it
 * could block a mediated VM; -ENODEV no tracefs; -EOPNOTSUPP. @err: what, on what, what to do next.
 */
int kp_plan_make(const struct kp_request *req, const struct kp_host *host,
		 const struct kp_tracepoint_db *tps, struct kp_plan **out, char *err,
		 size_t err_size);
void kp_plan_free(struct kp_plan *plan);

/** kp_tracepoint_db_live - this host's tracepoints, from host->tracefs; borrows @host */
struct kp_tracepoint_db kp_tracepoint_db_live(const struct kp_host *host);

/* ---- live: src/collect ---- */

struct kp_live;

/**
 * struct kp_live_lost - per CPU: what the kernel says it dropped
 * Rings of single tasks, which have no CPU, are one row without.
 */
struct kp_live_lost {
	uint32_t cpu;
	bool has_cpu;
	uint64_t lost;
};

/** typedef kp_sink - takes one or more whole records; 0, or -errno, which ends the caller's work */
typedef int (*kp_sink)(void *ctx, const void *data, size_t size);

/**
 * kp_live_open - open and map what the plan says, disabled
 * @plan: borrowed for the life of the result
 *
 * The source of the live rings is kp_live_source(); its meta has attrs, ids, names and (when
 * @tracing) tracing data and host features, ready for kp_writer_new().
 * Return: 0; -EPERM/-EACCES, -EMFILE, -ENOMEM (mlock), -EOPNOTSUPP (mediated VM runs), -ENOENT,
 * -ESRCH (no such task) ...; @err explains.
 */
int kp_live_open(const struct kp_plan *plan, const struct kp_host *host, bool tracing,
		 struct kp_live **out, char *err, size_t err_size);
struct kp_source *kp_live_source(struct kp_live *live);
/** kp_live_enable, _disable - with a workload, its own events start by themselves at exec */
int kp_live_enable(struct kp_live *live);
int kp_live_disable(struct kp_live *live);

/**
 * kp_live_drain - hand every ring's new bytes to @sink in whole records, ring by ring, undecoded
 * and mostly uncopied; the fast path of record. Overwritten rings are left alone. Not to be mixed
 * with the source's next().
 * Return: 1 when there was anything, 0, or what @sink returned; the records it refused are gone.
 */
int kp_live_drain(struct kp_live *live, kp_sink sink, void *ctx);

/** kp_live_snapshot - the overwritten rings' content as of now, each ring in order of time */
int kp_live_snapshot(struct kp_live *live, kp_sink sink, void *ctx);

/**
 * kp_live_synthesize - COMM and, for plans that sample addresses, MMAP records of what already
 * runs: the targets, or every process when the target is the system
 */
int kp_live_synthesize(struct kp_live *live, kp_sink sink, void *ctx);

/**
 * kp_live_finish - after disabling and the last drain: LOST_SAMPLES records for drops that the
 * rings' own LOST records do not tell of, and sample_time of the meta
 */
int kp_live_finish(struct kp_live *live, kp_sink sink, void *ctx);

/** kp_live_ended - all the tasks to record have exited */
bool kp_live_ended(const struct kp_live *live);
/** kp_live_samples - PERF_RECORD_SAMPLEs drained so far */
uint64_t kp_live_samples(const struct kp_live *live);
/** kp_live_warning - what is not as asked, one line each, from 0; NULL: no more */
const char *kp_live_warning(const struct kp_live *live, size_t idx);
/** kp_live_losts - PERF_FORMAT_LOST and LOST records per CPU; array of @nr, owned by live */
const struct kp_live_lost *kp_live_losts(struct kp_live *live, size_t *nr);
void kp_live_free(struct kp_live *live);

#endif
