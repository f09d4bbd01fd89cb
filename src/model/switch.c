// SPDX-License-Identifier: GPL-2.0-only
/*
 * switch.c - the PMU context switch of a mediated vPMU, rebuilt from every register access that
 * msr:* shows: host events out, load, guest, put, host events in. Touches only memory.
 *
 * arch/x86/kvm/pmu.c, kvm_mediated_pmu_load() and _put(), and the vendors' parts in svm/pmu.c and
 * vmx/pmu_intel.c (Linux 7.3) give the order:
 *
 *   host out   perf stops and saves its events: GLOBAL_CTRL = 0, ..., GLOBAL_CTRL = on
 *   load       GLOBAL_CTRL = 0, [LVTPC], per counter: read, [write], selector write; status;
 *              AMD ends with STATUS_SET and GLOBAL_CTRL, Intel with FIXED_CTR_CTRL
 *   guest      kvm_entry, kvm_exit, as often as the fast path goes round
 *   put        [AMD: GLOBAL_CTRL = 0], status, per counter: read, [write 0], [selector = 0],
 *              [LVTPC]
 *   host in    GLOBAL_CTRL = 0, ..., GLOBAL_CTRL = on; nothing when perf has no events
 *
 * All of it runs with interrupts off, so one CPU's events tell it whole, and an event of another
 * kind ends what was under way. A phase lasts from its first access to its last: what the code does
 * around them is not seen. LVTPC shows where the host's APIC is in x2APIC mode.
 *
 * An exit pays for the put, the host events in and out and the load that lie before the next entry;
 * with the fast path it pays for nothing. kvm_nested_vmenter and kvm_nested_vmexit_inject tell
 * whether that entry is a nested guest's (arch/x86/kvm/svm/nested.c, vmx/nested.c).
 */
#include <string.h>

#include "swsum.h"
#include "swwin.h"
#include "timeline.h"

enum state {
	IN_HOST, /* no switch in sight */
	IN_BRACKET, /* behind GLOBAL_CTRL = 0: perf's own work, or a load */
	IN_GUEST, /* behind the entry */
	IN_EXITED, /* behind the exit: put follows, or the next entry */
	IN_PUT,
};

/**
 * struct sw_cpu - where a CPU is
 * @just_put: a put ended just now: the next bracket brings host events in, or is the next load
 * @begin_ns, @last_ns: the phase that is open: first access, last one; @tally[@at] counts them
 * @out_begin_ns, @out_ns, the other tally: the bracket that ended just before the open one: host
 *	events out, if a load follows; @has_out: there is one
 * @after_put: the open bracket follows a put: host events in
 * @th, @thread: vCPU thread in the window, and what is known of it; @pair: its sums on this CPU
 * @entry_ns: of the entry that the guest runs behind
 */
struct sw_cpu {
	enum state state;
	bool has_out, after_put, just_put;
	uint64_t begin_ns, last_ns, out_begin_ns, out_ns, entry_ns;
	struct kp_sw_tally tally[2];
	uint8_t at;
	struct sw_thread *thread;
	struct kp_thread *th;
	uint32_t pair;
};

/**
 * struct sw_thread - a vCPU's part
 * @in_l2: the next entry is a nested guest's
 * @exited: an exit is being handled, @exit_ns ... @losses: how, and what of it was switch
 */
struct sw_thread {
	bool in_l2;
	bool exited, exit_l2, switched;
	uint8_t isa;
	uint32_t code;
	uint64_t exit_ns, switch_ns, losses;
	struct kp_sw_win win;
};

#define LVTPC_MAX 8

/** struct sw - @kinds: KP_BIT64(kind) of accesses seen; @losses: records of lost events so far */
struct sw {
	struct kp_sw_sums sums;
	struct kp_timeline *timeline;
	KP_VEC(struct sw_cpu) cpus;
	uint64_t entries_without, broken, losses;
	struct kp_sw_wins wins;
	uint64_t kinds;
	struct kp_snap_lvtpc lvtpc[LVTPC_MAX];
	uint32_t nr_lvtpc;
	bool seen;
};

#define ACCESS_KINDS \
	(KP_BIT64(KP_EV_HOST_RDMSR) | KP_BIT64(KP_EV_HOST_WRMSR) | KP_BIT64(KP_EV_HOST_RDPMC))
#define NESTED_KINDS \
	(KP_BIT64(KP_EV_NESTED_ENTER) | KP_BIT64(KP_EV_NESTED_EXIT) | KP_BIT64(KP_EV_NESTED_INJ))
/* None of these happens inside a switch. */
#define OTHER_KINDS                                                                      \
	(KP_BIT64(KP_EV_MSR) | KP_BIT64(KP_EV_USER_EXIT) | KP_BIT64(KP_EV_PIO) |         \
	 KP_BIT64(KP_EV_MMIO) | KP_BIT64(KP_EV_INJ_VIRQ) | KP_BIT64(KP_EV_APIC_ACCEPT) | \
	 KP_BIT64(KP_EV_SCHED))

/* More than any Linux supports: a damaged recording shall not make us allocate. */
#define CPUS_MAX 8192

static void sw_free(void *state)
{
	struct sw *s = state;

	kp_sw_sums_free(&s->sums);
	kp_vec_free(&s->cpus);
	free(s);
}

static int sw_new(struct kp_model *m, void **state)
{
	struct sw *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	*state = s;
	return kp_sw_sums_init(&s->sums, m);
}

static __attribute__((noinline)) int cpus_grow(struct sw *s, uint32_t nr)
{
	while (nr > s->cpus.nr)
		if (kp_vec_push(&s->cpus, (struct sw_cpu){ 0 }))
			return -ENOMEM;
	return 0;
}

/* *@out: NULL where the event does not tell its CPU and time */
static inline int cpu_of(struct sw *s, const struct kp_event *ev, struct sw_cpu **out)
{
	bool known = kp_event_has(ev, KP_HAS_CPU | KP_HAS_TIME) && ev->cpu < CPUS_MAX;

	*out = NULL;
	if (KP_UNLIKELY(!known))
		return 0;
	if (KP_UNLIKELY(ev->cpu >= s->cpus.nr) && cpus_grow(s, ev->cpu + 1))
		return -ENOMEM;
	*out = &s->cpus.at[ev->cpu];
	return 0;
}

/* ---- phases ---- */

/* A phase of the exit that the thread handles; what has no exit yet belongs to none. */
static void phase_end(struct sw *s, const struct sw_cpu *c, enum kp_switch_phase phase,
		      const struct kp_sw_tally *t, uint64_t begin_ns, uint64_t ns)
{
	if (KP_UNLIKELY(!s->timeline))
		s->timeline = kp_model_state(s->sums.m, &kp_analysis_timeline);
	/* a row that there is no memory for is only missing */
	kp_timeline_add(s->timeline, (uint32_t)(c - s->cpus.at), KP_OWNED_SWITCH, begin_ns,
			begin_ns + ns);
	kp_sw_phase(&s->sums, c->pair, phase, t, ns);
	c->thread->switched = true;
	c->thread->switch_ns += ns;
}

static struct kp_sw_tally *now(struct sw_cpu *c)
{
	return &c->tally[c->at];
}

static inline void note_access(struct sw_cpu *c, const struct kp_event *ev)
{
	bool write = ev->kind == KP_EV_HOST_WRMSR;

	if (KP_UNLIKELY(ev->time_ns < c->last_ns))
		c->last_ns = ev->time_ns;
	kp_sw_access(now(c), ev->extra, write, ev->time_ns - c->last_ns);
	c->last_ns = ev->time_ns;
}

/* A damaged recording may be out of order. */
static uint64_t phase_ns(const struct sw_cpu *c)
{
	return c->last_ns > c->begin_ns ? c->last_ns - c->begin_ns : 0;
}

static void phase_open(struct sw_cpu *c, enum state state, const struct kp_event *ev)
{
	c->state = state;
	c->begin_ns = c->last_ns = ev->time_ns;
	memset(now(c), 0, sizeof(*now(c)));
	note_access(c, ev);
}

static void bracket_open(struct sw_cpu *c, const struct kp_event *ev)
{
	c->after_put = c->just_put;
	c->just_put = false;
	phase_open(c, IN_BRACKET, ev);
}

static bool is_global_ctrl(const struct kp_event *ev)
{
	return ev->extra == KP_PMU_GLOBAL_CTRL || ev->extra == KP_PMU_GLOBAL_CTRL_LOADED;
}

static bool touched_counters(const struct kp_sw_tally *t)
{
	return kp_sw_n(t, KP_PMU_COUNTER, false) || kp_sw_n(t, KP_PMU_FIXED_COUNTER, false) ||
	       kp_sw_n(t, KP_PMU_SELECTOR, true);
}

/* On AMD only KVM writes STATUS_SET, and GLOBAL_CTRL right behind it. */
static bool is_load_tail(struct sw_cpu *c, const struct kp_event *ev)
{
	return ev->extra == KP_PMU_GLOBAL_CTRL_LOADED && kp_sw_n(now(c), KP_PMU_STATUS_SET, true);
}

/* A load is whole when the vendor's last write is there. */
static bool is_load(struct sw_cpu *c)
{
	if (c->state != IN_BRACKET || !touched_counters(now(c)))
		return false;
	if (kp_sw_n(now(c), KP_PMU_GLOBAL_CTRL_LOADED, true))
		return kp_sw_n(now(c), KP_PMU_STATUS_SET, true) &&
		       kp_sw_n(now(c), KP_PMU_GLOBAL_CTRL_LOADED, true) > 1;
	return kp_sw_n(now(c), KP_PMU_FIXED_CTRL, true);
}

/* ---- register accesses ---- */

/* A write of GLOBAL_CTRL inside a bracket ends it, unless it is a load's last write. */
static void bracket_global_ctrl(struct sw *s, struct sw_cpu *c, const struct kp_event *ev)
{
	if (is_load_tail(c, ev)) {
		note_access(c, ev);
		return;
	}
	if (ev->value)
		note_access(c, ev);
	if (c->after_put && c->thread && ev->value) {
		phase_end(s, c, KP_SWITCH_HOST_IN, now(c), c->begin_ns, phase_ns(c));
		c->has_out = false;
	} else {
		c->at ^= 1;
		c->out_begin_ns = c->begin_ns;
		c->out_ns = phase_ns(c);
		c->has_out = true;
	}
	c->state = IN_HOST;
	if (!ev->value)
		bracket_open(c, ev);
}

static void put_end(struct sw *s, struct sw_cpu *c)
{
	if (c->thread)
		phase_end(s, c, KP_SWITCH_PUT, now(c), c->begin_ns, phase_ns(c));
	c->state = IN_HOST;
	c->has_out = false;
	c->just_put = true;
}

/* GLOBAL_CTRL again: host events in. AMD's put begins with it, Intel's has none. */
static void on_put_access(struct sw *s, struct sw_cpu *c, const struct kp_event *ev)
{
	if (ev->kind == KP_EV_HOST_WRMSR && is_global_ctrl(ev)) {
		put_end(s, c);
		bracket_open(c, ev);
		return;
	}
	note_access(c, ev);
	if (ev->kind == KP_EV_HOST_WRMSR && ev->extra == KP_PMU_LVTPC)
		put_end(s, c);
}

/* A put of which nothing shows is over when Intel's GLOBAL_CTRL is written. */
static void on_exited_access(struct sw_cpu *c, const struct kp_event *ev)
{
	if (ev->kind == KP_EV_HOST_WRMSR && ev->extra == KP_PMU_GLOBAL_CTRL) {
		c->just_put = true;
		bracket_open(c, ev);
	} else {
		phase_open(c, IN_PUT, ev);
	}
}

/* The few values that the host gives LVTPC; what exceeds the table is counted in its last row. */
static void note_lvtpc(struct sw *s, const struct kp_event *ev)
{
	size_t i = 0;

	while (i < s->nr_lvtpc && s->lvtpc[i].value != ev->value)
		i++;
	if (i == s->nr_lvtpc && s->nr_lvtpc < LVTPC_MAX)
		s->lvtpc[s->nr_lvtpc++].value = ev->value;
	if (i == LVTPC_MAX)
		s->lvtpc[--i].other = true;
	s->lvtpc[i].count++;
}

/* The status register as a put reads it tells which counters overflowed. */
static int on_status(struct sw *s, struct sw_cpu *c, const struct kp_in *in)
{
	const bool put = c->state == IN_PUT && c->thread && in->ev->kind == KP_EV_HOST_RDMSR;

	return put ? kp_model_pass(s->sums.m, &kp_analysis_pmi, in, c->th) : 0;
}

static void on_access(struct sw *s, struct sw_cpu *c, const struct kp_event *ev)
{
	bool ctrl_write = ev->kind == KP_EV_HOST_WRMSR && is_global_ctrl(ev);

	s->kinds |= KP_BIT64(ev->kind);
	if (KP_UNLIKELY(ev->extra == KP_PMU_LVTPC && ev->kind == KP_EV_HOST_WRMSR))
		note_lvtpc(s, ev);
	switch (c->state) {
	case IN_HOST:
		if (ctrl_write && !ev->value) {
			bracket_open(c, ev);
		} else {
			c->has_out = false;
			c->just_put = false;
		}
		break;
	case IN_BRACKET:
		if (ctrl_write)
			bracket_global_ctrl(s, c, ev);
		else
			note_access(c, ev);
		break;
	case IN_GUEST:
		break; /* AMD reads GLOBAL_CTRL before it traces the exit: the guest's own */
	case IN_EXITED:
		on_exited_access(c, ev);
		break;
	case IN_PUT:
		on_put_access(s, c, ev);
		break;
	}
}

/* ---- entries and exits ---- */

static int window_open(struct sw *s, struct sw_cpu *c, const struct kp_in *in)
{
	struct sw_thread *t = in->priv;
	struct kp_sw_pair *p;

	if (c->th != in->th || c->pair == KP_KEYMAP_NONE)
		c->pair = kp_sw_pair_find(&s->sums, in->th, in->ev->cpu);
	if (c->pair == KP_KEYMAP_NONE)
		return -ENOMEM;
	c->th = in->th;
	c->thread = t;
	phase_end(s, c, KP_SWITCH_LOAD, now(c), c->begin_ns, phase_ns(c));
	if (c->has_out)
		phase_end(s, c, KP_SWITCH_HOST_OUT, &c->tally[!c->at], c->out_begin_ns, c->out_ns);
	p = &s->sums.pairs.at[c->pair];
	p->windows++;
	p->windows_l2 += t->in_l2;
	s->seen = true;
	return 0;
}

/* The exit before is handled: its time ends where the guest runs again, on whatever CPU. */
static int exit_handled(struct sw *s, struct sw_cpu *c, const struct kp_event *ev)
{
	struct sw_thread *t = c->thread;
	const struct kp_sw_handling h = {
		.isa = t->isa,
		.code = t->code,
		.ns = ev->time_ns - t->exit_ns,
		.switch_ns = t->switch_ns,
		.switched = t->switched,
		.exit_l2 = t->exit_l2,
		.entry_l2 = t->in_l2,
	};

	if (!t->exited || t->losses != s->losses || ev->time_ns < t->exit_ns)
		return 0;
	kp_exits_switched(s->sums.m, c->th, kp_min_u64(h.switch_ns, h.ns));
	return kp_sw_handled(&s->sums, c->pair, &h);
}

static int entered(struct sw *s, struct sw_cpu *c, const struct kp_event *ev)
{
	int err = exit_handled(s, c, ev);
	struct kp_sw_pair *p = &s->sums.pairs.at[c->pair];

	c->thread->exited = false;
	c->entry_ns = ev->time_ns;
	p->entries++;
	p->entries_l2 += c->thread->in_l2;
	return err;
}

static int on_kvm_entry(struct sw *s, struct sw_cpu *c, const struct kp_in *in)
{
	bool wanted = in->th && !in->th->skip && in->in_time && in->in_cpu;
	int err = 0;

	if (c->state == IN_PUT)
		put_end(s, c);
	if (c->state == IN_GUEST || c->state == IN_EXITED) {
		c->state = IN_GUEST; /* the fast path went round */
	} else if (is_load(c)) {
		c->thread = NULL;
		if (wanted)
			err = window_open(s, c, in);
		c->state = IN_GUEST;
	} else {
		s->entries_without += wanted;
		c->thread = NULL;
		c->state = IN_HOST;
	}
	c->has_out = c->just_put = false;
	return c->thread && !err ? entered(s, c, in->ev) : err;
}

static void on_kvm_exit(struct sw *s, struct sw_cpu *c, const struct kp_event *ev)
{
	struct sw_thread *t = c->thread;

	if (c->state != IN_GUEST)
		return;
	c->state = IN_EXITED;
	if (!t)
		return;
	t->exited = true;
	t->exit_l2 = t->in_l2;
	t->switched = false;
	t->switch_ns = 0;
	t->exit_ns = ev->time_ns;
	t->isa = ev->isa;
	t->code = ev->code;
	t->losses = s->losses;
	if (ev->time_ns > c->entry_ns)
		s->sums.pairs.at[c->pair].guest_ns += ev->time_ns - c->entry_ns;
}

/* kvm_nested_vmexit: L2 has left, whoever handles it; _inject: L1 does, and runs next. */
static int on_nested(const struct kp_in *in)
{
	struct sw_thread *t = in->priv;

	if (!t)
		return 0;
	if (in->ev->kind == KP_EV_NESTED_EXIT)
		t->exit_l2 = true;
	t->in_l2 = in->ev->kind != KP_EV_NESTED_INJ;
	return 0;
}

/* What was under way is cut: it may lack accesses, an exit, or a whole window. */
static void cut(struct sw *s, struct sw_cpu *c)
{
	s->broken += c->state == IN_GUEST || c->state == IN_EXITED || c->state == IN_PUT;
	c->state = IN_HOST;
	c->has_out = c->just_put = false;
	c->thread = NULL;
}

static void on_lost(struct sw *s, const struct kp_event *ev)
{
	struct sw_cpu *c;

	s->losses++;
	kp_vec_for_each (c, &s->cpus)
		if (!(ev->valid & KP_HAS_CPU) || c == &s->cpus.at[0] + ev->cpu)
			cut(s, c);
}

static void on_other(struct sw *s, struct sw_cpu *c)
{
	if (c->state == IN_PUT)
		put_end(s, c);
	else if (c->state == IN_BRACKET)
		c->state = IN_HOST;
	c->has_out = c->just_put = false;
}

static __attribute__((noinline)) int add_access(struct sw *s, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	struct sw_cpu *c;
	int err;

	if (ev->extra - 1 >= KP_PMU_PARTS - 1) /* KP_PMU_NONE */
		return 0;
	err = cpu_of(s, ev, &c);
	if (KP_UNLIKELY(!c))
		return err;
	on_access(s, c, ev);
	return ev->extra == KP_PMU_STATUS ? on_status(s, c, in) : 0;
}

static __attribute__((noinline)) int add_other(struct sw *s, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	struct sw_cpu *c;
	int err;

	if (KP_UNLIKELY(ev->kind == KP_EV_LOST || ev->kind == KP_EV_LOST_SAMPLES)) {
		on_lost(s, ev);
		return 0;
	}
	err = cpu_of(s, ev, &c);
	if (err || !c)
		return err;
	if (ev->kind == KP_EV_ENTRY)
		return on_kvm_entry(s, c, in);
	if (ev->kind == KP_EV_EXIT)
		on_kvm_exit(s, c, ev);
	else
		on_other(s, c);
	return 0;
}

static int sw_add(void *state, const struct kp_in *in)
{
	struct sw *s = state;
	struct sw_thread *t = in->priv;
	uint64_t kind = KP_BIT64(in->ev->kind);

	if (ACCESS_KINDS & kind)
		return add_access(s, in);
	if (KP_UNLIKELY(NESTED_KINDS & kind))
		return on_nested(in);
	if (in->ev->kind == KP_EV_SWITCH && s->kinds)
		return kp_sw_wins_count(&s->wins, in);
	if (s->kinds)
		return add_other(s, in);
	/* no register accesses until now: what is left to know are whole windows */
	return t ? kp_sw_wins_add(&s->wins, &s->sums, &t->win, in) : 0;
}

bool kp_switch_in_window(struct kp_model *m, uint32_t cpu)
{
	const struct sw *s = kp_model_state(m, &kp_analysis_switch);
	enum state state = cpu < s->cpus.nr ? s->cpus.at[cpu].state : IN_HOST;

	return state == IN_GUEST || state == IN_EXITED || state == IN_PUT;
}

/* ---- snapshot ---- */

static uint32_t missing(const struct sw *s)
{
	if (!s->kinds)
		return s->wins.windows ? KP_SWITCH_NO_REGS : KP_SWITCH_NO_ACCESSES;
	return (s->kinds & KP_BIT64(KP_EV_HOST_RDMSR) ? 0 : KP_SWITCH_NO_READS) |
	       (s->kinds & KP_BIT64(KP_EV_HOST_RDPMC) ? 0 : KP_SWITCH_NO_RDPMC) |
	       (s->nr_lvtpc ? 0 : KP_SWITCH_NO_LVTPC);
}

static int sw_snap(void *state, struct kp_snap *snap)
{
	const struct sw *s = state;

	snap->switches.entries_without = s->entries_without + s->wins.entries_without;
	kp_sw_wins_snap(&s->wins, snap);
	snap->switches.broken = s->broken;
	snap->switches.missing = missing(s);
	snap->switches.probed = s->wins.windows && !s->kinds;
	snap->switches.lvtpc = kp_snap_array(s->nr_lvtpc, sizeof(s->lvtpc[0]));
	if (!snap->switches.lvtpc)
		return -ENOMEM;
	memcpy(snap->switches.lvtpc, s->lvtpc, s->nr_lvtpc * sizeof(s->lvtpc[0]));
	snap->switches.nr_lvtpc = s->nr_lvtpc;
	return s->seen || s->wins.windows ? kp_sw_sums_snap(&s->sums, snap) : 0;
}

static void sw_snap_free(struct kp_snap *snap)
{
	free(snap->switches.vcpus);
	free(snap->switches.cpus);
	free(snap->switches.buckets);
	free(snap->switches.regs);
	free(snap->switches.reasons);
	free(snap->switches.lvtpc);
}

const struct kp_analysis kp_analysis_switch = {
	.name = "switch",
	.kinds = KP_BIT64(KP_EV_ENTRY) | KP_BIT64(KP_EV_EXIT) | ACCESS_KINDS | NESTED_KINDS |
		 OTHER_KINDS | KP_BIT64(KP_EV_SWITCH) | KP_BIT64(KP_EV_LOST) |
		 KP_BIT64(KP_EV_LOST_SAMPLES),
	.unfiltered = true,
	.thread_size = sizeof(struct sw_thread),
	.new = sw_new,
	.add = sw_add,
	.snap = sw_snap,
	.snap_free = sw_snap_free,
	.free = sw_free,
};
