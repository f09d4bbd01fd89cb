// SPDX-License-Identifier: GPL-2.0-only
/*
 * counters.c - the PMU of each vCPU as intercepted register accesses (kvm_msr, kvm_sys_access)
 * leave it: which event each counter was given, with which filters, enabled or not, and the
 * sampling period that its start value means. What was never seen stays unknown. Touches only
 * memory.
 */
#include "analysis.h"

#define GENERAL_NR 32
#define FIXED_NR   16
#define SLOTS_NR   (GENERAL_NR + FIXED_NR)

/* The same bound as the model's threads: each takes some 3 kB. */
#define VCPUS_MAX 16384
#define ROLES_MAX 4096 /* registers whose part is remembered; a guest may try any number */

/* @selector: as it is; @programmed: the last one that was not zero */
struct slot {
	uint64_t selector, programmed, value, period;
	uint64_t selector_writes, value_writes, value_reads;
	bool has_selector, has_value, has_period;
};

/* One vCPU thread. @enable: arm64 PMCNTENSET/CLR, and which bits of it are known. */
struct vcpu {
	uint32_t vm, tid, vcpu;
	bool has_vcpu;
	bool has_global, has_control, has_select;
	uint64_t global, enable, enable_known;
	bool control;
	uint8_t select;
	uint64_t control_accesses; /* of counters and global control */
	struct slot slots[SLOTS_NR];
};

struct counters {
	struct kp_model *m;
	struct kp_hash roles;
	struct kp_keymap by_thread;
	KP_VEC(struct vcpu *) vcpus;
};

static int counters_new(struct kp_model *m, void **state)
{
	struct counters *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->m = m;
	*state = c;
	return 0;
}

static void counters_free(void *state)
{
	struct counters *c = state;
	size_t i;

	for (i = 0; i < c->vcpus.nr; i++)
		free(c->vcpus.at[i]);
	kp_vec_free(&c->vcpus);
	kp_hash_free(&c->roles);
	kp_keymap_free(&c->by_thread);
	free(c);
}

/* Asked once per register: most of what guests write is no PMU's. */
static bool find_role(struct counters *c, uint32_t reg, struct kp_reg_part *part)
{
	const struct kp_model_opts *opts = kp_model_opts(c->m);
	uint64_t *known = kp_hash_get(&c->roles, reg);
	bool has;

	if (known) {
		*part = (struct kp_reg_part){ .role = (uint8_t)*known,
					      .index = (uint8_t)(*known >> 8),
					      .width = (uint8_t)(*known >> 16) };
		return part->role;
	}
	has = opts->reg_role(opts->ctx, reg, part);
	if (!has)
		*part = (struct kp_reg_part){ 0 };
	/* what does not fit is asked again: bounded, and no error */
	if (c->roles.nr < ROLES_MAX)
		kp_hash_put(&c->roles, reg,
			    part->role | (uint64_t)part->index << 8 | (uint64_t)part->width << 16);
	return has;
}

static struct vcpu *find_vcpu(struct counters *c, const struct kp_in *in, int *err)
{
	struct kp_key key = { .a = in->ev->pid, .b = in->ev->tid };
	uint32_t row = kp_keymap_find(&c->by_thread, key);
	struct vcpu *v;

	*err = 0;
	if (row != KP_KEYMAP_NONE)
		return c->vcpus.at[row];
	if (c->vcpus.nr >= VCPUS_MAX)
		return NULL;
	v = calloc(1, sizeof(*v));
	if (!v || kp_vec_reserve(&c->vcpus, 1) ||
	    kp_keymap_add(&c->by_thread, key) == KP_KEYMAP_NONE) {
		free(v);
		*err = -ENOMEM;
		return NULL;
	}
	v->vm = in->ev->pid;
	v->tid = in->ev->tid;
	c->vcpus.at[c->vcpus.nr++] = v;
	return v;
}

/* ---- what accesses mean ---- */

/*
 * A start value whose highest bit is set counts up to the overflow: that is how every driver sets a
 * period. The largest period there is means that nothing is sampled, only counted (linux:
 * arch/x86/events/core.c, x86_perf_event_set_period(); drivers/perf/arm_pmu.c). A counter that is
 * put away is often set to zero: its period stays the last one.
 */
static void set_value(struct slot *s, uint64_t value, unsigned int width)
{
	uint64_t mask = width >= 64 ? UINT64_MAX : KP_BIT64(width) - 1, left = (0 - value) & mask;

	s->has_value = true;
	s->value = value;
	s->value_writes++;
	if (!(value & mask))
		return;
	s->has_period = left <= mask >> 1 && left != mask >> 1 && left != INT32_MAX;
	s->period = left;
}

static void access_counter(struct slot *s, const struct kp_event *ev, unsigned int width)
{
	bool has = ev->valid & KP_HAS_VALUE;

	if (!(ev->flags & KP_F_WRITE)) {
		s->value_reads++;
		if (has) {
			s->has_value = true;
			s->value = ev->value;
		}
	} else if (has) {
		set_value(s, ev->value, width);
	} else {
		s->value_writes++;
		s->has_value = s->has_period = false;
	}
}

static void set_selector(struct slot *s, const struct kp_event *ev, uint64_t value)
{
	s->selector_writes++;
	s->has_selector = ev->valid & KP_HAS_VALUE;
	s->selector = value;
	if (value)
		s->programmed = value;
}

/* FIXED_CTR_CTRL: four bits a counter (SDM 20.2.2) */
static void set_fixed(struct vcpu *v, const struct kp_event *ev)
{
	unsigned int i;
	struct slot *s;

	for (i = 0; i < FIXED_NR / 2; i++) {
		s = &v->slots[GENERAL_NR + i];
		if (!(ev->value >> 4 * i & 0xf) && !s->selector_writes)
			continue;
		set_selector(s, ev, ev->value >> 4 * i & 0xf);
	}
}

static void set_enable(struct vcpu *v, const struct kp_event *ev, bool on)
{
	if (!(ev->valid & KP_HAS_VALUE))
		return;
	v->enable_known |= ev->value;
	if (on)
		v->enable |= ev->value;
	else
		v->enable &= ~ev->value;
}

static struct slot *general(struct vcpu *v, unsigned int index)
{
	return index < GENERAL_NR ? &v->slots[index] : NULL;
}

/* PMXEV*: the counter that PMSELR chose; 31 is the cycle counter (Arm ARM, D24.5.11) */
static struct slot *selected(struct vcpu *v)
{
	if (!v->has_select)
		return NULL;
	return v->select == 31 ? &v->slots[GENERAL_NR] : general(v, v->select);
}

static void write_control(struct vcpu *v, const struct kp_event *ev, unsigned int role)
{
	bool has = ev->valid & KP_HAS_VALUE;

	switch (role) {
	case KP_REG_GLOBAL_CTRL:
		v->has_global = has;
		v->global = ev->value;
		break;
	case KP_REG_ENABLE_SET:
	case KP_REG_ENABLE_CLEAR:
		set_enable(v, ev, role == KP_REG_ENABLE_SET);
		break;
	case KP_REG_CONTROL:
		v->has_control = has;
		v->control = ev->value & 1;
		break;
	case KP_REG_SELECT:
		v->has_select = has;
		v->select = ev->value & 31;
		break;
	}
}

/* A read tells what it was set to before anybody looked. */
static void access_selector(struct slot *s, const struct kp_event *ev)
{
	if (!s)
		return;
	if (ev->flags & KP_F_WRITE) {
		set_selector(s, ev, ev->value);
	} else if (ev->valid & KP_HAS_VALUE && ev->value && !s->has_selector) {
		s->has_selector = true;
		s->selector = s->programmed = ev->value;
	}
}

static void access_reg(struct vcpu *v, const struct kp_event *ev, const struct kp_reg_part *p)
{
	struct slot *s;

	switch (p->role) {
	case KP_REG_EVTSEL:
		access_selector(general(v, p->index), ev);
		return;
	case KP_REG_EVTSEL_SELECTED:
		access_selector(selected(v), ev);
		return;
	case KP_REG_FIXED_CTRL:
		if (ev->kind == KP_EV_SYSREG)
			access_selector(&v->slots[GENERAL_NR], ev);
		else if (ev->flags & KP_F_WRITE)
			set_fixed(v, ev);
		return;
	case KP_REG_COUNTER:
		s = general(v, p->index);
		break;
	case KP_REG_COUNTER_SELECTED:
		s = selected(v);
		break;
	case KP_REG_FIXED_COUNTER:
		s = p->index < FIXED_NR ? &v->slots[GENERAL_NR + p->index] : NULL;
		break;
	default:
		v->control_accesses += p->role == KP_REG_GLOBAL_CTRL;
		if (ev->flags & KP_F_WRITE)
			write_control(v, ev, p->role);
		return;
	}
	v->control_accesses++;
	if (s)
		access_counter(s, ev, p->width);
}

/* Follows all of the recording: what a counter is set to was often set before the time shown. */
static int counters_add(void *state, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	struct counters *c = state;
	struct kp_reg_part part;
	struct vcpu *v;
	int err;

	if (!kp_event_has(ev, KP_HAS_CODE | KP_HAS_TID) || ev->flags & KP_F_FAULT ||
	    !find_role(c, ev->code, &part))
		return 0;
	v = find_vcpu(c, in, &err);
	if (!v)
		return err;
	if (in->th && in->th->has_vcpu) {
		v->has_vcpu = true;
		v->vcpu = in->th->vcpu;
	}
	access_reg(v, ev, &part);
	return 0;
}

static bool counters_idle(const struct kp_model_opts *opts)
{
	return !opts->reg_role;
}

/* ---- snapshot ---- */

static bool touched(const struct slot *s)
{
	return s->selector_writes || s->value_writes || s->value_reads || s->has_selector;
}

/* x86: EN of a selector, two bits of a fixed counter. arm64: what PMCNTENSET said. */
static void enabled(const struct vcpu *v, unsigned int i, struct kp_snap_counter *out)
{
	unsigned int bit = i < GENERAL_NR ? i : 31;
	bool arm64 = v->enable_known || v->has_control;

	if (arm64) {
		out->has_enabled = v->enable_known >> bit & 1;
		out->enabled = v->enable >> bit & 1;
		out->has_global = v->has_control;
		out->global = v->control;
		return;
	}
	out->has_enabled = out->has_selector;
	out->enabled = out->fixed ? v->slots[i].selector & 3 : v->slots[i].selector >> 22 & 1;
	out->has_global = v->has_global;
	out->global = v->global >> (i < GENERAL_NR ? i : 32 + (i - GENERAL_NR)) & 1;
}

static struct kp_snap_counter row_of(const struct vcpu *v, unsigned int i)
{
	const struct slot *s = &v->slots[i];
	struct kp_snap_counter out = {
		.vm = v->vm,
		.tid = v->tid,
		.vcpu = v->vcpu,
		.has_vcpu = v->has_vcpu,
		.fixed = i >= GENERAL_NR,
		.index = (uint8_t)(i >= GENERAL_NR ? i - GENERAL_NR : i),
		.has_selector = s->has_selector,
		.has_period = s->has_period,
		.has_value = s->has_value,
		.selector = s->programmed,
		.period = s->period,
		.value = s->value,
		.selector_writes = s->selector_writes,
		.value_writes = s->value_writes,
		.value_reads = s->value_reads,
		.direct = !v->control_accesses,
	};

	enabled(v, i, &out);
	return out;
}

static int cmp_counter(const void *a, const void *b)
{
	const struct kp_snap_counter *x = a, *y = b;

	if (x->vm != y->vm)
		return x->vm < y->vm ? -1 : 1;
	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	if (x->fixed != y->fixed)
		return (int)x->fixed - (int)y->fixed;
	return (int)x->index - (int)y->index;
}

static int counters_snap(void *state, struct kp_snap *snap)
{
	struct counters *c = state;
	struct kp_snap_counter *out;
	unsigned int i;
	size_t v;

	snap->counters = out = kp_snap_array(c->vcpus.nr * SLOTS_NR, sizeof(*out));
	if (!out)
		return -ENOMEM;
	for (v = 0; v < c->vcpus.nr; v++)
		for (i = 0; i < SLOTS_NR; i++)
			if (touched(&c->vcpus.at[v]->slots[i]))
				*out++ = row_of(c->vcpus.at[v], i);
	snap->nr_counters = (size_t)(out - snap->counters);
	qsort(snap->counters, snap->nr_counters, sizeof(*out), cmp_counter);
	return 0;
}

static void counters_snap_free(struct kp_snap *snap)
{
	free(snap->counters);
}

const struct kp_analysis kp_analysis_counters = {
	.name = "counters",
	.kinds = KP_BIT64(KP_EV_MSR) | KP_BIT64(KP_EV_SYSREG),
	.idle = counters_idle,
	.new = counters_new,
	.add = counters_add,
	.snap = counters_snap,
	.snap_free = counters_snap_free,
	.free = counters_free,
};
