// SPDX-License-Identifier: GPL-2.0-only
/*
 * arch_test.c - src/decode/arch.c: which architecture speaks for which recording, and that every
 * table is whole.
 */
#include "kp_test.h"

#include <string.h>

#include "arch.h"

struct choice {
	const char *machine, *cpuid, *name;
};

static void test_choice(void **state)
{
	static const struct choice choices[] = {
		{ "x86_64", "GenuineIntel,6,143,8", "intel" },
		{ "x86_64", "AuthenticAMD,25,1,1", "amd" },
		{ "x86_64", "HygonGenuine,24,0,1", "amd" },
		{ "x86_64", NULL, "x86" },
		{ "i686", "Nobody,1,2,3", "x86" },
		{ "aarch64", "0x00000000410fd080", "arm64" },
		{ "armv7l", NULL, "arm64" },
		{ "riscv64", NULL, "riscv" },
		{ "loongarch64", NULL, "loongarch" },
		{ "ppc64le", NULL, "powerpc" },
		{ "s390x", "IBM,3906,704,M03", "s390" },
		{ "alpha", NULL, "generic" },
		{ NULL, NULL, "generic" },
		{ NULL, "AuthenticAMD,25,1,1", "amd" },
	};
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(choices); i++)
		assert_string_equal(kp_arch_find(choices[i].machine, choices[i].cpuid)->name,
				    choices[i].name);
	assert_null(kp_arch_by_name("z80"));
	assert_string_equal(kp_arch_by_name("arm64")->name, "arm64");
}

static void check_rows(const struct kp_tp *tp)
{
	size_t i;

	for (; tp->system; tp++) {
		assert_non_null(tp->name);
		assert_in_range(tp->kind, KP_EV_NONE, KP_EV_MAX - 1);
		for (i = 0; i < KP_TP_FIELDS_MAX && tp->fields[i].name; i++)
			assert_true(tp->fields[i].dst + tp->fields[i].dst_size <=
				    sizeof(struct kp_event));
		assert_true(i < KP_TP_FIELDS_MAX); /* the terminator fits */
	}
}

static void test_tables_whole(void **state)
{
	char buf[64];
	size_t i;

	for (i = 0; kp_archs[i]; i++) {
		const struct kp_arch *a = kp_archs[i];

		check_rows(a->tps);
		assert_ptr_equal(kp_arch_by_name(a->name), a);
		/* every hook may be called with anything */
		a->exit_name(a->isa, 0xffffffff);
		a->exit_is_pmu(a->isa, 0xffffffff);
		kp_arch_reg_name(a, 0xffffffff, buf, sizeof(buf));
		kp_arch_reg_is_pmu(a, 0xffffffff);
	}
	check_rows(kp_arch_common_tps);
	assert_string_equal(kp_archs[i - 1]->name, "generic");
}

static void test_exit_names(void **state)
{
	const struct kp_arch *intel = kp_arch_by_name("intel"), *arm = kp_arch_by_name("arm64");

	assert_string_equal(intel->exit_name(KP_ISA_VMX, 10), "CPUID");
	assert_string_equal(intel->exit_name(KP_ISA_SVM, 0x72), "cpuid");
	assert_null(intel->exit_name(KP_ISA_VMX, 9999));
	assert_true(intel->exit_is_pmu(KP_ISA_VMX, 15));
	assert_string_equal(arm->exit_name(KP_ISA_ARM64, KP_ARM64_EXIT(2, 0x18)), "SYS64");
	assert_string_equal(arm->exit_name(KP_ISA_ARM64, KP_ARM64_EXIT(0, 0)), "IRQ");
	assert_string_equal(kp_user_exit_name(2), "IO");
	assert_null(kp_user_exit_name(100000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_tables_whole),
		cmocka_unit_test(test_exit_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
