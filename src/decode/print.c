// SPDX-License-Identifier: GPL-2.0-only
/*
 * print.c - one record as text or as fields, for script. The slow path: looks at the bytes again.
 */
#include "decoder.h"

#include <inttypes.h>
#include <stdio.h>

/* The tracepoint sample's format and raw data; NULL when it has none. */
static struct tep_event *tracepoint_of(struct kp_decoder *dec, const struct kp_raw *raw,
				       const uint8_t **data, uint32_t *size)
{
	int idx;

	if (raw->type != PERF_RECORD_SAMPLE || raw->size < sizeof(struct perf_event_header))
		return NULL;
	idx = kp_record_attr(dec, raw);
	if (idx < 0 || !dec->attrs[idx].is_tp ||
	    kp_record_raw(dec, &dec->attrs[idx].layout, raw, data, size) || !*size)
		return NULL;
	return kp_tep_event(dec->tep, &dec->meta->attrs[idx]);
}

void kp_decode_fields(struct kp_decoder *dec, const struct kp_raw *raw,
		      void (*fn)(void *ctx, const struct kp_field *field), void *ctx)
{
	struct tep_event *event;
	const uint8_t *data;
	uint32_t size;

	event = tracepoint_of(dec, raw, &data, &size);
	if (event)
		kp_tep_fields(dec->tep, event, data, size, fn, ctx);
}

static void print_name(FILE *f, const char *s)
{
	for (; *s; s++)
		fputc((unsigned char)*s < ' ' || *s == 0x7f ? '?' : *s, f);
}

static void print_side(const struct kp_side *rec, FILE *f)
{
	switch (rec->type) {
	case PERF_RECORD_COMM:
		fprintf(f, "PERF_RECORD_COMM%s: ", rec->exec ? " exec" : "");
		print_name(f, rec->name);
		fprintf(f, ":%" PRIu32 "/%" PRIu32, rec->pid, rec->tid);
		return;
	case PERF_RECORD_KSYMBOL:
		fprintf(f, "PERF_RECORD_KSYMBOL addr %" PRIx64 " len %" PRIu64 " name ", rec->addr,
			rec->len);
		print_name(f, rec->name);
		return;
	default:
		fprintf(f, "PERF_RECORD_%s %" PRId32 "/%" PRId32 ": [%#" PRIx64 "(%#" PRIx64
			   ") @ %#" PRIx64 "]: ",
			rec->type == PERF_RECORD_MMAP ? "MMAP" : "MMAP2", (int32_t)rec->pid,
			(int32_t)rec->tid, rec->addr, rec->len, rec->pgoff);
		print_name(f, rec->name);
	}
}

static void print_task(struct kp_decoder *dec, const struct kp_event *ev, FILE *f)
{
	const struct kp_side *rec;

	if (ev->code == PERF_RECORD_FORK || ev->code == PERF_RECORD_EXIT) {
		fprintf(f, "PERF_RECORD_%s(%" PRIu32 ":%" PRIu32 "):(%" PRIu32 ")",
			ev->code == PERF_RECORD_FORK ? "FORK" : "EXIT", ev->pid, ev->tid,
			ev->extra);
		return;
	}
	rec = kp_event_has(ev, KP_HAS_VALUE) ? kp_decoder_side(dec, ev->value) : NULL;
	if (rec)
		print_side(rec, f);
}

int kp_decode_print(struct kp_decoder *dec, const struct kp_raw *raw, const struct kp_event *ev,
		    FILE *f)
{
	struct tep_event *event;
	const uint8_t *data;
	uint32_t size;

	switch (ev->kind) {
	case KP_EV_TASK:
		print_task(dec, ev, f);
		return 0;
	case KP_EV_LOST:
		fprintf(f, "PERF_RECORD_LOST lost %" PRIu64, ev->value);
		return 0;
	case KP_EV_LOST_SAMPLES:
		fprintf(f, "PERF_RECORD_LOST_SAMPLES lost %" PRIu64, ev->value);
		return 0;
	case KP_EV_THROTTLE:
		fputs(ev->value ? "PERF_RECORD_THROTTLE" : "PERF_RECORD_UNTHROTTLE", f);
		return 0;
	}
	event = tracepoint_of(dec, raw, &data, &size);
	if (event)
		return kp_tep_print(dec->tep, event, data, size, ev->cpu, f);
	if (kp_event_has(ev, KP_HAS_IP))
		fprintf(f, "%16" PRIx64, ev->ip);
	return 0;
}
