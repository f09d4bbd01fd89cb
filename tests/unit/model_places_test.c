// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_places_test.c - src/model/places.c: guest time by the PMU of the CPU, and moves between
 * PMUs, on sequences whose sums are plain to see. CPUs 0-1 have PMU 0, 2-3 PMU 1, 9 none.
 */
#include "model_events.h"

static bool cpu_pmu(void *ctx, uint32_t cpu, uint8_t *pmu)
{
	int *asked = ctx;

	if (asked)
		(*asked)++;
	*pmu = cpu < 2 ? 0 : 1;
	return cpu < 4;
}

/* A vCPU's stay in the guest, on one CPU. */
static void stay(struct kp_model *m, uint32_t tid, uint32_t cpu, uint64_t from, uint64_t to)
{
	add(m, on_cpu(ENTRY(tid, from), cpu));
	add(m, on_cpu(EXIT(tid, 1, to), cpu));
}

static void check(const struct kp_snap_place *p, uint32_t tid, uint8_t pmu, uint64_t entries,
		  uint64_t arrivals, uint64_t guest_ns)
{
	assert_int_equal(p->tid, tid);
	assert_int_equal(p->pmu, pmu);
	assert_int_equal(p->entries, entries);
	assert_int_equal(p->arrivals, arrivals);
	assert_int_equal(p->guest_ns, guest_ns);
}

static void test_moves(void **state)
{
	int asked = 0;
	struct kp_model *m = MODEL(ALL, .cpu_pmu = cpu_pmu, .ctx = &asked);
	struct kp_snap *s;

	(void)state;
	stay(m, 101, 0, 100, 150);
	stay(m, 101, 1, 200, 210); /* another CPU of the same PMU */
	stay(m, 101, 2, 300, 303);
	stay(m, 101, 3, 400, 404);
	stay(m, 101, 0, 500, 600);
	s = snap(m);
	assert_int_equal(s->nr_places, 2);
	check(&s->places[0], 101, 0, 3, 1, 160);
	check(&s->places[1], 101, 1, 2, 1, 7);
	assert_int_equal(s->places[1].backing, 0);
	assert_int_equal(asked, 4);
	done(m, s);
}

/* One PMU backs all of a VM's vCPUs: that of its first entry. Another VM has its own. */
static void test_backing(void **state)
{
	struct kp_model *m = MODEL(ALL, .cpu_pmu = cpu_pmu);
	struct kp_snap *s;

	(void)state;
	stay(m, 101, 2, 100, 110);
	stay(m, 102, 0, 120, 150);
	add(m, on_cpu(in_vm(ENTRY(203, 200), 200), 1));
	add(m, on_cpu(in_vm(EXIT(203, 1, 205), 200), 1));
	s = snap(m);
	assert_int_equal(s->nr_places, 3);
	check(&s->places[0], 101, 1, 1, 0, 10);
	assert_int_equal(s->places[0].backing, 1);
	check(&s->places[1], 102, 0, 1, 0, 30);
	assert_int_equal(s->places[1].backing, 1);
	check(&s->places[2], 203, 0, 1, 0, 5);
	assert_int_equal(s->places[2].backing, 0);
	done(m, s);
}

/* Time filters cut a stay; a CPU of no known PMU says nothing; nor does anything uncalled. */
static void test_filters(void **state)
{
	struct kp_model *m = MODEL(ALL, .cpu_pmu = cpu_pmu, .from_ns = 140, .to_ns = 310);
	struct kp_snap *s;

	(void)state;
	stay(m, 101, 0, 100, 150);
	stay(m, 101, 9, 200, 250);
	stay(m, 101, 3, 300, 400);
	s = snap(m);
	assert_int_equal(s->nr_places, 2);
	check(&s->places[0], 101, 0, 0, 0, 10);
	check(&s->places[1], 101, 1, 1, 1, 10);
	done(m, s);

	m = MODEL(ALL);
	stay(m, 101, 0, 100, 150);
	s = snap(m);
	assert_int_equal(s->nr_places, 0);
	done(m, s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_backing),
		cmocka_unit_test(test_filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
