/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * writer.h - the perf.data writer's state, shared by writer.c (the stream of records) and headers.c
 * (what stands before and behind it).
 *
 * A file under way is laid out so that it is readable at any moment, and becomes a file-mode
 * perf.data with one write at the end:
 *
 *	0	pipe-mode header, 16 bytes		| replaced by the file-mode header
 *	16	a FINISHED_ROUND of 88 bytes		| of 104 bytes at close
 *	104	HEADER_ATTR, HEADER_FEATURE, EVENT_UPDATE, HEADER_TRACING_DATA records
 *	data	records
 *	end	at close: feature table, features that pipe mode cannot carry, attributes
 *
 * The feature sections and the attributes' ids of file mode lie inside the records at 104, which
 * are before the data section and so never read as records once the header is that of file mode.
 */
#ifndef KP_DATA_WRITER_H
#define KP_DATA_WRITER_H

#include "data/deflate.h"
#include "data/encode.h"

/**
 * struct kp_writer
 * @fd: owned
 * @opts, @meta: as given; meta is borrowed
 * @err: first write error; nothing is written after it
 * @end: bytes in the file that are whole records
 * @data_start: file offset of the first record of the data section
 * @tail_size: bytes that close will add, at most
 * @buf, @len: bytes not written yet; owned
 * @dirty: something was put since the last round
 * @z: NULL: not compressed
 * @zstd, @plain_bytes, @packed_bytes: for HEADER_COMPRESSED
 * @feat: where each feature section lies; size 0: in no record
 * @attr_size: bytes of an attribute in this file
 * @ids: per attribute, where its ids lie; size 0 with ids: in no record. Owned
 */
struct kp_writer {
	int fd;
	struct kp_writer_opts opts;
	const struct kp_meta *meta;
	int err;
	uint64_t end;
	uint64_t data_start;
	uint64_t tail_size;
	uint8_t *buf;
	size_t len;
	bool dirty;
	struct kp_deflate *z;
	struct kp_zstd_info zstd;
	uint64_t plain_bytes;
	uint64_t packed_bytes;
	struct kp_section feat[KP_FEAT_NR];
	uint32_t attr_size;
	struct kp_section *ids;
};

/**
 * kp_writer_head - what stands before the data, into @out; fills feat, ids, data_start, tail_size
 */
int kp_writer_head(struct kp_writer *w, struct kp_buf *out);

/** kp_writer_tail - what stands behind the data of @data_size bytes, into @out, and the header */
int kp_writer_tail(struct kp_writer *w, uint64_t data_size, struct kp_buf *out,
		   struct kp_file_header *header);

#endif
