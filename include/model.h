/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model.h - what the events add up to. One writer (kp_model_add), immutable snapshots out.
 * Names of exits, VMs and vCPUs come from the caller through kp_model_opts. An analysis is a row in
 * the table in src/model/model.c, a file beside it, and its part of kp_snap.
 */
#ifndef KP_MODEL_H
#define KP_MODEL_H

#include "event.h"
#include "owned.h"
#include "place.h"
#include "reg.h"

struct kp_model;

/* kp_model_opts.by: what a row of the exit table stands for */
#define KP_BY_VM     KP_BIT(0)
#define KP_BY_VCPU   KP_BIT(1) /* the vCPU's thread; its VM with it */
#define KP_BY_CPU    KP_BIT(2) /* host CPU on which the exit happened */
#define KP_BY_REASON KP_BIT(3)

/**
 * struct kp_model_opts
 * @by: KP_BY_* mask for the exit table; 0: KP_BY_REASON
 * @from_ns, @to_ns: what happened outside is not counted (0: no bound): an exit counts when both
 *	its ends lie inside; a vCPU's guest and host time are cut at the border
 * @vcpu: restrict to one; -1 all
 * @cpus: bit mask of the CPUs to restrict to, @nr_cpus bits in 64-bit words; borrowed for the
 *	model's life. NULL all
 * @vm_match: counts only VMs (processes) for which it returns true; asked once
 *	per process, and again when it is renamed; NULL all
 * @exit_match: the exit table has only exits for which it returns true; asked once a row; NULL all
 * @vcpu_id: the number of a vCPU whose events carry none (arm64's kvm_entry and kvm_exit), by its
 *	thread; asked once per thread and snapshot; false: unknown. NULL: always unknown
 * @reg_role: what part a register plays in the PMU (counters): fills @role; false: none. Asked once
 *	per register; NULL: counters are not followed
 * @cpu_pmu: which of several core PMUs counts on a CPU, at most KP_PLACES_MAX of them; false: not
 *	known, or there is but one. Asked once per CPU. NULL: places are not followed
 * @task: told of each KP_EV_TASK before it is added; may call kp_model_renamed(). 0 or an error
 * @ctx: passed to all of them
 * @max_rows: rows of one table, 0: default. What exceeds it is added up in a row "other"
 * @buckets: snapshots have the exit table's histograms (kp_snap.buckets) and those of switches
 */
struct kp_model_opts {
	uint32_t by;
	uint64_t from_ns, to_ns;
	int64_t vcpu;
	const uint64_t *cpus;
	uint32_t nr_cpus;
	bool (*vm_match)(void *ctx, uint32_t pid);
	bool (*exit_match)(void *ctx, uint8_t isa, uint32_t code);
	bool (*vcpu_id)(void *ctx, uint32_t pid, uint32_t tid, uint32_t *vcpu);
	bool (*reg_role)(void *ctx, uint32_t reg, struct kp_reg_part *role);
	bool (*cpu_pmu)(void *ctx, uint32_t cpu, uint8_t *pmu);
	int (*task)(void *ctx, const struct kp_event *ev);
	void *ctx;
	uint32_t max_rows;
	bool buckets;
};

/**
 * struct kp_stat - distribution of durations
 * @count: how many; @timed: how many of them had a duration (events without times have none); all
 *	times are unknown when it is 0
 * @total_ns, @min_ns, @max_ns: exact
 * @p50_ns, @p99_ns, @p999_ns: nearest rank, from a log-linear histogram, relative error at most
 *	1/32; unknown without @has_percentiles (memory for histograms is bounded)
 * @stddev_ns: sample standard deviation, exact; 0 when @timed is 1, NaN unknown
 */
struct kp_stat {
	uint64_t count, timed;
	uint64_t total_ns;
	uint64_t min_ns, max_ns;
	bool has_percentiles;
	uint64_t p50_ns, p99_ns, p999_ns;
	double stddev_ns;
};

/**
 * struct kp_snap_bucket - @count durations of about the same length; buckets number all lengths in
 * ascending order, kp_bucket_ns() tells which. Histograms of several rows, or of one row at two
 * moments, may be added and subtracted bucket by bucket
 */
struct kp_snap_bucket {
	uint16_t bucket;
	uint64_t count;
};

#define KP_BUCKETS 976

/** kp_bucket_ns - the middle of a bucket; off by at most 1/32. @bucket < KP_BUCKETS */
uint64_t kp_bucket_ns(unsigned int bucket);
/** kp_bucket_of - the bucket that a duration falls into */
unsigned int kp_bucket_of(uint64_t ns);

/** enum kp_pairing - which two events bracket what kp_snap_exit.stat measures */
enum kp_pairing {
	KP_PAIR_NONE = 0, /* nothing to pair: no exit events at all */
	/* exit to the next entry: handling. perf kvm stat on x86, s390, loongarch */
	KP_PAIR_EXIT_ENTRY,
	/* entry to the exit: the guest's run. perf kvm stat on arm64 and riscv */
	KP_PAIR_ENTRY_EXIT,
	/*
	 * kvm_exit and kvm_entry did not fire (software-virtualised KVM): one kvm_userspace_exit to
	 * the next of the thread; includes guest time
	 */
	KP_PAIR_USERSPACE,
};

/**
 * struct kp_snap_exit - a row of the exit table
 * @has: KP_BY_* that are known for this row
 * @other: the row that stands for all rows beyond max_rows
 * @isa, @code: exit reason; with KP_PAIR_USERSPACE the code is a KVM_EXIT_* number
 * @stat: as kp_snap.pairing says, which is what perf kvm stat counts for the architecture
 * @handling: exit to entry; @run: entry to exit, only with KP_PAIR_ENTRY_EXIT. One of them equals
 *	@stat; both empty with KP_PAIR_USERSPACE
 * @first_bucket, @nr_buckets: where @stat's histogram lies in kp_snap.buckets, by ascending bucket
 */
struct kp_snap_exit {
	uint32_t has;
	bool other;
	bool has_vcpu;
	uint8_t isa;
	uint32_t vm, tid, vcpu;
	uint32_t cpu;
	uint32_t code;
	struct kp_stat stat, handling, run;
	size_t first_bucket, nr_buckets;
};

/**
 * struct kp_snap_vcpu - one vCPU thread
 * @guest_ns: entry to exit; @host_ns: exit to entry; unknown when has_times is clear
 * @entries, @exits: unknown when has_entry_exit is clear (the tracepoints did not fire)
 * @last_cpu: where it ran last
 * @first_ns, @last_ns: first and last event; equal to 0 without times
 * @migrations: sched_migrate_task of the thread since its first event
 */
struct kp_snap_vcpu {
	uint32_t vm, tid;
	uint32_t vcpu;
	bool has_vcpu;
	bool has_times;
	bool has_entry_exit;
	bool has_cpu;
	uint32_t last_cpu;
	uint64_t entries, exits, user_exits;
	uint64_t guest_ns, host_ns;
	uint64_t migrations;
	uint64_t first_ns, last_ns;
};

/**
 * struct kp_snap_cpu - what vCPUs made of a host CPU's time, and its NMIs
 * @guest_ns: entry to exit; @handling_ns: exit to entry, both on this CPU, but for @halt_ns: exits
 *	of a guest that waits (HLT, WFI) and whose thread may sleep meanwhile
 * @idle_ns: the idle task ran (sched_switch); unknown when has_idle is clear
 * @nmis: calls of NMI handlers that had something to do; unknown when has_nmis is clear
 * @pmis: interrupts of its PMU (arm64); unknown when has_pmis is clear
 */
struct kp_snap_cpu {
	uint32_t cpu;
	bool has_times, has_idle, has_nmis, has_pmis;
	uint64_t guest_ns, handling_ns, halt_ns, idle_ns;
	uint64_t nmis, pmis;
};

/** struct kp_snap_user - userspace exits of a VM by KVM_EXIT_* */
struct kp_snap_user {
	uint32_t vm;
	bool other;
	uint32_t code;
	uint64_t count;
	uint64_t errors;
};

/** struct kp_snap_reg - intercepted register accesses (kvm_msr, kvm_sys_access) of a VM */
struct kp_snap_reg {
	uint32_t vm;
	bool other;
	bool is_sysreg;
	bool write;
	uint32_t reg;
	uint64_t count;
	uint64_t faults;
};

/**
 * struct kp_snap_irq - interrupts injected (kvm_inj_virq, vgic_update_irq_pending with level 1) or
 * accepted by a local APIC (kvm_apic_accept_irq), by vector. Interrupts are often sent from outside
 * the VM's threads: has_vm is clear then
 */
struct kp_snap_irq {
	uint32_t vm;
	bool has_vm;
	bool other;
	uint32_t vector;
	uint64_t injected;
	uint64_t accepted;
};

/** struct kp_snap_attr - how many events of each attr the input had, whatever the filters */
struct kp_snap_attr {
	uint16_t attr;
	uint64_t count;
};

/** struct kp_snap_lost - events that the kernel dropped, by the CPU of the ring buffer */
struct kp_snap_lost {
	uint32_t cpu;
	bool has_cpu;
	bool other;
	uint64_t lost;
	uint64_t lost_samples;
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
 * struct kp_snap_counter - a counter of a vCPU's PMU as intercepted accesses left it
 *
 * What was never seen is not known: has_ bits. With a mediated vPMU guests reach counters and
 * global control directly, so that only the selectors are seen; kvm_sys_access carries no values at
 * all.
 *
 * @fixed: Intel fixed counter or arm64 cycle counter @index
 * @selector: the last event selector that was not zero; of a fixed counter its 4 bits of
 *	FIXED_CTR_CTRL; arm64: PMEVTYPER or PMCCFILTR
 * @enabled: by the selector (x86) or PMCNTENSET (arm64)
 * @global: by GLOBAL_CTRL, or PMCR.E
 * @period: events from the last start value that was written to the overflow; has_period is clear
 *	where that only counts, as it starts lowest
 * @value: last value written or read
 * @selector_writes, @value_writes, @value_reads: accesses seen
 * @direct: the vCPU wrote selectors, yet touched no counter, nor global control: it needs no exit
 */
struct kp_snap_counter {
	uint32_t vm, tid, vcpu;
	bool has_vcpu;
	bool fixed;
	uint8_t index;
	bool has_selector, has_enabled, has_global, has_period, has_value;
	bool enabled, global, direct;
	uint64_t selector, period, value;
	uint64_t selector_writes, value_writes, value_reads;
};

/**
 * enum kp_switch_phase - parts of the PMU context switch of a mediated vPMU, in order of time. What
 * follows KP_SWITCH_LOAD and KP_SWITCH_PUT are their parts, which add up to them
 */
enum kp_switch_phase {
	KP_SWITCH_HOST_OUT, /* perf saves and stops the host's events */
	KP_SWITCH_LOAD, /* KVM loads the guest's counters */
	KP_SWITCH_LOAD_LVTPC, /* LVTPC to vector 0xf5 */
	KP_SWITCH_LOAD_PMCS, /* counters and event selectors */
	KP_SWITCH_LOAD_VENDOR, /* status, fixed and global control */
	KP_SWITCH_PUT, /* KVM saves and clears them */
	KP_SWITCH_PUT_VENDOR,
	KP_SWITCH_PUT_PMCS,
	KP_SWITCH_PUT_LVTPC, /* LVTPC to NMI */
	KP_SWITCH_HOST_IN, /* perf starts the host's events again */
	KP_SWITCH_PHASES
};

/**
 * struct kp_snap_switch - switches of one vCPU, or on one CPU
 * @vm, @tid, @vcpu: of a vCPU's row; @cpu: of a CPU's row
 * @windows: loads that were followed by an entry; @entries: entries in these windows, more than
 *	@windows where the fast path went round; @windows_l2, @entries_l2: those of a nested guest
 * @load_writes_max, @put_writes_max: register writes that loads and puts would do without elision;
 *	@load_elided, @put_elided: how many of them were not done; 0 without register accesses
 * @exits: exits whose handling was seen whole, exit to entry; @exits_switched: those that paid for
 *	a put or a load
 * @handling_ns: their handling; @switch_ns: what of it was host out, load, put and host in;
 *	@switch_l2_ns: what of that lay before an entry of L2
 * @guest_ns: entry to exit in these windows
 * @phase: first to last register access, or begin to end of the kernel's function where a probe
 *	tells (kp_snap_switches.probed); count 0 where the phase was not seen
 * @own: load and put of one window together, without host out and in
 * @first_bucket, @nr_buckets: where its histogram lies in kp_snap_switches.buckets, of a vCPU's row
 */
struct kp_snap_switch {
	uint32_t vm, tid, vcpu, cpu;
	bool has_vcpu;
	uint64_t windows, entries;
	uint64_t windows_l2, entries_l2;
	uint64_t load_writes_max, put_writes_max;
	uint64_t load_elided, put_elided;
	uint64_t exits, exits_switched;
	uint64_t handling_ns, switch_ns, switch_l2_ns;
	uint64_t guest_ns;
	struct kp_stat phase[KP_SWITCH_PHASES];
	struct kp_stat own;
	size_t first_bucket, nr_buckets;
};

/**
 * struct kp_snap_switch_reg - register accesses of one phase (none of a phase's parts), all vCPUs
 * together
 * @total_ns: from the access before to this one, of those that were not the phase's first
 */
struct kp_snap_switch_reg {
	enum kp_switch_phase phase;
	enum kp_pmu_part part;
	bool write;
	uint64_t count;
	uint64_t total_ns;
};

/**
 * struct kp_snap_switch_reason - which exits pay the switch, all vCPUs together
 * @exits, @switched: as in struct kp_snap_switch; @l2: those of @exits that left a nested guest
 * @handling: exit to entry; @pure: the same without the switch
 * @switch_ns: the difference
 */
struct kp_snap_switch_reason {
	bool other;
	uint8_t isa;
	uint32_t code;
	uint64_t exits, switched, l2;
	uint64_t switch_ns;
	struct kp_stat handling, pure;
};

/* kp_snap_switches.missing: what the switches would be made of and the input does not have */
#define KP_SWITCH_NO_ACCESSES \
	KP_BIT(0) /* neither register accesses nor windows: no switch at all */
#define KP_SWITCH_NO_READS KP_BIT(1) /* msr:read_msr */
#define KP_SWITCH_NO_RDPMC KP_BIT(2) /* msr:rdpmc */
#define KP_SWITCH_NO_LVTPC KP_BIT(3) /* LVTPC: the host's APIC is not in x2APIC mode, or no probe */
#define KP_SWITCH_NO_REGS  KP_BIT(4) /* windows came without their register accesses */

/** struct kp_snap_lvtpc - writes of one value to LVTPC; @vm: of a guest's, through KVM */
struct kp_snap_lvtpc {
	bool guest, other;
	uint32_t vm;
	uint64_t value, count;
};

/**
 * struct kp_snap_switches - the switch as register accesses (msr:*) or windows (KP_EV_SWITCH) show
 * it
 * @vcpus: by VM and vCPU; @cpus: by CPU; @reasons: by @switch_ns, descending
 * @load_elided, @put_elided: writes that a switch without elision would have done besides
 * @entries_without: entries that no load was seen before
 * @lvtpc: LVTPC as the host wrote it
 * @broken: windows cut by lost events, not counted
 * @missing: KP_SWITCH_NO_*
 * @probed: windows came from probes on the kernel's functions
 * @probed_windows, @probed_entries: windows that probes told, and their entries, also where the
 *	rest is from register accesses: then both collectors have seen the same run
 * @probed_load_ns, @probed_put_ns: of these windows, host events out and in included
 */
struct kp_snap_switches {
	struct kp_snap_switch *vcpus;
	size_t nr_vcpus;
	struct kp_snap_switch *cpus;
	size_t nr_cpus;
	struct kp_snap_bucket *buckets;
	size_t nr_buckets;
	struct kp_snap_switch_reg *regs;
	size_t nr_regs;
	struct kp_snap_switch_reason *reasons;
	size_t nr_reasons;
	struct kp_snap_lvtpc *lvtpc;
	size_t nr_lvtpc;
	uint64_t load_elided, put_elided;
	uint64_t entries_without;
	uint64_t broken;
	uint32_t missing;
	bool probed;
	uint64_t probed_windows, probed_entries, probed_load_ns, probed_put_ns;
};

/**
 * struct kp_snap_pmi - PMIs of one vCPU, hop by hop
 * @raised: overflows that ask for a PMI: a new bit of the status register at a put, an exit for
 *	vector 0xf5 (Intel), an NMI that the vCPU's own delivery follows (emulated vPMU), the rising
 *	edge of the PMU's interrupt at the vGIC (arm64), from the host's own interrupt on if that is
 *	recorded
 * @requested: kvm_handle_guest_mediated_pmi(), where a probe tells
 * @delivered_nmi, @delivered_vector: the local APIC accepted it as LVTPC says (arm64: the vGIC);
 *	@delivered_probe: kvm_pmu_deliver_pmi(), where a probe tells
 * @masked: LVTPC was masked; @injected: kvm_inj_virq of its vector
 * @entered: an entry came behind that
 * @merged: raised while another one was under way; @unseen: no delivery or injection is recorded
 * @late: the guest ran between raise and delivery; @lost: it was never delivered; @spurious:
 *	delivered with no overflow, or vector 0xf5 with none
 * @to_delivery: from the raise; @to_injection: from the delivery; @to_entry: from the raise
 * @lvtpc: as the guest last wrote it
 */
struct kp_snap_pmi {
	uint32_t vm, tid, vcpu;
	bool has_vcpu, has_lvtpc;
	uint64_t lvtpc;
	uint64_t raised, requested, delivered_nmi, delivered_vector, delivered_probe;
	uint64_t masked, injected, entered;
	uint64_t merged, unseen, late, lost, spurious;
	struct kp_stat to_delivery, to_injection, to_entry;
};

/**
 * struct kp_snap_nmi - a CPU's calls of one NMI handler (nmi:nmi_handler)
 * @handled: calls that found something to do; @in_window: calls while a guest's context was loaded,
 *	when perf's handler ignores NMIs
 */
struct kp_snap_nmi {
	uint32_t cpu;
	bool other;
	uint64_t handler;
	uint64_t handled, in_window;
	struct kp_stat time;
};

/**
 * struct kp_snap_host_pmi - interrupts of a CPU's PMU (arm64: irq_handler_entry of "arm-pmu") that
 * came while one vCPU's thread ran, or any other (has_vm clear)
 * @irq: Linux's number
 * @handled: those in which a counter had an overflow; @in_guest: came between entry and exit;
 *	@passed_on: were a guest's, the vGIC was told next
 * @time: of the handler
 */
struct kp_snap_host_pmi {
	uint32_t cpu, irq;
	bool other, has_vm, has_vcpu;
	uint32_t vm, tid, vcpu;
	uint64_t handled, in_guest, passed_on;
	struct kp_stat time;
};

/** struct kp_snap_pmi_cpu - guests' PMIs that were raised on a CPU */
struct kp_snap_pmi_cpu {
	uint32_t cpu;
	uint64_t raised;
};

/** enum kp_pmi_oddity - PMIs that went astray */
enum kp_pmi_oddity {
	KP_PMI_LATE,
	KP_PMI_LOST,
	KP_PMI_SPURIOUS, /* delivered without overflow */
	KP_PMI_NO_OVERFLOW, /* vector 0xf5, and the status register is empty */
	KP_PMI_MISROUTED, /* an NMI was handled while a guest's context was loaded */
	KP_PMI_ODDITIES
};

/**
 * struct kp_snap_pmi_odd - one of them, with what the trace shows
 * @time_ns: of the raise, or of the delivery where there was none
 * @status: overflow bits, or the handler's address of KP_PMI_MISROUTED; has_status clear: unknown
 * @entries: into the guest between raise and delivery
 */
struct kp_snap_pmi_odd {
	enum kp_pmi_oddity what;
	uint64_t time_ns;
	uint32_t vm, tid, vcpu, cpu;
	bool has_vcpu, has_vm, has_status;
	uint64_t status;
	uint64_t entries;
};

/**
 * struct kp_snap_pmis - where every PMI went
 * @vcpus: by VM and vCPU; @cpus, @nmis: by CPU; @host: by CPU, then VM and vCPU; @lvtpc: LVTPC as
 *	guests wrote it
 * @odd: the first of them in time; @nr_odd_all: how many there were
 * @has_nmi, @has_irq, @has_accept: there were events nmi_handler, irq_handler_entry of a PMU,
 *	kvm_apic_accept_irq
 * @has_entry: an entry came while a PMI was followed: what became of it is known
 * @vgic: they are arm64's
 */
struct kp_snap_pmis {
	struct kp_snap_pmi *vcpus;
	size_t nr_vcpus;
	struct kp_snap_pmi_cpu *cpus;
	size_t nr_cpus;
	struct kp_snap_nmi *nmis;
	size_t nr_nmis;
	struct kp_snap_host_pmi *host;
	size_t nr_host;
	struct kp_snap_lvtpc *lvtpc;
	size_t nr_lvtpc;
	struct kp_snap_pmi_odd *odd;
	size_t nr_odd;
	uint64_t nr_odd_all;
	bool has_nmi, has_irq, has_accept, has_entry, vgic;
};

/** enum kp_pmu_exit_kind - what exits for the PMU are for */
enum kp_pmu_exit_kind {
	KP_PMU_EXIT_OTHER, /* registers beyond the table */
	KP_PMU_EXIT_RDPMC, /* whichever counter: the exit does not tell */
	KP_PMU_EXIT_MSR,
	KP_PMU_EXIT_SYSREG
};

/**
 * struct kp_snap_pmu_exit - exits for a register of the PMU
 * @handling: exit to entry; @switch_ns: what of it were PMU context switches
 */
struct kp_snap_pmu_exit {
	enum kp_pmu_exit_kind kind;
	bool write;
	uint32_t reg;
	uint64_t switch_ns;
	struct kp_stat handling;
};

/**
 * struct kp_snap - everything at one moment; immutable, owned by the caller of kp_model_snap(),
 * freed with kp_snap_free()
 * @total: all rows of the exit table together
 * @events: events that came in, @lost and @lost_samples what the kernel says it dropped, @throttled
 *	how often it paused an event; whatever the filters
 * @first_ns, @last_ns: time bounds of what was counted; has_time tells whether any event had a time
 * @unpaired_exits, @unpaired_entries: began or ended outside the recording or in a lost stretch
 * @backwards: pairs whose end was before their begin, not counted
 * @untracked: events of vCPU threads beyond the number that is tracked
 * @exits, @vcpus ...: sorted by total time, then count, descending
 * @hot_dropped: samples not kept because the address table was full
 * @pmu_exits: what guests' accesses to intercepted PMU registers cost, all VMs together
 * @switches: PMU context switches of mediated vPMUs
 * @pmis: PMIs of host and guests
 * @ownership: who held the counters of each CPU, over time
 */
struct kp_snap {
	enum kp_pairing pairing;
	struct kp_stat total;
	uint64_t events, lost, lost_samples, throttled;
	bool has_time;
	uint64_t first_ns, last_ns;
	uint64_t unpaired_exits, unpaired_entries, backwards, untracked;
	struct kp_snap_exit *exits;
	size_t nr_exits;
	struct kp_snap_bucket *buckets;
	size_t nr_buckets;
	struct kp_snap_cpu *cpus;
	size_t nr_cpus;
	struct kp_snap_vcpu *vcpus;
	size_t nr_vcpus;
	struct kp_snap_place *places;
	size_t nr_places;
	struct kp_snap_user *users;
	size_t nr_users;
	struct kp_snap_reg *regs;
	size_t nr_regs;
	struct kp_snap_irq *irqs;
	size_t nr_irqs;
	struct kp_snap_attr *attrs;
	size_t nr_attrs;
	struct kp_snap_lost *losts;
	size_t nr_losts;
	struct kp_snap_hot *hot;
	size_t nr_hot;
	struct kp_snap_counter *counters;
	size_t nr_counters;
	uint64_t hot_dropped;
	struct kp_snap_pmu_exit *pmu_exits;
	size_t nr_pmu_exits;
	struct kp_snap_switches switches;
	struct kp_snap_pmis pmis;
	struct kp_snap_ownership ownership;
};

int kp_model_new(const struct kp_model_opts *opts, struct kp_model **out);
void kp_model_free(struct kp_model *m);

/** kp_model_unread - KP_HAS_* of what no analysis looks at in events of @kind: it may be absent */
uint32_t kp_model_unread(enum kp_kind kind);

/** kp_model_add - take in one event, in time order. 0, -ENOMEM, or what kp_model_opts.task says */
int kp_model_add(struct kp_model *m, const struct kp_event *ev);
/** kp_model_add_all - the same for @nr of them */
int kp_model_add_all(struct kp_model *m, const struct kp_event *ev, size_t nr);

/**
 * kp_model_renamed - thread @tid of process @pid has another name: what kp_model_opts.vm_match and
 * vcpu_id said of it may have changed
 */
void kp_model_renamed(struct kp_model *m, uint32_t pid, uint32_t tid);
/** kp_model_knows - thread @tid is, or was, a vCPU's */
bool kp_model_knows(struct kp_model *m, uint32_t tid);

/** kp_model_snap - freeze what there is now. 0 or -ENOMEM */
int kp_model_snap(struct kp_model *m, struct kp_snap **out);
void kp_snap_free(struct kp_snap *snap);

#endif
