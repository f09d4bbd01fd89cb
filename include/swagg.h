/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swagg.h - PMU context switches and exits of every vCPU, added up in the kernel by BPF programs
 * (src/bpf/switch.bpf.c) and read whenever somebody wants to know: stat, top. No event goes through
 * a ring. Includes host.h and lib/loghist.h.
 */
#ifndef KP_SWAGG_H
#define KP_SWAGG_H

#include "host.h"
#include "lib/loghist.h"

struct kp_swagg;

/** enum kp_probe_how - how the functions of the switch are probed */
enum kp_probe_how {
	KP_PROBE_AUTO = 0, /* fentry, where that is refused kprobes, else only the exits */
	KP_PROBE_FENTRY,
	KP_PROBE_KPROBE,
	KP_PROBE_EXITS, /* kvm_entry and kvm_exit alone: all there is without a mediated vPMU */
};

/**
 * struct kp_probe_cost - what a probe costs by itself, measured when it was attached (median)
 * @pair_ns: what two probes with nothing between them measure: is in every duration
 * @full_ns: what a third one between those two adds
 * @how: how the functions are probed; AUTO where there is no mediated vPMU's function
 */
struct kp_probe_cost {
	uint32_t pair_ns, full_ns;
	enum kp_probe_how how;
};

/**
 * struct kp_swagg_opts - all borrowed for the call
 * @how: which probes
 * @pids, @nr_pids: only the vCPUs of these processes; 0: all
 * @forks: and of what these processes start later
 * @max_vcpus: how many vCPU threads are told apart, 0: 512. What exceeds it is counted in
 *	kp_swagg_snap.untracked
 * @raw_times: leave the probes' own cost in the durations
 * @lean: no probes on the switch's functions where KVM gives no guest the mediated vPMU: every
 *	entry calls them, and they do nothing there
 * @detail: exits to user space and histograms by reason, too: one more look-up an exit, and 17 MB
 *	of memory
 * @registers: kp_swagg_registers() will be called
 */
struct kp_swagg_opts {
	enum kp_probe_how how;
	const uint32_t *pids;
	size_t nr_pids;
	bool forks;
	uint32_t max_vcpus;
	bool raw_times;
	bool lean;
	bool detail;
	bool registers;
};

/**
 * enum kp_swagg_place - where a vCPU's thread was when it accessed a register
 * @KP_SWAGG_OUTSIDE: in the kernel, not in the switch of a mediated vPMU
 * @KP_SWAGG_IN_HOST_OUT: host events out; @KP_SWAGG_IN_LOAD: the rest of the load;
 *	@KP_SWAGG_IN_WINDOW: between load and put; @KP_SWAGG_IN_PUT, @KP_SWAGG_IN_HOST_IN: likewise
 * @KP_SWAGG_BY_GUEST: the guest, and KVM handled it (kvm_msr, kvm_sys_access)
 */
enum kp_swagg_place {
	KP_SWAGG_OUTSIDE,
	KP_SWAGG_IN_HOST_OUT,
	KP_SWAGG_IN_LOAD,
	KP_SWAGG_IN_WINDOW,
	KP_SWAGG_IN_PUT,
	KP_SWAGG_IN_HOST_IN,
	KP_SWAGG_BY_GUEST,
	KP_SWAGG_PLACES
};

/** enum kp_swagg_access - @KP_SWAGG_RDPMC: the register is a counter's index */
enum kp_swagg_access { KP_SWAGG_READ, KP_SWAGG_WRITE, KP_SWAGG_RDPMC };

/** struct kp_swagg_reg - @reg: MSR or KP_SYSREG(), of any unit; all vCPUs together */
struct kp_swagg_reg {
	uint32_t reg;
	uint8_t access, place;
	uint64_t count;
};

/**
 * struct kp_swagg_reason - exits of a vCPU for one reason
 * @handling_ns: exit to next entry; of an exit to user space (@isa 0, @code a KVM_EXIT_*): to the
 *	next one, and only while no kvm_entry fires
 * @timed, @max_ns, @first_bucket, @nr_buckets: with kp_swagg_opts.detail, how many had a duration,
 *	the longest, and where the histogram lies in kp_swagg_snap.buckets; 0 unknown
 */
struct kp_swagg_reason {
	uint8_t isa;
	uint32_t code;
	uint64_t count;
	uint64_t handling_ns;
	uint64_t timed, max_ns;
	size_t first_bucket, nr_buckets;
};

/** struct kp_swagg_bucket - @bucket: octave and part of lib/loghist.h, as all histograms have it */
struct kp_swagg_bucket {
	uint16_t bucket;
	uint32_t count;
};

/**
 * enum kp_swagg_dist - durations that are kept
 * @KP_SWAGG_SWITCH: load and put of one window together; @KP_SWAGG_OWN: without host out and in
 * @KP_SWAGG_HANDLING: exit to next entry, put and load included
 */
enum kp_swagg_dist {
	KP_SWAGG_LOAD, /* kvm_mediated_pmu_load(), host events out included */
	KP_SWAGG_PUT, /* kvm_mediated_pmu_put(), host events in included */
	KP_SWAGG_HOST_OUT, /* perf_load_guest_context() */
	KP_SWAGG_HOST_IN, /* perf_put_guest_context() */
	KP_SWAGG_SWITCH,
	KP_SWAGG_OWN,
	KP_SWAGG_HANDLING,
	KP_SWAGG_DISTS
};

/**
 * struct kp_swagg_vcpu - one vCPU thread since kp_swagg_open() or kp_swagg_clear()
 * @vcpu: as KVM numbers it; has_vcpu clear: unknown (arm64)
 * @cpu: where it ran last
 * @loads, @puts: whole windows only, so equal; 0 without a mediated vPMU
 * @entries, @exits: hardware entries; more than @loads where the fast path went round
 * @guest_ns: entry to exit; @handling_ns: exit to entry, @pure_ns: without the put and load in it
 * @pmi_raised: kvm_handle_guest_mediated_pmi(); @pmi_delivered: kvm_pmu_deliver_pmi()
 * @dist: mergeable: of a VM's vCPUs, or of two snapshots (kp_loghist_since())
 * @user_exits: kvm_userspace_exit
 * @reasons: by count, descending; @reasons_other: exits for reasons beyond the table
 * @users: exits to user space, by count, descending
 */
struct kp_swagg_vcpu {
	uint32_t pid, tid, vcpu;
	bool has_vcpu;
	uint32_t cpu;
	uint64_t loads, puts, entries, exits;
	uint64_t guest_ns, handling_ns, pure_ns;
	uint64_t pmi_raised, pmi_delivered;
	uint64_t user_exits;
	struct kp_loghist dist[KP_SWAGG_DISTS];
	struct kp_swagg_reason *reasons;
	size_t nr_reasons;
	uint64_t reasons_other;
	struct kp_swagg_reason *users;
	size_t nr_users;
};

/**
 * struct kp_swagg_cpu - @guest_ns: entry to exit; @owned_ns: what of it was with the guest's
 *	counters loaded; @switch_ns: loads and puts
 */
struct kp_swagg_cpu {
	uint64_t guest_ns, owned_ns, switch_ns;
};

/**
 * struct kp_swagg_snap - everything at one moment; immutable, owned by the caller
 * @time_ns: CLOCK_MONOTONIC; @since_ns: of kp_swagg_open()
 * @has_switch: the functions of the mediated vPMU's switch are probed
 * @vcpus: by pid, then vCPU or thread
 * @cpus: by number, those that no guest ran on, too
 * @untracked: exits of vCPUs beyond max_vcpus
 * @regs: since kp_swagg_registers() or kp_swagg_clear(), in no order; @regs_lost: no room was for
 */
struct kp_swagg_snap {
	uint64_t time_ns, since_ns;
	bool has_switch;
	struct kp_probe_cost cost;
	struct kp_swagg_vcpu *vcpus;
	size_t nr_vcpus;
	struct kp_swagg_cpu *cpus;
	size_t nr_cpus;
	struct kp_swagg_bucket *buckets;
	size_t nr_buckets;
	uint64_t untracked;
	struct kp_swagg_reg *regs;
	size_t nr_regs;
	uint64_t regs_lost;
};

/**
 * kp_swagg_open - load, attach, start to count
 * @err: why not, and what to do; or, when it could, what is missing on this host ("" nothing)
 * Return: 0; -EPERM; -EOPNOTSUPP built without BPF, no BTF, no tracepoint kvm_entry, ...; -ENOMEM
 */
int kp_swagg_open(const struct kp_swagg_opts *opts, const struct kp_host *host,
		  struct kp_swagg **out, char *err, size_t err_size);

/**
 * kp_swagg_registers - from now on count register accesses, too. Each then takes longer, and the
 * durations with it: that cost is not known and not subtracted.
 * @err: why not, or "": accesses of which kind do not show on this kernel
 * Return: 0; -EOPNOTSUPP none of them can be seen
 */
int kp_swagg_registers(struct kp_swagg *agg, char *err, size_t err_size);

/** kp_swagg_pause - take all probes away: what runs now is neither counted nor slowed down */
void kp_swagg_pause(struct kp_swagg *agg);
/** kp_swagg_resume - and put them back; 0 or -errno */
int kp_swagg_resume(struct kp_swagg *agg);

/** kp_swagg_clear - forget what was counted; only while none of the vCPUs runs */
void kp_swagg_clear(struct kp_swagg *agg);

/** kp_swagg_read - what was counted until now; 0, -ENOMEM, or -errno of the map */
int kp_swagg_read(struct kp_swagg *agg, struct kp_swagg_snap **out);
void kp_swagg_snap_free(struct kp_swagg_snap *snap);

/** kp_swagg_forget - a vCPU thread that has ended: its place is for another one */
void kp_swagg_forget(struct kp_swagg *agg, const struct kp_swagg_vcpu *vcpu);

/* Pure, in every build (swagg.c): */

/**
 * kp_swagg_since - what came to @old until @now, two snapshots of the same kp_swagg: since_ns is
 * @old's time, the least and the most of durations are @now's. CPUs, registers and what is there
 * with kp_swagg_opts.detail alone are left out. 0 or -ENOMEM
 */
int kp_swagg_since(const struct kp_swagg_snap *now, const struct kp_swagg_snap *old,
		   struct kp_swagg_snap **out);

/**
 * kp_swagg_merge - add @src's counts, durations and reasons to @dst's; whose they are stays as @dst
 * has it. 0 or -ENOMEM
 */
int kp_swagg_merge(struct kp_swagg_vcpu *dst, const struct kp_swagg_vcpu *src);

void kp_swagg_close(struct kp_swagg *agg);

#endif
