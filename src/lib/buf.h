/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * buf.h - a growing byte buffer.
 */
#ifndef KP_LIB_BUF_H
#define KP_LIB_BUF_H

#include "kp.h"

/** struct kp_buf - zero-initialise; @data is owned; keeps a NUL behind @len for string use */
struct kp_buf {
	char *data;
	size_t len;
	size_t cap;
};

/** kp_buf_reserve - room for @more bytes behind len, and a NUL; 0 or -ENOMEM */
int kp_buf_reserve(struct kp_buf *buf, size_t more);
int kp_buf_add(struct kp_buf *buf, const void *data, size_t size);
int kp_buf_printf(struct kp_buf *buf, const char *fmt, ...) KP_PRINTF(2, 3);
/** kp_buf_free - leaves it empty and usable */
void kp_buf_free(struct kp_buf *buf);

#endif
