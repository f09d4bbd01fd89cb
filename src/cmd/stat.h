/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stat.h - what stat's options come to, and its parts: stat.c (options), stat_run.c (counting),
 * stat_view.c and stat_openmetrics.c (output); stat_switch.h has --switch. Private to src/cmd.
 */
#ifndef KP_CMD_STAT_H
#define KP_CMD_STAT_H

#include "cmd.h"
#include "cmd/stat_calc.h"

struct kp_stat_sw;

/**
 * struct kp_stat_opts - options of stat
 * @events, @ids: owned; @vms: borrowed from argv
 * @output: -o, NULL: standard output or standard error
 * @argv: the command behind "--", NULL none
 * @detail: -v: times of the events in text, too
 * @sw: --switch; @raw_times: with the probes' own cost in its times
 */
struct kp_stat_opts {
	KP_VEC(struct kp_request_event) events;
	KP_VEC(const char *) vms;
	KP_VEC(pid_t) ids;
	struct kp_request req;
	const char *format;
	const char *output;
	enum kp_color color;
	enum kp_stat_by by;
	char **argv;
	uint64_t duration_ns;
	uint64_t interval_ns;
	uint64_t repeat;
	bool detail;
	bool sw;
	bool raw_times;
};

/**
 * struct kp_stat_show - all that a view needs, borrowed
 * @from_ns, @to_ns: where the interval lies, since counting began
 * @why: by event of the plan, "" where it is counted
 * @sw: of --switch; its snap is NULL without
 */
struct kp_stat_show {
	const struct kp_stat_opts *opts;
	const struct kp_plan *plan;
	const struct kp_host *host;
	const struct kp_stat *stat;
	const char *const *why;
	const struct kp_stat_sw *sw;
	uint64_t from_ns, to_ns;
};

/** kp_stat_run - count and show; an exit status, the workload's when all went well */
int kp_stat_run(struct kp_stat_opts *opts, const struct kp_host *host);

/** kp_stat_print - text, JSON or CSV; 0 or -errno */
int kp_stat_print(const struct kp_stat_show *show, FILE *f);

/** kp_stat_print_openmetrics - counters since counting began; 0 or -errno of the stream */
int kp_stat_print_openmetrics(const struct kp_stat_show *show, FILE *f);

/** kp_stat_output - write one document where it belongs (stat_file.c); 0 or -errno, explained */
int kp_stat_output(const struct kp_stat_show *show, bool append);

#endif
