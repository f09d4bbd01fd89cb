// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpuid.c - the few CPUID leaves that say which counters a CPU has: no file of /proc or /sys does.
 * Executes CPUID on a live x86 host, moving this thread to the CPU in question and back; a snapshot
 * has the same text as a file, so that both give the same answers.
 */
#include "host/parts.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"

#if defined(__x86_64__)
#include <cpuid.h>

static bool read_leaf(uint32_t leaf, uint32_t sub, uint32_t regs[4])
{
	/* beyond the last leaf Intel's CPUs repeat it, so it must be asked for */
	if ((uint32_t)__get_cpuid_max(leaf & 0x80000000, NULL) < leaf)
		return false;
	__cpuid_count(leaf, sub, regs[0], regs[1], regs[2], regs[3]);
	return true;
}
#else
static bool read_leaf(uint32_t leaf, uint32_t sub, uint32_t regs[4])
{
	(void)leaf;
	(void)sub;
	(void)regs;
	return false;
}
#endif

/*
 * 7: hybrid (edx 15), 7.1: whether 0x23 is there; 0xa, 0x23: architectural performance monitoring
 * (SDM volume 3, "Performance Monitoring"); 0x80000001, 0x80000022: AMD's (APM volume 3, appendix
 * E).
 */
static const struct {
	uint32_t leaf, sub;
} leaves[] = {
	{ 0x7, 0 },  { 0x7, 1 },	{ 0xa, 0 },	   { 0x23, 0 },
	{ 0x23, 1 }, { 0x80000001, 0 }, { 0x80000022, 0 },
};

static int add_cpu(struct kp_buf *buf, uint32_t cpu)
{
	uint32_t r[4];
	int err = 0;
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(leaves) && !err; i++)
		if (read_leaf(leaves[i].leaf, leaves[i].sub, r))
			err = kp_buf_printf(buf, "%u 0x%x 0x%x 0x%08x 0x%08x 0x%08x 0x%08x\n", cpu,
					    leaves[i].leaf, leaves[i].sub, r[0], r[1], r[2], r[3]);
	return err;
}

static uint32_t first_cpu(const char *list)
{
	return list ? (uint32_t)strtoul(list, NULL, 10) : 0;
}

/* A CPU that is offline, or that this process may not use, says nothing. */
static int add_on(struct kp_buf *buf, uint32_t cpu)
{
	cpu_set_t *one = CPU_ALLOC(cpu + 1);
	size_t size = CPU_ALLOC_SIZE(cpu + 1);
	int err = 0;

	if (!one)
		return -ENOMEM;
	CPU_ZERO_S(size, one);
	CPU_SET_S(cpu, size, one);
	if (!sched_setaffinity(0, size, one))
		err = add_cpu(buf, cpu);
	CPU_FREE(one);
	return err;
}

static int live_text(const struct kp_host *host, struct kp_buf *buf)
{
	const struct kp_host_pmu *pmu;
	unsigned long saved[1024];
	uint32_t last = UINT32_MAX;
	bool any = false;
	int err = 0;

	if (sched_getaffinity(0, sizeof(saved), (cpu_set_t *)saved))
		return 0;
	for (pmu = host->pmus; pmu < host->pmus + host->nr_pmus && !err; pmu++) {
		uint32_t cpu = first_cpu(pmu->cpus ? pmu->cpus : host->online);

		if (!pmu->core || cpu > 65535 || (any && cpu == last))
			continue;
		err = add_on(buf, cpu);
		last = cpu;
		any = true;
	}
	if (!any && !err)
		err = add_on(buf, first_cpu(host->online));
	(void)sched_setaffinity(0, sizeof(saved), (const cpu_set_t *)saved);
	return err;
}

char *kp_host_cpuid_text(const struct kp_sysroot *root, const struct kp_host *host)
{
	struct kp_buf buf = { 0 };
	char *text;

	if (!kp_sysroot_live(root))
		return kp_sysroot_read(root, &text, NULL, KP_SNAP_CPUID) ? NULL : text;
	if (live_text(host, &buf))
		kp_buf_free(&buf);
	return buf.data;
}

int kp_host_cpuid_get(const char *text, uint32_t cpu, uint32_t leaf, uint32_t sub, uint32_t regs[4])
{
	const char *line;

	for (line = text; line && *line; line = strchr(line, '\n'), line += !!line) {
		uint32_t c, l, s, r[4];

		if (sscanf(line,
			   "%" SCNu32 " %" SCNx32 " %" SCNx32 " %" SCNx32 " %" SCNx32 " %" SCNx32
			   " %" SCNx32,
			   &c, &l, &s, &r[0], &r[1], &r[2], &r[3]) != 7 ||
		    c != cpu || l != leaf || s != sub)
			continue;
		memcpy(regs, r, sizeof(r));
		return 0;
	}
	return -ENOENT;
}

/* ---- counters ---- */

static void intel_counters(const char *text, uint32_t cpu, struct kp_host_counters *c)
{
	uint32_t r[4], ext[4];

	if (kp_host_cpuid_get(text, cpu, 0xa, 0, r))
		return;
	c->version = (int)(r[0] & 0xff);
	c->general = (int)(r[0] >> 8 & 0xff);
	c->width_bits = (int)(r[0] >> 16 & 0xff);
	c->fixed = c->version > 1 ? (int)(r[3] & 0x1f) : 0;
	/* from version 5 on, ecx names fixed counters that need not be adjacent */
	if (c->version >= 5)
		c->fixed = __builtin_popcount(r[2] | ((1u << (r[3] & 0x1f)) - 1));
	if (!kp_host_cpuid_get(text, cpu, 7, 1, ext) && ext[0] & KP_BIT(8) &&
	    !kp_host_cpuid_get(text, cpu, 0x23, 0, ext) && ext[0] & KP_BIT(1) &&
	    !kp_host_cpuid_get(text, cpu, 0x23, 1, ext)) {
		c->general = __builtin_popcount(ext[0]);
		c->fixed = __builtin_popcount(ext[1]);
	}
}

/* AMD has no fixed counters; without PerfMonV2 there are 6 with PERFCTR_CORE and 4 without. */
static void amd_counters(const char *text, const char *flags, uint32_t cpu,
			 struct kp_host_counters *c)
{
	enum kp_tri v2 = kp_host_has_flag(flags, "perfmon_v2");
	enum kp_tri core = kp_host_has_flag(flags, "perfctr_core");
	uint32_t r[4];

	if (!kp_host_cpuid_get(text, cpu, 0x80000022, 0, r))
		v2 = r[0] & KP_BIT(0) ? KP_TRI_YES : KP_TRI_NO;
	else
		r[1] = 0;
	c->fixed = 0;
	c->width_bits = 48;
	if (v2 == KP_TRI_YES) {
		c->version = 2;
		c->general = r[1] & 0xf ? (int)(r[1] & 0xf) : -1;
	} else if (v2 == KP_TRI_NO && core != KP_TRI_UNKNOWN) {
		c->version = 1;
		c->general = core == KP_TRI_YES ? 6 : 4;
	}
}

void kp_host_read_counters(const struct kp_host *host, struct kp_host_detail *d)
{
	size_t i;

	for (i = 0; i < host->nr_pmus; i++) {
		struct kp_host_counters *c = &d->counters[i];
		const struct kp_host_pmu *pmu = &host->pmus[i];
		uint32_t cpu = first_cpu(pmu->cpus ? pmu->cpus : host->online);

		*c = (struct kp_host_counters){ -1, -1, -1, -1 };
		if (pmu->core && d->vendor == KP_HOST_VENDOR_INTEL)
			intel_counters(d->cpuid, cpu, c);
		else if (pmu->core && d->vendor == KP_HOST_VENDOR_AMD)
			amd_counters(d->cpuid, d->flags, cpu, c);
	}
}
