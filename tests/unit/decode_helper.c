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
