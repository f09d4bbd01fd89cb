// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program of its own that opens perf events and holds them, as somebody's perf or monitoring
 * agent would: the runner's binary called with "hold". Runs in the emulated machine only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/perf_event.h>

#include "cases.h"

static int event_open(const char *mods, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.config = PERF_COUNT_HW_INSTRUCTIONS,
		.size = sizeof(attr),
		.exclude_guest = strchr(mods, 'H') != NULL,
		.exclude_host = strchr(mods, 'G') != NULL,
		.pinned = strchr(mods, 'D') != NULL,
	};

	return (int)syscall(SYS_perf_event_open, &attr, cpu < 0 ? 0 : -1, cpu, -1, 0);
}

/*
 * hold MODS[xN] ...: opens N events each on CPU 0 (with "t": of itself), says so, waits to be
 * ended. H: exclude_guest, G: exclude_host (unlike perf's, they do not exclude each other), D:
 * pinned, - none.
 */
int lab_hold(char **argv)
{
	for (; *argv; argv++) {
		const char *x = strchr(*argv, 'x');
		int nr = x ? atoi(x + 1) : 1;

		while (nr--)
			if (event_open(*argv, strchr(*argv, 't') ? -1 : 0) < 0) {
				fprintf(stderr, "hold: perf_event_open: %s\n", strerror(errno));
				return 1;
			}
	}
	printf("held\n");
	fflush(stdout);
	for (;;)
		pause();
}
