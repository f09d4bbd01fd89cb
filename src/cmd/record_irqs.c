// SPDX-License-Identifier: GPL-2.0-only
/*
 * record_irqs.c - interrupts of PMUs that the host counted while a recording was made: what the PMI
 * ledger of report is held against.
 */
#include "cmd/record.h"
#include "host.h"

/* Sums over CPUs; a CPU that comes or goes in between takes its counts with it. */
static void read_totals(uint64_t *totals, bool *known)
{
	struct kp_host_activity act = { 0 };
	struct kp_sysroot *root;
	size_t i;

	if (kp_sysroot_open(NULL, &root))
		return;
	if (!kp_host_activity_read(root, &act)) {
		known[KP_IRQ_NMI] = act.has_nmis;
		known[KP_IRQ_PMI] = act.has_pmis;
		known[KP_IRQ_VPMI] = act.has_vpmis;
	}
	for (i = 0; i < act.nr_cpus; i++) {
		totals[KP_IRQ_NMI] += act.cpus[i].nmis;
		totals[KP_IRQ_PMI] += act.cpus[i].pmis;
		totals[KP_IRQ_VPMI] += act.cpus[i].vpmis;
	}
	kp_host_activity_free(&act);
	kp_sysroot_free(root);
}

void kp_record_irqs_begin(struct kp_live *live)
{
	struct kp_irq_total *irqs = kp_live_source(live)->meta.irqs;
	uint64_t totals[KP_IRQ_LINES] = { 0 };
	bool known[KP_IRQ_LINES] = { 0 };
	size_t i;

	read_totals(totals, known);
	for (i = 0; i < KP_IRQ_LINES; i++)
		irqs[i] = (struct kp_irq_total){ .known = known[i], .begin = totals[i] };
}

void kp_record_irqs_end(struct kp_live *live)
{
	struct kp_irq_total *irqs = kp_live_source(live)->meta.irqs;
	uint64_t totals[KP_IRQ_LINES] = { 0 };
	bool known[KP_IRQ_LINES] = { 0 };
	size_t i;

	read_totals(totals, known);
	for (i = 0; i < KP_IRQ_LINES; i++) {
		irqs[i].end = totals[i];
		irqs[i].known = irqs[i].known && known[i] && irqs[i].end >= irqs[i].begin;
	}
}
