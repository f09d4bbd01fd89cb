// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_past.c - snapshots of earlier ticks, with an index to find again what a row was then. Touches
 * only memory.
 */
#include "top_past.h"

#include <stdlib.h>
#include <string.h>

void kp_past_forget(struct kp_past *p)
{
	if (!p)
		return;
	kp_snap_free(p->snap);
	p->snap = NULL;
	kp_hash_free(&p->exits);
	kp_hash_free(&p->vcpus);
	kp_hash_free(&p->switches);
	kp_hash_free(&p->irqs);
}

void kp_past_put(struct kp_past *p)
{
	if (!p || --p->refs)
		return;
	kp_past_forget(p);
	kp_host_activity_free(&p->act);
	free(p);
}

/* Codes of one architecture differ in their low 24 bits. */
static uint64_t exit_key(const struct kp_snap_exit *e)
{
	return (uint64_t)e->tid << 32 | (uint32_t)e->isa << 24 | (e->code & 0xffffff);
}

static uint64_t irq_key(const struct kp_snap_irq *q)
{
	return (uint64_t)(q->has_vm ? q->vm : UINT32_MAX) << 32 |
	       (q->other ? UINT32_MAX : q->vector);
}

static int index_past(struct kp_past *p)
{
	const struct kp_snap *s = p->snap;
	size_t i;
	int err = 0;

	for (i = 0; s && i < s->nr_exits && !err; i++)
		err = kp_hash_put(&p->exits, exit_key(&s->exits[i]), i);
	for (i = 0; s && i < s->nr_vcpus && !err; i++)
		err = kp_hash_put(&p->vcpus, s->vcpus[i].tid, i);
	for (i = 0; s && i < s->switches.nr_vcpus && !err; i++)
		err = kp_hash_put(&p->switches, s->switches.vcpus[i].tid, i);
	for (i = 0; s && i < s->nr_irqs && !err; i++)
		err = kp_hash_put(&p->irqs, irq_key(&s->irqs[i]), i);
	return err;
}

static int copy_activity(struct kp_past *p, const struct kp_host_activity *act)
{
	if (!act)
		return 0;
	p->act = *act;
	p->act.cpus = calloc(act->nr_cpus + 1, sizeof(*act->cpus));
	if (!p->act.cpus)
		return -ENOMEM;
	memcpy(p->act.cpus, act->cpus, act->nr_cpus * sizeof(*act->cpus));
	p->has_act = true;
	return 0;
}

struct kp_past *kp_past_new(const struct kp_tick *tick)
{
	struct kp_past *p = calloc(1, sizeof(*p));

	if (!p) {
		kp_snap_free(tick->snap);
		return NULL;
	}
	p->refs = 1;
	p->snap = tick->snap;
	p->at_ns = tick->at_ns;
	if (copy_activity(p, tick->activity) || index_past(p)) {
		kp_past_put(p);
		return NULL;
	}
	return p;
}

const struct kp_snap_exit *kp_past_exit(struct kp_past *p, const struct kp_snap_exit *e)
{
	static const struct kp_snap_exit none;
	uint64_t *at = p ? kp_hash_get(&p->exits, exit_key(e)) : NULL;
	const struct kp_snap_exit *old = at ? &p->snap->exits[*at] : NULL;

	return old && old->code == e->code && old->other == e->other ? old : &none;
}

const struct kp_snap_vcpu *kp_past_vcpu(struct kp_past *p, uint32_t tid)
{
	static const struct kp_snap_vcpu none;
	uint64_t *at = p ? kp_hash_get(&p->vcpus, tid) : NULL;

	return at ? &p->snap->vcpus[*at] : &none;
}

const struct kp_snap_switch *kp_past_switch(struct kp_past *p, uint32_t tid)
{
	static const struct kp_snap_switch none;
	uint64_t *at = p ? kp_hash_get(&p->switches, tid) : NULL;

	return at ? &p->snap->switches.vcpus[*at] : &none;
}

const struct kp_snap_irq *kp_past_irq(struct kp_past *p, const struct kp_snap_irq *q)
{
	static const struct kp_snap_irq none;
	uint64_t *at = p ? kp_hash_get(&p->irqs, irq_key(q)) : NULL;

	return at ? &p->snap->irqs[*at] : &none;
}

/* ---- histograms ---- */

struct kp_buckets kp_past_exit_buckets(const struct kp_past *p, const struct kp_snap_exit *e)
{
	return (struct kp_buckets){ e->nr_buckets ? p->snap->buckets + e->first_bucket : NULL,
				    e->nr_buckets };
}

struct kp_buckets kp_past_switch_buckets(const struct kp_past *p, const struct kp_snap_switch *w)
{
	const struct kp_snap_bucket *all = w->nr_buckets ? p->snap->switches.buckets : NULL;

	return (struct kp_buckets){ all ? all + w->first_bucket : NULL, w->nr_buckets };
}

/* What bucket @k had then: @then is sorted as now is, and no bucket ever goes away. */
static uint64_t had(struct kp_buckets *then, const struct kp_snap_bucket *k)
{
	uint64_t n;

	if (!then->nr || then->at->bucket != k->bucket)
		return 0;
	n = then->at->count;
	then->at++;
	then->nr--;
	return kp_min_u64(n, k->count);
}

size_t kp_past_add_buckets(struct kp_frame *f, struct kp_buckets now, struct kp_buckets prev,
			   struct kp_buckets base)
{
	size_t first = f->nr_buckets, i;
	struct kp_frame_bucket *out;

	for (i = 0; i < now.nr; i++) {
		out = &f->buckets[f->nr_buckets++];
		out->bucket = now.at[i].bucket;
		out->tick = now.at[i].count - had(&prev, &now.at[i]);
		out->total = now.at[i].count - had(&base, &now.at[i]);
	}
	return first;
}
