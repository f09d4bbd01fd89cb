/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evlist.h - a plan's events, opened and mapped. Private to src/collect; hides libperf, whose
 * headers do not mix with the system's.
 */
#ifndef KP_COLLECT_EVLIST_H
#define KP_COLLECT_EVLIST_H

#include "plan.h"

struct kp_evlist;

/**
 * struct kp_evlist_opts - all borrowed for the call
 * @system_wide: open those of the plan's events that are system_wide, else the others
 * @cpus: list of CPUs; NULL: the events follow their tasks to any CPU, one ring a task
 * @tids: tasks; @nr_tids 0: every task
 * @online: for events with each_cpu
 * @counting: no rings; an event that cannot be had is left out, see kp_evlist_refusal()
 */
struct kp_evlist_opts {
	const struct kp_plan *plan;
	const struct kp_host *host;
	bool system_wide;
	const char *cpus;
	const pid_t *tids;
	size_t nr_tids;
	const char *online;
	bool counting;
};

/**
 * struct kp_ring - one ring buffer, in the evlist's memory
 * @page: its control page; @data: @mask + 1 bytes behind it
 * @tail: where this reader stands; @fd: owned by the evlist
 */
struct kp_ring {
	volatile struct perf_event_mmap_page *page;
	const uint8_t *data;
	uint64_t mask;
	uint64_t tail;
	int fd;
	uint32_t cpu;
	bool has_cpu;
	bool overwrite;
};

/** kp_evlist_open - 0 or -errno explained in @err; nothing counts yet. -ESRCH: a task has gone */
int kp_evlist_open(const struct kp_evlist_opts *opts, struct kp_evlist **out, char *err,
		   size_t err_size);
void kp_evlist_free(struct kp_evlist *evlist);

/** kp_evlist_enable, _disable - every group; 0 or -errno of the first that failed */
int kp_evlist_enable(struct kp_evlist *evlist);
int kp_evlist_disable(struct kp_evlist *evlist);

struct kp_ring *kp_evlist_rings(struct kp_evlist *evlist, size_t *nr);

/** struct kp_evlist_fd - a file: event @event of the plan, on a CPU, of the @thread-th task */
struct kp_evlist_fd {
	uint32_t event;
	uint32_t cpu;
	uint32_t thread;
	bool has_cpu;
	int fd;
};

/** kp_evlist_each_fd - all of them; ends with the first nonzero return of @fn */
int kp_evlist_each_fd(struct kp_evlist *evlist, int (*fn)(void *ctx, const struct kp_evlist_fd *fd),
		      void *ctx);

/** kp_evlist_attr, _ids - as opened, after fallbacks; NULL: not one of this evlist's events */
const struct perf_event_attr *kp_evlist_attr(struct kp_evlist *evlist, uint32_t event);
const uint64_t *kp_evlist_ids(struct kp_evlist *evlist, uint32_t event, uint32_t *nr);

/** kp_evlist_refusal - when counting: why an event is not there, -errno and words; 0: it is */
int kp_evlist_refusal(const struct kp_evlist *evlist, uint32_t event, const char **why);

/** kp_evlist_warning - what is not as asked, one line each, from 0; NULL: no more */
const char *kp_evlist_warning(const struct kp_evlist *evlist, size_t idx);

#endif
