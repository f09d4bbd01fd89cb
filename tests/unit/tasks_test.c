// SPDX-License-Identifier: GPL-2.0-only
/*
 * tasks_test.c - src/cmd/tasks.c: names of threads, and the vCPUs that they tell.
 */
#include "kp_test.h"

#include <string.h>

#include "cmd/tasks.h"

static void assert_vcpu(const char *comm, int64_t want)
{
	uint32_t vcpu = UINT32_MAX;
	bool known = kp_tasks_vcpu(comm, &vcpu);

	assert_int_equal(known ? (int64_t)vcpu : -1, want);
}

static void test_vcpu(void **state)
{
	(void)state;
	assert_vcpu("CPU 0/KVM", 0);
	assert_vcpu("CPU 127/KVM", 127);
	assert_vcpu("CPU 3/TCG", 3);
	assert_vcpu("fc_vcpu 2", 2);
	assert_vcpu("vcpu5", 5);
	assert_vcpu("crosvm_vcpu12", 12);
	assert_vcpu("kvm-vcpu-7", 7);
	assert_vcpu("CPU 0", 0);
	assert_vcpu("CPU x/KVM", -1);
	assert_vcpu("CPU 1/KVMX", -1);
	assert_vcpu("vcpu", -1);
	assert_vcpu("vcpu1x", -1);
	assert_vcpu("vcpu999999999", -1);
	assert_vcpu("qemu-system-x86", -1);
	assert_vcpu("", -1);
}

static void test_names(void **state)
{
	struct kp_tasks t = { 0 };
	uint32_t i;

	(void)state;
	assert_null(kp_tasks_comm(&t, 1));
	kp_tasks_fork(&t, 2, 1); /* nothing is known of 1 */
	assert_null(kp_tasks_comm(&t, 2));
	kp_tasks_learn(&t, 1, "sh");
	for (i = 2; i < 100; i++)
		kp_tasks_fork(&t, i, i - 1);
	assert_string_equal(kp_tasks_comm(&t, 99), "sh");
	kp_tasks_learn(&t, 1, "a name of many more than fifteen bytes");
	assert_string_equal(kp_tasks_comm(&t, 1), "a name of many ");
	assert_string_equal(kp_tasks_comm(&t, 2), "sh");
	kp_tasks_free(&t);
}

static void test_bound(void **state)
{
	struct kp_tasks t = { 0 };
	uint32_t i;

	(void)state;
	for (i = 0; i < 100000; i++)
		kp_tasks_learn(&t, i, "x");
	assert_int_equal(t.comms.nr, 65536);
	assert_null(kp_tasks_comm(&t, 99999));
	kp_tasks_learn(&t, 5, "y");
	assert_string_equal(kp_tasks_comm(&t, 5), "y");
	kp_tasks_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vcpu),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
