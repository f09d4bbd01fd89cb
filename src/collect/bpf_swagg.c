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

#include "collect/swprobe.h"
#include "switch.skel.h"

struct kp_swagg {
	struct kp_swprobe *probe;
	uint64_t since_ns;
};

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
			    .raw_times = opts->raw_times },
		.targets = opts->pids,
		.nr_targets = opts->nr_pids,
		.max_vcpus = opts->max_vcpus,
	};
	struct kp_swagg *agg = calloc(1, sizeof(*agg));
	uint32_t i;
	int ret;

	(void)host;
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

static int fill_reasons(struct kp_swagg_vcpu *out, const struct kp_sw_vcpu *v)
{
	size_t i;

	out->reasons = calloc(KP_SW_REASONS, sizeof(*out->reasons));
	if (!out->reasons)
		return -ENOMEM;
	for (i = 0; i < KP_SW_REASONS; i++)
		if (v->reasons[i].used)
			out->reasons[out->nr_reasons++] = (struct kp_swagg_reason){
				.isa = v->isa,
				.code = v->reasons[i].code,
				.count = v->reasons[i].count,
				.handling_ns = v->reasons[i].handling_ns,
			};
	qsort(out->reasons, out->nr_reasons, sizeof(*out->reasons), cmp_reason);
	out->reasons_other = v->reasons_other;
	return 0;
}

static int fill_vcpu(struct kp_swagg_vcpu *out, uint32_t tid, const struct kp_sw_vcpu *v)
{
	size_t d;

	_Static_assert(sizeof(out->dist[0]) == sizeof(v->dist[0]) &&
			       offsetof(struct kp_loghist, n) == offsetof(struct kp_sw_hist, n),
		       "the kernel's histograms are lib/loghist.h's");
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
	};
	for (d = 0; d < KP_SWAGG_DISTS; d++)
		memcpy(&out->dist[d], &v->dist[d], sizeof(out->dist[d]));
	return fill_reasons(out, v);
}

static int read_vcpus(struct kp_swagg *agg, struct kp_swagg_snap *snap, struct kp_sw_vcpu *v)
{
	struct bpf_map *map = agg->probe->skel->maps.vcpus;
	uint32_t tid, *prev = NULL, max = bpf_map__max_entries(map);
	int fd = bpf_map__fd(map), err;

	snap->vcpus = calloc(max, sizeof(*snap->vcpus));
	if (!snap->vcpus)
		return -ENOMEM;
	while (snap->nr_vcpus < max && !bpf_map_get_next_key(fd, prev, &tid)) {
		prev = &tid;
		if (bpf_map_lookup_elem(fd, &tid, v))
			continue; /* there is no deleting: it cannot have gone */
		err = fill_vcpu(&snap->vcpus[snap->nr_vcpus++], tid, v);
		if (err)
			return err;
	}
	qsort(snap->vcpus, snap->nr_vcpus, sizeof(*snap->vcpus), cmp_vcpu);
	return 0;
}

int kp_swagg_read(struct kp_swagg *agg, struct kp_swagg_snap **out)
{
	struct kp_swagg_snap *snap = calloc(1, sizeof(*snap));
	struct kp_sw_vcpu *v = malloc(sizeof(*v));
	int err = snap && v ? 0 : -ENOMEM;

	if (!err) {
		snap->time_ns = now_ns();
		snap->since_ns = agg->since_ns;
		snap->has_switch = agg->probe->has_switch;
		snap->cost = agg->probe->cost;
		snap->untracked = agg->probe->skel->bss->untracked;
		err = read_vcpus(agg, snap, v);
	}
	free(v);
	if (err) {
		kp_swagg_snap_free(snap);
		return err;
	}
	*out = snap;
	return 0;
}

void kp_swagg_close(struct kp_swagg *agg)
{
	if (!agg)
		return;
	kp_swprobe_free(agg->probe);
	free(agg);
}
