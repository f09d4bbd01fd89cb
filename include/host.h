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

/**
 * kp_sysroot_open - @path NULL: the running host; a directory; or a file that kp_snapshot_write()
 * made, which is unpacked into a private temporary directory until kp_sysroot_free().
 * 0 or -errno: -ENOENT no such thing, -EBADMSG the file is no snapshot or is damaged
 */
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

/** kp_sysroot_write - @text into a file that is there; 0 or -errno */
int kp_sysroot_write(const struct kp_sysroot *root, const char *text, const char *fmt, ...)
	KP_PRINTF(3, 4);

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
 * @kvm_protected: arm64: KVM was told to run its guests in protected mode (kvm-arm.mode=protected)
 * @mediated_vm_blocks: could opening an include-guest event block, or be blocked by, a mediated VM:
 *	UNKNOWN must be treated as YES
 * @tracefs: where it is mounted, NULL when not
 * @pmu_irqs: Linux's numbers of the CPU PMUs' interrupts, lines "arm-pmu" of /proc/interrupts; none
 *	on other machines than arm and arm64
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
	enum kp_tri kvm_protected;
	enum kp_tri mediated_vm_blocks;
	struct kp_host_pmu *pmus;
	size_t nr_pmus;
	struct kp_host_vm *vms;
	size_t nr_vms;
	uint32_t *pmu_irqs;
	size_t nr_pmu_irqs;
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

/**
 * struct kp_host_counters - what a core PMU has; -1: unknown
 * @version: of architectural performance monitoring (Intel) or PerfMon (AMD)
 * @general, @fixed: number of counters; @width_bits: of the general ones
 */
struct kp_host_counters {
	int version;
	int general;
	int fixed;
	int width_bits;
};

enum kp_host_vendor { KP_HOST_VENDOR_OTHER = 0, KP_HOST_VENDOR_INTEL, KP_HOST_VENDOR_AMD };

/** enum kp_host_mediated - the mediated vPMU here. OFF: possible, and switched off */
enum kp_host_mediated {
	KP_HOST_MEDIATED_UNKNOWN = 0,
	KP_HOST_MEDIATED_NO,
	KP_HOST_MEDIATED_OFF,
	KP_HOST_MEDIATED_ON,
};

/**
 * struct kp_host_need - something without which KVM makes no mediated vPMU
 * @id: for programs; @title: for people; @why: what the answer is taken from
 */
struct kp_host_need {
	const char *id;
	const char *title;
	enum kp_tri met;
	char why[80];
};

/** struct kp_host_cap - a KVM capability; @value: what KVM_CHECK_EXTENSION says, -1 unknown */
struct kp_host_cap {
	const char *name;
	const char *help;
	int number;
	int64_t value;
};

#define KP_HOST_NEEDS_MAX 10
#define KP_HOST_CAPS_MAX  16

/**
 * struct kp_host_detail - what is read for `info` alone; owned by kp_host_detail_collect()'s caller
 * @module: "kvm_intel", "kvm_amd", NULL: neither is there
 * @flags: the flags line of /proc/cpuinfo, NULL unknown
 * @hypervisor: this host is a virtual machine itself
 * @counters: of host->pmus, one each
 * @config: the kernel's configuration as text, NULL unknown; kp_host_config_get() looks into it
 * @btf: /sys/kernel/btf/vmlinux is there; @kvm_events: tracepoints of KVM can be seen
 */
struct kp_host_detail {
	enum kp_host_vendor vendor;
	const char *module;
	char *flags;
	enum kp_tri hypervisor;
	struct kp_host_counters *counters;
	enum kp_host_mediated mediated;
	struct kp_host_need needs[KP_HOST_NEEDS_MAX];
	size_t nr_needs;
	struct kp_host_cap caps[KP_HOST_CAPS_MAX];
	size_t nr_caps;
	char *config;
	char *cpuid;
	enum kp_tri btf;
	enum kp_tri kvm_events;
};

/**
 * kp_host_detail_collect - for @host, collected with KP_HOST_CPU, _PMU and _KVM. Opens no event and
 * makes no VM; CPUID is read on the first CPU of each core PMU. 0 or -ENOMEM
 */
int kp_host_detail_collect(const struct kp_sysroot *root, const struct kp_host *host,
			   struct kp_host_detail **out);
void kp_host_detail_free(struct kp_host_detail *d);

/**
 * kp_host_config_get - "y", "m", a value, or "n" where @name ("CONFIG_KVM") is not set; NULL: the
 * configuration is unknown
 */
const char *kp_host_config_get(const struct kp_host_detail *d, const char *name, char *buf,
			       size_t size);

/**
 * struct kp_host_message - a line of the kernel's log that concerns PMU or KVM
 * @seq: its number in the log; @time_us: since boot; @level: 0 emergency .. 7 debugging
 */
struct kp_host_message {
	uint64_t seq;
	uint64_t time_us;
	unsigned int level;
	char *text;
};

/**
 * struct kp_host_messages - owned by the caller of kp_host_messages_read()
 * @next_seq: behind the last line of the log, whether it concerns PMU or KVM or not
 * @err: 0, or why the log could not be read: -EPERM (kernel.dmesg_restrict), -ENOENT
 */
struct kp_host_messages {
	struct kp_host_message *at;
	size_t nr;
	uint64_t next_seq;
	int err;
};

/**
 * kp_host_messages_read - of @root's log the lines from @first on that concern PMU or KVM, oldest
 * first; a log that cannot be read is no failure but @err of @out. 0 or -ENOMEM
 */
int kp_host_messages_read(const struct kp_sysroot *root, uint64_t first,
			  struct kp_host_messages *out);
void kp_host_messages_free(struct kp_host_messages *messages);

/**
 * kp_host_messages_find - the first line from index @from on that has @fragment in it; NULL none
 */
const struct kp_host_message *kp_host_messages_find(const struct kp_host_messages *messages,
						    size_t from, const char *fragment);

/**
 * kp_snapshot_write - save what kvmpmu reads of @root (never processes) in the new file @path, a
 * tar archive compressed with gzip. *nr: files saved. 0 or -errno (-EEXIST)
 */
int kp_snapshot_write(const struct kp_sysroot *root, const char *path, uint32_t *nr);

/**
 * struct kp_host_cpu_activity - a CPU since the host booted
 * @busy_ns: all but idle and waiting for I/O, @guest_ns: the part of it that guests ran, both in
 *	steps of the kernel's clock tick; @idle_ns: the rest. unknown when has_times is clear
 * @nmis, @pmis, @vpmis: /proc/interrupts lines NMI, PMI (arm64: of PMU drivers), VPMI
 */
struct kp_host_cpu_activity {
	uint32_t cpu;
	bool has_times;
	uint64_t busy_ns, guest_ns, idle_ns;
	uint64_t nmis, pmis, vpmis;
};

/**
 * struct kp_host_activity - zero-initialise. @cpus: by number, those online; has_*: there is a line
 */
struct kp_host_activity {
	struct kp_host_cpu_activity *cpus;
	size_t nr_cpus;
	bool has_nmis, has_pmis, has_vpmis;
};

/**
 * kp_host_activity_read - as of now; what cannot be read stays unknown. Memory of an earlier
 * reading is used again. 0 or -ENOMEM
 */
int kp_host_activity_read(const struct kp_sysroot *root, struct kp_host_activity *act);
void kp_host_activity_free(struct kp_host_activity *act);

/**
 * struct kp_host_tuning - what this host's measurements depend on; owned by the caller of
 * kp_host_tuning_collect()
 * @set: names ("governor", "kvm_amd.nested", "mitigations.spectre_v2") and values, what could be
 *	read
 * @warnings: what makes measurements here uncertain, in words
 */
struct kp_host_tuning {
	struct kp_host_attrs set;
	char **warnings;
	size_t nr_warnings;
};

/** kp_host_tuning_collect - for @host, collected with KP_HOST_CPU. 0 or -ENOMEM */
int kp_host_tuning_collect(const struct kp_sysroot *root, const struct kp_host *host,
			   struct kp_host_tuning **out);
void kp_host_tuning_free(struct kp_host_tuning *t);

/**
 * struct kp_fault - a knob of KVM's fault injection, /sys/kernel/debug/kvm/fail_*: standard files
 * of the kernel's lib/fault-inject.c. They are put back by kp_fault_close() and, by a process that
 * waits for it, when this process dies before that, however it dies.
 */
struct kp_fault;

/**
 * struct kp_fault_conf - @name: "fail_tdp_mmu_resched"; while on, every @interval-th call fails
 * with a probability of @pct percent
 */
struct kp_fault_conf {
	const char *name;
	uint32_t pct, interval;
};

/**
 * kp_fault_open - @root: borrowed until the close. Call it before there are threads: it forks.
 * 0; -ENOENT this kernel has no such knob; -errno; @err explains
 */
int kp_fault_open(const struct kp_sysroot *root, const struct kp_fault_conf *conf,
		  struct kp_fault **out, char *err, size_t err_size);
/** kp_fault_set - make calls fail, or not. 0 or -errno */
int kp_fault_set(struct kp_fault *fault, bool on);
/** kp_fault_close - all as it was. 0, or -EIO: not all could be put back. NULL is legal */
int kp_fault_close(struct kp_fault *fault);

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
