// SPDX-License-Identifier: GPL-2.0-only
/*
 * menu.c - the list of a table's columns, to sort by one or to show and hide them.
 */
#include <stdio.h>

#include "app.h"

#define WIDTH 44

static unsigned int columns(const struct kp_app *app, const enum kp_col **cols)
{
	return app->focus == KP_TAB_NR ? 0 : kp_table_cols(app->focus, cols);
}

void kp_app_menu(struct kp_app *app, int y, int rows)
{
	const enum kp_col *cols = NULL;
	unsigned int nr = columns(app, &cols), i, top = 0;
	const struct kp_panel *p = &app->panels[app->focus % KP_TAB_NR];
	struct kp_term *t = &app->term;
	int width = t->cols < WIDTH ? t->cols : WIDTH;

	if (app->menu_at >= (unsigned int)rows)
		top = app->menu_at - (unsigned int)rows + 1;
	for (i = top; i < nr && (int)(i - top) < rows; i++) {
		const struct kp_column *col = &kp_columns[KP_COL_ID(cols[i])];
		enum kp_role role = i == app->menu_at ? KP_ROLE_SELECT : KP_ROLE_HEAD;
		const char *mark = app->mode == KP_MODE_COLUMNS
					   ? (p->hidden >> i & 1 ? "[ ]" : "[x]")
				   : (int)KP_COL_ID(cols[i]) == app->view.sort[app->focus] ? " * "
											   : "   ";

		kp_term_fill(t, y + (int)(i - top), 0, width, role);
		kp_term_printf(t, y + (int)(i - top), 0, width, role, " %s %-12s %s", mark,
			       col->title, col->help);
	}
}

static void choose(struct kp_app *app, const enum kp_col *cols)
{
	if (app->mode == KP_MODE_COLUMNS) {
		app->panels[app->focus].hidden ^= KP_BIT(app->menu_at);
		return;
	}
	app->view.sort[app->focus] = KP_COL_ID(cols[app->menu_at]);
	app->view.reverse[app->focus] = false;
	app->mode = KP_MODE_KEYS;
}

void kp_app_menu_key(struct kp_app *app, int key)
{
	const enum kp_col *cols = NULL;
	unsigned int nr = columns(app, &cols);

	if (!nr) {
		app->mode = KP_MODE_KEYS;
		return;
	}
	switch (key) {
	case KP_KEY_UP:
	case 'k':
		app->menu_at = (app->menu_at + nr - 1) % nr;
		break;
	case KP_KEY_DOWN:
	case 'j':
		app->menu_at = (app->menu_at + 1) % nr;
		break;
	case KP_KEY_ENTER:
	case ' ':
		choose(app, cols);
		break;
	default:
		app->mode = KP_MODE_KEYS;
	}
}
