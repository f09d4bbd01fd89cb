// SPDX-License-Identifier: GPL-2.0-only
/*
 * pmi_snap.c - what became of every PMI, frozen. Touches only memory.
 */
#include "pmi.h"

/* What is still on its way at the end: the guest ran, and nothing was delivered. */
static void still_open(const struct kp_pmi *p, const struct kp_pmi_thread *t,
		       struct kp_snap_pmi *out)
{
	if (!t->open || t->delivered || !t->entries)
		return;
	if (p->has_accept)
		out->lost++;
	else
		out->unseen++;
}

static int snap_vcpus(struct kp_pmi *p, struct kp_snap *snap)
{
	struct kp_snap_pmi *out;
	struct kp_pmi_thread *t;
	struct kp_thread *th;
	size_t i, nr = 0;
	void *priv;

	while (kp_model_thread(p->m, nr, &kp_analysis_pmi, &priv))
		nr++;
	out = kp_snap_array(nr, sizeof(*out));
	if (!out)
		return -ENOMEM;
	snap->pmis.vcpus = out;
	for (i = 0; i < nr; i++) {
		th = kp_model_thread(p->m, i, &kp_analysis_pmi, &priv);
		t = priv;
		if (!t->seen || th->skip)
			continue;
		*out = t->n;
		out->vm = th->vm;
		out->tid = th->tid;
		out->has_vcpu = kp_model_vcpu_id(p->m, th, &out->vcpu);
		kp_dist_stat(p->pool, &t->to_delivery, &out->to_delivery);
		kp_dist_stat(p->pool, &t->to_injection, &out->to_injection);
		kp_dist_stat(p->pool, &t->to_entry, &out->to_entry);
		still_open(p, t, out);
		out++;
	}
	snap->pmis.nr_vcpus = (size_t)(out - snap->pmis.vcpus);
	return 0;
}

static int cmp_vcpu(const void *a, const void *b)
{
	const struct kp_snap_pmi *x = a, *y = b;

	if (x->vm != y->vm)
		return x->vm < y->vm ? -1 : 1;
	if (x->vcpu != y->vcpu)
		return x->vcpu < y->vcpu ? -1 : 1;
	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

static int cmp_nmi(const void *a, const void *b)
{
	const struct kp_snap_nmi *x = a, *y = b;

	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	if (x->handled != y->handled)
		return x->handled < y->handled ? 1 : -1;
	return x->handler < y->handler ? -1 : x->handler > y->handler;
}

static int snap_nmis(const struct kp_pmi *p, struct kp_snap *snap)
{
	struct kp_snap_nmi *out = kp_snap_array(p->nmis.nr, sizeof(*out));
	size_t i;

	if (!out)
		return -ENOMEM;
	snap->pmis.nmis = out;
	for (i = 0; i < p->nmis.nr; i++) {
		const struct kp_pmi_nmi *n = &p->nmis.at[i];

		if (!n->time.count)
			continue;
		*out = (struct kp_snap_nmi){
			.cpu = n->cpu,
			.other = !i,
			.handler = n->handler,
			.handled = n->handled,
			.in_window = n->in_window,
		};
		kp_dist_stat(p->pool, &n->time, &out->time);
		out++;
	}
	snap->pmis.nr_nmis = (size_t)(out - snap->pmis.nmis);
	qsort(snap->pmis.nmis, snap->pmis.nr_nmis, sizeof(*out), cmp_nmi);
	return 0;
}

static int cmp_host(const void *a, const void *b)
{
	const struct kp_snap_host_pmi *x = a, *y = b;

	if (x->other != y->other)
		return x->other ? 1 : -1;
	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	if (x->has_vm != y->has_vm)
		return x->has_vm ? 1 : -1;
	if (x->vm != y->vm)
		return x->vm < y->vm ? -1 : 1;
	if (x->vcpu != y->vcpu)
		return x->vcpu < y->vcpu ? -1 : 1;
	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	return x->irq < y->irq ? -1 : x->irq > y->irq;
}

static int snap_host(const struct kp_pmi *p, struct kp_snap *snap)
{
	struct kp_snap_host_pmi *out = kp_snap_array(p->irqs.nr, sizeof(*out));
	const struct kp_pmi_irq *irq;

	if (!out)
		return -ENOMEM;
	snap->pmis.host = out;
	kp_vec_for_each (irq, &p->irqs) {
		if (!irq->time.count && !irq->time.untimed)
			continue;
		*out = (struct kp_snap_host_pmi){
			.cpu = irq->cpu,
			.irq = irq->irq,
			.other = irq == p->irqs.at,
			.has_vm = irq->th,
			.vm = irq->th ? irq->th->vm : 0,
			.tid = irq->th ? irq->th->tid : 0,
			.handled = irq->handled,
			.in_guest = irq->in_guest,
			.passed_on = irq->passed_on,
		};
		out->has_vcpu = irq->th && kp_model_vcpu_id(p->m, irq->th, &out->vcpu);
		kp_dist_stat(p->pool, &irq->time, &out->time);
		out++;
	}
	snap->pmis.nr_host = (size_t)(out - snap->pmis.host);
	qsort(snap->pmis.host, snap->pmis.nr_host, sizeof(*out), cmp_host);
	return 0;
}

static int snap_cpus(const struct kp_pmi *p, struct kp_snap *snap)
{
	struct kp_snap_pmi_cpu *out = kp_snap_array(p->raised_on.nr, sizeof(*out));
	uint32_t cpu;

	if (!out)
		return -ENOMEM;
	snap->pmis.cpus = out;
	for (cpu = 0; cpu < p->raised_on.nr; cpu++)
		if (p->raised_on.at[cpu])
			*out++ = (struct kp_snap_pmi_cpu){ cpu, p->raised_on.at[cpu] };
	snap->pmis.nr_cpus = (size_t)(out - snap->pmis.cpus);
	return 0;
}

static int cmp_lvtpc(const void *a, const void *b)
{
	const struct kp_snap_lvtpc *x = a, *y = b;

	if (x->vm != y->vm)
		return x->vm < y->vm ? -1 : 1;
	return x->value < y->value ? -1 : x->value > y->value;
}

static int snap_lvtpc(const struct kp_pmi *p, struct kp_snap *snap)
{
	struct kp_snap_lvtpc *out = kp_snap_array(p->lvtpc.nr, sizeof(*out));
	size_t i;

	if (!out)
		return -ENOMEM;
	snap->pmis.lvtpc = out;
	for (i = 0; i < p->lvtpc.nr; i++)
		if (p->lvtpc.at[i].count)
			*out++ = p->lvtpc.at[i];
	snap->pmis.nr_lvtpc = (size_t)(out - snap->pmis.lvtpc);
	qsort(snap->pmis.lvtpc, snap->pmis.nr_lvtpc, sizeof(*out), cmp_lvtpc);
	return 0;
}

static int snap_odd(const struct kp_pmi *p, struct kp_snap *snap)
{
	uint32_t i;

	snap->pmis.odd = kp_snap_array(p->nr_odd, sizeof(*snap->pmis.odd));
	if (!snap->pmis.odd)
		return -ENOMEM;
	for (i = 0; i < p->nr_odd; i++)
		snap->pmis.odd[i] = p->odd[i];
	snap->pmis.nr_odd = p->nr_odd;
	snap->pmis.nr_odd_all = p->nr_odd_all;
	return 0;
}

int kp_pmi_snap(void *state, struct kp_snap *snap)
{
	struct kp_pmi *p = state;
	int err = snap_vcpus(p, snap);

	snap->pmis.has_nmi = p->has_nmi;
	snap->pmis.has_irq = p->has_irq;
	snap->pmis.has_accept = p->has_accept;
	snap->pmis.has_entry = p->has_entry;
	snap->pmis.vgic = p->vgic;
	if (!err)
		err = snap_nmis(p, snap);
	if (!err)
		err = snap_host(p, snap);
	if (!err)
		err = snap_cpus(p, snap);
	if (!err)
		err = snap_lvtpc(p, snap);
	if (!err)
		err = snap_odd(p, snap);
	if (!err)
		qsort(snap->pmis.vcpus, snap->pmis.nr_vcpus, sizeof(*snap->pmis.vcpus), cmp_vcpu);
	return err;
}

void kp_pmi_snap_free(struct kp_snap *snap)
{
	free(snap->pmis.vcpus);
	free(snap->pmis.cpus);
	free(snap->pmis.nmis);
	free(snap->pmis.host);
	free(snap->pmis.lvtpc);
	free(snap->pmis.odd);
}
