/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owner_parse.h - from the records of src/bpf/owner.bpf.c to the arrays of struct kp_owners.
 * Private to src/collect; opens nothing.
 */
#ifndef KP_COLLECT_OWNER_PARSE_H
#define KP_COLLECT_OWNER_PARSE_H

#include "lib/hash.h"
#include "lib/vec.h"
#include "owner.h"

/**
 * struct kp_owner_parse - zero-initialise; @events, @vms, @vcpus: taken by kp_owner_parse_take()
 * @vm_of, @vcpu_of: indices by the kernel's objects; several processes may have a VM's files
 * @nr_open: counters and events that follow are of vcpus.at[nr_open - 1]; 0: of none that is
 *	wanted
 */
struct kp_owner_parse {
	KP_VEC(struct kp_owner_event) events;
	KP_VEC(struct kp_owner_vm) vms;
	KP_VEC(struct kp_owner_vcpu) vcpus;
	struct kp_hash vm_of, vcpu_of;
	size_t nr_open;
};

/** kp_owner_parse_add - whole records; 0, -ENOMEM, -EBADMSG: not of this build's programs */
int kp_owner_parse_add(struct kp_owner_parse *p, const void *data, size_t size);

/** kp_owner_parse_take - move what was found to @owners, in order, and free the rest */
void kp_owner_parse_take(struct kp_owner_parse *p, struct kp_owners *owners);
void kp_owner_parse_free(struct kp_owner_parse *p);

#endif
