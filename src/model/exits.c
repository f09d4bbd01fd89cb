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
#include "exits.h"

static void exits_free(void *state)
{
	struct kp_exits *x = state;

	kp_rows_free(&x->rows);
	kp_pmu_exits_free(&x->pmu);
	free(x);
}

static int exits_new(struct kp_model *m, void **state)
{
	struct kp_exits *x = calloc(1, sizeof(*x));

	if (!x)
		return -ENOMEM;
	x->m = m;
	x->pool = x->pmu.pool = kp_model_pool(m);
	*state = x;
	return kp_rows_init(&x->rows, m);
}

void kp_exits_pmu_end(struct kp_exits *x, struct kp_exits_pair *p, const struct kp_in *in)
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
	struct kp_exits *x = kp_model_state(m, &kp_analysis_exits);
	struct kp_exits_pair *p = kp_model_priv(m, &kp_analysis_exits, th);

	if (p->pmu_ended)
		x->pmu.rows.at[p->pmu_ended - 1].what.switch_ns += ns;
	p->pmu_ended = 0;
}

int kp_exits_exit_special(struct kp_exits *x, const struct kp_in *in)
{
	x->run_is_stat |= kp_exits_is_run(in->ev);
	if (!kp_exits_is_interrupt(in->ev))
		return 0;
	return kp_model_pass(x->m, &kp_analysis_pmi, in, in->th);
}

static int exits_on_entry(void *state, const struct kp_in *in)
{
	struct kp_exits *x = state;

	x->seen++;
	return in->th ? kp_exits_entry(x, in->priv, in, in->ev, false) : 0;
}

static int exits_on_exit(void *state, const struct kp_in *in)
{
	struct kp_exits *x = state;

	x->seen++;
	return in->th ? kp_exits_exit(x, in->priv, in, in->ev, false) : 0;
}

#define REG_KINDS (KP_BIT64(KP_EV_MSR) | KP_BIT64(KP_EV_SYSREG))

static int exits_on_reg(void *state, const struct kp_in *in)
{
	struct kp_exits *x = state;
	struct kp_exits_pair *p = in->priv;

	return p && p->exit_open ? kp_pmu_exits_row(&x->pmu, in->ev, &p->pmu_row) : 0;
}

static int exits_snap(void *state, struct kp_snap *snap)
{
	struct kp_exits *x = state;
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
	.thread_size = sizeof(struct kp_exits_pair),
	.new = exits_new,
	.add = exits_on_reg,
	.on = { { KP_BIT64(KP_EV_ENTRY), exits_on_entry },
		{ KP_BIT64(KP_EV_EXIT), exits_on_exit } },
	.snap = exits_snap,
	.snap_free = exits_snap_free,
	.free = exits_free,
};
