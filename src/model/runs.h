/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * runs.h - kvm_entry and kvm_exit, which are most events of most recordings, added to all analyses
 * that want them in one go. Private to src/model.
 */
#ifndef KP_MODEL_RUNS_H
#define KP_MODEL_RUNS_H

#include "analysis.h"

/* Threads are first looked for at their tid's lowest bits: vCPUs of a VM have neighbouring tids. */
#define KP_RECENT_THREADS 256

/**
 * struct kp_runs - the states of the analyses, and where in a thread their parts are
 * @notes, @recent: the model's
 */
struct kp_runs {
	struct kp_notes *notes;
	struct kp_thread *const *recent;
	struct kp_exits *exits;
	struct kp_vcpus *vcpus;
	struct kp_sw *sw;
	struct kp_cpus *cpus;
	size_t exits_at, vcpus_at, sw_at;
};

/* The analyses that want entries and exits, but for places.c. */
#define KP_RUNS_ANALYSES 4

void kp_runs_init(struct kp_runs *r, struct kp_model *m);

/**
 * kp_runs_add - entries and exits of vCPU threads met before, as long as one follows the other and
 * nothing is unusual about them; there are no filters. *@nr: how many. 0 or -ENOMEM
 */
int kp_runs_add(const struct kp_runs *r, const struct kp_event *ev, const struct kp_event *end,
		size_t *nr);

#endif
