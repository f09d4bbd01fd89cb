// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PMI ledger against a guest that counts its PMIs: what the overflows raised is what was
 * delivered, what the guest took, and what /proc/interrupts of the host says. Runs programs only.
 */
#include <stdio.h>

#include "cases.h"

#define PMIS 20

/*
 * @line: of /proc/interrupts, which the guest's overflows raise on this host; @irqs: what the
 * recording must say of it
 */
static void ledger_check(struct lab_test *t, const char *name, bool nmi, const char *line,
			 const struct lab_expect *irqs)
{
	const struct lab_record rec = {
		.name = name,
		.options = { "--switch-detail" },
		.guest = { "pmi", "--iterations", "20", nmi ? "--nmi" : NULL },
		.expect = {
			{ "pmis.0.raised", PMIS, PMIS },
			{ "pmis.0.delivered_nmi", nmi ? PMIS : 0, nmi ? PMIS : 0 },
			{ "pmis.0.delivered_vector", nmi ? 0 : PMIS, nmi ? 0 : PMIS },
			{ "pmis.0.injected", nmi ? 0 : PMIS, nmi ? 0 : PMIS },
			{ "pmis.0.entered", PMIS, PMIS },
			{ "pmis.0.pmis_lost", 0, 0 },
			{ "pmis.0.spurious", 0, 0 },
			{ "pmis.0.merged", 0, 0 },
			{ "pmis.0.masked_pmis", 0, 0 },
		},
	};
	long host = lab_irqs(line);
	json_t *root = lab_record_check(t, &rec);

	host = lab_irqs(line) - (host < 0 ? 0 : host);
	/* arm64: the overflow of a host event is told once more where it was being stopped */
	lab_check(t, host >= PMIS && host <= PMIS + 2, "%s: %ld of %s on the host", name, host,
		  line);
	lab_expect_check(t, root, irqs);
	json_decref(root);
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

	ledger_check(t, "ledger.vector", false, "VPMI:", irqs);
	ledger_check(t, "ledger.nmi", true, "VPMI:", irqs);
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

	ledger_check(t, "ledger.vector", false, " PMI:", irqs);
	ledger_check(t, "ledger.nmi", true, " PMI:", irqs);
}

void lab_ledger_arm64(struct lab_test *t)
{
	static const struct lab_expect irqs[] = {
		{ "pmi_interrupts.interrupt=PMI.count", PMIS, PMIS + 2 },
		{ 0 },
	};

	ledger_check(t, "ledger.ppi", false, "arm-pmu", irqs);
}
