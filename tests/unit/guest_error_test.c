// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_error_test.c - src/guest/error.c: KVM's failures in words, on made-up vCPUs without a file
 * descriptor. What is said must name the vCPU and the cause, and never overflow.
 */
#include "kp_test.h"

#include <errno.h>
#include <string.h>

#include "guest/vm.h"

static struct kp_guest guest = { .vm_fd = -1, .kvm_fd = -1 };
static struct kp_guest_page page;

static struct kp_vcpu made_up(struct kvm_run *run, uint32_t reason)
{
	memset(run, 0, sizeof(*run));
	run->exit_reason = reason;
	return (struct kp_vcpu){ .guest = &guest, .index = 3, .fd = -1, .run = run, .page = &page };
}

static void assert_says(const struct kp_guest_error *error, const char *what)
{
	if (!strstr(error->msg, what))
		fail_msg("'%s' is not in: %s", what, error->msg);
}

static void test_names(void **state)
{
	assert_string_equal(kp_guest_exit_name(KVM_EXIT_IO), "IO");
	assert_string_equal(kp_guest_exit_name(KVM_EXIT_UNKNOWN), "UNKNOWN");
	assert_string_equal(kp_guest_exit_name(39), "MEMORY_FAULT");
	assert_null(kp_guest_exit_name(40));
	assert_null(kp_guest_exit_name(UINT32_MAX));
}

static void test_first_failure_stays(void **state)
{
	struct kp_guest_error error = { .vcpu = -1 };

	assert_int_equal(kp_guest_fail(&error, 1, ENOENT, "one %d", 1), -ENOENT);
	assert_int_equal(kp_guest_fail(&error, 2, EPERM, "two"), -ENOENT);
	assert_int_equal(error.vcpu, 1);
	assert_string_equal(error.msg, "one 1");
}

static void test_success_is_no_reason(void **state)
{
	struct kp_guest_error error = { .vcpu = -1 };

	/* an errno of 0 must not make a failure look like success */
	assert_int_equal(kp_guest_fail(&error, -1, 0, "x"), -EIO);
}

static void test_long_message(void **state)
{
	struct kp_guest_error error = { .vcpu = -1 };
	char word[101] = "";
	int i;

	memset(word, 'w', sizeof(word) - 1);
	kp_guest_fail(&error, -1, EIO, "start");
	for (i = 0; i < 100; i++)
		kp_guest_error_add(&error, "%s", word);
	assert_int_equal(strlen(error.msg), sizeof(error.msg) - 1);
	assert_says(&error, "startwww");
}

static void test_fail_entry(void **state)
{
	struct kp_guest_error error = { .vcpu = -1 };
	struct kvm_run run;
	struct kp_vcpu vcpu = made_up(&run, KVM_EXIT_FAIL_ENTRY);

	run.fail_entry.hardware_entry_failure_reason = 0x80000021;
	run.fail_entry.cpu = 17;
	assert_int_equal(kp_guest_explain(&vcpu, &error), -EIO);
	assert_int_equal(error.vcpu, 3);
	assert_says(&error, "vCPU 3");
	assert_says(&error, "KVM_EXIT_FAIL_ENTRY on CPU 17");
	assert_says(&error, "0x80000021: ");
#if defined(__x86_64__)
	assert_says(&error, "VMX calls the guest's state invalid");
	assert_string_equal(kp_guest_arch_fail_entry(UINT64_MAX),
			    "SVM calls the guest's state invalid");
#elif defined(__aarch64__)
	assert_non_null(strstr(kp_guest_arch_fail_entry(1), "PMU does not cover"));
#endif
}

static void test_internal_error(void **state)
{
	struct kp_guest_error error = { .vcpu = -1 };
	struct kvm_run run;
	struct kp_vcpu vcpu = made_up(&run, KVM_EXIT_INTERNAL_ERROR);

	run.internal.suberror = KVM_INTERNAL_ERROR_EMULATION;
	run.internal.ndata = 2;
	run.internal.data[0] = 0xabc;
	run.internal.data[1] = 0xdef;
	assert_int_equal(kp_guest_explain(&vcpu, &error), -EIO);
	assert_says(&error, "cannot emulate");
	assert_says(&error, "0xabc 0xdef");
}

static void test_internal_error_absurd(void **state)
{
	struct kp_guest_error error = { .vcpu = -1 };
	struct kvm_run run;
	struct kp_vcpu vcpu = made_up(&run, KVM_EXIT_INTERNAL_ERROR);

	run.internal.suberror = UINT32_MAX;
	run.internal.ndata = UINT32_MAX;
	assert_int_equal(kp_guest_explain(&vcpu, &error), -EIO);
	assert_says(&error, "unknown kind");
}

static void test_shutdown(void **state)
{
	struct kp_guest_error error = { .vcpu = -1 };
	struct kvm_run run;
	struct kp_vcpu vcpu = made_up(&run, KVM_EXIT_SHUTDOWN);

	assert_int_equal(kp_guest_explain(&vcpu, &error), -EIO);
	assert_says(&error, "KVM_EXIT_SHUTDOWN (triple fault)");
}

static void test_unexpected(void **state)
{
	struct kp_guest_error error = { .vcpu = -1 };
	struct kvm_run run;
	struct kp_vcpu vcpu = made_up(&run, KVM_EXIT_MMIO);

	run.mmio.phys_addr = 0xdead000;
	run.mmio.len = 4;
	run.mmio.is_write = 1;
	assert_int_equal(kp_guest_explain(&vcpu, &error), -EIO);
	assert_says(&error, "unexpected exit 6 (KVM_EXIT_MMIO), write of 4 bytes");
	assert_says(&error, "0xdead000");

	error.err = 0;
	vcpu = made_up(&run, 12345);
	kp_guest_explain(&vcpu, &error);
	assert_says(&error, "unexpected exit 12345");
}

static void test_hang(void **state)
{
	struct kp_guest_error error = { .vcpu = -1 };
	struct kvm_run run;
	struct kp_vcpu vcpu = made_up(&run, KVM_EXIT_UNKNOWN);

	page.iter_done = 77;
	assert_int_equal(kp_guest_explain_hang(&vcpu, 2500000000ull, &error), -ETIMEDOUT);
	assert_says(&error, "vCPU 3: no progress for 2.5 s after 77 iterations");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_first_failure_stays),
		cmocka_unit_test(test_success_is_no_reason),
		cmocka_unit_test(test_long_message),
		cmocka_unit_test(test_fail_entry),
		cmocka_unit_test(test_internal_error),
		cmocka_unit_test(test_internal_error_absurd),
		cmocka_unit_test(test_shutdown),
		cmocka_unit_test(test_unexpected),
		cmocka_unit_test(test_hang),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
