// SPDX-License-Identifier: GPL-2.0-only
/*
 * vec_test.c - src/lib/vec.h and src/lib/buf.c: growth keeps what is there, overflow is refused.
 */
#include "kp_test.h"

#include <string.h>

#include "lib/buf.h"
#include "lib/vec.h"

static void test_vec(void **state)
{
	KP_VEC(uint32_t) v = { 0 };
	uint32_t i, *p, sum = 0;

	(void)state;
	for (i = 0; i < 1000; i++)
		assert_int_equal(kp_vec_push(&v, i), 0);
	kp_vec_for_each (p, &v)
		sum += *p;
	assert_int_equal(v.nr, 1000);
	assert_int_equal(sum, 499500);
	assert_int_equal(kp_vec_reserve(&v, SIZE_MAX / 8), -ENOMEM);
	assert_int_equal(v.at[999], 999);
	kp_vec_free(&v);
}

static void test_buf(void **state)
{
	struct kp_buf b = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		assert_int_equal(kp_buf_printf(&b, "%02d,", i), 0);
	assert_int_equal(b.len, 300);
	assert_string_equal(b.data + 294, "98,99,");
	assert_int_equal(kp_buf_add(&b, "\0x", 2), 0);
	assert_memory_equal(b.data + 299, ",\0x", 4);
	assert_int_equal(kp_buf_reserve(&b, SIZE_MAX - 4), -ENOMEM);
	kp_buf_free(&b);
	assert_int_equal(kp_buf_add(&b, "", 0), 0);
	assert_string_equal(b.data, "");
	kp_buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vec),
		cmocka_unit_test(test_buf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
