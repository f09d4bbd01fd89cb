/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * loghist.h - log-linear histograms of a fixed size, and the buckets that all histograms of kvmpmu
 * share, so that they can be added to each other: those of the model, and those that BPF programs
 * fill in the kernel (src/bpf/switch.bpf.c).
 */
#ifndef KP_LIB_LOGHIST_H
#define KP_LIB_LOGHIST_H

#include "kp.h"

/*
 * An octave [2^k, 2^k+1) is cut into 16 buckets; a value is reported as the middle of its bucket,
 * so it is off by at most 1/32. Values below 16 have a bucket each.
 */
#define KP_LOGHIST_SUB_BITS 4
#define KP_LOGHIST_SUBS	    (1u << KP_LOGHIST_SUB_BITS)

/* Octaves of struct kp_loghist: up to 2^36 ns, 69 s; what is more falls into the last bucket. */
#define KP_LOGHIST_OCTAVES 33
#define KP_LOGHIST_BUCKETS (KP_LOGHIST_OCTAVES * KP_LOGHIST_SUBS)

static inline unsigned int kp_loghist_octave(uint64_t v)
{
	return v < KP_LOGHIST_SUBS ? 0
				   : 64 - KP_LOGHIST_SUB_BITS - (unsigned int)__builtin_clzll(v);
}

static inline unsigned int kp_loghist_sub(uint64_t v, unsigned int octave)
{
	return (unsigned int)(v >> (octave ? octave - 1 : 0)) & (KP_LOGHIST_SUBS - 1);
}

/** kp_loghist_value - the middle of a bucket */
uint64_t kp_loghist_value(unsigned int octave, unsigned int sub);

/** struct kp_loghist - zero-initialise; @min and @max are 0 when @count is */
struct kp_loghist {
	uint64_t count, total, min, max;
	uint64_t n[KP_LOGHIST_BUCKETS];
};

void kp_loghist_add(struct kp_loghist *h, uint64_t v);
void kp_loghist_merge(struct kp_loghist *h, const struct kp_loghist *src);

/**
 * kp_loghist_since - what came to @old until @now; min and max are @now's, as those of a part are
 * not kept
 */
void kp_loghist_since(const struct kp_loghist *now, const struct kp_loghist *old,
		      struct kp_loghist *out);

/** kp_loghist_percentile - nearest rank of the fraction @q; 0 when @h is empty */
uint64_t kp_loghist_percentile(const struct kp_loghist *h, double q);

#endif
