/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * input.h - a window that slides over the bytes of a file descriptor. Reads with read() into one
 * buffer of fixed size, so that memory does not depend on the size of the file.
 */
#ifndef KP_DATA_INPUT_H
#define KP_DATA_INPUT_H

#include <pthread.h>

#include "kp.h"

/* Large enough to make read() cheap, small enough to stay in the second-level cache. */
#define KP_INPUT_SIZE (256u * 1024)

/* Before what was read ahead there is room for what the window still holds: a record cut in two. */
#define KP_INPUT_HEAD (64u * 1024)

#define KP_AHEAD_NR 4

/**
 * struct kp_ahead - bytes of a regular file that were read before anybody asked for them: pieces
 * that follow each other
 * @piece: from @first on @nr of them; @buf: owned, NULL: none yet. Its bytes are @at to @end,
 *	@offset is that of @at; @reading: they are on their way
 * @next: file offset where the next one begins; nothing at @limit and behind is read ahead, 0: none
 *	at all
 */
struct kp_ahead {
	pthread_mutex_t lock;
	pthread_cond_t read;
	struct kp_ahead_piece {
		uint8_t *buf;
		const uint8_t *at, *end;
		uint64_t offset;
		bool reading;
	} piece[KP_AHEAD_NR];
	unsigned int first, nr;
	uint64_t next, limit;
};

/**
 * struct kp_input
 * @fd: owned
 * @regular: of a file that can be read at any offset; @ahead: for that
 * @buf: owned, KP_INPUT_HEAD + KP_INPUT_SIZE bytes
 * @cur, @end: bytes read and not yet used
 * @end_off: file offset of @end
 * @left: bytes that may still be read from @fd: what is left of the section; UINT64_MAX: to its end
 * @eof: read() said so
 */
struct kp_input {
	int fd;
	bool regular;
	struct kp_ahead ahead;
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

/** kp_input_switch - @fd, which stands at its start, takes the place of the old one, to its end */
void kp_input_switch(struct kp_input *in, int fd);

/**
 * kp_input_ahead - read what kp_input_fill() will ask for, in another thread than that which uses
 * the window. false: there is nothing to read ahead, or no room for it now
 */
bool kp_input_ahead(struct kp_input *in);

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
