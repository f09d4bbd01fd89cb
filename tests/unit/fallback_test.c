// SPDX-License-Identifier: GPL-2.0-only
/*
 * fallback_test.c - src/collect/fallback.c: what is left out when the kernel refuses an event, and
 * above all what is not: which side of the virtualisation border is counted.
 */
#include "kp_test.h"

#include <stdlib.h>
#include <string.h>

#include "collect/fallback.h"

static struct kp_plan_event event = { .name = (char *)"ev", .any_mode = true };
static struct kp_host host = { .paranoid = 2, .mediated_vm_blocks = KP_TRI_NO };

static int fall_back(struct perf_event_attr *attr, int err, char **warning)
{
	struct kp_refusal no = { .ev = &event, .host = &host, .attr = attr, .err = err };

	return kp_fallback(&no, attr, warning);
}

/* Every step on EINVAL, newest feature first; then nothing is left. */
static void test_order(void **state)
{
	struct perf_event_attr a = { .type = PERF_TYPE_HARDWARE,
				     .config = 4ull << 32 | PERF_COUNT_HW_INSTRUCTIONS,
				     .read_format = PERF_FORMAT_ID | PERF_FORMAT_LOST,
				     .ksymbol = 1,
				     .mmap2 = 1,
				     .comm_exec = 1,
				     .comm = 1 };
	char *warning;

	(void)state;
	assert_int_equal(fall_back(&a, -EINVAL, &warning), 1);
	assert_int_equal(a.read_format, PERF_FORMAT_ID);
	assert_int_equal(fall_back(&a, -EINVAL, &warning), 1);
	assert_int_equal(a.config, PERF_COUNT_HW_INSTRUCTIONS);
	assert_true(a.ksymbol);
	assert_int_equal(fall_back(&a, -EINVAL, &warning), 1);
	assert_false(a.ksymbol);
	assert_int_equal(fall_back(&a, -EINVAL, &warning), 1);
	assert_false(a.mmap2 || a.comm_exec);
	assert_null(warning);
	assert_int_equal(fall_back(&a, -EINVAL, &warning), 0);
	assert_true(a.comm);
}

/* A task's event on any CPU keeps its PMU's type: without, it would count on other PMUs too. */
static void test_any_cpu(void **state)
{
	struct perf_event_attr a = { .type = PERF_TYPE_HARDWARE, .config = 4ull << 32 };
	struct kp_refusal no = {
		.ev = &event, .host = &host, .attr = &a, .err = -EINVAL, .any_cpu = true
	};
	char *warning;

	(void)state;
	assert_int_equal(kp_fallback(&no, &a, &warning), 0);
	assert_int_equal(a.config, 4ull << 32);
}

static void test_sides(void **state)
{
	struct perf_event_attr a = { .type = PERF_TYPE_HARDWARE, .exclude_guest = 1 };
	static const enum kp_tri unsafe[] = { KP_TRI_YES, KP_TRI_UNKNOWN };
	char *warning;
	size_t i;

	(void)state;
	for (i = 0; i < KP_ARRAY_SIZE(unsafe); i++) {
		host.mediated_vm_blocks = unsafe[i];
		assert_int_equal(fall_back(&a, -EINVAL, &warning), 0);
		assert_true(a.exclude_guest);
	}
	host.mediated_vm_blocks = KP_TRI_NO;
	assert_int_equal(fall_back(&a, -EOPNOTSUPP, &warning), 0);
	assert_int_equal(fall_back(&a, -EINVAL, &warning), 1);
	assert_false(a.exclude_guest);
	assert_non_null(strstr(warning, "guests"));
	free(warning);

	/* perf turns a guest-only event into one that excludes both sides and counts nothing */
	a = (struct perf_event_attr){ .type = PERF_TYPE_HARDWARE, .exclude_host = 1 };
	assert_int_equal(fall_back(&a, -EINVAL, &warning), 0);
	assert_int_equal(fall_back(&a, -EOPNOTSUPP, &warning), 0);
	assert_true(a.exclude_host && !a.exclude_guest);
}

static void test_permission(void **state)
{
	struct perf_event_attr a = { .type = PERF_TYPE_SOFTWARE };
	char *warning;

	(void)state;
	assert_int_equal(fall_back(&a, -EACCES, &warning), 1);
	assert_true(a.exclude_kernel && a.exclude_hv);
	assert_non_null(warning);
	free(warning);
	assert_int_equal(fall_back(&a, -EACCES, &warning), 0);

	a.exclude_kernel = 0;
	event.any_mode = false; /* the user said :k */
	assert_int_equal(fall_back(&a, -EACCES, &warning), 0);
	event.any_mode = true;
	event.tp = (char *)"tp";
	assert_int_equal(fall_back(&a, -EACCES, &warning), 0);
	event.tp = NULL;
	host.paranoid = 1; /* then that is not the reason */
	assert_int_equal(fall_back(&a, -EACCES, &warning), 0);
	host.paranoid = 2;
}

static void test_precise(void **state)
{
	struct perf_event_attr a = { .type = PERF_TYPE_HARDWARE, .precise_ip = 3 };
	char *warning;

	(void)state;
	assert_int_equal(fall_back(&a, -EOPNOTSUPP, &warning), 0); /* :ppp is an order */
	assert_int_equal(a.precise_ip, 3);
	event.precise_max = true;
	assert_int_equal(fall_back(&a, -EOPNOTSUPP, &warning), 1);
	assert_int_equal(a.precise_ip, 2);
	event.precise_max = false;
}

static void test_explain(void **state)
{
	static const struct {
		int err, ret;
		const char *part;
	} cases[] = {
		{-EACCES,	   -EPERM,	   "run as root" },
		{ -ENOENT,	   -ENOENT,	    "no PMU"	     },
		{ -EOPNOTSUPP, -EOPNOTSUPP, "mediated"    },
		{ -EINVAL,	   -EINVAL,	    "refuses"     },
		{ -ESRCH,	  -ESRCH,	  "gone"	 },
		{ -EIO,	-EIO,	      "Input/output"},
	};
	struct perf_event_attr a = { .type = PERF_TYPE_HARDWARE };
	struct kp_refusal no = { .ev = &event, .host = &host, .attr = &a };
	char text[256], tiny[4];
	size_t i;

	(void)state;
	for (i = 0; i < KP_ARRAY_SIZE(cases); i++) {
		no.err = cases[i].err;
		assert_int_equal(kp_refusal_explain(&no, text, sizeof(text)), cases[i].ret);
		if (!strstr(text, cases[i].part))
			fail_msg("%d: '%s'", cases[i].err, text);
	}
	kp_refusal_explain(&no, tiny, sizeof(tiny));
	assert_int_equal(strlen(tiny), 3);
	a.exclude_guest = 1;
	no.err = -EOPNOTSUPP;
	kp_refusal_explain(&no, text, sizeof(text));
	assert_null(strstr(text, "mediated"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),	   cmocka_unit_test(test_sides),
		cmocka_unit_test(test_permission), cmocka_unit_test(test_precise),
		cmocka_unit_test(test_explain),	   cmocka_unit_test(test_any_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
