// SPDX-License-Identifier: GPL-2.0-only
/*
 * logcount.c - how many counters a core PMU has, where only the kernel's log says so: arm64, and
 * x86 without CPUID.
 */
#include "host/parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CYCLE_COUNTER 31 /* ARMV8_PMU_CYCLE_IDX; the instruction counter is the one above */

/* Bits as %*pb prints them: groups of 32, highest first, "0,8000003f". */
static int count_bits(const char *mask, int from, int to)
{
	const char *end = mask + strcspn(mask, ")"), *p;
	int n = 0, low = 0, i;
	unsigned long group;

	for (p = mask; p < end; p++)
		low += *p == ',' ? 32 : 0;
	for (p = mask; p < end && low >= 0; p += strcspn(p, ",)") + 1, low -= 32) {
		group = strtoul(p, NULL, 16);
		for (i = 0; i < 32; i++)
			n += (group >> i & 1) && low + i >= from && low + i < to;
	}
	return n;
}

/*
 * drivers/perf/arm_pmu.c, armpmu_register(): "enabled with NAME PMU driver, 7 (0,8000003f) counters
 * available"; before Linux 6.12 without the mask, when only the cycle counter was fixed.
 */
static void arm64_counters(const struct kp_host_messages *m, const char *pmu,
			   struct kp_host_counters *c)
{
	const struct kp_host_message *line;
	char head[96];
	const char *p;
	size_t i;
	int nr, at = 0;

	snprintf(head, sizeof(head), "enabled with %s PMU driver, ", pmu);
	for (i = 0; i < m->nr; i++) {
		line = &m->at[i];
		p = strstr(line->text, head);
		if (!p)
			continue;
		p += strlen(head);
		if (sscanf(p, "%d (%n", &nr, &at) == 1 && at) {
			c->general = count_bits(p + at, 0, CYCLE_COUNTER);
			c->fixed = count_bits(p + at, CYCLE_COUNTER, 64);
		} else if (sscanf(p, "%d counters", &nr) == 1 && nr > 0) {
			c->general = nr - 1;
			c->fixed = 1;
		}
		return;
	}
}

static void x86_number(const struct kp_host_messages *m, const char *what, int *out)
{
	const struct kp_host_message *line = kp_host_messages_find(m, 0, what);
	int n;

	if (line && *out < 0 && sscanf(strstr(line->text, what) + strlen(what), " %d", &n) == 1 &&
	    n >= 0)
		*out = n;
}

void kp_host_read_log_counters(const struct kp_sysroot *root, const struct kp_host *host,
			       struct kp_host_detail *d)
{
	bool arm64 = host->machine && !strcmp(host->machine, "aarch64");
	struct kp_host_messages m;
	size_t i, cores = 0, unknown = 0;

	for (i = 0; i < host->nr_pmus; i++) {
		cores += host->pmus[i].core;
		unknown += host->pmus[i].core && d->counters[i].general < 0;
	}
	if (!unknown || kp_host_messages_read(root, 0, &m))
		return;
	for (i = 0; i < host->nr_pmus; i++) {
		if (!host->pmus[i].core || d->counters[i].general >= 0)
			continue;
		if (arm64)
			arm64_counters(&m, host->pmus[i].name, &d->counters[i]);
		/* hybrid x86 PMUs print the same lines one after another, without their names */
		if (!arm64 && cores == 1) {
			x86_number(&m, "generic counters:", &d->counters[i].general);
			x86_number(&m, "fixed-purpose counters:", &d->counters[i].fixed);
		}
	}
	kp_host_messages_free(&m);
}
