// SPDX-License-Identifier: GPL-2.0-only
/*
 * decode_item.c - items of 'kvmpmu decode': filled piece by piece, then shown as text (one after
 * the other) or as one document.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/decode_item.h"

int kp_item_str(char **dst, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (len < 0)
		return -ENOMEM;
	free(*dst);
	*dst = s;
	return 0;
}

int kp_item_note(struct kp_item *it, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int len, err;

	va_start(ap, fmt);
	len = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (len < 0)
		return -ENOMEM;
	err = kp_vec_push(&it->notes, s);
	if (err)
		free(s);
	return err;
}

int kp_item_count(struct kp_item *it, const char *where, bool counts)
{
	return kp_vec_push(&it->counts, (struct kp_item_count){ where, counts });
}

static int set_meaning(struct kp_item_field *f, const struct kp_regfield *from)
{
	double max;

	if (from->flags & KP_BITS_SHARE) {
		max = (double)((1ull << (from->hi - from->lo + 1)) - 1);
		return kp_item_str(&f->meaning, "%.1f%% %s", 100.0 * (double)from->value / max,
				   from->meaning ? from->meaning : "of all slots");
	}
	return from->meaning ? kp_item_str(&f->meaning, "%s", from->meaning) : 0;
}

static int add_field(struct kp_item *it, const struct kp_regfield *from)
{
	struct kp_item_field f = {
		.hi = from->hi,
		.lo = from->lo,
		.reserved = from->reserved,
		.name = from->name,
		.value = from->value,
	};
	int err = set_meaning(&f, from);

	if (!err)
		err = kp_vec_push(&it->fields, f);
	if (err)
		free(f.meaning);
	if (!err && from->reserved && from->hi == from->lo)
		err = kp_item_note(it, "bit %u: %s", from->hi, from->meaning);
	else if (!err && from->reserved)
		err = kp_item_note(it, "bits %u to %u: %s", from->hi, from->lo, from->meaning);
	return err;
}

int kp_item_fields(struct kp_item *it, const struct kp_regfield *fields, int nr)
{
	int i, err = 0;

	for (i = 0; i < nr && !err; i++)
		err = add_field(it, &fields[i]);
	return err;
}

void kp_item_free(struct kp_item *it)
{
	size_t i;

	for (i = 0; i < it->fields.nr; i++)
		free(it->fields.at[i].meaning);
	for (i = 0; i < it->notes.nr; i++)
		free(it->notes.at[i]);
	for (i = 0; i < it->events.nr; i++) {
		free(it->events.at[i].cpu);
		free(it->events.at[i].pmu);
		free(it->events.at[i].name);
		free(it->events.at[i].help);
		free(it->events.at[i].source);
	}
	kp_vec_free(&it->fields);
	kp_vec_free(&it->counts);
	kp_vec_free(&it->events);
	kp_vec_free(&it->notes);
	free(it->input);
	free(it->name);
	free(it->meaning);
	free(it->arch);
}

/* ---- tables ---- */

static const enum kp_col item_cols[] = {
	KP_COL_ITEM, KP_COL_KIND,  KP_COL_INPUT,   KP_COL_ARCH,
	KP_COL_NAME, KP_COL_NUMBER, KP_COL_VALUE, KP_COL_MEANING,
};

static const enum kp_col event_cols[] = {
	KP_COL_DATA(KP_COL_ITEM), KP_COL_MODEL, KP_COL_EVENT_PMU, KP_COL_EVENT,
	KP_COL_IMPLEMENTED, KP_COL_SOURCE, KP_COL_MEANING,
};

static const enum kp_col field_cols[] = {
	KP_COL_DATA(KP_COL_ITEM), KP_COL_BITS, KP_COL_FIELD, KP_COL_VALUE,
	KP_COL_DATA(KP_COL_RESERVED), KP_COL_MEANING,
};

static const enum kp_col count_cols[] = {
	KP_COL_DATA(KP_COL_ITEM), KP_COL_WHERE, KP_COL_COUNTS,
};

static const enum kp_col note_cols[] = { KP_COL_ITEM, KP_COL_NOTE };

static struct kp_val hex_or_none(bool has, uint64_t v)
{
	return has ? kp_val_hex(v) : kp_val_none();
}

static void row_item(struct kp_out *out, const struct kp_item *it, size_t n)
{
	kp_out_row(out, (struct kp_val[]){
				kp_val_u64(n),
				kp_val_str(it->kind),
				kp_val_str(it->input),
				kp_val_str(it->arch),
				kp_val_str(it->name),
				hex_or_none(it->has_number, it->number),
				hex_or_none(it->has_value, it->value),
				kp_val_str(it->meaning),
			});
}

static void rows_events(struct kp_out *out, const struct kp_item *it, size_t n)
{
	const struct kp_item_event *e;

	kp_vec_for_each (e, &it->events)
		kp_out_row(out, (struct kp_val[]){
					kp_val_u64(n),
					kp_val_str(e->cpu),
					kp_val_str(e->pmu),
					kp_val_str(e->name),
					e->implemented == KP_ITEM_UNKNOWN
						? kp_val_none()
						: kp_val_bool(e->implemented == KP_ITEM_YES),
					kp_val_str(e->source),
					kp_val_str(e->help),
				});
}

static void rows_fields(struct kp_out *out, const struct kp_item *it, size_t n)
{
	const struct kp_item_field *f;
	char bits[16];

	kp_vec_for_each (f, &it->fields) {
		if (f->hi == f->lo)
			snprintf(bits, sizeof(bits), "%u", f->hi);
		else
			snprintf(bits, sizeof(bits), "%u:%u", f->hi, f->lo);
		kp_out_row(out, (struct kp_val[]){
					kp_val_u64(n),
					f->hi < 64 ? kp_val_str(bits) : kp_val_none(),
					kp_val_str(f->name),
					kp_val_hex(f->value),
					kp_val_bool(f->reserved),
					kp_val_str(f->meaning),
				});
	}
}

static void rows_counts(struct kp_out *out, const struct kp_item *it, size_t n)
{
	const struct kp_item_count *c;

	kp_vec_for_each (c, &it->counts)
		kp_out_row(out, (struct kp_val[]){
					kp_val_u64(n),
					kp_val_str(c->where),
					kp_val_bool(c->counts),
				});
}

static void rows_notes(struct kp_out *out, const struct kp_item *it, size_t n)
{
	char **note;

	kp_vec_for_each (note, &it->notes)
		kp_out_row(out, (struct kp_val[]){ kp_val_u64(n), kp_val_str(*note) });
}

#define TABLE(key, title, cols, each)                                          \
	do {                                                                   \
		kp_out_table(out, key, title, cols, KP_ARRAY_SIZE(cols));      \
		for (i = 0; i < nr; i++)                                       \
			each(out, &items[i], first + i);                       \
		kp_out_table_end(out);                                         \
	} while (0)

static void show_tables(struct kp_out *out, const struct kp_item *items, size_t nr, size_t first)
{
	size_t i;

	TABLE("events", "Event", event_cols, rows_events);
	TABLE("fields", "Fields", field_cols, rows_fields);
	TABLE("counts", "Counts in", count_cols, rows_counts);
}

static int show_document(const struct kp_decode *d)
{
	const struct kp_out_opts opts = {
		.format = d->format, .stream = stdout, .schema = "kvmpmu-decode/1"
	};
	const struct kp_item *items = d->items.at;
	size_t i, nr = d->items.nr, first = 1;
	struct kp_out *out;
	int err = kp_out_new(&opts, &out);

	if (err)
		return err;
	TABLE("items", "Items", item_cols, row_item);
	show_tables(out, items, nr, first);
	TABLE("item_notes", "Notes", note_cols, rows_notes);
	return kp_out_finish(out);
}

static int show_text(const struct kp_decode *d, const struct kp_item *it)
{
	char title[256];
	struct kp_out *out;
	size_t n = 0;
	char **note;
	int err;

	n = (size_t)snprintf(title, sizeof(title), "%s", it->name ? it->name : it->input);
	if (it->has_number && n < sizeof(title))
		n += (size_t)snprintf(title + n, sizeof(title) - n, " (%s 0x%jx)", it->kind,
				      (uintmax_t)it->number);
	if (it->has_value && n < sizeof(title))
		snprintf(title + n, sizeof(title) - n, " = 0x%jx", (uintmax_t)it->value);
	err = kp_out_new(&(struct kp_out_opts){ .format = "text",
						.stream = stdout,
						.title = title,
						.color = d->ctx->color },
			 &out);
	if (err)
		return err;
	if (it->arch)
		kp_out_field(out, "arch", "Architecture", KP_UNIT_NONE, kp_val_str(it->arch));
	if (it->meaning)
		kp_out_field(out, "meaning", "Meaning", KP_UNIT_NONE, kp_val_str(it->meaning));
	show_tables(out, it, 1, 1);
	kp_vec_for_each (note, &it->notes)
		kp_out_note(out, "%s", *note);
	return kp_out_finish(out);
}

int kp_items_show(struct kp_decode *d)
{
	size_t i;
	int err = 0;

	if (d->format && strcmp(d->format, "text"))
		return show_document(d);
	for (i = 0; i < d->items.nr && !err; i++) {
		if (d->shown++)
			putchar('\n');
		err = show_text(d, &d->items.at[i]);
	}
	return err;
}
