// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_draw.c - how long kvmpmu top takes for a tick of 500 vCPUs, and from its start to its first
 * screen; both on a pseudo terminal whose other end is read as fast as possible. Prints medians in
 * milliseconds.
 *
 * usage: top_draw draw | top_draw start KVMPMU top ARGS...
 */
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/top_frame.h"
#include "ui/app.h"

#define VCPUS	500
#define REASONS 20
#define RUNS	101
#define STARTS	11

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int cmp_double(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *v, size_t nr)
{
	qsort(v, nr, sizeof(*v), cmp_double);
	return v[nr / 2];
}

/* ---- a tick ---- */

static void vm_name(void *ctx, uint32_t vm, char *buf, size_t size)
{
	snprintf(buf, size, "guest-%u", vm);
}

static void reason(void *ctx, uint8_t isa, uint32_t code, char *buf, size_t size)
{
	snprintf(buf, size, "reason-%u", code);
}

static bool is_reg(void *ctx, uint8_t isa, uint32_t code)
{
	return code == 3;
}

static void counter(void *ctx, const struct kp_snap_counter *c, struct kp_frame_counter *out)
{
}

static bool gone(void *ctx, uint32_t vm, uint32_t tid)
{
	return false;
}

static void pmu(void *ctx, struct kp_frame_vcpu *c)
{
}

/* Each vCPU exits @nr times, for all reasons in turn, after times of its own. */
static uint64_t exits(struct kp_model *m, unsigned int nr, uint64_t t)
{
	struct kp_event ev = { .valid = KP_HAS_TIME | KP_HAS_CPU | KP_HAS_TID | KP_HAS_VCPU |
					KP_HAS_CODE | KP_HAS_ISA,
			       .isa = KP_ISA_VMX };
	unsigned int v, i;

	for (i = 0; i < nr; i++) {
		for (v = 0; v < VCPUS; v++) {
			ev.pid = 1000 + v / 8;
			ev.tid = 10000 + v;
			ev.vcpu = (uint16_t)(v % 8);
			ev.cpu = v % 64;
			ev.kind = KP_EV_EXIT;
			ev.code = (i + v) % REASONS;
			ev.time_ns = t++;
			kp_model_add(m, &ev);
			ev.kind = KP_EV_ENTRY;
			ev.time_ns = t += 100 + (uint64_t)v * i % 4000;
			kp_model_add(m, &ev);
		}
	}
	return t;
}

static int fd_of(void *ctx)
{
	return -1;
}

static const struct kp_frame *take(void *ctx)
{
	return NULL;
}

static const char *error(void *ctx)
{
	return NULL;
}

static void measure(struct kp_app *app, struct kp_model *m, struct kp_framer *fr, const char *name,
		    FILE *out)
{
	double make[RUNS], draw[RUNS], t;
	struct kp_tick tick = { .wall_ns = KP_NSEC_PER_SEC };
	struct kp_frame *f = NULL, *old;
	uint64_t time_ns = 1000;
	unsigned int i;

	for (i = 0; i < RUNS; i++) {
		time_ns = exits(m, 40, time_ns);
		tick.at_ns += KP_NSEC_PER_SEC;
		t = now_ms();
		old = f;
		if (kp_model_snap(m, &tick.snap) || kp_framer_add(fr, &tick, &f))
			return;
		make[i] = now_ms() - t;
		kp_frame_free(old);
		app->f = f;
		t = now_ms();
		kp_app_draw(app);
		draw[i] = now_ms() - t;
	}
	fprintf(out, "%s: redraw %.2f ms; its frame, in the collecting thread, %.2f ms\n", name,
		median(draw, RUNS), median(make, RUNS));
	kp_frame_free(f);
}

static int draw(FILE *out)
{
	static const struct kp_ui_feed_ops feed = { .fd = fd_of, .take = take, .error = error };
	const struct kp_ui_opts opts = { .feed = &feed };
	const struct kp_framer_names names = { vm_name, reason, is_reg, counter,
					       gone,	pmu,	NULL,	NULL };
	const struct kp_model_opts model = {
		.by = KP_BY_VCPU | KP_BY_REASON, .vcpu = -1, .max_rows = 32768, .buckets = true
	};
	static struct kp_app app;
	struct kp_framer *fr;
	struct kp_model *m;
	unsigned int s;

	app.opts = &opts;
	kp_view_init(&app.view);
	app.view.sort[KP_TAB_VCPUS] = KP_COL_EXITS_PER_SEC;
	if (kp_term_open(&app.term, KP_COLOR_ALWAYS, false))
		return 1;
	for (s = 0; s < 3; s++) {
		app.screen = (enum kp_screen)s;
		app.focus = kp_screens[s].focus[0];
		if (kp_framer_new(&names, &fr) || kp_model_new(&model, &m))
			return 1;
		measure(&app, m, fr, kp_screens[s].name, out);
		kp_framer_free(fr);
		kp_model_free(m);
	}
	kp_term_close(&app.term);
	return 0;
}

/* ---- on a pseudo terminal ---- */

static const struct winsize size = { .ws_row = 50, .ws_col = 160 };

static int run_draw(void)
{
	FILE *out = fdopen(dup(STDOUT_FILENO), "w");
	char buf[8192];
	int fd, status;
	pid_t pid = forkpty(&fd, NULL, NULL, &size);

	if (pid == 0) {
		setenv("TERM", "screen-256color", 1);
		status = draw(out);
		fclose(out);
		_exit(status);
	}
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	waitpid(pid, &status, 0);
	return !WIFEXITED(status) || WEXITSTATUS(status);
}

/* Until the headings of the first tables were written. */
static double start_once(char **argv)
{
	char buf[8192] = "";
	size_t len = 0;
	double t = now_ms();
	ssize_t n;
	int fd, status;
	pid_t pid = forkpty(&fd, NULL, NULL, &size);

	if (pid == 0) {
		setenv("TERM", "screen-256color", 1);
		execv(argv[0], argv);
		_exit(127);
	}
	while (len < sizeof(buf) - 1 && !strstr(buf, "Guest%")) {
		n = read(fd, buf + len, sizeof(buf) - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
		buf[len] = '\0';
	}
	t = now_ms() - t;
	if (write(fd, "q", 1) != 1)
		t = -1;
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	waitpid(pid, &status, 0);
	close(fd);
	return t;
}

int main(int argc, char **argv)
{
	double t[STARTS];
	unsigned int i;

	if (argc == 2 && !strcmp(argv[1], "draw"))
		return run_draw();
	if (argc < 3 || strcmp(argv[1], "start"))
		return 2;
	for (i = 0; i < STARTS; i++)
		t[i] = start_once(argv + 2);
	printf("start to first screen %.0f ms\n", median(t, STARTS));
	return 0;
}
