// SPDX-License-Identifier: GPL-2.0-only
/*
 * hash.c - uint64_t to uint64_t, linear probing, at most three quarters full. Touches only memory.
 */
#include "lib/hash.h"

#include <stdlib.h>
#include <string.h>

static void place(struct kp_hash *h, uint64_t key, uint64_t val)
{
	size_t i = kp_hash_mix(key) & h->mask;

	while (h->slots[i].key != KP_HASH_EMPTY)
		i = (i + 1) & h->mask;
	h->slots[i] = (struct kp_hash_slot){ key, val };
}

static int grow(struct kp_hash *h)
{
	size_t i, cap = h->slots ? (h->mask + 1) * 2 : 16;
	struct kp_hash old = *h;

	if (cap > SIZE_MAX / sizeof(*h->slots))
		return -ENOMEM;
	h->slots = malloc(cap * sizeof(*h->slots));
	if (!h->slots) {
		h->slots = old.slots;
		return -ENOMEM;
	}
	memset(h->slots, 0xff, cap * sizeof(*h->slots));
	h->mask = cap - 1;
	for (i = 0; old.slots && i <= old.mask; i++)
		if (old.slots[i].key != KP_HASH_EMPTY)
			place(h, old.slots[i].key, old.slots[i].val);
	free(old.slots);
	return 0;
}

int kp_hash_put(struct kp_hash *h, uint64_t key, uint64_t val)
{
	uint64_t *at = kp_hash_get(h, key);
	int err;

	if (at) {
		*at = val;
		return 0;
	}
	if (key == KP_HASH_EMPTY) {
		h->has_empty = true;
		h->empty_val = val;
		return 0;
	}
	if (!h->slots || (h->nr + 1) * 4 > (h->mask + 1) * 3) {
		err = grow(h);
		if (err)
			return err;
	}
	place(h, key, val);
	h->nr++;
	return 0;
}

bool kp_hash_del(struct kp_hash *h, uint64_t key)
{
	struct kp_hash_slot *slot;
	uint64_t *at = kp_hash_get(h, key);
	size_t hole, i, home;

	if (!at)
		return false;
	if (key == KP_HASH_EMPTY) {
		h->has_empty = false;
		return true;
	}
	slot = kp_container_of(at, struct kp_hash_slot, val);
	hole = (size_t)(slot - h->slots);
	/* close the gap: move back what probed past it */
	for (i = (hole + 1) & h->mask; h->slots[i].key != KP_HASH_EMPTY; i = (i + 1) & h->mask) {
		home = kp_hash_mix(h->slots[i].key) & h->mask;
		if (((i - home) & h->mask) < ((i - hole) & h->mask))
			continue;
		h->slots[hole] = h->slots[i];
		hole = i;
	}
	h->slots[hole].key = KP_HASH_EMPTY;
	h->nr--;
	return true;
}

void kp_hash_free(struct kp_hash *h)
{
	free(h->slots);
	*h = (struct kp_hash){ 0 };
}
