/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hist.h - distributions of durations: exact count, sum, extremes and deviation, and a log-linear
 * histogram for percentiles. Private to src/model.
 */
#ifndef KP_MODEL_HIST_H
#define KP_MODEL_HIST_H

#include "kp.h"
#include "lib/loghist.h"
#include "lib/vec.h"
#include "model.h"

/*
 * The buckets are those of lib/loghist.h. Most durations of one kind lie within a few octaves: only
 * those that occur get memory, from a pool that all histograms share.
 */
#define KP_HIST_SUB_BITS KP_LOGHIST_SUB_BITS
#define KP_HIST_SUBS	 KP_LOGHIST_SUBS
#define KP_HIST_OCTAVES	 (64 - KP_HIST_SUB_BITS + 1)

struct kp_hist_octave {
	uint64_t n[KP_HIST_SUBS];
};

/**
 * struct kp_hist_pool - zero-initialise; octaves handed out as numbers from 1, at most 65535 (8
 * MiB)
 */
struct kp_hist_pool {
	KP_VEC(struct kp_hist_octave) octaves;
};

void kp_hist_pool_free(struct kp_hist_pool *pool);

/**
 * struct kp_dist - a distribution; zero-initialise
 * @total, @sum_sq: saturate; the deviation is unknown then
 * @untimed: counted, but without a duration
 * @octave: number of each octave's buckets in the pool, 0: none yet
 * @incomplete: the pool had no room: percentiles are unknown
 */
struct kp_dist {
	uint64_t count, untimed;
	uint64_t total, min, max;
	unsigned __int128 sum_sq;
	uint16_t octave[KP_HIST_OCTAVES];
	bool incomplete;
};

/** kp_dist_octave_new - give @dist buckets for octave @o; false when there is no room */
bool kp_dist_octave_new(struct kp_hist_pool *pool, struct kp_dist *dist, unsigned int o);

/** kp_dist_add - one duration; the hot path of every analysis */
static inline void kp_dist_add(struct kp_hist_pool *pool, struct kp_dist *dist, uint64_t v)
{
	unsigned int o = kp_loghist_octave(v);
	unsigned __int128 sq = (unsigned __int128)v * v;

	if (KP_UNLIKELY(v < dist->min || !dist->count))
		dist->min = v;
	if (KP_UNLIKELY(v > dist->max))
		dist->max = v;
	dist->count++;
	if (__builtin_add_overflow(dist->total, v, &dist->total))
		dist->total = UINT64_MAX;
	if (__builtin_add_overflow(dist->sum_sq, sq, &dist->sum_sq))
		dist->sum_sq = ~(unsigned __int128)0;
	if (KP_UNLIKELY(!dist->octave[o]) && !kp_dist_octave_new(pool, dist, o))
		return;
	pool->octaves.at[dist->octave[o] - 1].n[kp_loghist_sub(v, o)]++;
}

/** kp_dist_merge - add @src, whose buckets are in @src_pool, to @dist in @pool */
void kp_dist_merge(struct kp_hist_pool *pool, struct kp_dist *dist,
		   const struct kp_hist_pool *src_pool, const struct kp_dist *src);

/** kp_dist_buckets - how many buckets hold anything; those into @out unless it is NULL */
size_t kp_dist_buckets(const struct kp_hist_pool *pool, const struct kp_dist *dist,
		       struct kp_snap_bucket *out);

/** kp_dist_stat - what a snapshot shows of it */
void kp_dist_stat(const struct kp_hist_pool *pool, const struct kp_dist *dist, struct kp_stat *out);

#endif
