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

/* Interrupts alone: shares and strips of CPUs are the overview's. */
static void draw_cpus(struct kp_app *app, int y, int rows)
{
	struct kp_panel *cpus = &app->panels[KP_TAB_CPUS];
	uint32_t hidden = cpus->hidden;

	kp_term_put(&app->term, y, 0, app->term.cols, KP_ROLE_GROUP, "Interrupts of the PMU");
	cpus->hidden |= 0x23e;
	kp_app_table(app, KP_TAB_CPUS, y + 1, rows - 1);
	cpus->hidden = hidden;
}

/* A table with its title: @rows of it, both included. */
static void draw_part(struct kp_app *app, enum kp_tab id, const char *none, int y, int rows)
{
	const struct kp_table *t = &app->panels[id].table;

	kp_app_title(app, y, kp_tab_titles[id], t);
	kp_app_table(app, id, y + 1, rows - 1);
	if (!t->nr_all && rows > 2)
		empty(app, y + 2, none);
}

/* As many lines as it has, one more for its title and one for its head, but at most @most. */
static int wanted(const struct kp_app *app, enum kp_tab id, int most)
{
	int rows = (int)app->panels[id].table.rows.nr + 2;

	rows = rows < 3 ? 3 : rows;
	return rows < most ? rows : most;
}

void kp_screen_pmi(struct kp_app *app, int y, int rows)
{
	int cpus, pmis;

	if (rows < 10) {
		kp_app_table(app, app->focus, y, rows);
		return;
	}
	cpus = wanted(app, KP_TAB_CPUS, rows / 3);
	pmis = wanted(app, KP_TAB_PMIS, (rows - cpus) / 2);
	draw_cpus(app, y, cpus);
	draw_part(app, KP_TAB_PMIS, "No PMI of a guest was seen.", y + cpus, pmis);
	y += cpus + pmis;
	draw_part(app, KP_TAB_IRQS, "None yet.", y, rows - cpus - pmis);
}
