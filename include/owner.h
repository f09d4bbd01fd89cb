/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owner.h - who holds the counters at one moment: every perf event that is open in the system,
 * every vCPU's virtual PMU, and the kernel's own marks of ownership. Filled by src/collect (BPF
 * iterators) or, without BPF, from what /proc tells (src/host); read by ps and doctor. Includes
 * host.h.
 *
 * What nobody can list: events whose file was closed while its buffer is still mapped, and events
 * that parts of the kernel other than KVM and the watchdog hold. nr_include_guest counts them
 * too.
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
#define KP_OWNER_HAS_ATTR     KP_BIT(0) /* type, config*, period, the flags below */
#define KP_OWNER_HAS_CPU      KP_BIT(1) /* cpu */
#define KP_OWNER_HAS_TASK     KP_BIT(2) /* task_tid */
#define KP_OWNER_HAS_STATE    KP_BIT(3) /* state */
#define KP_OWNER_HAS_TIME     KP_BIT(4) /* enabled_ns, running_ns */
#define KP_OWNER_HAS_CONFIG   KP_BIT(5) /* type, config*; HAS_ATTR says so too */
#define KP_OWNER_HAS_PMU_TYPE KP_BIT(6) /* pmu_type */
#define KP_OWNER_HAS_INDEX    KP_BIT(7) /* index */

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
#define KP_OWNER_CGROUP		KP_BIT(10) /* not of the attr: it counts a cgroup on its CPU */

/**
 * struct kp_owner_event - one perf event; in kp_owners
 * @id: the same for every file that refers to it; 0 unknown
 * @pid, @comm: the process that holds the file, the VM's for KVM's own, 0 and "" for the watchdog's
 * @fd: the file's number in that process, -1 for the kernel's own
 * @pmu, @pmu_type: of its PMU, which may be another than attr's type says; "" unknown; @type,
 *	@config, @config1, @config2: as in its attr
 * @tracepoint: "system:name"; "" unknown, or none
 * @period: sample period, or frequency with KP_OWNER_FREQ; 0: it only counts
 * @cpu: the CPU it counts on, -1 any; @task_tid: the task it counts, 0: all (of that CPU)
 * @state: PERF_EVENT_STATE_* of include/linux/perf_event.h: 1 active, 0 inactive, -1 off, less:
 *	error or exiting
 * @index: of the counter that it has while it is active, as its PMU's driver numbers them: x86
 *	fixed counters from 32 on (INTEL_PMC_IDX_FIXED), arm64's cycle counter 31
 *	(ARMV8_PMU_CYCLE_IDX; 0, and the others from 1 on, before Linux 6.12). Of use where @core
 *	is KP_TRI_YES
 * @enabled_ns, @running_ns: as perf's read format gives them, as of its last change of state
 * @core: its PMU is a CPU core's
 * @blocks: while it is open a mediated VM cannot start (EBUSY): an include-guest event of a PMU
 *	that has PERF_PMU_CAP_MEDIATED_VPMU (is_include_guest_event() in kernel/events/core.c)
 * @stops: a mediated VM exists, and while its context is loaded this event does not count
 *	(exclude_guest events of such a PMU, perf_load_guest_context())
 */
struct kp_owner_event {
	uint64_t id;
	enum kp_owner_kind kind;
	uint32_t pid;
	char comm[16];
	int fd;
	uint32_t valid;
	char pmu[32];
	char tracepoint[72];
	uint32_t pmu_type;
	uint32_t type;
	uint64_t config, config1, config2;
	uint64_t period;
	uint32_t flags;
	int cpu;
	uint32_t task_tid;
	int state;
	int index;
	uint64_t enabled_ns, running_ns;
	enum kp_tri core;
	enum kp_tri blocks;
	enum kp_tri stops;
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
 * @selector: event selector that the guest sees (arm64: PMEVTYPER; of a fixed counter its four
 *	bits of FIXED_CTR_CTRL, arm64: PMCCFILTR); @selector_hw: what a mediated VM loads, it
 *	loses ENABLE when the VM's filter denies the event; @value: the counter at its last save
 * @enabled: as the guest set it, it counts: its own enable bit, and the global one where there is
 *	one
 */
struct kp_owner_counter {
	bool fixed;
	bool enabled;
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
 * @pid: its VM's process; @vm: index of its VM in kp_owners.vms (a process may have several)
 * @tid: its thread, 0 unknown; @vcpu: its id as KVM numbers it
 * @cpu: where its thread runs or ran last; @affinity: CPU list of the thread, "" unknown or longer
 * @mode, @pmu: backing PMU of an arm64 vCPU (kvm->arch.arm_pmu), "" unknown or not arm64
 * @bound: arm64: its PMU was chosen (SET_PMU), so KVM enters it on that PMU's CPUs alone; no: it is
 *	KVM's default, with which it runs on all CPUs
 * @version, @nr_general, @nr_fixed: what the guest's CPUID or PMCR offers
 * @global_ctrl, @counters, @nr: what the guest programmed; counters never touched are left out.
 *	@global_ctrl of arm64 is PMCNTENSET_EL0 while PMCR_EL0.E is set, else 0
 * @loaded: its guest context is on the PMU now (guest_ctx_loaded in kernel/events/core.c)
 * @exits: since the vCPU was made
 * @irqchip_in_kernel: without it KVM hides the vPMU on x86
 */
struct kp_owner_vcpu {
	size_t vm;
	uint32_t pid, tid, vcpu;
	uint32_t valid;
	uint32_t cpu;
	char affinity[256];
	enum kp_vpmu_mode mode;
	char pmu[32];
	enum kp_tri bound;
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
 * @watchdog_seen: the NMI watchdog was looked for; false: it may have events that are not listed
 */
struct kp_owners {
	bool from_bpf;
	char why_not_bpf[160];
	bool truncated;
	int64_t nr_mediated_vms, nr_include_guest;
	bool watchdog_seen;
	struct kp_owner_event *events;
	size_t nr_events;
	struct kp_owner_vm *vms;
	size_t nr_vms;
	struct kp_owner_vcpu *vcpus;
	size_t nr_vcpus;
};

/**
 * struct kp_ownersrc - looks again and again at small cost: BPF programs stay loaded
 */
struct kp_ownersrc;

/**
 * kp_ownersrc_new - @root, @host: borrowed for its life; @host collected with KP_HOST_CPU, _PMU
 * and _KVM. @bpf false: do not try BPF. 0 or -ENOMEM: without BPF there is /proc
 */
int kp_ownersrc_new(const struct kp_sysroot *root, const struct kp_host *host, bool bpf,
		    struct kp_ownersrc **out);
void kp_ownersrc_free(struct kp_ownersrc *src);

/** kp_ownersrc_take - how things are now. Sorted by pid, then fd or vCPU. 0 or -ENOMEM */
int kp_ownersrc_take(struct kp_ownersrc *src, struct kp_owners **out);
void kp_owners_free(struct kp_owners *owners);

/* ---- src/host: what /proc adds, for src/collect ---- */

/** kp_owners_add_proc - VMs, vCPUs and events by the files of processes; where there is no BPF */
int kp_owners_add_proc(const struct kp_sysroot *root, struct kp_owners *owners);

/**
 * kp_owners_describe - what BPF does not say: names, cgroups, memory, threads, CPUs, exits; then
 * what follows from it: the PMUs' kinds, modes, who blocks whom. 0 or -ENOMEM
 */
int kp_owners_describe(const struct kp_sysroot *root, const struct kp_host *host,
		       struct kp_owners *owners);

#endif
