// SPDX-License-Identifier: GPL-2.0-only
/*
 * input.c - the sliding window over a file descriptor (input.h). Touches only that descriptor.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/input.h"

/* Nothing is read ahead at this offset and behind: there are no more. */
#define LIMIT_NONE (INT64_MAX - KP_INPUT_SIZE)

/* Standard input may be a file that somebody else has read some of. */
static bool is_regular(int fd, uint64_t offset)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode) && lseek(fd, 0, SEEK_CUR) == (off_t)offset;
}

void kp_input_free(struct kp_input *in)
{
	unsigned int i;

	for (i = 0; i < KP_AHEAD_NR; i++)
		free(in->ahead.piece[i].buf);
	pthread_cond_destroy(&in->ahead.read);
	pthread_mutex_destroy(&in->ahead.lock);
	free(in->buf);
	in->buf = NULL;
	if (in->fd >= 0)
		close(in->fd);
	in->fd = -1;
}

static ssize_t read_some(const struct kp_input *in, void *to, size_t size, uint64_t offset)
{
	ssize_t n;

	do {
		n = in->regular ? pread(in->fd, to, size, (off_t)offset) : read(in->fd, to, size);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* ---- reading ahead ---- */

static struct kp_ahead_piece *ahead_first(struct kp_ahead *a)
{
	return a->nr ? &a->piece[a->first] : NULL;
}

static void ahead_drop_first(struct kp_ahead *a)
{
	a->first = (a->first + 1) % KP_AHEAD_NR;
	a->nr--;
}

/* Forget all of it; what is read from now on begins at @next. */
static void ahead_reset(struct kp_ahead *a, uint64_t next, uint64_t limit)
{
	pthread_mutex_lock(&a->lock);
	a->limit = 0; /* nothing more is begun */
	while (a->nr) {
		while (ahead_first(a)->reading)
			pthread_cond_wait(&a->read, &a->lock);
		ahead_drop_first(a);
	}
	a->next = next;
	a->limit = limit;
	pthread_mutex_unlock(&a->lock);
}

/* Of the piece in @p only the lock's holder may say that it is read. */
static void ahead_done(struct kp_ahead *a, struct kp_ahead_piece *p, ssize_t n)
{
	pthread_mutex_lock(&a->lock);
	p->reading = false;
	p->end = p->at + (n > 0 ? n : 0);
	/* the end, or an error: whoever uses the window is to find that itself */
	if (n < (ssize_t)KP_INPUT_SIZE)
		a->limit = 0;
	pthread_cond_signal(&a->read);
	pthread_mutex_unlock(&a->lock);
}

static struct kp_ahead_piece *ahead_begin(struct kp_ahead *a)
{
	struct kp_ahead_piece *p = NULL;

	pthread_mutex_lock(&a->lock);
	if (a->nr < KP_AHEAD_NR && a->next < a->limit)
		p = &a->piece[(a->first + a->nr) % KP_AHEAD_NR];
	if (p && !p->buf)
		p->buf = malloc(KP_INPUT_HEAD + KP_INPUT_SIZE);
	if (p && !p->buf)
		p = NULL;
	if (p) {
		p->at = p->end = p->buf + KP_INPUT_HEAD;
		p->offset = a->next;
		p->reading = true;
		a->next += KP_INPUT_SIZE;
		a->nr++;
	}
	pthread_mutex_unlock(&a->lock);
	return p;
}

bool kp_input_ahead(struct kp_input *in)
{
	struct kp_ahead_piece *p = ahead_begin(&in->ahead);

	if (!p)
		return false;
	ahead_done(&in->ahead, p, read_some(in, p->buf + KP_INPUT_HEAD, KP_INPUT_SIZE, p->offset));
	return true;
}

/*
 * The piece that begins where the window ends. NULL: there is none, and reading ahead goes on
 * behind the next @size bytes. The caller holds the lock.
 */
static struct kp_ahead_piece *ahead_wait(struct kp_input *in, size_t size)
{
	struct kp_ahead *a = &in->ahead;
	struct kp_ahead_piece *p;

	while ((p = ahead_first(a))) {
		while (p->reading)
			pthread_cond_wait(&a->read, &a->lock);
		if (p->offset == in->end_off && p->at < p->end)
			return p;
		ahead_drop_first(a);
	}
	a->next = in->end_off + size;
	return NULL;
}

/* ---- the window ---- */

static void note_read(struct kp_input *in, uint64_t n)
{
	in->end_off += n;
	if (in->left != UINT64_MAX)
		in->left -= n;
}

/* A whole piece that was read ahead becomes the window, behind the @have bytes left of that. */
static void take_piece(struct kp_input *in, size_t have)
{
	struct kp_ahead *a = &in->ahead;
	struct kp_ahead_piece *p;
	uint8_t *buf;
	size_t n;

	pthread_mutex_lock(&a->lock);
	p = a->nr ? ahead_wait(in, 0) : NULL;
	if (p && (size_t)(p->at - p->buf) >= have && (uint64_t)(p->end - p->at) <= in->left) {
		n = (size_t)(p->end - p->at);
		buf = p->buf;
		memcpy(buf + (p->at - p->buf) - have, in->cur, have);
		in->cur = p->at - have;
		in->end = p->end;
		p->buf = in->buf;
		in->buf = buf;
		ahead_drop_first(a);
		note_read(in, n);
	}
	pthread_mutex_unlock(&a->lock);
}

/* At most @size bytes behind the window to @to. How many, 0: the end; -errno */
static ssize_t read_next(struct kp_input *in, uint8_t *to, size_t size)
{
	struct kp_ahead *a = &in->ahead;
	struct kp_ahead_piece *p;
	size_t n = 0;

	if (!in->regular)
		return read_some(in, to, size, in->end_off);
	pthread_mutex_lock(&a->lock);
	p = ahead_wait(in, size);
	if (p) {
		n = kp_min_u64(size, (uint64_t)(p->end - p->at));
		memcpy(to, p->at, n);
		p->at += n;
		p->offset += n;
	}
	pthread_mutex_unlock(&a->lock);
	return p ? (ssize_t)n : read_some(in, to, size, in->end_off);
}

/* An empty window at @offset, of a section that has @left bytes from there on. */
static void window_begin(struct kp_input *in, uint64_t offset, uint64_t left)
{
	uint64_t limit;

	if (__builtin_add_overflow(offset, left, &limit) || limit > LIMIT_NONE)
		limit = LIMIT_NONE;
	ahead_reset(&in->ahead, offset, in->regular ? limit : 0);
	in->cur = in->end = in->buf;
	in->end_off = offset;
	in->left = left;
	in->eof = false;
}

int kp_input_init(struct kp_input *in, int fd, uint64_t offset)
{
	*in = (struct kp_input){ .fd = fd,
				 .regular = is_regular(fd, offset),
				 .ahead = { .lock = PTHREAD_MUTEX_INITIALIZER,
					    .read = PTHREAD_COND_INITIALIZER } };
	in->buf = malloc(KP_INPUT_HEAD + KP_INPUT_SIZE);
	if (!in->buf)
		return -ENOMEM;
	window_begin(in, offset, UINT64_MAX);
	return 0;
}

int kp_input_seek(struct kp_input *in, uint64_t offset, uint64_t left)
{
	if (offset > INT64_MAX)
		return -EOVERFLOW;
	if (lseek(in->fd, (off_t)offset, SEEK_SET) < 0)
		return -errno;
	window_begin(in, offset, left);
	return 0;
}

void kp_input_switch(struct kp_input *in, int fd)
{
	ahead_reset(&in->ahead, 0, 0); /* nobody reads from the old one any more */
	if (in->fd >= 0)
		close(in->fd);
	in->fd = fd;
	in->regular = is_regular(fd, 0);
	window_begin(in, 0, UINT64_MAX);
}

int kp_input_fill(struct kp_input *in, size_t want)
{
	size_t have = (size_t)(in->end - in->cur);
	uint8_t *end;
	ssize_t n;

	if (have >= want)
		return 1;
	if (in->regular && have <= KP_INPUT_HEAD) {
		take_piece(in, have);
		have = (size_t)(in->end - in->cur);
		if (have >= want)
			return 1;
	}
	if (have && in->cur != in->buf)
		memmove(in->buf, in->cur, have);
	in->cur = in->buf;
	end = in->buf + have;
	while ((size_t)(end - in->buf) < want && !in->eof && in->left) {
		n = read_next(in, end,
			      kp_min_u64(in->left, KP_INPUT_SIZE - (size_t)(end - in->buf)));
		if (n < 0) {
			in->end = end;
			return (int)n;
		}
		in->eof = n == 0;
		end += n;
		note_read(in, (uint64_t)n);
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
