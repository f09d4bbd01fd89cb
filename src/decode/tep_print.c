// SPDX-License-Identifier: GPL-2.0-only
/*
 * tep_print.c - raw tracepoint data as people and programs read it: through the kernel's own print
 * format where that is safe to run, else field by field. The slow path: only script comes here.
 */
#include "tep.h"

#include <ctype.h>
#include <stdlib.h>
#include <trace-seq.h>

/*
 * No read of libtraceevent's that kp_tep_print_safe() lets through goes further: 16 bits of offset,
 * relative to a field that starts below 64K, then 65535 array elements of 8 bytes.
 */
#define PAD_BYTES (1u << 20)

static const uint8_t *padded(struct kp_tep *tep, const void *raw, size_t size)
{
	if (size > UINT16_MAX)
		return NULL;
	if (!tep->pad) {
		tep->pad = calloc(1, PAD_BYTES);
		if (!tep->pad)
			return NULL;
	}
	memcpy(tep->pad, raw, size);
	if (tep->pad_used > size)
		memset(tep->pad + size, 0, tep->pad_used - size);
	tep->pad_used = size;
	return tep->pad;
}

static bool may_print(struct kp_tep *tep, const struct tep_event *event)
{
	const uint64_t key = (uintptr_t)event;
	uint64_t *at = kp_hash_get(&tep->verdicts, key);
	bool safe;

	if (at)
		return *at;
	safe = kp_tep_print_safe(event);
	(void)kp_hash_put(&tep->verdicts, key, safe);
	return safe;
}

/* Names and strings come from the recording: a terminal must not obey them. */
static void put_clean(FILE *f, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		fputc((unsigned char)s[i] < ' ' || s[i] == 0x7f ? '?' : s[i], f);
}

/* 1: printed; 0: libtraceevent could not after all */
static int print_by_format(struct kp_tep *tep, struct tep_event *event, const uint8_t *data,
			   size_t size, uint32_t cpu, FILE *f)
{
	struct tep_record record = { .cpu = (int)cpu,
				     .data = (void *)(uintptr_t)data,
				     .size = (int)size };
	struct trace_seq seq;
	int ret = 0;

	/* libtraceevent finds the event by the id in the data, which may say anything */
	if (tep_find_event_by_record(tep->handle, &record) != event)
		return 0;
	trace_seq_init(&seq);
	if (seq.state != TRACE_SEQ__GOOD)
		return 0;
	tep_print_event(tep->handle, &seq, &record, "%s", TEP_PRINT_INFO);
	if (!(event->flags & (int)TEP_EVENT_FL_FAILED) && seq.state == TRACE_SEQ__GOOD) {
		put_clean(f, seq.buffer, seq.len);
		ret = 1;
	}
	trace_seq_destroy(&seq);
	return ret;
}

/* ---- field by field ---- */

static uint64_t number_of(const struct kp_tep *tep, const struct tep_format_field *f,
			  const uint8_t *p)
{
	switch (f->size) {
	case 1:
		return f->flags & TEP_FIELD_IS_SIGNED ? (uint64_t)(int8_t)*p : *p;
	case 2:
		return f->flags & TEP_FIELD_IS_SIGNED
			       ? (uint64_t)(int16_t)kp_read_u16(p, tep->swapped)
			       : kp_read_u16(p, tep->swapped);
	case 4:
		return f->flags & TEP_FIELD_IS_SIGNED
			       ? (uint64_t)(int32_t)kp_read_u32(p, tep->swapped)
			       : kp_read_u32(p, tep->swapped);
	default:
		return kp_read_u64(p, tep->swapped);
	}
}

/* Moves @at and @len to what a __data_loc field points at. */
static bool follow(const struct kp_tep *tep, const struct tep_format_field *f, const uint8_t *raw,
		   size_t size, size_t *at, size_t *len)
{
	uint32_t loc;

	if (*len != 4)
		return false;
	loc = kp_read_u32(raw + *at, tep->swapped);
	*at = (loc & 0xffff) + (f->flags & TEP_FIELD_IS_RELATIVE ? *at + 4 : 0);
	*len = loc >> 16;
	return *at <= size && *len <= size - *at;
}

static void one_field(const struct kp_tep *tep, const struct tep_format_field *f,
		      const uint8_t *raw, size_t size, struct kp_field *out)
{
	size_t at = (size_t)f->offset, len = (size_t)f->size;

	*out = (struct kp_field){ .name = f->name, .type = KP_FIELD_NONE };
	if (f->offset < 0 || f->size < 0 || at > size || len > size - at)
		return;
	if ((f->flags & TEP_FIELD_IS_DYNAMIC) && !follow(tep, f, raw, size, &at, &len))
		return;
	out->bytes = raw + at;
	out->size = len;
	/* libtraceevent takes arrays of u8 for strings too */
	if ((f->flags & TEP_FIELD_IS_STRING) && strstr(f->type, "char")) {
		out->type = KP_FIELD_STRING;
		out->size = strnlen((const char *)raw + at, len);
	} else if (f->flags & (TEP_FIELD_IS_ARRAY | TEP_FIELD_IS_DYNAMIC) ||
		   (len != 1 && len != 2 && len != 4 && len != 8)) {
		out->type = KP_FIELD_BYTES;
	} else {
		out->number = number_of(tep, f, raw + at);
		out->type = f->flags & TEP_FIELD_IS_SIGNED ? KP_FIELD_SIGNED : KP_FIELD_UNSIGNED;
	}
}

void kp_tep_fields(const struct kp_tep *tep, const struct tep_event *event, const void *raw,
		   size_t size, void (*fn)(void *ctx, const struct kp_field *field), void *ctx)
{
	const struct tep_format_field *f;
	struct kp_field out;

	for (f = event->format.fields; f; f = f->next) {
		one_field(tep, f, raw, size, &out);
		fn(ctx, &out);
	}
}

static void print_field(void *ctx, const struct kp_field *field)
{
	FILE *f = ctx;
	size_t i;

	fprintf(f, " %s=", field->name);
	switch (field->type) {
	case KP_FIELD_NONE:
		fputc('-', f);
		break;
	case KP_FIELD_STRING:
		put_clean(f, (const char *)field->bytes, field->size);
		break;
	case KP_FIELD_SIGNED:
		fprintf(f, "%lld", (long long)field->number);
		break;
	case KP_FIELD_UNSIGNED:
		fprintf(f, "0x%llx", (unsigned long long)field->number);
		break;
	case KP_FIELD_BYTES:
		for (i = 0; i < field->size && i < 64; i++)
			fprintf(f, "%02x", field->bytes[i]);
		if (i < field->size)
			fputs("...", f);
		break;
	}
}

int kp_tep_print(struct kp_tep *tep, struct tep_event *event, const void *raw, size_t size,
		 uint32_t cpu, FILE *f)
{
	const uint8_t *data = padded(tep, raw, size);

	if (!data)
		return -ENOMEM;
	if (may_print(tep, event) && print_by_format(tep, event, data, size, cpu, f))
		return 0;
	kp_tep_fields(tep, event, raw, size, print_field, f);
	return 0;
}
