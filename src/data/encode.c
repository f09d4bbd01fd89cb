// SPDX-License-Identifier: GPL-2.0-only
/*
 * encode.c - attributes and feature sections into the bytes of a perf.data (encode.h). Touches only
 * memory.
 */
#include <string.h>

#include "data/encode.h"

/* PERF_ATTR_SIZE_VER7, all that perf 6.1 accepts: it refuses a file whose attributes are larger. */
#define ATTR_SIZE_OLD 128u

/* perf pads strings to this (NAME_ALIGN of tools/perf/util/header.c). */
#define STRING_ALIGN 64u

static bool all_zero(const uint8_t *at, size_t size)
{
	while (size && !*at)
		at++, size--;
	return !size;
}

uint32_t kp_attr_file_size(const struct kp_meta *meta)
{
	size_t old = kp_min_u64(ATTR_SIZE_OLD, sizeof(struct perf_event_attr));
	uint32_t i;

	for (i = 0; i < meta->nr_attrs; i++)
		if (!all_zero((const uint8_t *)&meta->attrs[i].attr + old,
			      sizeof(struct perf_event_attr) - old))
			return sizeof(struct perf_event_attr);
	return (uint32_t)old;
}

int kp_attr_encode(const struct perf_event_attr *attr, uint32_t size, struct kp_buf *out)
{
	struct perf_event_attr copy = *attr;

	copy.size = size;
	return kp_buf_add(out, &copy, size);
}

static int put_u32(struct kp_buf *out, uint32_t v)
{
	return kp_buf_add(out, &v, sizeof(v));
}

static int put_u64(struct kp_buf *out, uint64_t v)
{
	return kp_buf_add(out, &v, sizeof(v));
}

static int put_strn(struct kp_buf *out, const char *s, size_t len)
{
	static const char zeros[STRING_ALIGN];
	uint32_t padded = (uint32_t)((len + STRING_ALIGN) / STRING_ALIGN * STRING_ALIGN);

	if (put_u32(out, padded) || kp_buf_add(out, s, len))
		return -ENOMEM;
	return kp_buf_add(out, zeros, padded - len);
}

static int put_str(struct kp_buf *out, const char *s)
{
	return put_strn(out, s, strlen(s));
}

static int put_str_feat(struct kp_buf *out, const char *s)
{
	int err;

	if (!s || !*s)
		return 0;
	err = put_str(out, s);
	return err ? err : 1;
}

static int encode_nrcpus(const struct kp_meta *meta, struct kp_buf *out)
{
	/* perf 7.3 refuses a file that has more CPUs online than there are. */
	if (!meta->nr_cpus_avail || meta->nr_cpus_online > meta->nr_cpus_avail)
		return 0;
	return put_u32(out, meta->nr_cpus_avail) || put_u32(out, meta->nr_cpus_online) ? -ENOMEM
										       : 1;
}

static int encode_total_mem(const struct kp_meta *meta, struct kp_buf *out)
{
	return !meta->total_mem_kb ? 0 : put_u64(out, meta->total_mem_kb) ? -ENOMEM : 1;
}

/* The meta keeps the command line as one string; perf wants words. */
static int encode_cmdline(const struct kp_meta *meta, struct kp_buf *out)
{
	const char *at = meta->cmdline ? meta->cmdline + strspn(meta->cmdline, " ") : "";
	size_t len, nr_at = out->len;
	uint32_t nr = 0;

	if (!*at)
		return 0;
	if (put_u32(out, 0))
		return -ENOMEM;
	for (; *at; at += len + strspn(at + len, " ")) {
		len = strcspn(at, " ");
		if (put_strn(out, at, len))
			return -ENOMEM;
		nr++;
	}
	memcpy(out->data + nr_at, &nr, sizeof(nr));
	return 1;
}

static int encode_event_desc(const struct kp_meta *meta, struct kp_buf *out)
{
	uint32_t size = kp_attr_file_size(meta);
	const struct kp_attr *attr;

	if (!meta->nr_attrs)
		return 0;
	if (put_u32(out, meta->nr_attrs) || put_u32(out, size))
		return -ENOMEM;
	for (attr = meta->attrs; attr < meta->attrs + meta->nr_attrs; attr++)
		if (kp_attr_encode(&attr->attr, size, out) || put_u32(out, attr->nr_ids) ||
		    put_str(out, attr->name) ||
		    kp_buf_add(out, attr->ids, attr->nr_ids * sizeof(*attr->ids)))
			return -ENOMEM;
	return 1;
}

static int put_list(struct kp_buf *out, char *const *list, uint32_t nr)
{
	uint32_t i;
	int err = put_u32(out, nr);

	for (i = 0; i < nr && !err; i++)
		err = put_str(out, list[i]);
	return err;
}

static int encode_cpu_topology(const struct kp_meta *meta, struct kp_buf *out)
{
	const struct kp_topology *t = &meta->topology;
	uint32_t i;
	int err;

	/* perf reads one place for each available CPU, whatever else is in the section. */
	if (!t->nr_cpus || t->nr_cpus != meta->nr_cpus_avail)
		return 0;
	err = put_list(out, t->packages, t->nr_packages);
	if (!err)
		err = put_list(out, t->threads, t->nr_threads);
	for (i = 0; i < t->nr_cpus && !err; i++) {
		err = put_u32(out, t->cpus[i].core_id);
		if (!err)
			err = put_u32(out, t->cpus[i].socket_id);
	}
	if (!err && t->nr_dies)
		err = put_list(out, t->dies, t->nr_dies);
	for (i = 0; i < t->nr_cpus && !err && t->nr_dies; i++)
		err = put_u32(out, t->cpus[i].die_id);
	return err ? err : 1;
}

static int encode_pmu_mappings(const struct kp_meta *meta, struct kp_buf *out)
{
	uint32_t i;

	if (!meta->nr_pmus)
		return 0;
	if (put_u32(out, meta->nr_pmus))
		return -ENOMEM;
	for (i = 0; i < meta->nr_pmus; i++)
		if (put_u32(out, meta->pmus[i].type) || put_str(out, meta->pmus[i].name))
			return -ENOMEM;
	return 1;
}

static int encode_hybrid_topology(const struct kp_meta *meta, struct kp_buf *out)
{
	uint32_t i, nr = 0;

	for (i = 0; i < meta->nr_pmus; i++)
		nr += !!meta->pmus[i].cpus;
	if (!nr)
		return 0;
	if (put_u32(out, nr))
		return -ENOMEM;
	for (i = 0; i < meta->nr_pmus; i++)
		if (meta->pmus[i].cpus &&
		    (put_str(out, meta->pmus[i].name) || put_str(out, meta->pmus[i].cpus)))
			return -ENOMEM;
	return 1;
}

static int encode_sample_time(const struct kp_meta *meta, struct kp_buf *out)
{
	if (!meta->has_sample_time)
		return 0;
	return put_u64(out, meta->sample_first_ns) || put_u64(out, meta->sample_last_ns) ? -ENOMEM
											 : 1;
}

static int encode_clockid(const struct kp_meta *meta, struct kp_buf *out)
{
	return !meta->clockid_res_ns ? 0 : put_u64(out, meta->clockid_res_ns) ? -ENOMEM : 1;
}

static int encode_compressed(const struct kp_zstd_info *zstd, struct kp_buf *out)
{
	/* version, type (1: zstd), level, ratio, bytes a record may expand to */
	const uint32_t words[] = { 1, 1, zstd->level, zstd->ratio, zstd->chunk_size };

	return !zstd->level ? 0 : kp_buf_add(out, words, sizeof(words)) ? -ENOMEM : 1;
}

int kp_feat_encode(const struct kp_meta *meta, const struct kp_zstd_info *zstd, unsigned int feat,
		   struct kp_buf *out)
{
	switch (feat) {
	case KP_FEAT_HOSTNAME:
		return put_str_feat(out, meta->hostname);
	case KP_FEAT_OSRELEASE:
		return put_str_feat(out, meta->osrelease);
	case KP_FEAT_VERSION:
		return put_str_feat(out, meta->perf_version);
	case KP_FEAT_ARCH:
		return put_str_feat(out, meta->arch);
	case KP_FEAT_NRCPUS:
		return encode_nrcpus(meta, out);
	case KP_FEAT_CPUDESC:
		return put_str_feat(out, meta->cpudesc);
	case KP_FEAT_CPUID:
		return put_str_feat(out, meta->cpuid);
	case KP_FEAT_TOTAL_MEM:
		return encode_total_mem(meta, out);
	case KP_FEAT_CMDLINE:
		return encode_cmdline(meta, out);
	case KP_FEAT_EVENT_DESC:
		return encode_event_desc(meta, out);
	case KP_FEAT_CPU_TOPOLOGY:
		return encode_cpu_topology(meta, out);
	case KP_FEAT_PMU_MAPPINGS:
		return encode_pmu_mappings(meta, out);
	case KP_FEAT_HYBRID_TOPOLOGY:
		return encode_hybrid_topology(meta, out);
	case KP_FEAT_SAMPLE_TIME:
		return encode_sample_time(meta, out);
	case KP_FEAT_CLOCKID:
		return encode_clockid(meta, out);
	case KP_FEAT_COMPRESSED:
		return encode_compressed(zstd, out);
	default:
		return 0;
	}
}
