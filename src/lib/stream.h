/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stream.h - memory that one CPU writes and another one reads. What a CPU writes it first takes out
 * of the other's cache, line by line, and waits; writes that go past the caches do not.
 */
#ifndef KP_LIB_STREAM_H
#define KP_LIB_STREAM_H

#include <string.h>

#define KP_STREAM_ALIGN 64 /* of what is written: whole lines go at once */

#ifdef __SSE2__

#include <emmintrin.h>

/**
 * kp_stream_copy - copy for another CPU; @to and @from are aligned to KP_STREAM_ALIGN and have room
 * for @size rounded up to 16 bytes. kp_stream_end() before the other CPU is told
 */
static inline void kp_stream_copy(void *to, const void *from, size_t size)
{
	const __m128i *src = from, *end = src + (size + sizeof(*src) - 1) / sizeof(*src);
	__m128i *dst = to;

	while (src < end)
		_mm_stream_si128(dst++, _mm_load_si128(src++));
}

static inline void kp_stream_end(void)
{
	_mm_sfence();
}

#else

static inline void kp_stream_copy(void *to, const void *from, size_t size)
{
	memcpy(to, from, size);
}

static inline void kp_stream_end(void)
{
}

#endif

#endif
