/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * halves.h - two threads that work hand in hand, each on its half of the CPUs. Private to src/cmd.
 *
 * The scheduler of a VM puts such threads on one CPU, for long: it takes a vCPU that has halted for
 * one that the host preempted (vcpu_is_preempted() in available_idle_cpu(), kernel/sched/sched.h),
 * does not count it as idle, and wakes the thread that slept where the one that wakes it runs.
 */
#ifndef KP_CMD_HALVES_H
#define KP_CMD_HALVES_H

#include <sched.h>

#include "kp.h"

/** KP_HALVES_BYTES - of a cpu_set_t for KP_CPUS_MAX */
#define KP_HALVES_BYTES CPU_ALLOC_SIZE(KP_CPUS_MAX)

/** struct kp_halves - zero-initialise. @all: what the caller's thread may use; owned */
struct kp_halves {
	cpu_set_t *all, *own, *other;
};

/**
 * kp_halves_split - every other CPU of h->all for each thread, h->own with @here. false: there are
 * not two, or @here is none of them
 */
bool kp_halves_split(struct kp_halves *h, int here);

/**
 * kp_halves_begin - the caller's thread keeps to its half. Where that cannot be, or there is only
 * one CPU, nothing changes and kp_halves_other() does nothing
 */
void kp_halves_begin(struct kp_halves *h);

/** kp_halves_other - called by the other thread, to keep to its half */
void kp_halves_other(const struct kp_halves *h);

/** kp_halves_end - the caller's thread may use again what it might before; frees @h */
void kp_halves_end(struct kp_halves *h);

/** kp_halves_alloc, kp_halves_free - the sets; for tests. 0 or -ENOMEM */
int kp_halves_alloc(struct kp_halves *h);
void kp_halves_free(struct kp_halves *h);

#endif
