/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * switch.h - what src/bpf/switch.bpf.c and src/collect/bpf_sw*.c share: map values and settings.
 * Compiled for BPF too, so it includes only the kernel's types.
 */
#ifndef KP_BPF_SWITCH_H
#define KP_BPF_SWITCH_H

#include "swbatch.h"

/* kp_sw_config.mode */
#define KP_SW_AGGREGATE 0x1 /* add up per vCPU in the map vcpus */
#define KP_SW_EMIT	0x2 /* hand batches to the ring buffers */

/* kp_sw_config.scope: which threads; 0: all */
#define KP_SW_PIDS  0x1 /* whose process is in the map targets */
#define KP_SW_TIDS  0x2 /* that are in the map targets */
#define KP_SW_FORKS 0x4 /* and what these fork */

/* enum kp_swagg_dist, and the buckets of lib/loghist.h; bpf_swagg.c asserts that they agree */
enum kp_sw_dist {
	KP_SW_LOAD,
	KP_SW_PUT,
	KP_SW_HOST_OUT,
	KP_SW_HOST_IN,
	KP_SW_SWITCH,
	KP_SW_OWN,
	KP_SW_HANDLING,
	KP_SW_DISTS
};

/* enum kp_swagg_place and enum kp_swagg_access; bpf_swregs.c asserts that they agree */
enum kp_sw_place {
	KP_SW_OUTSIDE,
	KP_SW_IN_HOST_OUT,
	KP_SW_IN_LOAD,
	KP_SW_IN_WINDOW,
	KP_SW_IN_PUT,
	KP_SW_IN_HOST_IN,
	KP_SW_BY_GUEST,
};

enum kp_sw_access { KP_SW_READ, KP_SW_WRITE, KP_SW_RDPMC };

/** struct kp_sw_reg - key of the map regs: accesses are counted by register, kind and place */
struct kp_sw_reg {
	__u32 reg;
	__u16 access;
	__u16 place;
};

#define KP_SW_REGS 2048

#define KP_SW_BUCKETS 528
#define KP_SW_REASONS 64
#define KP_SW_USERS   32 /* exits to user space by KVM_EXIT_* */

/**
 * struct kp_sw_config - set before the programs are loaded
 * @detail: exits to user space, too, and histograms by reason in the map dists
 */
struct kp_sw_config {
	__u32 mode;
	__u32 scope;
	__u8 detail;
};

/*
 * The bucket of durations below KP_SW_TABLE, by lib/loghist.h, filled by the reader: cheaper than
 * to calculate it. Eight octaves above, what is shifted by 8 bits has the same part of its octave.
 */
#define KP_SW_TABLE_BITS 12
#define KP_SW_TABLE	 (1u << KP_SW_TABLE_BITS)

/* As in struct kp_swbatch, measured when the programs are there; 0: sums keep it. */
struct kp_sw_cost {
	__u16 pair_ns;
	__u16 full_ns;
	__u8 how;
};

/**
 * struct kp_sw_cpu - where a CPU is in its switch, and its batch; one per CPU, mapped by the
 * reader. Times are CLOCK_MONOTONIC; 0: not seen
 * @on: the reader wants this CPU; @wanted: and this thread; @busy: @head and @slots are being
 *	changed; @place: enum kp_sw_place
 * @load, @loaded, @ready: begin of the load, host events out, end; @entry: the last entry
 * @exit: of the exit whose slot is not filled yet; @put, @in: begin of the put, host events in
 * @vcpu: the kernel's struct, to see that it is another one
 * @sums: place of this thread in the map sums, KP_SW_NO_SUMS: none
 * @raised, @delivered: PMIs since the last slot
 * @guest_ns, @owned_ns, @switch_ns: sums, of KP_SW_AGGREGATE: in guests, in those whose counters
 *	were loaded, of loads and puts
 */
struct kp_sw_cpu {
	__u64 load, loaded, ready, entry, exit, put, in;
	__u64 vcpu;
	__u32 code;
	__u32 entries;
	__u8 on, wanted, busy, flags;
	__u32 place;
	__u32 raised, delivered;
	__u32 lost;
	__u32 sums;
	__u64 guest_ns, owned_ns, switch_ns;
	struct kp_swbatch head;
	struct kp_swslot slots[KP_SWBATCH_SLOTS];
} __attribute__((aligned(64)));

/** struct kp_sw_hist - @inv_min: ~ the least, 0 when there is none; @count: set by the reader */
struct kp_sw_hist {
	__u64 count, total, inv_min, max;
	__u64 n[KP_SW_BUCKETS];
};

struct kp_sw_reason {
	__u32 code;
	__u32 used;
	__u64 count;
	__u64 handling_ns;
};

/** struct kp_sw_dist_key - of the map dists; @isa: KP_SW_ISA_USER: @code is a KVM_EXIT_* */
struct kp_sw_dist_key {
	__u32 tid, isa, code;
};

#define KP_SW_ISA_USER 0

/** struct kp_sw_dist_by - how long exits of one vCPU for one reason took */
struct kp_sw_dist_by {
	__u64 timed, max;
	__u32 n[KP_SW_BUCKETS];
};

#define KP_SW_NO_SUMS 0xffffffffu

/**
 * struct kp_sw_vcpu - sums of a vCPU thread; only the thread itself changes them. In the map sums,
 * whose places the map vcpus has by tid, and the map places those that are free, all zero
 * @last_exit, @last_put_ns, @last_code: the exit that the next entry ends the handling of
 * @last_user, @last_user_code: of the last exit to user space; 0: there was none
 */
struct kp_sw_vcpu {
	__u32 pid, cpu;
	__u16 vcpu;
	__u8 isa, has_last;
	__u32 last_code;
	__u64 last_exit;
	__u64 last_put_ns;
	__u64 windows, entries;
	__u64 guest_ns, handling_ns, pure_ns;
	__u64 raised, delivered;
	__u64 reasons_other;
	__u64 user_exits, last_user;
	__u32 last_user_code;
	struct kp_sw_hist dist[KP_SW_DISTS];
	struct kp_sw_reason reasons[KP_SW_REASONS];
	struct kp_sw_reason users[KP_SW_USERS];
};

/* Samples of the probes' own cost. */
#define KP_SW_CAL_MAX 256

/**
 * struct kp_sw_cal - filled by the cal_ programs
 * @pair: what two probes with nothing between measure; @span: over the function in between
 */
struct kp_sw_cal {
	__u64 begin, end;
	__u32 nr_pair, nr_span;
	__u32 pair[KP_SW_CAL_MAX];
	__u32 span[KP_SW_CAL_MAX];
};

#endif
