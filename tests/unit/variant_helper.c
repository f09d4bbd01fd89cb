// SPDX-License-Identifier: GPL-2.0-only
/*
 * variant_helper.c - writes a recording again as other versions and machines would have (see
 * variant_helper.h). Reads the recording, writes the descriptor it is given.
 */
#include <byteswap.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "data/encode.h"
#include "data/format.h"
#include "data/meta.h"
#include "lib/buf.h"
#include "variant_helper.h"

#define PIECE		(1u << 20)
#define EVENT_TYPE_SIZE 72u

/**
 * struct variant - one being written
 * @out: bytes not written yet; @at: file offset of its start
 * @data: where the data section is
 */
struct variant {
	const struct variant_opts *o;
	const struct kp_meta *meta;
	struct variant_records *records;
	uint32_t attr_size;
	int fd;
	struct kp_buf out;
	uint64_t at;
	ZSTD_CCtx *zstd;
	struct kp_buf plain;
	struct kp_section data;
};

static int flush(struct variant *v)
{
	size_t done = 0;
	ssize_t n;

	for (; done < v->out.len; done += (size_t)n) {
		n = write(v->fd, v->out.data + done, v->out.len - done);
		if (n < 0)
			return -errno;
	}
	v->at += done;
	v->out.len = 0;
	return 0;
}

static uint64_t here(const struct variant *v)
{
	return v->at + v->out.len;
}

static int put_num(struct variant *v, uint64_t n, size_t size)
{
	uint16_t n16 = (uint16_t)n;
	uint32_t n32 = (uint32_t)n;

	if (v->o->swap) {
		n = bswap_64(n);
		n32 = bswap_32(n32);
		n16 = bswap_16(n16);
	}
	return kp_buf_add(&v->out, size == 8 ? (void *)&n : size == 4 ? (void *)&n32 : &n16, size);
}

static int put_section(struct variant *v, struct kp_section s)
{
	return put_num(v, s.offset, 8) ? -ENOMEM : put_num(v, s.size, 8);
}

static int put_record(struct variant *v, uint32_t type, size_t size)
{
	if (size > 65535)
		return -E2BIG;
	return put_num(v, type, 4) || put_num(v, 0, 2) || put_num(v, size, 2) ? -ENOMEM : 0;
}

static int put_attr(struct variant *v, const struct perf_event_attr *attr)
{
	uint8_t bytes[KP_ATTR_SIZE_MAX] = { 0 };
	struct perf_event_attr copy = *attr;

	copy.size = v->attr_size;
	if (v->o->swap)
		variant_swap_attr(&copy, bytes, v->attr_size);
	else
		memcpy(bytes, &copy, kp_min_u64(v->attr_size, sizeof(copy)));
	return kp_buf_add(&v->out, bytes, v->attr_size);
}

static int put_ids(struct variant *v, const struct kp_attr *attr)
{
	uint32_t i;
	int err = 0;

	for (i = 0; i < attr->nr_ids && !err; i++)
		err = put_num(v, attr->ids[i], 8);
	return err;
}

/* 1: in @out; 0: the recording has none, or the variant shall not */
static int make_feature(struct variant *v, unsigned int feat, struct kp_buf *out)
{
	struct kp_zstd_info zstd = { .level = v->o->compressed ? 1 : 0, .chunk_size = PIECE };
	int ret;

	if (v->o->no_features || (feat == KP_FEAT_EVENT_DESC && v->o->event_types))
		return 0;
	if (feat == KP_FEAT_TRACING_DATA && v->meta->tracing) {
		ret = kp_buf_add(out, v->meta->tracing, v->meta->tracing_size);
		if (!ret && v->o->swap)
			ret = variant_swap_tracing((uint8_t *)out->data, out->len);
		return ret ? ret : 1;
	}
	ret = kp_feat_encode(v->meta, &zstd, feat, out);
	if (ret > 0 && v->o->swap)
		variant_swap_feature(feat, (uint8_t *)out->data, out->len,
				     kp_attr_file_size(v->meta));
	return ret;
}

/* ---- records ---- */

static int put_compressed(struct variant *v)
{
	size_t max = 60000, at = 0, step, extra = v->o->compressed == 83 ? 8 : 0, pad;
	static uint8_t packed[65536];
	ZSTD_outBuffer out;
	ZSTD_inBuffer in;

	/* Pieces end wherever they do, inside records too. */
	for (; at < v->plain.len; at += step) {
		step = kp_min_u64(max, v->plain.len - at);
		in = (ZSTD_inBuffer){ v->plain.data + at, step, 0 };
		out = (ZSTD_outBuffer){ packed, sizeof(packed), 0 };
		if (ZSTD_compressStream2(v->zstd, &out, &in, ZSTD_e_flush))
			return -EIO;
		pad = extra ? -out.pos % 8 : 0;
		if (put_record(v, v->o->compressed, 8 + extra + out.pos + pad) ||
		    (extra && put_num(v, out.pos, 8)) || kp_buf_add(&v->out, packed, out.pos) ||
		    kp_buf_add(&v->out, "\0\0\0\0\0\0\0", pad))
			return -ENOMEM;
	}
	v->plain.len = 0;
	return flush(v);
}

static int put_raw(struct variant *v, const struct kp_raw *raw, uint64_t shift_ns)
{
	struct kp_buf *to = v->zstd ? &v->plain : &v->out;
	size_t at = to->len;
	int ret;

	if (kp_buf_add(to, raw->data, raw->size))
		return -ENOMEM;
	if (shift_ns)
		variant_shift(v->records, (uint8_t *)to->data + at, raw->size, shift_ns);
	if (v->o->swap) {
		ret = variant_swap(v->records, (uint8_t *)to->data + at, raw->size);
		if (ret <= 0)
			to->len = at;
		if (ret < 0)
			return ret;
	}
	if (to->len < PIECE - 65536)
		return 0;
	return v->zstd ? put_compressed(v) : flush(v);
}

static int put_records(struct variant *v, const char *path, uint64_t shift_ns)
{
	struct kp_source *src;
	struct kp_raw raw;
	uint64_t nr = 0;
	int err = kp_perfdata_open(path, &src, NULL, 0);

	if (err)
		return err;
	while (!err && (!v->o->max_records || nr++ < v->o->max_records) &&
	       kp_source_next(src, &raw) > 0)
		err = put_raw(v, &raw, shift_ns);
	kp_source_free(src);
	return err;
}

static int put_data(struct variant *v, const char *path)
{
	uint64_t i, nr = v->o->repeat ? v->o->repeat : 1;
	int err = 0;

	v->data.offset = here(v);
	for (i = 0; i < nr && !err; i++)
		err = put_records(v, path, i * v->o->repeat_ns);
	if (!err && v->zstd)
		err = put_compressed(v);
	if (!err)
		err = flush(v);
	v->data.size = here(v) - v->data.offset;
	return err;
}

/* ---- pipe mode ---- */

static int put_pipe_meta(struct variant *v)
{
	const struct kp_attr *a;
	unsigned int feat;
	int err = 0;

	for (a = v->meta->attrs; a < v->meta->attrs + v->meta->nr_attrs && !err; a++) {
		err = put_record(v, KP_RECORD_HEADER_ATTR, 8 + v->attr_size + a->nr_ids * 8);
		if (!err)
			err = put_attr(v, &a->attr) ? -ENOMEM : put_ids(v, a);
		if (!err && v->o->event_types && a->system) {
			char name[64] = "";

			snprintf(name, sizeof(name), "%s:%s", a->system, a->event);
			err = put_record(v, KP_RECORD_HEADER_EVENT_TYPE, 8 + EVENT_TYPE_SIZE) ||
			      put_num(v, a->attr.config, 8) || kp_buf_add(&v->out, name, 64);
		}
	}
	for (feat = 0; feat < KP_FEAT_NR && !err; feat++) {
		struct kp_buf section = { 0 };
		int ret = make_feature(v, feat, &section);
		size_t pad = -section.len % 8;

		err = ret < 0 ? ret : 0;
		if (ret > 0 && feat == KP_FEAT_TRACING_DATA) {
			err = put_record(v, KP_RECORD_HEADER_TRACING_DATA, 12) ||
			      put_num(v, section.len + pad, 4) ||
			      kp_buf_add(&v->out, section.data, section.len) ||
			      kp_buf_add(&v->out, "\0\0\0\0\0\0\0", pad);
		} else if (ret > 0) {
			err = put_record(v, KP_RECORD_HEADER_FEATURE, 16 + section.len) ||
			      put_num(v, feat, 8) || kp_buf_add(&v->out, section.data, section.len);
		}
		kp_buf_free(&section);
	}
	return err;
}

/* ---- file mode ---- */

static int put_file_attrs(struct variant *v, struct kp_section *attrs)
{
	uint64_t ids = here(v);
	const struct kp_attr *a, *end = v->meta->attrs + v->meta->nr_attrs;
	int err = 0;

	for (a = v->meta->attrs; a < end && !err; a++)
		err = put_ids(v, a);
	attrs->offset = here(v);
	for (a = v->meta->attrs; a < end && !err; a++) {
		err = put_attr(v, &a->attr);
		if (!err)
			err = put_section(v, (struct kp_section){ ids, a->nr_ids * 8 });
		ids += a->nr_ids * 8;
	}
	attrs->size = here(v) - attrs->offset;
	return err;
}

static int put_event_types(struct variant *v, struct kp_section *types)
{
	const struct kp_attr *a, *end = v->meta->attrs + v->meta->nr_attrs;
	int err = 0;

	types->offset = here(v);
	for (a = v->meta->attrs; a < end && !err && v->o->event_types; a++) {
		char name[64] = "";

		snprintf(name, sizeof(name), "%s", a->name);
		err = put_num(v, a->attr.config, 8) || kp_buf_add(&v->out, name, sizeof(name));
	}
	types->size = here(v) - types->offset;
	return err;
}

static int put_features(struct variant *v, uint64_t *bits)
{
	struct kp_buf sections = { 0 };
	struct kp_section where[KP_FEAT_NR];
	unsigned int feat, nr = 0, i;
	int ret = 0;

	for (feat = 0; feat < 64 && ret >= 0; feat++) {
		struct kp_buf one = { 0 };

		ret = make_feature(v, feat, &one);
		if (ret > 0) {
			*bits |= KP_BIT64(feat);
			where[nr++] = (struct kp_section){ sections.len, one.len };
			if (kp_buf_add(&sections, one.data, one.len))
				ret = -ENOMEM;
		}
		kp_buf_free(&one);
	}
	for (i = 0; i < nr && ret >= 0; i++) {
		where[i].offset += here(v) + (nr - i) * sizeof(where[0]);
		ret = put_section(v, where[i]);
	}
	if (ret >= 0)
		ret = kp_buf_add(&v->out, sections.data, sections.len);
	kp_buf_free(&sections);
	return ret;
}

static int put_bits(struct variant *v, uint64_t bits)
{
	if (!v->o->long32)
		return put_num(v, bits, 8);
	return put_num(v, bits & UINT32_MAX, 4) ? -ENOMEM : put_num(v, bits >> 32, 4);
}

static int put_file(struct variant *v, const char *path)
{
	size_t header = v->o->no_features ? KP_FILE_HEADER_OLD_SIZE : sizeof(struct kp_file_header);
	struct kp_section attrs = { 0 }, types = { 0 };
	uint64_t bits = 0;
	static const char zeros[sizeof(struct kp_file_header)];
	int err = kp_buf_add(&v->out, zeros, header);

	if (!err)
		err = put_file_attrs(v, &attrs);
	if (!err)
		err = put_event_types(v, &types);
	if (!err)
		err = put_data(v, path);
	if (!err)
		err = put_features(v, &bits);
	if (!err)
		err = flush(v);
	if (err)
		return err;
	if (v->o->size_zero)
		v->data.size = 0;
	v->at = 0;
	if (lseek(v->fd, 0, SEEK_SET) < 0)
		return -errno;
	if (put_num(v, v->o->magic1 ? KP_MAGIC1 : KP_MAGIC2, 8) || put_num(v, header, 8) ||
	    put_num(v, v->attr_size + 16, 8) || put_section(v, attrs) || put_section(v, v->data) ||
	    put_section(v, types) || put_bits(v, bits) || kp_buf_add(&v->out, zeros, 24))
		return -ENOMEM;
	v->out.len = header;
	if (v->o->magic1) /* the first magic is a string, the same in both orders */
		memcpy(v->out.data, "PERFFILE", 8);
	return flush(v);
}

static int put_pipe(struct variant *v, const char *path)
{
	int err = put_num(v, KP_MAGIC2, 8) ? -ENOMEM : put_num(v, 16, 8);

	if (!err)
		err = put_pipe_meta(v);
	if (!err)
		err = flush(v);
	return err ? err : put_data(v, path);
}

int variant_write(const char *path, int fd, const struct variant_opts *opts, char *err,
		  size_t err_size)
{
	struct variant v = { .o = opts, .fd = fd };
	struct kp_source *src;
	int ret = kp_perfdata_open(path, &src, err, err_size);

	if (ret)
		return ret;
	v.meta = &src->meta;
	v.attr_size = opts->attr_size ? opts->attr_size : 128;
	if (opts->compressed)
		v.zstd = ZSTD_createCCtx();
	ret = src->meta.swapped ? -EOPNOTSUPP : variant_records_new(&src->meta, &v.records);
	if (!ret && v.zstd)
		ZSTD_CCtx_setParameter(v.zstd, ZSTD_c_compressionLevel, opts->level);
	if (!ret)
		ret = opts->pipe ? put_pipe(&v, path) : put_file(&v, path);
	if (ret)
		snprintf(err, err_size, "%s: cannot be written so: %s", path, strerror(abs(ret)));
	variant_records_free(v.records);
	ZSTD_freeCCtx(v.zstd);
	kp_buf_free(&v.out);
	kp_buf_free(&v.plain);
	kp_source_free(src);
	return ret;
}
