// SPDX-License-Identifier: GPL-2.0-only
/*
 * exits.c - pairs kvm_exit with kvm_entry, both ways: exit to entry is the host's handling, entry
 * to exit the guest's run. Touches only memory.
 *
 * Counts and times equal those of perf kvm stat report (tools/perf/builtin-kvm.c, Linux 7.3), so
 * its rules hold: the first kvm_entry of a thread makes it known and what came before does not
 * count; a second begin replaces the first; an end without a begin is ignored; a begin at time 0 is
 * none. x86, s390 and loongarch count the handling there, arm64 and riscv the run
 * (tools/perf/util/kvm-stat-arch/).
 */
#include "analysis.h"

/**
 * struct pair - a vCPU thread's open interval
 * @known: had a kvm_entry
 * @exit_open: between exit and entry, in row @row; @exit_ok: the filters let the exit pass
 * @entry_open: between entry and exit
 * @pmu_row: the open exit is for a register of the PMU, in this row; 0: it is not. @pmu_ended: that
 *	of the exit before
 * @timed: whether the open interval's begin had a time
 */
struct pair {
	uint64_t begin_ns;
	uint32_t row, pmu_row, pmu_ended;
	bool known;
	bool exit_open, exit_ok;
	bool entry_open, entry_ok;
	bool timed;
};

struct exits {
	struct kp_model *m;
	struct kp_hist_pool *pool;
	struct kp_rows rows;
	struct kp_pmu_exits pmu;
	uint64_t unpaired_exits, unpaired_entries, backwards;
	uint64_t seen;
	bool run_is_stat; /* an architecture where perf counts the run; elsewhere it is left out */
};

static void exits_free(void *state)
{
	struct exits *x = state;

	kp_rows_free(&x->rows);
	kp_pmu_exits_free(&x->pmu);
	free(x);
}

static int exits_new(struct kp_model *m, void **state)
{
	struct exits *x = calloc(1, sizeof(*x));

	if (!x)
		return -ENOMEM;
	x->m = m;
	x->pool = x->pmu.pool = kp_model_pool(m);
	*state = x;
	return kp_rows_init(&x->rows, m);
}

/* @whole here and below: as in->whole, but a constant: each case is compiled for itself */
static KP_INLINE void pair_end(struct exits *x, const struct pair *p, enum kp_row_dist which,
			       const struct kp_event *ev, bool whole)
{
	struct kp_dist *dist = &x->rows.rows.at[p->row].dist[which];

	if (KP_UNLIKELY(!p->timed || (!whole && !(ev->valid & KP_HAS_TIME))))
		dist->untimed++;
	else if (KP_UNLIKELY(ev->time_ns < p->begin_ns))
		x->backwards++;
	else
		kp_dist_add(x->pool, dist, ev->time_ns - p->begin_ns);
}

/* Returns whether the event begins an interval. */
static KP_INLINE bool pair_begin(struct pair *p, const struct kp_event *ev, bool whole)
{
	p->timed = whole || (ev->valid & KP_HAS_TIME);
	p->begin_ns = ev->time_ns;
	return !p->timed || p->begin_ns;
}

static void pmu_end(struct exits *x, struct pair *p, const struct kp_in *in)
{
	if (p->exit_open && p->exit_ok && in->in_time && p->timed &&
	    (in->ev->valid & KP_HAS_TIME) && in->ev->time_ns >= p->begin_ns)
		kp_pmu_exits_add(&x->pmu, p->pmu_row, in->ev->time_ns - p->begin_ns);
	else
		p->pmu_row = 0;
	p->pmu_ended = p->pmu_row;
	p->pmu_row = 0;
}

void kp_exits_switched(struct kp_model *m, struct kp_thread *th, uint64_t ns)
{
	struct exits *x = kp_model_state(m, &kp_analysis_exits);
	struct pair *p = kp_model_priv(m, &kp_analysis_exits, th);

	if (p->pmu_ended)
		x->pmu.rows.at[p->pmu_ended - 1].what.switch_ns += ns;
	p->pmu_ended = 0;
}

static KP_INLINE void on_kvm_entry(struct exits *x, struct pair *p, const struct kp_in *in,
				   bool whole)
{
	if (KP_UNLIKELY(p->pmu_row))
		pmu_end(x, p, in);
	if (KP_LIKELY(p->exit_open && p->exit_ok && (whole || in->in_time)))
		pair_end(x, p, KP_ROW_HANDLING, in->ev, whole);
	else if (!p->exit_open)
		x->unpaired_entries += whole || (in->in_time && in->in_cpu);
	p->known = true;
	p->exit_open = false;
	p->entry_ok = whole || in->in_time;
	p->entry_open = pair_begin(p, in->ev, whole);
}

static KP_INLINE int on_kvm_exit(struct exits *x, struct pair *p, const struct kp_in *in,
				 bool whole)
{
	const struct kp_event *ev = in->ev;
	const struct kp_exit_id id = {
		.th = in->th,
		.cpu = ev->cpu,
		.has_cpu = whole || (ev->valid & KP_HAS_CPU),
		.code = ev->code,
		.isa = ev->isa,
	};

	if (KP_UNLIKELY(p->exit_open || !p->known))
		x->unpaired_exits += whole || (in->in_time && in->in_cpu);
	if (KP_UNLIKELY(!p->known))
		return 0;
	p->exit_ok =
		(whole || (in->in_time && in->in_cpu)) && kp_rows_match(&x->rows, id.isa, id.code);
	if (p->exit_ok) {
		p->row = kp_rows_find(&x->rows, &id);
		if (KP_UNLIKELY(p->row == KP_KEYMAP_NONE)) {
			p->row = 0;
			return -ENOMEM;
		}
		if (x->run_is_stat && p->entry_open && p->entry_ok)
			pair_end(x, p, KP_ROW_RUN, ev, whole);
	}
	p->entry_open = false;
	p->exit_open = pair_begin(p, ev, whole);
	p->pmu_row = p->pmu_ended = 0;
	if (KP_LIKELY(!kp_pmu_exit_is_rdpmc(ev)))
		return 0;
	return kp_pmu_exits_row(&x->pmu, ev, &p->pmu_row);
}

/* SVM has nothing to tell with these; VMX has the vector. EXIT_REASON_EXTERNAL_INTERRUPT */
static bool is_interrupt(const struct kp_event *ev)
{
	return ev->isa == KP_ISA_VMX && (ev->code & 0xffff) == 1;
}

static int exits_on_entry(void *state, const struct kp_in *in)
{
	struct exits *x = state;

	x->seen++;
	if (KP_UNLIKELY(!in->th))
		return 0;
	if (KP_LIKELY(in->whole))
		on_kvm_entry(x, in->priv, in, true);
	else
		on_kvm_entry(x, in->priv, in, false);
	return KP_UNLIKELY(in->th->watched) ? kp_model_pass(x->m, &kp_analysis_pmi, in, in->th) : 0;
}

static int exits_on_exit(void *state, const struct kp_in *in)
{
	struct exits *x = state;
	int err;

	x->seen++;
	if (KP_UNLIKELY(!in->th))
		return 0;
	if (KP_UNLIKELY(is_interrupt(in->ev))) {
		err = kp_model_pass(x->m, &kp_analysis_pmi, in, in->th);
		if (err)
			return err;
	}
	x->run_is_stat |= in->ev->isa == KP_ISA_ARM64 || in->ev->isa == KP_ISA_RISCV;
	return KP_LIKELY(in->whole) ? on_kvm_exit(x, in->priv, in, true)
				    : on_kvm_exit(x, in->priv, in, false);
}

#define REG_KINDS (KP_BIT64(KP_EV_MSR) | KP_BIT64(KP_EV_SYSREG))

static int exits_on_reg(void *state, const struct kp_in *in)
{
	struct exits *x = state;
	struct pair *p = in->priv;

	return p && p->exit_open ? kp_pmu_exits_row(&x->pmu, in->ev, &p->pmu_row) : 0;
}

static int exits_snap(void *state, struct kp_snap *snap)
{
	struct exits *x = state;
	int err;

	snap->unpaired_exits = x->unpaired_exits;
	snap->unpaired_entries = x->unpaired_entries;
	snap->backwards = x->backwards;
	err = kp_pmu_exits_snap(&x->pmu, snap);
	if (err || !x->seen)
		return err;
	return kp_rows_snap(&x->rows, snap,
			    x->run_is_stat ? KP_PAIR_ENTRY_EXIT : KP_PAIR_EXIT_ENTRY);
}

static void exits_snap_free(struct kp_snap *snap)
{
	free(snap->exits);
	free(snap->pmu_exits);
	free(snap->buckets);
}

const struct kp_analysis kp_analysis_exits = {
	.name = "exits",
	.kinds = KP_BIT64(KP_EV_ENTRY) | KP_BIT64(KP_EV_EXIT) | REG_KINDS,
	.thread_size = sizeof(struct pair),
	.new = exits_new,
	.add = exits_on_reg,
	.on = { { KP_BIT64(KP_EV_ENTRY), exits_on_entry },
		{ KP_BIT64(KP_EV_EXIT), exits_on_exit } },
	.snap = exits_snap,
	.snap_free = exits_snap_free,
	.free = exits_free,
};
