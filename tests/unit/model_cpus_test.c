// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_cpus_test.c - src/model/cpus.c: whose time a CPU spent; and the exit table's histograms.
 */
#include "model_events.h"

#include <math.h>

#define HLT 12

static const struct kp_snap_cpu *cpu(const struct kp_snap *s, uint32_t n)
{
	size_t i;

	for (i = 0; i < s->nr_cpus; i++)
		if (s->cpus[i].cpu == n)
			return &s->cpus[i];
	fail_msg("no row for CPU %u", n);
	return NULL;
}

static struct kp_event sched(uint32_t from, uint32_t to, uint64_t time_ns)
{
	struct kp_event ev = event(KP_EV_SCHED, from, time_ns);

	ev.extra = from;
	ev.code = to;
	ev.valid |= KP_HAS_CODE | KP_HAS_EXTRA;
	return ev;
}

static void test_shares(void **state)
{
	struct kp_model *m = MODEL(ALL);
	struct kp_snap *s;

	add(m, ENTRY(10, 1000));
	add(m, EXIT(10, 30, 1700));
	add(m, ENTRY(10, 1900));
	add(m, EXIT(10, HLT, 2000));
	add(m, ENTRY(10, 5000));
	add(m, EXIT(10, 30, 5100));
	s = snap(m);
	assert_int_equal(s->nr_cpus, 1);
	assert_true(cpu(s, 0)->has_times);
	assert_int_equal(cpu(s, 0)->guest_ns, 900);
	assert_int_equal(cpu(s, 0)->handling_ns, 200);
	assert_int_equal(cpu(s, 0)->halt_ns, 3000);
	assert_false(cpu(s, 0)->has_idle);
	assert_false(cpu(s, 0)->has_nmis);
	done(m, s);
}

/* What begins on one CPU and ends on another, or under another thread, is nobody's. */
static void test_moved(void **state)
{
	struct kp_model *m = MODEL(ALL);
	struct kp_snap *s;

	add(m, ENTRY(10, 1000));
	add(m, EXIT(10, 30, 1700));
	add(m, on_cpu(ENTRY(10, 2000), 1));
	add(m, ENTRY(11, 2500));
	add(m, EXIT(11, 30, 2600));
	add(m, on_cpu(EXIT(10, 30, 3000), 1));
	s = snap(m);
	assert_int_equal(cpu(s, 0)->guest_ns, 800);
	assert_int_equal(cpu(s, 0)->handling_ns, 0);
	assert_int_equal(cpu(s, 1)->guest_ns, 1000);
	done(m, s);
}

static void test_idle_and_nmi(void **state)
{
	struct kp_event nmi = event(KP_EV_NMI, 0, 4100);
	struct kp_model *m = MODEL(ALL);
	struct kp_snap *s;

	nmi.valid |= KP_HAS_EXTRA;
	add(m, ENTRY(10, 1000));
	add(m, EXIT(10, HLT, 1500));
	add(m, sched(10, 0, 1600));
	add(m, sched(0, 10, 4000));
	add(m, nmi); /* somebody else's: no handler wanted it */
	nmi.extra = 1;
	add(m, nmi);
	add(m, ENTRY(10, 4200));
	s = snap(m);
	assert_true(cpu(s, 0)->has_idle);
	assert_int_equal(cpu(s, 0)->idle_ns, 2400);
	assert_int_equal(cpu(s, 0)->halt_ns, 100); /* asleep is not halted on a CPU */
	assert_true(cpu(s, 0)->has_nmis);
	assert_int_equal(cpu(s, 0)->nmis, 1);
	done(m, s);
}

static void test_buckets(void **state)
{
	struct kp_model *m = MODEL(ALL, .buckets = true);
	const struct kp_snap_bucket *b;
	const struct kp_snap_exit *e;
	uint64_t t = 1000, sum = 0;
	struct kp_snap *s;
	unsigned int i;
	size_t n;

	for (i = 0; i < 100; i++) {
		add(m, ENTRY(10, t));
		add(m, EXIT(10, 30 + i % 2, t + 10));
		t += i % 2 ? 5000 : 40;
	}
	add(m, ENTRY(10, t));
	s = snap(m);
	assert_int_equal(s->nr_exits, 2);
	e = row(s, 30);
	assert_int_equal(e->nr_buckets, 1);
	b = &s->buckets[e->first_bucket];
	assert_int_equal(b->count, 50);
	assert_int_equal(b->bucket, kp_bucket_of(30));
	for (n = 0; n < s->nr_buckets; n++)
		sum += s->buckets[n].count;
	assert_int_equal(sum, s->total.count);
	done(m, s);
}

static void test_bucket_numbers(void **state)
{
	unsigned int b;
	uint64_t ns;

	for (b = 0; b < KP_BUCKETS; b++)
		assert_int_equal(kp_bucket_of(kp_bucket_ns(b)), b);
	for (ns = 1; ns < 1ull << 62; ns = ns * 3 + 1)
		assert_true(fabs((double)kp_bucket_ns(kp_bucket_of(ns)) - (double)ns) <=
			    (double)ns / 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shares),	       cmocka_unit_test(test_moved),
		cmocka_unit_test(test_idle_and_nmi),   cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_bucket_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
