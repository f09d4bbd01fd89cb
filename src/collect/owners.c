// SPDX-License-Identifier: GPL-2.0-only
/*
 * owners.c - looks who holds the counters: with the BPF programs where they load, else in /proc,
 * and then at what /proc adds to both. Opens no event and makes no VM.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/owner_bpf.h"
#include "owner.h"

/** struct kp_ownersrc - @bpf: owned, NULL: look into /proc; @why: why, "" not tried */
struct kp_ownersrc {
	const struct kp_sysroot *root;
	const struct kp_host *host;
	struct kp_owner_bpf *bpf;
	char why[160];
};

int kp_ownersrc_new(const struct kp_sysroot *root, const struct kp_host *host, bool bpf,
		    struct kp_ownersrc **out)
{
	struct kp_ownersrc *src = calloc(1, sizeof(*src));

	if (!src)
		return -ENOMEM;
	src->root = root;
	src->host = host;
	if (bpf && !kp_sysroot_live(root))
		snprintf(src->why, sizeof(src->why), "this is a snapshot");
	else if (bpf && kp_owner_bpf_new(root, &src->bpf, src->why, sizeof(src->why)))
		src->bpf = NULL;
	*out = src;
	return 0;
}

void kp_ownersrc_free(struct kp_ownersrc *src)
{
	if (!src)
		return;
	kp_owner_bpf_free(src->bpf);
	free(src);
}

static int take_bpf(struct kp_ownersrc *src, struct kp_owners *owners)
{
	struct kp_owner_parse parse = { 0 };
	int err = kp_owner_bpf_take(src->bpf, src->host->online, &parse, owners);

	if (err) {
		kp_owner_parse_free(&parse);
		return err;
	}
	owners->from_bpf = true;
	kp_owner_parse_take(&parse, owners);
	return 0;
}

int kp_ownersrc_take(struct kp_ownersrc *src, struct kp_owners **out)
{
	struct kp_owners *owners = calloc(1, sizeof(*owners));
	int err = -ENOSYS;

	if (!owners)
		return -ENOMEM;
	if (src->bpf) {
		err = take_bpf(src, owners);
		if (err && err != -ENOMEM)
			snprintf(src->why, sizeof(src->why), "BPF iterators do not run: %s",
				 strerror(-err));
	}
	if (err && err != -ENOMEM) {
		memset(owners, 0, sizeof(*owners));
		owners->nr_mediated_vms = -1;
		owners->nr_include_guest = -1;
		snprintf(owners->why_not_bpf, sizeof(owners->why_not_bpf), "%s", src->why);
		err = kp_owners_add_proc(src->root, owners);
	}
	if (!err)
		err = kp_owners_describe(src->root, src->host, owners);
	if (err) {
		kp_owners_free(owners);
		return err;
	}
	*out = owners;
	return 0;
}

void kp_owners_free(struct kp_owners *owners)
{
	size_t i;

	if (!owners)
		return;
	for (i = 0; i < owners->nr_vms; i++) {
		free(owners->vms[i].name);
		free(owners->vms[i].cgroup);
	}
	free(owners->vms);
	free(owners->vcpus);
	free(owners->events);
	free(owners);
}
