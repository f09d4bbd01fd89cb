/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reg.h - registers as const tables: number, name, what each bit means, and the part the register
 * plays in the PMU. The engine (src/decode/reg.c) turns a value into fields; nothing here
 * allocates. Includes kp.h only.
 */
#ifndef KP_REG_H
#define KP_REG_H

#include "kp.h"

/** struct kp_word - one value of a field in words; tables end with a NULL word */
struct kp_word {
	uint64_t value;
	const char *word;
};

/* kp_bits.flags */
#define KP_BITS_RES   KP_BIT(0) /* reserved by name; bits that no row covers are reserved too */
#define KP_BITS_QUIET KP_BIT(1) /* say nothing about it while it is zero */
#define KP_BITS_RES1  KP_BIT(2) /* reserved, reads as one: a zero is what stands out */
#define KP_BITS_SHARE KP_BIT(3) /* the value over its maximum is a share of the whole */

/**
 * struct kp_bits - a field of a register
 * @hi, @lo: bit positions, inclusive
 * @flags: KP_BITS_*
 * @since: version of the architecture's PMU that first has it; 0 all
 * @name: the manual's name
 * @set: what any value but zero means; NULL: nothing to add
 * @clear: what zero means; NULL: nothing to add
 * @words: exact values in words, looked at before @set and @clear; NULL: none
 */
struct kp_bits {
	uint8_t hi, lo;
	uint8_t flags;
	uint8_t since;
	const char *name;
	const char *set;
	const char *clear;
	const struct kp_word *words;
};

/** enum kp_reg_role - the part a register plays in the PMU */
enum kp_reg_role {
	KP_REG_OTHER = 0, /* not the PMU's */
	KP_REG_PMU, /* the PMU's, none of the roles below */
	KP_REG_EVTSEL_L3, /* AMD: selector of a counter of the L3 */
	KP_REG_EVTSEL_DF, /* AMD: of the data fabric or northbridge */
	KP_REG_COUNTER, /* general counter @index */
	KP_REG_EVTSEL, /* event selector of general counter @index */
	KP_REG_FIXED_COUNTER, /* Intel fixed counter, arm64 cycle counter */
	KP_REG_FIXED_CTRL, /* Intel FIXED_CTR_CTRL: 4 bits a counter; arm64 PMCCFILTR */
	KP_REG_GLOBAL_CTRL, /* a bit enables a counter */
	KP_REG_GLOBAL_STATUS, /* overflow bits */
	KP_REG_GLOBAL_CLEAR, /* writing ones clears overflow bits */
	KP_REG_GLOBAL_SET, /* writing ones sets overflow bits */
	KP_REG_ENABLE_SET, /* arm64 PMCNTENSET: ones enable counters */
	KP_REG_ENABLE_CLEAR, /* arm64 PMCNTENCLR: ones disable counters */
	KP_REG_CONTROL, /* arm64 PMCR */
	KP_REG_SELECT, /* arm64 PMSELR: which counter PMXEV* mean */
	KP_REG_EVTSEL_SELECTED, /* arm64 PMXEVTYPER */
	KP_REG_COUNTER_SELECTED, /* arm64 PMXEVCNTR */
};

/**
 * struct kp_reg - a register, or an array of them
 * @first: number of the first; MSR index or KP_SYSREG()
 * @count, @stride: array: number of registers and the distance between their numbers
 * @role: enum kp_reg_role
 * @base: index of the first one (enum kp_reg_role counters)
 * @name: the manual's name; "%u" stands for the index when @count > 1
 * @kernel: the kernel's name for @first when it has one (without MSR_ or SYS_), else NULL
 * @help: one line
 * @fields: table that ends with a NULL name; NULL: one number of 64 bits
 */
struct kp_reg {
	uint32_t first;
	uint32_t stride;
	uint16_t count;
	uint8_t role;
	uint8_t base;
	const char *name;
	const char *kernel;
	const char *help;
	const struct kp_bits *fields;
};

/**
 * struct kp_regfield - a decoded field
 * @hi, @lo: bit positions, inclusive
 * @reserved: a reserved bit is set (or one that must be one is not): point it out
 * @name: the vendor manual's name, "reserved" where it has none
 * @value: the field's value
 * @meaning: in words, or NULL
 * @flags: KP_BITS_* of its row
 */
struct kp_regfield {
	uint8_t hi, lo;
	uint8_t flags;
	bool reserved;
	const char *name;
	uint64_t value;
	const char *meaning;
};

#define KP_REGFIELDS_MAX 64

/**
 * kp_bits_decode - take @value apart
 * @version: of the PMU, for fields that came later (kp_bits.since); 0: assume the newest
 * Fields come from the highest bit down. Bits that no row covers come out as "reserved" when set.
 * Return: number of @fields set, at most KP_REGFIELDS_MAX.
 */
int kp_bits_decode(const struct kp_bits *bits, unsigned int version, uint64_t value,
		   struct kp_regfield *fields);

/**
 * struct kp_reg_set - the registers of an architecture
 * @tables: NULL-terminated list of tables, each ends with a NULL name; the first hit counts
 * @kernel_name: the kernel's name of register @reg, NULL none; may be NULL
 * @kernel_find: number of the register that the kernel calls @name (without prefix); 0 or -ENOENT
 */
struct kp_reg_set {
	const struct kp_reg *const *tables;
	const char *(*kernel_name)(uint32_t reg);
	int (*kernel_find)(const char *name, uint32_t *reg);
};

/** kp_reg_find - the row of @reg and which one of its array; NULL unknown */
const struct kp_reg *kp_reg_find(const struct kp_reg_set *set, uint32_t reg, unsigned int *index);

/**
 * struct kp_reg_part - the part of one register in the PMU
 * @role: enum kp_reg_role; @index: of the counter
 * @width: bits of a counter's value as written
 */
struct kp_reg_part {
	uint8_t role;
	uint8_t index;
	uint8_t width;
};

/** kp_reg_name - name into @buf: the manual's, else the kernel's; NULL when it has none */
const char *kp_reg_name(const struct kp_reg_set *set, uint32_t reg, char *buf, size_t size);

/** kp_reg_by_name - the manual's or the kernel's name, in any case; 0 or -ENOENT */
int kp_reg_by_name(const struct kp_reg_set *set, const char *name, uint32_t *reg);

#endif
