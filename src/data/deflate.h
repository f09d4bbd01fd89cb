/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * deflate.h - records into PERF_RECORD_COMPRESSED: one zstd stream over the whole recording,
 * flushed at every record so that each can be read when it is there. The only user of libzstd's
 * compression.
 */
#ifndef KP_DATA_DEFLATE_H
#define KP_DATA_DEFLATE_H

#include "kp.h"

/*
 * So many plain bytes go into a compressed record: even incompressible they fit its 65535 bytes, so
 * that no zstd block is ever split (perf takes a record that yields no output for damage).
 */
#define KP_DEFLATE_CHUNK 63000u

/* What a record may expand to, as told in HEADER_COMPRESSED; perf 7.3 wants a multiple of 4096. */
#define KP_DEFLATE_EXPANDED_MAX 65536u

struct kp_deflate;

/** kp_deflate_new - @level 1..22. 0, -ENOMEM, -EINVAL */
int kp_deflate_new(int level, struct kp_deflate **out);
void kp_deflate_free(struct kp_deflate *z);

/**
 * kp_deflate_record - @size plain bytes (at most KP_DEFLATE_CHUNK) into one record
 * @record: set to it; owned by @z, valid until the next call
 *
 * Return: its size, or -errno
 */
int kp_deflate_record(struct kp_deflate *z, const void *data, size_t size, const void **record);

#endif
