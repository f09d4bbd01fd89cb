// SPDX-License-Identifier: GPL-2.0-only
/*
 * record.c - records that perf record itself wrote among the kernel's: attributes, features and
 * tracing data of pipe mode, compressed records, AUX area payload. Fills the meta; touches only
 * memory and the reader's input.
 */
#include <byteswap.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "data/reader.h"

/* More than any recording needs; each may cost a pass over all attributes. */
#define META_RECORDS_MAX 65536u

static struct kp_cursor record_cursor(const struct kp_reader *r, const struct kp_raw *raw)
{
	struct kp_cursor c = kp_cursor(raw->data, raw->size, r->src.meta.swapped);

	kp_cursor_bytes(&c, sizeof(struct perf_event_header));
	return c;
}

static int too_short(struct kp_reader *r, const struct kp_raw *raw)
{
	return kp_reader_fail(r, -EBADMSG,
			      "offset 0x%" PRIx64 ": a record of type %u is too short (%u bytes); "
			      "everything before was read",
			      kp_reader_file_offset(r, raw), raw->type, raw->size);
}

static int out_of_memory(struct kp_reader *r)
{
	return kp_reader_fail(r, -ENOMEM, "not enough memory");
}

/* ---- attributes ---- */

static uint64_t *copy_ids(const struct kp_reader *r, const void *ids, uint64_t nr)
{
	uint64_t i, *copy = malloc(nr ? nr * sizeof(*copy) : 1);

	if (copy)
		memcpy(copy, ids, nr * sizeof(*copy));
	for (i = 0; copy && r->src.meta.swapped && i < nr; i++)
		copy[i] = bswap_64(copy[i]);
	return copy;
}

int kp_reader_add_attr(struct kp_reader *r, const void *bytes, size_t size, const void *ids,
		       uint64_t nr_ids, uint64_t offset)
{
	struct perf_event_attr attr;
	uint64_t *copy;
	int err;

	if (nr_ids > KP_IDS_MAX - r->nr_ids)
		return kp_reader_fail(r, -EBADMSG,
				      "offset 0x%" PRIx64
				      ": more than %u sample ids; the attributes "
				      "are damaged",
				      offset, KP_IDS_MAX);
	kp_attr_decode(bytes, size, r->src.meta.swapped, &attr);
	copy = copy_ids(r, ids, nr_ids);
	if (!copy)
		return out_of_memory(r);
	err = kp_meta_add_attr(&r->src.meta, &r->ix, &attr, copy, (uint32_t)nr_ids);
	if (err == -E2BIG)
		return kp_reader_fail(r, -EBADMSG,
				      "offset 0x%" PRIx64
				      ": more than %u events; the attributes are "
				      "damaged",
				      offset, KP_ATTRS_MAX);
	if (err)
		return out_of_memory(r);
	r->nr_ids += (uint32_t)nr_ids;
	return 0;
}

static int add_attr(struct kp_reader *r, const struct kp_raw *raw)
{
	struct kp_cursor c = record_cursor(r, raw);
	uint32_t size;

	if (kp_cursor_left(&c) < KP_ATTR_SIZE_MIN)
		return too_short(r, raw);
	size = kp_attr_bytes_size(c.p, c.swap);
	if (size < KP_ATTR_SIZE_MIN || size > kp_cursor_left(&c))
		return kp_reader_fail(r, -EBADMSG,
				      "offset 0x%" PRIx64
				      ": an attribute of %u bytes in a record of "
				      "%u; everything before was read",
				      kp_reader_file_offset(r, raw), size, raw->size);
	return kp_reader_add_attr(r, c.p, size, c.p + size, (kp_cursor_left(&c) - size) / 8,
				  kp_reader_file_offset(r, raw));
}

/* ---- names ---- */

static int set_name(struct kp_reader *r, struct kp_attr *attr, const char *name)
{
	if (!*name || (attr->name && !strcmp(attr->name, name)))
		return 0;
	r->src.meta.generation++;
	return kp_meta_set_str(&attr->name, name) ? out_of_memory(r) : 0;
}

static int event_update(struct kp_reader *r, const struct kp_raw *raw)
{
	struct kp_cursor c = record_cursor(r, raw);
	uint64_t type = kp_cursor_u64(&c), id = kp_cursor_u64(&c), *slot;
	const char *name;
	int err;

	if (c.bad)
		return too_short(r, raw);
	name = kp_cursor_cstr(&c);
	if (name && type == KP_EVENT_UPDATE_UNIT)
		kp_meta_set_irqs(&r->src.meta, name);
	if (type != KP_EVENT_UPDATE_NAME)
		return 1;
	slot = kp_hash_get(&r->ix.attr_by_id, id);
	err = name && slot ? set_name(r, &r->src.meta.attrs[*slot], name) : 0;
	return err ? err : 1;
}

/* perf before 3.11 named tracepoints in pipe mode this way: their id, 64 bytes of name. */
static int event_type(struct kp_reader *r, const struct kp_raw *raw)
{
	struct kp_cursor c = record_cursor(r, raw);
	uint64_t id = kp_cursor_u64(&c);
	const char *name = kp_cursor_cstr(&c);
	struct kp_attr *attr;
	uint32_t i;
	int err = 0;

	for (i = 0; name && !err && i < r->src.meta.nr_attrs; i++) {
		attr = &r->src.meta.attrs[i];
		if (attr->attr.type == PERF_TYPE_TRACEPOINT && attr->attr.config == id)
			err = set_name(r, attr, name);
	}
	return err;
}

/* ---- features and tracing data ---- */

static int feature(struct kp_reader *r, const struct kp_raw *raw)
{
	struct kp_cursor c = record_cursor(r, raw);
	uint64_t feat = kp_cursor_u64(&c);
	size_t size = kp_cursor_left(&c);
	int err;

	if (c.bad)
		return too_short(r, raw);
	/* One without content marks the last feature (perf_event__synthesize_features()). */
	if (!size || feat >= KP_FEAT_NR)
		return 0;
	err = kp_feat_decode(&r->src.meta, &r->ix, (unsigned int)feat, c.p, size);
	if (err == -ENOMEM)
		return out_of_memory(r);
	if (err)
		kp_reader_fail(r, err,
			       "offset 0x%" PRIx64 ": feature %" PRIu64 " is damaged and was "
			       "left out",
			       kp_reader_file_offset(r, raw), feat);
	return 0;
}

static int read_payload(struct kp_reader *r, uint8_t *to, size_t size)
{
	size_t step, done = 0;
	int ret;

	while (done < size) {
		step = kp_min_u64(size - done, (uint64_t)(r->in.end - r->in.cur));
		memcpy(to + done, r->in.cur, step);
		r->in.cur += step;
		done += step;
		if (done == size)
			break;
		ret = kp_input_fill(&r->in, 1);
		if (ret <= 0)
			return ret;
	}
	return 1;
}

/* @offset is that of the record, whose bytes have gone from the window by now. */
static int payload_failed(struct kp_reader *r, uint64_t offset, int ret, uint64_t size)
{
	if (ret < 0)
		return kp_reader_fail(r, ret, "offset 0x%" PRIx64 ": cannot read: %s",
				      r->in.end_off, strerror(-ret));
	r->src.meta.truncated = true;
	return kp_reader_fail(r, -EBADMSG,
			      "offset 0x%" PRIx64 ": the file ends inside the %" PRIu64
			      " bytes that "
			      "belong to this record; everything before was read",
			      offset, size);
}

static int tracing_data(struct kp_reader *r, const struct kp_raw *raw)
{
	struct kp_cursor c = record_cursor(r, raw);
	uint32_t size = kp_cursor_u32(&c);
	uint64_t offset = kp_reader_file_offset(r, raw);
	uint8_t *data;
	int ret;

	if (c.bad)
		return too_short(r, raw);
	if (size > KP_TRACING_SIZE_MAX || r->inflating)
		return kp_reader_fail(
			r, -EBADMSG,
			"offset 0x%" PRIx64 ": tracing data of %u bytes%s; everything "
			"before was read",
			offset, size,
			r->inflating ? " inside a compressed record" : " is too much");
	data = malloc(size ? size : 1);
	if (!data)
		return out_of_memory(r);
	r->in.cur = r->cur;
	ret = read_payload(r, data, size);
	kp_reader_load(r);
	if (ret <= 0) {
		free(data);
		return payload_failed(r, offset, ret, size);
	}
	ret = kp_meta_set_tracing(&r->src.meta, &r->ix, data, size);
	if (ret == -EBADMSG)
		kp_reader_fail(r, ret, "offset 0x%" PRIx64 ": the tracing data is damaged", offset);
	return ret == -ENOMEM ? out_of_memory(r) : 0;
}

/* ---- payload that is not for us ---- */

static int skip_auxtrace(struct kp_reader *r, const struct kp_raw *raw)
{
	struct kp_cursor c = record_cursor(r, raw);
	uint64_t size = kp_cursor_u64(&c), offset = kp_reader_file_offset(r, raw);
	int ret;

	if (c.bad)
		return too_short(r, raw);
	if (r->inflating)
		return kp_reader_fail(r, -EBADMSG,
				      "offset 0x%" PRIx64 ": AUX data inside a compressed record; "
				      "everything before was read",
				      r->z_offset);
	r->in.cur = r->cur;
	ret = kp_input_skip(&r->in, size);
	kp_reader_load(r);
	if (ret > 0)
		return 0;
	return payload_failed(r, offset, ret, size);
}

static int compressed(struct kp_reader *r, const struct kp_raw *raw)
{
	struct kp_cursor c = record_cursor(r, raw);
	uint64_t size = kp_cursor_left(&c);

	if (raw->type == KP_RECORD_COMPRESSED2) {
		size = kp_cursor_u64(&c);
		if (c.bad || size > kp_cursor_left(&c))
			return too_short(r, raw);
	}
	if (r->inflating)
		return kp_reader_fail(r, -EBADMSG,
				      "offset 0x%" PRIx64
				      ": a compressed record inside a compressed "
				      "record; everything before was read",
				      r->z_offset);
	r->in.cur = r->cur;
	if (kp_inflate_feed(&r->z, c.p, size))
		return out_of_memory(r);
	r->z_offset = kp_reader_file_offset(r, raw);
	r->z_start = raw->offset + raw->size;
	r->inflating = true;
	r->cur = r->z_cur;
	r->end = r->z_end;
	r->end_off = r->z_start + (uint64_t)(r->z_end - r->z_cur);
	r->z_cur = r->z_end = NULL;
	return 0;
}

int kp_reader_user_record(struct kp_reader *r, const struct kp_raw *raw)
{
	switch (raw->type) {
	case KP_RECORD_COMPRESSED:
	case KP_RECORD_COMPRESSED2:
		return compressed(r, raw);
	case KP_RECORD_AUXTRACE:
		return skip_auxtrace(r, raw);
	case KP_RECORD_FINISHED_ROUND:
		/* A round is one of the main file; the other files of a directory have none. */
		return r->dir_fd < 0;
	case KP_RECORD_HEADER_ATTR:
	case KP_RECORD_HEADER_EVENT_TYPE:
	case KP_RECORD_HEADER_TRACING_DATA:
	case KP_RECORD_HEADER_FEATURE:
	case KP_RECORD_EVENT_UPDATE:
		break;
	default:
		return 1;
	}
	if (++r->nr_meta_records > META_RECORDS_MAX)
		return kp_reader_fail(r, -EBADMSG,
				      "offset 0x%" PRIx64
				      ": more than %u records that describe the "
				      "recording; everything before was read",
				      kp_reader_file_offset(r, raw), META_RECORDS_MAX);
	switch (raw->type) {
	case KP_RECORD_HEADER_ATTR:
		return add_attr(r, raw);
	case KP_RECORD_HEADER_EVENT_TYPE:
		return event_type(r, raw);
	case KP_RECORD_HEADER_TRACING_DATA:
		return tracing_data(r, raw);
	case KP_RECORD_HEADER_FEATURE:
		return feature(r, raw);
	default:
		return event_update(r, raw);
	}
}

/* What can come before the first event; a round that ends nothing is as good as none. */
static bool in_prefix(uint32_t type)
{
	return type == KP_RECORD_HEADER_ATTR || type == KP_RECORD_HEADER_FEATURE ||
	       type == KP_RECORD_HEADER_TRACING_DATA || type == KP_RECORD_HEADER_EVENT_TYPE ||
	       type == KP_RECORD_EVENT_UPDATE || type == KP_RECORD_FINISHED_ROUND;
}

int kp_reader_read_prefix(struct kp_reader *r)
{
	struct perf_event_header h;
	struct kp_raw raw;
	int ret;

	while ((ret = kp_reader_peek(r, &h)) > 0 && in_prefix(h.type)) {
		raw = (struct kp_raw){ .data = r->cur,
				       .size = h.size,
				       .type = h.type,
				       .offset = r->end_off - (uint64_t)(r->end - r->cur) };
		r->cur += h.size;
		ret = kp_reader_user_record(r, &raw);
		if (ret < 0)
			break;
	}
	if (ret < 0)
		r->result = ret;
	ret = kp_meta_finish_names(&r->src.meta, &r->ix);
	return ret ? out_of_memory(r) : 0;
}
