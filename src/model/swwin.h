/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swwin.h - PMU context switches that come as whole windows (KP_EV_SWITCH) into the same sums as
 * those that are rebuilt from register accesses. Private to src/model.
 */
#ifndef KP_MODEL_SWWIN_H
#define KP_MODEL_SWWIN_H

#include "swsum.h"

/**
 * struct kp_sw_win - a vCPU thread's part: what its window is known to be until its end comes
 * @open: an entry came, @entry_ns the first; @exit_ns: of the last exit
 * @prev: a window came before, ended by an exit for @prev_code at @prev_exit_ns, of a nested guest
 *	if @prev_l2, its put took @prev_put_ns
 */
struct kp_sw_win {
	bool open, prev, prev_l2;
	uint8_t prev_isa;
	uint32_t prev_code;
	uint64_t entry_ns, exit_ns, guest_from_ns, guest_ns;
	uint64_t prev_exit_ns, prev_put_ns;
};

/**
 * struct kp_sw_wins - @windows, @entries, @load_ns, @put_ns: of all windows that came;
 * @entries_without: entries that belong to none as yet
 */
struct kp_sw_wins {
	uint64_t windows, entries, entries_without, load_ns, put_ns;
};

static inline bool kp_sw_wanted(const struct kp_in *in)
{
	return KP_LIKELY(in->whole) || (in->th && !in->th->skip && in->in_time && in->in_cpu);
}

/** kp_sw_wins_entry - of the thread whose part is @w, if kp_sw_wanted() */
static KP_INLINE void kp_sw_wins_entry(struct kp_sw_wins *wins, struct kp_sw_win *w,
				       const struct kp_event *ev)
{
	wins->entries_without++;
	if (!w->open)
		w->entry_ns = ev->time_ns;
	w->open = true;
	w->guest_from_ns = ev->time_ns;
}

/** kp_sw_wins_exit - the same */
static KP_INLINE void kp_sw_wins_exit(struct kp_sw_win *w, const struct kp_event *ev)
{
	if (w->open && ev->time_ns >= w->guest_from_ns)
		w->guest_ns += ev->time_ns - w->guest_from_ns;
	w->exit_ns = ev->time_ns;
}

/** kp_sw_wins_add - a window of it. 0 or -ENOMEM */
int kp_sw_wins_add(struct kp_sw_wins *wins, struct kp_sw_sums *s, struct kp_sw_win *w,
		   const struct kp_in *in);

/** kp_sw_wins_count - the same for a window of which register accesses tell the rest. 0 */
int kp_sw_wins_count(struct kp_sw_wins *wins, const struct kp_in *in);

void kp_sw_wins_snap(const struct kp_sw_wins *wins, struct kp_snap *snap);

#endif
