// SPDX-License-Identifier: GPL-2.0-only
/*
 * owner_proc.c - who holds the counters as far as /proc tells: files of perf events (what they
 * count only where the kernel prints it in fdinfo, since 6.16), of VMs and of vCPUs, and vCPU
 * threads.
 */
#include "host/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"
#include "lib/vec.h"
#include "owner.h"

#define VCPU_FILE   "anon_inode:kvm-vcpu:"
#define VCPUS_MAX   65536
#define EVENTS_MAX  (1u << 20)
#define DEBUGFS_KVM "/sys/kernel/debug/kvm"

struct scan {
	const struct kp_sysroot *root;
	KP_VEC(struct kp_owner_event) events;
	KP_VEC(struct kp_owner_vm) vms;
	KP_VEC(struct kp_owner_vcpu) vcpus;
	bool truncated;
};

/* the process that is looked at; @vm_fd: of its first VM, -1 none */
struct process {
	struct scan *s;
	const char *pid;
	uint32_t nr;
	int vm_fd;
	size_t first_vcpu;
};

/* ---- perf events ---- */

/* "key:\tvalue" of an fdinfo file. */
static bool info_u64(const char *text, const char *key, uint64_t *out)
{
	const char *p = strstr(text, key);
	char buf[32];
	size_t len = strlen(key);

	if (!p || (p != text && p[-1] != '\n') || p[len] != ':')
		return false;
	p += len + 1;
	p += strspn(p, " \t");
	snprintf(buf, sizeof(buf), "%.*s", (int)strcspn(p, "\n"), p);
	return !kp_str_u64(buf, out);
}

/*
 * kernel/events/core.c, perf_show_fdinfo(). It says nothing of the flags, so HAS_ATTR stays off.
 */
static void read_fdinfo(const struct process *p, const char *fd, struct kp_owner_event *ev)
{
	uint64_t type, pmu = 0;
	char *text;

	if (kp_sysroot_read(p->s->root, &text, NULL, "/proc/%s/fdinfo/%s", p->pid, fd))
		return;
	if (info_u64(text, "perf_event_attr.type", &type) && type <= UINT32_MAX &&
	    info_u64(text, "perf_event_attr.config", &ev->config)) {
		ev->valid = KP_OWNER_HAS_CONFIG;
		ev->type = (uint32_t)type;
		info_u64(text, "perf_event_attr.config1", &ev->config1);
		info_u64(text, "perf_event_attr.config2", &ev->config2);
	}
	if (info_u64(text, "pmu_type", &pmu) && pmu <= UINT32_MAX) {
		ev->valid |= KP_OWNER_HAS_PMU_TYPE;
		ev->pmu_type = (uint32_t)pmu;
	}
	free(text);
}

static int add_event(struct process *p, const char *fd)
{
	struct kp_owner_event ev = { .kind = KP_OWNER_USER, .pid = p->nr };
	uint64_t n;

	if (p->s->events.nr >= EVENTS_MAX || kp_str_u64(fd, &n) || n > INT32_MAX)
		return 0;
	ev.fd = (int)n;
	ev.cpu = -1;
	kp_sysroot_read_str(p->s->root, ev.comm, sizeof(ev.comm), "/proc/%s/comm", p->pid);
	read_fdinfo(p, fd, &ev);
	return kp_vec_push(&p->s->events, ev);
}

/* ---- VMs and vCPUs by their files ---- */

/* KVM's directory of a VM is named after the thread that made it and the VM's file. */
struct find_dir {
	const struct process *p;
	char *name;
	size_t size;
};

static int is_vm_dir(void *ctx, const char *name)
{
	struct find_dir *f = ctx;
	const char *dash = strchr(name, '-');
	uint64_t fd;

	if (!dash || kp_str_u64(dash + 1, &fd) || fd != (uint64_t)f->p->vm_fd ||
	    !kp_sysroot_exists(f->p->s->root, "/proc/%s/task/%.*s", f->p->pid, (int)(dash - name),
			       name))
		return 0;
	return kp_str_copy(f->name, f->size, name);
}

static void read_debugfs(const struct process *p, struct kp_owner_vm *vm)
{
	char dir[64] = "";
	struct find_dir f = { .p = p, .name = dir, .size = sizeof(dir) };
	struct scan *s = p->s;
	uint64_t tid;
	size_t i;

	if (kp_sysroot_list(s->root, DEBUGFS_KVM, is_vm_dir, &f) <= 0)
		return;
	vm->has_exits = !kp_sysroot_read_u64(s->root, &vm->exits, DEBUGFS_KVM "/%s/exits", dir);
	for (i = p->first_vcpu; i < s->vcpus.nr; i++)
		if (!kp_sysroot_read_u64(s->root, &tid, DEBUGFS_KVM "/%s/vcpu%u/pid", dir,
					 s->vcpus.at[i].vcpu) &&
		    tid && tid <= UINT32_MAX) {
			s->vcpus.at[i].tid = (uint32_t)tid;
			s->vcpus.at[i].valid |= KP_VCPU_HAS_RUN_TASK;
		}
}

static int look_at_fd(void *ctx, const char *fd)
{
	struct process *p = ctx;
	struct kp_owner_vcpu v = { .pid = p->nr, .vm = p->s->vms.nr, .valid = KP_VCPU_HAS_ID };
	char target[64];
	uint64_t n;

	if (kp_sysroot_readlink(p->s->root, target, sizeof(target), "/proc/%s/fd/%s", p->pid, fd))
		return 0;
	if (!strcmp(target, "anon_inode:[perf_event]"))
		return add_event(p, fd);
	if (!strcmp(target, "anon_inode:kvm-vm") && p->vm_fd < 0 && !kp_str_u64(fd, &n) &&
	    n <= INT32_MAX)
		p->vm_fd = (int)n;
	if (strncmp(target, VCPU_FILE, strlen(VCPU_FILE)) ||
	    kp_str_u64(target + strlen(VCPU_FILE), &n) || n >= VCPUS_MAX)
		return 0;
	v.vcpu = (uint32_t)n;
	return kp_vec_push(&p->s->vcpus, v);
}

/* A process that may not be looked into still shows its program and its threads' names. */
static int look_at_names(struct process *p, struct kp_owner_vm *vm)
{
	struct kp_host_vcpu *threads;
	size_t i, nr;
	int err = kp_host_name_vm(p->s->root, p->pid, false, &vm->vmm, &vm->name);

	if (err)
		return err;
	err = kp_host_vcpu_threads(p->s->root, p->pid, &threads, &nr);
	for (i = 0; i < nr && !err; i++)
		err = kp_vec_push(&p->s->vcpus,
				  (struct kp_owner_vcpu){
					  .pid = p->nr,
					  .vm = p->s->vms.nr,
					  .tid = threads[i].tid,
					  .vcpu = threads[i].vcpu,
					  .valid = threads[i].has_vcpu ? KP_VCPU_HAS_ID : 0,
				  });
	free(threads);
	return err ? err : nr ? 0 : -ENOENT;
}

/* Threads of vCPUs that debugfs did not tell, by their names. */
static int match_threads(struct process *p)
{
	struct kp_host_vcpu *threads;
	size_t i, j, nr;
	int err = kp_host_vcpu_threads(p->s->root, p->pid, &threads, &nr);

	for (i = p->first_vcpu; i < p->s->vcpus.nr && !err; i++) {
		struct kp_owner_vcpu *v = &p->s->vcpus.at[i];

		for (j = 0; j < nr && !v->tid; j++)
			if (threads[j].has_vcpu && threads[j].vcpu == v->vcpu)
				v->tid = threads[j].tid;
	}
	free(threads);
	return err;
}

static int look_at_process(void *ctx, const char *pid)
{
	struct scan *s = ctx;
	struct process p = { .s = s, .pid = pid, .vm_fd = -1, .first_vcpu = s->vcpus.nr };
	struct kp_owner_vm vm = { 0 };
	char dir[64];
	uint64_t id;
	int err;

	if (kp_str_u64(pid, &id) || id > UINT32_MAX)
		return 0;
	p.nr = vm.pid = (uint32_t)id;
	snprintf(dir, sizeof(dir), "/proc/%s/fd", pid);
	err = kp_sysroot_list(s->root, dir, look_at_fd, &p);
	if (err == -EACCES || err == -EPERM) {
		s->truncated = true;
		err = look_at_names(&p, &vm);
	} else if (!err && p.vm_fd >= 0) {
		read_debugfs(&p, &vm);
		err = match_threads(&p);
	} else {
		s->vcpus.nr = p.first_vcpu; /* vCPUs' files alone, kept by who has no VM */
		return err == -ENOMEM ? err : 0;
	}
	vm.nr_vcpus = (uint32_t)(s->vcpus.nr - p.first_vcpu);
	if (!err)
		err = kp_vec_push(&s->vms, vm);
	if (err) {
		free(vm.name);
		s->vcpus.nr = p.first_vcpu;
	}
	return err == -ENOENT ? 0 : err;
}

static int by_pid(const void *a, const void *b)
{
	const struct kp_owner_event *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return x->fd < y->fd ? -1 : x->fd > y->fd;
}

static int by_vm(const void *a, const void *b)
{
	const struct kp_owner_vcpu *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return x->vcpu < y->vcpu ? -1 : x->vcpu > y->vcpu;
}

static int vm_by_pid(const void *a, const void *b)
{
	const struct kp_owner_vm *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* Directories list "10" before "9": sort by number, and find each vCPU's VM again. */
static void sort(struct kp_owners *o)
{
	size_t i, vm = 0;

	if (o->nr_events)
		qsort(o->events, o->nr_events, sizeof(*o->events), by_pid);
	if (o->nr_vms)
		qsort(o->vms, o->nr_vms, sizeof(*o->vms), vm_by_pid);
	if (o->nr_vcpus)
		qsort(o->vcpus, o->nr_vcpus, sizeof(*o->vcpus), by_vm);
	for (i = 0; i < o->nr_vcpus; i++) {
		while (o->vms[vm].pid != o->vcpus[i].pid)
			vm++;
		o->vcpus[i].vm = vm;
	}
}

int kp_owners_add_proc(const struct kp_sysroot *root, struct kp_owners *owners)
{
	struct scan s = { .root = root };
	int err = kp_sysroot_list(root, "/proc", look_at_process, &s);

	owners->events = s.events.at;
	owners->nr_events = s.events.nr;
	owners->vms = s.vms.at;
	owners->nr_vms = s.vms.nr;
	owners->vcpus = s.vcpus.at;
	owners->nr_vcpus = s.vcpus.nr;
	owners->truncated = s.truncated;
	sort(owners);
	return err == -ENOMEM ? err : 0;
}
