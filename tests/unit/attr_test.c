// SPDX-License-Identifier: GPL-2.0-only
/*
 * attr_test.c - src/data/attr.c: attributes of any size and either byte order. The foreign flag
 * words are what a compiler for s390x makes of struct perf_event_attr, on a little-endian machine.
 */
#include "kp_test.h"

#include <string.h>

#include "data/meta.h"
#include "variant_helper.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* exclude_user, precise_ip = 2, sample_id_all */
static const uint8_t foreign_flags1[8] = { 0x08, 0x01, 0x20 };
/* disabled, precise_ip = 1 */
static const uint8_t foreign_flags2[8] = { 0x80, 0x00, 0x80 };
#else
static const uint8_t foreign_flags1[8] = { 0x10, 0x00, 0x05 };
static const uint8_t foreign_flags2[8] = { 0x01, 0x80, 0x00 };
#endif

static void test_foreign_flags(void **state)
{
	struct perf_event_attr attr;
	uint8_t bytes[64] = { 0 };

	(void)state;
	memcpy(bytes + 40, foreign_flags1, sizeof(foreign_flags1));
	kp_attr_decode(bytes, sizeof(bytes), true, &attr);
	assert_int_equal(attr.exclude_user, 1);
	assert_int_equal(attr.precise_ip, 2);
	assert_int_equal(attr.sample_id_all, 1);
	attr.exclude_user = attr.precise_ip = attr.sample_id_all = 0;
	attr.size = 0;
	assert_memory_equal(&attr, &(struct perf_event_attr){ 0 }, sizeof(attr));

	memcpy(bytes + 40, foreign_flags2, sizeof(foreign_flags2));
	kp_attr_decode(bytes, sizeof(bytes), true, &attr);
	assert_int_equal(attr.disabled, 1);
	assert_int_equal(attr.precise_ip, 1);
	assert_int_equal(attr.exclude_user, 0);
}

static void fill(struct perf_event_attr *attr)
{
	uint64_t flags = 0x5a5a1234c3c3ull;

	*attr = (struct perf_event_attr){
		.type = 0x01020304,
		.config = 0x1112131415161718,
		.sample_period = 0x2122232425262728,
		.sample_type = 0x3132333435363738,
		.read_format = 0x4142434445464748,
		.wakeup_events = 0x51525354,
		.bp_type = 0x61626364,
		.config1 = 0x7172737475767778,
		.config2 = 0x8182838485868788,
		.branch_sample_type = 0x9192939495969798,
		.sample_regs_user = 0xa1a2a3a4a5a6a7a8,
		.sample_stack_user = 0xb1b2b3b4,
		.clockid = 0x41424344,
		.sample_regs_intr = 0xc1c2c3c4c5c6c7c8,
		.aux_watermark = 0xd1d2d3d4,
		.sample_max_stack = 0xe1e2,
		.aux_sample_size = 0xf1f2f3f4,
		.sig_data = 0x0102030405060708,
	};
	memcpy((uint8_t *)attr + 40, &flags, sizeof(flags));
}

/* Every size perf had, and one nobody has yet: what is there is right, the rest is zero. */
static void test_sizes(void **state)
{
	static const size_t sizes[] = { 64, 72, 80, 96, 104, 112, 120, 128, 136, 144, 400 };
	struct perf_event_attr want, full, got;
	uint8_t bytes[400];
	size_t i, have;
	int swap;

	(void)state;
	fill(&full);
	for (i = 0; i < KP_ARRAY_SIZE(sizes); i++)
		for (swap = 0; swap < 2; swap++) {
			have = kp_min_u64(sizes[i], sizeof(full));
			memset(&want, 0, sizeof(want));
			memcpy(&want, &full, have);
			want.size = (uint32_t)have;
			memset(bytes, 0xee, sizeof(bytes));
			if (swap)
				variant_swap_attr(&full, bytes, sizes[i]);
			else
				memcpy(bytes, &full, have);
			if (!swap && sizes[i] > sizeof(full))
				continue;
			kp_attr_decode(bytes, sizes[i], swap, &got);
			assert_memory_equal(&got, &want, sizeof(got));
		}
}

static void test_recorded_size(void **state)
{
	struct perf_event_attr attr = { .size = 0 };

	(void)state;
	assert_int_equal(kp_attr_bytes_size(&attr, false), 64);
	attr.size = 112;
	assert_int_equal(kp_attr_bytes_size(&attr, false), 112);
	attr.size = 0x70000000;
	assert_int_equal(kp_attr_bytes_size(&attr, true), 112);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_foreign_flags),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_recorded_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
