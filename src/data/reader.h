/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reader.h - the perf.data source's own state, shared by open.c (headers, features), reader.c (the
 * stream of records) and record.c (records that perf itself wrote).
 */
#ifndef KP_DATA_READER_H
#define KP_DATA_READER_H

#include "data/inflate.h"
#include "data/input.h"
#include "data/meta.h"

/**
 * struct kp_reader
 * @src: first, so that a struct kp_source * can become one of these
 * @in: the file; while records come out of a compressed one its cur stands behind that
 * @z: decompression; @inflating: @cur, @end are its window, not the file's
 * @cur, @end: the window that next() takes records from
 * @end_off: kp_raw.offset of @end
 * @z_cur, @z_end: start of a record that the next compressed record completes
 * @z_offset: file offset of the compressed record being read; @z_start: kp_raw.offset of its
 *   content
 * @extra: by how much kp_raw.offset is ahead of the file's: content of compressed records
 * @ix: look-ups into the meta
 * @name: of the file in messages; owned
 * @dir_fd: a perf.data directory whose data.N files follow, or -1; @dir_part: number of the next
 * @file_size: bytes, UINT64_MAX where that cannot be known
 * @data_end: file offset where the header says the data ends; UINT64_MAX: at the end of the file
 * @parts_size: bytes of the parts read before this one
 * @nr_ids: ids of all attributes
 * @nr_meta_records: records that changed the meta
 * @generation: of the meta when a record was last handed out; @nr_changes: how often it changed
 * @fast: nothing pends: the next whole record can be handed out as it is
 * @result: what next() returns once the data has ended or broke; 1 while it has not
 */
struct kp_reader {
	struct kp_source src;
	struct kp_input in;
	struct kp_inflate z;
	bool inflating;
	const uint8_t *cur;
	const uint8_t *end;
	uint64_t end_off;
	const uint8_t *z_cur;
	const uint8_t *z_end;
	uint64_t z_offset;
	uint64_t z_start;
	uint64_t extra;
	struct kp_meta_index ix;
	char *name;
	int dir_fd;
	unsigned int dir_part;
	uint64_t file_size;
	uint64_t data_end;
	uint64_t parts_size;
	uint32_t nr_ids;
	uint32_t nr_meta_records;
	uint32_t generation;
	uint32_t nr_changes;
	bool fast;
	int result;
};

/** kp_reader_fail - put "NAME: ..." into the source's error (the first one stays); returns @err */
int kp_reader_fail(struct kp_reader *r, int err, const char *fmt, ...) KP_PRINTF(3, 4);

/** kp_reader_open_header - read the headers, attributes and features. 0 or -errno, error set */
int kp_reader_open_header(struct kp_reader *r);

/** kp_reader_peek - make the next whole record lie at r->cur. 1 it does, 0 the end, -errno */
int kp_reader_peek(struct kp_reader *r, struct perf_event_header *header);

/**
 * kp_reader_user_record - act on a record of type 64 and above, which r->cur is already behind
 * Return: 1 hand it out, 0 it was for the reader alone, -errno
 */
int kp_reader_user_record(struct kp_reader *r, const struct kp_raw *raw);

/** kp_reader_read_prefix - pipe mode: take in the meta records at the start. 0 or -errno */
int kp_reader_read_prefix(struct kp_reader *r);

/** kp_reader_add_attr - decode and add an attribute with ids as recorded, at file offset @offset */
int kp_reader_add_attr(struct kp_reader *r, const void *attr, size_t attr_size, const void *ids,
		       uint64_t nr_ids, uint64_t offset);

/* The window over the file is copied in and out of r->in around calls that move it. */
static inline void kp_reader_load(struct kp_reader *r)
{
	r->cur = r->in.cur;
	r->end = r->in.end;
	r->end_off = r->in.end_off + r->extra;
}

/* Where @raw is in the file, for messages. */
static inline uint64_t kp_reader_file_offset(const struct kp_reader *r, const struct kp_raw *raw)
{
	return r->inflating ? r->z_offset : raw->offset - r->extra;
}

#endif
