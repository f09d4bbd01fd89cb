// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_batch.c - top --batch: each tick as a document, in text, JSON or CSV, as long as is wanted or
 * a command runs.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "top.h"

static struct kp_val rate(const struct kp_frame *f, struct kp_num n)
{
	if (!n.known || !f->wall_ns)
		return kp_val_none();
	return kp_val_f64((double)n.tick * KP_NSEC_PER_SEC / (double)f->wall_ns);
}

/* Of all CPUs' time: a host with two of them has two seconds a second. */
static struct kp_val share(const struct kp_frame *f, struct kp_num n)
{
	if (!n.known || !f->wall_ns || !f->nr_cpus)
		return kp_val_none();
	return kp_val_f64(100.0 * (double)n.tick / (double)f->wall_ns / (double)f->nr_cpus);
}

static void head(const struct kp_frame *f, struct kp_out *out)
{
	kp_out_field(out, "source", NULL, KP_UNIT_NONE, kp_val_str(f->title));
	kp_out_field(out, "tick", NULL, KP_UNIT_NONE, kp_val_u64(f->seq));
	kp_out_field(out, "at_ns", NULL, KP_UNIT_NS, kp_val_u64(f->at_ns));
	kp_out_field(out, "wall_ns", "Tick", KP_UNIT_NS, kp_val_u64(f->wall_ns));
	kp_out_field(out, "vms", NULL, KP_UNIT_NONE,
		     f->host_vms < 0 ? kp_val_none() : kp_val_u64((uint64_t)f->host_vms));
	kp_out_field(out, "entry_exit", NULL, KP_UNIT_NONE, kp_val_bool(f->has_entry_exit));
	kp_out_field(out, "events_per_sec", "Events/s", KP_UNIT_PER_SEC, rate(f, f->events));
	kp_out_field(out, "lost", "Lost", KP_UNIT_COUNT,
		     f->lost.known ? kp_val_u64(f->lost.tick) : kp_val_none());
	kp_out_field(out, "exits_per_sec", "Exits/s", KP_UNIT_PER_SEC, rate(f, f->exits));
	kp_out_field(out, "switches_per_sec", "Switches/s", KP_UNIT_PER_SEC, rate(f, f->switches));
	kp_out_field(out, "switch_ns_per_sec", "Switch cost/s", KP_UNIT_NS, rate(f, f->switch_ns));
	kp_out_field(out, "host_blind_pct", "Host-blind%", KP_UNIT_PERCENT, share(f, f->blind_ns));
	kp_out_field(out, "nmis_per_sec", "NMI/s", KP_UNIT_PER_SEC, rate(f, f->nmis));
	kp_out_field(out, "pmis_per_sec", "PMI/s", KP_UNIT_PER_SEC, rate(f, f->pmis));
	kp_out_field(out, "vpmis_per_sec", "VPMI/s", KP_UNIT_PER_SEC, rate(f, f->vpmis));
}

/* Text leaves out columns in which no row has anything, and those that only a screen can show. */
static bool shown(const struct kp_top *top, const struct kp_table *t, unsigned int c)
{
	const struct kp_tab_row *row;
	enum kp_col id = KP_COL_ID(t->cols[c]);

	if (id == KP_COL_HISTORY || id == KP_COL_LATENCY)
		return false;
	if (strcmp(top->format, "text"))
		return true;
	kp_vec_for_each (row, &t->rows)
		if (row->cell[c].type != KP_VAL_NONE)
			return true;
	return false;
}

static void table(const struct kp_top *top, const struct kp_table *t, struct kp_out *out)
{
	enum kp_col cols[KP_TAB_COLS_MAX];
	struct kp_val cells[KP_TAB_COLS_MAX];
	unsigned int c, n, at[KP_TAB_COLS_MAX];
	const struct kp_tab_row *row;

	for (c = n = 0; c < t->nr_cols; c++) {
		if (!shown(top, t, c))
			continue;
		at[n] = c;
		cols[n++] = t->cols[c];
	}
	if (!n)
		return;
	kp_out_table(out, kp_tab_keys[t->id], kp_tab_titles[t->id], cols, n);
	kp_vec_for_each (row, &t->rows) {
		for (c = 0; c < n; c++)
			cells[c] = row->cell[at[c]];
		kp_out_row(out, cells);
	}
	kp_out_table_end(out);
}

int kp_top_batch_write(const struct kp_top *top, const struct kp_frame *f)
{
	char title[200];
	const struct kp_out_opts opts = {
		.format = top->format,
		.stream = stdout,
		.schema = "kvmpmu-top/1",
		.title = title,
		.color = top->ctx->color,
	};
	struct kp_table t = { 0 };
	struct kp_view v;
	struct kp_out *out;
	int err, id;

	snprintf(title, sizeof(title), "kvmpmu top: %s, at %.3f s", f->title,
		 (double)f->at_ns / KP_NSEC_PER_SEC);
	err = kp_out_new(&opts, &out);
	if (err)
		return err;
	kp_view_init(&v);
	v.tree = false;
	head(f, out);
	for (id = 0; id < KP_TAB_NR && !err; id++) {
		err = kp_table_make(f, &v, (enum kp_tab)id, &t);
		table(top, &t, out);
	}
	kp_table_free(&t);
	if (err) {
		kp_out_free(out);
		return err;
	}
	err = kp_out_finish(out);
	return err ? err : fflush(stdout) ? -errno : 0;
}

/* ---- the command, if there is one ---- */

/* the signal flag */
static volatile sig_atomic_t kp_top_stop;

/**
 * struct batch - @written: ticks; @old_mask: of signals, in force while waiting only
 */
struct batch {
	struct kp_top *top;
	uint64_t written;
	bool going, ended;
	sigset_t old_mask;
};

static void on_signal(int sig)
{
	if (sig != SIGCHLD)
		kp_top_stop = sig;
}

/* With a command only: without one there is nothing to do before a signal ends us. */
static void catch_signals(struct batch *b)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD };
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t block;
	size_t i;

	kp_top_stop = 0;
	sigemptyset(&block);
	for (i = 0; i < KP_ARRAY_SIZE(signals); i++) {
		sigaction(signals[i], &sa, NULL);
		sigaddset(&block, signals[i]);
	}
	pthread_sigmask(SIG_BLOCK, &block, &b->old_mask);
}

/* With the first frame events are open, or it says why there are none. */
static int let_go(struct batch *b)
{
	int err = b->going ? 0 : kp_workload_go(&b->top->workload);

	b->going = true;
	if (err)
		kp_err("top: %s: %s", b->top->argv[0], strerror(-err));
	return err;
}

/* What the command did until its end is worth a tick, however short. */
static void look_after(struct batch *b)
{
	if (kp_top_stop || kp_workload_poll(&b->top->workload))
		kp_feed_finish(&b->top->feed);
}

static int end_command(struct batch *b)
{
	struct kp_top *top = b->top;

	if (!kp_workload_end(&top->workload))
		kp_warn("%s does not end at SIGTERM: left running", top->argv[0]);
	return kp_workload_exit(&top->workload);
}

/* ---- ticks ---- */

/* A frame at 0 ns is no tick: it says what there was before. */
static int on_frame(struct batch *b, const struct kp_frame *f)
{
	int err = let_go(b);

	if (err || (!f->wall_ns && !f->ended))
		return err;
	b->ended = f->ended;
	err = kp_top_batch_write(b->top, f);
	b->written++;
	if (err && err != -EPIPE)
		kp_err("top: output: %s", strerror(-err));
	return err;
}

static int take(struct batch *b)
{
	struct kp_feed *feed = &b->top->feed;
	const struct kp_frame *f = kp_feed_take(feed);
	int err = f ? on_frame(b, f) : 0, failed;

	pthread_mutex_lock(&feed->lock);
	failed = f ? 0 : feed->failed;
	pthread_mutex_unlock(&feed->lock);
	if (failed)
		kp_err("top: %s", feed->error);
	return failed ? failed : err;
}

int kp_top_batch(struct kp_top *top)
{
	struct batch b = { .top = top };
	struct pollfd pfd = { .fd = top->feed.fd, .events = POLLIN };
	int err = 0, status;

	if (top->argv)
		catch_signals(&b);
	while (!err && !b.ended && (!top->ticks || b.written < top->ticks)) {
		if (ppoll(&pfd, 1, NULL, top->argv ? &b.old_mask : NULL) < 0 && errno != EINTR)
			err = -errno;
		if (top->argv)
			look_after(&b);
		if (!err)
			err = take(&b);
	}
	status = end_command(&b);
	return err ? KP_EXIT_FAILED : status;
}
