// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86_intel_exit.c - names of VMX exit reasons, as kvm_exit's print format has them
 * (arch/x86/include/uapi/asm/vmx.h), and those of the Intel SDM (volume 3D, appendix C) that the
 * kernel does not name. Only a table and its lookup.
 */
#include "x86_exit.h"

static const char *const names[] = {
	[0] = "EXCEPTION_NMI",
	[1] = "EXTERNAL_INTERRUPT",
	[2] = "TRIPLE_FAULT",
	[3] = "INIT_SIGNAL",
	[4] = "SIPI_SIGNAL",
	[5] = "IO_SMI", /* SDM */
	[6] = "OTHER_SMI", /* SDM */
	[7] = "INTERRUPT_WINDOW",
	[8] = "NMI_WINDOW",
	[9] = "TASK_SWITCH",
	[10] = "CPUID",
	[11] = "GETSEC", /* SDM */
	[12] = "HLT",
	[13] = "INVD",
	[14] = "INVLPG",
	[15] = "RDPMC",
	[16] = "RDTSC",
	[17] = "RSM", /* SDM */
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
	[66] = "SPP_EVENT", /* SDM */
	[67] = "UMWAIT",
	[68] = "TPAUSE",
	[69] = "LOADIWKEY", /* SDM */
	[70] = "ENCLV", /* SDM */
	[72] = "ENQCMD_PASID", /* SDM */
	[73] = "ENQCMDS_PASID", /* SDM */
	[74] = "BUS_LOCK",
	[75] = "NOTIFY",
	[76] = "SEAMCALL", /* SDM */
	[77] = "TDCALL",
	[78] = "RDMSRLIST", /* SDM */
	[79] = "WRMSRLIST", /* SDM */
	[80] = "URDMSR", /* SDM */
	[81] = "UWRMSR", /* SDM */
	[84] = "MSR_READ_IMM",
	[85] = "MSR_WRITE_IMM",
};

_Static_assert(KP_ARRAY_SIZE(names) == 86, "MSR_WRITE_IMM is the last reason");

const char *kp_vmx_exit_name(uint32_t code)
{
	uint32_t basic = code & 0xffff; /* above: entry failed, enclave mode, ... */

	return basic < KP_ARRAY_SIZE(names) ? names[basic] : NULL;
}

bool kp_vmx_exit_next(uint32_t *code)
{
	for (; *code < KP_ARRAY_SIZE(names); (*code)++)
		if (names[*code])
			return true;
	return false;
}
