// SPDX-License-Identifier: GPL-2.0-only
/*
 * stat.c - median, spread, confidence interval and outliers of samples, and the comparison of two
 * sets by their ranks. Sources: Conover, Practical Nonparametric Statistics (interval of a
 * quantile); Mann and Whitney 1947 (U and its recurrence); Hodges and Lehmann 1963; Cliff 1993.
 */
#include "stat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ALPHA	  0.05
#define FENCE	  1.5
#define EXACT_MAX 40 /* samples a side: 1600 values of U, twice that often 40 steps */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double *sorted_copy(const double *x, size_t nr)
{
	double *s = malloc(nr * sizeof(*s));

	if (s) {
		memcpy(s, x, nr * sizeof(*s));
		qsort(s, nr, sizeof(*s), by_value);
	}
	return s;
}

static double quantile(const double *sorted, size_t nr, double q)
{
	double at = q * (double)(nr - 1);
	size_t i = (size_t)at;

	if (i + 1 >= nr)
		return sorted[nr - 1];
	return sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]);
}

/* Sum of the binomial distribution (nr, 1/2) from its end, while at most half of ALPHA. */
bool kp_stat_median_ranks(size_t nr, size_t *low, size_t *high)
{
	double n = (double)nr, log_all = n * log(2), sum = 0;
	size_t k;

	for (k = 0; k < nr; k++) {
		double i = (double)k;

		sum += exp(lgamma(n + 1) - lgamma(i + 1) - lgamma(n - i + 1) - log_all);
		if (sum > ALPHA / 2)
			break;
	}
	if (!k || k == nr)
		return false;
	*low = k;
	*high = nr - k + 1;
	return true;
}

static void outliers(const double *sorted, struct kp_stat *out)
{
	double range = out->q3 - out->q1;
	size_t i;

	out->fence_low = out->q1 - FENCE * range;
	out->fence_high = out->q3 + FENCE * range;
	for (i = 0; i < out->nr; i++)
		out->outliers += sorted[i] < out->fence_low || sorted[i] > out->fence_high;
}

int kp_stat_of(const double *x, size_t nr, struct kp_stat *out)
{
	size_t i, low, high;
	double *s;

	*out = (struct kp_stat){ .nr = nr, .ci_low = NAN, .ci_high = NAN };
	if (!nr)
		return -EINVAL;
	s = sorted_copy(x, nr);
	if (!s)
		return -ENOMEM;
	out->min = s[0];
	out->max = s[nr - 1];
	out->median = quantile(s, nr, 0.5);
	out->q1 = quantile(s, nr, 0.25);
	out->q3 = quantile(s, nr, 0.75);
	outliers(s, out);
	if (kp_stat_median_ranks(nr, &low, &high)) {
		out->ci_low = s[low - 1];
		out->ci_high = s[high - 1];
	}
	for (i = 0; i < nr; i++)
		s[i] = fabs(s[i] - out->median);
	qsort(s, nr, sizeof(*s), by_value);
	out->mad = quantile(s, nr, 0.5);
	free(s);
	return 0;
}

double kp_stat_ci_pct(const struct kp_stat *s)
{
	if (isnan(s->ci_low) || s->median == 0)
		return NAN;
	return 100 * (s->ci_high - s->ci_low) / 2 / fabs(s->median);
}

/* ---- two sets ---- */

static int shift_of(const double *a, size_t na, const double *b, size_t nb, double *out)
{
	double *d = calloc(na, nb * sizeof(*d));
	size_t i, j;

	if (!d)
		return -ENOMEM;
	for (i = 0; i < na; i++)
		for (j = 0; j < nb; j++)
			d[i * nb + j] = b[j] - a[i];
	qsort(d, na * nb, sizeof(*d), by_value);
	*out = quantile(d, na * nb, 0.5);
	free(d);
	return 0;
}

/* Sum of t^3 - t over the groups of t equal values of both sets together. */
static int ties_of(const double *a, size_t na, const double *b, size_t nb, double *out)
{
	size_t i, j, nr = na + nb;
	double *all = malloc(nr * sizeof(*all));

	if (!all)
		return -ENOMEM;
	memcpy(all, a, na * sizeof(*all));
	memcpy(all + na, b, nb * sizeof(*all));
	qsort(all, nr, sizeof(*all), by_value);
	*out = 0;
	for (i = 0; i < nr; i = j) {
		double t;

		for (j = i; j < nr && all[j] == all[i]; j++)
			;
		t = (double)(j - i);
		*out += t * t * t - t;
	}
	free(all);
	return 0;
}

/*
 * P(U <= u). The number of orders of m and n things with that U is the coefficient of q^u in the
 * Gaussian binomial (m + n over m) = product over i = 1..m of (1 - q^(n+i)) / (1 - q^i).
 */
static int exact_cdf(size_t m, size_t n, size_t u, double *out)
{
	size_t i, k, size = m * n + 1;
	double *count = calloc(size, sizeof(*count)), all = 0, low = 0;

	if (!count)
		return -ENOMEM;
	count[0] = 1;
	for (i = 1; i <= m; i++) {
		for (k = size; k-- > n + i;)
			count[k] -= count[k - n - i];
		for (k = i; k < size; k++)
			count[k] += count[k - i];
	}
	for (k = 0; k < size; k++) {
		all += count[k];
		low += k <= u ? count[k] : 0;
	}
	*out = low / all;
	free(count);
	return 0;
}

static double normal_p(double u, size_t na, size_t nb, double ties)
{
	double n = (double)(na + nb), pairs = (double)na * (double)nb;
	double var = pairs / 12 * (n + 1 - ties / (n * (n - 1)));
	double z = fabs(u - pairs / 2) - 0.5;

	if (var <= 0)
		return 1;
	return z <= 0 ? 1 : erfc(z / sqrt(var) / sqrt(2));
}

static int probability(struct kp_stat_diff *d, size_t na, size_t nb, double ties)
{
	double less = 1, pairs = (double)na * (double)nb;
	int err;

	if (ties > 0 || na > EXACT_MAX || nb > EXACT_MAX) {
		d->p = normal_p(d->u, na, nb, ties);
		return 0;
	}
	err = exact_cdf(na, nb, (size_t)fmin(d->u, pairs - d->u), &less);
	d->p = fmin(1, 2 * less);
	return err;
}

int kp_stat_compare(const double *a, size_t nr_a, const double *b, size_t nr_b,
		    struct kp_stat_diff *out)
{
	double ties;
	size_t i, j;
	int err;

	*out = (struct kp_stat_diff){ 0 };
	if (!nr_a || !nr_b)
		return -EINVAL;
	err = shift_of(a, nr_a, b, nr_b, &out->shift);
	if (!err)
		err = ties_of(a, nr_a, b, nr_b, &ties);
	if (err)
		return err;
	for (i = 0; i < nr_a; i++)
		for (j = 0; j < nr_b; j++)
			out->u += (b[j] > a[i]) + 0.5 * (b[j] == a[i]);
	out->cliff = 2 * out->u / ((double)nr_a * (double)nr_b) - 1;
	return probability(out, nr_a, nr_b, ties);
}
