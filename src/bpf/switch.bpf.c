// SPDX-License-Identifier: GPL-2.0-only
/*
 * switch.bpf.c - the PMU context switch of mediated vPMUs and every exit, from probes: on the two
 * functions that load and put a guest's PMU, on the two in them that take perf's events off and
 * bring them back, and on kvm_entry and kvm_exit. Adds up per vCPU thread (swagg.h) or hands
 * batches of exits to ring buffers (swbatch.h).
 *
 * Order on one CPU (vcpu_enter_guest() in arch/x86/kvm/x86.c, Linux 7.3), interrupts off
 * throughout:
 *
 *   kvm_mediated_pmu_load { perf_load_guest_context {} ... }
 *   kvm_entry, kvm_exit, as often as the fast path goes round
 *   kvm_mediated_pmu_put { ... perf_put_guest_context {} }
 *
 * The first and the last are called for every vCPU, those within only for one with a mediated PMU.
 * On arm64 kvm_exit comes with interrupts on, but preemption off: nothing else of KVM's comes
 * between.
 *
 * Types are local and hold only what is read: CO-RE finds the fields in the running kernel's BTF,
 * or that they are not there. Each program exists as fentry or fexit and as kprobe; the loader
 * chooses.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "switch.h"

char LICENSE[] SEC("license") = "GPL";

#include "switch_maps.h"
#include "switch_sums.h"

/* ---- batches ---- */

#define barrier() asm volatile("" ::: "memory")

/* run_flush() may interrupt what changes a batch, on the same CPU. */
static __always_inline void lock(struct kp_sw_cpu *c)
{
	c->busy = 1;
	barrier();
}

static __always_inline void unlock(struct kp_sw_cpu *c)
{
	barrier();
	c->busy = 0;
}

static void emit(void *ctx, struct kp_sw_cpu *c, __u64 now)
{
	__u32 nr = c->head.nr;
	__u64 size;

	if (!nr)
		return;
	if (nr > KP_SWBATCH_SLOTS)
		nr = KP_SWBATCH_SLOTS;
	size = sizeof(c->head) + nr * sizeof(c->slots[0]);
	c->head.now_ns = now;
	c->head.lost = c->lost;
	if (bpf_perf_event_output(ctx, &rings, BPF_F_CURRENT_CPU, &c->head, size))
		c->lost += nr;
	c->head.nr = 0;
}

static __always_inline __u32 cap32(__u64 ns)
{
	return ns > 0xffffffffu ? 0xffffffffu : ns;
}

static __always_inline __u8 cap8(__u32 n)
{
	return n > 255 ? 255 : n;
}

/* Fills the slot that is next for the exit that is open, without its switch. */
static __always_inline void fill_slot(struct kp_sw_cpu *c, struct kp_swslot *s, __u64 end)
{
	__u64 run = c->exit - c->entry;
	__u8 flags = c->flags;

	if (run > 0xffffffffu) {
		run = cap32(run >> 10);
		flags |= KP_SWSLOT_LONG;
	}
	s->run_ns = run;
	s->flags = flags;
	s->end_ns = end - c->head.base_ns;
	s->code = c->code;
	s->raised = cap8(c->raised);
	s->delivered = cap8(c->delivered);
	s->entries = cap8(c->entries);
	c->raised = c->delivered = 0;
}

static __always_inline void no_window(struct kp_swslot *s)
{
	s->load_ns = s->out_ns = s->put_ns = s->in_ns = s->entry_gap_ns = s->exit_gap_ns = 0;
}

static __always_inline void fill_window(struct kp_sw_cpu *c, struct kp_swslot *s, __u64 end)
{
	__u64 load = c->load, ready = c->ready, put = c->put;

	s->flags |= KP_SWSLOT_WINDOW;
	if (end - load > 0xffffffffu) { /* rare: one of these is too long, or what is between */
		s->load_ns = cap32(ready - load);
		s->out_ns = cap32(c->loaded - load);
		s->put_ns = cap32(end - put);
		s->in_ns = cap32(end - c->in);
		s->exit_gap_ns = cap32(put - c->exit);
		s->entry_gap_ns = c->entries == 1 ? cap32(c->entry - ready) : 0;
		return;
	}
	s->load_ns = ready - load;
	s->out_ns = c->loaded - load;
	s->put_ns = end - put;
	s->in_ns = end - c->in;
	s->exit_gap_ns = put - c->exit;
	s->entry_gap_ns = c->entries == 1 ? c->entry - ready : 0;
}

/* The slot that comes next, for something that began at @begin and ended at @end. */
static __always_inline struct kp_swslot *next_slot(void *ctx, struct kp_sw_cpu *c, __u64 begin,
						   __u64 end)
{
	if (c->head.nr && end - c->head.base_ns > 0xffffffffu)
		emit(ctx, c, end);
	if (!c->head.nr)
		c->head.base_ns = begin;
	return &c->slots[c->head.nr & (KP_SWBATCH_SLOTS - 1)];
}

static __always_inline void slot_done(void *ctx, struct kp_sw_cpu *c, __u64 now)
{
	__u8 nr = c->head.nr + 1;

	c->head.nr = nr;
	if (nr >= KP_SWBATCH_SLOTS)
		emit(ctx, c, now);
}

/*
 * The exit that is open has ended at @end: with the put of its window, or without one. It is now,
 * or so shortly ago that it makes no difference to whoever compares two clocks.
 */
static __always_inline void close_exit(void *ctx, struct kp_sw_cpu *c, __u64 end, int window)
{
	struct kp_swslot *s;

	if (config.mode & KP_SW_AGGREGATE)
		aggregate(c, end, window);
	if (config.mode & KP_SW_EMIT) {
		lock(c);
		s = next_slot(ctx, c, c->entry, end);
		fill_slot(c, s, end);
		if (window)
			fill_window(c, s, end);
		else
			no_window(s);
		slot_done(ctx, c, end);
		unlock(c);
	}
	c->exit = 0;
}

/* PMIs that no exit followed: their thread has left this CPU, or the recording ends. */
static __always_inline void close_pmis(void *ctx, struct kp_sw_cpu *c)
{
	struct kp_swslot *s;
	__u64 now;

	if (!c->raised && !c->delivered)
		return;
	if (config.mode & KP_SW_AGGREGATE)
		count_pmis(c);
	if (!(config.mode & KP_SW_EMIT))
		return;
	now = bpf_ktime_get_ns();
	s = next_slot(ctx, c, now, now);
	c->entry = c->exit = now;
	c->flags = KP_SWSLOT_NO_EXIT | KP_SWSLOT_NO_CODE;
	fill_slot(c, s, now);
	no_window(s);
	c->entry = c->exit = 0;
	slot_done(ctx, c, now);
}

/* ---- where a CPU is ---- */

static __always_inline struct kp_sw_cpu *this_cpu(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&cpus, &cpu);
}

static __always_inline int is_wanted(__u64 pid_tgid)
{
	__u32 pid = pid_tgid >> 32, tid = pid_tgid;

	if (!config.scope)
		return 1;
	if (config.scope & KP_SW_PIDS)
		return bpf_map_lookup_elem(&targets, &pid) != 0;
	return bpf_map_lookup_elem(&targets, &tid) != 0;
}

/* Another thread runs here than the one that the batch is of. */
static void new_thread(void *ctx, struct kp_sw_cpu *c, __u64 vcpu)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	const struct kvm_vcpu *v = (const void *)vcpu;

	lock(c);
	close_pmis(ctx, c);
	if (config.mode & KP_SW_EMIT)
		emit(ctx, c, bpf_ktime_get_ns());
	c->head.pid = pid_tgid >> 32;
	c->head.tid = pid_tgid;
	c->head.cpu = bpf_get_smp_processor_id();
	c->head.version = KP_SWBATCH_VERSION;
	c->head.slot_bytes = sizeof(struct kp_swslot);
	c->head.how = cost.how;
	c->head.pair_ns = cost.pair_ns;
	c->head.full_ns = cost.full_ns;
	c->head.vcpu = vcpu ? BPF_CORE_READ(v, vcpu_id) : KP_SWBATCH_NO_VCPU;
	c->vcpu = vcpu;
	c->wanted = is_wanted(pid_tgid);
	if (config.mode & KP_SW_AGGREGATE && c->wanted)
		c->sums = place_of(c);
	c->entry = c->exit = 0;
	unlock(c);
}

/* The window's begin and end are known by perf's functions in them. */
static __always_inline void on_load(void)
{
	struct kp_sw_cpu *c = this_cpu();

	if (!c)
		return;
	c->loaded = 0;
	c->place = KP_SW_IN_HOST_OUT;
	c->load = bpf_ktime_get_ns();
}

static __always_inline void on_loaded(void)
{
	__u64 now = bpf_ktime_get_ns();
	struct kp_sw_cpu *c = this_cpu();

	if (!c)
		return;
	c->place = KP_SW_IN_LOAD;
	c->loaded = now;
}

static __always_inline void on_ready(void)
{
	__u64 now = bpf_ktime_get_ns();
	struct kp_sw_cpu *c = this_cpu();

	if (!c)
		return;
	c->entries = 0;
	if (!c->loaded)
		now = 0;
	c->place = now ? KP_SW_IN_WINDOW : KP_SW_OUTSIDE;
	c->ready = now;
}

static __always_inline void on_entry(void *ctx, __u64 vcpu)
{
	struct kp_sw_cpu *c = this_cpu();
	struct task_struct *task;

	if (!c || !c->on)
		return;
	task = (void *)bpf_get_current_task_btf();
	if (c->head.tid != task->pid || c->vcpu != vcpu)
		new_thread(ctx, c, vcpu);
	if (!c->wanted)
		return;
	if (c->exit) /* no put came between: the fast path went round */
		close_exit(ctx, c, c->exit, 0);
	c->entries++;
	c->put = c->in = 0;
	c->entry = bpf_ktime_get_ns();
}

/* Between an entry and its exit, of a thread that is wanted. */
static __always_inline int is_inside(const struct kp_sw_cpu *c)
{
	return c && c->on && c->wanted && c->entry;
}

/* At @now, as @c says why. */
static __always_inline void on_exit(void *ctx, struct kp_sw_cpu *c, __u64 now)
{
	c->exit = now;
	if (c->ready)
		return;
	close_exit(ctx, c, now, 0); /* no window: the exit itself is the end */
	c->entry = 0;
}

static __always_inline void on_put(void)
{
	struct kp_sw_cpu *c = this_cpu();

	if (!c)
		return;
	c->place = KP_SW_IN_PUT;
	c->put = bpf_ktime_get_ns();
}

static __always_inline void on_in(void)
{
	struct kp_sw_cpu *c = this_cpu();

	if (!c)
		return;
	c->place = KP_SW_IN_HOST_IN;
	c->in = bpf_ktime_get_ns();
}

static __always_inline void on_done(void *ctx)
{
	__u64 now = bpf_ktime_get_ns();
	struct kp_sw_cpu *c = this_cpu();

	if (!c)
		return;
	c->place = KP_SW_OUTSIDE;
	if (!c->on || !c->in)
		return;
	if (c->exit && c->ready && c->put)
		close_exit(ctx, c, now, 1);
	c->entry = c->ready = c->in = 0;
}

/* Raised where the vCPU runs, delivered on its way back, maybe on another CPU. */
static __always_inline void on_pmi(void *ctx, __u64 vcpu)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct kp_sw_cpu *c = this_cpu();

	if (!c || !c->on)
		return;
	if (vcpu && (c->head.tid != (__u32)id || c->vcpu != vcpu))
		new_thread(ctx, c, vcpu);
	if (!c->wanted || c->head.tid != (__u32)id)
		return;
	if (vcpu)
		c->delivered++;
	else
		c->raised++;
}

#include "switch_regs.h"

/* ---- programs ---- */

/* The same as a program of the one kind and of the other. */
#define KP_PROBE(bpf, kprobe, name, function, ...) \
	SEC(bpf "/" #function)                     \
	int f_##name(void *ctx)                    \
	{                                          \
		__VA_ARGS__;                       \
		return 0;                          \
	}                                          \
	SEC(kprobe "/" #function)                  \
	int k_##name(void *ctx)                    \
	{                                          \
		__VA_ARGS__;                       \
		return 0;                          \
	}

#define KP_BEGIN(...) KP_PROBE("fentry", "kprobe", __VA_ARGS__)
#define KP_END(...)   KP_PROBE("fexit", "kretprobe", __VA_ARGS__)

KP_BEGIN(load, kvm_mediated_pmu_load, on_load())
KP_END(loaded, perf_load_guest_context, on_loaded())
KP_END(ready, kvm_mediated_pmu_load, on_ready())
KP_BEGIN(put, kvm_mediated_pmu_put, on_put())
KP_BEGIN(in, perf_put_guest_context, on_in())
KP_END(done, kvm_mediated_pmu_put, on_done(ctx))
KP_BEGIN(raised, kvm_handle_guest_mediated_pmi, on_pmi(ctx, 0))

SEC("fentry/kvm_pmu_deliver_pmi")
int f_delivered(__u64 *ctx)
{
	on_pmi(ctx, ctx[0]);
	return 0;
}

SEC("kprobe/kvm_pmu_deliver_pmi")
int k_delivered(struct pt_regs *ctx)
{
	on_pmi(ctx, PT_REGS_PARM1(ctx));
	return 0;
}

/* tp_entry() and tp_exit(), and what counts register accesses */
#ifdef __TARGET_ARCH_x86
#include "switch_x86.h"
#else
#include "switch_arm64.h"
#endif

#include "switch_user.h"

/* What a target forks is a target. */
SEC("raw_tp/sched_process_fork")
int tp_fork(struct bpf_raw_tracepoint_args *ctx)
{
	const struct task_struct *parent = (const void *)ctx->args[0];
	const struct task_struct *child = (const void *)ctx->args[1];
	__u32 from = BPF_CORE_READ(parent, tgid), pid = BPF_CORE_READ(child, tgid);
	__u8 one = 1;

	if (from != pid && bpf_map_lookup_elem(&targets, &from))
		bpf_map_update_elem(&targets, &pid, &one, BPF_ANY);
	return 0;
}

/* Run by the reader on each CPU before it reads the rings: what is there goes out. */
SEC("raw_tp/kvm_flush")
int run_flush(struct bpf_raw_tracepoint_args *ctx)
{
	struct kp_sw_cpu *c = this_cpu();

	if (!c || c->busy)
		return 0;
	close_pmis(ctx, c);
	emit(ctx, c, bpf_ktime_get_ns());
	return 0;
}

/* ---- what the probes cost: the same work on functions that do nothing ---- */

static __always_inline void cal_begin(void)
{
	if (this_cpu())
		cal.begin = bpf_ktime_get_ns();
}

static __always_inline void cal_end(void)
{
	__u64 now = bpf_ktime_get_ns();

	if (this_cpu() && cal.nr_pair < KP_SW_CAL_MAX)
		cal.pair[cal.nr_pair++ & (KP_SW_CAL_MAX - 1)] = now - cal.begin;
	cal.end = now;
}

static __always_inline void cal_span(void)
{
	__u64 now = bpf_ktime_get_ns();

	if (this_cpu() && cal.nr_span < KP_SW_CAL_MAX)
		cal.span[cal.nr_span++ & (KP_SW_CAL_MAX - 1)] = now - cal.end;
}

KP_BEGIN(cal_begin, bpf_fentry_test1, cal_begin())
KP_END(cal_end, bpf_fentry_test1, cal_end())
KP_BEGIN(cal_probe, bpf_fentry_test2, on_in())
KP_BEGIN(cal_span, bpf_fentry_test3, cal_span())

/* Never attached: to run it is to call the functions above. */
SEC("fentry/bpf_fentry_test4")
int run_cal(void *ctx)
{
	return 0;
}
