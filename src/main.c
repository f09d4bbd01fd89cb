// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - global options, the table of commands, exit codes. Everything else is in src/cmd.
 */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "config.h"
#include "lib/log.h"

static const struct kp_cmd *const cmds[] = {
	&kp_cmd_record,
	&kp_cmd_bench,
	&kp_cmd_report,
	&kp_cmd_stat,
	&kp_cmd_decode,
	&kp_cmd_info,
	&kp_cmd_ps,
	&kp_cmd_doctor,
	&kp_cmd_script,
	&kp_cmd_top,
	NULL,
};

static const char usage_head[] =
	"Usage: kvmpmu [--sysroot=DIR] [--color=WHEN] [-v | -q] COMMAND [ARGS]\n"
	"       kvmpmu --version [--build-options]\n"
	"       kvmpmu help [COMMAND]\n"
	"\n"
	"Shows who holds the performance counters of a KVM host, and what that costs.\n";

static const char usage_tail[] =
	"\n"
	"Options for every command:\n"
	"  --sysroot=DIR                 read /proc and /sys of a snapshot, not this host's\n"
	"  --color=WHEN                  auto (default), always, never; NO_COLOR is honoured\n"
	"  -v, --verbose                 say more on stderr; twice: debugging\n"
	"  -q, --quiet                   only errors on stderr\n"
	"\n"
	"'kvmpmu COMMAND --help' lists a command's options, 'man kvmpmu-COMMAND' explains them.\n";

static void print_usage(FILE *f)
{
	size_t i;

	fputs(usage_head, f);
	fputs("\nCommands:\n", f);
	for (i = 0; cmds[i]; i++)
		fprintf(f, "  %-10s %s\n", cmds[i]->name, cmds[i]->summary);
	fputs(usage_tail, f);
}

static void print_build_options(void)
{
	printf("target         %s%s\n", KP_BUILD_TRIPLE, KP_STATIC ? ", static" : "");
	printf("micro-guest    %s\n", KP_GUEST_ARCH);
	printf("libperf        %s\n", KP_LIBPERF_FROM);
	printf("libtraceevent  %s\n", KP_LIBTRACEEVENT_VERSION);
	printf("libtracefs     %s\n", KP_LIBTRACEFS_VERSION);
	printf("libelf         %s\n", KP_LIBELF_VERSION);
	printf("libzstd        %s\n", KP_LIBZSTD_VERSION);
	printf("zlib           %s\n", KP_ZLIB_VERSION);
	printf("jansson        %s\n", KP_JANSSON_VERSION);
	printf("ncursesw       %s\n", KP_NCURSESW_VERSION);
#if KP_HAVE_LIBBPF
	printf("bpf            libbpf %s\n", KP_LIBBPF_VERSION);
#else
	printf("bpf            no: libbpf, clang or bpftool was missing at build time\n");
#endif
	if (KP_SANITIZE[0])
		printf("sanitizers     %s\n", KP_SANITIZE);
}

static int print_version(bool build_options)
{
	printf("kvmpmu version %s\n", KP_VERSION);
	if (build_options)
		print_build_options();
	return KP_EXIT_OK;
}

static const struct kp_cmd *find_cmd(const char *name)
{
	size_t i;

	for (i = 0; cmds[i]; i++)
		if (!strcmp(cmds[i]->name, name))
			return cmds[i];
	return NULL;
}

static int no_such_cmd(const char *name)
{
	fprintf(stderr, "kvmpmu: '%s' is no command; 'kvmpmu help' lists them\n", name);
	return KP_EXIT_USAGE;
}

static int run_help(const struct kp_ctx *ctx, const char *name)
{
	const struct kp_cmd *cmd;
	char help[] = "--help";

	if (!name) {
		print_usage(stdout);
		return KP_EXIT_OK;
	}
	cmd = find_cmd(name);
	if (!cmd)
		return no_such_cmd(name);
	return cmd->run(ctx, 2, (char *[]){ (char *)cmd->name, help, NULL });
}

static int parse_color(const char *when, enum kp_color *out)
{
	if (!when || !strcmp(when, "always"))
		*out = KP_COLOR_ALWAYS;
	else if (!strcmp(when, "auto"))
		*out = KP_COLOR_AUTO;
	else if (!strcmp(when, "never"))
		*out = KP_COLOR_NEVER;
	else
		return -EINVAL;
	return 0;
}

/* "--name=value", "--name value", or no match: NULL. Moves *@i past a separate value. */
static const char *option_value(const char *name, int argc, char **argv, int *i)
{
	size_t len = strlen(name);

	if (strncmp(argv[*i], name, len))
		return NULL;
	if (argv[*i][len] == '=')
		return argv[*i] + len + 1;
	if (argv[*i][len] || *i + 1 >= argc)
		return NULL;
	return argv[++*i];
}

struct globals {
	struct kp_ctx ctx;
	bool help, version, build_options;
};

/* One global option. 0, or -EINVAL after saying what is wrong. */
static int parse_global(struct globals *g, int argc, char **argv, int *i)
{
	const char *arg = argv[*i], *value;

	if (!strcmp(arg, "--help") || !strcmp(arg, "-h")) {
		g->help = true;
	} else if (!strcmp(arg, "--version") || !strcmp(arg, "-V")) {
		g->version = true;
	} else if (!strcmp(arg, "--build-options")) {
		g->build_options = true;
	} else if (!strcmp(arg, "-v") || !strcmp(arg, "--verbose")) {
		g->ctx.verbose++;
		kp_log_level = g->ctx.verbose > 1 ? KP_LOG_DEBUG : KP_LOG_INFO;
	} else if (!strcmp(arg, "-q") || !strcmp(arg, "--quiet")) {
		kp_log_level = KP_LOG_ERR;
	} else if (!strcmp(arg, "--color")) {
		g->ctx.color = KP_COLOR_ALWAYS;
	} else if ((value = option_value("--color", argc, argv, i))) {
		if (parse_color(value, &g->ctx.color)) {
			fprintf(stderr, "kvmpmu: --color=%s: use auto, always or never\n", value);
			return -EINVAL;
		}
	} else if ((value = option_value("--sysroot", argc, argv, i))) {
		g->ctx.sysroot = value;
	} else {
		fprintf(stderr,
			"kvmpmu: no option %s, or its argument is missing; see 'kvmpmu help'\n",
			arg);
		return -EINVAL;
	}
	return 0;
}

/* Results that did not reach their reader are a failure; a command that noticed has said so. */
static int close_stdout(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno != EPIPE && status == KP_EXIT_OK)
		fprintf(stderr, "kvmpmu: standard output: %s\n", strerror(errno));
	return status ? status : KP_EXIT_FAILED;
}

int main(int argc, char **argv)
{
	struct globals g = { 0 };
	const struct kp_cmd *cmd;
	int i;

	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C"); /* output is read by programs: a dot stays a dot */
	signal(SIGPIPE, SIG_IGN);
	for (i = 1; i < argc && argv[i][0] == '-'; i++)
		if (parse_global(&g, argc, argv, &i))
			return KP_EXIT_USAGE;
	if (g.version || g.build_options)
		return close_stdout(print_version(g.build_options));
	if (g.help)
		return close_stdout(run_help(&g.ctx, NULL));
	if (i == argc) {
		print_usage(stderr);
		return KP_EXIT_USAGE;
	}
	if (!strcmp(argv[i], "help"))
		return close_stdout(run_help(&g.ctx, argv[i + 1]));
	cmd = find_cmd(argv[i]);
	if (!cmd)
		return no_such_cmd(argv[i]);
	return close_stdout(cmd->run(&g.ctx, argc - i, argv + i));
}
