// SPDX-License-Identifier: GPL-2.0-only
/*
 * flow.c - drives source, decoder and order, in one thread or in two with a bounded queue of event
 * batches between them. Knows no file format, no architecture and no model.
 */
#include "flow.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 1024 events of 88 bytes: large enough that a lock per batch does not show, small enough for L2 */
#define BATCH_EVENTS 1024
#define BATCH_NR     8

/* In-band mark of a FINISHED_ROUND: a kind that no decoder makes. */
#define KIND_ROUND KP_EV_MAX

struct batch {
	size_t nr;
	bool last;
	uint64_t done, total;
	struct kp_event ev[BATCH_EVENTS];
};

/* Reading side: fills batches. Used by one thread at a time. */
struct reader {
	struct kp_source *src;
	struct kp_decoder *dec;
	struct kp_flow_result *res;
	const volatile int *stop;
	bool more; /* the record that was decoded last may have another event */
};

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct batch *batch;
	size_t head, tail; /* head: next to fill; tail: next to consume; head - tail <= BATCH_NR */
	atomic_bool abandon;
	struct reader *reader;
};

struct consumer {
	struct kp_order *order;
	const struct kp_flow_opts *opts;
	int (*fn)(void *ctx, const struct kp_event *ev);
	void *ctx;
	uint64_t events;
};

static void note_skipped(struct kp_flow_result *res, int err, uint64_t offset)
{
	if (err == -ENOENT) {
		if (!res->unknown_ids++)
			res->unknown_offset = offset;
	} else if (!res->bad_records++) {
		res->bad_offset = offset;
	}
}

/* Fill @b; b->last is set when there is nothing more to come. */
static void batch_fill(struct reader *r, struct batch *b)
{
	struct kp_raw raw;
	int ret;

	b->nr = 0;
	b->last = false;
	while (b->nr < BATCH_EVENTS) {
		if (r->more) {
			r->more = kp_decode_more(r->dec, &b->ev[b->nr]);
			b->nr += r->more;
			continue;
		}
		ret = kp_source_next(r->src, &raw);
		if (ret <= 0) {
			r->res->source_err = ret;
			b->last = true;
			break;
		}
		r->res->records++;
		ret = kp_decode(r->dec, &raw, &b->ev[b->nr]);
		r->more = ret == KP_DECODE_MORE;
		if (KP_LIKELY(ret == KP_DECODE_EVENT || ret == KP_DECODE_MORE))
			b->nr++;
		else if (ret == KP_DECODE_ROUND)
			b->ev[b->nr++].kind = KIND_ROUND;
		else if (ret < 0)
			note_skipped(r->res, ret, raw.offset);
	}
	if (r->stop && *r->stop)
		b->last = true;
	b->done = b->total = 0;
	if (r->src->ops->progress)
		r->src->ops->progress(r->src, &b->done, &b->total);
}

static int drain(struct consumer *c)
{
	const struct kp_event *ev;
	size_t nr;
	int ret;

	while ((ret = kp_order_span(c->order, &ev, &nr)) > 0) {
		for (; nr; nr--, ev++) {
			c->events++;
			ret = c->fn(c->ctx, ev);
			if (ret)
				return ret;
		}
	}
	return ret;
}

static int batch_consume(struct consumer *c, const struct batch *b)
{
	int err = 0;
	size_t i;

	for (i = 0; i < b->nr && !err; i++) {
		if (KP_UNLIKELY(b->ev[i].kind == KIND_ROUND)) {
			kp_order_round(c->order);
			err = drain(c);
		} else {
			err = kp_order_push(c->order, &b->ev[i]);
		}
	}
	if (!err && b->last) {
		kp_order_flush(c->order);
		err = drain(c);
	}
	if (c->opts->progress)
		c->opts->progress(c->opts->progress_ctx, b->done, b->total);
	return err;
}

static int run_single(struct reader *r, struct consumer *c)
{
	struct batch *b = malloc(sizeof(*b));
	int err;

	if (!b)
		return -ENOMEM;
	do {
		batch_fill(r, b);
		err = batch_consume(c, b);
	} while (!err && !b->last);
	free(b);
	return err;
}

static void queue_advance(struct queue *q, size_t *end)
{
	pthread_mutex_lock(&q->lock);
	(*end)++;
	pthread_cond_signal(&q->changed);
	pthread_mutex_unlock(&q->lock);
}

static void *reader_thread(void *arg)
{
	struct queue *q = arg;
	struct batch *b;
	bool last;

	do {
		pthread_mutex_lock(&q->lock);
		while (q->head - q->tail == BATCH_NR && !q->abandon)
			pthread_cond_wait(&q->changed, &q->lock);
		pthread_mutex_unlock(&q->lock);
		if (q->abandon)
			break;
		b = &q->batch[q->head % BATCH_NR];
		batch_fill(q->reader, b);
		last = b->last;
		queue_advance(q, &q->head);
	} while (!last);
	return NULL;
}

static int consume_queue(struct queue *q, struct consumer *c)
{
	struct batch *b;
	bool last;
	int err;

	do {
		pthread_mutex_lock(&q->lock);
		while (q->head == q->tail)
			pthread_cond_wait(&q->changed, &q->lock);
		pthread_mutex_unlock(&q->lock);
		b = &q->batch[q->tail % BATCH_NR];
		last = b->last;
		err = batch_consume(c, b);
		queue_advance(q, &q->tail);
	} while (!err && !last);
	return err;
}

/* The reader takes no signals: they are for the thread that owns the terminal. */
static int start_reader(pthread_t *thread, struct queue *q)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(thread, NULL, reader_thread, q);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -err;
}

static int run_threads(struct reader *r, struct consumer *c)
{
	struct queue q = { .reader = r };
	pthread_t thread;
	int err;

	q.batch = malloc(BATCH_NR * sizeof(*q.batch));
	if (!q.batch)
		return -ENOMEM;
	pthread_mutex_init(&q.lock, NULL);
	pthread_cond_init(&q.changed, NULL);
	err = start_reader(&thread, &q);
	if (!err) {
		err = consume_queue(&q, c);
		pthread_mutex_lock(&q.lock);
		q.abandon = true;
		pthread_cond_signal(&q.changed);
		pthread_mutex_unlock(&q.lock);
		pthread_join(thread, NULL);
	}
	pthread_cond_destroy(&q.changed);
	pthread_mutex_destroy(&q.lock);
	free(q.batch);
	return err;
}

const char *kp_flow_error(int err, char *buf, size_t size)
{
	const char *dir = getenv("TMPDIR");

	if (err == -ENOMEM)
		snprintf(buf, size, "out of memory");
	else
		snprintf(buf, size,
			 "temporary file in %s: %s; set TMPDIR to a directory with room for the "
			 "events that wait for their turn",
			 dir && dir[0] ? dir : "/tmp", strerror(-err));
	return buf;
}

int kp_flow_run(struct kp_source *src, struct kp_decoder *dec, const struct kp_flow_opts *opts,
		int (*fn)(void *ctx, const struct kp_event *ev), void *ctx,
		struct kp_flow_result *res)
{
	const struct kp_order_opts order_opts = { .budget_bytes = opts->order_budget_bytes };
	struct reader r = { .src = src, .dec = dec, .res = res, .stop = opts->stop };
	struct consumer c = { .opts = opts, .fn = fn, .ctx = ctx };
	int err;

	*res = (struct kp_flow_result){ 0 };
	err = kp_order_new(&order_opts, &c.order);
	if (err)
		return err;
	err = opts->single_thread ? run_single(&r, &c) : run_threads(&r, &c);
	res->events = c.events;
	res->late = kp_order_late(c.order);
	kp_order_free(c.order);
	return err;
}
