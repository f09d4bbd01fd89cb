/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owner_types.h - the few fields of the kernel's own structs that owner.bpf.c reads. Offsets and
 * sizes are the running kernel's: libbpf relocates every access by its BTF (vmlinux or kvm.ko).
 * Structs of x86 and arm64 that share a name are one here, with the fields of both; a field that
 * a kernel lacks is asked for with bpf_core_field_exists() before it is read.
 */
#ifndef KP_BPF_OWNER_TYPES_H
#define KP_BPF_OWNER_TYPES_H

#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>
/* after bpf_helpers.h */
#include <bpf/bpf_core_read.h>

typedef _Bool bool;

#define CO_RE __attribute__((preserve_access_index))

struct seq_file;

struct upid {
	int nr;
	void *ns;
} CO_RE;

struct pid {
	unsigned int level;
	struct upid numbers[1];
} CO_RE;

struct task_struct {
	int pid;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	char comm[16];
} CO_RE;

struct super_block {
	unsigned long s_magic;
} CO_RE;

struct inode {
	struct super_block *i_sb;
} CO_RE;

struct qstr {
	const unsigned char *name;
} CO_RE;

struct dentry {
	struct qstr d_name;
} CO_RE;

struct path {
	struct dentry *dentry;
} CO_RE;

struct file {
	struct inode *f_inode;
	struct path f_path;
	void *private_data;
} CO_RE;

struct bpf_iter_meta {
	struct seq_file *seq;
} CO_RE;

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
} CO_RE;

struct pmu {
	const char *name;
	int type;
	int capabilities;
} CO_RE;

struct tracepoint {
	const char *name;
} CO_RE;

struct trace_event_class {
	const char *system;
} CO_RE;

struct trace_event_call {
	struct trace_event_class *class;
	union {
		const char *name; /* of dynamic events and system calls */
		struct tracepoint *tp;
	};
} CO_RE;

struct hw_perf_event {
	struct task_struct *target;
	int idx; /* of the counter, in an anonymous struct of a union */
} CO_RE;

struct perf_time_ctx {
	__u64 time;
} CO_RE;

struct perf_event_context {
	struct perf_time_ctx timeguest; /* since there is a mediated vPMU */
} CO_RE;

enum perf_event_state { PERF_EVENT_STATE_OFF = -1 };

struct perf_event {
	struct pmu *pmu;
	enum perf_event_state state;
	__u64 total_time_enabled;
	__u64 total_time_running;
	struct perf_event_attr attr;
	struct hw_perf_event hw;
	int cpu;
	__u64 id;
	void *cgrp;
	struct trace_event_call *tp_event;
} CO_RE;

typedef struct {
	int counter;
} CO_RE atomic_t;

struct kvm_pmc {
	__u64 counter; /* x86 */
	__u64 eventsel;
	__u64 eventsel_hw;
	struct perf_event *perf_event; /* both */
} CO_RE;

struct kvm_pmu {
	__u8 version; /* x86 */
	unsigned int nr_arch_gp_counters;
	unsigned int nr_arch_fixed_counters;
	__u64 fixed_ctr_ctrl;
	__u64 fixed_ctr_ctrl_hw;
	__u64 global_ctrl;
	struct kvm_pmc gp_counters[1];
	struct kvm_pmc fixed_counters[1];
	struct kvm_pmc pmc[1]; /* arm64 */
} CO_RE;

/* arm64: numbers are the running kernel's, by name */
enum vcpu_sysreg {
	PMCR_EL0 = 1,
	PMEVCNTR0_EL0,
	PMCCNTR_EL0,
	PMEVTYPER0_EL0,
	PMCCFILTR_EL0,
	PMCNTENSET_EL0,
};

struct kvm_cpu_context {
	__u64 sys_regs[1];
} CO_RE;

struct cpumask {
	unsigned long bits[1];
} CO_RE;

struct arm_pmu {
	struct pmu pmu;
	struct cpumask supported_cpus;
} CO_RE;

struct kvm_vcpu_arch {
	struct kvm_pmu pmu;
	struct kvm_cpu_context ctxt;
	unsigned long features[1]; /* arm64, until they moved to struct kvm_arch */
} CO_RE;

enum kvm_irqchip_mode { KVM_IRQCHIP_NONE = 0 };

struct kvm_arch {
	enum kvm_irqchip_mode irqchip_mode; /* x86 */
	bool created_mediated_pmu;
	void *pmu_event_filter;
	unsigned long vcpu_features[1]; /* arm64 */
	unsigned long *pmu_filter;
	struct arm_pmu *arm_pmu;
	struct cpumask *supported_cpus; /* cpumask_var_t with CONFIG_CPUMASK_OFFSTACK */
	__u8 nr_pmu_counters;
} CO_RE;

/* struct kvm without that option */
struct kvm_arch___mask {
	struct cpumask supported_cpus[1];
} CO_RE;

struct kvm___mask {
	struct kvm_arch___mask arch;
} CO_RE;

struct kvm_vcpu_stat {
	__u64 exits;
} CO_RE;

struct kvm {
	unsigned long nr_memslot_pages;
	atomic_t online_vcpus;
	struct kvm_arch arch;
} CO_RE;

struct kvm_vcpu {
	struct kvm *kvm;
	int cpu;
	int vcpu_id;
	int mode;
	struct pid *pid;
	struct kvm_vcpu_arch arch;
	struct kvm_vcpu_stat stat;
} CO_RE;

#endif
