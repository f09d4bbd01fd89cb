/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * place.h - vCPUs on machines with several core PMUs: a part of model.h. Includes kp.h only.
 */
#ifndef KP_PLACE_H
#define KP_PLACE_H

#include "kp.h"

#define KP_PLACES_MAX 8

/**
 * struct kp_snap_place - a vCPU on the CPUs of one core PMU, where the machine has several
 * @pmu: as kp_model_opts.cpu_pmu numbers it
 * @backing: of the CPU where the VM was first seen to enter the guest. KVM's default is the PMU of
 *	the CPU that made the VM's first vCPU (kvm_arm_set_default_pmu()), which that is where the
 *	recording has the VM's start
 * @entries: on its CPUs; @arrivals: those of them that came from another PMU's CPUs
 * @guest_ns: entry to exit; lost to the guest's counters where @pmu is not @backing: they are perf
 *	events of that PMU (kvm_pmu_create_perf_event()), which takes them on its own CPUs only
 *	(armpmu_filter() in drivers/perf/arm_pmu.c)
 */
struct kp_snap_place {
	uint32_t vm, tid, vcpu;
	bool has_vcpu;
	uint8_t pmu, backing;
	uint64_t entries, arrivals;
	uint64_t guest_ns;
};

#endif
