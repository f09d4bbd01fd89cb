// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_timeline_test.c - src/model/timeline.c: whose each CPU's counters were, slice by slice, in
 * recordings short and long.
 */
#include "model_events.h"

static uint64_t sum(const struct kp_snap *sn, size_t cpu, enum kp_owned by)
{
	uint64_t n = 0;
	uint32_t i;

	for (i = 0; i < KP_TIMELINE_SLICES; i++)
		n += sn->ownership.cpus[cpu].ns[by][i];
	return n;
}

static void reg(struct kp_model *m, enum kp_kind kind, enum kp_pmu_part part, uint64_t now_ns)
{
	struct kp_event ev = event(kind, 41, now_ns);

	ev.extra = part;
	ev.valid |= KP_HAS_EXTRA | KP_HAS_VALUE | KP_HAS_CODE;
	add(m, ev);
}

/* One second, the guest runs in its middle tenth. */
static void test_slices(void **state)
{
	struct kp_model *m = MODEL(ALL);
	const struct kp_snap_ownership *own;
	struct kp_snap *sn;
	uint32_t i;

	add(m, event(KP_EV_USER_EXIT, 41, 1000000000));
	add(m, ENTRY(41, 1450000000));
	add(m, EXIT(41, 1, 1550000000));
	add(m, event(KP_EV_USER_EXIT, 41, 2000000000));
	sn = snap(m);
	own = &sn->ownership;
	assert_int_equal(own->origin_ns, 1000000000);
	assert_int_equal(own->end_ns, 2000000000);
	assert_int_equal(own->nr_cpus, 1);
	assert_in_range(own->nr_slices, KP_TIMELINE_SLICES / 2, KP_TIMELINE_SLICES);
	assert_in_range(own->slice_ns * own->nr_slices, 1000000000, 1000000000 + own->slice_ns);
	assert_int_equal(sum(sn, 0, KP_OWNED_GUEST), 100000000);
	for (i = 0; i < own->nr_slices; i++) {
		uint64_t from = own->origin_ns + i * own->slice_ns, to = from + own->slice_ns;

		if (to <= 1450000000 || from >= 1550000000)
			assert_int_equal(own->cpus[0].ns[KP_OWNED_GUEST][i], 0);
		else if (from >= 1450000000 && to <= 1550000000)
			assert_int_equal(own->cpus[0].ns[KP_OWNED_GUEST][i], own->slice_ns);
	}
	done(m, sn);
}

/* However long it gets, nothing is lost when slices are merged. */
static void test_long(void **state)
{
	struct kp_model *m = MODEL(ALL);
	uint64_t now = 5000;
	struct kp_snap *sn;
	int i;

	for (i = 0; i < 3000; i++) {
		add(m, on_cpu(ENTRY(41, now += 17 * (i + 1)), 2));
		add(m, on_cpu(EXIT(41, 1, now += 100), 2));
	}
	sn = snap(m);
	assert_int_equal(sn->ownership.nr_cpus, 1);
	assert_int_equal(sn->ownership.cpus[0].cpu, 2);
	assert_int_equal(sum(sn, 0, KP_OWNED_GUEST), 3000 * 100);
	assert_in_range(sn->ownership.nr_slices, KP_TIMELINE_SLICES / 2, KP_TIMELINE_SLICES);
	/* a snapshot changes nothing: the next one says the same */
	kp_snap_free(sn);
	sn = snap(m);
	assert_int_equal(sum(sn, 0, KP_OWNED_GUEST), 3000 * 100);
	done(m, sn);
}

/* The switch has its own time, which is neither the guest's nor the host's. */
static void test_switching(void **state)
{
	struct kp_model *m = MODEL(ALL);
	struct kp_snap *sn;

	reg(m, KP_EV_HOST_WRMSR, KP_PMU_GLOBAL_CTRL_LOADED, 1000);
	reg(m, KP_EV_HOST_WRMSR, KP_PMU_SELECTOR, 1100);
	reg(m, KP_EV_HOST_WRMSR, KP_PMU_STATUS_SET, 1200);
	reg(m, KP_EV_HOST_WRMSR, KP_PMU_GLOBAL_CTRL_LOADED, 1300);
	add(m, ENTRY(41, 2000));
	add(m, EXIT(41, 1, 5000));
	reg(m, KP_EV_HOST_WRMSR, KP_PMU_GLOBAL_CTRL_LOADED, 5500);
	reg(m, KP_EV_HOST_RDMSR, KP_PMU_STATUS, 5700);
	add(m, event(KP_EV_USER_EXIT, 41, 9000));
	sn = snap(m);
	assert_int_equal(sum(sn, 0, KP_OWNED_GUEST), 3000);
	assert_int_equal(sum(sn, 0, KP_OWNED_SWITCH), 300 + 200);
	done(m, sn);
}

/* Times at the end of what 64 bits hold, and backwards ones, do no harm. */
static void test_hostile(void **state)
{
	struct kp_model *m = MODEL(ALL);
	struct kp_snap *sn;

	add(m, ENTRY(41, 10));
	add(m, EXIT(41, 1, UINT64_MAX));
	add(m, ENTRY(41, 5));
	add(m, EXIT(41, 1, 1));
	sn = snap(m);
	assert_int_equal(sum(sn, 0, KP_OWNED_GUEST), UINT64_MAX - 10);
	done(m, sn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_switching),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
