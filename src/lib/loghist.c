// SPDX-License-Identifier: GPL-2.0-only
/*
 * loghist.c - log-linear histograms: add, merge, difference, percentiles. Touches only memory.
 */
#include "lib/loghist.h"

#include <math.h>

/* The middle of a bucket; buckets of one value each below 32. */
uint64_t kp_loghist_value(unsigned int octave, unsigned int sub)
{
	uint64_t low, width;

	if (octave == 0)
		return sub;
	width = 1ull << (octave - 1);
	low = (KP_LOGHIST_SUBS + sub) * width;
	return low + (width - 1) / 2;
}

void kp_loghist_add(struct kp_loghist *h, uint64_t v)
{
	unsigned int o = kp_loghist_octave(v);
	size_t i = o * KP_LOGHIST_SUBS + kp_loghist_sub(v, o);

	h->min = h->count ? kp_min_u64(h->min, v) : v;
	h->max = kp_max_u64(h->max, v);
	h->count++;
	h->total += v;
	h->n[i < KP_LOGHIST_BUCKETS ? i : KP_LOGHIST_BUCKETS - 1]++;
}

void kp_loghist_merge(struct kp_loghist *h, const struct kp_loghist *src)
{
	size_t i;

	if (!src->count)
		return;
	h->min = h->count ? kp_min_u64(h->min, src->min) : src->min;
	h->max = kp_max_u64(h->max, src->max);
	h->count += src->count;
	h->total += src->total;
	for (i = 0; i < KP_LOGHIST_BUCKETS; i++)
		h->n[i] += src->n[i];
}

void kp_loghist_since(const struct kp_loghist *now, const struct kp_loghist *old,
		      struct kp_loghist *out)
{
	size_t i;

	out->count = now->count - old->count;
	out->total = now->total - old->total;
	out->min = out->count ? now->min : 0;
	out->max = out->count ? now->max : 0;
	for (i = 0; i < KP_LOGHIST_BUCKETS; i++)
		out->n[i] = now->n[i] - old->n[i];
}

/* Nearest rank: the smallest value that at least the fraction @q of all values does not exceed. */
uint64_t kp_loghist_percentile(const struct kp_loghist *h, double q)
{
	uint64_t seen = 0, rank = (uint64_t)ceil(q * (double)h->count);
	unsigned int i;

	if (!rank)
		rank = 1;
	for (i = 0; i < KP_LOGHIST_BUCKETS && h->count; i++) {
		seen += h->n[i];
		if (seen >= rank)
			return kp_max_u64(
				h->min, kp_min_u64(h->max, kp_loghist_value(i / KP_LOGHIST_SUBS,
									    i % KP_LOGHIST_SUBS)));
	}
	return h->count ? h->max : 0;
}
