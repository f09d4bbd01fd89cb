// SPDX-License-Identifier: GPL-2.0-only
/*
 * flow.c - drives source, decoder and order, in one thread or in two with a bounded queue of event
 * batches between them. Knows no file format, no architecture and no model.
 */
#include "flow.h"
#include "halves.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Few enough that what is under way stays in the caches that the two cores share, and memory does
 * not see it
 */
#define BATCH_NR 32

/* What one side writes while the other reads it has a line of the cache for itself. */
#define CACHE_LINE 64

/* struct batch - events and rounds that were read, and how far that was; NULL: nothing */
struct batch {
	_Alignas(CACHE_LINE) struct kp_block *block;
	bool last;
	int err;
	uint64_t done, total;
};

/*
 * Reading side: fills batches. Lives on the stack of the thread that reads, with what it counts: no
 * line of it may be one that the consumer writes, or both would wait for it with every event.
 * @order: only for its empty blocks; @fill: the block that is being filled
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

/**
 * struct queue - a ring of batches; one side fills, the other consumes, and none of them takes a
 * lock unless it has to wait
 * @head: the next to fill, @tail: the next to consume; head - tail <= BATCH_NR
 * @tail_seen, @head_seen: as the other side last saw them: enough, as long as they tell of work
 * @waits: how many of the two sides wait, or are about to; both are told by @changed
 */
struct queue {
	_Alignas(CACHE_LINE) atomic_size_t head;
	size_t tail_seen;
	_Alignas(CACHE_LINE) atomic_size_t tail;
	size_t head_seen;
	_Alignas(CACHE_LINE) atomic_uint waits;
	atomic_bool abandon;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct batch *batch;
	struct reader *reader;
	struct kp_source *src;
	struct kp_halves halves;
};

struct consumer {
	struct kp_order *order;
	const struct kp_flow_opts *opts;
	int (*fn)(void *ctx, const struct kp_event *ev, size_t nr);
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
 * What can be decoded many at a time goes to r->fill. *@begun as in kp_decode_plain(); false: a
 * record is there that needs next_event()
 */
static bool plain_events(struct reader *r, bool *begun)
{
	const struct kp_source_ops *ops = r->src->ops;
	struct kp_stretch s;
	const uint8_t *from;
	size_t nr;

	if (!ops->peek || KP_UNLIKELY(r->more) || !ops->peek(r->src, &s))
		return false;
	from = s.data;
	nr = kp_decode_plain(r->dec, &s, r->fill, begun);
	ops->used(r->src, (size_t)(s.data - from));
	r->res.records += nr;
	return nr;
}

/*
 * Fill r->fill until it is full or had better go; *@begun: the next one's first event is behind it.
 * false: there is nothing more to come
 */
static bool block_fill(struct reader *r, bool *begun)
{
	struct kp_block *b = r->fill;
	int ret;

	for (*begun = false; b->nr < KP_BLOCK_EVENTS && !*begun;) {
		if (plain_events(r, begun))
			continue;
		ret = next_event(r, &b->ev[b->nr]);
		if (KP_UNLIKELY(ret == KP_DECODE_NONE))
			return false;
		if (ret == KP_DECODE_ROUND && !kp_block_round(b))
			return true;
		if (ret == KP_DECODE_ROUND)
			continue;
		*begun = kp_block_breaks(b);
		if (!*begun)
			kp_block_add(b);
	}
	return true;
}

/* Fill @b; b->last is set when there is nothing more to come. */
static void batch_fill(struct reader *r, struct batch *b)
{
	bool begun, more = block_fill(r, &begun);

	*b = (struct batch){ .block = r->fill, .last = !more || (r->stop && *r->stop) };
	r->fill = kp_order_spare(r->order);
	if (!r->fill) {
		b->err = -ENOMEM;
		b->last = true;
	} else if (begun) {
		r->fill->ev[0] = b->block->ev[b->block->nr];
		kp_block_add(r->fill);
	}
	if (r->src->ops->progress)
		r->src->ops->progress(r->src, &b->done, &b->total);
}

static int drain(struct consumer *c)
{
	const struct kp_event *ev;
	size_t nr;
	int ret;

	while ((ret = kp_order_span(c->order, &ev, &nr)) > 0) {
		c->events += nr;
		ret = c->fn(c->ctx, ev, nr);
		if (ret)
			return ret;
	}
	return ret;
}

static int batch_consume(struct consumer *c, struct batch *b)
{
	int err = 0;

	while (b->block && !err) {
		err = kp_order_give(c->order, &b->block);
		if (err > 0)
			err = drain(c);
	}
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
	kp_block_free(b->block);
	b->block = NULL;
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
 * @end moves on. A side that had to wait goes on when the other has done half the queue, not one
 * batch: waking it costs more than a batch. @last: nothing comes behind
 */
static void queue_advance(struct queue *q, atomic_size_t *end, bool last)
{
	size_t filled;

	/* before @waits is read, as queue_wait() does the other way round: one sees the other */
	atomic_fetch_add(end, 1);
	if (KP_LIKELY(!q->waits))
		return;
	pthread_mutex_lock(&q->lock);
	filled = q->head - q->tail;
	pthread_mutex_unlock(&q->lock);
	if (last || (end == &q->head ? filled >= BATCH_NR / 2 : filled <= BATCH_NR / 2))
		pthread_cond_signal(&q->changed);
}

/* Until there are fewer batches than BATCH_NR, or more than none. */
static void queue_wait(struct queue *q, size_t while_nr)
{
	pthread_mutex_lock(&q->lock);
	q->waits++;
	while (q->head - q->tail == while_nr && !q->abandon)
		pthread_cond_wait(&q->changed, &q->lock);
	q->waits--;
	pthread_mutex_unlock(&q->lock);
}

/* The reading side: the place of the next batch. NULL: nobody wants it any more */
static struct batch *queue_fill(struct queue *q)
{
	const size_t head = atomic_load_explicit(&q->head, memory_order_relaxed);

	if (head - q->tail_seen == BATCH_NR)
		q->tail_seen = q->tail;
	if (head - q->tail_seen == BATCH_NR) {
		queue_wait(q, BATCH_NR);
		q->tail_seen = q->tail;
	}
	return q->abandon ? NULL : &q->batch[head % BATCH_NR];
}

/* The consuming side: is there a batch? */
static bool queue_has(struct queue *q)
{
	const size_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);

	if (q->head_seen == tail)
		q->head_seen = q->head;
	return q->head_seen != tail;
}

static void *reader_thread(void *arg)
{
	struct queue *q = arg;
	struct reader r = *q->reader;
	struct batch *b;
	bool last;

	kp_halves_other(&q->halves);
	do {
		b = queue_fill(q);
		if (!b)
			break;
		batch_fill(&r, b);
		last = b->last;
		queue_advance(q, &q->head, last);
	} while (!last);
	*q->reader = r;
	return NULL;
}

/* Rather than wait for a batch, take some of the work that the next ones are off the reader. */
static struct batch *queue_next(struct queue *q)
{
	const struct kp_source_ops *ops = q->src->ops;

	while (!queue_has(q))
		if (!ops->ahead || !ops->ahead(q->src))
			queue_wait(q, 0);
	return &q->batch[q->tail % BATCH_NR];
}

static int consume_queue(struct queue *q, struct consumer *c)
{
	struct batch *b;
	bool last;
	int err;

	do {
		b = queue_next(q);
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
	struct queue q = { .reader = r, .src = r->src, .batch = batches };
	pthread_t thread;
	size_t i;
	int err;

	pthread_mutex_init(&q.lock, NULL);
	pthread_cond_init(&q.changed, NULL);
	kp_halves_begin(&q.halves);
	err = start_reader(&thread, &q);
	if (!err) {
		err = consume_queue(&q, c);
		pthread_mutex_lock(&q.lock);
		q.abandon = true;
		pthread_cond_signal(&q.changed);
		pthread_mutex_unlock(&q.lock);
		pthread_join(thread, NULL);
	}
	kp_halves_end(&q.halves);
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
		int (*fn)(void *ctx, const struct kp_event *ev, size_t nr), void *ctx,
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
	err = !r.fill ? -ENOMEM : opts->single_thread ? run_single(&r, &c) : run_threads(&r, &c);
	*res = r.res;
	res->events = c.events;
	res->late = kp_order_late(c.order, &res->late_offset);
	kp_block_free(r.fill);
	kp_order_free(c.order);
	return err;
}
