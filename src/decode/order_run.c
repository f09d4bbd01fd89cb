// SPDX-License-Identifier: GPL-2.0-only
/*
 * order_run.c - queues of events in blocks that are recycled, and the temporary file that takes
 * what memory should not. Opens one unlinked file in $TMPDIR, and only when it must.
 */
#include "order.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EVENT_BYTES sizeof(struct kp_event)

/* ---- blocks ---- */

static void block_clear(struct kp_block *b)
{
	b->next = NULL;
	b->head = b->nr = 0;
	b->newest_ns = 0;
	b->mixed = false;
	b->nr_rounds = b->rounds_done = 0;
}

struct kp_block *kp_block_new(void)
{
	struct kp_block *b = aligned_alloc(_Alignof(struct kp_block), sizeof(*b));

	if (b)
		block_clear(b);
	return b;
}

void kp_block_free(struct kp_block *b)
{
	free(b);
}

static struct kp_block *pop_spare(struct kp_block **list)
{
	struct kp_block *b = *list;

	if (b)
		*list = b->next;
	return b;
}

static struct kp_block *clear_or_new(struct kp_block *b)
{
	if (!b)
		return kp_block_new();
	block_clear(b);
	return b;
}

/* All that there are at once: as a rule the other thread has the lock, and to get it takes time. */
struct kp_block *kp_store_take(struct kp_store *st)
{
	if (!st->taken) {
		pthread_mutex_lock(&st->lock);
		st->taken = st->spare;
		st->spare = NULL;
		pthread_mutex_unlock(&st->lock);
	}
	return clear_or_new(pop_spare(&st->taken));
}

void kp_store_back(struct kp_store *st, struct kp_block *b)
{
	pthread_mutex_lock(&st->lock);
	b->next = st->spare;
	st->spare = b;
	pthread_mutex_unlock(&st->lock);
}

static struct kp_block *block_get(struct kp_store *st)
{
	struct kp_block *b;

	pthread_mutex_lock(&st->lock);
	b = pop_spare(&st->spare);
	pthread_mutex_unlock(&st->lock);
	b = clear_or_new(b);
	st->used += !!b;
	return b;
}

void kp_block_put(struct kp_store *st, struct kp_block *b)
{
	st->used--;
	kp_store_back(st, b);
}

static void add_last(struct kp_run *run, struct kp_block *b)
{
	if (run->back_last)
		run->back_last->next = b;
	else
		run->back = b;
	run->back_last = b;
	run->nr_back++;
}

struct kp_block *kp_run_grow(struct kp_store *st, struct kp_run *run)
{
	struct kp_block *b = block_get(st);

	if (b)
		add_last(run, b);
	return b;
}

void kp_run_adopt(struct kp_store *st, struct kp_run *run, struct kp_block *b)
{
	st->used++;
	run->nr += b->nr;
	add_last(run, b);
}

/* ---- the spill file ---- */

static int file_open(struct kp_store *st)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];
	int fd;

	if (!dir || !dir[0])
		dir = "/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) { /* not every file system has O_TMPFILE */
		if (snprintf(path, sizeof(path), "%s/kvmpmu-XXXXXX", dir) >= (int)sizeof(path))
			return -ENAMETOOLONG;
		fd = mkostemp(path, O_CLOEXEC);
		if (fd < 0)
			return -errno;
		unlink(path);
	}
	st->fd = fd;
	return 0;
}

static int file_io(struct kp_store *st, void *data, size_t size, uint64_t offset, bool write)
{
	uint8_t *p = data;
	ssize_t n;

	while (size) {
		n = write ? pwrite(st->fd, p, size, (off_t)offset)
			  : pread(st->fd, p, size, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		size -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

/* The next stretch of the first extent becomes the front. */
static int load(struct kp_store *st, struct kp_run *run)
{
	struct kp_extent *x = run->extents;
	uint32_t nr = (uint32_t)kp_min_u64(x->nr, KP_BLOCK_EVENTS);
	struct kp_block *b = block_get(st);
	int err;

	if (!b)
		return -ENOMEM;
	err = file_io(st, b->ev, nr * EVENT_BYTES, x->offset, false);
	if (err) {
		kp_block_put(st, b);
		return err;
	}
	b->nr = nr;
	b->mixed = true; /* for all that the file tells */
	run->front = b;
	x->offset += nr * EVENT_BYTES;
	x->nr -= nr;
	st->on_file -= nr;
	if (!x->nr) {
		run->extents = x->next;
		if (!x->next)
			run->extents_last = NULL;
		free(x);
	}
	if (!st->on_file) {
		st->file_end = 0;
		if (ftruncate(st->fd, 0)) /* only gives space back early */
			return 0;
	}
	return 0;
}

static struct kp_block *pop_back_first(struct kp_run *run)
{
	struct kp_block *b = run->back;

	run->back = b->next;
	run->nr_back--;
	if (!run->back)
		run->back_last = NULL;
	b->next = NULL;
	return b;
}

int kp_run_front(struct kp_store *st, struct kp_run *run)
{
	int err;

	if (!run->nr)
		return 0;
	if (run->extents) {
		err = load(st, run);
		if (err)
			return err;
	} else {
		run->front = pop_back_first(run);
	}
	return 1;
}

void kp_run_drop(struct kp_store *st, struct kp_run *run)
{
	struct kp_block *b = kp_run_take(run, 1);

	if (b)
		kp_block_put(st, b);
}

/* @nr events have just been written at the end of the file: they belong to @run. */
static int extent_grow(struct kp_store *st, struct kp_run *run, uint64_t nr)
{
	struct kp_extent *x = run->extents_last;

	if (!x || x->offset + x->nr * EVENT_BYTES != st->file_end) {
		x = calloc(1, sizeof(*x));
		if (!x)
			return -ENOMEM;
		x->offset = st->file_end;
		if (run->extents_last)
			run->extents_last->next = x;
		else
			run->extents = x;
		run->extents_last = x;
	}
	x->nr += nr;
	st->on_file += nr;
	st->file_end += nr * EVENT_BYTES;
	return 0;
}

int kp_run_spill(struct kp_store *st, struct kp_run *run)
{
	struct kp_block *b;
	int err;

	if (st->fd < 0) {
		err = file_open(st);
		if (err)
			return err;
	}
	/* what is to be read next stays where it is */
	if (!run->front && !run->extents)
		run->front = pop_back_first(run);
	while (run->nr_back > 1) {
		b = run->back;
		err = file_io(st, b->ev + b->head, (b->nr - b->head) * EVENT_BYTES, st->file_end,
			      true);
		if (!err)
			err = extent_grow(st, run, b->nr - b->head);
		if (err)
			return err;
		kp_block_put(st, pop_back_first(run));
	}
	return 0;
}

static void blocks_free(struct kp_block *b)
{
	struct kp_block *next;

	for (; b; b = next) {
		next = b->next;
		free(b);
	}
}

void kp_run_free(struct kp_store *st, struct kp_run *run)
{
	struct kp_extent *x, *next;

	blocks_free(run->front);
	blocks_free(run->back);
	for (x = run->extents; x; x = next) {
		next = x->next;
		free(x);
	}
	*run = (struct kp_run){ 0 };
}

int kp_store_init(struct kp_store *st, size_t budget)
{
	st->fd = -1;
	st->budget = budget;
	return -pthread_mutex_init(&st->lock, NULL);
}

void kp_store_free(struct kp_store *st)
{
	blocks_free(st->spare);
	blocks_free(st->taken);
	st->spare = st->taken = NULL;
	pthread_mutex_destroy(&st->lock);
	if (st->fd >= 0)
		close(st->fd);
	st->fd = -1;
}
