// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_cpus.c - what each host CPU did, tick by tick. Events tell of guests and of switches to the
 * nanosecond, /proc/stat of idle time to the clock tick. Touches only memory.
 */
#include <stdlib.h>
#include <string.h>

#include "top_frame.h"

/* Switching is worth a cell of its own long before it is what a CPU mostly does. */
#define SWITCH_SHARE 10

static const struct kp_snap_cpu *find_snap(const struct kp_snap *s, uint32_t cpu)
{
	static const struct kp_snap_cpu none;
	size_t i;

	for (i = 0; s && i < s->nr_cpus; i++)
		if (s->cpus[i].cpu == cpu)
			return &s->cpus[i];
	return &none;
}

static const struct kp_host_cpu_activity *find_act(const struct kp_host_activity *a, uint32_t cpu)
{
	static const struct kp_host_cpu_activity none;
	size_t i;

	for (i = 0; a && i < a->nr_cpus; i++)
		if (a->cpus[i].cpu == cpu)
			return &a->cpus[i];
	return &none;
}

/* All phases together: host events out, load, put, host events in. */
static uint64_t switch_ns(const struct kp_snap *s, uint32_t cpu)
{
	const struct kp_snap_switch *w;
	size_t i;

	for (i = 0; s && i < s->switches.nr_cpus; i++) {
		w = &s->switches.cpus[i];
		if (w->cpu == cpu)
			return w->phase[KP_SWITCH_HOST_OUT].total_ns +
			       w->phase[KP_SWITCH_LOAD].total_ns +
			       w->phase[KP_SWITCH_PUT].total_ns +
			       w->phase[KP_SWITCH_HOST_IN].total_ns;
	}
	return 0;
}

static uint64_t owned_ns(const struct kp_snap *s, uint32_t cpu)
{
	size_t i;

	for (i = 0; s && i < s->switches.nr_cpus; i++)
		if (s->switches.cpus[i].cpu == cpu)
			return s->switches.cpus[i].guest_ns;
	return 0;
}

static void fill_switch(const struct kp_cpus_in *in, uint32_t cpu, struct kp_frame_cpu *c)
{
	bool known = in->snap && in->snap->switches.nr_cpus;

	c->owned_ns = kp_num_of(known, owned_ns(in->snap, cpu), owned_ns(in->prev, cpu),
				owned_ns(in->base, cpu));

	c->switch_ns = kp_num_of(known, switch_ns(in->snap, cpu), switch_ns(in->prev, cpu),
				 switch_ns(in->base, cpu));
}

uint8_t kp_cell_of(const struct kp_frame_cpu *c, uint64_t wall_ns)
{
	const struct {
		enum kp_cell what;
		uint64_t ns;
	} shares[] = {
		{ c->owned_ns.tick * 2 > c->guest_ns.tick ? KP_CELL_OWNER : KP_CELL_GUEST,
		  c->guest_ns.tick },
		{ KP_CELL_HOST, c->host_ns.tick },
		{ KP_CELL_IDLE, c->idle_ns.tick },
	};
	uint64_t quarters;
	size_t i, best = 0;

	if (!wall_ns)
		return KP_CELL_NONE;
	if (c->switch_ns.tick && c->switch_ns.tick >= wall_ns / SWITCH_SHARE)
		return KP_CELL(KP_CELL_SWITCH, kp_min_u64(4, 1 + c->switch_ns.tick * 4 / wall_ns));
	for (i = 1; i < KP_ARRAY_SIZE(shares); i++)
		if (shares[i].ns > shares[best].ns)
			best = i;
	/* less than a thousandth of what is known is as good as nothing */
	if (shares[best].ns * 1000 < wall_ns)
		return KP_CELL_NONE;
	quarters = kp_min_u64(4, 1 + shares[best].ns * 4 / wall_ns);
	return KP_CELL(shares[best].what, quarters);
}

static void fill_interrupts(const struct kp_cpus_in *in, uint32_t cpu, struct kp_frame_cpu *c)
{
	const struct kp_host_cpu_activity *a = find_act(in->act, cpu);
	const struct kp_host_cpu_activity *p = find_act(in->prev_act, cpu);
	const struct kp_host_cpu_activity *b = find_act(in->base_act, cpu);
	const struct kp_snap_cpu *s = find_snap(in->snap, cpu);

	if (in->act && in->prev_act) {
		c->nmis = kp_num_of(in->act->has_nmis, a->nmis, p->nmis, b->nmis);
		c->pmis = kp_num_of(in->act->has_pmis, a->pmis, p->pmis, b->pmis);
		c->vpmis = kp_num_of(in->act->has_vpmis, a->vpmis, p->vpmis, b->vpmis);
	} else if (!in->act) {
		c->nmis = kp_num_of(s->has_nmis, s->nmis, find_snap(in->prev, cpu)->nmis,
				    find_snap(in->base, cpu)->nmis);
		c->pmis = kp_num_of(s->has_pmis, s->pmis, find_snap(in->prev, cpu)->pmis,
				    find_snap(in->base, cpu)->pmis);
	}
}

/* Guest time of /proc/stat counts only where the kernel keeps it: software KVM does not. */
static void fill_guest(const struct kp_cpus_in *in, uint32_t cpu, struct kp_frame_cpu *c)
{
	const struct kp_snap_cpu *s = find_snap(in->snap, cpu);
	const struct kp_host_cpu_activity *a = find_act(in->act, cpu);

	if (s->has_times)
		c->guest_ns = kp_num_of(true, s->guest_ns, find_snap(in->prev, cpu)->guest_ns,
					find_snap(in->base, cpu)->guest_ns);
	else if (a->has_times && in->prev_act && a->guest_ns &&
		 !(in->snap && in->snap->pairing == KP_PAIR_USERSPACE))
		c->guest_ns = kp_num_of(true, a->guest_ns, find_act(in->prev_act, cpu)->guest_ns,
					find_act(in->base_act, cpu)->guest_ns);
}

/* Both are read in steps of the clock tick: no CPU was idle for longer than there was time. */
static void bound(const struct kp_cpus_in *in, struct kp_num *n)
{
	n->tick = kp_min_u64(n->tick, in->wall_ns);
	n->total = kp_min_u64(n->total, in->since_ns);
}

static void fill_idle(const struct kp_cpus_in *in, uint32_t cpu, struct kp_frame_cpu *c)
{
	const struct kp_snap_cpu *s = find_snap(in->snap, cpu), *p = find_snap(in->prev, cpu);
	const struct kp_snap_cpu *b = find_snap(in->base, cpu);
	const struct kp_host_cpu_activity *a = find_act(in->act, cpu);

	if (a->has_times && in->prev_act)
		c->idle_ns = kp_num_of(true, a->idle_ns, find_act(in->prev_act, cpu)->idle_ns,
				       find_act(in->base_act, cpu)->idle_ns);
	else if (s->has_idle)
		c->idle_ns = kp_num_of(true, s->idle_ns, p->idle_ns, b->idle_ns);
	else if (s->has_times)
		c->idle_ns = kp_num_of(true, s->halt_ns, p->halt_ns, b->halt_ns);
	bound(in, &c->idle_ns);
}

static uint64_t rest(uint64_t whole, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t sum = a + b + c;

	return whole > sum ? whole - sum : 0;
}

/* What is left where idle time is known, else what handled exits, without the switches in it. */
static void fill_host(const struct kp_cpus_in *in, uint32_t cpu, struct kp_frame_cpu *c)
{
	const struct kp_snap_cpu *s = find_snap(in->snap, cpu), *p = find_snap(in->prev, cpu);
	const struct kp_snap_cpu *b = find_snap(in->base, cpu);
	bool idle_is_all = s->has_idle || (find_act(in->act, cpu)->has_times && in->prev_act);

	if (idle_is_all) {
		c->host_ns.known = true;
		c->host_ns.tick =
			rest(in->wall_ns, c->guest_ns.tick, c->switch_ns.tick, c->idle_ns.tick);
		c->host_ns.total =
			rest(in->since_ns, c->guest_ns.total, c->switch_ns.total, c->idle_ns.total);
	} else if (s->has_times) {
		c->host_ns = kp_num_of(true, s->handling_ns, p->handling_ns, b->handling_ns);
		c->host_ns.tick = rest(c->host_ns.tick, c->switch_ns.tick, 0, 0);
		c->host_ns.total = rest(c->host_ns.total, c->switch_ns.total, 0, 0);
	}
}

static struct kp_strip *strip_of(struct kp_strips *strips, uint32_t cpu)
{
	const struct kp_strip fresh = { .cpu = cpu };
	struct kp_strip *s;

	kp_vec_for_each (s, &strips->at)
		if (s->cpu == cpu)
			return s;
	if (kp_vec_push(&strips->at, fresh))
		return NULL;
	return &strips->at.at[strips->at.nr - 1];
}

static int cmp_cpu(const void *a, const void *b)
{
	const struct kp_frame_cpu *x = a, *y = b;

	return x->cpu < y->cpu ? -1 : x->cpu > y->cpu;
}

/* CPUs that have gone offline keep their strip until it is empty. */
static void advance(struct kp_strips *strips)
{
	struct kp_strip *s;

	if (strips->nr_cells < KP_STRIP_CELLS) {
		strips->nr_cells++;
	} else {
		kp_vec_for_each (s, &strips->at)
			memmove(s->cells, s->cells + 1, KP_STRIP_CELLS - 1);
	}
	kp_vec_for_each (s, &strips->at) {
		s->cells[strips->nr_cells - 1] = KP_CELL_NONE;
		s->now = false;
	}
}

static int add_cpu(struct kp_strips *strips, uint32_t cpu)
{
	struct kp_strip *s = strip_of(strips, cpu);

	if (!s)
		return -ENOMEM;
	s->now = true;
	return 0;
}

static bool shows_anything(const struct kp_strips *strips, const struct kp_strip *s)
{
	unsigned int i;

	for (i = 0; i < strips->nr_cells; i++)
		if (s->cells[i] != KP_CELL_NONE)
			return true;
	return s->now;
}

int kp_cpus_fill(struct kp_strips *strips, const struct kp_cpus_in *in, struct kp_frame *f)
{
	struct kp_frame_cpu *c;
	struct kp_strip *s;
	size_t i;
	int err = 0;

	advance(strips);
	for (i = 0; in->act && i < in->act->nr_cpus && !err; i++)
		err = add_cpu(strips, in->act->cpus[i].cpu);
	for (i = 0; in->snap && i < in->snap->nr_cpus && !err; i++)
		err = add_cpu(strips, in->snap->cpus[i].cpu);
	c = f->cpus = calloc(strips->at.nr + 1, sizeof(*c));
	if (err || !c)
		return -ENOMEM;
	kp_vec_for_each (s, &strips->at) {
		if (!shows_anything(strips, s))
			continue;
		c->cpu = s->cpu;
		if (s->now) {
			fill_interrupts(in, s->cpu, c);
			fill_guest(in, s->cpu, c);
			fill_switch(in, s->cpu, c);
			fill_idle(in, s->cpu, c);
			fill_host(in, s->cpu, c);
			s->cells[strips->nr_cells - 1] = kp_cell_of(c, in->wall_ns);
		}
		memcpy(c->cells, s->cells, sizeof(c->cells));
		c++;
	}
	f->nr_cpus = (size_t)(c - f->cpus);
	f->nr_cells = strips->nr_cells;
	qsort(f->cpus, f->nr_cpus, sizeof(*f->cpus), cmp_cpu);
	return 0;
}
