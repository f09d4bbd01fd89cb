/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hash.h - a map from uint64_t to uint64_t, open addressing. For hot paths: a lookup of a present
 * key touches one cache line as a rule.
 */
#ifndef KP_LIB_HASH_H
#define KP_LIB_HASH_H

#include "kp.h"

struct kp_hash_slot {
	uint64_t key;
	uint64_t val;
};

/**
 * struct kp_hash - zero-initialise. @slots is a power of two long; the key KP_HASH_EMPTY lives
 * outside the slots so that every key may be used
 */
struct kp_hash {
	struct kp_hash_slot *slots;
	size_t nr;
	size_t mask;
	bool has_empty;
	uint64_t empty_val;
};

#define KP_HASH_EMPTY UINT64_MAX

/** kp_hash_mix - spread the bits of a key (finalizer of splitmix64) */
static inline uint64_t kp_hash_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ull;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

/** kp_hash_get - the value of @key, or NULL; the pointer is good until the next put or del */
static inline uint64_t *kp_hash_get(struct kp_hash *h, uint64_t key)
{
	size_t i;

	if (KP_UNLIKELY(key == KP_HASH_EMPTY))
		return h->has_empty ? &h->empty_val : NULL;
	if (KP_UNLIKELY(!h->slots))
		return NULL;
	for (i = kp_hash_mix(key) & h->mask; h->slots[i].key != KP_HASH_EMPTY;
	     i = (i + 1) & h->mask)
		if (h->slots[i].key == key)
			return &h->slots[i].val;
	return NULL;
}

/** kp_hash_put - insert or replace; 0 or -ENOMEM */
int kp_hash_put(struct kp_hash *h, uint64_t key, uint64_t val);
/** kp_hash_del - forget @key; whether it was there */
bool kp_hash_del(struct kp_hash *h, uint64_t key);
void kp_hash_free(struct kp_hash *h);

#endif
