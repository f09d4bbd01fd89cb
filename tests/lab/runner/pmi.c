// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PMI ledger against a guest that counts its PMIs: what the overflows raised is what was
 * delivered, what the guest took, and what /proc/interrupts of the host says. Runs programs only.
 */
#include <stdio.h>

#include "cases.h"

#define PMIS 20

/**
 * struct ledger - a recording of a guest's PMIs
 * @nmi: the guest takes them as NMIs; @cpu: it runs there, NULL: anywhere
 * @option: of record; NULL: the default events
 * @line: of /proc/interrupts, which the guest's overflows raise on this host
 * @expect: what else the recording must say
 */
struct ledger {
	const char *name;
	bool nmi;
	const char *cpu, *option, *line;
	const struct lab_expect *expect;
};

static void ledger_check(struct lab_test *t, const struct ledger *l)
{
	const uint64_t as_nmi = l->nmi ? PMIS : 0, as_vector = l->nmi ? 0 : PMIS;
	const char *more = l->nmi ? "--nmi" : l->cpu ? "--cpu-list" : NULL;
	const struct lab_record rec = {
		.name = l->name,
		.options = { l->option },
		.guest = { "pmi", "--iterations", "20", more, l->cpu },
		.expect = {
			{ "pmis.0.raised", PMIS, PMIS },
			{ "pmis.0.delivered_nmi", as_nmi, as_nmi },
			{ "pmis.0.delivered_vector", as_vector, as_vector },
			{ "pmis.0.injected", as_vector, as_vector },
			{ "pmis.0.entered", PMIS, PMIS },
			{ "pmis.0.pmis_lost", 0, 0 },
			{ "pmis.0.spurious", 0, 0 },
			{ "pmis.0.merged", 0, 0 },
			{ "pmis.0.masked_pmis", 0, 0 },
		},
	};
	long host = lab_irqs(l->line);
	json_t *root = lab_record_check(t, &rec);

	host = lab_irqs(l->line) - (host < 0 ? 0 : host);
	/* arm64: the overflow of a host event is told once more where it was being stopped */
	lab_check(t, host >= PMIS && host <= PMIS + 2, "%s: %ld of %s on the host", l->name, host,
		  l->line);
	lab_expect_check(t, root, l->expect);
	json_decref(root);
}

/* The same with PMIs as vectors and as NMIs, whatever @l says. */
static void ledger_check_both(struct lab_test *t, struct ledger l)
{
	l.option = "--switch-detail";
	l.name = "ledger.vector";
	l.nmi = false;
	ledger_check(t, &l);
	l.name = "ledger.nmi";
	l.nmi = true;
	ledger_check(t, &l);
}

void lab_ledger_mediated(struct lab_test *t)
{
	static const struct lab_expect irqs[] = {
		{ "pmi_interrupts.interrupt=VPMI.count", PMIS, PMIS },
		{ "pmi_interrupts.interrupt=VPMI.recorded", PMIS, PMIS },
		{ "pmi_interrupts.interrupt=PMI.count", 0, 0 },
		{ "pmi_interrupts.interrupt=PMI.recorded", 0, 0 },
		{ 0 },
	};

	ledger_check_both(t, (struct ledger){ .line = "VPMI:", .expect = irqs });
}

/* The guest's counters are host events: their PMIs are the host's NMIs. */
void lab_ledger_emulated(struct lab_test *t)
{
	static const struct lab_expect irqs[] = {
		{ "pmi_interrupts.interrupt=VPMI.count", 0, 0 },
		{ "pmi_interrupts.interrupt=PMI.count", PMIS, PMIS },
		{ "pmi_interrupts.interrupt=PMI.recorded", PMIS, PMIS },
		{ "pmi_interrupts.interrupt=NMI.unrecorded", 0, 0 },
		{ 0 },
	};

	ledger_check_both(t, (struct ledger){ .line = " PMI:", .expect = irqs });
}

/*
 * Every overflow is an interrupt of the host's PMU that comes upon the guest, and the vGIC is told
 * next. The host counts them all, and those are in the recording.
 */
static void ledger_check_arm64(struct lab_test *t, const char *name, const char *option,
			       const char *cpu)
{
	static const struct lab_expect irqs[] = {
		{ "host_pmis.0.count", PMIS, PMIS + 2 },
		{ "host_pmis.0.handled", PMIS, PMIS },
		{ "host_pmis.0.in_guest", PMIS, PMIS + 2 },
		{ "host_pmis.0.passed_on", PMIS, PMIS },
		{ "host_pmis.0.mean_ns", 1, 1e9 },
		{ "pmi_interrupts.interrupt=PMI.count", PMIS, PMIS + 2 },
		{ "pmi_interrupts.interrupt=PMI.recorded", PMIS, PMIS + 2 },
		{ "pmi_interrupts.interrupt=PMI.unrecorded", 0, 0 },
		{ 0 },
	};

	ledger_check(t, &(struct ledger){ .name = name,
					  .cpu = cpu,
					  .option = option,
					  .line = "arm-pmu",
					  .expect = irqs });
}

void lab_ledger_arm64(struct lab_test *t)
{
	ledger_check_arm64(t, "ledger.detail", "--switch-detail", NULL);
	ledger_check_arm64(t, "ledger.default", NULL, NULL);
}

/* One interrupt of two PMUs, or two (arm_pmu.c: armpmu_request_irq()) */
void lab_ledger_hybrid(struct lab_test *t)
{
	ledger_check_arm64(t, "ledger.a53", NULL, "0");
	ledger_check_arm64(t, "ledger.a72", NULL, "2");
}
