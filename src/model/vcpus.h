/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpus.h - a vCPU thread's times as an entry or exit is added to them: inline for runs.c, to which
 * nearly all events go. Private to src/model.
 */
#ifndef KP_MODEL_VCPUS_H
#define KP_MODEL_VCPUS_H

#include "analysis.h"

enum kp_vcpus_side { KP_SIDE_UNKNOWN, KP_SIDE_GUEST, KP_SIDE_HOST };

struct kp_vcpus_thread {
	uint64_t since_ns;
	uint64_t entries, exits, user_exits, migrations;
	uint64_t guest_ns, host_ns;
	uint64_t first_ns, last_ns;
	uint32_t last_cpu;
	enum kp_vcpus_side side;
	bool has_cpu, has_times, seen, timed;
};

struct kp_vcpus {
	struct kp_model *m;
	const struct kp_model_opts *opts;
	uint64_t entry_exits;
};

/** kp_vcpus_inside - how much of [@from, @to] lies inside the time filter */
uint64_t kp_vcpus_inside(const struct kp_model_opts *opts, uint64_t from, uint64_t to);

/*
 * The vCPU goes to @to; what went before counts for the CPU on which it ends. @whole: as in->whole,
 * but a constant, so that each case is compiled for itself
 */
static KP_INLINE void kp_vcpus_go(const struct kp_vcpus *v, struct kp_vcpus_thread *c,
				  const struct kp_in *in, const struct kp_event *ev, bool to_guest,
				  bool whole)
{
	const enum kp_vcpus_side from = to_guest ? KP_SIDE_HOST : KP_SIDE_GUEST;
	uint64_t ns;

	if (!whole && !(ev->valid & KP_HAS_TIME)) {
		c->side = KP_SIDE_UNKNOWN;
		return;
	}
	if (c->side == from && ev->time_ns >= c->since_ns && (whole || in->in_cpu)) {
		ns = whole ? ev->time_ns - c->since_ns
			   : kp_vcpus_inside(v->opts, c->since_ns, ev->time_ns);
		*(to_guest ? &c->host_ns : &c->guest_ns) += ns;
		c->has_times = true;
	}
	c->side = to_guest ? KP_SIDE_GUEST : KP_SIDE_HOST;
	c->since_ns = ev->time_ns;
}

static KP_INLINE void kp_vcpus_seen(struct kp_vcpus_thread *c, const struct kp_event *ev,
				    bool whole)
{
	c->seen = true;
	if (whole || (ev->valid & KP_HAS_CPU)) {
		c->has_cpu = true;
		c->last_cpu = ev->cpu;
	}
	if (!whole && !(ev->valid & KP_HAS_TIME))
		return;
	if (KP_UNLIKELY(!c->timed))
		c->first_ns = ev->time_ns;
	c->timed = true;
	c->last_ns = ev->time_ns;
}

/** kp_vcpus_turn - kvm_entry if @entry, else kvm_exit, of the thread whose part is @c */
static KP_INLINE void kp_vcpus_turn(const struct kp_vcpus *v, struct kp_vcpus_thread *c,
				    const struct kp_in *in, const struct kp_event *ev, bool entry,
				    bool whole)
{
	kp_vcpus_go(v, c, in, ev, entry, whole);
	if (!whole && !(in->in_time && in->in_cpu))
		return;
	*(entry ? &c->entries : &c->exits) += 1;
	kp_vcpus_seen(c, ev, whole);
}

#endif
