/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parts.h - the parts of kp_host_collect(), private to src/host.
 */
#ifndef KP_HOST_PARTS_H
#define KP_HOST_PARTS_H

#include "host.h"

/* Each fills its part of a zeroed host. 0 or -ENOMEM: what cannot be read stays unknown. */
int kp_host_read_cpu(const struct kp_sysroot *root, struct kp_host *host);
int kp_host_read_pmus(const struct kp_sysroot *root, bool events, struct kp_host *host);
int kp_host_read_kvm(const struct kp_sysroot *root, struct kp_host *host);
int kp_host_read_pmu_irqs(const struct kp_sysroot *root, struct kp_host *host);
int kp_host_read_vms(const struct kp_sysroot *root, struct kp_host *host);

/**
 * kp_host_name_vm - what runs the VM of process @pid and what the VM is called (to be freed)
 * @sure: it is a VM. If not: 0 only when it is a program that runs VMs, else -ENOENT. -ENOMEM
 */
int kp_host_name_vm(const struct kp_sysroot *root, const char *pid, bool sure, const char **vmm,
		    char **name);

/** kp_host_vcpu_threads - of process @pid, by tid; *out to be freed. 0 or -ENOMEM */
int kp_host_vcpu_threads(const struct kp_sysroot *root, const char *pid,
			 struct kp_host_vcpu **out, size_t *nr);

/**
 * kp_host_cpuid_text - CPUID leaves as lines of seven numbers: CPU, leaf, subleaf, eax to edx.
 * The host's own when @root is live and x86, else the snapshot's. NULL: unknown
 */
char *kp_host_cpuid_text(const struct kp_sysroot *root, const struct kp_host *host);

/** kp_host_cpuid_get - a leaf of @text as seen by @cpu; regs are eax ebx ecx edx. 0 or -ENOENT */
int kp_host_cpuid_get(const char *text, uint32_t cpu, uint32_t leaf, uint32_t sub,
		      uint32_t regs[4]);

/** kp_host_caps_text - KVM's capabilities as lines "NUMBER VALUE"; NULL: unknown */
char *kp_host_caps_text(const struct kp_sysroot *root);
void kp_host_read_caps(const struct kp_sysroot *root, const struct kp_host *host,
		       struct kp_host_detail *d);

/** kp_host_config_text - the kernel's configuration; NULL: unknown */
char *kp_host_config_text(const struct kp_sysroot *root, const struct kp_host *host);

void kp_host_read_counters(const struct kp_host *host, struct kp_host_detail *d);
/** kp_host_read_log_counters - of core PMUs whose counters are still unknown */
void kp_host_read_log_counters(const struct kp_sysroot *root, const struct kp_host *host,
			       struct kp_host_detail *d);
void kp_host_judge_mediated(const struct kp_sysroot *root, const struct kp_host *host,
			    struct kp_host_detail *d);

/** kp_host_kernel_can_mediate - by the VPMI line of /proc/interrupts: NO is sure, YES is not */
enum kp_tri kp_host_kernel_can_mediate(const struct kp_sysroot *root);

/** kp_host_has_flag - is @flag a word of @flags; UNKNOWN without flags */
enum kp_tri kp_host_has_flag(const char *flags, const char *flag);

/* where a snapshot keeps what is in no file of a live host */
#define KP_SNAP_CPUID "/kvmpmu/cpuid"
#define KP_SNAP_CAPS  "/kvmpmu/kvm-caps"
#define KP_SNAP_KMSG  "/kvmpmu/kmsg"

/** kp_host_messages_text - the lines as /dev/kmsg has them, for a snapshot; NULL: unknown */
char *kp_host_messages_text(const struct kp_sysroot *root);

/**
 * kp_tar_unpack - the files of a snapshot archive below the directory @dirfd. Links are left out,
 * paths that lead out of it refused. 0, -EBADMSG damaged or no archive, -EFBIG, -errno
 */
int kp_tar_unpack(int fd, int dirfd);

/** kp_host_read_tri - Y, y, 1 and N, n, 0 of a parameter file; anything else is unknown */
enum kp_tri kp_host_read_tri(const struct kp_sysroot *root, const char *path);

#endif
