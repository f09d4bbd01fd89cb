// SPDX-License-Identifier: GPL-2.0-only
/*
 * ps_event.c - what an open perf event counts, in words: the kernel's generic events by perf's
 * names, selectors of core PMUs by the processor's, other PMUs' as perf's syntax writes them.
 */
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>

#include "decode/arm64_event.h"
#include "ps.h"

static const char *const hardware[] = {
	[PERF_COUNT_HW_CPU_CYCLES] = "cycles",
	[PERF_COUNT_HW_INSTRUCTIONS] = "instructions",
	[PERF_COUNT_HW_CACHE_REFERENCES] = "cache-references",
	[PERF_COUNT_HW_CACHE_MISSES] = "cache-misses",
	[PERF_COUNT_HW_BRANCH_INSTRUCTIONS] = "branches",
	[PERF_COUNT_HW_BRANCH_MISSES] = "branch-misses",
	[PERF_COUNT_HW_BUS_CYCLES] = "bus-cycles",
	[PERF_COUNT_HW_STALLED_CYCLES_FRONTEND] = "stalled-cycles-frontend",
	[PERF_COUNT_HW_STALLED_CYCLES_BACKEND] = "stalled-cycles-backend",
	[PERF_COUNT_HW_REF_CPU_CYCLES] = "ref-cycles",
};

static const char *const software[] = {
	[PERF_COUNT_SW_CPU_CLOCK] = "cpu-clock",
	[PERF_COUNT_SW_TASK_CLOCK] = "task-clock",
	[PERF_COUNT_SW_PAGE_FAULTS] = "page-faults",
	[PERF_COUNT_SW_CONTEXT_SWITCHES] = "context-switches",
	[PERF_COUNT_SW_CPU_MIGRATIONS] = "cpu-migrations",
	[PERF_COUNT_SW_PAGE_FAULTS_MIN] = "minor-faults",
	[PERF_COUNT_SW_PAGE_FAULTS_MAJ] = "major-faults",
	[PERF_COUNT_SW_ALIGNMENT_FAULTS] = "alignment-faults",
	[PERF_COUNT_SW_EMULATION_FAULTS] = "emulation-faults",
	[PERF_COUNT_SW_DUMMY] = "dummy",
	[PERF_COUNT_SW_BPF_OUTPUT] = "bpf-output",
	[PERF_COUNT_SW_CGROUP_SWITCHES] = "cgroup-switches",
};

static const char *const caches[] = { "L1-dcache", "L1-icache", "LLC", "dTLB",
				      "iTLB",	   "branch",	"node" };
static const char *const cache_ops[] = { "load", "store", "prefetch" };

static const char *of_table(const char *const *names, size_t nr, uint64_t config)
{
	return config < nr ? names[config] : NULL;
}

/* config of PERF_TYPE_HW_CACHE: cache, operation and result in a byte each */
static const char *cache_name(uint64_t config, char *buf, size_t size)
{
	uint64_t cache = config & 0xff, op = config >> 8 & 0xff, result = config >> 16 & 0xff;

	if (cache >= KP_ARRAY_SIZE(caches) || op >= KP_ARRAY_SIZE(cache_ops) || result > 1)
		return NULL;
	if (result)
		snprintf(buf, size, "%s-%s-misses", caches[cache], cache_ops[op]);
	else
		snprintf(buf, size, "%s-%s%s", caches[cache], cache_ops[op],
			 op == PERF_COUNT_HW_CACHE_OP_PREFETCH ? "es" : "s");
	return buf;
}

/* arm64's PMUs are named after their cores, and each core has events of its own. */
const struct kp_cpu *kp_ps_cpu(const struct kp_ps *ps, const char *pmu, unsigned int *nr)
{
	const struct kp_arm64_core *core = *pmu ? kp_arm64_core_find(pmu) : NULL;
	const struct kp_cpu *cpu = core ? kp_cpu_find(core->name) : ps->guest.cpu;
	unsigned int p;

	*nr = 0;
	for (p = 0; cpu && p < cpu->nr_pmus; p++)
		if (!strcmp(cpu->pmus[p].name, pmu))
			*nr = p;
	return cpu;
}

static const char *core_name(const struct kp_ps *ps, const struct kp_owner_event *ev, char *buf,
			     size_t size)
{
	unsigned int nr;
	const struct kp_cpu *cpu = kp_ps_cpu(ps, ev->pmu, &nr);
	struct kp_evname name;

	if (!cpu || !ps->guest.names ||
	    kp_evname_of(ps->guest.names, cpu, nr, ev->config, ev->config1, &name))
		return NULL;
	snprintf(buf, size, "%s", name.name);
	return buf;
}

static const char *raw_name(const struct kp_owner_event *ev, char *buf, size_t size)
{
	if (ev->type == PERF_TYPE_RAW || !*ev->pmu)
		snprintf(buf, size, "r%jx", (uintmax_t)ev->config);
	else if (ev->config1)
		snprintf(buf, size, "config=0x%jx,config1=0x%jx", (uintmax_t)ev->config,
			 (uintmax_t)ev->config1);
	else
		snprintf(buf, size, "config=0x%jx", (uintmax_t)ev->config);
	return buf;
}

const char *kp_ps_event_name(const struct kp_ps *ps, const struct kp_owner_event *ev, char *buf,
			     size_t size)
{
	const char *name = NULL;

	if (!(ev->valid & (KP_OWNER_HAS_CONFIG | KP_OWNER_HAS_ATTR)))
		return NULL;
	switch (ev->type) {
	case PERF_TYPE_HARDWARE: /* the upper half names a PMU on hybrid machines */
		name = of_table(hardware, KP_ARRAY_SIZE(hardware), ev->config & UINT32_MAX);
		break;
	case PERF_TYPE_SOFTWARE:
		name = of_table(software, KP_ARRAY_SIZE(software), ev->config);
		break;
	case PERF_TYPE_HW_CACHE:
		name = cache_name(ev->config & UINT32_MAX, buf, size);
		break;
	case PERF_TYPE_TRACEPOINT:
		if (*ev->tracepoint)
			return ev->tracepoint;
		snprintf(buf, size, "tracepoint %ju", (uintmax_t)ev->config);
		return buf;
	default:
		/* clocks became PMUs of their own: the PMU says it all */
		if (!strcmp(ev->pmu, "cpu_clock"))
			return "cpu-clock";
		if (!strcmp(ev->pmu, "task_clock"))
			return "task-clock";
		if (ev->core == KP_TRI_YES)
			name = core_name(ps, ev, buf, size);
	}
	return name ? name : raw_name(ev, buf, size);
}
