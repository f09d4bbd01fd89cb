// SPDX-License-Identifier: GPL-2.0-only
/*
 * inflate.c - bounded zstd decompression (inflate.h). Touches only memory.
 */
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "data/inflate.h"

int kp_inflate_feed(struct kp_inflate *z, const void *data, size_t size)
{
	if (!z->buf)
		z->buf = malloc(KP_INFLATE_SIZE);
	if (!z->stream)
		z->stream = ZSTD_createDStream();
	if (!z->buf || !z->stream)
		return -ENOMEM;
	z->src = data;
	z->src_left = size;
	return 0;
}

int kp_inflate_more(struct kp_inflate *z, const uint8_t **cur, const uint8_t **end,
		    const char **why)
{
	size_t ret, tail = (size_t)(*end - *cur);
	ZSTD_inBuffer in = { z->src, z->src_left, 0 };
	ZSTD_outBuffer out = { z->buf, KP_INFLATE_SIZE, tail };

	if (tail && *cur != z->buf)
		memmove(z->buf, *cur, tail);
	while (out.pos < out.size && (in.pos < in.size || z->pending)) {
		ret = ZSTD_decompressStream(z->stream, &out, &in);
		if (ZSTD_isError(ret)) {
			*why = ZSTD_getErrorName(ret);
			return -EBADMSG;
		}
		/* A full output buffer is the only sign that there may be more without input. */
		z->pending = out.pos == out.size;
	}
	z->src += in.pos;
	z->src_left -= in.pos;
	z->total += out.pos - tail;
	*cur = z->buf;
	*end = z->buf + out.pos;
	return out.pos > tail;
}

void kp_inflate_free(struct kp_inflate *z)
{
	ZSTD_freeDStream(z->stream);
	free(z->buf);
	*z = (struct kp_inflate){ 0 };
}
