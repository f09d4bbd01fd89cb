// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86_intel.c - Intel: which recordings are its, and the tables it brings together.
 */
#include "archs.h"
#include "regtab.h"
#include "x86_msr.h"

#include <string.h>

static const struct kp_reg *const tables[] = { kp_intel_regs, kp_intel_lbr_regs, kp_vmx_cap_regs,
					       kp_x86_regs, NULL };

static const struct kp_reg_set regs = { tables, kp_msr_kernel_name, kp_msr_kernel_find };

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
	.regs = &regs,
	.exit_datum = kp_x86_exit_datum,
};
