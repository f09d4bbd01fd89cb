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
 * All of it runs with interrupts off, so one CPU's events tell it whole. A phase lasts from its
 * first access to its last: what the code does around them is not seen.
 */
#include <string.h>

#include "analysis.h"

enum state {
	IN_HOST, /* no switch in sight */
	IN_BRACKET, /* behind GLOBAL_CTRL = 0: perf's own work, or a load */
	IN_GUEST, /* behind the entry */
	IN_EXITED, /* behind the exit: put follows, or the next entry */
	IN_PUT,
};

struct tally {
	uint32_t n[KP_PMU_PARTS][2]; /* [part][write] */
};

/**
 * struct sw_cpu - where a CPU is
 * @begin_ns, @last_ns, @now: the phase that is open: first access, last one, and how many
 * @out_ns, @out: the bracket that ended just before the open one: host events out, if a load
 *	follows; @has_out: there is one
 * @after_put: the open bracket follows a put: host events in
 * @th: vCPU thread in the window
 */
struct sw_cpu {
	enum state state;
	bool has_out, after_put;
	uint64_t begin_ns, last_ns, out_ns;
	struct tally now, out;
	struct sw_thread *th;
};

/** struct sw_thread - a vCPU's part */
struct sw_thread {
	struct kp_dist phase[KP_SWITCH_PHASES];
	uint64_t windows, entries;
	bool seen;
};

struct sw {
	struct kp_model *m;
	struct kp_hist_pool *pool;
	KP_VEC(struct sw_cpu) cpus;
	struct kp_snap_switch_reg regs[KP_SWITCH_PHASES][KP_PMU_PARTS][2];
	uint64_t entries_without;
	bool seen;
};

/* More than any Linux supports: a damaged recording shall not make us allocate. */
#define CPUS_MAX 8192

static int sw_new(struct kp_model *m, void **state)
{
	struct sw *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->m = m;
	s->pool = kp_model_pool(m);
	*state = s;
	return 0;
}

static void sw_free(void *state)
{
	struct sw *s = state;

	kp_vec_free(&s->cpus);
	free(s);
}

static int cpu_of(struct sw *s, const struct kp_event *ev, struct sw_cpu **out)
{
	*out = NULL;
	if (!kp_event_has(ev, KP_HAS_CPU | KP_HAS_TIME) || ev->cpu >= CPUS_MAX)
		return 0;
	while (KP_UNLIKELY(ev->cpu >= s->cpus.nr))
		if (kp_vec_push(&s->cpus, (struct sw_cpu){ 0 }))
			return -ENOMEM;
	*out = &s->cpus.at[ev->cpu];
	return 0;
}

/* ---- phases ---- */

static void phase_end(struct sw *s, struct sw_thread *th, enum kp_switch_phase phase,
		      const struct tally *t, uint64_t ns)
{
	unsigned int part, write;

	kp_dist_add(s->pool, &th->phase[phase], ns);
	for (part = 0; part < KP_PMU_PARTS; part++)
		for (write = 0; write < 2; write++)
			s->regs[phase][part][write].count += t->n[part][write];
}

static void bracket_open(struct sw_cpu *c, const struct kp_event *ev, bool after_put)
{
	c->state = IN_BRACKET;
	c->after_put = after_put;
	c->begin_ns = ev->time_ns;
	memset(&c->now, 0, sizeof(c->now));
}

static void note_access(struct sw_cpu *c, const struct kp_event *ev)
{
	c->now.n[ev->extra][ev->kind == KP_EV_HOST_WRMSR]++;
	c->last_ns = ev->time_ns;
}

static bool is_global_ctrl(const struct kp_event *ev)
{
	return ev->extra == KP_PMU_GLOBAL_CTRL || ev->extra == KP_PMU_GLOBAL_CTRL_LOADED;
}

static bool read_counters(const struct tally *t)
{
	return t->n[KP_PMU_COUNTER][0] || t->n[KP_PMU_FIXED_COUNTER][0];
}

/* On AMD only KVM writes STATUS_SET, and GLOBAL_CTRL right behind it. */
static bool is_load_tail(const struct sw_cpu *c, const struct kp_event *ev)
{
	return ev->extra == KP_PMU_GLOBAL_CTRL_LOADED && c->now.n[KP_PMU_STATUS_SET][1];
}

/* A load is whole when the vendor's last write is there. */
static bool is_load(const struct sw_cpu *c)
{
	if (c->state != IN_BRACKET || !read_counters(&c->now))
		return false;
	if (c->now.n[KP_PMU_GLOBAL_CTRL_LOADED][1])
		return c->now.n[KP_PMU_STATUS_SET][1] && c->now.n[KP_PMU_GLOBAL_CTRL_LOADED][1] > 1;
	return c->now.n[KP_PMU_FIXED_CTRL][1];
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
	if (c->after_put && c->th && ev->value) {
		phase_end(s, c->th, KP_SWITCH_HOST_IN, &c->now, c->last_ns - c->begin_ns);
		c->has_out = false;
	} else {
		c->out = c->now;
		c->out_ns = c->last_ns - c->begin_ns;
		c->has_out = true;
	}
	c->state = IN_HOST;
	if (ev->value)
		return;
	bracket_open(c, ev, false);
	note_access(c, ev);
}

static void put_end(struct sw *s, struct sw_cpu *c)
{
	if (c->th && read_counters(&c->now))
		phase_end(s, c->th, KP_SWITCH_PUT, &c->now, c->last_ns - c->begin_ns);
	c->state = IN_HOST;
	c->has_out = false;
}

static void on_put_access(struct sw *s, struct sw_cpu *c, const struct kp_event *ev)
{
	if (ev->kind != KP_EV_HOST_WRMSR || !is_global_ctrl(ev) || !read_counters(&c->now)) {
		note_access(c, ev);
		return;
	}
	put_end(s, c);
	bracket_open(c, ev, true);
	note_access(c, ev);
}

static void on_access(struct sw *s, struct sw_cpu *c, const struct kp_event *ev)
{
	bool ctrl_write = ev->kind == KP_EV_HOST_WRMSR && is_global_ctrl(ev);

	switch (c->state) {
	case IN_HOST:
		if (ctrl_write && !ev->value) {
			bracket_open(c, ev, false);
			note_access(c, ev);
		} else {
			c->has_out = false;
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
		c->state = IN_PUT;
		c->begin_ns = ev->time_ns;
		memset(&c->now, 0, sizeof(c->now));
		note_access(c, ev);
		break;
	case IN_PUT:
		on_put_access(s, c, ev);
		break;
	}
}

/* ---- entries and exits ---- */

static void window_open(struct sw *s, struct sw_cpu *c, struct sw_thread *th)
{
	phase_end(s, th, KP_SWITCH_LOAD, &c->now, c->last_ns - c->begin_ns);
	if (c->has_out)
		phase_end(s, th, KP_SWITCH_HOST_OUT, &c->out, c->out_ns);
	th->windows++;
	th->seen = true;
	s->seen = true;
	c->th = th;
}

static void on_kvm_entry(struct sw *s, struct sw_cpu *c, const struct kp_in *in)
{
	bool wanted = in->th && !in->th->skip && in->in_time && in->in_cpu;
	struct sw_thread *th = wanted ? in->priv : NULL;

	if (c->state == IN_PUT)
		put_end(s, c);
	if (c->state == IN_GUEST || c->state == IN_EXITED) {
		c->state = IN_GUEST; /* the fast path went round */
	} else if (is_load(c)) {
		c->th = NULL;
		if (th)
			window_open(s, c, th);
		c->state = IN_GUEST;
	} else {
		s->entries_without += wanted;
		c->th = NULL;
		c->state = IN_HOST;
	}
	if (c->th)
		c->th->entries++;
	c->has_out = false;
}

static int sw_add(void *state, const struct kp_in *in)
{
	struct sw *s = state;
	struct sw_cpu *c;
	int err = cpu_of(s, in->ev, &c);

	if (err || !c)
		return err;
	switch (in->ev->kind) {
	case KP_EV_ENTRY:
		on_kvm_entry(s, c, in);
		break;
	case KP_EV_EXIT:
		if (c->state == IN_GUEST)
			c->state = IN_EXITED;
		break;
	default:
		if (in->ev->extra > KP_PMU_NONE && in->ev->extra < KP_PMU_PARTS)
			on_access(s, c, in->ev);
	}
	return 0;
}

/* ---- snapshot ---- */

/*
 * What a load or put would write if nothing were elided: a load each counter that it reads, a put
 * each counter and each general counter's selector.
 */
static void elided(const struct sw *s, struct kp_snap *snap)
{
	const struct kp_snap_switch_reg(*load)[2] = s->regs[KP_SWITCH_LOAD];
	const struct kp_snap_switch_reg(*put)[2] = s->regs[KP_SWITCH_PUT];
	uint64_t worst;

	worst = load[KP_PMU_COUNTER][0].count + load[KP_PMU_FIXED_COUNTER][0].count;
	snap->switches.load_elided =
		worst - kp_min_u64(worst, load[KP_PMU_COUNTER][1].count +
						  load[KP_PMU_FIXED_COUNTER][1].count);
	worst = 2 * put[KP_PMU_COUNTER][0].count + put[KP_PMU_FIXED_COUNTER][0].count;
	snap->switches.put_elided =
		worst - kp_min_u64(worst, put[KP_PMU_COUNTER][1].count +
						  put[KP_PMU_FIXED_COUNTER][1].count +
						  put[KP_PMU_SELECTOR][1].count);
}

static int snap_regs(const struct sw *s, struct kp_snap *snap)
{
	struct kp_snap_switch_reg *out;
	unsigned int phase, part, write;

	out = kp_snap_array(KP_SWITCH_PHASES * KP_PMU_PARTS * 2, sizeof(*out));
	if (!out)
		return -ENOMEM;
	snap->switches.regs = out;
	for (phase = 0; phase < KP_SWITCH_PHASES; phase++)
		for (part = 0; part < KP_PMU_PARTS; part++)
			for (write = 0; write < 2; write++)
				if (s->regs[phase][part][write].count)
					*out++ = (struct kp_snap_switch_reg){
						.phase = (enum kp_switch_phase)phase,
						.part = (enum kp_pmu_part)part,
						.write = write,
						.count = s->regs[phase][part][write].count,
					};
	snap->switches.nr_regs = (size_t)(out - snap->switches.regs);
	return 0;
}

static void snap_vcpu(const struct sw *s, struct kp_thread *th, const struct sw_thread *t,
		      struct kp_snap_switch *out)
{
	unsigned int phase;

	*out = (struct kp_snap_switch){ .vm = th->vm, .tid = th->tid };
	out->has_vcpu = kp_model_vcpu_id(s->m, th, &out->vcpu);
	out->windows = t->windows;
	out->entries = t->entries;
	for (phase = 0; phase < KP_SWITCH_PHASES; phase++)
		kp_dist_stat(s->pool, &t->phase[phase], &out->phase[phase]);
}

static int sw_snap(void *state, struct kp_snap *snap)
{
	const struct sw *s = state;
	struct kp_snap_switch *out;
	struct kp_thread *th;
	size_t i, nr = 0;
	void *priv;
	int err;

	snap->switches.entries_without = s->entries_without;
	if (!s->seen)
		return 0;
	while (kp_model_thread(s->m, nr, &kp_analysis_switch, &priv))
		nr++;
	out = kp_snap_array(nr, sizeof(*out));
	if (!out)
		return -ENOMEM;
	snap->switches.vcpus = out;
	for (i = 0; i < nr; i++) {
		th = kp_model_thread(s->m, i, &kp_analysis_switch, &priv);
		if (((struct sw_thread *)priv)->seen && !th->skip)
			snap_vcpu(s, th, priv, out++);
	}
	snap->switches.nr_vcpus = (size_t)(out - snap->switches.vcpus);
	err = snap_regs(s, snap);
	elided(s, snap);
	return err;
}

static void sw_snap_free(struct kp_snap *snap)
{
	free(snap->switches.vcpus);
	free(snap->switches.regs);
}

const struct kp_analysis kp_analysis_switch = {
	.name = "switch",
	.kinds = KP_BIT64(KP_EV_ENTRY) | KP_BIT64(KP_EV_EXIT) | KP_BIT64(KP_EV_HOST_RDMSR) |
		 KP_BIT64(KP_EV_HOST_WRMSR) | KP_BIT64(KP_EV_HOST_RDPMC),
	.unfiltered = true,
	.thread_size = sizeof(struct sw_thread),
	.new = sw_new,
	.add = sw_add,
	.snap = sw_snap,
	.snap_free = sw_snap_free,
	.free = sw_free,
};
