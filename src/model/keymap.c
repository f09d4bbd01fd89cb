// SPDX-License-Identifier: GPL-2.0-only
/*
 * keymap.c - keys of 128 bits to row numbers: linear probing, at most half full. Touches only
 * memory.
 */
#include "keymap.h"

#include <stdlib.h>

static void place(struct kp_keymap *map, struct kp_key key, uint32_t row)
{
	uint32_t i = kp_keymap_home(map, key);

	while (map->slots[i].used)
		i = (i + 1) & map->mask;
	map->slots[i] = (struct kp_keymap_slot){ .key = key, .row = row, .used = true };
}

static int grow(struct kp_keymap *map)
{
	uint32_t i, cap = map->slots ? (map->mask + 1) * 2 : 32;
	struct kp_keymap old = *map;

	if (!cap)
		return -ENOMEM;
	map->slots = calloc(cap, sizeof(*map->slots));
	if (!map->slots) {
		map->slots = old.slots;
		return -ENOMEM;
	}
	map->mask = cap - 1;
	for (i = 0; old.slots && i <= old.mask; i++)
		if (old.slots[i].used)
			place(map, old.slots[i].key, old.slots[i].row);
	free(old.slots);
	return 0;
}

uint32_t kp_keymap_add(struct kp_keymap *map, struct kp_key key)
{
	if ((!map->slots || map->nr * 2 > map->mask) && grow(map))
		return KP_KEYMAP_NONE;
	place(map, key, map->nr);
	return map->nr++;
}

void kp_keymap_free(struct kp_keymap *map)
{
	free(map->slots);
	*map = (struct kp_keymap){ 0 };
}
