// SPDX-License-Identifier: GPL-2.0-only
/*
 * writer.c - writes a perf.data that is readable at every moment (writer.h has the layout). Touches
 * only the descriptor given to it. Large runs of records go out as they come, uncopied.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/writer.h"

/* Smaller runs are gathered to this; larger ones are worth a write() of their own. */
#define BUF_SIZE    (128u * 1024)
#define DIRECT_SIZE (32u * 1024)

/* ---- bytes out ---- */

static ssize_t write_some(const struct kp_writer *w, const void *data, size_t size, uint64_t offset)
{
	struct pollfd pfd = { .fd = w->fd, .events = POLLOUT };
	ssize_t n;

	for (;;) {
		n = w->opts.pipe ? write(w->fd, data, size)
				 : pwrite(w->fd, data, size, (off_t)offset);
		if (n > 0)
			return n;
		if (n == 0)
			return -EIO;
		if (errno == EAGAIN)
			poll(&pfd, 1, -1);
		else if (errno != EINTR)
			return -errno;
	}
}

/* How many of @size bytes of records are whole ones. */
static size_t whole_records(const uint8_t *data, size_t size)
{
	struct perf_event_header h;
	size_t at = 0;

	while (size - at >= sizeof(h)) {
		memcpy(&h, data + at, sizeof(h));
		if (h.size < sizeof(h) || h.size > size - at)
			break;
		at += h.size;
	}
	return at;
}

/*
 * A disk that fills up cuts the last record in two: take it back, so that the file ends with a
 * whole one. What a pipe has swallowed cannot be taken back.
 */
static int write_records(struct kp_writer *w, const void *data, size_t size)
{
	size_t done = 0;
	ssize_t n;

	while (done < size) {
		n = write_some(w, (const uint8_t *)data + done, size - done, w->end + done);
		if (n < 0) {
			w->err = (int)n;
			w->end += whole_records(data, done);
			/* If that fails the reader copes with the piece. */
			if (!w->opts.pipe && ftruncate(w->fd, (off_t)w->end))
				return w->err;
			return w->err;
		}
		done += (size_t)n;
	}
	w->end += size;
	return 0;
}

static int write_packed(struct kp_writer *w, const void *data, size_t size)
{
	const void *record;
	int packed = kp_deflate_record(w->z, data, size, &record);

	if (packed < 0) {
		w->err = packed;
		return packed;
	}
	w->plain_bytes += size;
	w->packed_bytes += (uint64_t)packed;
	return write_records(w, record, (size_t)packed);
}

static int flush(struct kp_writer *w)
{
	size_t len = w->len;

	if (w->err || !len)
		return w->err;
	w->len = 0;
	return w->z ? write_packed(w, w->buf, len) : write_records(w, w->buf, len);
}

static int gather(struct kp_writer *w, const void *data, size_t size)
{
	size_t room = w->z ? KP_DEFLATE_CHUNK : BUF_SIZE;
	int err;

	if (w->len + size > room) {
		err = flush(w);
		if (err)
			return err;
	}
	if (size) /* an empty part may come with no address, which memcpy() must not get */
		memcpy(w->buf + w->len, data, size);
	w->len += size;
	return 0;
}

static int put_packed(struct kp_writer *w, const uint8_t *data, size_t size)
{
	size_t step;
	int err = 0;

	/* Records may straddle compressed ones: readers carry the first part over. */
	while (size && !err) {
		step = kp_min_u64(size, KP_DEFLATE_CHUNK - w->len);
		memcpy(w->buf + w->len, data, step);
		w->len += step;
		data += step;
		size -= step;
		if (w->len == KP_DEFLATE_CHUNK)
			err = flush(w);
	}
	return err;
}

int kp_writer_put(struct kp_writer *w, const void *data, size_t size)
{
	int err;

	if (w->err)
		return w->err;
	if (w->opts.max_size_bytes && kp_writer_size(w) + size > w->opts.max_size_bytes)
		return -EFBIG;
	w->dirty = true;
	if (w->z)
		return put_packed(w, data, size);
	if (size < DIRECT_SIZE)
		return gather(w, data, size);
	err = flush(w);
	return err ? err : write_records(w, data, size);
}

int kp_writer_round(struct kp_writer *w)
{
	const struct perf_event_header h = { .type = KP_RECORD_FINISHED_ROUND, .size = sizeof(h) };
	int err;

	if (w->err || !w->dirty)
		return w->err;
	w->dirty = false;
	if (!w->z) {
		err = gather(w, &h, sizeof(h));
		return err ? err : flush(w);
	}
	err = flush(w);
	return err ? err : write_records(w, &h, sizeof(h));
}

uint64_t kp_writer_size(const struct kp_writer *w)
{
	return w->end + w->len + (w->opts.pipe ? 0 : w->tail_size);
}

/* ---- life ---- */

static void writer_free(struct kp_writer *w)
{
	kp_deflate_free(w->z);
	free(w->buf);
	free(w->ids);
	free(w);
}

static int start(struct kp_writer *w)
{
	struct kp_buf head = { 0 };
	int err;

	if (!w->opts.pipe && lseek(w->fd, 0, SEEK_CUR) < 0)
		return -errno;
	w->attr_size = kp_attr_file_size(w->meta);
	w->buf = malloc(BUF_SIZE);
	w->ids = calloc(w->meta->nr_attrs + 1, sizeof(*w->ids));
	if (!w->buf || !w->ids)
		return -ENOMEM;
	if (w->opts.zstd_level) {
		err = kp_deflate_new(w->opts.zstd_level, &w->z);
		if (err)
			return err;
		w->zstd.level = (uint32_t)w->opts.zstd_level;
		w->zstd.chunk_size = KP_DEFLATE_EXPANDED_MAX;
	}
	err = kp_writer_head(w, &head);
	if (!err)
		err = write_records(w, head.data, head.len);
	kp_buf_free(&head);
	return err;
}

int kp_writer_new(int fd, const struct kp_writer_opts *opts, const struct kp_meta *meta,
		  struct kp_writer **out)
{
	struct kp_writer *w = meta->swapped ? NULL : calloc(1, sizeof(*w));
	int err = meta->swapped ? -EOPNOTSUPP : -ENOMEM;

	*out = NULL;
	if (w) {
		w->fd = fd;
		w->opts = *opts;
		w->meta = meta;
		err = start(w);
	}
	if (err) {
		close(fd);
		if (w)
			writer_free(w);
		return err;
	}
	*out = w;
	return 0;
}

/* Turns the pipe-mode file into a file-mode one; the header, in one write, makes the switch. */
static int finish_file(struct kp_writer *w)
{
	struct kp_file_header header;
	struct kp_buf tail = { 0 };
	uint64_t data_end = w->end;
	int err;

	if (w->packed_bytes)
		w->zstd.ratio =
			(uint32_t)((w->plain_bytes + w->packed_bytes / 2) / w->packed_bytes);
	err = kp_writer_tail(w, data_end - w->data_start, &tail, &header);
	w->err = 0;
	if (!err)
		err = write_records(w, tail.data, tail.len);
	kp_buf_free(&tail);
	if (!err && write_some(w, &header, sizeof(header), 0) != sizeof(header))
		err = -EIO;
	if (err && ftruncate(w->fd, (off_t)data_end))
		return err;
	return err;
}

int kp_writer_close(struct kp_writer *w)
{
	int err, late;

	if (!w)
		return 0;
	/*
	 * perf takes a data section of no bytes for a recording that was killed: always have one.
	 */
	if (!w->opts.pipe && w->end == w->data_start && !w->len)
		w->dirty = true;
	err = kp_writer_round(w);
	if (!err)
		err = flush(w);
	if (!w->opts.pipe) {
		late = finish_file(w);
		err = err ? err : late;
	}
	if (close(w->fd) && !err)
		err = -errno;
	writer_free(w);
	return err;
}
