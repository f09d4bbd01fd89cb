// SPDX-License-Identifier: GPL-2.0-only
/*
 * pmi_host.c - the host's side of the PMI ledger: calls of its NMI handlers, and on arm64 the
 * interrupts of its PMUs, by CPU and by the vCPU that they came upon. Touches only memory.
 */
#include "pmi.h"

/* ---- NMIs of x86 ---- */

static struct kp_pmi_nmi *nmi_find(struct kp_pmi *p, const struct kp_event *ev)
{
	const struct kp_key key = { .a = ev->ip, .b = ev->cpu };
	uint32_t n = kp_keymap_find(&p->nmi_map, key);

	if (KP_LIKELY(n != KP_KEYMAP_NONE))
		return &p->nmis.at[n + 1];
	if (p->nmi_map.nr >= p->max_rows)
		return &p->nmis.at[0];
	n = kp_keymap_add(&p->nmi_map, key);
	if (n == KP_KEYMAP_NONE ||
	    kp_vec_push(&p->nmis, (struct kp_pmi_nmi){ .handler = ev->ip, .cpu = ev->cpu }))
		return NULL;
	return &p->nmis.at[n + 1];
}

int kp_pmi_on_nmi(struct kp_pmi *p, struct kp_pmi_thread *t, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	struct kp_pmi_nmi *nmi = nmi_find(p, ev);
	bool handled = (int32_t)ev->extra > 0;
	bool window = kp_switch_in_window(p->m, ev->cpu);

	if (!nmi)
		return -ENOMEM;
	p->has_nmi = true;
	nmi->handled += handled;
	nmi->in_window += window;
	kp_dist_add(p->pool, &nmi->time, ev->value);
	if (handled && window)
		kp_pmi_odd(p,
			   &(struct kp_snap_pmi_odd){
				   .what = KP_PMI_MISROUTED,
				   .time_ns = ev->time_ns,
				   .cpu = ev->cpu,
				   .has_status = true,
				   .status = ev->ip,
			   },
			   in->th);
	if (t && handled && !window) {
		t->nmi_ns = ev->time_ns;
		in->th->watched = true;
	}
	return 0;
}

/* ---- interrupts of PMUs: arm64 ---- */

static int irq_row(struct kp_pmi *p, const struct kp_in *in, uint32_t *row)
{
	const struct kp_event *ev = in->ev;
	const struct kp_key key = { .a = (uint64_t)ev->cpu << 32 | ev->code,
				    .b = in->th ? KP_BIT64(32) | in->th->tid : 0 };
	uint32_t n = kp_keymap_find(&p->irq_map, key);

	*row = n == KP_KEYMAP_NONE ? 0 : n + 1;
	if (*row || p->irq_map.nr >= p->max_rows)
		return 0;
	n = kp_keymap_add(&p->irq_map, key);
	if (n == KP_KEYMAP_NONE ||
	    kp_vec_push(&p->irqs,
			(struct kp_pmi_irq){ .cpu = ev->cpu, .irq = ev->code, .th = in->th }))
		return -ENOMEM;
	*row = n + 1;
	return 0;
}

static struct kp_pmi_irq_now *irq_now(struct kp_pmi *p, uint32_t cpu)
{
	while (cpu >= p->irq_now.nr)
		if (kp_vec_push(&p->irq_now, (struct kp_pmi_irq_now){ 0 }))
			return NULL;
	return &p->irq_now.at[cpu];
}

/*
 * Any may be an overflow of the guest that ran: what KVM does next tells
 * (kvm_pmu_perf_overflow()).
 */
int kp_pmi_on_irq(struct kp_pmi *p, struct kp_pmi_thread *t, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	struct kp_pmi_irq_now *now;
	struct kp_pmi_irq *irq;
	uint32_t row;

	if (!(ev->valid & KP_HAS_FLAGS) || !(ev->flags & KP_F_PMU) || ev->cpu >= KP_CPUS_MAX)
		return 0;
	now = irq_now(p, ev->cpu);
	if (!now || irq_row(p, in, &row))
		return -ENOMEM;
	*now = (struct kp_pmi_irq_now){ .irq = ev->code, .row1 = row + 1, .since_ns = ev->time_ns };
	p->has_irq = true;
	irq = &p->irqs.at[row];
	irq->time.untimed++;
	irq->in_guest += in->th && kp_cpus_in_guest(p->m, ev->cpu, in->th->tid);
	if (!t)
		return 0;
	t->nmi_ns = ev->time_ns;
	t->irq_row = row;
	in->th->watched = true;
	return 0;
}

/* Nothing but an NMI comes between an interrupt's begin and its end on one CPU. */
void kp_pmi_on_irq_end(struct kp_pmi *p, struct kp_pmi_thread *t, const struct kp_event *ev)
{
	struct kp_pmi_irq_now *now = ev->cpu < p->irq_now.nr ? &p->irq_now.at[ev->cpu] : NULL;
	struct kp_pmi_irq *irq;

	if (!now || !now->row1 || now->irq != ev->code || ev->time_ns < now->since_ns)
		return;
	irq = &p->irqs.at[now->row1 - 1];
	irq->time.untimed--;
	kp_dist_add(p->pool, &irq->time, ev->time_ns - now->since_ns);
	irq->handled += (ev->valid & KP_HAS_VALUE) && ev->value;
	/* IRQ_NONE: no counter had an overflow (armv8pmu_handle_irq()) */
	if (t && t->nmi_ns == now->since_ns && (ev->valid & KP_HAS_VALUE) && !ev->value)
		t->nmi_ns = 0;
	now->row1 = 0;
}

void kp_pmi_irq_passed(struct kp_pmi *p, const struct kp_pmi_thread *t)
{
	p->irqs.at[t->irq_row].passed_on++;
}
