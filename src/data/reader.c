// SPDX-License-Identifier: GPL-2.0-only
/*
 * reader.c - perf.data as a kp_source: one record after the other, out of the file or out of
 * compressed records in it, each whole and bounds-checked. Touches only the file given to it.
 */
#include <byteswap.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/reader.h"

/* A recording describes itself at its start; a few more changes are for pipes joined together. */
#define CHANGES_MAX 256u

#define HEADER_SIZE sizeof(struct perf_event_header)

int kp_reader_fail(struct kp_reader *r, int err, const char *fmt, ...)
{
	char *to = r->src.error;
	size_t size = sizeof(r->src.error);
	va_list ap;
	int n;

	if (*to)
		return err;
	/* Of a directory, messages name the part they are about. */
	if (r->dir_part)
		n = snprintf(to, size, "%.100s/data.%u: ", r->name, r->dir_part - 1);
	else
		n = snprintf(to, size, "%.100s: ", r->name);
	va_start(ap, fmt);
	vsnprintf(to + n, size - (size_t)n, fmt, ap);
	va_end(ap);
	return err;
}

/* Where the record at r->cur is, for messages: a place in the file. */
static uint64_t message_offset(const struct kp_reader *r)
{
	return r->inflating ? r->z_offset : r->in.end_off - (uint64_t)(r->end - r->cur);
}

/* ---- the end ---- */

static int truncated(struct kp_reader *r, uint64_t want)
{
	uint64_t have = (uint64_t)(r->end - r->cur);

	r->src.meta.truncated = true;
	return kp_reader_fail(
		r, -EBADMSG,
		"offset 0x%" PRIx64 ": the file ends %" PRIu64 " bytes into a record of "
		"%" PRIu64 "; everything before was read. Was the recording cut off or "
		"is the disk full?",
		message_offset(r), have, want);
}

static int open_part(struct kp_reader *r)
{
	char part[32];
	struct stat st;
	int fd;

	snprintf(part, sizeof(part), "data.%u", r->dir_part);
	fd = openat(r->dir_fd, part, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0
				       : kp_reader_fail(r, -errno, "%s: %s", part, strerror(errno));
	r->parts_size += r->in.end_off;
	r->extra += r->in.end_off;
	r->dir_part++;
	kp_input_switch(&r->in, fd);
	r->file_size = fstat(fd, &st) ? UINT64_MAX : (uint64_t)st.st_size;
	r->data_end = UINT64_MAX;
	/* Every part has a stream of its own (tools/perf/util/session.c, struct reader). */
	kp_inflate_free(&r->z);
	kp_reader_load(r);
	return 1;
}

/*
 * The file's window is used up: 1 there is more to read elsewhere, 0 the end, -EBADMSG too early.
 */
static int data_ended(struct kp_reader *r)
{
	if (r->z_cur != r->z_end) {
		r->src.meta.truncated = true;
		return kp_reader_fail(r, -EBADMSG,
				      "offset 0x%" PRIx64 ": the data ends %td bytes into a "
				      "compressed record's content; everything before was read",
				      message_offset(r), r->z_end - r->z_cur);
	}
	if (r->data_end != UINT64_MAX && r->in.end_off < r->data_end) {
		r->src.meta.truncated = true;
		return kp_reader_fail(
			r, -EBADMSG,
			"offset 0x%" PRIx64 ": the file ends here, the header says at "
			"0x%" PRIx64 "; everything before was read. Was it copied whole?",
			r->in.end_off, r->data_end);
	}
	return r->dir_fd >= 0 ? open_part(r) : 0;
}

/* ---- windows ---- */

static int more_from_file(struct kp_reader *r, size_t want)
{
	int ret;

	r->in.cur = r->cur;
	ret = kp_input_fill(&r->in, want);
	kp_reader_load(r);
	if (ret < 0)
		return kp_reader_fail(r, ret, "offset 0x%" PRIx64 ": cannot read: %s",
				      r->in.end_off, strerror(-ret));
	if (ret > 0)
		return 1;
	return r->cur == r->end ? data_ended(r) : truncated(r, want);
}

static int more_from_inflate(struct kp_reader *r)
{
	uint64_t before = r->z.total;
	const char *why;
	int ret = kp_inflate_more(&r->z, &r->cur, &r->end, &why);

	if (ret < 0)
		return kp_reader_fail(r, ret,
				      "offset 0x%" PRIx64 ": cannot decompress this record: %s; "
				      "everything before was read",
				      r->z_offset, why);
	r->end_off += r->z.total - before;
	if (ret)
		return 1;
	r->inflating = false;
	r->extra += r->end_off - (uint64_t)(r->end - r->cur) - r->z_start;
	r->z_cur = r->cur;
	r->z_end = r->end;
	kp_reader_load(r);
	return 1;
}

static int bad_size(struct kp_reader *r, const struct perf_event_header *h)
{
	return kp_reader_fail(r, -EBADMSG,
			      "offset 0x%" PRIx64
			      ": a record of type %u and %u bytes, fewer than a "
			      "record's header; everything before was read, the rest is damaged",
			      message_offset(r), h->type, h->size);
}

static void load_header(const struct kp_reader *r, struct perf_event_header *h)
{
	memcpy(h, r->cur, HEADER_SIZE);
	if (KP_UNLIKELY(r->src.meta.swapped)) {
		h->type = bswap_32(h->type);
		h->misc = bswap_16(h->misc);
		h->size = bswap_16(h->size);
	}
}

int kp_reader_peek(struct kp_reader *r, struct perf_event_header *h)
{
	size_t left, want;
	int ret;

	for (;;) {
		left = (size_t)(r->end - r->cur);
		want = HEADER_SIZE;
		if (KP_LIKELY(left >= HEADER_SIZE)) {
			load_header(r, h);
			if (KP_UNLIKELY(h->size < HEADER_SIZE))
				return bad_size(r, h);
			if (KP_LIKELY(h->size <= left))
				return 1;
			want = h->size;
		}
		ret = r->inflating ? more_from_inflate(r) : more_from_file(r, want);
		if (ret <= 0)
			return ret;
	}
}

/* ---- the source ---- */

static int ended(struct kp_reader *r, int ret)
{
	/* What went wrong with the headers is told when all has been handed out. */
	r->result = ret ? ret : *r->src.error ? -EBADMSG : 0;
	r->fast = false;
	return r->result;
}

static KP_INLINE void hand_out(struct kp_reader *r, const struct perf_event_header *h,
			       struct kp_raw *raw)
{
	*raw = (struct kp_raw){ .data = r->cur,
				.size = h->size,
				.type = h->type,
				.misc = h->misc,
				.offset = r->end_off - (uint64_t)(r->end - r->cur) };
	r->cur += h->size;
}

/* Nearly every record: a whole one from the kernel, in this machine's byte order. */
static KP_INLINE bool next_fast(struct kp_reader *r, struct kp_raw *raw)
{
	size_t left = (size_t)(r->end - r->cur);
	struct perf_event_header h;

	if (KP_UNLIKELY(left < HEADER_SIZE || !r->fast))
		return false;
	memcpy(&h, r->cur, HEADER_SIZE);
	if (KP_UNLIKELY(h.type >= KP_RECORD_USER_FIRST || h.size < HEADER_SIZE || h.size > left))
		return false;
	hand_out(r, &h, raw);
	return true;
}

/*
 * Before a record goes out, the meta must be fit to be used; and whoever uses it looks at all of it
 * again after a change, so that a file may not make it change all the time.
 */
static int settle_meta(struct kp_reader *r)
{
	struct kp_meta *meta = &r->src.meta;

	if (r->ix.named < meta->nr_attrs && kp_meta_finish_names(meta, &r->ix))
		return kp_reader_fail(r, -ENOMEM, "not enough memory");
	if (meta->generation == r->generation)
		return 0;
	r->generation = meta->generation;
	if (++r->nr_changes <= CHANGES_MAX)
		return 0;
	return kp_reader_fail(r, -EBADMSG,
			      "offset 0x%" PRIx64 ": the description of the events changes for the "
			      "%uth time; everything before was read, the rest is damaged",
			      message_offset(r), r->nr_changes);
}

static int reader_next(struct kp_source *src, struct kp_raw *raw)
{
	struct kp_reader *r = kp_container_of(src, struct kp_reader, src);
	struct perf_event_header h;
	int ret;

	if (KP_LIKELY(next_fast(r, raw)))
		return 1;
	if (KP_UNLIKELY(r->result <= 0))
		return r->result;
	do {
		ret = kp_reader_peek(r, &h);
		if (KP_UNLIKELY(ret <= 0))
			return ended(r, ret);
		hand_out(r, &h, raw);
		if (KP_LIKELY(h.type < KP_RECORD_USER_FIRST))
			break;
		r->fast = false;
		ret = kp_reader_user_record(r, raw);
		if (ret < 0)
			return ended(r, ret);
	} while (!ret);
	ret = settle_meta(r);
	if (KP_UNLIKELY(ret))
		return ended(r, ret);
	/* From now on only a record of type 64 and above, or the end, can change how to read on. */
	r->fast = !src->meta.swapped;
	return 1;
}

static bool reader_peek(struct kp_source *src, struct kp_stretch *stretch)
{
	const struct kp_reader *r = kp_container_of(src, const struct kp_reader, src);
	const size_t left = (size_t)(r->end - r->cur);

	if (!r->fast || left < HEADER_SIZE)
		return false;
	*stretch = (struct kp_stretch){ .data = r->cur, .size = left, .offset = r->end_off - left };
	return true;
}

static void reader_used(struct kp_source *src, size_t size_bytes)
{
	struct kp_reader *r = kp_container_of(src, struct kp_reader, src);

	r->cur += size_bytes;
}

static bool reader_ahead(struct kp_source *src)
{
	return kp_input_ahead(&kp_container_of(src, struct kp_reader, src)->in);
}

static void reader_progress(const struct kp_source *src, uint64_t *done, uint64_t *total)
{
	const struct kp_reader *r = kp_container_of(src, const struct kp_reader, src);
	const uint8_t *cur = r->inflating ? r->in.cur : r->cur;

	*done = r->parts_size + r->in.end_off - (uint64_t)(r->in.end - cur);
	*total = r->file_size == UINT64_MAX ? 0 : r->parts_size + r->file_size;
}

static void reader_free(struct kp_source *src)
{
	struct kp_reader *r = kp_container_of(src, struct kp_reader, src);

	kp_input_free(&r->in);
	kp_inflate_free(&r->z);
	kp_meta_index_free(&r->ix);
	kp_meta_clear(&src->meta);
	if (r->dir_fd >= 0)
		close(r->dir_fd);
	free(r->name);
	free(r);
}

static const struct kp_source_ops reader_ops = {
	.next = reader_next,
	.peek = reader_peek,
	.used = reader_used,
	.ahead = reader_ahead,
	.progress = reader_progress,
	.free = reader_free,
};

static int reader_open(int fd, int dir_fd, const char *name, struct kp_source **out, char *err,
		       size_t err_size)
{
	struct kp_reader *r = calloc(1, sizeof(*r));
	int ret = -ENOMEM;

	*out = NULL;
	if (!r) {
		close(fd);
		if (dir_fd >= 0)
			close(dir_fd);
		goto out;
	}
	r->src.ops = &reader_ops;
	r->dir_fd = dir_fd;
	r->result = 1;
	r->file_size = r->data_end = UINT64_MAX;
	r->name = strdup(name);
	ret = kp_input_init(&r->in, fd, 0);
	if (!ret && !r->name)
		ret = -ENOMEM;
	if (!ret) {
		kp_reader_load(r);
		ret = kp_reader_open_header(r);
	}
out:
	if (err && err_size)
		snprintf(err, err_size, "%s",
			 !ret		      ? ""
			 : r && *r->src.error ? r->src.error
					      : "not enough memory");
	if (!ret)
		*out = &r->src;
	else if (r)
		reader_free(&r->src);
	return ret;
}

int kp_perfdata_open_fd(int fd, const char *name, struct kp_source **out, char *err,
			size_t err_size)
{
	return reader_open(fd, -1, name, out, err, err_size);
}

static int open_failed(const char *path, const char *what, char *err, size_t err_size)
{
	int ret = -errno;

	if (err && err_size)
		snprintf(err, err_size, "%s%s: %s", path, what, strerror(-ret));
	return ret;
}

int kp_perfdata_open(const char *path, struct kp_source **out, char *err, size_t err_size)
{
	struct stat st;
	int fd, dir_fd;

	*out = NULL;
	fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC)
			       : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return open_failed(path, "", err, err_size);
	if (!strcmp(path, "-"))
		return reader_open(fd, -1, "standard input", out, err, err_size);
	if (fstat(fd, &st) || !S_ISDIR(st.st_mode))
		return reader_open(fd, -1, path, out, err, err_size);
	/* perf record --threads makes a directory: data has the header, data.0 and on the rest. */
	dir_fd = fd;
	fd = openat(dir_fd, "data", O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		fd = open_failed(path, "/data", err, err_size);
		close(dir_fd);
		return fd;
	}
	return reader_open(fd, dir_fd, path, out, err, err_size);
}
