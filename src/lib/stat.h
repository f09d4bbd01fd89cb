/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stat.h - statistics of benchmark samples that ask nothing of their distribution: order
 * statistics, ranks, fences. Pure: numbers in, numbers out.
 */
#ifndef KP_LIB_STAT_H
#define KP_LIB_STAT_H

#include "kp.h"

/** KP_STAT_CI_MIN - samples without which no interval of 95% between two of them exists */
#define KP_STAT_CI_MIN 6

/**
 * struct kp_stat - a set of samples in a few numbers, in the samples' unit
 * @median, @q1, @q3: by linear interpolation (Hyndman and Fan's definition 7, as in R)
 * @mad: median absolute deviation from the median, unscaled
 * @ci_low, @ci_high: samples between which the true median lies with at least 95%; NaN below
 *	KP_STAT_CI_MIN samples
 * @fence_low, @fence_high: Tukey's fences, 1.5 times the interquartile range from the quartiles
 * @outliers: samples outside the fences
 */
struct kp_stat {
	size_t nr;
	double min, max;
	double median, q1, q3;
	double mad;
	double ci_low, ci_high;
	double fence_low, fence_high;
	size_t outliers;
};

/** kp_stat_of - 0, -EINVAL no samples, -ENOMEM; @x is not changed */
int kp_stat_of(const double *x, size_t nr, struct kp_stat *out);

/** kp_stat_ci_pct - half the interval of the median in percent of it; NaN: not known */
double kp_stat_ci_pct(const struct kp_stat *s);

/**
 * kp_stat_median_ranks - ranks (from 1) of the two samples of @nr, as near as can be, between which
 * the median lies with 95%. false: too few samples
 */
bool kp_stat_median_ranks(size_t nr, size_t *low, size_t *high);

/**
 * struct kp_stat_diff - how @b differs from @a
 * @shift: Hodges-Lehmann: median of all differences b - a, in the samples' unit
 * @u: Mann-Whitney U of b: pairs in which b is larger, equal ones counting one half
 * @cliff: Cliff's delta, -1 (every b is smaller) to 1 (every b is larger)
 * @p: two-sided probability of a U so far from its middle if both were alike. Exact where there are
 *	no ties and few samples, else the normal approximation, corrected for ties and continuity
 */
struct kp_stat_diff {
	double shift;
	double u;
	double cliff;
	double p;
};

/** kp_stat_compare - 0, -EINVAL one of them is empty, -ENOMEM */
int kp_stat_compare(const double *a, size_t nr_a, const double *b, size_t nr_b,
		    struct kp_stat_diff *out);

#endif
