// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest with a guest of its own: KVM's svm_vmcall_test, whose L1 enters L2 once, and L2 leaves by
 * one VMMCALL. Its entries, exits and PMU context switches are told from L1's, by register accesses
 * with kvm_nested_*, and by probes. Runs programs only.
 */
#include <stdio.h>

#include "cases.h"

#define TEST "/bin/svm_vmcall_test"

/* One entry into L2, and what L0 handled for it besides (nested page faults). */
#define L2_MAX 50

static json_t *record(struct lab_test *t, const char *name, const char *option)
{
	char data[64];
	int r;

	snprintf(data, sizeof(data), LAB_OUT_DIR "/%s.data", name);
	r = lab_exec(&(struct lab_exec){
		.name = name,
		.argv = { "kvmpmu", "record", "-q", option, "-o", data, "--", TEST },
	});
	lab_check(t, !r, "svm_vmcall_test under record %s: status %d", option, r);
	return lab_report_load(t, name, data);
}

static void l2_check(struct lab_test *t, json_t *root, const char *name)
{
	static const struct lab_expect expect[] = {
		{ "switch_vcpus.0.windows_l2", 1, L2_MAX },
		{ "switch_vcpus.0.entries_l2", 1, L2_MAX },
		{ "switch_vcpus.0.switch_l2_ns", 1, 1e12 },
		{ "switch_reasons.reason=hypercall.exits_l2", 1, 1 },
		/* L1's own way in and out */
		{ "switch_reasons.reason=vmrun.exits", 1, 1 },
		{ "switch_reasons.reason=vmrun.exits_l2", 0, 0 },
		{ "switch_reasons.reason=vmload.exits_l2", 0, 0 },
		{ "switch_reasons.reason=vmsave.exits_l2", 0, 0 },
		{ 0 },
	};
	double l2, all;

	lab_expect_check(t, root, expect);
	if (lab_json_number(t, root, "switch_vcpus.0.entries_l2", &l2) &&
	    lab_json_number(t, root, "switch_vcpus.0.entries", &all)) {
		lab_check(t, l2 < all, "%s: %.0f of %.0f entries are L2's", name, l2, all);
		lab_note(t, "%s: %.0f of %.0f entries are L2's", name, l2, all);
	}
}

void lab_nested(struct lab_test *t)
{
	static const struct lab_expect detail[] = {
		{ "samples_by_event.event=kvm:kvm_nested_vmenter.samples", 1, 1 },
		{ "samples_by_event.event=kvm:kvm_nested_vmexit_inject.samples", 1, 1 },
		{ 0 },
	};
	json_t *root = record(t, "nested.detail", "--switch-detail");

	lab_expect_check(t, root, detail);
	l2_check(t, root, "register accesses");
	json_decref(root);
	root = record(t, "nested.probes", "--switch");
	l2_check(t, root, "probes");
	json_decref(root);
}
