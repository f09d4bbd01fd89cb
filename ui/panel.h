/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * panel.h - a table on the screen: which columns fit, which rows show, what is selected. Private to
 * ui.
 */
#ifndef KP_UI_PANEL_H
#define KP_UI_PANEL_H

#include "graph.h"

/**
 * struct kp_panel - zero-initialise
 * @table: its rows in this tick
 * @at: selected row; @key: what that is, to find it again in the next tick; @top: first row shown
 * @shift: columns behind the first that are scrolled out to the left
 * @hidden: bits of columns that are not wanted
 * @width: of columns: they grow and do not shrink again, so that nothing jumps
 * @y, @rows: where its rows were drawn last; @col_x, @col_of: columns from the left
 */
struct kp_panel {
	struct kp_table table;
	size_t at, top;
	bool has_key;
	struct kp_zoom key;
	uint32_t shift, hidden;
	int width[KP_TAB_COLS_MAX];
	int y, rows;
	int col_x[KP_TAB_COLS_MAX + 1];
	unsigned int col_of[KP_TAB_COLS_MAX], nr_cols;
};

/**
 * struct kp_panel_in - how to draw
 * @sort: enum kp_col, -1 none; @exact: numbers in full; @focus: show the selection
 * @nr_cells: of the strips
 */
struct kp_panel_in {
	int y, rows;
	int sort;
	bool reverse, exact, focus;
	unsigned int nr_cells;
};

/** kp_panel_find - after the table was made: the selected thing again, wherever it is now */
void kp_panel_find(struct kp_panel *p);
/** kp_panel_move - the selection, by rows; kept inside */
void kp_panel_move(struct kp_panel *p, long by);
/** kp_panel_selected - NULL: there are no rows */
const struct kp_tab_row *kp_panel_selected(const struct kp_panel *p);
/** kp_panel_search - next row behind the selection (or from it on) that has @text; false: none */
bool kp_panel_search(struct kp_panel *p, const char *text, bool next);
/** kp_panel_draw - heading and rows */
void kp_panel_draw(struct kp_panel *p, struct kp_term *t, const struct kp_panel_in *in);
/** kp_panel_forget - the widths, for another table or screen size */
void kp_panel_forget(struct kp_panel *p);
void kp_panel_free(struct kp_panel *p);

#endif
