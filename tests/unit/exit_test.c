// SPDX-License-Identifier: GPL-2.0-only
/*
 * exit_test.c - exit reasons of VMX, SVM and arm64: names, lists, and the numbers that come with
 * them. tests/tables compares all names with the kernel's.
 */
#include "kp_test.h"

#include <string.h>

#include "arch.h"
#include "decode/x86_exit.h"

static void test_names(void **state)
{
	const struct kp_arch *x86 = kp_arch_by_name("x86"), *arm64 = kp_arch_by_name("arm64");

	(void)state;
	assert_string_equal(x86->exit_name(KP_ISA_VMX, 32), "MSR_WRITE");
	assert_string_equal(x86->exit_name(KP_ISA_VMX, 0x80000021), "INVALID_STATE");
	assert_null(x86->exit_name(KP_ISA_VMX, 65000));
	assert_string_equal(x86->exit_name(KP_ISA_SVM, 0x7c), "msr");
	assert_string_equal(x86->exit_name(KP_ISA_SVM, 0x400), "npf");
	assert_string_equal(x86->exit_name(KP_ISA_SVM, 0xffffffff), "invalid_guest_state");
	assert_string_equal(x86->exit_name(KP_ISA_SVM, 0x80000013), "vmgexit_ap_creation");
	assert_null(x86->exit_name(KP_ISA_SVM, 0x7fffffff));
	assert_null(x86->exit_name(KP_ISA_SVM, 0x3ff));
	assert_null(x86->exit_name(KP_ISA_ARM64, 1));
	assert_string_equal(arm64->exit_name(KP_ISA_ARM64, KP_ARM64_EXIT(2, 0x18)), "SYS64");
	assert_string_equal(arm64->exit_name(KP_ISA_ARM64, KP_ARM64_EXIT(0, 0)), "IRQ");
	assert_null(arm64->exit_name(KP_ISA_ARM64, KP_ARM64_EXIT(2, 0xff)));
}

static void test_lists(void **state)
{
	uint32_t code, nr = 0;

	(void)state;
	for (code = 0; kp_vmx_exit_next(&code); code++, nr++) {
		assert_non_null(kp_vmx_exit_name(code));
		assert_non_null(kp_vmx_exit_help(code));
	}
	assert_true(nr > 70);
	for (code = 0, nr = 0; kp_svm_exit_next(&code); code++, nr++) {
		assert_non_null(kp_svm_exit_name(code));
		assert_non_null(kp_svm_exit_help(code));
		if (code == UINT32_MAX)
			break;
	}
	assert_true(nr > 150);
	assert_int_equal(code, UINT32_MAX);
}

static const struct kp_regfield *find(const struct kp_regfield *f, int nr, const char *name)
{
	for (; nr > 0; nr--, f++)
		if (!strcmp(f->name, name))
			return f;
	fail_msg("no field %s", name);
	return NULL;
}

static int decode(uint8_t isa, uint32_t code, enum kp_exit_datum which, uint64_t v,
		  struct kp_regfield *f)
{
	const struct kp_bits *bits;
	const char *name;

	assert_true(kp_arch_by_name("x86")->exit_datum(isa, code, which, &name, &bits));
	assert_non_null(name);
	assert_non_null(bits);
	return kp_bits_decode(bits, 0, v, f);
}

static void test_data(void **state)
{
	struct kp_regfield f[KP_REGFIELDS_MAX];
	const struct kp_bits *bits;
	const char *name;
	int nr;

	(void)state;
	nr = decode(KP_ISA_VMX, 30, KP_EXIT_INFO1, 0x3f80008, f);
	assert_int_equal(find(f, nr, "Port")->value, 0x3f8);
	assert_string_equal(find(f, nr, "Direction")->meaning, "IN");
	nr = decode(KP_ISA_VMX, 48, KP_EXIT_INFO1, 0x182, f);
	assert_int_equal(find(f, nr, "ACC_WRITE")->value, 1);
	nr = decode(KP_ISA_VMX, 28, KP_EXIT_INFO1, 0x103, f);
	assert_int_equal(find(f, nr, "CR")->value, 3);
	assert_string_equal(find(f, nr, "GPR")->meaning, "RCX");
	nr = decode(KP_ISA_VMX, 1, KP_EXIT_INTR_INFO, 0x800000f5, f);
	assert_int_equal(find(f, nr, "Vector")->value, 0xf5);
	assert_string_equal(find(f, nr, "Type")->meaning, "external interrupt");
	nr = decode(KP_ISA_SVM, 0x7c, KP_EXIT_INFO1, 1, f);
	assert_string_equal(find(f, nr, "Write")->meaning, "WRMSR");
	nr = decode(KP_ISA_SVM, 0x7b, KP_EXIT_INFO1, 0x3f80211, f);
	assert_int_equal(find(f, nr, "PORT")->value, 0x3f8);
	assert_string_equal(find(f, nr, "TYPE")->meaning, "IN");
	nr = decode(KP_ISA_SVM, 0x400, KP_EXIT_INFO1, 0x100000006ull, f);
	assert_string_equal(find(f, nr, "RW")->meaning, "write");
	/* a number that is no bit field still has a name */
	assert_true(kp_arch_by_name("amd")->exit_datum(KP_ISA_SVM, 0x400, KP_EXIT_INFO2, &name,
						       &bits));
	assert_string_equal(name, "EXITINFO2");
	assert_null(bits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
