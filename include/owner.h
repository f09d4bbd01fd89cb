/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owner.h - who holds the counters at one moment: every perf event that is open in the system,
 * every vCPU's virtual PMU, and the kernel's own marks of ownership. Filled by src/collect (BPF
 * iterators) or, without BPF, from what /proc tells (src/host); read by ps and doctor. Includes
 * host.h.
 *
 * Looking is never an intrusion: no event is opened and no VM is made to find any of this out.
 */
#ifndef KP_OWNER_H
#define KP_OWNER_H

#include "host.h"

/**
 * enum kp_owner_kind - who made a perf event
 * @KP_OWNER_USER: a process, through perf_event_open(); it holds a file
 * @KP_OWNER_KVM: KVM, as a counter of an emulated vPMU (pmc_reprogram_counter() in
 *	arch/x86/kvm/pmu.c, kvm_pmu_create_perf_event() in arch/arm64/kvm/pmu-emul.c)
 * @KP_OWNER_WATCHDOG: the NMI watchdog (kernel/watchdog_perf.c)
 */
enum kp_owner_kind { KP_OWNER_UNKNOWN = 0, KP_OWNER_USER, KP_OWNER_KVM, KP_OWNER_WATCHDOG };

/* kp_owner_event.valid: without its bit a field is unknown, not zero */
#define KP_OWNER_HAS_ATTR  KP_BIT(0) /* type, config*, period, the flags below */
#define KP_OWNER_HAS_CPU   KP_BIT(1) /* cpu */
#define KP_OWNER_HAS_TASK  KP_BIT(2) /* task_tid */
#define KP_OWNER_HAS_STATE KP_BIT(3) /* state */
#define KP_OWNER_HAS_TIME  KP_BIT(4) /* enabled_ns, running_ns */

/* kp_owner_event.flags: bits of struct perf_event_attr (include/uapi/linux/perf_event.h) */
#define KP_OWNER_EXCLUDE_USER	KP_BIT(0)
#define KP_OWNER_EXCLUDE_KERNEL KP_BIT(1)
#define KP_OWNER_EXCLUDE_HV	KP_BIT(2)
#define KP_OWNER_EXCLUDE_IDLE	KP_BIT(3)
#define KP_OWNER_EXCLUDE_HOST	KP_BIT(4)
#define KP_OWNER_EXCLUDE_GUEST	KP_BIT(5)
#define KP_OWNER_PINNED		KP_BIT(6)
#define KP_OWNER_EXCLUSIVE	KP_BIT(7)
#define KP_OWNER_INHERIT	KP_BIT(8)
#define KP_OWNER_FREQ		KP_BIT(9) /* period is a frequency in Hz */

/**
 * struct kp_owner_event - one perf event; in kp_owners
 * @id: the same for every file that refers to it; 0 unknown
 * @pid, @comm: the process that holds the file, 0 and "" for the kernel's own; @fd: its number
 *	there
 * @pmu: name of its PMU, "" unknown; @type, @config, @config1, @config2: as in its attr
 * @period: sample period, or frequency with KP_OWNER_FREQ; 0: it only counts
 * @cpu: the CPU it counts on, -1 any; @task_tid: the task it counts, 0: all (of that CPU)
 * @state: PERF_EVENT_STATE_* of include/linux/perf_event.h: 1 active, 0 inactive, -1 off, less:
 *	error or exiting
 * @enabled_ns, @running_ns: as perf's read format gives them
 * @core: its PMU is a CPU core's
 * @blocks: while it is open a mediated VM cannot start (EBUSY): an include-guest event of a PMU
 *	that has PERF_PMU_CAP_MEDIATED_VPMU (is_include_guest_event() in kernel/events/core.c)
 */
struct kp_owner_event {
	uint64_t id;
	enum kp_owner_kind kind;
	uint32_t pid;
	char comm[16];
	int fd;
	uint32_t valid;
	char pmu[32];
	uint32_t type;
	uint64_t config, config1, config2;
	uint64_t period;
	uint32_t flags;
	int cpu;
	uint32_t task_tid;
	int state;
	uint64_t enabled_ns, running_ns;
	enum kp_tri core;
	enum kp_tri blocks;
};

/** enum kp_vpmu_mode - how a vCPU gets its PMU */
enum kp_vpmu_mode {
	KP_VPMU_UNKNOWN = 0,
	KP_VPMU_NONE, /* the guest sees no PMU */
	KP_VPMU_EMULATED, /* counters are host perf events */
	KP_VPMU_MEDIATED, /* counters are loaded at VM entry */
};

#define KP_VPMU_COUNTERS_MAX 48

/**
 * struct kp_owner_counter - a counter as the guest programmed it
 * @fixed: Intel fixed counter or arm64 cycle counter @index
 * @selector: event selector that the guest sees (arm64: PMEVTYPER); @selector_hw: what is loaded,
 *	it loses ENABLE when the VM's filter denies the event; @value: the counter at its last save
 */
struct kp_owner_counter {
	bool fixed;
	uint8_t index;
	uint64_t selector, selector_hw, value;
};

/* kp_owner_vcpu.valid */
#define KP_VCPU_HAS_COUNTERS KP_BIT(0) /* version, nr_general, nr_fixed */
#define KP_VCPU_HAS_PROGRAM  KP_BIT(1) /* global_ctrl, counters */
#define KP_VCPU_HAS_LOADED   KP_BIT(2) /* loaded */
#define KP_VCPU_HAS_CPU	     KP_BIT(3) /* cpu */
#define KP_VCPU_HAS_EXITS    KP_BIT(4) /* exits */
#define KP_VCPU_HAS_ID	     KP_BIT(5) /* vcpu */
#define KP_VCPU_HAS_RUN_TASK KP_BIT(6) /* tid: the thread that last ran it */

/**
 * struct kp_owner_vcpu - one vCPU; in kp_owners
 * @pid: its VM's process; @tid: its thread, 0 unknown; @vcpu: its id as KVM numbers it
 * @cpu: where its thread runs or ran last; @affinity: CPU list of the thread, "" unknown
 * @mode, @pmu: backing PMU of an arm64 vCPU (kvm->arch.arm_pmu), "" unknown or not arm64
 * @version, @nr_general, @nr_fixed: what the guest's CPUID or PMCR offers
 * @global_ctrl, @counters, @nr: what the guest programmed; counters never touched are left out
 * @loaded: its guest context is on the PMU now (guest_ctx_loaded in kernel/events/core.c)
 * @exits: since the vCPU was made
 * @irqchip_in_kernel: without it KVM hides the vPMU on x86
 */
struct kp_owner_vcpu {
	uint32_t pid, tid, vcpu;
	uint32_t valid;
	uint32_t cpu;
	char affinity[64];
	enum kp_vpmu_mode mode;
	char pmu[32];
	uint8_t version, nr_general, nr_fixed;
	uint64_t global_ctrl;
	struct kp_owner_counter counters[KP_VPMU_COUNTERS_MAX];
	size_t nr;
	bool loaded;
	uint64_t exits;
	enum kp_tri irqchip_in_kernel;
};

/**
 * struct kp_owner_vm - a VM; in kp_owners
 * @pid; @name, @vmm: as in struct kp_host_vm (name owned here); @cgroup: its path, NULL unknown
 * @nr_vcpus; @memory_bytes: of its memory slots, or resident memory when only that is known
 *	(@memory_resident); @exits: of all its vCPUs
 * @mediated: kvm->arch.created_mediated_pmu
 * @filter: a PMU event filter is set (kvm->arch.pmu_event_filter)
 */
struct kp_owner_vm {
	uint32_t pid;
	char *name;
	const char *vmm;
	char *cgroup;
	uint32_t nr_vcpus;
	uint64_t memory_bytes;
	bool has_memory, memory_resident;
	uint64_t exits;
	bool has_exits;
	enum kp_tri mediated;
	enum kp_tri filter;
};

/**
 * struct kp_owners - everything at one moment; owned by the caller, freed with kp_owners_free()
 * @from_bpf: iterators looked at the kernel's own objects; else from /proc, with much unknown
 * @why_not_bpf: when not, in words; "" when not tried
 * @truncated: rights kept some processes from being looked at: there may be more
 * @nr_mediated_vms, @nr_include_guest: kernel/events/core.c's nr_mediated_pmu_vms and
 *	nr_include_guest_events; -1 unknown
 */
struct kp_owners {
	bool from_bpf;
	char why_not_bpf[160];
	bool truncated;
	int64_t nr_mediated_vms, nr_include_guest;
	struct kp_owner_event *events;
	size_t nr_events;
	struct kp_owner_vm *vms;
	size_t nr_vms;
	struct kp_owner_vcpu *vcpus;
	size_t nr_vcpus;
};

#endif
