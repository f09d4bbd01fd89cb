// SPDX-License-Identifier: GPL-2.0-only
/*
 * maps.c - address spaces. A fork shares its parent's maps instead of copying them. Touches only
 * memory; everything is bounded, because recordings are not trusted.
 */
#include "maps.h"

#include <string.h>

#define MAPS_MAX   (128 * 1024)
#define SPACES_MAX (32 * 1024)
#define FILES_MAX  (32 * 1024)
#define DEPTH_MAX  32

struct kp_space *kp_maps_space(struct kp_maps *m, uint64_t key, bool fresh)
{
	uint64_t *at = kp_hash_get(&m->by_key, key);
	struct kp_space *s;

	if (at && !fresh)
		return m->spaces.at[*at];
	if (m->spaces.nr >= SPACES_MAX) {
		m->full = true;
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	if (kp_hash_put(&m->by_key, key, m->spaces.nr)) {
		free(s);
		return NULL;
	}
	if (kp_vec_push(&m->spaces, s)) {
		kp_hash_del(&m->by_key, key);
		free(s);
		return NULL;
	}
	return s;
}

static uint64_t name_hash(const char *s)
{
	uint64_t h = 0;

	for (; *s; s++)
		h = kp_hash_mix(h + (unsigned char)*s);
	return h;
}

static int file_number(struct kp_maps *m, const char *file, uint32_t *out)
{
	uint64_t hash = name_hash(file), *at = kp_hash_get(&m->by_name, hash);
	char *copy;
	int err;

	if (at && !strcmp(m->files.at[*at], file)) {
		*out = (uint32_t)*at;
		return 0;
	}
	if (m->files.nr >= FILES_MAX)
		return -E2BIG;
	copy = strdup(file);
	if (!copy)
		return -ENOMEM;
	err = kp_vec_push(&m->files, copy);
	if (err) {
		free(copy);
		return err;
	}
	*out = (uint32_t)(m->files.nr - 1);
	return kp_hash_put(&m->by_name, hash, *out);
}

int kp_maps_add(struct kp_maps *m, struct kp_space *s, struct kp_map map, const char *file)
{
	int err;

	if (m->nr_maps >= MAPS_MAX) {
		m->full = true;
		return 0;
	}
	err = file_number(m, file, &map.file);
	if (err == -E2BIG) {
		m->full = true;
		return 0;
	}
	if (!err)
		err = kp_vec_push(&s->maps, map);
	if (!err)
		m->nr_maps++;
	return err;
}

int kp_maps_fork(struct kp_maps *m, uint64_t child, uint64_t parent)
{
	struct kp_space *p, *c;

	p = kp_maps_space(m, parent, false);
	if (!p || p->depth >= DEPTH_MAX)
		return 0;
	c = kp_maps_space(m, child, true);
	if (!c)
		return m->full ? 0 : -ENOMEM;
	c->parent = p;
	c->parent_nr = p->maps.nr;
	c->depth = p->depth + 1;
	return 0;
}

const struct kp_map *kp_maps_find(struct kp_maps *m, uint64_t key, uint64_t addr)
{
	uint64_t *at = kp_hash_get(&m->by_key, key);
	const struct kp_space *s;
	size_t nr, i;

	if (!at)
		return NULL;
	s = m->spaces.at[*at];
	for (nr = s->maps.nr; s; nr = s->parent_nr, s = s->parent)
		for (i = nr; i > 0; i--)
			if (addr >= s->maps.at[i - 1].addr && addr < s->maps.at[i - 1].end)
				return &s->maps.at[i - 1];
	return NULL;
}

void kp_maps_free(struct kp_maps *m)
{
	size_t i;

	for (i = 0; i < m->spaces.nr; i++) {
		kp_vec_free(&m->spaces.at[i]->maps);
		free(m->spaces.at[i]);
	}
	for (i = 0; i < m->files.nr; i++)
		free(m->files.at[i]);
	kp_vec_free(&m->spaces);
	kp_vec_free(&m->files);
	kp_hash_free(&m->by_key);
	kp_hash_free(&m->by_name);
}
