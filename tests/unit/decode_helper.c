// SPDX-License-Identifier: GPL-2.0-only
/*
 * decode_helper.c - see decode_helper.h. Reads tests/data/formats.
 */
#include "decode_helper.h"

#include "kp_test.h"

#include <byteswap.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"

void maker_bytes(struct kp_maker *m, const void *data, size_t size)
{
	assert_true(size <= sizeof(m->data) - m->size);
	memcpy(m->data + m->size, data, size);
	m->size += size;
}

void maker_u8(struct kp_maker *m, uint8_t v)
{
	maker_bytes(m, &v, sizeof(v));
}

void maker_u16(struct kp_maker *m, uint16_t v)
{
	v = m->swapped ? bswap_16(v) : v;
	maker_bytes(m, &v, sizeof(v));
}

void maker_u32(struct kp_maker *m, uint32_t v)
{
	v = m->swapped ? bswap_32(v) : v;
	maker_bytes(m, &v, sizeof(v));
}

void maker_u64(struct kp_maker *m, uint64_t v)
{
	v = m->swapped ? bswap_64(v) : v;
	maker_bytes(m, &v, sizeof(v));
}

void maker_at(struct kp_maker *m, size_t at, size_t size, uint64_t v)
{
	size_t end = m->size > at + size ? m->size : at + size;

	assert_true(end <= sizeof(m->data));
	if (end > m->size)
		memset(m->data + m->size, 0, end - m->size);
	m->size = at;
	if (size == 1)
		maker_u8(m, (uint8_t)v);
	else if (size == 2)
		maker_u16(m, (uint16_t)v);
	else if (size == 4)
		maker_u32(m, (uint32_t)v);
	else
		maker_u64(m, v);
	m->size = end;
}

struct kp_raw maker_record(struct kp_maker *m, uint32_t type, uint16_t misc)
{
	size_t size = m->size;

	memmove(m->data + 8, m->data, size);
	m->size = 0;
	maker_u32(m, type);
	maker_u16(m, misc);
	maker_u16(m, (uint16_t)(size + 8));
	m->size = size + 8;
	return (struct kp_raw){ .data = m->data,
				.size = (uint32_t)m->size,
				.type = type,
				.misc = misc,
				.offset = 4096 };
}

char *read_format(const char *path)
{
	char name[512], *text;
	size_t n;
	FILE *f;

	snprintf(name, sizeof(name), "%s/data/formats/%s", KP_TESTS_DIR, path);
	f = fopen(name, "r");
	assert_non_null(f);
	text = calloc(1, 65536);
	assert_non_null(text);
	n = fread(text, 1, 65535, f);
	assert_true(n > 0 && n < 65535);
	fclose(f);
	return text;
}

static void put(struct kp_buf *b, uint64_t v, size_t size, bool swapped)
{
	struct kp_maker m = { .swapped = swapped };

	if (size == 4)
		maker_u32(&m, (uint32_t)v);
	else
		maker_u64(&m, v);
	assert_int_equal(kp_buf_add(b, m.data, size), 0);
}

static void put_file(struct kp_buf *b, const struct kp_format_file *file, bool swapped)
{
	char *text = file->text ? strdup(file->text) : read_format(file->path);

	assert_int_equal(kp_buf_add(b, file->system, strlen(file->system) + 1), 0);
	put(b, 1, 4, swapped);
	put(b, strlen(text), 8, swapped);
	assert_int_equal(kp_buf_add(b, text, strlen(text)), 0);
	free(text);
}

void *make_tracing(const struct kp_format_file *files, bool bigendian, size_t *size)
{
	const bool swapped = bigendian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	const char order[2] = { bigendian, 8 };
	struct kp_buf b = { 0 };
	size_t nr = 0;

	while (files[nr].system)
		nr++;
	assert_int_equal(kp_buf_add(&b, "\027\010\104tracing0.6", 14), 0); /* with its NUL */
	assert_int_equal(kp_buf_add(&b, order, 2), 0);
	put(&b, 4096, 4, swapped);
	assert_int_equal(kp_buf_add(&b, "header_page", 12), 0);
	put(&b, 0, 8, swapped);
	assert_int_equal(kp_buf_add(&b, "header_event", 13), 0);
	put(&b, 0, 8, swapped);
	put(&b, 0, 4, swapped); /* ftrace formats */
	put(&b, nr, 4, swapped);
	for (; files->system; files++)
		put_file(&b, files, swapped);
	put(&b, 0, 4, swapped); /* kallsyms */
	put(&b, 0, 4, swapped); /* printk */
	put(&b, 0, 8, swapped); /* command lines */
	*size = b.len;
	return b.data;
}

/* ---- a decoder for one tracepoint ---- */

void rig_open(struct rig *r, const struct kp_format_file *file, const char *machine, uint64_t id,
	      bool swapped)
{
	const struct kp_format_file files[] = { *file, { 0 } };
	const bool bigendian = swapped != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);

	*r = (struct rig){
		.attr = {.attr = { .type = PERF_TYPE_TRACEPOINT,
				    .config = id,
				    .sample_type = PERF_SAMPLE_TIME | PERF_SAMPLE_RAW }},
		.meta = { .generation = 1,
			  .nr_attrs = 1,
			  .swapped = swapped,
			  .bigendian = bigendian,
			  .arch = (char *)(uintptr_t)machine }
	};
	r->meta.attrs = &r->attr;
	r->m.swapped = swapped;
	r->meta.tracing = make_tracing(files, bigendian, &r->meta.tracing_size);
	assert_int_equal(kp_decoder_new(&r->meta, &r->dec), 0);
	assert_non_null(r->dec);
	maker_u64(&r->m, 1000);
	maker_u32(&r->m, 0);
	r->raw_at = r->m.size;
	maker_at(&r->m, r->raw_at, 2, id);
}

void rig_close(struct rig *r)
{
	kp_decoder_free(r->dec);
	free(r->meta.tracing);
}

void rig_field(struct rig *r, size_t offset, size_t size, uint64_t v)
{
	maker_at(&r->m, r->raw_at + offset, size, v);
}

/* The raw data is as long as what was put into it. */
int rig_decode(struct rig *r)
{
	maker_at(&r->m, r->raw_at - 4, 4, r->m.size - r->raw_at);
	r->raw = maker_record(&r->m, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_KERNEL);
	return kp_decode(r->dec, &r->raw, &r->ev);
}

void rig_text(struct rig *r, const char *text)
{
	char *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);

	assert_non_null(f);
	assert_int_equal(kp_decode_print(r->dec, &r->raw, &r->ev, f), 0);
	fclose(f);
	assert_string_equal(out, text);
	free(out);
}
