// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpus.c - one row a host CPU: how long guests ran on it, how long their exits were handled, idle
 * time, NMIs and interrupts of PMUs as far as there are events of them. Touches only memory.
 */
#include "cpus.h"

static int cpus_new(struct kp_model *m, void **state)
{
	struct kp_cpus *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->m = m;
	*state = s;
	return 0;
}

static void cpus_free(void *state)
{
	struct kp_cpus *s = state;

	kp_vec_free(&s->at);
	free(s);
}

int kp_cpus_grow(struct kp_cpus *s, uint32_t nr)
{
	while (nr > s->at.nr) {
		const struct kp_cpus_cpu fresh = { .sum.cpu = (uint32_t)s->at.nr };

		if (kp_vec_push(&s->at, fresh))
			return -ENOMEM;
	}
	return 0;
}

/* sched_switch: code is the next thread, 0 the idle task. */
static void on_sched(struct kp_cpus_cpu *c, const struct kp_event *ev)
{
	if (!(ev->valid & KP_HAS_CODE))
		return;
	if (c->idle_since_ns && ev->time_ns > c->idle_since_ns)
		c->sum.idle_ns += ev->time_ns - c->idle_since_ns;
	c->idle_since_ns = ev->code ? 0 : ev->time_ns;
	/* the vCPU that waits, or was preempted, no longer uses this CPU */
	if (c->state == KP_CPU_UNKNOWN || c->tid == ev->code)
		return;
	if (kp_cpus_goes_on(c, c->tid, ev->time_ns))
		kp_cpus_count(c, ev->time_ns - c->since_ns);
	kp_cpus_turn(c, c->tid, ev->time_ns, KP_CPU_UNKNOWN);
}

static int cpus_on_entry(void *state, const struct kp_in *in)
{
	return kp_cpus_entry(state, in, in->ev, false);
}

static int cpus_on_exit(void *state, const struct kp_in *in)
{
	return kp_cpus_exit(state, in, in->ev, false);
}

static int cpus_add(void *state, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	struct kp_cpus *s = state;
	struct kp_cpus_cpu *c;
	int err = kp_cpus_of(s, in, ev, &c, false);

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
	const struct kp_cpus *s = kp_model_state(m, &kp_analysis_cpus);

	return cpu < s->at.nr && s->at.at[cpu].state == KP_CPU_GUEST && s->at.at[cpu].tid == tid;
}

static int cpus_snap(void *state, struct kp_snap *snap)
{
	const struct kp_cpus *s = state;
	struct kp_snap_cpu *out;
	const struct kp_cpus_cpu *c;

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
