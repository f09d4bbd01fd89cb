// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the arm64 machines: VHE, two PMUs, protected mode. Run in the emulated machine only.
 */
#include "cases.h"

#define PMUS "/sys/bus/event_source/devices/"

static void one_pmu(struct lab_test *t)
{
	lab_file_check(t, PMUS "armv8_pmuv3/cpus", "0-1");
}

static void two_pmus(struct lab_test *t)
{
	lab_file_check(t, PMUS "armv8_cortex_a53/cpus", "0-1");
	lab_file_check(t, PMUS "armv8_cortex_a72/cpus", "2-3");
}

/*
 * With -icount QEMU runs the CPUs in turn and counts the instructions of all of them in one number
 * (instructions_get_count() in target/arm): when another CPU had its turn between two reads, they
 * tell its instructions too. Two CPUs rarely, four now and then: hence the tries.
 */
#define TRIES 5

static void guest_counts(struct lab_test *t)
{
	lab_guest_check(t, &(struct lab_guest){ "guest.1", "0", "1", .tries = TRIES });
	lab_guest_check(t, &(struct lab_guest){ "guest.6", "1", "6", .tries = TRIES });
}

/* The default PMU is that of the CPU that the vCPU was created on. */
static void guest_counts_on_both(struct lab_test *t)
{
	lab_guest_check(t, &(struct lab_guest){ "guest.a53", "1", "4", .tries = TRIES });
	lab_guest_check(t, &(struct lab_guest){ "guest.a72", "2", "4", .tries = TRIES });
}

/*
 * The protected hypervisor runs a copy of the vCPU, and the events to switch (arch.pmu.events in
 * hyp/nvhe/switch.c) are not among what it copies (flush_hyp_vcpu() in hyp/nvhe/hyp-main.c).
 */
static void guest_counts_nothing(struct lab_test *t)
{
	lab_guest_check(t, &(struct lab_guest){ "guest.1", "0", "1", .frozen = true });
}

static const struct lab_record exit_records[] = {
	{ "exit.sysreg", { 0 }, { "cpuid", "--iterations", "100" },
	  { { "exits.reason=SYS64.count", 100, 100 } } },
	{ "exit.hvc", { 0 }, { "hypercall", "--iterations", "50" },
	  { { "exits.reason=HVC64.count", 50, 50 } } },
	/*
	 * WFI with the timer's interrupt pending does not trap (Arm ARM D1.6): it comes so late
	 * that the guest sleeps already, however the emulator shares its time among the CPUs.
	 */
	{ "exit.wfi", { 0 }, { "hlt", "--iterations", "20", "--wake", "50ms" },
	  { { "exits.reason=WFx.count", 20, 20 } } },
	{ "exit.mmio", { 0 }, { "mmio", "--iterations", "50" },
	  { { "user_exits.reason=MMIO.count", 51, 52 } } },
	{ 0 },
};

static void exits_are_counted(struct lab_test *t)
{
	lab_records_check(t, exit_records);
}

/* Two counters, five times, through PMSELR and the registers that it selects. */
static void pmu_registers_trap(struct lab_test *t)
{
	static const struct lab_record rec = {
		"pmu.traps", { "--switch-detail" },
		{ "pmu", "--iterations", "5", "--counters", "2" },
		{ { "registers.register=PMSELR_EL0.count", 30, 30 },
		  { "registers.register=PMXEVTYPER_EL0.count", 10, 10 },
		  { "registers.register=PMCR_EL0.count", 5, 5 },
		  { "registers.register=PMCNTENSET_EL0.count", 5, 5 } },
	};

	json_decref(lab_record_check(t, &rec));
}

static void guest_pmis(struct lab_test *t)
{
	long pmis = lab_irqs("arm-pmu");

	lab_pmi_check(t, "pmi.ppi", false);
	pmis = lab_irqs("arm-pmu") - (pmis < 0 ? 0 : pmis);
	lab_check(t, pmis >= 20 && pmis <= 22, "%ld PMU interrupts on the host", pmis);
}

static void selftest_vpmu(struct lab_test *t)
{
	lab_selftest_check(t, "vpmu_counter_access", 0);
}

const struct lab_case lab_arm64_vhe_cases[] = {
	{ "one PMU of all CPUs", one_pmu },
	{ "a guest counts its instructions exactly, one counter and six", guest_counts },
	{ "every payload makes its exits and interrupts", lab_payloads_arm64 },
	{ "bench counts the instructions of an iteration exactly", lab_bench_instructions_arm64 },
	{ "bench --explain: every access to a PMU register exits", lab_explain_arm64 },
	{ "record has every exit", lab_record_exits_arm64 },
	{ "record counts guests where that is asked for", lab_record_guests },
	{ "exits are counted by reason", exits_are_counted },
	{ "every access to a PMU register exits", pmu_registers_trap },
	{ "guest PMIs arrive as PMU interrupts of the host, none lost", guest_pmis },
	{ "the ledger has every guest PMI, from the host's to the vGIC", lab_ledger_arm64 },
	{ "top: every exit and every PMI of a known guest", lab_top_pmis_arm64 },
	{ "ps: the guest's counters, and KVM's events behind them", lab_ps_arm64 },
	{ "stat counts what programs execute, also in intervals and repeated", lab_stat_programs },
	{ "stat: guest and host apart, the guest exactly", lab_stat_guest_arm64 },
	{ "stat --vm counts a running guest", lab_stat_vm },
	{ "vpmu_counter_access passes, alone and with each command", selftest_vpmu },
	{ 0 },
};

const struct lab_case lab_arm64_hybrid_cases[] = {
	{ "two PMUs of two CPUs each", two_pmus },
	{ "a guest counts its instructions exactly on either PMU", guest_counts_on_both },
	{ "a vCPU with the other CPUs' PMU is refused, in words", lab_wrong_pmu },
	{ "bench counts the instructions of an iteration exactly", lab_bench_instructions_arm64 },
	{ "bench: migrate moves between CPUs and between PMUs", lab_bench_migrate_pmus },
	{ "bench: host events on the vCPU's PMU beside it", lab_bench_host_events },
	{ "record has every exit", lab_record_exits_arm64 },
	{ "record counts guests where that is asked for", lab_record_guests },
	{ "exits are counted by reason", exits_are_counted },
	{ "the ledger has every guest PMI of either PMU", lab_ledger_hybrid },
	{ "top: every exit of a known guest, and the PMU that backs it", lab_top_hybrid },
	{ "ps: which PMU backs a vCPU, and whose events are on it", lab_ps_hybrid },
	{ "stat: a row for each PMU, the guest exactly on its own", lab_stat_guest_hybrid },
	{ "stat --vm tells which PMU a vCPU was on", lab_stat_vm_hybrid },
	{ "stat: moves to the other PMU's CPUs, and the time lost there", lab_stat_hybrid },
	{ "stat and report tell that a vCPU moved to another PMU, and the time lost", lab_places },
	{ "doctor finds vCPUs that may run where their PMU is not", lab_doctor_affinity },
	{ "doctor explains a vCPU that cannot be entered", lab_doctor_wrong_pmu },
	{ "doctor tells a chosen PMU from KVM's default", lab_doctor_bound },
	{ 0 },
};

const struct lab_case lab_arm64_nvhe_cases[] = {
	{ "one PMU of all CPUs", one_pmu },
	{ "a guest's counters stand still in protected mode", guest_counts_nothing },
	{ "ps: the guest's counters, and KVM's events behind them", lab_ps_arm64 },
	{ "exits are counted by reason", exits_are_counted },
	{ "stat counts nothing of a guest in protected mode, and says so", lab_stat_guest_nvhe },
	{ 0 },
};
