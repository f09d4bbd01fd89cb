/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * switch_maps.h - settings and maps of switch.bpf.c, and what it reads of the kernel's structs.
 */
#ifndef KP_BPF_SWITCH_MAPS_H
#define KP_BPF_SWITCH_MAPS_H

const volatile struct kp_sw_config config = {};
const volatile __u8 bucket_table[KP_SW_TABLE] = {};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct kp_sw_cpu);
} cpus SEC(".maps");

/* Of a vCPU's thread, its place in sums: found once, when it comes to a CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} vcpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct kp_sw_vcpu);
} sums SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 1);
	__type(value, __u32);
} places SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct kp_sw_dist_key);
	__type(value, struct kp_sw_dist_by);
} dists SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kp_sw_dist_by);
} zero_dist SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u8);
} targets SEC(".maps");

/* Accesses to registers while a program counts them (switch_regs.h). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct kp_sw_reg);
	__type(value, __u64);
} regs SEC(".maps");

__u64 regs_lost;
__u64 untracked;
struct kp_sw_cost cost;
struct kp_sw_cal cal;

/* ---- what is read of the kernel ---- */

#define KP_CORE __attribute__((preserve_access_index))

struct kvm_vcpu_arch {
	__u32 hflags; /* x86 */
} KP_CORE;

struct kvm_vcpu {
	int vcpu_id;
	struct kvm_vcpu_arch arch;
} KP_CORE;

struct task_struct {
	int pid;
	int tgid;
} KP_CORE;

extern int LINUX_KERNEL_VERSION __kconfig;

/*
 * Makes memory readable without a helper, and what is not mapped 0, as that does. Of any memory
 * since CAST_SINCE: 6.17.
 */
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;
#define CAST_SINCE (6 << 16 | 17 << 8)

#endif
