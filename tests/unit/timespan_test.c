// SPDX-License-Identifier: GPL-2.0-only
/*
 * timespan_test.c - src/cmd/timespan.c: --time in seconds, shares and slices, and what is neither.
 */
#include "kp_test.h"

#include "cmd/timespan.h"

static const struct kp_meta meta = { .has_sample_time = true,
				     .sample_first_ns = 1000,
				     .sample_last_ns = 2000 };

static void assert_span(const char *s, uint64_t from, uint64_t to)
{
	struct kp_timespan span;

	assert_int_equal(kp_timespan_parse(s, &meta, &span), 0);
	assert_int_equal(span.from_ns, from);
	assert_int_equal(span.to_ns, to);
}

static void test_seconds(void **state)
{
	(void)state;
	assert_span("1,2", 1000000000, 2000000000);
	assert_span("13.915296,14.1", 13915296000, 14100000000);
	assert_span("13.915296827,", 13915296827, 0);
	assert_span(",14", 0, 14000000000);
}

static void test_shares(void **state)
{
	(void)state;
	assert_span("0%-100%", 1000, 2000);
	assert_span("10%-20%", 1100, 1200);
	assert_span("12.5%-50%", 1125, 1500);
	assert_span("10%/1", 1000, 1100);
	assert_span("10%/2", 1100, 1200);
	assert_span("10%/10", 1900, 2000);
}

static void test_errors(void **state)
{
	static const char *const bad[] = { "",	      ",",	  "5",	     "a,b",	"1,2,3",
					   "2,1",     "1s,2s",	  "-1,2",    "1e3,2",	"10%",
					   "20%-10%", "10%-120%", "-5%-10%", "10%-20",	"10%/0",
					   "10%/11",  "10%/x",	  "nan%-5%", "10%-20%x" };
	struct kp_meta unknown = { 0 };
	struct kp_timespan span;
	size_t i;

	(void)state;
	for (i = 0; i < KP_ARRAY_SIZE(bad); i++)
		if (kp_timespan_parse(bad[i], &meta, &span) != -EINVAL)
			fail_msg("'%s' is taken", bad[i]);
	assert_int_equal(kp_timespan_parse("10%-20%", &unknown, &span), -ENODATA);
	assert_int_equal(kp_timespan_parse("1,2", &unknown, &span), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
