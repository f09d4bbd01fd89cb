// SPDX-License-Identifier: GPL-2.0-only
/*
 * stat_run.c - the work of stat: plan, events, workload, readings; until the workload or the
 * targets end, or a signal or the duration says so.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/record.h"
#include "cmd/stat_switch.h"
#include "cmd/workload.h"
#include "lib/log.h"

#define LOOK_NS (KP_NSEC_PER_SEC / 4) /* how often to see whether targets have ended */

/* the signal flag */
static volatile sig_atomic_t kp_stat_stop;

/**
 * struct run - one opening of the events; @last, @now: readings; @zero: all of them at the start
 * @old_mask: of signals, in force while waiting only
 */
struct run {
	struct kp_stat_opts *opts;
	const struct kp_host *host;
	struct kp_owners *owners;
	struct kp_plan *plan;
	struct kp_count *count;
	struct kp_count_value *last, *now;
	const char **why;
	bool *refused;
	struct kp_workload workload;
	struct kp_stat_runs runs;
	struct kp_stat_floor floor;
	struct kp_stat_swrun *sw;
	sigset_t old_mask;
	uint64_t start_ns;
	uint64_t last_ns;
	uint64_t end_ns;
	bool shown;
	bool quiet;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * KP_NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

static void on_signal(int sig)
{
	if (sig != SIGCHLD)
		kp_stat_stop = sig;
}

/* Blocked but while waiting: none can slip in between a look and the wait. */
static void catch_signals(struct run *run)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD };
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t block;
	size_t i;

	kp_stat_stop = 0;
	sigemptyset(&block);
	for (i = 0; i < KP_ARRAY_SIZE(signals); i++) {
		sigaction(signals[i], &sa, NULL);
		sigaddset(&block, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &block, &run->old_mask);
}

/* ---- open ---- */

static int start_workload(struct run *run)
{
	struct kp_stat_opts *opts = run->opts;
	bool ours = strcmp(opts->format, "text") && (!opts->output || !strcmp(opts->output, "-"));
	int err;

	if (!opts->argv)
		return 0;
	err = kp_workload_start(&run->workload, opts->argv, !ours);
	if (err) {
		kp_err("%s: cannot be started: %s%s", opts->argv[0], strerror(-err),
		       kp_workload_advice(err));
		return -EIO;
	}
	if (opts->req.target != KP_TARGET_WORKLOAD)
		return 0;
	opts->ids.nr = 0;
	return kp_vec_push(&opts->ids, run->workload.pid);
}

static int make_plan(struct run *run)
{
	struct kp_tracepoint_db tps = kp_tracepoint_db_live(run->host);
	struct kp_request *req = &run->opts->req;
	char text[1024];
	size_t i;
	int err;

	req->events = run->opts->events.at;
	req->nr_events = run->opts->events.nr;
	req->ids = run->opts->ids.at;
	req->nr_ids = run->opts->ids.nr;
	err = kp_plan_make(req, run->host, &tps, &run->plan, text, sizeof(text));
	if (err) {
		kp_err("%s", text[0] ? text : strerror(-err));
		return err;
	}
	for (i = 0; i < run->plan->nr_warnings && !run->quiet; i++)
		kp_warn("%s", run->plan->warnings[i]);
	for (i = 0; i < run->plan->nr_notes && !run->quiet; i++)
		kp_info("%s", run->plan->notes[i]);
	return 0;
}

static int note_refusals(struct run *run)
{
	size_t i, nr = run->plan->nr_events;

	run->why = calloc(nr + 1, sizeof(*run->why));
	run->refused = calloc(nr + 1, sizeof(*run->refused));
	if (!run->why || !run->refused)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		run->refused[i] = kp_count_refusal(run->count, (uint32_t)i, &run->why[i]);
	return 0;
}

static int open_count(struct run *run)
{
	const char *warning;
	char text[1024];
	size_t i, nr;
	int err = make_plan(run);

	if (err)
		return err;
	err = kp_count_open(run->plan, run->host, &run->count, text, sizeof(text));
	if (err) {
		kp_err("%s", text);
		return err == -EINVAL ? -EIO : err; /* the kernel's no is not a usage error */
	}
	for (i = 0; (warning = kp_count_warning(run->count, i)) && !run->quiet; i++)
		kp_warn("%s", warning);
	nr = kp_count_nr(run->count);
	run->last = calloc(nr + 1, sizeof(*run->last));
	run->now = calloc(nr + 1, sizeof(*run->now));
	return run->last && run->now ? note_refusals(run) : -ENOMEM;
}

/*
 * Where vCPUs may run on CPUs of several PMUs, which of them backs each: only the kernel's own
 * objects tell, so without BPF it stays unknown. KVM's PMU of a vCPU never changes once it has run.
 */
static int find_backing(struct run *run)
{
	struct kp_ownersrc *src = NULL;
	struct kp_sysroot *root = NULL;
	bool any = false;
	size_t i;
	int err;

	for (i = 0; i < run->plan->nr_events; i++)
		any |= run->plan->events[i].clock == KP_CLOCK_PLACE;
	if (!any || run->plan->target == KP_TARGET_WORKLOAD)
		return 0;
	err = kp_sysroot_open(NULL, &root);
	if (!err)
		err = kp_ownersrc_new(root, run->host, true, &src);
	if (!err)
		err = kp_ownersrc_take(src, &run->owners);
	kp_ownersrc_free(src);
	kp_sysroot_free(root);
	return err;
}

static void close_count(struct run *run)
{
	kp_owners_free(run->owners);
	run->owners = NULL;
	kp_count_free(run->count);
	kp_plan_free(run->plan);
	free(run->last);
	free(run->now);
	free(run->why);
	free(run->refused);
	run->count = NULL;
	run->plan = NULL;
	run->last = run->now = NULL;
	run->why = NULL;
	run->refused = NULL;
}

/* ---- count ---- */

static int begin(struct run *run)
{
	int err;

	kp_count_read(run->count, run->last); /* zeros, with who and where */
	err = kp_stat_swrun_begin(run->sw);
	if (err)
		return err;
	err = kp_count_enable(run->count);
	if (err) {
		kp_err("the events cannot be started: %s", strerror(-err));
		return -EIO;
	}
	run->start_ns = run->last_ns = now_ns();
	err = kp_workload_go(&run->workload);
	if (err) {
		kp_err("%s: %s", run->opts->argv[0], strerror(-err));
		return -EIO;
	}
	return 0;
}

/* One reading against another, shown or kept for the mean of all runs. */
static int show(struct run *run, const struct kp_count_value *from, uint64_t from_ns,
		uint64_t to_ns, bool last)
{
	const struct kp_stat_opts *opts = run->opts;
	struct kp_stat_sw sw;
	struct kp_stat stat;
	struct kp_stat_input in = {
		.plan = run->plan,
		.host = run->host,
		.from = from,
		.to = run->now,
		.nr = kp_count_nr(run->count),
		.refused = run->refused,
		.owners = run->owners,
		.by = opts->by,
		.wall_ns = to_ns - from_ns,
	};
	struct kp_stat_show view = { .opts = opts,
				     .plan = run->plan,
				     .host = run->host,
				     .stat = &stat,
				     .why = run->why,
				     .sw = &sw,
				     .from_ns = from_ns - run->start_ns,
				     .to_ns = to_ns - run->start_ns };
	int err = kp_stat_swrun_read(run->sw, !from, &sw);

	if (err)
		return err;
	err = kp_stat_make(&in, &stat);
	if (!err && opts->interval_ns && !from)
		kp_stat_never_less(&run->floor, &stat);
	if (!err && opts->repeat > 1)
		err = kp_stat_runs_add(&run->runs, &stat);
	if (!err && last) {
		err = kp_stat_derive(&stat);
		if (!err)
			err = kp_stat_output(&view, run->shown) ? -EIO : 0;
		run->shown = opts->interval_ns && strcmp(opts->format, "openmetrics");
	}
	kp_stat_free(&stat);
	kp_stat_sw_free(&sw);
	return err;
}

/* An interval is what came since the last; a collector wants counters since the start. */
static int read_interval(struct run *run, uint64_t at_ns)
{
	bool total = !strcmp(run->opts->format, "openmetrics");
	struct kp_count_value *swap;
	int err = kp_count_read(run->count, run->now);

	if (!err)
		err = show(run, total ? NULL : run->last, total ? run->start_ns : run->last_ns,
			   at_ns, true);
	swap = run->last;
	run->last = run->now;
	run->now = swap;
	run->last_ns = at_ns;
	return err;
}

static bool should_stop(struct run *run)
{
	if (kp_stat_stop)
		return true;
	if (run->opts->argv)
		return kp_workload_poll(&run->workload);
	return kp_count_ended(run->count);
}

static void wait_until(struct run *run, uint64_t ns)
{
	uint64_t now = now_ns(), left;
	struct timespec ts;

	if (ns <= now)
		return;
	left = ns - now;
	ts.tv_sec = (time_t)(left / KP_NSEC_PER_SEC);
	ts.tv_nsec = (long)(left % KP_NSEC_PER_SEC);
	ppoll(NULL, 0, &ts, &run->old_mask);
}

static int loop(struct run *run)
{
	const struct kp_stat_opts *opts = run->opts;
	uint64_t end = opts->duration_ns ? run->start_ns + opts->duration_ns : UINT64_MAX;
	uint64_t step = opts->interval_ns, next = step ? run->start_ns + step : UINT64_MAX, now;
	int err;

	while (!should_stop(run)) {
		now = now_ns();
		if (now >= end)
			break;
		if (now >= next) {
			err = read_interval(run, now);
			if (err)
				return err;
			/* when late, the next one is shorter; whole ones are left out */
			next += (now - next) / step * step + step;
			continue;
		}
		wait_until(run, kp_min_u64(kp_min_u64(next, end), now + LOOK_NS));
	}
	run->end_ns = now_ns();
	return 0;
}

static int finish(struct run *run, bool last)
{
	int err;

	kp_count_disable(run->count);
	if (run->opts->interval_ns)
		return read_interval(run, run->end_ns);
	err = kp_count_read(run->count, run->now);
	return err ? err : show(run, NULL, run->start_ns, run->end_ns, last);
}

static int count_once(struct run *run, bool last)
{
	int err = start_workload(run);

	if (!err)
		err = open_count(run);
	if (!err)
		err = find_backing(run);
	if (!err && run->opts->sw)
		err = kp_stat_swrun_open(run->opts, run->host, &run->sw);
	if (!err)
		err = begin(run);
	if (!err)
		err = loop(run);
	if (!err)
		err = finish(run, last || kp_stat_stop);
	if (!kp_workload_end(&run->workload))
		kp_warn("%s does not end at SIGTERM: left running", run->opts->argv[0]);
	kp_stat_swrun_close(run->sw);
	close_count(run);
	run->sw = NULL;
	run->quiet = true;
	return err;
}

int kp_stat_run(struct kp_stat_opts *opts, const struct kp_host *host)
{
	struct run run = { .opts = opts, .host = host };
	int err = 0, status = 0;
	uint64_t i;

	catch_signals(&run);
	for (i = 0; i < opts->repeat && !err && !kp_stat_stop; i++) {
		memset(&run.workload, 0, sizeof(run.workload));
		err = count_once(&run, i + 1 == opts->repeat);
		status = kp_workload_exit(&run.workload);
	}
	kp_stat_runs_free(&run.runs);
	kp_stat_floor_free(&run.floor);
	return err ? kp_record_exit_code(err) : status;
}
