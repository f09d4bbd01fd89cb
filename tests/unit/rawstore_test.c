// SPDX-License-Identifier: GPL-2.0-only
/*
 * rawstore_test.c - src/cmd/rawstore.c: records come back as they went in, in any order, with
 * memory for few or for many.
 */
#include "kp_test.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/rawstore.h"
#include "lib/hash.h"

#define NR 5000

static uint32_t size_of(uint32_t i)
{
	return i % 100 == 0 ? 65535 : 8 + (uint32_t)(kp_hash_mix(i) % 300);
}

static void check_one(struct kp_rawstore *rs, uint64_t pos, uint32_t i)
{
	struct kp_raw raw;
	uint32_t k;

	assert_int_equal(kp_rawstore_take(rs, pos, &raw), 0);
	assert_int_equal(raw.size, size_of(i));
	assert_int_equal(raw.type, i);
	assert_int_equal(raw.misc, i % 7);
	assert_int_equal(raw.offset, 1000ull * i);
	for (k = 0; k < raw.size; k += 97)
		assert_int_equal(((const uint8_t *)raw.data)[k], (uint8_t)i);
}

/* In with a window of @ahead records, out in a shuffled order within it. */
static void check(size_t budget, uint32_t ahead)
{
	uint64_t *pos = calloc(NR, sizeof(*pos));
	uint8_t *data = malloc(65536);
	struct kp_rawstore rs;
	struct kp_raw raw = { .data = data };
	uint32_t i, k;

	assert_non_null(pos);
	assert_non_null(data);
	kp_rawstore_init(&rs, budget);
	for (i = 0; i < NR; i++) {
		memset(data, (uint8_t)i, 65536);
		raw.size = size_of(i);
		raw.type = i;
		raw.misc = i % 7;
		raw.offset = 1000ull * i;
		assert_int_equal(kp_rawstore_put(&rs, &raw, &pos[i]), 0);
		assert_true(pos[i] < 1ull << 56);
		if (i % ahead == ahead - 1)
			for (k = 0; k < ahead; k++)
				check_one(&rs, pos[i - (k ^ 1)], i - (k ^ 1));
		assert_true(rs.in_memory * 262144 <= budget || rs.in_memory <= 2);
	}
	/* taken already */
	assert_int_equal(kp_rawstore_take(&rs, pos[0], &raw), -EINVAL);
	assert_int_equal(kp_rawstore_take(&rs, UINT64_MAX, &raw), -EINVAL);
	kp_rawstore_free(&rs);
	kp_rawstore_free(&rs);
	free(data);
	free(pos);
}

static void test_in_memory(void **state)
{
	check(64u << 20, 100);
}

static void test_spilled(void **state)
{
	check(1, 100);
	check(1u << 20, NR);
	check(1, 2);
}

static void test_no_tmpdir(void **state)
{
	static uint8_t data[65535];
	struct kp_raw raw = { .data = data, .size = sizeof(data) };
	struct kp_rawstore rs;
	uint64_t pos;
	int i, err = 0;

	setenv("TMPDIR", "/nonexistent", 1);
	kp_rawstore_init(&rs, 1);
	for (i = 0; i < 100 && !err; i++)
		err = kp_rawstore_put(&rs, &raw, &pos);
	assert_int_equal(err, -ENOENT);
	kp_rawstore_free(&rs);
	unsetenv("TMPDIR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_memory),
		cmocka_unit_test(test_spilled),
		cmocka_unit_test(test_no_tmpdir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
