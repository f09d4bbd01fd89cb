// SPDX-License-Identifier: GPL-2.0-only
/*
 * open.c - the head of a perf.data: magic, byte order, file or pipe mode, attributes with their
 * ids, feature sections. Leaves the reader at the first record. Touches only the reader's file.
 */
#include <byteswap.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/reader.h"

#define HINT "Was it made by perf record or kvmpmu record?"

/* A name of perf before 3.7: struct perf_trace_event_type. */
#define OLD_EVENT_TYPE_SIZE 72u

static int read_failed(struct kp_reader *r, int err, uint64_t offset, const char *what)
{
	if (err == -EBADMSG)
		return kp_reader_fail(r, err, "offset 0x%" PRIx64 ": the file ends inside %s",
				      offset, what);
	return kp_reader_fail(r, err, "offset 0x%" PRIx64 ": cannot read %s: %s", offset, what,
			      strerror(-err));
}

/* ---- magic and byte order ---- */

static int not_perf_data(struct kp_reader *r, size_t have)
{
	const uint8_t *at = r->in.cur;

	if (!have)
		return kp_reader_fail(r, -EBADMSG, "empty. Did the recording start at all?");
	if (have >= 10 && !memcmp(at, "\x17\x08\x44tracing", 10))
		return kp_reader_fail(r, -EBADMSG,
				      "a trace-cmd recording, not a perf.data; read it "
				      "with trace-cmd report");
	if (have < sizeof(struct kp_pipe_header))
		return kp_reader_fail(r, -EBADMSG, "only %zu bytes, too few for a perf.data. " HINT,
				      have);
	return kp_reader_fail(r, -EBADMSG,
			      "not a perf.data file (starts with %02x %02x %02x %02x). " HINT,
			      at[0], at[1], at[2], at[3]);
}

/*
 * The first magic says nothing about byte order; a size that makes no sense the other way round
 * does.
 */
static bool old_magic_swapped(struct kp_reader *r, uint64_t header_size)
{
	return header_size >> 32 || (r->in.end - r->in.cur >= 24 && !header_size);
}

static int read_magic(struct kp_reader *r, uint64_t *header_size)
{
	struct kp_pipe_header h;
	int ret = kp_input_fill(&r->in, sizeof(h));

	if (ret < 0)
		return read_failed(r, ret, 0, "the header");
	if (!ret)
		return not_perf_data(r, (size_t)(r->in.end - r->in.cur));
	memcpy(&h, r->in.cur, sizeof(h));
	if (h.magic == bswap_64(KP_MAGIC2))
		r->src.meta.swapped = true;
	else if (h.magic == KP_MAGIC1 || h.magic == bswap_64(KP_MAGIC1))
		r->src.meta.swapped = old_magic_swapped(r, h.size);
	else if (h.magic != KP_MAGIC2)
		return not_perf_data(r, sizeof(h));
	r->src.meta.bigendian = r->src.meta.swapped != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	*header_size = r->src.meta.swapped ? bswap_64(h.size) : h.size;
	return 0;
}

/* ---- file header ---- */

/*
 * The bitmap is an array of the recording kernel's longs. As perf does, try 64-bit longs first: the
 * hostname bit is always set by perf since 2.6.36 (tools/perf/util/header.c).
 */
static void swap_features(uint64_t *features)
{
	uint64_t first = bswap_64(features[0]);
	size_t i;

	for (i = 0; i < 4; i++) {
		if (first >> KP_FEAT_HOSTNAME & 1)
			features[i] = bswap_64(features[i]);
		else
			features[i] = (uint64_t)bswap_32((uint32_t)(features[i] >> 32)) << 32 |
				      bswap_32((uint32_t)features[i]);
	}
}

static int read_file_header(struct kp_reader *r, uint64_t header_size, struct kp_file_header *h)
{
	size_t size = kp_min_u64(header_size, sizeof(*h));
	int ret;

	if (header_size < KP_FILE_HEADER_OLD_SIZE || header_size > KP_INPUT_SIZE)
		return kp_reader_fail(r, -EBADMSG,
				      "offset 0x8: a header of %" PRIu64
				      " bytes; the file is damaged",
				      header_size);
	ret = kp_input_fill(&r->in, size);
	if (ret <= 0)
		return read_failed(r, ret ? ret : -EBADMSG, 0, "the header");
	memset(h, 0, sizeof(*h));
	memcpy(h, r->in.cur, size < sizeof(*h) ? KP_FILE_HEADER_OLD_SIZE : size);
	if (r->src.meta.swapped) {
		h->attr_size = bswap_64(h->attr_size);
		h->attrs.offset = bswap_64(h->attrs.offset);
		h->attrs.size = bswap_64(h->attrs.size);
		h->data.offset = bswap_64(h->data.offset);
		h->data.size = bswap_64(h->data.size);
		h->event_types.offset = bswap_64(h->event_types.offset);
		h->event_types.size = bswap_64(h->event_types.size);
		swap_features(h->features);
	}
	if (h->data.offset < header_size || h->data.offset > INT64_MAX ||
	    h->data.size > INT64_MAX)
		return kp_reader_fail(r, -EBADMSG,
				      "offset 0x28: data of %" PRIu64 " bytes at %" PRIu64
				      "; the file is damaged",
				      h->data.size, h->data.offset);
	return 0;
}

/* ---- attributes ---- */

static int check_attrs(struct kp_reader *r, const struct kp_file_header *h)
{
	uint64_t section = sizeof(struct kp_section);

	if (h->attr_size < KP_ATTR_SIZE_MIN + section || h->attr_size > KP_ATTR_SIZE_MAX + section)
		return kp_reader_fail(r, -EBADMSG,
				      "offset 0x10: attributes of %" PRIu64
				      " bytes; the file is damaged",
				      h->attr_size);
	if (h->attrs.size / h->attr_size > KP_ATTRS_MAX)
		return kp_reader_fail(r, -EBADMSG,
				      "offset 0x20: %" PRIu64 " attributes; the file is damaged",
				      h->attrs.size / h->attr_size);
	if (h->attrs.size < h->attr_size)
		return kp_reader_fail(r, -EBADMSG, "offset 0x20: it describes no event");
	return 0;
}

static int read_attr(struct kp_reader *r, const struct kp_file_header *h, uint64_t offset)
{
	uint8_t bytes[KP_ATTR_SIZE_MAX + sizeof(struct kp_section)];
	size_t room = h->attr_size - sizeof(struct kp_section), size;
	struct kp_section ids;
	void *at = NULL;
	int err = kp_input_pread(&r->in, bytes, h->attr_size, offset);

	if (err)
		return read_failed(r, err, offset, "an attribute");
	memcpy(&ids, bytes + room, sizeof(ids));
	if (r->src.meta.swapped)
		ids = (struct kp_section){ bswap_64(ids.offset), bswap_64(ids.size) };
	if (ids.size / sizeof(uint64_t) > KP_IDS_MAX)
		return kp_reader_fail(r, -EBADMSG,
				      "offset 0x%" PRIx64 ": an attribute with %" PRIu64
				      " sample ids; "
				      "the file is damaged",
				      offset, ids.size / sizeof(uint64_t));
	at = malloc(ids.size ? ids.size : 1);
	if (!at)
		return kp_reader_fail(r, -ENOMEM, "not enough memory");
	err = kp_input_pread(&r->in, at, ids.size, ids.offset);
	if (err) {
		err = read_failed(r, err, ids.offset, "an attribute's sample ids");
	} else {
		size = kp_min_u64(kp_attr_bytes_size(bytes, r->src.meta.swapped), room);
		err = kp_reader_add_attr(r, bytes, size < KP_ATTR_SIZE_MIN ? room : size, at,
					 ids.size / sizeof(uint64_t), offset);
	}
	free(at);
	return err;
}

static int read_attrs(struct kp_reader *r, const struct kp_file_header *h)
{
	uint64_t i, nr;
	int err = check_attrs(r, h);

	nr = err ? 0 : h->attrs.size / h->attr_size;
	for (i = 0; i < nr && !err; i++)
		err = read_attr(r, h, h->attrs.offset + i * h->attr_size);
	return err;
}

/*
 * Files of perf before 3.7 name their tracepoints in a section; later ones do in HEADER_EVENT_DESC.
 */
static int read_old_names(struct kp_reader *r, const struct kp_file_header *h)
{
	uint64_t i, nr = kp_min_u64(h->event_types.size / OLD_EVENT_TYPE_SIZE, 4096);
	uint8_t bytes[OLD_EVENT_TYPE_SIZE];
	struct kp_attr *attr;
	struct kp_cursor c;
	const char *name;
	uint64_t id;

	for (i = 0; i < nr; i++) {
		if (kp_input_pread(&r->in, bytes, sizeof(bytes),
				   h->event_types.offset + i * sizeof(bytes)))
			return 0;
		c = kp_cursor(bytes, sizeof(bytes), r->src.meta.swapped);
		id = kp_cursor_u64(&c);
		name = kp_cursor_cstr(&c);
		for (attr = r->src.meta.attrs;
		     name && attr < r->src.meta.attrs + r->src.meta.nr_attrs; attr++)
			if (attr->attr.type == PERF_TYPE_TRACEPOINT && attr->attr.config == id &&
			    !attr->name && kp_meta_set_str(&attr->name, name))
				return kp_reader_fail(r, -ENOMEM, "not enough memory");
	}
	return 0;
}

/* ---- features ---- */

static int read_feature(struct kp_reader *r, unsigned int feat, const struct kp_section *s)
{
	uint64_t max = feat == KP_FEAT_TRACING_DATA ? KP_TRACING_SIZE_MAX : KP_FEAT_SIZE_MAX;
	uint64_t end;
	void *data;
	int err;

	if (__builtin_add_overflow(s->offset, s->size, &end) || end > r->file_size)
		return read_failed(r, -EBADMSG, s->offset, "a feature section");
	if (feat != KP_FEAT_TRACING_DATA && !kp_feat_wanted(feat))
		return 0;
	if (s->size > max)
		return kp_reader_fail(r, -EBADMSG,
				      "offset 0x%" PRIx64 ": feature %u of %" PRIu64
				      " bytes was left "
				      "out; the file is damaged",
				      s->offset, feat, s->size);
	data = malloc(s->size ? s->size : 1);
	if (!data)
		return kp_reader_fail(r, -ENOMEM, "not enough memory");
	err = kp_input_pread(&r->in, data, s->size, s->offset);
	if (err) {
		free(data);
		return read_failed(r, err, s->offset, "a feature section");
	}
	if (feat == KP_FEAT_TRACING_DATA)
		return kp_meta_set_tracing(&r->src.meta, &r->ix, data, s->size);
	err = kp_feat_decode(&r->src.meta, &r->ix, feat, data, s->size);
	free(data);
	return err;
}

/*
 * The table of sections follows the data. A feature that cannot be had does not keep the rest from
 * being read: the first message about one is kept and told at the end.
 */
static int read_features(struct kp_reader *r, const struct kp_file_header *h)
{
	uint64_t at = h->data.offset + h->data.size;
	struct kp_section s;
	unsigned int feat;
	int err;

	memcpy(r->src.meta.features, h->features, sizeof(h->features));
	for (feat = 0; feat < KP_FEAT_NR; feat++) {
		if (!kp_meta_has_feat(&r->src.meta, feat))
			continue;
		err = kp_input_pread(&r->in, &s, sizeof(s), at);
		if (err) {
			read_failed(r, err, at, "the table of features");
			return 0;
		}
		at += sizeof(s);
		if (r->src.meta.swapped)
			s = (struct kp_section){ bswap_64(s.offset), bswap_64(s.size) };
		err = read_feature(r, feat, &s);
		if (err == -ENOMEM)
			return err;
		if (err)
			kp_reader_fail(r, err,
				       "offset 0x%" PRIx64 ": feature %u is damaged and was "
				       "left out",
				       s.offset, feat);
	}
	return 0;
}

/* ---- all of it ---- */

static int seek_data(struct kp_reader *r, const struct kp_file_header *h)
{
	uint64_t size = h->data.size;
	int err;

	/*
	 * perf writes the size last: 0 in a file whose recording was killed. What follows the data
	 * is unknown then, features cannot be found.
	 */
	if (!size) {
		r->src.meta.truncated = true;
		size = UINT64_MAX;
	} else {
		r->data_end = h->data.offset + size;
	}
	r->src.meta.data_size_bytes = h->data.size;
	err = kp_input_seek(&r->in, h->data.offset, size);
	if (err)
		return kp_reader_fail(r, err, "offset 0x%" PRIx64 ": cannot seek there: %s",
				      h->data.offset, strerror(-err));
	kp_reader_load(r);
	return 0;
}

/*
 * A file that kvmpmu wrote has its attributes and the table of features behind the data, and all of
 * them as records before it (writer.h): when the end is missing, what is before the data will do.
 */
static bool end_is_missing(const struct kp_reader *r, const struct kp_file_header *h)
{
	struct perf_event_header first;
	uint64_t end;

	if (!h->data.size || h->attrs.offset <= h->data.offset ||
	    h->data.offset <= sizeof(*h) + sizeof(first))
		return false;
	if (!__builtin_add_overflow(h->attrs.offset, h->attrs.size, &end) && end <= r->file_size)
		return false;
	if (kp_input_pread(&r->in, &first, sizeof(first), sizeof(*h)))
		return false;
	return (r->src.meta.swapped ? bswap_32(first.type) : first.type) == KP_RECORD_HEADER_ATTR;
}

static int read_records_before_data(struct kp_reader *r, const struct kp_file_header *h)
{
	int err = kp_input_seek(&r->in, sizeof(*h), h->data.offset - sizeof(*h));

	if (!err) {
		kp_reader_load(r);
		err = kp_reader_read_prefix(r);
	}
	if (!err && r->result > 0 && !r->src.meta.nr_attrs)
		err = -EBADMSG;
	if (err)
		return read_failed(r, -EBADMSG, r->file_size, "what describes the events");
	return r->result > 0 ? 0 : r->result;
}

static int read_sections(struct kp_reader *r, const struct kp_file_header *h)
{
	int err = read_attrs(r, h);

	if (!err && h->data.size)
		err = read_features(r, h);
	if (!err)
		err = read_old_names(r, h);
	return err ? err : kp_meta_finish_names(&r->src.meta, &r->ix);
}

static int open_file(struct kp_reader *r, uint64_t header_size)
{
	struct kp_file_header h;
	bool cut;
	int err;

	if (lseek(r->in.fd, 0, SEEK_CUR) < 0)
		return kp_reader_fail(
			r, -ESPIPE,
			"a perf.data in file mode cannot come through a pipe; name the "
			"file, or record with -o - for pipe mode");
	err = read_file_header(r, header_size, &h);
	if (err)
		return err;
	cut = end_is_missing(r, &h);
	err = cut ? read_records_before_data(r, &h) : read_sections(r, &h);
	if (!err)
		err = seek_data(r, &h);
	/* Cut in the data, that is told where it happens. */
	if (!err && cut && r->data_end <= r->file_size)
		kp_reader_fail(r, -EBADMSG,
			       "offset 0x%" PRIx64 ": the file ends inside the sections behind its "
			       "data; all data was read. Was it copied whole?",
			       r->file_size);
	r->src.meta.truncated |= cut;
	return err;
}

int kp_reader_open_header(struct kp_reader *r)
{
	uint64_t header_size = 0;
	struct stat st;
	int err;

	if (!fstat(r->in.fd, &st) && S_ISREG(st.st_mode))
		r->file_size = (uint64_t)st.st_size;
	err = read_magic(r, &header_size);
	if (err)
		return err;
	if (header_size != sizeof(struct kp_pipe_header))
		return open_file(r, header_size);
	r->src.meta.pipe = true;
	r->in.cur += sizeof(struct kp_pipe_header);
	kp_reader_load(r);
	return kp_reader_read_prefix(r);
}
