/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owner_rec.h - the records that owner.bpf.c writes and src/collect/owner_parse.c reads. Both
 * come from one build, so the layout is nobody else's business. Plain C types only.
 */
#ifndef KP_BPF_OWNER_REC_H
#define KP_BPF_OWNER_REC_H

#define KP_REC_NAME_LEN 32
#define KP_REC_COMM_LEN 16
#define KP_REC_SYSTEM_LEN 24
#define KP_REC_TP_LEN 48

enum kp_rec_kind { KP_REC_EVENT = 1, KP_REC_VM, KP_REC_VCPU, KP_REC_COUNTER };

/* who made an event */
enum kp_rec_by { KP_REC_BY_USER = 1, KP_REC_BY_KVM, KP_REC_BY_WATCHDOG };

/**
 * struct kp_rec_head - every record begins with it
 * @kind: enum kp_rec_kind; @size: of the whole record
 * @pid, @tid, @fd, @comm: the file that it was found through
 */
struct kp_rec_head {
	unsigned int kind;
	unsigned int size;
	unsigned int pid;
	unsigned int tid;
	int fd;
	char comm[KP_REC_COMM_LEN];
	unsigned int pad;
};

/**
 * struct kp_rec_event - a perf event
 * @attr_flags: the word of struct perf_event_attr that holds disabled and what follows it
 * @task: the task it counts, 0 none; @cgroup: it counts a cgroup
 * @index: of its counter, as its PMU's driver numbers them; of use while it is active
 * @caps: of its PMU; @knows_mediated: this kernel has PERF_PMU_CAP_MEDIATED_VPMU
 * @system, @tp: of a tracepoint; "" unknown
 */
struct kp_rec_event {
	struct kp_rec_head head;
	unsigned long long id;
	unsigned int by;
	unsigned int type;
	unsigned long long config;
	unsigned long long config1;
	unsigned long long config2;
	unsigned long long period;
	unsigned long long attr_flags;
	unsigned long long enabled_ns;
	unsigned long long running_ns;
	int cpu;
	int state;
	unsigned int task;
	unsigned int cgroup;
	unsigned int caps;
	unsigned int knows_mediated;
	unsigned int pmu_type;
	int index;
	char pmu[KP_REC_NAME_LEN];
	char system[KP_REC_SYSTEM_LEN];
	char tp[KP_REC_TP_LEN];
};

/* kp_rec_vm.known, kp_rec_vcpu.known: what this kernel has */
#define KP_REC_MEDIATED (1u << 0)
#define KP_REC_FILTER	(1u << 1)
#define KP_REC_IRQCHIP	(1u << 2)
#define KP_REC_PAGES	(1u << 3)
#define KP_REC_VCPUS	(1u << 4)
#define KP_REC_EXITS	(1u << 5)
#define KP_REC_X86	(1u << 6)
#define KP_REC_ARM64	(1u << 7)
#define KP_REC_RAN	(1u << 8) /* ran_tid */
#define KP_REC_GENERAL	(1u << 9) /* nr_general */
#define KP_REC_BOUND	(1u << 10) /* bound */

/** struct kp_rec_vm - @kvm: which one, the same in its vCPUs' records */
struct kp_rec_vm {
	struct kp_rec_head head;
	unsigned long long kvm;
	unsigned long long pages;
	unsigned int known;
	unsigned int mediated;
	unsigned int filter;
	unsigned int nr_vcpus;
};

/**
 * struct kp_rec_vcpu - its counters follow it
 * @offered: x86: the guest has a PMU; arm64: KVM_ARM_VCPU_PMU_V3 is set
 * @loaded: its guest context is on the PMU of @cpu now
 * @global: x86 GLOBAL_CTRL; arm64 PMCNTENSET_EL0 while PMCR_EL0.E is set
 * @bound: arm64: KVM enters the guest on the CPUs of its PMU alone
 */
struct kp_rec_vcpu {
	struct kp_rec_head head;
	unsigned long long kvm;
	unsigned long long vcpu;
	unsigned long long exits;
	unsigned long long global;
	unsigned int known;
	unsigned int id;
	unsigned int ran_tid;
	int cpu;
	unsigned int mediated;
	unsigned int irqchip;
	unsigned int offered;
	unsigned int loaded;
	unsigned int version;
	unsigned int nr_general;
	unsigned int nr_fixed;
	unsigned int bound;
	char pmu[KP_REC_NAME_LEN];
};

/** struct kp_rec_counter - a counter that the guest has touched; of the kp_rec_vcpu before it */
struct kp_rec_counter {
	struct kp_rec_head head;
	unsigned long long vcpu;
	unsigned long long selector;
	unsigned long long selector_hw;
	unsigned long long value;
	unsigned int index;
	unsigned int fixed;
};

/* what owner_marks is asked for, and what it answers in */
#define KP_ASK_MARKS	1
#define KP_ASK_WATCHDOG 2 /* of @cpu: in @event, head.kind 0 when there is none */

/**
 * struct kp_rec_ask - context of the program owner_marks
 * @mediated_vms, @include_guest: counts of kernel/events/core.c, -1 unknown
 * @watchdog_known: the watchdog's events can be found, or it is one that has none
 */
struct kp_rec_ask {
	unsigned int what;
	unsigned int cpu;
	long long mediated_vms;
	long long include_guest;
	unsigned int watchdog_known;
	unsigned int pad;
	struct kp_rec_event event;
};

#endif
