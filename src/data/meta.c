// SPDX-License-Identifier: GPL-2.0-only
/*
 * meta.c - life of a struct kp_meta: attributes come in, strings are replaced, everything goes.
 * Touches only memory.
 */
#include <stdlib.h>
#include <string.h>

#include "data/meta.h"

static void attr_clear(struct kp_attr *attr)
{
	free(attr->ids);
	free(attr->name);
	free(attr->system);
	free(attr->event);
}

static void list_clear(char **list, uint32_t nr)
{
	uint32_t i;

	for (i = 0; i < nr; i++)
		free(list[i]);
	free(list);
}

void kp_topology_clear(struct kp_topology *t)
{
	list_clear(t->packages, t->nr_packages);
	list_clear(t->threads, t->nr_threads);
	list_clear(t->dies, t->nr_dies);
	free(t->cpus);
	*t = (struct kp_topology){ 0 };
}

void kp_meta_clear(struct kp_meta *meta)
{
	char **strings[] = { &meta->hostname, &meta->osrelease, &meta->perf_version, &meta->arch,
			     &meta->cpudesc,  &meta->cpuid,	&meta->cmdline };
	uint32_t i;

	for (i = 0; i < meta->nr_attrs; i++)
		attr_clear(&meta->attrs[i]);
	for (i = 0; i < meta->nr_pmus; i++) {
		free(meta->pmus[i].name);
		free(meta->pmus[i].cpus);
	}
	for (i = 0; i < KP_ARRAY_SIZE(strings); i++)
		free(*strings[i]);
	kp_topology_clear(&meta->topology);
	free(meta->attrs);
	free(meta->pmus);
	free(meta->tracing);
	*meta = (struct kp_meta){ 0 };
}

/* Grows at powers of two, so that nothing need remember the capacity. */
static int reserve_attr(struct kp_meta *meta)
{
	uint32_t nr = meta->nr_attrs;
	struct kp_attr *attrs;

	if (nr >= KP_ATTRS_MAX)
		return -E2BIG;
	if (nr & (nr - 1))
		return 0;
	attrs = realloc(meta->attrs, (nr ? 2 * (size_t)nr : 1) * sizeof(*attrs));
	if (!attrs)
		return -ENOMEM;
	meta->attrs = attrs;
	return 0;
}

int kp_meta_add_attr(struct kp_meta *meta, struct kp_meta_index *ix,
		     const struct perf_event_attr *attr, uint64_t *ids, uint32_t nr_ids)
{
	int err = reserve_attr(meta);

	if (!err && nr_ids && !kp_hash_get(&ix->attr_by_id, ids[0]))
		err = kp_hash_put(&ix->attr_by_id, ids[0], meta->nr_attrs);
	if (err) {
		free(ids);
		return err;
	}
	meta->attrs[meta->nr_attrs++] =
		(struct kp_attr){ .attr = *attr, .ids = ids, .nr_ids = nr_ids };
	meta->generation++;
	return 0;
}

void kp_meta_index_free(struct kp_meta_index *ix)
{
	kp_hash_free(&ix->attr_by_id);
	kp_hash_free(&ix->format_by_tp);
	kp_vec_free(&ix->formats);
}

int kp_meta_set_str(char **dst, const char *s)
{
	char *copy = strdup(s);

	if (!copy)
		return -ENOMEM;
	free(*dst);
	*dst = copy;
	return 0;
}
