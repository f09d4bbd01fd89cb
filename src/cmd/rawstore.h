/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rawstore.h - copies of raw records that wait until it is their turn to be printed. Private to
 * src/cmd.
 */
#ifndef KP_CMD_RAWSTORE_H
#define KP_CMD_RAWSTORE_H

#include "lib/vec.h"
#include "source.h"

struct kp_raw_chunk {
	uint8_t *data; /* NULL: empty, or in the file */
	uint32_t live; /* records not yet taken */
	bool in_file;
};

/**
 * struct kp_rawstore - bounded: beyond @budget_bytes the oldest chunks go to an unlinked temporary
 * file. Start with kp_rawstore_init()
 */
struct kp_rawstore {
	size_t budget_bytes;
	KP_VEC(struct kp_raw_chunk) chunks;
	size_t in_memory, oldest; /* chunks in memory; the first that may be */
	uint32_t used; /* bytes in the last chunk */
	int fd;
	uint8_t *scratch;
};

void kp_rawstore_init(struct kp_rawstore *rs, size_t budget_bytes);
void kp_rawstore_free(struct kp_rawstore *rs);

/** kp_rawstore_put - copy @raw; *pos names it, in 56 bits. 0, -ENOMEM, or -errno of the file */
int kp_rawstore_put(struct kp_rawstore *rs, const struct kp_raw *raw, uint64_t *pos);

/** kp_rawstore_take - once for each @pos; @raw is good until the next call. 0 or -errno */
int kp_rawstore_take(struct kp_rawstore *rs, uint64_t pos, struct kp_raw *raw);

#endif
