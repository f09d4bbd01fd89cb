// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_frame_test.c - src/cmd/top_frame.c: what a tick shows is the difference of two snapshots;
 * strips; and ui/table.c: rows, sorting, filters and zoom over such frames.
 */
#include "model_events.h"

#include "cmd/top_frame.h"

static void vm_name(void *ctx, uint32_t vm, char *buf, size_t size)
{
	snprintf(buf, size, "vm\033%u", vm);
}

static void reason(void *ctx, uint8_t isa, uint32_t code, char *buf, size_t size)
{
	snprintf(buf, size, "reason-%u", code);
}

static bool is_reg(void *ctx, uint8_t isa, uint32_t code)
{
	return code == 32;
}

static void counter(void *ctx, const struct kp_snap_counter *c, struct kp_frame_counter *out)
{
}

static bool gone(void *ctx, uint32_t vm, uint32_t tid)
{
	return tid == *(uint32_t *)ctx;
}

static void pmu(void *ctx, struct kp_frame_vcpu *c)
{
	strcpy(c->mode, "emulated");
}

struct fixture {
	struct kp_framer *fr;
	struct kp_model *m;
	struct kp_table t;
	struct kp_view v;
	uint32_t gone;
	uint64_t at_ns;
};

static struct fixture *make(void)
{
	struct fixture *x = calloc(1, sizeof(*x));
	const struct kp_framer_names names = { vm_name, reason, is_reg, counter,
					       gone,	pmu,	NULL,	&x->gone };

	assert_int_equal(kp_framer_new(&names, &x->fr), 0);
	x->m = MODEL(ALL, .by = KP_BY_VCPU | KP_BY_REASON, .buckets = true);
	kp_view_init(&x->v);
	return x;
}

static struct kp_frame *tick(struct fixture *x, uint64_t wall_ns)
{
	const struct kp_tick t = { .snap = snap(x->m),
				   .at_ns = x->at_ns + wall_ns,
				   .wall_ns = wall_ns };
	struct kp_frame *f = NULL;

	x->at_ns += wall_ns;
	assert_int_equal(kp_framer_add(x->fr, &t, &f), 0);
	return f;
}

static void done_fixture(struct fixture *x)
{
	kp_table_free(&x->t);
	kp_framer_free(x->fr);
	kp_model_free(x->m);
	free(x);
}

/* @n exits of @tid, each handled for @ns, the guest runs 100 ns before each. */
static uint64_t run_guest(struct fixture *x, uint32_t tid, uint32_t code, unsigned int n,
			  uint64_t from, uint64_t ns)
{
	unsigned int i;

	add(x->m, ENTRY(tid, from));
	for (i = 0; i < n; i++) {
		add(x->m, EXIT(tid, code, from + 100));
		from += 100 + ns;
		add(x->m, ENTRY(tid, from));
	}
	return from;
}

static const struct kp_frame_vcpu *vcpu(const struct kp_frame *f, uint32_t tid)
{
	size_t i;

	for (i = 0; i < f->nr_vcpus; i++)
		if (f->vcpus[i].tid == tid)
			return &f->vcpus[i];
	return NULL;
}

static void test_deltas(void **state)
{
	struct fixture *x = make();
	struct kp_frame *f;
	uint64_t t;

	t = run_guest(x, 11, 30, 10, 1000, 500);
	f = tick(x, KP_NSEC_PER_SEC);
	assert_int_equal(f->exits.tick, 10);
	assert_int_equal(f->exits.total, 10);
	assert_true(f->has_entry_exit);
	kp_frame_free(f);

	run_guest(x, 11, 32, 4, t, 2000);
	f = tick(x, KP_NSEC_PER_SEC / 2);
	assert_int_equal(f->exits.tick, 4);
	assert_int_equal(f->exits.total, 14);
	assert_int_equal(f->seq, 2);
	assert_int_equal(f->at_ns, 3 * KP_NSEC_PER_SEC / 2);
	assert_int_equal(vcpu(f, 11)->reg_exits.tick, 4);
	assert_int_equal(vcpu(f, 11)->guest_ns.tick, 400);
	assert_string_equal(vcpu(f, 11)->top_reason, "reason-32");
	assert_string_equal(vcpu(f, 11)->mode, "emulated");
	assert_string_equal(vcpu(f, 11)->vm_name, "vm?100"); /* no escape on the terminal */
	kp_frame_free(f);

	kp_framer_reset(x->fr);
	f = tick(x, KP_NSEC_PER_SEC);
	assert_int_equal(f->exits.tick, 0);
	assert_int_equal(f->exits.total, 0);
	assert_int_equal(f->since_ns, KP_NSEC_PER_SEC);
	assert_string_equal(vcpu(f, 11)->top_reason, "");
	kp_frame_free(f);

	kp_framer_rewind(x->fr);
	f = tick(x, KP_NSEC_PER_SEC);
	assert_int_equal(f->seq, 1);
	assert_int_equal(f->exits.tick, 14);
	kp_frame_free(f);
	done_fixture(x);
}

static void test_ended(void **state)
{
	struct fixture *x = make();
	struct kp_frame *f;

	run_guest(x, 11, 30, 3, 1000, 500);
	run_guest(x, 12, 30, 3, 1000, 500);
	x->gone = 12;
	f = tick(x, KP_NSEC_PER_SEC);
	assert_non_null(vcpu(f, 12)); /* it did something in this tick */
	kp_frame_free(f);
	f = tick(x, KP_NSEC_PER_SEC);
	assert_null(vcpu(f, 12));
	assert_non_null(vcpu(f, 11));
	assert_int_equal(f->exits.total, 6); /* what it did stays done */
	kp_frame_free(f);
	done_fixture(x);
}

static bool only_8(void *ctx, uint32_t vm)
{
	return vm == 8;
}

/* vCPUs that the host knows of and no event told of yet, of those VMs that are wanted. */
static void test_silent(void **state)
{
	struct kp_framer_names names = { vm_name, reason, is_reg, counter, gone, pmu, NULL, NULL };
	struct kp_host_vcpu vcpus[2] = { { .tid = 71 }, { .tid = 81 } };
	struct kp_host_vm vms[2] = { { .pid = 7, .vcpus = &vcpus[0], .nr_vcpus = 1 },
				     { .pid = 8, .vcpus = &vcpus[1], .nr_vcpus = 1 } };
	const struct kp_host host = { .vms = vms, .nr_vms = 2 };
	const struct kp_tick t = { .host = &host, .wall_ns = 1000 };
	uint32_t none = 0;
	struct kp_framer *fr;
	struct kp_frame *f;
	unsigned int i;

	names.ctx = &none;
	for (i = 0; i < 2; i++) {
		names.wanted = i ? only_8 : NULL;
		assert_int_equal(kp_framer_new(&names, &fr), 0);
		assert_int_equal(kp_framer_add(fr, &t, &f), 0);
		assert_int_equal(f->nr_vcpus, 2 - i);
		assert_int_equal(f->vcpus[f->nr_vcpus - 1].tid, 81);
		assert_false(f->vcpus[0].exits.known);
		kp_frame_free(f);
		kp_framer_free(fr);
	}
}

/* Another model begins at zero: the totals go on, and the tick is what that one saw. */
static void test_carry(void **state)
{
	struct fixture *x = make();
	struct kp_frame *f;

	run_guest(x, 11, 30, 3, 1000, 500);
	run_guest(x, 12, 30, 4, 1000, 500);
	kp_frame_free(tick(x, KP_NSEC_PER_SEC));
	kp_model_free(x->m);
	x->m = MODEL(ALL, .by = KP_BY_VCPU | KP_BY_REASON, .buckets = true);
	kp_framer_carry(x->fr);
	run_guest(x, 11, 30, 2, 10000, 500);
	f = tick(x, KP_NSEC_PER_SEC);
	assert_int_equal(f->exits.tick, 2);
	assert_int_equal(f->exits.total, 9);
	assert_int_equal(vcpu(f, 11)->exits.tick, 2);
	assert_null(vcpu(f, 12));
	kp_frame_free(f);
	kp_framer_reset(x->fr);
	f = tick(x, KP_NSEC_PER_SEC);
	assert_int_equal(f->exits.total, 0);
	kp_frame_free(f);
	done_fixture(x);
}

static struct kp_val cell(const struct fixture *x, size_t row, enum kp_col col)
{
	unsigned int i;

	for (i = 0; i < x->t.nr_cols; i++)
		if (KP_COL_ID(x->t.cols[i]) == col)
			return x->t.rows.at[row].cell[i];
	fail_msg("no column %s", kp_columns[col].key);
	return kp_val_none();
}

static void table(struct fixture *x, const struct kp_frame *f, enum kp_tab id)
{
	assert_int_equal(kp_table_make(f, &x->v, id, &x->t), 0);
}

/* Percentiles of a tick are those of its own exits, whatever came before. */
static void test_exits(void **state)
{
	struct fixture *x = make();
	struct kp_frame *f;
	uint64_t t;

	t = run_guest(x, 11, 30, 1000, 1000, 1 << 20);
	kp_frame_free(tick(x, KP_NSEC_PER_SEC));
	run_guest(x, 11, 30, 99, t, 64);
	run_guest(x, 12, 30, 1, t, 4096);
	run_guest(x, 13, 48, 1, t, 64);
	f = tick(x, KP_NSEC_PER_SEC);
	table(x, f, KP_TAB_EXITS);
	assert_int_equal(x->t.rows.nr, 2);
	assert_string_equal(cell(x, 0, KP_COL_REASON).str, "reason-30");
	assert_int_equal(cell(x, 0, KP_COL_COUNT).u64, 100);
	assert_true(cell(x, 0, KP_COL_EXITS_PER_SEC).f64 == 100);
	assert_int_equal(cell(x, 0, KP_COL_P50_NS).u64, kp_bucket_ns(kp_bucket_of(64)));
	assert_int_equal(cell(x, 0, KP_COL_MAX_NS).u64, kp_bucket_ns(kp_bucket_of(4096)));
	assert_int_equal(cell(x, 0, KP_COL_TOTAL_NS).u64, 99 * 64 + 4096);

	x->v.since_start = true;
	table(x, f, KP_TAB_EXITS);
	assert_int_equal(cell(x, 0, KP_COL_COUNT).u64, 1100);
	assert_int_equal(cell(x, 0, KP_COL_MAX_NS).u64, 1 << 20);
	assert_true(cell(x, 0, KP_COL_EXITS_PER_SEC).f64 == 550);

	x->v.since_start = false;
	x->v.zoom = x->t.rows.at[0].key;
	table(x, f, KP_TAB_EXITS);
	assert_int_equal(x->t.rows.nr, 2); /* of this reason: two vCPUs */
	assert_int_equal(cell(x, 0, KP_COL_TID).u64, 11);
	assert_int_equal(cell(x, 1, KP_COL_COUNT).u64, 1);

	x->v.zoom = (struct kp_zoom){ .has_vm = true, .has_vcpu = true, .vm = VM, .tid = 13 };
	table(x, f, KP_TAB_EXITS);
	assert_int_equal(x->t.rows.nr, 1);
	assert_true(cell(x, 0, KP_COL_COUNT_PCT).f64 == 100);
	kp_frame_free(f);
	done_fixture(x);
}

static void add_vm(struct fixture *x, uint32_t vm, uint32_t tid, unsigned int n)
{
	uint64_t t = 1000;

	add(x->m, in_vm(ENTRY(tid, t), vm));
	for (; n; n--, t += 200) {
		add(x->m, in_vm(EXIT(tid, 30, t + 100), vm));
		add(x->m, in_vm(ENTRY(tid, t + 200), vm));
	}
}

static void test_tree(void **state)
{
	struct fixture *x = make();
	struct kp_frame *f;

	add_vm(x, 7, 71, 5);
	add_vm(x, 7, 72, 50);
	add_vm(x, 8, 81, 10);
	f = tick(x, KP_NSEC_PER_SEC);
	table(x, f, KP_TAB_VCPUS);
	assert_int_equal(x->t.rows.nr, 5);
	assert_true(x->t.rows.at[0].group);
	assert_true(cell(x, 0, KP_COL_EXITS_PER_SEC).f64 == 55);
	assert_int_equal(cell(x, 1, KP_COL_TID).u64, 71);

	x->v.sort[KP_TAB_VCPUS] = KP_COL_EXITS_PER_SEC;
	table(x, f, KP_TAB_VCPUS);
	assert_int_equal(cell(x, 0, KP_COL_VM).u64, 7);
	assert_int_equal(cell(x, 1, KP_COL_TID).u64, 72); /* members in order, below their VM */
	assert_int_equal(cell(x, 3, KP_COL_VM).u64, 8);

	x->v.reverse[KP_TAB_VCPUS] = true;
	table(x, f, KP_TAB_VCPUS);
	assert_int_equal(cell(x, 0, KP_COL_VM).u64, 8);
	assert_int_equal(cell(x, 3, KP_COL_TID).u64, 71);

	x->v.tree = false;
	table(x, f, KP_TAB_VCPUS);
	assert_int_equal(x->t.rows.nr, 3);
	assert_int_equal(cell(x, 0, KP_COL_TID).u64, 71);
	kp_frame_free(f);
	done_fixture(x);
}

static void test_filter(void **state)
{
	struct fixture *x = make();
	struct kp_frame *f;

	add_vm(x, 7, 71, 5);
	add_vm(x, 7, 72, 50);
	add_vm(x, 8, 81, 10);
	f = tick(x, KP_NSEC_PER_SEC);
	strcpy(x->v.filter, "72");
	table(x, f, KP_TAB_VCPUS);
	assert_int_equal(x->t.rows.nr, 2);
	assert_true(x->t.rows.at[0].group); /* its VM stays with it */
	assert_int_equal(cell(x, 1, KP_COL_TID).u64, 72);
	assert_int_equal(x->t.nr_all, 5);
	strcpy(x->v.filter, "VM?8"); /* any case; the group's own cells bring its members */
	table(x, f, KP_TAB_VCPUS);
	assert_int_equal(x->t.rows.nr, 2);
	assert_int_equal(cell(x, 1, KP_COL_TID).u64, 81);
	strcpy(x->v.filter, "nowhere");
	table(x, f, KP_TAB_VCPUS);
	assert_int_equal(x->t.rows.nr, 0);
	x->v.tree = false;
	strcpy(x->v.filter, "71");
	table(x, f, KP_TAB_VCPUS);
	assert_int_equal(x->t.rows.nr, 1);
	kp_frame_free(f);
	done_fixture(x);
}

static struct kp_frame_cpu shares(uint64_t guest, uint64_t host, uint64_t sw, uint64_t idle)
{
	return (struct kp_frame_cpu){
		.guest_ns = { true, guest, 0 },
		.host_ns = { true, host, 0 },
		.switch_ns = { true, sw, 0 },
		.idle_ns = { true, idle, 0 },
	};
}

static void test_cells(void **state)
{
	static const struct {
		uint64_t guest, host, sw, idle;
		enum kp_cell what;
		unsigned int quarters;
	} rows[] = {
		{ 700, 100, 50, 150, KP_CELL_GUEST, 3 }, { 300, 600, 99, 1, KP_CELL_HOST, 3 },
		{ 800, 50, 100, 50, KP_CELL_SWITCH, 1 }, { 10, 20, 0, 970, KP_CELL_IDLE, 4 },
		{ 1000, 0, 0, 0, KP_CELL_GUEST, 4 },	 { 0, 0, 0, 0, KP_CELL_NONE, 0 },
	};
	struct kp_frame_cpu c;
	uint8_t cell_;
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(rows); i++) {
		c = shares(rows[i].guest, rows[i].host, rows[i].sw, rows[i].idle);
		cell_ = kp_cell_of(&c, 1000);
		assert_int_equal(KP_CELL_WHAT(cell_), rows[i].what);
		assert_int_equal(KP_CELL_QUARTERS(cell_), rows[i].quarters);
	}
	assert_int_equal(kp_cell_of(&c, 0), KP_CELL_NONE);
}

/* The strip moves on one cell a tick, and is full after KP_STRIP_CELLS. CPUs may come and go. */
static void test_strip(void **state)
{
	struct kp_host_cpu_activity cpus[2] = { { .has_times = true },
						{ .cpu = 5, .has_times = true } };
	struct kp_host_activity act = { .cpus = cpus, .nr_cpus = 2 };
	struct fixture *x = make();
	struct kp_tick t = { .activity = &act, .wall_ns = 1000 };
	struct kp_frame *f;
	unsigned int i;

	for (i = 0; i < KP_STRIP_CELLS + 5; i++) {
		cpus[0].idle_ns += i == 3 ? 0 : 1000;
		cpus[1].idle_ns += 1000;
		act.nr_cpus = i < 10 ? 2 : 1; /* CPU 5 goes offline */
		t.at_ns += 1000;
		assert_int_equal(kp_framer_add(x->fr, &t, &f), 0);
		if (i == 4) {
			assert_int_equal(f->nr_cells, 5);
			assert_int_equal(f->nr_cpus, 2);
			assert_int_equal(KP_CELL_WHAT(f->cpus[0].cells[3]), KP_CELL_HOST);
			assert_int_equal(KP_CELL_WHAT(f->cpus[0].cells[4]), KP_CELL_IDLE);
			assert_int_equal(f->cpus[0].host_ns.tick, 0);
			assert_int_equal(f->cpus[0].host_ns.total, 1000);
		}
		if (i == KP_STRIP_CELLS + 1)
			assert_int_equal(KP_CELL_WHAT(f->cpus[0].cells[1]), KP_CELL_HOST);
		kp_frame_free(f);
	}
	done_fixture(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deltas), cmocka_unit_test(test_ended),
		cmocka_unit_test(test_carry),  cmocka_unit_test(test_silent),
		cmocka_unit_test(test_exits),  cmocka_unit_test(test_tree),
		cmocka_unit_test(test_filter), cmocka_unit_test(test_cells),
		cmocka_unit_test(test_strip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
