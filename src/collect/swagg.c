// SPDX-License-Identifier: GPL-2.0-only
/*
 * swagg.c - arithmetic on what the BPF programs added up: differences of snapshots, sums of vCPUs.
 * Pure.
 */
#include "swagg.h"

#include <stdlib.h>
#include <string.h>

void kp_swagg_snap_free(struct kp_swagg_snap *snap)
{
	size_t i;

	if (!snap)
		return;
	for (i = 0; i < snap->nr_vcpus; i++) {
		free(snap->vcpus[i].reasons);
		free(snap->vcpus[i].users);
	}
	free(snap->vcpus);
	free(snap->cpus);
	free(snap->buckets);
	free(snap->regs);
	free(snap);
}

static int cmp_reason(const void *a, const void *b)
{
	const struct kp_swagg_reason *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->code < y->code ? -1 : x->code > y->code;
}

static struct kp_swagg_reason *find_reason(const struct kp_swagg_vcpu *v,
					   const struct kp_swagg_reason *like)
{
	size_t i;

	for (i = 0; i < v->nr_reasons; i++)
		if (v->reasons[i].code == like->code && v->reasons[i].isa == like->isa)
			return &v->reasons[i];
	return NULL;
}

/* ---- differences ---- */

/* Sums only grow, and a vCPU that was there stays. */
static void subtract(struct kp_swagg_vcpu *v, const struct kp_swagg_vcpu *now,
		     const struct kp_swagg_vcpu *old)
{
	size_t d;

	v->loads -= old->loads;
	v->puts -= old->puts;
	v->entries -= old->entries;
	v->exits -= old->exits;
	v->guest_ns -= old->guest_ns;
	v->handling_ns -= old->handling_ns;
	v->pure_ns -= old->pure_ns;
	v->pmi_raised -= old->pmi_raised;
	v->pmi_delivered -= old->pmi_delivered;
	v->reasons_other -= old->reasons_other;
	for (d = 0; d < KP_SWAGG_DISTS; d++)
		kp_loghist_since(&now->dist[d], &old->dist[d], &v->dist[d]);
}

static int copy_reasons(struct kp_swagg_vcpu *v, const struct kp_swagg_vcpu *now,
			const struct kp_swagg_vcpu *old)
{
	const struct kp_swagg_reason *was;
	size_t i;

	v->reasons = v->users = NULL;
	v->nr_reasons = v->nr_users = 0;
	if (!now->nr_reasons)
		return 0;
	v->reasons = calloc(now->nr_reasons, sizeof(*v->reasons));
	if (!v->reasons)
		return -ENOMEM;
	for (i = 0; i < now->nr_reasons; i++) {
		struct kp_swagg_reason r = now->reasons[i];

		was = old ? find_reason(old, &r) : NULL;
		if (was) {
			r.count -= was->count;
			r.handling_ns -= was->handling_ns;
		}
		r.timed = r.max_ns = 0;
		r.first_bucket = r.nr_buckets = 0;
		if (r.count)
			v->reasons[v->nr_reasons++] = r;
	}
	qsort(v->reasons, v->nr_reasons, sizeof(*v->reasons), cmp_reason);
	return 0;
}

static const struct kp_swagg_vcpu *find_vcpu(const struct kp_swagg_snap *snap, uint32_t tid)
{
	size_t i;

	for (i = 0; i < snap->nr_vcpus; i++)
		if (snap->vcpus[i].tid == tid)
			return &snap->vcpus[i];
	return NULL;
}

int kp_swagg_since(const struct kp_swagg_snap *now, const struct kp_swagg_snap *old,
		   struct kp_swagg_snap **out)
{
	struct kp_swagg_snap *snap = malloc(sizeof(*snap));
	const struct kp_swagg_vcpu *was;
	size_t i;
	int err = 0;

	if (!snap)
		return -ENOMEM;
	*snap = *now;
	snap->since_ns = old->time_ns;
	snap->untracked -= old->untracked;
	snap->cpus = NULL;
	snap->buckets = NULL;
	snap->regs = NULL;
	snap->nr_vcpus = snap->nr_cpus = snap->nr_buckets = snap->nr_regs = 0;
	snap->vcpus = calloc(now->nr_vcpus + 1, sizeof(*snap->vcpus));
	for (i = 0; snap->vcpus && i < now->nr_vcpus && !err; i++) {
		was = find_vcpu(old, now->vcpus[i].tid);
		snap->vcpus[i] = now->vcpus[i];
		if (was)
			subtract(&snap->vcpus[i], &now->vcpus[i], was);
		err = copy_reasons(&snap->vcpus[i], &now->vcpus[i], was);
		snap->nr_vcpus++;
	}
	if (!snap->vcpus || err) {
		kp_swagg_snap_free(snap);
		return -ENOMEM;
	}
	*out = snap;
	return 0;
}

/* ---- sums ---- */

static int merge_reasons(struct kp_swagg_vcpu *dst, const struct kp_swagg_vcpu *src)
{
	size_t nr = dst->nr_reasons + src->nr_reasons, i;
	struct kp_swagg_reason *all, *same;

	if (!src->nr_reasons)
		return 0;
	all = realloc(dst->reasons, nr * sizeof(*all));
	if (!all)
		return -ENOMEM;
	dst->reasons = all;
	for (i = 0; i < src->nr_reasons; i++) {
		same = find_reason(dst, &src->reasons[i]);
		if (!same) {
			all[dst->nr_reasons++] = src->reasons[i];
			continue;
		}
		same->count += src->reasons[i].count;
		same->handling_ns += src->reasons[i].handling_ns;
	}
	qsort(all, dst->nr_reasons, sizeof(*all), cmp_reason);
	return 0;
}

int kp_swagg_merge(struct kp_swagg_vcpu *dst, const struct kp_swagg_vcpu *src)
{
	size_t d;

	dst->loads += src->loads;
	dst->puts += src->puts;
	dst->entries += src->entries;
	dst->exits += src->exits;
	dst->guest_ns += src->guest_ns;
	dst->handling_ns += src->handling_ns;
	dst->pure_ns += src->pure_ns;
	dst->pmi_raised += src->pmi_raised;
	dst->pmi_delivered += src->pmi_delivered;
	dst->reasons_other += src->reasons_other;
	for (d = 0; d < KP_SWAGG_DISTS; d++)
		kp_loghist_merge(&dst->dist[d], &src->dist[d]);
	return merge_reasons(dst, src);
}
