// SPDX-License-Identifier: GPL-2.0-only
/*
 * screen_help.c - the keys, and what the columns of the screen before mean.
 */
#include "app.h"

static const struct {
	const char *key, *text;
} keys[] = {
	{ "1 - 6, Tab", "screens: Overview, vCPUs, Exits, Counters, PMI, Doctor" },
	{ "Up Down PgUp PgDn", "move; Home End; j k; the mouse's wheel" },
	{ "Left Right", "scroll columns" },
	{ "Enter", "zoom in: VM, its vCPUs, a vCPU's exits, a reason's vCPUs" },
	{ "Backspace, Esc", "zoom out again" },
	{ "w", "to the next table of a screen that has several" },
	{ "F2 c", "show or hide columns" },
	{ "F3 /", "search as you type; n: the next one" },
	{ "F4 f", "filter as you type: rows that have the text in a cell; empty: all" },
	{ "F5 t", "vCPUs as a tree below their VM, or flat" },
	{ "F6 o, < >", "sort by a column: from a list, the one to the left, to the right" },
	{ "I", "the other way round; a click on a heading does both" },
	{ "F7 P", "pin the selected vCPU to host CPUs; asks before it does" },
	{ "F8 R", "record the selected vCPU or VM for 10 s into a file here" },
	{ "Space, s", "pause; one tick further" },
	{ "+ -", "longer and shorter ticks" },
	{ "a", "numbers of the last tick, or since the start" },
	{ "z", "the start is now" },
	{ "e", "numbers exact, or short with units" },
	{ "{ }", "replay: slower, faster; =: as it was; m: as fast as possible" },
	{ "( )", "replay: 10 ticks back, forward; 0: from the beginning" },
	{ "F10 q", "quit; Ctrl-Z suspends, Ctrl-L draws anew" },
};

static int columns(struct kp_app *app, int y, int end, int line)
{
	enum kp_tab id = kp_screens[app->last_screen].focus[0];
	struct kp_term *t = &app->term;
	const enum kp_col *cols;
	unsigned int nr, i;

	if (id == KP_TAB_NR)
		return line;
	nr = kp_table_cols(id, &cols);
	for (i = 0; i < nr; i++, line++) {
		const struct kp_column *col = &kp_columns[KP_COL_ID(cols[i])];
		int at = y + line - app->help_top;

		if (at < y || at >= end)
			continue;
		kp_term_put(t, at, 1, 18, KP_ROLE_KEY, col->title);
		kp_term_put(t, at, 20, t->cols - 20, KP_ROLE_TEXT, col->help);
	}
	return line;
}

void kp_screen_help(struct kp_app *app, int y, int rows)
{
	struct kp_term *t = &app->term;
	int line = 0, at, end = y + rows;
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(keys); i++, line++) {
		at = y + line - app->help_top;
		if (at < y || at >= end)
			continue;
		kp_term_put(t, at, 1, 18, KP_ROLE_KEY, keys[i].key);
		kp_term_put(t, at, 20, t->cols - 20, KP_ROLE_TEXT, keys[i].text);
	}
	line++;
	at = y + line++ - app->help_top;
	if (at >= y && at < end)
		kp_term_printf(t, at, 0, t->cols, KP_ROLE_GROUP, "Columns of %s",
			       kp_screens[app->last_screen].name);
	line = columns(app, y, end, line);
	if (app->help_top > line - rows)
		app->help_top = line > rows ? line - rows : 0;
}
