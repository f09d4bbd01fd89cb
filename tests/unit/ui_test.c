// SPDX-License-Identifier: GPL-2.0-only
/*
 * ui_test.c - the parts of ui/ that draw nothing: cells and histograms of graph.c, settings.c.
 */
#include "kp_test.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "ui/app.h"

static void test_glyphs(void **state)
{
	enum kp_cell what, other;
	enum kp_role role, before = KP_ROLES;
	unsigned int q;

	for (what = KP_CELL_IDLE; what < KP_CELLS; what++) {
		/* each can be told from all others without its colour, and has one of its own */
		for (other = KP_CELL_IDLE; other < what; other++)
			for (q = 1; q <= 4; q++)
				assert_string_not_equal(
					kp_cell_glyph(KP_CELL(what, q), false, &role),
					kp_cell_glyph(KP_CELL(other, q), false, &role));
		for (q = 0; q < 16; q++)
			assert_int_equal(strlen(kp_cell_glyph(KP_CELL(what, q), false, &role)), 1);
		assert_int_not_equal(role, before);
		before = role;
	}
	assert_string_equal(kp_cell_glyph(KP_CELL_NONE, true, &role), " ");
	assert_string_equal(kp_cell_glyph(KP_CELL(KP_CELL_GUEST, 4), true, &role), "█");
	kp_cell_glyph(0xff, true, &role); /* nonsense is not read beyond the table */
}

static void test_levels(void **state)
{
	static uint64_t hist[KP_BUCKETS];
	struct kp_axis axis = { 0 };
	uint8_t levels[40];
	unsigned int i;

	kp_axis_fit(&axis, hist);
	assert_int_equal(axis.end, 0);
	kp_hist_levels(hist, &axis, 40, 8, levels);
	for (i = 0; i < 40; i++)
		assert_int_equal(levels[i], 0);

	hist[100] = 1000;
	hist[139] = 1;
	kp_axis_fit(&axis, hist);
	assert_int_equal(axis.first, 100);
	assert_int_equal(axis.end, 140);
	kp_hist_levels(hist, &axis, 40, 8, levels);
	assert_int_equal(levels[0], 8);
	assert_int_equal(levels[39], 1); /* little is not nothing */
	assert_int_equal(levels[20], 0);
	kp_hist_levels(hist, &axis, 2, 8, levels);
	assert_int_equal(levels[0], 8);
	assert_int_equal(levels[1], 1);
	/* more cells than buckets */
	hist[100] = 0;
	axis = (struct kp_axis){ 0 };
	kp_axis_fit(&axis, hist);
	kp_hist_levels(hist, &axis, 40, 8, levels);
	assert_int_equal(levels[0], 8);
	assert_int_equal(levels[39], 8);
}

static void test_settings(void **state)
{
	struct kp_settings s, again;
	struct kp_buf buf = { 0 };
	char *text;

	kp_settings_init(&s);
	s.screen = KP_SCREEN_PMI;
	s.flat = s.exact = true;
	s.sort[KP_TAB_VCPUS] = KP_COL_EXITS_PER_SEC;
	s.reverse[KP_TAB_VCPUS] = true;
	s.hidden[KP_TAB_EXITS] = 0x5;
	assert_int_equal(kp_settings_print(&s, &buf), 0);
	text = strdup(buf.data);
	kp_settings_init(&again);
	kp_settings_parse(&again, text);
	assert_memory_equal(&s, &again, sizeof(s));
	free(text);
	kp_buf_free(&buf);
}

/*
 * A file that somebody edited, or that a newer version wrote, leaves what it does not know alone.
 */
static void test_strange_settings(void **state)
{
	static const char *const files[] = {
		"",
		"=",
		"\n\n=\n",
		"screen",
		"screen=Nowhere",
		"sort.vcpus=nothing",
		"sort.=x",
		"hidden.nowhere=vm",
		"hidden.vcpus",
		"sort=vm",
		"#screen=PMI",
		"sort.none=vm\n=.=",
	};
	struct kp_settings s, fresh;
	char *text;
	size_t i;

	kp_settings_init(&fresh);
	for (i = 0; i < KP_ARRAY_SIZE(files); i++) {
		kp_settings_init(&s);
		text = strdup(files[i]);
		kp_settings_parse(&s, text);
		assert_memory_equal(&s, &fresh, sizeof(s));
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_glyphs),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_strange_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
