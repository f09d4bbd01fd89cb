// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_sums_test.c - src/cmd/top_sums.c: sums that BPF programs keep become rows of a snapshot, and
 * frames of them what ticks of events would have been; vCPUs that are forgotten stay in the totals.
 */
#include "kp_test.h"

#include <string.h>

#include "cmd/top_past.h"
#include "cmd/top_sums.h"
#include "lib/loghist.h"

/** struct made - sums of at most two vCPUs, one reason each; @snap points into the rest */
struct made {
	struct kp_swagg_snap snap;
	struct kp_swagg_vcpu vcpu[2];
	struct kp_swagg_reason reason[2], user[2];
	struct kp_swagg_bucket bucket[2];
	struct kp_swagg_cpu cpu[4];
};

static struct made *make(void)
{
	struct made *m = calloc(1, sizeof(*m));
	unsigned int i;

	for (i = 0; i < 2; i++) {
		m->vcpu[i] = (struct kp_swagg_vcpu){
			.pid = 7,
			.tid = 70 + i,
			.vcpu = i,
			.has_vcpu = true,
			.cpu = 3,
			.reasons = &m->reason[i],
			.nr_reasons = 1,
			.users = &m->user[i],
			.nr_users = 1,
		};
		m->reason[i] = (struct kp_swagg_reason){ .isa = KP_ISA_VMX, .code = 30 + i };
		m->user[i] = (struct kp_swagg_reason){ .code = 2 };
	}
	m->snap = (struct kp_swagg_snap){
		.has_switch = true,
		.vcpus = m->vcpu,
		.nr_vcpus = 2,
		.cpus = m->cpu,
		.nr_cpus = 4,
		.buckets = m->bucket,
		.nr_buckets = 2,
	};
	return m;
}

/* @n more exits of vCPU @i, handled for 100 ns each, whose windows took @window ns. */
static void run(struct made *m, unsigned int i, unsigned int n, uint64_t window)
{
	struct kp_swagg_vcpu *v = &m->vcpu[i];

	v->entries += n;
	v->exits += n;
	v->guest_ns += 1000 * n;
	v->handling_ns += 100 * n;
	m->cpu[3].guest_ns += 1000 * n;
	m->cpu[3].owned_ns += window ? 1000 * n : 0;
	m->cpu[3].switch_ns += window * n;
	m->bucket[i] =
		(struct kp_swagg_bucket){ (uint16_t)kp_bucket_of(100), m->bucket[i].count + n };
	m->reason[i].count += n;
	m->reason[i].timed += n;
	m->reason[i].handling_ns += 100 * n;
	m->reason[i].max_ns = 100;
	m->reason[i].first_bucket = i;
	m->reason[i].nr_buckets = 1;
	for (; window && n; n--) {
		v->loads++;
		v->puts++;
		kp_loghist_add(&v->dist[KP_SWAGG_LOAD], window / 2);
		kp_loghist_add(&v->dist[KP_SWAGG_PUT], window / 2);
		kp_loghist_add(&v->dist[KP_SWAGG_HOST_OUT], window / 8);
		kp_loghist_add(&v->dist[KP_SWAGG_HOST_IN], window / 8);
		kp_loghist_add(&v->dist[KP_SWAGG_OWN], window / 4 * 3);
	}
}

static struct kp_snap *merged(struct kp_top_sums *sums, const struct made *m)
{
	struct kp_snap *s = calloc(1, sizeof(*s));

	assert_int_equal(kp_top_sums_merge(sums, &m->snap, s), 0);
	return s;
}

static void test_rows(void **state)
{
	struct kp_top_sums sums = { 0 };
	struct made *m = make();
	struct kp_snap *s;

	run(m, 0, 10, 800);
	run(m, 1, 2, 0);
	m->vcpu[0].reasons_other = 5;
	m->vcpu[0].pmi_raised = 4;
	m->vcpu[0].pmi_delivered = 3;
	s = merged(&sums, m);
	assert_int_equal(s->pairing, KP_PAIR_EXIT_ENTRY);
	assert_int_equal(s->nr_exits, 3);
	assert_int_equal(s->exits[0].code, 30);
	assert_int_equal(s->exits[0].stat.total_ns, 1000);
	assert_int_equal(s->exits[0].nr_buckets, 1);
	assert_int_equal(s->buckets[s->exits[0].first_bucket].count, 10);
	assert_true(s->exits[2].other);
	assert_int_equal(s->exits[2].stat.count, 5);
	assert_int_equal(s->nr_vcpus, 2);
	assert_int_equal(s->vcpus[0].guest_ns, 10000);
	assert_int_equal(s->nr_cpus, 1); /* the others had no guest */
	assert_int_equal(s->cpus[0].cpu, 3);
	assert_int_equal(s->cpus[0].guest_ns, 12000);
	assert_int_equal(s->switches.nr_vcpus, 1); /* the other one's vPMU is not mediated */
	assert_int_equal(s->switches.vcpus[0].windows, 10);
	/* a phase of the model's has nothing of the others: 400 ns of load, 100 of them perf's */
	assert_int_equal(s->switches.vcpus[0].phase[KP_SWITCH_LOAD].total_ns, 3000);
	assert_int_equal(s->switches.vcpus[0].phase[KP_SWITCH_HOST_OUT].total_ns, 1000);
	assert_int_equal(s->switches.buckets[0].bucket, kp_bucket_of(600));
	assert_int_equal(s->switches.cpus[0].phase[KP_SWITCH_LOAD].total_ns, 8000);
	assert_int_equal(s->pmis.nr_vcpus, 1);
	assert_int_equal(s->pmis.vcpus[0].requested, 4);
	assert_int_equal(s->pmis.vcpus[0].delivered_probe, 3);
	kp_snap_free(s);
	free(m);
}

static bool vcpu_id(void *ctx, uint32_t pid, uint32_t tid, uint32_t *vcpu)
{
	*vcpu = tid + pid;
	return true;
}

static bool only_8(void *ctx, uint32_t pid)
{
	return pid == 8;
}

/* Without kvm_entry, exits to user space are all; the number of a vCPU comes from elsewhere. */
static void test_user_space(void **state)
{
	struct kp_top_sums sums = { .vcpu_id = vcpu_id };
	struct made *m = make();
	struct kp_snap *s = merged(&sums, m);

	assert_int_equal(s->pairing, KP_PAIR_NONE);
	kp_snap_free(s);
	m->vcpu[0].has_vcpu = false;
	m->vcpu[0].user_exits = 7;
	m->user[0].count = 6;
	m->user[0].handling_ns = 600;
	s = merged(&sums, m);
	assert_int_equal(s->pairing, KP_PAIR_USERSPACE);
	assert_int_equal(s->exits[0].isa, 0);
	assert_int_equal(s->exits[0].code, 2);
	assert_int_equal(s->exits[0].stat.count, 6);
	assert_int_equal(s->vcpus[0].user_exits, 7);
	assert_int_equal(s->vcpus[0].vcpu, 77);
	assert_false(s->vcpus[0].has_entry_exit);
	kp_snap_free(s);

	sums.vm_match = only_8;
	s = merged(&sums, m);
	assert_int_equal(s->nr_vcpus, 0);
	kp_snap_free(s);
	free(m);
}

/* ---- frames ---- */

static void no_vm(void *ctx, uint32_t vm, char *buf, size_t size)
{
}

static void no_reason(void *ctx, uint8_t isa, uint32_t code, char *buf, size_t size)
{
}

static bool no_reg(void *ctx, uint8_t isa, uint32_t code)
{
	return false;
}

static void no_counter(void *ctx, const struct kp_snap_counter *c, struct kp_frame_counter *out)
{
}

static bool not_gone(void *ctx, uint32_t vm, uint32_t tid)
{
	return false;
}

static void no_pmu(void *ctx, struct kp_frame_vcpu *c)
{
}

static struct kp_frame *tick(struct kp_framer *fr, struct kp_top_sums *sums, const struct made *m)
{
	struct kp_tick t = { .snap = merged(sums, m), .wall_ns = KP_NSEC_PER_SEC };
	struct kp_frame *f = NULL;

	assert_int_equal(kp_framer_add(fr, &t, &f), 0);
	return f;
}

static struct kp_val p99(const struct kp_frame *f, size_t row)
{
	struct kp_table t = { 0 };
	struct kp_val v = kp_val_none();
	struct kp_view view;
	unsigned int i;

	kp_view_init(&view);
	assert_int_equal(kp_table_make(f, &view, KP_TAB_VCPUS, &t), 0);
	for (i = 0; i < t.nr_cols; i++)
		if (KP_COL_ID(t.cols[i]) == KP_COL_SWITCH_P99_NS)
			v = t.rows.at[row].cell[i];
	kp_table_free(&t);
	return v;
}

static struct kp_framer *new_framer(void)
{
	const struct kp_framer_names names = { no_vm,	 no_reason, no_reg, no_counter,
					       not_gone, no_pmu,    NULL,   NULL };
	struct kp_framer *fr;

	assert_int_equal(kp_framer_new(&names, &fr), 0);
	return fr;
}

static struct kp_num pmi_num(uint64_t tick, uint64_t total)
{
	return (struct kp_num){ true, tick, total };
}

static void assert_num(struct kp_num n, uint64_t tick, uint64_t total)
{
	assert_true(n.known);
	assert_int_equal(n.tick, tick);
	assert_int_equal(n.total, total);
}

/* Probes tell of two hops; the others are not known to be none. */
static void test_ledger(void **state)
{
	struct kp_top_sums sums = { 0 };
	struct made *m = make();
	struct kp_framer *fr = new_framer();
	struct kp_frame *f;

	run(m, 0, 10, 800);
	run(m, 1, 10, 0);
	f = tick(fr, &sums, m);
	assert_int_equal(f->nr_pmis, 0);
	kp_frame_free(f);
	m->vcpu[0].pmi_raised = 4;
	m->vcpu[0].pmi_delivered = 3;
	kp_frame_free(tick(fr, &sums, m));
	m->vcpu[0].pmi_raised = 9;
	m->vcpu[0].pmi_delivered = 8;
	f = tick(fr, &sums, m);
	assert_int_equal(f->nr_pmis, 1);
	assert_num(f->pmis_by[0].requested, 5, 9);
	assert_num(f->pmis_by[0].probed, 5, 8);
	assert_false(f->pmis_by[0].raised.known);
	assert_false(f->pmis_by[0].late.known);
	assert_num(f->vcpus[0].pmis, 5, 8);
	assert_true(f->vcpus[1].pmis.known);
	assert_int_equal(f->vcpus[1].pmis.total, 0);
	kp_frame_free(f);
	kp_framer_free(fr);
	free(m);
}

/* PMIs that went astray are a finding; one that is not delivered yet may still come. */
static void test_astray(void **state)
{
	struct kp_frame *f = kp_frame_new();

	f->pmis_by = calloc(1, sizeof(*f->pmis_by));
	f->nr_pmis = 1;
	f->pmis_by[0].raised = pmi_num(5, 9);
	f->pmis_by[0].lost = pmi_num(1, 1);
	kp_pmis_note(f);
	assert_int_equal(f->notes.nr, 0);
	f->pmis_by[0].lost = pmi_num(0, 1);
	f->pmis_by[0].late = pmi_num(2, 3);
	kp_pmis_note(f);
	assert_int_equal(f->notes.nr, 1);
	assert_int_equal(f->notes.at[0].kind, KP_NOTE_WARNING);
	assert_non_null(strstr(f->notes.at[0].text, " 1 were lost, 3 came late and 0 without"));
	kp_frame_free(f);
}

/* A guest that holds the counters is another cell than one that does not. */
static void test_owner(void **state)
{
	struct kp_frame_cpu c = { .guest_ns = { true, 900, 900 } };

	assert_int_equal(KP_CELL_WHAT(kp_cell_of(&c, 1000)), KP_CELL_GUEST);
	c.owned_ns = (struct kp_num){ true, 440, 440 };
	assert_int_equal(KP_CELL_WHAT(kp_cell_of(&c, 1000)), KP_CELL_GUEST);
	c.owned_ns.tick = 460;
	assert_int_equal(KP_CELL_WHAT(kp_cell_of(&c, 1000)), KP_CELL_OWNER);
}

static void test_frames(void **state)
{
	struct kp_top_sums sums = { 0 };
	struct made *m = make();
	struct kp_framer *fr = new_framer();
	struct kp_frame *f;

	run(m, 0, 1000, 800);
	run(m, 1, 1, 1600);
	kp_frame_free(tick(fr, &sums, m));
	run(m, 0, 50, 400);
	run(m, 1, 50, 6400);
	f = tick(fr, &sums, m);
	assert_int_equal(f->exits.tick, 100);
	assert_int_equal(f->exits.total, 1101);
	assert_int_equal(f->switches.tick, 100);
	assert_int_equal(f->switch_ns.tick, 50 * 400 + 50 * 6400);
	assert_int_equal(f->vcpus[0].load_put_ns.tick, 50 * 300);
	assert_int_equal(f->cpus[0].owned_ns.tick, 100 * 1000);
	/* of the tick alone; the VM's row is both vCPUs' windows, not a mean of percentiles */
	assert_int_equal(p99(f, 0).u64, kp_bucket_ns(kp_bucket_of(4800)));
	assert_int_equal(p99(f, 1).u64, kp_bucket_ns(kp_bucket_of(300)));
	assert_int_equal(p99(f, 2).u64, kp_bucket_ns(kp_bucket_of(4800)));
	kp_frame_free(f);

	m->snap.nr_vcpus = 1; /* the second one has ended, and was forgotten */
	f = tick(fr, &sums, m);
	assert_int_equal(f->nr_vcpus, 1);
	assert_int_equal(f->exits.tick, 0);
	assert_int_equal(f->exits.total, 1101);
	assert_int_equal(f->switches.total, 1101);
	kp_frame_free(f);
	kp_framer_reset(fr);
	f = tick(fr, &sums, m);
	assert_int_equal(f->exits.total, 0);
	kp_frame_free(f);
	kp_framer_free(fr);
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),   cmocka_unit_test(test_user_space),
		cmocka_unit_test(test_frames), cmocka_unit_test(test_ledger),
		cmocka_unit_test(test_owner),  cmocka_unit_test(test_astray),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
