/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owned.h - who had the counters of a CPU over time, as a part of the model's snapshots (model.h,
 * which includes this). Includes only kp.h.
 */
#ifndef KP_OWNED_H
#define KP_OWNED_H

#include "kp.h"

/** enum kp_owned - who has a CPU's counters; the rest of the time the host does */
enum kp_owned {
	KP_OWNED_GUEST, /* entry to exit: with a mediated vPMU the counters are the guest's */
	KP_OWNED_SWITCH, /* host events out, load, put, host events in */
	KP_OWNED
};

#define KP_TIMELINE_SLICES 64

/** struct kp_snap_owner - a CPU's time by slice */
struct kp_snap_owner {
	uint32_t cpu;
	uint64_t ns[KP_OWNED][KP_TIMELINE_SLICES];
};

/**
 * struct kp_snap_ownership - who held the counters over time; CPUs without guests are left out
 * @origin_ns, @end_ns: what the slices cover; the last one may be cut by the end
 * @slice_ns: a slice's length; @nr_slices: how many, at most KP_TIMELINE_SLICES
 */
struct kp_snap_ownership {
	uint64_t origin_ns, end_ns, slice_ns;
	uint32_t nr_slices;
	struct kp_snap_owner *cpus;
	size_t nr_cpus;
};

#endif
