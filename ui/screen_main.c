// SPDX-License-Identifier: GPL-2.0-only
/*
 * screen_main.c - Overview: strips of the host's CPUs above vCPUs; and the vCPU table alone.
 */
#include "app.h"

/* CPUs get a line each, but never more than half of the screen. */
void kp_screen_overview(struct kp_app *app, int y, int rows)
{
	int cpus = (int)app->panels[KP_TAB_CPUS].table.rows.nr + 1, most = (rows - 2) / 2;

	if (rows < 7) {
		kp_app_table(app, app->focus == KP_TAB_CPUS ? KP_TAB_CPUS : KP_TAB_VCPUS, y, rows);
		return;
	}
	cpus = cpus < most ? cpus : most;
	kp_app_table(app, KP_TAB_CPUS, y, cpus);
	kp_graph_legend(&app->term, y + cpus, 0, app->term.cols);
	y += cpus + 1;
	rows -= cpus + 1;
	kp_app_title(app, y, kp_tab_titles[KP_TAB_VCPUS], &app->panels[KP_TAB_VCPUS].table);
	kp_app_table(app, KP_TAB_VCPUS, y + 1, rows - 1);
}

void kp_screen_vcpus(struct kp_app *app, int y, int rows)
{
	if (rows > 2) {
		kp_app_title(app, y++, kp_tab_titles[KP_TAB_VCPUS],
			     &app->panels[KP_TAB_VCPUS].table);
		rows--;
	}
	kp_app_table(app, KP_TAB_VCPUS, y, rows);
}
