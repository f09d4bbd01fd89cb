// SPDX-License-Identifier: GPL-2.0-only
/*
 * top.c - kvmpmu top: options, the collecting thread, and who shows what it collects.
 */
#include "top.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/str.h"

#define INTERVAL_MIN_NS 10000000ull
#define INTERVAL_MAX_NS (3600 * KP_NSEC_PER_SEC)

KP_PRINTF(1, 2) static int usage_error(const char *fmt, ...)
{
	va_list ap;

	fputs("kvmpmu top: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return KP_EXIT_USAGE;
}

static int parse_speed(struct kp_top *top)
{
	char *end;

	if (!top->speed)
		return 0;
	if (!top->input)
		return usage_error("--speed belongs to a recording: -i FILE");
	if (!strcmp(top->speed, "max")) {
		top->feed.speed = 0;
		return 0;
	}
	top->feed.speed = strtod(top->speed, &end);
	if (end == top->speed || *end || !(top->feed.speed >= 0.001 && top->feed.speed <= 1e6))
		return usage_error("--speed: '%s' is neither a factor such as 0.5 or 10 nor max",
				   top->speed);
	return 0;
}

static int check_options(struct kp_top *top)
{
	uint64_t ns;

	if (top->interval_ns < INTERVAL_MIN_NS || top->interval_ns > INTERVAL_MAX_NS)
		return usage_error("--interval: from 10ms to 1h");
	if (strcmp(top->format, "text") && strcmp(top->format, "json") &&
	    strcmp(top->format, "csv"))
		return usage_error("--format: no '%s'; use text, json or csv", top->format);
	if (strcmp(top->format, "text") && !top->batch)
		return usage_error("--format belongs to --batch");
	if (top->ticks && !top->batch)
		return usage_error("-n belongs to --batch");
	if (top->seek && !top->input)
		return usage_error("--seek belongs to a recording: -i FILE");
	if (top->seek && kp_str_duration(top->seek, &ns))
		return usage_error("--seek: '%s' is not a time, such as 2, 1.5s, 300ms or 1m",
				   top->seek);
	if (top->input && (top->switch_wanted || top->no_events || top->no_bpf))
		return usage_error("--switch-detail, --no-bpf and --no-events belong to this host, "
				   "not to a recording");
	if (top->argv && (top->input || !top->batch))
		return usage_error("a command goes with --batch on this host");
	if (top->ctx->sysroot && !top->input)
		return usage_error(
			"--sysroot: a snapshot of a host does not live; -i FILE replays a "
			"recording");
	return parse_speed(top);
}

static int check_command(struct kp_top *top, int argc, char **argv, int first)
{
	bool dashes = !strcmp(argv[first - 1], "--");

	if (first == argc)
		return dashes ? usage_error("no command after --") : 0;
	if (!dashes)
		return usage_error("'%s' is not understood; a recording is named with -i FILE, "
				   "a command comes after --",
				   argv[first]);
	top->argv = argv + first;
	return 0;
}

/* Signals are for the thread that owns the terminal. */
static int start(struct kp_top *top)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&top->thread, NULL, top->input ? kp_top_replay : kp_top_live, top);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -err;
}

static int feed_fd(void *ctx)
{
	return ((struct kp_top *)ctx)->feed.fd;
}

static const struct kp_frame *feed_take(void *ctx)
{
	return kp_feed_take(&((struct kp_top *)ctx)->feed);
}

static void feed_control(void *ctx, enum kp_ui_action action, int64_t arg)
{
	kp_feed_control(&((struct kp_top *)ctx)->feed, action, arg);
}

static const char *feed_error(void *ctx)
{
	struct kp_top *top = ctx;

	return top->feed.failed ? top->feed.error : NULL;
}

static int show(struct kp_top *top)
{
	static const struct kp_ui_feed_ops ops = {
		.fd = feed_fd,
		.take = feed_take,
		.control = feed_control,
		.error = feed_error,
		.pin = kp_top_pin,
		.record = kp_top_record,
	};
	const struct kp_ui_opts opts = {
		.feed = &ops,
		.feed_ctx = top,
		.color = top->ctx->color,
		.ascii = top->ascii,
		.settings = !top->no_settings,
	};
	int ret = kp_ui_run(&opts);

	if (ret < 0)
		kp_err("top: %s", top->feed.failed ? top->feed.error : strerror(-ret));
	return ret < 0 ? KP_EXIT_FAILED : ret ? 128 + ret : KP_EXIT_OK;
}

static int open_input(struct kp_top *top)
{
	char why[256];
	int ret;

	if (!top->batch) {
		ret = kp_ui_check(why, sizeof(why));
		if (ret) {
			kp_err("top: %s; --batch writes to any terminal, file or pipe", why);
			return KP_EXIT_NOT_SUPPORTED;
		}
	}
	return top->input ? kp_top_replay_open(top) : kp_top_live_open(top);
}

/* Before there is a second thread, held until that one has its events. */
static int start_command(struct kp_top *top)
{
	int err = top->argv ? kp_workload_start(&top->workload, top->argv, false) : 0;

	if (err)
		kp_err("top: %s: cannot be started: %s%s", top->argv[0], strerror(-err),
		       kp_workload_advice(err));
	return err ? KP_EXIT_FAILED : 0;
}

static int run_top(struct kp_top *top)
{
	int ret = open_input(top);

	if (!ret)
		ret = start_command(top);
	if (ret)
		return ret;
	top->feed.interval_ns = top->interval_ns;
	top->feed.paused = top->paused;
	top->feed.every = top->batch && (top->input || top->argv);
	if (kp_top_framer_new(top) || start(top)) {
		kp_err("top: out of memory");
		return KP_EXIT_FAILED;
	}
	ret = top->batch ? kp_top_batch(top) : show(top);
	kp_feed_stop(&top->feed);
	pthread_join(top->thread, NULL);
	return ret;
}

static void top_free(struct kp_top *top)
{
	struct kp_frame_note *note;

	kp_workload_end(&top->workload);
	kp_top_reap(top, true);
	kp_feed_free(&top->feed);
	kp_top_forget(top);
	kp_framer_free(top->framer);
	kp_host_free(top->host);
	kp_sysroot_free(top->root);
	kp_vec_for_each (note, &top->notes)
		free(note->text);
	kp_vec_free(&top->notes);
	kp_vec_free(&top->recordings);
}

static const struct kp_usage usage = {
	"kvmpmu top [OPTIONS]\n"
	"kvmpmu top -i FILE [OPTIONS]\n"
	"kvmpmu top --batch [-n TICKS] [--format=FORMAT] [OPTIONS] [-- COMMAND [ARGS...]]",
	"Shows, tick by tick, what each host CPU and each vCPU does: who leaves the guest, why and "
	"for\n"
	"how long, what switching the PMU costs, how guests program their counters. On this host, "
	"or as\n"
	"a replay of a recording. F1 in it lists the keys.",
	"Examples:\n"
	"  kvmpmu top                                      this host\n"
	"  kvmpmu top -i perf.data --speed 10              a recording, ten times as fast\n"
	"  kvmpmu top --batch -n 5 --format json           five ticks for a script\n"
	"  kvmpmu top --batch -- ./run-my-vm               while a command runs",
};

static int run(const struct kp_ctx *ctx, int argc, char **argv)
{
	struct kp_top top = { .ctx = ctx, .format = "text", .interval_ns = KP_NSEC_PER_SEC };
	/* clang-format off: one row an option */
	const struct kp_opt opts[] = {
		{ 'i', "input", "FILE", KP_OPT_STR, &top.input, NULL, false,
		  "replay this recording; -: standard input" },
		{ 'd', "interval", "TIME", KP_OPT_DURATION, &top.interval_ns, NULL, false,
		  "length of a tick (1s): 500ms, 2" },
		{ 0, "vm", "PID|NAME", KP_OPT_STR, &top.vm, NULL, false,
		  "only this VM: its process, or a pattern of its name" },
		{ 0, "switch-detail", NULL, KP_OPT_FLAG, &top.switch_wanted, NULL, false,
		  "see the PMU context switch: an event for each register access" },
		{ 0, "no-bpf", NULL, KP_OPT_FLAG, &top.no_bpf, NULL, false,
		  "load no BPF programs to add up exits: each is an event" },
		{ 0, "no-events", NULL, KP_OPT_FLAG, &top.no_events, NULL, false,
		  "open no events: only what /proc tells" },
		{ 0, "speed", "FACTOR", KP_OPT_STR, &top.speed, NULL, false,
		  "replay faster or slower: 10, 0.5, max" },
		{ 0, "seek", "TIME", KP_OPT_STR, &top.seek, NULL, false, "replay from here on" },
		{ 0, "paused", NULL, KP_OPT_FLAG, &top.paused, NULL, false,
		  "stop at the first tick, and go on step by step" },
		{ 'b', "batch", NULL, KP_OPT_FLAG, &top.batch, NULL, false,
		  "write each tick to standard output; no screens" },
		{ 'n', "ticks", "N", KP_OPT_U64, &top.ticks, NULL, false,
		  "with --batch: end after N ticks" },
		{ 0, "format", "FORMAT", KP_OPT_STR, &top.format, NULL, false,
		  "with --batch: text (default), json, csv" },
		{ 0, "ascii", NULL, KP_OPT_FLAG, &top.ascii, NULL, false,
		  "draw with ASCII characters only" },
		{ 0, "no-settings", NULL, KP_OPT_FLAG, &top.no_settings, NULL, false,
		  "neither read nor write the settings file" },
		{ 0 },
	};
	/* clang-format on */
	bool help;
	int ret;

	if (kp_feed_init(&top.feed)) {
		kp_err("top: %s", strerror(errno));
		return KP_EXIT_FAILED;
	}
	ret = kp_opts_parse(argc, argv, opts, &usage, &help);
	if (ret < 0)
		ret = KP_EXIT_USAGE;
	else if (help)
		ret = KP_EXIT_OK;
	else
		ret = check_command(&top, argc, argv, ret) ?: check_options(&top);
	if (ret == 0 && !help)
		ret = run_top(&top);
	top_free(&top);
	return ret;
}

const struct kp_cmd kp_cmd_top = {
	.name = "top",
	.summary = "live view of vCPUs, exits and the PMU; replays recordings",
	.run = run,
};
