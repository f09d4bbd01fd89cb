// SPDX-License-Identifier: GPL-2.0-only
/*
 * graph.c - strips and histograms. Readable without colour: each kind of cell has glyphs of its
 * own.
 */
#include "graph.h"

#include <string.h>

#include "lib/str.h"

#define WIDTH_MAX 512

void kp_axis_fit(struct kp_axis *axis, const uint64_t *hist)
{
	unsigned int i;

	for (i = 0; i < KP_BUCKETS; i++) {
		if (!hist[i])
			continue;
		if (!axis->end || i < axis->first)
			axis->first = i;
		if (i >= axis->end)
			axis->end = i + 1;
	}
}

/* Cells narrower than a bucket would leave gaps: then each bucket has several cells. */
static unsigned int bucket_at(const struct kp_axis *axis, unsigned int cell, unsigned int width)
{
	return axis->first + cell * (axis->end - axis->first) / width;
}

void kp_hist_levels(const uint64_t *hist, const struct kp_axis *axis, unsigned int width,
		    unsigned int top, uint8_t *levels)
{
	uint64_t sums[WIDTH_MAX] = { 0 }, max = 0;
	unsigned int cell, b, end;

	memset(levels, 0, width);
	if (!axis->end || !width || width > WIDTH_MAX)
		return;
	for (cell = 0; cell < width; cell++) {
		b = bucket_at(axis, cell, width);
		end = bucket_at(axis, cell + 1, width);
		do
			sums[cell] += hist[b];
		while (++b < end);
		max = kp_max_u64(max, sums[cell]);
	}
	for (cell = 0; cell < width; cell++)
		if (sums[cell])
			levels[cell] = (uint8_t)kp_max_u64(1, sums[cell] * top / max);
}

static const char *const bars_utf8[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
static const char *const bars_ascii[] = { " ", ".", ":", "-", "=", "+", "*", "#", "@" };
#define BARS 8

void kp_graph_hist(struct kp_term *t, int y, int x, int width, const uint64_t *hist,
		   const struct kp_axis *axis)
{
	uint8_t levels[WIDTH_MAX];
	int i;

	width = width < WIDTH_MAX ? width : WIDTH_MAX;
	if (width <= 0)
		return;
	kp_hist_levels(hist, axis, (unsigned int)width, BARS, levels);
	for (i = 0; i < width; i++)
		kp_term_put(t, y, x + i, 1, KP_ROLE_GUEST,
			    (t->utf8 ? bars_utf8 : bars_ascii)[levels[i]]);
}

/* Marks below the axis, so many that they do not touch. */
static void draw_axis(struct kp_term *t, int y, const struct kp_axis *axis, int width)
{
	char text[32];
	int x;

	for (x = 0; x + 10 <= width; x += 12) {
		kp_str_ns(text, sizeof(text),
			  (double)kp_bucket_ns(
				  bucket_at(axis, (unsigned int)x, (unsigned int)width)));
		kp_term_printf(t, y, x, width - x, KP_ROLE_DIM, "%s%s", t->utf8 ? "╵" : "|", text);
	}
}

void kp_graph_histogram(struct kp_term *t, int y, int height, const uint64_t *hist,
			const struct kp_axis *axis)
{
	int width = t->cols < WIDTH_MAX ? t->cols : WIDTH_MAX, x, row, level;
	uint8_t levels[WIDTH_MAX];

	if (height < 2 || height > 30)
		return;
	kp_hist_levels(hist, axis, (unsigned int)width, (unsigned int)(height - 1) * BARS, levels);
	for (row = 0; row < height - 1; row++) {
		for (x = 0; x < width; x++) {
			level = levels[x] - (height - 2 - row) * BARS;
			level = level < 0 ? 0 : level > BARS ? BARS : level;
			if (level)
				kp_term_put(t, y + row, x, 1, KP_ROLE_GUEST,
					    (t->utf8 ? bars_utf8 : bars_ascii)[level]);
		}
	}
	draw_axis(t, y + height - 1, axis, width);
}

/* By how much of the tick: a quarter, half, three quarters, all of it. */
static const struct {
	enum kp_role role;
	const char *utf8[4], *ascii[4];
} glyphs[KP_CELLS] = {
	[KP_CELL_NONE] = { KP_ROLE_DIM, { " ", " ", " ", " " }, { " ", " ", " ", " " } },
	[KP_CELL_IDLE] = { KP_ROLE_IDLE, { "·", "·", "·", "·" }, { ".", ".", ".", "." } },
	[KP_CELL_GUEST] = { KP_ROLE_GUEST, { "▂", "▄", "▆", "█" }, { "g", "g", "G", "G" } },
	[KP_CELL_OWNER] = { KP_ROLE_OWNER, { "◔", "◑", "◕", "●" }, { "o", "o", "O", "O" } },
	[KP_CELL_HOST] = { KP_ROLE_HOST, { "░", "░", "▒", "▓" }, { "h", "h", "H", "H" } },
	[KP_CELL_SWITCH] = { KP_ROLE_SWITCH, { "×", "×", "╳", "╳" }, { "x", "x", "X", "X" } },
};

const char *kp_cell_glyph(uint8_t cell, bool utf8, enum kp_role *role)
{
	unsigned int what = KP_CELL_WHAT(cell) % KP_CELLS, n = KP_CELL_QUARTERS(cell);

	n = n < 1 ? 0 : n > 4 ? 3 : n - 1;
	*role = glyphs[what].role;
	return utf8 ? glyphs[what].utf8[n] : glyphs[what].ascii[n];
}

void kp_graph_strip(struct kp_term *t, int y, int x, int width, const struct kp_frame_cpu *cpu,
		    unsigned int nr_cells)
{
	unsigned int nr = nr_cells < (unsigned int)width ? nr_cells : (unsigned int)width, i;
	const char *glyph;
	enum kp_role role;

	for (i = 0; i < nr; i++) {
		glyph = kp_cell_glyph(cpu->cells[nr_cells - nr + i], t->utf8, &role);
		kp_term_put(t, y, x + (int)i, 1, role, glyph);
	}
}

void kp_graph_legend(struct kp_term *t, int y, int x, int width)
{
	static const struct {
		enum kp_cell what;
		const char *word;
	} words[] = {
		{ KP_CELL_GUEST, "guest" }, { KP_CELL_OWNER, "guest with the counters" },
		{ KP_CELL_HOST, "host" },   { KP_CELL_SWITCH, "PMU switch" },
		{ KP_CELL_IDLE, "idle" },
	};
	enum kp_role role;
	const char *glyph;
	int end = x + width;
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(words) && x < end; i++) {
		glyph = kp_cell_glyph(KP_CELL(words[i].what, 4), t->utf8, &role);
		x += kp_term_put(t, y, x, end - x, role, glyph) + 1;
		x += kp_term_put(t, y, x, end - x, KP_ROLE_DIM, words[i].word) + 2;
	}
}
