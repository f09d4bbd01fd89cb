// SPDX-License-Identifier: GPL-2.0-only
/*
 * halves_test.c - src/cmd/halves.c: who gets which CPU, and that a thread's affinity is as before.
 */
#include "kp_test.h"

#include "cmd/halves.h"

static bool in(int cpu, const cpu_set_t *set)
{
	return CPU_ISSET_S(cpu, KP_HALVES_BYTES, set);
}

static void set_all(struct kp_halves *h, const int *cpus, size_t nr)
{
	size_t i;

	assert_int_equal(kp_halves_alloc(h), 0);
	CPU_ZERO_S(KP_HALVES_BYTES, h->all);
	for (i = 0; i < nr; i++)
		CPU_SET_S(cpus[i], KP_HALVES_BYTES, h->all);
}

/* Both have their share, nobody has another's, and all are given away. */
static void check_split(const int *cpus, size_t nr, int here)
{
	struct kp_halves h = { 0 };
	int own, other;
	size_t i;

	set_all(&h, cpus, nr);
	assert_true(kp_halves_split(&h, here));
	assert_true(in(here, h.own));
	for (i = 0; i < nr; i++)
		assert_int_equal(in(cpus[i], h.own) + in(cpus[i], h.other), 1);
	own = CPU_COUNT_S(KP_HALVES_BYTES, h.own);
	other = CPU_COUNT_S(KP_HALVES_BYTES, h.other);
	assert_int_equal(own + other, nr);
	assert_in_range(own - other + 1, 0, 2);
	kp_halves_free(&h);
}

static void test_split(void **state)
{
	static const int two[] = { 0, 1 }, apart[] = { 3, 64, 200, 8191 }, three[] = { 5, 6, 7 };
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(two); i++)
		check_split(two, KP_ARRAY_SIZE(two), two[i]);
	for (i = 0; i < KP_ARRAY_SIZE(apart); i++)
		check_split(apart, KP_ARRAY_SIZE(apart), apart[i]);
	for (i = 0; i < KP_ARRAY_SIZE(three); i++)
		check_split(three, KP_ARRAY_SIZE(three), three[i]);
}

static void test_no_split(void **state)
{
	static const int one[] = { 2 }, two[] = { 2, 4 };
	struct kp_halves h = { 0 };

	set_all(&h, one, 1);
	assert_false(kp_halves_split(&h, 2));
	kp_halves_free(&h);
	set_all(&h, two, 2);
	assert_false(kp_halves_split(&h, 3)); /* moved in between to a CPU that is not ours */
	assert_false(kp_halves_split(&h, -1));
	assert_false(kp_halves_split(&h, KP_CPUS_MAX));
	kp_halves_free(&h);
}

static void test_affinity(void **state)
{
	cpu_set_t *before = CPU_ALLOC(KP_CPUS_MAX), *now = CPU_ALLOC(KP_CPUS_MAX);
	struct kp_halves h = { 0 };

	assert_non_null(before);
	assert_non_null(now);
	assert_int_equal(sched_getaffinity(0, KP_HALVES_BYTES, before), 0);
	kp_halves_begin(&h);
	assert_int_equal(sched_getaffinity(0, KP_HALVES_BYTES, now), 0);
	if (CPU_COUNT_S(KP_HALVES_BYTES, before) > 1)
		assert_true(CPU_EQUAL_S(KP_HALVES_BYTES, now, h.own));
	else
		assert_null(h.own);
	kp_halves_end(&h);
	assert_int_equal(sched_getaffinity(0, KP_HALVES_BYTES, now), 0);
	assert_true(CPU_EQUAL_S(KP_HALVES_BYTES, now, before));
	assert_null(h.all);
	CPU_FREE(before);
	CPU_FREE(now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_no_split),
		cmocka_unit_test(test_affinity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
