/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between x86.c and x86_pmu.c: CPUID leaves and the PMU's part of a job.
 */
#ifndef KP_GUEST_X86_H
#define KP_GUEST_X86_H

#include "vm.h"

#define KP_MSR_APIC_BASE   0x1b
#define KP_MSR_MISC_ENABLE 0x1a0
#define KP_MSR_LVTPC	   0x834
#define KP_VECTOR_TIMER	   0x20
#define KP_VECTOR_PMI	   0x21

/* x86_pmu.c */
void kp_guest_x86_pmu_detect(struct kp_guest *guest, const struct kvm_cpuid2 *cpuid);
void kp_guest_x86_pmu_hide(struct kvm_cpuid2 *cpuid);
int kp_guest_x86_pmu_verify(struct kp_vcpu *vcpu, struct kp_guest_error *error);
void kp_guest_x86_pmu_job(struct kp_vcpu *vcpu, const struct kp_guest_job *job);

struct kvm_cpuid_entry2;
const struct kvm_cpuid_entry2 *kp_guest_x86_leaf(const struct kvm_cpuid2 *cpuid, uint32_t leaf);
bool kp_guest_x86_msr(struct kp_vcpu *vcpu, uint32_t msr, uint64_t value);
bool kp_guest_x86_msr_get(struct kp_vcpu *vcpu, uint32_t msr, uint64_t *value);
void kp_guest_x86_write_add(struct kp_guest_write *list, uint64_t *nr, size_t max, uint32_t msr,
			    uint64_t value);

#endif
