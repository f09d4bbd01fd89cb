// SPDX-License-Identifier: GPL-2.0-only
/*
 * swagg_test.c - src/collect/swagg.c and src/cmd/stat_switch.c: what lies between two snapshots,
 * vCPUs added up to VMs, and the rows that a scope leaves.
 */
#include "kp_test.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/stat_switch.h"

/** struct want - of one vCPU: exits for two reasons, durations of 1 to @loads microseconds */
struct want {
	uint32_t pid, tid, vcpu;
	uint64_t loads, cpuid, msr;
};

static void fill(struct kp_swagg_vcpu *v, const struct want *w)
{
	uint64_t i;

	v->pid = w->pid;
	v->tid = w->tid;
	v->vcpu = w->vcpu;
	v->has_vcpu = true;
	v->loads = v->puts = v->entries = v->exits = w->loads;
	v->guest_ns = 100 * w->loads;
	v->handling_ns = 50 * w->loads;
	v->pure_ns = 30 * w->loads;
	v->pmi_raised = v->pmi_delivered = w->loads / 10;
	for (i = 1; i <= w->loads; i++)
		kp_loghist_add(&v->dist[KP_SWAGG_SWITCH], 1000 * i);
	v->reasons = calloc(2, sizeof(*v->reasons));
	assert_non_null(v->reasons);
	if (w->cpuid)
		v->reasons[v->nr_reasons++] = (struct kp_swagg_reason){
			.isa = 2, .code = 0x72, .count = w->cpuid, .handling_ns = 10 * w->cpuid
		};
	if (w->msr)
		v->reasons[v->nr_reasons++] = (struct kp_swagg_reason){
			.isa = 2, .code = 0x7c, .count = w->msr, .handling_ns = 20 * w->msr
		};
}

static struct kp_swagg_snap *snap(uint64_t time_ns, const struct want *w, size_t nr)
{
	struct kp_swagg_snap *s = calloc(1, sizeof(*s));
	size_t i;

	assert_non_null(s);
	s->time_ns = time_ns;
	s->has_switch = true;
	s->vcpus = calloc(nr + 1, sizeof(*s->vcpus));
	assert_non_null(s->vcpus);
	s->nr_vcpus = nr;
	for (i = 0; i < nr; i++)
		fill(&s->vcpus[i], &w[i]);
	return s;
}

static const struct want before[] = { { 10, 11, 0, 40, 30, 10 } };
static const struct want after[] = {
	{ 10, 11, 0, 100, 40, 60 },
	{ 10, 12, 1, 20, 20, 0 },
	{ 20, 21, 0, 7, 0, 7 },
};

static struct kp_swagg_snap *between(void)
{
	struct kp_swagg_snap *old = snap(1000, before, KP_ARRAY_SIZE(before));
	struct kp_swagg_snap *now = snap(5000, after, KP_ARRAY_SIZE(after)), *part;

	assert_int_equal(kp_swagg_since(now, old, &part), 0);
	kp_swagg_snap_free(old);
	kp_swagg_snap_free(now);
	return part;
}

static void test_since(void **state)
{
	struct kp_swagg_snap *part = between();
	const struct kp_swagg_vcpu *v = part->vcpus;

	(void)state;
	assert_int_equal(part->since_ns, 1000);
	assert_int_equal(part->time_ns, 5000);
	assert_int_equal(part->nr_vcpus, 3);
	assert_int_equal(v->loads, 60);
	assert_int_equal(v->puts, 60);
	assert_int_equal(v->guest_ns, 6000);
	assert_int_equal(v->handling_ns, 3000);
	assert_int_equal(v->pure_ns, 1800);
	assert_int_equal(v->pmi_raised, 6);
	assert_int_equal(v->dist[KP_SWAGG_SWITCH].count, 60);
	/* 41 to 100 microseconds: the median of what came since */
	assert_in_range(kp_loghist_percentile(&v->dist[KP_SWAGG_SWITCH], 0.5), 68000, 72500);
	/* ten more of one reason, fifty of the other: the order turns */
	assert_int_equal(v->nr_reasons, 2);
	assert_int_equal(v->reasons[0].code, 0x7c);
	assert_int_equal(v->reasons[0].count, 50);
	assert_int_equal(v->reasons[0].handling_ns, 1000);
	assert_int_equal(v->reasons[1].count, 10);
	/* a vCPU that is new came whole, and shares nothing with the snapshots, which are gone */
	assert_int_equal(v[1].loads, 20);
	assert_int_equal(v[1].reasons[0].count, 20);
	kp_swagg_snap_free(part);
}

static void test_by_vm(void **state)
{
	const struct kp_stat_opts opts = { .by = KP_STAT_BY_VM };
	struct kp_stat_sw sw = { 0 };
	const struct kp_swagg_vcpu *v;

	(void)state;
	assert_int_equal(kp_stat_sw_make(&opts, between(), &sw), 0);
	assert_int_equal(sw.rows.nr, 2);
	assert_int_equal(sw.rows.at[0].nr, 2);
	assert_int_equal(sw.rows.at[1].nr, 1);
	v = sw.rows.at[0].v;
	assert_int_equal(v->pid, 10);
	assert_int_equal(v->loads, 80);
	assert_int_equal(v->guest_ns, 8000);
	assert_int_equal(v->dist[KP_SWAGG_SWITCH].count, 80);
	assert_int_equal(v->nr_reasons, 2);
	assert_int_equal(v->reasons[0].code, 0x7c);
	assert_int_equal(v->reasons[1].count, 30);
	kp_stat_sw_free(&sw);
}

static void test_threads(void **state)
{
	struct kp_stat_opts opts = { .by = KP_STAT_BY_ALL };
	struct kp_stat_sw sw = { 0 };

	(void)state;
	opts.req.target = KP_TARGET_TIDS;
	assert_int_equal(kp_vec_push(&opts.ids, 12), 0);
	assert_int_equal(kp_vec_push(&opts.ids, 21), 0);
	assert_int_equal(kp_stat_sw_make(&opts, between(), &sw), 0);
	assert_int_equal(sw.rows.nr, 2);
	assert_int_equal(sw.rows.at[0].v->tid, 12);
	assert_int_equal(sw.rows.at[1].v->tid, 21);
	kp_stat_sw_free(&sw);
	kp_vec_free(&opts.ids);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_since),
		cmocka_unit_test(test_by_vm),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
