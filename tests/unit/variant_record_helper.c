// SPDX-License-Identifier: GPL-2.0-only
/*
 * variant_record_helper.c - records, attributes, features and tracing data in the other byte order
 * (see variant_helper.h). Written from the layouts, field by field, and not the way the reader does
 * it. Uses libtraceevent for the fields of tracepoints. Touches only memory.
 */
#include <byteswap.h>
#include <stdlib.h>
#include <string.h>
#include <traceevent/event-parse.h>

#include "data/format.h"
#include "data/meta.h"
#include "lib/hash.h"
#include "variant_helper.h"

/**
 * struct variant_records
 * @by_id: sample id -> index of the attribute
 * @tep: the tracepoints' formats
 */
struct variant_records {
	const struct kp_meta *meta;
	struct kp_hash by_id;
	struct tep_handle *tep;
};

/**
 * struct walk - over a record's fields; @swap: turn each round; @time: where the time is, once met
 */
struct walk {
	uint8_t *at;
	uint8_t *end;
	bool swap;
	bool bad;
	uint8_t *time;
};

/* The field's value in host byte order; after a swap the bytes are the other way round. */
static uint64_t field(struct walk *w, size_t size)
{
	uint64_t v = 0;
	uint8_t *at = w->at, tmp;
	size_t i;

	if (w->bad || (size_t)(w->end - w->at) < size) {
		w->bad = true;
		return 0;
	}
	memcpy(&v, at, size);
	for (i = 0; w->swap && i < size / 2; i++) {
		tmp = at[i];
		at[i] = at[size - 1 - i];
		at[size - 1 - i] = tmp;
	}
	w->at += size;
	return v;
}

static void fields(struct walk *w, uint64_t nr, size_t size)
{
	while (nr-- && !w->bad)
		field(w, size);
}

static void time_field(struct walk *w)
{
	w->time = w->at;
	field(w, 8);
}

/* ---- tracepoint data ---- */

static int load_format(void *ctx, const char *system, const char *format, size_t len)
{
	tep_parse_event(ctx, format, len, system);
	return 0;
}

static void swap_at(uint8_t *data, size_t data_size, size_t offset, size_t size)
{
	struct walk w = { .at = data + offset, .end = data + data_size, .swap = true };

	if (offset < data_size && (size == 2 || size == 4 || size == 8))
		field(&w, size);
}

/* An array's elements, a number, or a __data_loc word with the array it points to. */
static void swap_tep_field(const struct tep_format_field *f, uint8_t *data, size_t size)
{
	unsigned int each = f->elementsize, at = (unsigned int)f->offset,
		     len = (unsigned int)f->size;
	uint32_t loc;

	if (f->flags & TEP_FIELD_IS_DYNAMIC) {
		if (at + 4 > size)
			return;
		memcpy(&loc, data + at, 4);
		swap_at(data, size, at, 4);
		at = loc & 0xffff;
		len = loc >> 16;
	} else if (!(f->flags & TEP_FIELD_IS_ARRAY)) {
		each = len;
	}
	for (; !(f->flags & TEP_FIELD_IS_STRING) && each > 1 && len >= each;
	     len -= each, at += each)
		swap_at(data, size, at, each);
}

static void swap_raw(struct variant_records *v, const struct perf_event_attr *attr, uint8_t *data,
		     size_t size)
{
	struct tep_event *event;
	struct tep_format_field *f;

	event = attr->type == PERF_TYPE_TRACEPOINT ? tep_find_event(v->tep, (int)attr->config)
						   : NULL;
	if (!event)
		return;
	for (f = event->format.common_fields; f; f = f->next)
		swap_tep_field(f, data, size);
	for (f = event->format.fields; f; f = f->next)
		swap_tep_field(f, data, size);
}

/* ---- samples ---- */

#define KNOWN_SAMPLE_TYPES                                                             \
	(PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR |      \
	 PERF_SAMPLE_READ | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_ID | PERF_SAMPLE_CPU | \
	 PERF_SAMPLE_PERIOD | PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_RAW | PERF_SAMPLE_IDENTIFIER)

#define READ_TIMES (PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING)
#define READ_EACH  (PERF_FORMAT_ID | 16 /* PERF_FORMAT_LOST */)

static void walk_read(struct walk *w, uint64_t format)
{
	unsigned int times = (unsigned int)__builtin_popcountll(format & READ_TIMES);
	unsigned int each = 1 + (unsigned int)__builtin_popcountll(format & READ_EACH);
	uint64_t nr = format & PERF_FORMAT_GROUP ? field(w, 8) : 1;

	fields(w, times + nr * each, 8);
}

static int walk_sample(struct variant_records *v, struct walk *w,
		       const struct perf_event_attr *attr)
{
	uint64_t type = attr->sample_type, size;

	if (type & ~(uint64_t)KNOWN_SAMPLE_TYPES)
		return -EOPNOTSUPP;
	fields(w, !!(type & PERF_SAMPLE_IDENTIFIER) + !!(type & PERF_SAMPLE_IP), 8);
	fields(w, type & PERF_SAMPLE_TID ? 2 : 0, 4);
	if (type & PERF_SAMPLE_TIME)
		time_field(w);
	fields(w,
	       !!(type & PERF_SAMPLE_ADDR) + !!(type & PERF_SAMPLE_ID) +
		       !!(type & PERF_SAMPLE_STREAM_ID),
	       8);
	fields(w, type & PERF_SAMPLE_CPU ? 2 : 0, 4);
	fields(w, !!(type & PERF_SAMPLE_PERIOD), 8);
	if (type & PERF_SAMPLE_READ)
		walk_read(w, attr->read_format);
	if (type & PERF_SAMPLE_CALLCHAIN)
		fields(w, field(w, 8), 8);
	if (type & PERF_SAMPLE_RAW) {
		size = field(w, 4);
		if (w->bad || size > (uint64_t)(w->end - w->at))
			return -EOPNOTSUPP;
		if (w->swap)
			swap_raw(v, attr, w->at, size);
	}
	return w->bad ? -EOPNOTSUPP : 1;
}

static size_t trailer_size(uint64_t type)
{
	return 8 * (size_t)__builtin_popcountll(type & (PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
							PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID |
							PERF_SAMPLE_CPU | PERF_SAMPLE_IDENTIFIER));
}

static void walk_trailer(struct walk *w, uint64_t type)
{
	fields(w, type & PERF_SAMPLE_TID ? 2 : 0, 4);
	if (type & PERF_SAMPLE_TIME)
		time_field(w);
	fields(w, !!(type & PERF_SAMPLE_ID) + !!(type & PERF_SAMPLE_STREAM_ID), 8);
	fields(w, type & PERF_SAMPLE_CPU ? 2 : 0, 4);
	fields(w, !!(type & PERF_SAMPLE_IDENTIFIER), 8);
}

/*
 * What stands between header and trailer: h, i, q are numbers of 16, 32 and 64 bits, b is 8 bytes
 * that are none; then come bytes as they are, or with * the last letter goes on to the end.
 */
static const char *const layouts[] = {
	[PERF_RECORD_MMAP] = "iiqqq",
	[PERF_RECORD_LOST] = "qq",
	[PERF_RECORD_COMM] = "ii",
	[PERF_RECORD_EXIT] = "iiiiq",
	[PERF_RECORD_THROTTLE] = "qqq",
	[PERF_RECORD_UNTHROTTLE] = "qqq",
	[PERF_RECORD_FORK] = "iiiiq",
	[PERF_RECORD_READ] = "iiq*",
	[PERF_RECORD_MMAP2] = "iiqqqiiqqii",
	[PERF_RECORD_AUX] = "qqq",
	[PERF_RECORD_ITRACE_START] = "ii",
	[PERF_RECORD_LOST_SAMPLES] = "q",
	[PERF_RECORD_SWITCH] = "",
	[PERF_RECORD_SWITCH_CPU_WIDE] = "ii",
	[PERF_RECORD_NAMESPACES] = "iiq*",
	[PERF_RECORD_KSYMBOL] = "qihh",
	[PERF_RECORD_BPF_EVENT] = "hhib",
	[PERF_RECORD_CGROUP] = "q",
	[KP_RECORD_FINISHED_ROUND] = "",
	[69] = "q*", /* ID_INDEX */
	[79] = "q*", /* TIME_CONV */
	[KP_RECORD_FINISHED_INIT] = "",
};

static const char *layout_of(const struct perf_event_header *h)
{
	/* misc says that a build id stands where the device and inode numbers were. */
	if (h->type == PERF_RECORD_MMAP2 && h->misc & PERF_RECORD_MISC_MMAP_BUILD_ID)
		return "iiqqqbbbii";
	return h->type < KP_ARRAY_SIZE(layouts) ? layouts[h->type] : NULL;
}

static void walk_layout(struct walk *w, const char *layout)
{
	for (; *layout && !w->bad; layout++) {
		if (*layout == '*')
			fields(w, (uint64_t)(w->end - w->at) / 8, 8);
		else if (*layout == 'b')
			w->at += (w->end - w->at) >= 8 ? 8 : 0;
		else
			field(w, *layout == 'h' ? 2 : *layout == 'i' ? 4 : 8);
	}
}

/* Where the id is: bytes from the start of a sample's body, from the end of any other record. */
static size_t id_offset(uint64_t type, bool sample)
{
	const uint64_t before = PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
				PERF_SAMPLE_ADDR;
	const uint64_t after = PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU;

	if (type & PERF_SAMPLE_IDENTIFIER)
		return sample ? 0 : 8;
	if (sample)
		return 8 * (size_t)__builtin_popcountll(type & before);
	return 8 + 8 * (size_t)__builtin_popcountll(type & after);
}

static const struct perf_event_attr *attr_of(struct variant_records *v, const uint8_t *record,
					     size_t size, bool sample)
{
	const struct kp_meta *m = v->meta;
	uint64_t type, id, *slot;
	size_t at;

	if (!m->nr_attrs)
		return NULL;
	type = m->attrs[0].attr.sample_type;
	at = id_offset(type, sample);
	if (!(type & (PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_ID)) || size < 16 + at)
		return &m->attrs[0].attr;
	memcpy(&id, sample ? record + 8 + at : record + size - at, sizeof(id));
	slot = kp_hash_get(&v->by_id, id);
	return &m->attrs[slot ? *slot : 0].attr;
}

static int walk_record(struct variant_records *v, struct walk *w, uint8_t *record, size_t size)
{
	const struct perf_event_attr *attr;
	struct perf_event_header h;
	const char *layout;
	size_t trailer = 0;

	memcpy(&h, record, sizeof(h));
	attr = attr_of(v, record, size, h.type == PERF_RECORD_SAMPLE);
	w->at = record + sizeof(h);
	w->end = record + size;
	if (h.type == PERF_RECORD_SAMPLE)
		return attr ? walk_sample(v, w, attr) : -EOPNOTSUPP;
	layout = layout_of(&h);
	if (!layout)
		return 0;
	if (attr && attr->sample_id_all && h.type < KP_RECORD_USER_FIRST)
		trailer = trailer_size(attr->sample_type);
	/* What perf itself made up, before the recording, may lack the trailer. */
	if (sizeof(h) + trailer > size)
		trailer = 0;
	w->end = record + size - trailer;
	walk_layout(w, layout);
	w->at = record + size - trailer;
	w->end = record + size;
	if (trailer && !w->bad)
		walk_trailer(w, attr->sample_type);
	return w->bad ? -EOPNOTSUPP : 1;
}

void variant_shift(struct variant_records *v, uint8_t *record, size_t size, uint64_t ns)
{
	struct walk w = { 0 };
	uint64_t t;

	if (walk_record(v, &w, record, size) <= 0 || !w.time)
		return;
	memcpy(&t, w.time, sizeof(t));
	t += t ? ns : 0;
	memcpy(w.time, &t, sizeof(t));
}

int variant_swap(struct variant_records *v, uint8_t *record, size_t size)
{
	struct walk w = { .swap = true }, h = { .at = record, .end = record + size, .swap = true };
	int ret = walk_record(v, &w, record, size);

	if (ret > 0) {
		field(&h, 4);
		field(&h, 2);
		field(&h, 2);
	}
	return ret;
}

int variant_records_new(const struct kp_meta *meta, struct variant_records **out)
{
	struct variant_records *v = calloc(1, sizeof(*v));
	uint32_t i, j;

	*out = v;
	if (!v)
		return -ENOMEM;
	v->meta = meta;
	v->tep = tep_alloc();
	if (!v->tep)
		return -ENOMEM;
	tep_set_loglevel(TEP_LOG_NONE);
	kp_tracing_for_each(meta->tracing, meta->tracing_size, load_format, v->tep);
	for (i = 0; i < meta->nr_attrs; i++)
		for (j = 0; j < meta->attrs[i].nr_ids; j++)
			if (kp_hash_put(&v->by_id, meta->attrs[i].ids[j], i))
				return -ENOMEM;
	return 0;
}

void variant_records_free(struct variant_records *v)
{
	if (!v)
		return;
	tep_free(v->tep);
	kp_hash_free(&v->by_id);
	free(v);
}
