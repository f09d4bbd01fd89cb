// SPDX-License-Identifier: GPL-2.0-only
/*
 * term.c - the only user of curses. Opens /dev/tty where standard input is data.
 */
#include "term.h"

#include <curses.h>
#include <fcntl.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <unistd.h>
#include <wchar.h>

/** struct look - foreground, background (-1: the terminal's own) and attributes */
struct look {
	short fg, bg;
	attr_t attr;
};

/*
 * Guest, host and switch are blue, orange and reddish purple: of the palette by Okabe and Ito,
 * whose colours differ for all kinds of colour blindness.
 */
static const struct look looks_256[KP_ROLES] = {
	[KP_ROLE_TEXT] = { -1, -1, 0 },	       [KP_ROLE_DIM] = { 245, -1, 0 },
	[KP_ROLE_TITLE] = { 231, 24, A_BOLD }, [KP_ROLE_TAB] = { 231, 31, A_BOLD },
	[KP_ROLE_HEAD] = { 231, 238, 0 },      [KP_ROLE_SORTED] = { 231, 31, 0 },
	[KP_ROLE_SELECT] = { 16, 153, 0 },     [KP_ROLE_GROUP] = { -1, -1, A_BOLD },
	[KP_ROLE_KEY] = { -1, -1, A_BOLD },    [KP_ROLE_KEY_TEXT] = { 231, 24, 0 },
	[KP_ROLE_GUEST] = { 39, -1, 0 },       [KP_ROLE_OWNER] = { 36, -1, 0 },
	[KP_ROLE_HOST] = { 214, -1, 0 },       [KP_ROLE_SWITCH] = { 175, -1, A_BOLD },
	[KP_ROLE_IDLE] = { 242, -1, 0 },       [KP_ROLE_WARN] = { 202, -1, A_BOLD },
};

static const struct look looks_8[KP_ROLES] = {
	[KP_ROLE_TEXT] = { -1, -1, 0 },
	[KP_ROLE_DIM] = { -1, -1, A_DIM },
	[KP_ROLE_TITLE] = { COLOR_WHITE, COLOR_BLUE, A_BOLD },
	[KP_ROLE_TAB] = { COLOR_BLACK, COLOR_CYAN, 0 },
	[KP_ROLE_HEAD] = { COLOR_BLACK, COLOR_WHITE, 0 },
	[KP_ROLE_SORTED] = { COLOR_BLACK, COLOR_CYAN, 0 },
	[KP_ROLE_SELECT] = { COLOR_BLACK, COLOR_CYAN, 0 },
	[KP_ROLE_GROUP] = { -1, -1, A_BOLD },
	[KP_ROLE_KEY] = { -1, -1, A_BOLD },
	[KP_ROLE_KEY_TEXT] = { COLOR_WHITE, COLOR_BLUE, 0 },
	[KP_ROLE_GUEST] = { COLOR_CYAN, -1, 0 },
	[KP_ROLE_OWNER] = { COLOR_GREEN, -1, 0 },
	[KP_ROLE_HOST] = { COLOR_YELLOW, -1, 0 },
	[KP_ROLE_SWITCH] = { COLOR_MAGENTA, -1, A_BOLD },
	[KP_ROLE_IDLE] = { -1, -1, A_DIM },
	[KP_ROLE_WARN] = { COLOR_RED, -1, A_BOLD },
};

static const struct look looks_0[KP_ROLES] = {
	[KP_ROLE_DIM] = { -1, -1, A_DIM },
	[KP_ROLE_TITLE] = { -1, -1, A_REVERSE },
	[KP_ROLE_TAB] = { -1, -1, A_REVERSE },
	[KP_ROLE_HEAD] = { -1, -1, A_UNDERLINE },
	[KP_ROLE_SORTED] = { -1, -1, A_UNDERLINE | A_BOLD },
	[KP_ROLE_SELECT] = { -1, -1, A_REVERSE },
	[KP_ROLE_GROUP] = { -1, -1, A_BOLD },
	[KP_ROLE_KEY] = { -1, -1, A_BOLD },
	[KP_ROLE_KEY_TEXT] = { -1, -1, A_REVERSE },
	[KP_ROLE_SWITCH] = { -1, -1, A_BOLD },
	[KP_ROLE_IDLE] = { -1, -1, A_DIM },
	[KP_ROLE_WARN] = { -1, -1, A_BOLD },
};

static const struct look *looks(const struct kp_term *t)
{
	return t->colors == 256 ? looks_256 : t->colors ? looks_8 : looks_0;
}

/* ---- opening ---- */

int kp_ui_check(char *text, size_t size)
{
	const char *term = getenv("TERM");
	bool known, ok;
	int err, fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 || !isatty(STDOUT_FILENO)) {
		if (fd >= 0)
			close(fd);
		snprintf(text, size, "there is no terminal to draw on");
		return -ENOTTY;
	}
	close(fd);
	known = term && *term && setupterm(NULL, STDOUT_FILENO, &err) == OK;
	ok = known && cursor_address;
	if (cur_term)
		del_curterm(cur_term);
	if (!ok) {
		snprintf(text, size, "TERM=%s: %s", term ? term : "",
			 known ? "that terminal cannot place its cursor"
			       : "no such terminal is known here (terminfo)");
		return -EOPNOTSUPP;
	}
	return 0;
}

static int want_colors(enum kp_color color)
{
	const char *no = getenv("NO_COLOR");
	/* COLORS is not set until start_color(), which may change colours already */
	int max = tigetnum("colors");

	if (color == KP_COLOR_NEVER || (color == KP_COLOR_AUTO && no && *no) || !has_colors())
		return 0;
	return max >= 256 ? 256 : max >= 8 ? 8 : 0;
}

static void set_palette(struct kp_term *t, enum kp_color color)
{
	short i;

	t->colors = want_colors(color);
	if (!t->colors)
		return;
	start_color();
	use_default_colors();
	for (i = 0; i < KP_ROLES; i++)
		init_pair((short)(i + 1), looks(t)[i].fg, looks(t)[i].bg);
}

int kp_term_open(struct kp_term *t, enum kp_color color, bool ascii)
{
	*t = (struct kp_term){ 0 };
	t->in = fopen("/dev/tty", "r+e");
	t->out = t->in ? fdopen(dup(STDOUT_FILENO), "w") : NULL;
	if (!t->out) {
		kp_term_close(t);
		return -ENOTTY;
	}
	/* a lone Esc shall not take a second to be one */
	if (!getenv("ESCDELAY"))
		set_escdelay(50);
	t->screen = newterm(NULL, t->out, t->in);
	if (!t->screen) {
		kp_term_close(t);
		return -EOPNOTSUPP;
	}
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	leaveok(stdscr, FALSE);
	curs_set(0);
	mousemask(BUTTON1_CLICKED | BUTTON1_PRESSED | BUTTON1_DOUBLE_CLICKED | BUTTON4_PRESSED |
			  BUTTON5_PRESSED,
		  NULL);
	mouseinterval(0);
	t->utf8 = !ascii && !strcmp(nl_langinfo(CODESET), "UTF-8");
	set_palette(t, color);
	return 0;
}

void kp_term_close(struct kp_term *t)
{
	if (t->screen) {
		endwin();
		delscreen(t->screen);
	}
	if (t->out)
		fclose(t->out);
	if (t->in)
		fclose(t->in);
	*t = (struct kp_term){ 0 };
}

int kp_term_fd(const struct kp_term *t)
{
	return fileno(t->in);
}

void kp_term_suspend(struct kp_term *t)
{
	def_prog_mode();
	endwin();
}

void kp_term_resume(struct kp_term *t)
{
	reset_prog_mode();
	clearok(stdscr, TRUE);
	refresh();
}

/* ---- keys ---- */

static struct kp_press mouse(void)
{
	struct kp_press p = { 0 };
	MEVENT ev;

	if (getmouse(&ev) != OK)
		return p;
	p.key = KP_KEY_MOUSE;
	p.y = ev.y;
	p.x = ev.x;
	p.wheel = ev.bstate & BUTTON4_PRESSED ? -1 : ev.bstate & BUTTON5_PRESSED ? 1 : 0;
	p.twice = ev.bstate & BUTTON1_DOUBLE_CLICKED;
	return p;
}

struct kp_press kp_term_key(struct kp_term *t)
{
	static const struct {
		int curses, key;
	} keys[] = {
		{ KEY_UP, KP_KEY_UP },	       { KEY_DOWN, KP_KEY_DOWN },
		{ KEY_LEFT, KP_KEY_LEFT },     { KEY_RIGHT, KP_KEY_RIGHT },
		{ KEY_PPAGE, KP_KEY_PGUP },    { KEY_NPAGE, KP_KEY_PGDN },
		{ KEY_HOME, KP_KEY_HOME },     { KEY_END, KP_KEY_END },
		{ '\t', KP_KEY_TAB },	       { KEY_BTAB, KP_KEY_BACKTAB },
		{ KEY_RESIZE, KP_KEY_RESIZE }, { KEY_ENTER, KP_KEY_ENTER },
		{ '\r', KP_KEY_ENTER },	       { KEY_BACKSPACE, KP_KEY_BACK },
		{ '\b', KP_KEY_BACK },
	};
	int c = getch();
	size_t i;

	if (c == ERR)
		return (struct kp_press){ 0 };
	if (c == KEY_MOUSE)
		return mouse();
	for (i = 0; i < KP_ARRAY_SIZE(keys); i++)
		if (keys[i].curses == c)
			return (struct kp_press){ .key = keys[i].key };
	if (c >= KEY_F(1) && c <= KEY_F(12))
		return (struct kp_press){ .key = KP_KEY_F(c - KEY_F(0)) };
	return (struct kp_press){ .key = c > 0xff ? KP_KEY_NONE : c };
}

/* ---- drawing ---- */

void kp_term_begin(struct kp_term *t)
{
	getmaxyx(stdscr, t->rows, t->cols);
	erase();
	kp_term_cursor(t, -1, 0);
}

void kp_term_end(struct kp_term *t)
{
	refresh();
}

void kp_term_cursor(struct kp_term *t, int y, int x)
{
	curs_set(y >= 0);
	if (y >= 0 && y < t->rows && x < t->cols)
		move(y, x);
}

static void use_role(const struct kp_term *t, enum kp_role role)
{
	const struct look *l = &looks(t)[role];

	attr_set(l->attr, t->colors ? (short)(role + 1) : 0, NULL);
}

/* As much of @text as fits into @width columns; *used: how many it takes. */
static size_t fitting(const char *text, int width, int *used)
{
	mbstate_t state = { 0 };
	const char *p = text;
	wchar_t wc;
	size_t n;
	int w;

	*used = 0;
	while (*p) {
		n = mbrtowc(&wc, p, MB_CUR_MAX, &state);
		if (n == (size_t)-1 || n == (size_t)-2 || !n)
			break;
		w = wcwidth(wc);
		if (w < 0 || *used + w > width)
			break;
		*used += w;
		p += n;
	}
	return (size_t)(p - text);
}

int kp_term_put(struct kp_term *t, int y, int x, int width, enum kp_role role, const char *text)
{
	size_t n;
	int used;

	if (y < 0 || y >= t->rows || x < 0 || x >= t->cols)
		return 0;
	width = width < t->cols - x ? width : t->cols - x;
	n = fitting(text, width, &used);
	use_role(t, role);
	mvaddnstr(y, x, text, (int)n);
	return used;
}

int kp_term_printf(struct kp_term *t, int y, int x, int width, enum kp_role role, const char *fmt,
		   ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return kp_term_put(t, y, x, width, role, text);
}

void kp_term_fill(struct kp_term *t, int y, int x, int width, enum kp_role role)
{
	if (y < 0 || y >= t->rows || x < 0 || x >= t->cols)
		return;
	width = width < t->cols - x ? width : t->cols - x;
	use_role(t, role);
	mvhline(y, x, ' ', width);
}
