// SPDX-License-Identifier: GPL-2.0-only
/*
 * screen_doctor.c - what is wrong, and what is missing and why; the selected one in full below.
 */
#include <string.h>

#include "app.h"

#define TEXT_ROWS 4

/* @text in lines that break at blanks. */
static void wrapped(struct kp_term *t, int y, int rows, const char *text)
{
	size_t len, width = t->cols > 1 ? (size_t)t->cols - 1 : 1;

	for (; rows > 0 && *text; rows--, y++) {
		len = strlen(text);
		if (len > width) {
			for (len = width; len && text[len] != ' '; len--)
				;
			len = len ? len : width;
		}
		kp_term_printf(t, y, 0, t->cols, KP_ROLE_TEXT, "%.*s", (int)len, text);
		text += len + (text[len] == ' ');
	}
}

void kp_screen_doctor(struct kp_app *app, int y, int rows)
{
	const struct kp_panel *p = &app->panels[KP_TAB_NOTES];
	const struct kp_tab_row *row;
	int table = rows > TEXT_ROWS + 5 ? rows - TEXT_ROWS - 1 : rows;

	if (table > 2) {
		kp_app_title(app, y++, kp_tab_titles[KP_TAB_NOTES], &p->table);
		table--;
		rows--;
	}
	kp_app_table(app, KP_TAB_NOTES, y, table);
	row = kp_panel_selected(p);
	if (!row || table == rows)
		return;
	kp_term_printf(&app->term, y + table, 0, app->term.cols, KP_ROLE_GROUP, "%s: %s",
		       row->cell[0].str, row->cell[1].str);
	wrapped(&app->term, y + table + 1, rows - table - 1, row->cell[2].str);
}
