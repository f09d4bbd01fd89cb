// SPDX-License-Identifier: GPL-2.0-only
/*
 * tep_fuzz.c - src/decode/tep*.c and names.c with any tracing data, and any format in sound tracing
 * data; a sample whose raw data is the input's end is decoded and printed with it. libtraceevent
 * itself is not built with the fuzzer's eyes, but what it is given decides whether it survives.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leaks.h"
#include "decode.h"

#define RAW_BYTES 128

/* A container with one format, the input, of system "kvm". */
static uint8_t *wrap(const uint8_t *data, size_t size, size_t *total)
{
	static const char head[] =
		"\027\010\104tracing0.6\0\0\010\0\020\0\0header_page\0\0\0\0\0\0\0"
		"\0\0header_event\0\0\0\0\0\0\0\0\0\0\0\0\0\001\0\0\0kvm\0\001\0\0";
	uint64_t length = size;
	uint8_t *out = malloc(sizeof(head) + 8 + size);

	if (!out)
		return NULL;
	memcpy(out, head, sizeof(head));
	memcpy(out + sizeof(head), &length, 8);
	if (size)
		memcpy(out + sizeof(head) + 8, data, size);
	*total = sizeof(head) + 8 + size;
	return out;
}

/* What the format says its id is, so that the sample finds it. */
static uint64_t id_of(const uint8_t *data, size_t size)
{
	const uint8_t *at = memmem(data, size, "ID:", 3);
	uint64_t id = 0;

	if (!at)
		return 1;
	for (at += 3; at < data + size && *at == ' '; at++)
		;
	for (; at < data + size && *at >= '0' && *at <= '9'; at++)
		id = (id * 10 + *at - '0') & 0x7fffffff;
	return id;
}

static void field(void *ctx, const struct kp_field *f)
{
	size_t i, *sum = ctx;

	*sum += strlen(f->name) + f->number;
	for (i = 0; i < f->size; i++)
		*sum += f->bytes[i];
}

static void sample(struct kp_decoder *dec, const uint8_t *data, size_t size, uint64_t id)
{
	uint32_t n = (uint32_t)(size < RAW_BYTES ? size : RAW_BYTES);
	uint8_t rec[12 + RAW_BYTES] = { 9, 0, 0, 0, 1, 0, (uint8_t)(12 + n), 0 };
	struct kp_raw raw = { .data = rec, .size = 12 + n, .type = PERF_RECORD_SAMPLE, .misc = 1 };
	struct kp_event ev;
	size_t sum = 0;
	FILE *out;

	memcpy(rec + 8, &n, 4);
	if (n)
		memcpy(rec + 12, data + size - n, n);
	if (n >= 2) /* libtraceevent goes by the id in the data */
		memcpy(rec + 12, &id, 2);
	if (kp_decode(dec, &raw, &ev) != KP_DECODE_EVENT)
		return;
	out = fopen("/dev/null", "w");
	if (!out)
		return;
	kp_decode_print(dec, &raw, &ev, out);
	kp_decode_fields(dec, &raw, field, &sum);
	fputs(kp_decoder_exit_name(dec, ev.isa, ev.code), out);
	fclose(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const bool container = size > 3 && !memcmp(data, "\027\010\104", 3);
	struct kp_attr attr = { .name = (char *)(uintptr_t) "kvm:kvm_exit" };
	struct kp_meta meta = { .generation = 1, .attrs = &attr, .nr_attrs = 1 };
	struct kp_decoder *dec;

	attr.attr.type = PERF_TYPE_TRACEPOINT;
	attr.attr.sample_type = PERF_SAMPLE_RAW;
	attr.attr.config = id_of(data, size);
	meta.tracing =
		container ? memcpy(malloc(size), data, size) : wrap(data, size, &meta.tracing_size);
	if (!meta.tracing)
		return 0;
	if (container)
		meta.tracing_size = size;
	kp_decoder_new(&meta, &dec);
	if (!dec)
		__builtin_trap();
	sample(dec, data, size, attr.attr.config);
	kp_decoder_free(dec);
	free(meta.tracing);
	return 0;
}
