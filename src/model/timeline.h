/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timeline.h - who held each CPU's counters, and when: guest and switching time in at most
 * KP_TIMELINE_SLICES slices of the recording. Whoever sees an interval adds it. Private to
 * src/model.
 */
#ifndef KP_MODEL_TIMELINE_H
#define KP_MODEL_TIMELINE_H

#include "analysis.h"

struct kp_timeline_cpu {
	uint64_t ns[KP_OWNED][KP_TIMELINE_SLICES];
};

/**
 * struct kp_timeline - slices of 2^@shift ns from @origin_ns on, which is set when @begun
 * @from_ns, @to_ns: the slice @slice, to which was added last; both 0: none
 */
struct kp_timeline {
	struct kp_model *m;
	uint64_t origin_ns;
	uint64_t from_ns, to_ns, slice;
	unsigned int shift;
	bool begun;
	KP_VEC(struct kp_timeline_cpu) cpus;
};

/** kp_timeline_spread - the general case of kp_timeline_add() */
int kp_timeline_spread(struct kp_timeline *t, uint32_t cpu, enum kp_owned by, uint64_t from_ns,
		       uint64_t to_ns);

/** kp_timeline_add - from @from_ns to @to_ns @cpu was owned by @by. 0 or -ENOMEM */
static inline int kp_timeline_add(struct kp_timeline *t, uint32_t cpu, enum kp_owned by,
				  uint64_t from_ns, uint64_t to_ns)
{
	/* as a rule it goes where the last one went */
	if (KP_LIKELY(from_ns >= t->from_ns && to_ns < t->to_ns && to_ns >= from_ns &&
		      cpu < t->cpus.nr)) {
		t->cpus.at[cpu].ns[by][t->slice] += to_ns - from_ns;
		return 0;
	}
	return kp_timeline_spread(t, cpu, by, from_ns, to_ns);
}

#endif
