/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cursor.h - bounds-checked reading of a byte range in either byte order. A read past the end gives
 * zero and sets @bad, so that a parser checks once, at its end. Touches only the memory it is
 * given.
 */
#ifndef KP_DATA_CURSOR_H
#define KP_DATA_CURSOR_H

#include <byteswap.h>
#include <string.h>

#include "kp.h"

/** struct kp_cursor - borrowed bytes [@p, @end); @swap: they are in the other byte order */
struct kp_cursor {
	const uint8_t *p;
	const uint8_t *end;
	bool swap;
	bool bad;
};

static inline struct kp_cursor kp_cursor(const void *data, size_t size, bool swap)
{
	return (struct kp_cursor){ .p = data, .end = (const uint8_t *)data + size, .swap = swap };
}

static inline size_t kp_cursor_left(const struct kp_cursor *c)
{
	return (size_t)(c->end - c->p);
}

/** kp_cursor_bytes - the next @size bytes, or NULL */
static inline const void *kp_cursor_bytes(struct kp_cursor *c, uint64_t size)
{
	const void *at = c->p;

	if (c->bad || size > kp_cursor_left(c)) {
		c->bad = true;
		return NULL;
	}
	c->p += size;
	return at;
}

static inline uint32_t kp_cursor_u32(struct kp_cursor *c)
{
	const void *at = kp_cursor_bytes(c, sizeof(uint32_t));
	uint32_t v;

	if (!at)
		return 0;
	memcpy(&v, at, sizeof(v));
	return c->swap ? bswap_32(v) : v;
}

static inline uint64_t kp_cursor_u64(struct kp_cursor *c)
{
	const void *at = kp_cursor_bytes(c, sizeof(uint64_t));
	uint64_t v;

	if (!at)
		return 0;
	memcpy(&v, at, sizeof(v));
	return c->swap ? bswap_64(v) : v;
}

/** kp_cursor_cstr - a string that ends with a NUL inside the range, borrowed; NULL if none does */
static inline const char *kp_cursor_cstr(struct kp_cursor *c)
{
	const uint8_t *nul = c->bad ? NULL : memchr(c->p, 0, kp_cursor_left(c));

	if (!nul) {
		c->bad = true;
		return NULL;
	}
	return kp_cursor_bytes(c, (uint64_t)(nul - c->p) + 1);
}

/**
 * kp_cursor_str - perf's string: a u32 length, then that many bytes, NUL-terminated and padded
 * (do_write_string() in tools/perf/util/header.c). Borrowed; NULL when damaged
 */
static inline const char *kp_cursor_str(struct kp_cursor *c)
{
	uint32_t len = kp_cursor_u32(c);
	const char *s = kp_cursor_bytes(c, len);

	if (s && memchr(s, 0, len))
		return s;
	c->bad = true;
	return NULL;
}

#endif
