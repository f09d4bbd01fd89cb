// SPDX-License-Identifier: GPL-2.0-only
/*
 * facts.c - questions that several rules ask of a case, and words for what they find. Pure.
 */
#include "doctor/rule.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/str.h"

#define CPUS_MAX 65536

bool kp_case_is_arm64(const struct kp_case *c)
{
	return c->host->machine && !strcmp(c->host->machine, "aarch64");
}

bool kp_case_mediated(const struct kp_case *c)
{
	return c->host->kvm_mediated_param == KP_TRI_YES;
}

size_t kp_case_nr_core_pmus(const struct kp_case *c)
{
	size_t i, nr = 0;

	for (i = 0; i < c->host->nr_pmus; i++)
		nr += c->host->pmus[i].core;
	return nr;
}

const struct kp_host_pmu *kp_case_core_pmu(const struct kp_case *c)
{
	size_t i;

	for (i = 0; i < c->host->nr_pmus; i++)
		if (c->host->pmus[i].core)
			return &c->host->pmus[i];
	return NULL;
}

const char *kp_case_parameter(const struct kp_case *c)
{
	const char *module = c->detail ? c->detail->module : NULL;

	if (!module)
		return "";
	return strcmp(module, "kvm_amd") ? "kvm_intel.enable_mediated_pmu"
					 : "kvm_amd.enable_mediated_pmu";
}

/* Without BPF only the parameter is known; a VM without vCPUs is not mediated yet. */
enum kp_tri kp_vm_may_be_mediated(const struct kp_case *c, const struct kp_owners *owners,
				  const struct kp_owner_vm *vm)
{
	if (vm->mediated != KP_TRI_UNKNOWN)
		return vm->mediated;
	if (!kp_case_mediated(c) || !vm->nr_vcpus || !owners->nr_mediated_vms)
		return KP_TRI_NO;
	return KP_TRI_UNKNOWN;
}

const char *kp_vm_words(const struct kp_owner_vm *vm, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s%s%s%u vCPU%s)", vm->name ? vm->name : "VM", " (",
		 vm->vmm ? vm->vmm : "", vm->vmm ? ", " : "", vm->nr_vcpus,
		 vm->nr_vcpus == 1 ? "" : "s");
	return buf;
}

size_t kp_exam_add_mediated_vms(struct kp_exam *x, const struct kp_owners *owners)
{
	const struct kp_owner_vm *vm;
	size_t sure = 0;
	char buf[96];

	if (!owners)
		return 0;
	for (vm = owners->vms; vm < owners->vms + owners->nr_vms; vm++) {
		enum kp_tri may = kp_vm_may_be_mediated(x->c, owners, vm);

		if (may == KP_TRI_YES)
			kp_exam_add(x, "vm", vm->pid, 0, "VM %s is mediated",
				    kp_vm_words(vm, buf, sizeof(buf)));
		else if (may == KP_TRI_UNKNOWN)
			kp_exam_add(x, "vm", vm->pid, 0, "VM %s is likely mediated: %s=Y",
				    kp_vm_words(vm, buf, sizeof(buf)), kp_case_parameter(x->c));
		sure += may == KP_TRI_YES;
	}
	if (owners->nr_mediated_vms > 0 && !sure) {
		kp_exam_add(x, "kernel", 0, 0, "the kernel counts %" PRId64 " mediated VM%s",
			    owners->nr_mediated_vms, owners->nr_mediated_vms == 1 ? "" : "s");
		sure += (size_t)owners->nr_mediated_vms;
	}
	return sure;
}

/* ---- events ---- */

const char *kp_event_words(const struct kp_owner_event *e, char *buf, size_t size)
{
	static const char *const hardware[] = {
		"cycles",
		"instructions",
		"cache-references",
		"cache-misses",
		"branches",
		"branch-misses",
		"bus-cycles",
		"stalled-cycles-frontend",
		"stalled-cycles-backend",
		"ref-cycles",
	};
	uint32_t config = (uint32_t)e->config; /* the PMU's type may stand above it */
	char what[48], where[32] = "";

	if (!(e->valid & KP_OWNER_HAS_ATTR))
		snprintf(what, sizeof(what), "an event that cannot be seen into");
	else if (e->type == 0 && config < KP_ARRAY_SIZE(hardware))
		snprintf(what, sizeof(what), "%s", hardware[config]);
	else
		snprintf(what, sizeof(what), "config 0x%" PRIx64, e->config);
	if (e->valid & KP_OWNER_HAS_TASK && e->task_tid)
		snprintf(where, sizeof(where), " of task %u", e->task_tid);
	else if (e->valid & KP_OWNER_HAS_CPU && e->cpu >= 0)
		snprintf(where, sizeof(where), " on CPU %d", e->cpu);
	snprintf(buf, size, "%s%s%s%s", what, *e->pmu ? " of PMU " : "", e->pmu, where);
	return buf;
}

size_t kp_watchdog_events(const struct kp_owners *owners)
{
	size_t i, nr = 0;

	for (i = 0; owners && i < owners->nr_events; i++)
		nr += owners->events[i].kind == KP_OWNER_WATCHDOG &&
		      owners->events[i].blocks == KP_TRI_YES;
	return nr;
}

bool kp_only_watchdog(const struct kp_owners *owners)
{
	size_t i, nr = 0;

	for (i = 0; i < owners->nr_events; i++) {
		if (owners->events[i].blocks == KP_TRI_NO)
			continue;
		if (owners->events[i].kind != KP_OWNER_WATCHDOG)
			return false;
		nr++;
	}
	return nr && (owners->nr_include_guest < 0 || (uint64_t)owners->nr_include_guest <= nr);
}

struct blocker {
	size_t sure, unsure;
	const struct kp_owner_event *first;
};

/* How many events of the process at @i there are; an earlier event of it has said so already. */
static bool count_process(const struct kp_owners *owners, size_t i, struct blocker *b)
{
	const struct kp_owner_event *e = &owners->events[i], *o;

	*b = (struct blocker){ 0 };
	for (o = owners->events; o < owners->events + owners->nr_events; o++) {
		if (o->pid != e->pid || o->kind != e->kind || o->blocks == KP_TRI_NO)
			continue;
		if (o < e)
			return false;
		if (o->blocks == KP_TRI_YES) {
			b->sure++;
			b->first = b->first ? b->first : o;
		} else {
			b->unsure++;
		}
	}
	return true;
}

static const char *blocker_name(const struct kp_owner_event *e)
{
	if (e->kind == KP_OWNER_WATCHDOG)
		return "the NMI watchdog";
	if (e->kind == KP_OWNER_KVM)
		return "KVM, for an emulated vPMU,";
	return *e->comm ? e->comm : "a process";
}

static void add_blocker(struct kp_exam *x, const struct kp_owner_event *e, const struct blocker *b)
{
	const char *name = blocker_name(e), *kind = e->pid ? "process" : "kernel";
	char buf[128], more[32] = "";

	if (!b->sure) {
		kp_exam_add(x, kind, e->pid, 0,
			    "%s holds %zu event%s; whether guests are counted cannot be seen", name,
			    b->unsure, b->unsure == 1 ? "" : "s");
		return;
	}
	if (b->sure > 1)
		snprintf(more, sizeof(more), " and %zu more", b->sure - 1);
	kp_exam_add(x, kind, e->pid, 0, "%s counts guests too: %s%s", name,
		    kp_event_words(b->first, buf, sizeof(buf)), more);
}

size_t kp_exam_add_blockers(struct kp_exam *x, const struct kp_owners *owners)
{
	size_t i, sure = 0;
	struct blocker b;

	if (!owners)
		return 0;
	for (i = 0; i < owners->nr_events; i++) {
		if (owners->events[i].blocks == KP_TRI_NO || !count_process(owners, i, &b))
			continue;
		add_blocker(x, &owners->events[i], &b);
		sure += b.sure;
	}
	if (owners->nr_include_guest > 0 && (uint64_t)owners->nr_include_guest > sure) {
		kp_exam_add(x, "kernel", 0, 0,
			    "the kernel counts %" PRId64 " event%s that count%s guests, %zu of "
			    "them are named here",
			    owners->nr_include_guest, owners->nr_include_guest == 1 ? "" : "s",
			    owners->nr_include_guest == 1 ? "s" : "", sure);
		sure = (size_t)owners->nr_include_guest;
	}
	return sure;
}

/* ---- lists of CPUs ---- */

struct find_cpu {
	uint64_t cpu;
};

static int is_it(void *ctx, uint64_t n)
{
	return n == ((struct find_cpu *)ctx)->cpu;
}

bool kp_cpus_has(const char *cpus, uint32_t cpu)
{
	struct find_cpu f = { .cpu = cpu };

	return cpus && kp_str_list(cpus, CPUS_MAX, is_it, &f) == 1;
}

struct fit {
	const char *within, *online;
	size_t in, out;
};

static int place(void *ctx, uint64_t n)
{
	struct fit *f = ctx;

	if (f->online && !kp_cpus_has(f->online, (uint32_t)n))
		return 0;
	if (kp_cpus_has(f->within, (uint32_t)n))
		f->in++;
	else
		f->out++;
	return 0;
}

enum kp_fit kp_cpus_fit(const char *cpus, const char *within, const char *online)
{
	struct fit f = { .within = within, .online = online };

	if (!cpus || !*cpus || !within || !*within || kp_str_list(cpus, CPUS_MAX, place, &f))
		return KP_FIT_UNKNOWN;
	if (!f.in && !f.out)
		return KP_FIT_UNKNOWN;
	return !f.out ? KP_FIT_INSIDE : f.in ? KP_FIT_SPANS : KP_FIT_OUTSIDE;
}
