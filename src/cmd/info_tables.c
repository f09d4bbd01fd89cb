// SPDX-License-Identifier: GPL-2.0-only
/*
 * info_tables.c - the fixed tables of `kvmpmu info`: parameters that matter, and the registers that
 * a mediated guest reaches. Reads parameters through the sysroot; writes to the document alone.
 */
#include "cmd/info.h"

#include <stdio.h>
#include <string.h>

/* ---- parameters ---- */

/* @file: below /; @config: kernel option instead. Rows of files that are not there stay away. */
static const struct {
	const char *name, *file, *config, *help;
} params[] = {
#define MODULE(m, p, h)                                            \
	{                                                          \
		m "." p, "sys/module/" m "/parameters/" p, NULL, h \
	}
#define SYSCTL(p, h)                                       \
	{                                                  \
		"kernel." p, "proc/sys/kernel/" p, NULL, h \
	}
#define CONFIG(p, h)                              \
	{                                         \
		"CONFIG_" p, NULL, "CONFIG_" p, h \
	}
	MODULE("kvm_intel", "enable_mediated_pmu", "mediated vPMU, in force"),
	MODULE("kvm_amd", "enable_mediated_pmu", "mediated vPMU, in force"),
	MODULE("kvm", "enable_pmu", "guests may have a PMU"),
	MODULE("kvm", "enable_vmware_backdoor", "Y: RDPMC is always intercepted"),
	MODULE("kvm", "ignore_msrs", "unknown MSRs read as 0"),
	MODULE("kvm", "halt_poll_ns", "longest busy wait after HLT"),
	MODULE("kvm_intel", "nested", "guests may run guests"),
	MODULE("kvm_intel", "ept", "two-stage page tables"),
	MODULE("kvm_intel", "enable_apicv", "interrupts without exits"),
	MODULE("kvm_intel", "pt_mode", "Intel PT: 1 host and guest apart"),
	MODULE("kvm_amd", "nested", "guests may run guests"),
	MODULE("kvm_amd", "npt", "two-stage page tables"),
	MODULE("kvm_amd", "avic", "interrupts without exits"),
	MODULE("kvm_amd", "lbrv", "LBR virtualization"),
	SYSCTL("perf_event_paranoid", "1: own tasks, 2: own user code"),
	SYSCTL("nmi_watchdog", "1: holds an event on each CPU"),
	SYSCTL("perf_event_max_sample_rate", "samples/s, the kernel lowers it"),
	SYSCTL("perf_cpu_time_max_percent", "CPU time that samples may take"),
	SYSCTL("perf_event_mlock_kb", "ring buffer per CPU and user"),
	SYSCTL("perf_event_max_stack", "frames of a call chain"),
	SYSCTL("kptr_restrict", "1, 2: kernel addresses hidden"),
	SYSCTL("unprivileged_bpf_disabled", "BPF for root alone"),
	CONFIG("PERF_GUEST_MEDIATED_PMU", "mediated vPMU"),
	CONFIG("KVM_INTEL", "KVM on Intel"),
	CONFIG("KVM_AMD", "KVM on AMD"),
	CONFIG("HARDLOCKUP_DETECTOR_PERF", "NMI watchdog by a perf event"),
	CONFIG("BPF_SYSCALL", "BPF programs"),
	CONFIG("DEBUG_INFO_BTF", "BTF types for BPF"),
	CONFIG("KPROBES", "probes on functions"),
	CONFIG("DYNAMIC_FTRACE_WITH_DIRECT_CALLS", "fentry for BPF"),
	CONFIG("KALLSYMS_ALL", "addresses of variables"),
};

static const enum kp_col param_cols[] = { KP_COL_PARAMETER, KP_COL_SETTING, KP_COL_MEANING };

void kp_info_parameters(const struct kp_info *in)
{
	bool x86 = in->host->machine && !strcmp(in->host->machine, "x86_64");
	char buf[64];
	size_t i;

	kp_out_table(in->out, "parameters", "Parameters", param_cols, KP_ARRAY_SIZE(param_cols));
	for (i = 0; i < KP_ARRAY_SIZE(params); i++) {
		const char *value = NULL;

		/* the first three options are x86's; the watchdog's is, too, in all but name */
		if (params[i].config && !x86 &&
		    (strstr(params[i].config, "MEDIATED") || strstr(params[i].config, "KVM_")))
			continue;
		if (params[i].config)
			value = kp_host_config_get(in->detail, params[i].config, buf, sizeof(buf));
		else if (!kp_sysroot_read_str(in->root, buf, sizeof(buf), "/%s", params[i].file))
			value = buf;
		if (value)
			kp_out_row(in->out,
				   (struct kp_val[]){ kp_val_str(params[i].name), kp_val_str(value),
						      kp_val_str(params[i].help) });
	}
	kp_out_table_end(in->out);
}

/* ---- registers ---- */

/*
 * FULL: direct only where the VM has all counters of the host; RDPMC: and without the VMware
 * backdoor.
 */
enum access { TRAP, DIRECT, FULL, RDPMC };

struct reg {
	const char *name;
	uint32_t code;
	enum access access;
	const char *why;
};

/*
 * Linux 7.3: vmx_recalc_pmu_msr_intercepts() in arch/x86/kvm/vmx/vmx.c. The trapped ones are all
 * that are not in it.
 */
static const struct reg intel_regs[] = {
	{ "IA32_PERFCTRx", 0xc1, DIRECT, "counters the VM has" },
	{ "IA32_A_PMCx", 0x4c1, DIRECT, "if the VM has full-width writes" },
	{ "IA32_FIXED_CTRx", 0x309, DIRECT, "counters the VM has" },
	{ "IA32_PERF_GLOBAL_CTRL", 0x38f, FULL, NULL },
	{ "IA32_PERF_GLOBAL_STATUS", 0x38e, FULL, NULL },
	{ "IA32_PERF_GLOBAL_OVF_CTRL", 0x390, FULL, NULL },
	{ "RDPMC", 0, RDPMC, NULL },
	{ "IA32_PERFEVTSELx", 0x186, TRAP, "event filter; loaded on entry" },
	{ "IA32_FIXED_CTR_CTRL", 0x38d, TRAP, "event filter; loaded on entry" },
	{ "IA32_PERF_GLOBAL_STATUS_SET", 0x391, TRAP, "KVM uses it itself" },
	{ "IA32_PERF_CAPABILITIES", 0x345, TRAP, "KVM answers" },
	{ "IA32_PEBS_ENABLE", 0x3f1, TRAP, "mediated guests have no PEBS" },
	{ "IA32_DEBUGCTL", 0x1d9, TRAP, "mediated guests have no LBR" },
};

/* Linux 7.3: svm_recalc_pmu_msr_intercepts() in arch/x86/kvm/svm/svm.c */
static const struct reg amd_regs[] = {
	{ "PERF_LEGACY_CTRx", 0xc0010004, DIRECT, "the first 4 counters" },
	{ "PERF_CTRx", 0xc0010201, DIRECT, "if the VM has PERFCTR_CORE" },
	{ "PerfCntrGlobalCtl", 0xc0000301, FULL, NULL },
	{ "PerfCntrGlobalStatus", 0xc0000300, FULL, NULL },
	{ "PerfCntrGlobalStatusClr", 0xc0000302, FULL, NULL },
	{ "PerfCntrGlobalStatusSet", 0xc0000303, FULL, NULL },
	{ "RDPMC", 0, RDPMC, NULL },
	{ "PERF_CTLx", 0xc0010200, TRAP, "event filter; GuestOnly is added" },
	{ "PERF_LEGACY_CTLx", 0xc0010000, TRAP, "event filter; GuestOnly is added" },
};

/* Counters that KVM can give a guest: KVM_MAX_NR_* in arch/x86/include/asm/kvm_host.h. */
#define INTEL_GENERAL_MAX 8
#define INTEL_FIXED_MAX	  3
#define AMD_GENERAL_MAX	  6

int kp_info_core(const struct kp_info *in)
{
	size_t i;

	for (i = 0; i < in->host->nr_pmus; i++)
		if (in->host->pmus[i].core)
			return (int)i;
	return -1;
}

/*
 * kvm_need_any_pmc_intercept() compares the VM's counters with the host's, not with those that KVM
 * offers: a host with more than KVM offers can never pass the comparison.
 */
static const char *judge_full(const struct kp_info *in, char *why, size_t size)
{
	bool intel = in->detail->vendor == KP_HOST_VENDOR_INTEL;
	int core = kp_info_core(in), general_max = intel ? INTEL_GENERAL_MAX : AMD_GENERAL_MAX;
	const struct kp_host_counters *c = core < 0 ? NULL : &in->detail->counters[core];

	if (!c || c->general < 0 || c->fixed < 0) {
		snprintf(why, size, "number of counters is unknown");
		return NULL;
	}
	if (intel && c->fixed > INTEL_FIXED_MAX) {
		snprintf(why, size, "%d fixed here, KVM gives %d", c->fixed, INTEL_FIXED_MAX);
		return "intercepted";
	}
	if (c->general > general_max) {
		snprintf(why, size, "%d counters here, KVM gives %d", c->general, general_max);
		return "intercepted";
	}
	if (intel)
		snprintf(why, size, "if the VM has all %d+%d counters", c->general, c->fixed);
	else
		snprintf(why, size, "if the VM has all %d and v2", c->general);
	return "direct";
}

static void one_register(const struct kp_info *in, const struct reg *reg)
{
	enum kp_tri vmware = KP_TRI_UNKNOWN;
	const char *access;
	char why[80], buf[8];

	snprintf(why, sizeof(why), "%s", reg->why ? reg->why : "");
	if (!kp_sysroot_read_str(in->root, buf, sizeof(buf),
				 "/sys/module/kvm/parameters/enable_vmware_backdoor"))
		vmware = *buf == 'Y' ? KP_TRI_YES : KP_TRI_NO;
	if (reg->access == RDPMC && vmware == KP_TRI_YES) {
		access = "intercepted";
		snprintf(why, sizeof(why), "kvm.enable_vmware_backdoor=Y");
	} else if (reg->access >= FULL) {
		access = judge_full(in, why, sizeof(why));
	} else {
		access = reg->access == DIRECT ? "direct" : "intercepted";
	}
	kp_out_row(in->out, (struct kp_val[]){ kp_val_str(reg->name),
					       reg->code ? kp_val_hex(reg->code) : kp_val_none(),
					       kp_val_str(access), kp_val_str(why) });
}

static const enum kp_col reg_cols[] = { KP_COL_REGISTER, KP_COL_REGISTER_CODE, KP_COL_GUEST_ACCESS,
					KP_COL_WHY };

void kp_info_registers(const struct kp_info *in)
{
	bool intel = in->detail->vendor == KP_HOST_VENDOR_INTEL;
	const struct reg *regs = intel ? intel_regs : amd_regs;
	size_t i, nr = intel ? KP_ARRAY_SIZE(intel_regs) : KP_ARRAY_SIZE(amd_regs);

	kp_out_table(in->out, "registers", "PMU registers of a mediated guest (Linux 7.3)",
		     reg_cols, KP_ARRAY_SIZE(reg_cols));
	if (in->detail->mediated != KP_HOST_MEDIATED_NO &&
	    in->detail->vendor != KP_HOST_VENDOR_OTHER)
		for (i = 0; i < nr; i++)
			one_register(in, &regs[i]);
	kp_out_table_end(in->out);
}
