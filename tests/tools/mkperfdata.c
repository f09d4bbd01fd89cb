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
#include "lib/buf.h"

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
	{ "writer", no_argument, NULL, 'w' },
	{ "killed", no_argument, NULL, 'k' },
	{ "irqs", no_argument, NULL, 'i' },
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
	      "  --writer          through kvmpmu's own writer, in runs as ring buffers do; takes\n"
	      "                    --pipe and, to compress, --level; --killed: never close it;\n"
	      "                    --irqs: 20 VPMIs in /proc/interrupts meanwhile\n"
	      "  --truncate N      cut the result to N bytes\n",
	      stderr);
	return 2;
}

/** struct extra - options that are not variant_write()'s */
struct extra {
	bool writer;
	bool killed;
	bool irqs;
	bool level;
	long long cut;
};

static bool parse(int c, const char *arg, struct variant_opts *o, struct extra *x)
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
		x->level = true;
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
	case 'w':
		x->writer = true;
		return true;
	case 'k':
		x->killed = true;
		return true;
	case 'i':
		x->irqs = true;
		return true;
	case 'T':
		x->cut = (long long)n;
		return true;
	default:
		return false;
	}
}

static int copy(struct kp_source *src, struct kp_writer *w)
{
	struct kp_buf run = { 0 };
	struct kp_raw raw;
	int ret, err = 0;

	while (!err && (ret = kp_source_next(src, &raw)) > 0) {
		/* 68: FINISHED_ROUND */
		if (raw.type == 68 || run.len > 50000) {
			err = kp_writer_put(w, run.data, run.len);
			run.len = 0;
		}
		if (!err)
			err = raw.type == 68 ? kp_writer_round(w) :
					       kp_buf_add(&run, raw.data, raw.size);
	}
	if (!err)
		err = ret;
	if (!err && run.len)
		err = kp_writer_put(w, run.data, run.len);
	if (!err)
		err = kp_writer_round(w);
	kp_buf_free(&run);
	return err;
}

static int write_ours(const char *path, int fd, const struct variant_opts *o, const struct extra *x,
		      char *err, size_t err_size)
{
	struct kp_writer_opts opts = { .pipe = o->pipe, .zstd_level = x->level ? o->level : 0 };
	struct kp_source *src;
	struct kp_writer *w;
	int late, ret = kp_perfdata_open(path, &src, err, err_size);

	if (ret)
		return ret;
	ret = kp_writer_new(dup(fd), &opts, &src->meta, &w);
	if (!ret)
		ret = copy(src, w);
	if (!ret && x->killed)
		_exit(0);
	/* as record does: perf must not mind */
	if (x->irqs)
		src->meta.irqs[KP_IRQ_VPMI] = (struct kp_irq_total){ true, 5, 25 };
	if (!ret)
		ret = kp_writer_irqs(w);
	late = kp_writer_close(w);
	ret = ret ? ret : late;
	if (ret)
		snprintf(err, err_size, "%s: %s", path, strerror(-ret));
	kp_source_free(src);
	return ret;
}

int main(int argc, char **argv)
{
	struct variant_opts opts = { .level = 1, .repeat_ns = 1000000000 };
	struct extra x = { .cut = -1 };
	char err[256];
	int c, fd, ret;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0)
		if (!parse(c, optarg, &opts, &x))
			return usage();
	if (argc - optind != 2)
		return usage();
	fd = open(argv[optind + 1], O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (fd < 0) {
		perror(argv[optind + 1]);
		return 1;
	}
	ret = x.writer ? write_ours(argv[optind], fd, &opts, &x, err, sizeof(err)) :
			 variant_write(argv[optind], fd, &opts, err, sizeof(err));
	if (ret)
		fprintf(stderr, "mkperfdata: %s\n", err);
	else if (x.cut >= 0 && ftruncate(fd, x.cut))
		ret = -errno;
	close(fd);
	return ret ? 1 : 0;
}
