// SPDX-License-Identifier: GPL-2.0-only
/*
 * text.c - for people: fields and columns aligned, units scaled, at most 80 columns where the
 * content allows. Emphasis by bold and underline only, so that nothing is lost without colours.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/vec.h"
#include "ops.h"

#define WIDTH	     80
#define BOLD	     "\033[1m"
#define UNDERLINE    "\033[4m"
#define EMPH_END     "\033[0m"
#define FIELD_INDENT 2

struct text_field {
	char *title, *value;
};

/** struct text_out - @cells: nr_shown strings a row, row by row; the first row is the heading */
struct text_out {
	struct kp_out out;
	KP_VEC(struct text_field) fields;
	KP_VEC(char *) cells;
	unsigned int shown[KP_OUT_COLS_MAX];
	unsigned int nr_shown;
	char *title;
	bool any;
};

static int result(const struct kp_out *out)
{
	if (!ferror(out->stream))
		return 0;
	return errno ? -errno : -EIO;
}

static void emphasis(const struct kp_out *out, const char *seq, const char *s)
{
	if (out->color)
		fprintf(out->stream, "%s%s%s", seq, s, EMPH_END);
	else
		fputs(s, out->stream);
}

static void pad(FILE *f, size_t n)
{
	fprintf(f, "%*s", (int)n, "");
}

/* Words of @s from column @indent on; the first line has begun already. */
static void wrapped(FILE *f, const char *s, size_t indent)
{
	size_t col = indent, len, width;

	while (*s) {
		len = strcspn(s, " ");
		width = len; /* long names are ASCII: bytes will do */
		if (col > indent && col + 1 + width > WIDTH) {
			fputc('\n', f);
			pad(f, indent);
			col = indent;
		} else if (col > indent) {
			fputc(' ', f);
			col++;
		}
		fwrite(s, 1, len, f);
		col += width;
		s += len;
		s += strspn(s, " ");
	}
	fputc('\n', f);
}

static void fields_free(struct text_out *t)
{
	struct text_field *fd;

	kp_vec_for_each (fd, &t->fields) {
		free(fd->title);
		free(fd->value);
	}
	t->fields.nr = 0;
}

/* Fields wait for each other, to be aligned. */
static void fields_flush(struct text_out *t)
{
	const struct text_field *fd;
	FILE *f = t->out.stream;
	size_t width = 0;

	kp_vec_for_each (fd, &t->fields)
		width = kp_max_u64(width, kp_out_width(fd->title));
	kp_vec_for_each (fd, &t->fields) {
		pad(f, FIELD_INDENT);
		fputs(fd->title, f);
		pad(f, width - kp_out_width(fd->title) + 2);
		wrapped(f, fd->value, FIELD_INDENT + width + 2);
	}
	t->any |= t->fields.nr;
	fields_free(t);
}

static int begin(struct kp_out *out, const struct kp_out_opts *opts)
{
	struct text_out *t = (struct text_out *)out;
	struct kp_buf buf = { 0 };
	int err;

	if (!opts->title)
		return 0;
	err = kp_out_clean(&buf, opts->title);
	if (!err && buf.data) {
		emphasis(out, BOLD, buf.data);
		fputc('\n', out->stream);
		t->any = true;
	}
	kp_buf_free(&buf);
	return err;
}

static int field(struct kp_out *out, const char *key, const char *title, enum kp_unit unit,
		 struct kp_val val)
{
	struct text_out *t = (struct text_out *)out;
	struct kp_buf buf = { 0 };
	struct text_field fd;
	int err;

	err = kp_out_cell(&buf, unit, val);
	if (err)
		return err;
	fd = (struct text_field){ strdup(title), buf.data };
	if (fd.title && !kp_vec_push(&t->fields, fd))
		return 0;
	free(fd.title);
	free(fd.value);
	return -ENOMEM;
}

static int note(struct kp_out *out, const char *s)
{
	struct text_out *t = (struct text_out *)out;

	fields_flush(t);
	if (t->any)
		fputc('\n', out->stream);
	emphasis(out, BOLD, "note:");
	fputc(' ', out->stream);
	wrapped(out->stream, s, strlen("note: "));
	t->any = true;
	return result(out);
}

static int heading(struct kp_out *out, const char *s)
{
	struct text_out *t = (struct text_out *)out;

	fields_flush(t);
	if (t->any)
		fputc('\n', out->stream);
	emphasis(out, BOLD, s);
	fputc('\n', out->stream);
	t->any = true;
	return result(out);
}

static int push_cell(struct text_out *t, enum kp_unit unit, struct kp_val val)
{
	struct kp_buf buf = { 0 };
	int err = kp_out_cell(&buf, unit, val);

	if (!err && !buf.data) /* an empty string */
		err = kp_buf_reserve(&buf, 0);
	if (!err)
		err = kp_vec_push(&t->cells, buf.data);
	if (err)
		kp_buf_free(&buf);
	return err;
}

static void cells_free(struct text_out *t)
{
	char **c;

	kp_vec_for_each (c, &t->cells)
		free(*c);
	t->cells.nr = 0;
}

static int table(struct kp_out *out, const char *key, const char *title)
{
	struct text_out *t = (struct text_out *)out;
	unsigned int i;
	int err = 0;

	fields_flush(t);
	cells_free(t);
	free(t->title);
	t->title = strdup(title);
	if (!t->title)
		return -ENOMEM;
	t->nr_shown = 0;
	for (i = 0; i < out->nr_cols && !err; i++) {
		if (out->cols[i] != KP_COL_ID(out->cols[i]))
			continue;
		t->shown[t->nr_shown++] = i;
		err = push_cell(t, KP_UNIT_NONE, kp_val_str(kp_out_column(out, i)->title));
	}
	return err;
}

static int row(struct kp_out *out, const struct kp_val *cells)
{
	struct text_out *t = (struct text_out *)out;
	unsigned int i;
	int err = 0;

	for (i = 0; i < t->nr_shown && !err; i++)
		err = push_cell(t, kp_out_column(out, t->shown[i])->unit, cells[t->shown[i]]);
	return err;
}

static size_t measure(const struct text_out *t, size_t *width)
{
	size_t i, total = 0;

	memset(width, 0, t->nr_shown * sizeof(*width));
	for (i = 0; i < t->cells.nr; i++)
		width[i % t->nr_shown] =
			kp_max_u64(width[i % t->nr_shown], kp_out_width(t->cells.at[i]));
	for (i = 0; i < t->nr_shown; i++)
		total += width[i];
	return total;
}

/* One line; no spaces at its end. */
static void line(const struct text_out *t, char *const *cells, const size_t *width, size_t gap)
{
	FILE *f = t->out.stream;
	unsigned int i;

	for (i = 0; i < t->nr_shown; i++) {
		size_t fill = width[i] - kp_out_width(cells[i]);
		bool left = kp_out_column(&t->out, t->shown[i])->left;

		if (i)
			pad(f, gap);
		if (!left)
			pad(f, fill);
		fputs(cells[i], f);
		if (left && i + 1 < t->nr_shown)
			pad(f, fill);
	}
}

static int table_end(struct kp_out *out)
{
	struct text_out *t = (struct text_out *)out;
	size_t width[KP_OUT_COLS_MAX], total, gap, i;

	if (!t->nr_shown || t->cells.nr == t->nr_shown)
		return 0;
	total = measure(t, width);
	gap = total + 2 * (t->nr_shown - 1) <= WIDTH ? 2 : 1;
	if (t->any)
		fputc('\n', out->stream);
	t->any = true;
	emphasis(out, BOLD, t->title);
	fputc('\n', out->stream);
	for (i = 0; i < t->cells.nr; i += t->nr_shown) {
		if (out->color && !i)
			fputs(UNDERLINE, out->stream);
		line(t, &t->cells.at[i], width, gap);
		if (out->color && !i)
			fputs(EMPH_END, out->stream);
		fputc('\n', out->stream);
	}
	cells_free(t);
	return result(out);
}

static int finish(struct kp_out *out)
{
	fields_flush((struct text_out *)out);
	return result(out);
}

static void text_free(struct kp_out *out)
{
	struct text_out *t = (struct text_out *)out;

	fields_free(t);
	cells_free(t);
	kp_vec_free(&t->fields);
	kp_vec_free(&t->cells);
	free(t->title);
}

const struct kp_out_ops kp_out_text = {
	.name = "text",
	.size = sizeof(struct text_out),
	.begin = begin,
	.field = field,
	.note = note,
	.heading = heading,
	.table = table,
	.row = row,
	.table_end = table_end,
	.finish = finish,
	.free = text_free,
};
