// SPDX-License-Identifier: GPL-2.0-only
/*
 * stat_calc_test.c - src/cmd/stat_calc.c and stat_metrics.c: splits, scaling, clocks, places,
 * metrics and spread against values computed by hand. Opens no event.
 */
#include "kp_test.h"

#include <math.h>
#include <string.h>

#include "cmd/stat_calc.h"

enum { HOST_CYCLES, GUEST_CYCLES, HOST_INSN, GUEST_INSN, TASK_CLOCK, NR_EVENTS };

static struct kp_plan_event events[NR_EVENTS] = {
	[HOST_CYCLES] = { .name = (char *)"cycles", .split = true, .side = KP_SIDE_HOST },
	[GUEST_CYCLES] = { .name = (char *)"cycles", .split = true, .side = KP_SIDE_GUEST },
	[HOST_INSN] = { .name = (char *)"instructions", .split = true, .side = KP_SIDE_HOST },
	[GUEST_INSN] = { .name = (char *)"instructions", .split = true, .side = KP_SIDE_GUEST },
	[TASK_CLOCK] = { .name = (char *)"task-clock", .attr.type = PERF_TYPE_SOFTWARE },
};

static const struct kp_plan plan = { .events = events,
				     .nr_events = NR_EVENTS,
				     .target = KP_TARGET_SYSTEM };
static const bool none_refused[NR_EVENTS];

static struct kp_host_pmu one_pmu[] = { { .name = (char *)"cpu", .type = 4, .core = true } };
static const struct kp_host host = { .pmus = one_pmu, .nr_pmus = 1 };

static struct kp_count_value on_cpu(uint32_t event, uint32_t cpu, uint64_t value, uint64_t enabled,
				    uint64_t running)
{
	return (struct kp_count_value){ .event = event,
					.cpu = cpu,
					.has_cpu = true,
					.value = value,
					.enabled_ns = enabled,
					.running_ns = running };
}

static struct kp_stat_input input(const struct kp_count_value *vals, size_t nr)
{
	return (struct kp_stat_input){ .plan = &plan,
				       .host = &host,
				       .to = vals,
				       .nr = nr,
				       .refused = none_refused,
				       .wall_ns = 2000 };
}

static const struct kp_stat_row *row(const struct kp_stat *st, const char *name, int64_t cpu)
{
	const struct kp_stat_row *r;

	kp_vec_for_each (r, &st->rows)
		if (kp_stat_is(r, name) && r->key.cpu == cpu)
			return r;
	fail_msg("no row %s of CPU %d", name, (int)cpu);
	return NULL;
}

static const struct kp_stat_metric *metric(const struct kp_stat *st, const char *name)
{
	const struct kp_stat_metric *m;

	kp_vec_for_each (m, &st->metrics)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}

static void assert_near(double got, double want)
{
	if (!(fabs(got - want) <= fabs(want) * 1e-12))
		fail_msg("%.15g instead of %.15g", got, want);
}

/* A pair is one row, CPUs are added up; host and guest stay apart. */
static void test_split(void **state)
{
	const struct kp_count_value vals[] = {
		on_cpu(HOST_CYCLES, 0, 100, 1000, 1000),
		on_cpu(HOST_CYCLES, 1, 20, 1000, 1000),
		on_cpu(GUEST_CYCLES, 0, 7, 1000, 1000),
		on_cpu(GUEST_CYCLES, 1, 33, 1000, 1000),
	};
	struct kp_stat_input in = input(vals, 4);
	const struct kp_stat_row *r;
	struct kp_stat st;
	double total;

	(void)state;
	assert_int_equal(kp_stat_make(&in, &st), 0);
	assert_int_equal(st.rows.nr, 1);
	r = row(&st, "cycles", -1);
	assert_string_equal(r->pmu, "cpu");
	assert_near(r->side[KP_SIDE_HOST].value, 120);
	assert_near(r->side[KP_SIDE_GUEST].value, 40);
	assert_int_equal(r->side[KP_SIDE_HOST].enabled_ns, 2000);
	assert_false(r->side[KP_SIDE_HOST].scaled);
	assert_true(kp_stat_total(r, &total));
	assert_near(total, 160);
	assert_int_equal(r->side[KP_SIDE_BOTH].state, KP_STAT_ABSENT);
	kp_stat_free(&st);
}

static void test_by_cpu(void **state)
{
	const struct kp_count_value vals[] = {
		on_cpu(HOST_CYCLES, 0, 100, 1000, 1000),
		on_cpu(HOST_CYCLES, 1, 20, 1000, 1000),
	};
	struct kp_stat_input in = input(vals, 2);
	struct kp_stat st;

	(void)state;
	in.by = KP_STAT_BY_CPU;
	assert_int_equal(kp_stat_make(&in, &st), 0);
	assert_int_equal(st.rows.nr, 2);
	assert_near(row(&st, "cycles", 0)->side[KP_SIDE_HOST].value, 100);
	assert_near(row(&st, "cycles", 1)->side[KP_SIDE_HOST].value, 20);
	kp_stat_free(&st);
}

/* Each CPU's count is scaled by its own share: 100 * 1000/250 + 10, not (110) * 2000/1250. */
static void test_scaling(void **state)
{
	const struct kp_count_value vals[] = {
		on_cpu(HOST_CYCLES, 0, 100, 1000, 250),
		on_cpu(HOST_CYCLES, 1, 10, 1000, 1000),
	};
	struct kp_stat_input in = input(vals, 2);
	const struct kp_stat_count *c;
	struct kp_stat st;

	(void)state;
	assert_int_equal(kp_stat_make(&in, &st), 0);
	c = &row(&st, "cycles", -1)->side[KP_SIDE_HOST];
	assert_true(c->scaled);
	assert_near(c->value, 410);
	assert_int_equal(c->running_ns, 1250);
	kp_stat_free(&st);
}

static void test_never_on(void **state)
{
	const struct kp_count_value vals[] = { on_cpu(HOST_CYCLES, 0, 0, 1000, 0) };
	struct kp_stat_input in = input(vals, 1);
	struct kp_stat st;
	double total;

	(void)state;
	assert_int_equal(kp_stat_make(&in, &st), 0);
	assert_int_equal(row(&st, "cycles", -1)->side[KP_SIDE_HOST].state, KP_STAT_NOT_COUNTED);
	assert_false(kp_stat_total(row(&st, "cycles", -1), &total));
	kp_stat_free(&st);
}

/* What could not be opened has a row, once, whichever half it is. */
static void test_refused(void **state)
{
	const struct kp_count_value vals[] = { on_cpu(HOST_INSN, 0, 5, 1000, 1000) };
	const bool refused[NR_EVENTS] = { true, true, false, true, false };
	struct kp_stat_input in = input(vals, 1);
	const struct kp_stat_row *r;
	struct kp_stat st;

	(void)state;
	in.refused = refused;
	assert_int_equal(kp_stat_make(&in, &st), 0);
	assert_int_equal(st.rows.nr, 2);
	r = row(&st, "cycles", -1);
	assert_int_equal(r->side[KP_SIDE_HOST].state, KP_STAT_NOT_SUPPORTED);
	assert_int_equal(r->side[KP_SIDE_GUEST].state, KP_STAT_NOT_SUPPORTED);
	r = row(&st, "instructions", -1);
	assert_int_equal(r->side[KP_SIDE_HOST].state, KP_STAT_COUNTED);
	assert_int_equal(r->side[KP_SIDE_GUEST].state, KP_STAT_NOT_SUPPORTED);
	kp_stat_free(&st);
}

static void test_interval(void **state)
{
	const struct kp_count_value from[] = { on_cpu(HOST_CYCLES, 0, 100, 1000, 500) };
	const struct kp_count_value to[] = { on_cpu(HOST_CYCLES, 0, 175, 2000, 1500) };
	struct kp_stat_input in = input(to, 1);
	const struct kp_stat_count *c;
	struct kp_stat st;

	(void)state;
	in.from = from;
	assert_int_equal(kp_stat_make(&in, &st), 0);
	c = &row(&st, "cycles", -1)->side[KP_SIDE_HOST];
	assert_near(c->value, 75);
	assert_false(c->scaled);
	kp_stat_free(&st);
}

static void test_metrics(void **state)
{
	const struct kp_count_value vals[] = {
		on_cpu(HOST_CYCLES, 0, 3000, 1000, 1000), on_cpu(GUEST_CYCLES, 0, 1000, 1000, 1000),
		on_cpu(HOST_INSN, 0, 1500, 1000, 1000),	  on_cpu(GUEST_INSN, 0, 2000, 1000, 1000),
		on_cpu(TASK_CLOCK, 0, 1600, 1000, 1000),
	};
	struct kp_stat_input in = input(vals, 5);
	const struct kp_stat_metric *m;
	struct kp_stat st;

	(void)state;
	assert_int_equal(kp_stat_make(&in, &st), 0);
	assert_int_equal(kp_stat_derive(&st), 0);
	m = metric(&st, "IPC");
	assert_non_null(m);
	assert_string_equal(m->unit, "insn/cycle");
	assert_near(m->value[KP_SIDE_HOST], 0.5);
	assert_near(m->value[KP_SIDE_GUEST], 2);
	assert_near(m->value[KP_SIDE_BOTH], 3500.0 / 4000);
	assert_near(metric(&st, "guest share")->value[KP_SIDE_GUEST], 25);
	assert_near(metric(&st, "frequency")->value[KP_SIDE_BOTH], 2.5);
	assert_near(metric(&st, "CPUs used")->value[KP_SIDE_BOTH], 0.8);
	kp_stat_free(&st);
}

/* Without the guests' half nothing is said about guests, nor about both. */
static void test_metrics_host_only(void **state)
{
	const struct kp_count_value vals[] = {
		on_cpu(HOST_CYCLES, 0, 3000, 1000, 1000),
		on_cpu(HOST_INSN, 0, 1500, 1000, 1000),
	};
	struct kp_stat_input in = input(vals, 2);
	const struct kp_stat_metric *m;
	struct kp_stat st;

	(void)state;
	assert_int_equal(kp_stat_make(&in, &st), 0);
	assert_int_equal(kp_stat_derive(&st), 0);
	m = metric(&st, "IPC");
	assert_near(m->value[KP_SIDE_HOST], 0.5);
	assert_true(isnan(m->value[KP_SIDE_GUEST]));
	assert_true(isnan(m->value[KP_SIDE_BOTH]));
	assert_null(metric(&st, "guest share"));
	assert_null(metric(&st, "frequency"));
	kp_stat_free(&st);
}

static void test_clocks(void **state)
{
	static struct kp_plan_event clocks[] = {
		{ .name = (char *)"clock:host", .clock = KP_CLOCK_HOST },
		{ .name = (char *)"clock:all", .clock = KP_CLOCK_ALL },
	};
	const struct kp_plan p = { .events = clocks, .nr_events = 2, .target = KP_TARGET_SYSTEM };
	const struct kp_count_value vals[] = {
		on_cpu(0, 0, 0, 900, 900),
		on_cpu(0, 1, 0, 300, 300),
		on_cpu(1, 0, 0, 1000, 1000),
		on_cpu(1, 1, 0, 1000, 1000),
	};
	struct kp_stat_input in = input(vals, 4);
	struct kp_stat st;

	(void)state;
	in.plan = &p;
	assert_int_equal(kp_stat_make(&in, &st), 0);
	assert_int_equal(st.rows.nr, 0);
	assert_int_equal(st.clocks.nr, 2);
	assert_int_equal(st.clocks.at[0].key.cpu, 0);
	assert_int_equal(st.clocks.at[0].all_ns - st.clocks.at[0].host_ns, 100);
	assert_int_equal(kp_stat_blind_ns(&st.clocks.at[0]), 100);
	assert_int_equal(st.clocks.at[1].key.cpu, 1);
	assert_int_equal(st.clocks.at[1].all_ns - st.clocks.at[1].host_ns, 700);
	kp_stat_free(&st);
}

/* What reads apart by less than a thousandth is no blindness, nor is the wrong way round. */
static void test_clock_noise(void **state)
{
	(void)state;
	assert_int_equal(
		kp_stat_blind_ns(&(struct kp_stat_clock){ .all_ns = 100000, .host_ns = 99901 }), 0);
	assert_int_equal(
		kp_stat_blind_ns(&(struct kp_stat_clock){ .all_ns = 100000, .host_ns = 99900 }),
		100);
	assert_int_equal(kp_stat_blind_ns(&(struct kp_stat_clock){ .all_ns = 10, .host_ns = 20 }),
			 0);
}

/* A collector must not see a counter shrink: 100 * 1000/250 = 400, then 300 * 2000/2000. */
static void test_never_less(void **state)
{
	const struct kp_count_value first[] = { on_cpu(HOST_CYCLES, 0, 100, 1000, 250) };
	const struct kp_count_value then[] = { on_cpu(HOST_CYCLES, 0, 300, 2000, 2000) };
	struct kp_stat_floor f = { 0 };
	struct kp_stat_input in = input(first, 1);
	struct kp_stat st;

	(void)state;
	assert_int_equal(kp_stat_make(&in, &st), 0);
	kp_stat_never_less(&f, &st);
	assert_near(st.rows.at[0].side[KP_SIDE_HOST].value, 400);
	kp_stat_free(&st);
	in = input(then, 1);
	assert_int_equal(kp_stat_make(&in, &st), 0);
	kp_stat_never_less(&f, &st);
	assert_near(st.rows.at[0].side[KP_SIDE_HOST].value, 400);
	kp_stat_free(&st);
	kp_stat_floor_free(&f);
}

/* ---- two PMUs ---- */

static struct kp_host_vcpu two_vcpus[] = { { .tid = 51, .vcpu = 0, .has_vcpu = true },
					   { .tid = 52, .vcpu = 1, .has_vcpu = true } };
static struct kp_host_vm one_vm[] = { { .pid = 50, .vcpus = two_vcpus, .nr_vcpus = 2 } };
static struct kp_host_pmu two_pmus[] = {
	{ .name = (char *)"little", .type = 8, .cpus = (char *)"0-1", .core = true },
	{ .name = (char *)"big", .type = 9, .cpus = (char *)"2-3", .core = true },
};
static const struct kp_host hybrid = { .pmus = two_pmus, .nr_pmus = 2, .vms = one_vm, .nr_vms = 1 };

#define HW(pmu, id)                                                                \
	{                                                                          \
		.type = PERF_TYPE_HARDWARE, .config = (uint64_t)(pmu) << 32 | (id) \
	}

static struct kp_plan_event hybrid_events[] = {
	{ .name = (char *)"clock:place", .clock = KP_CLOCK_PLACE },
	{ .name = (char *)"little/instructions/", .attr = HW(8, 1), .side = KP_SIDE_GUEST },
	{ .name = (char *)"big/instructions/", .attr = HW(9, 1), .side = KP_SIDE_GUEST },
	{ .name = (char *)"little/cycles/", .attr = HW(8, 0), .side = KP_SIDE_GUEST },
	{ .name = (char *)"big/cycles/", .attr = HW(9, 0), .side = KP_SIDE_GUEST },
};
static const struct kp_plan hybrid_plan = { .events = hybrid_events,
					    .nr_events = 5,
					    .target = KP_TARGET_PIDS };

#define MS 1000000ull

/* times in milliseconds */
#define OF_TASK(ev, t, c, v, enabled, running)                                                     \
	{                                                                                          \
		.event = ev, .tid = t, .has_cpu = (c) >= 0, .cpu = (c) >= 0 ? (c) : 0, .value = v, \
		.enabled_ns = (enabled) * MS, .running_ns = (running) * MS                         \
	}

/* vCPU 0 ran 600 on little and 400 on big; vCPU 1 on big alone. */
static const struct kp_count_value hybrid_vals[] = {
	OF_TASK(0, 51, 0, 0, 1000, 500),    OF_TASK(0, 51, 1, 0, 1000, 100),
	OF_TASK(0, 51, 2, 0, 1000, 400),    OF_TASK(0, 51, 3, 0, 1000, 0),
	OF_TASK(0, 52, 0, 0, 800, 0),	    OF_TASK(0, 52, 1, 0, 800, 0),
	OF_TASK(0, 52, 2, 0, 800, 300),	    OF_TASK(0, 52, 3, 0, 800, 500),
	OF_TASK(1, 51, -1, 60, 1000, 600),  OF_TASK(1, 52, -1, 0, 800, 0),
	OF_TASK(2, 51, -1, 40, 1000, 400),  OF_TASK(2, 52, -1, 50, 800, 400),
	OF_TASK(3, 51, -1, 120, 1000, 600), OF_TASK(3, 52, -1, 0, 800, 0),
	OF_TASK(4, 51, -1, 80, 1000, 400),  OF_TASK(4, 52, -1, 200, 800, 800),
};

static const bool hybrid_refused[5];

static const struct kp_stat_row *pmu_row(const struct kp_stat *st, const char *name,
					 const char *pmu)
{
	const struct kp_stat_row *r;

	kp_vec_for_each (r, &st->rows)
		if (kp_stat_is(r, name) && !strcmp(r->pmu, pmu))
			return r;
	return NULL;
}

/*
 * Being on another PMU's CPUs is no sharing of counters: nothing is scaled for that, but the half
 * of its time on big in which vCPU 1's instructions were off the PMU is: 40 + 50 * 800/400.
 */
static void test_hybrid(void **state)
{
	struct kp_stat_input in = input(hybrid_vals, KP_ARRAY_SIZE(hybrid_vals));
	const struct kp_stat_count *c;
	struct kp_stat st;

	(void)state;
	in.plan = &hybrid_plan;
	in.host = &hybrid;
	in.refused = hybrid_refused;
	assert_int_equal(kp_stat_make(&in, &st), 0);
	assert_int_equal(kp_stat_derive(&st), 0);
	c = &pmu_row(&st, "instructions", "little")->side[KP_SIDE_GUEST];
	assert_near(c->value, 60);
	assert_false(c->scaled);
	assert_int_equal(c->enabled_ns, 600 * MS);
	c = &pmu_row(&st, "instructions", "big")->side[KP_SIDE_GUEST];
	assert_near(c->value, 140);
	assert_true(c->scaled);
	assert_int_equal(c->enabled_ns, 1200 * MS);
	assert_near(pmu_row(&st, "instructions", "all")->side[KP_SIDE_GUEST].value, 200);
	assert_null(pmu_row(&st, "cycles", "all"));
	kp_stat_free(&st);
}

/*
 * Where a task was and how long its event was on the PMU is read at two instants: vCPU 0 ran for
 * 2 ms on little by the one and 1.6 ms by the other, which is no sharing of counters.
 */
static void test_hybrid_instants(void **state)
{
	struct kp_count_value vals[] = {
		OF_TASK(0, 51, 0, 0, 1000, 2),
		OF_TASK(0, 51, 2, 0, 1000, 998),
		OF_TASK(1, 51, -1, 60, 1000, 1),
		OF_TASK(2, 51, -1, 40, 1000, 900),
	};
	struct kp_stat_input in = input(vals, KP_ARRAY_SIZE(vals));
	const struct kp_stat_count *c;
	struct kp_stat st;

	(void)state;
	vals[2].running_ns = MS * 16 / 10;
	in.plan = &hybrid_plan;
	in.host = &hybrid;
	in.refused = hybrid_refused;
	assert_int_equal(kp_stat_make(&in, &st), 0);
	c = &pmu_row(&st, "instructions", "little")->side[KP_SIDE_GUEST];
	assert_near(c->value, 60);
	assert_false(c->scaled);
	assert_int_equal(c->enabled_ns, c->running_ns);
	c = &pmu_row(&st, "instructions", "big")->side[KP_SIDE_GUEST];
	assert_near(c->value, 40.0 * 998 / 900);
	assert_true(c->scaled);
	kp_stat_free(&st);
}

/* Modifiers stand behind the PMU's slash: rows of one name, summed and divided as without them. */
static void test_hybrid_modifiers(void **state)
{
	struct kp_plan_event with[5];
	const struct kp_plan plan_with = { .events = with, .nr_events = 5 };
	static const char *const names[] = { "", "little/instructions/G", "big/instructions/G",
					     "little/cycles/G", "big/cycles/u" };
	struct kp_stat_input in = input(hybrid_vals, KP_ARRAY_SIZE(hybrid_vals));
	const struct kp_stat_metric *m;
	char name[KP_STAT_NAME_LEN];
	struct kp_stat st;
	size_t i, ipc = 0;

	(void)state;
	for (i = 0; i < KP_ARRAY_SIZE(with); i++) {
		with[i] = hybrid_events[i];
		with[i].name = (char *)names[i];
	}
	in.plan = &plan_with;
	in.host = &hybrid;
	in.refused = hybrid_refused;
	assert_int_equal(kp_stat_make(&in, &st), 0);
	assert_int_equal(kp_stat_derive(&st), 0);
	assert_near(pmu_row(&st, "instructions", "all")->side[KP_SIDE_GUEST].value, 200);
	kp_stat_name(pmu_row(&st, "instructions", "all"), name, sizeof(name));
	assert_string_equal(name, "instructions:G");
	/* big's cycles are of other modes than its instructions */
	kp_vec_for_each (m, &st.metrics)
		if (!strcmp(m->name, "IPC")) {
			ipc++;
			assert_string_equal(m->pmu, "little");
		}
	assert_int_equal(ipc, 1);
	kp_stat_free(&st);
}

static void test_places(void **state)
{
	struct kp_stat_input in = input(hybrid_vals, KP_ARRAY_SIZE(hybrid_vals));
	struct kp_stat st;

	(void)state;
	in.plan = &hybrid_plan;
	in.host = &hybrid;
	in.refused = hybrid_refused;
	in.by = KP_STAT_BY_VCPU;
	assert_int_equal(kp_stat_make(&in, &st), 0);
	assert_int_equal(st.places.nr, 4);
	assert_int_equal(st.places.at[0].key.vm, 50);
	assert_int_equal(st.places.at[0].key.vcpu, 0);
	assert_string_equal(st.places.at[0].pmu, "little");
	assert_int_equal(st.places.at[0].ns, 600 * MS);
	assert_int_equal(st.places.at[1].ns, 400 * MS);
	assert_int_equal(st.places.at[1].all_ns, 1000 * MS);
	assert_int_equal(st.places.at[2].key.vcpu, 1);
	assert_int_equal(st.places.at[2].ns, 0);
	assert_int_equal(st.places.at[3].ns, 800 * MS);
	assert_null(st.places.at[0].backing);
	assert_false(st.places.at[0].has_moves);
	kp_stat_free(&st);
}

/* vCPU 0 came to little twice and to big three times, of those once from one big CPU to another. */
static void test_places_lost(void **state)
{
	static struct kp_plan_event clocks[] = {
		{ .name = (char *)"clock:place", .clock = KP_CLOCK_PLACE },
		{ .name = (char *)"clock:moves", .clock = KP_CLOCK_MOVES },
	};
	static const struct kp_plan of_clocks = { .events = clocks, .nr_events = 2 };
	static const struct kp_count_value vals[] = {
		OF_TASK(0, 51, 0, 0, 1000, 600), OF_TASK(0, 51, 2, 0, 1000, 300),
		OF_TASK(0, 51, 3, 0, 1000, 100), OF_TASK(0, 52, 2, 0, 800, 800),
		OF_TASK(1, 51, 0, 2, 1000, 600), OF_TASK(1, 51, 2, 2, 1000, 300),
		OF_TASK(1, 51, 3, 1, 1000, 100), OF_TASK(1, 52, 2, 0, 800, 800),
	};
	struct kp_owner_vcpu vcpus[] = { { .tid = 51, .pmu = "little" }, { .tid = 52 } };
	const struct kp_owners owners = { .vcpus = vcpus, .nr_vcpus = 2 };
	struct kp_stat_input in = input(vals, KP_ARRAY_SIZE(vals));
	struct kp_stat st;
	uint64_t lost;

	(void)state;
	in.plan = &of_clocks;
	in.host = &hybrid;
	in.refused = hybrid_refused;
	in.owners = &owners;
	assert_int_equal(kp_stat_make(&in, &st), 0);
	assert_int_equal(st.places.nr, 4);
	assert_true(kp_stat_lost_ns(&st.places.at[0], &lost));
	assert_int_equal(lost, 0);
	assert_int_equal(st.places.at[0].moves, 2);
	assert_string_equal(st.places.at[1].backing, "little");
	assert_true(kp_stat_lost_ns(&st.places.at[1], &lost));
	assert_int_equal(lost, 400 * MS);
	assert_int_equal(st.places.at[1].moves, 3);
	/* of vCPU 1 it is not known what backs it: neither is what it lost */
	assert_false(kp_stat_lost_ns(&st.places.at[3], &lost));
	assert_true(st.places.at[3].has_moves);
	kp_stat_free(&st);
}

/* ---- repeats ---- */

/* 2 4 4 4 5 5 7 9: mean 5, sum of squares 32, standard error sqrt(32/7/8). */
static void test_spread(void **state)
{
	static const double v[] = { 2, 4, 4, 4, 5, 5, 7, 9 };
	struct kp_stat_sum s = { 0 };
	size_t i;

	(void)state;
	assert_near(kp_stat_sum_stderr_pct(&s), -1);
	for (i = 0; i < KP_ARRAY_SIZE(v); i++)
		kp_stat_sum_add(&s, v[i]);
	assert_near(s.mean, 5);
	assert_near(kp_stat_sum_stderr_pct(&s), 100 * sqrt(32.0 / 7 / 8) / 5);
}

static void test_runs(void **state)
{
	struct kp_stat_runs runs = { 0 };
	const struct kp_stat_count *c;
	struct kp_stat st;
	uint64_t i;

	(void)state;
	for (i = 1; i <= 3; i++) {
		const struct kp_count_value vals[] = { on_cpu(HOST_CYCLES, 0, 100 * i, 10, 10) };
		struct kp_stat_input in = input(vals, 1);

		in.wall_ns = 1000 * i;
		assert_int_equal(kp_stat_make(&in, &st), 0);
		assert_int_equal(kp_stat_runs_add(&runs, &st), 0);
		if (i < 3)
			kp_stat_free(&st);
	}
	c = &row(&st, "cycles", -1)->side[KP_SIDE_HOST];
	assert_near(c->value, 200);
	assert_near(c->stderr_pct, 100 * (100 / sqrt(3)) / 200);
	assert_int_equal(st.nr_runs, 3);
	assert_int_equal(st.wall_ns, 2000);
	assert_int_equal(st.rows.at[0].side[KP_SIDE_GUEST].state, KP_STAT_ABSENT);
	kp_stat_free(&st);
	kp_stat_runs_free(&runs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),	   cmocka_unit_test(test_by_cpu),
		cmocka_unit_test(test_scaling),	   cmocka_unit_test(test_never_on),
		cmocka_unit_test(test_refused),	   cmocka_unit_test(test_interval),
		cmocka_unit_test(test_metrics),	   cmocka_unit_test(test_metrics_host_only),
		cmocka_unit_test(test_clocks),	   cmocka_unit_test(test_hybrid),
		cmocka_unit_test(test_hybrid_instants),
		cmocka_unit_test(test_hybrid_modifiers),
		cmocka_unit_test(test_places),	   cmocka_unit_test(test_places_lost),
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_runs),	   cmocka_unit_test(test_clock_noise),
		cmocka_unit_test(test_never_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
