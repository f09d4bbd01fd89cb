// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_irqs.c - the PMI ledger held against /proc/interrupts, as record noted it at its begin and
 * end: what the host counted, and what of it the recording shows.
 */
#include "report.h"

#include <inttypes.h>
#include <string.h>

/** struct shown - what a recording shows of an interrupt; @known false: it could not */
struct shown {
	bool known;
	uint64_t n;
};

static bool has_event(const struct kp_report *r, const char *name)
{
	const struct kp_meta *meta = &r->src->meta;
	uint32_t i;

	for (i = 0; i < meta->nr_attrs; i++)
		if (!strcmp(meta->attrs[i].name, name))
			return true;
	return false;
}

/* Guest PMIs that came as vector 0xf5: all that a mediated guest's counters raised. */
static struct shown guest_pmis(const struct kp_snap *snap)
{
	struct shown shown = { .known = snap->switches.nr_vcpus };
	size_t i;

	for (i = 0; i < snap->pmis.nr_vcpus && shown.known; i++)
		shown.n += snap->pmis.vcpus[i].raised ? snap->pmis.vcpus[i].raised
						      : snap->pmis.vcpus[i].requested;
	return shown;
}

/* The kernel calls every handler for every NMI: a CPU had as many as its busiest one was called. */
static struct shown nmis(const struct kp_report *r, const struct kp_snap *snap)
{
	struct shown shown = { .known = has_event(r, "nmi:nmi_handler") };
	const struct kp_snap_nmi *n;
	uint64_t most;
	size_t i, j;

	for (i = 0; i < snap->pmis.nr_nmis; i++) {
		n = &snap->pmis.nmis[i];
		shown.known &= !n->other;
		for (j = 0, most = 0; j < snap->pmis.nr_nmis; j++)
			if (snap->pmis.nmis[j].cpu == n->cpu)
				most = kp_max_u64(most, snap->pmis.nmis[j].time.count);
		/* once for each CPU: at the first of its rows that has the most */
		for (j = 0; j < i && !(snap->pmis.nmis[j].cpu == n->cpu &&
				       snap->pmis.nmis[j].time.count == most);
		     j++)
			;
		shown.n += j == i && n->time.count == most ? most : 0;
	}
	return shown;
}

/* arm64: each of them has its event (kernel/irq/chip.c) */
static struct shown pmu_irqs(const struct kp_snap *snap)
{
	struct shown shown = { .known = true };
	size_t i;

	for (i = 0; i < snap->pmis.nr_host; i++)
		shown.n += snap->pmis.host[i].time.count;
	return shown;
}

/* Those in which perf's handler found an overflow (arch/x86/events/core.c) */
static struct shown host_pmis(struct kp_report *r, const struct kp_snap *snap)
{
	struct shown shown = { .known = has_event(r, "nmi:nmi_handler") };
	const struct kp_snap_nmi *n;
	struct kp_symbol sym;
	size_t i;

	if (has_event(r, "irq:irq_handler_entry"))
		return pmu_irqs(snap);
	for (i = 0; i < snap->pmis.nr_nmis; i++) {
		n = &snap->pmis.nmis[i];
		if (n->other || !kp_sym_resolve(r->sym, KP_MODE_HOST_KERNEL, 0, n->handler, &sym) ||
		    !sym.name)
			return (struct shown){ 0 };
		if (!strcmp(sym.name, "perf_event_nmi_handler"))
			shown.n += n->handled;
	}
	return shown;
}

/* A part of the recording, or of its VMs, is not what the host counted. */
static bool is_whole(const struct kp_report *r)
{
	return !r->vm && r->vcpu < 0 && !r->cpus && !r->time;
}

static void irq_row(const struct kp_irq_total *t, const char *line, struct shown shown,
		    struct kp_out *out)
{
	const uint64_t counted = t->end - t->begin;

	kp_out_row(out,
		   (struct kp_val[]){ kp_val_str(line), kp_val_u64(t->begin), kp_val_u64(t->end),
				      kp_val_u64(counted),
				      shown.known ? kp_val_u64(shown.n) : kp_val_none(),
				      shown.known ? kp_val_f64((double)counted - (double)shown.n)
						  : kp_val_none() });
}

static void vpmi_note(const struct kp_irq_total *t, struct shown shown, struct kp_out *out)
{
	const uint64_t counted = t->end - t->begin;

	if (!t->known || !shown.known || (!counted && !shown.n))
		return;
	if (counted == shown.n)
		kp_out_note(out,
			    "PMIs: all %" PRIu64 " guest PMIs that the host counted (VPMI in "
			    "/proc/interrupts) are in the ledger.",
			    counted);
	else
		kp_out_note(out,
			    "PMIs: the host counted %" PRIu64 " guest PMIs (VPMI in "
			    "/proc/interrupts), the ledger has %" PRIu64
			    ": the host counts those of every guest and CPU, the recording those "
			    "that it was told to watch and did not lose.",
			    counted, shown.n);
}

/* On x86 that takes symbols, and the table says it. */
static void pmi_note(const struct kp_irq_total *t, struct shown shown, struct kp_out *out)
{
	const uint64_t counted = t->end - t->begin;

	if (!t->known || (!counted && !shown.n))
		return;
	if (counted == shown.n)
		kp_out_note(out,
			    "PMIs: all %" PRIu64 " interrupts of the PMU that the host counted "
			    "(arm-pmu in /proc/interrupts) are in the recording.",
			    counted);
	else
		kp_out_note(out,
			    "PMIs: the host counted %" PRIu64 " interrupts of the PMU (arm-pmu in "
			    "/proc/interrupts), the recording has %" PRIu64
			    ": it has those that it was told to watch and did not lose.",
			    counted, shown.n);
}

void kp_report_irqs(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = {
		KP_COL_IRQ_LINE,
		KP_COL_DATA(KP_COL_IRQ_BEGIN),
		KP_COL_DATA(KP_COL_IRQ_END),
		KP_COL_COUNT,
		KP_COL_RECORDED,
		KP_COL_UNRECORDED,
	};
	static const char *const lines[KP_IRQ_LINES] = { "NMI", "PMI", "VPMI" };
	const struct kp_irq_total *irqs = r->src->meta.irqs;
	struct shown shown[KP_IRQ_LINES];
	bool any = false;
	size_t i;

	/* of a host without any, the default report has nothing to say */
	for (i = 0; i < KP_IRQ_LINES; i++)
		any |= irqs[i].known && (r->only || irqs[i].end > irqs[i].begin);
	if (!any || !is_whole(r))
		return;
	shown[KP_IRQ_NMI] = nmis(r, snap);
	shown[KP_IRQ_PMI] = host_pmis(r, snap);
	shown[KP_IRQ_VPMI] = guest_pmis(snap);
	vpmi_note(&irqs[KP_IRQ_VPMI], shown[KP_IRQ_VPMI], out);
	if (has_event(r, "irq:irq_handler_entry"))
		pmi_note(&irqs[KP_IRQ_PMI], shown[KP_IRQ_PMI], out);
	kp_out_table(out, "pmi_interrupts", "Interrupts that the host counted meanwhile", cols,
		     KP_ARRAY_SIZE(cols));
	for (i = 0; i < KP_IRQ_LINES; i++)
		if (irqs[i].known)
			irq_row(&irqs[i], lines[i], shown[i], out);
	kp_out_table_end(out);
}
