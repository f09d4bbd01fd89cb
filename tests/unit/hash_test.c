// SPDX-License-Identifier: GPL-2.0-only
/*
 * hash_test.c - src/lib/hash.c against a plain array, with deletions that must close their gaps.
 */
#include "kp_test.h"

#include "lib/hash.h"

#define KEYS 512

/* Few distinct home slots: long probe sequences, the hard case for deletion. */
static uint64_t key_of(unsigned int i)
{
	return i == 0 ? KP_HASH_EMPTY : (uint64_t)i * 0x10001;
}

static void compare(struct kp_hash *h, const uint64_t *vals, const bool *there)
{
	unsigned int i;

	for (i = 0; i < KEYS; i++) {
		uint64_t *at = kp_hash_get(h, key_of(i));

		assert_int_equal(!!at, there[i]);
		if (at)
			assert_int_equal(*at, vals[i]);
	}
}

static void test_random_operations(void **state)
{
	struct kp_hash h = { 0 };
	uint64_t vals[KEYS] = { 0 };
	bool there[KEYS] = { 0 };
	uint64_t seed = 12345;
	unsigned int n, i;

	(void)state;
	for (n = 0; n < 20000; n++) {
		seed = kp_hash_mix(seed + n);
		i = seed % KEYS;
		if (seed & 0x10000) {
			assert_int_equal(kp_hash_put(&h, key_of(i), seed), 0);
			vals[i] = seed;
			there[i] = true;
		} else {
			assert_int_equal(kp_hash_del(&h, key_of(i)), there[i]);
			there[i] = false;
		}
		if (n % 1000 == 0)
			compare(&h, vals, there);
	}
	compare(&h, vals, there);
	kp_hash_free(&h);
}

static void test_empty(void **state)
{
	struct kp_hash h = { 0 };

	(void)state;
	assert_null(kp_hash_get(&h, 1));
	assert_null(kp_hash_get(&h, KP_HASH_EMPTY));
	assert_false(kp_hash_del(&h, 1));
	kp_hash_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_operations),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
