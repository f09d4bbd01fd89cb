/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * out.h - writing results: text, JSON, CSV behind one interface. A document is a list of fields,
 * notes and tables; views write each once and get every format. Includes column.h.
 */
#ifndef KP_OUT_H
#define KP_OUT_H

#include <stdio.h>

#include "column.h"

struct kp_out;
struct kp_buf;

enum kp_color {
	KP_COLOR_AUTO = 0, /* on a terminal, unless NO_COLOR is set or TERM is dumb */
	KP_COLOR_ALWAYS,
	KP_COLOR_NEVER,
};

/**
 * struct kp_out_opts
 * @format: "text", "json", "csv"
 * @stream: borrowed; where to write
 * @schema: name and version of the JSON document, "kvmpmu-report/1"; fields are added to a version,
 *	never changed or removed (man/kvmpmu-json.5)
 * @title: first line of text; may be NULL
 * @color: for text
 */
struct kp_out_opts {
	const char *format;
	FILE *stream;
	const char *schema;
	const char *title;
	enum kp_color color;
};

/** kp_out_new - 0, -EINVAL unknown format, -ENOMEM */
int kp_out_new(const struct kp_out_opts *opts, struct kp_out **out);

/**
 * kp_out_field - a named value of the document
 * @key: as in column.h; "a.b" is member b of the JSON object a; NULL: only text has it
 * @title: in text, before the value; NULL: text leaves it out
 */
void kp_out_field(struct kp_out *out, const char *key, const char *title, enum kp_unit unit,
		  struct kp_val val);

/** kp_out_heading - a line above the fields that follow; text only */
void kp_out_heading(struct kp_out *out, const char *fmt, ...) KP_PRINTF(2, 3);

/** kp_out_note - something the reader must know; JSON array "notes"; CSV: a "# note: " line */
void kp_out_note(struct kp_out *out, const char *fmt, ...) KP_PRINTF(2, 3);

/**
 * kp_out_table - begin a table
 * @key: JSON key of the array
 * @title: text heading, CSV comment
 * @cols: column ids, KP_COL_DATA() for those text leaves out; borrowed until the table ends
 * @nr: number of columns, at most KP_OUT_COLS_MAX; every row has as many cells
 *
 * Text shows nothing of a table without rows.
 */
#define KP_OUT_COLS_MAX 32
void kp_out_table(struct kp_out *out, const char *key, const char *title, const enum kp_col *cols,
		  unsigned int nr);
void kp_out_row(struct kp_out *out, const struct kp_val *cells);
void kp_out_table_end(struct kp_out *out);

/**
 * kp_out_finish - write everything and free. 0, -ENOMEM, or -errno of the stream (ENOSPC, EPIPE)
 */
int kp_out_finish(struct kp_out *out);

/** kp_out_free - free without writing more; NULL is legal */
void kp_out_free(struct kp_out *out);

/** kp_out_cell - @val as text in @unit, appended to @buf; "-" when unknown. 0 or -ENOMEM */
int kp_out_cell(struct kp_buf *buf, enum kp_unit unit, struct kp_val val);

/**
 * kp_out_clean - append @s to @buf as valid UTF-8 without control characters; each byte that is not
 * becomes '?'. Names in recordings are chosen by whoever ran there. 0 or -ENOMEM
 */
int kp_out_clean(struct kp_buf *buf, const char *s);

#endif
