// SPDX-License-Identifier: GPL-2.0-only
/*
 * progress.c - writes a line over itself on stderr, a few times a second, and only when reading
 * takes long enough to wonder.
 */
#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define FIRST_NS    400000000ull
#define INTERVAL_NS 100000000ull
#define BAR_WIDTH   30

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * KP_NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

void kp_progress_start(struct kp_progress *p, const char *what, bool want)
{
	*p = (struct kp_progress){ .what = what, .on = want && isatty(STDERR_FILENO) };
	if (p->on)
		p->start_ns = p->last_ns = now_ns();
}

static void draw(const struct kp_progress *p, uint64_t done, uint64_t total, double seconds)
{
	double mib = (double)done / (1 << 20), share = (double)done / (double)total;
	int fill;

	if (!total) {
		fprintf(stderr, "\r\033[K%s  %.0f MiB  %.0f MiB/s", p->what, mib, mib / seconds);
		return;
	}
	if (share > 1)
		share = 1;
	fill = (int)(share * BAR_WIDTH);
	fprintf(stderr, "\r\033[K%s  [%.*s%*s] %3.0f%%  %.0f MiB/s", p->what, fill,
		"##############################", BAR_WIDTH - fill, "", share * 100, mib / seconds);
}

void kp_progress_show(void *ctx, uint64_t done, uint64_t total)
{
	struct kp_progress *p = ctx;
	uint64_t now;

	if (!p->on)
		return;
	now = now_ns();
	if (now - p->start_ns < FIRST_NS || now - p->last_ns < INTERVAL_NS)
		return;
	p->last_ns = now;
	p->shown = true;
	draw(p, done, total, (double)(now - p->start_ns) / (double)KP_NSEC_PER_SEC);
	fflush(stderr);
}

void kp_progress_end(struct kp_progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->on = false;
}
