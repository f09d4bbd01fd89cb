// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf_swagg.c - the sums that the programs of src/bpf/switch.bpf.c keep per vCPU thread, as
 * snapshots.
 */
#include "swagg.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collect/swagg_bpf.h"
#include "switch.skel.h"

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * KP_NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

static uint32_t scope_of(const struct kp_swagg_opts *opts)
{
	if (!opts->nr_pids)
		return 0;
	return opts->forks ? KP_SW_PIDS | KP_SW_FORKS : KP_SW_PIDS;
}

int kp_swagg_open(const struct kp_swagg_opts *opts, const struct kp_host *host,
		  struct kp_swagg **out, char *err, size_t err_size)
{
	const struct kp_swprobe_opts probe_opts = {
		.how = opts->how,
		.config = { .mode = KP_SW_AGGREGATE,
			    .scope = scope_of(opts),
			    .detail = opts->detail },
		.targets = opts->pids,
		.nr_targets = opts->nr_pids,
		.max_vcpus = opts->max_vcpus,
		.raw_times = opts->raw_times,
		.registers = opts->registers,
		.no_mediated = opts->lean && host && host->mediated_vm_blocks == KP_TRI_NO,
	};
	struct kp_swagg *agg = calloc(1, sizeof(*agg));
	uint32_t i;
	int ret;

	err[0] = '\0';
	if (!agg)
		return -ENOMEM;
	ret = kp_swprobe_open(&probe_opts, &agg->probe, err, err_size);
	if (ret) {
		free(agg);
		return ret;
	}
	agg->since_ns = now_ns();
	for (i = 0; i < agg->probe->nr_cpus; i++)
		agg->probe->cpus[i].on = 1;
	*out = agg;
	return 0;
}

/* ---- reading ---- */

static int cmp_reason(const void *a, const void *b)
{
	const struct kp_swagg_reason *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->code < y->code ? -1 : x->code > y->code;
}

static int cmp_vcpu(const void *a, const void *b)
{
	const struct kp_swagg_vcpu *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	if (x->has_vcpu && y->has_vcpu && x->vcpu != y->vcpu)
		return x->vcpu < y->vcpu ? -1 : 1;
	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

/** struct reading - @v: the vCPU's sums; @d: room for a value, which is too large for the stack */
struct reading {
	struct kp_swagg *agg;
	struct kp_swagg_snap *snap;
	const struct kp_sw_vcpu *v;
	struct kp_sw_dist_by *d;
	size_t room;
};

static bool is_empty(const uint32_t *octave)
{
	uint32_t any = 0;
	size_t i;

	for (i = 0; i < KP_LOGHIST_SUBS; i++)
		any |= octave[i];
	return !any;
}

_Static_assert(KP_SW_BUCKETS % KP_LOGHIST_SUBS == 0, "there are whole octaves");

/* The histogram, without the buckets that are empty. */
static int add_buckets(struct reading *r, struct kp_swagg_reason *out)
{
	struct kp_swagg_snap *snap = r->snap;
	struct kp_swagg_bucket *more;
	size_t i;

	if (snap->nr_buckets + KP_SW_BUCKETS > r->room) {
		r->room = 2 * r->room + KP_SW_BUCKETS;
		more = realloc(snap->buckets, r->room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		snap->buckets = more;
	}
	out->timed = r->d->timed;
	out->max_ns = r->d->max;
	out->first_bucket = snap->nr_buckets;
	/* most are empty, and whole octaves of them */
	for (i = 0; i < KP_SW_BUCKETS; i++) {
		if (!(i % KP_LOGHIST_SUBS) && is_empty(&r->d->n[i])) {
			i += KP_LOGHIST_SUBS - 1;
			continue;
		}
		if (r->d->n[i])
			snap->buckets[snap->nr_buckets++] =
				(struct kp_swagg_bucket){ (uint16_t)i, r->d->n[i] };
	}
	out->nr_buckets = snap->nr_buckets - out->first_bucket;
	return 0;
}

static int add_dist(struct reading *r, uint32_t tid, struct kp_swagg_reason *out)
{
	const struct kp_sw_dist_key key = { .tid = tid, .isa = out->isa, .code = out->code };
	struct bpf_map *map = r->agg->probe->skel->maps.dists;

	if (bpf_map__max_entries(map) == 1 || bpf_map_lookup_elem(bpf_map__fd(map), &key, r->d))
		return 0;
	return add_buckets(r, out);
}

/* The @max reasons of the kernel's table that are used; @out becomes the caller's. */
static int fill_reasons(struct reading *r, uint32_t tid, uint8_t isa, bool user,
			struct kp_swagg_vcpu *out)
{
	const struct kp_sw_reason *in = user ? r->v->users : r->v->reasons;
	size_t i, nr = 0, max = user ? KP_SW_USERS : KP_SW_REASONS;
	struct kp_swagg_reason *at = calloc(max, sizeof(*at));
	int err = at ? 0 : -ENOMEM;

	for (i = 0; i < max && !err; i++) {
		if (!in[i].used)
			continue;
		at[nr] = (struct kp_swagg_reason){
			.isa = isa,
			.code = in[i].code,
			.count = in[i].count,
			.handling_ns = in[i].handling_ns,
		};
		err = add_dist(r, tid, &at[nr++]);
	}
	if (!err)
		qsort(at, nr, sizeof(*at), cmp_reason);
	*(user ? &out->users : &out->reasons) = at;
	*(user ? &out->nr_users : &out->nr_reasons) = nr;
	return err;
}

static void fill_dist(struct kp_loghist *out, const struct kp_sw_hist *h)
{
	size_t i;

	out->total = h->total;
	memcpy(out->n, h->n, sizeof(out->n));
	for (i = 0; i < KP_LOGHIST_BUCKETS; i++)
		out->count += out->n[i];
	out->min = out->count ? ~h->inv_min : 0;
	out->max = h->max;
}

static int fill_vcpu(struct reading *r, struct kp_swagg_vcpu *out, uint32_t tid)
{
	const struct kp_sw_vcpu *v = r->v;
	int err;
	size_t d;

	*out = (struct kp_swagg_vcpu){
		.pid = v->pid,
		.tid = tid,
		.vcpu = v->vcpu,
		.has_vcpu = v->vcpu != KP_SWBATCH_NO_VCPU,
		.cpu = v->cpu,
		.loads = v->windows,
		.puts = v->windows,
		.entries = v->entries,
		.exits = v->entries,
		.guest_ns = v->guest_ns,
		.handling_ns = v->handling_ns,
		.pure_ns = v->pure_ns,
		.pmi_raised = v->raised,
		.pmi_delivered = v->delivered,
		.user_exits = v->user_exits,
		.reasons_other = v->reasons_other,
	};
	for (d = 0; d < KP_SWAGG_DISTS; d++)
		fill_dist(&out->dist[d], &v->dist[d]);
	err = fill_reasons(r, tid, v->isa, false, out);
	return err ? err : fill_reasons(r, tid, KP_SW_ISA_USER, true, out);
}

static int read_vcpus(struct reading *r)
{
	struct bpf_map *map = r->agg->probe->skel->maps.vcpus;
	struct kp_swagg_snap *snap = r->snap;
	uint32_t tid, place, *prev = NULL, max = r->agg->probe->nr_sums;
	int fd = bpf_map__fd(map), err;

	snap->vcpus = calloc(max, sizeof(*snap->vcpus));
	if (!snap->vcpus)
		return -ENOMEM;
	while (snap->nr_vcpus < max && !bpf_map_get_next_key(fd, prev, &tid)) {
		prev = &tid;
		if (bpf_map_lookup_elem(fd, &tid, &place) || place >= max)
			continue; /* only this process deletes: it cannot have gone */
		r->v = &r->agg->probe->sums[place];
		err = fill_vcpu(r, &snap->vcpus[snap->nr_vcpus++], tid);
		if (err)
			return err;
	}
	qsort(snap->vcpus, snap->nr_vcpus, sizeof(*snap->vcpus), cmp_vcpu);
	return 0;
}

static int read_cpus(const struct kp_swprobe *probe, struct kp_swagg_snap *snap)
{
	uint32_t i;

	snap->cpus = calloc(probe->nr_cpus, sizeof(*snap->cpus));
	if (!snap->cpus)
		return -ENOMEM;
	snap->nr_cpus = probe->nr_cpus;
	for (i = 0; i < probe->nr_cpus; i++)
		snap->cpus[i] =
			(struct kp_swagg_cpu){ probe->cpus[i].guest_ns, probe->cpus[i].owned_ns,
					       probe->cpus[i].switch_ns };
	return 0;
}

int kp_swagg_read(struct kp_swagg *agg, struct kp_swagg_snap **out)
{
	struct kp_swagg_snap *snap = calloc(1, sizeof(*snap));
	struct reading r = {
		.agg = agg,
		.snap = snap,
		.d = malloc(sizeof(*r.d)),
	};
	int err = snap && r.d ? 0 : -ENOMEM;

	if (!err) {
		snap->time_ns = now_ns();
		snap->since_ns = agg->since_ns;
		snap->has_switch = agg->probe->has_switch;
		snap->cost = agg->probe->cost;
		snap->untracked = agg->probe->skel->bss->untracked;
		err = read_cpus(agg->probe, snap);
	}
	if (!err)
		err = read_vcpus(&r);
	if (!err)
		err = kp_swagg_read_regs(agg, snap);
	free(r.d);
	if (err) {
		kp_swagg_snap_free(snap);
		return err;
	}
	*out = snap;
	return 0;
}

static void forget_dists(struct kp_swagg *agg, uint32_t tid, const struct kp_swagg_reason *at,
			 size_t nr)
{
	int fd = bpf_map__fd(agg->probe->skel->maps.dists);
	struct kp_sw_dist_key key = { .tid = tid };
	size_t i;

	for (i = 0; i < nr; i++) {
		key.isa = at[i].isa;
		key.code = at[i].code;
		bpf_map_delete_elem(fd, &key);
	}
}

/* A CPU where the thread ran last must not go on at the place that is another's then. */
static void leave_cpus(struct kp_swprobe *p, uint32_t tid)
{
	uint32_t i, of;

	for (i = 0; i < p->nr_cpus; i++) {
		of = tid;
		__atomic_compare_exchange_n(&p->cpus[i].head.tid, &of, 0, false, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED);
	}
}

static void free_place(struct kp_swprobe *p, uint32_t tid)
{
	int fd = bpf_map__fd(p->skel->maps.vcpus);
	uint32_t place;

	if (bpf_map_lookup_elem(fd, &tid, &place) || place >= p->nr_sums)
		return;
	bpf_map_delete_elem(fd, &tid);
	leave_cpus(p, tid);
	memset(&p->sums[place], 0, sizeof(p->sums[place]));
	bpf_map_update_elem(bpf_map__fd(p->skel->maps.places), NULL, &place, BPF_ANY);
}

void kp_swagg_forget(struct kp_swagg *agg, const struct kp_swagg_vcpu *vcpu)
{
	forget_dists(agg, vcpu->tid, vcpu->reasons, vcpu->nr_reasons);
	forget_dists(agg, vcpu->tid, vcpu->users, vcpu->nr_users);
	free_place(agg->probe, vcpu->tid);
}

static void clear_map(const struct bpf_map *map, void *key)
{
	int fd = bpf_map__fd(map);

	while (!bpf_map_get_next_key(fd, NULL, key) && !bpf_map_delete_elem(fd, key))
		;
}

void kp_swagg_clear(struct kp_swagg *agg)
{
	struct kp_sw_dist_key dist;
	struct kp_sw_reg reg;
	uint32_t tid;

	while (!bpf_map_get_next_key(bpf_map__fd(agg->probe->skel->maps.vcpus), NULL, &tid))
		free_place(agg->probe, tid);
	clear_map(agg->probe->skel->maps.dists, &dist);
	clear_map(agg->probe->skel->maps.regs, &reg);
	agg->since_ns = now_ns();
}

void kp_swagg_pause(struct kp_swagg *agg)
{
	kp_swprobe_detach(agg->probe);
}

int kp_swagg_resume(struct kp_swagg *agg)
{
	return kp_swprobe_reattach(agg->probe);
}

void kp_swagg_close(struct kp_swagg *agg)
{
	if (!agg)
		return;
	kp_swprobe_free(agg->probe);
	free(agg);
}
