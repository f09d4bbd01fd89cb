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

#include "switch.h"

#define NESTED_KINDS \
	(KP_BIT64(KP_EV_NESTED_ENTER) | KP_BIT64(KP_EV_NESTED_EXIT) | KP_BIT64(KP_EV_NESTED_INJ))
/* None of these happens inside a switch. */
#define OTHER_KINDS                                                                      \
	(KP_BIT64(KP_EV_MSR) | KP_BIT64(KP_EV_USER_EXIT) | KP_BIT64(KP_EV_PIO) |         \
	 KP_BIT64(KP_EV_MMIO) | KP_BIT64(KP_EV_INJ_VIRQ) | KP_BIT64(KP_EV_APIC_ACCEPT) | \
	 KP_BIT64(KP_EV_SCHED))

#define PART(p) KP_BIT(KP_PMU_##p)
#define INSIDE                                                                    \
	(PART(STATUS_SET) | PART(STATUS_RESET) | PART(COUNTER) | PART(SELECTOR) | \
	 PART(FIXED_COUNTER) | PART(FIXED_CTRL))

_Static_assert(KP_PMU_PARTS <= 32, "parts of the PMU are bits of a mask");

static void sw_free(void *state)
{
	struct kp_sw *s = state;

	kp_sw_sums_free(&s->sums);
	kp_vec_free(&s->cpus);
	free(s);
}

static int sw_new(struct kp_model *m, void **state)
{
	struct kp_sw *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	*state = s;
	return kp_sw_sums_init(&s->sums, m);
}

static __attribute__((noinline)) int cpus_grow(struct kp_sw *s, uint32_t nr)
{
	while (nr > s->cpus.nr)
		if (kp_vec_push(&s->cpus, (struct kp_sw_cpu){ 0 }))
			return -ENOMEM;
	return 0;
}

/* *@out: NULL where the event does not tell its CPU and time */
static inline int cpu_of(struct kp_sw *s, const struct kp_event *ev, struct kp_sw_cpu **out)
{
	bool known = kp_event_has(ev, KP_HAS_CPU | KP_HAS_TIME) && ev->cpu < KP_CPUS_MAX;

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
static void phase_end(struct kp_sw *s, const struct kp_sw_cpu *c, enum kp_switch_phase phase,
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

static inline void note_access(struct kp_sw_cpu *c, const struct kp_event *ev)
{
	bool write = ev->kind == KP_EV_HOST_WRMSR;

	if (KP_UNLIKELY(ev->time_ns < c->last_ns))
		c->last_ns = ev->time_ns;
	kp_sw_access(&c->now, ev->extra, write, ev->time_ns - c->last_ns);
	c->last_ns = ev->time_ns;
}

/* A damaged recording may be out of order. */
static uint64_t phase_ns(const struct kp_sw_cpu *c)
{
	return c->last_ns > c->begin_ns ? c->last_ns - c->begin_ns : 0;
}

static void phase_open(struct kp_sw_cpu *c, enum kp_sw_state state, const struct kp_event *ev)
{
	c->state = state;
	c->begin_ns = c->last_ns = ev->time_ns;
	memset(&c->now, 0, sizeof(c->now));
	note_access(c, ev);
}

static void bracket_open(struct kp_sw_cpu *c, const struct kp_event *ev)
{
	c->after_put = c->just_put;
	c->just_put = false;
	phase_open(c, KP_SW_BRACKET, ev);
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
static bool is_load_tail(struct kp_sw_cpu *c, const struct kp_event *ev)
{
	return ev->extra == KP_PMU_GLOBAL_CTRL_LOADED && kp_sw_n(&c->now, KP_PMU_STATUS_SET, true);
}

/* A load is whole when the vendor's last write is there. */
static bool is_load(struct kp_sw_cpu *c)
{
	if (c->state != KP_SW_BRACKET || !touched_counters(&c->now))
		return false;
	if (kp_sw_n(&c->now, KP_PMU_GLOBAL_CTRL_LOADED, true))
		return kp_sw_n(&c->now, KP_PMU_STATUS_SET, true) &&
		       kp_sw_n(&c->now, KP_PMU_GLOBAL_CTRL_LOADED, true) > 1;
	return kp_sw_n(&c->now, KP_PMU_FIXED_CTRL, true);
}

/* ---- register accesses ---- */

/* A write of GLOBAL_CTRL inside a bracket ends it, unless it is a load's last write. */
static void bracket_global_ctrl(struct kp_sw *s, struct kp_sw_cpu *c, const struct kp_event *ev)
{
	if (is_load_tail(c, ev)) {
		note_access(c, ev);
		return;
	}
	if (ev->value)
		note_access(c, ev);
	if (c->after_put && c->thread && ev->value) {
		phase_end(s, c, KP_SWITCH_HOST_IN, &c->now, c->begin_ns, phase_ns(c));
		c->has_out = false;
	} else {
		c->out = c->now;
		c->out_begin_ns = c->begin_ns;
		c->out_ns = phase_ns(c);
		c->has_out = true;
	}
	c->state = KP_SW_HOST;
	if (!ev->value)
		bracket_open(c, ev);
}

static void put_end(struct kp_sw *s, struct kp_sw_cpu *c)
{
	if (c->thread)
		phase_end(s, c, KP_SWITCH_PUT, &c->now, c->begin_ns, phase_ns(c));
	c->state = KP_SW_HOST;
	c->has_out = false;
	c->just_put = true;
}

/* GLOBAL_CTRL again: host events in. AMD's put begins with it, Intel's has none. */
static void on_put_access(struct kp_sw *s, struct kp_sw_cpu *c, const struct kp_event *ev)
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
static void on_exited_access(struct kp_sw_cpu *c, const struct kp_event *ev)
{
	if (ev->kind == KP_EV_HOST_WRMSR && ev->extra == KP_PMU_GLOBAL_CTRL) {
		c->just_put = true;
		bracket_open(c, ev);
	} else {
		phase_open(c, KP_SW_PUT, ev);
	}
}

/* The few values that the host gives LVTPC; what exceeds the table is counted in its last row. */
static void note_lvtpc(struct kp_sw *s, const struct kp_event *ev)
{
	size_t i = 0;

	while (i < s->nr_lvtpc && s->lvtpc[i].value != ev->value)
		i++;
	if (i == s->nr_lvtpc && s->nr_lvtpc < KP_SW_LVTPC_MAX)
		s->lvtpc[s->nr_lvtpc++].value = ev->value;
	if (i == KP_SW_LVTPC_MAX)
		s->lvtpc[--i].other = true;
	s->lvtpc[i].count++;
}

/* The status register as a put reads it tells which counters overflowed. */
static int on_status(struct kp_sw *s, struct kp_sw_cpu *c, const struct kp_in *in)
{
	const bool put = c->state == KP_SW_PUT && c->thread && in->ev->kind == KP_EV_HOST_RDMSR;

	return put ? kp_model_pass(s->sums.m, &kp_analysis_pmi, in, c->th) : 0;
}

/* To a part of the PMU. 0 or -ENOMEM */
static int on_access(struct kp_sw *s, struct kp_sw_cpu *c, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	bool ctrl_write = ev->kind == KP_EV_HOST_WRMSR && is_global_ctrl(ev);

	s->kinds |= KP_BIT64(ev->kind);
	if (KP_UNLIKELY(ev->extra == KP_PMU_LVTPC && ev->kind == KP_EV_HOST_WRMSR))
		note_lvtpc(s, ev);
	switch (c->state) {
	case KP_SW_HOST:
		if (ctrl_write && !ev->value) {
			bracket_open(c, ev);
		} else {
			c->has_out = false;
			c->just_put = false;
		}
		break;
	case KP_SW_BRACKET:
		if (ctrl_write)
			bracket_global_ctrl(s, c, ev);
		else
			note_access(c, ev);
		break;
	case KP_SW_GUEST:
		break; /* AMD reads GLOBAL_CTRL before it traces the exit: the guest's own */
	case KP_SW_EXITED:
		on_exited_access(c, ev);
		break;
	case KP_SW_PUT:
		on_put_access(s, c, ev);
		break;
	}
	return ev->extra == KP_PMU_STATUS ? on_status(s, c, in) : 0;
}

/*
 * Accesses that happen inside a load, a put or perf's own work and neither begin nor end any of
 * them: parts of the PMU, by state.
 */
static const uint32_t inside[] = {
	[KP_SW_HOST] = 0,   [KP_SW_BRACKET] = INSIDE, [KP_SW_GUEST] = 0,
	[KP_SW_EXITED] = 0, [KP_SW_PUT] = INSIDE,
};

int kp_sw_accesses(struct kp_sw *s, struct kp_notes *notes, const struct kp_event *ev,
		   const struct kp_event *end, size_t *nr)
{
	struct kp_in in = { .ev = ev, .in_time = true, .in_cpu = true };
	const struct kp_event *const first = ev;
	struct kp_sw_cpu *c;
	uint64_t kinds = 0;
	int err = 0;

	for (; ev < end && (KP_SW_ACCESS_KINDS & KP_BIT64(ev->kind)) && !err; ev++) {
		if (KP_UNLIKELY(!kp_event_has(ev, KP_HAS_CPU | KP_NOTES_NEED) ||
				ev->cpu >= s->cpus.nr || !kp_notes_add(notes, ev)))
			break;
		c = &s->cpus.at[ev->cpu];
		if (KP_LIKELY(ev->extra < KP_PMU_PARTS && inside[c->state] >> ev->extra & 1)) {
			note_access(c, ev);
			kinds |= KP_BIT64(ev->kind);
		} else if (ev->extra - 1 < KP_PMU_PARTS - 1) {
			in.ev = ev;
			err = on_access(s, c, &in);
		}
	}
	s->kinds |= kinds;
	*nr = (size_t)(ev - first);
	return err;
}

/* ---- entries and exits ---- */

static int window_open(struct kp_sw *s, struct kp_sw_cpu *c, const struct kp_in *in)
{
	struct kp_sw_thread *t = in->priv;
	struct kp_sw_pair *p;

	if (c->th != in->th || c->pair == KP_KEYMAP_NONE)
		c->pair = kp_sw_pair_find(&s->sums, in->th, in->ev->cpu);
	if (c->pair == KP_KEYMAP_NONE)
		return -ENOMEM;
	c->th = in->th;
	c->thread = t;
	phase_end(s, c, KP_SWITCH_LOAD, &c->now, c->begin_ns, phase_ns(c));
	if (c->has_out)
		phase_end(s, c, KP_SWITCH_HOST_OUT, &c->out, c->out_begin_ns, c->out_ns);
	p = &s->sums.pairs.at[c->pair];
	p->windows++;
	p->windows_l2 += t->in_l2;
	s->seen = true;
	return 0;
}

/* The exit before is handled: its time ends where the guest runs again, on whatever CPU. */
static int exit_handled(struct kp_sw *s, struct kp_sw_cpu *c, const struct kp_event *ev)
{
	struct kp_sw_thread *t = c->thread;
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

static int entered(struct kp_sw *s, struct kp_sw_cpu *c, const struct kp_event *ev)
{
	int err = exit_handled(s, c, ev);
	struct kp_sw_pair *p = &s->sums.pairs.at[c->pair];

	c->thread->exited = false;
	c->entry_ns = ev->time_ns;
	p->entries++;
	p->entries_l2 += c->thread->in_l2;
	return err;
}

static int on_kvm_entry(struct kp_sw *s, struct kp_sw_cpu *c, const struct kp_in *in)
{
	bool wanted = kp_sw_wanted(in);
	int err = 0;

	if (c->state == KP_SW_PUT)
		put_end(s, c);
	if (c->state == KP_SW_GUEST || c->state == KP_SW_EXITED) {
		c->state = KP_SW_GUEST; /* the fast path went round */
	} else if (is_load(c)) {
		c->thread = NULL;
		if (wanted)
			err = window_open(s, c, in);
		c->state = KP_SW_GUEST;
	} else {
		s->entries_without += wanted;
		c->thread = NULL;
		c->state = KP_SW_HOST;
	}
	c->has_out = c->just_put = false;
	return c->thread && !err ? entered(s, c, in->ev) : err;
}

static void on_kvm_exit(struct kp_sw *s, struct kp_sw_cpu *c, const struct kp_event *ev)
{
	struct kp_sw_thread *t = c->thread;

	if (c->state != KP_SW_GUEST)
		return;
	c->state = KP_SW_EXITED;
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
	struct kp_sw_thread *t = in->priv;

	if (!t)
		return 0;
	if (in->ev->kind == KP_EV_NESTED_EXIT)
		t->exit_l2 = true;
	t->in_l2 = in->ev->kind != KP_EV_NESTED_INJ;
	return 0;
}

/* What was under way is cut: it may lack accesses, an exit, or a whole window. */
static void cut(struct kp_sw *s, struct kp_sw_cpu *c)
{
	s->broken += c->state == KP_SW_GUEST || c->state == KP_SW_EXITED || c->state == KP_SW_PUT;
	c->state = KP_SW_HOST;
	c->has_out = c->just_put = false;
	c->thread = NULL;
}

static void on_lost(struct kp_sw *s, const struct kp_event *ev)
{
	struct kp_sw_cpu *c;

	s->losses++;
	kp_vec_for_each (c, &s->cpus)
		if (!(ev->valid & KP_HAS_CPU) || c == &s->cpus.at[0] + ev->cpu)
			cut(s, c);
}

static void on_other(struct kp_sw *s, struct kp_sw_cpu *c)
{
	if (c->state == KP_SW_PUT)
		put_end(s, c);
	else if (c->state == KP_SW_BRACKET)
		c->state = KP_SW_HOST;
	c->has_out = c->just_put = false;
}

static int sw_on_access(void *state, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	struct kp_sw *s = state;
	struct kp_sw_cpu *c;
	int err;

	if (ev->extra - 1 >= KP_PMU_PARTS - 1) /* KP_PMU_NONE */
		return 0;
	err = cpu_of(s, ev, &c);
	if (KP_UNLIKELY(!c))
		return err;
	return on_access(s, c, in);
}

int kp_sw_entry_seen(struct kp_sw *s, const struct kp_in *in)
{
	struct kp_sw_cpu *c;
	int err = cpu_of(s, in->ev, &c);

	return c ? on_kvm_entry(s, c, in) : err;
}

int kp_sw_exit_seen(struct kp_sw *s, const struct kp_in *in)
{
	struct kp_sw_cpu *c;
	int err = cpu_of(s, in->ev, &c);

	if (c)
		on_kvm_exit(s, c, in->ev);
	return err;
}

/* Until there are register accesses, what is left to know are whole windows. */
static int sw_on_entry(void *state, const struct kp_in *in)
{
	struct kp_sw_thread *t = in->priv;
	struct kp_sw *s = state;

	if (s->kinds)
		return kp_sw_entry_seen(s, in);
	if (kp_sw_wanted(in))
		kp_sw_wins_entry(&s->wins, &t->win, in->ev);
	return 0;
}

static int sw_on_exit(void *state, const struct kp_in *in)
{
	struct kp_sw_thread *t = in->priv;
	struct kp_sw *s = state;

	if (s->kinds)
		return kp_sw_exit_seen(s, in);
	if (kp_sw_wanted(in))
		kp_sw_wins_exit(&t->win, in->ev);
	return 0;
}

static int sw_on_switch(struct kp_sw *s, const struct kp_in *in)
{
	struct kp_sw_thread *t = in->priv;

	if (s->kinds)
		return kp_sw_wins_count(&s->wins, in);
	return t ? kp_sw_wins_add(&s->wins, &s->sums, &t->win, in) : 0;
}

static int sw_add(void *state, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	struct kp_sw *s = state;
	struct kp_sw_cpu *c;
	int err;

	if (KP_UNLIKELY(NESTED_KINDS & KP_BIT64(ev->kind)))
		return on_nested(in);
	if (ev->kind == KP_EV_SWITCH)
		return sw_on_switch(s, in);
	if (!s->kinds)
		return 0;
	if (KP_UNLIKELY(ev->kind == KP_EV_LOST || ev->kind == KP_EV_LOST_SAMPLES)) {
		on_lost(s, ev);
		return 0;
	}
	err = cpu_of(s, ev, &c);
	if (c)
		on_other(s, c);
	return err;
}

bool kp_switch_in_window(struct kp_model *m, uint32_t cpu)
{
	const struct kp_sw *s = kp_model_state(m, &kp_analysis_switch);
	enum kp_sw_state state = cpu < s->cpus.nr ? s->cpus.at[cpu].state : KP_SW_HOST;

	return state == KP_SW_GUEST || state == KP_SW_EXITED || state == KP_SW_PUT;
}

const struct kp_analysis kp_analysis_switch = {
	.name = "switch",
	.kinds = KP_BIT64(KP_EV_ENTRY) | KP_BIT64(KP_EV_EXIT) | KP_SW_ACCESS_KINDS | NESTED_KINDS |
		 OTHER_KINDS | KP_BIT64(KP_EV_SWITCH) | KP_BIT64(KP_EV_LOST) |
		 KP_BIT64(KP_EV_LOST_SAMPLES),
	.unfiltered = true,
	.thread_size = sizeof(struct kp_sw_thread),
	.new = sw_new,
	.add = sw_add,
	.on = { { KP_BIT64(KP_EV_HOST_RDMSR), sw_on_access },
		{ KP_BIT64(KP_EV_HOST_WRMSR), sw_on_access },
		{ KP_BIT64(KP_EV_HOST_RDPMC), sw_on_access },
		{ KP_BIT64(KP_EV_ENTRY), sw_on_entry },
		{ KP_BIT64(KP_EV_EXIT), sw_on_exit } },
	.threadless = KP_SW_ACCESS_KINDS,
	.snap = kp_sw_snap,
	.snap_free = kp_sw_snap_free,
	.free = sw_free,
};
