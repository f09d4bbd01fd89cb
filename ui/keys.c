// SPDX-License-Identifier: GPL-2.0-only
/*
 * keys.c - what keys and the mouse do.
 */
#include <stdio.h>
#include <string.h>

#include "app.h"

#define INTERVAL_MIN_NS 10000000ull
#define INTERVAL_MAX_NS (3600 * KP_NSEC_PER_SEC)
#define SEEK_TICKS	10

static void control(struct kp_app *app, enum kp_ui_action action, int64_t arg)
{
	app->opts->feed->control(app->opts->feed_ctx, action, arg);
}

static struct kp_panel *panel(struct kp_app *app)
{
	return app->focus == KP_TAB_NR ? NULL : &app->panels[app->focus];
}

static const struct kp_tab_row *selected(struct kp_app *app)
{
	return panel(app) ? kp_panel_selected(panel(app)) : NULL;
}

/* ---- places ---- */

void kp_app_go(struct kp_app *app, enum kp_screen screen)
{
	if (app->screen != KP_SCREEN_HELP)
		app->last_screen = app->screen;
	app->screen = screen;
	app->focus = kp_screens[screen].focus[0];
	app->help_top = 0;
}

static void note_place(struct kp_app *app)
{
	if (app->nr_back == KP_BACK_MAX) {
		memmove(app->back, app->back + 1, sizeof(app->back) - sizeof(app->back[0]));
		app->nr_back--;
	}
	app->back[app->nr_back++] = (struct kp_place){ app->screen, app->view.zoom };
}

static void go_back(struct kp_app *app)
{
	if (app->screen == KP_SCREEN_HELP) {
		kp_app_go(app, app->last_screen);
	} else if (app->nr_back) {
		app->nr_back--;
		app->view.zoom = app->back[app->nr_back].zoom;
		kp_app_go(app, app->back[app->nr_back].screen);
		kp_panel_forget(&app->panels[KP_TAB_EXITS]);
	} else if (app->view.filter[0]) {
		app->view.filter[0] = '\0';
	}
}

/* VM, then its vCPUs, then a vCPU's exits, then one reason's vCPUs, then one of these. */
static void zoom_in(struct kp_app *app)
{
	const struct kp_tab_row *row = selected(app);
	struct kp_zoom *z = &app->view.zoom;

	if (!row || (app->focus != KP_TAB_VCPUS && app->focus != KP_TAB_EXITS))
		return;
	note_place(app);
	if (row->key.has_vm) {
		z->has_vm = true;
		z->vm = row->key.vm;
	}
	if (row->key.has_vcpu) {
		z->has_vcpu = true;
		z->tid = row->key.tid;
	}
	if (row->key.has_reason && app->focus == KP_TAB_EXITS) {
		z->has_reason = true;
		z->code = row->key.code;
		z->isa = row->key.isa;
	}
	kp_app_go(app,
		  row->key.has_vcpu || row->key.has_reason ? KP_SCREEN_EXITS : KP_SCREEN_VCPUS);
	kp_panel_forget(&app->panels[KP_TAB_EXITS]);
	app->panels[KP_TAB_EXITS].at = 0;
	app->panels[KP_TAB_EXITS].has_key = false;
}

static void other_table(struct kp_app *app)
{
	const enum kp_tab *focus = kp_screens[app->screen].focus;
	unsigned int i = 0;

	while (focus[i] != KP_TAB_NR && focus[i] != app->focus)
		i++;
	if (focus[i] != KP_TAB_NR)
		app->focus = focus[i + 1] != KP_TAB_NR ? focus[i + 1] : focus[0];
}

/* ---- order ---- */

static void sort_by(struct kp_app *app, unsigned int col)
{
	const enum kp_col *cols = panel(app)->table.cols;
	int id = (int)KP_COL_ID(cols[col]);

	if (app->view.sort[app->focus] == id)
		app->view.reverse[app->focus] = !app->view.reverse[app->focus];
	else
		app->view.reverse[app->focus] = false;
	app->view.sort[app->focus] = id;
}

static void sort_next(struct kp_app *app, int by)
{
	const struct kp_panel *p = panel(app);
	int nr = p ? (int)p->table.nr_cols : 0, i;

	for (i = 0; i < nr; i++)
		if ((int)KP_COL_ID(p->table.cols[i]) == app->view.sort[app->focus])
			break;
	if (i == nr)
		i = by > 0 ? -1 : nr;
	do
		i += by;
	while (i >= 0 && i < nr && p->hidden >> i & 1);
	if (i < 0 || i >= nr)
		return;
	app->view.sort[app->focus] = -1;
	sort_by(app, (unsigned int)i);
}

/* ---- time ---- */

static void pause_or_go(struct kp_app *app)
{
	app->paused = !app->paused;
	control(app, KP_UI_PAUSE, app->paused);
}

static void set_interval(struct kp_app *app, bool longer)
{
	uint64_t ns = app->interval_ns ? app->interval_ns : KP_NSEC_PER_SEC;

	ns = longer ? ns * 2 : ns / 2;
	ns = kp_max_u64(INTERVAL_MIN_NS, kp_min_u64(INTERVAL_MAX_NS, ns));
	control(app, KP_UI_INTERVAL, (int64_t)ns);
	app->interval_ns = ns;
}

static void set_speed(struct kp_app *app, double factor)
{
	double speed = app->speed <= 0 ? 1 : app->speed;

	if (!app->f || !app->f->replay) {
		kp_app_say(app, "only a recording has a speed");
		return;
	}
	speed = factor > 0 ? speed * factor : -factor;
	speed = speed > 4096 ? 4096 : speed;
	speed = speed && speed < 1.0 / 64 ? 1.0 / 64 : speed;
	control(app, KP_UI_SPEED, (int64_t)(speed * 1000));
	app->speed = speed;
}

static void seek(struct kp_app *app, int ticks)
{
	int64_t to;

	if (!app->f || !app->f->replay) {
		kp_app_say(app, "what happened on this host cannot be seen again; record it");
		return;
	}
	to = ticks ? (int64_t)app->f->at_ns + ticks * (int64_t)app->interval_ns : 0;
	control(app, KP_UI_SEEK, to);
}

/* ---- what is done to a vCPU ---- */

static void ask_pin(struct kp_app *app)
{
	const struct kp_tab_row *row = app->focus == KP_TAB_VCPUS ? selected(app) : NULL;

	if (!row || !row->key.has_vcpu) {
		kp_app_say(app, "select a vCPU first (screen 2)");
		return;
	}
	if (app->f->replay) {
		kp_app_say(app, "a recording's threads cannot be pinned");
		return;
	}
	app->pin_tid = row->key.tid;
	app->input[0] = '\0';
	app->mode = KP_MODE_PIN;
}

static void pin(struct kp_app *app)
{
	app->opts->feed->pin(app->opts->feed_ctx, app->pin_tid, app->input, app->message,
			     sizeof(app->message));
}

static void record(struct kp_app *app)
{
	const struct kp_tab_row *row = app->focus == KP_TAB_VCPUS ? selected(app) : NULL;
	const struct kp_zoom *who = row ? &row->key : &app->view.zoom;

	if (!who->has_vm)
		kp_app_say(app, "select a VM or a vCPU first (screen 2)");
	else
		app->opts->feed->record(app->opts->feed_ctx, who, app->message,
					sizeof(app->message));
}

/* ---- typing ---- */

static void typed(struct kp_app *app)
{
	if (app->mode == KP_MODE_FILTER)
		snprintf(app->view.filter, sizeof(app->view.filter), "%.40s", app->input);
	if (app->mode == KP_MODE_SEARCH) {
		snprintf(app->search, sizeof(app->search), "%.40s", app->input);
		if (panel(app) && *app->search)
			kp_panel_search(panel(app), app->search, false);
	}
}

static void entered(struct kp_app *app)
{
	if (app->mode == KP_MODE_PIN && *app->input) {
		app->mode = KP_MODE_CONFIRM;
		kp_app_say(app, "Pin thread %u to CPU %s? (y/n)", app->pin_tid, app->input);
		return;
	}
	app->mode = KP_MODE_KEYS;
}

static void type_key(struct kp_app *app, int key)
{
	size_t len = strlen(app->input);

	if (key == KP_KEY_ENTER) {
		entered(app);
	} else if (key == KP_KEY_ESC) {
		app->input[0] = '\0';
		typed(app);
		app->mode = KP_MODE_KEYS;
	} else if (key == KP_KEY_BACK) {
		/* a character of several bytes goes as a whole */
		while (len && (app->input[--len] & 0xc0) == 0x80)
			;
		app->input[len] = '\0';
		typed(app);
	} else if (key >= ' ' && key <= 0xff && len < 40) {
		app->input[len] = (char)key;
		app->input[len + 1] = '\0';
		typed(app);
	}
}

static void begin_typing(struct kp_app *app, enum kp_input_mode mode)
{
	if (!panel(app))
		return;
	app->mode = mode;
	snprintf(app->input, sizeof(app->input), "%s",
		 mode == KP_MODE_FILTER ? app->view.filter : "");
}

static void search_next(struct kp_app *app)
{
	if (panel(app) && *app->search && !kp_panel_search(panel(app), app->search, true))
		kp_app_say(app, "'%s' is in no row", app->search);
}

/* ---- moving ---- */

static void move_by(struct kp_app *app, long by)
{
	if (app->screen == KP_SCREEN_HELP)
		app->help_top = app->help_top + by > 0 ? app->help_top + (int)by : 0;
	else if (panel(app))
		kp_panel_move(panel(app), by);
}

static long page(struct kp_app *app)
{
	return panel(app) && panel(app)->rows > 1 ? panel(app)->rows - 1 : 10;
}

static bool move_key(struct kp_app *app, int key)
{
	switch (key) {
	case KP_KEY_UP:
	case 'k':
		move_by(app, -1);
		return true;
	case KP_KEY_DOWN:
	case 'j':
		move_by(app, 1);
		return true;
	case KP_KEY_PGUP:
		move_by(app, -page(app));
		return true;
	case KP_KEY_PGDN:
		move_by(app, page(app));
		return true;
	case KP_KEY_HOME:
	case 'g':
		move_by(app, -1000000);
		return true;
	case KP_KEY_END:
	case 'G':
		move_by(app, 1000000);
		return true;
	case KP_KEY_LEFT:
		if (panel(app) && panel(app)->shift)
			panel(app)->shift--;
		return true;
	case KP_KEY_RIGHT:
		if (panel(app) && panel(app)->shift + 2 < panel(app)->table.nr_cols)
			panel(app)->shift++;
		return true;
	default:
		return false;
	}
}

/* ---- the mouse ---- */

/* Names of screens, as draw.c writes them: " N Name ". */
static void click_tab(struct kp_app *app, int x)
{
	int at = 0, i;

	for (i = 0; i < KP_SCREEN_HELP; i++) {
		at += (int)strlen(kp_screens[i].name) + 4;
		if (x < at) {
			kp_app_go(app, (enum kp_screen)i);
			return;
		}
	}
}

static void click_table(struct kp_app *app, struct kp_panel *p, const struct kp_press *press)
{
	unsigned int n;

	if (press->y == p->y - 1) {
		for (n = 0; n < p->nr_cols; n++)
			if (press->x >= p->col_x[n] && press->x < p->col_x[n + 1])
				sort_by(app, p->col_of[n]);
		return;
	}
	kp_panel_move(p, (long)p->top + press->y - p->y - (long)p->at);
	if (press->twice)
		zoom_in(app);
}

static void mouse(struct kp_app *app, const struct kp_press *press)
{
	const enum kp_tab *focus = kp_screens[app->screen].focus;
	struct kp_panel *p;
	int i;

	if (press->wheel) {
		move_by(app, 3 * press->wheel);
		return;
	}
	if (press->y == (app->term.rows >= 8 ? 2 : 1) && app->term.rows >= 5) {
		click_tab(app, press->x);
		return;
	}
	for (i = 0; focus[i] != KP_TAB_NR; i++) {
		p = &app->panels[focus[i]];
		if (press->y < p->y - 1 || press->y >= p->y + p->rows)
			continue;
		app->focus = focus[i];
		click_table(app, p, press);
		return;
	}
}

/* ---- keys ---- */

static bool time_key(struct kp_app *app, int key)
{
	switch (key) {
	case ' ':
		pause_or_go(app);
		return true;
	case 's':
	case '.':
		if (!app->paused)
			pause_or_go(app);
		control(app, KP_UI_STEP, 0);
		return true;
	case '+':
	case '-':
		set_interval(app, key == '+');
		return true;
	case '{':
	case '}':
		set_speed(app, key == '}' ? 2 : 0.5);
		return true;
	case '=':
		set_speed(app, -1);
		return true;
	case 'm':
		set_speed(app, -0.0);
		return true;
	case '(':
	case ')':
		seek(app, key == ')' ? SEEK_TICKS : -SEEK_TICKS);
		return true;
	case '0':
		seek(app, 0);
		return true;
	default:
		return false;
	}
}

static bool view_key(struct kp_app *app, int key)
{
	switch (key) {
	case KP_KEY_F(5):
	case 't':
		app->view.tree = !app->view.tree;
		return true;
	case '<':
	case '>':
		sort_next(app, key == '>' ? 1 : -1);
		return true;
	case 'I':
		if (panel(app))
			app->view.reverse[app->focus] = !app->view.reverse[app->focus];
		return true;
	case 'a':
		app->view.since_start = !app->view.since_start;
		return true;
	case 'z':
		control(app, KP_UI_RESET, 0);
		kp_app_say(app, "the start is now");
		return true;
	case 'e':
		app->set.exact = !app->set.exact;
		kp_panel_forget(&app->panels[app->focus % KP_TAB_NR]);
		return true;
	case 'w':
		other_table(app);
		return true;
	case KP_KEY_F(2):
	case 'c':
		app->mode = KP_MODE_COLUMNS;
		app->menu_at = 0;
		return true;
	case KP_KEY_F(6):
	case 'o':
		app->mode = KP_MODE_SORT;
		app->menu_at = 0;
		return true;
	default:
		return false;
	}
}

static bool do_key(struct kp_app *app, int key)
{
	switch (key) {
	case KP_KEY_F(3):
	case '/':
		begin_typing(app, KP_MODE_SEARCH);
		return true;
	case 'n':
		search_next(app);
		return true;
	case KP_KEY_F(4):
	case 'f':
	case '\\':
		begin_typing(app, KP_MODE_FILTER);
		return true;
	case KP_KEY_F(7):
	case 'P':
		ask_pin(app);
		return true;
	case KP_KEY_F(8):
	case 'R':
		record(app);
		return true;
	case KP_KEY_ENTER:
		zoom_in(app);
		return true;
	case KP_KEY_BACK:
	case KP_KEY_ESC:
		go_back(app);
		return true;
	default:
		return false;
	}
}

static void screen_key(struct kp_app *app, int key)
{
	unsigned int here = app->screen == KP_SCREEN_HELP ? app->last_screen : app->screen;

	if (key >= '1' && key < '1' + KP_SCREEN_HELP)
		kp_app_go(app, (enum kp_screen)(key - '1'));
	else if (key == KP_KEY_TAB)
		kp_app_go(app, (enum kp_screen)((here + 1) % KP_SCREEN_HELP));
	else if (key == KP_KEY_BACKTAB)
		kp_app_go(app, (enum kp_screen)((here + KP_SCREEN_HELP - 1) % KP_SCREEN_HELP));
	else if (key == KP_KEY_F(1) || key == '?' || key == 'h')
		kp_app_go(app, app->screen == KP_SCREEN_HELP ? app->last_screen : KP_SCREEN_HELP);
	else if (key == KP_KEY_F(10) || key == 'q')
		app->quit = true;
}

static void resized(struct kp_app *app)
{
	unsigned int i;

	for (i = 0; i < KP_TAB_NR; i++)
		kp_panel_forget(&app->panels[i]);
}

void kp_app_key(struct kp_app *app, const struct kp_press *press)
{
	int key = press->key;

	if (key == KP_KEY_RESIZE) {
		resized(app);
		return;
	}
	if (key == 'L' - '@') {
		kp_term_suspend(&app->term);
		kp_term_resume(&app->term);
		return;
	}
	if (app->mode == KP_MODE_FILTER || app->mode == KP_MODE_SEARCH ||
	    app->mode == KP_MODE_PIN) {
		type_key(app, key);
		return;
	}
	app->message[0] = '\0';
	if (app->mode == KP_MODE_CONFIRM) {
		app->mode = KP_MODE_KEYS;
		if (key == 'y' || key == 'Y')
			pin(app);
		return;
	}
	if (app->mode != KP_MODE_KEYS) {
		kp_app_menu_key(app, key);
		return;
	}
	if (key == KP_KEY_MOUSE)
		mouse(app, press);
	else if (!move_key(app, key) && !time_key(app, key) && !view_key(app, key) &&
		 !do_key(app, key))
		screen_key(app, key);
}
