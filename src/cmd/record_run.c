// SPDX-License-Identifier: GPL-2.0-only
/*
 * record_run.c - the work of record: plan, rings, workload, file; until the workload or the targets
 * end, or a signal, the duration or the size says so.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "cmd/record.h"
#include "cmd/workload.h"
#include "lib/buf.h"
#include "lib/log.h"
#include "lib/str.h"

#define WAIT_MS		   250
#define PROGRESS_NS	   (KP_NSEC_PER_SEC / 2)
#define SIDEBAND_MAX_BYTES (16u << 20)

/* the signal flags */
static volatile sig_atomic_t kp_sig_stop, kp_sig_snapshot;

/**
 * struct run - @out_err: first error of the output, reported once
 * @sideband: flight recorder: what must be in every snapshot
 * @left_out: samples that --max-size kept out of the file
 */
struct run {
	struct kp_record *rec;
	struct kp_plan *plan;
	struct kp_live *live;
	struct kp_swrec *sw;
	struct kp_writer *writer;
	struct kp_workload workload;
	struct kp_buf sideband;
	uint64_t start_ns;
	uint64_t progress_ns;
	uint64_t progress_samples;
	uint64_t size_bytes;
	uint64_t left_out;
	unsigned int snapshots;
	bool progress_shown;
	bool full;
};

int kp_record_exit_code(int err)
{
	switch (err) {
	case 0:
		return KP_EXIT_OK;
	case -EINVAL:
		return KP_EXIT_USAGE;
	case -EPERM:
	case -EACCES:
		return KP_EXIT_NOT_PERMITTED;
	case -ENOENT:
	case -ENODEV:
	case -EOPNOTSUPP:
		return KP_EXIT_NOT_SUPPORTED;
	default:
		return KP_EXIT_FAILED;
	}
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * KP_NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* ---- signals ---- */

static void on_signal(int sig)
{
	if (sig == SIGUSR2)
		kp_sig_snapshot = 1;
	else if (sig != SIGCHLD)
		kp_sig_stop = sig;
}

/* Without SA_RESTART: every signal ends the wait. */
static void catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGUSR2 };
	struct sigaction sa = { .sa_handler = on_signal };
	size_t i;

	kp_sig_stop = kp_sig_snapshot = 0;
	for (i = 0; i < KP_ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &sa, NULL);
}

/* ---- output ---- */

/* What was there before is kept once, as perf does. */
static void keep_old(const char *path)
{
	struct stat st;
	char *old;

	if (lstat(path, &st) || !S_ISREG(st.st_mode) || !st.st_size ||
	    asprintf(&old, "%s.old", path) < 0)
		return;
	if (rename(path, old))
		kp_warn("%s: cannot be kept as %s: %s", path, old, strerror(errno));
	free(old);
}

/* A stream where the file is one: standard output or a named pipe. */
static int open_fd(const char *path, bool *stream)
{
	struct stat st;

	*stream = !strcmp(path, "-");
	if (*stream)
		return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	*stream = !stat(path, &st) && S_ISFIFO(st.st_mode);
	if (*stream)
		return open(path, O_WRONLY | O_CLOEXEC);
	keep_old(path);
	return open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static int open_output(struct run *run, const char *path)
{
	struct kp_writer_opts opts = {
		.zstd_level = run->rec->zstd_level,
		.max_size_bytes = run->rec->max_size_bytes,
	};
	const char *name = strcmp(path, "-") ? path : "standard output";
	int fd, err;

	fd = open_fd(path, &opts.pipe);
	if (fd < 0) {
		kp_err("%s: cannot be written: %s; -o names another file", name, strerror(errno));
		return -EIO;
	}
	if (opts.pipe && isatty(fd)) {
		close(fd);
		kp_err("-o -: a recording does not belong on a terminal; pipe it into a program");
		return -EINVAL;
	}
	err = kp_writer_new(fd, &opts, &kp_live_source(run->live)->meta, &run->writer);
	if (err) {
		kp_err("%s: %s", name, strerror(-err));
		return -EIO;
	}
	return 0;
}

static int output_failed(const struct run *run, int err)
{
	const char *name = strcmp(run->rec->output, "-") ? run->rec->output : "standard output";

	if (err == -ENOSPC || err == -EDQUOT)
		kp_err("%s: %s; what was written until then is readable", name, strerror(-err));
	else if (err == -EPIPE)
		kp_err("%s: its reader has gone", name);
	else
		kp_err("%s: writing failed: %s", name, strerror(-err));
	return -EIO;
}

/* A packed file may have room again once what is gathered has been compressed. */
static int put_record(struct run *run, const void *data, size_t size)
{
	int err = kp_writer_put(run->writer, data, size);

	if (err != -EFBIG || !run->rec->zstd_level)
		return err;
	err = kp_writer_round(run->writer);
	return err ? err : kp_writer_put(run->writer, data, size);
}

/* Of a span that does not fit below --max-size as a whole, its first records do. */
static int put_what_fits(struct run *run, const char *data, size_t size)
{
	const struct perf_event_header *hdr;
	size_t at;
	int err = 0;

	for (at = 0; at < size; at += hdr->size) {
		hdr = (const struct perf_event_header *)(data + at);
		if (!err)
			err = put_record(run, hdr, hdr->size);
		run->left_out += err && hdr->type == PERF_RECORD_SAMPLE;
	}
	run->full = err == -EFBIG;
	return err;
}

static int put(void *ctx, const void *data, size_t size)
{
	struct run *run = ctx;
	int err = kp_writer_put(run->writer, data, size);

	return err == -EFBIG ? put_what_fits(run, data, size) : err;
}

/* Flight recorder: the latest side-band records, in memory until somebody asks. */
static int keep_sideband(void *ctx, const void *data, size_t size)
{
	struct run *run = ctx;
	struct kp_buf *buf = &run->sideband;
	size_t drop = 0;

	while (buf->len - drop + size > SIDEBAND_MAX_BYTES && drop < buf->len)
		drop += ((const struct perf_event_header *)(buf->data + drop))->size;
	if (drop) {
		memmove(buf->data, buf->data + drop, buf->len - drop);
		buf->len -= drop;
	}
	return kp_buf_add(buf, data, size);
}

static int close_output(struct run *run)
{
	int err;

	if (!run->writer)
		return 0;
	run->size_bytes += kp_writer_size(run->writer);
	err = kp_writer_close(run->writer);
	run->writer = NULL;
	return err;
}

/* ---- flight recorder ---- */

static int snapshot_name(struct run *run, char **out)
{
	time_t now = time(NULL);
	char stamp[32];
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d%H%M%S", &tm);
	return asprintf(out, "%s.%s%02u", run->rec->output, stamp, run->snapshots++ % 100) < 0
		       ? -ENOMEM
		       : 0;
}

static int write_snapshot(struct run *run)
{
	char *path;
	int err = snapshot_name(run, &path);

	if (err)
		return err;
	err = open_output(run, path);
	if (!err) {
		err = kp_live_synthesize(run->live, put, run);
		if (!err && run->sideband.len)
			err = put(run, run->sideband.data, run->sideband.len);
		if (!err)
			err = kp_live_snapshot(run->live, put, run);
		if (!err)
			err = kp_writer_round(run->writer);
		if (!err)
			err = close_output(run);
		else
			close_output(run);
		if (err && err != -EFBIG)
			err = output_failed(run, err);
	}
	if (!err && !run->rec->quiet)
		fprintf(stderr, "kvmpmu record: snapshot in %s\n", path);
	free(path);
	return err;
}

/* ---- the loop ---- */

static uint64_t total_lost(struct run *run)
{
	const struct kp_live_lost *lost;
	uint64_t sum = 0;
	size_t i, nr;

	lost = kp_live_losts(run->live, &nr);
	for (i = 0; i < nr; i++)
		sum += lost[i].lost;
	return sum;
}

static void format_size(char *buf, size_t size, uint64_t bytes)
{
	if (bytes < 1 << 20)
		snprintf(buf, size, "%.1f kB", (double)bytes / 1024);
	else
		snprintf(buf, size, "%.1f MB", (double)bytes / (1 << 20));
}

static void show_progress(struct run *run)
{
	uint64_t now = now_ns(), samples = kp_live_samples(run->live);
	char size[32];

	if (!run->rec->progress || now - run->progress_ns < PROGRESS_NS)
		return;
	format_size(size, sizeof(size), run->writer ? kp_writer_size(run->writer) : 0);
	fprintf(stderr, "\r\033[K%.1f s  %s  %.0f events/s  %ju lost",
		(double)(now - run->start_ns) / KP_NSEC_PER_SEC, size,
		(double)(samples - run->progress_samples) * KP_NSEC_PER_SEC /
			(double)(now - run->progress_ns),
		(uintmax_t)total_lost(run));
	fflush(stderr);
	run->progress_ns = now;
	run->progress_samples = samples;
	run->progress_shown = true;
}

static int drain(struct run *run)
{
	int ret;

	kp_record_switch_flush(run->sw);
	ret = kp_live_drain(run->live, run->plan->overwrite ? keep_sideband : put, run);

	if (ret > 0 && run->writer)
		ret = kp_writer_round(run->writer);
	return ret > 0 ? 0 : ret;
}

static bool should_stop(struct run *run)
{
	if (kp_sig_stop || run->full)
		return true;
	if (run->rec->argv)
		return kp_workload_poll(&run->workload);
	return kp_live_ended(run->live);
}

static int timeout_ms(const struct run *run)
{
	uint64_t passed = now_ns() - run->start_ns, left;

	if (!run->rec->duration_ns)
		return WAIT_MS;
	if (passed >= run->rec->duration_ns)
		return -1;
	left = (run->rec->duration_ns - passed + 999999) / 1000000;
	return (int)kp_min_u64(left, WAIT_MS);
}

static int loop(struct run *run)
{
	struct kp_source *src = kp_live_source(run->live);
	int err, timeout;

	while (!should_stop(run)) {
		timeout = timeout_ms(run);
		if (timeout < 0)
			return 0;
		err = src->ops->wait(src, timeout);
		if (err < 0)
			return err;
		err = drain(run);
		if (err)
			return err;
		if (kp_sig_snapshot) {
			kp_sig_snapshot = 0;
			err = run->plan->overwrite ? write_snapshot(run) : 0;
			if (err)
				return err;
		}
		show_progress(run);
	}
	return 0;
}

/* ---- begin and end ---- */

static int start_workload(struct run *run)
{
	int err;

	if (!run->rec->argv)
		return 0;
	err = kp_workload_start(&run->workload, run->rec->argv, strcmp(run->rec->output, "-"));
	if (err)
		kp_err("%s: cannot be started: %s%s", run->rec->argv[0], strerror(-err),
		       kp_workload_advice(err));
	else if (run->rec->req.target == KP_TARGET_WORKLOAD)
		err = kp_vec_push(&run->rec->ids, run->workload.pid);
	return err ? -EIO : 0;
}

static int make_plan(struct run *run, const struct kp_host *host)
{
	struct kp_tracepoint_db tps = kp_tracepoint_db_live(host);
	struct kp_record *rec = run->rec;
	char text[1024];
	size_t i;
	int err;

	rec->req.events = rec->events.at;
	rec->req.nr_events = rec->events.nr;
	rec->req.ids = rec->ids.at;
	rec->req.nr_ids = rec->ids.nr;
	err = kp_plan_make(&rec->req, host, &tps, &run->plan, text, sizeof(text));
	if (err) {
		kp_err("%s", text[0] ? text : strerror(-err));
		return err;
	}
	for (i = 0; i < run->plan->nr_warnings; i++)
		kp_warn("%s", run->plan->warnings[i]);
	for (i = 0; i < run->plan->nr_notes; i++)
		kp_info("%s", run->plan->notes[i]);
	return 0;
}

/* Inherited events are one file a task and CPU, the others one a task. */
static bool may_stop_inheriting(const struct run *run, int err)
{
	const struct kp_request *req = &run->rec->req;

	return err == -EMFILE && !req->no_inherit &&
	       (req->target == KP_TARGET_PIDS || req->target == KP_TARGET_TIDS);
}

static int open_live(struct run *run, const struct kp_host *host)
{
	char text[1024];
	const char *warning;
	size_t i;
	int err;

	err = make_plan(run, host);
	if (err)
		return err;
	err = kp_live_open(run->plan, host, true, &run->live, text, sizeof(text));
	if (may_stop_inheriting(run, err)) {
		kp_warn("too many open files for every task on every CPU: threads and children "
			"that start later are left out (-i); ulimit -n raises the limit");
		run->rec->req.no_inherit = true;
		kp_plan_free(run->plan);
		run->plan = NULL;
		return open_live(run, host);
	}
	if (err) {
		kp_err("%s", text);
		return err == -EINVAL ? -EIO : err; /* the kernel's no is not a usage error */
	}
	for (i = 0; (warning = kp_live_warning(run->live, i)); i++)
		kp_warn("%s", warning);
	kp_live_source(run->live)->meta.cmdline = run->rec->cmdline;
	run->rec->cmdline = NULL;
	return 0;
}

static int too_small(const struct run *run)
{
	kp_err("--max-size %ju: not even what must stand before the first event fits",
	       (uintmax_t)run->rec->max_size_bytes);
	return -EINVAL;
}

static int begin(struct run *run)
{
	int err;

	if (!run->plan->overwrite) {
		err = open_output(run, run->rec->output);
		if (err)
			return err;
		err = kp_live_synthesize(run->live, put, run);
		if (err == -EFBIG)
			return too_small(run);
		if (err)
			return output_failed(run, err);
	}
	kp_record_irqs_begin(run->live);
	err = kp_live_enable(run->live);
	if (err) {
		kp_err("the events cannot be started: %s", strerror(-err));
		return -EIO;
	}
	kp_record_switch_start(run->sw);
	run->start_ns = run->progress_ns = now_ns();
	err = kp_workload_go(&run->workload);
	if (err) {
		kp_err("%s: %s", run->rec->argv[0], strerror(-err));
		return -EIO;
	}
	return 0;
}

static int finish(struct run *run)
{
	int err, ret;

	kp_record_switch_stop(run->sw);
	kp_live_disable(run->live);
	kp_record_irqs_end(run->live);
	err = run->full ? 0 : drain(run);
	if (!err && run->plan->overwrite)
		return write_snapshot(run);
	if (!err && !run->full)
		err = kp_live_finish(run->live, put, run) ?: kp_writer_irqs(run->writer);
	ret = close_output(run);
	return err && err != -EFBIG ? err : ret;
}

static void print_losses(struct run *run)
{
	const struct kp_live_lost *lost;
	const char *sep = " (";
	size_t i, nr;

	lost = kp_live_losts(run->live, &nr);
	for (i = 0; i < nr; i++) {
		if (!lost[i].lost)
			continue;
		if (lost[i].has_cpu)
			fprintf(stderr, "%sCPU %u: %ju", sep, lost[i].cpu, (uintmax_t)lost[i].lost);
		else
			fprintf(stderr, "%stasks: %ju", sep, (uintmax_t)lost[i].lost);
		sep = ", ";
	}
	fprintf(stderr, "); a larger -m loses less\n");
}

static void print_summary(struct run *run)
{
	uint64_t lost = run->plan->overwrite ? 0 : total_lost(run);
	char size[32];

	if (run->progress_shown)
		fprintf(stderr, "\r\033[K");
	/* the flight recorder has named each of its snapshots when it was written */
	if (run->rec->quiet || run->plan->overwrite)
		return;
	format_size(size, sizeof(size), run->size_bytes);
	if (run->full)
		fprintf(stderr, "kvmpmu record: stopped at --max-size\n");
	fprintf(stderr, "kvmpmu record: %.3f s, %ju events, %s in %s; ",
		(double)(now_ns() - run->start_ns) / KP_NSEC_PER_SEC,
		(uintmax_t)(kp_live_samples(run->live) - run->left_out), size,
		strcmp(run->rec->output, "-") ? run->rec->output : "standard output");
	if (!lost) {
		fprintf(stderr, "none lost\n");
		return;
	}
	fprintf(stderr, "%ju lost", (uintmax_t)lost);
	print_losses(run);
}

static int record(struct run *run, const struct kp_host *host)
{
	int err, ret;

	err = start_workload(run);
	if (!err)
		err = open_live(run, host);
	if (!err)
		err = kp_record_switch_open(run->rec, run->live, run->plan, host, &run->sw);
	if (!err)
		err = begin(run);
	if (err)
		return err;
	err = loop(run);
	if (!kp_workload_end(&run->workload))
		kp_warn("%s does not end at SIGTERM: left running", run->rec->argv[0]);
	if (err == -EFBIG)
		err = 0;
	ret = err ? (close_output(run), err) : finish(run);
	if (ret && ret != -EIO)
		ret = output_failed(run, ret);
	print_summary(run);
	return ret;
}

int kp_record_run(struct kp_record *rec, const struct kp_host *host)
{
	struct run run = { .rec = rec };
	int err;

	catch_signals();
	err = record(&run, host);
	close_output(&run);
	kp_workload_end(&run.workload);
	kp_swrec_close(run.sw);
	kp_live_free(run.live);
	kp_plan_free(run.plan);
	kp_buf_free(&run.sideband);
	return err ? kp_record_exit_code(err) : kp_workload_exit(&run.workload);
}
