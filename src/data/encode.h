/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * encode.h - struct kp_meta into bytes of a perf.data: attributes and feature sections, as
 * tools/perf/util/header.c writes them. Private to src/data; needs nothing but memory.
 */
#ifndef KP_DATA_ENCODE_H
#define KP_DATA_ENCODE_H

#include "data/format.h"
#include "lib/buf.h"
#include "source.h"

/**
 * struct kp_zstd_info - HEADER_COMPRESSED
 * @level: of compression; 0: not compressed
 * @ratio: plain bytes per compressed byte, rounded; 0 not known yet
 * @chunk_size: no compressed record holds more plain bytes; a multiple of 4096
 */
struct kp_zstd_info {
	uint32_t level;
	uint32_t ratio;
	uint32_t chunk_size;
};

/**
 * kp_attr_file_size - bytes that attributes of @meta take in a file: what perf 6.1 knows, or more
 * where an attribute sets newer fields
 */
uint32_t kp_attr_file_size(const struct kp_meta *meta);

/** kp_attr_encode - append @attr in @size bytes, its size field set to that. 0 or -ENOMEM */
int kp_attr_encode(const struct perf_event_attr *attr, uint32_t size, struct kp_buf *out);

/**
 * kp_feat_encode - append feature section @feat
 * Return: 1 appended, 0 @meta has nothing for it (tracing data is not written by this), -ENOMEM
 */
int kp_feat_encode(const struct kp_meta *meta, const struct kp_zstd_info *zstd, unsigned int feat,
		   struct kp_buf *out);

#endif
