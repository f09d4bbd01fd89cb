// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the AMD machines, with the mediated vPMU on and off. Run in the emulated machine only.
 */
#include "cases.h"

#define MEDIATED_PARAM "/sys/module/kvm_amd/parameters/enable_mediated_pmu"

static void mediated_is_on(struct lab_test *t)
{
	lab_file_check(t, MEDIATED_PARAM, "Y");
}

static void mediated_is_off(struct lab_test *t)
{
	lab_file_check(t, MEDIATED_PARAM, "N");
}

static void guest_counts(struct lab_test *t)
{
	lab_guest_check(t, &(struct lab_guest){ "guest.1", "0", "1" });
	lab_guest_check(t, &(struct lab_guest){ "guest.6", "1", "6" });
}

/*
 * Two exits to user space are the guest's hello and goodbye. CPUID, HLT and so on exit once each
 * time; the micro-guest's own set-up does none of them.
 */
static const struct lab_record exit_records[] = {
	{ "exit.cpuid", { 0 }, { "cpuid", "--iterations", "100" },
	  { { "exits.reason=cpuid.count", 100, 100 }, { "user_exits.reason=IO.count", 1, 2 } } },
	{ "exit.io", { 0 }, { "io", "--iterations", "50" },
	  { { "exits.reason=io.count", 50, 52 }, { "user_exits.reason=IO.count", 51, 52 } } },
	{ "exit.mmio", { 0 }, { "mmio", "--iterations", "50" },
	  { { "exits.reason=npf.count", 50, 80 }, { "user_exits.reason=MMIO.count", 50, 50 } } },
	{ "exit.hypercall", { 0 }, { "hypercall", "--iterations", "50" },
	  { { "exits.reason=hypercall.count", 50, 50 } } },
	{ "exit.hlt", { 0 }, { "hlt", "--iterations", "20" },
	  { { "exits.reason=hlt.count", 20, 20 } } },
	{ 0 },
};

static void exits_are_counted(struct lab_test *t)
{
	lab_records_check(t, exit_records);
}

/* Two counters, five times: selectors trap in either mode, the rest only with the emulated vPMU. */
static void emulated_traps(struct lab_test *t)
{
	static const struct lab_record rec = {
		"pmu.traps", { 0 }, { "pmu", "--iterations", "5", "--counters", "2" },
		{ { "exits.reason=rdpmc.count", 20, 20 },
		  { "registers.register=PERF_CTL0.count", 10, 10 },
		  { "registers.register=PERF_CTL1.count", 10, 10 },
		  { "registers.register=PERF_CTR0.count", 5, 5 },
		  { "registers.register=PerfCntrGlobalCtl.count", 10, 15 } },
	};

	json_decref(lab_record_check(t, &rec));
}

static void mediated_does_not_trap(struct lab_test *t)
{
	static const struct lab_record rec = {
		"pmu.traps", { 0 }, { "pmu", "--iterations", "5", "--counters", "2" },
		{ { "exits.reason=rdpmc.count", 0, 0 },
		  { "registers.register=PERF_CTL0.count", 10, 10 },
		  { "registers.register=PERF_CTL1.count", 10, 10 },
		  { "registers.register=PERF_CTR0.count", 0, 0 },
		  { "registers.register=PerfCntrGlobalCtl.count", 0, 0 } },
	};

	json_decref(lab_record_check(t, &rec));
}

/* Six counters are read once at each load and once at each put (kvm_pmu_load_guest_pmcs()). */
#define RDPMC_PER_WINDOW 12

static void switch_is_recorded(struct lab_test *t)
{
	static const struct lab_record rec = {
		"switch", { "--switch-detail" }, { "cpuid", "--iterations", "50" },
		{ { "exits.reason=cpuid.count", 50, 50 } },
	};
	json_t *root = lab_record_check(t, &rec);
	double entries, rdpmc;

	if (lab_json_number(t, root, "samples_by_event.event=kvm:kvm_entry.samples", &entries) &&
	    lab_json_number(t, root, "samples_by_event.event=msr:rdpmc.samples", &rdpmc))
		lab_check(t, rdpmc == RDPMC_PER_WINDOW * entries,
			  "%.0f RDPMC in %.0f windows", rdpmc, entries);
	json_decref(root);
}

/*
 * Overflows of a mediated counter raise vector 0xf5 on the host, whatever the guest's LVTPC says,
 * and those of an emulated one an NMI (arch/x86/kernel/irq.c, arch/x86/events/core.c).
 */
static void pmi_routing_check(struct lab_test *t, bool mediated)
{
	long vpmi = lab_irqs("VPMI:"), pmi = lab_irqs(" PMI:");

	lab_pmi_check(t, "pmi.vector", false);
	lab_pmi_check(t, "pmi.nmi", true);
	vpmi = lab_irqs("VPMI:") - vpmi;
	pmi = lab_irqs(" PMI:") - pmi;
	lab_check(t, vpmi == (mediated ? 40 : 0), "%ld guest PMIs on the host", vpmi);
	lab_check(t, pmi == (mediated ? 0 : 40), "%ld host PMIs", pmi);
}

static void mediated_pmis(struct lab_test *t)
{
	pmi_routing_check(t, true);
}

static void emulated_pmis(struct lab_test *t)
{
	pmi_routing_check(t, false);
}

/* The test is for Intel's counters and skips itself on AMD (x86/pmu_counters_test.c, main). */
static void selftest_counters(struct lab_test *t)
{
	lab_selftest_check(t, "pmu_counters_test", LAB_SELFTEST_SKIPS);
}

static void selftest_filter(struct lab_test *t)
{
	lab_selftest_check(t, "pmu_event_filter_test", 0);
}

static void selftest_host_guest(struct lab_test *t)
{
	lab_selftest_check(t, "svm_pmu_host_guest_test", 0);
}

/* It asks for the mediated vPMU (x86/svm_pmu_host_guest_test.c, main). */
static void selftest_host_guest_skips(struct lab_test *t)
{
	lab_selftest_check(t, "svm_pmu_host_guest_test", LAB_SELFTEST_SKIPS);
}

const struct lab_case lab_amd_mediated_cases[] = {
	{ "KVM gives guests the mediated vPMU", mediated_is_on },
	{ "a guest counts its instructions exactly, one counter and six", guest_counts },
	{ "every payload makes its exits and interrupts", lab_payloads_x86 },
	{ "every PMI arrives as an NMI", lab_pmi_nmi },
	{ "an event filter decides what a guest counts", lab_filter_x86 },
	{ "a mediated vPMU is refused beside the NMI watchdog", lab_mediated_busy },
	{ "bench counts the instructions of an iteration exactly", lab_bench_instructions_x86 },
	{ "bench: accesses to a mediated PMU stay in the guest", lab_bench_access_mediated },
	{ "bench: migrate moves once an iteration", lab_bench_migrate },
	{ "bench --explain: every register access of a switch, 0 to 6 counters",
	  lab_explain_mediated },
	{ "record has every exit", lab_record_exits_x86 },
	{ "record never keeps a mediated VM from starting", lab_record_beside_mediated },
	{ "exits are counted exactly, by reason", exits_are_counted },
	{ "RDPMC and counters of the mediated vPMU do not exit", mediated_does_not_trap },
	{ "every switch reads each counter twice", switch_is_recorded },
	{ "a switch writes what its guest programmed, and elides the rest", lab_switch_accesses },
	{ "probes, register accesses and the sums of stat agree", lab_collectors_agree },
	{ "a nested guest's switches are told from its host's", lab_nested },
	{ "guest PMIs arrive as guest PMIs, none lost", mediated_pmis },
	{ "the ledger has every guest PMI: raised, delivered, counted", lab_ledger_mediated },
	{ "an include-guest event keeps a VM from starting, and bench says so",
	  lab_event_blocks_vm },
	{ "top: exits, switches and their cost beside a running guest", lab_top_mediated },
	{ "top: every exit and PMI of a known guest, by BPF programs and by events",
	  lab_top_sums_mediated },
	{ "top: a CPU that goes and comes back", lab_top_hotplug },
	{ "a VM keeps include-guest events from opening", lab_vm_blocks_event },
	{ "mediated VMs start while every command runs", lab_never_blocks_vms },
	{ "ps: a mediated guest's counters, and events that stop or block", lab_ps_mediated },
	{ "ps: an event that the filter denies", lab_ps_denied },
	{ "ps: no guest context is loaded while its vCPU sleeps", lab_ps_loaded },
	{ "ps: the NMI watchdog's events", lab_ps_watchdog },
	{ "doctor names the VM that refuses events", lab_doctor_vm },
	{ "doctor names the process whose event refuses VMs", lab_doctor_event },
	{ "doctor names the NMI watchdog", lab_doctor_watchdog },
	{ "doctor finds an event that counts nothing", lab_doctor_counts_nothing },
	{ "doctor finds events behind pinned ones", lab_doctor_starved },
	{ "doctor finds the PMU that a missing irqchip hides", lab_doctor_irqchip },
	{ "doctor finds a warning of the kernel about its PMU code", lab_doctor_warning },
	{ "stat counts what programs execute, also in intervals and repeated", lab_stat_programs },
	{ "stat tells the time in which the host is blind", lab_stat_blind },
	{ "stat tells which events took turns", lab_stat_multiplexed },
	{ "pmu_counters_test skips itself, alone and with each command", selftest_counters },
	{ "pmu_event_filter_test passes, alone and with each command", selftest_filter },
	{ "svm_pmu_host_guest_test passes, alone and with each command", selftest_host_guest },
	{ 0 },
};

const struct lab_case lab_amd_emulated_cases[] = {
	{ "KVM gives guests the emulated vPMU", mediated_is_off },
	{ "a guest counts its instructions exactly, one counter and six", guest_counts },
	{ "every payload makes its exits and interrupts", lab_payloads_x86 },
	{ "every PMI arrives as an NMI", lab_pmi_nmi },
	{ "an event filter decides what a guest counts", lab_filter_x86 },
	{ "bench counts the instructions of an iteration exactly", lab_bench_instructions_x86 },
	{ "bench: accesses to an emulated PMU exit", lab_bench_access_emulated },
	{ "bench --explain: every access to an emulated PMU exits", lab_explain_emulated },
	{ "record has every exit", lab_record_exits_x86 },
	{ "record counts guests where that is asked for", lab_record_guests },
	{ "exits are counted exactly, by reason", exits_are_counted },
	{ "every access to the emulated vPMU exits", emulated_traps },
	{ "guest PMIs arrive as host NMIs, none lost", emulated_pmis },
	{ "ps: the guest's counters, and KVM's events behind them", lab_ps_emulated },
	{ "the ledger has every guest PMI: raised, delivered, counted", lab_ledger_emulated },
	{ "stat --switch counts exits, and says why there are no switches", lab_stat_exits },
	{ "stat counts what programs execute, also in intervals and repeated", lab_stat_programs },
	{ "stat: guest and host apart, the guest exactly", lab_stat_guest_x86 },
	{ "stat --vm counts a running guest", lab_stat_vm },
	{ "pmu_counters_test skips itself, alone and with each command", selftest_counters },
	{ "pmu_event_filter_test passes, alone and with each command", selftest_filter },
	{ "svm_pmu_host_guest_test skips itself, alone and with each command",
	  selftest_host_guest_skips },
	{ 0 },
};
