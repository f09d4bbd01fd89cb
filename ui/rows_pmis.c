// SPDX-License-Identifier: GPL-2.0-only
/*
 * rows_pmis.c - the PMI ledger: one row a vCPU, how many PMIs came how far. Touches only memory.
 */
#include "rows.h"

static struct kp_val mean(const struct kp_rows_in *in, struct kp_num sum, struct kp_num nr)
{
	uint64_t n = kp_rows_n(in, nr);

	return n ? kp_val_f64((double)kp_rows_n(in, sum) / (double)n) : kp_val_none();
}

/* Columns of pmi_cols in table.c from the fifth on */
static void hops(const struct kp_rows_in *in, const struct kp_frame_pmi *p, struct kp_val *cell)
{
	*cell++ = kp_rows_count(in, p->raised);
	*cell++ = kp_rows_count(in, p->requested);
	*cell++ = kp_rows_count(in, p->as_nmi);
	*cell++ = kp_rows_count(in, p->as_vector);
	*cell++ = kp_rows_count(in, p->probed);
	*cell++ = kp_rows_count(in, p->masked);
	*cell++ = kp_rows_count(in, p->injected);
	*cell++ = kp_rows_count(in, p->entered);
	*cell++ = kp_rows_count(in, p->late);
	*cell++ = kp_rows_count(in, p->lost);
	*cell++ = kp_rows_count(in, p->spurious);
	*cell++ = mean(in, p->to_delivery_ns, p->nr_to_delivery);
	*cell++ = mean(in, p->to_entry_ns, p->nr_to_entry);
	*cell++ = kp_rows_count(in, p->merged);
	*cell = kp_rows_count(in, p->unseen);
}

int kp_rows_pmis(const struct kp_rows_in *in, struct kp_table *t)
{
	const struct kp_frame_pmi *p;
	struct kp_tab_row *row;

	for (p = in->f->pmis_by; p < in->f->pmis_by + in->f->nr_pmis; p++) {
		if (!kp_rows_zoomed(in, p->vm, p->tid))
			continue;
		row = kp_rows_add(t);
		if (!row)
			return -ENOMEM;
		row->key = (struct kp_zoom){
			.has_vm = true, .has_vcpu = true, .vm = p->vm, .tid = p->tid
		};
		row->cell[0] = kp_val_u64(p->vm);
		row->cell[1] = kp_rows_text(p->vm_name);
		row->cell[2] = p->has_vcpu ? kp_val_u64(p->vcpu) : kp_val_none();
		row->cell[3] = kp_val_u64(p->tid);
		hops(in, p, &row->cell[4]);
	}
	return 0;
}
