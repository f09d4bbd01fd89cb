// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands in for the micro-guest on architectures that it has no code for: every request is refused
 * in words, everything else of the tool works.
 */
#include <errno.h>
#include <stddef.h>
#include "vm.h"

#define REFUSAL "the micro-guest has code for x86-64 and arm64 only"

const char kp_guest_code_start[1];
const char kp_guest_code_end[1];
const char kp_guest_code_entry[1];

const struct kp_guest_code kp_guest_codes[] = {
	{ .entry = NULL },
};

int kp_guest_arch_check(struct kp_guest *guest, struct kp_guest_error *error)
{
	return kp_guest_fail(error, -1, EOPNOTSUPP, REFUSAL);
}

/* What follows is never reached, since no machine comes to be. */

unsigned long kp_guest_arch_vm_type(const struct kp_guest *guest)
{
	return 0;
}

int kp_guest_arch_vm_init(struct kp_guest *guest, struct kp_guest_error *error)
{
	return kp_guest_fail(error, -1, EOPNOTSUPP, REFUSAL);
}

int kp_guest_arch_vcpu_init(struct kp_vcpu *vcpu, struct kp_guest_error *error)
{
	return kp_guest_fail(error, -1, EOPNOTSUPP, REFUSAL);
}

int kp_guest_arch_vm_finish(struct kp_guest *guest, struct kp_guest_error *error)
{
	return kp_guest_fail(error, -1, EOPNOTSUPP, REFUSAL);
}

int kp_guest_arch_job(struct kp_vcpu *vcpu, const struct kp_guest_job *job,
		      struct kp_guest_error *error)
{
	return kp_guest_fail(error, -1, EOPNOTSUPP, REFUSAL);
}

void kp_guest_arch_counters(struct kp_vcpu *vcpu, const struct kp_guest_job *job,
			    struct kp_guest_vcpu_result *result)
{
}

int kp_guest_pmu_access(const struct kp_guest *guest, enum kp_guest_pmu_reg reg,
			enum kp_guest_access access, struct kp_guest_job *job)
{
	return -EOPNOTSUPP;
}

enum kp_guest_action kp_guest_arch_exit(const struct kp_vcpu *vcpu)
{
	return KP_ACT_REFUSE;
}

const char *kp_guest_arch_fail_entry(uint64_t reason)
{
	return "?";
}

void kp_guest_arch_regs(const struct kp_vcpu *vcpu, struct kp_guest_error *error)
{
}

void kp_guest_arch_fault(const struct kp_vcpu *vcpu, struct kp_guest_error *error)
{
}
