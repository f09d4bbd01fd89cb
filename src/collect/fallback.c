// SPDX-License-Identifier: GPL-2.0-only
/*
 * fallback.c - what to do when the kernel refuses an event: leave out what older kernels lack, or
 * say why not. Nothing here changes which side of the virtualisation border is counted where a
 * mediated VM could be hurt, and nowhere without a warning. Pure.
 */
#include "collect/fallback.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool has_lost(const struct perf_event_attr *a)
{
	return a->read_format & PERF_FORMAT_LOST;
}

static void drop_lost(struct perf_event_attr *a)
{
	a->read_format &= ~(uint64_t)PERF_FORMAT_LOST;
}

static bool has_ksymbol(const struct perf_event_attr *a)
{
	return a->ksymbol;
}

static void drop_ksymbol(struct perf_event_attr *a)
{
	a->ksymbol = 0;
}

static bool has_mmap2(const struct perf_event_attr *a)
{
	return a->mmap2 || a->comm_exec;
}

static void drop_mmap2(struct perf_event_attr *a)
{
	a->mmap2 = a->comm_exec = 0;
}

static bool has_pmu_type(const struct perf_event_attr *a)
{
	return (a->type == PERF_TYPE_HARDWARE || a->type == PERF_TYPE_HW_CACHE) && a->config >> 32;
}

static void drop_pmu_type(struct perf_event_attr *a)
{
	a->config &= UINT32_MAX;
}

/*
 * What to leave out, newest feature first, when the kernel says EINVAL. Dropping a PMU's type from
 * a generic event is right where the event is bound to that PMU's CPUs already, else it would
 * count on all of them.
 */
static const struct feature {
	bool (*has)(const struct perf_event_attr *a);
	void (*drop)(struct perf_event_attr *a);
	bool needs_cpu;
} features[] = {
	{has_lost,	    drop_lost,     false}, /* Linux 6.0 */
	{ has_pmu_type, drop_pmu_type, true }, /* Linux 5.13, arm64 6.6 */
	{ has_ksymbol,  drop_ksymbol,  false}, /* Linux 5.1 */
	{ has_mmap2,    drop_mmap2,	 false}, /* Linux 3.16 */
};

static int again_with(char **warning, const char *fmt, ...) KP_PRINTF(2, 3);

static int again_with(char **warning, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(warning, fmt, ap);
	va_end(ap);
	return n < 0 ? -ENOMEM : 1;
}

/*
 * A PMU that cannot tell guests from the host refuses exclude_guest, or counts both all the same.
 * That changes what is counted: only where no mediated VM can be hurt, and never silently.
 */
static int drop_exclude_guest(const struct kp_refusal *no, struct perf_event_attr *a,
			      char **warning)
{
	if (!a->exclude_guest || a->exclude_host || no->host->mediated_vm_blocks != KP_TRI_NO)
		return 0;
	a->exclude_guest = 0;
	return again_with(warning,
			  "event '%s': its PMU cannot leave guests out: they are counted too",
			  no->ev->name);
}

static int drop_kernel(const struct kp_refusal *no, struct perf_event_attr *a, char **warning)
{
	if (!no->ev->any_mode || no->ev->tp || a->exclude_kernel || no->host->paranoid < 2)
		return 0;
	a->exclude_kernel = a->exclude_hv = 1;
	return again_with(warning,
			  "event '%s': perf_event_paranoid is %d: user space only; root or "
			  "CAP_PERFMON count the kernel too",
			  no->ev->name, no->host->paranoid);
}

int kp_fallback(const struct kp_refusal *no, struct perf_event_attr *attr, char **warning)
{
	size_t i;

	*warning = NULL;
	if (no->err == -EACCES || no->err == -EPERM)
		return drop_kernel(no, attr, warning);
	if (no->ev->precise_max && attr->precise_ip) {
		attr->precise_ip--;
		return 1;
	}
	if (no->err != -EINVAL)
		return 0;
	for (i = 0; i < KP_ARRAY_SIZE(features); i++) {
		if (!features[i].has(attr) || (features[i].needs_cpu && no->any_cpu))
			continue;
		features[i].drop(attr);
		return 1;
	}
	return drop_exclude_guest(no, attr, warning);
}

static bool is_pmu_event(const struct perf_event_attr *a)
{
	return a->type != PERF_TYPE_SOFTWARE && a->type != PERF_TYPE_TRACEPOINT;
}

static const char *no_support(const struct perf_event_attr *a)
{
	if (is_pmu_event(a) && !a->exclude_guest)
		return "not supported by its PMU, or a VM with a mediated PMU runs, beside which "
		       "nothing may count guests; count the host with :H";
	return "its PMU cannot sample, or not with these settings";
}

static const char *no_event(const struct perf_event_attr *a)
{
	if (is_pmu_event(a))
		return "this machine has no PMU that counts it; cpu-clock samples without one";
	return "this kernel does not know it";
}

int kp_refusal_explain(const struct kp_refusal *no, char *buf, size_t size)
{
	const struct perf_event_attr *a = no->attr;
	const char *why = strerror(-no->err);
	int err = no->err, n;

	n = snprintf(buf, size, "event '%s': ", no->ev->name);
	if (n < 0 || (size_t)n >= size)
		return err;
	buf += n;
	size -= (size_t)n;
	switch (no->err) {
	case -EACCES:
	case -EPERM:
		snprintf(buf, size,
			 "not permitted (perf_event_paranoid is %d); run as root or with "
			 "CAP_PERFMON",
			 no->host->paranoid);
		return -EPERM;
	case -EINVAL:
		snprintf(buf, size,
			 "the kernel refuses these settings (type %u, config 0x%llx%s%s)", a->type,
			 (unsigned long long)a->config, a->use_clockid ? ", --clockid" : "",
			 a->write_backward ? ", --overwrite" : "");
		return err;
	case -ENOENT:
	case -ENXIO:
		why = no_event(a);
		err = -ENOENT;
		break;
	case -ENODEV:
		why = "a CPU to count on is offline, or its PMU is not there";
		break;
	case -ESRCH:
		why = "a task to record has gone";
		break;
	case -EBUSY:
		why = "its PMU is taken by another user";
		break;
	case -EOPNOTSUPP:
		why = no_support(a);
		break;
	}
	snprintf(buf, size, "%s", why);
	return err;
}
