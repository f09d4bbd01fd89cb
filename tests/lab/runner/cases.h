/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machines' tables of tests, one file each, and what they share (common.c).
 */
#ifndef KP_LAB_CASES_H
#define KP_LAB_CASES_H

#include "runner.h"

extern const struct lab_case lab_amd_mediated_cases[];
extern const struct lab_case lab_amd_emulated_cases[];
extern const struct lab_case lab_arm64_vhe_cases[];
extern const struct lab_case lab_arm64_hybrid_cases[];
extern const struct lab_case lab_arm64_nvhe_cases[];

/* Kselftest's status of a test that does not apply to this machine (kselftest.h, KSFT_SKIP). */
#define LAB_SELFTEST_SKIPS 4

/*
 * Run one of KVM's selftests and check that it ends with @status.
 */
void lab_selftest_check(struct lab_test *t, const char *name, int status);

/* A run of the micro-guest's payload that counts its own instructions. */
struct lab_guest {
	const char *name;	 /* of its output */
	const char *cpu;	 /* where the vCPU is pinned */
	const char *nr_counters; /* as an argument */
	bool frozen;		 /* this machine lets a guest's counters stand still */
};

/* Check that the guest read exactly the counts that its code is known for. */
void lab_guest_check(struct lab_test *t, const struct lab_guest *guest);

/* Whole tests of guest.c: payloads, PMIs as NMIs, event filters, and what is refused. */
void lab_payloads_x86(struct lab_test *t);
void lab_payloads_arm64(struct lab_test *t);
void lab_pmi_nmi(struct lab_test *t);
void lab_mediated_busy(struct lab_test *t);
void lab_filter_x86(struct lab_test *t);
void lab_wrong_pmu(struct lab_test *t);

/* Whole tests of record.c: recordings of exits, and events beside VMs. */
void lab_record_exits_x86(struct lab_test *t);
void lab_record_exits_arm64(struct lab_test *t);
void lab_record_beside_mediated(struct lab_test *t);
void lab_record_guests(struct lab_test *t);

/* Check that the file's first line is @want. */
void lab_file_check(struct lab_test *t, const char *path, const char *want);

#endif
