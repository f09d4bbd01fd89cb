/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * graph.h - strips of CPUs and histograms of durations, in block characters or in ASCII. Private to
 * ui.
 */
#ifndef KP_UI_GRAPH_H
#define KP_UI_GRAPH_H

#include "term.h"

/** struct kp_axis - a logarithmic axis of time: buckets from @first up to @end */
struct kp_axis {
	unsigned int first, end;
};

/** kp_axis_fit - widen @axis (zeroed: empty) to what @hist has */
void kp_axis_fit(struct kp_axis *axis, const uint64_t *hist);

/**
 * kp_hist_levels - @hist in @width cells, each from 0 (nothing) to @top (the fullest)
 * What is not nothing is at least 1.
 */
void kp_hist_levels(const uint64_t *hist, const struct kp_axis *axis, unsigned int width,
		    unsigned int top, uint8_t *levels);

/** kp_graph_hist - one line; kp_graph_histogram - @height lines with an axis below */
void kp_graph_hist(struct kp_term *t, int y, int x, int width, const uint64_t *hist,
		   const struct kp_axis *axis);
void kp_graph_histogram(struct kp_term *t, int y, int height, const uint64_t *hist,
			const struct kp_axis *axis);

/** kp_cell_glyph - one character for a cell; *role: its colour */
const char *kp_cell_glyph(uint8_t cell, bool utf8, enum kp_role *role);

/** kp_graph_strip - the newest cells that fit, the last one at the right */
void kp_graph_strip(struct kp_term *t, int y, int x, int width, const struct kp_frame_cpu *cpu,
		    unsigned int nr_cells);

/** kp_graph_legend - what the strips' characters mean */
void kp_graph_legend(struct kp_term *t, int y, int x, int width);

#endif
