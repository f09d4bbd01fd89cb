// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86_intel_vmx.c - VMX: what comes with an exit (qualification, interruption information) and the
 * VMCS fields of the PMU's neighbourhood. Only tables and their lookup. Intel SDM volume 3C,
 * chapter "VM Exits" (28.2.1) and appendix B; linux: arch/x86/include/asm/vmx.h.
 */
#include "regtab.h"
#include "x86_exit.h"

static const struct kp_word gprs[] = {
	{ 0, "RAX" }, { 1, "RCX" }, { 2, "RDX" },  { 3, "RBX" },  { 4, "RSP" },	 { 5, "RBP" },
	{ 6, "RSI" }, { 7, "RDI" }, { 8, "R8" },   { 9, "R9" },	  { 10, "R10" }, { 11, "R11" },
	{ 12, "R12" }, { 13, "R13" }, { 14, "R14" }, { 15, "R15" }, { 0, NULL },
};

static const struct kp_word cr_access_types[] = {
	{ 0, "MOV to CR" }, { 1, "MOV from CR" }, { 2, "CLTS" }, { 3, "LMSW" }, { 0, NULL },
};

static const struct kp_word directions[] = {
	{ 0, "MOV to DR" },
	{ 1, "MOV from DR" },
	{ 0, NULL },
};

static const struct kp_bits cr_access_bits[] = {
	KP_FQ(31, 16, "LMSW_source", NULL),
	KP_FW(11, 8, "GPR", gprs),
	KP_B1(6, "LMSW_operand", "memory", "register"),
	KP_FW(5, 4, "Access_type", cr_access_types),
	KP_F(3, 0, "CR", NULL),
	KP_END,
};

static const struct kp_bits dr_access_bits[] = {
	KP_FW(11, 8, "GPR", gprs),
	KP_FW(4, 4, "Direction", directions),
	KP_F(2, 0, "DR", NULL),
	KP_END,
};

static const struct kp_word io_sizes[] = {
	{ 0, "1 byte" }, { 1, "2 bytes" }, { 3, "4 bytes" }, { 0, NULL },
};

static const struct kp_bits io_bits[] = {
	KP_F(31, 16, "Port", NULL),
	KP_B1(6, "Operand", "immediate", "DX"),
	KP_B1(5, "REP", "repeated", NULL),
	KP_B1(4, "String", "string instruction", NULL),
	KP_B1(3, "Direction", "IN", "OUT"),
	KP_FW(2, 0, "Size", io_sizes),
	KP_END,
};

static const struct kp_bits ept_violation_bits[] = {
	KP_Q1(16, "ASYNC", "asynchronous to the instruction (Intel PT or PEBS)"),
	KP_Q1(15, "GUEST_PAGING_VERIF", "guest-paging verification"),
	KP_Q1(14, "PW", "write by a paging-write access"),
	KP_Q1(13, "SSS", "access to a supervisor shadow stack"),
	KP_Q1(12, "NMI_UNBLOCK", "NMIs were unblocked by IRET"),
	KP_Q1(11, "GVA_NX", "the linear address is not executable"),
	KP_Q1(10, "GVA_WRITABLE", "the linear address is writable"),
	KP_Q1(9, "GVA_USER", "the linear address is a user's"),
	KP_B1(8, "GVA_TRANSLATED", "access to the final address", "access of the page walk"),
	KP_B1(7, "GVA_IS_VALID", "the linear address is valid", NULL),
	KP_Q1(6, "PROT_USER_EXEC", "EPT allows user execution"),
	KP_B1(5, "PROT_EXEC", "EPT allows execution", "EPT does not allow execution"),
	KP_B1(4, "PROT_WRITE", "EPT allows writes", "EPT does not allow writes"),
	KP_B1(3, "PROT_READ", "EPT allows reads", "EPT does not allow reads"),
	KP_B1(2, "ACC_INSTR", "was an instruction fetch", NULL),
	KP_B1(1, "ACC_WRITE", "was a write", NULL),
	KP_B1(0, "ACC_READ", "was a read", NULL),
	KP_END,
};

static const struct kp_word apic_access_types[] = {
	{ 0, "linear: data read" },	     { 1, "linear: data write" },
	{ 2, "linear: instruction fetch" },  { 3, "linear: event delivery" },
	{ 10, "physical: event delivery" },  { 15, "physical: instruction" },
	{ 0, NULL },
};

static const struct kp_bits apic_access_bits[] = {
	KP_FW(15, 12, "Access_type", apic_access_types),
	KP_F(11, 0, "Offset", NULL),
	KP_END,
};

static const struct kp_bits apic_write_bits[] = { KP_F(11, 0, "Offset", NULL), KP_END };
static const struct kp_bits eoi_bits[] = { KP_F(7, 0, "Vector", NULL), KP_END };

static const struct kp_word task_switch_sources[] = {
	{ 0, "CALL" }, { 1, "IRET" }, { 2, "JMP" }, { 3, "task gate in the IDT" }, { 0, NULL },
};

static const struct kp_bits task_switch_bits[] = {
	KP_FW(31, 30, "Source", task_switch_sources),
	KP_F(15, 0, "TSS_selector", NULL),
	KP_END,
};

static const struct kp_bits debug_exc_bits[] = {
	KP_B1(16, "RTM", "not in a transaction", NULL),
	KP_Q1(14, "BS", "single step"),
	KP_Q1(13, "BD", "access to a debug register"),
	KP_Q1(11, "BLD", "bus lock"),
	KP_Q1(3, "B3", "breakpoint 3"),
	KP_Q1(2, "B2", "breakpoint 2"),
	KP_Q1(1, "B1", "breakpoint 1"),
	KP_Q1(0, "B0", "breakpoint 0"),
	KP_END,
};

static const struct kp_word mwait_words[] = { { 0, "monitor not armed" }, { 1, "monitor armed" },
					      { 0, NULL } };
static const struct kp_bits mwait_bits[] = { KP_FW(0, 0, "Armed", mwait_words), KP_END };

static const struct kp_word entry_failures[] = {
	{ 2, "loading of a PDPTE" }, { 3, "injecting an NMI while blocked" },
	{ 4, "VMCS link pointer" },  { 0, NULL },
};
static const struct kp_bits invalid_state_bits[] = {
	KP_FW(31, 0, "Check", entry_failures),
	KP_END,
};
static const struct kp_bits msr_load_bits[] = {
	KP_F(31, 0, "Entry", "of the MSR-load area"),
	KP_END,
};

static const struct kp_bits notify_bits[] = {
	KP_B1(0, "VM_CONTEXT_INVALID", "the VMCS is corrupt", "the VMCS is good"),
	KP_Q1(12, "NMI_UNBLOCK", "NMIs were unblocked by IRET"),
	KP_END,
};

static const struct kp_word intr_types[] = {
	{ 0, "external interrupt" },   { 2, "NMI" },
	{ 3, "hardware exception" },   { 4, "software interrupt" },
	{ 5, "privileged software exception (INT1)" },
	{ 6, "software exception" },   { 7, "other event" },
	{ 0, NULL },
};

static const struct kp_bits intr_info_bits[] = {
	KP_B1(31, "Valid", "valid", "not valid: no event"),
	KP_Q1(12, "NMI_UNBLOCK", "NMIs were unblocked by IRET"),
	KP_B1(11, "Error_code", "an error code follows", NULL),
	KP_FW(10, 8, "Type", intr_types),
	KP_F(7, 0, "Vector", NULL),
	KP_END,
};

const struct kp_bits *kp_vmx_qualification_bits(uint32_t code)
{
	static const struct {
		uint16_t code;
		const struct kp_bits *bits;
	} rows[] = {
		{ 0, debug_exc_bits }, { 9, task_switch_bits }, { 28, cr_access_bits },
		{ 29, dr_access_bits }, { 30, io_bits }, { 33, invalid_state_bits },
		{ 34, msr_load_bits }, { 36, mwait_bits }, { 44, apic_access_bits },
		{ 45, eoi_bits }, { 48, ept_violation_bits }, { 56, apic_write_bits },
		{ 75, notify_bits },
	};
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(rows); i++)
		if (rows[i].code == (code & 0xffff))
			return rows[i].bits;
	return NULL;
}

const struct kp_bits *kp_vmx_intr_info_bits(void)
{
	return intr_info_bits;
}

/* ---- VMCS fields, by encoding (SDM appendix B) ---- */

#define GLOBAL_CTRL_ENTRY "loads the guest's IA32_PERF_GLOBAL_CTRL from the VMCS"
#define GLOBAL_CTRL_EXIT  "loads the host's IA32_PERF_GLOBAL_CTRL from the VMCS"
#define GLOBAL_CTRL_SAVE  "saves the guest's IA32_PERF_GLOBAL_CTRL in the VMCS"

static const struct kp_bits entry_ctls_bits[] = {
	KP_Q1(22, "LOAD_GUEST_PKRS", "loads PKRS"),
	KP_Q1(21, "LOAD_GUEST_IA32_LBR_CTL", "loads IA32_LBR_CTL"),
	KP_Q1(20, "LOAD_CET_STATE", "loads CET state"),
	KP_Q1(19, "LOAD_UINV", "loads the user interrupt vector"),
	KP_Q1(18, "LOAD_IA32_RTIT_CTL", "loads IA32_RTIT_CTL"),
	KP_Q1(17, "PT_CONCEAL_PIP", "Intel PT does not see the entry"),
	KP_Q1(16, "LOAD_BNDCFGS", "loads IA32_BNDCFGS"),
	KP_Q1(15, "LOAD_IA32_EFER", "loads IA32_EFER"),
	KP_Q1(14, "LOAD_IA32_PAT", "loads IA32_PAT"),
	KP_B1(13, "LOAD_IA32_PERF_GLOBAL_CTRL", GLOBAL_CTRL_ENTRY,
	      "the guest starts with the host's IA32_PERF_GLOBAL_CTRL"),
	KP_RES1(12, 12),
	KP_Q1(11, "DEACT_DUAL_MONITOR", "ends dual-monitor treatment"),
	KP_Q1(10, "SMM", "enters SMM"),
	KP_B1(9, "IA32E_MODE", "64-bit guest", "guest not in long mode"),
	KP_RES1(8, 3),
	KP_B1(2, "LOAD_DEBUG_CONTROLS", "loads DR7 and IA32_DEBUGCTL", NULL),
	KP_RES1(1, 0),
	KP_END,
};

static const struct kp_bits exit_ctls_bits[] = {
	KP_Q1(31, "ACTIVATE_SECONDARY_CONTROLS", "the secondary VM-exit controls are used"),
	KP_B1(30, "SAVE_IA32_PERF_GLOBAL_CTRL", GLOBAL_CTRL_SAVE,
	      "the guest's IA32_PERF_GLOBAL_CTRL is not saved"),
	KP_Q1(29, "LOAD_PKRS", "loads PKRS"),
	KP_Q1(28, "LOAD_CET_STATE", "loads CET state"),
	KP_Q1(27, "CLEAR_UINV", "clears the user interrupt vector"),
	KP_Q1(26, "CLEAR_IA32_LBR_CTL", "clears IA32_LBR_CTL"),
	KP_Q1(25, "CLEAR_IA32_RTIT_CTL", "clears IA32_RTIT_CTL"),
	KP_Q1(24, "PT_CONCEAL_PIP", "Intel PT does not see the exit"),
	KP_Q1(23, "CLEAR_BNDCFGS", "clears IA32_BNDCFGS"),
	KP_Q1(22, "SAVE_VMX_PREEMPTION_TIMER", "saves the preemption timer"),
	KP_Q1(21, "LOAD_IA32_EFER", "loads IA32_EFER"),
	KP_Q1(20, "SAVE_IA32_EFER", "saves IA32_EFER"),
	KP_Q1(19, "LOAD_IA32_PAT", "loads IA32_PAT"),
	KP_Q1(18, "SAVE_IA32_PAT", "saves IA32_PAT"),
	KP_RES1(17, 16),
	KP_B1(15, "ACK_INTR_ON_EXIT", "the exit acknowledges external interrupts", NULL),
	KP_RES1(14, 13),
	KP_B1(12, "LOAD_IA32_PERF_GLOBAL_CTRL", GLOBAL_CTRL_EXIT,
	      "the host goes on with the guest's IA32_PERF_GLOBAL_CTRL"),
	KP_RES1(11, 10),
	KP_B1(9, "HOST_ADDR_SPACE_SIZE", "64-bit host", "32-bit host"),
	KP_RES1(8, 3),
	KP_B1(2, "SAVE_DEBUG_CONTROLS", "saves DR7 and IA32_DEBUGCTL", NULL),
	KP_RES1(1, 0),
	KP_END,
};

#define FIELD(a, n, h, f) KP_REG1(a, KP_REG_OTHER, n, NULL, h, f)
#define PMU(a, n, h)	  KP_REG1(a, KP_REG_GLOBAL_CTRL, n, NULL, h, NULL)

const struct kp_reg kp_vmcs_regs[] = {
	PMU(0x2808, "GUEST_IA32_PERF_GLOBAL_CTRL", "the guest's IA32_PERF_GLOBAL_CTRL"),
	PMU(0x2c04, "HOST_IA32_PERF_GLOBAL_CTRL", "the host's IA32_PERF_GLOBAL_CTRL"),
	FIELD(0x400c, "VM_EXIT_CONTROLS", "what a VM exit saves and loads", exit_ctls_bits),
	FIELD(0x4012, "VM_ENTRY_CONTROLS", "what a VM entry loads", entry_ctls_bits),
	FIELD(0x4016, "VM_ENTRY_INTR_INFO_FIELD", "event to inject", intr_info_bits),
	FIELD(0x4404, "VM_EXIT_INTR_INFO", "event that caused the exit", intr_info_bits),
	FIELD(0x4408, "IDT_VECTORING_INFO_FIELD", "event whose delivery the exit interrupted",
	      intr_info_bits),
	KP_END,
};

/* ---- capability MSRs of VMX: allowed-0 settings below, allowed-1 settings above (appendix A.3) */

#define CAP(b, n)                                                                   \
	KP_B1(32 + (b), "ALLOWED1_" n, "may be set", "cannot be set"),              \
		KP_Q1(b, "ALLOWED0_" n, "must be set")

static const struct kp_bits exit_cap_bits[] = {
	KP_F(63, 63, "ALLOWED1_ACTIVATE_SECONDARY_CONTROLS", "may be set"),
	CAP(30, "SAVE_IA32_PERF_GLOBAL_CTRL"),
	KP_F(61, 45, "ALLOWED1_29_13", "controls 29 to 13 that may be set"),
	CAP(12, "LOAD_IA32_PERF_GLOBAL_CTRL"),
	KP_F(43, 32, "ALLOWED1_11_0", "controls 11 to 0 that may be set"),
	KP_FQ(31, 31, "ALLOWED0_ACTIVATE_SECONDARY_CONTROLS", "must be set"),
	KP_F(29, 13, "ALLOWED0_29_13", "controls 29 to 13 that must be set"),
	KP_F(11, 0, "ALLOWED0_11_0", "controls 11 to 0 that must be set"),
	KP_END,
};

static const struct kp_bits entry_cap_bits[] = {
	KP_F(63, 46, "ALLOWED1_31_14", "controls 31 to 14 that may be set"),
	CAP(13, "LOAD_IA32_PERF_GLOBAL_CTRL"),
	KP_F(44, 32, "ALLOWED1_12_0", "controls 12 to 0 that may be set"),
	KP_FQ(31, 14, "ALLOWED0_31_14", "controls 31 to 14 that must be set"),
	KP_F(12, 0, "ALLOWED0_12_0", "controls 12 to 0 that must be set"),
	KP_END,
};

#define VMXCAP(a, n, k, f) KP_REG1(a, KP_REG_OTHER, n, k, "what VMX controls can be", f)

const struct kp_reg kp_vmx_cap_regs[] = {
	VMXCAP(0x483, "IA32_VMX_EXIT_CTLS", "IA32_VMX_EXIT_CTLS", exit_cap_bits),
	VMXCAP(0x484, "IA32_VMX_ENTRY_CTLS", "IA32_VMX_ENTRY_CTLS", entry_cap_bits),
	VMXCAP(0x48f, "IA32_VMX_TRUE_EXIT_CTLS", "IA32_VMX_TRUE_EXIT_CTLS", exit_cap_bits),
	VMXCAP(0x490, "IA32_VMX_TRUE_ENTRY_CTLS", "IA32_VMX_TRUE_ENTRY_CTLS", entry_cap_bits),
	KP_END,
};
