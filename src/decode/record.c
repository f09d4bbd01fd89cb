// SPDX-License-Identifier: GPL-2.0-only
/*
 * record.c - one perf record to at most one event. Every byte is checked against the record's size
 * before it is read; nothing is allocated or looked up by name here.
 *
 * Layouts: include/uapi/linux/perf_event.h, enum perf_event_type.
 */
#include "ops.h"

#define HDR sizeof(struct perf_event_header)

/* tools/lib/perf/include/perf/event.h */
#define PERF_RECORD_FINISHED_ROUND 68

/* ---- which attr ---- */

int kp_decoder_attr_of_id(struct kp_decoder *dec, uint64_t id)
{
	uint64_t *at = kp_hash_get(&dec->ids, id);
	const struct kp_attr_dec *a;

	/* perf takes id 0 for the first event too (evlist__event2evsel()) */
	if (!at)
		return id ? -ENOENT : 0;
	a = &dec->attrs[*at];
	dec->recent[id % KP_RECENT_IDS] = (struct kp_recent_id){
		.id = id,
		.attr1 = (uint32_t)*at + 1,
		.plain = a->plain && kp_same_places(&a->layout, &dec->stretch_layout) ? a : NULL,
	};
	return (int)*at;
}

static KP_INLINE int attr_by_id(struct kp_decoder *dec, uint64_t id)
{
	const struct kp_recent_id *recent = &dec->recent[id % KP_RECENT_IDS];

	if (KP_LIKELY(recent->id == id && recent->attr1))
		return (int)recent->attr1 - 1;
	return kp_decoder_attr_of_id(dec, id);
}

static inline int sample_attr(struct kp_decoder *dec, const struct kp_raw *raw, bool swapped)
{
	const size_t at = dec->id_offset;

	if (KP_UNLIKELY(dec->nr_attrs < 2))
		return dec->nr_attrs ? 0 : -ENOENT;
	if (KP_UNLIKELY(at == KP_NO_FIELD))
		return 0;
	if (KP_UNLIKELY(at + sizeof(uint64_t) > raw->size))
		return -EBADMSG;
	return attr_by_id(dec, kp_read_u64((const uint8_t *)raw->data + at, swapped));
}

int kp_record_attr(struct kp_decoder *dec, const struct kp_raw *raw)
{
	const uint8_t *end = (const uint8_t *)raw->data + raw->size;

	if (raw->type == PERF_RECORD_SAMPLE)
		return sample_attr(dec, raw, dec->swapped);
	if (dec->nr_attrs < 2)
		return dec->nr_attrs ? 0 : -ENOENT;
	if (dec->id_back == KP_NO_FIELD)
		return 0;
	if (raw->size < HDR + dec->id_back)
		return -EBADMSG;
	return attr_by_id(dec, kp_read_u64(end - dec->id_back, dec->swapped));
}

/* ---- samples ---- */

/* Bytes that a READ field takes, 0 when it does not fit into @left. */
static size_t read_size(const struct kp_layout *lay, const uint8_t *p, size_t left, bool swapped)
{
	const uint64_t fmt = lay->read_format;
	size_t times =
		!!(fmt & PERF_FORMAT_TOTAL_TIME_ENABLED) + !!(fmt & PERF_FORMAT_TOTAL_TIME_RUNNING);
	size_t per = 1 + !!(fmt & PERF_FORMAT_ID) + !!(fmt & PERF_FORMAT_LOST);
	uint64_t nr = 1;
	size_t head = 0;

	if (fmt & PERF_FORMAT_GROUP) {
		if (left < 8)
			return 0;
		nr = kp_read_u64(p, swapped);
		head = 8;
	}
	if (nr > UINT16_MAX || head + 8 * times + 8 * per * nr > left)
		return 0;
	return head + 8 * times + 8 * per * nr;
}

/* Where RAW begins: behind READ and CALLCHAIN, when the attr has those. 0: they do not fit. */
static size_t raw_offset(const struct kp_decoder *dec, const struct kp_layout *lay,
			 const struct kp_raw *raw)
{
	const uint8_t *p = raw->data;
	size_t at = lay->fixed_end, size;
	uint64_t nr;

	if (lay->sample_type & PERF_SAMPLE_READ) {
		size = read_size(lay, p + at, raw->size - at, dec->swapped);
		if (!size)
			return 0;
		at += size;
	}
	if (lay->sample_type & PERF_SAMPLE_CALLCHAIN) {
		if (raw->size - at < 8)
			return 0;
		nr = kp_read_u64(p + at, dec->swapped);
		at += 8;
		if (nr > (raw->size - at) / 8)
			return 0;
		at += 8 * nr;
	}
	return at;
}

static KP_INLINE int record_raw(const struct kp_decoder *dec, const struct kp_layout *lay,
				const struct kp_raw *raw, const uint8_t **data, uint32_t *size,
				bool swapped)
{
	size_t at;

	*size = 0;
	*data = NULL;
	if (raw->size < lay->fixed_end)
		return -EBADMSG;
	if (!lay->has_raw)
		return 0;
	at = KP_LIKELY(!lay->var_before_raw) ? lay->fixed_end : raw_offset(dec, lay, raw);
	if (!at || raw->size - at < sizeof(uint32_t))
		return -EBADMSG;
	*data = (const uint8_t *)raw->data + at + sizeof(uint32_t);
	*size = kp_read_u32((const uint8_t *)raw->data + at, swapped);
	return *size > raw->size - at - sizeof(uint32_t) ? -EBADMSG : 0;
}

int kp_record_raw(const struct kp_decoder *dec, const struct kp_layout *lay,
		  const struct kp_raw *raw, const uint8_t **data, uint32_t *size)
{
	return record_raw(dec, lay, raw, data, size, dec->swapped);
}

static KP_INLINE int run_prog(const struct kp_decoder *dec, const struct kp_attr_dec *a,
			      const struct kp_raw *raw, struct kp_event *ev, bool swapped)
{
	const struct kp_tp_prog *prog = &a->prog;
	const uint8_t *data;
	uint32_t size;
	int err;

	ev->kind = prog->kind;
	if (!prog->nr)
		return 0;
	err = record_raw(dec, &a->layout, raw, &data, &size, swapped);
	if (KP_UNLIKELY(err || size < prog->raw_min))
		return -EBADMSG;
	ev->isa = prog->isa;
	ev->valid |= prog->valid;
	kp_run_ops(prog, KP_FORM_PLAIN, data, ev, swapped);
	kp_tp_text(&prog->text, data, size, ev, swapped);
	kp_finish_prog(prog, ev);
	return 0;
}

static KP_INLINE void sample_fixed(const struct kp_attr_dec *a, const struct kp_raw *raw,
				   struct kp_event *ev, bool swapped)
{
	const struct kp_layout *lay = &a->layout;
	const uint8_t *p = raw->data;

	if (lay->tid != KP_NO_FIELD) {
		ev->pid = kp_read_u32(p + lay->tid, swapped);
		ev->tid = kp_read_u32(p + lay->tid + 4, swapped);
		ev->valid |= KP_HAS_TID;
	}
	if (lay->time != KP_NO_FIELD)
		kp_set_time(ev, kp_read_u64(p + lay->time, swapped));
	if (lay->cpu != KP_NO_FIELD) {
		ev->cpu = kp_read_u32(p + lay->cpu, swapped);
		ev->valid |= KP_HAS_CPU;
	}
	if (lay->period != KP_NO_FIELD) {
		ev->period = kp_read_u64(p + lay->period, swapped);
		ev->valid |= KP_HAS_PERIOD;
	} else if (a->has_period) {
		ev->period = a->period;
		ev->valid |= KP_HAS_PERIOD;
	}
}

static KP_INLINE int decode_sample(struct kp_decoder *dec, const struct kp_raw *raw,
				   struct kp_event *ev, bool swapped)
{
	int idx = sample_attr(dec, raw, swapped), err;
	const struct kp_attr_dec *a;

	if (KP_UNLIKELY(idx < 0))
		return idx;
	a = &dec->attrs[idx];
	if (!swapped && KP_LIKELY(a->plain != KP_PLAIN_NOT))
		return kp_plain_decode(a, raw->data, raw->size, raw->misc, raw->offset, ev)
			       ? KP_DECODE_EVENT
			       : -EBADMSG;
	kp_clear_event(ev);
	if (KP_UNLIKELY(raw->size < a->layout.fixed_end))
		return -EBADMSG;
	ev->offset = raw->offset;
	ev->attr = (uint16_t)idx;
	ev->valid = KP_HAS_ATTR;
	ev->mode = kp_event_mode(raw->misc);
	sample_fixed(a, raw, ev, swapped);
	if (KP_LIKELY(a->is_tp)) {
		if (KP_UNLIKELY(!dec->tep && !dec->told_no_formats))
			kp_decoder_tell_no_formats(dec);
		err = run_prog(dec, a, raw, ev, swapped);
		return err ? err : KP_DECODE_EVENT;
	}
	if (KP_UNLIKELY(a->is_batch))
		return kp_swbatch_decode(dec, &a->layout, raw, ev);
	ev->kind = KP_EV_SAMPLE;
	if (raw->misc & PERF_RECORD_MISC_EXACT_IP)
		ev->flags |= KP_F_PRECISE;
	ev->valid |= KP_HAS_FLAGS;
	if (a->layout.ip != KP_NO_FIELD) {
		ev->ip = kp_read_u64((const uint8_t *)raw->data + a->layout.ip, swapped);
		ev->valid |= KP_HAS_IP;
	}
	return KP_DECODE_EVENT;
}

/* ---- all other records ---- */

/* struct body - what lies between a record's header and its sample_id trailer */
struct body {
	const uint8_t *p;
	size_t size;
	bool swapped;
};

static uint32_t body_u32(const struct body *b, size_t at)
{
	return kp_read_u32(b->p + at, b->swapped);
}

static uint64_t body_u64(const struct body *b, size_t at)
{
	return kp_read_u64(b->p + at, b->swapped);
}

/* The trailer that sample_id_all appends. An attr that is not known has none that we could read. */
static int take_trailer(struct kp_decoder *dec, const struct kp_raw *raw, struct body *b,
			struct kp_event *ev)
{
	const struct kp_layout *lay;
	const uint8_t *end = (const uint8_t *)raw->data + raw->size;
	int idx = kp_record_attr(dec, raw);

	if (idx == -EBADMSG)
		return idx;
	lay = dec->nr_attrs ? &dec->attrs[idx < 0 ? 0 : idx].layout : NULL;
	if (!lay || !lay->sample_id_all)
		return 0;
	if (b->size < lay->trailer)
		return -EBADMSG;
	b->size -= lay->trailer;
	if (lay->back_time != KP_NO_FIELD)
		kp_set_time(ev, kp_read_u64(end - lay->back_time, dec->swapped));
	/*
	 * perf writes records that it made up itself with a trailer of zeros: CPU 0 is no CPU then
	 */
	if (lay->back_time != KP_NO_FIELD && !(ev->valid & KP_HAS_TIME))
		return 0;
	if (idx >= 0) {
		ev->attr = (uint16_t)idx;
		ev->valid |= KP_HAS_ATTR;
	}
	if (lay->back_tid != KP_NO_FIELD) {
		ev->pid = kp_read_u32(end - lay->back_tid, dec->swapped);
		ev->tid = kp_read_u32(end - lay->back_tid + 4, dec->swapped);
		ev->valid |= KP_HAS_TID;
	}
	if (lay->back_cpu != KP_NO_FIELD) {
		ev->cpu = kp_read_u32(end - lay->back_cpu, dec->swapped);
		ev->valid |= KP_HAS_CPU;
	}
	return 0;
}

static int number(struct kp_event *ev, uint16_t kind, uint64_t value)
{
	ev->kind = kind;
	ev->value = value;
	ev->valid |= KP_HAS_VALUE;
	return KP_DECODE_EVENT;
}

/*
 * struct side_form - side-band records end in a string, behind @min bytes of numbers; @maps: those
 * are pid, tid, addr, len, pgoff (and more in MMAP2, which nobody here needs)
 */
struct side_form {
	uint32_t type;
	uint8_t min;
	bool maps;
};

static const struct side_form side_forms[] = {
	{ PERF_RECORD_COMM, 8, false },
	{ PERF_RECORD_MMAP, 32, true },
	{ PERF_RECORD_MMAP2, 64, true },
	{ PERF_RECORD_KSYMBOL, 16, false },
};

static void side_fields(const struct body *b, const struct side_form *form, struct kp_side *rec)
{
	if (form->type == PERF_RECORD_KSYMBOL) {
		rec->addr = body_u64(b, 0);
		rec->len = body_u32(b, 8);
		rec->mode = KP_MODE_HOST_KERNEL;
		return;
	}
	rec->pid = body_u32(b, 0);
	rec->tid = body_u32(b, 4);
	if (!form->maps)
		return;
	rec->addr = body_u64(b, 8);
	rec->len = body_u64(b, 16);
	rec->pgoff = body_u64(b, 24);
}

static int decode_side(struct kp_decoder *dec, const struct kp_raw *raw, const struct body *b,
		       struct kp_event *ev)
{
	const struct side_form *form = side_forms;
	struct kp_side rec = { .type = raw->type, .mode = kp_event_mode(raw->misc) };
	const char *name;
	uint64_t id;

	while (form->type != raw->type)
		form++;
	if (b->size < form->min)
		return -EBADMSG;
	side_fields(b, form, &rec);
	rec.exec = raw->type == PERF_RECORD_COMM && (raw->misc & PERF_RECORD_MISC_COMM_EXEC);
	name = (const char *)b->p + form->min;
	id = kp_side_add(&dec->side, &rec, name, strnlen(name, b->size - form->min));
	ev->kind = KP_EV_TASK;
	ev->code = raw->type;
	ev->valid |= KP_HAS_CODE;
	if (raw->type != PERF_RECORD_KSYMBOL) {
		ev->pid = rec.pid;
		ev->tid = rec.tid;
		ev->valid |= KP_HAS_TID;
	}
	if (id == UINT64_MAX)
		kp_decoder_warn(dec, "too many different COMM and MMAP records: some task and "
				     "mapping names are unknown");
	else
		number(ev, KP_EV_TASK, id);
	return KP_DECODE_EVENT;
}

/* FORK and EXIT carry no string, so all of them fits into the event. */
static int decode_fork(const struct kp_raw *raw, const struct body *b, struct kp_event *ev)
{
	if (b->size < 24)
		return -EBADMSG;
	ev->kind = KP_EV_TASK;
	ev->code = raw->type;
	ev->pid = body_u32(b, 0);
	ev->extra = body_u32(b, 4);
	ev->tid = body_u32(b, 8);
	ev->valid |= KP_HAS_CODE | KP_HAS_TID | KP_HAS_EXTRA;
	return KP_DECODE_EVENT;
}

static int decode_body(struct kp_decoder *dec, const struct kp_raw *raw, const struct body *b,
		       struct kp_event *ev)
{
	switch (raw->type) {
	case PERF_RECORD_COMM:
	case PERF_RECORD_MMAP:
	case PERF_RECORD_MMAP2:
	case PERF_RECORD_KSYMBOL:
		return decode_side(dec, raw, b, ev);
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
		return decode_fork(raw, b, ev);
	case PERF_RECORD_LOST:
		return b->size < 16 ? -EBADMSG : number(ev, KP_EV_LOST, body_u64(b, 8));
	case PERF_RECORD_LOST_SAMPLES:
		return b->size < 8 ? -EBADMSG : number(ev, KP_EV_LOST_SAMPLES, body_u64(b, 0));
	case PERF_RECORD_THROTTLE:
		return number(ev, KP_EV_THROTTLE, 1);
	case PERF_RECORD_UNTHROTTLE:
		return number(ev, KP_EV_THROTTLE, 0);
	default:
		return KP_DECODE_NONE;
	}
}

static int decode_other(struct kp_decoder *dec, const struct kp_raw *raw, struct kp_event *ev)
{
	struct body b = { .p = (const uint8_t *)raw->data + HDR,
			  .size = raw->size - HDR,
			  .swapped = dec->swapped };
	int err;

	switch (raw->type) {
	case PERF_RECORD_FINISHED_ROUND:
		return KP_DECODE_ROUND;
	case PERF_RECORD_COMM:
	case PERF_RECORD_MMAP:
	case PERF_RECORD_MMAP2:
	case PERF_RECORD_KSYMBOL:
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
	case PERF_RECORD_LOST:
	case PERF_RECORD_LOST_SAMPLES:
	case PERF_RECORD_THROTTLE:
	case PERF_RECORD_UNTHROTTLE:
		break;
	default:
		return KP_DECODE_NONE;
	}
	*ev = (struct kp_event){ .offset = raw->offset, .mode = kp_event_mode(raw->misc) };
	err = take_trailer(dec, raw, &b, ev);
	return err ? err : decode_body(dec, raw, &b, ev);
}

int kp_decode(struct kp_decoder *dec, const struct kp_raw *raw, struct kp_event *ev)
{
	int err;

	if (KP_UNLIKELY(dec->meta->generation != dec->generation)) {
		err = kp_decoder_resolve(dec);
		if (err == -ENOMEM)
			return err;
	}
	if (KP_UNLIKELY(raw->size < HDR))
		return -EBADMSG;
	if (KP_LIKELY(raw->type == PERF_RECORD_SAMPLE))
		return KP_UNLIKELY(dec->swapped) ? decode_sample(dec, raw, ev, true)
						 : decode_sample(dec, raw, ev, false);
	return decode_other(dec, raw, ev);
}
