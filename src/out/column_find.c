// SPDX-License-Identifier: GPL-2.0-only
/*
 * column_find.c - a column by its key.
 */
#include <string.h>

#include "column.h"

int kp_column_find(const char *key)
{
	size_t len = strlen(key);
	int i;

	for (i = 0; i < KP_COL_NR; i++) {
		const char *k = kp_columns[i].key;

		if (!strcmp(k, key))
			return i;
	}
	for (i = 0; i < KP_COL_NR; i++) {
		const char *k = kp_columns[i].key;

		if (!strncmp(k, key, len) && (!strcmp(k + len, "_ns") || !strcmp(k + len, "_pct")))
			return i;
	}
	return -1;
}
