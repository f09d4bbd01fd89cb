/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * app.h - the running terminal view, and what its parts share. Private to ui.
 */
#ifndef KP_UI_APP_H
#define KP_UI_APP_H

#include "panel.h"

enum kp_screen {
	KP_SCREEN_OVERVIEW,
	KP_SCREEN_VCPUS,
	KP_SCREEN_EXITS,
	KP_SCREEN_COUNTERS,
	KP_SCREEN_PMI,
	KP_SCREEN_DOCTOR,
	KP_SCREEN_HELP,
	KP_SCREENS
};

/** enum kp_input_mode - who gets the keys */
enum kp_input_mode {
	KP_MODE_KEYS = 0,
	KP_MODE_FILTER,
	KP_MODE_SEARCH,
	KP_MODE_PIN, /* which CPUs */
	KP_MODE_CONFIRM, /* pin it? */
	KP_MODE_SORT, /* choose a column */
	KP_MODE_COLUMNS, /* choose columns */
};

#define KP_BACK_MAX 16

/** struct kp_place - where Backspace goes back to */
struct kp_place {
	enum kp_screen screen;
	struct kp_zoom zoom;
};

/** struct kp_settings - what is remembered between runs; @hidden: bits of columns of each table */
struct kp_settings {
	enum kp_screen screen;
	bool since_start, flat, exact;
	int sort[KP_TAB_NR];
	bool reverse[KP_TAB_NR];
	uint32_t hidden[KP_TAB_NR];
};

/**
 * struct kp_app
 * @f: newest frame, NULL none yet; borrowed from the feed
 * @panels: one a table; @focus: the table that keys move in
 * @input: text being typed; @search: what n looks for; @message: until the next key
 * @menu_at: line of the menu
 * @help_top: first line of the help shown
 * @paused, @interval_ns, @speed: of the feed, as the last frame or key has it
 * @before: how settings were, to see whether there is something to write
 */
struct kp_app {
	const struct kp_ui_opts *opts;
	struct kp_term term;
	const struct kp_frame *f;
	struct kp_settings set, before;
	enum kp_screen screen, last_screen;
	enum kp_input_mode mode;
	struct kp_view view;
	struct kp_panel panels[KP_TAB_NR];
	enum kp_tab focus;
	struct kp_place back[KP_BACK_MAX];
	unsigned int nr_back;
	char input[64], search[48], message[256];
	uint32_t pin_tid;
	unsigned int menu_at;
	int help_top;
	bool quit, dirty;
	bool paused;
	uint64_t interval_ns;
	double speed;
};

#define KP_FOCUS_MAX 3

/** struct kp_screen_ops - @focus: tables that keys may move in, KP_TAB_NR ends */
struct kp_screen_ops {
	const char *name;
	enum kp_tab focus[KP_FOCUS_MAX + 1];
	void (*draw)(struct kp_app *app, int y, int rows);
};

extern const struct kp_screen_ops kp_screens[KP_SCREENS];

/** kp_app_table - make the table @id for this tick and draw it */
void kp_app_table(struct kp_app *app, enum kp_tab id, int y, int rows);
/** kp_app_title - a line that says what is below it and how it is restricted */
void kp_app_title(struct kp_app *app, int y, const char *what, const struct kp_table *t);
/** kp_app_make - all tables, for this tick and this view */
void kp_app_make(struct kp_app *app);
/** kp_app_draw - the whole screen */
void kp_app_draw(struct kp_app *app);
/** kp_app_key - what a key does */
void kp_app_key(struct kp_app *app, const struct kp_press *press);
/** kp_app_go - to another screen */
void kp_app_go(struct kp_app *app, enum kp_screen screen);
KP_PRINTF(2, 3) void kp_app_say(struct kp_app *app, const char *fmt, ...);

/* Screens, each in its file. */
void kp_screen_overview(struct kp_app *app, int y, int rows);
void kp_screen_vcpus(struct kp_app *app, int y, int rows);
void kp_screen_exits(struct kp_app *app, int y, int rows);
void kp_screen_counters(struct kp_app *app, int y, int rows);
void kp_screen_pmi(struct kp_app *app, int y, int rows);
void kp_screen_doctor(struct kp_app *app, int y, int rows);
void kp_screen_help(struct kp_app *app, int y, int rows);

/** kp_app_menu - the menu of columns, over the screen; kp_app_menu_key - its keys */
void kp_app_menu(struct kp_app *app, int y, int rows);
void kp_app_menu_key(struct kp_app *app, int key);

/* ---- settings.c ---- */

/** kp_settings_init - as they are without a file */
void kp_settings_init(struct kp_settings *s);
/** kp_settings_parse - lines KEY=VALUE; what is not understood is left out */
void kp_settings_parse(struct kp_settings *s, char *text);
/** kp_settings_print - the same text again, into @buf. 0 or -ENOMEM */
struct kp_buf;
int kp_settings_print(const struct kp_settings *s, struct kp_buf *buf);
/** kp_settings_load, _save - $XDG_CONFIG_HOME/kvmpmu/top.conf. 0 or -errno */
int kp_settings_load(struct kp_settings *s);
int kp_settings_save(const struct kp_settings *s);

#endif
