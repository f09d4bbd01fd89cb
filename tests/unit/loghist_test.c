// SPDX-License-Identifier: GPL-2.0-only
/*
 * loghist_test.c - src/lib/loghist.c: percentiles against sorted values, merging, differences, the
 * last bucket, and that the model's histograms say the same of the same values.
 */
#include "kp_test.h"

#include <math.h>
#include <stdlib.h>

#include "lib/loghist.h"
#include "model/hist.h"

static uint64_t next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (*seed >> 33) >> (*seed >> 20 & 31);
}

static int cmp_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void test_percentiles(void **state)
{
	static const double q[] = { 0, 0.01, 0.5, 0.9, 0.99, 0.999, 1 };
	enum { N = 20000 };
	uint64_t *v = calloc(N, sizeof(*v)), seed = 7;
	struct kp_loghist h = { 0 };
	size_t i;

	(void)state;
	assert_non_null(v);
	for (i = 0; i < N; i++)
		kp_loghist_add(&h, v[i] = next(&seed));
	qsort(v, N, sizeof(*v), cmp_u64);
	assert_int_equal(h.count, N);
	assert_int_equal(h.min, v[0]);
	assert_int_equal(h.max, v[N - 1]);
	for (i = 0; i < KP_ARRAY_SIZE(q); i++) {
		size_t rank = (size_t)ceil(q[i] * N);
		double want = (double)v[rank ? rank - 1 : 0];

		assert_true(fabs((double)kp_loghist_percentile(&h, q[i]) - want) <= want / 32);
	}
	free(v);
}

/* Two histograms say together what one of all values says, and their difference the rest. */
static void test_merge_since(void **state)
{
	static struct kp_loghist all, a, b, part, none;
	uint64_t seed = 3, v;
	size_t i;

	(void)state;
	for (i = 0; i < 5000; i++) {
		v = next(&seed);
		kp_loghist_add(&all, v);
		kp_loghist_add(i % 3 ? &a : &b, v);
	}
	part = a;
	kp_loghist_merge(&part, &b);
	assert_memory_equal(&part, &all, sizeof(all));
	kp_loghist_since(&all, &a, &part);
	assert_int_equal(part.count, b.count);
	assert_int_equal(part.total, b.total);
	assert_memory_equal(part.n, b.n, sizeof(b.n));
	kp_loghist_merge(&part, &none);
	assert_int_equal(part.min, all.min);
	kp_loghist_since(&all, &all, &part);
	assert_int_equal(part.count, 0);
	assert_int_equal(part.max, 0);
	assert_int_equal(kp_loghist_percentile(&part, 0.5), 0);
}

/* 68.7 s and more share a bucket; what lies below is told apart. */
static void test_last_bucket(void **state)
{
	struct kp_loghist h = { 0 };

	(void)state;
	kp_loghist_add(&h, UINT64_MAX / 2);
	kp_loghist_add(&h, 1ull << 37);
	kp_loghist_add(&h, (1ull << 36) - 1);
	kp_loghist_add(&h, 1ull << 35);
	assert_int_equal(h.n[KP_LOGHIST_BUCKETS - 1], 3);
	assert_int_equal(h.n[KP_LOGHIST_BUCKETS - KP_LOGHIST_SUBS], 1);
	assert_int_equal(kp_loghist_percentile(&h, 0.25), kp_loghist_value(32, 0));
}

static void test_like_model(void **state)
{
	struct kp_hist_pool pool = { 0 };
	struct kp_loghist h = { 0 };
	struct kp_dist d = { 0 };
	struct kp_stat s;
	uint64_t seed = 99, v;
	size_t i;

	(void)state;
	for (i = 0; i < 3000; i++) {
		v = next(&seed);
		kp_loghist_add(&h, v);
		kp_dist_add(&pool, &d, v);
	}
	kp_dist_stat(&pool, &d, &s);
	assert_int_equal(s.total_ns, h.total);
	assert_int_equal(s.p50_ns, kp_loghist_percentile(&h, 0.5));
	assert_int_equal(s.p99_ns, kp_loghist_percentile(&h, 0.99));
	assert_int_equal(s.p999_ns, kp_loghist_percentile(&h, 0.999));
	kp_hist_pool_free(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_percentiles),
		cmocka_unit_test(test_merge_since),
		cmocka_unit_test(test_last_bucket),
		cmocka_unit_test(test_like_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
