// SPDX-License-Identifier: GPL-2.0-only
/*
 * owner_parse.c - reads the records that owner.bpf.c wrote. Each object of the kernel becomes one
 * entry, however many files and processes lead to it; perf events stay one entry for each file.
 */
#include "collect/owner_parse.h"

#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/owner_rec.h"
#include "lib/str.h"

#define CAP_MEDIATED_VPMU 0x0800 /* PERF_PMU_CAP_MEDIATED_VPMU, include/linux/perf_event.h */
#define SELECTOR_ENABLE	  KP_BIT(22)
#define FIXED_GLOBAL_BIT  32 /* x86: of the first fixed counter in GLOBAL_CTRL */
#define CYCLES_BIT	  31 /* arm64: of the cycle counter in PMCNTENSET */

_Static_assert(sizeof(struct kp_rec_event) == 248, "no holes that BPF would have to clear");

static enum kp_tri tri(bool yes)
{
	return yes ? KP_TRI_YES : KP_TRI_NO;
}

/* The kernel's own bit fields say which bit is which on this machine. */
static uint32_t flags_of(const struct kp_rec_event *rec)
{
	struct perf_event_attr a = { 0 };

	memcpy((char *)&a + offsetof(struct perf_event_attr, read_format) + sizeof(a.read_format),
	       &rec->attr_flags, sizeof(rec->attr_flags));
	return (a.exclude_user ? KP_OWNER_EXCLUDE_USER : 0) |
	       (a.exclude_kernel ? KP_OWNER_EXCLUDE_KERNEL : 0) |
	       (a.exclude_hv ? KP_OWNER_EXCLUDE_HV : 0) |
	       (a.exclude_idle ? KP_OWNER_EXCLUDE_IDLE : 0) |
	       (a.exclude_host ? KP_OWNER_EXCLUDE_HOST : 0) |
	       (a.exclude_guest ? KP_OWNER_EXCLUDE_GUEST : 0) | (a.pinned ? KP_OWNER_PINNED : 0) |
	       (a.exclusive ? KP_OWNER_EXCLUSIVE : 0) | (a.inherit ? KP_OWNER_INHERIT : 0) |
	       (a.freq ? KP_OWNER_FREQ : 0) | (rec->cgroup ? KP_OWNER_CGROUP : 0);
}

static enum kp_owner_kind kind_of(unsigned int by)
{
	static const enum kp_owner_kind kinds[] = {
		[KP_REC_BY_USER] = KP_OWNER_USER,
		[KP_REC_BY_KVM] = KP_OWNER_KVM,
		[KP_REC_BY_WATCHDOG] = KP_OWNER_WATCHDOG,
	};

	return by < KP_ARRAY_SIZE(kinds) ? kinds[by] : KP_OWNER_UNKNOWN;
}

/* PERF_EVENT_STATE_ACTIVE, include/linux/perf_event.h */
#define STATE_ACTIVE 1

static int add_event(struct kp_owner_parse *p, const struct kp_rec_event *rec)
{
	struct kp_owner_event ev = {
		.id = rec->id,
		.kind = kind_of(rec->by),
		.pid = rec->head.pid,
		.fd = rec->by == KP_REC_BY_USER ? rec->head.fd : -1,
		.valid = KP_OWNER_HAS_ATTR | KP_OWNER_HAS_CONFIG | KP_OWNER_HAS_PMU_TYPE |
			 KP_OWNER_HAS_CPU | KP_OWNER_HAS_TASK | KP_OWNER_HAS_STATE |
			 KP_OWNER_HAS_TIME,
		.pmu_type = rec->pmu_type,
		.type = rec->type,
		.config = rec->config,
		.config1 = rec->config1,
		.config2 = rec->config2,
		.period = rec->period,
		.flags = flags_of(rec),
		.cpu = rec->cpu,
		.task_tid = rec->task,
		.state = rec->state,
		.index = rec->index,
		.enabled_ns = rec->enabled_ns,
		.running_ns = rec->running_ns,
	};

	if (rec->state == STATE_ACTIVE && rec->index >= 0)
		ev.valid |= KP_OWNER_HAS_INDEX;
	if (rec->by == KP_REC_BY_KVM && !p->nr_open)
		return 0;
	kp_str_copy(ev.comm, sizeof(ev.comm), rec->head.comm);
	kp_str_copy(ev.pmu, sizeof(ev.pmu), rec->pmu);
	if (*rec->tp)
		snprintf(ev.tracepoint, sizeof(ev.tracepoint), "%.*s:%.*s",
			 (int)sizeof(rec->system) - 1, rec->system,
			 (int)sizeof(rec->tp) - 1, rec->tp);
	ev.blocks = tri(rec->knows_mediated && rec->caps & CAP_MEDIATED_VPMU &&
			!(ev.flags & KP_OWNER_EXCLUDE_GUEST));
	/* whether there is a mediated VM is known at the end */
	ev.stops = tri(rec->knows_mediated && rec->caps & CAP_MEDIATED_VPMU &&
		       ev.flags & KP_OWNER_EXCLUDE_GUEST);
	return kp_vec_push(&p->events, ev);
}

static int find_vm(struct kp_owner_parse *p, uint64_t kvm, uint32_t pid, size_t *vm)
{
	const uint64_t *at = kp_hash_get(&p->vm_of, kvm);
	int err;

	if (at) {
		*vm = *at;
		return 0;
	}
	*vm = p->vms.nr;
	err = kp_vec_push(&p->vms, (struct kp_owner_vm){ .pid = pid });
	return err ? err : kp_hash_put(&p->vm_of, kvm, *vm);
}

static int add_vm(struct kp_owner_parse *p, const struct kp_rec_vm *rec)
{
	struct kp_owner_vm *vm;
	size_t i;
	int err = find_vm(p, rec->kvm, rec->head.pid, &i);

	if (err)
		return err;
	vm = &p->vms.at[i];
	vm->nr_vcpus = rec->nr_vcpus;
	if (rec->known & KP_REC_MEDIATED)
		vm->mediated = tri(rec->mediated);
	else
		vm->mediated = KP_TRI_NO; /* this kernel has none */
	if (rec->known & KP_REC_FILTER)
		vm->filter = tri(rec->filter);
	if (rec->known & KP_REC_PAGES) {
		vm->has_memory = true;
		vm->memory_bytes = rec->pages * (uint64_t)sysconf(_SC_PAGESIZE);
	}
	return 0;
}

static enum kp_vpmu_mode mode_of(const struct kp_rec_vcpu *rec)
{
	if (!(rec->known & (KP_REC_X86 | KP_REC_ARM64)))
		return KP_VPMU_UNKNOWN;
	if (!rec->offered)
		return KP_VPMU_NONE;
	return rec->mediated ? KP_VPMU_MEDIATED : KP_VPMU_EMULATED;
}

static void fill_vcpu(struct kp_owner_vcpu *v, const struct kp_rec_vcpu *rec)
{
	v->vcpu = rec->id;
	v->valid = KP_VCPU_HAS_ID;
	v->mode = mode_of(rec);
	v->tid = rec->ran_tid;
	v->exits = rec->exits;
	v->loaded = rec->loaded;
	v->version = (uint8_t)rec->version;
	v->nr_general = (uint8_t)rec->nr_general;
	v->nr_fixed = (uint8_t)rec->nr_fixed;
	v->global_ctrl = rec->global;
	if (rec->known & KP_REC_RAN)
		v->valid |= KP_VCPU_HAS_RUN_TASK;
	if (rec->known & KP_REC_EXITS)
		v->valid |= KP_VCPU_HAS_EXITS;
	if (rec->known & KP_REC_GENERAL)
		v->valid |= KP_VCPU_HAS_COUNTERS | KP_VCPU_HAS_PROGRAM;
	if (v->mode == KP_VPMU_MEDIATED)
		v->valid |= KP_VCPU_HAS_LOADED;
	if (rec->known & KP_REC_IRQCHIP)
		v->irqchip_in_kernel = tri(rec->irqchip);
	kp_str_copy(v->pmu, sizeof(v->pmu), rec->pmu);
	if (rec->known & KP_REC_BOUND)
		v->bound = tri(rec->bound);
}

static int add_vcpu(struct kp_owner_parse *p, const struct kp_rec_vcpu *rec)
{
	struct kp_owner_vcpu v = { 0 };
	int err;

	p->nr_open = 0;
	if (kp_hash_get(&p->vcpu_of, rec->vcpu))
		return 0;
	err = find_vm(p, rec->kvm, rec->head.pid, &v.vm);
	if (err)
		return err;
	v.pid = p->vms.at[v.vm].pid;
	fill_vcpu(&v, rec);
	err = kp_hash_put(&p->vcpu_of, rec->vcpu, p->vcpus.nr);
	if (!err)
		err = kp_vec_push(&p->vcpus, v);
	if (!err)
		p->nr_open = p->vcpus.nr;
	return err;
}

/* arch/x86/kvm/pmu.h, kvm_pmu_has_perf_global_ctrl(): version 1 has no global control */
static bool is_enabled(const struct kp_owner_vcpu *v, const struct kp_rec_counter *rec)
{
	bool arm64 = !v->version;
	unsigned int bit = rec->index;

	if (rec->fixed)
		bit = arm64 ? CYCLES_BIT : FIXED_GLOBAL_BIT + rec->index;
	if (arm64 || v->version > 1) {
		if (!(v->global_ctrl >> (bit & 63) & 1))
			return false;
		if (arm64)
			return true;
	}
	return rec->fixed ? rec->selector & 3 : rec->selector & SELECTOR_ENABLE;
}

/*
 * What arm64's registers hold until the guest writes them, cut to the bits that they have:
 * reset_unknown() in arch/arm64/kvm/sys_regs.h. Event 0xc0de is none.
 */
#define ARM64_RESET 0x1de7ec7edbadc0deull
#define ARM64_EVENT 0xffffu

static bool is_untouched(const struct kp_owner_vcpu *v, const struct kp_rec_counter *rec)
{
	if (v->version || is_enabled(v, rec))
		return false;
	if (rec->fixed)
		return rec->value == ARM64_RESET && !rec->selector;
	return (rec->selector & ARM64_EVENT) == (ARM64_RESET & ARM64_EVENT) &&
	       !(rec->selector & ~ARM64_RESET);
}

static void add_counter(struct kp_owner_parse *p, const struct kp_rec_counter *rec)
{
	struct kp_owner_vcpu *v;

	if (!p->nr_open)
		return;
	v = &p->vcpus.at[p->nr_open - 1];
	if (v->nr >= KP_VPMU_COUNTERS_MAX || is_untouched(v, rec))
		return;
	v->counters[v->nr++] = (struct kp_owner_counter){
		.fixed = rec->fixed,
		.enabled = is_enabled(v, rec),
		.index = (uint8_t)rec->index,
		.selector = rec->selector,
		.selector_hw = rec->selector_hw,
		.value = rec->value,
	};
}

/* The stream has no padding between records, so they may lie at odd places: copy. */
static int add_record(struct kp_owner_parse *p, const struct kp_rec_head *head, const void *data)
{
	union {
		struct kp_rec_event event;
		struct kp_rec_vm vm;
		struct kp_rec_vcpu vcpu;
		struct kp_rec_counter counter;
	} rec;
	static const size_t sizes[] = {
		[KP_REC_EVENT] = sizeof(rec.event),
		[KP_REC_VM] = sizeof(rec.vm),
		[KP_REC_VCPU] = sizeof(rec.vcpu),
		[KP_REC_COUNTER] = sizeof(rec.counter),
	};

	if (!head->kind || head->kind >= KP_ARRAY_SIZE(sizes) || head->size != sizes[head->kind])
		return -EBADMSG;
	memcpy(&rec, data, head->size);
	switch (head->kind) {
	case KP_REC_EVENT:
		return add_event(p, &rec.event);
	case KP_REC_VM:
		return add_vm(p, &rec.vm);
	case KP_REC_VCPU:
		return add_vcpu(p, &rec.vcpu);
	default:
		add_counter(p, &rec.counter);
		return 0;
	}
}

int kp_owner_parse_add(struct kp_owner_parse *p, const void *data, size_t size)
{
	struct kp_rec_head head;
	const char *at = data;
	int err = 0;

	while (size && !err) {
		if (size < sizeof(head))
			return -EBADMSG;
		memcpy(&head, at, sizeof(head));
		if (head.size < sizeof(head) || head.size > size)
			return -EBADMSG;
		err = add_record(p, &head, at);
		at += head.size;
		size -= head.size;
	}
	return err;
}

static int by_vcpu(const void *a, const void *b)
{
	const struct kp_owner_vcpu *x = a, *y = b;

	if (x->vm != y->vm)
		return x->vm < y->vm ? -1 : 1;
	return x->vcpu < y->vcpu ? -1 : x->vcpu > y->vcpu;
}

static int by_holder(const void *a, const void *b)
{
	const struct kp_owner_event *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	if (x->fd != y->fd)
		return x->fd < y->fd ? -1 : 1;
	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

void kp_owner_parse_take(struct kp_owner_parse *p, struct kp_owners *owners)
{
	if (p->events.nr)
		qsort(p->events.at, p->events.nr, sizeof(*p->events.at), by_holder);
	if (p->vcpus.nr)
		qsort(p->vcpus.at, p->vcpus.nr, sizeof(*p->vcpus.at), by_vcpu);
	owners->events = p->events.at;
	owners->nr_events = p->events.nr;
	owners->vms = p->vms.at;
	owners->nr_vms = p->vms.nr;
	owners->vcpus = p->vcpus.at;
	owners->nr_vcpus = p->vcpus.nr;
	kp_hash_free(&p->vm_of);
	kp_hash_free(&p->vcpu_of);
	memset(p, 0, sizeof(*p));
}

void kp_owner_parse_free(struct kp_owner_parse *p)
{
	kp_vec_free(&p->events);
	kp_vec_free(&p->vms);
	kp_vec_free(&p->vcpus);
	kp_hash_free(&p->vm_of);
	kp_hash_free(&p->vcpu_of);
}
