// SPDX-License-Identifier: GPL-2.0-only
/*
 * regs.c - intercepted accesses of guests to MSRs (kvm_msr) and arm64 system registers
 * (kvm_sys_access), by VM, register and direction. Touches only memory.
 */
#include "analysis.h"

enum { REGS_COUNT, REGS_FAULTS };

#define KEY_SYSREG KP_BIT64(32)
#define KEY_WRITE  KP_BIT64(33)

static int regs_add(void *state, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	struct kp_key key = { .a = ev->pid, .b = ev->code };
	struct kp_count_row *row;

	if (!in->in_time || !in->in_cpu || !kp_event_has(ev, KP_HAS_CODE | KP_HAS_TID))
		return 0;
	if (ev->kind == KP_EV_SYSREG)
		key.b |= KEY_SYSREG;
	if (ev->flags & KP_F_WRITE)
		key.b |= KEY_WRITE;
	row = kp_counts_row(state, key);
	if (!row)
		return -ENOMEM;
	row->n[REGS_COUNT]++;
	row->n[REGS_FAULTS] += !!(ev->flags & KP_F_FAULT);
	return 0;
}

static int cmp_reg(const void *a, const void *b)
{
	const struct kp_snap_reg *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	if (x->vm != y->vm)
		return x->vm < y->vm ? -1 : 1;
	if (x->reg != y->reg)
		return x->reg < y->reg ? -1 : 1;
	return (int)x->write - (int)y->write;
}

static int regs_snap(void *state, struct kp_snap *snap)
{
	struct kp_counts *c = state;
	const struct kp_count_row *row;
	struct kp_snap_reg *out = kp_snap_array(c->rows.nr, sizeof(*out));

	if (!out)
		return -ENOMEM;
	snap->regs = out;
	kp_vec_for_each (row, &c->rows)
		if (kp_counts_any(row))
			*out++ = (struct kp_snap_reg){
				.vm = (uint32_t)row->key.a,
				.other = row->other,
				.is_sysreg = row->key.b & KEY_SYSREG,
				.write = row->key.b & KEY_WRITE,
				.reg = (uint32_t)row->key.b,
				.count = row->n[REGS_COUNT],
				.faults = row->n[REGS_FAULTS],
			};
	snap->nr_regs = (size_t)(out - snap->regs);
	qsort(snap->regs, snap->nr_regs, sizeof(*out), cmp_reg);
	return 0;
}

static void regs_snap_free(struct kp_snap *snap)
{
	free(snap->regs);
}

const struct kp_analysis kp_analysis_regs = {
	.name = "regs",
	.kinds = KP_BIT64(KP_EV_MSR) | KP_BIT64(KP_EV_SYSREG),
	.new = kp_counts_new,
	.add = regs_add,
	.snap = regs_snap,
	.snap_free = regs_snap_free,
	.free = kp_counts_delete,
};
