/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pmi_events.h - what KVM's tracepoints show of a guest's PMIs, one vCPU's events in order, for the
 * tests of src/model/pmi.c.
 */
#ifndef KP_TEST_PMI_EVENTS_H
#define KP_TEST_PMI_EVENTS_H

#include "model_events.h"

#define TID	 40 /* vCPU 0 */
#define HANDLER	 0xffffffff81001000ull
#define NMI_MODE 4
#define VECTOR	 0x21

/* struct seq - one vCPU's events on one CPU, a microsecond apart */
struct seq {
	struct kp_model *m;
	uint64_t now_ns;
	bool intel;
};

static inline struct kp_event next(struct seq *s, enum kp_kind kind)
{
	return event(kind, TID, s->now_ns += 1000);
}

static inline void reg(struct seq *s, enum kp_kind kind, enum kp_pmu_part part, uint64_t value)
{
	struct kp_event ev = next(s, kind);

	ev.extra = part;
	ev.value = value;
	ev.code = part == KP_PMU_STATUS ? (s->intel ? 0x38e : 0xc0000300) : 1;
	ev.valid |= KP_HAS_EXTRA | KP_HAS_VALUE | KP_HAS_CODE;
	add(s->m, ev);
}

static inline void guest_wrmsr(struct seq *s, enum kp_pmu_part part, uint64_t index, uint64_t value)
{
	struct kp_event ev = next(s, KP_EV_MSR);

	ev.extra = part;
	ev.value = value;
	ev.value2 = index;
	ev.code = 1;
	ev.flags = KP_F_WRITE;
	ev.valid |= KP_HAS_EXTRA | KP_HAS_VALUE | KP_HAS_VALUE2 | KP_HAS_CODE | KP_HAS_FLAGS;
	add(s->m, ev);
}

static inline void guest_mmio(struct seq *s, uint64_t gpa, uint64_t value, uint8_t flags)
{
	struct kp_event ev = next(s, KP_EV_MMIO);

	ev.value = gpa;
	ev.value2 = value;
	ev.extra = 4;
	ev.flags = flags;
	ev.valid |= KP_HAS_EXTRA | KP_HAS_VALUE | KP_HAS_VALUE2 | KP_HAS_FLAGS;
	add(s->m, ev);
}

static inline void enter(struct seq *s)
{
	add(s->m, ENTRY(TID, s->now_ns += 1000));
}

static inline void load_and_enter(struct seq *s)
{
	reg(s, KP_EV_HOST_WRMSR, s->intel ? KP_PMU_GLOBAL_CTRL : KP_PMU_GLOBAL_CTRL_LOADED, 0);
	reg(s, KP_EV_HOST_RDPMC, KP_PMU_COUNTER, 0);
	reg(s, KP_EV_HOST_WRMSR, KP_PMU_SELECTOR, 0);
	if (s->intel) {
		reg(s, KP_EV_HOST_WRMSR, KP_PMU_FIXED_CTRL, 0);
	} else {
		reg(s, KP_EV_HOST_WRMSR, KP_PMU_STATUS_SET, 0);
		reg(s, KP_EV_HOST_WRMSR, KP_PMU_GLOBAL_CTRL_LOADED, 0);
	}
	enter(s);
}

static inline void leave(struct seq *s, uint32_t code, uint32_t intr_info)
{
	struct kp_event ev =
		exit_of(TID, code, s->now_ns += 1000, s->intel ? KP_ISA_VMX : KP_ISA_SVM);

	ev.extra = intr_info;
	ev.valid |= KP_HAS_EXTRA;
	add(s->m, ev);
}

static inline void put(struct seq *s, uint64_t status)
{
	if (!s->intel)
		reg(s, KP_EV_HOST_WRMSR, KP_PMU_GLOBAL_CTRL_LOADED, 0);
	reg(s, KP_EV_HOST_RDMSR, KP_PMU_STATUS, status);
	reg(s, KP_EV_HOST_RDPMC, KP_PMU_COUNTER, 0);
}

/* A window that ends with @status; on Intel overflows leave for vector 0xf5. */
static inline void window(struct seq *s, uint64_t status, bool pmi)
{
	load_and_enter(s);
	if (s->intel)
		leave(s, 1, 0x80000000 | (pmi ? 0xf5 : 0xec));
	else
		leave(s, 0x60, 0);
	put(s, status);
}

static inline void accept(struct seq *s, uint32_t vector, uint32_t mode)
{
	struct kp_event ev = next(s, KP_EV_APIC_ACCEPT);

	ev.code = vector;
	ev.value = mode;
	ev.valid |= KP_HAS_CODE | KP_HAS_VALUE | KP_HAS_EXTRA;
	add(s->m, ev);
}

static inline void inject(struct seq *s, uint32_t vector)
{
	struct kp_event ev = next(s, KP_EV_INJ_VIRQ);

	ev.code = vector;
	ev.valid |= KP_HAS_CODE;
	add(s->m, ev);
}

static inline void nmi(struct seq *s, uint32_t handled)
{
	struct kp_event ev = next(s, KP_EV_NMI);

	ev.ip = HANDLER;
	ev.value = 700;
	ev.extra = handled;
	ev.valid |= KP_HAS_IP | KP_HAS_VALUE | KP_HAS_EXTRA;
	add(s->m, ev);
}

#endif
