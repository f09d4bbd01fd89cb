/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * switch_events.h - sequences of register accesses as Linux 7.3 makes them at a switch of AMD's
 * mediated vPMU, for the tests of src/model/switch.c and what builds on it.
 */
#ifndef KP_TEST_SWITCH_EVENTS_H
#define KP_TEST_SWITCH_EVENTS_H

#include "model_events.h"

#define TID 42

/* struct seq - a CPU's events, one microsecond apart */
struct seq {
	struct kp_model *m;
	uint64_t now_ns;
	uint32_t cpu;
};

static inline void access_reg(struct seq *s, enum kp_kind kind, enum kp_pmu_part part,
			      uint64_t value)
{
	struct kp_event ev = event(kind, TID, s->now_ns += 1000);

	ev.cpu = s->cpu;
	ev.extra = part;
	ev.value = value;
	ev.valid |= KP_HAS_EXTRA | KP_HAS_VALUE | KP_HAS_CODE;
	add(s->m, ev);
}

static inline void wr(struct seq *s, enum kp_pmu_part part, uint64_t value)
{
	access_reg(s, KP_EV_HOST_WRMSR, part, value);
}

static inline void rd(struct seq *s, enum kp_pmu_part part)
{
	access_reg(s, KP_EV_HOST_RDMSR, part, 0);
}

static inline void rdpmc(struct seq *s, enum kp_pmu_part part)
{
	access_reg(s, KP_EV_HOST_RDPMC, part, 0);
}

static inline void enter(struct seq *s)
{
	add(s->m, on_cpu(ENTRY(TID, s->now_ns += 1000), s->cpu));
}

static inline void leave(struct seq *s)
{
	add(s->m, on_cpu(EXIT(TID, 1, s->now_ns += 1000), s->cpu));
}

/* perf takes its events away, or brings them back */
static inline void amd_host(struct seq *s)
{
	wr(s, KP_PMU_GLOBAL_CTRL_LOADED, 0);
	wr(s, KP_PMU_SELECTOR, 0x1300c0);
	rdpmc(s, KP_PMU_COUNTER);
	wr(s, KP_PMU_GLOBAL_CTRL_LOADED, 0x3f);
}

/* @changed counters of six differ from what the hardware has */
static inline void amd_load(struct seq *s, int changed)
{
	int i;

	wr(s, KP_PMU_GLOBAL_CTRL_LOADED, 0);
	for (i = 0; i < 6; i++) {
		rdpmc(s, KP_PMU_COUNTER);
		if (i < changed)
			wr(s, KP_PMU_COUNTER, 7);
		wr(s, KP_PMU_SELECTOR, 0);
	}
	rd(s, KP_PMU_STATUS);
	wr(s, KP_PMU_STATUS_SET, 0);
	wr(s, KP_PMU_GLOBAL_CTRL_LOADED, 0);
}

static inline void amd_put(struct seq *s, int used)
{
	int i;

	wr(s, KP_PMU_GLOBAL_CTRL_LOADED, 0);
	rd(s, KP_PMU_STATUS);
	for (i = 0; i < 6; i++) {
		rdpmc(s, KP_PMU_COUNTER);
		if (i < used) {
			wr(s, KP_PMU_COUNTER, 0);
			wr(s, KP_PMU_SELECTOR, 0);
		}
	}
}

static inline void leave_for(struct seq *s, uint32_t code)
{
	add(s->m, on_cpu(EXIT(TID, code, s->now_ns += 1000), s->cpu));
}

#endif
