// SPDX-License-Identifier: GPL-2.0-only
/*
 * swbatch.c - samples of record --switch: a batch of exits (swbatch.h) as the events that
 * tracepoints would have made of them. Every byte is checked before it is read; nothing is
 * allocated.
 */
#include "decoder.h"
#include "swbatch.h"

#define AT(field)   (p + offsetof(struct kp_swbatch, field))
#define SLOT(field) (slot + offsetof(struct kp_swslot, field))

bool kp_swbatch_is(const struct kp_attr *attr)
{
	return attr->attr.type == PERF_TYPE_SOFTWARE &&
	       attr->attr.config == PERF_COUNT_SW_BPF_OUTPUT && attr->name &&
	       !strcmp(attr->name, KP_SWBATCH_EVENT);
}

/* What one slot needs of the whole, in the state that is kept between two events. */
static int begin(struct kp_decoder *dec, const uint8_t *p, uint32_t size,
		 const struct kp_event *sample)
{
	struct kp_swbatch_iter *it = &dec->batch;
	uint8_t slot_bytes;

	*it = (struct kp_swbatch_iter){ 0 };
	if (size < sizeof(struct kp_swbatch) || *AT(version) != KP_SWBATCH_VERSION)
		return -EBADMSG;
	slot_bytes = *AT(slot_bytes);
	it->left = *AT(nr);
	if (slot_bytes < sizeof(struct kp_swslot) ||
	    (uint32_t)it->left * slot_bytes > size - sizeof(struct kp_swbatch)) {
		it->left = 0;
		return -EBADMSG;
	}
	it->slot = p + sizeof(struct kp_swbatch);
	it->slot_bytes = slot_bytes;
	it->base_ns = kp_read_u64(AT(base_ns), dec->swapped);
	it->now_ns = kp_read_u64(AT(now_ns), dec->swapped);
	it->ev = *sample;
	it->ev.pid = kp_read_u32(AT(pid), dec->swapped);
	it->ev.tid = kp_read_u32(AT(tid), dec->swapped);
	it->ev.cpu = kp_read_u32(AT(cpu), dec->swapped);
	it->ev.vcpu = kp_read_u16(AT(vcpu), dec->swapped);
	it->ev.valid = (sample->valid & (KP_HAS_ATTR | KP_HAS_TIME)) | KP_HAS_TID | KP_HAS_CPU |
		       (it->ev.vcpu == KP_SWBATCH_NO_VCPU ? 0 : KP_HAS_VCPU);
	it->ev.flags = 0;
	it->ev.isa = *AT(isa) < KP_ISA_MAX ? *AT(isa) : KP_ISA_UNKNOWN;
	dec->probes.seen = true;
	dec->probes.how = *AT(how);
	dec->probes.pair_ns = kp_read_u16(AT(pair_ns), dec->swapped);
	dec->probes.full_ns = kp_read_u16(AT(full_ns), dec->swapped);
	return 0;
}

/* ---- a slot's events ---- */

static uint32_t less(uint32_t ns, uint32_t cost)
{
	return ns > cost ? ns - cost : 0;
}

static uint32_t slot_u32(const struct kp_decoder *dec, size_t at)
{
	return kp_read_u32(dec->batch.slot + at, dec->swapped);
}

#define U32(field) slot_u32(dec, offsetof(struct kp_swslot, field))

/* From the batch's own clock to the sample's: both tell the moment at which it was written. */
static void set_time(const struct kp_swbatch_iter *it, struct kp_event *ev, uint64_t at_ns)
{
	uint64_t ago = it->now_ns > at_ns ? it->now_ns - at_ns : 0;

	ev->time_ns = ev->time_ns > ago ? ev->time_ns - ago : 0;
	if (!ev->time_ns)
		ev->valid &= ~(uint32_t)KP_HAS_TIME;
}

static uint64_t exit_ns(const struct kp_decoder *dec, uint8_t flags)
{
	uint64_t end = dec->batch.base_ns + U32(end_ns);

	return flags & KP_SWSLOT_WINDOW ? end - U32(put_ns) - U32(exit_gap_ns) : end;
}

static void set_code(const struct kp_decoder *dec, struct kp_event *ev, uint8_t flags)
{
	if (!(flags & KP_SWSLOT_NO_CODE)) {
		ev->code = U32(code);
		ev->valid |= KP_HAS_CODE | (ev->isa == KP_ISA_UNKNOWN ? 0 : KP_HAS_ISA);
	}
	if (flags & KP_SWSLOT_NESTED) {
		ev->flags |= KP_F_NESTED;
		ev->valid |= KP_HAS_FLAGS;
	}
}

/* A load or put holds one whole probe besides its own two: that on perf's function in it. */
static uint64_t switch_ns(const struct kp_decoder *dec, uint32_t whole, uint32_t host)
{
	uint32_t pair = dec->raw_times ? 0 : dec->probes.pair_ns;
	uint32_t full = dec->raw_times ? 0 : dec->probes.full_ns;

	host = less(host, pair);
	return KP_SWITCH_NS(host, less(less(whole, pair + full), host));
}

static bool pmi_event(const struct kp_decoder *dec, struct kp_event *ev, uint8_t n,
		      enum kp_pmi_hop hop, uint8_t flags)
{
	uint64_t at = exit_ns(dec, flags), run = U32(run_ns);

	if (!n)
		return false;
	ev->kind = KP_EV_PMI;
	ev->code = hop;
	ev->value = n;
	ev->valid |= KP_HAS_CODE | KP_HAS_VALUE;
	/* before the entry, which tells no better */
	set_time(&dec->batch, ev, at - (flags & KP_SWSLOT_LONG ? run << 10 : run));
	return true;
}

static bool entry_event(const struct kp_decoder *dec, struct kp_event *ev, uint8_t flags)
{
	uint64_t run = U32(run_ns);

	if (flags & KP_SWSLOT_NO_EXIT || dec->has_kvm_exits)
		return false;
	ev->kind = KP_EV_ENTRY;
	set_time(&dec->batch, ev, exit_ns(dec, flags) - (flags & KP_SWSLOT_LONG ? run << 10 : run));
	return true;
}

static bool exit_event(const struct kp_decoder *dec, struct kp_event *ev, uint8_t flags)
{
	if (flags & KP_SWSLOT_NO_EXIT || dec->has_kvm_exits)
		return false;
	ev->kind = KP_EV_EXIT;
	set_code(dec, ev, flags);
	set_time(&dec->batch, ev, exit_ns(dec, flags));
	return true;
}

/* Between an exit and the next entry lie the probes of a put and of a load, three each. */
#define PROBES_BETWEEN 6

static uint64_t probes_ns(const struct kp_decoder *dec)
{
	if (dec->raw_times)
		return 0;
	return dec->probes.pair_ns + PROBES_BETWEEN * (uint64_t)dec->probes.full_ns;
}

static bool switch_event(const struct kp_decoder *dec, struct kp_event *ev, uint8_t flags)
{
	if (!(flags & KP_SWSLOT_WINDOW))
		return false;
	ev->kind = KP_EV_SWITCH;
	set_code(dec, ev, flags);
	ev->value = switch_ns(dec, U32(load_ns), U32(out_ns));
	ev->value2 = switch_ns(dec, U32(put_ns), U32(in_ns));
	ev->extra = dec->batch.slot[offsetof(struct kp_swslot, entries)];
	ev->period = probes_ns(dec);
	ev->valid |= KP_HAS_VALUE | KP_HAS_VALUE2 | KP_HAS_EXTRA | KP_HAS_PERIOD;
	set_time(&dec->batch, ev, dec->batch.base_ns + U32(end_ns));
	return true;
}

static bool slot_event(const struct kp_decoder *dec, unsigned int step, struct kp_event *ev)
{
	const uint8_t *slot = dec->batch.slot;

	switch (step) {
	case 0:
		return pmi_event(dec, ev, *SLOT(raised), KP_PMI_RAISED, *SLOT(flags));
	case 1:
		return pmi_event(dec, ev, *SLOT(delivered), KP_PMI_DELIVERED, *SLOT(flags));
	case 2:
		return entry_event(dec, ev, *SLOT(flags));
	case 3:
		return exit_event(dec, ev, *SLOT(flags));
	default:
		return switch_event(dec, ev, *SLOT(flags));
	}
}

#define STEPS 5

int kp_decode_more(struct kp_decoder *dec, struct kp_event *ev)
{
	struct kp_swbatch_iter *it = &dec->batch;

	for (; it->left; it->left--, it->slot += it->slot_bytes, it->step = 0) {
		while (it->step < STEPS) {
			*ev = it->ev;
			if (slot_event(dec, it->step++, ev))
				return 1;
		}
	}
	return 0;
}

int kp_swbatch_decode(struct kp_decoder *dec, const struct kp_layout *lay, const struct kp_raw *raw,
		      struct kp_event *ev)
{
	const uint8_t *data;
	uint32_t size;
	int err = kp_record_raw(dec, lay, raw, &data, &size);

	if (!err)
		err = begin(dec, data, size, ev);
	if (err)
		return err;
	return kp_decode_more(dec, ev) ? KP_DECODE_MORE : KP_DECODE_NONE;
}

void kp_decoder_raw_times(struct kp_decoder *dec)
{
	dec->raw_times = true;
}

const struct kp_decode_probes *kp_decoder_probes(const struct kp_decoder *dec)
{
	return dec->probes.seen ? &dec->probes : NULL;
}
