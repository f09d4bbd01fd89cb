// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_replay.c - a recording as if it happened now: the thread that reads it, tick by tick, at any
 * speed, forward by reading on and backward by reading again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "flow.h"
#include "lib/log.h"
#include "lib/str.h"
#include "top.h"

/**
 * struct replay - where the reading is
 * @start_ns: time of the first event; @tick_ns: when the running tick began; @last_ns: of any event
 * @target_ns: ticks that end before it are passed without being shown
 * @due_ns: when the next frame may be shown, by the wall clock
 */
struct replay {
	struct kp_top *top;
	uint64_t start_ns, tick_ns, last_ns, target_ns, due_ns;
	uint64_t length_ns;
	bool started;
};

/* Reading ends because of a wish: to stop, or to be somewhere that has been passed. */
#define REPLAY_AGAIN -ECANCELED
#define REPLAY_STOP  -EINTR

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * KP_NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* The pace of the frame after this one. */
static void plan_next(struct replay *r, uint64_t wall_ns)
{
	const struct kp_feed *feed = &r->top->feed;
	uint64_t now = now_ns();

	if (feed->speed <= 0) {
		r->due_ns = now;
		return;
	}
	/* a late frame does not make the following ones hurry */
	r->due_ns =
		kp_max_u64(r->due_ns, now > KP_NSEC_PER_SEC / 10 ? now - KP_NSEC_PER_SEC / 10 : 0);
	r->due_ns += (uint64_t)((double)wall_ns / feed->speed);
}

/* A wish to be elsewhere, or the right time to go on. Holds the lock. */
static int wish(struct replay *r, bool at_end)
{
	struct kp_feed *feed = &r->top->feed;
	uint64_t here = r->tick_ns - r->start_ns;

	if (feed->stop)
		return REPLAY_STOP;
	if (feed->seek_ns >= 0) {
		r->target_ns = (uint64_t)feed->seek_ns;
		feed->seek_ns = -1;
		if (r->target_ns >= here && !at_end)
			return 1;
		/* a pipe is read once */
		return strcmp(r->top->input, "-") ? REPLAY_AGAIN : 0;
	}
	if (at_end)
		return 0;
	if (feed->paused) {
		if (!feed->steps)
			return 0;
		feed->steps--;
		return 1;
	}
	return feed->every || now_ns() >= r->due_ns;
}

/* Wait for the next tick's turn. 0, or why reading ends. */
static int wait_turn(struct replay *r, bool at_end)
{
	struct kp_feed *feed = &r->top->feed;
	struct timespec due;
	int ret;

	pthread_mutex_lock(&feed->lock);
	while (!(ret = wish(r, at_end))) {
		if (feed->paused || at_end) {
			pthread_cond_wait(&feed->changed, &feed->lock);
			continue;
		}
		due.tv_sec = (time_t)(r->due_ns / KP_NSEC_PER_SEC);
		due.tv_nsec = (long)(r->due_ns % KP_NSEC_PER_SEC);
		pthread_cond_timedwait(&feed->changed, &feed->lock, &due);
	}
	if (feed->reset)
		kp_framer_reset(r->top->framer);
	feed->reset = false;
	pthread_mutex_unlock(&feed->lock);
	return ret > 0 ? 0 : ret;
}

static uint64_t interval(struct replay *r)
{
	uint64_t ns;

	pthread_mutex_lock(&r->top->feed.lock);
	ns = r->top->feed.interval_ns;
	pthread_mutex_unlock(&r->top->feed.lock);
	return ns;
}

/* A tick ends at @end_ns. Those far before the target leave no trace on its strips. */
static int tick(struct replay *r, uint64_t end_ns, bool last)
{
	uint64_t wall = end_ns - r->tick_ns, at = end_ns - r->start_ns;
	bool passing = at < r->target_ns && !last;
	struct kp_frame *f;
	int err;

	if (passing && at + (KP_STRIP_CELLS + 1) * wall < r->target_ns) {
		r->tick_ns = end_ns;
		return 0;
	}
	err = kp_top_frame(r->top, NULL, at, wall, &f);
	if (err)
		return err;
	r->tick_ns = end_ns;
	if (passing) {
		kp_frame_free(f);
		return 0;
	}
	f->length_ns = r->length_ns;
	f->ended = last;
	plan_next(r, wall);
	kp_feed_put(&r->top->feed, f);
	return r->top->feed.every && last ? 0 : wait_turn(r, last);
}

static int on_event(struct replay *r, const struct kp_event *ev)
{
	uint64_t step;
	int err;

	if (ev->kind == KP_EV_TASK) {
		kp_top_learn(r->top, ev);
	} else if (ev->valid & KP_HAS_TIME) {
		if (!r->started)
			r->start_ns = r->tick_ns = ev->time_ns;
		r->started = true;
		for (step = interval(r);
		     ev->time_ns - r->tick_ns >= step && ev->time_ns > r->tick_ns;
		     step = interval(r)) {
			err = tick(r, r->tick_ns + step, false);
			if (err)
				return err;
		}
		r->last_ns = kp_max_u64(r->last_ns, ev->time_ns);
	}
	return kp_model_add(r->top->model, ev);
}

static int on_events(void *ctx, const struct kp_event *ev, size_t nr)
{
	int err = 0;

	for (; nr && !err; nr--, ev++)
		err = on_event(ctx, ev);
	return err;
}

static int open_source(struct kp_top *top, char *err, size_t size)
{
	int ret = kp_perfdata_open(top->input, &top->src, err, size);

	if (ret)
		return ret;
	ret = kp_decoder_new(&top->src->meta, &top->dec);
	if (!top->dec) {
		snprintf(err, size, "%s: %s", top->input, strerror(-ret));
		return ret;
	}
	return kp_top_model_new(top);
}

static void damage(struct kp_top *top, const struct kp_flow_result *res)
{
	if (res->source_err)
		kp_top_note(top, KP_NOTE_WARNING, "recording", "%s",
			    *kp_source_error(top->src) ? kp_source_error(top->src)
						       : strerror(-res->source_err));
	if (res->bad_records || res->unknown_ids)
		kp_top_note(top, KP_NOTE_WARNING, "recording", "%ju damaged records were skipped",
			    (uintmax_t)(res->bad_records + res->unknown_ids));
}

/* The recording once, from its start to its end or until a wish. */
static int read_once(struct replay *r)
{
	const struct kp_flow_opts opts = { .single_thread = true };
	struct kp_top *top = r->top;
	struct kp_flow_result res;
	char words[512] = "";
	int err;

	r->started = false;
	r->start_ns = r->tick_ns = r->last_ns = 0;
	if (top->src->meta.has_sample_time)
		r->length_ns = top->src->meta.sample_last_ns - top->src->meta.sample_first_ns;
	err = kp_flow_run(top->src, top->dec, &opts, on_events, r, &res);
	if (err == REPLAY_AGAIN || err == REPLAY_STOP)
		return err;
	if (err) {
		kp_feed_fail(&top->feed, err, kp_flow_error(err, words, sizeof(words)));
		return err;
	}
	damage(top, &res);
	r->length_ns = r->last_ns - r->start_ns;
	return tick(r, kp_max_u64(r->last_ns, r->tick_ns), true);
}

static int again(struct replay *r)
{
	struct kp_top *top = r->top;
	char words[512] = "";
	int err;

	kp_top_forget(top);
	kp_framer_rewind(top->framer);
	err = open_source(top, words, sizeof(words));
	if (err)
		kp_feed_fail(&top->feed, err, *words ? words : strerror(-err));
	return err;
}

void *kp_top_replay(void *arg)
{
	struct replay r = { .top = arg };
	uint64_t seek;
	int err;

	if (r.top->seek && !kp_str_duration(r.top->seek, &seek))
		r.target_ns = seek;
	do {
		err = read_once(&r);
		if (err == REPLAY_AGAIN && again(&r))
			break;
	} while (err == REPLAY_AGAIN);
	return NULL;
}

int kp_top_replay_open(struct kp_top *top)
{
	char err[512] = "";
	int ret = open_source(top, err, sizeof(err));
	const char *slash = strrchr(top->input, '/');

	snprintf(top->title, sizeof(top->title), "%.90s", slash ? slash + 1 : top->input);
	if (!ret)
		return KP_EXIT_OK;
	kp_err("top: %s", *err ? err : strerror(-ret));
	return ret == -EACCES || ret == -EPERM ? KP_EXIT_NOT_PERMITTED : KP_EXIT_FAILED;
}
