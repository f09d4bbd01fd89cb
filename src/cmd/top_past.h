/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * top_past.h - the snapshots that frames are compared with. Private to top_frame.c.
 */
#ifndef KP_CMD_TOP_PAST_H
#define KP_CMD_TOP_PAST_H

#include "lib/hash.h"
#include "top_frame.h"

/** struct kp_past - a snapshot with an index, and the host's activity then; @refs: who holds it */
struct kp_past {
	struct kp_snap *snap;
	struct kp_hash exits, vcpus, switches, irqs;
	struct kp_host_activity act;
	bool has_act;
	uint64_t at_ns;
	unsigned int refs;
};

/** kp_past_new - takes over tick->snap, also when it fails; NULL: no memory */
struct kp_past *kp_past_new(const struct kp_tick *tick);
void kp_past_put(struct kp_past *p);
/** kp_past_forget - its snapshot, and not the host's activity; @p may be NULL */
void kp_past_forget(struct kp_past *p);

/* What a row was then; zeroed where there was none, or no past. */
const struct kp_snap_exit *kp_past_exit(struct kp_past *p, const struct kp_snap_exit *e);
const struct kp_snap_vcpu *kp_past_vcpu(struct kp_past *p, uint32_t tid);
const struct kp_snap_switch *kp_past_switch(struct kp_past *p, uint32_t tid);
const struct kp_snap_irq *kp_past_irq(struct kp_past *p, const struct kp_snap_irq *q);

/* ---- top_pmis.c ---- */

/** kp_pmis_fill - kp_frame.pmis_by, names left out; @prev, @base may be NULL. 0 or -ENOMEM */
int kp_pmis_fill(struct kp_past *now, struct kp_past *prev, struct kp_past *base,
		 struct kp_frame *f);
/** kp_pmis_of - PMIs that reached the guest, as well as that is known */
struct kp_num kp_pmis_of(const struct kp_frame_pmi *p);

/** kp_pmis_note - a warning of PMIs that went astray: nobody looks at the ledger all the time */
void kp_pmis_note(struct kp_frame *f);

/** struct kp_buckets - a histogram of a snapshot; @at NULL: there was none */
struct kp_buckets {
	const struct kp_snap_bucket *at;
	size_t nr;
};

/* Of rows of @p's snapshot; @p may be NULL where the row has none. */
struct kp_buckets kp_past_exit_buckets(const struct kp_past *p, const struct kp_snap_exit *e);
struct kp_buckets kp_past_switch_buckets(const struct kp_past *p, const struct kp_snap_switch *w);

/**
 * kp_past_add_buckets - put what came to a histogram behind those that the frame has; returns its
 * place. There must be room
 */
size_t kp_past_add_buckets(struct kp_frame *f, struct kp_buckets now, struct kp_buckets prev,
			   struct kp_buckets base);

#endif
