// SPDX-License-Identifier: GPL-2.0-only
/*
 * hist_test.c - src/model/hist.c: bucket borders, percentiles against sorted values, deviation,
 * bounds.
 */
#include "kp_test.h"

#include <math.h>
#include <stdlib.h>

#include "model/hist.h"

static int cmp_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void assert_near(uint64_t got, uint64_t want)
{
	double err = fabs((double)got - (double)want);

	if (err > (double)want / 32)
		print_error("got %lu, want %lu\n", (unsigned long)got, (unsigned long)want);
	assert_true(err <= (double)want / 32);
}

static uint64_t rank(const uint64_t *v, size_t n, double q)
{
	size_t r = (size_t)ceil(q * (double)n);

	return v[r ? r - 1 : 0];
}

/* Durations of very different size, as exits have: most below a microsecond, a few of seconds. */
static void test_percentiles(void **state)
{
	enum { N = 50000 };
	uint64_t *v = calloc(N, sizeof(*v)), seed = 1;
	struct kp_hist_pool pool = { 0 };
	struct kp_dist d = { 0 };
	struct kp_stat s;
	long double sum = 0, sq = 0, mean;
	size_t i;

	(void)state;
	assert_non_null(v);
	for (i = 0; i < N; i++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		v[i] = (seed >> 33) >> (seed >> 20 & 31);
		kp_dist_add(&pool, &d, v[i]);
		sum += v[i];
	}
	mean = sum / N;
	for (i = 0; i < N; i++)
		sq += (v[i] - mean) * (v[i] - mean);
	qsort(v, N, sizeof(*v), cmp_u64);
	kp_dist_stat(&pool, &d, &s);
	assert_int_equal(s.count, N);
	assert_int_equal(s.timed, N);
	assert_int_equal(s.total_ns, (uint64_t)sum);
	assert_int_equal(s.min_ns, v[0]);
	assert_int_equal(s.max_ns, v[N - 1]);
	assert_true(s.has_percentiles);
	assert_near(s.p50_ns, rank(v, N, 0.5));
	assert_near(s.p99_ns, rank(v, N, 0.99));
	assert_near(s.p999_ns, rank(v, N, 0.999));
	assert_true(fabs(s.stddev_ns - (double)sqrtl(sq / (N - 1))) < 1e-6 * s.stddev_ns);
	kp_hist_pool_free(&pool);
	free(v);
}

static void test_every_octave(void **state)
{
	unsigned int bit, k;

	(void)state;
	for (bit = 0; bit < 64; bit++) {
		for (k = 0; k < 3; k++) {
			uint64_t v = (1ull << bit) - 1 + k;
			struct kp_hist_pool pool = { 0 };
			struct kp_dist d = { 0 };
			struct kp_stat s;

			/* the outer two keep the middle one from being clamped to an extreme */
			kp_dist_add(&pool, &d, 0);
			kp_dist_add(&pool, &d, v);
			kp_dist_add(&pool, &d, UINT64_MAX);
			kp_dist_stat(&pool, &d, &s);
			assert_near(s.p50_ns, v);
			kp_hist_pool_free(&pool);
		}
	}
}

static void test_small(void **state)
{
	struct kp_hist_pool pool = { 0 };
	struct kp_dist d = { 0 };
	struct kp_stat s;

	(void)state;
	kp_dist_stat(&pool, &d, &s);
	assert_int_equal(s.count, 0);
	assert_false(s.has_percentiles);
	assert_true(isnan(s.stddev_ns));
	kp_dist_add(&pool, &d, 7);
	kp_dist_stat(&pool, &d, &s);
	assert_int_equal(s.p50_ns, 7);
	assert_int_equal(s.p999_ns, 7);
	assert_true(s.stddev_ns == 0);
	kp_dist_add(&pool, &d, 11);
	d.untimed++;
	kp_dist_stat(&pool, &d, &s);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.timed, 2);
	assert_int_equal(s.p50_ns, 7);
	assert_true(fabs(s.stddev_ns - sqrt(8)) < 1e-9);
	kp_hist_pool_free(&pool);
}

/* A small spread on a large mean: the naive formula in doubles gives garbage. */
static void test_deviation_of_large(void **state)
{
	struct kp_hist_pool pool = { 0 };
	struct kp_dist d = { 0 };
	struct kp_stat s;
	unsigned int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		kp_dist_add(&pool, &d, 1000000000000ull + i % 2);
	kp_dist_stat(&pool, &d, &s);
	assert_true(fabs(s.stddev_ns - sqrt(250.0 / 999)) < 1e-9);
	kp_hist_pool_free(&pool);
}

static void test_saturation(void **state)
{
	struct kp_hist_pool pool = { 0 };
	struct kp_dist d = { 0 };
	struct kp_stat s;

	(void)state;
	kp_dist_add(&pool, &d, UINT64_MAX);
	kp_dist_add(&pool, &d, UINT64_MAX);
	kp_dist_stat(&pool, &d, &s);
	assert_int_equal(s.total_ns, UINT64_MAX);
	assert_true(isnan(s.stddev_ns));
	kp_hist_pool_free(&pool);
}

static void test_merge(void **state)
{
	struct kp_hist_pool a_pool = { 0 }, b_pool = { 0 }, all_pool = { 0 };
	struct kp_dist a = { 0 }, b = { 0 }, all = { 0 };
	struct kp_stat got, want;
	uint64_t i;

	(void)state;
	for (i = 1; i < 2000; i++) {
		kp_dist_add(&all_pool, &all, i * i);
		kp_dist_add(i % 3 ? &a_pool : &b_pool, i % 3 ? &a : &b, i * i);
	}
	kp_dist_merge(&a_pool, &a, &b_pool, &b);
	kp_dist_stat(&a_pool, &a, &got);
	kp_dist_stat(&all_pool, &all, &want);
	assert_memory_equal(&got, &want, sizeof(got));
	kp_hist_pool_free(&a_pool);
	kp_hist_pool_free(&b_pool);
	kp_hist_pool_free(&all_pool);
}

static void test_pool_full(void **state)
{
	struct kp_hist_pool pool = { 0 };
	struct kp_dist *d = calloc(2000, sizeof(*d));
	struct kp_stat s;
	unsigned int i, bit;

	(void)state;
	assert_non_null(d);
	for (i = 0; i < 2000; i++)
		for (bit = 0; bit < 64; bit++)
			kp_dist_add(&pool, &d[i], 1ull << bit);
	assert_int_equal(pool.octaves.nr, UINT16_MAX);
	kp_dist_stat(&pool, &d[0], &s);
	assert_true(s.has_percentiles);
	kp_dist_stat(&pool, &d[1999], &s);
	assert_false(s.has_percentiles);
	assert_int_equal(s.count, 64);
	assert_int_equal(s.max_ns, 1ull << 63);
	kp_hist_pool_free(&pool);
	free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_percentiles), cmocka_unit_test(test_every_octave),
		cmocka_unit_test(test_small),	    cmocka_unit_test(test_deviation_of_large),
		cmocka_unit_test(test_saturation),  cmocka_unit_test(test_merge),
		cmocka_unit_test(test_pool_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
