// SPDX-License-Identifier: GPL-2.0-only
/*
 * rows_vcpus.c - one row a vCPU, in a tree below a row of its VM, which adds them up. Touches only
 * memory.
 */
#include <string.h>

#include "rows.h"

/* Columns of vcpu_cols in table.c */
enum {
	C_VM,
	C_NAME,
	C_VCPU,
	C_TID,
	C_CPU,
	C_MODE,
	C_GUEST,
	C_EXITS,
	C_TOP,
	C_TAX,
	C_SWITCHES,
	C_SW_MEAN,
	C_SW_P99,
	C_REGS,
	C_PMIS,
	C_IPC,
	C_BACKING,
	C_USER,
};

static struct kp_val mean(const struct kp_rows_in *in, struct kp_num sum, struct kp_num nr)
{
	uint64_t n = kp_rows_n(in, nr);

	if (!sum.known || !n)
		return kp_val_none();
	return kp_val_f64((double)kp_rows_n(in, sum) / (double)n);
}

static void add_buckets(const struct kp_rows_in *in, const struct kp_frame_vcpu *c, uint64_t *hist)
{
	const struct kp_frame_bucket *b = in->f->buckets + c->first_bucket;
	size_t i;

	for (i = 0; i < c->nr_buckets; i++, b++)
		hist[b->bucket] += in->v->since_start ? b->total : b->tick;
}

/* Of the windows of all vCPUs from @first up to @end, as if they were one's. */
static struct kp_val switch_p99(const struct kp_rows_in *in, const struct kp_frame_vcpu *first,
				const struct kp_frame_vcpu *end)
{
	uint64_t hist[KP_BUCKETS], p99;
	bool any = false;

	for (; first < end; first++) {
		if (!first->nr_buckets)
			continue;
		if (!any)
			memset(hist, 0, sizeof(hist));
		any = true;
		add_buckets(in, first, hist);
	}
	p99 = any ? kp_hist_percentile(hist, 0.99) : 0;
	return p99 ? kp_val_u64(p99) : kp_val_none();
}

static void numbers(const struct kp_rows_in *in, const struct kp_frame_vcpu *c,
		    struct kp_tab_row *row)
{
	uint64_t cycles = kp_rows_n(in, c->cycles);

	row->cell[C_GUEST] = kp_rows_share(in, c->guest_ns);
	row->cell[C_EXITS] = kp_rows_rate(in, c->exits);
	row->cell[C_TAX] = kp_rows_share(in, c->switch_ns);
	row->cell[C_SWITCHES] = kp_rows_rate(in, c->switches);
	row->cell[C_SW_MEAN] = mean(in, c->load_put_ns, c->switches);
	row->cell[C_REGS] = kp_rows_rate(in, c->reg_exits);
	row->cell[C_PMIS] = kp_rows_rate(in, c->pmis);
	row->cell[C_USER] = kp_rows_rate(in, c->user_exits);
	if (c->instructions.known && cycles)
		row->cell[C_IPC] =
			kp_val_f64((double)kp_rows_n(in, c->instructions) / (double)cycles);
}

static void vcpu_row(const struct kp_rows_in *in, const struct kp_frame_vcpu *c,
		     struct kp_tab_row *row)
{
	row->key = (struct kp_zoom){ .has_vm = true, .has_vcpu = true, .vm = c->vm, .tid = c->tid };
	row->depth = in->v->tree;
	row->cell[C_VM] = kp_val_u64(c->vm);
	row->cell[C_NAME] = kp_rows_text(c->vm_name);
	row->cell[C_VCPU] = c->has_vcpu ? kp_val_u64(c->vcpu) : kp_val_none();
	row->cell[C_TID] = kp_val_u64(c->tid);
	row->cell[C_CPU] = c->has_cpu ? kp_val_u64(c->cpu) : kp_val_none();
	row->cell[C_MODE] = kp_rows_text(c->mode);
	row->cell[C_TOP] = kp_rows_text(c->top_reason);
	row->cell[C_SW_P99] = switch_p99(in, c, c + 1);
	row->cell[C_BACKING] = kp_rows_text(c->backing);
	numbers(in, c, row);
}

static void add_up(struct kp_frame_vcpu *sum, const struct kp_frame_vcpu *c)
{
	kp_num_add(&sum->exits, c->exits);
	kp_num_add(&sum->user_exits, c->user_exits);
	kp_num_add(&sum->guest_ns, c->guest_ns);
	kp_num_add(&sum->switches, c->switches);
	kp_num_add(&sum->switch_ns, c->switch_ns);
	kp_num_add(&sum->load_put_ns, c->load_put_ns);
	kp_num_add(&sum->pmis, c->pmis);
	kp_num_add(&sum->reg_exits, c->reg_exits);
	kp_num_add(&sum->cycles, c->cycles);
	kp_num_add(&sum->instructions, c->instructions);
}

/* The row of a VM stands for the vCPUs from @first up to @end. */
static void group_row(const struct kp_rows_in *in, const struct kp_frame_vcpu *first,
		      const struct kp_frame_vcpu *end, struct kp_tab_row *row)
{
	struct kp_frame_vcpu sum = { 0 };
	const struct kp_frame_vcpu *c;

	for (c = first; c < end; c++)
		add_up(&sum, c);
	row->key = (struct kp_zoom){ .has_vm = true, .vm = first->vm };
	row->group = true;
	row->cell[C_VM] = kp_val_u64(first->vm);
	row->cell[C_NAME] = kp_rows_text(first->vm_name);
	row->cell[C_MODE] = kp_rows_text(first->mode);
	row->cell[C_BACKING] = kp_rows_text(first->backing);
	row->cell[C_SW_P99] = switch_p99(in, first, end);
	numbers(in, &sum, row);
}

static const struct kp_frame_vcpu *vm_end(const struct kp_frame *f, const struct kp_frame_vcpu *c)
{
	const struct kp_frame_vcpu *end = c;

	while (end < f->vcpus + f->nr_vcpus && end->vm == c->vm)
		end++;
	return end;
}

/* Frames have the vCPUs of a VM together. */
int kp_rows_vcpus(const struct kp_rows_in *in, struct kp_table *t)
{
	const struct kp_frame_vcpu *c, *end = in->f->vcpus;
	struct kp_tab_row *row;

	for (c = in->f->vcpus; c < in->f->vcpus + in->f->nr_vcpus; c++) {
		if (!kp_rows_zoomed(in, c->vm, c->tid))
			continue;
		if (c >= end) {
			end = vm_end(in->f, c);
			row = in->v->tree ? kp_rows_add(t) : NULL;
			if (in->v->tree && !row)
				return -ENOMEM;
			if (row)
				group_row(in, c, end, row);
		}
		row = kp_rows_add(t);
		if (!row)
			return -ENOMEM;
		vcpu_row(in, c, row);
	}
	return 0;
}
