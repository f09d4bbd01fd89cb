// SPDX-License-Identifier: GPL-2.0-only
/*
 * keymap_test.c - src/model/keymap.h: rows are numbered as their keys come, and found again.
 */
#include "kp_test.h"

#include "model/keymap.h"

#define KEYS 20000

/* Keys as analyses make them: few values in few bits, 0 among them. */
static struct kp_key key_of(uint32_t i)
{
	return (struct kp_key){ .a = (uint64_t)(i % 7) << 32 | i % 5,
				.b = (uint64_t)(i / 35) << 24 };
}

static void test_numbers(void **state)
{
	struct kp_keymap map = { 0 };
	uint32_t i;

	(void)state;
	assert_int_equal(kp_keymap_find(&map, key_of(0)), KP_KEYMAP_NONE);
	for (i = 0; i < KEYS; i++) {
		assert_int_equal(kp_keymap_find(&map, key_of(i)), KP_KEYMAP_NONE);
		assert_int_equal(kp_keymap_add(&map, key_of(i)), i);
	}
	for (i = 0; i < KEYS; i++)
		assert_int_equal(kp_keymap_find(&map, key_of(i)), i);
	assert_int_equal(kp_keymap_find(&map, key_of(KEYS)), KP_KEYMAP_NONE);
	kp_keymap_free(&map);
	assert_int_equal(kp_keymap_find(&map, key_of(0)), KP_KEYMAP_NONE);
}

/* Keys that differ in one half alone must not meet in a few slots. */
static void test_spread(void **state)
{
	struct kp_keymap map = { 0 };
	uint64_t probes = 0;
	uint32_t i, at;

	(void)state;
	for (i = 0; i < KEYS; i++)
		kp_keymap_add(&map, (struct kp_key){ .a = i % 2 ? (uint64_t)i << 32 : 0,
						     .b = i % 2 ? 0 : (uint64_t)i << 32 });
	for (i = 0; i <= map.mask; i++) {
		if (!map.slots[i].used)
			continue;
		at = kp_keymap_home(&map, map.slots[i].key);
		probes += (i - at) & map.mask;
	}
	/* linear probing at half load: half a step more on average, were they random */
	assert_true(probes < 2 * KEYS);
	kp_keymap_free(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
