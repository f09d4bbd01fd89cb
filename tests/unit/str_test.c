// SPDX-License-Identifier: GPL-2.0-only
/*
 * str_test.c - src/lib/str.c: what is accepted, what is refused, how durations print.
 */
#include "kp_test.h"

#include "lib/str.h"

#define BAD UINT64_MAX

static void check_parser(int (*parse)(const char *, uint64_t *), const char *s, uint64_t want)
{
	uint64_t got = 0;
	int err = parse(s, &got);

	if (want == BAD) {
		if (!err)
			fail_msg("'%s' was accepted as %ju", s, (uintmax_t)got);
	} else if (err || got != want) {
		fail_msg("'%s': err %d, %ju instead of %ju", s, err, (uintmax_t)got,
			 (uintmax_t)want);
	}
}

static void test_u64(void **state)
{
	(void)state;
	check_parser(kp_str_u64, "0", 0);
	check_parser(kp_str_u64, "18446744073709551614", UINT64_MAX - 1);
	check_parser(kp_str_u64, "0xfF", 255);
	check_parser(kp_str_u64, "", BAD);
	check_parser(kp_str_u64, "-1", BAD);
	check_parser(kp_str_u64, " 1", BAD);
	check_parser(kp_str_u64, "1 ", BAD);
	check_parser(kp_str_u64, "0x", BAD);
	check_parser(kp_str_u64, "0x-1", BAD);
	check_parser(kp_str_u64, "18446744073709551616", BAD);
}

static void test_size_count_duration(void **state)
{
	(void)state;
	check_parser(kp_str_size, "4096", 4096);
	check_parser(kp_str_size, "64k", 65536);
	check_parser(kp_str_size, "1.5M", 1572864);
	check_parser(kp_str_size, "2GB", 2147483648);
	check_parser(kp_str_size, "1X", BAD);
	check_parser(kp_str_size, "99999999999T", BAD);
	check_parser(kp_str_count, "10k", 10000);
	check_parser(kp_str_count, "0x10", 16);
	check_parser(kp_str_duration, "2", 2000000000);
	check_parser(kp_str_duration, "1.5s", 1500000000);
	check_parser(kp_str_duration, "300ms", 300000000);
	check_parser(kp_str_duration, "1m", 60000000000);
	check_parser(kp_str_duration, "1.s", BAD);
	check_parser(kp_str_duration, "s", BAD);
	check_parser(kp_str_duration, "-1s", BAD);
}

static int add_to_mask(void *ctx, uint64_t n)
{
	*(uint64_t *)ctx |= KP_BIT64(n);
	return 0;
}

static void test_list(void **state)
{
	uint64_t mask = 0;

	(void)state;
	assert_int_equal(kp_str_list("0-2,5,7-7\n", 63, add_to_mask, &mask), 0);
	assert_int_equal(mask, 0xa7);
	assert_int_equal(kp_str_list("", 63, add_to_mask, &mask), 0);
	assert_int_equal(kp_str_list("3-1", 63, add_to_mask, &mask), -EINVAL);
	assert_int_equal(kp_str_list("64", 63, add_to_mask, &mask), -EINVAL);
	assert_int_equal(kp_str_list("1,", 63, add_to_mask, &mask), -EINVAL);
	assert_int_equal(kp_str_list("1;2", 63, add_to_mask, &mask), -EINVAL);
}

static void test_ns(void **state)
{
	static const struct {
		double ns;
		const char *text;
	} cases[] = {
		{0,	     "0 ns"    },
		{ 812,	       "812 ns"	},
		     { 999.4,	      "999 ns"  },
		{ 999.9,	 "1.000 us"},
		{ 1234,		"1.234 us"},
		     { 56780000,	 "56.78 ms"},
		{ 999999,	  "1.000 ms"},
		{ 2500000000.0, "2.500 s" },
		     { 12345e9,	"12345 s" },
	};
	char buf[32];
	size_t i;

	(void)state;
	for (i = 0; i < KP_ARRAY_SIZE(cases); i++)
		assert_string_equal(kp_str_ns(buf, sizeof(buf), cases[i].ns), cases[i].text);
}

static void test_copy_trim(void **state)
{
	char buf[4], text[] = " \ta b \n";

	(void)state;
	assert_true(kp_str_copy(buf, sizeof(buf), "abc"));
	assert_false(kp_str_copy(buf, sizeof(buf), "abcd"));
	assert_string_equal(buf, "abc");
	assert_string_equal(kp_str_trim(text), "a b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_u64),	  cmocka_unit_test(test_size_count_duration),
		cmocka_unit_test(test_list),	  cmocka_unit_test(test_ns),
		cmocka_unit_test(test_copy_trim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
