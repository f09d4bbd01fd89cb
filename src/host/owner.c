// SPDX-License-Identifier: GPL-2.0-only
/*
 * owner.c - completes what was found out about the counters' holders: names of VMs, cgroups,
 * memory and threads from /proc, then what follows: kinds of PMUs, modes, who stands in whose
 * way.
 */
#include "owner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/parts.h"
#include "lib/str.h"
#include "lib/vec.h"

/* ---- VMs ---- */

/* The unified hierarchy's line begins with "0::"; without one, the first line's path. */
static char *read_cgroup(const struct kp_sysroot *root, uint32_t pid)
{
	char *text, *line, *path;

	if (kp_sysroot_read(root, &text, NULL, "/proc/%u/cgroup", pid))
		return NULL;
	line = !strncmp(text, "0::", 3) ? text : strstr(text, "\n0::");
	if (!line)
		line = text;
	line += *line == '\n';
	path = strchr(line, ':');
	path = path ? strchr(path + 1, ':') : NULL;
	if (path)
		path = strndup(path + 1, strcspn(path + 1, "\n"));
	free(text);
	return path;
}

/* "key:\tvalue" of /proc/PID/status, up to the end of its line; false: not there */
static bool status_get(const char *text, const char *key, char *buf, size_t size)
{
	const char *p = strstr(text, key);
	size_t len;

	if (!p || (p != text && p[-1] != '\n'))
		return false;
	p += strlen(key);
	p += strspn(p, " \t");
	len = strcspn(p, "\n");
	if (len >= size) /* a part of it would say something else */
		return false;
	snprintf(buf, size, "%.*s", (int)len, p);
	return true;
}

static void read_resident(const struct kp_sysroot *root, struct kp_owner_vm *vm)
{
	char *text, buf[32];
	uint64_t kb;

	if (kp_sysroot_read(root, &text, NULL, "/proc/%u/status", vm->pid))
		return;
	if (status_get(text, "VmRSS:", buf, sizeof(buf))) {
		buf[strcspn(buf, " ")] = '\0';
		if (!kp_str_u64(buf, &kb) && kb < UINT64_MAX / 1024) {
			vm->memory_bytes = kb * 1024;
			vm->has_memory = vm->memory_resident = true;
		}
	}
	free(text);
}

static int describe_vm(const struct kp_sysroot *root, struct kp_owner_vm *vm)
{
	char pid[16];
	int err = 0;

	snprintf(pid, sizeof(pid), "%u", vm->pid);
	if (!vm->name)
		err = kp_host_name_vm(root, pid, true, &vm->vmm, &vm->name);
	vm->cgroup = read_cgroup(root, vm->pid);
	if (!vm->has_memory)
		read_resident(root, vm);
	return err;
}

static void sum_exits(struct kp_owners *o)
{
	size_t i;

	for (i = 0; i < o->nr_vcpus; i++) {
		struct kp_owner_vm *vm = &o->vms[o->vcpus[i].vm];

		if (!(o->vcpus[i].valid & KP_VCPU_HAS_EXITS))
			continue;
		vm->has_exits = true;
		vm->exits += o->vcpus[i].exits;
	}
}

/* ---- vCPU threads ---- */

/* Field 39 of stat; the name, field 2, may hold anything but ends at the last ')'. */
static bool read_cpu(const struct kp_sysroot *root, const struct kp_owner_vcpu *v, uint32_t *cpu)
{
	char buf[1024], *p;
	int field;

	if (kp_sysroot_read_str(root, buf, sizeof(buf), "/proc/%u/task/%u/stat", v->pid, v->tid))
		return false;
	p = strrchr(buf, ')');
	for (field = 2; p && field < 39; field++)
		p = strchr(p + 1, ' ');
	return p && sscanf(p, " %u", cpu) == 1;
}

static void describe_vcpu(const struct kp_sysroot *root, struct kp_owner_vcpu *v)
{
	char *text;

	if (!v->tid)
		return;
	if (read_cpu(root, v, &v->cpu))
		v->valid |= KP_VCPU_HAS_CPU;
	if (kp_sysroot_read(root, &text, NULL, "/proc/%u/task/%u/status", v->pid, v->tid))
		return;
	status_get(text, "Cpus_allowed_list:", v->affinity, sizeof(v->affinity));
	free(text);
}

/* ---- what follows ---- */

/* Where KVM gives no guest a PMU, whatever the VM asked for. */
static bool no_vpmu(const struct kp_host *host)
{
	return host->kvm_enable_pmu == KP_TRI_NO || kp_host_find_pmu(host, "cpu_core") ||
	       kp_host_find_pmu(host, "cpu_atom");
}

static void judge_vcpu(const struct kp_host *host, struct kp_owner_vcpu *v)
{
	if (v->mode == KP_VPMU_UNKNOWN && no_vpmu(host))
		v->mode = KP_VPMU_NONE;
}

static bool has_mediated_vm(const struct kp_owners *o)
{
	size_t i;

	if (o->nr_mediated_vms >= 0)
		return o->nr_mediated_vms > 0;
	for (i = 0; i < o->nr_vms; i++)
		if (o->vms[i].mediated == KP_TRI_YES)
			return true;
	return false;
}

static const struct kp_host_pmu *pmu_of(const struct kp_host *host, const struct kp_owner_event *ev)
{
	if (*ev->pmu)
		return kp_host_find_pmu(host, ev->pmu);
	if (ev->valid & KP_OWNER_HAS_PMU_TYPE)
		return kp_host_pmu_by_type(host, ev->pmu_type);
	return NULL;
}

static enum kp_tri core_of(const struct kp_host *host, const struct kp_owner_event *ev,
			   const struct kp_host_pmu *pmu)
{
	if (pmu)
		return pmu->core ? KP_TRI_YES : KP_TRI_NO;
	/* PMUs that sysfs does not list are the kernel's software ones: cpu_clock, task_clock */
	return host->nr_pmus && *ev->pmu ? KP_TRI_NO : KP_TRI_UNKNOWN;
}

static void judge_event(const struct kp_host *host, bool mediated_vm, struct kp_owner_event *ev)
{
	const struct kp_host_pmu *pmu = pmu_of(host, ev);

	ev->core = core_of(host, ev, pmu);
	if (pmu && !*ev->pmu)
		kp_str_copy(ev->pmu, sizeof(ev->pmu), pmu->name);
	/* without a core's PMU, or a KVM that mediates, there is nothing to stand in the way of */
	if (ev->core == KP_TRI_NO || host->mediated_vm_blocks == KP_TRI_NO)
		ev->blocks = ev->stops = KP_TRI_NO;
	else if (ev->stops == KP_TRI_YES && !mediated_vm)
		ev->stops = KP_TRI_NO;
}

static bool has_watchdog(const struct kp_owners *o)
{
	size_t i;

	for (i = 0; i < o->nr_events; i++)
		if (o->events[i].kind == KP_OWNER_WATCHDOG)
			return true;
	return false;
}

/*
 * It is on, and its events cannot be seen: one entry, of which all but its being there is
 * unknown.
 */
static int add_watchdog(struct kp_owners *o)
{
	struct kp_owner_event *more;

	more = realloc(o->events, (o->nr_events + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	o->events = more;
	memmove(more + 1, more, o->nr_events * sizeof(*more));
	more[0] = (struct kp_owner_event){ .kind = KP_OWNER_WATCHDOG, .fd = -1, .cpu = -1 };
	o->nr_events++;
	return 0;
}

int kp_owners_describe(const struct kp_sysroot *root, const struct kp_host *host,
		       struct kp_owners *owners)
{
	bool mediated = has_mediated_vm(owners);
	size_t i;
	int err = 0;

	if (host->mediated_vm_blocks == KP_TRI_NO && owners->nr_mediated_vms < 0)
		owners->nr_mediated_vms = 0;
	for (i = 0; i < owners->nr_vms && !err; i++)
		err = describe_vm(root, &owners->vms[i]);
	for (i = 0; i < owners->nr_vcpus && !err; i++) {
		describe_vcpu(root, &owners->vcpus[i]);
		judge_vcpu(host, &owners->vcpus[i]);
	}
	sum_exits(owners);
	if (!err && host->nmi_watchdog == KP_TRI_YES && !owners->watchdog_seen &&
	    !has_watchdog(owners))
		err = add_watchdog(owners);
	for (i = 0; i < owners->nr_events; i++)
		judge_event(host, mediated, &owners->events[i]);
	return err;
}
