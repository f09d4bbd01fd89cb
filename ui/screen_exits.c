// SPDX-License-Identifier: GPL-2.0-only
/*
 * screen_exits.c - exits by reason with their distributions; of one reason, a large histogram above
 * the vCPUs that have it.
 */
#include <string.h>

#include "app.h"

#define HISTOGRAM_ROWS 8

static const char *title(const struct kp_app *app)
{
	switch (app->f->pairing) {
	case KP_PAIR_ENTRY_EXIT:
		return "Exits, and how long the guest ran before them";
	case KP_PAIR_USERSPACE:
		return "Exits to user space, and the time until the next one";
	default:
		return "Exits, and the time until the guest ran again";
	}
}

/* All rows of the reason together, on the axis that their bars have, too. */
static void draw_sum(struct kp_app *app, const struct kp_table *t, int y)
{
	uint64_t sum[KP_BUCKETS] = { 0 };
	struct kp_axis axis = { 0 };
	const struct kp_tab_row *row;
	unsigned int i;

	kp_vec_for_each (row, &t->rows)
		for (i = 0; i < KP_BUCKETS; i++)
			sum[i] += row->hist[i];
	kp_axis_fit(&axis, sum);
	if (axis.end)
		kp_graph_histogram(&app->term, y, HISTOGRAM_ROWS, sum, &axis);
}

void kp_screen_exits(struct kp_app *app, int y, int rows)
{
	const struct kp_table *t = &app->panels[KP_TAB_EXITS].table;

	if (rows > 2) {
		kp_app_title(app, y++, title(app), t);
		rows--;
	}
	if (app->view.zoom.has_reason && rows >= HISTOGRAM_ROWS + 4) {
		draw_sum(app, t, y);
		y += HISTOGRAM_ROWS;
		rows -= HISTOGRAM_ROWS;
	}
	kp_app_table(app, KP_TAB_EXITS, y, rows);
}
