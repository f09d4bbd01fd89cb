// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_sums.c - from sums that BPF programs keep per vCPU to the rows that the model would have made
 * of the same exits and switches. Touches only memory.
 */
#include "top_sums.h"

#include <stdlib.h>
#include <string.h>

/** struct wanted - the vCPUs to show, and how many exit reasons they have */
struct wanted {
	const struct kp_swagg_vcpu **at;
	size_t nr, nr_reasons;
};

static int choose(struct kp_top_sums *s, const struct kp_swagg_snap *from, struct wanted *w)
{
	const struct kp_swagg_vcpu *v;
	size_t i;

	w->at = calloc(from->nr_vcpus + 1, sizeof(*w->at));
	if (!w->at)
		return -ENOMEM;
	for (i = 0; i < from->nr_vcpus; i++) {
		v = &from->vcpus[i];
		if (s->vm_match && !s->vm_match(s->ctx, v->pid))
			continue;
		w->at[w->nr++] = v;
		w->nr_reasons += v->nr_reasons + v->nr_users;
		s->entries |= v->entries;
		s->users |= v->user_exits;
	}
	return 0;
}

static bool number(const struct kp_top_sums *s, const struct kp_swagg_vcpu *v, uint32_t *vcpu)
{
	if (v->has_vcpu)
		*vcpu = v->vcpu;
	return v->has_vcpu || (s->vcpu_id && s->vcpu_id(s->ctx, v->pid, v->tid, vcpu));
}

/* ---- exits ---- */

static void fill_exit(const struct kp_top_sums *s, const struct kp_swagg_snap *from,
		      const struct kp_swagg_vcpu *v, const struct kp_swagg_reason *r,
		      struct kp_snap *to)
{
	struct kp_snap_exit *out = &to->exits[to->nr_exits++];
	size_t i;

	*out = (struct kp_snap_exit){
		.has = KP_BY_VM | KP_BY_VCPU | KP_BY_REASON,
		.vm = v->pid,
		.tid = v->tid,
		.isa = r->isa,
		.code = r->code,
		.stat = { .count = r->count,
			  .timed = r->count,
			  .total_ns = r->handling_ns,
			  .max_ns = r->max_ns },
		.first_bucket = to->nr_buckets,
		.nr_buckets = r->nr_buckets,
	};
	out->has_vcpu = number(s, v, &out->vcpu);
	for (i = 0; i < r->nr_buckets; i++)
		to->buckets[to->nr_buckets++] = (struct kp_snap_bucket){
			from->buckets[r->first_bucket + i].bucket,
			from->buckets[r->first_bucket + i].count,
		};
}

/* Of exits beyond the tables of their vCPUs only the number is known. */
static void fill_other(const struct wanted *w, struct kp_snap *to)
{
	uint64_t nr = 0;
	size_t i;

	for (i = 0; i < w->nr; i++)
		nr += w->at[i]->reasons_other;
	if (nr)
		to->exits[to->nr_exits++] =
			(struct kp_snap_exit){ .other = true, .stat.count = nr };
}

static int fill_exits(const struct kp_top_sums *s, const struct kp_swagg_snap *from,
		      const struct wanted *w, struct kp_snap *to)
{
	size_t i, n;

	free(to->exits);
	free(to->buckets);
	to->nr_exits = to->nr_buckets = 0;
	to->exits = calloc(w->nr_reasons + 1, sizeof(*to->exits));
	to->buckets = calloc(from->nr_buckets + 1, sizeof(*to->buckets));
	if (!to->exits || !to->buckets)
		return -ENOMEM;
	to->pairing = s->entries ? KP_PAIR_EXIT_ENTRY : s->users ? KP_PAIR_USERSPACE : KP_PAIR_NONE;
	for (i = 0; i < w->nr; i++) {
		const struct kp_swagg_vcpu *v = w->at[i];

		for (n = 0; s->entries && n < v->nr_reasons; n++)
			fill_exit(s, from, v, &v->reasons[n], to);
		for (n = 0; !s->entries && n < v->nr_users; n++)
			fill_exit(s, from, v, &v->users[n], to);
	}
	if (s->entries)
		fill_other(w, to);
	return 0;
}

/* ---- vCPUs and CPUs ---- */

static int fill_vcpus(const struct kp_top_sums *s, const struct wanted *w, struct kp_snap *to)
{
	struct kp_snap_vcpu *out = calloc(w->nr + 1, sizeof(*out));
	size_t i;

	free(to->vcpus);
	to->vcpus = out;
	to->nr_vcpus = 0;
	if (!out)
		return -ENOMEM;
	for (i = 0; i < w->nr; i++, out++) {
		const struct kp_swagg_vcpu *v = w->at[i];

		*out = (struct kp_snap_vcpu){
			.vm = v->pid,
			.tid = v->tid,
			.has_times = v->entries,
			.has_entry_exit = s->entries,
			.has_cpu = true,
			.last_cpu = v->cpu,
			.entries = v->entries,
			.exits = v->exits,
			.user_exits = v->user_exits,
			.guest_ns = v->guest_ns,
			.host_ns = v->handling_ns,
		};
		out->has_vcpu = number(s, v, &out->vcpu);
	}
	to->nr_vcpus = w->nr;
	return 0;
}

static struct kp_snap_cpu *cpu_of(struct kp_snap *to, uint32_t cpu)
{
	size_t i;

	for (i = 0; i < to->nr_cpus; i++)
		if (to->cpus[i].cpu == cpu)
			return &to->cpus[i];
	to->cpus[to->nr_cpus] = (struct kp_snap_cpu){ .cpu = cpu };
	return &to->cpus[to->nr_cpus++];
}

/* NMIs of a CPU are from events and stay. */
static int fill_cpus(const struct kp_top_sums *s, const struct kp_swagg_snap *from,
		     struct kp_snap *to)
{
	struct kp_snap_cpu *more, *c;
	uint32_t i;

	more = realloc(to->cpus, (to->nr_cpus + from->nr_cpus + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	to->cpus = more;
	for (i = 0; i < from->nr_cpus; i++) {
		if (!from->cpus[i].guest_ns)
			continue;
		c = cpu_of(to, i);
		c->has_times = s->entries;
		c->guest_ns = from->cpus[i].guest_ns;
	}
	return 0;
}

/* ---- switches ---- */

static size_t dist_buckets(const struct kp_loghist *h, struct kp_snap_bucket *out)
{
	size_t i, nr = 0;

	for (i = 0; i < KP_LOGHIST_BUCKETS; i++)
		if (h->n[i])
			out[nr++] = (struct kp_snap_bucket){ (uint16_t)i, h->n[i] };
	return nr;
}

static struct kp_stat stat_of(const struct kp_loghist *h)
{
	return (struct kp_stat){ .count = h->count,
				 .timed = h->count,
				 .total_ns = h->total,
				 .min_ns = h->min,
				 .max_ns = h->max };
}

/* A phase of the model's is without what perf does in it: only the sum of that is known. */
static struct kp_stat without(const struct kp_loghist *whole, const struct kp_loghist *part)
{
	uint64_t ns = whole->total > part->total ? whole->total - part->total : 0;

	return (struct kp_stat){ .count = whole->count, .timed = whole->count, .total_ns = ns };
}

static void fill_switch(const struct kp_top_sums *s, const struct kp_swagg_vcpu *v,
			struct kp_snap_switches *to)
{
	struct kp_snap_switch *out = &to->vcpus[to->nr_vcpus++];
	const struct kp_loghist *d = v->dist;

	*out = (struct kp_snap_switch){
		.vm = v->pid,
		.tid = v->tid,
		.windows = v->loads,
		.entries = v->entries,
		.handling_ns = v->handling_ns,
		.guest_ns = v->guest_ns,
		.own = stat_of(&d[KP_SWAGG_OWN]),
		.first_bucket = to->nr_buckets,
	};
	out->has_vcpu = number(s, v, &out->vcpu);
	out->phase[KP_SWITCH_LOAD] = without(&d[KP_SWAGG_LOAD], &d[KP_SWAGG_HOST_OUT]);
	out->phase[KP_SWITCH_PUT] = without(&d[KP_SWAGG_PUT], &d[KP_SWAGG_HOST_IN]);
	out->phase[KP_SWITCH_HOST_OUT] = stat_of(&d[KP_SWAGG_HOST_OUT]);
	out->phase[KP_SWITCH_HOST_IN] = stat_of(&d[KP_SWAGG_HOST_IN]);
	out->nr_buckets = dist_buckets(&d[KP_SWAGG_OWN], to->buckets + to->nr_buckets);
	to->nr_buckets += out->nr_buckets;
}

/* Of a CPU's switches only the whole time is known: it stands with the load. */
static int fill_switch_cpus(const struct kp_swagg_snap *from, struct kp_snap_switches *to)
{
	struct kp_snap_switch *out = calloc(from->nr_cpus + 1, sizeof(*out));
	uint32_t i;

	free(to->cpus);
	to->cpus = out;
	to->nr_cpus = 0;
	if (!out)
		return -ENOMEM;
	for (i = 0; i < from->nr_cpus; i++) {
		if (!from->cpus[i].switch_ns)
			continue;
		*out = (struct kp_snap_switch){ .cpu = i, .guest_ns = from->cpus[i].owned_ns };
		out->phase[KP_SWITCH_LOAD].total_ns = from->cpus[i].switch_ns;
		out++;
	}
	to->nr_cpus = (size_t)(out - to->cpus);
	return 0;
}

static int fill_switches(const struct kp_top_sums *s, const struct kp_swagg_snap *from,
			 const struct wanted *w, struct kp_snap_switches *to)
{
	size_t i, nr = 0;

	for (i = 0; i < w->nr; i++)
		nr += w->at[i]->loads ? 1 : 0;
	free(to->vcpus);
	free(to->buckets);
	to->nr_vcpus = to->nr_buckets = 0;
	to->vcpus = calloc(nr + 1, sizeof(*to->vcpus));
	to->buckets = calloc(nr * KP_LOGHIST_BUCKETS + 1, sizeof(*to->buckets));
	if (!to->vcpus || !to->buckets)
		return -ENOMEM;
	for (i = 0; i < w->nr; i++)
		if (w->at[i]->loads)
			fill_switch(s, w->at[i], to);
	to->probed = from->has_switch;
	return fill_switch_cpus(from, to);
}

/* ---- PMIs ---- */

static struct kp_snap_pmi *ledger_of(const struct kp_top_sums *s, const struct kp_swagg_vcpu *v,
				     struct kp_snap_pmis *to)
{
	struct kp_snap_pmi *p;

	for (p = to->vcpus; p < to->vcpus + to->nr_vcpus; p++)
		if (p->tid == v->tid)
			return p;
	*p = (struct kp_snap_pmi){ .vm = v->pid, .tid = v->tid };
	p->has_vcpu = number(s, v, &p->vcpu);
	to->nr_vcpus++;
	return p;
}

static int fill_pmis(const struct kp_top_sums *s, const struct wanted *w, struct kp_snap_pmis *to)
{
	struct kp_snap_pmi *more, *p;
	size_t i;

	more = realloc(to->vcpus, (to->nr_vcpus + w->nr + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	to->vcpus = more;
	for (i = 0; i < w->nr; i++) {
		if (!w->at[i]->pmi_raised && !w->at[i]->pmi_delivered)
			continue;
		p = ledger_of(s, w->at[i], to);
		p->requested = w->at[i]->pmi_raised;
		p->delivered_probe = w->at[i]->pmi_delivered;
	}
	return 0;
}

int kp_top_sums_merge(struct kp_top_sums *s, const struct kp_swagg_snap *from, struct kp_snap *to)
{
	struct wanted w = { 0 };
	int err = choose(s, from, &w);

	if (!err)
		err = fill_exits(s, from, &w, to);
	if (!err)
		err = fill_vcpus(s, &w, to);
	if (!err)
		err = fill_cpus(s, from, to);
	if (!err)
		err = fill_switches(s, from, &w, &to->switches);
	if (!err)
		err = fill_pmis(s, &w, &to->pmis);
	free(w.at);
	return err;
}
