// SPDX-License-Identifier: GPL-2.0-only
/*
 * reg.c - the engine behind the register tables: from number or name to row, from value to fields.
 * Pure functions over const data.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "reg.h"

static uint64_t mask_of(unsigned int hi, unsigned int lo)
{
	return (~0ull >> (63 - (hi - lo))) << lo;
}

static const char *meaning_of(const struct kp_bits *b, uint64_t value)
{
	const struct kp_word *w;

	for (w = b->words; w && w->word; w++)
		if (w->value == value)
			return w->word;
	return value ? b->set : b->clear;
}

/* Set bits of @left in one field per run of neighbours, highest first. */
static int add_reserved(uint64_t left, struct kp_regfield *fields, int nr)
{
	while (left && nr < KP_REGFIELDS_MAX) {
		unsigned int hi = 63 - (unsigned int)__builtin_clzll(left), lo = hi;

		while (lo && left & KP_BIT64(lo - 1))
			lo--;
		fields[nr++] = (struct kp_regfield){
			.hi = (uint8_t)hi,
			.lo = (uint8_t)lo,
			.reserved = true,
			.name = "reserved",
			.value = (left & mask_of(hi, lo)) >> lo,
			.meaning = "reserved bits are set",
		};
		left &= ~mask_of(hi, lo);
	}
	return nr;
}

static void sort_fields(struct kp_regfield *fields, int nr)
{
	int i, j;

	for (i = 1; i < nr; i++) {
		struct kp_regfield f = fields[i];

		for (j = i; j > 0 && fields[j - 1].hi < f.hi; j--)
			fields[j] = fields[j - 1];
		fields[j] = f;
	}
}

/* What the row says about the value; false: nothing worth a field. */
static bool decode_row(const struct kp_bits *b, unsigned int version, uint64_t value,
		       struct kp_regfield *f)
{
	uint64_t max = mask_of(b->hi, b->lo) >> b->lo, v = value >> b->lo & max;

	*f = (struct kp_regfield){
		.hi = b->hi, .lo = b->lo, .flags = b->flags, .name = b->name, .value = v
	};
	if (b->flags & KP_BITS_RES1) {
		f->reserved = v != max;
		f->meaning = "reserved, should read as one";
		return f->reserved;
	}
	if (b->flags & KP_BITS_RES || (version && b->since > version)) {
		f->reserved = v;
		f->meaning = b->flags & KP_BITS_RES ? "reserved bits are set"
						    : "reserved in this version of the PMU";
		return v;
	}
	f->meaning = meaning_of(b, v);
	return v || !(b->flags & KP_BITS_QUIET);
}

int kp_bits_decode(const struct kp_bits *bits, unsigned int version, uint64_t value,
		   struct kp_regfield *fields)
{
	const struct kp_bits *b;
	uint64_t covered = 0;
	int nr = 0;

	for (b = bits; b && b->name && nr < KP_REGFIELDS_MAX; b++) {
		covered |= mask_of(b->hi, b->lo);
		if (decode_row(b, version, value, &fields[nr]))
			nr++;
	}
	nr = add_reserved(bits ? value & ~covered : 0, fields, nr);
	sort_fields(fields, nr);
	return nr;
}

static bool row_has(const struct kp_reg *r, uint32_t reg, unsigned int *index)
{
	uint32_t off = reg - r->first, stride = r->stride ? r->stride : 1;

	if (reg < r->first || off % stride || off / stride >= (r->count ? r->count : 1))
		return false;
	*index = off / stride;
	return true;
}

const struct kp_reg *kp_reg_find(const struct kp_reg_set *set, uint32_t reg, unsigned int *index)
{
	const struct kp_reg *const *t;
	const struct kp_reg *r;
	unsigned int idx;

	for (t = set->tables; *t; t++) {
		for (r = *t; r->name; r++) {
			if (!row_has(r, reg, &idx))
				continue;
			*index = r->base + idx;
			return r;
		}
	}
	return NULL;
}

static const char *row_name(const struct kp_reg *r, unsigned int index, char *buf, size_t size)
{
	const char *pct = strstr(r->name, "%u");

	if (!pct) {
		snprintf(buf, size, "%s", r->name);
		return buf;
	}
	snprintf(buf, size, "%.*s%u%s", (int)(pct - r->name), r->name, index, pct + 2);
	return buf;
}

const char *kp_reg_name(const struct kp_reg_set *set, uint32_t reg, char *buf, size_t size)
{
	const struct kp_reg *r;
	unsigned int index;
	const char *name;

	r = kp_reg_find(set, reg, &index);
	if (r)
		return row_name(r, index, buf, size);
	name = set->kernel_name ? set->kernel_name(reg) : NULL;
	if (!name)
		return NULL;
	snprintf(buf, size, "%s", name);
	return buf;
}

static const char *without_prefix(const char *name)
{
	static const char *const prefixes[] = { "MSR_", "SYS_", NULL };
	size_t i;

	for (i = 0; prefixes[i]; i++)
		if (!strncasecmp(name, prefixes[i], 4))
			return name + 4;
	return name;
}

static bool find_in_row(const struct kp_reg *r, const char *name, uint32_t *reg)
{
	uint32_t i, count = r->count ? r->count : 1;
	char buf[64];

	for (i = 0; i < count; i++) {
		if (strcasecmp(without_prefix(row_name(r, r->base + i, buf, sizeof(buf))), name))
			continue;
		*reg = r->first + i * r->stride;
		return true;
	}
	return false;
}

int kp_reg_by_name(const struct kp_reg_set *set, const char *name, uint32_t *reg)
{
	const struct kp_reg *const *t;
	const struct kp_reg *r;

	name = without_prefix(name);
	for (t = set->tables; *t; t++)
		for (r = *t; r->name; r++)
			if (find_in_row(r, name, reg))
				return 0;
	return set->kernel_find ? set->kernel_find(name, reg) : -ENOENT;
}
