/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86_msr.h - the kernel's names of MSRs (arch/x86/include/asm/msr-index.h, without "MSR_").
 */
#ifndef KP_DECODE_X86_MSR_H
#define KP_DECODE_X86_MSR_H

#include "reg.h"

/** kp_msr_kernel_name - NULL when the kernel has none */
const char *kp_msr_kernel_name(uint32_t reg);

/** kp_msr_kernel_alias - the @n-th of all names of one MSR; NULL: no more */
const char *kp_msr_kernel_alias(uint32_t reg, unsigned int n);

/** kp_msr_kernel_next - the next MSR with a name, from *@reg on; false: no more */
bool kp_msr_kernel_next(uint32_t *reg);

/** kp_msr_kernel_find - by name in any case, without "MSR_"; 0 or -ENOENT */
int kp_msr_kernel_find(const char *name, uint32_t *reg);

#endif
