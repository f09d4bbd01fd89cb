// SPDX-License-Identifier: GPL-2.0-only
/*
 * panel.c - draws tables. Only rows that show are made into text.
 */
#include "panel.h"

#include <string.h>
#include <wchar.h>

#include "lib/buf.h"

#define GAP	      1
#define NAME_MAX_COLS 40
#define GRAPH_MIN     12
#define GRAPH_MAX     60

static bool same(const struct kp_zoom *a, const struct kp_zoom *b)
{
	return a->has_vm == b->has_vm && a->has_vcpu == b->has_vcpu &&
	       a->has_reason == b->has_reason && a->vm == b->vm && a->tid == b->tid &&
	       a->code == b->code && a->isa == b->isa;
}

static void keep_inside(struct kp_panel *p)
{
	size_t nr = p->table.rows.nr, rows = p->rows > 0 ? (size_t)p->rows : 1;

	if (p->at >= nr)
		p->at = nr ? nr - 1 : 0;
	if (p->at < p->top)
		p->top = p->at;
	if (p->at >= p->top + rows)
		p->top = p->at - rows + 1;
	if (p->top + rows > nr)
		p->top = nr > rows ? nr - rows : 0;
}

static void note_key(struct kp_panel *p)
{
	p->has_key = p->table.rows.nr;
	if (p->has_key)
		p->key = p->table.rows.at[p->at].key;
}

void kp_panel_find(struct kp_panel *p)
{
	size_t i;

	for (i = 0; p->has_key && i < p->table.rows.nr; i++) {
		if (same(&p->table.rows.at[i].key, &p->key)) {
			p->at = i;
			break;
		}
	}
	keep_inside(p);
	if (!p->has_key)
		note_key(p);
}

void kp_panel_move(struct kp_panel *p, long by)
{
	size_t nr = p->table.rows.nr;

	if (by < 0)
		p->at = p->at > (size_t)-by ? p->at - (size_t)-by : 0;
	else
		p->at += kp_min_u64((uint64_t)by, nr);
	keep_inside(p);
	note_key(p);
}

const struct kp_tab_row *kp_panel_selected(const struct kp_panel *p)
{
	return p->table.rows.nr ? &p->table.rows.at[p->at] : NULL;
}

bool kp_panel_search(struct kp_panel *p, const char *text, bool next)
{
	size_t i, n, nr = p->table.rows.nr;

	for (i = next; i < nr + next; i++) {
		n = (p->at + i) % nr;
		if (kp_row_matches(&p->table, &p->table.rows.at[n], text)) {
			p->at = n;
			keep_inside(p);
			note_key(p);
			return true;
		}
	}
	return false;
}

void kp_panel_forget(struct kp_panel *p)
{
	memset(p->width, 0, sizeof(p->width));
}

void kp_panel_free(struct kp_panel *p)
{
	kp_table_free(&p->table);
}

/* ---- columns ---- */

static bool is_graph(enum kp_col id)
{
	return id == KP_COL_HISTORY || id == KP_COL_LATENCY;
}

static int text_cols(const char *s)
{
	wchar_t wide[512];
	size_t n = mbstowcs(wide, s, KP_ARRAY_SIZE(wide));
	int w = n == (size_t)-1 ? -1 : wcswidth(wide, n < 512 ? n : 512);

	return w < 0 ? (int)strlen(s) : w;
}

static const char *cell_text(struct kp_buf *buf, const struct kp_column *col, struct kp_val val,
			     bool exact)
{
	enum kp_unit unit = col->unit;

	if (exact && (unit == KP_UNIT_NS || unit == KP_UNIT_PER_SEC || unit == KP_UNIT_BYTES))
		unit = KP_UNIT_COUNT;
	buf->len = 0;
	return kp_out_cell(buf, unit, val) ? "" : buf->data;
}

static void measure(struct kp_panel *p, const struct kp_panel_in *in)
{
	struct kp_buf buf = { 0 };
	unsigned int c;
	size_t i, end = p->top + (size_t)p->rows;
	int w;

	for (c = 0; c < p->table.nr_cols; c++) {
		const struct kp_column *col = &kp_columns[KP_COL_ID(p->table.cols[c])];

		if (is_graph(KP_COL_ID(p->table.cols[c])))
			continue;
		w = text_cols(col->title);
		p->width[c] = p->width[c] > w ? p->width[c] : w;
		for (i = p->top; i < end && i < p->table.rows.nr; i++) {
			w = text_cols(cell_text(&buf, col, p->table.rows.at[i].cell[c], in->exact));
			if (c == 0)
				w += p->table.rows.at[i].depth;
			p->width[c] = p->width[c] > w ? p->width[c] : w;
		}
		if (col->left && p->width[c] > NAME_MAX_COLS && c + 1 < p->table.nr_cols)
			p->width[c] = NAME_MAX_COLS;
	}
	kp_buf_free(&buf);
}

/* Bits are of the table's own columns; zoomed in it may have others, which go by their mark. */
static bool is_hidden(const struct kp_panel *p, unsigned int c)
{
	const enum kp_col *cols;
	unsigned int nr = kp_table_cols(p->table.id, &cols), i;

	for (i = 0; i < nr; i++)
		if (KP_COL_ID(cols[i]) == KP_COL_ID(p->table.cols[c]))
			return p->hidden >> i & 1;
	return p->table.cols[c] != KP_COL_ID(p->table.cols[c]);
}

/* Columns from the left until the screen is full; a graph gets what is left. */
static void lay_out(struct kp_panel *p, const struct kp_term *t)
{
	unsigned int c, skip = p->shift, n = 0;
	int x = 0, w;

	for (c = 0; c < p->table.nr_cols && x < t->cols; c++) {
		if (is_hidden(p, c))
			continue;
		if (n && skip) {
			skip--;
			continue;
		}
		w = p->width[c];
		if (is_graph(KP_COL_ID(p->table.cols[c]))) {
			w = t->cols - x;
			w = w > GRAPH_MAX ? GRAPH_MAX : w;
			if (w < GRAPH_MIN)
				continue;
		} else if (n && x + w > t->cols && !kp_columns[KP_COL_ID(p->table.cols[c])].left) {
			break; /* half a number would be another one */
		}
		p->col_x[n] = x;
		p->col_of[n++] = c;
		x += w + GAP;
	}
	p->nr_cols = n;
	p->col_x[n] = x;
}

/* ---- rows ---- */

static void draw_head(const struct kp_panel *p, struct kp_term *t, const struct kp_panel_in *in)
{
	unsigned int n;
	int w, pad;

	kp_term_fill(t, in->y, 0, t->cols, KP_ROLE_HEAD);
	for (n = 0; n < p->nr_cols; n++) {
		enum kp_col id = KP_COL_ID(p->table.cols[p->col_of[n]]);
		const struct kp_column *col = &kp_columns[id];
		bool sorted = (int)id == in->sort;

		w = p->col_x[n + 1] - p->col_x[n] - GAP;
		pad = col->left ? 0 : w - text_cols(col->title);
		kp_term_put(t, in->y, p->col_x[n] + (pad > 0 ? pad : 0), w,
			    sorted ? KP_ROLE_SORTED : KP_ROLE_HEAD, col->title);
		/* also without colour it shows what is sorted, and which way */
		if (sorted)
			kp_term_put(t, in->y, p->col_x[n + 1] - GAP, 1, KP_ROLE_SORTED,
				    t->utf8 ? (in->reverse ? "▲" : "▼")
					    : (in->reverse ? "^" : "v"));
	}
}

static enum kp_role cell_role(const struct kp_tab_row *row, enum kp_col id)
{
	if (row->group)
		return KP_ROLE_GROUP;
	switch (id) {
	case KP_COL_WALL_GUEST_PCT:
		return KP_ROLE_GUEST;
	case KP_COL_WALL_HOST_PCT:
		return KP_ROLE_HOST;
	case KP_COL_WALL_SWITCH_PCT:
	case KP_COL_PMU_TAX_PCT:
		return KP_ROLE_SWITCH;
	case KP_COL_WALL_IDLE_PCT:
		return KP_ROLE_IDLE;
	case KP_COL_SEVERITY:
		return row->kind == KP_NOTE_WARNING ? KP_ROLE_WARN : KP_ROLE_TEXT;
	default:
		return KP_ROLE_TEXT;
	}
}

struct draw {
	struct kp_panel *p;
	struct kp_term *t;
	const struct kp_panel_in *in;
	struct kp_axis axis;
	struct kp_buf buf;
};

static void draw_cell(struct draw *d, const struct kp_tab_row *row, int y, unsigned int n,
		      bool selected)
{
	unsigned int c = d->p->col_of[n];
	enum kp_col id = KP_COL_ID(d->p->table.cols[c]);
	const struct kp_column *col = &kp_columns[id];
	int x = d->p->col_x[n], w = d->p->col_x[n + 1] - x - GAP, pad;
	enum kp_role role;
	const char *text;

	if (id == KP_COL_HISTORY && row->cpu)
		kp_graph_strip(d->t, y, x, w, row->cpu, d->in->nr_cells);
	if (id == KP_COL_LATENCY && row->hist)
		kp_graph_hist(d->t, y, x, w, row->hist, &d->axis);
	if (is_graph(id))
		return;
	if (c == 0 && row->depth)
		x++, w--;
	text = cell_text(&d->buf, col, row->cell[c], d->in->exact);
	role = selected				  ? KP_ROLE_SELECT
	       : row->cell[c].type == KP_VAL_NONE ? KP_ROLE_DIM
						  : cell_role(row, id);
	pad = col->left ? 0 : w - text_cols(text);
	kp_term_put(d->t, y, x + (pad > 0 ? pad : 0), w, role, text);
}

void kp_panel_draw(struct kp_panel *p, struct kp_term *t, const struct kp_panel_in *in)
{
	struct draw d = { .p = p, .t = t, .in = in };
	const struct kp_tab_row *row;
	unsigned int n;
	bool selected;
	size_t i;
	int y;

	p->y = in->y + 1;
	p->rows = in->rows - 1;
	if (in->rows < 1)
		return;
	keep_inside(p);
	measure(p, in);
	lay_out(p, t);
	draw_head(p, t, in);
	kp_vec_for_each (row, &p->table.rows)
		if (row->hist)
			kp_axis_fit(&d.axis, row->hist);
	for (y = p->y, i = p->top; y < in->y + in->rows && i < p->table.rows.nr; y++, i++) {
		row = &p->table.rows.at[i];
		selected = in->focus && i == p->at;
		if (selected)
			kp_term_fill(t, y, 0, t->cols, KP_ROLE_SELECT);
		for (n = 0; n < p->nr_cols; n++)
			draw_cell(&d, row, y, n, selected);
	}
	kp_buf_free(&d.buf);
}
