/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host.h - the machine as /proc and /sys tell it, or a snapshot of them (--sysroot). Frozen once
 * collected. Includes kp.h only.
 */
#ifndef KP_HOST_H
#define KP_HOST_H

#include "kp.h"

/**
 * struct kp_sysroot - the only way to the host's /proc and /sys
 * Paths are given as on the host ("/proc/cpuinfo"); a snapshot is a directory that has them below
 * itself. src/host/sysroot.c is the only file that opens them.
 */
struct kp_sysroot;

/** kp_sysroot_open - @path NULL: the running host. 0 or -errno (no such directory) */
int kp_sysroot_open(const char *path, struct kp_sysroot **out);
void kp_sysroot_free(struct kp_sysroot *root);

/** kp_sysroot_live - false for a snapshot: nothing may then be opened, traced or counted */
bool kp_sysroot_live(const struct kp_sysroot *root);

/** kp_sysroot_read - whole file, NUL-terminated, at most 16 MiB; *out to be freed. 0 or -errno */
int kp_sysroot_read(const struct kp_sysroot *root, char **out, size_t *size, const char *fmt, ...)
	KP_PRINTF(4, 5);

/** kp_sysroot_read_u64, _str - one number (decimal or 0x) or first line without its newline */
int kp_sysroot_read_u64(const struct kp_sysroot *root, uint64_t *out, const char *fmt, ...)
	KP_PRINTF(3, 4);
int kp_sysroot_read_str(const struct kp_sysroot *root, char *buf, size_t size, const char *fmt, ...)
	KP_PRINTF(4, 5);

/**
 * kp_sysroot_list - call @fn for each entry of a directory, sorted by name, "." and ".." left out.
 * A nonzero return of @fn ends it and is returned. 0 or -errno
 */
int kp_sysroot_list(const struct kp_sysroot *root, const char *dir,
		    int (*fn)(void *ctx, const char *name), void *ctx);

/** kp_sysroot_readlink - where a symbolic link points, as text; 0, -errno, -ENAMETOOLONG */
int kp_sysroot_readlink(const struct kp_sysroot *root, char *buf, size_t size, const char *fmt, ...)
	KP_PRINTF(4, 5);

/** kp_sysroot_exists */
bool kp_sysroot_exists(const struct kp_sysroot *root, const char *fmt, ...) KP_PRINTF(2, 3);

/* Three-valued answers: a file that could not be read is unknown, not false. */
enum kp_tri { KP_TRI_UNKNOWN = 0, KP_TRI_NO, KP_TRI_YES };

/**
 * struct kp_host_attr - a small sysfs file: "event" -> "config:0-7", "instructions" -> "event=0xc0"
 */
struct kp_host_attr {
	char *name;
	char *value;
};

/** struct kp_host_attrs - a directory of them, sorted by name */
struct kp_host_attrs {
	struct kp_host_attr *at;
	size_t nr;
};

/**
 * struct kp_host_pmu - a PMU under /sys/bus/event_source/devices
 * @name, @type: as the kernel numbers it
 * @cpus: "cpus" or "cpumask" list as the kernel prints it; NULL when the PMU names none
 * @core: a CPU core PMU (cpu, cpu_core, cpu_atom, cpu_lowpower, armv8_*, or with caps/ and a cpus
 *	file): the ones guests' counters come from
 * @formats, @events, @caps: its directories format/ (terms), events/ (aliases; the .scale, .unit
 *	and .snapshot files are left out), caps/; only with KP_HOST_PMU_EVENTS
 */
struct kp_host_pmu {
	char *name;
	uint32_t type;
	char *cpus;
	bool core;
	struct kp_host_attrs formats;
	struct kp_host_attrs events;
	struct kp_host_attrs caps;
};

/**
 * struct kp_host_vcpu - a vCPU thread of a VM
 * @tid: thread; @vcpu: id from the thread's name (QEMU "CPU 3/KVM", Firecracker "fc_vcpu 3",
 *   kvmtool "kvm-vcpu-3", kvmpmu "vcpu 3", cloud-hypervisor "vcpu3", crosvm "crosvm_vcpu3") or,
 *   where names say nothing, from the vCPU file that its KVM_RUN waits on; has_vcpu false: it is a
 *   vCPU, which one is unknown
 */
struct kp_host_vcpu {
	uint32_t tid;
	uint32_t vcpu;
	bool has_vcpu;
};

/**
 * struct kp_host_vm - a process that has /dev/kvm VMs open
 * @pid: process; @name: from its command line (-name guest=..., --name, ...), comm otherwise
 * @vmm: "qemu", "firecracker", "cloud-hypervisor", "crosvm", "kvmtool", "kvmpmu", NULL other
 * @nr_vcpu_files: kvm-vcpu files it has open; has_files false: they could not be listed (no
 *	permission), and the VM is known only by its program and thread names
 * @vcpus: vCPU threads that could be told, by tid; may be fewer than @nr_vcpu_files
 */
struct kp_host_vm {
	uint32_t pid;
	char *name;
	const char *vmm;
	bool has_files;
	uint32_t nr_vcpu_files;
	struct kp_host_vcpu *vcpus;
	size_t nr_vcpus;
};

/**
 * struct kp_host - frozen; owned by the caller of kp_host_collect()
 * Strings are NULL when unknown.
 * @machine: uname -m, "x86_64"; @osrelease: uname -r; @hostname
 * @cpudesc: "model name" of /proc/cpuinfo; @cpuid: in perf's format ("GenuineIntel,6,143,8",
 *	MIDR "0x00000000410fd080" on arm64)
 * @nr_cpus_online, @nr_cpus_avail: /sys/devices/system/cpu/{online,present}
 * @online: list of CPUs online, as printed by the kernel
 * @total_mem_kb: MemTotal
 * @paranoid: /proc/sys/kernel/perf_event_paranoid, INT_MIN unknown
 * @max_sample_rate: /proc/sys/kernel/perf_event_max_sample_rate, 0 unknown
 * @mlock_kb: /proc/sys/kernel/perf_event_mlock_kb, 0 unknown
 * @nmi_watchdog, @kvm_mediated_param, @kvm_enable_pmu: parameters in force
 * @kvm: /dev/kvm is there
 * @mediated_vm_blocks: could opening an include-guest event block, or be blocked by, a mediated VM:
 *	UNKNOWN must be treated as YES
 * @tracefs: where it is mounted, NULL when not
 */
struct kp_host {
	char *machine;
	char *osrelease;
	char *hostname;
	char *cpudesc;
	char *cpuid;
	char *online;
	char *tracefs;
	uint32_t nr_cpus_online;
	uint32_t nr_cpus_avail;
	uint64_t total_mem_kb;
	uint64_t max_sample_rate;
	uint64_t mlock_kb;
	int paranoid;
	enum kp_tri nmi_watchdog;
	enum kp_tri kvm_mediated_param;
	enum kp_tri kvm_enable_pmu;
	enum kp_tri kvm;
	enum kp_tri mediated_vm_blocks;
	struct kp_host_pmu *pmus;
	size_t nr_pmus;
	struct kp_host_vm *vms;
	size_t nr_vms;
};

/* kp_host_collect: what to look at; looking at all processes costs time */
#define KP_HOST_CPU	   KP_BIT(0)
#define KP_HOST_PMU	   KP_BIT(1)
#define KP_HOST_KVM	   KP_BIT(2)
#define KP_HOST_VMS	   KP_BIT(3)
#define KP_HOST_PMU_EVENTS KP_BIT(4) /* format/, events/ and caps/ of every PMU */
#define KP_HOST_ALL \
	(KP_HOST_CPU | KP_HOST_PMU | KP_HOST_KVM | KP_HOST_VMS | KP_HOST_PMU_EVENTS)

int kp_host_collect(const struct kp_sysroot *root, uint32_t what, struct kp_host **out);
void kp_host_free(struct kp_host *host);

/** kp_host_attr_get - the value of @name, or NULL */
const char *kp_host_attr_get(const struct kp_host_attrs *attrs, const char *name);

/** kp_host_find_pmu - by name, by type; NULL: none */
const struct kp_host_pmu *kp_host_find_pmu(const struct kp_host *host, const char *name);
const struct kp_host_pmu *kp_host_pmu_by_type(const struct kp_host *host, uint32_t type);

/**
 * kp_host_is_vcpu_name - is this a name that VMMs give to vCPU threads; @vcpu gets the number in it
 */
bool kp_host_is_vcpu_name(const char *comm, uint32_t *vcpu);

/** kp_host_find_vm - by pid or name; -ENOENT none, -EEXIST the name fits several */
int kp_host_find_vm(const struct kp_host *host, const char *pid_or_name,
		    const struct kp_host_vm **out);

#endif
