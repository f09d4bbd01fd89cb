/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86_exit.h - VMX and SVM exit reasons: names, and what the numbers that come with them mean.
 */
#ifndef KP_DECODE_X86_EXIT_H
#define KP_DECODE_X86_EXIT_H

#include "reg.h"

/** kp_vmx_exit_name - basic reason in the low 16 bits, flags above; NULL unknown */
const char *kp_vmx_exit_name(uint32_t code);

/** kp_svm_exit_name - low 32 bits of the exit code; NULL unknown */
const char *kp_svm_exit_name(uint32_t code);

/** kp_vmx_exit_help, kp_svm_exit_help - what that is, in words; NULL unknown. Not for hot paths */
const char *kp_vmx_exit_help(uint32_t code);
const char *kp_svm_exit_help(uint32_t code);

/** kp_vmx_qualification_bits - fields of the exit qualification; NULL: none, or one plain number */
const struct kp_bits *kp_vmx_qualification_bits(uint32_t code);
const struct kp_bits *kp_vmx_intr_info_bits(void);

/** kp_svm_info_bits - fields of EXITINFO1 or (@second) EXITINFO2; NULL: as above */
const struct kp_bits *kp_svm_info_bits(uint32_t code, bool second);
const struct kp_bits *kp_svm_intr_info_bits(void);

/**
 * kp_exit_next - exit reasons that are known, for lists: *@code is the one to start from, and set
 * to the next one that has a name. false: no more
 */
bool kp_vmx_exit_next(uint32_t *code);
bool kp_svm_exit_next(uint32_t *code);

#endif
