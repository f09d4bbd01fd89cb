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

/* 1024 events at most: a lock per batch does not show */
#define BATCH_PARTS 4
#define BATCH_NR    32

/* struct part - events, NULL: none, that were read; @round: a FINISHED_ROUND came behind them */
struct part {
	struct kp_block *block;
	bool round;
};

struct batch {
	size_t nr;
	bool last;
	int err;
	uint64_t done, total;
	struct part part[BATCH_PARTS];
};

/*
 * Reading side: fills batches. Lives on the stack of the thread that reads, with what it counts: no
 * line of it may be one that the consumer writes, or both would wait for it with every event.
 * @order: only for its empty blocks; @fill: the block that events go to first
 * @more: the record that was decoded last may have another event
 */
struct reader {
	struct kp_source *src;
	struct kp_decoder *dec;
	struct kp_flow_result res;
	const volatile int *stop;
	struct kp_order *order;
	struct kp_block *fill;
	bool more;
};

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct batch *batch;
	size_t head, tail; /* head: next to fill; tail: next to consume; head - tail <= BATCH_NR */
	unsigned int waits; /* how many of the two sides */
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

/* The next event there is to @ev; KP_DECODE_EVENT, KP_DECODE_ROUND, or KP_DECODE_NONE: the end. */
static int next_event(struct reader *r, struct kp_event *ev)
{
	struct kp_raw raw;
	int ret;

	if (KP_UNLIKELY(r->more)) {
		r->more = kp_decode_more(r->dec, ev);
		if (r->more)
			return KP_DECODE_EVENT;
	}
	while ((ret = kp_source_next(r->src, &raw)) > 0) {
		r->res.records++;
		ret = kp_decode(r->dec, &raw, ev);
		if (KP_LIKELY(ret == KP_DECODE_EVENT) || ret == KP_DECODE_ROUND)
			return ret;
		r->more = ret == KP_DECODE_MORE;
		if (r->more)
			return KP_DECODE_EVENT;
		if (ret < 0)
			note_skipped(&r->res, ret, raw.offset);
	}
	r->res.source_err = ret;
	return KP_DECODE_NONE;
}

/*
 * Fill r->fill until it is full or had better go; *@begun: the next one's first event is behind it.
 * Result as next_event()
 */
static int block_fill(struct reader *r, bool *begun)
{
	struct kp_block *b = r->fill;
	int ret;

	while (b->nr < KP_BLOCK_EVENTS) {
		ret = next_event(r, &b->ev[b->nr]);
		if (KP_UNLIKELY(ret != KP_DECODE_EVENT))
			return ret;
		*begun = kp_block_breaks(b);
		if (KP_UNLIKELY(*begun))
			break;
		kp_block_add(b);
	}
	return KP_DECODE_EVENT;
}

/* 1, 0: that was all, -ENOMEM */
static int part_fill(struct reader *r, struct part *p)
{
	struct kp_block *b = r->fill;
	bool begun = false;
	int ret = block_fill(r, &begun);
	uint32_t nr = b->nr;

	*p = (struct part){ .round = ret == KP_DECODE_ROUND };
	if (nr) {
		p->block = kp_order_block(r->order, b);
		if (!p->block)
			return -ENOMEM;
	}
	if (begun) {
		b->ev[0] = b->ev[nr];
		kp_block_add(b);
	}
	return ret != KP_DECODE_NONE;
}

/* Fill @b; b->last is set when there is nothing more to come. */
static void batch_fill(struct reader *r, struct batch *b)
{
	int ret = 1;

	for (b->nr = 0; ret > 0 && b->nr < BATCH_PARTS; b->nr++)
		ret = part_fill(r, &b->part[b->nr]);
	b->err = ret < 0 ? ret : 0;
	b->last = ret <= 0 || (r->stop && *r->stop);
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
		for (c->events += nr; nr; nr--, ev++) {
			ret = c->fn(c->ctx, ev);
			if (ret)
				return ret;
		}
	}
	return ret;
}

static int part_consume(struct consumer *c, struct part *p)
{
	struct kp_block *b = p->block;
	int err;

	p->block = NULL;
	err = b ? kp_order_give(c->order, b) : 0;
	if (err || !p->round)
		return err;
	kp_order_round(c->order);
	return drain(c);
}

static int batch_consume(struct consumer *c, struct batch *b)
{
	int err = 0;
	size_t i;

	for (i = 0; i < b->nr && !err; i++)
		err = part_consume(c, &b->part[i]);
	if (!err)
		err = b->err;
	if (!err && b->last) {
		kp_order_flush(c->order);
		err = drain(c);
	}
	if (c->opts->progress)
		c->opts->progress(c->opts->progress_ctx, b->done, b->total);
	return err;
}

/* What nobody consumed, because something failed. */
static void batch_drop(struct batch *b)
{
	size_t i;

	for (i = 0; i < b->nr; i++)
		kp_block_free(b->part[i].block);
	b->nr = 0;
}

static int run_single(struct reader *r, struct consumer *c)
{
	struct batch b;
	int err;

	do {
		batch_fill(r, &b);
		err = batch_consume(c, &b);
	} while (!err && !b.last);
	batch_drop(&b);
	return err;
}

/*
 * A side that had to wait goes on when the other has done half the queue, not one batch: waking it
 * costs more than a batch. @last: nothing comes behind
 */
static void queue_advance(struct queue *q, size_t *end, bool last)
{
	size_t filled;

	pthread_mutex_lock(&q->lock);
	(*end)++;
	filled = q->head - q->tail;
	if (q->waits && (last || filled == BATCH_NR / 2))
		pthread_cond_signal(&q->changed);
	pthread_mutex_unlock(&q->lock);
}

/* Until there are fewer batches than BATCH_NR, or more than none; the caller holds the lock. */
static void queue_wait(struct queue *q, size_t not)
{
	while (q->head - q->tail == not && !q->abandon) {
		q->waits++;
		pthread_cond_wait(&q->changed, &q->lock);
		q->waits--;
	}
}

static void *reader_thread(void *arg)
{
	struct queue *q = arg;
	struct reader r = *q->reader;
	struct batch *b;
	bool last;

	do {
		pthread_mutex_lock(&q->lock);
		queue_wait(q, BATCH_NR);
		pthread_mutex_unlock(&q->lock);
		if (q->abandon)
			break;
		b = &q->batch[q->head % BATCH_NR];
		batch_fill(&r, b);
		last = b->last;
		queue_advance(q, &q->head, last);
	} while (!last);
	*q->reader = r;
	return NULL;
}

static int consume_queue(struct queue *q, struct consumer *c)
{
	struct batch *b;
	bool last;
	int err;

	do {
		pthread_mutex_lock(&q->lock);
		queue_wait(q, 0);
		pthread_mutex_unlock(&q->lock);
		b = &q->batch[q->tail % BATCH_NR];
		last = b->last;
		err = batch_consume(c, b);
		queue_advance(q, &q->tail, last);
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
	struct batch batches[BATCH_NR] = { 0 };
	struct queue q = { .reader = r, .batch = batches };
	pthread_t thread;
	size_t i;
	int err;

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
	for (i = 0; i < BATCH_NR; i++)
		batch_drop(&batches[i]);
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
	struct reader r = { .src = src, .dec = dec, .stop = opts->stop };
	struct consumer c = { .opts = opts, .fn = fn, .ctx = ctx };
	int err;

	*res = (struct kp_flow_result){ 0 };
	err = kp_order_new(&order_opts, &c.order);
	if (err)
		return err;
	r.order = c.order;
	r.fill = kp_block_new();
	err = !r.fill		    ? -ENOMEM
	      : opts->single_thread ? run_single(&r, &c)
				    : run_threads(&r, &c);
	*res = r.res;
	res->events = c.events;
	res->late = kp_order_late(c.order);
	kp_block_free(r.fill);
	kp_order_free(c.order);
	return err;
}
