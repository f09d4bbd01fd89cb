// SPDX-License-Identifier: GPL-2.0-only
/*
 * reader_bad_test.c - files that are no perf.data, damaged ones and hostile ones: each has its
 * message with the offset, and what comes before the damage is handed out.
 */
#include "kp_test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "data/format.h"
#include "data/input.h"
#include "data_helper.h"
#include "variant_helper.h"

#define LAB KP_TESTS_DIR "/data/lab-pmi-amd-mediated/perf.data"

static void make(const struct variant_opts *opts, struct kp_buf *file)
{
	int fd = data_memfd(NULL, 0);
	char err[256];

	if (variant_write(LAB, fd, opts, err, sizeof(err)))
		fail_msg("%s", err);
	data_unload(fd, file);
	close(fd);
}

static void expect_refusal(const void *data, size_t size, const char *says)
{
	char err[256];
	struct kp_source *src = data_open(data, size, err, sizeof(err));

	if (src)
		fail_msg("accepted; expected: %s", says);
	if (!strstr(err, says))
		fail_msg("\"%s\" does not say \"%s\"", err, says);
}

static void test_not_perf_data(void **state)
{
	static const uint8_t elf[64] = "\177ELF\2\1\1";
	static const uint8_t trace[32] = "\x17\x08\x44tracing6";
	static const uint8_t magic_only[16] = "PERFILE2";

	(void)state;
	expect_refusal("", 0, "empty");
	expect_refusal("PERFILE2", 8, "only 8 bytes");
	expect_refusal(elf, sizeof(elf), "not a perf.data file (starts with 7f 45 4c 46)");
	expect_refusal(trace, sizeof(trace), "trace-cmd");
	expect_refusal(magic_only, sizeof(magic_only), "offset 0x8: a header of 0 bytes");
}

static void test_no_such_file(void **state)
{
	struct kp_source *src;
	char err[256];

	(void)state;
	assert_int_equal(kp_perfdata_open("/nonexistent/x", &src, err, sizeof(err)), -ENOENT);
	assert_string_equal(err, "/nonexistent/x: No such file or directory");
	assert_int_equal(kp_perfdata_open("/tmp", &src, err, sizeof(err)), -ENOENT);
	assert_string_equal(err, "/tmp/data: No such file or directory");
	assert_null(src);
}

/* One number of the header or the first attribute changed. */
static void test_header(void **state)
{
	static const struct {
		size_t at;
		uint64_t value;
		const char *says;
	} cases[] = {
		{ 8, 20, "offset 0x8: a header of 20 bytes" },
		{ 8, UINT64_MAX, "offset 0x8: a header of" },
		{ 16, 0, "offset 0x10: attributes of 0 bytes" },
		{ 16, 79, "offset 0x10: attributes of 79 bytes" },
		{ 16, 1ull << 40, "offset 0x10: attributes of 1099511627776 bytes" },
		{ 24, 1ull << 62, "the file ends inside an attribute" },
		{ 24, UINT64_MAX, "the file ends inside an attribute" },
		{ 32, 1ull << 50, "attributes; the file is damaged" },
		{ 32, 0, "it describes no event" },
		{ 40, 0, "offset 0x28: data of" },
		{ 40, UINT64_MAX, "offset 0x28: data of" },
		{ 48, UINT64_MAX, "offset 0x28: data of" },
	};
	uint64_t attrs;
	struct kp_buf file;
	size_t i;

	(void)state;
	make(&(struct variant_opts){ .max_records = 40 }, &file);
	for (i = 0; i < KP_ARRAY_SIZE(cases); i++) {
		uint64_t saved;

		memcpy(&saved, file.data + cases[i].at, sizeof(saved));
		memcpy(file.data + cases[i].at, &cases[i].value, sizeof(saved));
		expect_refusal(file.data, file.len, cases[i].says);
		memcpy(file.data + cases[i].at, &saved, sizeof(saved));
	}
	/* The first attribute's section of ids. */
	memcpy(&attrs, file.data + 24, sizeof(attrs));
	memcpy(file.data + attrs + 128 + 8, &(uint64_t){ 1ull << 40 }, 8);
	expect_refusal(file.data, file.len, "an attribute with 137438953472 sample ids");
	memcpy(file.data + attrs + 128 + 8, &(uint64_t){ 8 * (1ull << 20) }, 8);
	expect_refusal(file.data, file.len, "the file ends inside an attribute's sample ids");
	kp_buf_free(&file);
}

/* ---- records: good ones, a bad one, and good ones again that must not be read ---- */

static void add_record(struct kp_buf *out, uint32_t type, uint16_t size, const void *rest,
		       size_t rest_size)
{
	struct perf_event_header h = { .type = type, .size = size };

	assert_int_equal(kp_buf_add(out, &h, sizeof(h)), 0);
	assert_int_equal(kp_buf_add(out, rest, rest_size), 0);
}

static void add_good(struct kp_buf *out)
{
	int i;

	for (i = 0; i < 3; i++)
		add_record(out, PERF_RECORD_LOST_SAMPLES, 16, "12345678", 8);
}

static void start_pipe(struct kp_buf *out)
{
	const struct kp_pipe_header h = { KP_MAGIC2, sizeof(h) };
	struct perf_event_attr attr = { .type = PERF_TYPE_RAW, .size = 64, .config = 0x3c };

	*out = (struct kp_buf){ 0 };
	assert_int_equal(kp_buf_add(out, &h, sizeof(h)), 0);
	add_record(out, KP_RECORD_HEADER_ATTR, 8 + 64 + 8, &attr, 64);
	assert_int_equal(kp_buf_add(out, "\7\0\0\0\0\0\0\0", 8), 0);
	add_good(out);
}

static void expect_damage(struct kp_buf *file, size_t at, const char *says)
{
	char err[256], offset[32];
	struct kp_source *src = data_open(file->data, file->len, err, sizeof(err));
	struct data_records got;

	if (!src)
		fail_msg("refused: %s; expected: %s", err, says);
	data_read_all(src, &got);
	assert_int_equal(got.result, -EBADMSG);
	assert_int_equal(got.nr, 3);
	assert_string_equal(src->meta.attrs[0].name, "r3c");
	snprintf(offset, sizeof(offset), "offset 0x%zx:", at);
	if (!strstr(kp_source_error(src), says) || !strstr(kp_source_error(src), offset))
		fail_msg("\"%s\" does not say \"%s ... %s\"", kp_source_error(src), offset, says);
	kp_buf_free(&got.bytes);
	kp_source_free(src);
	kp_buf_free(file);
}

static void test_records(void **state)
{
	static const struct {
		uint32_t type;
		uint16_t size;
		const char *rest;
		size_t rest_size;
		const char *says;
	} cases[] = {
		{ 9, 0, "", 0, "a record of type 9 and 0 bytes" },
		{ 9, 7, "", 0, "a record of type 9 and 7 bytes" },
		{ KP_RECORD_HEADER_ATTR, 16, "12345678", 8, "type 64 is too short" },
		{ KP_RECORD_HEADER_FEATURE, 8, "", 0, "type 80 is too short" },
		{ KP_RECORD_HEADER_TRACING_DATA, 8, "", 0, "type 66 is too short" },
		{ KP_RECORD_HEADER_TRACING_DATA, 12, "\xff\xff\xff\xff", 4,
		  "tracing data of 4294967295 bytes is too much" },
		{ KP_RECORD_HEADER_TRACING_DATA, 12, "\0\0\1\0", 4,
		  "the file ends inside the 65536" },
		{ KP_RECORD_EVENT_UPDATE, 16, "\2\0\0\0\0\0\0\0", 8, "type 78 is too short" },
		{ KP_RECORD_AUXTRACE, 8, "", 0, "type 71 is too short" },
		{ KP_RECORD_AUXTRACE, 16, "\0\0\0\0\0\0\0\x70", 8, "the file ends inside the" },
		{ KP_RECORD_COMPRESSED, 16, "notzstd!", 8, "cannot decompress this record" },
		{ KP_RECORD_COMPRESSED2, 8, "", 0, "type 83 is too short" },
		{ KP_RECORD_COMPRESSED2, 16, "\1\0\0\0\0\0\0\0", 8, "type 83 is too short" },
		{ KP_RECORD_COMPRESSED2, 24, "\x8\0\0\0\0\0\0\0garbage!", 16, "cannot decompress" },
	};
	struct kp_buf file;
	size_t i, at;

	(void)state;
	for (i = 0; i < KP_ARRAY_SIZE(cases); i++) {
		start_pipe(&file);
		at = file.len;
		add_record(&file, cases[i].type, cases[i].size, cases[i].rest, cases[i].rest_size);
		if (!strstr(cases[i].says, "ends inside"))
			add_good(&file);
		expect_damage(&file, at, cases[i].says);
	}
	/* An attribute that says it is longer than its record. */
	start_pipe(&file);
	at = file.len;
	add_record(&file, KP_RECORD_HEADER_ATTR, 72, "\4\0\0\0\x50\0\0\0", 8);
	assert_int_equal(kp_buf_add(&file, (uint8_t[56]){ 0 }, 56), 0);
	expect_damage(&file, at, "an attribute of 80 bytes in a record of 72");
}

static void add_packed(struct kp_buf *out, const struct kp_buf *plain)
{
	uint8_t packed[4096];
	size_t size = ZSTD_compress(packed, sizeof(packed), plain->data, plain->len, 1);

	assert_false(ZSTD_isError(size));
	add_record(out, KP_RECORD_COMPRESSED, (uint16_t)(8 + size), packed, size);
}

/* Inside compressed records the same rules hold; messages name the compressed record. */
static void test_compressed_records(void **state)
{
	struct kp_buf file, plain = { 0 };
	size_t at;

	(void)state;
	start_pipe(&file);
	at = file.len;
	add_record(&plain, 9, 0, "", 0);
	add_packed(&file, &plain);
	expect_damage(&file, at, "a record of type 9 and 0 bytes");
	kp_buf_free(&plain);

	start_pipe(&file);
	at = file.len;
	add_record(&plain, KP_RECORD_COMPRESSED, 16, "12345678", 8);
	add_packed(&file, &plain);
	expect_damage(&file, at, "a compressed record inside a compressed record");
	kp_buf_free(&plain);

	start_pipe(&file);
	at = file.len;
	add_record(&plain, KP_RECORD_HEADER_TRACING_DATA, 12, "\4\0\0\0abcd", 8);
	add_packed(&file, &plain);
	expect_damage(&file, at, "tracing data of 4 bytes inside a compressed record");
	kp_buf_free(&plain);

	/* The second half of this one's record never comes. */
	start_pipe(&file);
	add_record(&plain, 9, 1000, "12345678", 8);
	add_packed(&file, &plain);
	at = file.len;
	expect_damage(&file, at, "the data ends 16 bytes into a compressed record's content");
	kp_buf_free(&plain);
}

/* 100 MB of plain bytes in a few KiB: handed out record by record, from one window. */
static void test_compressed_bomb(void **state)
{
	const size_t plain_size = 100u << 20, record = 4096;
	uint8_t *plain = calloc(1, plain_size), *packed = malloc(ZSTD_compressBound(plain_size));
	struct perf_event_header h = { .type = PERF_RECORD_SAMPLE, .size = (uint16_t)record };
	struct kp_source *src;
	struct kp_buf file;
	struct kp_raw raw;
	char err[256];
	size_t at, size, nr = 0;

	(void)state;
	assert_true(plain && packed);
	for (at = 0; at < plain_size; at += record)
		memcpy(plain + at, &h, sizeof(h));
	size = ZSTD_compress(packed, ZSTD_compressBound(plain_size), plain, plain_size, 1);
	assert_false(ZSTD_isError(size));
	start_pipe(&file);
	for (at = 0; at < size; at += 60000)
		add_record(&file, KP_RECORD_COMPRESSED,
			   (uint16_t)(8 + kp_min_u64(60000, size - at)), packed + at,
			   kp_min_u64(60000, size - at));
	free(plain);
	free(packed);
	src = data_open(file.data, file.len, err, sizeof(err));
	assert_non_null(src);
	while (kp_source_next(src, &raw) > 0)
		nr++;
	assert_string_equal(kp_source_error(src), "");
	assert_int_equal(nr, 3 + plain_size / record);
	kp_source_free(src);
	kp_buf_free(&file);
}

/* Features and tracing data may be damaged: all records come, then the message. */
static void expect_feature_damage(unsigned int feat, const void *data, size_t size)
{
	struct kp_source *src;
	struct data_records got;
	struct kp_buf file;
	uint64_t id = feat;
	char err[256];

	start_pipe(&file);
	add_record(&file, KP_RECORD_HEADER_FEATURE, (uint16_t)(16 + size), &id, sizeof(id));
	assert_int_equal(kp_buf_add(&file, data, size), 0);
	add_good(&file);
	src = data_open(file.data, file.len, err, sizeof(err));
	assert_non_null(src);
	data_read_all(src, &got);
	assert_int_equal(got.nr, 6);
	assert_int_equal(got.result, -EBADMSG);
	assert_non_null(strstr(kp_source_error(src), "is damaged and was left out"));
	kp_buf_free(&got.bytes);
	kp_source_free(src);
	kp_buf_free(&file);
}

static void test_features(void **state)
{
	static const uint8_t ones[64] = { [0 ... 63] = 0xff };

	(void)state;
	expect_feature_damage(KP_FEAT_HOSTNAME, ones, 64);
	expect_feature_damage(KP_FEAT_HOSTNAME, "\4\0\0\0abcd", 8); /* no NUL */
	expect_feature_damage(KP_FEAT_NRCPUS, ones, 4);
	expect_feature_damage(KP_FEAT_TOTAL_MEM, ones, 4);
	expect_feature_damage(KP_FEAT_CMDLINE, ones, 64);
	expect_feature_damage(KP_FEAT_EVENT_DESC, ones, 64);
	expect_feature_damage(KP_FEAT_CPU_TOPOLOGY, ones, 64);
	expect_feature_damage(KP_FEAT_PMU_MAPPINGS, ones, 64);
	expect_feature_damage(KP_FEAT_SAMPLE_TIME, ones, 8);
}

/* A file's feature section that is not there costs that feature, and is told at the end. */
static void test_feature_table(void **state)
{
	struct kp_source *src;
	struct data_records got;
	struct kp_section data, where;
	struct kp_buf file;
	char err[256];

	(void)state;
	make(&(struct variant_opts){ .max_records = 40 }, &file);
	memcpy(&data, file.data + 40, sizeof(data));
	/* The second entry is that of the hostname. */
	where = (struct kp_section){ 1ull << 60, 1ull << 60 };
	memcpy(file.data + data.offset + data.size + sizeof(where), &where, sizeof(where));
	src = data_open(file.data, file.len, err, sizeof(err));
	assert_non_null(src);
	assert_null(src->meta.hostname);
	assert_string_equal(src->meta.arch, "x86_64");
	data_read_all(src, &got);
	assert_int_equal(got.result, -EBADMSG);
	assert_int_equal(got.nr + got.rounds + got.updates, 40);
	assert_non_null(strstr(kp_source_error(src), "offset 0x1000000000000000"));
	kp_buf_free(&got.bytes);
	kp_source_free(src);
	kp_buf_free(&file);
}

/* Ids and attributes are bounded however many records bring them. */
static void test_too_many(void **state)
{
	struct perf_event_attr attr = { .size = 64 };
	static uint8_t ids[8 * 8000];
	struct kp_source *src;
	struct data_records got;
	struct kp_buf file;
	char err[256];
	int i;

	(void)state;
	start_pipe(&file);
	for (i = 0; i < 200; i++) {
		add_record(&file, KP_RECORD_HEADER_ATTR, 8 + 64 + sizeof(ids), &attr, 64);
		assert_int_equal(kp_buf_add(&file, ids, sizeof(ids)), 0);
	}
	src = data_open(file.data, file.len, err, sizeof(err));
	assert_non_null(src);
	data_read_all(src, &got);
	assert_int_equal(got.result, -EBADMSG);
	assert_non_null(strstr(kp_source_error(src), "more than 1048576 sample ids"));
	kp_buf_free(&got.bytes);
	kp_source_free(src);
	kp_buf_free(&file);

	start_pipe(&file);
	for (i = 0; i < 70000; i++)
		add_record(&file, KP_RECORD_HEADER_ATTR, 8 + 64, &attr, 64);
	src = data_open(file.data, file.len, err, sizeof(err));
	assert_non_null(src);
	data_read_all(src, &got);
	assert_int_equal(got.result, -EBADMSG);
	assert_non_null(strstr(kp_source_error(src), "more than 65536"));
	kp_buf_free(&got.bytes);
	kp_source_free(src);
	kp_buf_free(&file);
}

/* Whoever reads the meta starts over when it changes: no file may have them do only that. */
static void test_endless_changes(void **state)
{
	struct kp_source *src;
	struct data_records got;
	struct kp_buf file;
	uint64_t words[3] = { KP_EVENT_UPDATE_NAME, 7, 0 };
	char err[256];
	int i;

	(void)state;
	start_pipe(&file);
	for (i = 0; i < 2000; i++) {
		snprintf((char *)&words[2], sizeof(words[2]), "name%d", i % 3 / 2);
		add_record(&file, KP_RECORD_EVENT_UPDATE, 32, words, sizeof(words));
	}
	src = data_open(file.data, file.len, err, sizeof(err));
	assert_non_null(src);
	data_read_all(src, &got);
	assert_int_equal(got.result, -EBADMSG);
	/* Two of three are changes. */
	assert_in_range(got.updates, 383, 387);
	assert_non_null(strstr(kp_source_error(src), "changes for the 257th time"));
	kp_buf_free(&got.bytes);
	kp_source_free(src);
	kp_buf_free(&file);
}

/* Unknown records are handed out, unknown features passed over, AUX payload skipped. */
static void test_unknown(void **state)
{
	static const uint8_t aux[48] = { [1] = 0x10 }; /* 4096 bytes follow */
	static const uint8_t payload[4096] = { 0xff };
	uint64_t feat = 200;
	struct kp_source *src;
	struct data_records got;
	struct kp_buf file;
	char err[256];

	(void)state;
	start_pipe(&file);
	add_record(&file, 61, 16, "12345678", 8);
	add_record(&file, 0xdeadbeef, 16, "12345678", 8);
	add_record(&file, KP_RECORD_HEADER_FEATURE, 24, &feat, 8);
	assert_int_equal(kp_buf_add(&file, "12345678", 8), 0);
	add_record(&file, KP_RECORD_AUXTRACE, 48, aux, 40);
	assert_int_equal(kp_buf_add(&file, payload, sizeof(payload)), 0);
	add_good(&file);
	src = data_open(file.data, file.len, err, sizeof(err));
	assert_non_null(src);
	data_read_all(src, &got);
	assert_int_equal(got.result, 0);
	assert_int_equal(got.nr, 3 + 2 + 3);
	kp_buf_free(&got.bytes);
	kp_source_free(src);
	kp_buf_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_perf_data),
		cmocka_unit_test(test_no_such_file),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_compressed_records),
		cmocka_unit_test(test_compressed_bomb),
		cmocka_unit_test(test_features),
		cmocka_unit_test(test_feature_table),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_endless_changes),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
