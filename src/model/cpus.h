/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cpus.h - host CPUs' times as an entry or exit is added to them: inline for runs.c, to which
 * nearly all events go. Private to src/model.
 */
#ifndef KP_MODEL_CPUS_H
#define KP_MODEL_CPUS_H

#include "timeline.h"

enum kp_cpus_state { KP_CPU_UNKNOWN, KP_CPU_GUEST, KP_CPU_HANDLING, KP_CPU_HALT };

/**
 * struct kp_cpus_cpu - @since_ns: when it went to @state; @tid: whose state that is
 * @idle_since_ns: of the idle task that runs, 0 none
 */
struct kp_cpus_cpu {
	enum kp_cpus_state state;
	uint32_t tid;
	uint64_t since_ns;
	uint64_t idle_since_ns;
	struct kp_snap_cpu sum;
	bool seen;
};

/** struct kp_cpus - @m, @timeline: who held the counters; found when first needed */
struct kp_cpus {
	struct kp_model *m;
	struct kp_timeline *timeline;
	KP_VEC(struct kp_cpus_cpu) at;
	bool sched, nmi, irq;
};

/** kp_cpus_grow - make room for CPUs below @nr. 0 or -ENOMEM */
int kp_cpus_grow(struct kp_cpus *s, uint32_t nr);

/* *@out: NULL where the filters leave the event out, or it does not tell its CPU and time */
static KP_INLINE int kp_cpus_of(struct kp_cpus *s, const struct kp_in *in,
				const struct kp_event *ev, struct kp_cpus_cpu **out, bool whole)
{
	*out = NULL;
	if (KP_UNLIKELY(!whole &&
			!(in->in_time && in->in_cpu && kp_event_has(ev, KP_HAS_CPU | KP_HAS_TIME))))
		return 0;
	if (KP_UNLIKELY(ev->cpu >= s->at.nr)) {
		if (ev->cpu >= KP_CPUS_MAX)
			return 0;
		if (kp_cpus_grow(s, ev->cpu + 1))
			return -ENOMEM;
	}
	*out = &s->at.at[ev->cpu];
	(*out)->seen = true;
	return 0;
}

/*
 * Exits of a guest that has nothing to do: EXIT_REASON_HLT (arch/x86/include/uapi/asm/vmx.h),
 * SVM_EXIT_HLT (svm.h), ESR_ELx_EC_WFx (arch/arm64/include/asm/esr.h), which is in the code's
 * second byte (arch.h).
 */
static inline bool kp_cpus_is_halt(const struct kp_event *ev)
{
	switch (ev->isa) {
	case KP_ISA_VMX:
		return ev->code == 12;
	case KP_ISA_SVM:
		return ev->code == 0x78;
	case KP_ISA_ARM64:
		return ev->code >> 8 == 0x01;
	default:
		return false;
	}
}

/*
 * What a thread began here counts only when it goes on here: it may have moved or slept meanwhile.
 */
static inline bool kp_cpus_goes_on(const struct kp_cpus_cpu *c, uint32_t tid, uint64_t time_ns)
{
	return c->state != KP_CPU_UNKNOWN && c->tid == tid && time_ns >= c->since_ns;
}

static inline void kp_cpus_count(struct kp_cpus_cpu *c, uint64_t ns)
{
	c->sum.has_times = true;
	if (c->state == KP_CPU_GUEST)
		c->sum.guest_ns += ns;
	else if (c->state == KP_CPU_HANDLING)
		c->sum.handling_ns += ns;
	else
		c->sum.halt_ns += ns;
}

static inline void kp_cpus_turn(struct kp_cpus_cpu *c, uint32_t tid, uint64_t time_ns,
				enum kp_cpus_state to)
{
	c->state = to;
	c->tid = tid;
	c->since_ns = time_ns;
}

/* The guest has left: it held the CPU's counters since the entry. */
static inline int kp_cpus_guest_time(struct kp_cpus *s, const struct kp_cpus_cpu *c,
				     const struct kp_event *ev)
{
	if (KP_UNLIKELY(!s->timeline))
		s->timeline = kp_model_state(s->m, &kp_analysis_timeline);
	return kp_timeline_add(s->timeline, ev->cpu, KP_OWNED_GUEST, c->since_ns, ev->time_ns);
}

/**
 * kp_cpus_entry - kvm_entry. 0 or -ENOMEM
 * @in: @ev is in->ev, @whole as in->whole: constants to the compiler where they are known
 */
static KP_INLINE int kp_cpus_entry(struct kp_cpus *s, const struct kp_in *in,
				   const struct kp_event *ev, bool whole)
{
	struct kp_cpus_cpu *c;
	int err = kp_cpus_of(s, in, ev, &c, whole);

	if (KP_UNLIKELY(!c))
		return err;
	if (KP_LIKELY(kp_cpus_goes_on(c, ev->tid, ev->time_ns)))
		kp_cpus_count(c, ev->time_ns - c->since_ns);
	kp_cpus_turn(c, ev->tid, ev->time_ns, KP_CPU_GUEST);
	return 0;
}

/** kp_cpus_exit - kvm_exit; the same */
static KP_INLINE int kp_cpus_exit(struct kp_cpus *s, const struct kp_in *in,
				  const struct kp_event *ev, bool whole)
{
	struct kp_cpus_cpu *c;
	int err = kp_cpus_of(s, in, ev, &c, whole);

	if (KP_UNLIKELY(!c))
		return err;
	if (KP_LIKELY(kp_cpus_goes_on(c, ev->tid, ev->time_ns))) {
		if (KP_LIKELY(c->state == KP_CPU_GUEST))
			err = kp_cpus_guest_time(s, c, ev);
		kp_cpus_count(c, ev->time_ns - c->since_ns);
	}
	kp_cpus_turn(c, ev->tid, ev->time_ns, kp_cpus_is_halt(ev) ? KP_CPU_HALT : KP_CPU_HANDLING);
	return err;
}

#endif
