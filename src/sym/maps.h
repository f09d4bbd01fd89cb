/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * maps.h - what lies where in which address space, as MMAP, FORK and COMM records tell. Private to
 * src/sym.
 */
#ifndef KP_SYM_MAPS_H
#define KP_SYM_MAPS_H

#include "lib/hash.h"
#include "lib/vec.h"

/** struct kp_map - @file: number in kp_maps.files */
struct kp_map {
	uint64_t addr, end, pgoff;
	uint32_t file;
};

/**
 * struct kp_space - an address space; owned by kp_maps, never moves
 * @parent: of a fork: its first @parent_nr maps are this one's, too
 */
struct kp_space {
	KP_VEC(struct kp_map) maps;
	const struct kp_space *parent;
	size_t parent_nr;
	unsigned int depth;
};

/** struct kp_maps - zero-initialise; owns everything */
struct kp_maps {
	KP_VEC(struct kp_space *) spaces;
	KP_VEC(char *) files;
	struct kp_hash by_key; /* (kind, pid) to space */
	struct kp_hash
		by_name; /* hash of the name to file; a collision only makes a second entry */
	size_t nr_maps;
	bool full;
};

/**
 * kp_maps_space - the space of @key; @fresh: replace it by an empty one. NULL: no memory, or full
 */
struct kp_space *kp_maps_space(struct kp_maps *m, uint64_t key, bool fresh);

/** kp_maps_add - 0 (also when full: dropped) or -ENOMEM */
int kp_maps_add(struct kp_maps *m, struct kp_space *s, struct kp_map map, const char *file);

/** kp_maps_fork - 0 or -ENOMEM */
int kp_maps_fork(struct kp_maps *m, uint64_t child, uint64_t parent);

/** kp_maps_find - newest map of @key that covers @addr, or NULL */
const struct kp_map *kp_maps_find(struct kp_maps *m, uint64_t key, uint64_t addr);

void kp_maps_free(struct kp_maps *m);

#endif
