/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * order.h - runs of sorted events: first in, first out, partly in memory and partly in a temporary
 * file. Shared by order.c, which merges runs, and order_run.c, which keeps them.
 */
#ifndef KP_DECODE_ORDER_H
#define KP_DECODE_ORDER_H

#include <pthread.h>

#include "decode.h"
#include "lib/vec.h"

/** struct kp_extent - a stretch of a run in the spill file */
struct kp_extent {
	struct kp_extent *next;
	uint64_t offset;
	uint64_t nr;
};

/**
 * struct kp_store - memory and file that the runs of one queue share
 * @budget: blocks that may be in memory before the longest run is spilled
 * @used: blocks in runs; @spare: a list of blocks for reuse, which @lock guards; @taken: those of
 *	them that kp_store_take() took, for itself alone
 * @fd: the spill file, -1 until it is needed; unlinked from the start
 * @file_end: where it is written next; @on_file: events in it
 */
struct kp_store {
	size_t budget, used;
	pthread_mutex_t lock;
	struct kp_block *spare, *taken;
	int fd;
	uint64_t file_end, on_file;
};

/**
 * struct kp_run - events with keys that never fall
 *
 * In order: @front (blocks in memory being read), @extents (on file), @back (blocks in memory being
 * written).
 */
struct kp_run {
	struct kp_block *front, *back, *back_last;
	struct kp_extent *extents, *extents_last;
	size_t nr_back;
	uint64_t nr;
};

int kp_store_init(struct kp_store *st, size_t budget);

/** kp_store_take - an empty block that is in no run; NULL: no memory. One thread may, any one */
struct kp_block *kp_store_take(struct kp_store *st);

/** kp_store_back - such a block comes back */
void kp_store_back(struct kp_store *st, struct kp_block *b);

/** kp_run_adopt - a block that is in no run, not empty and in order, becomes the last of @run */
void kp_run_adopt(struct kp_store *st, struct kp_run *run, struct kp_block *b);

/** kp_run_grow - a block more at the end; NULL: no memory */
struct kp_block *kp_run_grow(struct kp_store *st, struct kp_run *run);

/** kp_run_front - front becomes the oldest block, loaded where needed. 1, 0: empty, -errno */
int kp_run_front(struct kp_store *st, struct kp_run *run);

/** kp_block_put - give back a block that has left its run */
void kp_block_put(struct kp_store *st, struct kp_block *b);

/** kp_run_push - append; 0, -ENOMEM. Does not look at the budget */
static inline int kp_run_push(struct kp_store *st, struct kp_run *run, const struct kp_event *ev)
{
	struct kp_block *b = run->back_last;

	if (KP_UNLIKELY(!b || b->nr == KP_BLOCK_EVENTS)) {
		b = kp_run_grow(st, run);
		if (!b)
			return -ENOMEM;
	}
	b->mixed |= !(ev->valid & KP_HAS_TIME);
	b->ev[b->nr++] = *ev;
	run->nr++;
	return 0;
}

/** kp_run_head - the oldest event. 1, 0: empty, -errno */
static inline int kp_run_head(struct kp_store *st, struct kp_run *run, struct kp_event **ev)
{
	int ret = KP_LIKELY(run->front) ? 1 : kp_run_front(st, run);

	if (KP_LIKELY(ret > 0))
		*ev = &run->front->ev[run->front->head];
	return ret;
}

/**
 * kp_run_take - the @nr oldest events, all in the front block, leave the run; they stay where they
 * are in memory. Returns the block when that was all of it: it is the caller's then
 */
static inline struct kp_block *kp_run_take(struct kp_run *run, uint32_t nr)
{
	struct kp_block *b = run->front;

	run->nr -= nr;
	b->head += nr;
	if (b->head < b->nr)
		return NULL;
	run->front = NULL;
	return b;
}

/** kp_run_drop - forget the oldest event, which kp_run_head() showed */
void kp_run_drop(struct kp_store *st, struct kp_run *run);

/** kp_run_spill - move what lies between head and tail to the file. 0 or -errno */
int kp_run_spill(struct kp_store *st, struct kp_run *run);

/** kp_run_spillable - blocks that this would free */
static inline size_t kp_run_spillable(const struct kp_run *run)
{
	/* the last block is being written, and the first is about to be read */
	return run->nr_back > 2 ? run->nr_back - 2 : 0;
}

void kp_run_free(struct kp_store *st, struct kp_run *run);
void kp_store_free(struct kp_store *st);

#endif
