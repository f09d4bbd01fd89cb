/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swagg_bpf.h - what the parts of the sums' reader share. Private to src/collect.
 */
#ifndef KP_COLLECT_SWAGG_BPF_H
#define KP_COLLECT_SWAGG_BPF_H

#include "collect/swprobe.h"

/** struct kp_swagg - @counts_regs: the programs that count register accesses are attached */
struct kp_swagg {
	struct kp_swprobe *probe;
	uint64_t since_ns;
	bool counts_regs;
};

/** kp_swagg_read_regs - register accesses into the snapshot (bpf_swregs.c); 0 or -ENOMEM */
int kp_swagg_read_regs(struct kp_swagg *agg, struct kp_swagg_snap *snap);

#endif
