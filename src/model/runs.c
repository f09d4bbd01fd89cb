// SPDX-License-Identifier: GPL-2.0-only
/*
 * runs.c - one loop over kvm_entry and kvm_exit for all analyses that want them. What each of them
 * does is in its own header; here it is compiled into one piece, because calls and looking things
 * up again would cost more than the work itself. Touches only memory.
 */
#include "runs.h"

#include "cpus.h"
#include "exits.h"
#include "switch.h"
#include "vcpus.h"

void kp_runs_init(struct kp_runs *r, struct kp_model *m)
{
	r->exits = kp_model_state(m, &kp_analysis_exits);
	r->vcpus = kp_model_state(m, &kp_analysis_vcpus);
	r->sw = kp_model_state(m, &kp_analysis_switch);
	r->cpus = kp_model_state(m, &kp_analysis_cpus);
	r->exits_at = kp_model_priv_offset(m, &kp_analysis_exits);
	r->vcpus_at = kp_model_priv_offset(m, &kp_analysis_vcpus);
	r->sw_at = kp_model_priv_offset(m, &kp_analysis_switch);
}

static KP_INLINE void *part(struct kp_thread *th, size_t at)
{
	return (char *)th + at;
}

/* In the order of the model's table, as everything else there. */
static KP_INLINE int add_entry(const struct kp_runs *r, struct kp_in *in, struct kp_thread *th,
			       const struct kp_event *ev)
{
	struct kp_sw_thread *sw = part(th, r->sw_at);
	int err = kp_exits_entry(r->exits, part(th, r->exits_at), in, ev, true);

	if (KP_UNLIKELY(err))
		return err;
	kp_vcpus_turn(r->vcpus, part(th, r->vcpus_at), in, ev, true, true);
	if (r->sw->kinds) {
		in->priv = sw;
		err = kp_sw_entry_seen(r->sw, in);
	} else {
		kp_sw_wins_entry(&r->sw->wins, &sw->win, ev);
	}
	return KP_UNLIKELY(err) ? err : kp_cpus_entry(r->cpus, in, ev, true);
}

static KP_INLINE int add_exit(const struct kp_runs *r, struct kp_in *in, struct kp_thread *th,
			      const struct kp_event *ev)
{
	struct kp_sw_thread *sw = part(th, r->sw_at);
	int err = kp_exits_exit(r->exits, part(th, r->exits_at), in, ev, true);

	if (KP_UNLIKELY(err))
		return err;
	kp_vcpus_turn(r->vcpus, part(th, r->vcpus_at), in, ev, false, true);
	if (r->sw->kinds) {
		in->priv = sw;
		err = kp_sw_exit_seen(r->sw, in);
	} else {
		kp_sw_wins_exit(&sw->win, ev);
	}
	return KP_UNLIKELY(err) ? err : kp_cpus_exit(r->cpus, in, ev, true);
}

int kp_runs_add(const struct kp_runs *r, const struct kp_event *ev, const struct kp_event *end,
		size_t *nr)
{
	struct kp_in in = { .in_time = true, .in_cpu = true, .whole = true };
	const struct kp_event *const first = ev;
	struct kp_thread *th;
	int err = 0;

	for (; ev < end && !err; ev++) {
		if (ev->kind != KP_EV_ENTRY && ev->kind != KP_EV_EXIT)
			break;
		th = r->recent[ev->tid % KP_RECENT_THREADS];
		if (KP_UNLIKELY(!th || th->tid != ev->tid || th->vm != ev->pid || !th->has_vcpu ||
				!kp_event_has(ev, KP_HAS_TID | KP_HAS_CPU | KP_NOTES_NEED) ||
				!kp_notes_add(r->notes, ev)))
			break;
		in.ev = ev;
		in.th = th;
		err = ev->kind == KP_EV_ENTRY ? add_entry(r, &in, th, ev)
					      : add_exit(r, &in, th, ev);
	}
	*nr = (size_t)(ev - first);
	r->exits->seen += *nr;
	r->vcpus->entry_exits += *nr;
	return err;
}
