/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * archs.h - what the architecture files of this folder show each other: one struct kp_arch each,
 * the tracepoint rows that x86 vendors share, and shorthands to write rows with.
 */
#ifndef KP_DECODE_ARCHS_H
#define KP_DECODE_ARCHS_H

#include "arch.h"
#include "x86_exit.h"

extern const struct kp_arch kp_arch_intel;
extern const struct kp_arch kp_arch_amd;
extern const struct kp_arch kp_arch_x86;
extern const struct kp_arch kp_arch_arm64;
extern const struct kp_arch kp_arch_riscv;
extern const struct kp_arch kp_arch_loongarch;
extern const struct kp_arch kp_arch_powerpc;
extern const struct kp_arch kp_arch_s390;
extern const struct kp_arch kp_arch_generic;

/* ---- arch.c: what architectures use that know nothing of these ---- */

const char *kp_no_exit_name(uint8_t isa, uint32_t code);
bool kp_no_exit_is_pmu(uint8_t isa, uint32_t code);

/* ---- x86.c: the same for all vendors ---- */

extern const struct kp_tp kp_x86_tps[];

/** kp_x86_machine - does uname's machine name an x86 */
bool kp_x86_machine(const char *machine);

/** kp_x86_exit_datum - struct kp_arch.exit_datum of VMX and SVM */
bool kp_x86_exit_datum(uint8_t isa, uint32_t code, enum kp_exit_datum which, const char **name,
		       const struct kp_bits **bits);

/** kp_x86_exit_name - by isa: VMX or SVM */
const char *kp_x86_exit_name(uint8_t isa, uint32_t code);


/* ---- rows of tracepoint fields ---- */

/** KP_TP_FIELD - format field @n (or @a in other kernels) into member @m of the event */
#define KP_TP_FIELD(n, a, m, v)                                               \
	{                                                                     \
		.name = (n), .alt = (a), .dst = offsetof(struct kp_event, m), \
		.dst_size = sizeof(((struct kp_event *)0)->m), .valid = (v)   \
	}

/**
 * KP_TP_SCRATCH - format field @n into byte @i of kp_event.reserved, for the fixup to turn into
 * flags. The decoder zeroes reserved after the fixup. Only the lowest byte is kept.
 */
#define KP_TP_SCRATCH(n, a, i) KP_TP_FIELD(n, a, reserved[i], 0)

/** KP_TP_TEXT - the begin of string @n into 64-bit member @m, see kp_tp_field.is_text */
#define KP_TP_TEXT(n, m, v)                                                          \
	{                                                                            \
		.name = (n), .dst = offsetof(struct kp_event, m),                    \
		.dst_size = sizeof(((struct kp_event *)0)->m), .valid = (v), .is_text = true \
	}

#define KP_TP_IP(n, a)	   KP_TP_FIELD(n, a, ip, KP_HAS_IP)
#define KP_TP_VCPU(n, a)   KP_TP_FIELD(n, a, vcpu, KP_HAS_VCPU)
#define KP_TP_CODE(n, a)   KP_TP_FIELD(n, a, code, KP_HAS_CODE)
#define KP_TP_VALUE(n, a)  KP_TP_FIELD(n, a, value, KP_HAS_VALUE)
#define KP_TP_VALUE2(n, a) KP_TP_FIELD(n, a, value2, KP_HAS_VALUE2)
#define KP_TP_EXTRA(n, a)  KP_TP_FIELD(n, a, extra, KP_HAS_EXTRA)
#define KP_TP_ISA(n, a)	   KP_TP_FIELD(n, a, isa, KP_HAS_ISA)

#endif
