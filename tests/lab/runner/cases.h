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
 * Run one of KVM's selftests alone and under kvmpmu record, stat and top, and check that it ends
 * with @status each time, that the recording is whole and explained, and what stat and top say
 * of it (selftests.c).
 */
void lab_selftest_check(struct lab_test *t, const char *name, int status);

/* A run of the micro-guest's payload that counts its own instructions. */
struct lab_guest {
	const char *name;	 /* of its output */
	const char *cpu;	 /* where the vCPU is pinned */
	const char *nr_counters; /* as an argument */
	bool frozen;		 /* this machine lets a guest's counters stand still */
	unsigned int tries;	 /* runs of which one must be exact, 0: one */
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

/*
 * What a JSON document must say: the number at @path is @min to @max. A row that is not there is as
 * good as one with 0, if 0 is all that is allowed.
 */
struct lab_expect {
	const char *path;
	double min, max;
};

void lab_expect_check(struct lab_test *t, json_t *root, const struct lab_expect *expect);

/* A recording of one run of the micro-guest, and what its report must say. */
struct lab_record {
	const char *name;
	const char *options[12];	/* of kvmpmu record */
	const char *guest[12];		/* of kvmpmu bench --raw */
	struct lab_expect expect[12];
};

/* Record, report, compare; returns the report (the caller frees) or NULL. */
json_t *lab_record_check(struct lab_test *t, const struct lab_record *rec);

/* The same for a table that ends with a null name. */
void lab_records_check(struct lab_test *t, const struct lab_record *rec);

/* kvmpmu report of a file as JSON; NULL (and a failure in @t) where there is none. */
json_t *lab_report_load(struct lab_test *t, const char *name, const char *data);

/* Sum over all CPUs of a line of /proc/interrupts that contains @label; -1 where there is none. */
long lab_irqs(const char *label);

/* Run the micro-guest's payload pmi 20 times (@nmi: as NMIs) and check what the guest took. */
void lab_pmi_check(struct lab_test *t, const char *name, bool nmi);

/* Who may use the counters of a host with mediated vPMUs (ownership.c). */
void lab_event_blocks_vm(struct lab_test *t);
void lab_vm_blocks_event(struct lab_test *t);

/* What the doctor finds where it is really so (doctor.c). */
void lab_doctor_vm(struct lab_test *t);
void lab_doctor_event(struct lab_test *t);
void lab_doctor_watchdog(struct lab_test *t);
void lab_doctor_counts_nothing(struct lab_test *t);
void lab_doctor_starved(struct lab_test *t);
void lab_doctor_irqchip(struct lab_test *t);
void lab_doctor_warning(struct lab_test *t);
void lab_doctor_affinity(struct lab_test *t);
void lab_doctor_wrong_pmu(struct lab_test *t);
void lab_doctor_bound(struct lab_test *t);

/* kvmpmu ps beside known guests and events, with BPF and without (ps.c). */
void lab_ps_mediated(struct lab_test *t);
void lab_ps_denied(struct lab_test *t);
void lab_ps_loaded(struct lab_test *t);
void lab_ps_watchdog(struct lab_test *t);
void lab_ps_emulated(struct lab_test *t);
void lab_ps_arm64(struct lab_test *t);
void lab_ps_hybrid(struct lab_test *t);

/* kvmpmu stat of a vCPU that moves between the CPUs of two PMUs (stat_hybrid.c). */
void lab_stat_hybrid(struct lab_test *t);

/* The thread of the only vCPU, once its guest has started a counter; 0: a failure in @t. */
long lab_vcpu_tid(struct lab_test *t);

/* Mediated VMs start while every command runs (beside.c). */
void lab_never_blocks_vms(struct lab_test *t);

/* The runner as a program that holds perf events (holder.c); returns where it could not. */
int lab_hold(char **argv);

/* The runner as a program whose instructions are known (stat.c). */
int lab_loop(char **argv);

/* kvmpmu stat where counts are known (stat.c). */
void lab_stat_programs(struct lab_test *t);
void lab_stat_guest_x86(struct lab_test *t);
void lab_stat_guest_arm64(struct lab_test *t);
void lab_stat_guest_hybrid(struct lab_test *t);
void lab_stat_guest_nvhe(struct lab_test *t);
void lab_stat_vm(struct lab_test *t);
void lab_stat_vm_hybrid(struct lab_test *t);
void lab_stat_blind(struct lab_test *t);
void lab_stat_multiplexed(struct lab_test *t);

/* A vCPU that moves to CPUs of another PMU (places.c). */
void lab_places(struct lab_test *t);

/* The mediated switch access by access, for 0, 1 and 6 counters (switch.c). */
void lab_switch_accesses(struct lab_test *t);

/* Both collectors and the sums of stat --switch on one run (collect.c). */
void lab_collectors_agree(struct lab_test *t);
void lab_stat_exits(struct lab_test *t);

/* A nested guest's entries, exits and switches (nested.c). */
void lab_nested(struct lab_test *t);

/* kvmpmu top --batch beside a guest (top.c). */
void lab_top_mediated(struct lab_test *t);
void lab_top_sums_mediated(struct lab_test *t);
void lab_top_hotplug(struct lab_test *t);
void lab_top_arm64(struct lab_test *t);
void lab_top_pmis_arm64(struct lab_test *t);
void lab_top_hybrid(struct lab_test *t);

/* Suites of kvmpmu bench (bench.c): instructions an iteration, and accesses that exit. */
void lab_bench_instructions_x86(struct lab_test *t);
void lab_bench_access_mediated(struct lab_test *t);
void lab_bench_access_emulated(struct lab_test *t);
void lab_bench_instructions_arm64(struct lab_test *t);
void lab_bench_host_events(struct lab_test *t);

/* Its suite migrate, on a host with one PMU and with two. */
void lab_bench_migrate(struct lab_test *t);
void lab_bench_migrate_pmus(struct lab_test *t);

/* kvmpmu bench --explain (explain.c). */
void lab_explain_mediated(struct lab_test *t);
void lab_explain_emulated(struct lab_test *t);
void lab_explain_arm64(struct lab_test *t);

/* The PMI ledger against a guest that counts its PMIs (pmi.c). */
void lab_ledger_mediated(struct lab_test *t);
void lab_ledger_emulated(struct lab_test *t);
void lab_ledger_arm64(struct lab_test *t);
void lab_ledger_hybrid(struct lab_test *t);

/* Check that the file's first line is @want. */
void lab_file_check(struct lab_test *t, const char *path, const char *want);

#endif
