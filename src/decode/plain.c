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
 * struct fill - a block being filled, with what it knows of its events at hand: @ev is the next to
 * be decoded
 */
struct fill {
	struct kp_block *b;
	struct kp_event *ev, *end;
	uint64_t newest_ns;
};

static KP_INLINE void fill_begin(struct fill *f, struct kp_block *b)
{
	*f = (struct fill){ .b = b,
			    .ev = &b->ev[b->nr],
			    .end = &b->ev[KP_BLOCK_EVENTS],
			    .newest_ns = b->newest_ns };
}

static KP_INLINE void fill_end(const struct fill *f)
{
	f->b->nr = (uint32_t)(f->ev - f->b->ev);
	f->b->newest_ns = f->newest_ns;
}

/* An event without a time, or one that is older than the one before. false: it breaks the block */
static __attribute__((noinline)) bool fill_add_odd(struct fill *f)
{
	fill_end(f);
	if (kp_block_breaks(f->b))
		return false;
	kp_block_add(f->b);
	fill_begin(f, f->b);
	return true;
}

static KP_INLINE bool fill_add(struct fill *f)
{
	if (KP_UNLIKELY(f->ev->time_ns < f->newest_ns || !f->ev->time_ns))
		return fill_add_odd(f);
	f->newest_ns = f->ev->time_ns;
	f->ev++;
	return true;
}

/* Samples of attrs that are told by an id; @s begins behind what was decoded. */
static size_t decode_ids(struct kp_decoder *dec, struct kp_stretch *s, struct kp_block *b,
			 bool *begun)
{
	const uint8_t *p = s->data, *end = p + s->size;
	const size_t id_at = dec->id_offset;
	const struct kp_attr_dec *a;
	struct perf_event_header h;
	struct fill f;
	size_t nr = 0;

	for (fill_begin(&f, b); f.ev < f.end && (size_t)(end - p) >= HDR; nr++) {
		memcpy(&h, p, HDR);
		if (KP_UNLIKELY(h.type != PERF_RECORD_SAMPLE || h.size < id_at + sizeof(uint64_t) ||
				h.size > (size_t)(end - p)))
			break;
		a = plain_attr(dec, kp_read_u64(p + id_at, false));
		if (KP_UNLIKELY(!a || !kp_plain_decode(a, p, h.size, h.misc,
						       s->offset + (uint64_t)(p - s->data), f.ev)))
			break;
		p += h.size;
		if (KP_UNLIKELY(!fill_add(&f))) {
			*begun = true;
			nr++;
			break;
		}
	}
	fill_end(&f);
	*s = (struct kp_stretch){ .data = p,
				  .size = (size_t)(end - p),
				  .offset = s->offset + (uint64_t)(p - s->data) };
	return nr;
}

size_t kp_decode_plain(struct kp_decoder *dec, struct kp_stretch *stretch, struct kp_block *b,
		       bool *begun)
{
	*begun = false;
	if (KP_UNLIKELY(dec->meta->generation != dec->generation || dec->swapped))
		return 0;
	/* recordings of a single event, which no id need tell, are not worth a loop of their own */
	if (KP_UNLIKELY(dec->nr_attrs < 2 || dec->id_offset == KP_NO_FIELD))
		return 0;
	return decode_ids(dec, stretch, b, begun);
}
