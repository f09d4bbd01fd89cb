// SPDX-License-Identifier: GPL-2.0-only
/*
 * pair.c - time commands against each other: all of them in turn, N times, so that a machine that
 * gets slower or faster does so for all. Prints medians and spread of wall time, CPU time and peak
 * memory, and ratios to the first command, taken run by run. Runs nothing but the commands given.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/str.h"

#define CMDS_MAX 8
#define RUNS_MAX 100

enum figure { WALL_S, CPU_S, RSS_MB, FIGURES };

static const char *const figure_names[] = { "wall s", "cpu s", "rss MB" };

struct cmd {
	const char *name;
	const char *line;
	double at[FIGURES][RUNS_MAX];
	int failed;
};

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

/* Output is thrown away: writing it to a terminal would be part of the time. */
static void run_child(const char *line)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(126);
	execl("/bin/sh", "sh", "-c", line, (char *)NULL);
	_exit(127);
}

static int run_once(struct cmd *c, unsigned int run)
{
	double start = now_s();
	struct rusage use;
	int status;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		run_child(c->line);
	if (wait4(pid, &status, 0, &use) < 0)
		return -errno;
	c->at[WALL_S][run] = now_s() - start;
	c->at[CPU_S][run] = seconds(&use.ru_utime) + seconds(&use.ru_stime);
	c->at[RSS_MB][run] = (double)use.ru_maxrss / 1024;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		c->failed = status;
	return 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* median (min..max) */
static void print_spread(const double *values, unsigned int nr, int decimals)
{
	double v[RUNS_MAX];

	memcpy(v, values, nr * sizeof(*v));
	qsort(v, nr, sizeof(*v), by_value);
	printf(" %.*f (%.*f..%.*f)", decimals, v[nr / 2], decimals, v[0], decimals, v[nr - 1]);
}

static void print_ratios(const struct cmd *c, const struct cmd *base, unsigned int runs)
{
	double ratio[RUNS_MAX] = { 0 };
	unsigned int r;
	int f;

	for (f = WALL_S; f <= CPU_S; f++) {
		for (r = 0; r < runs; r++)
			ratio[r] = base->at[f][r] > 0 ? c->at[f][r] / base->at[f][r] : 0;
		print_spread(ratio, runs, 2);
		printf(" x %s", f == WALL_S ? "wall" : "cpu");
	}
	printf(" of %s\n", base->name);
}

static void print_cmd(const struct cmd *c, const struct cmd *base, unsigned int runs)
{
	int f;

	printf("%-24s", c->name);
	for (f = 0; f < FIGURES; f++) {
		printf("  %s", figure_names[f]);
		print_spread(c->at[f], runs, f == RSS_MB ? 1 : 3);
	}
	printf("%s\n", c->failed ? "  FAILED" : "");
	if (c != base) {
		printf("%-24s", "");
		print_ratios(c, base, runs);
	}
}

int main(int argc, char **argv)
{
	static struct cmd cmds[CMDS_MAX];
	unsigned int i, r, nr = (unsigned int)(argc - 2) / 2;
	int failed = 0, err;
	uint64_t runs;

	if (argc < 4 || argc % 2 || nr > CMDS_MAX || kp_str_u64(argv[1], &runs) || !runs ||
	    runs > RUNS_MAX) {
		fprintf(stderr, "usage: pair RUNS NAME COMMAND [NAME COMMAND]...\n");
		return 2;
	}
	for (i = 0; i < nr; i++) {
		cmds[i].name = argv[2 + 2 * i];
		cmds[i].line = argv[3 + 2 * i];
	}
	for (r = 0; r <= runs; r++) { /* the first is warm-up and overwritten */
		for (i = 0; i < nr; i++) {
			err = run_once(&cmds[i], r ? (unsigned int)r - 1 : 0);
			if (err) {
				fprintf(stderr, "pair: %s: %s\n", cmds[i].name, strerror(-err));
				return 1;
			}
		}
	}
	for (i = 0; i < nr; i++) {
		print_cmd(&cmds[i], &cmds[0], (unsigned int)runs);
		failed |= cmds[i].failed;
	}
	return !!failed;
}
