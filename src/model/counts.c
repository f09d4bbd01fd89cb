// SPDX-License-Identifier: GPL-2.0-only
/*
 * counts.c - tables of plain counters by a key, bounded in number. Touches only memory.
 */
#include "analysis.h"

#define ROW_OTHER 0

struct kp_count_row *kp_counts_row(struct kp_counts *c, struct kp_key key)
{
	uint32_t n = kp_keymap_find(&c->map, key);

	if (KP_LIKELY(n != KP_KEYMAP_NONE))
		return &c->rows.at[n + 1];
	if (!c->rows.nr && kp_vec_push(&c->rows, (struct kp_count_row){ .other = true }))
		return NULL;
	if (c->map.nr >= c->max_rows)
		return &c->rows.at[ROW_OTHER];
	n = kp_keymap_add(&c->map, key);
	if (n == KP_KEYMAP_NONE || kp_vec_push(&c->rows, (struct kp_count_row){ .key = key }))
		return NULL;
	return &c->rows.at[n + 1];
}

void kp_counts_free(struct kp_counts *c)
{
	kp_keymap_free(&c->map);
	kp_vec_free(&c->rows);
}

bool kp_counts_any(const struct kp_count_row *row)
{
	size_t i;

	for (i = 0; i < KP_COUNTS_MAX; i++)
		if (row->n[i])
			return true;
	return false;
}

int kp_counts_new(struct kp_model *m, void **state)
{
	struct kp_counts *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->max_rows = kp_model_opts(m)->max_rows;
	*state = c;
	return 0;
}

void kp_counts_delete(void *state)
{
	kp_counts_free(state);
	free(state);
}
