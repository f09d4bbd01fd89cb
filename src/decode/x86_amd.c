// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86_amd.c - AMD and Hygon: which recordings are theirs, and the tables they bring together.
 */
#include "archs.h"
#include "regtab.h"
#include "x86_msr.h"

#include <string.h>

static const struct kp_reg *const tables[] = { kp_amd_regs, kp_amd_ibs_regs, kp_x86_regs, NULL };

static const struct kp_reg_set regs = { tables, kp_msr_kernel_name, kp_msr_kernel_find };

static bool amd_match(const char *machine, const char *cpuid)
{
	if (machine && !kp_x86_machine(machine))
		return false;
	return cpuid &&
	       (!strncmp(cpuid, "AuthenticAMD", 12) || !strncmp(cpuid, "HygonGenuine", 12));
}

static bool amd_exit_is_pmu(uint8_t isa, uint32_t code)
{
	return isa == KP_ISA_SVM && code == 0x6f; /* rdpmc */
}

const struct kp_arch kp_arch_amd = {
	.name = "amd",
	.isa = KP_ISA_SVM,
	.match = amd_match,
	.tps = kp_x86_tps,
	.exit_name = kp_x86_exit_name,
	.exit_is_pmu = amd_exit_is_pmu,
	.regs = &regs,
	.exit_datum = kp_x86_exit_datum,
};
