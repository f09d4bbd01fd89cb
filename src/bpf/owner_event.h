/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owner_event.h - of owner.bpf.c: the records in the making, who holds a file, and what a perf
 * event is. Only reads kernel memory.
 */
#ifndef KP_BPF_OWNER_EVENT_H
#define KP_BPF_OWNER_EVENT_H

#define FLAGS_OFFSET 40 /* of the word of bits in struct perf_event_attr, uapi */

/*
 * What is being looked at, and through which file: for all functions to fill, and too large for the
 * stack of nested calls. Every process that looks has programs, and records, of its own.
 */
struct kp_rec_head head = { 0 };
struct kp_rec_event found = { 0 };
struct kp_rec_vm vm = { 0 };
struct kp_rec_vcpu vcpu = { 0 };
struct kp_rec_counter counter = { 0 };

/* The number of @pid in the namespace of who reads, 0: it has none there. */
__weak int pid_here(__u64 addr)
{
	struct pid *pid = (void *)addr;
	struct task_struct *me = (struct task_struct *)bpf_get_current_task();
	struct pid *mine = BPF_CORE_READ(me, thread_pid);
	unsigned int level = BPF_CORE_READ(mine, level);
	void *numbers, *here;
	struct upid *up;

	if (!pid || BPF_CORE_READ(pid, level) < level)
		return 0;
	numbers = __builtin_preserve_access_index(&mine->numbers);
	up = numbers + level * bpf_core_type_size(struct upid);
	here = BPF_CORE_READ(up, ns);
	numbers = __builtin_preserve_access_index(&pid->numbers);
	up = numbers + level * bpf_core_type_size(struct upid);
	return here == BPF_CORE_READ(up, ns) ? BPF_CORE_READ(up, nr) : 0;
}

static __always_inline void head_of(struct task_struct *task, int fd)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	head.fd = fd;
	head.tid = pid_here((__u64)BPF_CORE_READ(task, thread_pid));
	head.pid = pid_here((__u64)BPF_CORE_READ(leader, thread_pid));
	bpf_probe_read_kernel(head.comm, sizeof(head.comm),
			      __builtin_preserve_access_index(&leader->comm));
}

/* ---- perf events ---- */

static __always_inline void event_attr(struct kp_rec_event *rec, struct perf_event *event)
{
	void *attr = __builtin_preserve_access_index(&event->attr);

	bpf_probe_read_kernel(&rec->type, sizeof(rec->type),
			      attr + offsetof(struct perf_event_attr, type));
	bpf_probe_read_kernel(&rec->config, sizeof(rec->config),
			      attr + offsetof(struct perf_event_attr, config));
	bpf_probe_read_kernel(&rec->config1, sizeof(rec->config1),
			      attr + offsetof(struct perf_event_attr, config1));
	bpf_probe_read_kernel(&rec->config2, sizeof(rec->config2),
			      attr + offsetof(struct perf_event_attr, config2));
	bpf_probe_read_kernel(&rec->period, sizeof(rec->period),
			      attr + offsetof(struct perf_event_attr, sample_period));
	bpf_probe_read_kernel(&rec->attr_flags, sizeof(rec->attr_flags), attr + FLAGS_OFFSET);
}

static __always_inline void head_fill(struct kp_rec_head *to, unsigned int kind, unsigned int size)
{
	*to = head;
	to->kind = kind;
	to->size = size;
}

/*
 * A tracepoint's name stands behind a pointer to struct tracepoint, which begins with it; that of a
 * dynamic event or a system call in the pointer's place. Letters are no address that can be read.
 */
static __noinline int tracepoint_any(struct perf_event *event)
{
	struct trace_event_call *call = BPF_CORE_READ(event, tp_event);
	const char *name = BPF_CORE_READ(call, name);
	const char *of_tp = NULL;

	if (!call)
		return 0;
	bpf_probe_read_kernel_str(found.system, sizeof(found.system),
				  BPF_CORE_READ(call, class, system));
	bpf_probe_read_kernel(&of_tp, sizeof(of_tp), name);
	if (bpf_probe_read_kernel_str(found.tp, sizeof(found.tp), of_tp) <= 0)
		bpf_probe_read_kernel_str(found.tp, sizeof(found.tp), name);
	return 0;
}

__weak int tracepoint_fill(__u64 addr)
{
	struct perf_event *event = (void *)addr;

	return bpf_core_field_exists(event->tp_event) ? tracepoint_any(event) : 0;
}

__weak int event_fill(__u64 addr, unsigned int by)
{
	struct perf_event *event = (void *)addr;
	struct kp_rec_event *rec = &found;
	struct task_struct *target = BPF_CORE_READ(event, hw.target);
	struct pmu *pmu = BPF_CORE_READ(event, pmu);

	__builtin_memset(rec, 0, sizeof(*rec));
	head_fill(&rec->head, KP_REC_EVENT, sizeof(*rec));
	rec->by = by;
	rec->id = BPF_CORE_READ(event, id);
	rec->state = BPF_CORE_READ(event, state);
	rec->index = BPF_CORE_READ(event, hw.idx);
	rec->cpu = BPF_CORE_READ(event, cpu);
	rec->enabled_ns = BPF_CORE_READ(event, total_time_enabled);
	rec->running_ns = BPF_CORE_READ(event, total_time_running);
	event_attr(rec, event);
	if (target) {
		rec->task = pid_here((__u64)BPF_CORE_READ(target, thread_pid));
		if (!rec->task) /* it has exited */
			rec->task = BPF_CORE_READ(target, pid);
	}
	if (bpf_core_field_exists(event->cgrp))
		rec->cgroup = BPF_CORE_READ(event, cgrp) != NULL;
	rec->pmu_type = BPF_CORE_READ(pmu, type);
	rec->caps = BPF_CORE_READ(pmu, capabilities);
	rec->knows_mediated = bpf_core_field_exists(((struct perf_event_context *)0)->timeguest);
	bpf_probe_read_kernel_str(rec->pmu, sizeof(rec->pmu), BPF_CORE_READ(pmu, name));
	if (rec->type == PERF_TYPE_TRACEPOINT)
		tracepoint_fill(addr);
	return 0;
}

#endif
