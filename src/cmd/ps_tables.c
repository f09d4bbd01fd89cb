// SPDX-License-Identifier: GPL-2.0-only
/*
 * ps_tables.c - the tables of kvmpmu ps: VMs, vCPUs, what guests programmed, and every user of
 * the PMU.
 */
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/vec.h"
#include "ps.h"

static struct kp_val tri(enum kp_tri t)
{
	return t == KP_TRI_UNKNOWN ? kp_val_none() : kp_val_bool(t == KP_TRI_YES);
}

static struct kp_val known(bool is, uint64_t v)
{
	return is ? kp_val_u64(v) : kp_val_none();
}

static const char *str(const char *s)
{
	return *s ? s : NULL;
}

/* ---- VMs ---- */

static const char *mode_name(enum kp_vpmu_mode mode)
{
	static const char *const names[] = { [KP_VPMU_NONE] = "none",
					     [KP_VPMU_EMULATED] = "emulated",
					     [KP_VPMU_MEDIATED] = "mediated" };

	return names[mode];
}

/* vCPUs of one VM may differ; unknown ones make all unknown. */
static const char *vm_mode(const struct kp_ps *ps, size_t vm)
{
	const char *mode = NULL;
	bool first = true;
	size_t i;

	for (i = 0; i < ps->owners->nr_vcpus; i++) {
		const struct kp_owner_vcpu *v = &ps->owners->vcpus[i];
		const char *m = mode_name(v->mode);

		if (v->vm != vm)
			continue;
		if (!m)
			return NULL;
		if (!first && m != mode)
			return "mixed";
		mode = m;
		first = false;
	}
	return mode;
}

static bool wanted_vm(const struct kp_ps *ps, size_t vm)
{
	return !ps->has_vm || ps->vm == vm;
}

static void vms(const struct kp_ps *ps)
{
	static const enum kp_col cols[] = {
		KP_COL_VM,	  KP_COL_VM_NAME,
		KP_COL_VMM,	  KP_COL_VCPUS,
		KP_COL_VPMU_MODE, KP_COL_MEMORY,
		KP_COL_EXITS,	  KP_COL_EVENT_FILTER,
		KP_COL_CGROUP,	  KP_COL_DATA(KP_COL_RESIDENT),
	};
	const struct kp_owners *o = ps->owners;
	size_t i;

	kp_out_table(ps->out, "vms", "VMs", cols, KP_ARRAY_SIZE(cols));
	for (i = 0; i < o->nr_vms; i++) {
		const struct kp_owner_vm *vm = &o->vms[i];

		if (!wanted_vm(ps, i))
			continue;
		kp_out_row(ps->out,
			   (struct kp_val[]){ kp_val_u64(vm->pid), kp_val_str(vm->name),
					      kp_val_str(vm->vmm), kp_val_u64(vm->nr_vcpus),
					      kp_val_str(vm_mode(ps, i)),
					      known(vm->has_memory, vm->memory_bytes),
					      known(vm->has_exits, vm->exits), tri(vm->filter),
					      kp_val_str(vm->cgroup),
					      vm->has_memory ? kp_val_bool(vm->memory_resident)
							     : kp_val_none() });
	}
	kp_out_table_end(ps->out);
}

/* ---- vCPUs ---- */

static uint64_t in_use(const struct kp_owner_vcpu *v)
{
	uint64_t nr = 0;
	size_t i;

	for (i = 0; i < v->nr; i++)
		nr += v->counters[i].enabled;
	return nr;
}

static void vcpu_row(const struct kp_ps *ps, const struct kp_owner_vcpu *v)
{
	bool has_pmu = v->valid & KP_VCPU_HAS_COUNTERS && v->mode > KP_VPMU_NONE;
	char counters[16];

	snprintf(counters, sizeof(counters), "%u+%u", v->nr_general, v->nr_fixed);
	kp_out_row(ps->out,
		   (struct kp_val[]){
			   kp_val_u64(v->pid), known(v->valid & KP_VCPU_HAS_ID, v->vcpu),
			   known(v->tid, v->tid), known(v->valid & KP_VCPU_HAS_CPU, v->cpu),
			   kp_val_str(str(v->affinity)), kp_val_str(mode_name(v->mode)),
			   kp_val_str(str(v->pmu)), kp_val_str(has_pmu ? counters : NULL),
			   known(v->valid & KP_VCPU_HAS_PROGRAM && has_pmu, in_use(v)),
			   v->valid & KP_VCPU_HAS_LOADED ? kp_val_bool(v->loaded) : kp_val_none(),
			   known(v->valid & KP_VCPU_HAS_EXITS, v->exits),
			   known(has_pmu, v->nr_general), known(has_pmu, v->nr_fixed) });
}

static void vcpus(const struct kp_ps *ps)
{
	static const enum kp_col cols[] = {
		KP_COL_VM,
		KP_COL_VCPU,
		KP_COL_TID,
		KP_COL_CPU,
		KP_COL_AFFINITY,
		KP_COL_VPMU_MODE,
		KP_COL_BACKING_PMU,
		KP_COL_GUEST_COUNTERS,
		KP_COL_IN_USE,
		KP_COL_LOADED,
		KP_COL_EXITS,
		KP_COL_DATA(KP_COL_GENERAL),
		KP_COL_DATA(KP_COL_FIXED),
	};
	size_t i;

	kp_out_table(ps->out, "vcpus", "vCPUs", cols, KP_ARRAY_SIZE(cols));
	for (i = 0; i < ps->owners->nr_vcpus; i++)
		if (wanted_vm(ps, ps->owners->vcpus[i].vm))
			vcpu_row(ps, &ps->owners->vcpus[i]);
	kp_out_table_end(ps->out);
}

/* ---- what guests programmed ---- */

/* A fixed counter's selector is empty when it is off, yet what it would count is known. */
static void counter_row(const struct kp_ps *ps, const struct kp_owner_vcpu *v,
			const struct kp_owner_counter *c)
{
	struct kp_snap_counter snap = {
		.fixed = c->fixed, .index = c->index, .has_selector = true, .selector = c->selector
	};
	bool mediated = v->mode == KP_VPMU_MEDIATED, x86 = v->version;
	uint64_t enable = c->fixed ? 3 : KP_BIT64(22);
	struct kp_counter_names names = ps->guest;
	unsigned int nr;
	struct kp_evname ev;
	char name[16], in[8];

	/* on arm64 the core whose PMU backs the vCPU says what the numbers mean */
	names.cpu = kp_ps_cpu(ps, v->pmu, &nr);
	kp_counter_name(&names, &snap, name, sizeof(name));
	kp_out_row(ps->out,
		   (struct kp_val[]){
			   kp_val_u64(v->pid), known(v->valid & KP_VCPU_HAS_ID, v->vcpu),
			   kp_val_str(name), kp_val_str(kp_counter_event(&names, &snap, &ev)),
			   kp_val_hex(c->selector),
			   kp_val_str(kp_counter_filters(&names, &snap, in, sizeof(in))),
			   kp_val_bool(c->enabled),
			   mediated && x86
				   ? kp_val_bool(c->selector & enable && !(c->selector_hw & enable))
				   : kp_val_none(),
			   mediated ? kp_val_hex(c->selector_hw) : kp_val_none(),
			   kp_val_hex(c->value) });
}

static void counters(const struct kp_ps *ps)
{
	static const enum kp_col cols[] = {
		KP_COL_VM,
		KP_COL_VCPU,
		KP_COL_COUNTER_NAME,
		KP_COL_EVENT,
		KP_COL_SELECTOR,
		KP_COL_FILTERS,
		KP_COL_COUNTING,
		KP_COL_DENIED,
		KP_COL_DATA(KP_COL_SELECTOR_HW),
		KP_COL_DATA(KP_COL_LAST_VALUE),
	};
	const struct kp_owners *o = ps->owners;
	size_t i, j;

	kp_out_table(ps->out, "counters", "Counters that guests programmed", cols,
		     KP_ARRAY_SIZE(cols));
	for (i = 0; i < o->nr_vcpus; i++)
		for (j = 0; j < o->vcpus[i].nr && wanted_vm(ps, o->vcpus[i].vm); j++)
			counter_row(ps, &o->vcpus[i], &o->vcpus[i].counters[j]);
	kp_out_table_end(ps->out);
}

void kp_ps_guests(const struct kp_ps *ps)
{
	if (ps->vms)
		vms(ps);
	if (ps->vcpus) {
		vcpus(ps);
		counters(ps);
	}
}

/* ---- users of the PMU ---- */

/**
 * struct merged - consecutive rows of events that differ in their CPUs or tasks alone
 * @cpus: list of them; @last, @run: end and begin of its last range; @nr: events
 */
struct merged {
	const struct kp_owner_event *first;
	struct kp_buf cpus;
	int last, run;
	size_t nr;
	bool tasks_differ, states_differ;
};

static bool is_vcpu_of(const struct kp_ps *ps, uint32_t tid)
{
	size_t i;

	for (i = 0; i < ps->owners->nr_vcpus; i++)
		if (ps->owners->vcpus[i].vm == ps->vm && ps->owners->vcpus[i].tid == tid)
			return true;
	return false;
}

/* Of a VM: its process's events, KVM's for it, and others' that count its vCPUs. */
static bool is_of_vm(const struct kp_ps *ps, const struct kp_owner_event *ev)
{
	uint32_t pid = ps->owners->vms[ps->vm].pid;

	return ev->pid == pid || (ev->valid & KP_OWNER_HAS_TASK && ev->task_tid &&
				  (ev->task_tid == pid || is_vcpu_of(ps, ev->task_tid)));
}

/* Software, tracepoints and breakpoints hold no counter. */
static bool is_hardware(const struct kp_ps *ps, const struct kp_owner_event *ev)
{
	const struct kp_host_pmu *pmu = kp_host_find_pmu(ps->host, ev->pmu);
	uint32_t type = pmu ? pmu->type : ev->type;

	if (ev->core != KP_TRI_NO)
		return true;
	/* PMUs of the kernel itself have low numbers, or no CPUs and no formats of their own */
	return type > PERF_TYPE_BREAKPOINT && pmu && pmu->cpus;
}

static bool wanted_event(struct kp_ps *ps, const struct kp_owner_event *ev)
{
	if (ps->has_vm && !is_of_vm(ps, ev))
		return false;
	if (ps->pid && ev->pid != ps->pid)
		return false;
	if (ps->blocking && ev->blocks == KP_TRI_NO)
		return false;
	if (ps->pmu)
		return !strcmp(ps->pmu, ev->pmu);
	if (!ps->all && !is_hardware(ps, ev)) {
		ps->hidden++;
		return false;
	}
	return true;
}

static const char *kind_name(enum kp_owner_kind kind)
{
	static const char *const names[] = { [KP_OWNER_USER] = "process",
					     [KP_OWNER_KVM] = "kvm",
					     [KP_OWNER_WATCHDOG] = "watchdog" };

	return names[kind];
}

static const char *owner_name(const struct kp_owner_event *ev, char *buf, size_t size)
{
	if (ev->kind == KP_OWNER_WATCHDOG)
		return "NMI watchdog";
	if (ev->kind != KP_OWNER_KVM)
		return str(ev->comm);
	snprintf(buf, size, "KVM for %s", ev->comm);
	return buf;
}

/* include/linux/perf_event.h, enum perf_event_state */
static const char *state_name(const struct kp_owner_event *ev)
{
	if (!(ev->valid & KP_OWNER_HAS_STATE))
		return NULL;
	if (ev->state > 0)
		return "active";
	if (!ev->state)
		return "inactive";
	return ev->state == -1 ? "off" : ev->state == -2 ? "error" : "exited";
}

static const char *mediated_name(const struct kp_owner_event *ev)
{
	if (ev->blocks == KP_TRI_YES)
		return "blocks";
	if (ev->stops == KP_TRI_YES)
		return "stops";
	return ev->blocks == KP_TRI_NO && ev->stops == KP_TRI_NO ? "no" : NULL;
}

static const char *modes(const struct kp_owner_event *ev, char *buf, size_t size)
{
	if (!(ev->valid & KP_OWNER_HAS_ATTR))
		return NULL;
	snprintf(buf, size, "%s%s%s%s", ev->flags & KP_OWNER_EXCLUDE_USER ? "" : "u",
		 ev->flags & KP_OWNER_EXCLUDE_KERNEL ? "" : "k",
		 ev->flags & KP_OWNER_EXCLUDE_GUEST ? "" : "G",
		 ev->flags & KP_OWNER_EXCLUDE_HOST ? "" : "H");
	return buf;
}

static const char *options(const struct kp_owner_event *ev, char *buf, size_t size)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = {
		{ KP_OWNER_PINNED, "pinned" },
		{ KP_OWNER_EXCLUSIVE, "exclusive" },
		{ KP_OWNER_INHERIT, "inherit" },
		{ KP_OWNER_CGROUP, "cgroup" },
	};
	size_t i, len = 0;

	if (!(ev->valid & KP_OWNER_HAS_ATTR))
		return NULL;
	buf[0] = '\0';
	for (i = 0; i < KP_ARRAY_SIZE(names); i++)
		if (ev->flags & names[i].flag && len < size)
			len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? "," : "",
						names[i].name);
	return buf;
}

static const char *counts_on(const struct merged *m, char *buf, size_t size)
{
	const struct kp_owner_event *ev = m->first;

	if (!(ev->valid & KP_OWNER_HAS_TASK))
		return NULL;
	if (m->tasks_differ)
		snprintf(buf, size, "many tasks");
	else if (ev->task_tid && ev->cpu >= 0)
		snprintf(buf, size, "task %u, CPU %s", ev->task_tid, m->cpus.data);
	else if (ev->task_tid)
		snprintf(buf, size, "task %u", ev->task_tid);
	else if (ev->cpu >= 0)
		snprintf(buf, size, "CPU %s", m->cpus.data);
	else
		snprintf(buf, size, "every CPU");
	return buf;
}

static struct kp_val flag(const struct kp_owner_event *ev, uint32_t f)
{
	return ev->valid & KP_OWNER_HAS_ATTR ? kp_val_bool(ev->flags & f) : kp_val_none();
}

static void event_row(const struct kp_ps *ps, const struct merged *m)
{
	const struct kp_owner_event *ev = m->first;
	bool attr = ev->valid & KP_OWNER_HAS_ATTR, freq = ev->flags & KP_OWNER_FREQ;
	bool config = ev->valid & KP_OWNER_HAS_CONFIG, time = ev->valid & KP_OWNER_HAS_TIME;
	char name[160], who[32], in[8], opts[48], where[320];

	kp_out_row(ps->out,
		   (struct kp_val[]){
			   known(ev->pid, ev->pid),
			   kp_val_str(owner_name(ev, who, sizeof(who))),
			   kp_val_str(str(ev->pmu)),
			   kp_val_str(kp_ps_event_name(ps, ev, name, sizeof(name))),
			   kp_val_str(modes(ev, in, sizeof(in))),
			   kp_val_str(counts_on(m, where, sizeof(where))),
			   kp_val_str(options(ev, opts, sizeof(opts))),
			   kp_val_str(m->states_differ ? "mixed" : state_name(ev)),
			   kp_val_str(mediated_name(ev)),
			   kp_val_u64(m->nr),
			   kp_val_str(kind_name(ev->kind)),
			   known(ev->fd >= 0, (uint64_t)ev->fd),
			   known(ev->id, ev->id),
			   known(config, ev->type),
			   config ? kp_val_hex(ev->config) : kp_val_none(),
			   config ? kp_val_hex(ev->config1) : kp_val_none(),
			   config ? kp_val_hex(ev->config2) : kp_val_none(),
			   known(attr && !freq, ev->period),
			   known(attr && freq, ev->period),
			   known(ev->valid & KP_OWNER_HAS_CPU && ev->cpu >= 0, (uint64_t)ev->cpu),
			   known(ev->valid & KP_OWNER_HAS_TASK && ev->task_tid, ev->task_tid),
			   flag(ev, KP_OWNER_EXCLUDE_HOST),
			   flag(ev, KP_OWNER_EXCLUDE_GUEST),
			   flag(ev, KP_OWNER_PINNED),
			   known(time, ev->enabled_ns),
			   known(time, ev->running_ns) });
}

/* ---- one row for an event on many CPUs ---- */

static bool same_event(const struct kp_owner_event *a, const struct kp_owner_event *b)
{
	return a->kind == b->kind && a->pid == b->pid && a->valid == b->valid &&
	       !strcmp(a->pmu, b->pmu) && a->type == b->type && a->config == b->config &&
	       a->config1 == b->config1 && a->config2 == b->config2 && a->period == b->period &&
	       a->flags == b->flags && !a->task_tid == !b->task_tid;
}

static int by_event(const void *a, const void *b)
{
	const struct kp_owner_event *x = *(const struct kp_owner_event *const *)a;
	const struct kp_owner_event *y = *(const struct kp_owner_event *const *)b;
	int pmu = strcmp(x->pmu, y->pmu);

#define ORDER(field)              \
	if (x->field != y->field) \
	return x->field < y->field ? -1 : 1
	ORDER(pid);
	ORDER(kind);
	if (pmu)
		return pmu;
	ORDER(type);
	ORDER(config);
	ORDER(config1);
	ORDER(config2);
	ORDER(period);
	ORDER(flags);
	ORDER(cpu);
	ORDER(task_tid);
	ORDER(id);
#undef ORDER
	return 0;
}

static int end_run(struct merged *m)
{
	return m->last > m->run ? kp_buf_printf(&m->cpus, "-%d", m->last) : 0;
}

static int add_cpu(struct merged *m, int cpu)
{
	int err;

	if (cpu < 0 || cpu == m->last)
		return 0;
	if (cpu == m->last + 1) {
		m->last = cpu;
		return 0;
	}
	err = end_run(m);
	if (!err)
		err = kp_buf_printf(&m->cpus, "%s%d", m->cpus.len ? "," : "", cpu);
	m->last = m->run = cpu;
	return err;
}

static int show_rows(const struct kp_ps *ps, const struct kp_owner_event **at, size_t nr)
{
	size_t i, j;
	int err = 0;

	for (i = 0; i < nr && !err; i = j) {
		struct merged m = { .first = at[i], .last = -2, .run = -2 };

		for (j = i; j < nr && !err; j++) {
			if (j > i && (!ps->merge || !same_event(at[i], at[j])))
				break;
			m.states_differ |= at[j]->state != at[i]->state;
			m.tasks_differ |= at[j]->task_tid != at[i]->task_tid;
			m.nr++;
			err = add_cpu(&m, at[j]->cpu);
		}
		if (!err)
			err = end_run(&m);
		if (!err)
			event_row(ps, &m);
		kp_buf_free(&m.cpus);
	}
	return err;
}

int kp_ps_events(struct kp_ps *ps)
{
	static const enum kp_col cols[] = {
		KP_COL_PID,
		KP_COL_OWNER_NAME,
		KP_COL_PMU_NAME,
		KP_COL_EVENT,
		KP_COL_FILTERS,
		KP_COL_COUNTS_ON,
		KP_COL_OPTIONS,
		KP_COL_EVENT_STATE,
		KP_COL_WITH_MEDIATED,
		KP_COL_EVENTS,
		KP_COL_DATA(KP_COL_OWNER_KIND),
		KP_COL_DATA(KP_COL_FD),
		KP_COL_DATA(KP_COL_EVENT_ID),
		KP_COL_DATA(KP_COL_ATTR_TYPE),
		KP_COL_DATA(KP_COL_ATTR_CONFIG),
		KP_COL_DATA(KP_COL_ATTR_CONFIG1),
		KP_COL_DATA(KP_COL_ATTR_CONFIG2),
		KP_COL_DATA(KP_COL_SAMPLE_PERIOD),
		KP_COL_DATA(KP_COL_SAMPLE_FREQ),
		KP_COL_DATA(KP_COL_CPU),
		KP_COL_DATA(KP_COL_TASK),
		KP_COL_DATA(KP_COL_EXCLUDE_HOST),
		KP_COL_DATA(KP_COL_EXCLUDE_GUEST),
		KP_COL_DATA(KP_COL_PINNED),
		KP_COL_DATA(KP_COL_ENABLED_NS),
		KP_COL_DATA(KP_COL_RUNNING_NS),
	};
	KP_VEC(const struct kp_owner_event *) at = { 0 };
	size_t i;
	int err = 0;

	for (i = 0; i < ps->owners->nr_events && !err; i++)
		if (wanted_event(ps, &ps->owners->events[i]))
			err = kp_vec_push(&at, &ps->owners->events[i]);
	if (at.nr && ps->merge)
		qsort(at.at, at.nr, sizeof(*at.at), by_event);
	kp_out_table(ps->out, "events", "Users of the PMU", cols, KP_ARRAY_SIZE(cols));
	if (!err)
		err = show_rows(ps, at.at, at.nr);
	kp_out_table_end(ps->out);
	kp_vec_free(&at);
	return err;
}
