// SPDX-License-Identifier: GPL-2.0-only
/*
 * rawstore.c - raw records in chunks, the oldest of which move to a temporary file when memory
 * should not take more. Opens one unlinked file in $TMPDIR, and only when it must.
 */
#include "rawstore.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_SHIFT 18
#define CHUNK_BYTES (1u << CHUNK_SHIFT)

/* struct entry - what stands before each record's bytes */
struct entry {
	uint64_t offset;
	uint32_t size, type;
	uint16_t misc, stream;
	uint32_t reserved;
};

#define ENTRY_MAX (sizeof(struct entry) + UINT16_MAX)

void kp_rawstore_init(struct kp_rawstore *rs, size_t budget_bytes)
{
	*rs = (struct kp_rawstore){ .budget_bytes = budget_bytes, .fd = -1 };
}

void kp_rawstore_free(struct kp_rawstore *rs)
{
	size_t i;

	for (i = 0; i < rs->chunks.nr; i++)
		free(rs->chunks.at[i].data);
	kp_vec_free(&rs->chunks);
	free(rs->scratch);
	if (rs->fd >= 0)
		close(rs->fd);
	kp_rawstore_init(rs, rs->budget_bytes);
}

static int open_file(struct kp_rawstore *rs)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];

	if (!dir || !dir[0])
		dir = "/tmp";
	if (snprintf(path, sizeof(path), "%s/kvmpmu-XXXXXX", dir) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	rs->fd = mkostemp(path, O_CLOEXEC);
	if (rs->fd < 0)
		return -errno;
	unlink(path);
	return 0;
}

static int io(int fd, void *data, size_t size, uint64_t at, bool write)
{
	uint8_t *p = data;
	ssize_t n;

	while (size) {
		n = write ? pwrite(fd, p, size, (off_t)at) : pread(fd, p, size, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		at += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

static void drop_memory(struct kp_rawstore *rs, struct kp_raw_chunk *c)
{
	free(c->data);
	c->data = NULL;
	rs->in_memory--;
}

static int spill(struct kp_rawstore *rs)
{
	struct kp_raw_chunk *c;
	int err;

	if (rs->fd < 0) {
		err = open_file(rs);
		if (err)
			return err;
	}
	while (!rs->chunks.at[rs->oldest].data)
		rs->oldest++;
	c = &rs->chunks.at[rs->oldest];
	err = io(rs->fd, c->data, CHUNK_BYTES, (uint64_t)rs->oldest << CHUNK_SHIFT, true);
	if (err)
		return err;
	c->in_file = true;
	drop_memory(rs, c);
	return 0;
}

/* The last chunk is being filled, and what was taken from it does not free it: here it may be. */
static void close_chunk(struct kp_rawstore *rs)
{
	struct kp_raw_chunk *last = rs->chunks.nr ? &rs->chunks.at[rs->chunks.nr - 1] : NULL;

	if (last && !last->live && last->data)
		drop_memory(rs, last);
}

static int add_chunk(struct kp_rawstore *rs)
{
	struct kp_raw_chunk c = { 0 };
	int err;

	close_chunk(rs);
	if (rs->in_memory && (rs->in_memory + 1) * CHUNK_BYTES > rs->budget_bytes) {
		err = spill(rs);
		if (err)
			return err;
	}
	c.data = calloc(1, CHUNK_BYTES);
	if (!c.data || kp_vec_push(&rs->chunks, c)) {
		free(c.data);
		return -ENOMEM;
	}
	rs->in_memory++;
	rs->used = 0;
	return 0;
}

int kp_rawstore_put(struct kp_rawstore *rs, const struct kp_raw *raw, uint64_t *pos)
{
	const struct entry e = { .offset = raw->offset,
				 .size = raw->size,
				 .type = raw->type,
				 .misc = raw->misc,
				 .stream = raw->stream };
	struct kp_raw_chunk *c;
	int err;

	if (raw->size > UINT16_MAX)
		return -EINVAL;
	if (!rs->chunks.nr || rs->used + sizeof(e) + raw->size > CHUNK_BYTES) {
		err = add_chunk(rs);
		if (err)
			return err;
	}
	c = &rs->chunks.at[rs->chunks.nr - 1];
	memcpy(c->data + rs->used, &e, sizeof(e));
	memcpy(c->data + rs->used + sizeof(e), raw->data, raw->size);
	*pos = (uint64_t)(rs->chunks.nr - 1) << CHUNK_SHIFT | rs->used;
	rs->used += (uint32_t)((sizeof(e) + raw->size + 7) & ~7ul);
	c->live++;
	return 0;
}

/* The entry at @pos in memory, read into the scratch buffer when its chunk is in the file. */
static int find(struct kp_rawstore *rs, struct kp_raw_chunk *c, uint64_t pos, const uint8_t **at)
{
	const size_t in_chunk = pos & (CHUNK_BYTES - 1);

	if (c->data) {
		*at = c->data + in_chunk;
		return 0;
	}
	if (!rs->scratch)
		rs->scratch = malloc(ENTRY_MAX);
	if (!rs->scratch)
		return -ENOMEM;
	*at = rs->scratch;
	return io(rs->fd, rs->scratch, kp_min_u64(ENTRY_MAX, CHUNK_BYTES - in_chunk), pos, false);
}

int kp_rawstore_take(struct kp_rawstore *rs, uint64_t pos, struct kp_raw *raw)
{
	const size_t idx = pos >> CHUNK_SHIFT;
	struct kp_raw_chunk *c;
	const uint8_t *at;
	struct entry e;
	int err;

	if (idx >= rs->chunks.nr || !rs->chunks.at[idx].live)
		return -EINVAL;
	c = &rs->chunks.at[idx];
	err = find(rs, c, pos, &at);
	if (err)
		return err;
	memcpy(&e, at, sizeof(e));
	*raw = (struct kp_raw){ .data = at + sizeof(e),
				.size = e.size,
				.type = e.type,
				.misc = e.misc,
				.stream = e.stream,
				.offset = e.offset };
	if (--c->live || idx == rs->chunks.nr - 1)
		return 0;
	/* the caller still reads the last record of the chunk */
	if (c->data) {
		if (!rs->scratch)
			rs->scratch = malloc(ENTRY_MAX);
		if (!rs->scratch)
			return -ENOMEM;
		memcpy(rs->scratch, raw->data, raw->size);
		raw->data = rs->scratch;
		drop_memory(rs, c);
	} else {
		/* only gives space back early */
		(void)fallocate(rs->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				(off_t)((uint64_t)idx << CHUNK_SHIFT), CHUNK_BYTES);
	}
	return 0;
}
