// SPDX-License-Identifier: GPL-2.0-only
/*
 * app.c - the loop: waits for a key, a frame or a signal, and draws. Whatever ends it, the terminal
 * is given back as it was.
 */
#include "app.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The signal flags: the number of the signal that ends the view; whether to stop like a job. */
static volatile sig_atomic_t kp_ui_end, kp_ui_stop;

static void on_signal(int sig)
{
	if (sig == SIGTSTP)
		kp_ui_stop = 1;
	else if (sig != SIGCONT)
		kp_ui_end = sig;
}

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT };

/** struct caught - handlers and mask as they were */
struct caught {
	struct sigaction old[KP_ARRAY_SIZE(signals)];
	sigset_t mask;
};

/* All of them are held back but in ppoll(): none comes between looking at the flags and waiting. */
static void catch_signals(struct caught *c)
{
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t block;
	size_t i;

	kp_ui_end = kp_ui_stop = 0;
	sigemptyset(&block);
	for (i = 0; i < KP_ARRAY_SIZE(signals); i++) {
		sigaction(signals[i], &sa, &c->old[i]);
		sigaddset(&block, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &block, &c->mask);
}

static void release_signals(const struct caught *c)
{
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &c->old[i], NULL);
	sigprocmask(SIG_SETMASK, &c->mask, NULL);
}

/* Ctrl-Z: the shell gets its terminal back, until it lets us go on. */
static void suspend(struct kp_app *app, const struct caught *c)
{
	kp_ui_stop = 0;
	kp_term_suspend(&app->term);
	raise(SIGSTOP);
	kp_term_resume(&app->term);
	app->dirty = true;
}

void kp_app_say(struct kp_app *app, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(app->message, sizeof(app->message), fmt, ap);
	va_end(ap);
	app->dirty = true;
}

static void take_frame(struct kp_app *app)
{
	const struct kp_frame *f = app->opts->feed->take(app->opts->feed_ctx);

	if (!f)
		return;
	app->f = f;
	app->paused = f->paused;
	app->interval_ns = f->interval_ns;
	app->speed = f->speed;
	app->dirty = true;
}

static void take_keys(struct kp_app *app)
{
	struct kp_press press;

	while ((press = kp_term_key(&app->term)).key != KP_KEY_NONE && !app->quit) {
		kp_app_key(app, &press);
		/* the next key means what is there after this one, drawn or not */
		kp_app_make(app);
		app->dirty = true;
	}
}

/* 0 to go on, 1 the user wants to end, -errno, or the signal that ends it. */
static int wait_and_do(struct kp_app *app, const struct caught *c)
{
	struct pollfd fds[2] = {
		{ .fd = kp_term_fd(&app->term), .events = POLLIN },
		{ .fd = app->opts->feed->fd(app->opts->feed_ctx), .events = POLLIN },
	};

	if (ppoll(fds, 2, NULL, &c->mask) < 0 && errno != EINTR)
		return -errno;
	if (kp_ui_end)
		return kp_ui_end;
	/* the terminal has died: nobody is there to see another screen */
	if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		return SIGHUP;
	if (kp_ui_stop)
		suspend(app, c);
	if (fds[1].revents & POLLIN)
		take_frame(app);
	take_keys(app);
	if (app->opts->feed->error(app->opts->feed_ctx) && !app->f)
		return -EIO;
	return 0;
}

static int loop(struct kp_app *app, const struct caught *c)
{
	int ret = 0;

	kp_app_draw(app);
	while (!ret && !app->quit) {
		ret = wait_and_do(app, c);
		if (!ret && app->dirty)
			kp_app_draw(app);
		app->dirty = false;
	}
	return ret;
}

static void use_settings(struct kp_app *app)
{
	unsigned int i;

	app->screen = app->last_screen = app->set.screen;
	app->focus = kp_screens[app->screen].focus[0];
	app->view.since_start = app->set.since_start;
	app->view.tree = !app->set.flat;
	for (i = 0; i < KP_TAB_NR; i++) {
		app->view.sort[i] = app->set.sort[i];
		app->view.reverse[i] = app->set.reverse[i];
		app->panels[i].hidden = app->set.hidden[i];
	}
}

static void remember(struct kp_app *app)
{
	unsigned int i;

	app->set.screen = app->screen == KP_SCREEN_HELP ? app->last_screen : app->screen;
	app->set.since_start = app->view.since_start;
	app->set.flat = !app->view.tree;
	for (i = 0; i < KP_TAB_NR; i++) {
		app->set.sort[i] = app->view.sort[i];
		app->set.reverse[i] = app->view.reverse[i];
		app->set.hidden[i] = app->panels[i].hidden;
	}
	if (app->opts->settings && memcmp(&app->set, &app->before, sizeof(app->set)))
		kp_settings_save(&app->set);
}

int kp_ui_run(const struct kp_ui_opts *opts)
{
	struct kp_app app = { .opts = opts, .dirty = true };
	struct caught caught;
	unsigned int i;
	int ret;

	kp_view_init(&app.view);
	kp_settings_init(&app.set);
	if (opts->settings)
		kp_settings_load(&app.set);
	app.before = app.set;
	use_settings(&app);
	catch_signals(&caught);
	ret = kp_term_open(&app.term, opts->color, opts->ascii);
	if (!ret) {
		/* curses has handlers of its own, which would write from within them */
		release_signals(&caught);
		catch_signals(&caught);
		ret = loop(&app, &caught);
		kp_term_close(&app.term);
		remember(&app);
	}
	release_signals(&caught);
	for (i = 0; i < KP_TAB_NR; i++)
		kp_panel_free(&app.panels[i]);
	return ret;
}
