// SPDX-License-Identifier: GPL-2.0-only
/*
 * arch.c - the one visible table of architectures, and the choice by a recording's machine. Touches
 * nothing but const tables.
 */
#include "archs.h"

#include <string.h>

/* Vendors before their family: the first that matches is taken. */
const struct kp_arch *const kp_archs[] = {
	&kp_arch_intel,	    &kp_arch_amd,     &kp_arch_x86,  &kp_arch_arm64,   &kp_arch_riscv,
	&kp_arch_loongarch, &kp_arch_powerpc, &kp_arch_s390, &kp_arch_generic, NULL,
};

const struct kp_arch *kp_arch_find(const char *machine, const char *cpuid)
{
	size_t i;

	for (i = 0; kp_archs[i]; i++)
		if (kp_archs[i]->match(machine, cpuid))
			return kp_archs[i];
	return &kp_arch_generic;
}

const struct kp_arch *kp_arch_by_name(const char *name)
{
	size_t i;

	for (i = 0; kp_archs[i]; i++)
		if (!strcmp(kp_archs[i]->name, name))
			return kp_archs[i];
	return NULL;
}

const char *kp_no_exit_name(uint8_t isa, uint32_t code)
{
	return NULL;
}

bool kp_no_exit_is_pmu(uint8_t isa, uint32_t code)
{
	return false;
}

const char *kp_arch_reg_name(const struct kp_arch *arch, uint32_t reg, char *buf, size_t size)
{
	return arch->regs ? kp_reg_name(arch->regs, reg, buf, size) : NULL;
}

bool kp_arch_reg_is_pmu(const struct kp_arch *arch, uint32_t reg)
{
	const struct kp_reg *r;
	unsigned int index;

	r = arch->regs ? kp_reg_find(arch->regs, reg, &index) : NULL;
	return r && r->role != KP_REG_OTHER;
}

/*
 * Values written to Intel's counters at 0xc1 and on are sign-extended from bit 31 (SDM 20.2.6); the
 * others take 48 bits on every processor of today. arm64: PMEVCNTR 32 unless PMCR.LP, PMCCNTR 64.
 */
static uint8_t counter_width(const struct kp_arch *arch, const struct kp_reg *r)
{
	if (arch->isa == KP_ISA_ARM64)
		return r->role == KP_REG_FIXED_COUNTER ? 64 : 32;
	return r->first == 0xc1 ? 32 : 48;
}

bool kp_arch_reg_part(const struct kp_arch *arch, uint32_t reg, struct kp_reg_part *part)
{
	const struct kp_reg *r;
	unsigned int index;

	r = arch->regs ? kp_reg_find(arch->regs, reg, &index) : NULL;
	if (!r || r->role <= KP_REG_EVTSEL_DF)
		return false;
	*part = (struct kp_reg_part){
		.role = r->role, .index = (uint8_t)index, .width = counter_width(arch, r)
	};
	return true;
}
