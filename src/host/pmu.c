// SPDX-License-Identifier: GPL-2.0-only
/*
 * pmu.c - the PMUs under /sys/bus/event_source/devices: type, CPUs, and on request their format
 * terms, event aliases and capabilities.
 */
#include "host/parts.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"
#include "lib/vec.h"

#define DEVICES	      "/sys/bus/event_source/devices"
#define PMUS_MAX      4096
#define PMU_FILES_MAX 8192

struct scan {
	const struct kp_sysroot *root;
	bool events;
	KP_VEC(struct kp_host_pmu) pmus;
};

struct scan_dir {
	const struct kp_sysroot *root;
	const char *dir;
	KP_VEC(struct kp_host_attr) attrs;
};

/* Not events by themselves: how to print the event of that name. */
static bool is_companion(const char *name)
{
	static const char *const ends[] = { ".scale", ".unit", ".per-pkg", ".snapshot" };
	size_t i, len = strlen(name);

	for (i = 0; i < KP_ARRAY_SIZE(ends); i++)
		if (len > strlen(ends[i]) && !strcmp(name + len - strlen(ends[i]), ends[i]))
			return true;
	return false;
}

static int add_attr(void *ctx, const char *name)
{
	struct scan_dir *d = ctx;
	struct kp_host_attr attr;
	char buf[1024];

	if (is_companion(name) || d->attrs.nr >= PMU_FILES_MAX ||
	    kp_sysroot_read_str(d->root, buf, sizeof(buf), "%s/%s", d->dir, name))
		return 0;
	attr.name = strdup(name);
	attr.value = strdup(buf);
	if (!attr.name || !attr.value || kp_vec_push(&d->attrs, attr)) {
		free(attr.name);
		free(attr.value);
		return -ENOMEM;
	}
	return 0;
}

static int read_attrs(const struct kp_sysroot *root, const char *pmu, const char *what,
		      struct kp_host_attrs *out)
{
	char dir[PATH_MAX];
	struct scan_dir d = { .root = root, .dir = dir };
	int err;

	snprintf(dir, sizeof(dir), DEVICES "/%s/%s", pmu, what);
	err = kp_sysroot_list(root, dir, add_attr, &d);
	out->at = d.attrs.at;
	out->nr = d.attrs.nr;
	return err == -ENOMEM ? err : 0;
}

/*
 * Which PMUs' counters KVM hands to guests: tools/perf/util/pmu.c, is_pmu_core(), by the same
 * signs.
 */
static bool is_core(const struct kp_sysroot *root, const char *name, bool has_cpus)
{
	static const char *const exact[] = { "cpu", "cpu_core", "cpu_atom", "cpu_lowpower",
					     "cpum_cf" };
	static const char *const start[] = { "armv8_", "armv9_", "arm_cortex", "apple_" };
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(exact); i++)
		if (!strcmp(name, exact[i]))
			return true;
	for (i = 0; i < KP_ARRAY_SIZE(start); i++)
		if (!strncmp(name, start[i], strlen(start[i])))
			return true;
	return has_cpus && kp_sysroot_exists(root, DEVICES "/%s/caps", name);
}

/* "cpus" is for PMUs of some CPUs' own; "cpumask" names the CPUs that may read a shared one. */
static char *read_cpus(const struct kp_sysroot *root, const char *name, bool *has_cpus)
{
	char *list;

	*has_cpus = !kp_sysroot_read(root, &list, NULL, DEVICES "/%s/cpus", name);
	if (!*has_cpus && kp_sysroot_read(root, &list, NULL, DEVICES "/%s/cpumask", name))
		return NULL;
	list[strcspn(list, "\n")] = '\0';
	return list;
}

static int add_pmu(void *ctx, const char *name)
{
	struct scan *s = ctx;
	struct kp_host_pmu pmu = { 0 };
	bool has_cpus;
	uint64_t type;
	int err;

	if (s->pmus.nr >= PMUS_MAX ||
	    kp_sysroot_read_u64(s->root, &type, DEVICES "/%s/type", name) || type > UINT32_MAX)
		return 0;
	pmu.type = (uint32_t)type;
	pmu.name = strdup(name);
	if (!pmu.name)
		return -ENOMEM;
	pmu.cpus = read_cpus(s->root, name, &has_cpus);
	pmu.core = is_core(s->root, name, has_cpus);
	err = kp_vec_push(&s->pmus, pmu);
	if (err) {
		free(pmu.name);
		free(pmu.cpus);
		return err;
	}
	if (!s->events)
		return 0;
	/* from here on the host owns it, whatever happens */
	err = read_attrs(s->root, name, "format", &s->pmus.at[s->pmus.nr - 1].formats);
	if (!err)
		err = read_attrs(s->root, name, "events", &s->pmus.at[s->pmus.nr - 1].events);
	if (!err)
		err = read_attrs(s->root, name, "caps", &s->pmus.at[s->pmus.nr - 1].caps);
	return err;
}

int kp_host_read_pmus(const struct kp_sysroot *root, bool events, struct kp_host *host)
{
	struct scan s = { .root = root, .events = events };
	int err = kp_sysroot_list(root, DEVICES, add_pmu, &s);

	host->pmus = s.pmus.at;
	host->nr_pmus = s.pmus.nr;
	return err == -ENOMEM ? err : 0;
}
