// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_pmi.c - tables of the PMI ledger: guests' PMIs hop by hop, the host's NMIs and PMU
 * interrupts, LVTPC as it was written, and what stands out. Reads snapshots, writes to the out
 * layer.
 */
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static struct kp_val mean_ns(const struct kp_stat *t)
{
	return t->timed ? kp_val_f64((double)t->total_ns / (double)t->timed) : kp_val_none();
}

static struct kp_val max_ns(const struct kp_stat *t)
{
	return t->timed ? kp_val_u64(t->max_ns) : kp_val_none();
}

static void vcpu_table(const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = {
		KP_COL_VM,
		KP_COL_VCPU,
		KP_COL_TID,
		KP_COL_PMI_RAISED,
		KP_COL_DATA(KP_COL_PMI_REQUESTED),
		KP_COL_PMI_AS_NMI,
		KP_COL_PMI_AS_VECTOR,
		KP_COL_DATA(KP_COL_PMI_DELIVERED_PROBE),
		KP_COL_PMI_MASKED,
		KP_COL_INJECTED,
		KP_COL_PMI_ENTERED,
		KP_COL_DATA(KP_COL_PMI_MERGED),
		KP_COL_DATA(KP_COL_PMI_UNSEEN),
		KP_COL_PMI_LATE,
		KP_COL_PMIS_LOST,
		KP_COL_PMI_SPURIOUS,
		KP_COL_TO_DELIVERY_NS,
		KP_COL_DATA(KP_COL_TO_DELIVERY_MAX_NS),
		KP_COL_TO_INJECTION_NS,
		KP_COL_DATA(KP_COL_TO_INJECTION_MAX_NS),
		KP_COL_TO_ENTRY_NS,
		KP_COL_TO_ENTRY_MAX_NS,
	};
	size_t i;

	kp_out_table(out, "pmis", "PMIs of guests, and the mean time of their hops", cols,
		     KP_ARRAY_SIZE(cols));
	for (i = 0; i < snap->pmis.nr_vcpus; i++) {
		const struct kp_snap_pmi *v = &snap->pmis.vcpus[i];

		kp_out_row(out,
			   (struct kp_val[]){ kp_val_u64(v->vm),
					      v->has_vcpu ? kp_val_u64(v->vcpu) : kp_val_none(),
					      kp_val_u64(v->tid),
					      kp_val_u64(v->raised),
					      kp_val_u64(v->requested),
					      kp_val_u64(v->delivered_nmi),
					      kp_val_u64(v->delivered_vector),
					      kp_val_u64(v->delivered_probe),
					      kp_val_u64(v->masked),
					      kp_val_u64(v->injected),
					      kp_val_u64(v->entered),
					      kp_val_u64(v->merged),
					      kp_val_u64(v->unseen),
					      kp_val_u64(v->late),
					      kp_val_u64(v->lost),
					      kp_val_u64(v->spurious),
					      mean_ns(&v->to_delivery),
					      max_ns(&v->to_delivery),
					      mean_ns(&v->to_injection),
					      max_ns(&v->to_injection),
					      mean_ns(&v->to_entry),
					      max_ns(&v->to_entry) });
	}
	kp_out_table_end(out);
}

/* The handler's name where symbols are known, else its address. */
static const char *handler_name(struct kp_report *r, const struct kp_snap_nmi *n)
{
	struct kp_symbol sym;
	char text[32];

	if (n->other)
		return "(other)";
	if (kp_sym_resolve(r->sym, KP_MODE_HOST_KERNEL, 0, n->handler, &sym) && sym.name)
		return sym.name;
	snprintf(text, sizeof(text), "0x%" PRIx64, n->handler);
	return kp_report_string(r, text);
}

static void nmi_table(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = {
		KP_COL_CPU,	 KP_COL_HANDLER, KP_COL_COUNT,	KP_COL_HANDLED, KP_COL_IN_WINDOW,
		KP_COL_TOTAL_NS, KP_COL_MEAN_NS, KP_COL_P99_NS, KP_COL_MAX_NS,
	};
	size_t i;

	kp_out_table(out, "nmi_handlers", "NMIs of the host, by handler", cols,
		     KP_ARRAY_SIZE(cols));
	for (i = 0; i < snap->pmis.nr_nmis; i++) {
		const struct kp_snap_nmi *n = &snap->pmis.nmis[i];
		const struct kp_val none = kp_val_none();

		kp_out_row(out, (struct kp_val[]){
					n->other ? none : kp_val_u64(n->cpu),
					kp_val_str(handler_name(r, n)), kp_val_u64(n->time.count),
					kp_val_u64(n->handled), kp_val_u64(n->in_window),
					kp_val_u64(n->time.total_ns), mean_ns(&n->time),
					n->time.has_percentiles ? kp_val_u64(n->time.p99_ns) : none,
					max_ns(&n->time) });
	}
	kp_out_table_end(out);
}

/* arm64's PMU interrupts like a device. */
static void host_table(const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = {
		KP_COL_CPU,	  KP_COL_DATA(KP_COL_IRQ_NUMBER),
		KP_COL_VM,	  KP_COL_VCPU,
		KP_COL_TID,	  KP_COL_COUNT,
		KP_COL_HANDLED,	  KP_COL_IN_GUEST,
		KP_COL_PASSED_ON, KP_COL_TOTAL_NS,
		KP_COL_MEAN_NS,	  KP_COL_P99_NS,
		KP_COL_MAX_NS,
	};
	const struct kp_val none = kp_val_none();
	size_t i;

	if (!snap->pmis.has_irq)
		return;
	kp_out_table(out, "host_pmis", "PMU interrupts of the host, by whom they came upon", cols,
		     KP_ARRAY_SIZE(cols));
	for (i = 0; i < snap->pmis.nr_host; i++) {
		const struct kp_snap_host_pmi *h = &snap->pmis.host[i];
		const struct kp_stat *t = &h->time;

		kp_out_row(out,
			   (struct kp_val[]){
				   h->other ? none : kp_val_u64(h->cpu),
				   h->other ? none : kp_val_u64(h->irq),
				   h->has_vm ? kp_val_u64(h->vm) : none,
				   h->has_vcpu ? kp_val_u64(h->vcpu) : none,
				   h->has_vm ? kp_val_u64(h->tid) : none, kp_val_u64(t->count),
				   t->timed ? kp_val_u64(h->handled) : none,
				   kp_val_u64(h->in_guest), kp_val_u64(h->passed_on),
				   t->timed ? kp_val_u64(t->total_ns) : none, mean_ns(t),
				   t->has_percentiles ? kp_val_u64(t->p99_ns) : none, max_ns(t) });
	}
	kp_out_table_end(out);
}

/* ---- LVTPC ---- */

/* Delivery modes as the kernel's APIC_DM_* name them; SDM volume 3A, 11.5.1 */
static const char *const modes[] = { "vector", "lowest priority", "SMI",   "reserved", "NMI",
				     "INIT",   "start-up",	  "ExtINT" };

static void lvtpc_row(const struct kp_snap_lvtpc *l, struct kp_out *out)
{
	const unsigned int mode = l->value >> 8 & 7;
	const struct kp_val none = kp_val_none();

	kp_out_row(out,
		   (struct kp_val[]){ kp_val_str(l->guest ? "guest" : "host"),
				      l->guest && !l->other ? kp_val_u64(l->vm) : none,
				      l->other ? none : kp_val_hex(l->value),
				      l->other ? kp_val_str("(other)") : kp_val_str(modes[mode]),
				      l->other || mode ? none : kp_val_hex(l->value & 0xff),
				      l->other ? none : kp_val_bool(l->value >> 16 & 1),
				      kp_val_u64(l->count) });
}

static void lvtpc_table(const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = {
		KP_COL_SIDE,	   KP_COL_VM,	  KP_COL_VALUE_HEX, KP_COL_DELIVERY,
		KP_COL_VECTOR_HEX, KP_COL_MASKED, KP_COL_COUNT,
	};
	size_t i;

	kp_out_table(out, "lvtpc", "Writes of LVTPC", cols, KP_ARRAY_SIZE(cols));
	for (i = 0; i < snap->pmis.nr_lvtpc; i++)
		lvtpc_row(&snap->pmis.lvtpc[i], out);
	for (i = 0; i < snap->switches.nr_lvtpc; i++)
		lvtpc_row(&snap->switches.lvtpc[i], out);
	kp_out_table_end(out);
}

/* ---- what stands out ---- */

static const char *const oddities[] = {
	[KP_PMI_LATE] = "late",		  [KP_PMI_LOST] = "lost",
	[KP_PMI_SPURIOUS] = "spurious",	  [KP_PMI_NO_OVERFLOW] = "no overflow",
	[KP_PMI_MISROUTED] = "misrouted",
};

static const char *const evidence[] = {
	[KP_PMI_LATE] = "the guest ran between the overflow and the delivery",
	[KP_PMI_LOST] = "the guest ran on, LVTPC was not masked, and nothing was delivered",
	[KP_PMI_SPURIOUS] = "delivered, though the status register has no overflow",
	[KP_PMI_NO_OVERFLOW] = "vector 0xf5 came, though the status register has no overflow",
	[KP_PMI_MISROUTED] = "an NMI was handled while a guest's PMU context was loaded",
};

_Static_assert(KP_ARRAY_SIZE(oddities) == KP_PMI_ODDITIES, "every oddity has a name");
_Static_assert(KP_ARRAY_SIZE(evidence) == KP_PMI_ODDITIES, "every oddity has its evidence");

/*
 * Other handlers than perf's take NMIs whoever has the counters: those for backtraces, IBS. Known
 * only where symbols are.
 */
static bool is_odd(const struct kp_report *r, const struct kp_snap_pmi_odd *o)
{
	struct kp_symbol sym;

	return o->what != KP_PMI_MISROUTED ||
	       !kp_sym_resolve(r->sym, KP_MODE_HOST_KERNEL, 0, o->status, &sym) || !sym.name ||
	       !strcmp(sym.name, "perf_event_nmi_handler");
}

static void odd_table(const struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = {
		KP_COL_FLAG, KP_COL_TIME_NS,	KP_COL_VM,	KP_COL_VCPU,	 KP_COL_TID,
		KP_COL_CPU,  KP_COL_STATUS_HEX, KP_COL_ENTRIES, KP_COL_EVIDENCE,
	};
	const struct kp_val none = kp_val_none();
	size_t i;

	kp_out_table(out, "pmi_oddities", "PMIs that stand out", cols, KP_ARRAY_SIZE(cols));
	for (i = 0; i < snap->pmis.nr_odd; i++) {
		const struct kp_snap_pmi_odd *o = &snap->pmis.odd[i];

		if (!is_odd(r, o))
			continue;
		kp_out_row(out, (struct kp_val[]){
					kp_val_str(oddities[o->what]), kp_val_u64(o->time_ns),
					o->has_vm ? kp_val_u64(o->vm) : none,
					o->has_vcpu ? kp_val_u64(o->vcpu) : none,
					o->has_vm ? kp_val_u64(o->tid) : none, kp_val_u64(o->cpu),
					o->has_status ? kp_val_hex(o->status) : none,
					kp_val_u64(o->entries), kp_val_str(evidence[o->what]) });
	}
	kp_out_table_end(out);
}

static void cpu_table(const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = { KP_COL_CPU, KP_COL_PMI_RAISED };
	size_t i;

	kp_out_table(out, "pmi_cpus", "PMIs of guests, by the CPU that took the overflow", cols,
		     KP_ARRAY_SIZE(cols));
	for (i = 0; i < snap->pmis.nr_cpus; i++)
		kp_out_row(out, (struct kp_val[]){ kp_val_u64(snap->pmis.cpus[i].cpu),
						   kp_val_u64(snap->pmis.cpus[i].raised) });
	kp_out_table_end(out);
}

static void notes(const struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	const struct kp_snap_pmis *p = &snap->pmis;
	uint64_t raised = 0, unseen = 0, vector = 0;
	size_t i;

	for (i = 0; i < p->nr_vcpus; i++) {
		raised += p->vcpus[i].raised;
		unseen += p->vcpus[i].unseen;
		vector += p->vcpus[i].delivered_vector;
	}
	if (unseen)
		kp_out_note(out,
			    "%" PRIu64 " PMIs of guests were raised and not seen again: the "
			    "recording has no kvm:kvm_apic_accept_irq.",
			    unseen);
	if (p->vgic && vector)
		kp_out_note(out,
			    "the guests' PMU interrupt is taken to be PPI 23, as BSA numbers it.");
	if (p->nr_odd_all > p->nr_odd)
		kp_out_note(out, "%" PRIu64 " PMIs stand out; the table has the first %zu.",
			    p->nr_odd_all, p->nr_odd);
	if (!r->only || raised)
		return;
	kp_out_note(
		out,
		"the recording shows no PMI of a guest. With a mediated vPMU that takes msr:*, "
		"with "
		"an emulated one nmi:nmi_handler and kvm:kvm_apic_accept_irq, on arm64 "
		"kvm:vgic_update_irq_pending; kvmpmu record --switch-detail has what there is.");
}

void kp_report_pmi(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	notes(r, snap, out);
	vcpu_table(snap, out);
	cpu_table(snap, out);
	nmi_table(r, snap, out);
	host_table(snap, out);
	lvtpc_table(snap, out);
	odd_table(r, snap, out);
	kp_report_irqs(r, snap, out);
}
