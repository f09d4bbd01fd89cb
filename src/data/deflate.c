// SPDX-License-Identifier: GPL-2.0-only
/*
 * deflate.c - zstd compression into perf records (deflate.h). Touches only memory.
 */
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "data/deflate.h"
#include "data/format.h"

/* 8 MiB: a reader must hold the window, and the highest levels would make it 128 MiB. */
#define WINDOW_LOG_MAX	23
#define RECORD_SIZE_MAX 65535u

struct kp_deflate {
	ZSTD_CCtx *ctx;
	uint8_t record[RECORD_SIZE_MAX];
};

int kp_deflate_new(int level, struct kp_deflate **out)
{
	struct kp_deflate *z = calloc(1, sizeof(*z));
	size_t err;

	*out = NULL;
	if (!z)
		return -ENOMEM;
	z->ctx = ZSTD_createCCtx();
	if (!z->ctx) {
		free(z);
		return -ENOMEM;
	}
	err = ZSTD_CCtx_setParameter(z->ctx, ZSTD_c_compressionLevel, level);
	if (!ZSTD_isError(err) && level > 19)
		err = ZSTD_CCtx_setParameter(z->ctx, ZSTD_c_windowLog, WINDOW_LOG_MAX);
	if (ZSTD_isError(err)) {
		kp_deflate_free(z);
		return -EINVAL;
	}
	*out = z;
	return 0;
}

void kp_deflate_free(struct kp_deflate *z)
{
	if (!z)
		return;
	ZSTD_freeCCtx(z->ctx);
	free(z);
}

int kp_deflate_record(struct kp_deflate *z, const void *data, size_t size, const void **record)
{
	struct perf_event_header h = { .type = KP_RECORD_COMPRESSED };
	ZSTD_inBuffer in = { data, size, 0 };
	ZSTD_outBuffer out = { z->record, sizeof(z->record), sizeof(h) };
	size_t left = ZSTD_compressStream2(z->ctx, &out, &in, ZSTD_e_flush);

	if (ZSTD_isError(left) || left || in.pos < in.size)
		return -EIO;
	h.size = (uint16_t)out.pos;
	memcpy(z->record, &h, sizeof(h));
	*record = z->record;
	return (int)out.pos;
}
