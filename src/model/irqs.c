// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqs.c - interrupts into guests by vector: injected at entry (kvm_inj_virq), made pending in the
 * vGIC (vgic_update_irq_pending), accepted by the local APIC (kvm_apic_accept_irq). The last two
 * are often raised by a thread that is no vCPU: whose VM it was is then unknown. Touches only
 * memory.
 */
#include "analysis.h"

enum { IRQS_INJECTED, IRQS_ACCEPTED };

#define KEY_HAS_VM KP_BIT64(32)

static int count(struct kp_counts *c, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	struct kp_key key = { .b = ev->code };
	struct kp_count_row *row;

	if (in->th)
		key.a = KEY_HAS_VM | in->th->vm;
	row = kp_counts_row(c, key);
	if (!row)
		return -ENOMEM;
	row->n[ev->kind == KP_EV_APIC_ACCEPT ? IRQS_ACCEPTED : IRQS_INJECTED]++;
	return 0;
}

static int irqs_add(void *state, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;

	if (!in->in_time || !in->in_cpu || !(ev->valid & KP_HAS_CODE))
		return 0;
	/* the vGIC tells both edges of the line: the guest gets an interrupt on the rising one */
	if (ev->kind == KP_EV_VGIC_IRQ && !ev->value)
		return 0;
	/* the PMU's is told at every entry and exit: the ledger knows whether it rises */
	if (ev->kind == KP_EV_VGIC_IRQ && in->th && ev->code == KP_PMU_PPI)
		return 0;
	return count(state, in);
}

int kp_irqs_raised(struct kp_model *m, const struct kp_in *in)
{
	return count(kp_model_state(m, &kp_analysis_irqs), in);
}

static int cmp_irq(const void *a, const void *b)
{
	const struct kp_snap_irq *x = a, *y = b;
	uint64_t nx = x->injected + x->accepted, ny = y->injected + y->accepted;

	if (nx != ny)
		return nx < ny ? 1 : -1;
	if (x->vm != y->vm)
		return x->vm < y->vm ? -1 : 1;
	return x->vector < y->vector ? -1 : x->vector > y->vector;
}

static int irqs_snap(void *state, struct kp_snap *snap)
{
	struct kp_counts *c = state;
	const struct kp_count_row *row;
	struct kp_snap_irq *out = kp_snap_array(c->rows.nr, sizeof(*out));

	if (!out)
		return -ENOMEM;
	snap->irqs = out;
	kp_vec_for_each (row, &c->rows)
		if (kp_counts_any(row))
			*out++ = (struct kp_snap_irq){
				.vm = (uint32_t)row->key.a,
				.has_vm = row->key.a & KEY_HAS_VM,
				.other = row->other,
				.vector = (uint32_t)row->key.b,
				.injected = row->n[IRQS_INJECTED],
				.accepted = row->n[IRQS_ACCEPTED],
			};
	snap->nr_irqs = (size_t)(out - snap->irqs);
	qsort(snap->irqs, snap->nr_irqs, sizeof(*out), cmp_irq);
	return 0;
}

static void irqs_snap_free(struct kp_snap *snap)
{
	free(snap->irqs);
}

const struct kp_analysis kp_analysis_irqs = {
	.name = "irqs",
	.kinds = KP_BIT64(KP_EV_INJ_VIRQ) | KP_BIT64(KP_EV_APIC_ACCEPT) | KP_BIT64(KP_EV_VGIC_IRQ),
	.new = kp_counts_new,
	.add = irqs_add,
	.snap = irqs_snap,
	.snap_free = irqs_snap_free,
	.free = kp_counts_delete,
};
