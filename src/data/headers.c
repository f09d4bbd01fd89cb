// SPDX-License-Identifier: GPL-2.0-only
/*
 * headers.c - what stands before and behind the records of a perf.data that is written: see
 * writer.h for the layout. Touches only memory.
 */
#include <stdlib.h>
#include <string.h>

#include "data/writer.h"

#define RECORD_SIZE_MAX 65535u

/*
 * The mark behind the last feature of a pipe. perf 6.1 and 6.12 know it by this number, their
 * HEADER_LAST_FEATURE; 7.3 by its having no content.
 */
#define LAST_FEATURE 32u

/* ---- records ---- */

static int record_begin(struct kp_buf *out, uint32_t type, size_t *at)
{
	struct perf_event_header h = { .type = type };

	*at = out->len;
	return kp_buf_add(out, &h, sizeof(h));
}

/* -E2BIG, and the record taken back, when it is too long for its 16-bit size. */
static int record_end(struct kp_buf *out, size_t at)
{
	size_t size = out->len - at;
	uint16_t size16 = (uint16_t)size;

	if (size > RECORD_SIZE_MAX) {
		out->len = at;
		return -E2BIG;
	}
	memcpy(out->data + at + offsetof(struct perf_event_header, size), &size16, sizeof(size16));
	return 0;
}

static int add_zeros(struct kp_buf *out, size_t size)
{
	static const char zeros[128];

	return kp_buf_add(out, zeros, size);
}

/* Readers take a FINISHED_ROUND of any size (perf 7.3: any multiple of 8): it can fill a gap. */
static int add_filler(struct kp_buf *out, size_t size)
{
	size_t at;

	if (record_begin(out, KP_RECORD_FINISHED_ROUND, &at) ||
	    add_zeros(out, size - sizeof(struct perf_event_header)))
		return -ENOMEM;
	return record_end(out, at);
}

static int add_attr(struct kp_writer *w, uint32_t i, struct kp_buf *out)
{
	const struct kp_attr *attr = &w->meta->attrs[i];
	uint64_t size = attr->nr_ids * sizeof(*attr->ids);
	uint64_t max = RECORD_SIZE_MAX - sizeof(struct perf_event_header) - w->attr_size;
	size_t at;

	if (record_begin(out, KP_RECORD_HEADER_ATTR, &at) ||
	    kp_attr_encode(&attr->attr, w->attr_size, out))
		return -ENOMEM;
	if (size <= max) {
		w->ids[i] = (struct kp_section){ out->len, size };
	} else if (w->opts.pipe) {
		return -E2BIG;
	} else {
		/* A file under way has to do with those that fit; the finished one has them all. */
		w->tail_size += size;
		size = max / sizeof(*attr->ids) * sizeof(*attr->ids);
	}
	return kp_buf_add(out, attr->ids, size) ? -ENOMEM : record_end(out, at);
}

static int add_feature(struct kp_writer *w, unsigned int feat, struct kp_buf *out)
{
	uint64_t id = feat;
	size_t at, start;
	int ret;

	if (record_begin(out, KP_RECORD_HEADER_FEATURE, &at) || kp_buf_add(out, &id, sizeof(id)))
		return -ENOMEM;
	start = out->len;
	ret = kp_feat_encode(w->meta, &w->zstd, feat, out);
	if (ret <= 0) {
		out->len = at;
		return ret;
	}
	w->feat[feat] = (struct kp_section){ start, out->len - start };
	/* Zeros at the end harm no feature but the topology, which tells versions by its length. */
	ret = feat == KP_FEAT_CPU_TOPOLOGY ? 0 : add_zeros(out, -out->len % sizeof(uint64_t));
	if (!ret)
		ret = record_end(out, at);
	if (ret == -E2BIG) {
		w->tail_size += w->feat[feat].size;
		w->feat[feat] = (struct kp_section){ 0 };
		return 0;
	}
	return ret;
}

static int add_last_feature(struct kp_buf *out)
{
	uint64_t id = LAST_FEATURE;
	size_t at;

	if (record_begin(out, KP_RECORD_HEADER_FEATURE, &at) || kp_buf_add(out, &id, sizeof(id)))
		return -ENOMEM;
	return record_end(out, at);
}

static int add_name(const struct kp_attr *attr, struct kp_buf *out)
{
	uint64_t words[2] = { KP_EVENT_UPDATE_NAME, attr->nr_ids ? attr->ids[0] : 0 };
	size_t at, len = strlen(attr->name) + 1;

	if (!attr->nr_ids || len > RECORD_SIZE_MAX / 2)
		return 0;
	if (record_begin(out, KP_RECORD_EVENT_UPDATE, &at) ||
	    kp_buf_add(out, words, sizeof(words)) || kp_buf_add(out, attr->name, len) ||
	    add_zeros(out, -len % sizeof(uint64_t)))
		return -ENOMEM;
	return record_end(out, at);
}

static int add_tracing(struct kp_writer *w, struct kp_buf *out)
{
	size_t at, size = w->meta->tracing_size, pad = -size % sizeof(uint64_t);
	uint32_t padded = (uint32_t)(size + pad);
	int err;

	if (!w->meta->tracing)
		return 0;
	if (size > UINT32_MAX - sizeof(uint64_t))
		return -E2BIG;
	/*
	 * The record may be of any size from 12 on: align what follows, as the kernel's records
	 * are.
	 */
	if (record_begin(out, KP_RECORD_HEADER_TRACING_DATA, &at) ||
	    kp_buf_add(out, &padded, sizeof(padded)) ||
	    add_zeros(out, -out->len % sizeof(uint64_t)))
		return -ENOMEM;
	err = record_end(out, at);
	w->feat[KP_FEAT_TRACING_DATA] = (struct kp_section){ out->len, size };
	if (!err)
		err = kp_buf_add(out, w->meta->tracing, size);
	return err ? err : add_zeros(out, pad);
}

static int add_records(struct kp_writer *w, struct kp_buf *out)
{
	unsigned int feat;
	uint32_t i;
	int err = 0;

	for (i = 0; i < w->meta->nr_attrs && !err; i++)
		err = add_attr(w, i, out);
	/* The time of the last sample is known at the end only; a pipe does without. */
	for (feat = 0; feat < KP_FEAT_NR && !err; feat++)
		if (feat != KP_FEAT_SAMPLE_TIME)
			err = add_feature(w, feat, out);
	if (!err)
		err = add_last_feature(out);
	if (!err)
		err = add_tracing(w, out);
	for (i = 0; i < w->meta->nr_attrs && !err; i++)
		err = add_name(&w->meta->attrs[i], out);
	return err;
}

int kp_writer_head(struct kp_writer *w, struct kp_buf *out)
{
	const struct kp_pipe_header h = { .magic = KP_MAGIC2, .size = sizeof(h) };
	int err = kp_buf_add(out, &h, sizeof(h));

	w->tail_size = 64 + (KP_FEAT_HYBRID_TOPOLOGY + 1) * sizeof(struct kp_section) +
		       w->meta->nr_attrs * (w->attr_size + sizeof(struct kp_section));
	if (!err && !w->opts.pipe)
		err = add_filler(out, sizeof(struct kp_file_header) - sizeof(h));
	if (!err)
		err = add_records(w, out);
	w->data_start = out->len;
	return err;
}

/* ---- tail ---- */

static int add_late_feature(struct kp_writer *w, unsigned int feat, uint64_t base,
			    struct kp_buf *out)
{
	size_t start = out->len;
	int ret;

	/* HEADER_COMPRESSED is written again, now that the ratio is known. */
	if (w->feat[feat].size && feat != KP_FEAT_COMPRESSED)
		return 0;
	ret = kp_feat_encode(w->meta, &w->zstd, feat, out);
	if (ret > 0)
		w->feat[feat] = (struct kp_section){ base + start, out->len - start };
	return ret < 0 ? ret : 0;
}

static int add_file_attrs(struct kp_writer *w, uint64_t base, struct kp_buf *out)
{
	const struct kp_attr *attr;
	uint32_t i;

	for (i = 0; i < w->meta->nr_attrs; i++) {
		attr = &w->meta->attrs[i];
		if (w->ids[i].size || !attr->nr_ids)
			continue;
		w->ids[i] =
			(struct kp_section){ base + out->len, attr->nr_ids * sizeof(*attr->ids) };
		if (kp_buf_add(out, attr->ids, w->ids[i].size))
			return -ENOMEM;
	}
	return 0;
}

static int add_attr_table(struct kp_writer *w, uint64_t base, struct kp_buf *out,
			  struct kp_section *where)
{
	uint64_t start;
	uint32_t i;
	int err = add_file_attrs(w, base, out);

	if (!err)
		err = add_zeros(out, -(base + out->len) % sizeof(uint64_t));
	start = out->len;
	for (i = 0; i < w->meta->nr_attrs && !err; i++) {
		err = kp_attr_encode(&w->meta->attrs[i].attr, w->attr_size, out);
		if (!err)
			err = kp_buf_add(out, &w->ids[i], sizeof(w->ids[i]));
	}
	*where = (struct kp_section){ base + start, out->len - start };
	return err;
}

/*
 * The table comes first and lists the sections by number; their places are known when all are in.
 */
int kp_writer_tail(struct kp_writer *w, uint64_t data_size, struct kp_buf *out,
		   struct kp_file_header *header)
{
	uint64_t base = w->data_start + data_size;
	struct kp_section table[KP_FEAT_NR];
	unsigned int feat, nr = 0;
	int err = 0;

	*header = (struct kp_file_header){
		.magic = KP_MAGIC2,
		.size = sizeof(*header),
		.attr_size = w->attr_size + sizeof(struct kp_section),
		.data = {w->data_start, data_size},
	};
	/* Room for every section there can be; what is not needed stays as a gap. */
	for (feat = 0; feat < KP_FEAT_NR && !err; feat++)
		err = add_zeros(out, feat <= KP_FEAT_HYBRID_TOPOLOGY ? sizeof(table[0]) : 0);
	for (feat = 0; feat < KP_FEAT_NR && !err; feat++)
		err = add_late_feature(w, feat, base, out);
	if (!err)
		err = add_attr_table(w, base, out, &header->attrs);
	if (err)
		return err;
	for (feat = 0; feat < KP_FEAT_NR; feat++) {
		if (!w->feat[feat].size)
			continue;
		header->features[feat / 64] |= KP_BIT64(feat % 64);
		table[nr++] = w->feat[feat];
	}
	memcpy(out->data, table, nr * sizeof(table[0]));
	return 0;
}
