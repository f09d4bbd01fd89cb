/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * regtab.h - shorthands to write register tables with, and the tables of the architectures. Private
 * to src/decode.
 */
#ifndef KP_DECODE_REGTAB_H
#define KP_DECODE_REGTAB_H

#include "reg.h"

/* One bit: what set and clear mean. KP_Q1: silent while clear. */
#define KP_B1(b, n, s, c)                                                      \
	{                                                                      \
		.hi = (b), .lo = (b), .name = (n), .set = (s), .clear = (c)    \
	}
#define KP_Q1(b, n, s)                                                               \
	{                                                                            \
		.hi = (b), .lo = (b), .flags = KP_BITS_QUIET, .name = (n), .set = (s) \
	}
/* The same, known from architectural perfmon version @v on; before it the bit is reserved. */
#define KP_V1(v, b, n, s)                                                             \
	{                                                                             \
		.hi = (b), .lo = (b), .flags = KP_BITS_QUIET, .since = (v), .name = (n), \
		.set = (s)                                                            \
	}
/* A field of several bits: a number; with words; silent while zero. */
#define KP_F(h, l, n, s)                                            \
	{                                                           \
		.hi = (h), .lo = (l), .name = (n), .set = (s)       \
	}
#define KP_FW(h, l, n, w)                                           \
	{                                                           \
		.hi = (h), .lo = (l), .name = (n), .words = (w)     \
	}
#define KP_FQ(h, l, n, s)                                                             \
	{                                                                             \
		.hi = (h), .lo = (l), .flags = KP_BITS_QUIET, .name = (n), .set = (s) \
	}
#define KP_FV(v, h, l, n, s)                                                          \
	{                                                                             \
		.hi = (h), .lo = (l), .flags = KP_BITS_QUIET, .since = (v), .name = (n), \
		.set = (s)                                                            \
	}
#define KP_RES1(h, l)                                                                \
	{                                                                            \
		.hi = (h), .lo = (l), .flags = KP_BITS_RES1, .name = "reserved"      \
	}
#define KP_END                \
	{                     \
		.name = NULL  \
	}

/* Rows of single bits, one per counter: KP_BITS_8(0, "EN_PMC", 0, ...) */
#define KP_ROW(f, b, p, n, s) f(b, p #n, s)
#define KP_ROWS_8(f, b, p, s)                                                         \
	KP_ROW(f, (b) + 0, p, 0, s), KP_ROW(f, (b) + 1, p, 1, s),                     \
		KP_ROW(f, (b) + 2, p, 2, s), KP_ROW(f, (b) + 3, p, 3, s),             \
		KP_ROW(f, (b) + 4, p, 4, s), KP_ROW(f, (b) + 5, p, 5, s),             \
		KP_ROW(f, (b) + 6, p, 6, s), KP_ROW(f, (b) + 7, p, 7, s)
#define KP_ROWS_16(f, b, p, s)                                                        \
	KP_ROWS_8(f, b, p, s), KP_ROW(f, (b) + 8, p, 8, s),                           \
		KP_ROW(f, (b) + 9, p, 9, s), KP_ROW(f, (b) + 10, p, 10, s),           \
		KP_ROW(f, (b) + 11, p, 11, s), KP_ROW(f, (b) + 12, p, 12, s),         \
		KP_ROW(f, (b) + 13, p, 13, s), KP_ROW(f, (b) + 14, p, 14, s),         \
		KP_ROW(f, (b) + 15, p, 15, s)
#define KP_ROWS_31(f, b, p, s)                                                        \
	KP_ROWS_16(f, b, p, s), KP_ROW(f, (b) + 16, p, 16, s),                        \
		KP_ROW(f, (b) + 17, p, 17, s), KP_ROW(f, (b) + 18, p, 18, s),         \
		KP_ROW(f, (b) + 19, p, 19, s), KP_ROW(f, (b) + 20, p, 20, s),         \
		KP_ROW(f, (b) + 21, p, 21, s), KP_ROW(f, (b) + 22, p, 22, s),         \
		KP_ROW(f, (b) + 23, p, 23, s), KP_ROW(f, (b) + 24, p, 24, s),         \
		KP_ROW(f, (b) + 25, p, 25, s), KP_ROW(f, (b) + 26, p, 26, s),         \
		KP_ROW(f, (b) + 27, p, 27, s), KP_ROW(f, (b) + 28, p, 28, s),         \
		KP_ROW(f, (b) + 29, p, 29, s), KP_ROW(f, (b) + 30, p, 30, s)
#define KP_ROWS_32(f, b, p, s) KP_ROWS_31(f, b, p, s), KP_ROW(f, (b) + 31, p, 31, s)

/* A register; an array of @c registers, @s numbers apart. */
#define KP_REG1(a, role_, n, k, h, f) KP_REGN(a, 1, 1, role_, n, k, h, f)
#define KP_REGN(a, c, s, role_, n, k, h, f)                               \
	{                                                                 \
		.first = (a), .count = (c), .stride = (s), .role = (role_), \
		.name = (n), .kernel = (k), .help = (h), .fields = (f)    \
	}

/* ---- tables ---- */

extern const struct kp_reg kp_intel_regs[]; /* x86_intel_msr.c */
extern const struct kp_reg kp_intel_lbr_regs[]; /* x86_intel_lbr.c */
extern const struct kp_reg kp_vmcs_regs[], kp_vmx_cap_regs[]; /* x86_intel_vmx.c */
extern const struct kp_reg kp_amd_regs[]; /* x86_amd_msr.c */
extern const struct kp_reg kp_amd_ibs_regs[]; /* x86_amd_ibs.c */
extern const struct kp_reg kp_x86_regs[]; /* x86_msr.c: the same for every vendor */
extern const struct kp_reg kp_arm64_pmu_regs[]; /* arm64_pmu.c */
extern const struct kp_reg kp_arm64_other_regs[]; /* arm64_reg.c: debug, SPE, RAS */

extern const struct kp_bits kp_x86_lvt_bits[];

#endif
