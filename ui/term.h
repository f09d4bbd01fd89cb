/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * term.h - the terminal: opened, restored, and written to in roles, not in colours. Private to ui;
 * hides curses.
 */
#ifndef KP_UI_TERM_H
#define KP_UI_TERM_H

#include "ui.h"

/** enum kp_role - what a piece of text is; each palette says what that looks like */
enum kp_role {
	KP_ROLE_TEXT = 0,
	KP_ROLE_DIM,
	KP_ROLE_TITLE,
	KP_ROLE_TAB,
	KP_ROLE_HEAD,
	KP_ROLE_SORTED,
	KP_ROLE_SELECT,
	KP_ROLE_GROUP,
	KP_ROLE_KEY,
	KP_ROLE_KEY_TEXT,
	KP_ROLE_GUEST,
	KP_ROLE_OWNER, /* a guest that holds the counters */
	KP_ROLE_HOST,
	KP_ROLE_SWITCH,
	KP_ROLE_IDLE,
	KP_ROLE_WARN,
	KP_ROLES
};

/**
 * struct kp_term - @in, @out: the terminal, owned; @screen: curses' own
 * @colors: 0, 8 or 256 that are used; @utf8: more than ASCII may be drawn
 */
struct kp_term {
	void *screen;
	FILE *in, *out;
	int colors;
	bool utf8;
	int rows, cols;
};

/* Keys besides characters; KP_KEY_F(n): function keys. */
enum kp_key {
	KP_KEY_NONE = 0,
	KP_KEY_ENTER = 10,
	KP_KEY_ESC = 27,
	KP_KEY_BACK = 127,
	KP_KEY_UP = 0x10000,
	KP_KEY_DOWN,
	KP_KEY_LEFT,
	KP_KEY_RIGHT,
	KP_KEY_PGUP,
	KP_KEY_PGDN,
	KP_KEY_HOME,
	KP_KEY_END,
	KP_KEY_TAB,
	KP_KEY_BACKTAB,
	KP_KEY_RESIZE,
	KP_KEY_MOUSE,
	KP_KEY_CLOSED, /* the terminal has gone */
	KP_KEY_F0 = 0x10100,
};

#define KP_KEY_F(n) (KP_KEY_F0 + (n))

/** struct kp_press - a key, or where the mouse did what: @wheel -1 up, 1 down, 0: a click */
struct kp_press {
	int key;
	int y, x, wheel;
	bool twice;
};

int kp_term_open(struct kp_term *t, enum kp_color color, bool ascii);
void kp_term_close(struct kp_term *t);
/** kp_term_fd - becomes readable when a key was pressed */
int kp_term_fd(const struct kp_term *t);
/** kp_term_key - next key, KP_KEY_NONE: none now */
struct kp_press kp_term_key(struct kp_term *t);

/** kp_term_begin, _end - around the drawing of a screen; begin looks at the size */
void kp_term_begin(struct kp_term *t);
void kp_term_end(struct kp_term *t);
/** kp_term_suspend, _resume - hand the terminal back, and take it again */
void kp_term_suspend(struct kp_term *t);
void kp_term_resume(struct kp_term *t);

/**
 * kp_term_put - @text at a place, cut at @width columns (and at the screen's edge); returns columns
 * used Text that would lie outside the screen is left out.
 */
int kp_term_put(struct kp_term *t, int y, int x, int width, enum kp_role role, const char *text);
int kp_term_printf(struct kp_term *t, int y, int x, int width, enum kp_role role, const char *fmt,
		   ...) KP_PRINTF(6, 7);
/** kp_term_fill - a stretch of blanks */
void kp_term_fill(struct kp_term *t, int y, int x, int width, enum kp_role role);
/** kp_term_cursor - show the cursor there; y < 0: hide it */
void kp_term_cursor(struct kp_term *t, int y, int x);

#endif
