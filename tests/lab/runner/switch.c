// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mediated vPMU's context switch, access by access: what kvmpmu report rebuilds from a
 * recording with --switch-detail against what the kernel does for a guest whose counters are known
 * (arch/x86/kvm/pmu.c, kvm_pmu_load_guest_pmcs() and kvm_pmu_put_guest_pmcs()). Runs programs only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

#define NR_PMCS	   6	/* of the emulated AMD machine */
#define ITERATIONS 50

static bool is_string(json_t *object, const char *key, const char *want)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s && !strcmp(s, want);
}

/* No row is no access. */
static double accesses(json_t *root, const char *phase, const char *reg, const char *access)
{
	json_t *rows = json_object_get(root, "switch_registers"), *row;
	size_t i;

	json_array_foreach (rows, i, row) {
		if (is_string(row, "phase", phase) && is_string(row, "register", reg) &&
		    is_string(row, "access", access))
			return json_number_value(json_object_get(row, "count"));
	}
	return 0;
}

static double switches(json_t *root, const char *phase)
{
	json_t *rows = json_object_get(root, "switches"), *row;
	double sum = 0;
	size_t i;

	json_array_foreach (rows, i, row) {
		if (is_string(row, "phase", phase))
			sum += json_number_value(json_object_get(row, "switches"));
	}
	return sum;
}

/* What was written and what was elided is what a switch without elision would write. */
static void elision_check(struct lab_test *t, json_t *root, double loads, double puts)
{
	double max, elided, written = 0;
	json_t *rows = json_object_get(root, "switch_registers"), *row;
	size_t i;

	json_array_foreach (rows, i, row) {
		if (is_string(row, "access", "write") && (is_string(row, "phase", "load") ||
							  is_string(row, "phase", "put")))
			written += json_number_value(json_object_get(row, "count"));
	}
	if (!lab_json_number(t, root, "switch_vcpus.0.writes_max", &max) ||
	    !lab_json_number(t, root, "switch_vcpus.0.elided", &elided))
		return;
	lab_check(t, written + elided == max, "%.0f written, %.0f elided, %.0f at most", written,
		  elided, max);
	/* 6 counters and selectors each way; GLOBAL_CTL, the status; STATUS_CLR where it is set */
	lab_check(t, max >= (2 * NR_PMCS + 3) * loads + (2 * NR_PMCS + 1) * puts,
		  "%.0f writes at most in %.0f loads", max, loads);
}

/* Whatever the guest does: each counter is read, and each selector written at a load. */
static void every_switch_check(struct lab_test *t, json_t *root, double loads, double puts)
{
	double entries, n;

	if (lab_json_number(t, root, "vcpus.0.entries", &entries))
		lab_check(t, loads == entries, "%.0f loads for %.0f entries", loads, entries);
	lab_check(t, puts >= loads - 1 && puts <= loads, "%.0f puts, %.0f loads", puts, loads);
	n = accesses(root, "load", "counter", "read");
	lab_check(t, n == NR_PMCS * loads, "%.0f reads of counters in %.0f loads", n, loads);
	n = accesses(root, "load", "event selector", "write");
	lab_check(t, n == NR_PMCS * loads, "%.0f writes of selectors in %.0f loads", n, loads);
	n = accesses(root, "load", "GLOBAL_STATUS_SET", "write");
	lab_check(t, n == loads, "%.0f writes of the status in %.0f loads", n, loads);
	n = accesses(root, "load", "GLOBAL_CTL", "write");
	lab_check(t, n == 2 * loads, "%.0f writes of GLOBAL_CTL in %.0f loads", n, loads);
	n = accesses(root, "put", "GLOBAL_CTL", "write");
	lab_check(t, n == puts, "%.0f writes of GLOBAL_CTL in %.0f puts", n, puts);
	n = accesses(root, "put", "counter", "read");
	lab_check(t, n == NR_PMCS * puts, "%.0f reads of counters in %.0f puts", n, puts);
}

/*
 * Only what is not zero is written at a put: the counters that the guest has programmed. Selector 0
 * is never zero, because the micro-guest's own probe wrote it before the first entry, and KVM adds
 * GuestOnly to each that was ever written (svm/pmu.c, amd_pmu_set_msr()).
 */
static void switch_check(struct lab_test *t, const char *counters)
{
	const struct lab_record rec = {
		.name = "switch.counters", .options = { "--switch-detail" },
		.guest = { "cpuid", "--iterations", "50", "--counters", counters },
		.expect = { { "exits.reason=cpuid.count", ITERATIONS, ITERATIONS } },
	};
	json_t *root = lab_record_check(t, &rec);
	double loads = switches(root, "load"), puts = switches(root, "put");
	double nr = atof(counters), written = nr ? nr : 1;
	double selectors = accesses(root, "put", "event selector", "write");
	double values = accesses(root, "put", "counter", "write");

	every_switch_check(t, root, loads, puts);
	elision_check(t, root, loads, puts);
	lab_check(t, selectors >= written * ITERATIONS && selectors <= written * puts,
		  "%s counters: %.0f selectors cleared in %.0f puts", counters, selectors, puts);
	lab_check(t, values >= nr * ITERATIONS && values <= nr * puts,
		  "%s counters: %.0f counters cleared in %.0f puts", counters, values, puts);
	lab_note(t, "%s counters: %.0f loads, %.0f selectors and %.0f counters cleared", counters,
		 loads, selectors, values);
	json_decref(root);
}

void lab_switch_accesses(struct lab_test *t)
{
	static const char *const counters[] = { "0", "1", "2", "3", "4", "5", "6" };
	size_t i;

	for (i = 0; i < sizeof(counters) / sizeof(*counters); i++)
		switch_check(t, counters[i]);
}
