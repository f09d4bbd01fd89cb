// SPDX-License-Identifier: GPL-2.0-only
/*
 * nobpf_owner.c - stands in for bpf_owner.c in a build without libbpf: nothing can be loaded,
 * and the caller looks into /proc.
 */
#include <stdio.h>

#include "collect/owner_bpf.h"

int kp_owner_bpf_new(const struct kp_sysroot *root, struct kp_owner_bpf **out, char *why,
		     size_t why_size)
{
	snprintf(why, why_size, "kvmpmu was built without libbpf");
	return -EOPNOTSUPP;
}

void kp_owner_bpf_free(struct kp_owner_bpf *b)
{
}

int kp_owner_bpf_take(struct kp_owner_bpf *b, const char *online, struct kp_owner_parse *parse,
		      struct kp_owners *owners)
{
	return -EOPNOTSUPP;
}
