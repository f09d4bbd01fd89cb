// SPDX-License-Identifier: GPL-2.0-only
/*
 * opts.c - command options from const tables, over getopt_long(). Prints usage errors and --help;
 * reads only argv.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "lib/str.h"

#define OPTS_MAX  96
#define LONG_BASE 0x100

struct parser {
	const struct kp_opt *opts;
	char shorts[2 + 3 * OPTS_MAX + 2];
	struct option longs[OPTS_MAX + 2];
	size_t nr;
};

static int has_arg(const struct kp_opt *o)
{
	if (o->optional)
		return optional_argument;
	return o->arg ? required_argument : no_argument;
}

static void build(struct parser *p, const struct kp_opt *opts)
{
	char *s = p->shorts;
	size_t nl = 0;
	int i;

	p->opts = opts;
	*s++ = '+'; /* the workload's options are not ours: stop at the first operand */
	*s++ = ':';
	for (p->nr = 0; opts[p->nr].s || opts[p->nr].name; p->nr++) {
		const struct kp_opt *o = &opts[p->nr];

		if (o->s) {
			*s++ = o->s;
			for (i = 0; i < has_arg(o); i++)
				*s++ = ':';
		}
		if (o->name)
			p->longs[nl++] = (struct option){ o->name, has_arg(o), NULL,
							  LONG_BASE + (int)p->nr };
	}
	*s++ = 'h';
	*s = '\0';
	p->longs[nl++] = (struct option){ "help", no_argument, NULL, 'h' };
	p->longs[nl] = (struct option){ 0 };
}

static void print_help(const struct kp_opt *opts, const struct kp_usage *usage)
{
	const struct kp_opt *o;
	char left[64];
	int n;

	printf("Usage: ");
	for (const char *c = usage->synopsis; *c; c++) {
		putchar(*c);
		if (*c == '\n')
			printf("       ");
	}
	printf("\n\n%s\n\nOptions:\n", usage->text);
	for (o = opts; o->s || o->name; o++) {
		n = snprintf(left, sizeof(left), "  %c%c%s%s%s", o->s ? '-' : ' ',
			     o->s ? o->s : ' ',
			     o->s && o->name ? ", --"
			     : o->name	     ? "  --"
					     : "",
			     o->name ? o->name : "", "");
		if (o->arg)
			snprintf(left + n, sizeof(left) - (size_t)n, "%s%s%s%s",
				 o->optional ? "[" : "", o->name ? "=" : " ", o->arg,
				 o->optional ? "]" : "");
		if (strlen(left) > 30)
			printf("%s\n%-32s%s\n", left, "", o->help);
		else
			printf("%-32s%s\n", left, o->help);
	}
	printf("%-32s%s\n", "  -h, --help", "show this help");
	if (usage->footer)
		printf("\n%s\n", usage->footer);
}

static int store(const struct kp_opt *o, const char *arg)
{
	switch (o->type) {
	case KP_OPT_FLAG:
		*(bool *)o->dst = true;
		return 0;
	case KP_OPT_STR:
		*(const char **)o->dst = arg;
		return 0;
	case KP_OPT_FORMAT:
		if (strcmp(arg, "text") && strcmp(arg, "json") && strcmp(arg, "csv"))
			return -EINVAL;
		*(const char **)o->dst = arg;
		return 0;
	case KP_OPT_U64:
		return kp_str_count(arg, o->dst);
	case KP_OPT_I64:
		return kp_str_i64(arg, o->dst);
	case KP_OPT_SIZE:
		return kp_str_size(arg, o->dst);
	case KP_OPT_DURATION:
		return kp_str_duration(arg, o->dst);
	case KP_OPT_CALL:
		return o->call(o->dst, arg);
	}
	return -EINVAL;
}

static const char *expects(const struct kp_opt *o)
{
	switch (o->type) {
	case KP_OPT_U64:
		return "a number, such as 64, 10k or 0x40";
	case KP_OPT_I64:
		return "a whole number";
	case KP_OPT_FORMAT:
		return "text, json or csv";
	case KP_OPT_SIZE:
		return "a size, such as 4096, 64k, 16M or 1G";
	case KP_OPT_DURATION:
		return "a time, such as 2, 1.5s, 300ms or 1m";
	default:
		return NULL;
	}
}

static const struct kp_opt *find(const struct parser *p, int c)
{
	size_t i;

	if (c >= LONG_BASE)
		return &p->opts[c - LONG_BASE];
	for (i = 0; i < p->nr; i++)
		if (p->opts[i].s == c)
			return &p->opts[i];
	return NULL;
}

static void print_opt_name(const struct kp_opt *o)
{
	if (o->name)
		fprintf(stderr, "--%s", o->name);
	else
		fprintf(stderr, "-%c", o->s);
}

static int bad_option(const char *cmd, int c, char **argv)
{
	const char *word = argv[optind - 1];

	if (c == ':')
		fprintf(stderr, "kvmpmu %s: option %s needs an argument", cmd, word);
	else if (optopt > 0 && optopt < LONG_BASE)
		fprintf(stderr, "kvmpmu %s: no option -%c", cmd, optopt);
	else
		fprintf(stderr, "kvmpmu %s: no option %s, or it takes no argument", cmd, word);
	fprintf(stderr, "; see 'kvmpmu %s --help'\n", cmd);
	return -EINVAL;
}

static int bad_value(const char *cmd, const struct kp_opt *o, const char *arg)
{
	/* an option with its own parser has said what is wrong */
	if (o->type == KP_OPT_CALL)
		return -EINVAL;
	fprintf(stderr, "kvmpmu %s: ", cmd);
	print_opt_name(o);
	fprintf(stderr, ": '%s' is not %s\n", arg, expects(o));
	return -EINVAL;
}

int kp_opts_parse(int argc, char **argv, const struct kp_opt *opts, const struct kp_usage *usage,
		  bool *help)
{
	struct parser p;
	int c;

	*help = false;
	build(&p, opts);
	opterr = 0;
	optind = 0; /* glibc: start over, also its private state */
	while ((c = getopt_long(argc, argv, p.shorts, p.longs, NULL)) != -1) {
		const struct kp_opt *o;

		if (c == '?' || c == ':')
			return bad_option(argv[0], c, argv);
		o = find(&p, c);
		if (!o) { /* h, unless the command's own table has it */
			print_help(opts, usage);
			*help = true;
			return optind;
		}
		if (store(o, optarg))
			return bad_value(argv[0], o, optarg);
	}
	return optind;
}
