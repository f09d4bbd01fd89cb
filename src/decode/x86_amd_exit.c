// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86_amd_exit.c - names of SVM exit codes, as kvm_exit's print format has them
 * (arch/x86/include/uapi/asm/svm.h), and those of the AMD APM (volume 2, appendix C) and of the
 * GHCB specification that the kernel does not name. What EXITINFO1 and EXITINFO2 mean. Only tables
 * and lookups.
 */
#include "regtab.h"
#include "x86_exit.h"

static const char *const names[] = {
	[0x00] = "read_cr0",
	[0x01] = "read_cr1", /* APM */
	[0x02] = "read_cr2",
	[0x03] = "read_cr3",
	[0x04] = "read_cr4",
	[0x05] = "read_cr5", /* APM */
	[0x06] = "read_cr6", /* APM */
	[0x07] = "read_cr7", /* APM */
	[0x08] = "read_cr8",
	[0x09] = "read_cr9", /* APM */
	[0x0a] = "read_cr10", /* APM */
	[0x0b] = "read_cr11", /* APM */
	[0x0c] = "read_cr12", /* APM */
	[0x0d] = "read_cr13", /* APM */
	[0x0e] = "read_cr14", /* APM */
	[0x0f] = "read_cr15", /* APM */
	[0x10] = "write_cr0",
	[0x11] = "write_cr1", /* APM */
	[0x12] = "write_cr2",
	[0x13] = "write_cr3",
	[0x14] = "write_cr4",
	[0x15] = "write_cr5", /* APM */
	[0x16] = "write_cr6", /* APM */
	[0x17] = "write_cr7", /* APM */
	[0x18] = "write_cr8",
	[0x19] = "write_cr9", /* APM */
	[0x1a] = "write_cr10", /* APM */
	[0x1b] = "write_cr11", /* APM */
	[0x1c] = "write_cr12", /* APM */
	[0x1d] = "write_cr13", /* APM */
	[0x1e] = "write_cr14", /* APM */
	[0x1f] = "write_cr15", /* APM */
	[0x20] = "read_dr0",
	[0x21] = "read_dr1",
	[0x22] = "read_dr2",
	[0x23] = "read_dr3",
	[0x24] = "read_dr4",
	[0x25] = "read_dr5",
	[0x26] = "read_dr6",
	[0x27] = "read_dr7",
	[0x28] = "read_dr8", /* APM */
	[0x29] = "read_dr9", /* APM */
	[0x2a] = "read_dr10", /* APM */
	[0x2b] = "read_dr11", /* APM */
	[0x2c] = "read_dr12", /* APM */
	[0x2d] = "read_dr13", /* APM */
	[0x2e] = "read_dr14", /* APM */
	[0x2f] = "read_dr15", /* APM */
	[0x30] = "write_dr0",
	[0x31] = "write_dr1",
	[0x32] = "write_dr2",
	[0x33] = "write_dr3",
	[0x34] = "write_dr4",
	[0x35] = "write_dr5",
	[0x36] = "write_dr6",
	[0x37] = "write_dr7",
	[0x38] = "write_dr8", /* APM */
	[0x39] = "write_dr9", /* APM */
	[0x3a] = "write_dr10", /* APM */
	[0x3b] = "write_dr11", /* APM */
	[0x3c] = "write_dr12", /* APM */
	[0x3d] = "write_dr13", /* APM */
	[0x3e] = "write_dr14", /* APM */
	[0x3f] = "write_dr15", /* APM */
	[0x40] = "DE excp",
	[0x41] = "DB excp",
	[0x43] = "BP excp",
	[0x44] = "OF excp",
	[0x45] = "BR excp",
	[0x46] = "UD excp",
	[0x47] = "NM excp",
	[0x48] = "DF excp",
	[0x4a] = "TS excp",
	[0x4b] = "NP excp",
	[0x4c] = "SS excp",
	[0x4d] = "GP excp",
	[0x4e] = "PF excp",
	[0x50] = "MF excp",
	[0x51] = "AC excp",
	[0x52] = "MC excp",
	[0x53] = "XF excp",
	[0x55] = "CP excp", /* APM */
	[0x5c] = "HV excp", /* APM */
	[0x5d] = "VC excp", /* APM */
	[0x5e] = "SX excp", /* APM */
	[0x60] = "interrupt",
	[0x61] = "nmi",
	[0x62] = "smi",
	[0x63] = "init",
	[0x64] = "vintr",
	[0x65] = "cr0_sel_write",
	[0x66] = "read_idtr",
	[0x67] = "read_gdtr",
	[0x68] = "read_ldtr",
	[0x69] = "read_rt",
	[0x6a] = "write_idtr",
	[0x6b] = "write_gdtr",
	[0x6c] = "write_ldtr",
	[0x6d] = "write_rt",
	[0x6e] = "rdtsc",
	[0x6f] = "rdpmc",
	[0x70] = "pushf",
	[0x71] = "popf",
	[0x72] = "cpuid",
	[0x73] = "rsm",
	[0x74] = "iret",
	[0x75] = "swint",
	[0x76] = "invd",
	[0x77] = "pause",
	[0x78] = "hlt",
	[0x79] = "invlpg",
	[0x7a] = "invlpga",
	[0x7b] = "io",
	[0x7c] = "msr",
	[0x7d] = "task_switch",
	[0x7e] = "ferr_freeze",
	[0x7f] = "shutdown",
	[0x80] = "vmrun",
	[0x81] = "hypercall",
	[0x82] = "vmload",
	[0x83] = "vmsave",
	[0x84] = "stgi",
	[0x85] = "clgi",
	[0x86] = "skinit",
	[0x87] = "rdtscp",
	[0x88] = "icebp",
	[0x89] = "wbinvd",
	[0x8a] = "monitor",
	[0x8b] = "mwait",
	[0x8c] = "mwait_cond", /* APM */
	[0x8d] = "xsetbv",
	[0x8e] = "rdpru", /* APM */
	[0x8f] = "write_efer_trap",
	[0x90] = "write_cr0_trap",
	[0x91] = "write_cr1_trap", /* APM */
	[0x92] = "write_cr2_trap", /* APM */
	[0x93] = "write_cr3_trap", /* APM */
	[0x94] = "write_cr4_trap",
	[0x95] = "write_cr5_trap", /* APM */
	[0x96] = "write_cr6_trap", /* APM */
	[0x97] = "write_cr7_trap", /* APM */
	[0x98] = "write_cr8_trap",
	[0x99] = "write_cr9_trap", /* APM */
	[0x9a] = "write_cr10_trap", /* APM */
	[0x9b] = "write_cr11_trap", /* APM */
	[0x9c] = "write_cr12_trap", /* APM */
	[0x9d] = "write_cr13_trap", /* APM */
	[0x9e] = "write_cr14_trap", /* APM */
	[0x9f] = "write_cr15_trap", /* APM */
	[0xa2] = "invpcid",
	[0xa3] = "mcommit", /* APM */
	[0xa4] = "tlbsync", /* APM */
	[0xa5] = "buslock",
	[0xa6] = "idle-halt",
};

static const char *const npf_names[] = { /* from 0x400 */
	[0x00] = "npf",
	[0x01] = "avic_incomplete_ipi",
	[0x02] = "avic_unaccelerated_access",
	[0x03] = "vmgexit",
};

static const struct kp_word high_names[] = { /* GHCB specification, section 4.1 */
	{ 0x80000001, "vmgexit_mmio_read" },
	{ 0x80000002, "vmgexit_mmio_write" },
	{ 0x80000003, "vmgexit_nmi_complete" },
	{ 0x80000004, "vmgexit_ap_hlt_loop" },
	{ 0x80000005, "vmgexit_ap_jump_table" },
	{ 0x80000010, "vmgexit_page_state_change" },
	{ 0x80000011, "vmgexit_guest_request" },
	{ 0x80000012, "vmgexit_ext_guest_request" },
	{ 0x80000013, "vmgexit_ap_creation" },
	{ 0x80000018, "vmgexit_snp_run_vmpl" },
	{ 0x8000001a, "vmgexit_savic" },
	{ 0x8000fffd, "vmgexit_hypervisor_feature" },
	{ 0x8000fffe, "vmgexit_termination" },
	{ 0x8000ffff, "vmgexit_unsupported_event" },
	{ 0xf0000000, "sw" },
	{ 0xffffffff, "invalid_guest_state" },
	{ 0, NULL },
};

#define NPF_BASE 0x400

_Static_assert(KP_ARRAY_SIZE(names) == 0xa7, "idle-halt is the last code below npf");

static const char *high_name(uint32_t code)
{
	const struct kp_word *w;

	for (w = high_names; w->word; w++)
		if (w->value == code)
			return w->word;
	return NULL;
}

const char *kp_svm_exit_name(uint32_t code)
{
	if (KP_LIKELY(code < KP_ARRAY_SIZE(names)))
		return names[code];
	if (code - NPF_BASE < KP_ARRAY_SIZE(npf_names))
		return npf_names[code - NPF_BASE];
	return code & 0x80000000 ? high_name(code) : NULL;
}

bool kp_svm_exit_next(uint32_t *code)
{
	const struct kp_word *w;

	for (; *code < NPF_BASE + KP_ARRAY_SIZE(npf_names); (*code)++)
		if (kp_svm_exit_name(*code))
			return true;
	for (w = high_names; w->word; w++) {
		if (w->value < *code)
			continue;
		*code = (uint32_t)w->value;
		return true;
	}
	return false;
}

/* ---- EXITINFO ---- */

static const struct kp_bits msr_bits[] = { KP_B1(0, "Write", "WRMSR", "RDMSR"), KP_END };

/* APM volume 2, figure 15-2 */
static const struct kp_bits ioio_bits[] = {
	KP_F(31, 16, "PORT", NULL),
	KP_FQ(12, 10, "SEG", "segment of the memory operand"),
	KP_Q1(9, "A64", "64-bit address"),
	KP_Q1(8, "A32", "32-bit address"),
	KP_Q1(7, "A16", "16-bit address"),
	KP_Q1(6, "SZ32", "4 bytes"),
	KP_Q1(5, "SZ16", "2 bytes"),
	KP_Q1(4, "SZ8", "1 byte"),
	KP_B1(3, "REP", "repeated", NULL),
	KP_B1(2, "STR", "string instruction", NULL),
	KP_B1(0, "TYPE", "IN", "OUT"),
	KP_END,
};

/* APM volume 2, 15.25.6 and 15.36.10 (SNP) */
static const struct kp_bits npf_bits[] = {
	KP_Q1(37, "SSS", "supervisor shadow stack page"),
	KP_Q1(36, "VMPL", "the VMPL does not permit it (SNP)"),
	KP_Q1(35, "SIZEM", "page sizes of RMP and nested table differ (SNP)"),
	KP_Q1(34, "ENC", "the guest's address has the C-bit set (SNP)"),
	KP_Q1(33, "PAGE_WALK", "while walking the guest's page table"),
	KP_Q1(32, "FINAL", "while translating the final address"),
	KP_Q1(31, "RMP", "refused by the RMP (SNP)"),
	KP_Q1(6, "SS", "shadow stack access"),
	KP_B1(4, "I/D", "instruction fetch", NULL),
	KP_B1(3, "RSV", "reserved bits in the nested table", NULL),
	KP_B1(2, "US", "user access", "supervisor access"),
	KP_B1(1, "RW", "write", "read"),
	KP_B1(0, "P", "the page is present", "the page is not present"),
	KP_END,
};

static const struct kp_bits pf_bits[] = {
	KP_Q1(31, "RMP", "refused by the RMP (SNP)"),
	KP_Q1(6, "SS", "shadow stack access"),
	KP_Q1(5, "PK", "protection key"),
	KP_B1(4, "I/D", "instruction fetch", NULL),
	KP_Q1(3, "RSV", "reserved bits in the page table"),
	KP_B1(2, "US", "user access", "supervisor access"),
	KP_B1(1, "RW", "write", "read"),
	KP_B1(0, "P", "the page is present", "the page is not present"),
	KP_END,
};

static const struct kp_word gprs[] = {
	{ 0, "RAX" },  { 1, "RCX" },  { 2, "RDX" },  { 3, "RBX" },  { 4, "RSP" },  { 5, "RBP" },
	{ 6, "RSI" },  { 7, "RDI" },  { 8, "R8" },   { 9, "R9" },   { 10, "R10" }, { 11, "R11" },
	{ 12, "R12" }, { 13, "R13" }, { 14, "R14" }, { 15, "R15" }, { 0, NULL },
};

/* APM volume 2, 15.8.1: with decode assists */
static const struct kp_bits mov_bits[] = {
	KP_B1(63, "MOV_CRx", "a MOV instruction, GPR is valid", "another instruction"),
	KP_FW(3, 0, "GPR", gprs),
	KP_END,
};

static const struct kp_bits swint_bits[] = { KP_F(7, 0, "Vector", NULL), KP_END };

static const struct kp_bits task_switch2_bits[] = {
	KP_B1(36, "IRET", "by IRET", NULL),
	KP_B1(38, "JMP", "by a far jump", NULL),
	KP_B1(44, "Error_code", "an error code follows", NULL),
	KP_B1(48, "RF", "EFLAGS.RF goes into the TSS", NULL),
	KP_F(31, 0, "Error_code_value", NULL),
	KP_END,
};

static const struct kp_bits tss_bits[] = { KP_F(15, 0, "TSS_selector", NULL), KP_END };

/* APM volume 2, 15.29.9 */
static const struct kp_bits avic_ipi1_bits[] = {
	KP_F(63, 32, "ICRH", NULL),
	KP_F(31, 0, "ICRL", NULL),
	KP_END,
};

static const struct kp_word avic_ipi_reasons[] = {
	{ 0, "invalid interrupt type" },     { 1, "target is not running" },
	{ 2, "invalid target in the IPI" },  { 3, "invalid backing page pointer" },
	{ 4, "invalid IPI vector" },	     { 5, "unaccelerated IPI" },
	{ 0, NULL },
};

static const struct kp_bits avic_ipi2_bits[] = {
	KP_FW(63, 32, "ID", avic_ipi_reasons),
	KP_F(11, 0, "Index", "of the physical or logical table"),
	KP_END,
};

static const struct kp_bits avic_access1_bits[] = {
	KP_B1(32, "Write", "write", "read"),
	KP_F(11, 4, "Offset", "of the APIC register, in 16 bytes"),
	KP_END,
};

static const struct kp_bits avic_access2_bits[] = { KP_F(7, 0, "Vector", "of EOI writes"), KP_END };

static const struct kp_bits term_bits[] = {
	KP_F(11, 4, "Reason_code", NULL),
	KP_F(3, 0, "Reason_set", NULL),
	KP_END,
};

static const struct kp_bits ap_creation_bits[] = {
	KP_F(63, 32, "APIC_ID", NULL),
	KP_F(19, 16, "VMPL", NULL),
	KP_F(3, 0, "Request", "0: on INIT, 1: now, 2: destroy"),
	KP_END,
};

static const struct info_row {
	uint32_t first, last;
	const struct kp_bits *info1, *info2;
} info_rows[] = {
	{ 0x00, 0x3f, mov_bits, NULL },
	{ 0x4e, 0x4e, pf_bits, NULL },
	{ 0x75, 0x75, swint_bits, NULL },
	{ 0x7b, 0x7b, ioio_bits, NULL },
	{ 0x7c, 0x7c, msr_bits, NULL },
	{ 0x7d, 0x7d, tss_bits, task_switch2_bits },
	{ 0x400, 0x400, npf_bits, NULL },
	{ 0x401, 0x401, avic_ipi1_bits, avic_ipi2_bits },
	{ 0x402, 0x402, avic_access1_bits, avic_access2_bits },
	{ 0x80000013, 0x80000013, ap_creation_bits, NULL },
	{ 0x8000fffe, 0x8000fffe, term_bits, NULL },
};

const struct kp_bits *kp_svm_info_bits(uint32_t code, bool second)
{
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(info_rows); i++)
		if (code >= info_rows[i].first && code <= info_rows[i].last)
			return second ? info_rows[i].info2 : info_rows[i].info1;
	return NULL;
}

static const struct kp_word event_types[] = {
	{ 0, "external or virtual interrupt" },
	{ 2, "NMI" },
	{ 3, "exception" },
	{ 4, "software interrupt" },
	{ 0, NULL },
};

/* APM volume 2, 15.7.2 EXITINTINFO */
static const struct kp_bits intr_info_bits[] = {
	KP_FQ(63, 32, "ERRORCODE", NULL),
	KP_B1(31, "V", "valid: the exit interrupted the delivery of this event", "not valid"),
	KP_B1(11, "EV", "an error code follows", NULL),
	KP_FW(10, 8, "TYPE", event_types),
	KP_F(7, 0, "VECTOR", NULL),
	KP_END,
};

const struct kp_bits *kp_svm_intr_info_bits(void)
{
	return intr_info_bits;
}
