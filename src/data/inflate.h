/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inflate.h - the records inside PERF_RECORD_COMPRESSED and COMPRESSED2: one zstd stream over all
 * of them, given out in windows of bounded size. The only user of libzstd's decompression.
 */
#ifndef KP_DATA_INFLATE_H
#define KP_DATA_INFLATE_H

#include "kp.h"

/* Holds any record (64 KiB) and a good deal of output. */
#define KP_INFLATE_SIZE (256u * 1024)

/**
 * struct kp_inflate - zero-initialise
 * @stream: a ZSTD_DStream, owned; NULL until first used
 * @buf: owned
 * @src, @src_left: compressed bytes not used yet, borrowed
 * @pending: the stream may hold output that did not fit
 * @total: bytes given out so far
 */
struct kp_inflate {
	void *stream;
	uint8_t *buf;
	const uint8_t *src;
	size_t src_left;
	bool pending;
	uint64_t total;
};

/**
 * kp_inflate_feed - go on with @size compressed bytes, borrowed until they are used up. 0, -ENOMEM
 */
int kp_inflate_feed(struct kp_inflate *z, const void *data, size_t size);

/**
 * kp_inflate_more - move the unused rest [*@cur, *@end) to the front of the buffer and add output
 * Return: 1 more bytes came; 0 the compressed bytes are used up; -EBADMSG damaged, *@why says how
 */
int kp_inflate_more(struct kp_inflate *z, const uint8_t **cur, const uint8_t **end,
		    const char **why);

void kp_inflate_free(struct kp_inflate *z);

#endif
