/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model.h - what the events add up to. One writer (kp_model_add), immutable snapshots out.
 * Includes event.h; names of exits come from the caller through kp_model_opts.
 */
#ifndef KP_MODEL_H
#define KP_MODEL_H

#include "event.h"

struct kp_model;

/* kp_model_opts.by: what rows of the exit table stand for; reason is always part of the key unless
 * left out on purpose */
#define KP_BY_VM     KP_BIT(0)
#define KP_BY_VCPU   KP_BIT(1)
#define KP_BY_CPU    KP_BIT(2)
#define KP_BY_REASON KP_BIT(3)

/**
 * struct kp_model_opts
 * @by: KP_BY_* mask for the exit table
 * @from_ns, @to_ns: events outside are not counted (0: no bound). Pairing state is kept across the
 *	border, so that an exit that began before @from_ns is not counted but its entry is known
 * @vm, @vcpu, @cpu: restrict to one; -1 all
 * @exit_match: counts only exits for which it returns true; NULL all
 * @ctx: passed to @exit_match
 * @hot: collect samples for hot symbols
 */
struct kp_model_opts {
	uint32_t by;
	uint64_t from_ns, to_ns;
	int64_t vm, vcpu, cpu;
	bool (*exit_match)(void *ctx, uint8_t isa, uint32_t code);
	void *ctx;
	bool hot;
};

/**
 * struct kp_stat - distribution of durations
 * @count, @total_ns, @min_ns, @max_ns: exact
 * @p50_ns, @p99_ns, @p999_ns: from a log-linear histogram, relative error at most 1/32
 * @stddev_ns: exact sample standard deviation (Welford); 0 when @count < 2
 */
struct kp_stat {
	uint64_t count;
	uint64_t total_ns;
	uint64_t min_ns, max_ns;
	uint64_t p50_ns, p99_ns, p999_ns;
	double stddev_ns;
};

/** enum kp_pairing - which events bracket an exit */
enum kp_pairing {
	KP_PAIR_NONE = 0, /* nothing to pair: no exit events at all */
	KP_PAIR_EXIT_ENTRY, /* kvm_exit to the next kvm_entry of the vCPU */
	KP_PAIR_USERSPACE, /* kvm_exit/kvm_entry did not fire (software-virtualised KVM): from one
			      kvm_userspace_exit to the next of the thread; includes guest time */
};

/**
 * struct kp_snap_exit - a row of the exit table
 * @has: KP_BY_* that are set below
 * @isa, @code: exit reason; with KP_PAIR_USERSPACE the code is a KVM_EXIT_* number
 */
struct kp_snap_exit {
	uint32_t has;
	uint32_t vm;
	uint32_t tid;
	uint32_t vcpu;
	bool has_vcpu;
	uint32_t cpu;
	uint8_t isa;
	uint32_t code;
	struct kp_stat stat;
};

/**
 * struct kp_snap_vcpu - one vCPU thread
 * @guest_ns: entry to exit; @host_ns: exit to entry; both 0 with has_times clear when nothing
 *   paired
 * @last_cpu: where it ran last
 */
struct kp_snap_vcpu {
	uint32_t vm, tid;
	uint32_t vcpu;
	bool has_vcpu;
	bool has_times;
	bool has_cpu;
	uint32_t last_cpu;
	uint64_t entries, exits, user_exits;
	uint64_t guest_ns, host_ns;
	uint64_t migrations;
	uint64_t first_ns, last_ns;
};

/** struct kp_snap_user - userspace exits of a VM by KVM_EXIT_* */
struct kp_snap_user {
	uint32_t vm;
	uint32_t code;
	uint64_t count;
	uint64_t errors;
};

/** struct kp_snap_reg - intercepted register accesses (kvm_msr, kvm_sys_access) of a VM */
struct kp_snap_reg {
	uint32_t vm;
	uint32_t reg;
	bool is_sysreg;
	bool write;
	uint64_t count;
	uint64_t faults;
};

/** struct kp_snap_irq - interrupts injected (kvm_inj_virq) or accepted, by vector */
struct kp_snap_irq {
	uint32_t vm;
	uint32_t vector;
	uint64_t injected;
	uint64_t accepted;
};

/** struct kp_snap_kind - how many events of each attr the input had, whatever the filters */
struct kp_snap_attr {
	uint16_t attr;
	uint64_t count;
};

/** struct kp_snap_hot - samples at one address; resolved to symbols by the view (sym.h) */
struct kp_snap_hot {
	uint16_t attr;
	uint8_t mode;
	uint32_t pid;
	uint64_t ip;
	uint64_t samples;
	uint64_t period;
};

/**
 * struct kp_snap - everything at one moment; immutable, owned by the caller of kp_model_snap(),
 * freed with kp_snap_free()
 * @total: all exits of the exit table together
 * @events: events that came in, @lost and @lost_samples what the kernel says it dropped
 * @first_ns, @last_ns: time bounds of what was counted; has_time tells whether any event had a time
 * @unpaired_exits, @unpaired_entries: began or ended outside the recording or in a lost stretch
 */
struct kp_snap {
	enum kp_pairing pairing;
	struct kp_stat total;
	uint64_t events, lost, lost_samples, throttled;
	bool has_time;
	uint64_t first_ns, last_ns;
	uint64_t unpaired_exits, unpaired_entries;
	struct kp_snap_exit *exits;
	size_t nr_exits;
	struct kp_snap_vcpu *vcpus;
	size_t nr_vcpus;
	struct kp_snap_user *users;
	size_t nr_users;
	struct kp_snap_reg *regs;
	size_t nr_regs;
	struct kp_snap_irq *irqs;
	size_t nr_irqs;
	struct kp_snap_attr *attrs;
	size_t nr_attrs;
	struct kp_snap_hot *hot;
	size_t nr_hot;
	uint64_t hot_dropped; /* samples not kept because the address table was full */
};

int kp_model_new(const struct kp_model_opts *opts, struct kp_model **out);
void kp_model_free(struct kp_model *m);

/** kp_model_add - take in one event, in time order. 0 or -ENOMEM */
int kp_model_add(struct kp_model *m, const struct kp_event *ev);

/** kp_model_snap - freeze what there is now; rows sorted by total time, then count, descending */
int kp_model_snap(struct kp_model *m, struct kp_snap **out);
void kp_snap_free(struct kp_snap *snap);

#endif
