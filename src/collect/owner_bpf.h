/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owner_bpf.h - the BPF programs of owner.bpf.c, loaded; private to src/collect. Without libbpf
 * nobpf_owner.c stands in, and nothing can be loaded.
 */
#ifndef KP_COLLECT_OWNER_BPF_H
#define KP_COLLECT_OWNER_BPF_H

#include "collect/owner_parse.h"

struct kp_owner_bpf;

/** kp_owner_bpf_new - 0, or -errno with the reason in words in @why */
int kp_owner_bpf_new(const struct kp_sysroot *root, struct kp_owner_bpf **out, char *why,
		     size_t why_size);
void kp_owner_bpf_free(struct kp_owner_bpf *b);

/**
 * kp_owner_bpf_take - one pass over all files, and the watchdog's events of the CPUs in the list
 * @online. The counts of @owners are set, all else goes into @parse. 0 or -errno
 */
int kp_owner_bpf_take(struct kp_owner_bpf *b, const char *online, struct kp_owner_parse *parse,
		      struct kp_owners *owners);

#endif
