// SPDX-License-Identifier: GPL-2.0-only
/*
 * arm64.c - arm64 (and 32-bit arm, whose KVM traced the same way): tracepoints, exception types and
 * classes. Const tables and the functions that pack their fields.
 */
#include "archs.h"

#include <string.h>

/* arch/arm64/kvm/trace_arm.h; ret and esr_ec were called idx and exit_reason before 4.14 */
static void fix_exit(struct kp_event *ev)
{
	ev->code = KP_ARM64_EXIT(ev->code, ev->extra);
	ev->extra = 0;
	ev->valid &= ~(uint32_t)KP_HAS_EXTRA;
}

/* arch/arm64/kvm/trace_handle_exit.h; reserved: Op0 Op1 CRn CRm Op2 */
static void fix_sys_access(struct kp_event *ev)
{
	ev->code = KP_SYSREG(ev->reserved[0] & 3, ev->reserved[1] & 7, ev->reserved[2] & 15,
			     ev->reserved[3] & 15, ev->reserved[4] & 7);
	ev->valid |= KP_HAS_CODE;
	ev->flags = ev->flags ? KP_F_WRITE : 0;
}

/* clang-format off */
static const struct kp_tp arm64_tps[] = {
	{"kvm",	 "kvm_entry", KP_EV_ENTRY, { KP_TP_IP("vcpu_pc", NULL) }, NULL },
	{ "kvm", "kvm_exit", KP_EV_EXIT,
	  { KP_TP_CODE("ret", "idx"), KP_TP_EXTRA("esr_ec", "exit_reason"),
	    KP_TP_IP("vcpu_pc", NULL) },
	  fix_exit },
	{ "kvm", "kvm_sys_access", KP_EV_SYSREG,
	  { KP_TP_IP("vcpu_pc", NULL), KP_TP_FIELD("is_write", NULL, flags, KP_HAS_FLAGS),
	    KP_TP_SCRATCH("Op0", NULL, 0), KP_TP_SCRATCH("Op1", NULL, 1),
	    KP_TP_SCRATCH("CRn", NULL, 2), KP_TP_SCRATCH("CRm", NULL, 3),
	    KP_TP_SCRATCH("Op2", NULL, 4) },
	  fix_sys_access },
	{ "kvm", "vgic_update_irq_pending", KP_EV_VGIC_IRQ,
	  { KP_TP_VCPU("vcpu_id", NULL), KP_TP_CODE("irq", NULL), KP_TP_VALUE("level", NULL) },
	  NULL },
	{ 0 },
};
/* clang-format on */

/* ESR_ELx.EC: Arm ARM, "ESR_EL2"; named as kvm_arm_exception_class does */
static const char *const classes[64] = {
	[0x00] = "UNKNOWN",	[0x01] = "WFx",		[0x03] = "CP15_32",
	[0x04] = "CP15_64",	[0x05] = "CP14_MR",	[0x06] = "CP14_LS",
	[0x07] = "FP_ASIMD",	[0x08] = "CP10_ID",	[0x09] = "PAC",
	[0x0c] = "CP14_64",	[0x15] = "SVC64",	[0x16] = "HVC64",
	[0x17] = "SMC64",	[0x18] = "SYS64",	[0x19] = "SVE",
	[0x1a] = "ERET",	[0x1f] = "IMP_DEF",	[0x20] = "IABT_LOW",
	[0x21] = "IABT_CUR",	[0x22] = "PC_ALIGN",	[0x24] = "DABT_LOW",
	[0x25] = "DABT_CUR",	[0x26] = "SP_ALIGN",	[0x28] = "FP_EXC32",
	[0x2c] = "FP_EXC64",	[0x2f] = "SERROR",	[0x30] = "BREAKPT_LOW",
	[0x31] = "BREAKPT_CUR", [0x32] = "SOFTSTP_LOW", [0x33] = "SOFTSTP_CUR",
	[0x34] = "WATCHPT_LOW", [0x35] = "WATCHPT_CUR", [0x38] = "BKPT32",
	[0x3a] = "VECTOR32",	[0x3c] = "BRK64",
};

#define ARM_EXCEPTION_TRAP 2

static const char *arm64_exit_name(uint8_t isa, uint32_t code)
{
	uint8_t ec = code >> 8 & 0xff;

	switch (code & 0xff) {
	case 0:
		return "IRQ";
	case 1:
		return "SERROR";
	case ARM_EXCEPTION_TRAP:
		return ec < KP_ARRAY_SIZE(classes) ? classes[ec] : NULL;
	case 0x11: /* low byte of HVC_STUB_ERR, 0xbadca11 */
		return "HYP_GONE";
	}
	return NULL;
}

static bool arm64_match(const char *machine, const char *cpuid)
{
	return machine && (!strncmp(machine, "aarch64", 7) || !strncmp(machine, "arm", 3));
}

const struct kp_arch kp_arch_arm64 = {
	.name = "arm64",
	.isa = KP_ISA_ARM64,
	.match = arm64_match,
	.tps = arm64_tps,
	.exit_name = arm64_exit_name,
	.exit_is_pmu = kp_no_exit_is_pmu,
};
