/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exits.h - the pairs of kvm_exit and kvm_entry as an event is added to them: inline for runs.c, to
 * which nearly all events go. Private to src/model.
 */
#ifndef KP_MODEL_EXITS_H
#define KP_MODEL_EXITS_H

#include "analysis.h"

/**
 * struct kp_exits_pair - a vCPU thread's open interval
 * @known: had a kvm_entry
 * @exit_open: between exit and entry, in row @row; @exit_ok: the filters let the exit pass
 * @entry_open: between entry and exit
 * @pmu_row: the open exit is for a register of the PMU, in this row; 0: it is not. @pmu_ended: that
 *	of the exit before
 * @timed: whether the open interval's begin had a time
 */
struct kp_exits_pair {
	uint64_t begin_ns;
	uint32_t row, pmu_row, pmu_ended;
	bool known;
	bool exit_open, exit_ok;
	bool entry_open, entry_ok;
	bool timed;
};

struct kp_exits {
	struct kp_model *m;
	struct kp_hist_pool *pool;
	struct kp_rows rows;
	struct kp_pmu_exits pmu;
	uint64_t unpaired_exits, unpaired_entries, backwards;
	uint64_t seen;
	bool run_is_stat; /* an architecture where perf counts the run; elsewhere it is left out */
};

/** kp_exits_pmu_end - an exit for a register of the PMU was handled */
void kp_exits_pmu_end(struct kp_exits *x, struct kp_exits_pair *p, const struct kp_in *in);

/* @whole here and below: as in->whole, but a constant: each case is compiled for itself */
static KP_INLINE void kp_exits_pair_end(struct kp_exits *x, const struct kp_exits_pair *p,
					enum kp_row_dist which, const struct kp_event *ev,
					bool whole)
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
static KP_INLINE bool kp_exits_pair_begin(struct kp_exits_pair *p, const struct kp_event *ev,
					  bool whole)
{
	p->timed = whole || (ev->valid & KP_HAS_TIME);
	p->begin_ns = ev->time_ns;
	return !p->timed || ev->time_ns;
}

/**
 * kp_exits_entry - kvm_entry of the thread whose part is @p. 0 or -ENOMEM
 * @in: @ev is in->ev, a constant to the compiler where the rest of it may change
 */
static KP_INLINE int kp_exits_entry(struct kp_exits *x, struct kp_exits_pair *p,
				    const struct kp_in *in, const struct kp_event *ev, bool whole)
{
	if (KP_UNLIKELY(p->pmu_row))
		kp_exits_pmu_end(x, p, in);
	if (KP_LIKELY(p->exit_open && p->exit_ok && (whole || in->in_time)))
		kp_exits_pair_end(x, p, KP_ROW_HANDLING, ev, whole);
	else if (!p->exit_open)
		x->unpaired_entries += whole || (in->in_time && in->in_cpu);
	p->known = true;
	p->exit_open = false;
	p->entry_ok = whole || in->in_time;
	p->entry_open = kp_exits_pair_begin(p, ev, whole);
	return KP_UNLIKELY(in->th->watched) ? kp_model_pass(x->m, &kp_analysis_pmi, in, in->th) : 0;
}

/* SVM has nothing to tell with these; VMX has the vector. EXIT_REASON_EXTERNAL_INTERRUPT */
static inline bool kp_exits_is_interrupt(const struct kp_event *ev)
{
	return ev->isa == KP_ISA_VMX && (ev->code & 0xffff) == 1;
}

static inline bool kp_exits_is_run(const struct kp_event *ev)
{
	return ev->isa == KP_ISA_ARM64 || ev->isa == KP_ISA_RISCV;
}

/* Is there more to it than there is to most exits? */
static KP_INLINE bool kp_exits_special(const struct kp_exits *x, const struct kp_event *ev)
{
	if (ev->isa == KP_ISA_SVM)
		return kp_pmu_exit_is_rdpmc(ev);
	return ev->isa == KP_ISA_VMX ? kp_exits_is_interrupt(ev) || kp_pmu_exit_is_rdpmc(ev)
				     : kp_exits_is_run(ev) && !x->run_is_stat;
}

/** kp_exits_exit_special - kp_exits_exit() where there is, before the exit is one as any other */
int kp_exits_exit_special(struct kp_exits *x, const struct kp_in *in);

static KP_INLINE int kp_exits_row(struct kp_exits *x, struct kp_exits_pair *p,
				  const struct kp_in *in, const struct kp_event *ev, bool whole)
{
	p->row = kp_rows_find(&x->rows, in->th, ev);
	if (KP_UNLIKELY(p->row == KP_KEYMAP_NONE)) {
		p->row = 0;
		return -ENOMEM;
	}
	if (x->run_is_stat && p->entry_open && p->entry_ok)
		kp_exits_pair_end(x, p, KP_ROW_RUN, ev, whole);
	return 0;
}

/** kp_exits_exit - kvm_exit; as kp_exits_entry() */
static KP_INLINE int kp_exits_exit(struct kp_exits *x, struct kp_exits_pair *p,
				   const struct kp_in *in, const struct kp_event *ev, bool whole)
{
	const bool special = kp_exits_special(x, ev);
	int err = KP_UNLIKELY(special) ? kp_exits_exit_special(x, in) : 0;

	if (KP_UNLIKELY(p->exit_open || !p->known))
		x->unpaired_exits += whole || (in->in_time && in->in_cpu);
	if (KP_UNLIKELY(err || !p->known))
		return err;
	p->exit_ok = (whole || (in->in_time && in->in_cpu)) &&
		     kp_rows_match(&x->rows, ev->isa, ev->code);
	if (KP_LIKELY(p->exit_ok)) {
		err = kp_exits_row(x, p, in, ev, whole);
		if (KP_UNLIKELY(err))
			return err;
	}
	p->entry_open = false;
	p->exit_open = kp_exits_pair_begin(p, ev, whole);
	p->pmu_row = p->pmu_ended = 0;
	return KP_UNLIKELY(special) ? kp_pmu_exits_row(&x->pmu, ev, &p->pmu_row) : 0;
}

#endif
