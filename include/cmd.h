/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmd.h - commands and their options. One const struct kp_cmd per file in src/cmd, all listed in
 * the table in src/main.c. Includes kp.h and out.h.
 */
#ifndef KP_CMD_H
#define KP_CMD_H

#include "out.h"

/**
 * struct kp_ctx - what global options say; owned by main()
 * @sysroot: --sysroot DIR, NULL: this host
 * @color: --color
 * @verbose: number of -v
 */
struct kp_ctx {
	const char *sysroot;
	enum kp_color color;
	int verbose;
};

enum kp_opt_type {
	KP_OPT_FLAG, /* bool *dst = true */
	KP_OPT_STR, /* const char **dst */
	KP_OPT_U64, /* uint64_t *dst; decimal or 0x, k M G suffixes */
	KP_OPT_I64, /* int64_t *dst */
	KP_OPT_SIZE, /* uint64_t *dst in bytes: 4k 16M 1G */
	KP_OPT_DURATION, /* uint64_t *dst in ns: 2 (s) 1.5s 300ms 2m 1h */
	KP_OPT_FORMAT, /* const char **dst: text, json or csv */
	KP_OPT_CALL, /* int call(dst, arg): 0 or -EINVAL (message already printed) */
};

/**
 * struct kp_opt - one option; a table of them gives the parser, --help and the completion
 * @s: short letter or 0; @name: long name or NULL; @arg: metavariable, NULL for flags
 * @optional: the argument may be left out (long: --color[=WHEN])
 * @help: one line
 */
struct kp_opt {
	char s;
	const char *name;
	const char *arg;
	enum kp_opt_type type;
	void *dst;
	int (*call)(void *dst, const char *arg);
	bool optional;
	const char *help;
};

/** KP_OPT_ROW_FORMAT - the row of --format, for commands that have no other formats */
#define KP_OPT_ROW_FORMAT(dst_)                                                        \
	{                                                                              \
		.name = "format", .arg = "FORMAT", .type = KP_OPT_FORMAT, .dst = dst_, \
		.help = "text (default), json, csv"                                    \
	}

/**
 * struct kp_usage - for --help
 * @synopsis: "kvmpmu record [OPTIONS] [-- COMMAND...]", lines separated by \n
 * @text: what it does, before the options
 * @footer: examples, after them; may be NULL
 */
struct kp_usage {
	const char *synopsis;
	const char *text;
	const char *footer;
};

/**
 * kp_opts_parse - parse argv[1..] against @opts (ended by a row with neither letter nor name)
 *
 * Stops at "--" or the first word that is no option; --help prints and sets *help.
 * Return: index of the first operand, or -EINVAL after printing what is wrong to stderr.
 */
int kp_opts_parse(int argc, char **argv, const struct kp_opt *opts, const struct kp_usage *usage,
		  bool *help);

/**
 * struct kp_cmd - a command
 * @name, @summary: for `kvmpmu help`
 * @run: argv[0] is the command's name; returns enum kp_exit (or a workload's status)
 */
struct kp_cmd {
	const char *name;
	const char *summary;
	int (*run)(const struct kp_ctx *ctx, int argc, char **argv);
};

extern const struct kp_cmd kp_cmd_bench, kp_cmd_decode, kp_cmd_doctor, kp_cmd_info, kp_cmd_record,
	kp_cmd_ps, kp_cmd_report, kp_cmd_script, kp_cmd_stat, kp_cmd_top;

#endif
