// SPDX-License-Identifier: GPL-2.0-only
/*
 * ui_keys_test.c - ui/keys.c: what keys and the mouse do to a view, with a frame made by hand and
 * no terminal.
 */
#include "kp_test.h"

#include <stdlib.h>
#include <string.h>

#include "ui/app.h"

/** struct wishes - what the feed was told last, and how often */
struct wishes {
	enum kp_ui_action action;
	int64_t arg;
	unsigned int nr;
	uint32_t pinned;
	struct kp_zoom recorded;
};

static int no_fd(void *ctx)
{
	return -1;
}

static const struct kp_frame *no_frame(void *ctx)
{
	return NULL;
}

static void control(void *ctx, enum kp_ui_action action, int64_t arg)
{
	struct wishes *w = ctx;

	w->action = action;
	w->arg = arg;
	w->nr++;
}

static const char *no_error(void *ctx)
{
	return NULL;
}

static int pin(void *ctx, uint32_t tid, const char *cpus, char *text, size_t size)
{
	((struct wishes *)ctx)->pinned = tid;
	snprintf(text, size, "pinned to %s", cpus);
	return 0;
}

static int record(void *ctx, const struct kp_zoom *who, char *text, size_t size)
{
	((struct wishes *)ctx)->recorded = *who;
	snprintf(text, size, "recording");
	return 0;
}

static const struct kp_ui_feed_ops ops = { no_fd, no_frame, control, no_error, pin, record };

/** struct fixture - two VMs of one vCPU each, of which the second has exits for two reasons */
struct fixture {
	struct kp_app app;
	struct kp_ui_opts opts;
	struct wishes wishes;
	struct kp_frame *f;
};

static struct fixture *make(bool replay)
{
	struct fixture *x = calloc(1, sizeof(*x));
	struct kp_frame *f = x->f = kp_frame_new();
	unsigned int i;

	f->vcpus = calloc(2, sizeof(*f->vcpus));
	f->exits_by = calloc(2, sizeof(*f->exits_by));
	f->buckets = calloc(1, sizeof(*f->buckets));
	f->pmis_by = calloc(1, sizeof(*f->pmis_by));
	f->nr_vcpus = f->nr_exits = 2;
	f->nr_pmis = 1;
	for (i = 0; i < 2; i++) {
		f->vcpus[i] =
			(struct kp_frame_vcpu){ .vm = 7 + i, .tid = 70 + i, .has_vcpu = true };
		f->vcpus[i].exits = (struct kp_num){ true, 10 * (i + 1), 10 };
		f->exits_by[i] = (struct kp_frame_exit){ .vm = 8, .tid = 71, .code = 30 + i };
		f->exits_by[i].count = (struct kp_num){ true, i + 1, 5 };
	}
	f->replay = replay;
	f->wall_ns = f->interval_ns = KP_NSEC_PER_SEC;
	x->opts = (struct kp_ui_opts){ .feed = &ops, .feed_ctx = &x->wishes };
	x->app.opts = &x->opts;
	x->app.f = f;
	x->app.term.rows = 24;
	x->app.term.cols = 80;
	x->app.interval_ns = KP_NSEC_PER_SEC;
	x->app.speed = 1;
	kp_view_init(&x->app.view);
	kp_app_go(&x->app, KP_SCREEN_OVERVIEW);
	kp_app_make(&x->app);
	return x;
}

static void done_fixture(struct fixture *x)
{
	unsigned int i;

	for (i = 0; i < KP_TAB_NR; i++)
		kp_panel_free(&x->app.panels[i]);
	kp_frame_free(x->f);
	free(x);
}

static void key(struct fixture *x, int k)
{
	kp_app_key(&x->app, &(struct kp_press){ .key = k });
	kp_app_make(&x->app);
}

static void keys(struct fixture *x, const char *text)
{
	for (; *text; text++)
		key(x, *text);
}

static void test_screens(void **state)
{
	static const enum kp_tab pmi[] = { KP_TAB_PMIS, KP_TAB_IRQS, KP_TAB_CPUS, KP_TAB_PMIS };
	struct fixture *x = make(false);
	size_t i;

	keys(x, "5");
	assert_int_equal(x->app.screen, KP_SCREEN_PMI);
	for (i = 0; i < KP_ARRAY_SIZE(pmi); i++) {
		assert_int_equal(x->app.focus, pmi[i]);
		keys(x, "w");
	}
	keys(x, "3w"); /* there is one table alone */
	assert_int_equal(x->app.focus, KP_TAB_EXITS);
	key(x, KP_KEY_F(1));
	assert_int_equal(x->app.screen, KP_SCREEN_HELP);
	keys(x, "w<>I"); /* there is none */
	key(x, KP_KEY_ENTER);
	key(x, KP_KEY_F(1));
	assert_int_equal(x->app.screen, KP_SCREEN_EXITS);
	keys(x, "6");
	key(x, KP_KEY_TAB);
	assert_int_equal(x->app.screen, KP_SCREEN_OVERVIEW);
	key(x, KP_KEY_BACKTAB);
	assert_int_equal(x->app.screen, KP_SCREEN_DOCTOR);
	keys(x, "q");
	assert_true(x->app.quit);
	done_fixture(x);
}

/* VM, vCPU, reason, and the same way back. */
static void test_zoom(void **state)
{
	struct fixture *x = make(false);

	keys(x, "2jj"); /* the row of the second VM */
	key(x, KP_KEY_ENTER);
	assert_true(x->app.view.zoom.has_vm);
	assert_int_equal(x->app.view.zoom.vm, 8);
	assert_int_equal(x->app.panels[KP_TAB_VCPUS].table.rows.nr, 2);
	keys(x, "j");
	key(x, KP_KEY_ENTER);
	assert_int_equal(x->app.screen, KP_SCREEN_EXITS);
	assert_int_equal(x->app.view.zoom.tid, 71);
	assert_int_equal(x->app.panels[KP_TAB_EXITS].table.rows.nr, 2);
	key(x, KP_KEY_ENTER);
	assert_true(x->app.view.zoom.has_reason);
	key(x, KP_KEY_BACK);
	assert_false(x->app.view.zoom.has_reason);
	key(x, KP_KEY_ESC);
	key(x, KP_KEY_BACK);
	assert_false(x->app.view.zoom.has_vm);
	assert_int_equal(x->app.screen, KP_SCREEN_VCPUS);
	key(x, KP_KEY_BACK); /* there is nothing behind it */
	assert_int_equal(x->app.screen, KP_SCREEN_VCPUS);
	done_fixture(x);
}

static void test_time(void **state)
{
	struct fixture *x = make(true);
	struct wishes *w = &x->wishes;

	keys(x, " ");
	assert_int_equal(w->action, KP_UI_PAUSE);
	assert_int_equal(w->arg, 1);
	keys(x, "s");
	assert_int_equal(w->action, KP_UI_STEP);
	keys(x, "+");
	assert_int_equal(w->action, KP_UI_INTERVAL);
	assert_int_equal(w->arg, 2 * KP_NSEC_PER_SEC);
	keys(x, "--");
	assert_int_equal(w->arg, KP_NSEC_PER_SEC / 2);
	keys(x, "}");
	assert_int_equal(w->action, KP_UI_SPEED);
	assert_int_equal(w->arg, 2000);
	keys(x, "m");
	assert_int_equal(w->arg, 0);
	keys(x, ")");
	assert_int_equal(w->action, KP_UI_SEEK);
	assert_int_equal(w->arg, 10 * (int64_t)KP_NSEC_PER_SEC / 2);
	keys(x, "z");
	assert_int_equal(w->action, KP_UI_RESET);
	keys(x, "a");
	assert_true(x->app.view.since_start);
	done_fixture(x);
}

/* What happened is over on a live host. */
static void test_no_time_travel(void **state)
{
	struct fixture *x = make(false);

	keys(x, "()0{}m=");
	assert_int_equal(x->wishes.nr, 0);
	assert_true(x->app.message[0]);
	done_fixture(x);
}

static void test_order(void **state)
{
	struct fixture *x = make(false);
	const struct kp_table *t = &x->app.panels[KP_TAB_VCPUS].table;

	keys(x, "2t"); /* flat */
	assert_int_equal(t->rows.nr, 2);
	assert_int_equal(t->rows.at[0].key.tid, 70);
	x->app.view.sort[KP_TAB_VCPUS] = KP_COL_EXITS_PER_SEC;
	kp_app_make(&x->app);
	assert_int_equal(t->rows.at[0].key.tid, 71);
	keys(x, "I");
	assert_int_equal(t->rows.at[0].key.tid, 70);
	keys(x, ">");
	assert_int_equal(x->app.view.sort[KP_TAB_VCPUS], KP_COL_TOP_REASON);
	keys(x, "<");
	assert_int_equal(x->app.view.sort[KP_TAB_VCPUS], KP_COL_EXITS_PER_SEC);
	key(x, KP_KEY_F(4));
	keys(x, "71");
	assert_int_equal(t->rows.nr, 1);
	key(x, KP_KEY_ESC);
	assert_int_equal(t->rows.nr, 2);
	done_fixture(x);
}

static void test_acts(void **state)
{
	struct fixture *x = make(false);

	keys(x, "2tjP3-5");
	key(x, KP_KEY_ENTER);
	keys(x, "n");
	assert_int_equal(x->wishes.pinned, 0); /* it asks first */
	keys(x, "P0");
	key(x, KP_KEY_ENTER);
	keys(x, "y");
	assert_int_equal(x->wishes.pinned, 71);
	keys(x, "R");
	assert_int_equal(x->wishes.recorded.tid, 71);
	done_fixture(x);
}

static void click(struct fixture *x, int y, int col, bool twice)
{
	kp_app_key(&x->app,
		   &(struct kp_press){ .key = KP_KEY_MOUSE, .y = y, .x = col, .twice = twice });
	kp_app_make(&x->app);
}

static void test_mouse(void **state)
{
	struct fixture *x = make(false);
	struct kp_panel *p = &x->app.panels[KP_TAB_VCPUS];

	keys(x, "1t");
	p->y = 9; /* as drawn: two rows below a heading of two columns */
	p->rows = 10;
	p->nr_cols = 2;
	p->col_of[0] = 2;
	p->col_of[1] = 7;
	p->col_x[1] = 10;
	p->col_x[2] = 20;
	click(x, 8, 12, false);
	assert_int_equal(x->app.view.sort[KP_TAB_VCPUS], KP_COL_EXITS_PER_SEC);
	assert_false(x->app.view.reverse[KP_TAB_VCPUS]);
	click(x, 8, 12, false);
	assert_true(x->app.view.reverse[KP_TAB_VCPUS]);
	click(x, 10, 3, false);
	assert_int_equal(p->at, 1);
	click(x, 10, 3, true);
	assert_true(x->app.view.zoom.has_vcpu);
	click(x, 23, 3, false); /* below everything: nothing is there */
	click(x, 2, 13, false);
	assert_int_equal(x->app.screen, KP_SCREEN_VCPUS);
	done_fixture(x);
}

/* Any key in any mode on any screen, with data and without: nothing but changes of the view. */
static void test_all_keys(void **state)
{
	struct fixture *x = make(true);
	unsigned int s, mode;
	int k;

	for (s = 0; s < KP_SCREENS; s++) {
		for (mode = KP_MODE_KEYS; mode <= KP_MODE_COLUMNS; mode++) {
			for (k = 1; k < KP_KEY_F(13); k += k == 255 ? KP_KEY_UP - 255 : 1) {
				if (k == 'L' - '@') /* that is the terminal's */
					continue;
				kp_app_go(&x->app, (enum kp_screen)s);
				x->app.mode = (enum kp_input_mode)mode;
				key(x, k);
			}
		}
	}
	x->app.f = NULL;
	x->app.mode = KP_MODE_KEYS;
	for (k = 32; k < 127; k++)
		key(x, k);
	done_fixture(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_screens), cmocka_unit_test(test_zoom),
		cmocka_unit_test(test_time),	cmocka_unit_test(test_no_time_travel),
		cmocka_unit_test(test_order),	cmocka_unit_test(test_acts),
		cmocka_unit_test(test_mouse),	cmocka_unit_test(test_all_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
