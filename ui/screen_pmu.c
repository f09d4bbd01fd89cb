// SPDX-License-Identifier: GPL-2.0-only
/*
 * screen_pmu.c - Counters: what guests programmed; PMI: interrupts of the PMU on the host's CPUs,
 * and interrupts into guests.
 */
#include "app.h"

static void empty(struct kp_app *app, int y, const char *text)
{
	kp_term_put(&app->term, y, 0, app->term.cols, KP_ROLE_DIM, text);
}

void kp_screen_counters(struct kp_app *app, int y, int rows)
{
	const struct kp_table *t = &app->panels[KP_TAB_COUNTERS].table;
	const struct kp_table *events = &app->panels[KP_TAB_EVENTS].table;
	int below = rows >= 10 ? (int)events->rows.nr + 2 : 0;

	if (rows < 4) {
		kp_app_table(app, app->focus, y, rows);
		return;
	}
	below = below < rows / 2 ? below : rows / 2;
	kp_app_title(app, y,
		     app->f->has_owners ? "Counters as guests programmed them"
					: "Counters that guests programmed, as far as it trapped",
		     t);
	kp_app_table(app, KP_TAB_COUNTERS, y + 1, rows - below - 1);
	if (!t->nr_all)
		empty(app, y + 2, "No guest has set a counter, or none of it is known.");
	if (!below)
		return;
	y += rows - below;
	kp_term_put(&app->term, y, 0, app->term.cols, KP_ROLE_GROUP,
		    app->f->has_owners ? kp_tab_titles[KP_TAB_EVENTS]
		    : app->f->replay   ? "Events of the host: not in a recording"
				       : "Events of the host: not known yet");
	kp_app_table(app, KP_TAB_EVENTS, y + 1, below - 1);
}

void kp_screen_pmi(struct kp_app *app, int y, int rows)
{
	struct kp_panel *cpus = &app->panels[KP_TAB_CPUS];
	uint32_t hidden = cpus->hidden;
	int nr = (int)cpus->table.rows.nr + 1;

	if (rows < 8) {
		kp_app_table(app, app->focus, y, rows);
		return;
	}
	nr = nr < (rows - 2) / 2 ? nr : (rows - 2) / 2;
	kp_term_put(&app->term, y++, 0, app->term.cols, KP_ROLE_GROUP, "Interrupts of the PMU");
	cpus->hidden |= 0x11e; /* shares and strips: this is about interrupts */
	kp_app_table(app, KP_TAB_CPUS, y, nr);
	cpus->hidden = hidden;
	y += nr;
	rows -= nr + 1;
	kp_app_title(app, y, "Interrupts into guests", &app->panels[KP_TAB_IRQS].table);
	kp_app_table(app, KP_TAB_IRQS, y + 1, rows - 1);
	if (!app->panels[KP_TAB_IRQS].table.nr_all && rows > 3)
		empty(app, y + 2, "None yet.");
}
