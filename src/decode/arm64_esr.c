// SPDX-License-Identifier: GPL-2.0-only
/*
 * arm64_esr.c - exception syndromes: class, and the fields of each class. Tables, and the text of a
 * trapped instruction. Arm ARM, D24.2.45 "ESR_EL2"; linux: arch/arm64/include/asm/{esr,kvm_arm}.h.
 */
#include <stdio.h>
#include <string.h>

#include "arm64_sysreg.h"
#include "event.h"
#include "regtab.h"

#define EC_WFX	   0x01
#define EC_CP15_32 0x03
#define EC_HVC32   0x12
#define EC_HVC64   0x16
#define EC_SYS64   0x18

static const struct kp_bits none_bits[] = { KP_END };

/* Class 0 and those whose syndrome is IMPLEMENTATION DEFINED or RES0. */
static const struct kp_bits wfx_bits[] = {
	KP_FQ(9, 5, "RN", "register of the time-out"),
	KP_FQ(24, 24, "CV", "the condition is valid"),
	KP_FQ(23, 20, "COND", NULL),
	KP_Q1(2, "RV", "RN is valid"),
	KP_B1(1, "T", "with a time-out (WFIT, WFET)", NULL),
	KP_B1(0, "E", "WFE", "WFI"),
	KP_END,
};

#define COND KP_FQ(24, 24, "CV", "the condition is valid"), KP_FQ(23, 20, "COND", NULL)
#define DIR  KP_B1(0, "Direction", "read", "write")

static const struct kp_bits cp_32_bits[] = {
	COND,
	KP_F(19, 17, "Opc2", NULL),
	KP_F(16, 14, "Opc1", NULL),
	KP_F(13, 10, "CRn", NULL),
	KP_F(9, 5, "Rt", NULL),
	KP_F(4, 1, "CRm", NULL),
	DIR,
	KP_END,
};

static const struct kp_bits cp_64_bits[] = {
	COND,
	KP_F(19, 16, "Opc1", NULL),
	KP_F(14, 10, "Rt2", NULL),
	KP_F(9, 5, "Rt", NULL),
	KP_F(4, 1, "CRm", NULL),
	DIR,
	KP_END,
};

static const struct kp_bits cp14_ls_bits[] = {
	COND,
	KP_F(19, 12, "imm8", NULL),
	KP_F(9, 5, "Rn", NULL),
	KP_B1(4, "Offset", "added", "subtracted"),
	KP_F(3, 1, "AM", "addressing mode"),
	DIR,
	KP_END,
};

static const struct kp_bits cond_bits[] = { COND, KP_END };
static const struct kp_bits imm16_bits[] = { KP_F(15, 0, "imm16", NULL), KP_END };
static const struct kp_bits smc32_bits[] = {
	COND,
	KP_Q1(19, "CCKNOWNPASS", "the condition passed for sure"),
	KP_END,
};

static const struct kp_word other_kinds[] = {
	{ 0, "ST64BV" }, { 1, "ST64BV0" },  { 2, "LD64B or ST64B" },
	{ 3, "TSBCSYNC" }, { 4, "PSBCSYNC" }, { 0, NULL },
};
static const struct kp_bits other_bits[] = { KP_FW(24, 0, "ISS", other_kinds), KP_END };

static const struct kp_bits bti_bits[] = { KP_F(1, 0, "BTYPE", NULL), KP_END };

static const struct kp_bits sys64_bits[] = {
	KP_F(21, 20, "Op0", NULL),
	KP_F(19, 17, "Op2", NULL),
	KP_F(16, 14, "Op1", NULL),
	KP_F(13, 10, "CRn", NULL),
	KP_F(9, 5, "Rt", NULL),
	KP_F(4, 1, "CRm", NULL),
	DIR,
	KP_END,
};

static const struct kp_bits eret_bits[] = {
	KP_B1(1, "ERET", "ERETAA or ERETAB", "ERET"),
	KP_B1(0, "ERETA", "ERETAB", "ERETAA"),
	KP_END,
};

static const struct kp_bits fpac_bits[] = {
	KP_B1(1, "Key", "data key", "instruction key"),
	KP_B1(0, "AB", "B key", "A key"),
	KP_END,
};

static const struct kp_word smtc[] = {
	{ 0, "SME is trapped" },
	{ 1, "not allowed in streaming mode" },
	{ 2, "needs streaming mode" },
	{ 3, "needs ZA storage" },
	{ 4, "ZT0 is trapped" },
	{ 0, NULL },
};
static const struct kp_bits sme_bits[] = { KP_FW(2, 0, "SMTC", smtc), KP_END };

/* Fault status codes, D24.2.45 "DFSC" */
static const struct kp_word fault_codes[] = {
	{ 0x00, "address size fault, level 0" },
	{ 0x01, "address size fault, level 1" },
	{ 0x02, "address size fault, level 2" },
	{ 0x03, "address size fault, level 3" },
	{ 0x04, "translation fault, level 0" },
	{ 0x05, "translation fault, level 1" },
	{ 0x06, "translation fault, level 2" },
	{ 0x07, "translation fault, level 3" },
	{ 0x08, "access flag fault, level 0" },
	{ 0x09, "access flag fault, level 1" },
	{ 0x0a, "access flag fault, level 2" },
	{ 0x0b, "access flag fault, level 3" },
	{ 0x0c, "permission fault, level 0" },
	{ 0x0d, "permission fault, level 1" },
	{ 0x0e, "permission fault, level 2" },
	{ 0x0f, "permission fault, level 3" },
	{ 0x10, "synchronous external abort" },
	{ 0x11, "synchronous tag check fault" },
	{ 0x12, "synchronous external abort on a table walk, level -2" },
	{ 0x13, "synchronous external abort on a table walk, level -1" },
	{ 0x14, "synchronous external abort on a table walk, level 0" },
	{ 0x15, "synchronous external abort on a table walk, level 1" },
	{ 0x16, "synchronous external abort on a table walk, level 2" },
	{ 0x17, "synchronous external abort on a table walk, level 3" },
	{ 0x18, "synchronous parity or ECC error" },
	{ 0x1b, "synchronous parity or ECC error on a table walk, level -1" },
	{ 0x1c, "synchronous parity or ECC error on a table walk, level 0" },
	{ 0x1d, "synchronous parity or ECC error on a table walk, level 1" },
	{ 0x1e, "synchronous parity or ECC error on a table walk, level 2" },
	{ 0x1f, "synchronous parity or ECC error on a table walk, level 3" },
	{ 0x21, "alignment fault" },
	{ 0x23, "granule protection fault on a table walk, level -1" },
	{ 0x24, "granule protection fault on a table walk, level 0" },
	{ 0x25, "granule protection fault on a table walk, level 1" },
	{ 0x26, "granule protection fault on a table walk, level 2" },
	{ 0x27, "granule protection fault on a table walk, level 3" },
	{ 0x28, "granule protection fault" },
	{ 0x29, "address size fault, level -1" },
	{ 0x2a, "translation fault, level -2" },
	{ 0x2b, "translation fault, level -1" },
	{ 0x2c, "address size fault, level -2" },
	{ 0x30, "TLB conflict abort" },
	{ 0x31, "unsupported atomic hardware update" },
	{ 0x34, "implementation defined: lockdown" },
	{ 0x35, "implementation defined: unsupported exclusive or atomic access" },
	{ 0, NULL },
};

static const struct kp_word set_words[] = {
	{ 0, "recoverable" }, { 2, "uncontainable" }, { 3, "restartable" }, { 0, NULL },
};

static const struct kp_bits iabt_bits[] = {
	KP_Q1(43, "HDBSSF", "the dirty state structure could not be written"),
	KP_Q1(39, "AssuredOnly", "assured translation only"),
	KP_Q1(38, "Overlay", "overlay permissions"),
	KP_Q1(37, "DirtyBit", "dirty state"),
	KP_Q1(21, "TopLevel", "permission of the top level table"),
	KP_FW(12, 11, "SET", set_words),
	KP_B1(10, "FnV", "FAR is not valid", NULL),
	KP_B1(9, "EA", "external abort type 1", NULL),
	KP_B1(7, "S1PTW", "on a stage 1 table walk", NULL),
	KP_FW(5, 0, "IFSC", fault_codes),
	KP_END,
};

static const struct kp_word sas_words[] = {
	{ 0, "1 byte" }, { 1, "2 bytes" }, { 2, "4 bytes" }, { 3, "8 bytes" }, { 0, NULL },
};

/* ISS2 in bits 32 and on */
#define ISS2                                                                          \
	KP_Q1(43, "HDBSSF", "the dirty state structure could not be written"),        \
		KP_Q1(42, "TnD", "no permission for the tag, not for the data"),      \
		KP_Q1(41, "TagAccess", "tag access"), KP_Q1(40, "GCS", "guarded control stack"), \
		KP_Q1(39, "AssuredOnly", "assured translation only"),                 \
		KP_Q1(38, "Overlay", "overlay permissions"),                          \
		KP_Q1(37, "DirtyBit", "dirty state"),                                 \
		KP_FQ(36, 32, "Xs", "register of a 64-byte store")

static const struct kp_bits dabt_isv_bits[] = {
	ISS2,
	KP_B1(24, "ISV", "bits 23 to 14 describe the access", NULL),
	KP_FW(23, 22, "SAS", sas_words),
	KP_B1(21, "SSE", "sign-extended", NULL),
	KP_F(20, 16, "SRT", "register that is loaded or stored"),
	KP_B1(15, "SF", "64-bit register", "32-bit register"),
	KP_B1(14, "AR", "acquire or release", NULL),
	KP_Q1(13, "VNCR", "access through VNCR_EL2"),
	KP_FW(12, 11, "SET", set_words),
	KP_B1(10, "FnV", "FAR is not valid", NULL),
	KP_B1(9, "EA", "external abort type 1", NULL),
	KP_B1(8, "CM", "cache maintenance", NULL),
	KP_B1(7, "S1PTW", "on a stage 1 table walk", NULL),
	KP_B1(6, "WnR", "write", "read"),
	KP_FW(5, 0, "DFSC", fault_codes),
	KP_END,
};

static const struct kp_bits dabt_bits[] = {
	ISS2,
	KP_B1(24, "ISV", "bits 23 to 14 describe the access",
	      "the syndrome does not describe the access"),
	KP_FQ(23, 14, "ISS_23_14", "not valid"),
	KP_Q1(13, "VNCR", "access through VNCR_EL2"),
	KP_FW(12, 11, "LST_SET", set_words),
	KP_B1(10, "FnV", "FAR is not valid", NULL),
	KP_B1(9, "EA", "external abort type 1", NULL),
	KP_B1(8, "CM", "cache maintenance", NULL),
	KP_B1(7, "S1PTW", "on a stage 1 table walk", NULL),
	KP_B1(6, "WnR", "write", "read"),
	KP_FW(5, 0, "DFSC", fault_codes),
	KP_END,
};

static const struct kp_bits mops_bits[] = {
	KP_B1(24, "MemInst", "SET", "CPY"),
	KP_B1(23, "isSETG", "SETG", NULL),
	KP_F(22, 19, "Options", NULL),
	KP_B1(18, "FromEpilogue", "in the epilogue", NULL),
	KP_B1(17, "WrongOption", "by the other option", NULL),
	KP_B1(16, "OptionA", "option A", "option B"),
	KP_F(14, 10, "Destreg", NULL),
	KP_F(9, 5, "Srcreg", NULL),
	KP_F(4, 0, "Sizereg", NULL),
	KP_END,
};

static const struct kp_bits fp_exc_bits[] = {
	KP_B1(23, "TFV", "the bits below tell which", NULL),
	KP_F(10, 8, "VECITR", NULL),
	KP_B1(7, "IDF", "input denormal", NULL),
	KP_B1(4, "IXF", "inexact", NULL),
	KP_B1(3, "UFF", "underflow", NULL),
	KP_B1(2, "OFF", "overflow", NULL),
	KP_B1(1, "DZF", "division by zero", NULL),
	KP_B1(0, "IOF", "invalid operation", NULL),
	KP_END,
};

static const struct kp_word gcs_types[] = {
	{ 0, "data check" }, { 1, "EXLOCK" }, { 2, "trapped GCSSTR or GCSSTTR" }, { 0, NULL },
};
static const struct kp_bits gcs_bits[] = {
	KP_FW(23, 20, "ExType", gcs_types),
	KP_F(14, 10, "Raddr", NULL),
	KP_F(9, 5, "Rn_Rvalue", NULL),
	KP_F(4, 0, "IT", NULL),
	KP_END,
};

static const struct kp_word aet_words[] = {
	{ 0, "uncontainable" }, { 1, "unrecoverable" }, { 2, "restartable" },
	{ 3, "recoverable" },	{ 6, "corrected" },	{ 0, NULL },
};
static const struct kp_bits serror_bits[] = {
	KP_B1(24, "IDS", "the syndrome is implementation defined", NULL),
	KP_B1(13, "IESB", "by an implicit barrier", NULL),
	KP_FW(12, 10, "AET", aet_words),
	KP_B1(9, "EA", "external abort type 1", NULL),
	KP_F(5, 0, "DFSC", "0x11: asynchronous SError"),
	KP_END,
};
static const struct kp_bits serror_ids_bits[] = {
	KP_B1(24, "IDS", "the syndrome is implementation defined", NULL),
	KP_F(23, 0, "IMPDEF", NULL),
	KP_END,
};

static const struct kp_bits debug_bits[] = { KP_F(5, 0, "IFSC", "0x22: debug exception"), KP_END };
static const struct kp_bits step_bits[] = {
	KP_B1(24, "ISV", "EX is valid", NULL),
	KP_B1(6, "EX", "a load-exclusive was stepped", NULL),
	KP_F(5, 0, "IFSC", "0x22: debug exception"),
	KP_END,
};
static const struct kp_bits watch_bits[] = {
	KP_FQ(23, 18, "WPT", "number of the watchpoint"),
	KP_Q1(17, "WPTV", "WPT is valid"),
	KP_Q1(16, "WPF", "may be a false hit"),
	KP_Q1(15, "FnP", "FAR is not precise"),
	KP_Q1(13, "VNCR", "access through VNCR_EL2"),
	KP_B1(10, "FnV", "FAR is not valid", NULL),
	KP_B1(8, "CM", "cache maintenance", NULL),
	KP_B1(6, "WnR", "write", "read"),
	KP_F(5, 0, "DFSC", "0x22: debug exception"),
	KP_END,
};
static const struct kp_bits brk_bits[] = { KP_F(15, 0, "Comment", NULL), KP_END };
static const struct kp_bits impdef_bits[] = { KP_F(24, 0, "ISS", NULL), KP_END };

static const struct class_row {
	const char *name;
	const char *help;
	const struct kp_bits *iss;
} classes[64] = {
	[0x00] = { "UNKNOWN", "unknown reason", none_bits },
	[0x01] = { "WFx", "wait for interrupt or event", wfx_bits },
	[0x03] = { "CP15_32", "AArch32 MCR or MRC, coprocessor 15", cp_32_bits },
	[0x04] = { "CP15_64", "AArch32 MCRR or MRRC, coprocessor 15", cp_64_bits },
	[0x05] = { "CP14_MR", "AArch32 MCR or MRC, coprocessor 14", cp_32_bits },
	[0x06] = { "CP14_LS", "AArch32 LDC or STC, coprocessor 14", cp14_ls_bits },
	[0x07] = { "FP_ASIMD", "floating point or SIMD is trapped", cond_bits },
	[0x08] = { "CP10_ID", "AArch32 VMRS", cp_32_bits },
	[0x09] = { "PAC", "pointer authentication is trapped", none_bits },
	[0x0a] = { "OTHER", "LD64B, ST64B or barriers of trace and profiling", other_bits },
	[0x0c] = { "CP14_64", "AArch32 MRRC, coprocessor 14", cp_64_bits },
	[0x0d] = { "BTI", "branch target", bti_bits },
	[0x0e] = { "ILL", "illegal execution state", none_bits },
	[0x11] = { "SVC32", "AArch32 SVC", imm16_bits },
	[0x12] = { "HVC32", "AArch32 HVC", imm16_bits },
	[0x13] = { "SMC32", "AArch32 SMC", smc32_bits },
	[0x15] = { "SVC64", "SVC", imm16_bits },
	[0x16] = { "HVC64", "HVC", imm16_bits },
	[0x17] = { "SMC64", "SMC", imm16_bits },
	[0x18] = { "SYS64", "MSR, MRS or system instruction", sys64_bits },
	[0x19] = { "SVE", "SVE is trapped", none_bits },
	[0x1a] = { "ERET", "exception return", eret_bits },
	[0x1c] = { "FPAC", "pointer authentication failed", fpac_bits },
	[0x1d] = { "SME", "SME is trapped", sme_bits },
	[0x1f] = { "IMP_DEF", "implementation defined, to EL3", impdef_bits },
	[0x20] = { "IABT_LOW", "instruction abort from a lower level", iabt_bits },
	[0x21] = { "IABT_CUR", "instruction abort from this level", iabt_bits },
	[0x22] = { "PC_ALIGN", "PC alignment", none_bits },
	[0x24] = { "DABT_LOW", "data abort from a lower level", dabt_bits },
	[0x25] = { "DABT_CUR", "data abort from this level", dabt_bits },
	[0x26] = { "SP_ALIGN", "SP alignment", none_bits },
	[0x27] = { "MOPS", "memory copy or set", mops_bits },
	[0x28] = { "FP_EXC32", "AArch32 floating point exception", fp_exc_bits },
	[0x2c] = { "FP_EXC64", "floating point exception", fp_exc_bits },
	[0x2d] = { "GCS", "guarded control stack", gcs_bits },
	[0x2f] = { "SERROR", "SError interrupt", serror_bits },
	[0x30] = { "BREAKPT_LOW", "breakpoint from a lower level", debug_bits },
	[0x31] = { "BREAKPT_CUR", "breakpoint from this level", debug_bits },
	[0x32] = { "SOFTSTP_LOW", "single step from a lower level", step_bits },
	[0x33] = { "SOFTSTP_CUR", "single step from this level", step_bits },
	[0x34] = { "WATCHPT_LOW", "watchpoint from a lower level", watch_bits },
	[0x35] = { "WATCHPT_CUR", "watchpoint from this level", watch_bits },
	[0x38] = { "BKPT32", "AArch32 BKPT", brk_bits },
	[0x3a] = { "VECTOR32", "AArch32 vector catch", none_bits },
	[0x3c] = { "BRK64", "BRK", brk_bits },
	[0x3d] = { "PMU", "profiling exception", impdef_bits },
};

const char *kp_esr_class_name(uint8_t ec)
{
	return ec < KP_ARRAY_SIZE(classes) ? classes[ec].name : NULL;
}

const char *kp_esr_class_help(uint8_t ec)
{
	return ec < KP_ARRAY_SIZE(classes) ? classes[ec].help : NULL;
}

static const struct kp_bits top_bits[] = {
	KP_F(31, 26, "EC", NULL),
	KP_B1(25, "IL", "32-bit instruction", "16-bit instruction"),
	KP_END,
};

#define TOP_MASK 0xfffffffffe000000ull
#define ISS_MASK 0x00ffffff01ffffffull /* ISS, and ISS2 in bits 55 to 32 */

/* Where one bit says what the others mean. */
static const struct kp_bits *iss_bits(uint64_t esr)
{
	unsigned int ec = esr >> 26 & 0x3f;

	if (ec >> 1 == 0x24 >> 1 && esr & KP_BIT64(24))
		return dabt_isv_bits;
	if (ec == 0x2f && esr & KP_BIT64(24))
		return serror_ids_bits;
	return classes[ec].iss ? classes[ec].iss : impdef_bits;
}

int kp_esr_decode(uint64_t esr, struct kp_regfield *fields)
{
	int nr, i;

	nr = kp_bits_decode(top_bits, 0, esr & TOP_MASK & ~ISS_MASK, fields);
	for (i = 0; i < nr; i++)
		if (!strcmp(fields[i].name, "EC"))
			fields[i].meaning = kp_esr_class_help((uint8_t)fields[i].value)
						    ?: "unallocated";
	/* 64 fields of both together: no class has as many as 30 */
	return nr + kp_bits_decode(iss_bits(esr), 0, esr & ISS_MASK, fields + nr);
}

static const char *system_text(uint64_t esr, char *buf, size_t size)
{
	uint32_t reg = esr & KP_SYSREG(3, 7, 15, 15, 7);
	unsigned int rt = esr >> 5 & 31;
	char enc[32], xt[8];
	const char *name = kp_sysreg_name(reg);

	if (!name)
		name = kp_sysreg_encoding(reg, enc, sizeof(enc));
	snprintf(xt, sizeof(xt), rt == 31 ? "XZR" : "X%u", rt);
	if ((reg >> 20 & 3) < 2)
		snprintf(buf, size, "SYS %s, %s", name, xt);
	else if (esr & 1)
		snprintf(buf, size, "MRS %s, %s", xt, name);
	else
		snprintf(buf, size, "MSR %s, %s", name, xt);
	return buf;
}

static const char *cp15_text(uint64_t esr, char *buf, size_t size)
{
	snprintf(buf, size, "%s p15, %u, R%u, c%u, c%u, %u", esr & 1 ? "MRC" : "MCR",
		 (unsigned int)(esr >> 14 & 7), (unsigned int)(esr >> 5 & 15),
		 (unsigned int)(esr >> 10 & 15), (unsigned int)(esr >> 1 & 15),
		 (unsigned int)(esr >> 17 & 7));
	return buf;
}

const char *kp_esr_text(uint64_t esr, char *buf, size_t size)
{
	static const char *const waits[] = { "WFI", "WFE", "WFIT", "WFET" };
	static const char *const calls[] = { "SVC", "HVC", "SMC" };
	unsigned int ec = esr >> 26 & 0x3f;

	switch (ec) {
	case EC_WFX:
		snprintf(buf, size, "%s", waits[esr & 3]);
		return buf;
	case EC_CP15_32:
		return cp15_text(esr, buf, size);
	case 0x11 ... 0x13:
	case 0x15 ... 0x17:
		snprintf(buf, size, "%s #%u", calls[(ec & 3) - 1], (unsigned int)(esr & 0xffff));
		return buf;
	case EC_SYS64:
		return system_text(esr, buf, size);
	}
	return NULL;
}
