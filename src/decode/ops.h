/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ops.h - the innermost of decoding: a tracepoint's compiled fields out of raw data, and whole
 * samples of the plain kind. For record.c and plain.c, which are to inline it.
 */
#ifndef KP_DECODE_OPS_H
#define KP_DECODE_OPS_H

#include "decoder.h"

static inline void kp_set_time(struct kp_event *ev, uint64_t time)
{
	/* Synthesized records carry 0 or all ones: no time (tools/perf/util/ordered-events.c). */
	if (KP_UNLIKELY(time == 0 || time == UINT64_MAX))
		return;
	ev->time_ns = time;
	ev->valid |= KP_HAS_TIME;
}

/* ---- fields of a tracepoint ---- */

static inline uint64_t kp_op_load_swapped(const struct kp_tp_op *op, const uint8_t *data,
					  bool swapped)
{
	const uint8_t *p = data + op->src;
	uint64_t v;

	switch (op->size) {
	case 1:
		return op->is_signed ? (uint64_t)(int8_t)*p : *p;
	case 2:
		v = kp_read_u16(p, swapped);
		return op->is_signed ? (uint64_t)(int16_t)v : v;
	case 4:
		v = kp_read_u32(p, swapped);
		return op->is_signed ? (uint64_t)(int32_t)v : v;
	default:
		return kp_read_u64(p, swapped);
	}
}

/*
 * Little-endian data: one load, without a branch on the field's size. It lies within the record,
 * whose header comes before the raw data.
 */
static KP_INLINE uint64_t kp_op_load(const struct kp_tp_op *op, const uint8_t *data)
{
	return kp_read_u64(data + op->back, false) >> op->shift;
}

static KP_INLINE uint64_t kp_op_load_any(const struct kp_tp_op *op, const uint8_t *data,
					 bool swapped)
{
	if (swapped || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		return kp_op_load_swapped(op, data, swapped);
	if (op->is_signed)
		return (uint64_t)((int64_t)kp_read_u64(data + op->back, false) >> op->shift);
	return kp_op_load(op, data);
}

/* No vCPU has an id of more than 16 bits: unknown rather than another one's. */
static KP_INLINE void kp_op_store_u16(const struct kp_tp_op *op, struct kp_event *ev, uint64_t v)
{
	if (KP_UNLIKELY(v > UINT16_MAX))
		ev->valid &= ~op->valid;
	else
		memcpy((uint8_t *)ev + op->dst, &(uint16_t){ (uint16_t)v }, 2);
}

static inline void kp_op_store_any(const struct kp_tp_op *op, struct kp_event *ev, uint64_t v)
{
	uint8_t *p = (uint8_t *)ev + op->dst;

	switch (op->dst_size) {
	case 1:
		*p = (uint8_t)v;
		break;
	case 2:
		kp_op_store_u16(op, ev, v);
		break;
	case 4:
		memcpy(p, &(uint32_t){ (uint32_t)v }, 4);
		break;
	default:
		memcpy(p, &v, 8);
	}
}

/*
 * Ops from form @from on. @ev has prog->valid already: what does not hold is taken away. They store
 * nothing but their own member.
 */
static KP_INLINE void kp_run_ops(const struct kp_tp_prog *prog, enum kp_tp_form from,
				 const uint8_t *data, struct kp_event *ev, bool swapped)
{
	const struct kp_tp_op *op = prog->ops + (from ? prog->end[from - 1] : 0);
	const struct kp_tp_op *end = prog->ops + prog->nr;

	for (; KP_UNLIKELY(op != end); op++)
		kp_op_store_any(op, ev, kp_op_load_any(op, data, swapped));
}

#define KP_PLAIN_STORES (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

/* KP_FORM_PLAIN. Behind each member zeros are stored: what is there must not be set yet. */
static KP_INLINE void kp_run_plain_ops(const struct kp_tp_prog *prog, const uint8_t *data,
				       struct kp_event *ev)
{
	const struct kp_tp_op *op = prog->ops, *end = op + prog->end[KP_FORM_PLAIN];

	for (; KP_LIKELY(op < end); op++)
		memcpy((uint8_t *)ev + op->dst, &(uint64_t){ kp_op_load(op, data) }, 8);
}

static KP_INLINE void kp_run_u16_ops(const struct kp_tp_prog *prog, const uint8_t *data,
				     struct kp_event *ev)
{
	const struct kp_tp_op *op = prog->ops + prog->end[KP_FORM_PLAIN];
	const struct kp_tp_op *end = prog->ops + prog->end[KP_FORM_U16];

	for (; op < end; op++)
		kp_op_store_u16(op, ev, kp_op_load(op, data));
}

static KP_INLINE void kp_finish_prog(const struct kp_tp_prog *prog, struct kp_event *ev)
{
	if (prog->fixup) {
		prog->fixup(ev);
		memset(ev->reserved, 0, sizeof(ev->reserved));
	}
	if (KP_UNLIKELY(ev->isa >= KP_ISA_MAX)) {
		ev->isa = KP_ISA_UNKNOWN;
		ev->valid &= ~(uint32_t)KP_HAS_ISA;
	}
}

/* ---- plain samples ---- */

typedef uint64_t kp_pair __attribute__((vector_size(16), aligned(8), may_alias));

/* By hand: compilers make a string instruction of it, which costs more than the rest. */
static KP_INLINE void kp_clear_event(struct kp_event *ev)
{
	kp_pair *p = (kp_pair *)ev;

	_Static_assert(sizeof(*ev) == 5 * sizeof(kp_pair) + sizeof(uint64_t),
		       "all of it is cleared");
	p[0] = p[1] = p[2] = p[3] = p[4] = (kp_pair){ 0, 0 };
	memset(&p[5], 0, sizeof(uint64_t));
}

/* What nearly all recordings have, for the offsets to be constants where it is known which one. */
static const struct kp_layout kp_plain_layouts[] = {
	/* perf record: PERF_SAMPLE_IDENTIFIER, IP, TID, TIME, CPU, PERIOD */
	[KP_PLAIN_PERF] = { .tid = 24, .time = 32, .cpu = 40, .period = 48, .fixed_end = 56 },
	/* kvmpmu record: IDENTIFIER, TID, TIME, CPU */
	[KP_PLAIN_OWN] = { .tid = 16,
			   .time = 24,
			   .cpu = 32,
			   .period = KP_NO_FIELD,
			   .fixed_end = 40 },
};

/* What a sample keeps at fixed places, and what its attr says. */
static KP_INLINE void kp_plain_fixed(const struct kp_attr_dec *a, const uint8_t *p,
				     struct kp_event *ev)
{
	const struct kp_layout *lay = &a->layout;

	ev->valid = a->shaped.base.valid & ~(uint32_t)KP_HAS_TIME;
	kp_set_time(ev, kp_read_u64(p + lay->time, false));
	ev->pid = kp_read_u32(p + lay->tid, false);
	ev->tid = kp_read_u32(p + lay->tid + 4, false);
	ev->cpu = kp_read_u32(p + lay->cpu, false);
	ev->period = lay->period != KP_NO_FIELD ? kp_read_u64(p + lay->period, false) : a->period;
	ev->kind = a->prog.kind;
	ev->attr = a->index;
}

/* The raw data of a plain sample; NULL: it is damaged */
static KP_INLINE const uint8_t *kp_plain_raw(const struct kp_shaped *sh,
					     const struct kp_layout *lay, const uint8_t *p,
					     uint32_t size)
{
	const uint8_t *raw = p + lay->fixed_end;

	/* the second also says no to a size below @raw_min: it wraps */
	if (KP_UNLIKELY(size < sh->min || kp_read_u32(raw, false) - sh->raw_min > size - sh->min))
		return NULL;
	return raw + sizeof(uint32_t);
}

/**
 * kp_plain_decode - a sample at @p of @size bytes, whose attr is plain (struct kp_attr_dec); does
 * what record.c does for any sample. false: it is damaged
 */
static KP_INLINE bool kp_plain_decode(const struct kp_attr_dec *a, const uint8_t *p, uint32_t size,
				      uint16_t misc, uint64_t offset, struct kp_event *ev)
{
	const uint8_t *data = kp_plain_raw(&a->shaped, &a->layout, p, size);

	if (KP_UNLIKELY(!data))
		return false;
	kp_clear_event(ev);
	ev->isa = a->prog.isa;
	if (KP_PLAIN_STORES)
		kp_run_plain_ops(&a->prog, data, ev);
	ev->offset = offset;
	ev->mode = kp_event_mode(misc);
	kp_plain_fixed(a, p, ev);
	if (KP_PLAIN_STORES)
		kp_run_u16_ops(&a->prog, data, ev);
	kp_run_ops(&a->prog, KP_PLAIN_STORES ? KP_FORM_ANY : 0, data, ev, false);
	kp_finish_prog(&a->prog, ev);
	return true;
}

/* ---- plain samples of a shape ---- */

/* false: the value is not one of the member's */
static KP_INLINE bool kp_shaped_vcpu(const struct kp_shaped *sh, const uint8_t *data,
				     struct kp_event *ev)
{
	const uint32_t vcpu = kp_read_u32(data + sh->at[KP_SHAPED_VCPU], false);

	ev->vcpu = (uint16_t)vcpu;
	return KP_LIKELY(vcpu <= UINT16_MAX);
}

static KP_INLINE void kp_shaped_code(const struct kp_shaped *sh, const uint8_t *data,
				     struct kp_event *ev)
{
	ev->code = kp_read_u32(data + sh->at[KP_SHAPED_CODE], false);
}

static KP_INLINE void kp_shaped_pair(const struct kp_shaped *sh, const uint8_t *data,
				     struct kp_event *ev)
{
	kp_shaped_code(sh, data, ev);
	ev->extra = kp_read_u32(data + sh->at[KP_SHAPED_EXTRA], false);
}

static KP_INLINE void kp_shaped_value(const struct kp_shaped *sh, const uint8_t *data,
				      struct kp_event *ev)
{
	ev->value = kp_read_u64(data + sh->at[KP_SHAPED_VALUE], false);
}

static KP_INLINE bool kp_shaped_exit(const struct kp_shaped *sh, const uint8_t *data,
				     struct kp_event *ev)
{
	kp_shaped_pair(sh, data, ev);
	ev->isa = data[sh->at[KP_SHAPED_ISA]];
	return kp_shaped_vcpu(sh, data, ev) && KP_LIKELY(ev->isa < KP_ISA_MAX);
}

static KP_INLINE void kp_shaped_number(const struct kp_shaped *sh, const uint8_t *data,
				       struct kp_event *ev)
{
	kp_shaped_code(sh, data, ev);
	ev->flags = data[sh->at[KP_SHAPED_FLAGS]];
}

static KP_INLINE void kp_shaped_access(const struct kp_shaped *sh, const uint8_t *data,
				       struct kp_event *ev)
{
	kp_shaped_number(sh, data, ev);
	kp_shaped_value(sh, data, ev);
}

static KP_INLINE bool kp_shaped_fields(const struct kp_shaped *sh, const uint8_t *data,
				       struct kp_event *ev)
{
	switch (sh->shape) {
	case KP_SHAPE_OTHER:
		return false;
	case KP_SHAPE_VCPU:
		return kp_shaped_vcpu(sh, data, ev);
	case KP_SHAPE_EXIT:
		return kp_shaped_exit(sh, data, ev);
	case KP_SHAPE_IP:
		ev->ip = kp_read_u64(data + sh->at[KP_SHAPED_IP], false);
		return true;
	case KP_SHAPE_TASKS:
		kp_shaped_pair(sh, data, ev);
		kp_shaped_value(sh, data, ev);
		return true;
	case KP_SHAPE_PAIR:
		kp_shaped_pair(sh, data, ev);
		sh->fixup(ev);
		return true;
	case KP_SHAPE_NUMBER:
		kp_shaped_number(sh, data, ev);
		sh->fixup(ev);
		return true;
	case KP_SHAPE_ACCESS:
		kp_shaped_access(sh, data, ev);
		sh->fixup(ev);
		return true;
	case KP_SHAPE_MSR:
		kp_shaped_access(sh, data, ev);
		ev->reserved[0] = data[sh->at[KP_SHAPED_SCRATCH]];
		sh->fixup(ev);
		ev->reserved[0] = 0;
		return true;
	case KP_SHAPES:
		break;
	}
	__builtin_unreachable();
}

/* What events of all shapes have, but for time and offset; the tail is that of sh->base. */
static KP_INLINE void kp_shaped_fixed(const struct kp_shaped *sh, const struct kp_layout *lay,
				      const uint8_t *p, struct kp_event *ev)
{
	const size_t tail = offsetof(struct kp_event, code);

	_Static_assert(offsetof(struct kp_event, tid) == offsetof(struct kp_event, pid) + 4,
		       "both at once, as they lie in the sample");
	_Static_assert(sizeof(*ev) == offsetof(struct kp_event, code) + 3 * sizeof(uint64_t),
		       "the tail in three pieces");
	ev->ip = ev->value = ev->value2 = 0;
	ev->period =
		lay->period != KP_NO_FIELD ? kp_read_u64(p + lay->period, false) : sh->base.period;
	ev->valid = sh->base.valid;
	memcpy(&ev->pid, p + lay->tid, sizeof(uint64_t));
	ev->cpu = kp_read_u32(p + lay->cpu, false);
	*(kp_pair *)((char *)ev + tail) = *(const kp_pair *)((const char *)&sh->base + tail);
	memset((char *)ev + tail + sizeof(kp_pair), 0, sizeof(uint64_t));
}

/**
 * kp_shaped_decode - kp_plain_decode() in few steps, of a sample laid out as @lay, all but
 * ev->time_ns, which is known to be right. false: it has no shape, is damaged, or has a value that
 * its event cannot hold: @ev is not set
 */
static KP_INLINE bool kp_shaped_decode(const struct kp_shaped *sh, const struct kp_layout *lay,
				       const uint8_t *p, uint32_t size, uint16_t misc,
				       struct kp_event *ev)
{
	const uint8_t *data = kp_plain_raw(sh, lay, p, size);

	if (KP_UNLIKELY(!data))
		return false;
	kp_shaped_fixed(sh, lay, p, ev);
	ev->mode = kp_event_mode(misc);
	return kp_shaped_fields(sh, data, ev);
}

#endif
