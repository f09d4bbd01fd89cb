// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm.c - VMs and their vCPU threads: processes that hold kvm-vm files, named by their VMM's command
 * line. Reads /proc through the sysroot; what belongs to other users is told by names alone.
 */
#include "host/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"
#include "lib/vec.h"

#define VMS_MAX	    65536
#define VCPUS_MAX   65536
#define KVM_RUN_CMD 0xae80 /* _IO(KVMIO, 0x80), the same on every architecture */
/*
 * KVM's own thread in the VM's process since Linux 6.14 (kvm_mmu_start_lpage_recovery() in
 * arch/x86/kvm/mmu/mmu.c). A vCPU makes it in its first KVM_RUN, and it keeps the registers of that
 * call, so it looks like a vCPU that waits in KVM_RUN.
 */
#define KVM_WORKER  "kvm-nx-lpage"

/**
 * struct vmm - a program that runs VMs
 * @programs: what its executable is called, patterns separated by blanks
 * @name_opts: options that are followed by the VM's name, separated by blanks
 */
struct vmm {
	const char *name;
	const char *programs;
	const char *name_opts;
};

static const struct vmm vmms[] = {
	{"qemu",		  "qemu-system-* qemu-kvm kvm qemu",   "-name --name"},
	{ "firecracker",	 "firecracker firecracker-*",	      "--id"	     },
	{ "cloud-hypervisor", "cloud-hypervisor cloud-hyperviso*", ""	      },
	{ "crosvm",	    "crosvm",			      "--name"      },
	{ "kvmtool",	     "lkvm lkvm-static kvmtool vm",	    "--name -n"	},
	{ "kvmpmu",	    "kvmpmu",			      ""		 },
};

struct scan {
	const struct kp_sysroot *root;
	KP_VEC(struct kp_host_vm) vms;
};

/* what /proc/PID/fd of one process says */
struct files {
	const struct kp_sysroot *root;
	const char *pid;
	uint32_t nr_vms;
	uint32_t nr_vcpus;
};

struct tasks {
	const struct kp_sysroot *root;
	const char *pid;
	KP_VEC(struct kp_host_vcpu) vcpus;
};

bool kp_host_is_vcpu_name(const char *comm, uint32_t *vcpu)
{
	static const struct {
		const char *head, *tail;
	} patterns[] = {
		{"CPU ",	  "/KVM"},
		    { "fc_vcpu ",	  ""    },
		{ "kvm-vcpu-",   ""	  },
		{ "vcpu ",	   ""    },
		    { "vcpu",	      ""	 },
		{ "crosvm_vcpu", ""    },
	};
	size_t i, len;
	char digits[12];
	uint64_t n;

	for (i = 0; i < KP_ARRAY_SIZE(patterns); i++) {
		len = strlen(patterns[i].head);
		if (strncmp(comm, patterns[i].head, len))
			continue;
		snprintf(digits, sizeof(digits), "%.*s", (int)strspn(comm + len, "0123456789"),
			 comm + len);
		/* a name is cut after 15 bytes, so the tail may be too */
		if (!kp_str_u64(digits, &n) && n < VCPUS_MAX &&
		    !strncmp(comm + len + strlen(digits), patterns[i].tail,
			     strlen(patterns[i].tail))) {
			*vcpu = (uint32_t)n;
			return true;
		}
	}
	return false;
}

static int look_at_fd(void *ctx, const char *fd)
{
	struct files *f = ctx;
	char target[64];

	if (kp_sysroot_readlink(f->root, target, sizeof(target), "/proc/%s/fd/%s", f->pid, fd))
		return 0;
	if (!strcmp(target, "anon_inode:kvm-vm"))
		f->nr_vms++;
	else if (!strncmp(target, "anon_inode:kvm-vcpu", strlen("anon_inode:kvm-vcpu")))
		f->nr_vcpus++;
	return 0;
}

/*
 * A thread that waits in ioctl(KVM_RUN) shows it in /proc/PID/task/TID/syscall: number, file,
 * command. The number of ioctl differs between architectures, the command is KVM's own. A vCPU that
 * is running at this moment shows only "running".
 */
static bool vcpu_of_syscall(const struct tasks *t, const char *tid, uint32_t *vcpu, bool *has_vcpu)
{
	static const char inode[] = "anon_inode:kvm-vcpu";
	unsigned long nr, fd, cmd;
	char buf[256], target[64];
	uint64_t n;

	if (kp_sysroot_read_str(t->root, buf, sizeof(buf), "/proc/%s/task/%s/syscall", t->pid,
				tid) ||
	    sscanf(buf, "%lu %lx %lx", &nr, &fd, &cmd) != 3 || cmd != KVM_RUN_CMD)
		return false;
	if (kp_sysroot_readlink(t->root, target, sizeof(target), "/proc/%s/fd/%lu", t->pid, fd) ||
	    strncmp(target, inode, sizeof(inode) - 1))
		return false;
	*has_vcpu = target[sizeof(inode) - 1] == ':' && !kp_str_u64(target + sizeof(inode), &n) &&
		    n < VCPUS_MAX;
	*vcpu = *has_vcpu ? (uint32_t)n : 0;
	return true;
}

static int look_at_task(void *ctx, const char *tid)
{
	struct tasks *t = ctx;
	struct kp_host_vcpu vcpu = { 0 };
	uint64_t id;
	char comm[32];

	if (t->vcpus.nr >= VCPUS_MAX || kp_str_u64(tid, &id) || id > UINT32_MAX ||
	    kp_sysroot_read_str(t->root, comm, sizeof(comm), "/proc/%s/task/%s/comm", t->pid, tid))
		return 0;
	vcpu.tid = (uint32_t)id;
	if (!strncmp(comm, KVM_WORKER, strlen(KVM_WORKER)))
		return 0;
	vcpu.has_vcpu = kp_host_is_vcpu_name(comm, &vcpu.vcpu);
	if (!vcpu.has_vcpu && !vcpu_of_syscall(t, tid, &vcpu.vcpu, &vcpu.has_vcpu))
		return 0;
	return kp_vec_push(&t->vcpus, vcpu);
}

static int by_tid(const void *a, const void *b)
{
	const struct kp_host_vcpu *x = a, *y = b;

	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

static const struct vmm *vmm_of(const char *program)
{
	char patterns[64], *save, *p;
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(vmms); i++) {
		kp_str_copy(patterns, sizeof(patterns), vmms[i].programs);
		for (p = strtok_r(patterns, " ", &save); p; p = strtok_r(NULL, " ", &save))
			if (kp_str_glob(p, program))
				return &vmms[i];
	}
	return NULL;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_word_of(const char *words, const char *word, size_t len)
{
	const char *p;

	for (p = words; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		if (n == len && !strncmp(p, word, n))
			return true;
		p += n;
	}
	return false;
}

/* QEMU's -name takes "guest=NAME,debug-threads=on" as well as "NAME,process=...". */
static char *clean_name(const char *value)
{
	const char *p = strstr(value, "guest=");

	if (p && (p == value || p[-1] == ','))
		value = p + strlen("guest=");
	return strndup(value, strcspn(value, ","));
}

/* Arguments are separated by NULs; kp_sysroot_read() adds one behind the last. */
static char *name_of(const struct vmm *vmm, const char *cmdline, size_t size, const char *comm)
{
	const char *arg = cmdline, *end = cmdline + size, *next;

	for (; vmm && arg < end; arg = next) {
		size_t len = strcspn(arg, "=");

		next = arg + strlen(arg) + 1;
		if (!is_word_of(vmm->name_opts, arg, len))
			continue;
		if (arg[len] == '=')
			return clean_name(arg + len + 1);
		if (next < end)
			return clean_name(next);
	}
	return strdup(comm);
}

int kp_host_vcpu_threads(const struct kp_sysroot *root, const char *pid, struct kp_host_vcpu **out,
			 size_t *nr)
{
	struct tasks t = { .root = root, .pid = pid };
	char dir[64];
	int err;

	snprintf(dir, sizeof(dir), "/proc/%s/task", pid);
	err = kp_sysroot_list(root, dir, look_at_task, &t);
	if (t.vcpus.nr)
		qsort(t.vcpus.at, t.vcpus.nr, sizeof(*t.vcpus.at), by_tid);
	*out = t.vcpus.at;
	*nr = t.vcpus.nr;
	return err == -ENOMEM ? err : 0; /* it may have gone away meanwhile */
}

/* argv[0] may be anything; the executable's own name is in comm, cut after 15 bytes. */
int kp_host_name_vm(const struct kp_sysroot *root, const char *pid, bool sure,
		    const char **vmm_name, char **name)
{
	char comm[32] = "", *cmdline = NULL;
	const struct vmm *vmm;
	size_t size = 0;

	kp_sysroot_read_str(root, comm, sizeof(comm), "/proc/%s/comm", pid);
	if (kp_sysroot_read(root, &cmdline, &size, "/proc/%s/cmdline", pid))
		cmdline = NULL;
	vmm = cmdline ? vmm_of(base_name(cmdline)) : NULL;
	if (!vmm)
		vmm = vmm_of(comm);
	if (!sure && !vmm) {
		free(cmdline);
		return -ENOENT;
	}
	*vmm_name = vmm ? vmm->name : NULL;
	*name = name_of(vmm, cmdline, cmdline ? size : 0, comm);
	free(cmdline);
	return *name ? 0 : -ENOMEM;
}

static int read_vm(const struct kp_sysroot *root, const char *pid, struct kp_host_vm *vm)
{
	int err = kp_host_name_vm(root, pid, vm->has_files, &vm->vmm, &vm->name);

	if (err)
		return err;
	err = kp_host_vcpu_threads(root, pid, &vm->vcpus, &vm->nr_vcpus);
	/* without its files, only vCPU threads tell a VM from a helper of the same program */
	return err ? err : vm->has_files || vm->nr_vcpus ? 0 : -ENOENT;
}

static int look_at_process(void *ctx, const char *pid)
{
	struct scan *s = ctx;
	struct files files = { .root = s->root, .pid = pid };
	struct kp_host_vm vm = { 0 };
	char dir[64];
	uint64_t id;
	int err;

	if (kp_str_u64(pid, &id) || id > UINT32_MAX || s->vms.nr >= VMS_MAX)
		return 0;
	snprintf(dir, sizeof(dir), "/proc/%s/fd", pid);
	err = kp_sysroot_list(s->root, dir, look_at_fd, &files);
	if (!err && !files.nr_vms)
		return 0;
	vm.pid = (uint32_t)id;
	vm.has_files = !err;
	vm.nr_vcpu_files = files.nr_vcpus;
	err = read_vm(s->root, pid, &vm);
	if (!err)
		err = kp_vec_push(&s->vms, vm);
	if (err) {
		free(vm.name);
		free(vm.vcpus);
	}
	return err == -ENOENT ? 0 : err;
}

static int by_pid(const void *a, const void *b)
{
	const struct kp_host_vm *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

int kp_host_read_vms(const struct kp_sysroot *root, struct kp_host *host)
{
	struct scan s = { .root = root };
	int err = kp_sysroot_list(root, "/proc", look_at_process, &s);

	if (s.vms.nr)
		qsort(s.vms.at, s.vms.nr, sizeof(*s.vms.at), by_pid);
	host->vms = s.vms.at;
	host->nr_vms = s.vms.nr;
	return err == -ENOMEM ? err : 0;
}
