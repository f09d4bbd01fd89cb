// SPDX-License-Identifier: GPL-2.0-only
/*
 * buf.c - a growing byte buffer. Touches nothing but memory.
 */
#include "lib/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int kp_buf_reserve(struct kp_buf *buf, size_t more)
{
	size_t need, cap = buf->cap ? buf->cap : 64;
	char *data;

	if (__builtin_add_overflow(buf->len, more, &need) || need >= SIZE_MAX / 2)
		return -ENOMEM;
	need++;
	if (need <= buf->cap)
		return 0;
	while (cap < need)
		cap *= 2;
	data = realloc(buf->data, cap);
	if (!data)
		return -ENOMEM;
	buf->data = data;
	buf->cap = cap;
	buf->data[buf->len] = '\0';
	return 0;
}

int kp_buf_add(struct kp_buf *buf, const void *data, size_t size)
{
	int err = kp_buf_reserve(buf, size);

	if (err)
		return err;
	if (size)
		memcpy(buf->data + buf->len, data, size);
	buf->len += size;
	buf->data[buf->len] = '\0';
	return 0;
}

int kp_buf_printf(struct kp_buf *buf, const char *fmt, ...)
{
	va_list ap;
	int n, err;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return -EINVAL;
	err = kp_buf_reserve(buf, (size_t)n);
	if (err)
		return err;
	va_start(ap, fmt);
	vsnprintf(buf->data + buf->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	buf->len += (size_t)n;
	return 0;
}

void kp_buf_free(struct kp_buf *buf)
{
	free(buf->data);
	*buf = (struct kp_buf){ 0 };
}
