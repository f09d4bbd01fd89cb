// SPDX-License-Identifier: GPL-2.0-only
/*
 * draw.c - what is around every screen: title, totals, names of screens, message, keys. On a small
 * terminal the table stays and the rest goes, line by line.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "lib/buf.h"
#include "lib/str.h"

const struct kp_screen_ops kp_screens[KP_SCREENS] = {
	[KP_SCREEN_OVERVIEW] = { "Overview",
				 { KP_TAB_VCPUS, KP_TAB_CPUS, KP_TAB_NR },
				 kp_screen_overview },
	[KP_SCREEN_VCPUS] = { "vCPUs", { KP_TAB_VCPUS, KP_TAB_NR }, kp_screen_vcpus },
	[KP_SCREEN_EXITS] = { "Exits", { KP_TAB_EXITS, KP_TAB_NR }, kp_screen_exits },
	[KP_SCREEN_COUNTERS] = { "Counters",
				 { KP_TAB_COUNTERS, KP_TAB_EVENTS, KP_TAB_NR },
				 kp_screen_counters },
	[KP_SCREEN_PMI] = { "PMI",
			    { KP_TAB_PMIS, KP_TAB_IRQS, KP_TAB_CPUS, KP_TAB_NR },
			    kp_screen_pmi },
	[KP_SCREEN_DOCTOR] = { "Doctor", { KP_TAB_NOTES, KP_TAB_NR }, kp_screen_doctor },
	[KP_SCREEN_HELP] = { "Help", { KP_TAB_NR }, kp_screen_help },
};

/* ---- head ---- */

static void state(const struct kp_app *app, char *buf, size_t size)
{
	const struct kp_frame *f = app->f;
	char interval[32];

	kp_str_ns(interval, sizeof(interval), (double)app->interval_ns);
	if (!f->replay)
		snprintf(buf, size, "live  every %s%s", interval, app->paused ? "  PAUSED" : "");
	else if (app->speed > 0)
		snprintf(buf, size, "%.3f of %.3f s  every %s  speed %g%s",
			 (double)f->at_ns / KP_NSEC_PER_SEC, (double)f->length_ns / KP_NSEC_PER_SEC,
			 interval, app->speed,
			 f->ended      ? "  END"
			 : app->paused ? "  PAUSED"
				       : "");
	else
		snprintf(buf, size, "%.3f of %.3f s  every %s  speed max%s",
			 (double)f->at_ns / KP_NSEC_PER_SEC, (double)f->length_ns / KP_NSEC_PER_SEC,
			 interval,
			 f->ended      ? "  END"
			 : app->paused ? "  PAUSED"
				       : "");
}

static void draw_title(struct kp_app *app, int y)
{
	struct kp_term *t = &app->term;
	char text[160];
	int x;

	kp_term_fill(t, y, 0, t->cols, KP_ROLE_TITLE);
	x = kp_term_put(t, y, 0, t->cols, KP_ROLE_TITLE, "kvmpmu top  ");
	if (!app->f) {
		kp_term_put(t, y, x, t->cols - x, KP_ROLE_TITLE, "waiting for data ...");
		return;
	}
	x += kp_term_printf(t, y, x, t->cols - x, KP_ROLE_TITLE, "%s  ", app->f->title);
	state(app, text, sizeof(text));
	kp_term_put(t, y, x, t->cols - x, KP_ROLE_TITLE, text);
}

static uint64_t pick(const struct kp_app *app, struct kp_num n)
{
	return app->view.since_start ? n.total : n.tick;
}

static double wall(const struct kp_app *app)
{
	return (double)(app->view.since_start ? app->f->since_ns : app->f->wall_ns);
}

/* "Exits/s 1.20k": a number per second, or a dash; nothing where it does not fit as a whole. */
static int total(struct kp_app *app, int y, int x, const char *name, enum kp_unit unit,
		 struct kp_num n, double per)
{
	struct kp_term *t = &app->term;
	struct kp_val v = n.known && wall(app) > 0
				  ? kp_val_f64((double)pick(app, n) / wall(app) * per)
				  : kp_val_none();
	struct kp_buf buf = { 0 };

	if (kp_out_cell(&buf, unit, v) || x + (int)(strlen(name) + 1 + buf.len) > t->cols) {
		kp_buf_free(&buf);
		return t->cols;
	}
	x += kp_term_printf(t, y, x, t->cols - x, KP_ROLE_DIM, "%s ", name);
	x += kp_term_put(t, y, x, t->cols - x, KP_ROLE_GROUP, buf.data);
	kp_buf_free(&buf);
	return x + 2;
}

static void draw_totals(struct kp_app *app, int y)
{
	const struct kp_frame *f = app->f;
	double cpus = f->nr_cpus ? (double)f->nr_cpus : 1;
	int x = 0;

	x = total(app, y, x, "Exits/s", KP_UNIT_PER_SEC, f->exits, 1e9);
	x = total(app, y, x, "Switch/s", KP_UNIT_PER_SEC, f->switches, 1e9);
	x = total(app, y, x, "cost/s", KP_UNIT_NS, f->switch_ns, 1e9);
	x = total(app, y, x, "Blind%", KP_UNIT_PERCENT, f->blind_ns, 100 / cpus);
	x = total(app, y, x, "NMI/s", KP_UNIT_PER_SEC, f->nmis, 1e9);
	x = total(app, y, x, "PMI/s", KP_UNIT_PER_SEC, f->pmis, 1e9);
	x = total(app, y, x, "VPMI/s", KP_UNIT_PER_SEC, f->vpmis, 1e9);
	x = total(app, y, x, "Reg/s", KP_UNIT_PER_SEC, f->reg_exits, 1e9);
	x = total(app, y, x, "Events/s", KP_UNIT_PER_SEC, f->events, 1e9);
	if (f->lost.total)
		kp_term_printf(&app->term, y, x, app->term.cols - x, KP_ROLE_WARN, "LOST %" PRIu64,
			       f->lost.total);
}

static unsigned int warnings(const struct kp_frame *f)
{
	const struct kp_frame_note *n;
	unsigned int nr = 0;

	kp_vec_for_each (n, &f->notes)
		nr += n->kind == KP_NOTE_WARNING;
	return nr;
}

static void draw_tabs(struct kp_app *app, int y)
{
	struct kp_term *t = &app->term;
	unsigned int i, bad;
	int x = 0;

	for (i = 0; i < KP_SCREEN_HELP; i++) {
		x += kp_term_printf(t, y, x, t->cols - x,
				    i == app->screen ? KP_ROLE_TAB : KP_ROLE_TEXT, " %u %s ", i + 1,
				    kp_screens[i].name);
		bad = i == KP_SCREEN_DOCTOR && app->f ? warnings(app->f) : 0;
		if (bad)
			x += kp_term_printf(t, y, x, t->cols - x, KP_ROLE_WARN, "(%u) ", bad);
	}
	if (app->view.since_start)
		kp_term_put(t, y, x + 1, t->cols - x - 1, KP_ROLE_DIM, "since the start");
}

/* ---- foot ---- */

/*
 * The first thing that somebody must know to read the screen; a dash without its why is a riddle.
 */
static const struct kp_frame_note *loudest(const struct kp_frame *f)
{
	const struct kp_frame_note *n, *best = NULL;

	kp_vec_for_each (n, &f->notes)
		if (n->kind != KP_NOTE_INFO && (!best || n->kind > best->kind))
			best = n;
	return best;
}

static void draw_status(struct kp_app *app, int y)
{
	static const char *const prompts[] = {
		[KP_MODE_FILTER] = "Filter: ",
		[KP_MODE_SEARCH] = "Search: ",
		[KP_MODE_PIN] = "Pin to host CPUs (3, 0-2, all): ",
	};
	const struct kp_frame_note *n = app->f ? loudest(app->f) : NULL;
	struct kp_term *t = &app->term;
	const char *error = app->opts->feed->error(app->opts->feed_ctx);
	int x;

	if (app->mode == KP_MODE_FILTER || app->mode == KP_MODE_SEARCH ||
	    app->mode == KP_MODE_PIN) {
		x = kp_term_put(t, y, 0, t->cols, KP_ROLE_KEY, prompts[app->mode]);
		x += kp_term_put(t, y, x, t->cols - x, KP_ROLE_TEXT, app->input);
		kp_term_cursor(t, y, x);
	} else if (app->message[0]) {
		kp_term_put(t, y, 0, t->cols, KP_ROLE_GROUP, app->message);
	} else if (error) {
		kp_term_put(t, y, 0, t->cols, KP_ROLE_WARN, error);
	} else if (n) {
		x = kp_term_printf(t, y, 0, t->cols,
				   n->kind == KP_NOTE_WARNING ? KP_ROLE_WARN : KP_ROLE_KEY,
				   "%s: ", n->about);
		kp_term_put(t, y, x, t->cols - x, KP_ROLE_DIM, n->text);
	}
}

struct hint {
	const char *key, *text;
};

static const struct hint hints_keys[] = {
	{ "F1", "Help" }, { "F2", "Columns" }, { "F3", "Search" },   { "F4", "Filter" },
	{ "F5", "Tree" }, { "F6", "Sort" },    { "Space", "Pause" }, { "F10", "Quit" },
	{ "F7", "Pin" },  { "F8", "Record" },  { NULL, NULL },
};
static const struct hint hints_replay[] = {
	{ "F1", "Help" }, { "F2", "Columns" }, { "F3", "Search" },   { "F4", "Filter" },
	{ "F5", "Tree" }, { "F6", "Sort" },    { "Space", "Pause" }, { "F10", "Quit" },
	{ "s", "Step" },  { "{}", "Speed" },   { "()", "Seek" },     { NULL, NULL },
};
static const struct hint hints_text[] = {
	{ "Enter", "Done" },
	{ "Esc", "Cancel" },
	{ NULL, NULL },
};
static const struct hint hints_confirm[] = { { "y", "Yes" }, { "n", "No" }, { NULL, NULL } };
static const struct hint hints_sort[] = {
	{ "Up/Down", "Choose" },
	{ "Enter", "Sort by it" },
	{ "Esc", "Cancel" },
	{ NULL, NULL },
};
static const struct hint hints_columns[] = {
	{ "Up/Down", "Choose" },
	{ "Space", "Show or hide" },
	{ "Esc", "Done" },
	{ NULL, NULL },
};

static const struct hint *hints(const struct kp_app *app)
{
	switch (app->mode) {
	case KP_MODE_FILTER:
	case KP_MODE_SEARCH:
	case KP_MODE_PIN:
		return hints_text;
	case KP_MODE_CONFIRM:
		return hints_confirm;
	case KP_MODE_SORT:
		return hints_sort;
	case KP_MODE_COLUMNS:
		return hints_columns;
	case KP_MODE_KEYS:
		break;
	}
	return app->f && app->f->replay ? hints_replay : hints_keys;
}

static void draw_keys(struct kp_app *app, int y)
{
	struct kp_term *t = &app->term;
	const struct hint *h;
	int x = 0;

	/* a key that does not fit as a whole would be a riddle; help has them all */
	for (h = hints(app); h->key; h++) {
		if (x && x + (int)(strlen(h->key) + strlen(h->text)) > t->cols)
			break;
		x += kp_term_put(t, y, x, t->cols - x, KP_ROLE_KEY, h->key);
		x += kp_term_put(t, y, x, t->cols - x, KP_ROLE_KEY_TEXT, h->text);
		x++;
	}
}

/* ---- tables ---- */

void kp_app_table(struct kp_app *app, enum kp_tab id, int y, int rows)
{
	struct kp_panel *p = &app->panels[id];
	const struct kp_panel_in in = {
		.y = y,
		.rows = rows,
		.sort = app->view.sort[id],
		.reverse = app->view.reverse[id],
		.exact = app->set.exact,
		.focus = app->focus == id,
		.nr_cells = app->f->nr_cells,
	};

	p->rows = rows - 1;
	kp_panel_find(p);
	kp_panel_draw(p, &app->term, &in);
}

/* Who is looked at: "VM 108 web1 > vCPU 0 > msr". */
static void zoom_words(const struct kp_app *app, struct kp_buf *buf)
{
	const struct kp_zoom *z = &app->view.zoom;
	const char *sep = app->term.utf8 ? " › " : " > ";
	const struct kp_frame_vcpu *c, *end = app->f->vcpus + app->f->nr_vcpus;
	const struct kp_frame_exit *e;

	for (c = app->f->vcpus; z->has_vm && c < end; c++)
		if (c->vm == z->vm && (!z->has_vcpu || c->tid == z->tid))
			break;
	if (z->has_vm)
		kp_buf_printf(buf, "%sVM %u%s%s", sep, z->vm, c < end ? " " : "",
			      c < end ? c->vm_name : "");
	if (z->has_vcpu && c < end && c->has_vcpu)
		kp_buf_printf(buf, "%svCPU %u", sep, c->vcpu);
	else if (z->has_vcpu)
		kp_buf_printf(buf, "%sthread %u", sep, z->tid);
	for (e = app->f->exits_by; z->has_reason && e < app->f->exits_by + app->f->nr_exits; e++) {
		if (e->code != z->code || e->isa != z->isa)
			continue;
		kp_buf_printf(buf, "%s%s", sep, e->reason);
		break;
	}
}

void kp_app_title(struct kp_app *app, int y, const char *what, const struct kp_table *t)
{
	struct kp_term *term = &app->term;
	struct kp_buf zoom = { 0 };
	int x;

	zoom_words(app, &zoom);
	x = kp_term_printf(term, y, 0, term->cols, KP_ROLE_GROUP, "%s%s", what,
			   zoom.data ? zoom.data : "");
	kp_buf_free(&zoom);
	if (app->view.filter[0])
		kp_term_printf(term, y, x + 2, term->cols - x - 2, KP_ROLE_SORTED,
			       " filter: %s, %zu of %zu rows ", app->view.filter, t->rows.nr,
			       t->nr_all);
	else
		kp_term_printf(term, y, x + 2, term->cols - x - 2, KP_ROLE_DIM, "%zu row%s",
			       t->rows.nr, t->rows.nr == 1 ? "" : "s");
}

void kp_app_make(struct kp_app *app)
{
	unsigned int id;

	for (id = 0; app->f && id < KP_TAB_NR; id++) {
		if (kp_table_make(app->f, &app->view, (enum kp_tab)id, &app->panels[id].table))
			kp_app_say(app, "out of memory");
		kp_panel_find(&app->panels[id]);
	}
}

/* A line at the top for each of these, from 5 rows on; the table gets what is left. */
void kp_app_draw(struct kp_app *app)
{
	struct kp_term *t = &app->term;
	int y = 0, end;

	kp_term_begin(t);
	end = t->rows;
	draw_title(app, y++);
	if (t->rows >= 8 && app->f)
		draw_totals(app, y);
	y += t->rows >= 8;
	if (t->rows >= 5)
		draw_tabs(app, y++);
	if (t->rows >= 4)
		draw_keys(app, --end);
	if (t->rows >= 3)
		draw_status(app, --end);
	kp_app_make(app);
	if (end > y && (app->f || app->screen == KP_SCREEN_HELP)) {
		kp_screens[app->screen].draw(app, y, end - y);
		if (app->mode == KP_MODE_SORT || app->mode == KP_MODE_COLUMNS)
			kp_app_menu(app, y, end - y);
	}
	kp_term_end(t);
}
