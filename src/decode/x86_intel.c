// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86_intel.c - Intel: exit reasons of VMX. Const tables.
 */
#include "archs.h"

#include <string.h>

/*
 * Basic exit reasons: Intel SDM vol. 3, appendix C; named as arch/x86/include/uapi/asm/vmx.h does
 */
static const char *const vmx_exits[] = {
	[0] = "EXCEPTION_NMI",
	[1] = "EXTERNAL_INTERRUPT",
	[2] = "TRIPLE_FAULT",
	[3] = "INIT_SIGNAL",
	[4] = "SIPI_SIGNAL",
	[7] = "INTERRUPT_WINDOW",
	[8] = "NMI_WINDOW",
	[9] = "TASK_SWITCH",
	[10] = "CPUID",
	[12] = "HLT",
	[13] = "INVD",
	[14] = "INVLPG",
	[15] = "RDPMC",
	[16] = "RDTSC",
	[18] = "VMCALL",
	[19] = "VMCLEAR",
	[20] = "VMLAUNCH",
	[21] = "VMPTRLD",
	[22] = "VMPTRST",
	[23] = "VMREAD",
	[24] = "VMRESUME",
	[25] = "VMWRITE",
	[26] = "VMOFF",
	[27] = "VMON",
	[28] = "CR_ACCESS",
	[29] = "DR_ACCESS",
	[30] = "IO_INSTRUCTION",
	[31] = "MSR_READ",
	[32] = "MSR_WRITE",
	[33] = "INVALID_STATE",
	[34] = "MSR_LOAD_FAIL",
	[36] = "MWAIT_INSTRUCTION",
	[37] = "MONITOR_TRAP_FLAG",
	[39] = "MONITOR_INSTRUCTION",
	[40] = "PAUSE_INSTRUCTION",
	[41] = "MCE_DURING_VMENTRY",
	[43] = "TPR_BELOW_THRESHOLD",
	[44] = "APIC_ACCESS",
	[45] = "EOI_INDUCED",
	[46] = "GDTR_IDTR",
	[47] = "LDTR_TR",
	[48] = "EPT_VIOLATION",
	[49] = "EPT_MISCONFIG",
	[50] = "INVEPT",
	[51] = "RDTSCP",
	[52] = "PREEMPTION_TIMER",
	[53] = "INVVPID",
	[54] = "WBINVD",
	[55] = "XSETBV",
	[56] = "APIC_WRITE",
	[57] = "RDRAND",
	[58] = "INVPCID",
	[59] = "VMFUNC",
	[60] = "ENCLS",
	[61] = "RDSEED",
	[62] = "PML_FULL",
	[63] = "XSAVES",
	[64] = "XRSTORS",
	[67] = "UMWAIT",
	[68] = "TPAUSE",
	[74] = "BUS_LOCK",
	[75] = "NOTIFY",
	[77] = "TDCALL",
	[84] = "MSR_READ_IMM",
	[85] = "MSR_WRITE_IMM",
};

const char *kp_vmx_exit_name(uint32_t code)
{
	code &= 0xffff; /* above are flags: failed entry (31), SMM and enclave modes */
	return code < KP_ARRAY_SIZE(vmx_exits) ? vmx_exits[code] : NULL;
}

static bool intel_match(const char *machine, const char *cpuid)
{
	if (machine && !kp_x86_machine(machine))
		return false;
	return cpuid &&
	       (!strncmp(cpuid, "GenuineIntel", 12) || !strncmp(cpuid, "CentaurHauls", 12) ||
		!strncmp(cpuid, "  Shanghai  ", 12));
}

static bool intel_exit_is_pmu(uint8_t isa, uint32_t code)
{
	return isa == KP_ISA_VMX && (code & 0xffff) == 15; /* RDPMC */
}

const struct kp_arch kp_arch_intel = {
	.name = "intel",
	.isa = KP_ISA_VMX,
	.match = intel_match,
	.tps = kp_x86_tps,
	.exit_name = kp_x86_exit_name,
	.exit_is_pmu = intel_exit_is_pmu,
	.reg_name = kp_no_reg_name,
	.reg_is_pmu = kp_no_reg_is_pmu,
};
