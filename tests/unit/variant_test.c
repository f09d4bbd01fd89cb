// SPDX-License-Identifier: GPL-2.0-only
/*
 * variant_test.c - the reader on one recording in all the ways that perf.data files differ, whole
 * and cut at every byte.
 */
#include "kp_test.h"

#include <byteswap.h>
#include <string.h>
#include <unistd.h>

#include "data/format.h"
#include "data_helper.h"
#include "variant_helper.h"

#define LAB KP_TESTS_DIR "/data/lab-pmi-amd-mediated/perf.data"

static const struct variant_opts variants[] = {
	{ 0 },
	{ .pipe = true },
	{ .attr_size = 64 },
	{ .attr_size = 72, .pipe = true },
	{ .attr_size = 200 },
	{ .swap = true },
	{ .swap = true, .pipe = true },
	{ .swap = true, .attr_size = 96 },
	{ .swap = true, .long32 = true },
	{ .compressed = 81, .level = 1 },
	{ .compressed = 83, .level = 3 },
	{ .compressed = 81, .level = 1, .pipe = true },
	{ .compressed = 83, .level = 19, .pipe = true },
	{ .compressed = 83, .level = 1, .swap = true },
	{ .event_types = true },
	{ .event_types = true, .pipe = true, .attr_size = 80 },
	{ .event_types = true, .magic1 = true, .attr_size = 80 },
	{ .event_types = true, .magic1 = true, .no_features = true, .attr_size = 64 },
	{ .event_types = true, .magic1 = true, .no_features = true, .swap = true },
};

static void make(const struct variant_opts *opts, struct kp_buf *file)
{
	int fd = data_memfd(NULL, 0);
	char err[256];

	if (variant_write(LAB, fd, opts, err, sizeof(err)))
		fail_msg("%s", err);
	data_unload(fd, file);
	close(fd);
}

static void check_attrs(const struct kp_meta *got, const struct kp_meta *want,
			const struct variant_opts *o)
{
	uint32_t i, size = (uint32_t)sizeof(struct perf_event_attr);
	struct perf_event_attr a, b;

	if (o->attr_size && o->attr_size < size)
		size = o->attr_size;
	assert_int_equal(got->nr_attrs, want->nr_attrs);
	for (i = 0; i < want->nr_attrs; i++) {
		a = got->attrs[i].attr;
		b = want->attrs[i].attr;
		a.size = b.size = 0;
		assert_memory_equal(&a, &b, size);
		assert_int_equal(got->attrs[i].nr_ids, want->attrs[i].nr_ids);
		assert_memory_equal(got->attrs[i].ids, want->attrs[i].ids,
				    want->attrs[i].nr_ids * sizeof(uint64_t));
		if (!want->attrs[i].system)
			continue;
		assert_string_equal(got->attrs[i].name, want->attrs[i].name);
		assert_string_equal(got->attrs[i].system, want->attrs[i].system);
		assert_string_equal(got->attrs[i].event, want->attrs[i].event);
	}
}

static void check_features(const struct kp_meta *got, const struct kp_meta *want)
{
	assert_string_equal(got->hostname, want->hostname);
	assert_string_equal(got->cpuid, want->cpuid);
	assert_string_equal(got->cmdline, want->cmdline);
	assert_int_equal(got->nr_cpus_avail, want->nr_cpus_avail);
	assert_int_equal(got->total_mem_kb, want->total_mem_kb);
	assert_int_equal(got->sample_first_ns, want->sample_first_ns);
	assert_int_equal(got->nr_pmus, want->nr_pmus);
	assert_int_equal(got->pmus[7].type, want->pmus[7].type);
	assert_string_equal(got->pmus[7].name, want->pmus[7].name);
	assert_int_equal(got->topology.nr_threads, 2);
	assert_string_equal(got->topology.threads[1], "1");
	assert_int_equal(got->topology.cpus[1].core_id, 1);
	assert_int_equal(got->topology.nr_dies, want->topology.nr_dies);
	assert_int_equal(got->long_size, 8);
}

static bool left_out(uint32_t type, const struct variant_opts *o)
{
	/* An update at the start of a pipe is for the reader alone; a swap leaves maps out. */
	return type == KP_RECORD_EVENT_UPDATE || (o->swap && (type == 73 || type == 74));
}

static int next_wanted(struct kp_source *src, struct kp_raw *raw, const struct variant_opts *o)
{
	int ret;

	do {
		ret = kp_source_next(src, raw);
	} while (ret > 0 && left_out(raw->type, o));
	return ret;
}

static void check_records(struct kp_source *src, struct kp_source *lab,
			  const struct variant_opts *o)
{
	struct kp_raw got, want;
	uint64_t last = 0;
	uint32_t size;
	int ret;

	while ((ret = next_wanted(src, &got, o)) > 0) {
		assert_int_equal(next_wanted(lab, &want, o), 1);
		assert_int_equal(got.type, want.type);
		assert_int_equal(got.misc, want.misc);
		assert_int_equal(got.size, want.size);
		assert_true(got.offset > last);
		last = got.offset;
		if (!o->swap) {
			assert_memory_equal(got.data, want.data, want.size);
			continue;
		}
		/* Bytes are as recorded: the header still is the other way round. */
		memcpy(&size, got.data, sizeof(size));
		assert_int_equal(bswap_32(size), want.type);
	}
	assert_int_equal(ret, 0);
	assert_string_equal(kp_source_error(src), "");
	assert_int_equal(next_wanted(lab, &want, o), 0);
}

static void test_variants(void **state)
{
	struct kp_source *src, *lab;
	struct kp_buf file;
	char err[256];
	size_t i;

	(void)state;
	for (i = 0; i < KP_ARRAY_SIZE(variants); i++) {
		const struct variant_opts *o = &variants[i];

		make(o, &file);
		assert_int_equal(kp_perfdata_open(LAB, &lab, err, sizeof(err)), 0);
		src = data_open(file.data, file.len, err, sizeof(err));
		if (!src)
			fail_msg("variant %zu: %s", i, err);
		assert_int_equal(src->meta.swapped, o->swap);
		assert_int_equal(src->meta.bigendian,
				 o->swap != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__));
		assert_int_equal(src->meta.pipe, o->pipe);
		check_attrs(&src->meta, &lab->meta, o);
		if (!o->no_features)
			check_features(&src->meta, &lab->meta);
		check_records(src, lab, o);
		kp_buf_free(&file);
		kp_source_free(src);
		kp_source_free(lab);
	}
}

/*
 * Few records, so that there is time to cut at every byte. A cut file either is refused with a
 * message, or gives the first records of the whole one.
 */
static void check_every_cut(const struct variant_opts *opts)
{
	struct data_records whole, got;
	struct kp_source *src;
	unsigned int last = 0;
	struct kp_buf file;
	char err[256];
	size_t cut;

	make(opts, &file);
	src = data_open(file.data, file.len, err, sizeof(err));
	assert_non_null(src);
	data_read_all(src, &whole);
	assert_int_equal(whole.result, 0);
	kp_source_free(src);
	for (cut = 0; cut < file.len; cut++) {
		src = data_open(file.data, cut, err, sizeof(err));
		if (!src)
			continue;
		data_read_all(src, &got);
		assert_true(got.result == -EBADMSG || (opts->pipe && !got.result));
		assert_true(got.nr >= last && got.bytes.len <= whole.bytes.len);
		if (got.bytes.len)
			assert_memory_equal(got.bytes.data, whole.bytes.data, got.bytes.len);
		last = got.nr;
		kp_buf_free(&got.bytes);
		kp_source_free(src);
	}
	/* The one compressed record of a short pipe comes whole or not at all. */
	assert_true(last > 0 || (opts->compressed && opts->pipe));
	kp_buf_free(&whole.bytes);
	kp_buf_free(&file);
}

static void test_cut_at_every_byte(void **state)
{
	(void)state;
	check_every_cut(&(struct variant_opts){ .max_records = 30 });
	check_every_cut(&(struct variant_opts){ .max_records = 30, .pipe = true });
	check_every_cut(&(struct variant_opts){ .max_records = 30, .swap = true });
	check_every_cut(&(struct variant_opts){ .max_records = 30, .compressed = 81, .level = 1 });
	check_every_cut(&(struct variant_opts){
		.max_records = 30, .compressed = 83, .level = 1, .pipe = true });
	check_every_cut(&(struct variant_opts){
		.max_records = 30, .no_features = true, .event_types = true, .magic1 = true });
}

/* perf record killed: data.size was never filled in, and no features follow. */
static void test_size_zero(void **state)
{
	struct variant_opts opts = { .size_zero = true, .no_features = true };
	struct kp_source *src;
	struct data_records got;
	struct kp_buf file;
	char err[256];

	(void)state;
	make(&opts, &file);
	src = data_open(file.data, file.len, err, sizeof(err));
	assert_non_null(src);
	assert_true(src->meta.truncated);
	assert_int_equal(src->meta.data_size_bytes, 0);
	data_read_all(src, &got);
	assert_int_equal(got.result, 0);
	assert_int_equal(got.nr + got.rounds + got.updates, 6506);
	kp_buf_free(&got.bytes);
	kp_buf_free(&file);
	kp_source_free(src);
}

/* Through a real pipe, in small pieces; and what cannot come through one says so. */
static void test_real_pipe(void **state)
{
	struct variant_opts modes[] = { { .pipe = true, .max_records = 100 },
					{ .max_records = 100 } };
	char err[256];
	size_t i, at;

	(void)state;
	for (i = 0; i < KP_ARRAY_SIZE(modes); i++) {
		struct kp_source *src = NULL;
		struct data_records got;
		struct kp_buf file;
		int fds[2], ret;

		make(&modes[i], &file);
		assert_int_equal(pipe(fds), 0);
		/* All of it fits the pipe's buffer of 64 KiB. */
		assert_in_range(file.len, 1, 65536);
		for (at = 0; at < file.len; at += 777)
			assert_true(write(fds[1], file.data + at,
					  kp_min_u64(777, file.len - at)) > 0);
		close(fds[1]);
		ret = kp_perfdata_open_fd(fds[0], "stdin", &src, err, sizeof(err));
		if (modes[i].pipe) {
			assert_int_equal(ret, 0);
			data_read_all(src, &got);
			assert_int_equal(got.nr + got.rounds, 100 - 9);
			kp_buf_free(&got.bytes);
		} else {
			assert_int_equal(ret, -ESPIPE);
			assert_non_null(strstr(err, "pipe"));
		}
		kp_source_free(src);
		kp_buf_free(&file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_variants),
		cmocka_unit_test(test_cut_at_every_byte),
		cmocka_unit_test(test_size_zero),
		cmocka_unit_test(test_real_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
