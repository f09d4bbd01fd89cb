// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_suite.c - the table of benchmark cases by suite, and `bench --list`. Data, and looking
 * things up in it.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/bench.h"
#include "lib/log.h"

#define REG(reg_, how_) .payload = "msr", .access = true, .reg = reg_, .how = how_
#define ALL		BENCH_ALL_COUNTERS

/* clang-format off: one row a case */
static const struct bench_case cases[] = {
	{ "exit", "cpuid", "CPUID; MRS of an ID register on arm64", .payload = "cpuid" },
	{ "exit", "hypercall", "hypercall that KVM answers", .payload = "hypercall" },
	{ "exit", "io", "OUT to a port that user space answers", .payload = "io" },
	{ "exit", "mmio", "store that user space answers", .payload = "mmio" },
	{ "exit", "msr", "read of a register that KVM emulates", .payload = "msr" },
	{ "exit", "hlt", "HLT or WFI until the timer of --wake wakes it", .payload = "hlt" },
	{ "pmu-access", "selector-write",
	  "write of counter 0's event selector, a new value each time",
	  REG(KP_GUEST_SELECTOR, KP_GUEST_WRITE) },
	{ "pmu-access", "selector-read", "read of it", REG(KP_GUEST_SELECTOR, KP_GUEST_READ) },
	{ "pmu-access", "counter-write", "write of counter 0, a new value each time",
	  REG(KP_GUEST_COUNTER, KP_GUEST_WRITE) },
	{ "pmu-access", "counter-read", "read of it by RDMSR or MRS",
	  REG(KP_GUEST_COUNTER, KP_GUEST_READ) },
	{ "pmu-access", "global-write", "write of GLOBAL_CTRL or PMCR_EL0, a new value each time",
	  REG(KP_GUEST_GLOBAL, KP_GUEST_WRITE) },
	{ "pmu-access", "global-read", "read of it", REG(KP_GUEST_GLOBAL, KP_GUEST_READ) },
	{ "pmu-access", "rdpmc", "RDPMC of counter 0", REG(KP_GUEST_COUNTER, KP_GUEST_RDPMC) },
	{ "pmu-access", "program", "program a counter, start it, read it twice, stop it",
	  .payload = "pmu", .counters = 1 },
	{ "switch", "none", "CPUID exit, no counter programmed", .payload = "cpuid" },
	{ "switch", "idle-1", "the same, one counter programmed but stopped", .payload = "cpuid",
	  .counters = 1, .idle = true },
	{ "switch", "idle-2", "the same, two", .payload = "cpuid", .counters = 2, .idle = true },
	{ "switch", "idle-4", "the same, four", .payload = "cpuid", .counters = 4, .idle = true },
	{ "switch", "idle-all", "the same, all counters programmed but stopped", .payload = "cpuid",
	  .counters = ALL, .idle = true },
	{ "switch", "busy-1", "the same, one counter counts", .payload = "cpuid", .counters = 1 },
	{ "switch", "busy-2", "the same, two", .payload = "cpuid", .counters = 2 },
	{ "switch", "busy-4", "the same, four", .payload = "cpuid", .counters = 4 },
	{ "switch", "busy-all", "the same, all", .payload = "cpuid", .counters = ALL },
	{ "switch", "none-host", "no counter, a host event beside the guest", .payload = "cpuid",
	  .host_events = 1 },
	{ "switch", "idle-all-host", "all counters stopped, a host event beside the guest",
	  .payload = "cpuid", .counters = ALL, .idle = true, .host_events = 1 },
	{ "switch", "busy-all-host", "all counters, a host event beside the guest",
	  .payload = "cpuid", .counters = ALL, .host_events = 1 },
	{ "pmi", "latency", "cycles from the overflow to the guest's handler", .payload = "pmi",
	  .metric = BENCH_LATENCY, .period = 10000 },
	{ "pmi", "latency-nmi", "the same, taken as an NMI", .payload = "pmi",
	  .metric = BENCH_LATENCY, .period = 10000, .nmi = true },
	{ "pmi", "period-1k", "start, overflow after 1000 cycles, interrupt, stop",
	  .payload = "pmi", .period = 1000 },
	{ "pmi", "period-10k", "the same after 10,000", .payload = "pmi", .period = 10000 },
	{ "pmi", "period-100k", "the same after 100,000", .payload = "pmi", .period = 100000 },
	{ "migrate", "stay", "store that user space answers, all counters, pinned to its CPU again",
	  .payload = "mmio", .counters = ALL, .move = BENCH_STAY },
	{ "migrate", "stay-none", "the same without counters", .payload = "mmio",
	  .move = BENCH_STAY },
	{ "migrate", "move", "store that user space answers, all counters, moved to the next CPU",
	  .payload = "mmio", .counters = ALL, .move = BENCH_MOVE, .base = "stay" },
	{ "migrate", "move-none", "the same without counters", .payload = "mmio",
	  .move = BENCH_MOVE, .base = "stay-none" },
	{ "migrate", "move-pmu", "all counters, moved to a CPU with another PMU",
	  .payload = "mmio", .counters = ALL, .move = BENCH_MOVE_PMU, .base = "stay" },
	{ "filter", "none", "program two counters, read and stop them; no event filter",
	  .payload = "pmu", .counters = 2 },
	{ "filter", "allow", "the same, their events among three allowed", .payload = "pmu",
	  .counters = 2, .filter = BENCH_ALLOW },
	{ "filter", "deny", "the same, 64 other events denied", .payload = "pmu", .counters = 2,
	  .filter = BENCH_DENY_MANY },
	{ "scale", "vcpus-1", "CPUID exit on one vCPU", .payload = "cpuid", .vcpus = 1 },
	{ "scale", "vcpus-2", "the same on two at a time, each on its CPU", .payload = "cpuid",
	  .vcpus = 2 },
	{ "scale", "vcpus-4", "on four", .payload = "cpuid", .vcpus = 4 },
	{ "scale", "vcpus-8", "on eight", .payload = "cpuid", .vcpus = 8 },
	{ "scale", "vcpus-16", "on 16", .payload = "cpuid", .vcpus = 16 },
	{ "scale", "vcpus-32", "on 32", .payload = "cpuid", .vcpus = 32 },
	{ "scale", "vcpus-64", "on 64", .payload = "cpuid", .vcpus = 64 },
};
/* clang-format on */

const struct bench_case *bench_case_at(size_t i)
{
	return i < KP_ARRAY_SIZE(cases) ? &cases[i] : NULL;
}

bool bench_suites_have(const char *list, const char *suite)
{
	size_t len = strlen(suite);
	const char *word;

	if (!list)
		return true;
	for (word = list; word; word = strchr(word, ','), word = word ? word + 1 : NULL)
		if (!strncmp(word, suite, len) && (word[len] == ',' || !word[len]))
			return true;
	return false;
}

static bool is_suite(const char *word)
{
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(cases); i++)
		if (!strcmp(cases[i].suite, word))
			return true;
	return false;
}

int bench_suites_check(const char *list)
{
	char *copy = list ? strdup(list) : NULL, *rest = copy, *word;
	int err = 0;

	if (!list)
		return 0;
	if (!copy)
		return -ENOMEM;
	while (!err && (word = strsep(&rest, ","))) {
		if (is_suite(word))
			continue;
		kp_err("bench: no suite '%s'; 'kvmpmu bench --list' lists them", word);
		err = -EINVAL;
	}
	free(copy);
	return err;
}

int bench_list(const struct kp_ctx *ctx, const char *format)
{
	static const enum kp_col cols[] = { KP_COL_SUITE, KP_COL_CASE, KP_COL_MEANING };
	const struct kp_out_opts opts = { .format = format,
					  .stream = stdout,
					  .schema = "kvmpmu-bench-list/1",
					  .color = ctx->color };
	struct kp_out *out;
	size_t i;
	int err = kp_out_new(&opts, &out);

	if (!err) {
		kp_out_table(out, "cases", "Suites and their cases", cols, KP_ARRAY_SIZE(cols));
		for (i = 0; i < KP_ARRAY_SIZE(cases); i++) {
			const struct kp_val row[] = { kp_val_str(cases[i].suite),
						      kp_val_str(cases[i].name),
						      kp_val_str(cases[i].help) };

			kp_out_row(out, row);
		}
		kp_out_table_end(out);
		err = kp_out_finish(out);
	}
	if (err)
		kp_err("bench: writing the list: %s", strerror(-err));
	return err ? KP_EXIT_FAILED : KP_EXIT_OK;
}
