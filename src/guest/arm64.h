/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between arm64.c and arm64_pmu.c: device attributes, system registers and the PMU's part of a job.
 */
#ifndef KP_GUEST_ARM64_H
#define KP_GUEST_ARM64_H

#include "vm.h"

int kp_guest_arm64_attr(int fd, uint32_t group, uint64_t attr, const void *addr);
int kp_guest_arm64_get(const struct kp_vcpu *vcpu, uint64_t id, uint64_t *value);
int kp_guest_arm64_set(struct kp_vcpu *vcpu, uint64_t id, uint64_t value);

/* arm64_pmu.c */
int kp_guest_arm64_pmu_check(struct kp_guest *guest, struct kp_guest_error *error);
int kp_guest_arm64_pmu_vcpu(struct kp_vcpu *vcpu, struct kp_guest_error *error);
int kp_guest_arm64_pmu_finish(struct kp_vcpu *vcpu, struct kp_guest_error *error);
void kp_guest_arm64_pmu_job(struct kp_vcpu *vcpu, const struct kp_guest_job *job);

#endif
