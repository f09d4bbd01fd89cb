// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86_intel_lbr.c - Intel's branch records and debug control: DEBUGCTL, LBR of each generation,
 * architectural LBR, Intel PT's control. Only tables. Intel SDM volume 3B, chapters "Debug, Branch
 * Profile, TSC" and "Last Branch Records"; linux: arch/x86/include/asm/msr-index.h.
 */
#include "regtab.h"

static const struct kp_bits debugctl_bits[] = {
	KP_Q1(15, "RTM_DEBUG", "breakpoints work inside transactions"),
	KP_B1(14, "FREEZE_WHILE_SMM", "counters stop in SMM", NULL),
	KP_Q1(13, "ENABLE_UNCORE_PMI", "uncore overflows raise PMIs"),
	KP_B1(12, "FREEZE_PERFMON_ON_PMI", "a PMI stops all counters", NULL),
	KP_B1(11, "FREEZE_LBRS_ON_PMI", "a PMI stops branch records", NULL),
	KP_Q1(10, "BTS_OFF_USR", "no branch trace store outside ring 0"),
	KP_Q1(9, "BTS_OFF_OS", "no branch trace store in ring 0"),
	KP_Q1(8, "BTINT", "a full BTS buffer raises an interrupt"),
	KP_Q1(7, "BTS", "branch messages go to the BTS buffer"),
	KP_Q1(6, "TR", "branch messages are sent"),
	KP_Q1(2, "BLD", "bus locks raise #DB"),
	KP_B1(1, "BTF", "single-step stops at branches", NULL),
	KP_B1(0, "LBR", "last branches are recorded", NULL),
	KP_END,
};

/* SDM 18.9.2 and 18.12.2: in the legacy filter a set bit leaves branches out */
static const struct kp_bits lbr_select_bits[] = {
	KP_Q1(9, "EN_CALLSTACK", "call stack mode"),
	KP_Q1(8, "FAR_BRANCH", "leaves out far branches"),
	KP_Q1(7, "NEAR_REL_JMP", "leaves out near relative jumps"),
	KP_Q1(6, "NEAR_IND_JMP", "leaves out near indirect jumps"),
	KP_Q1(5, "NEAR_RET", "leaves out near returns"),
	KP_Q1(4, "NEAR_IND_CALL", "leaves out near indirect calls"),
	KP_Q1(3, "NEAR_REL_CALL", "leaves out near relative calls"),
	KP_Q1(2, "JCC", "leaves out conditional branches"),
	KP_Q1(1, "CPL_NEQ_0", "leaves out branches that end outside ring 0"),
	KP_Q1(0, "CPL_EQ_0", "leaves out branches that end in ring 0"),
	KP_END,
};

static const struct kp_bits arch_lbr_ctl_bits[] = {
	KP_Q1(22, "OTHER_BRANCH", "records other branches"),
	KP_Q1(21, "NEAR_RET", "records near returns"),
	KP_Q1(20, "NEAR_IND_CALL", "records near indirect calls"),
	KP_Q1(19, "NEAR_REL_CALL", "records near relative calls"),
	KP_Q1(18, "NEAR_IND_JMP", "records near indirect jumps"),
	KP_Q1(17, "NEAR_REL_JMP", "records near relative jumps"),
	KP_Q1(16, "JCC", "records conditional branches"),
	KP_B1(3, "CALL_STACK", "call stack mode", NULL),
	KP_B1(2, "USR", "records outside ring 0", NULL),
	KP_B1(1, "OS", "records in ring 0", NULL),
	KP_B1(0, "LBREn", "enabled", "disabled"),
	KP_END,
};

static const struct kp_word branch_types[] = {
	{ 0, "conditional branch" },
	{ 1, "near indirect jump" },
	{ 2, "near direct jump" },
	{ 3, "near indirect call" },
	{ 4, "near direct call" },
	{ 5, "near return" },
	{ 8, "other branch" },
	{ 9, "other branch" },
	{ 10, "other branch" },
	{ 11, "other branch" },
	{ 0, NULL },
};

static const struct kp_bits lbr_info_bits[] = {
	KP_B1(63, "MISPRED", "mispredicted", "predicted"),
	KP_Q1(62, "IN_TSX", "inside a transaction"),
	KP_Q1(61, "TSX_ABORT", "abort of a transaction"),
	KP_B1(60, "CYC_CNT_VALID", "CYC_CNT counts cycles since the last branch", NULL),
	KP_FW(59, 56, "BR_TYPE", branch_types),
	KP_FQ(39, 38, "PMC3_CNT", "events of IA32_PMC3 since the last branch"),
	KP_FQ(37, 36, "PMC2_CNT", "events of IA32_PMC2 since the last branch"),
	KP_FQ(35, 34, "PMC1_CNT", "events of IA32_PMC1 since the last branch"),
	KP_FQ(33, 32, "PMC0_CNT", "events of IA32_PMC0 since the last branch"),
	KP_F(15, 0, "CYC_CNT", "cycles, saturating"),
	KP_END,
};

/* SDM volume 3C, "Intel Processor Trace": 33.2.8.2 and 33.2.8.4 */
static const struct kp_bits rtit_ctl_bits[] = {
	KP_Q1(55, "NoTNT", "no TNT packets"),
	KP_FQ(47, 44, "ADDR3_CFG", "use of address range 3"),
	KP_FQ(43, 40, "ADDR2_CFG", "use of address range 2"),
	KP_FQ(39, 36, "ADDR1_CFG", "use of address range 1"),
	KP_FQ(35, 32, "ADDR0_CFG", "use of address range 0"),
	KP_Q1(31, "EventEn", "event packets"),
	KP_FQ(27, 24, "PSBFreq", "distance of synchronisation points"),
	KP_FQ(22, 19, "CycThresh", "threshold of cycle packets"),
	KP_FQ(17, 14, "MTCFreq", "frequency of timing packets"),
	KP_B1(13, "BranchEn", "traces branches", NULL),
	KP_Q1(12, "PTWEn", "PTWRITE packets"),
	KP_Q1(11, "DisRETC", "no compression of returns"),
	KP_Q1(10, "TSCEn", "time stamp packets"),
	KP_Q1(9, "MTCEn", "timing packets"),
	KP_Q1(8, "ToPA", "output goes to a table of regions"),
	KP_Q1(7, "CR3Filter", "traces one address space"),
	KP_Q1(6, "FabricEn", "output goes to the trace fabric"),
	KP_Q1(5, "FUPonPTW", "PTWRITE packets are followed by the IP"),
	KP_Q1(4, "PwrEvtEn", "power event packets"),
	KP_B1(3, "User", "traces outside ring 0", NULL),
	KP_B1(2, "OS", "traces in ring 0", NULL),
	KP_Q1(1, "CYCEn", "cycle packets"),
	KP_B1(0, "TraceEn", "enabled", "disabled"),
	KP_END,
};

static const struct kp_bits rtit_status_bits[] = {
	KP_FQ(48, 32, "PacketByteCnt", "bytes since the last synchronisation point"),
	KP_Q1(5, "Stopped", "stopped by a region marked stop"),
	KP_Q1(4, "Error", "operational error"),
	KP_Q1(3, "BuffOvf", "buffer overflow"),
	KP_B1(2, "TriggerEn", "tracing is triggered", NULL),
	KP_B1(1, "ContextEn", "this context is traced", NULL),
	KP_B1(0, "FilterEn", "this address is traced", NULL),
	KP_END,
};

const struct kp_reg kp_intel_lbr_regs[] = {
	KP_REG1(0x1c8, KP_REG_PMU, "MSR_LBR_SELECT", "LBR_SELECT", "branches that LBR leaves out",
		lbr_select_bits),
	KP_REG1(0x1c9, KP_REG_PMU, "MSR_LASTBRANCH_TOS", "LBR_TOS", "most recent LBR entry", NULL),
	KP_REG1(0x1d9, KP_REG_PMU, "IA32_DEBUGCTL", "IA32_DEBUGCTLMSR", "debug control",
		debugctl_bits),
	KP_REG1(0x1db, KP_REG_OTHER, "MSR_LASTBRANCHFROMIP", "IA32_LASTBRANCHFROMIP",
		"source of the last branch (P6)", NULL),
	KP_REG1(0x1dc, KP_REG_OTHER, "MSR_LASTBRANCHTOIP", "IA32_LASTBRANCHTOIP",
		"target of the last branch (P6)", NULL),
	KP_REG1(0x1dd, KP_REG_OTHER, "MSR_LER_FROM_LIP", "IA32_LASTINTFROMIP",
		"source of the branch before the last exception", NULL),
	KP_REG1(0x1de, KP_REG_OTHER, "MSR_LER_TO_LIP", "IA32_LASTINTTOIP",
		"target of the branch before the last exception", NULL),
	KP_REGN(0x570, 1, 1, KP_REG_OTHER, "IA32_RTIT_CTL", "IA32_RTIT_CTL", "Intel PT control",
		rtit_ctl_bits),
	KP_REGN(0x571, 1, 1, KP_REG_OTHER, "IA32_RTIT_STATUS", "IA32_RTIT_STATUS",
		"Intel PT status", rtit_status_bits),
	KP_REGN(0x680, 32, 1, KP_REG_PMU, "MSR_LASTBRANCH_%u_FROM_IP", "LBR_NHM_FROM",
		"source of a recorded branch", NULL),
	KP_REGN(0x6c0, 32, 1, KP_REG_PMU, "MSR_LASTBRANCH_%u_TO_IP", "LBR_NHM_TO",
		"target of a recorded branch", NULL),
	KP_REGN(0xdc0, 32, 1, KP_REG_PMU, "MSR_LBR_INFO_%u", "LBR_INFO_0",
		"details of a recorded branch", lbr_info_bits),
	KP_REGN(0x1200, 32, 1, KP_REG_PMU, "IA32_LBR_%u_INFO", "ARCH_LBR_INFO_0",
		"architectural LBR: details of a recorded branch", lbr_info_bits),
	KP_REG1(0x14ce, KP_REG_PMU, "IA32_LBR_CTL", "ARCH_LBR_CTL", "architectural LBR: control",
		arch_lbr_ctl_bits),
	KP_REG1(0x14cf, KP_REG_PMU, "IA32_LBR_DEPTH", "ARCH_LBR_DEPTH",
		"architectural LBR: number of entries", NULL),
	KP_REGN(0x1500, 32, 1, KP_REG_PMU, "IA32_LBR_%u_FROM_IP", "ARCH_LBR_FROM_0",
		"architectural LBR: source of a recorded branch", NULL),
	KP_REGN(0x1600, 32, 1, KP_REG_PMU, "IA32_LBR_%u_TO_IP", "ARCH_LBR_TO_0",
		"architectural LBR: target of a recorded branch", NULL),
	KP_END,
};
