/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * switch.h - the state of PMU context switches, shared by switch.c, which rebuilds them, and
 * switch_snap.c, which freezes what became of them. Private to src/model.
 */
#ifndef KP_MODEL_SWITCH_H
#define KP_MODEL_SWITCH_H

#include "swsum.h"
#include "swwin.h"
#include "timeline.h"

enum kp_sw_state {
	KP_SW_HOST, /* no switch in sight */
	KP_SW_BRACKET, /* behind GLOBAL_CTRL = 0: perf's own work, or a load */
	KP_SW_GUEST, /* behind the entry */
	KP_SW_EXITED, /* behind the exit: put follows, or the next entry */
	KP_SW_PUT,
};

/**
 * struct kp_sw_cpu - where a CPU is
 * @just_put: a put ended just now: the next bracket brings host events in, or is the next load
 * @begin_ns, @last_ns: the phase that is open: first access, last one; @now counts them
 * @out_begin_ns, @out_ns, @out: the bracket that ended just before the open one: host events out,
 *	if a load follows; @has_out: there is one
 * @after_put: the open bracket follows a put: host events in
 * @th, @thread: vCPU thread in the window, and what is known of it; @pair: its sums on this CPU
 * @entry_ns: of the entry that the guest runs behind
 */
struct kp_sw_cpu {
	enum kp_sw_state state;
	bool has_out, after_put, just_put;
	uint64_t begin_ns, last_ns, out_begin_ns, out_ns, entry_ns;
	struct kp_sw_tally now, out;
	struct kp_sw_thread *thread;
	struct kp_thread *th;
	uint32_t pair;
};

/**
 * struct kp_sw_thread - a vCPU's part
 * @in_l2: the next entry is a nested guest's
 * @exited: an exit is being handled, @exit_ns ... @losses: how, and what of it was switch
 */
struct kp_sw_thread {
	bool in_l2;
	bool exited, exit_l2, switched;
	uint8_t isa;
	uint32_t code;
	uint64_t exit_ns, switch_ns, losses;
	struct kp_sw_win win;
};

#define KP_SW_LVTPC_MAX 8

/** struct kp_sw - @kinds: KP_BIT64(kind) of accesses seen; @losses: records of lost events */
struct kp_sw {
	struct kp_sw_sums sums;
	struct kp_timeline *timeline;
	KP_VEC(struct kp_sw_cpu) cpus;
	uint64_t entries_without, broken, losses;
	struct kp_sw_wins wins;
	uint64_t kinds;
	struct kp_snap_lvtpc lvtpc[KP_SW_LVTPC_MAX];
	uint32_t nr_lvtpc;
	bool seen;
};

/** kp_sw_entry_seen - kvm_entry where register accesses show; in->priv is set. 0 or -ENOMEM */
int kp_sw_entry_seen(struct kp_sw *s, const struct kp_in *in);
/** kp_sw_exit_seen - kvm_exit; the same */
int kp_sw_exit_seen(struct kp_sw *s, const struct kp_in *in);

#define KP_SW_ACCESS_KINDS \
	(KP_BIT64(KP_EV_HOST_RDMSR) | KP_BIT64(KP_EV_HOST_WRMSR) | KP_BIT64(KP_EV_HOST_RDPMC))

/**
 * kp_sw_accesses - register accesses as long as one follows the other and nothing is unusual about
 * them. *@nr: how many. 0 or -ENOMEM
 */
int kp_sw_accesses(struct kp_sw *s, struct kp_notes *notes, const struct kp_event *ev,
		   const struct kp_event *end, size_t *nr);

/** kp_sw_snap - kp_analysis.snap */
int kp_sw_snap(void *state, struct kp_snap *snap);
void kp_sw_snap_free(struct kp_snap *snap);

#endif
