// SPDX-License-Identifier: GPL-2.0-only
/*
 * exit_names.c - how many exit reasons a core names in a second: through the architecture's table,
 * as report and top do for every row. Each ISA is timed in turn, several times, by CPU time; prints
 * the median in millions a second and the spread. Reads nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arch.h"

#define CODES 4096
#define RUNS  9

struct mix {
	const char *name, *arch;
	uint8_t isa;
	uint32_t codes[CODES];
};

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* of this core, whatever else runs */
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* As in recordings: common reasons often, every one now and then, unknown ones too. */
static void fill(struct mix *m, const uint32_t *common, size_t nr, uint32_t step, uint32_t max)
{
	uint32_t seed = 1;
	size_t i;

	for (i = 0; i < CODES; i++) {
		seed = seed * 1664525u + 1013904223u;
		m->codes[i] = seed >> 28 ? common[(seed >> 8) % nr] : (seed >> 8) % max * step;
	}
}

static double rate(const struct mix *m, const struct kp_arch *arch, unsigned int rounds)
{
	double start = now_s();
	uint64_t named = 0;
	unsigned int r, i;

	for (r = 0; r < rounds; r++)
		for (i = 0; i < CODES; i++) {
			const char *name = arch->exit_name(m->isa, m->codes[i]);

			named += name ? (unsigned char)name[0] : 0;
		}
	start = now_s() - start;
	if (!named) /* the sum is used, so that nothing is optimised away */
		abort();
	return (double)rounds * CODES / start / 1e6;
}

static int cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const struct mix *m)
{
	const struct kp_arch *arch = kp_arch_by_name(m->arch);
	double at[RUNS];
	int i;

	for (i = 0; i < RUNS; i++)
		at[i] = rate(m, arch, 10000);
	qsort(at, RUNS, sizeof(at[0]), cmp);
	printf("%-6s %8.0f M/s (%.0f to %.0f in %d runs)\n", m->name, at[RUNS / 2], at[0],
	       at[RUNS - 1], RUNS);
}

int main(void)
{
	static const uint32_t vmx[] = { 32, 31, 30, 48, 1, 12, 10, 52, 7 };
	static const uint32_t svm[] = { 0x7c, 0x7b, 0x400, 0x60, 0x78, 0x72, 0x64, 0x402 };
	static const uint32_t arm64[] = { 0x1802, 0x2402, 0x0102, 0x1602, 0, 0x2002 };
	static struct mix mixes[] = {
		{ .name = "vmx", .arch = "intel", .isa = KP_ISA_VMX },
		{ .name = "svm", .arch = "amd", .isa = KP_ISA_SVM },
		{ .name = "arm64", .arch = "arm64", .isa = KP_ISA_ARM64 },
	};
	size_t i;

	fill(&mixes[0], vmx, KP_ARRAY_SIZE(vmx), 1, 100);
	fill(&mixes[1], svm, KP_ARRAY_SIZE(svm), 1, 0x440);
	fill(&mixes[2], arm64, KP_ARRAY_SIZE(arm64), 0x100, 64);
	for (i = 0; i < KP_ARRAY_SIZE(mixes); i++)
		measure(&mixes[i]);
	return 0;
}
