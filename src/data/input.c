// SPDX-License-Identifier: GPL-2.0-only
/*
 * input.c - the sliding window over a file descriptor (input.h). Touches only that descriptor.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/input.h"

int kp_input_init(struct kp_input *in, int fd, uint64_t offset)
{
	*in = (struct kp_input){ .fd = fd, .end_off = offset, .left = UINT64_MAX };
	in->buf = malloc(KP_INPUT_SIZE);
	if (!in->buf)
		return -ENOMEM;
	in->cur = in->end = in->buf;
	return 0;
}

void kp_input_free(struct kp_input *in)
{
	free(in->buf);
	in->buf = NULL;
	if (in->fd >= 0)
		close(in->fd);
	in->fd = -1;
}

int kp_input_seek(struct kp_input *in, uint64_t offset, uint64_t left)
{
	if (offset > INT64_MAX)
		return -EOVERFLOW;
	if (lseek(in->fd, (off_t)offset, SEEK_SET) < 0)
		return -errno;
	in->cur = in->end = in->buf;
	in->end_off = offset;
	in->left = left;
	in->eof = false;
	return 0;
}

static ssize_t read_some(int fd, void *to, size_t size)
{
	ssize_t n;

	do {
		n = read(fd, to, size);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int kp_input_fill(struct kp_input *in, size_t want)
{
	size_t have = (size_t)(in->end - in->cur);
	uint8_t *end = in->buf + have;
	ssize_t n;

	if (have >= want)
		return 1;
	if (have && in->cur != in->buf)
		memmove(in->buf, in->cur, have);
	in->cur = in->buf;
	while ((size_t)(end - in->buf) < want && !in->eof && in->left) {
		n = read_some(in->fd, end,
			      kp_min_u64(in->left, KP_INPUT_SIZE - (size_t)(end - in->buf)));
		if (n < 0) {
			in->end = end;
			return (int)n;
		}
		in->eof = n == 0;
		end += n;
		in->end_off += (uint64_t)n;
		if (in->left != UINT64_MAX)
			in->left -= (uint64_t)n;
	}
	in->end = end;
	return (size_t)(end - in->buf) >= want;
}

int kp_input_skip(struct kp_input *in, uint64_t size)
{
	size_t step;
	int ret;

	while (size) {
		step = (size_t)kp_min_u64(size, (uint64_t)(in->end - in->cur));
		in->cur += step;
		size -= step;
		if (!size)
			break;
		ret = kp_input_fill(in, kp_min_u64(size, KP_INPUT_SIZE));
		if (ret < 0)
			return ret;
		if (in->cur == in->end)
			return 0;
	}
	return 1;
}

int kp_input_pread(const struct kp_input *in, void *to, size_t size, uint64_t offset)
{
	ssize_t n;

	if (offset > (uint64_t)INT64_MAX - size)
		return -EBADMSG;
	while (size) {
		n = pread(in->fd, to, size, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EBADMSG;
		to = (char *)to + n;
		size -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}
