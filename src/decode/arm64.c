// SPDX-License-Identifier: GPL-2.0-only
/*
 * arm64.c - arm64 (and 32-bit arm, whose KVM traced the same way): tracepoints, exception types,
 * and the tables it brings together. Const tables and the functions that pack their fields.
 */
#include "archs.h"
#include "arm64_sysreg.h"
#include "regtab.h"

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
		return kp_esr_class_name(ec);
	case 0x11: /* low byte of HVC_STUB_ERR, 0xbadca11 */
		return "HYP_GONE";
	}
	return NULL;
}

static const struct kp_reg *const tables[] = { kp_arm64_pmu_regs, kp_arm64_other_regs, NULL };

static const struct kp_reg_set regs = { tables, kp_sysreg_name, kp_sysreg_find };

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
	.regs = &regs,
};
