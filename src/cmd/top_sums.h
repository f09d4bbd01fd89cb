/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * top_sums.h - what BPF programs add up (swagg.h) in the words of the model's snapshots, so that
 * frames are made of both alike. Pure. Private to src/cmd.
 */
#ifndef KP_CMD_TOP_SUMS_H
#define KP_CMD_TOP_SUMS_H

#include "model.h"
#include "swagg.h"

/**
 * struct kp_top_sums - zero-initialise; what stays true when the vCPUs that showed it are gone
 * @vcpu_id: number of a vCPU that the sums do not tell, as kp_model_opts.vcpu_id
 * @vm_match: whose vCPUs are wanted, NULL all
 * @entries: kvm_entry and kvm_exit fire; @users: kvm_userspace_exit does
 */
struct kp_top_sums {
	bool (*vcpu_id)(void *ctx, uint32_t pid, uint32_t tid, uint32_t *vcpu);
	bool (*vm_match)(void *ctx, uint32_t pid);
	void *ctx;
	bool entries, users;
};

/**
 * kp_top_sums_merge - exits, vCPUs, CPUs' times and switches of @to become those of @from; PMIs
 * that probes counted join its ledger. The rest of @to, which is from events, stays. 0 or -ENOMEM
 */
int kp_top_sums_merge(struct kp_top_sums *s, const struct kp_swagg_snap *from, struct kp_snap *to);

#endif
