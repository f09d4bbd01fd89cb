// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_x86_pmu_test.c - src/guest/x86_pmu.c: what CPUID makes of the guest's PMU, and which MSRs
 * the guest is told to write, on made-up machines. No KVM.
 */
#include "kp_test.h"

#if defined(__x86_64__)

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guest/x86.h"

static struct kp_guest_page page;

static struct kvm_cpuid2 *cpuid_of(const struct kvm_cpuid_entry2 *entries, uint32_t nr)
{
	struct kvm_cpuid2 *cpuid = calloc(1, sizeof(*cpuid) + nr * sizeof(*entries));

	assert_non_null(cpuid);
	cpuid->nent = nr;
	memcpy(cpuid->entries, entries, nr * sizeof(*entries));
	return cpuid;
}

static void test_detect_intel(void **state)
{
	const struct kvm_cpuid_entry2 entries[] = {
		{ .function = 0, .ebx = 0x756e6547 },
		{ .function = 0xa, .eax = 2 | 8 << 8 | 48 << 16, .edx = 3 | 48 << 5 },
	};
	struct kp_guest guest = { .vm_fd = -1, .kvm_fd = -1 };
	struct kvm_cpuid2 *cpuid = cpuid_of(entries, 2);

	kp_guest_x86_pmu_detect(&guest, cpuid);
	assert_string_equal(guest.info.pmu, "intel");
	assert_true(guest.info.pmu_on);
	assert_int_equal(guest.info.pmu_version, 2);
	assert_int_equal(guest.info.nr_gp, 8);
	assert_int_equal(guest.info.nr_fixed, 3);
	assert_int_equal(guest.info.width, 48);

	/* off by request, and hidden from the guest */
	guest = (struct kp_guest){ .vm_fd = -1, .kvm_fd = -1, .conf = { .pmu = KP_GUEST_OFF } };
	kp_guest_x86_pmu_detect(&guest, cpuid);
	assert_false(guest.info.pmu_on);
	kp_guest_x86_pmu_hide(cpuid);
	assert_int_equal(cpuid->entries[1].eax, 0);
	assert_int_equal(cpuid->entries[1].edx, 0);
	guest = (struct kp_guest){ .vm_fd = -1, .kvm_fd = -1 };
	kp_guest_x86_pmu_detect(&guest, cpuid);
	assert_false(guest.info.pmu_on);
	free(cpuid);
}

static void test_detect_amd(void **state)
{
	const struct kvm_cpuid_entry2 entries[] = {
		{ .function = 0x80000001, .ecx = 1u << 23 },
		{ .function = 0x80000022, .eax = 1, .ebx = 6 },
	};
	struct kp_guest guest = { .vm_fd = -1, .kvm_fd = -1, .amd = true };
	struct kvm_cpuid2 *cpuid = cpuid_of(entries, 2);

	kp_guest_x86_pmu_detect(&guest, cpuid);
	assert_string_equal(guest.info.pmu, "amd-v2");
	assert_int_equal(guest.info.pmu_version, 2);
	assert_int_equal(guest.info.nr_gp, 6);
	kp_guest_x86_pmu_hide(cpuid);
	assert_int_equal(cpuid->entries[0].ecx, 0);
	/* no bit, and no KVM that would know better */
	guest = (struct kp_guest){ .vm_fd = -1, .kvm_fd = -1, .amd = true };
	kp_guest_x86_pmu_detect(&guest, cpuid);
	assert_false(guest.info.pmu_on);
	free(cpuid);
}

static void program(struct kp_guest *guest, const struct kp_guest_job *job)
{
	struct kp_vcpu vcpu = { .guest = guest, .page = &page };

	memset(&page, 0, sizeof(page));
	kp_guest_x86_pmu_job(&vcpu, job);
}

/* What a list leaves in a register; the position of the last write to it through @at. */
static uint64_t written(const struct kp_guest_write *list, uint64_t nr, uint32_t msr, uint64_t *at)
{
	uint64_t i;

	for (i = nr; i-- > 0;)
		if (list[i].reg == msr) {
			if (at)
				*at = i;
			return list[i].value;
		}
	fail_msg("nothing writes %#x", msr);
	return 0;
}

static const struct kp_guest_payload pmu_payload = { .name = "pmu", .pmu = true };

static void test_intel_all(void **state)
{
	struct kp_guest guest = {
		.info = { .pmu_on = true, .pmu_version = 2, .nr_gp = 8, .nr_fixed = 3, .width = 48 }
	};
	const struct kp_guest_job job = { .payload = &pmu_payload, .nr_counters = 11 };
	uint64_t at;

	program(&guest, &job);
	assert_int_equal(page.nr_counters, 11);
	assert_true(page.counter_mask == (1ull << 48) - 1);
	assert_int_equal(page.start[0].reg, 0x38f);
	assert_int_equal(page.start[0].value, 0);
	assert_true(written(page.start, page.nr_start, 0x38f, &at) == 0x7000000ffull);
	assert_int_equal(at, page.nr_start - 1);
	assert_int_equal(written(page.start, page.nr_start, 0x38d, NULL), 0x333);
	/* instructions, branches, cycles in turn; enabled in both rings */
	assert_int_equal(written(page.start, page.nr_start, 0x186, NULL), 0x4300c0);
	assert_int_equal(written(page.start, page.nr_start, 0x187, NULL), 0x4300c4);
	assert_int_equal(written(page.start, page.nr_start, 0x188, NULL), 0x43003c);
	assert_int_equal(written(page.start, page.nr_start, 0x189, NULL), 0x4300c0);
	assert_int_equal(written(page.start, page.nr_start, 0xc1 + 7, NULL), 0);
	assert_int_equal(page.counters[7].select, 7);
	assert_int_equal(page.counters[8].select, 1u << 30);
	assert_int_equal(page.counters[10].select, 1u << 30 | 2);
	/* the first thing that stops them stops all */
	assert_int_equal(page.halt[0].reg, 0x38f);
	assert_int_equal(written(page.halt, page.nr_halt, 0x38d, NULL), 0);
	assert_int_equal(written(page.halt, page.nr_halt, 0x186 + 7, NULL), 0);
}

static void test_amd_v2(void **state)
{
	struct kp_guest guest = {
		.amd = true, .info = { .pmu_on = true, .pmu_version = 2, .nr_gp = 6, .width = 48 }
	};
	const uint64_t events[] = { 0x2000000ffull | 0xab00, 0x76 };
	const struct kp_guest_job job = {
		.payload = &pmu_payload, .nr_counters = 3, .events = events, .nr_events = 2
	};

	program(&guest, &job);
	assert_int_equal(written(page.start, page.nr_start, 0xc0000301, NULL), 7);
	assert_true(written(page.start, page.nr_start, 0xc0010200, NULL) == 0x20043abffull);
	assert_int_equal(written(page.start, page.nr_start, 0xc0010202, NULL), 0x430076);
	assert_true(written(page.start, page.nr_start, 0xc0010204, NULL) == 0x20043abffull);
	assert_int_equal(written(page.start, page.nr_start, 0xc0010205, NULL), 0);
}

/* No global control: counters start one by one, counter 0 last. */
static void test_amd_legacy(void **state)
{
	struct kp_guest guest = {
		.amd = true, .info = { .pmu_on = true, .pmu_version = 1, .nr_gp = 4, .width = 48 }
	};
	const struct kp_guest_job job = { .payload = &pmu_payload, .nr_counters = 4 };
	uint64_t at;

	program(&guest, &job);
	assert_int_equal(page.nr_start, 8);
	assert_int_equal(written(page.start, page.nr_start, 0xc0010000, &at), 0x4300c0);
	assert_int_equal(at, 7);
	assert_int_equal(written(page.start, page.nr_start, 0xc0010004, NULL), 0);
	assert_int_equal(page.nr_halt, 4);
}

static void test_idle(void **state)
{
	struct kp_guest guest = {
		.info = { .pmu_on = true, .pmu_version = 2, .nr_gp = 4, .nr_fixed = 3, .width = 48 }
	};
	const struct kp_guest_job job = { .payload = &pmu_payload,
					  .nr_counters = 5,
					  .counters_idle = true };

	program(&guest, &job);
	assert_int_equal(written(page.start, page.nr_start, 0x186, NULL), 0x300c0);
	assert_int_equal(written(page.start, page.nr_start, 0x38d, NULL), 0);
}

static const struct kp_guest_payload pmi_payload = { .name = "pmi", .pmu = true, .pmi = true };

/* Counter 0 alone interrupts, from just before its overflow. */
static void test_pmi(void **state)
{
	struct kp_guest guest = {
		.info = { .pmu_on = true, .pmu_version = 2, .nr_gp = 4, .nr_fixed = 3, .width = 48 }
	};
	struct kp_guest_job job = { .payload = &pmi_payload, .nr_counters = 2, .period = 1000 };
	uint64_t lvt, enable;

	program(&guest, &job);
	assert_int_equal(written(page.start, page.nr_start, 0xc1, NULL), 0xffffffff - 999);
	assert_int_equal(written(page.start, page.nr_start, 0x186, NULL), 0x53003c);
	assert_int_equal(written(page.start, page.nr_start, 0x187, NULL), 0x4300c0);
	assert_int_equal(written(page.start, page.nr_start, 0xc2, NULL), 0);
	assert_int_equal(written(page.start, page.nr_start, 0x390, NULL), 1);
	assert_int_equal(written(page.start, page.nr_start, 0x834, &lvt), 0x21);
	assert_int_equal(written(page.start, page.nr_start, 0x38f, &enable), 3);
	assert_true(lvt < enable);

	guest.amd = true;
	guest.info.nr_gp = 6;
	job.nmi = true;
	job.period = 0;
	program(&guest, &job);
	assert_true(written(page.start, page.nr_start, 0xc0010201, NULL) == (1ull << 48) - 10000);
	assert_int_equal(written(page.start, page.nr_start, 0x834, NULL), 0x400);
	assert_int_equal(written(page.start, page.nr_start, 0xc0000302, NULL), 1);
	assert_true(page.flags & KP_FLAG_NMI);
}

/* The largest PMU that the table of counters can hold must fit into the lists. */
static void test_lists_hold_all(void **state)
{
	struct kp_guest guest = { .info = { .pmu_on = true,
					    .pmu_version = 2,
					    .nr_gp = 28,
					    .nr_fixed = 4,
					    .width = 48 } };
	const struct kp_guest_job job = { .payload = &pmu_payload,
					  .nr_counters = KP_GUEST_MAX_COUNTERS };

	program(&guest, &job);
	assert_true(page.nr_start < KP_START_MAX);
	assert_true(page.nr_halt < KP_HALT_MAX);
	assert_true(written(page.start, page.nr_start, 0x38f, NULL) == 0xf0fffffffull);
	assert_int_equal(page.nr_counters, KP_COUNTERS_MAX);
}

/* Registers and the bits that a write changes: none of them may start a counter. */
static void test_access(void **state)
{
	struct kp_guest intel = { .info = { .pmu_on = true, .pmu_version = 2, .nr_gp = 8 } };
	struct kp_guest amd = { .amd = true,
				.info = { .pmu_on = true, .pmu_version = 1, .nr_gp = 4 } };
	struct kp_guest_job job = { 0 };

	assert_int_equal(kp_guest_pmu_access(&intel, KP_GUEST_SELECTOR, KP_GUEST_WRITE, &job), 0);
	assert_int_equal(job.reg, 0x186);
	assert_true(job.set_reg && job.flip);
	assert_int_equal((job.value | job.flip) & 0x400000, 0);
	assert_int_equal(kp_guest_pmu_access(&intel, KP_GUEST_GLOBAL, KP_GUEST_READ, &job), 0);
	assert_int_equal(job.reg, 0x38f);
	assert_int_equal(kp_guest_pmu_access(&intel, KP_GUEST_COUNTER, KP_GUEST_RDPMC, &job), 0);
	assert_int_equal(job.reg, 0);
	assert_int_equal(kp_guest_pmu_access(&amd, KP_GUEST_COUNTER, KP_GUEST_WRITE, &job), 0);
	assert_int_equal(job.reg, 0xc0010004);
	/* no global control in version 1, RDPMC of counters only, nothing without a PMU */
	assert_int_equal(kp_guest_pmu_access(&amd, KP_GUEST_GLOBAL, KP_GUEST_READ, &job),
			 -EOPNOTSUPP);
	assert_int_equal(kp_guest_pmu_access(&amd, KP_GUEST_SELECTOR, KP_GUEST_RDPMC, &job),
			 -EOPNOTSUPP);
	amd.info.pmu_on = false;
	assert_int_equal(kp_guest_pmu_access(&amd, KP_GUEST_SELECTOR, KP_GUEST_READ, &job),
			 -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_access),	       cmocka_unit_test(test_detect_intel),
		cmocka_unit_test(test_detect_amd),     cmocka_unit_test(test_intel_all),
		cmocka_unit_test(test_amd_v2),	       cmocka_unit_test(test_amd_legacy),
		cmocka_unit_test(test_idle),	       cmocka_unit_test(test_pmi),
		cmocka_unit_test(test_lists_hold_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void test_elsewhere(void **state)
{
	kp_skip("src/guest/x86_pmu.c is compiled for x86-64 only");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_elsewhere) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
