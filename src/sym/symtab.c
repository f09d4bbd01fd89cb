// SPDX-License-Identifier: GPL-2.0-only
/*
 * symtab.c - sorted symbols, found by bisection. Touches only memory.
 */
#include "symtab.h"

#include <string.h>

/* A symbol without a size reaches to the next one, but not over holes like that between modules. */
#define REACH_MAX (64ull << 20)

size_t kp_symtab_bytes(const struct kp_symtab *tab)
{
	return tab->entries.cap * sizeof(*tab->entries.at) + tab->names.cap;
}

/* Modules come in runs: the last one added is as a rule the one wanted. */
static int add_name(struct kp_symtab *tab, const char *name, uint32_t *off)
{
	if (tab->names.len > UINT32_MAX - 4096)
		return -E2BIG;
	*off = (uint32_t)tab->names.len;
	return kp_buf_add(&tab->names, name, strlen(name) + 1);
}

int kp_symtab_add(struct kp_symtab *tab, uint64_t addr, uint64_t size, const char *name,
		  const char *module)
{
	struct kp_symtab_entry e = { .addr = addr, .size = size };
	const struct kp_symtab_entry *last;
	int err = 0;

	if (tab->entries.nr * sizeof(e) + tab->names.len >= tab->max_bytes)
		return -E2BIG;
	if (!tab->names.len)
		err = kp_buf_add(&tab->names, "", 1); /* offset 0 means none */
	if (!err && module) {
		last = tab->entries.nr ? &tab->entries.at[tab->entries.nr - 1] : NULL;
		if (last && last->module && !strcmp(kp_symtab_str(tab, last->module), module))
			e.module = last->module;
		else
			err = add_name(tab, module, &e.module);
	}
	if (!err)
		err = add_name(tab, name, &e.name);
	if (!err)
		err = kp_vec_push(&tab->entries, e);
	return err;
}

/* Of several names for an address the one with a size first, then as they came. */
static int cmp_entry(const void *a, const void *b)
{
	const struct kp_symtab_entry *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	if (!x->size != !y->size)
		return x->size ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

void kp_symtab_sort(struct kp_symtab *tab)
{
	if (tab->entries.nr)
		qsort(tab->entries.at, tab->entries.nr, sizeof(*tab->entries.at), cmp_entry);
}

const struct kp_symtab_entry *kp_symtab_find(const struct kp_symtab *tab, uint64_t addr)
{
	size_t low = 0, high = tab->entries.nr, mid;
	const struct kp_symtab_entry *e;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (tab->entries.at[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return NULL;
	e = &tab->entries.at[low - 1];
	while (e > tab->entries.at && e[-1].addr == e->addr)
		e--;
	return addr - e->addr < (e->size ? e->size : REACH_MAX) ? e : NULL;
}

const struct kp_symtab_entry *kp_symtab_by_name(const struct kp_symtab *tab, const char *name)
{
	const struct kp_symtab_entry *e;

	kp_vec_for_each (e, &tab->entries)
		if (!strcmp(kp_symtab_str(tab, e->name), name))
			return e;
	return NULL;
}

void kp_symtab_free(struct kp_symtab *tab)
{
	kp_vec_free(&tab->entries);
	kp_buf_free(&tab->names);
}
