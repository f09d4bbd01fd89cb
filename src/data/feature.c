// SPDX-License-Identifier: GPL-2.0-only
/*
 * feature.c - HEADER_* feature sections into struct kp_meta; the same bytes come from the end of a
 * file and from PERF_RECORD_HEADER_FEATURE. Layouts: perf.data-file-format.txt and the process_*()
 * functions of tools/perf/util/header.c. Touches only memory.
 */
#include <stdlib.h>
#include <string.h>

#include "data/meta.h"
#include "lib/buf.h"

static int decode_str(struct kp_cursor *c, char **dst)
{
	const char *s = kp_cursor_str(c);

	return s ? kp_meta_set_str(dst, s) : -EBADMSG;
}

static int decode_hostname(struct kp_meta *meta, struct kp_cursor *c)
{
	return decode_str(c, &meta->hostname);
}

static int decode_osrelease(struct kp_meta *meta, struct kp_cursor *c)
{
	return decode_str(c, &meta->osrelease);
}

static int decode_version(struct kp_meta *meta, struct kp_cursor *c)
{
	return decode_str(c, &meta->perf_version);
}

static int decode_arch(struct kp_meta *meta, struct kp_cursor *c)
{
	return decode_str(c, &meta->arch);
}

static int decode_cpudesc(struct kp_meta *meta, struct kp_cursor *c)
{
	return decode_str(c, &meta->cpudesc);
}

static int decode_cpuid(struct kp_meta *meta, struct kp_cursor *c)
{
	return decode_str(c, &meta->cpuid);
}

static int decode_nrcpus(struct kp_meta *meta, struct kp_cursor *c)
{
	uint32_t avail = kp_cursor_u32(c), online = kp_cursor_u32(c);

	if (c->bad)
		return -EBADMSG;
	meta->nr_cpus_avail = avail;
	meta->nr_cpus_online = online;
	return 0;
}

static int decode_total_mem(struct kp_meta *meta, struct kp_cursor *c)
{
	meta->total_mem_kb = kp_cursor_u64(c);
	return c->bad ? -EBADMSG : 0;
}

static int decode_cmdline(struct kp_meta *meta, struct kp_cursor *c)
{
	struct kp_buf line = { 0 };
	uint32_t i, nr = kp_cursor_u32(c);
	const char *arg;
	int err = 0;

	for (i = 0; i < nr && !err; i++) {
		arg = kp_cursor_str(c);
		err = arg ? kp_buf_printf(&line, "%s%s", i ? " " : "", arg) : -EBADMSG;
	}
	if (line.data) {
		free(meta->cmdline);
		meta->cmdline = line.data;
	}
	return c->bad ? -EBADMSG : err;
}

static int decode_pmu_mappings(struct kp_meta *meta, struct kp_cursor *c)
{
	uint32_t i, type, nr = kp_cursor_u32(c);
	const char *name;

	/* A row takes at least 8 bytes, which bounds what a wrong number can make us allocate. */
	if (c->bad || nr > kp_cursor_left(c) / 8)
		return -EBADMSG;
	for (i = 0; i < meta->nr_pmus; i++) {
		free(meta->pmus[i].name);
		free(meta->pmus[i].cpus);
	}
	free(meta->pmus);
	meta->nr_pmus = 0;
	meta->pmus = calloc(nr ? nr : 1, sizeof(*meta->pmus));
	if (!meta->pmus)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		type = kp_cursor_u32(c);
		name = kp_cursor_str(c);
		if (!name)
			return -EBADMSG;
		meta->pmus[i].type = type;
		if (kp_meta_set_str(&meta->pmus[i].name, name))
			return -ENOMEM;
		meta->nr_pmus = i + 1;
	}
	return 0;
}

/* Behind the mappings in every file; a PMU that those do not name is of no use. */
static int decode_hybrid_topology(struct kp_meta *meta, struct kp_cursor *c)
{
	uint32_t i, p, nr = kp_cursor_u32(c);
	const char *name, *cpus;

	for (i = 0; i < nr && !c->bad; i++) {
		name = kp_cursor_str(c);
		cpus = name ? kp_cursor_str(c) : NULL;
		if (!cpus)
			return -EBADMSG;
		for (p = 0; p < meta->nr_pmus; p++)
			if (!strcmp(meta->pmus[p].name, name) &&
			    kp_meta_set_str(&meta->pmus[p].cpus, cpus))
				return -ENOMEM;
	}
	return c->bad ? -EBADMSG : 0;
}

static int decode_list(struct kp_cursor *c, char ***list, uint32_t *nr_out)
{
	uint32_t nr = kp_cursor_u32(c);
	const char *s;

	/*
	 * A string takes at least 5 bytes: the bound on what a wrong number can make us allocate.
	 */
	if (c->bad || nr > kp_cursor_left(c) / 5)
		return -EBADMSG;
	*list = calloc(nr ? nr : 1, sizeof(**list));
	if (!*list)
		return -ENOMEM;
	for (; *nr_out < nr; (*nr_out)++) {
		s = kp_cursor_str(c);
		if (!s)
			return -EBADMSG;
		if (kp_meta_set_str(&(*list)[*nr_out], s))
			return -ENOMEM;
	}
	return 0;
}

/* perf before 3.19 stops after the lists, before 5.2 after the places. */
static int decode_places(const struct kp_meta *meta, struct kp_topology *t, struct kp_cursor *c)
{
	uint32_t i, nr = meta->nr_cpus_avail;
	int err;

	if (!kp_cursor_left(c))
		return 0;
	if (!nr || kp_cursor_left(c) / 8 < nr)
		return -EBADMSG;
	t->cpus = calloc(nr, sizeof(*t->cpus));
	if (!t->cpus)
		return -ENOMEM;
	t->nr_cpus = nr;
	for (i = 0; i < nr; i++) {
		t->cpus[i].core_id = kp_cursor_u32(c);
		t->cpus[i].socket_id = kp_cursor_u32(c);
	}
	if (!kp_cursor_left(c))
		return 0;
	err = decode_list(c, &t->dies, &t->nr_dies);
	for (i = 0; i < nr && !err; i++)
		t->cpus[i].die_id = kp_cursor_u32(c);
	return c->bad ? -EBADMSG : err;
}

static int decode_cpu_topology(struct kp_meta *meta, struct kp_cursor *c)
{
	struct kp_topology t = { 0 };
	int err = decode_list(c, &t.packages, &t.nr_packages);

	if (!err)
		err = decode_list(c, &t.threads, &t.nr_threads);
	if (!err)
		err = decode_places(meta, &t, c);
	if (err) {
		kp_topology_clear(&t);
		return err;
	}
	kp_topology_clear(&meta->topology);
	meta->topology = t;
	return 0;
}

static int decode_clockid(struct kp_meta *meta, struct kp_cursor *c)
{
	meta->clockid_res_ns = kp_cursor_u64(c);
	return c->bad ? -EBADMSG : 0;
}

static int decode_sample_time(struct kp_meta *meta, struct kp_cursor *c)
{
	uint64_t first = kp_cursor_u64(c), last = kp_cursor_u64(c);

	if (c->bad)
		return -EBADMSG;
	meta->sample_first_ns = first;
	meta->sample_last_ns = last;
	/*
	 * perf that did not look at the samples itself (-z, pipe, --no-buildid) leaves both at 0.
	 */
	meta->has_sample_time = first || last;
	return 0;
}

/* ---- event_desc: the only place where perf keeps the names of events ---- */

static struct kp_attr *desc_attr(struct kp_meta *meta, struct kp_meta_index *ix, uint32_t idx,
				 uint32_t nr_ids, struct kp_cursor ids)
{
	uint64_t *slot = nr_ids ? kp_hash_get(&ix->attr_by_id, kp_cursor_u64(&ids)) : NULL;

	if (slot)
		return &meta->attrs[*slot];
	return idx < meta->nr_attrs && !(nr_ids && meta->attrs[idx].nr_ids) ? &meta->attrs[idx]
									    : NULL;
}

static int decode_event_desc(struct kp_meta *meta, struct kp_meta_index *ix, struct kp_cursor *c)
{
	uint32_t i, nr_ids, nr = kp_cursor_u32(c), attr_size = kp_cursor_u32(c);
	struct kp_attr *attr;
	struct kp_cursor ids;
	const char *name;

	for (i = 0; i < nr && !c->bad; i++) {
		kp_cursor_bytes(c, attr_size);
		nr_ids = kp_cursor_u32(c);
		name = kp_cursor_str(c);
		ids = *c;
		kp_cursor_bytes(c, (uint64_t)nr_ids * sizeof(uint64_t));
		if (c->bad)
			break;
		attr = desc_attr(meta, ix, i, nr_ids, ids);
		if (attr && *name && kp_meta_set_str(&attr->name, name))
			return -ENOMEM;
	}
	return c->bad ? -EBADMSG : 0;
}

typedef int (*feat_fn)(struct kp_meta *meta, struct kp_cursor *c);

static const feat_fn feats[] = {
	[KP_FEAT_HOSTNAME] = decode_hostname,
	[KP_FEAT_OSRELEASE] = decode_osrelease,
	[KP_FEAT_VERSION] = decode_version,
	[KP_FEAT_ARCH] = decode_arch,
	[KP_FEAT_NRCPUS] = decode_nrcpus,
	[KP_FEAT_CPUDESC] = decode_cpudesc,
	[KP_FEAT_CPUID] = decode_cpuid,
	[KP_FEAT_TOTAL_MEM] = decode_total_mem,
	[KP_FEAT_CMDLINE] = decode_cmdline,
	[KP_FEAT_PMU_MAPPINGS] = decode_pmu_mappings,
	[KP_FEAT_CPU_TOPOLOGY] = decode_cpu_topology,
	[KP_FEAT_CLOCKID] = decode_clockid,
	[KP_FEAT_SAMPLE_TIME] = decode_sample_time,
	[KP_FEAT_HYBRID_TOPOLOGY] = decode_hybrid_topology,
};

bool kp_feat_wanted(unsigned int feat)
{
	return feat == KP_FEAT_EVENT_DESC || (feat < KP_ARRAY_SIZE(feats) && feats[feat]);
}

int kp_feat_decode(struct kp_meta *meta, struct kp_meta_index *ix, unsigned int feat,
		   const void *data, size_t size)
{
	struct kp_cursor c = kp_cursor(data, size, meta->swapped);

	kp_meta_set_feat(meta, feat);
	meta->generation++;
	if (feat == KP_FEAT_EVENT_DESC)
		return decode_event_desc(meta, ix, &c);
	return kp_feat_wanted(feat) ? feats[feat](meta, &c) : 0;
}
