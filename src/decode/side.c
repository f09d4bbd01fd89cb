// SPDX-License-Identifier: GPL-2.0-only
/*
 * side.c - the table of side-band records. One thread adds while another reads: records lie in
 * chunks that never move, and an id is published only when its record is complete. Bounded: a
 * recording of a million execs costs no more memory than one of a hundred thousand.
 */
#include "decoder.h"

#include <stdlib.h>

#define BLOCK_BYTES 65536

static uint64_t hash_bytes(uint64_t h, const void *data, size_t size)
{
	const uint8_t *p = data;
	uint64_t w;

	for (; size >= 8; p += 8, size -= 8) {
		memcpy(&w, p, 8);
		h = kp_hash_mix(h ^ w);
	}
	w = 0;
	memcpy(&w, p, size);
	return kp_hash_mix(h ^ w ^ (uint64_t)size << 56);
}

static char *block_alloc(struct kp_side_table *t, size_t size)
{
	char *block;

	if (size > t->block_size - t->block_used) {
		t->block_size = size > BLOCK_BYTES ? size : BLOCK_BYTES;
		block = malloc(t->block_size);
		if (!block || kp_vec_push(&t->blocks, block)) {
			free(block);
			t->block_size = t->block_used = 0;
			return NULL;
		}
		t->block_used = 0;
	}
	block = t->blocks.at[t->blocks.nr - 1] + t->block_used;
	t->block_used += size;
	t->string_bytes += size;
	return block;
}

/* One copy of each string: a thousand processes map the same few libraries. */
static const char *intern(struct kp_side_table *t, const char *name, size_t len)
{
	uint64_t h = hash_bytes(len, name, len);
	uint64_t *at = kp_hash_get(&t->strings, h);
	char *copy;

	if (at) {
		copy = (char *)(uintptr_t)*at;
		if (!strncmp(copy, name, len) && !copy[len])
			return copy;
	}
	if (t->string_bytes + len + 1 > KP_SIDE_STRINGS)
		return NULL;
	copy = block_alloc(t, len + 1);
	if (!copy)
		return NULL;
	memcpy(copy, name, len);
	copy[len] = '\0';
	/* without its index entry the string is only stored again next time */
	(void)kp_hash_put(&t->strings, h, (uintptr_t)copy);
	return copy;
}

static bool same(const struct kp_side *a, const struct kp_side *b)
{
	return a->type == b->type && a->mode == b->mode && a->exec == b->exec && a->pid == b->pid &&
	       a->tid == b->tid && a->addr == b->addr && a->len == b->len && a->pgoff == b->pgoff &&
	       a->name == b->name;
}

static uint64_t hash_rec(const struct kp_side *rec)
{
	uint64_t h = kp_hash_mix((uint64_t)rec->pid << 32 | rec->tid);

	h = kp_hash_mix(h ^ rec->addr ^ (uint64_t)rec->type << 48 ^ (uint64_t)rec->exec << 40 ^
			(uint64_t)rec->mode << 41);
	h = kp_hash_mix(h ^ rec->len);
	return kp_hash_mix(h ^ rec->pgoff ^ (uintptr_t)rec->name);
}

uint64_t kp_side_add(struct kp_side_table *t, const struct kp_side *rec, const char *name,
		     size_t name_len)
{
	uint64_t id = atomic_load_explicit(&t->nr, memory_order_relaxed);
	struct kp_side full = *rec, *chunk;
	uint64_t h, *at;

	full.name = intern(t, name, name_len);
	if (!full.name)
		goto dropped;
	h = hash_rec(&full);
	at = kp_hash_get(&t->index, h);
	if (at && same(kp_side_get(t, *at), &full))
		return *at;
	if (id / KP_SIDE_CHUNK >= KP_SIDE_CHUNKS)
		goto dropped;
	chunk = atomic_load_explicit(&t->chunk[id / KP_SIDE_CHUNK], memory_order_relaxed);
	if (!chunk) {
		chunk = malloc(KP_SIDE_CHUNK * sizeof(*chunk));
		if (!chunk)
			goto dropped;
		atomic_store_explicit(&t->chunk[id / KP_SIDE_CHUNK], chunk, memory_order_release);
	}
	chunk[id % KP_SIDE_CHUNK] = full;
	atomic_store_explicit(&t->nr, id + 1, memory_order_release);
	(void)kp_hash_put(&t->index, h, id);
	return id;
dropped:
	t->dropped++;
	return UINT64_MAX;
}

const struct kp_side *kp_side_get(const struct kp_side_table *t, uint64_t id)
{
	const struct kp_side *chunk;

	if (id >= atomic_load_explicit(&t->nr, memory_order_acquire))
		return NULL;
	chunk = atomic_load_explicit(&t->chunk[id / KP_SIDE_CHUNK], memory_order_acquire);
	return &chunk[id % KP_SIDE_CHUNK];
}

void kp_side_free(struct kp_side_table *t)
{
	size_t i;

	for (i = 0; i < KP_SIDE_CHUNKS; i++)
		free(atomic_load(&t->chunk[i]));
	for (i = 0; i < t->blocks.nr; i++)
		free(t->blocks.at[i]);
	kp_vec_free(&t->blocks);
	kp_hash_free(&t->index);
	kp_hash_free(&t->strings);
}
