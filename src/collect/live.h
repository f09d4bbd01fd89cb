/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * live.h - a running collection: rings, meta, losses. Private to src/collect.
 */
#ifndef KP_COLLECT_LIVE_H
#define KP_COLLECT_LIVE_H

#include <poll.h>

#include "collect/evlist.h"
#include "lib/hash.h"
#include "lib/vec.h"

#define RECORD_MAX_BYTES 65536
#define EVLISTS_MAX	 2

/**
 * struct kp_live_ring - a ring and what was seen in it; @lost: by its LOST records
 */
struct kp_live_ring {
	struct kp_ring *ring;
	uint64_t lost;
};

/**
 * struct kp_live - @plan borrowed, all else owned
 * @evlists: the plan's events; where its target is tasks, system_wide ones are a second list
 * @polls: one file for each ring, or for each task: ends with its task
 * @ip_of_id: sample id -> whether its samples have an address before their time
 * @at, @head: where next() stands: ring, and how far that ring was filled when it was looked at
 * @wrap: a record that runs over a ring's end, in one piece
 */
struct kp_live {
	struct kp_source src;
	const struct kp_plan *plan;
	struct kp_sysroot *root;
	struct kp_evlist *evlists[EVLISTS_MAX];
	size_t nr_evlists;
	KP_VEC(struct kp_live_ring) rings;
	KP_VEC(struct pollfd) polls;
	KP_VEC(struct kp_live_lost) losts;
	struct kp_hash ip_of_id;
	pid_t *tids;
	size_t nr_tids;
	size_t nr_ended;
	uint64_t samples;
	size_t at;
	uint64_t head;
	uint64_t offset;
	bool looked;
	_Alignas(8) uint8_t wrap[RECORD_MAX_BYTES];
};

/** kp_live_fill_meta - attrs, ids, names, features, tracing data (meta.c) */
int kp_live_fill_meta(struct kp_live *live, const struct kp_host *host, bool tracing);

#endif
