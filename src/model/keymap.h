/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * keymap.h - finds the number of a row by a key of 128 bits. Private to src/model.
 */
#ifndef KP_MODEL_KEYMAP_H
#define KP_MODEL_KEYMAP_H

#include "lib/hash.h"

struct kp_key {
	uint64_t a, b;
};

struct kp_keymap_slot {
	struct kp_key key;
	uint32_t row;
	bool used;
};

/**
 * struct kp_keymap - zero-initialise; owns @slots. Rows are numbered 0, 1, 2 ... in the order in
 * which their keys first came
 */
struct kp_keymap {
	struct kp_keymap_slot *slots;
	uint32_t nr;
	uint32_t mask;
};

/** KP_KEYMAP_NONE - no such key, or no room for one more */
#define KP_KEYMAP_NONE UINT32_MAX

static inline bool kp_key_equal(struct kp_key x, struct kp_key y)
{
	return x.a == y.a && x.b == y.b;
}

static inline uint32_t kp_keymap_home(const struct kp_keymap *map, struct kp_key key)
{
	/*
	 * two odd multipliers (xxhash's primes) whose products are independent of each other: short
	 * latency
	 */
	uint64_t h = key.a * 0x9e3779b185ebca87ull + key.b * 0xc2b2ae3d27d4eb4full;

	return (uint32_t)(h >> 32 ^ h) & map->mask;
}

/** kp_keymap_find - the row of @key, or KP_KEYMAP_NONE */
static inline uint32_t kp_keymap_find(const struct kp_keymap *map, struct kp_key key)
{
	uint32_t i;

	if (KP_UNLIKELY(!map->slots))
		return KP_KEYMAP_NONE;
	for (i = kp_keymap_home(map, key); map->slots[i].used; i = (i + 1) & map->mask)
		if (kp_key_equal(map->slots[i].key, key))
			return map->slots[i].row;
	return KP_KEYMAP_NONE;
}

/** kp_keymap_add - number a key that is not there yet; the row, or KP_KEYMAP_NONE: no memory */
uint32_t kp_keymap_add(struct kp_keymap *map, struct kp_key key);
void kp_keymap_free(struct kp_keymap *map);

#endif
