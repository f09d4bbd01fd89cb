/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * meta.h - filling a struct kp_meta from what a perf.data says: attributes, features, tracing data,
 * names. Private to src/data. None of these allocate more than the bytes they are given justify.
 */
#ifndef KP_DATA_META_H
#define KP_DATA_META_H

#include "data/cursor.h"
#include "data/format.h"
#include "lib/hash.h"
#include "lib/vec.h"
#include "source.h"

/**
 * kp_attr_decode - a perf_event_attr as recorded, of any size from 64, into this build's struct
 * @bytes, @size: as recorded; what is longer than the struct is dropped, what is shorter is zero
 * @swap: recorded in the other byte order; the flag bits are laid out from the other end then
 *
 * Sets attr.size to the recorded size, at most sizeof(*out).
 */
void kp_attr_decode(const void *bytes, size_t size, bool swap, struct perf_event_attr *out);

/** kp_attr_bytes_size - attr.size of recorded bytes (at least 64 of them); 64 where it is 0 */
uint32_t kp_attr_bytes_size(const void *bytes, bool swap);

/** struct kp_tp_format - an event format inside kp_meta.tracing, borrowed from there */
struct kp_tp_format {
	const char *system;
	const char *text;
	size_t len;
};

/**
 * struct kp_meta_index - look-ups that keep work linear in the input, whatever it says
 * @attr_by_id: first id of an attribute -> its index. perf names events by their first id
 * @format_by_tp: tracepoint id -> index of @formats
 * @named: attributes before this one have their final names
 */
struct kp_meta_index {
	struct kp_hash attr_by_id;
	struct kp_hash format_by_tp;
	KP_VEC(struct kp_tp_format) formats;
	uint32_t named;
};

void kp_meta_index_free(struct kp_meta_index *ix);

/** kp_meta_add_attr - append; takes @ids (malloc'd), freed on error too. 0, -ENOMEM, -E2BIG */
int kp_meta_add_attr(struct kp_meta *meta, struct kp_meta_index *ix,
		     const struct perf_event_attr *attr, uint64_t *ids, uint32_t nr_ids);

/** kp_meta_set_str - replace *@dst by a copy of @s; 0 or -ENOMEM */
int kp_meta_set_str(char **dst, const char *s);

/** kp_meta_set_irqs - if an event's unit is that of kp_writer_irqs(), what it says (irqs.c) */
void kp_meta_set_irqs(struct kp_meta *meta, const char *unit);

/** kp_topology_clear - free everything in @t and zero it */
void kp_topology_clear(struct kp_topology *t);

/** kp_meta_has_feat, kp_meta_set_feat - the bitmap kp_meta.features */
static inline bool kp_meta_has_feat(const struct kp_meta *meta, unsigned int feat)
{
	return feat < KP_FEAT_NR && meta->features[feat / 64] >> feat % 64 & 1;
}

static inline void kp_meta_set_feat(struct kp_meta *meta, unsigned int feat)
{
	if (feat < KP_FEAT_NR)
		meta->features[feat / 64] |= KP_BIT64(feat % 64);
}

/** kp_feat_wanted - whether kp_feat_decode() would look into this feature */
bool kp_feat_wanted(unsigned int feat);

/**
 * kp_feat_decode - one feature section into @meta
 * Return: 0 (also for one that is not looked into), -EBADMSG damaged (what was understood is kept),
 * -ENOMEM.
 */
int kp_feat_decode(struct kp_meta *meta, struct kp_meta_index *ix, unsigned int feat,
		   const void *data, size_t size);

/**
 * kp_meta_set_tracing - takes @data (malloc'd), freed on error too; learns byte order, long size
 * and which formats there are. 0; -ENOMEM; -EBADMSG damaged (what was understood is kept)
 */
int kp_meta_set_tracing(struct kp_meta *meta, struct kp_meta_index *ix, void *data, size_t size);

/**
 * kp_meta_finish_names - name every attribute added since the last call: the tracepoint's by the
 * tracing data, the generic event's, or one made up; and tracepoints their system and event.
 * 0 or -ENOMEM
 */
int kp_meta_finish_names(struct kp_meta *meta, struct kp_meta_index *ix);

/**
 * kp_tracing_for_each - walk the event formats of a tracing data blob (trace-cmd's layout, version
 * 0.5 and 0.6 as perf writes it)
 * @fn: called with the system, and the format text (not NUL-terminated); nonzero ends the walk
 *
 * Return: 0, what @fn returned, or -EBADMSG where the blob is damaged (after calls for what came
 * before).
 */
int kp_tracing_for_each(const void *data, size_t size,
			int (*fn)(void *ctx, const char *system, const char *format, size_t len),
			void *ctx);

#endif
