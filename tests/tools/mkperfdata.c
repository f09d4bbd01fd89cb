// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkperfdata.c - writes a recording again as other versions and machines would have, or many times
 * as long: input for tests and benchmarks. Reads the first file named, writes the second.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/variant_helper.h"

static const struct option options[] = {
	{"pipe",	  no_argument,       NULL, 'p'},
	{ "swap",	  no_argument,       NULL, 's'},
	{ "attr-size",   required_argument, NULL, 'a'},
	{ "magic1",	    no_argument,	 NULL, '1'},
	{ "no-features", no_argument,	      NULL, 'f'},
	{ "event-types", no_argument,	      NULL, 't'},
	{ "compressed",	required_argument, NULL, 'c'},
	{ "level",	   required_argument, NULL, 'l'},
	{ "size-zero",   no_argument,	    NULL, 'z'},
	{ "repeat",	    required_argument, NULL, 'r'},
	{ "repeat-ns",   required_argument, NULL, 'n'},
	{ "records",     required_argument, NULL, 'm'},
	{ "truncate",    required_argument, NULL, 'T'},
	{ NULL,		0,		   NULL, 0  },
};

static int usage(void)
{
	fputs("usage: mkperfdata [OPTIONS] FROM TO\n"
	      "  --pipe            pipe mode\n"
	      "  --swap            in the other byte order\n"
	      "  --attr-size N     bytes of an attribute (128)\n"
	      "  --magic1          PERFFILE, the first version's magic\n"
	      "  --no-features     a header without feature bits\n"
	      "  --event-types     names as perf before 3.7 wrote them\n"
	      "  --compressed N    records of type 81 or 83, compressed; --level N (1)\n"
	      "  --size-zero       a data size of 0, as after kill -9 of perf\n"
	      "  --repeat N        the records N times, each --repeat-ns N (1e9) later\n"
	      "  --records N       only the first N records\n"
	      "  --truncate N      cut the result to N bytes\n",
	      stderr);
	return 2;
}

static bool parse(int c, const char *arg, struct variant_opts *o, long long *cut)
{
	unsigned long long n = arg ? strtoull(arg, NULL, 0) : 1;

	switch (c) {
	case 'p':
		o->pipe = true;
		return true;
	case 's':
		o->swap = true;
		return true;
	case 'a':
		o->attr_size = (uint32_t)n;
		return n >= 64 && n <= 4096;
	case '1':
		o->magic1 = true;
		return true;
	case 'f':
		o->no_features = true;
		return true;
	case 't':
		o->event_types = true;
		return true;
	case 'c':
		o->compressed = (uint32_t)n;
		return n == 81 || n == 83;
	case 'l':
		o->level = (int)n;
		return n >= 1 && n <= 22;
	case 'z':
		o->size_zero = true;
		return true;
	case 'r':
		o->repeat = n;
		return true;
	case 'n':
		o->repeat_ns = n;
		return true;
	case 'm':
		o->max_records = n;
		return true;
	case 'T':
		*cut = (long long)n;
		return true;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	struct variant_opts opts = { .level = 1, .repeat_ns = 1000000000 };
	long long cut = -1;
	char err[256];
	int c, fd, ret;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0)
		if (!parse(c, optarg, &opts, &cut))
			return usage();
	if (argc - optind != 2)
		return usage();
	fd = open(argv[optind + 1], O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (fd < 0) {
		perror(argv[optind + 1]);
		return 1;
	}
	ret = variant_write(argv[optind], fd, &opts, err, sizeof(err));
	if (ret)
		fprintf(stderr, "mkperfdata: %s\n", err);
	else if (cut >= 0 && ftruncate(fd, cut))
		ret = -errno;
	close(fd);
	return ret ? 1 : 0;
}
