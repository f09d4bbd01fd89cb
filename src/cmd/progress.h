/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * progress.h - a bar on the terminal while a long file is read. Private to src/cmd.
 */
#ifndef KP_CMD_PROGRESS_H
#define KP_CMD_PROGRESS_H

#include "kp.h"

/** struct kp_progress - zero-initialise */
struct kp_progress {
	const char *what;
	bool on;
	bool shown;
	uint64_t start_ns, last_ns;
};

/** kp_progress_start - @want: the user did not say --no-progress; shows only on a terminal */
void kp_progress_start(struct kp_progress *p, const char *what, bool want);

/** kp_progress_show - bytes read, and in total or 0; fits kp_flow_opts.progress, @ctx is the bar */
void kp_progress_show(void *ctx, uint64_t done, uint64_t total);

/** kp_progress_end - wipes it away */
void kp_progress_end(struct kp_progress *p);

#endif
