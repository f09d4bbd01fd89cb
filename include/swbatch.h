/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swbatch.h - what record --switch writes: the raw data of its bpf-output samples, made in the
 * kernel by src/bpf/switch.bpf.c and read by src/decode/switch.c. Compiled for BPF too, so it
 * includes only the kernel's types.
 *
 * A sample holds a head and up to KP_SWBATCH_SLOTS slots of one vCPU thread on one CPU, one for
 * each exit, in the order in which they happened; in the byte order of the recording. Whoever reads
 * it must go by @slot_bytes: later versions may append fields to a slot.
 */
#ifndef KP_SWBATCH_H
#define KP_SWBATCH_H

#include <linux/types.h>

/* The name of the event in the recording, by which it is known. */
#define KP_SWBATCH_EVENT   "kvmpmu:switch"
#define KP_SWBATCH_VERSION 1
#define KP_SWBATCH_SLOTS   32
#define KP_SWBATCH_NO_VCPU 0xffffu

/**
 * struct kp_swbatch - head of a sample's raw data
 * @version: KP_SWBATCH_VERSION
 * @isa: enum kp_isa of the exit codes; 0: codes are not known
 * @nr: slots that follow
 * @slot_bytes: size of a slot
 * @how: enum kp_probe_how of the functions; 0: these were not probed
 * @pid, @tid, @cpu: whose, where; the sample's own say who emptied the buffer
 * @vcpu: as KVM numbers it, KP_SWBATCH_NO_VCPU: unknown
 * @pair_ns, @full_ns: what the probes cost (struct kp_probe_cost), which is in all durations
 * @lost: slots of this CPU that no room was for, since the recording began
 * @base_ns: CLOCK_MONOTONIC that the slots' end_ns count from
 * @now_ns: CLOCK_MONOTONIC at the sample's own time, which may be of another clock
 */
struct kp_swbatch {
	__u8 version;
	__u8 isa;
	__u8 nr;
	__u8 slot_bytes;
	__u32 pid;
	__u32 tid;
	__u32 cpu;
	__u16 vcpu;
	__u8 how;
	__u8 reserved;
	__u16 pair_ns;
	__u16 full_ns;
	__u32 lost;
	__u32 reserved2;
	__u64 base_ns;
	__u64 now_ns;
};

/* kp_swslot.flags */
#define KP_SWSLOT_WINDOW  0x01 /* closed by a put: the switch's fields are set */
#define KP_SWSLOT_NESTED  0x02 /* the exit was one of a nested guest */
#define KP_SWSLOT_LONG	  0x04 /* run_ns is in units of 1024 ns */
#define KP_SWSLOT_NO_CODE 0x08 /* why is unknown */
#define KP_SWSLOT_NO_EXIT 0x10 /* no exit: PMIs only, that none followed on this CPU */

/**
 * struct kp_swslot - an exit, and the switch when it was the last one of its window
 * @end_ns: when it was over, from base_ns: end of the put, or the exit when there was none
 * @run_ns: entry to exit
 * @load_ns: kvm_mediated_pmu_load(), @out_ns: perf_load_guest_context() in it, from its begin
 * @put_ns: kvm_mediated_pmu_put(), @in_ns: perf_put_guest_context() in it, to its end
 * @entry_gap_ns: end of the load to the window's first entry, @exit_gap_ns: exit to begin of the
 *	put
 * @code: exit reason as kvm_exit has it
 * @raised, @delivered: PMIs of the vCPU since the slot before (kvm_handle_guest_mediated_pmi(),
 *	kvm_pmu_deliver_pmi()); 255: or more
 * @entries: of the window, this one included; 255: or more
 *
 * Durations of more than 32 bits are shown as the most that fits.
 */
struct kp_swslot {
	__u32 end_ns;
	__u32 run_ns;
	__u32 load_ns;
	__u32 out_ns;
	__u32 put_ns;
	__u32 in_ns;
	__u32 entry_gap_ns;
	__u32 exit_gap_ns;
	__u32 code;
	__u8 flags;
	__u8 raised;
	__u8 delivered;
	__u8 entries;
};

#endif
