/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * input.h - a window that slides over the bytes of a file descriptor. Reads with read() into one
 * buffer of fixed size, so that memory does not depend on the size of the file.
 */
#ifndef KP_DATA_INPUT_H
#define KP_DATA_INPUT_H

#include "kp.h"

/* Large enough to make read() cheap, small enough to stay in the second-level cache. */
#define KP_INPUT_SIZE (256u * 1024)

/**
 * struct kp_input
 * @fd: owned
 * @buf: owned, KP_INPUT_SIZE bytes
 * @cur, @end: bytes read and not yet used
 * @end_off: file offset of @end
 * @left: bytes that may still be read from @fd: what is left of the section; UINT64_MAX: to its end
 * @eof: read() said so
 */
struct kp_input {
	int fd;
	uint8_t *buf;
	const uint8_t *cur;
	const uint8_t *end;
	uint64_t end_off;
	uint64_t left;
	bool eof;
};

/**
 * kp_input_init - takes @fd, which stands at file offset @offset. 0 or -ENOMEM (@fd is not closed)
 */
int kp_input_init(struct kp_input *in, int fd, uint64_t offset);
void kp_input_free(struct kp_input *in);

/** kp_input_seek - forget the window, go on at @offset for at most @left bytes; 0 or -errno */
int kp_input_seek(struct kp_input *in, uint64_t offset, uint64_t left);

/**
 * kp_input_fill - slide the window until it holds @want bytes (at most KP_INPUT_SIZE)
 * Return: 1 it does; 0 the section or file ends before; -errno of read()
 */
int kp_input_fill(struct kp_input *in, size_t want);

/** kp_input_skip - drop @size bytes; returns as kp_input_fill() */
int kp_input_skip(struct kp_input *in, uint64_t size);

/**
 * kp_input_pread - exactly @size bytes at @offset, beside the window; 0, -errno, -EBADMSG too short
 */
int kp_input_pread(const struct kp_input *in, void *to, size_t size, uint64_t offset);

static inline uint64_t kp_input_offset(const struct kp_input *in)
{
	return in->end_off - (uint64_t)(in->end - in->cur);
}

#endif
