// SPDX-License-Identifier: GPL-2.0-only
/*
 * hist.c - percentiles from sparse log-linear histograms, and the deviation from exact sums.
 * Touches only memory.
 */
#include "hist.h"

#include <math.h>
#include <string.h>

void kp_hist_pool_free(struct kp_hist_pool *pool)
{
	kp_vec_free(&pool->octaves);
}

bool kp_dist_octave_new(struct kp_hist_pool *pool, struct kp_dist *dist, unsigned int o)
{
	static const struct kp_hist_octave zero;

	if (pool->octaves.nr >= UINT16_MAX || kp_vec_push(&pool->octaves, zero)) {
		dist->incomplete = true;
		return false;
	}
	dist->octave[o] = (uint16_t)pool->octaves.nr;
	return true;
}

void kp_dist_merge(struct kp_hist_pool *pool, struct kp_dist *dist,
		   const struct kp_hist_pool *src_pool, const struct kp_dist *src)
{
	unsigned int o, i;

	dist->untimed += src->untimed;
	if (!src->count)
		return;
	if (!dist->count || src->min < dist->min)
		dist->min = src->min;
	dist->max = kp_max_u64(dist->max, src->max);
	dist->count += src->count;
	if (__builtin_add_overflow(dist->total, src->total, &dist->total))
		dist->total = UINT64_MAX;
	if (__builtin_add_overflow(dist->sum_sq, src->sum_sq, &dist->sum_sq))
		dist->sum_sq = ~(unsigned __int128)0;
	dist->incomplete |= src->incomplete;
	for (o = 0; o < KP_HIST_OCTAVES; o++) {
		if (!src->octave[o] || (!dist->octave[o] && !kp_dist_octave_new(pool, dist, o)))
			continue;
		for (i = 0; i < KP_HIST_SUBS; i++)
			pool->octaves.at[dist->octave[o] - 1].n[i] +=
				src_pool->octaves.at[src->octave[o] - 1].n[i];
	}
}

_Static_assert(KP_BUCKETS == KP_HIST_OCTAVES * KP_HIST_SUBS, "every bucket has a number");

uint64_t kp_bucket_ns(unsigned int bucket)
{
	return kp_loghist_value(bucket / KP_HIST_SUBS, bucket % KP_HIST_SUBS);
}

unsigned int kp_bucket_of(uint64_t ns)
{
	unsigned int o = kp_loghist_octave(ns);

	return o * KP_HIST_SUBS + kp_loghist_sub(ns, o);
}

size_t kp_dist_buckets(const struct kp_hist_pool *pool, const struct kp_dist *dist,
		       struct kp_snap_bucket *out)
{
	const struct kp_hist_octave *oct;
	unsigned int o, i;
	size_t nr = 0;

	for (o = 0; o < KP_HIST_OCTAVES; o++) {
		if (!dist->octave[o])
			continue;
		oct = &pool->octaves.at[dist->octave[o] - 1];
		for (i = 0; i < KP_HIST_SUBS; i++) {
			if (!oct->n[i])
				continue;
			if (out)
				out[nr] = (struct kp_snap_bucket){
					.bucket = (uint16_t)(o * KP_HIST_SUBS + i),
					.count = oct->n[i],
				};
			nr++;
		}
	}
	return nr;
}

/* Nearest rank: the smallest value that at least the fraction @q of all values does not exceed. */
static uint64_t percentile(const struct kp_hist_pool *pool, const struct kp_dist *dist, double q)
{
	uint64_t seen = 0, rank = (uint64_t)ceil(q * (double)dist->count);
	const struct kp_hist_octave *oct;
	unsigned int o, i;

	if (!rank)
		rank = 1;
	for (o = 0; o < KP_HIST_OCTAVES; o++) {
		if (!dist->octave[o])
			continue;
		oct = &pool->octaves.at[dist->octave[o] - 1];
		for (i = 0; i < KP_HIST_SUBS; i++) {
			seen += oct->n[i];
			if (seen >= rank)
				return kp_max_u64(dist->min,
						  kp_min_u64(dist->max, kp_loghist_value(o, i)));
		}
	}
	return dist->max;
}

/*
 * Sum of squared deviations = sum of squares - sum^2 / n, in integers as far as they go: with
 * durations of seconds in ns both terms need more digits than a double has.
 */
static double stddev(const struct kp_dist *d)
{
	unsigned __int128 total = d->total, mean = total / d->count, rest = total % d->count;
	unsigned __int128 sq;

	if (d->count < 2)
		return 0;
	if (d->sum_sq == ~(unsigned __int128)0 || d->total == UINT64_MAX)
		return NAN;
	/* total^2 / n = mean * total + rest * mean + rest^2 / n */
	sq = d->sum_sq - mean * total - rest * mean;
	return sqrt(fmax(0, ((double)sq - (double)rest * (double)rest / (double)d->count)) /
		    (double)(d->count - 1));
}

void kp_dist_stat(const struct kp_hist_pool *pool, const struct kp_dist *dist, struct kp_stat *out)
{
	*out = (struct kp_stat){
		.count = dist->count + dist->untimed,
		.timed = dist->count,
		.total_ns = dist->total,
		.min_ns = dist->min,
		.max_ns = dist->max,
		.stddev_ns = NAN,
	};
	if (!dist->count)
		return;
	out->stddev_ns = stddev(dist);
	if (dist->incomplete)
		return;
	out->has_percentiles = true;
	out->p50_ns = percentile(pool, dist, 0.5);
	out->p99_ns = percentile(pool, dist, 0.99);
	out->p999_ns = percentile(pool, dist, 0.999);
}
