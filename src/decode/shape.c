// SPDX-License-Identifier: GPL-2.0-only
/*
 * shape.c - which tracepoints, as the recording has them, are of the few shapes that are decoded
 * in fewest steps. Once per tracepoint, and pure.
 */
#include "decoder.h"

/*
 * struct member - of struct kp_event; its field in the raw data has at least @least bytes and, if
 * @exact, no more
 */
struct member {
	uint8_t dst, dst_size, least;
	bool exact;
};

#define MEMBER(name, least, exact)                                                            \
	{                                                                                     \
		offsetof(struct kp_event, name), sizeof(((struct kp_event *)0)->name), least, \
			exact                                                                 \
	}

static const struct member members[KP_SHAPED_MEMBERS] = {
	[KP_SHAPED_CODE] = MEMBER(code, 4, false),
	[KP_SHAPED_EXTRA] = MEMBER(extra, 4, false),
	[KP_SHAPED_IP] = MEMBER(ip, 8, true),
	[KP_SHAPED_VALUE] = MEMBER(value, 8, true),
	[KP_SHAPED_VCPU] = MEMBER(vcpu, 4, true),
	[KP_SHAPED_ISA] = MEMBER(isa, 1, false),
	[KP_SHAPED_FLAGS] = MEMBER(flags, 1, false),
	[KP_SHAPED_SCRATCH] = MEMBER(reserved[0], 1, false),
};

#define BIT(member) KP_BIT(KP_SHAPED_##member)

/* struct shape - @filled: its members; @fixup: whether it has one */
struct shape {
	uint32_t filled;
	bool fixup;
};

static const struct shape shapes[KP_SHAPES] = {
	[KP_SHAPE_VCPU] = { BIT(VCPU), false },
	[KP_SHAPE_EXIT] = { BIT(CODE) | BIT(EXTRA) | BIT(ISA) | BIT(VCPU), false },
	[KP_SHAPE_IP] = { BIT(IP), false },
	[KP_SHAPE_TASKS] = { BIT(CODE) | BIT(EXTRA) | BIT(VALUE), false },
	[KP_SHAPE_PAIR] = { BIT(CODE) | BIT(EXTRA), true },
	[KP_SHAPE_NUMBER] = { BIT(CODE) | BIT(FLAGS), true },
	[KP_SHAPE_ACCESS] = { BIT(CODE) | BIT(VALUE) | BIT(FLAGS), true },
	[KP_SHAPE_MSR] = { BIT(CODE) | BIT(VALUE) | BIT(FLAGS) | BIT(SCRATCH), true },
};

static bool fits(const struct member *m, const struct kp_tp_op *op)
{
	return op->dst == m->dst && op->dst_size == m->dst_size && op->size >= m->least &&
	       (!m->exact || op->size == m->least);
}

enum kp_shape kp_tp_shape(const struct kp_tp_prog *prog, uint16_t at[KP_SHAPED_MEMBERS])
{
	const struct kp_tp_op *op;
	uint32_t filled = 0;
	unsigned int i;

	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		return KP_SHAPE_OTHER;
	for (op = prog->ops; op < prog->ops + prog->nr; op++) {
		for (i = 0; i < KP_SHAPED_MEMBERS && !fits(&members[i], op); i++)
			;
		if (i == KP_SHAPED_MEMBERS || (filled & KP_BIT(i)))
			return KP_SHAPE_OTHER;
		filled |= KP_BIT(i);
		at[i] = op->src;
	}
	for (i = KP_SHAPE_OTHER + 1; i < KP_SHAPES; i++)
		if (shapes[i].filled == filled && shapes[i].fixup == !!prog->fixup)
			return (enum kp_shape)i;
	return KP_SHAPE_OTHER;
}
