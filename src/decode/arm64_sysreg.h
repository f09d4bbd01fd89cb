/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arm64_sysreg.h - names of arm64 system registers and instructions, exceptions and their syndrome.
 */
#ifndef KP_DECODE_ARM64_SYSREG_H
#define KP_DECODE_ARM64_SYSREG_H

#include "reg.h"

/** kp_sysreg_name - the kernel's name of KP_SYSREG() number @reg; NULL when it has none */
const char *kp_sysreg_name(uint32_t reg);

/** kp_sysreg_alias - the @n-th of all names; NULL: no more */
const char *kp_sysreg_alias(uint32_t reg, unsigned int n);

/** kp_sysreg_next - the next register with a name, from *@reg on; false: no more */
bool kp_sysreg_next(uint32_t *reg);

/**
 * kp_sysreg_find - by name in any case, or by encoding: "S3_3_C9_C12_0", "3,3,9,12,0". 0 or -ENOENT
 */
int kp_sysreg_find(const char *name, uint32_t *reg);

/** kp_sysreg_encoding - "S3_3_C9_C12_0" into @buf, returned */
const char *kp_sysreg_encoding(uint32_t reg, char *buf, size_t size);

/** kp_esr_class_name - name of an exception class as the kernel has it; NULL unallocated */
const char *kp_esr_class_name(uint8_t ec);

/** kp_esr_class_help - what it is, in words */
const char *kp_esr_class_help(uint8_t ec);

/** kp_esr_decode - all fields of an ESR_ELx value; up to KP_REGFIELDS_MAX, returns their number */
int kp_esr_decode(uint64_t esr, struct kp_regfield *fields);

/**
 * kp_esr_text - what was done, where the syndrome tells: "MRS X2, PMCCNTR_EL0", "WFI", "HVC #0".
 * Into
 * @buf, returned; NULL when there is nothing to say
 */
const char *kp_esr_text(uint64_t esr, char *buf, size_t size);

#endif
