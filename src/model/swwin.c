// SPDX-License-Identifier: GPL-2.0-only
/*
 * swwin.c - whole windows of the PMU context switch, as probes on the kernel's functions tell them
 * (KP_EV_SWITCH), added up. The event comes at the end of the put, behind the window's entries and
 * exits. Touches only memory.
 */
#include "swwin.h"

static uint64_t whole_ns(uint64_t packed)
{
	return KP_SWITCH_HOST_NS(packed) + (uint64_t)KP_SWITCH_OWN_NS(packed);
}

/* The exit that ended the window before was handled until this window's first entry. */
static int handled(struct kp_sw_sums *s, const struct kp_sw_win *w, uint32_t pair,
		   const struct kp_event *ev)
{
	const uint64_t probes_ns = ev->valid & KP_HAS_PERIOD ? ev->period : 0;
	struct kp_sw_handling h = {
		.isa = w->prev_isa,
		.code = w->prev_code,
		.ns = w->entry_ns - w->prev_exit_ns,
		.switched = true,
		.exit_l2 = w->prev_l2,
		.entry_l2 = ev->flags & KP_F_NESTED,
	};

	if (!w->prev || !w->open || w->entry_ns < w->prev_exit_ns)
		return 0;
	h.ns -= kp_min_u64(probes_ns, h.ns);
	h.switch_ns = kp_min_u64(w->prev_put_ns + whole_ns(ev->value), h.ns);
	kp_exits_switched(s->m, s->pairs.at[pair].th, h.switch_ns);
	return kp_sw_handled(s, pair, &h);
}

static void phases(struct kp_sw_sums *s, uint32_t pair, const struct kp_event *ev)
{
	kp_sw_phase(s, pair, KP_SWITCH_HOST_OUT, NULL, KP_SWITCH_HOST_NS(ev->value));
	kp_sw_phase(s, pair, KP_SWITCH_LOAD, NULL, KP_SWITCH_OWN_NS(ev->value));
	kp_sw_phase(s, pair, KP_SWITCH_PUT, NULL, KP_SWITCH_OWN_NS(ev->value2));
	kp_sw_phase(s, pair, KP_SWITCH_HOST_IN, NULL, KP_SWITCH_HOST_NS(ev->value2));
}

static int close_window(struct kp_sw_sums *s, struct kp_sw_win *w, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	uint32_t n = kp_sw_pair_find(s, in->th, ev->cpu);
	struct kp_sw_pair *p;
	int err;

	if (n == KP_KEYMAP_NONE)
		return -ENOMEM;
	phases(s, n, ev);
	err = handled(s, w, n, ev);
	p = &s->pairs.at[n];
	p->windows++;
	p->entries += ev->extra;
	if (ev->flags & KP_F_NESTED) {
		p->windows_l2++;
		p->entries_l2 += ev->extra;
	}
	p->guest_ns += w->guest_ns;
	*w = (struct kp_sw_win){
		.prev = w->open && kp_event_has(ev, KP_HAS_CODE),
		.prev_l2 = ev->flags & KP_F_NESTED,
		.prev_isa = ev->isa,
		.prev_code = ev->code,
		.prev_exit_ns = w->exit_ns,
		.prev_put_ns = whole_ns(ev->value2),
	};
	return err;
}

static bool is_whole(const struct kp_event *ev)
{
	return kp_event_has(ev, KP_HAS_CPU | KP_HAS_VALUE | KP_HAS_VALUE2 | KP_HAS_EXTRA);
}

int kp_sw_wins_count(struct kp_sw_wins *wins, const struct kp_in *in)
{
	if (!kp_sw_wanted(in) || !is_whole(in->ev))
		return 0;
	wins->windows++;
	wins->entries += in->ev->extra;
	wins->load_ns += whole_ns(in->ev->value);
	wins->put_ns += whole_ns(in->ev->value2);
	return 0;
}

int kp_sw_wins_add(struct kp_sw_wins *wins, struct kp_sw_sums *s, struct kp_sw_win *w,
		   const struct kp_in *in)
{
	if (!kp_sw_wanted(in) || !is_whole(in->ev))
		return 0;
	kp_sw_wins_count(wins, in);
	wins->entries_without -= kp_min_u64(in->ev->extra, wins->entries_without);
	return close_window(s, w, in);
}

void kp_sw_wins_snap(const struct kp_sw_wins *wins, struct kp_snap *snap)
{
	snap->switches.probed_windows = wins->windows;
	snap->switches.probed_entries = wins->entries;
	snap->switches.probed_load_ns = wins->load_ns;
	snap->switches.probed_put_ns = wins->put_ns;
}
