// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpus.c - one row a host CPU: how long guests ran on it, how long their exits were handled, idle
 * time, NMIs and interrupts of PMUs as far as there are events of them. Touches only memory.
 */
#include "timeline.h"

/* More than any Linux supports: a damaged recording shall not make us allocate. */
#define CPUS_MAX 8192

enum cpu_state { CPU_UNKNOWN, CPU_GUEST, CPU_HANDLING, CPU_HALT };

/**
 * struct cpu - @since_ns: when it went to @state; @tid: whose state that is
 * @idle_since_ns: of the idle task that runs, 0 none
 */
struct cpu {
	enum cpu_state state;
	uint32_t tid;
	uint64_t since_ns;
	uint64_t idle_since_ns;
	struct kp_snap_cpu sum;
	bool seen;
};

/** struct cpus - @m, @timeline: who held the counters; found when first needed */
struct cpus {
	struct kp_model *m;
	struct kp_timeline *timeline;
	KP_VEC(struct cpu) at;
	bool sched, nmi, irq;
};

static int cpus_new(struct kp_model *m, void **state)
{
	struct cpus *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->m = m;
	*state = s;
	return 0;
}

static void cpus_free(void *state)
{
	struct cpus *s = state;

	kp_vec_free(&s->at);
	free(s);
}

static __attribute__((noinline)) int cpus_grow(struct cpus *s, uint32_t nr)
{
	while (nr > s->at.nr) {
		const struct cpu fresh = { .sum.cpu = (uint32_t)s->at.nr };

		if (kp_vec_push(&s->at, fresh))
			return -ENOMEM;
	}
	return 0;
}

/* *@out: NULL where the filters leave the event out, or it does not tell its CPU and time */
static inline int cpu_of(struct cpus *s, const struct kp_in *in, struct cpu **out)
{
	const struct kp_event *ev = in->ev;

	*out = NULL;
	if (KP_UNLIKELY(!in->whole &&
			!(in->in_time && in->in_cpu && kp_event_has(ev, KP_HAS_CPU | KP_HAS_TIME))))
		return 0;
	if (KP_UNLIKELY(ev->cpu >= s->at.nr)) {
		if (ev->cpu >= CPUS_MAX)
			return 0;
		if (cpus_grow(s, ev->cpu + 1))
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
static bool is_halt(const struct kp_event *ev)
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
static inline bool goes_on(const struct cpu *c, uint32_t tid, uint64_t time_ns)
{
	return c->state != CPU_UNKNOWN && c->tid == tid && time_ns >= c->since_ns;
}

static inline void count(struct cpu *c, uint64_t ns)
{
	c->sum.has_times = true;
	if (c->state == CPU_GUEST)
		c->sum.guest_ns += ns;
	else if (c->state == CPU_HANDLING)
		c->sum.handling_ns += ns;
	else
		c->sum.halt_ns += ns;
}

static inline void turn(struct cpu *c, uint32_t tid, uint64_t time_ns, enum cpu_state to)
{
	c->state = to;
	c->tid = tid;
	c->since_ns = time_ns;
}

/* sched_switch: code is the next thread, 0 the idle task. */
static void on_sched(struct cpu *c, const struct kp_event *ev)
{
	if (!(ev->valid & KP_HAS_CODE))
		return;
	if (c->idle_since_ns && ev->time_ns > c->idle_since_ns)
		c->sum.idle_ns += ev->time_ns - c->idle_since_ns;
	c->idle_since_ns = ev->code ? 0 : ev->time_ns;
	/* the vCPU that waits, or was preempted, no longer uses this CPU */
	if (c->state == CPU_UNKNOWN || c->tid == ev->code)
		return;
	if (goes_on(c, c->tid, ev->time_ns))
		count(c, ev->time_ns - c->since_ns);
	turn(c, c->tid, ev->time_ns, CPU_UNKNOWN);
}

/* The guest has left: it held the CPU's counters since the entry. */
static inline int guest_time(struct cpus *s, const struct cpu *c, const struct kp_event *ev)
{
	if (KP_UNLIKELY(!s->timeline))
		s->timeline = kp_model_state(s->m, &kp_analysis_timeline);
	return kp_timeline_add(s->timeline, ev->cpu, KP_OWNED_GUEST, c->since_ns, ev->time_ns);
}

static int cpus_on_entry(void *state, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	struct cpu *c;
	int err = cpu_of(state, in, &c);

	if (KP_UNLIKELY(!c))
		return err;
	if (KP_LIKELY(goes_on(c, ev->tid, ev->time_ns)))
		count(c, ev->time_ns - c->since_ns);
	turn(c, ev->tid, ev->time_ns, CPU_GUEST);
	return 0;
}

static int cpus_on_exit(void *state, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	struct cpu *c;
	int err = cpu_of(state, in, &c);

	if (KP_UNLIKELY(!c))
		return err;
	if (KP_LIKELY(goes_on(c, ev->tid, ev->time_ns))) {
		if (KP_LIKELY(c->state == CPU_GUEST))
			err = guest_time(state, c, ev);
		count(c, ev->time_ns - c->since_ns);
	}
	turn(c, ev->tid, ev->time_ns, is_halt(ev) ? CPU_HALT : CPU_HANDLING);
	return err;
}

static int cpus_add(void *state, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	struct cpus *s = state;
	struct cpu *c;
	int err = cpu_of(s, in, &c);

	if (err || !c)
		return err;
	switch (ev->kind) {
	case KP_EV_NMI:
		s->nmi = true;
		c->sum.nmis += (ev->valid & KP_HAS_EXTRA) && ev->extra;
		break;
	case KP_EV_IRQ:
		s->irq |= ev->flags & KP_F_PMU;
		c->sum.pmis += !!(ev->flags & KP_F_PMU);
		break;
	default:
		s->sched = true;
		on_sched(c, ev);
	}
	return 0;
}

bool kp_cpus_in_guest(struct kp_model *m, uint32_t cpu, uint32_t tid)
{
	const struct cpus *s = kp_model_state(m, &kp_analysis_cpus);

	return cpu < s->at.nr && s->at.at[cpu].state == CPU_GUEST && s->at.at[cpu].tid == tid;
}

static int cpus_snap(void *state, struct kp_snap *snap)
{
	const struct cpus *s = state;
	struct kp_snap_cpu *out;
	const struct cpu *c;

	out = kp_snap_array(s->at.nr, sizeof(*out));
	if (!out)
		return -ENOMEM;
	snap->cpus = out;
	kp_vec_for_each (c, &s->at) {
		if (!c->seen)
			continue;
		*out = c->sum;
		out->has_idle = s->sched;
		out->has_nmis = s->nmi;
		out->has_pmis = s->irq;
		out++;
	}
	snap->nr_cpus = (size_t)(out - snap->cpus);
	return 0;
}

static void cpus_snap_free(struct kp_snap *snap)
{
	free(snap->cpus);
}

const struct kp_analysis kp_analysis_cpus = {
	.name = "cpus",
	.kinds = KP_BIT64(KP_EV_ENTRY) | KP_BIT64(KP_EV_EXIT) | KP_BIT64(KP_EV_NMI) |
		 KP_BIT64(KP_EV_SCHED) | KP_BIT64(KP_EV_IRQ),
	.threadless = UINT64_MAX,
	.unfiltered = true,
	.new = cpus_new,
	.add = cpus_add,
	.on = { { KP_BIT64(KP_EV_ENTRY), cpus_on_entry }, { KP_BIT64(KP_EV_EXIT), cpus_on_exit } },
	.snap = cpus_snap,
	.snap_free = cpus_snap_free,
	.free = cpus_free,
};
