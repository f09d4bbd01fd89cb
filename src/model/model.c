// SPDX-License-Identifier: GPL-2.0-only
/*
 * model.c - the table of analyses, and what all of them share: threads, filters, snapshots.
 * Touches nothing but memory.
 */
#include <string.h>

#include "runs.h"
#include "switch.h"

static const struct kp_analysis *const analyses[] = {
	&kp_analysis_attrs,    &kp_analysis_lost,     &kp_analysis_exits,  &kp_analysis_userpair,
	&kp_analysis_vcpus,    &kp_analysis_users,    &kp_analysis_regs,   &kp_analysis_irqs,
	&kp_analysis_counters, &kp_analysis_hot,      &kp_analysis_switch, &kp_analysis_cpus,
	&kp_analysis_pmi,      &kp_analysis_timeline, &kp_analysis_places,
};

#define NR_ANALYSES KP_ARRAY_SIZE(analyses)

/* These make their thread a vCPU's: all of them come in it. */
#define THREAD_KINDS                                                                \
	(KP_BIT64(KP_EV_ENTRY) | KP_BIT64(KP_EV_EXIT) | KP_BIT64(KP_EV_USER_EXIT) | \
	 KP_BIT64(KP_EV_MSR) | KP_BIT64(KP_EV_SYSREG))
/* These are not events of the machine: they tell nothing about the time that was recorded. */
#define SIDE_KINDS                                                                    \
	(KP_BIT64(KP_EV_TASK) | KP_BIT64(KP_EV_LOST) | KP_BIT64(KP_EV_LOST_SAMPLES) | \
	 KP_BIT64(KP_EV_THROTTLE))

/* 4096 vCPUs are the most that KVM allows in a VM on x86 (KVM_MAX_VCPUS); several such fit. */
#define THREADS_MAX	 16384
#define ROWS_MAX_DEFAULT 8192

_Static_assert(KP_EV_MAX <= 64, "kinds are bits of a mask");

struct hook {
	int (*add)(void *state, const struct kp_in *in);
	void *state;
	uint32_t priv_offset;
	bool unfiltered;
};

struct kp_model {
	struct kp_model_opts opts;
	struct kp_hist_pool pool;
	struct kp_hash by_tid; /* index in threads */
	struct kp_hash by_pid; /* vm_match's answer */
	KP_VEC(struct kp_thread *) threads;
	size_t thread_size;
	void *state[NR_ANALYSES];
	uint32_t priv_offset[NR_ANALYSES];
	struct hook hooks[KP_EV_MAX][NR_ANALYSES + 1];
	uint8_t nr_hooks[KP_EV_MAX];
	uint64_t threadless; /* kinds of which no hook needs the thread */
	struct kp_notes notes;
	struct kp_runs runs;
	uint64_t events, untracked;
	bool filtered; /* there are filters at all */
	bool all_runs; /* nobody but kp_runs_add() wants entries and exits */
	bool all_accesses; /* nobody but kp_sw_accesses() wants KP_SW_ACCESS_KINDS */
	struct kp_thread *recent[KP_RECENT_THREADS];
};

const struct kp_model_opts *kp_model_opts(const struct kp_model *m)
{
	return &m->opts;
}

struct kp_hist_pool *kp_model_pool(struct kp_model *m)
{
	return &m->pool;
}

const uint64_t *kp_model_attr_counts(const struct kp_model *m)
{
	return m->notes.attr_counts;
}

struct kp_thread *kp_model_thread(struct kp_model *m, size_t i, const struct kp_analysis *a,
				  void **priv)
{
	size_t n;

	if (i >= m->threads.nr)
		return NULL;
	for (n = 0; n < NR_ANALYSES; n++)
		if (analyses[n] == a)
			*priv = (char *)m->threads.at[i] + m->priv_offset[n];
	return m->threads.at[i];
}

struct kp_thread *kp_model_thread_by_tid(struct kp_model *m, uint32_t tid,
					 const struct kp_analysis *a, void **priv)
{
	uint64_t *at = kp_hash_get(&m->by_tid, tid);

	return at ? kp_model_thread(m, *at, a, priv) : NULL;
}

bool kp_model_knows(struct kp_model *m, uint32_t tid)
{
	return kp_hash_get(&m->by_tid, tid);
}

uint64_t kp_model_first_ns(const struct kp_model *m, uint64_t else_ns)
{
	return m->notes.has_time ? m->notes.first_ns : else_ns;
}

static size_t number_of(const struct kp_analysis *a)
{
	size_t n = 0;

	while (analyses[n] != a)
		n++;
	return n;
}

void *kp_model_state(struct kp_model *m, const struct kp_analysis *a)
{
	return m->state[number_of(a)];
}

size_t kp_model_priv_offset(const struct kp_model *m, const struct kp_analysis *a)
{
	return m->priv_offset[number_of(a)];
}

void *kp_model_priv(struct kp_model *m, const struct kp_analysis *a, struct kp_thread *th)
{
	return (char *)th + m->priv_offset[number_of(a)];
}

int kp_model_pass(struct kp_model *m, const struct kp_analysis *to, const struct kp_in *in,
		  struct kp_thread *th)
{
	size_t n = number_of(to);
	const struct kp_in on = {
		.ev = in->ev,
		.th = th,
		.priv = th ? (char *)th + m->priv_offset[n] : NULL,
		.in_time = in->in_time,
		.in_cpu = in->in_cpu,
	};

	return to->add(m->state[n], &on);
}

bool kp_model_vcpu_id(struct kp_model *m, struct kp_thread *th, uint32_t *vcpu)
{
	if (!th->has_vcpu && m->opts.vcpu_id)
		th->has_vcpu = m->opts.vcpu_id(m->opts.ctx, th->vm, th->tid, &th->vcpu);
	if (th->has_vcpu)
		*vcpu = th->vcpu;
	return th->has_vcpu;
}

static int (*add_for(const struct kp_analysis *a, uint64_t kind))(void *, const struct kp_in *)
{
	const struct kp_on *on;

	for (on = a->on; on < a->on + KP_ONS_MAX; on++)
		if (on->kind == kind)
			return on->add;
	return a->add;
}

static void add_hooks(struct kp_model *m, size_t i)
{
	const struct kp_analysis *a = analyses[i];
	unsigned int kind;

	if (a->idle && a->idle(&m->opts))
		return;
	for (kind = 0; kind < KP_EV_MAX; kind++)
		if (a->kinds & KP_BIT64(kind))
			m->hooks[kind][m->nr_hooks[kind]++] = (struct hook){
				.add = add_for(a, KP_BIT64(kind)),
				.state = m->state[i],
				.priv_offset = m->priv_offset[i],
				.unfiltered = a->unfiltered,
			};
	m->threadless &= ~a->kinds | a->threadless;
}

/* Which kinds add_many() may take. */
static void find_many(struct kp_model *m)
{
	m->runs.notes = &m->notes;
	m->runs.recent = m->recent;
	kp_runs_init(&m->runs, m);
	m->all_runs = m->nr_hooks[KP_EV_ENTRY] == KP_RUNS_ANALYSES &&
		      m->nr_hooks[KP_EV_EXIT] == KP_RUNS_ANALYSES;
	m->all_accesses = m->nr_hooks[KP_EV_HOST_RDMSR] == 1 &&
			  m->nr_hooks[KP_EV_HOST_WRMSR] == 1 && m->nr_hooks[KP_EV_HOST_RDPMC] == 1;
}

int kp_model_new(const struct kp_model_opts *opts, struct kp_model **out)
{
	struct kp_model *m = calloc(1, sizeof(*m));
	size_t i;
	int err;

	if (!m)
		return -ENOMEM;
	/*
	 * 512 KiB of addresses, of which a page or two are used: no bound to check for each event
	 */
	m->notes.attr_counts = calloc(KP_ATTRS_MAX, sizeof(*m->notes.attr_counts));
	if (!m->notes.attr_counts) {
		free(m);
		return -ENOMEM;
	}
	m->opts = *opts;
	m->notes.last_ns = UINT64_MAX;
	if (!m->opts.by)
		m->opts.by = KP_BY_REASON;
	if (!m->opts.max_rows)
		m->opts.max_rows = ROWS_MAX_DEFAULT;
	m->filtered =
		opts->from_ns || opts->to_ns || opts->vcpu >= 0 || opts->cpus || opts->vm_match;
	/* what makes a vCPU's thread known must not miss any */
	m->threadless = ~(uint64_t)THREAD_KINDS;
	m->thread_size = sizeof(struct kp_thread);
	for (i = 0; i < NR_ANALYSES; i++) {
		m->priv_offset[i] = (uint32_t)m->thread_size;
		m->thread_size += (analyses[i]->thread_size + 15) & ~(size_t)15;
		err = analyses[i]->new (m, &m->state[i]);
		if (err) {
			kp_model_free(m);
			return err;
		}
		add_hooks(m, i);
	}
	find_many(m);
	*out = m;
	return 0;
}

void kp_model_free(struct kp_model *m)
{
	size_t i;

	if (!m)
		return;
	for (i = 0; i < NR_ANALYSES; i++)
		if (m->state[i])
			analyses[i]->free(m->state[i]);
	for (i = 0; i < m->threads.nr; i++)
		free(m->threads.at[i]);
	kp_vec_free(&m->threads);
	kp_hash_free(&m->by_tid);
	kp_hash_free(&m->by_pid);
	kp_hist_pool_free(&m->pool);
	free(m->notes.attr_counts);
	free(m);
}

static bool vm_matches(struct kp_model *m, uint32_t pid)
{
	uint64_t *known;
	bool match;

	if (!m->opts.vm_match)
		return true;
	known = kp_hash_get(&m->by_pid, pid);
	if (known)
		return *known;
	match = m->opts.vm_match(m->opts.ctx, pid);
	/* A guess that is not remembered is only asked again: no error, and bounded. */
	if (m->by_pid.nr < 8 * THREADS_MAX)
		kp_hash_put(&m->by_pid, pid, match);
	return match;
}

static void thread_filter(struct kp_model *m, struct kp_thread *th)
{
	uint32_t vcpu;

	th->skip = !vm_matches(m, th->vm) ||
		   (m->opts.vcpu >= 0 && (!kp_model_vcpu_id(m, th, &vcpu) || vcpu != m->opts.vcpu));
}

static struct kp_thread *thread_new(struct kp_model *m, const struct kp_event *ev)
{
	struct kp_thread *th;
	uint32_t vcpu;

	if (m->threads.nr >= THREADS_MAX)
		return NULL;
	th = calloc(1, m->thread_size);
	if (!th)
		return NULL;
	th->vm = ev->pid;
	th->tid = ev->tid;
	th->fresh = true;
	if (kp_hash_put(&m->by_tid, ev->tid, m->threads.nr) || kp_vec_push(&m->threads, th)) {
		kp_hash_del(&m->by_tid, ev->tid);
		free(th);
		return NULL;
	}
	kp_model_vcpu_id(m, th, &vcpu);
	return th;
}

/* The thread of @ev changed its meaning: new, or its number went to another process. */
static void thread_learn(struct kp_model *m, struct kp_thread *th, const struct kp_event *ev)
{
	th->fresh = false;
	if (th->vm != ev->pid) {
		th->vm = ev->pid;
		th->has_vcpu = false;
	}
	if (!th->has_vcpu && (ev->valid & KP_HAS_VCPU)) {
		th->vcpu = ev->vcpu;
		th->has_vcpu = true;
	}
	thread_filter(m, th);
}

static struct kp_thread *thread_find(struct kp_model *m, uint32_t tid)
{
	uint64_t *at = kp_hash_get(&m->by_tid, tid);

	if (!at)
		return NULL;
	m->recent[tid % KP_RECENT_THREADS] = m->threads.at[*at];
	return m->threads.at[*at];
}

/*
 * As in perf, a thread is known by its tid alone (tools/perf/util/threads.c), and it is the
 * kvm_entry, kvm_exit, kvm_userspace_exit or register access that makes it a vCPU.
 */
static __attribute__((noinline)) struct kp_thread *thread_search(struct kp_model *m,
								 const struct kp_event *ev)
{
	bool makes = THREAD_KINDS & KP_BIT64(ev->kind);
	struct kp_thread *th;

	if (!(ev->valid & KP_HAS_TID)) {
		m->untracked += makes;
		return NULL;
	}
	th = thread_find(m, ev->tid);
	if (!makes)
		return th;
	if (!th)
		th = thread_new(m, ev);
	if (!th)
		m->untracked++;
	else if (th->fresh || th->vm != ev->pid || (!th->has_vcpu && (ev->valid & KP_HAS_VCPU)))
		thread_learn(m, th, ev);
	return th;
}

/* A vCPU's thread that all is known of, met not long ago: as a rule. */
static inline struct kp_thread *thread_of(struct kp_model *m, const struct kp_event *ev)
{
	struct kp_thread *th = m->recent[ev->tid % KP_RECENT_THREADS];

	if (KP_LIKELY(th && th->tid == ev->tid && th->vm == ev->pid && th->has_vcpu &&
		      (ev->valid & KP_HAS_TID)))
		return th;
	return thread_search(m, ev);
}

void kp_model_renamed(struct kp_model *m, uint32_t pid, uint32_t tid)
{
	bool vm = pid == tid && kp_hash_del(&m->by_pid, pid);
	struct kp_thread **th;

	if (!vm && !kp_hash_get(&m->by_tid, tid))
		return;
	kp_vec_for_each (th, &m->threads)
		if ((*th)->tid == tid || (vm && (*th)->vm == pid))
			thread_filter(m, *th);
}

static bool in_time(const struct kp_model *m, const struct kp_event *ev)
{
	if (!m->opts.from_ns && !m->opts.to_ns)
		return true;
	if (!(ev->valid & KP_HAS_TIME))
		return false;
	return ev->time_ns >= m->opts.from_ns && (!m->opts.to_ns || ev->time_ns <= m->opts.to_ns);
}

static bool in_cpu(const struct kp_model *m, const struct kp_event *ev)
{
	if (!m->opts.cpus)
		return true;
	return (ev->valid & KP_HAS_CPU) && ev->cpu < m->opts.nr_cpus &&
	       (m->opts.cpus[ev->cpu / 64] & KP_BIT64(ev->cpu % 64));
}

/* Does the event's task pass the VM and vCPU filters? */
static bool task_passes(struct kp_model *m, const struct kp_event *ev, const struct kp_thread *th)
{
	if (th)
		return !th->skip;
	if (!m->opts.vm_match && m->opts.vcpu < 0)
		return true;
	return m->opts.vcpu < 0 && (ev->valid & KP_HAS_TID) && vm_matches(m, ev->pid);
}

static inline void note_time(struct kp_model *m, const struct kp_event *ev)
{
	if (!(ev->valid & KP_HAS_TIME) || (SIDE_KINDS & KP_BIT64(ev->kind)))
		return;
	if (KP_UNLIKELY(!m->notes.has_time))
		m->notes.first_ns = m->notes.last_ns = ev->time_ns;
	m->notes.has_time = true;
	if (KP_LIKELY(ev->time_ns >= m->notes.last_ns))
		m->notes.last_ns = ev->time_ns;
	else if (ev->time_ns < m->notes.first_ns)
		m->notes.first_ns = ev->time_ns;
}

/* Fills @in; returns whether the event's task passes the filters. */
static bool filter(struct kp_model *m, struct kp_in *in)
{
	bool passes = task_passes(m, in->ev, in->th);

	in->in_time = in_time(m, in->ev);
	in->in_cpu = in_cpu(m, in->ev);
	if (passes && in->in_time && in->in_cpu)
		note_time(m, in->ev);
	return passes;
}

/* Hooks end with one whose add is NULL. Inlined: as a rule there is a thread, and all pass. */
static KP_INLINE int run_hooks(const struct hook *h, struct kp_in *in, bool has_thread, bool passes)
{
	int err;

	for (; h->add; h++) {
		if (!passes && !h->unfiltered)
			continue;
		in->priv = has_thread ? (char *)in->th + h->priv_offset : NULL;
		err = h->add(h->state, in);
		if (KP_UNLIKELY(err))
			return err;
	}
	return 0;
}

/* Side-band records and losses belong to no event, though some carry its id. */
static inline void note_attr(struct kp_model *m, const struct kp_event *ev)
{
	if ((ev->valid & KP_HAS_ATTR) && ev->kind < KP_EV_LOST)
		m->notes.attr_counts[ev->attr]++;
}

/* Which event it was, and when. */
static inline void note(struct kp_model *m, const struct kp_event *ev)
{
	_Static_assert(!(SIDE_KINDS & (KP_BIT64(KP_EV_LOST) - 1)), "side kinds come last");
	if (KP_LIKELY(ev->kind < KP_EV_LOST && kp_event_has(ev, KP_NOTES_NEED)) &&
	    kp_notes_add(&m->notes, ev))
		return;
	note_attr(m, ev);
	note_time(m, ev);
}

/* Without filters: in->in_time and in->in_cpu are set. */
static inline int add_unfiltered(struct kp_model *m, const struct kp_event *ev, struct kp_in *in)
{
	const struct hook *hooks = m->hooks[ev->kind];

	note(m, ev);
	if (!hooks->add)
		return 0;
	in->ev = ev;
	in->th = m->threadless >> ev->kind & 1 ? NULL : thread_of(m, ev);
	in->whole = in->th && kp_event_has(ev, KP_HAS_TIME | KP_HAS_CPU);
	return KP_LIKELY(in->th) ? run_hooks(hooks, in, true, true)
				 : run_hooks(hooks, in, false, true);
}

static __attribute__((noinline)) int add_filtered(struct kp_model *m, const struct kp_event *ev)
{
	struct kp_in in = { .ev = ev, .th = thread_of(m, ev) };
	bool passes;

	note_attr(m, ev);
	passes = filter(m, &in);
	return run_hooks(m->hooks[ev->kind], &in, in.th, passes);
}

static int tell_task(struct kp_model *m, const struct kp_event *ev)
{
	if (ev->kind != KP_EV_TASK || !m->opts.task)
		return 0;
	return m->opts.task(m->opts.ctx, ev);
}

/* What comes many in a row, as far as that goes; there are no filters. *@nr: how many */
static inline int add_many(struct kp_model *m, const struct kp_event *ev,
			   const struct kp_event *end, size_t *nr)
{
	*nr = 0;
	if (m->all_runs && (ev->kind == KP_EV_ENTRY || ev->kind == KP_EV_EXIT))
		return kp_runs_add(&m->runs, ev, end, nr);
	if (m->all_accesses && (KP_SW_ACCESS_KINDS & KP_BIT64(ev->kind)))
		return kp_sw_accesses(m->runs.sw, &m->notes, ev, end, nr);
	return 0;
}

static int add_all_unfiltered(struct kp_model *m, const struct kp_event *ev,
			      const struct kp_event *end)
{
	struct kp_in in = { .in_time = true, .in_cpu = true };
	size_t n;
	int err;

	for (err = 0; ev < end && !err; ev += n) {
		err = add_many(m, ev, end, &n);
		if (n || KP_UNLIKELY(err))
			continue;
		n = 1;
		if (KP_UNLIKELY(ev->kind >= KP_EV_TASK))
			err = tell_task(m, ev);
		if (KP_LIKELY(ev->kind < KP_EV_MAX && !err))
			err = add_unfiltered(m, ev, &in);
	}
	return err;
}

int kp_model_add_all(struct kp_model *m, const struct kp_event *ev, size_t nr)
{
	const struct kp_event *end = ev + nr;
	int err = 0;

	m->events += nr;
	if (KP_LIKELY(!m->filtered))
		return add_all_unfiltered(m, ev, end);
	for (; ev < end && !err; ev++) {
		err = tell_task(m, ev);
		if (KP_LIKELY(ev->kind < KP_EV_MAX && !err))
			err = add_filtered(m, ev);
	}
	return err;
}

int kp_model_add(struct kp_model *m, const struct kp_event *ev)
{
	return kp_model_add_all(m, ev, 1);
}

int kp_model_snap(struct kp_model *m, struct kp_snap **out)
{
	struct kp_snap *snap = calloc(1, sizeof(*snap));
	size_t i;
	int err;

	if (!snap)
		return -ENOMEM;
	snap->events = m->events;
	snap->untracked = m->untracked;
	snap->has_time = m->notes.has_time;
	snap->first_ns = m->notes.first_ns;
	snap->last_ns = m->notes.has_time ? m->notes.last_ns : 0;
	for (i = 0; i < NR_ANALYSES; i++) {
		err = analyses[i]->snap(m->state[i], snap);
		if (err) {
			kp_snap_free(snap);
			return err;
		}
	}
	*out = snap;
	return 0;
}

void kp_snap_free(struct kp_snap *snap)
{
	size_t i;

	if (!snap)
		return;
	for (i = 0; i < NR_ANALYSES; i++)
		if (analyses[i]->snap_free)
			analyses[i]->snap_free(snap);
	free(snap);
}
