// SPDX-License-Identifier: GPL-2.0-only
/*
 * stat_test.c - statistics against published values; each test names where they are from.
 */
#include "kp_test.h"

#include <math.h>

#include "lib/stat.h"

static void near(double got, double want, double by)
{
	if (!(fabs(got - want) <= by))
		fail_msg("%.9g instead of %.9g", got, want);
}

/* Microsoft's documentation of QUARTILE: of these, the first quartile is 3.5 */
static void test_quartiles(void **state)
{
	const double x[] = { 12, 4, 1, 7, 8, 9, 2, 10 };
	struct kp_stat s;

	assert_int_equal(kp_stat_of(x, KP_ARRAY_SIZE(x), &s), 0);
	near(s.q1, 3.5, 1e-12);
	near(s.median, 7.5, 1e-12);
	near(s.q3, 9.25, 1e-12);
	near(s.min, 1, 0);
	near(s.max, 12, 0);
	near(x[0], 12, 0);
}

/* R's help page of mad(): of c(1:9) and of c(1:8, 100) it is 2, with constant = 1 */
static void test_mad(void **state)
{
	double x[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct kp_stat s;

	kp_stat_of(x, 9, &s);
	near(s.mad, 2, 1e-12);
	assert_int_equal(s.outliers, 0);
	x[8] = 100;
	kp_stat_of(x, 9, &s);
	near(s.mad, 2, 1e-12);
	/* quartiles 3 and 7: fences -3 and 13 */
	near(s.fence_low, -3, 1e-12);
	near(s.fence_high, 13, 1e-12);
	assert_int_equal(s.outliers, 1);
}

/*
 * Campbell and Gardner, "Calculating confidence intervals for some non-parametric analyses", BMJ
 * 1988;296:1454: ranks for 95% intervals of a median. They print the smallest interval of at least
 * 95%, as here.
 */
static void test_median_ranks(void **state)
{
	static const struct {
		size_t nr, low, high;
	} rows[] = {
		{ 6, 1, 6 },	{ 7, 1, 7 },	 { 8, 1, 8 },	 { 9, 2, 8 },	 { 10, 2, 9 },
		{ 12, 3, 10 },	{ 15, 4, 12 },	 { 20, 6, 15 },	 { 25, 8, 18 },	 { 30, 10, 21 },
		{ 40, 14, 27 }, { 50, 18, 33 },	 { 60, 22, 39 }, { 70, 27, 44 }, { 80, 31, 50 },
		{ 90, 36, 55 }, { 100, 40, 61 },
	};
	size_t i, low, high;

	for (i = 0; i < KP_ARRAY_SIZE(rows); i++) {
		assert_true(kp_stat_median_ranks(rows[i].nr, &low, &high));
		assert_int_equal(low, rows[i].low);
		assert_int_equal(high, rows[i].high);
	}
	for (i = 0; i < KP_STAT_CI_MIN; i++)
		assert_false(kp_stat_median_ranks(i, &low, &high));
	assert_true(kp_stat_median_ranks(5000, &low, &high));
	assert_in_range(low, 2400, 2499);
}

static void test_interval(void **state)
{
	double x[10];
	struct kp_stat s;
	size_t i;

	for (i = 0; i < 10; i++)
		x[i] = (double)(10 - i) * 10;
	kp_stat_of(x, 10, &s);
	near(s.ci_low, 20, 0);
	near(s.ci_high, 90, 0);
	near(kp_stat_ci_pct(&s), 100 * 35 / 55.0, 1e-9);
	kp_stat_of(x, 5, &s);
	assert_true(isnan(s.ci_low) && isnan(kp_stat_ci_pct(&s)));
	assert_int_equal(kp_stat_of(x, 0, &s), -EINVAL);
}

/*
 * Hollander and Wolfe, Nonparametric Statistical Methods (1973), p. 69: permeability of the human
 * chorioamnion. R's help page of wilcox.test() has the data: W = 35, one-sided p = 0.1272; the
 * shift is 0.305 (Hollander and Wolfe, p. 77).
 */
static const double term[] = { 0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46 };
static const double early[] = { 1.15, 0.88, 0.90, 0.74, 1.21 };

static void test_hollander_wolfe(void **state)
{
	struct kp_stat_diff d;

	assert_int_equal(kp_stat_compare(early, 5, term, 10, &d), 0);
	near(d.u, 35, 0);
	near(d.p, 2 * 0.1272, 1e-4);
	near(d.shift, 0.305, 1e-9);
	near(d.cliff, 2 * 35.0 / 50 - 1, 1e-12);
	assert_int_equal(kp_stat_compare(term, 10, early, 5, &d), 0);
	near(d.u, 15, 0);
	near(d.p, 2 * 0.1272, 1e-4);
	near(d.shift, -0.305, 1e-9);
}

/* @nr and @nr samples without ties that have this U. */
static double p_of(size_t nr_a, size_t nr_b, size_t u)
{
	double a[64], b[64];
	struct kp_stat_diff d;
	size_t i;

	/* b's i-th sample is above as many of a as are left of @u */
	for (i = 0; i < nr_a; i++)
		a[i] = (double)i + 1;
	for (i = 0; i < nr_b; i++) {
		size_t above = u < nr_a ? u : nr_a;

		u -= above;
		b[i] = (double)above + 0.1 + 0.001 * (double)i;
	}
	assert_int_equal(kp_stat_compare(a, nr_a, b, nr_b, &d), 0);
	return d.p;
}

/*
 * Critical values of U for 0.05, two-sided (Siegel, Nonparametric Statistics, table K; in every
 * textbook since): the largest U that is significant.
 */
static void test_critical_values(void **state)
{
	static const struct {
		size_t a, b, u;
	} rows[] = {
		{ 4, 4, 0 },  { 5, 5, 2 },    { 6, 6, 5 },    { 7, 7, 8 },    { 8, 8, 13 },
		{ 9, 9, 17 }, { 10, 10, 23 }, { 12, 12, 37 }, { 15, 15, 64 }, { 20, 20, 127 },
		{ 5, 10, 8 }, { 8, 12, 22 },  { 10, 20, 55 },
	};
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(rows); i++) {
		assert_true(p_of(rows[i].a, rows[i].b, rows[i].u) <= 0.05);
		assert_true(p_of(rows[i].a, rows[i].b, rows[i].u + 1) > 0.05);
	}
	/* 3 and 3: one order of 20 has U = 0 (Mann and Whitney 1947, table I) */
	near(p_of(3, 3, 0), 0.1, 1e-12);
}

/* With ties or many samples: the normal approximation, close to what is exact. */
static void test_approximation(void **state)
{
	double a[100], b[100];
	struct kp_stat_diff d;
	size_t i;

	near(p_of(40, 40, 600), p_of(41, 40, 615), 0.01);
	for (i = 0; i < 100; i++)
		a[i] = b[i] = 7;
	assert_int_equal(kp_stat_compare(a, 100, b, 100, &d), 0);
	near(d.p, 1, 0);
	near(d.shift, 0, 0);
	near(d.cliff, 0, 0);
	/* ties: {1,1,2,2} and {2,2,3,3}: U = 14, sd = sqrt(16/12 * (9 - 72/56)) = 3.2071 */
	for (i = 0; i < 4; i++) {
		a[i] = i < 2 ? 1 : 2;
		b[i] = i < 2 ? 2 : 3;
	}
	kp_stat_compare(a, 4, b, 4, &d);
	near(d.u, 14, 0);
	near(d.p, erfc(5.5 / 3.20713 / sqrt(2)), 1e-5);
	assert_int_equal(kp_stat_compare(a, 0, b, 4, &d), -EINVAL);
	assert_int_equal(kp_stat_compare(a, 4, b, 0, &d), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quartiles),	cmocka_unit_test(test_mad),
		cmocka_unit_test(test_median_ranks),	cmocka_unit_test(test_interval),
		cmocka_unit_test(test_hollander_wolfe), cmocka_unit_test(test_critical_values),
		cmocka_unit_test(test_approximation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
