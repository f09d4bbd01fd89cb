// SPDX-License-Identifier: GPL-2.0-only
/*
 * plain.c - many samples at a time, of the kind that nearly all samples of nearly all recordings
 * are. What it does not take, record.c does, and says what is wrong with it.
 */
#include "ops.h"

#define HDR sizeof(struct perf_event_header)

/* Its attr when that is plain, else NULL */
static __attribute__((noinline)) const struct kp_attr_dec *look_up(struct kp_decoder *dec,
								   uint64_t id)
{
	const struct kp_recent_id *recent = &dec->recent[id % KP_RECENT_IDS];

	if (recent->id != id || !recent->attr1)
		kp_decoder_attr_of_id(dec, id);
	return recent->id == id ? recent->plain : NULL;
}

static KP_INLINE const struct kp_attr_dec *plain_attr(struct kp_decoder *dec, uint64_t id)
{
	const struct kp_recent_id *recent = &dec->recent[id % KP_RECENT_IDS];

	return KP_LIKELY(recent->id == id && recent->plain) ? recent->plain : look_up(dec, id);
}

/*
 * What is not of a shape, or is but for something out of the ordinary. 1: b->ev[b->nr - 1] is its
 * event, 0: b->ev[b->nr] is, but breaks the block; -1: that is for kp_decode() to see
 */
static __attribute__((noinline)) int decode_other(const struct kp_attr_dec *a, const uint8_t *p,
						  uint64_t offset, struct kp_block *b)
{
	struct perf_event_header h;

	memcpy(&h, p, HDR);
	if (!kp_plain_decode(a, p, h.size, h.misc, offset, &b->ev[b->nr]))
		return -1;
	if (kp_block_breaks(b))
		return 0;
	kp_block_add(b);
	return 1;
}

/*
 * Samples of attrs that are told by an id at @id_at, laid out as @lay; @s begins behind what was
 * decoded. Inlined where those are known. Returns whether an event breaks the block
 */
static KP_INLINE bool decode_ids(struct kp_decoder *dec, const struct kp_layout *lay, size_t id_at,
				 struct kp_stretch *s, struct kp_block *b)
{
	const uint8_t *p = s->data, *const end = p + s->size;
	const uint64_t offset = s->offset - (uintptr_t)p;
	const size_t need = kp_max_u64(kp_max_u64(id_at, lay->time) + sizeof(uint64_t), HDR);
	struct kp_event *ev = &b->ev[b->nr], *const ev_end = &b->ev[KP_BLOCK_EVENTS];
	uint64_t newest_ns = b->newest_ns, time_ns;
	const struct kp_attr_dec *a;
	struct perf_event_header h;
	int ret = 1;

	for (; ev < ev_end && (size_t)(end - p) >= need; p += h.size) {
		memcpy(&h, p, HDR);
		if (KP_UNLIKELY(h.type != PERF_RECORD_SAMPLE || h.size > (size_t)(end - p)))
			break;
		a = plain_attr(dec, kp_read_u64(p + id_at, false));
		if (KP_UNLIKELY(!a))
			break;
		time_ns = kp_read_u64(p + lay->time, false);
		ev->time_ns = time_ns;
		ev->offset = offset + (uintptr_t)p;
		if (KP_LIKELY(time_ns >= newest_ns && time_ns + 1 > 1 &&
			      kp_shaped_decode(&a->shaped, lay, p, h.size, h.misc, ev))) {
			newest_ns = time_ns;
			ev++;
			continue;
		}
		b->nr = (uint32_t)(ev - b->ev);
		b->newest_ns = newest_ns;
		ret = decode_other(a, p, offset + (uintptr_t)p, b);
		if (ret < 0)
			break;
		ev = &b->ev[b->nr];
		newest_ns = b->newest_ns;
		if (!ret) {
			p += h.size;
			break;
		}
	}
	b->nr = (uint32_t)(ev - b->ev);
	b->newest_ns = newest_ns;
	*s = (struct kp_stretch){ .data = p,
				  .size = (size_t)(end - p),
				  .offset = offset + (uintptr_t)p };
	return !ret;
}

size_t kp_decode_plain(struct kp_decoder *dec, struct kp_stretch *stretch, struct kp_block *b,
		       bool *begun)
{
	const uint32_t before = b->nr;

	*begun = false;
	if (KP_UNLIKELY(dec->meta->generation != dec->generation || dec->swapped))
		return 0;
	/* recordings of a single event, which no id need tell, are not worth a loop of their own */
	if (KP_UNLIKELY(dec->nr_attrs < 2 || dec->id_offset == KP_NO_FIELD))
		return 0;
	if (KP_UNLIKELY(dec->stretch == KP_PLAIN_NOT))
		return 0;
	/* perf and kvmpmu put the id first */
	if (dec->stretch == KP_PLAIN_PERF && dec->id_offset == HDR)
		*begun = decode_ids(dec, &kp_plain_layouts[KP_PLAIN_PERF], HDR, stretch, b);
	else if (dec->stretch == KP_PLAIN_OWN && dec->id_offset == HDR)
		*begun = decode_ids(dec, &kp_plain_layouts[KP_PLAIN_OWN], HDR, stretch, b);
	else
		*begun = decode_ids(dec, &dec->stretch_layout, dec->id_offset, stretch, b);
	return b->nr - before + *begun;
}
