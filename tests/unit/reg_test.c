// SPDX-License-Identifier: GPL-2.0-only
/*
 * reg_test.c - src/decode/reg.c and every register table: rows are found by number and by name,
 * fields do not overlap, reserved bits are pointed out, and the rules of what counts where.
 */
#include "kp_test.h"

#include <string.h>

#include "arch.h"
#include "decode/arm64_pmu.h"
#include "decode/arm64_sysreg.h"
#include "decode/regtab.h"
#include "decode/x86_amd.h"
#include "evname.h"

static const struct kp_bits sample_bits[] = {
	KP_FV(6, 15, 12, "NEW", "new"), KP_RES1(11, 10),       KP_Q1(9, "QUIET", "quiet"),
	KP_B1(8, "FLAG", "on", "off"),	KP_F(3, 0, "LOW", NULL), KP_END,
};

static const struct kp_regfield *field(const struct kp_regfield *f, int nr, const char *name)
{
	int i;

	for (i = 0; i < nr; i++)
		if (!strcmp(f[i].name, name))
			return &f[i];
	return NULL;
}

static void test_engine(void **state)
{
	struct kp_regfield f[KP_REGFIELDS_MAX];
	int nr = kp_bits_decode(sample_bits, 0, 0xc05, f);

	(void)state;
	assert_int_equal(nr, 2);
	assert_string_equal(f[0].name, "FLAG");
	assert_string_equal(f[0].meaning, "off");
	assert_string_equal(f[1].name, "LOW");
	assert_int_equal(f[1].value, 5);
	/* bits that no row has, a must-be-one bit that is zero, a field of a later version */
	nr = kp_bits_decode(sample_bits, 5, 0xb000000000001470ull, f);
	assert_int_equal(nr, 7);
	assert_true(f[0].reserved && f[0].hi == 63 && f[0].lo == 63 && f[0].value == 1);
	assert_true(f[1].reserved && f[1].hi == 61 && f[1].lo == 60 && f[1].value == 3);
	assert_true(f[2].reserved && !strcmp(f[2].name, "NEW") && f[2].value == 1);
	assert_true(f[3].reserved && f[3].hi == 11 && f[3].lo == 10);
	assert_string_equal(f[4].name, "FLAG");
	assert_true(f[5].reserved && f[5].hi == 6 && f[5].lo == 4 && f[5].value == 7);
	assert_string_equal(f[6].name, "LOW");
	/* the same version that has it */
	nr = kp_bits_decode(sample_bits, 6, 0x1c00, f);
	assert_false(field(f, nr, "NEW")->reserved);
	assert_int_equal(kp_bits_decode(NULL, 0, ~0ull, f), 0);
}

static void check_fields(const struct kp_reg *r)
{
	const struct kp_bits *b;
	uint64_t seen = 0, mask;
	int rows = 0;

	for (b = r->fields; b && b->name; b++, rows++) {
		mask = (~0ull >> (63 - (b->hi - b->lo))) << b->lo;
		if (b->hi > 63 || b->lo > b->hi || seen & mask)
			fail_msg("%s: field %s (%u:%u) is twice or upside down", r->name, b->name,
				 b->hi, b->lo);
		seen |= mask;
	}
	assert_true(rows <= KP_REGFIELDS_MAX);
}

/* Every register of every table: number to name, and the name back to the same number. */
static void check_table(const char *arch, const struct kp_reg_set *set, const struct kp_reg *r)
{
	const struct kp_reg *found;
	uint32_t i, reg, back;
	unsigned int index;
	char name[64];

	for (; r->name; r++) {
		check_fields(r);
		assert_non_null(r->help);
		for (i = 0; i < r->count; i++) {
			reg = r->first + i * r->stride;
			found = kp_reg_find(set, reg, &index);
			if (found != r || index != r->base + i)
				fail_msg("%s: %s[%u] (0x%x) is found as %s", arch, r->name, i, reg,
					 found ? found->name : "nothing");
			assert_non_null(kp_reg_name(set, reg, name, sizeof(name)));
			assert_int_equal(kp_reg_by_name(set, name, &back), 0);
			if (back != reg)
				fail_msg("%s: %s is 0x%x, not 0x%x", arch, name, back, reg);
		}
	}
}

static void test_tables(void **state)
{
	const struct kp_reg *const *t;
	size_t i, tables = 0;

	(void)state;
	for (i = 0; kp_archs[i]; i++) {
		if (!kp_archs[i]->regs)
			continue;
		for (t = kp_archs[i]->regs->tables; *t; t++, tables++)
			check_table(kp_archs[i]->name, kp_archs[i]->regs, *t);
	}
	assert_true(tables >= 9);
}

/* Any 64-bit value: neither a crash nor a value that the fields do not add up to. */
static void check_value(const struct kp_bits *bits, uint64_t v)
{
	struct kp_regfield f[KP_REGFIELDS_MAX];
	uint64_t sum = 0;
	int i, nr = kp_bits_decode(bits, 0, v, f);

	for (i = 0; i < nr; i++) {
		if (!strcmp(f[i].meaning ? f[i].meaning : "", "reserved, should read as one"))
			continue;
		sum |= f[i].value << f[i].lo;
	}
	for (; bits->name; bits++)
		if (bits->flags & KP_BITS_RES1)
			v &= ~((~0ull >> (63 - (bits->hi - bits->lo))) << bits->lo);
	assert_int_equal(sum, v);
}

static void test_values(void **state)
{
	const struct kp_reg *const *t;
	const struct kp_reg *r;
	uint64_t v = 0x9e3779b97f4a7c15ull;
	size_t i, n;

	(void)state;
	for (i = 0; kp_archs[i]; i++) {
		for (t = kp_archs[i]->regs ? kp_archs[i]->regs->tables : NULL; t && *t; t++) {
			for (r = *t; r->name; r++) {
				for (n = 0; r->fields && n < 64; n++)
					check_value(r->fields, 1ull << n);
				for (n = 0; r->fields && n < 64; n++, v *= 6364136223846793005ull)
					check_value(r->fields, v);
			}
		}
	}
}

static void test_names(void **state)
{
	const struct kp_arch *intel = kp_arch_by_name("intel"), *amd = kp_arch_by_name("amd");
	const struct kp_arch *arm64 = kp_arch_by_name("arm64");
	uint32_t reg;
	char buf[64];

	(void)state;
	assert_string_equal(kp_arch_reg_name(intel, 0x38f, buf, 64), "IA32_PERF_GLOBAL_CTRL");
	assert_string_equal(kp_arch_reg_name(intel, 0x189, buf, 64), "IA32_PERFEVTSEL3");
	assert_string_equal(kp_arch_reg_name(intel, 0x10, buf, 64), "IA32_TSC");
	assert_string_equal(kp_arch_reg_name(amd, 0xc0010209, buf, 64), "PERF_CTR4");
	assert_string_equal(kp_arch_reg_name(amd, 0xc0000082, buf, 64), "LSTAR");
	assert_string_equal(kp_arch_reg_name(amd, 0x6a4, buf, 64), "IA32_PL0_SSP");
	assert_null(kp_arch_reg_name(amd, 0xdeadbeef, buf, 64));
	assert_string_equal(kp_arch_reg_name(arm64, KP_SYSREG(3, 3, 9, 13, 0), buf, 64),
			    "PMCCNTR_EL0");
	assert_string_equal(kp_arch_reg_name(arm64, KP_SYSREG(3, 3, 14, 11, 6), buf, 64),
			    "PMEVCNTR30_EL0");
	assert_true(kp_arch_reg_is_pmu(intel, 0x834));
	assert_true(kp_arch_reg_is_pmu(amd, 0xc0000301));
	assert_false(kp_arch_reg_is_pmu(amd, 0xc0000080));
	assert_true(kp_arch_reg_is_pmu(arm64, KP_SYSREG(3, 4, 1, 1, 1)));
	assert_false(kp_arch_reg_is_pmu(kp_arch_by_name("generic"), 0x38f));
	assert_int_equal(kp_reg_by_name(intel->regs, "MSR_CORE_PERF_GLOBAL_CTRL", &reg), 0);
	assert_int_equal(reg, 0x38f);
	assert_int_equal(kp_reg_by_name(arm64->regs, "pmevtyper3_el0", &reg), 0);
	assert_int_equal(reg, KP_SYSREG(3, 3, 14, 12, 3));
	assert_int_equal(kp_reg_by_name(arm64->regs, "s3_3_c9_c12_0", &reg), 0);
	assert_int_equal(reg, KP_SYSREG(3, 3, 9, 12, 0));
	assert_int_equal(kp_reg_by_name(arm64->regs, "3,3,9,12,9", &reg), -ENOENT);
	assert_int_equal(kp_reg_by_name(arm64->regs, "S3_3_C9_C12_0x", &reg), -ENOENT);
}

/* arch/x86/kvm/svm/pmu.c, amd_pmc_is_disabled_in_current_mode() */
static void test_amd_modes(void **state)
{
	static const struct {
		unsigned int hg;
		bool off, host, guest;
	} rows[] = {
		{ 0, true, true, true },
		{ 1, false, false, true },
		{ 2, false, true, false },
		{ 3, false, true, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < KP_ARRAY_SIZE(rows); i++) {
		uint64_t v = 0x5300c0 | (uint64_t)rows[i].hg << 40;

		assert_int_equal(kp_amd_counts_in(v, false, false), rows[i].off);
		assert_int_equal(kp_amd_counts_in(v, true, false), rows[i].host);
		assert_int_equal(kp_amd_counts_in(v, true, true), rows[i].guest);
	}
}

/* Arm ARM, D24.5.9 PMEVTYPER<n>_EL0: pairs of bits, equal or not */
static void test_arm64_filters(void **state)
{
	const uint64_t p = 1ull << 31, u = 1ull << 30, nsk = 1ull << 29, nsu = 1ull << 28;
	const uint64_t nsh = 1ull << 27, m = 1ull << 26, sh = 1ull << 24, rlk = 1ull << 22;

	(void)state;
	assert_true(kp_arm64_counts_in(0, 0, KP_WORLD_NON_SECURE));
	assert_true(kp_arm64_counts_in(0, 1, KP_WORLD_NON_SECURE));
	assert_false(kp_arm64_counts_in(0, 2, KP_WORLD_NON_SECURE));
	assert_true(kp_arm64_counts_in(nsh, 2, KP_WORLD_NON_SECURE));
	assert_true(kp_arm64_counts_in(nsh, 2, KP_WORLD_SECURE));
	assert_false(kp_arm64_counts_in(nsh | sh, 2, KP_WORLD_SECURE));
	assert_true(kp_arm64_counts_in(sh, 2, KP_WORLD_SECURE));
	assert_false(kp_arm64_counts_in(p, 1, KP_WORLD_NON_SECURE));
	assert_true(kp_arm64_counts_in(p | nsk, 1, KP_WORLD_NON_SECURE));
	assert_false(kp_arm64_counts_in(p | nsk, 1, KP_WORLD_SECURE));
	assert_false(kp_arm64_counts_in(nsk, 1, KP_WORLD_NON_SECURE));
	assert_false(kp_arm64_counts_in(u, 0, KP_WORLD_SECURE));
	assert_true(kp_arm64_counts_in(u | nsu, 0, KP_WORLD_NON_SECURE));
	assert_true(kp_arm64_counts_in(p | m, 3, KP_WORLD_SECURE));
	assert_false(kp_arm64_counts_in(p, 3, KP_WORLD_SECURE));
	assert_false(kp_arm64_counts_in(rlk, 1, KP_WORLD_REALM));
	assert_true(kp_arm64_counts_in(p | rlk, 1, KP_WORLD_REALM));
}

static void check_esr(uint64_t esr, const char *want)
{
	char buf[64];
	const char *text = kp_esr_text(esr, buf, sizeof(buf));

	if (!want)
		assert_null(text);
	else
		assert_string_equal(text, want);
}

static void test_esr(void **state)
{
	struct kp_regfield f[KP_REGFIELDS_MAX];
	int nr;

	(void)state;
	check_esr(0x62300041, "MRS X2, MIDR_EL1");
	check_esr(0x62000000 | KP_SYSREG(3, 3, 9, 12, 0) | 31u << 5, "MSR PMCR_EL0, XZR");
	check_esr(0x62000000 | KP_SYSREG(3, 3, 14, 8, 2) | 1u << 5 | 1, "MRS X1, PMEVCNTR2_EL0");
	check_esr(0x62000000 | KP_SYSREG(3, 7, 15, 15, 7) | 1, "MRS X0, S3_7_C15_C15_7");
	check_esr(0x62000000 | KP_SYSREG(1, 0, 7, 6, 2) | 3u << 5, "SYS DC_ISW, X3");
	check_esr(0x06000000, "WFI");
	check_esr(0x06000001, "WFE");
	check_esr(0x5a000005, "HVC #5");
	check_esr(0x5e000000, "SMC #0");
	check_esr(0x93c08006, NULL);
	nr = kp_esr_decode(0x93c38046, f);
	assert_int_equal(field(f, nr, "EC")->value, 0x24);
	assert_int_equal(field(f, nr, "SRT")->value, 3);
	assert_string_equal(field(f, nr, "WnR")->meaning, "write");
	assert_string_equal(field(f, nr, "DFSC")->meaning, "translation fault, level 2");
	/* without ISV the same bits describe nothing */
	nr = kp_esr_decode(0x92000046, f);
	assert_null(field(f, nr, "SRT"));
	nr = kp_esr_decode(0xff00000000000000ull | 0x06000000, f);
	assert_true(f[0].reserved || field(f, nr, "reserved"));
	assert_null(kp_esr_class_name(0x3f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_engine),	      cmocka_unit_test(test_tables),
		cmocka_unit_test(test_values),	      cmocka_unit_test(test_names),
		cmocka_unit_test(test_amd_modes),     cmocka_unit_test(test_arm64_filters),
		cmocka_unit_test(test_esr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
