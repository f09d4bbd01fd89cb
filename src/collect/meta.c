// SPDX-License-Identifier: GPL-2.0-only
/*
 * meta.c - what a live source says about itself: its events as they were opened, and this host.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collect/live.h"
#include "collect/tracepoint.h"
#include "config.h"
#include "lib/str.h"

static int copy_str(char **dst, const char *src)
{
	if (!src)
		return 0;
	*dst = strdup(src);
	return *dst ? 0 : -ENOMEM;
}

static bool has_several_cores(const struct kp_host *host)
{
	size_t i, nr = 0;

	for (i = 0; i < host->nr_pmus; i++)
		nr += host->pmus[i].core;
	return nr > 1;
}

static int fill_attr(struct kp_live *live, uint32_t i, struct kp_attr *attr)
{
	const struct kp_plan_event *ev = &live->plan->events[i];
	const uint64_t *ids = NULL;
	size_t l;
	int err;

	for (l = 0; l < live->nr_evlists && !ids; l++) {
		ids = kp_evlist_ids(live->evlists[l], i, &attr->nr_ids);
		if (ids)
			attr->attr = *kp_evlist_attr(live->evlists[l], i);
	}
	attr->ids = malloc((attr->nr_ids + 1) * sizeof(*ids));
	if (!attr->ids)
		return -ENOMEM;
	if (attr->nr_ids)
		memcpy(attr->ids, ids, attr->nr_ids * sizeof(*ids));
	err = copy_str(&attr->name, ev->name);
	if (!err)
		err = copy_str(&attr->system, ev->system);
	if (!err)
		err = copy_str(&attr->event, ev->tp);
	for (l = 0; l < attr->nr_ids && !err; l++)
		err = kp_hash_put(&live->ip_of_id, attr->ids[l],
				  attr->attr.sample_type & PERF_SAMPLE_IP);
	return err;
}

static int fill_attrs(struct kp_live *live)
{
	struct kp_meta *meta = &live->src.meta;
	uint32_t i;
	int err = 0;

	meta->attrs = calloc(live->plan->nr_events, sizeof(*meta->attrs));
	if (!meta->attrs)
		return -ENOMEM;
	for (i = 0; i < live->plan->nr_events && !err; i++) {
		meta->nr_attrs = i + 1;
		err = fill_attr(live, i, &meta->attrs[i]);
	}
	return err;
}

static int fill_host(struct kp_meta *meta, const struct kp_host *host)
{
	size_t i;
	int err;

	err = copy_str(&meta->hostname, host->hostname);
	if (!err)
		err = copy_str(&meta->osrelease, host->osrelease);
	if (!err)
		err = copy_str(&meta->arch, host->machine);
	if (!err)
		err = copy_str(&meta->cpudesc, host->cpudesc);
	if (!err)
		err = copy_str(&meta->cpuid, host->cpuid);
	if (!err)
		err = copy_str(&meta->perf_version, "kvmpmu " KP_VERSION);
	meta->nr_cpus_online = host->nr_cpus_online;
	meta->nr_cpus_avail = host->nr_cpus_avail;
	meta->total_mem_kb = host->total_mem_kb;
	meta->pmus = calloc(host->nr_pmus + 1, sizeof(*meta->pmus));
	if (!meta->pmus)
		return -ENOMEM;
	for (i = 0; i < host->nr_pmus && !err; i++) {
		meta->pmus[meta->nr_pmus].type = host->pmus[i].type;
		err = copy_str(&meta->pmus[meta->nr_pmus++].name, host->pmus[i].name);
		if (!err && host->pmus[i].core && has_several_cores(host))
			err = copy_str(&meta->pmus[i].cpus, host->pmus[i].cpus);
	}
	return err;
}

/* ---- topology ---- */

struct lists {
	char **at;
	uint32_t nr;
};

/* Each CPU names the list that it belongs to: keep one of each. */
static int add_list(struct lists *lists, const struct kp_sysroot *root, uint32_t cpu,
		    const char *file, const char *old_file)
{
	char buf[4096], **at;
	uint32_t i;

	if (kp_sysroot_read_str(root, buf, sizeof(buf), "/sys/devices/system/cpu/cpu%u/topology/%s",
				cpu, file) &&
	    (!old_file ||
	     kp_sysroot_read_str(root, buf, sizeof(buf),
				 "/sys/devices/system/cpu/cpu%u/topology/%s", cpu, old_file)))
		return 0;
	for (i = 0; i < lists->nr; i++)
		if (!strcmp(lists->at[i], buf))
			return 0;
	at = realloc(lists->at, (lists->nr + 1) * sizeof(*at));
	if (!at)
		return -ENOMEM;
	lists->at = at;
	return copy_str(&at[lists->nr], buf) ?: (lists->nr++, 0);
}

static uint32_t read_place(const struct kp_sysroot *root, uint32_t cpu, const char *file)
{
	uint64_t id;

	if (kp_sysroot_read_u64(root, &id, "/sys/devices/system/cpu/cpu%u/topology/%s", cpu,
				file) ||
	    id > INT32_MAX)
		return UINT32_MAX; /* perf's -1 for an offline CPU */
	return (uint32_t)id;
}

static int fill_topology(struct kp_meta *meta, const struct kp_sysroot *root)
{
	struct lists packages = { 0 }, threads = { 0 }, dies = { 0 };
	uint32_t cpu, nr = meta->nr_cpus_avail;
	struct kp_topology *t = &meta->topology;
	int err = 0;

	t->cpus = calloc(nr + 1, sizeof(*t->cpus));
	if (!t->cpus)
		return -ENOMEM;
	for (cpu = 0; cpu < nr && !err; cpu++) {
		t->cpus[cpu].core_id = read_place(root, cpu, "core_id");
		t->cpus[cpu].socket_id = read_place(root, cpu, "physical_package_id");
		t->cpus[cpu].die_id = read_place(root, cpu, "die_id");
		err = add_list(&packages, root, cpu, "package_cpus_list", "core_siblings_list");
		if (!err)
			err = add_list(&threads, root, cpu, "core_cpus_list",
				       "thread_siblings_list");
		if (!err)
			err = add_list(&dies, root, cpu, "die_cpus_list", NULL);
	}
	t->nr_cpus = nr;
	t->packages = packages.at;
	t->nr_packages = packages.nr;
	t->threads = threads.at;
	t->nr_threads = threads.nr;
	t->dies = dies.at;
	t->nr_dies = dies.nr;
	return err;
}

static void fill_clock(struct kp_live *live)
{
	const struct perf_event_attr *attr = &live->plan->events[0].attr;
	struct timespec res;

	if (attr->use_clockid && !clock_getres(attr->clockid, &res))
		live->src.meta.clockid_res_ns =
			(uint64_t)res.tv_sec * KP_NSEC_PER_SEC + (uint64_t)res.tv_nsec;
}

int kp_live_fill_meta(struct kp_live *live, const struct kp_host *host, bool tracing)
{
	static const uint16_t one = 1;
	struct kp_meta *meta = &live->src.meta;
	int err;

	meta->generation = 1;
	meta->bigendian = !*(const char *)&one;
	meta->long_size = sizeof(long);
	fill_clock(live);
	err = fill_attrs(live);
	if (!err && tracing)
		err = fill_host(meta, host);
	if (!err && tracing)
		err = fill_topology(meta, live->root);
	if (!err)
		err = kp_tracing_data(live->plan, &meta->tracing, &meta->tracing_size);
	return err;
}
