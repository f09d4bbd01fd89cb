// SPDX-License-Identifier: GPL-2.0-only
/*
 * record_test.c - src/decode/record.c: which bytes of a record become which field of an event, for
 * sample layouts of all kinds, both byte orders, and records that are too short.
 */
#include "kp_test.h"

#include <stdlib.h>
#include <string.h>

#include "decode_helper.h"

static struct kp_meta meta_of(struct kp_attr *attrs, uint32_t nr, bool swapped)
{
	return (struct kp_meta){ .generation = 1,
				 .attrs = attrs,
				 .nr_attrs = nr,
				 .swapped = swapped,
				 .arch = (char *)"x86_64" };
}

static struct kp_decoder *decoder(const struct kp_meta *meta)
{
	struct kp_decoder *dec;

	assert_int_equal(kp_decoder_new(meta, &dec), 0);
	assert_non_null(dec);
	return dec;
}

#define FIXED                                                                     \
	(PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR | \
	 PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU | PERF_SAMPLE_PERIOD)

/* The fixed part of a sample with @type, every field with a value of its own. */
static void put_fixed(struct kp_maker *m, uint64_t type, uint64_t id)
{
	if (type & PERF_SAMPLE_IDENTIFIER)
		maker_u64(m, id);
	if (type & PERF_SAMPLE_IP)
		maker_u64(m, 0x1111);
	if (type & PERF_SAMPLE_TID) {
		maker_u32(m, 100);
		maker_u32(m, 101);
	}
	if (type & PERF_SAMPLE_TIME)
		maker_u64(m, 123456789);
	if (type & PERF_SAMPLE_ADDR)
		maker_u64(m, 0x2222);
	if (type & PERF_SAMPLE_ID)
		maker_u64(m, id);
	if (type & PERF_SAMPLE_STREAM_ID)
		maker_u64(m, 0x3333);
	if (type & PERF_SAMPLE_CPU) {
		maker_u32(m, 7);
		maker_u32(m, 0xffffffff);
	}
	if (type & PERF_SAMPLE_PERIOD)
		maker_u64(m, 4000);
}

static void check_sample(uint64_t type, bool swapped)
{
	struct kp_attr attr = {
		.attr = {.type = PERF_TYPE_HARDWARE, .sample_type = type},
		.name = (char *)"cycles"
	};
	struct kp_meta meta = meta_of(&attr, 1, swapped);
	struct kp_decoder *dec = decoder(&meta);
	struct kp_maker m = { .swapped = swapped };
	struct kp_event ev;
	struct kp_raw raw;
	uint32_t size;

	put_fixed(&m, type, 55);
	raw = maker_record(&m, PERF_RECORD_SAMPLE,
			   PERF_RECORD_MISC_GUEST_KERNEL | PERF_RECORD_MISC_EXACT_IP);
	assert_int_equal(kp_decode(dec, &raw, &ev), KP_DECODE_EVENT);
	assert_int_equal(ev.kind, KP_EV_SAMPLE);
	assert_int_equal(ev.mode, KP_MODE_GUEST_KERNEL);
	assert_int_equal(ev.flags, KP_F_PRECISE);
	assert_int_equal(ev.offset, 4096);
	assert_int_equal(!!(ev.valid & KP_HAS_TIME), !!(type & PERF_SAMPLE_TIME));
	assert_int_equal(ev.time_ns, type & PERF_SAMPLE_TIME ? 123456789 : 0);
	assert_int_equal(ev.ip, type & PERF_SAMPLE_IP ? 0x1111 : 0);
	assert_int_equal(ev.pid, type & PERF_SAMPLE_TID ? 100 : 0);
	assert_int_equal(ev.tid, type & PERF_SAMPLE_TID ? 101 : 0);
	assert_int_equal(!!(ev.valid & KP_HAS_CPU), !!(type & PERF_SAMPLE_CPU));
	assert_int_equal(ev.cpu, type & PERF_SAMPLE_CPU ? 7 : 0);
	assert_int_equal(ev.period, type & PERF_SAMPLE_PERIOD ? 4000 : 0);
	/* every shorter record is refused */
	size = raw.size;
	for (raw.size = 0; raw.size < size; raw.size++)
		assert_int_equal(kp_decode(dec, &raw, &ev), -EBADMSG);
	kp_decoder_free(dec);
}

static void test_layouts(void **state)
{
	uint64_t bit;

	check_sample(FIXED, false);
	check_sample(FIXED, true);
	check_sample(FIXED | PERF_SAMPLE_ID, false);
	check_sample(FIXED | PERF_SAMPLE_IDENTIFIER, true);
	check_sample(FIXED | PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_ID, false);
	for (bit = 1; bit <= FIXED; bit <<= 1)
		if (bit & FIXED)
			check_sample(FIXED & ~bit, false);
}

/* Two events told apart by id; an id that nobody has; id 0 is the first one's, as in perf. */
static void check_ids(uint64_t id_bit)
{
	uint64_t ids0[] = { 10, 11 }, ids1[] = { 20, UINT64_MAX };
	struct kp_attr attrs[2] = {
		{.attr = { .sample_type = FIXED | id_bit },  .ids = ids0, .nr_ids = 2},
		{ .attr = { .sample_type = FIXED | id_bit }, .ids = ids1, .nr_ids = 2},
	};
	static const struct {
		uint64_t id;
		int ret, attr;
	} cases[] = {
		{10,	      1,	 0},
		      { 20,	    1,       1},
		    { 11,	  1,	     0},
		{ UINT64_MAX, 1,	 1},
		{ 0,	     1,	0},
		      { 20,	    1,       1},
		    { 12,	  -ENOENT, 0},
		{ 11,	      1,	 0}
	};
	struct kp_meta meta = meta_of(attrs, 2, false);
	struct kp_decoder *dec = decoder(&meta);
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(cases); i++) {
		struct kp_maker m = { 0 };
		struct kp_event ev;
		struct kp_raw raw;

		put_fixed(&m, FIXED | id_bit, cases[i].id);
		raw = maker_record(&m, PERF_RECORD_SAMPLE, 0);
		assert_int_equal(kp_decode(dec, &raw, &ev), cases[i].ret);
		if (cases[i].ret == 1)
			assert_int_equal(ev.attr, cases[i].attr);
	}
	kp_decoder_free(dec);
}

static void test_ids(void **state)
{
	check_ids(PERF_SAMPLE_ID);
	check_ids(PERF_SAMPLE_IDENTIFIER);
}

static void test_no_attr(void **state)
{
	struct kp_meta meta = meta_of(NULL, 0, false);
	struct kp_decoder *dec = decoder(&meta);
	struct kp_maker m = { 0 };
	struct kp_event ev;
	struct kp_raw raw = maker_record(&m, PERF_RECORD_SAMPLE, 0);

	assert_int_equal(kp_decode(dec, &raw, &ev), -ENOENT);
	kp_decoder_free(dec);
}

/* Raw data behind READ and CALLCHAIN of every shape. */
static void check_before_raw(uint64_t read_format, unsigned int chain)
{
	const struct kp_format_file files[] = {
		{"kvm", "x86/kvm.kvm_entry", NULL },
		      { 0}
	};
	const uint64_t type =
		PERF_SAMPLE_TIME | PERF_SAMPLE_READ | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_RAW;
	struct kp_attr attr = {
		.attr = {.type = PERF_TYPE_TRACEPOINT,
			  .config = 1756,
			  .sample_type = type,
			  .read_format = read_format}
	};
	struct kp_meta meta = meta_of(&attr, 1, false);
	struct kp_maker m = { 0 };
	struct kp_decoder *dec;
	unsigned int i, words = 1;
	struct kp_event ev;
	struct kp_raw raw;
	uint32_t size;

	meta.tracing = make_tracing(files, false, &meta.tracing_size);
	dec = decoder(&meta);
	words += !!(read_format & PERF_FORMAT_ID) + !!(read_format & PERF_FORMAT_LOST);
	if (read_format & PERF_FORMAT_GROUP)
		words = 1 + 3 * words;
	words += !!(read_format & PERF_FORMAT_TOTAL_TIME_ENABLED) +
		 !!(read_format & PERF_FORMAT_TOTAL_TIME_RUNNING);
	maker_u64(&m, 5);
	for (i = 0; i < words; i++)
		maker_u64(&m, 3); /* nr of the group, and otherwise anything */
	maker_u64(&m, chain);
	for (i = 0; i < chain; i++)
		maker_u64(&m, 0xdead);
	maker_u32(&m, 36);
	i = (unsigned int)m.size;
	maker_at(&m, i + 8, 4, 3);
	maker_at(&m, i + 16, 8, 0xfff0);
	maker_at(&m, i + 32, 8, 0);
	raw = maker_record(&m, PERF_RECORD_SAMPLE, 0);
	assert_int_equal(kp_decode(dec, &raw, &ev), KP_DECODE_EVENT);
	assert_int_equal(ev.kind, KP_EV_ENTRY);
	assert_int_equal(ev.vcpu, 3);
	assert_int_equal(ev.ip, 0xfff0);
	size = raw.size;
	for (raw.size = 8; raw.size < size - 4; raw.size++)
		assert_int_equal(kp_decode(dec, &raw, &ev), -EBADMSG);
	kp_decoder_free(dec);
	free(meta.tracing);
}

static void test_before_raw(void **state)
{
	check_before_raw(0, 0);
	check_before_raw(PERF_FORMAT_ID | PERF_FORMAT_TOTAL_TIME_ENABLED, 5);
	check_before_raw(PERF_FORMAT_GROUP | PERF_FORMAT_ID, 1);
	check_before_raw(PERF_FORMAT_GROUP | PERF_FORMAT_ID | PERF_FORMAT_LOST |
				 PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
			 2);
}

/* Counts that lie about how much follows. */
static void test_absurd_counts(void **state)
{
	struct kp_attr attr = {
		.attr = {.type = PERF_TYPE_TRACEPOINT,
			  .config = 1756,
			  .sample_type = PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_RAW}
	};
	const struct kp_format_file files[] = {
		{"kvm", "x86/kvm.kvm_entry", NULL },
		      { 0}
	};
	static const uint64_t counts[] = { 100, 1ull << 61, UINT64_MAX };
	struct kp_meta meta = meta_of(&attr, 1, false);
	struct kp_decoder *dec;
	struct kp_event ev;
	struct kp_raw raw;
	size_t i;

	meta.tracing = make_tracing(files, false, &meta.tracing_size);
	dec = decoder(&meta);
	for (i = 0; i < KP_ARRAY_SIZE(counts); i++) {
		struct kp_maker m = { 0 };

		maker_u64(&m, counts[i]);
		maker_at(&m, 200, 8, 0);
		raw = maker_record(&m, PERF_RECORD_SAMPLE, 0);
		assert_int_equal(kp_decode(dec, &raw, &ev), -EBADMSG);
		m = (struct kp_maker){ 0 };
		maker_u64(&m, 0);
		maker_u32(&m, (uint32_t)counts[i] | 0x80000000);
		maker_at(&m, 200, 8, 0);
		raw = maker_record(&m, PERF_RECORD_SAMPLE, 0);
		assert_int_equal(kp_decode(dec, &raw, &ev), -EBADMSG);
	}
	kp_decoder_free(dec);
	free(meta.tracing);
}

/* ---- other records ---- */

static const struct perf_event_attr id_all = {
	.sample_type =
		PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU | PERF_SAMPLE_IDENTIFIER,
	.sample_id_all = 1,
};

static void put_trailer(struct kp_maker *m, uint64_t time)
{
	maker_u32(m, 500);
	maker_u32(m, 501);
	maker_u64(m, time);
	maker_u32(m, 9);
	maker_u32(m, 0);
	maker_u64(m, 77);
}

static void check_comm(bool swapped)
{
	struct kp_attr attr = { .attr = id_all };
	struct kp_meta meta = meta_of(&attr, 1, swapped);
	struct kp_decoder *dec = decoder(&meta);
	struct kp_maker m = { .swapped = swapped };
	const struct kp_side *side;
	struct kp_event ev, again;
	struct kp_raw raw;

	maker_u32(&m, 42);
	maker_u32(&m, 43);
	maker_bytes(&m, "CPU 0/KVM\0\0\0\0\0\0", 16);
	put_trailer(&m, 1234);
	raw = maker_record(&m, PERF_RECORD_COMM,
			   PERF_RECORD_MISC_COMM_EXEC | PERF_RECORD_MISC_USER);
	assert_int_equal(kp_decode(dec, &raw, &ev), KP_DECODE_EVENT);
	assert_int_equal(ev.kind, KP_EV_TASK);
	assert_int_equal(ev.code, PERF_RECORD_COMM);
	assert_int_equal(ev.pid, 42);
	assert_int_equal(ev.tid, 43);
	assert_int_equal(ev.time_ns, 1234);
	assert_int_equal(ev.cpu, 9);
	side = kp_decoder_side(dec, ev.value);
	assert_non_null(side);
	assert_string_equal(side->name, "CPU 0/KVM");
	assert_true(side->exec);
	assert_int_equal(side->tid, 43);
	assert_int_equal(kp_decode(dec, &raw, &again), KP_DECODE_EVENT);
	assert_int_equal(again.value, ev.value); /* stored once */
	assert_null(kp_decoder_side(dec, ev.value + 1));
	kp_decoder_free(dec);
}

static void test_comm(void **state)
{
	check_comm(false);
	check_comm(true);
}

static void test_maps(void **state)
{
	struct kp_attr attr = { .attr = id_all };
	struct kp_meta meta = meta_of(&attr, 1, false);
	struct kp_decoder *dec = decoder(&meta);
	static const uint32_t types[] = { PERF_RECORD_MMAP, PERF_RECORD_MMAP2 };
	const struct kp_side *side;
	struct kp_event ev;
	size_t i;

	for (i = 0; i < 2; i++) {
		struct kp_maker m = { 0 };
		struct kp_raw raw;

		maker_u32(&m, 42);
		maker_u32(&m, 42);
		maker_u64(&m, 0x400000);
		maker_u64(&m, 0x1000);
		maker_u64(&m, 0x2000);
		if (types[i] == PERF_RECORD_MMAP2)
			maker_at(&m, m.size + 24, 8, 0);
		maker_bytes(&m, "/bin/true\0\0\0\0\0\0", 16);
		put_trailer(&m, 0);
		raw = maker_record(&m, types[i], PERF_RECORD_MISC_USER);
		assert_int_equal(kp_decode(dec, &raw, &ev), KP_DECODE_EVENT);
		assert_false(ev.valid & (KP_HAS_TIME | KP_HAS_CPU));
		side = kp_decoder_side(dec, ev.value);
		assert_non_null(side);
		assert_string_equal(side->name, "/bin/true");
		assert_int_equal(side->addr, 0x400000);
		assert_int_equal(side->len, 0x1000);
		assert_int_equal(side->pgoff, 0x2000);
		assert_int_equal(side->mode, KP_MODE_HOST_USER);
	}
	kp_decoder_free(dec);
}

static void test_numbers(void **state)
{
	static const struct {
		uint32_t type;
		uint16_t kind;
		uint64_t value;
		uint32_t min;
	} cases[] = {
		{PERF_RECORD_LOST,	    KP_EV_LOST,		17, 16},
		{ PERF_RECORD_LOST_SAMPLES, KP_EV_LOST_SAMPLES, 16, 8 },
		{ PERF_RECORD_THROTTLE,	KP_EV_THROTTLE,	1,  0 },
		{ PERF_RECORD_UNTHROTTLE,	  KP_EV_THROTTLE,	  0,  0 },
	};
	struct kp_attr attr = { .attr = id_all };
	struct kp_meta meta = meta_of(&attr, 1, false);
	struct kp_decoder *dec = decoder(&meta);
	struct kp_event ev;
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(cases); i++) {
		struct kp_maker m = { 0 };
		struct kp_raw raw;

		maker_u64(&m, 16);
		maker_u64(&m, 17);
		maker_u64(&m, 18);
		put_trailer(&m, 99);
		raw = maker_record(&m, cases[i].type, 0);
		assert_int_equal(kp_decode(dec, &raw, &ev), KP_DECODE_EVENT);
		assert_int_equal(ev.kind, cases[i].kind);
		assert_int_equal(ev.value, cases[i].value);
		assert_int_equal(ev.time_ns, 99);
		assert_int_equal(ev.tid, 501);
		for (raw.size = 0; raw.size < 8 + cases[i].min + 32; raw.size++)
			assert_int_equal(kp_decode(dec, &raw, &ev), -EBADMSG);
	}
	kp_decoder_free(dec);
}

static void test_fork_and_others(void **state)
{
	struct kp_attr attr = { .attr = id_all };
	struct kp_meta meta = meta_of(&attr, 1, false);
	struct kp_decoder *dec = decoder(&meta);
	struct kp_maker m = { 0 };
	struct kp_event ev;
	struct kp_raw raw;
	uint32_t type;

	maker_u32(&m, 10);
	maker_u32(&m, 1);
	maker_u32(&m, 11);
	maker_u32(&m, 2);
	maker_u64(&m, 5555);
	put_trailer(&m, 99);
	raw = maker_record(&m, PERF_RECORD_FORK, 0);
	assert_int_equal(kp_decode(dec, &raw, &ev), KP_DECODE_EVENT);
	assert_int_equal(ev.code, PERF_RECORD_FORK);
	assert_int_equal(ev.pid, 10);
	assert_int_equal(ev.tid, 11);
	assert_int_equal(ev.extra, 1);
	assert_false(ev.valid & KP_HAS_VALUE);
	/* whatever else there is, now or in later kernels, is no error */
	for (type = PERF_RECORD_MAX; type < 300; type++) {
		raw.type = type;
		assert_int_equal(kp_decode(dec, &raw, &ev),
				 type == 68 ? KP_DECODE_ROUND : KP_DECODE_NONE);
	}
	kp_decoder_free(dec);
}

/* A million different names: bounded, and said once. */
static void test_side_bounded(void **state)
{
	struct kp_attr attr = { .attr = id_all };
	struct kp_meta meta = meta_of(&attr, 1, false);
	struct kp_decoder *dec = decoder(&meta);
	struct kp_event ev = { 0 };
	uint32_t i, stored = 0;

	for (i = 0; i < 300000; i++) {
		struct kp_maker *m = calloc(1, sizeof(*m));
		char comm[16];
		struct kp_raw raw;

		snprintf(comm, sizeof(comm), "task%u", i);
		maker_u32(m, i);
		maker_u32(m, i);
		maker_bytes(m, comm, sizeof(comm));
		put_trailer(m, 1 + i);
		raw = maker_record(m, PERF_RECORD_COMM, 0);
		assert_int_equal(kp_decode(dec, &raw, &ev), KP_DECODE_EVENT);
		stored += !!(ev.valid & KP_HAS_VALUE);
		free(m);
	}
	assert_in_range(stored, 65536, 200000);
	assert_false(ev.valid & KP_HAS_VALUE);
	assert_non_null(kp_decoder_warning(dec, 0));
	assert_null(kp_decoder_warning(dec, 1));
	kp_decoder_free(dec);
}

/* A pipe: the attr comes after the decoder was made. */
static void test_generation(void **state)
{
	struct kp_attr attr = { .attr = { .sample_type = FIXED } };
	struct kp_meta meta = { .generation = 1, .pipe = true };
	struct kp_decoder *dec = decoder(&meta);
	struct kp_maker m = { 0 };
	struct kp_event ev;
	struct kp_raw raw;

	put_fixed(&m, FIXED, 0);
	raw = maker_record(&m, PERF_RECORD_SAMPLE, 0);
	assert_int_equal(kp_decode(dec, &raw, &ev), -ENOENT);
	meta.attrs = &attr;
	meta.nr_attrs = 1;
	meta.generation++;
	assert_int_equal(kp_decode(dec, &raw, &ev), KP_DECODE_EVENT);
	assert_int_equal(ev.tid, 101);
	kp_decoder_free(dec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_no_attr),
		cmocka_unit_test(test_before_raw),
		cmocka_unit_test(test_absurd_counts),
		cmocka_unit_test(test_comm),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_fork_and_others),
		cmocka_unit_test(test_side_bounded),
		cmocka_unit_test(test_generation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
