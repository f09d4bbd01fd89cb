// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf_swrec.c - the programs of src/bpf/switch.bpf.c behind record --switch: they write to the ring
 * buffers of a live collection, through the plan's bpf-output event.
 */
#include "swrec.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/live.h"
#include "collect/swprobe.h"
#include "switch.skel.h"

/* How often a CPU that is just filling its batch is asked again for it. */
#define FLUSH_TRIES 3

/** struct kp_swrec - @ring: by CPU, whether it is recorded */
struct kp_swrec {
	struct kp_swprobe *probe;
	bool *ring;
};

/* ---- rings ---- */

struct ring_setter {
	struct kp_swrec *rec;
	const struct kp_plan *plan;
};

static int set_ring(void *ctx, const struct kp_evlist_fd *fd)
{
	struct ring_setter *s = ctx;
	struct kp_swprobe *p = s->rec->probe;

	if (!s->plan->events[fd->event].compact || !fd->has_cpu || fd->cpu >= p->nr_cpus)
		return 0;
	if (bpf_map_update_elem(bpf_map__fd(p->skel->maps.rings), &fd->cpu, &fd->fd, BPF_ANY))
		return -errno;
	s->rec->ring[fd->cpu] = true;
	return 0;
}

static int set_rings(struct kp_swrec *rec, struct kp_live *live, const struct kp_plan *plan)
{
	struct ring_setter setter = { rec, plan };
	size_t l;
	int err = 0;

	rec->ring = calloc(rec->probe->nr_cpus, sizeof(*rec->ring));
	if (!rec->ring)
		return -ENOMEM;
	for (l = 0; l < live->nr_evlists && !err; l++)
		err = kp_evlist_each_fd(live->evlists[l], set_ring, &setter);
	return err;
}

/* ---- whom ---- */

static uint32_t scope_of(const struct kp_plan *plan)
{
	switch (plan->target) {
	case KP_TARGET_WORKLOAD:
	case KP_TARGET_PIDS:
		return plan->inherit ? KP_SW_PIDS | KP_SW_FORKS : KP_SW_PIDS;
	case KP_TARGET_TIDS:
		return KP_SW_TIDS;
	default:
		return 0;
	}
}

int kp_swrec_open(struct kp_live *live, const struct kp_plan *plan, const struct kp_host *host,
		  enum kp_probe_how how, struct kp_swrec **out, char *err, size_t err_size)
{
	struct kp_swprobe_opts opts = {
		.how = how,
		.config = { .mode = KP_SW_EMIT, .scope = scope_of(plan) },
		.no_mediated = host->mediated_vm_blocks == KP_TRI_NO,
	};
	struct kp_swrec *rec = calloc(1, sizeof(*rec));
	int ret;

	_Static_assert(sizeof(*plan->ids) == sizeof(*opts.targets), "task ids are 32 bits");
	err[0] = '\0';
	if (!rec)
		return -ENOMEM;
	if (opts.config.scope) {
		opts.targets = (const uint32_t *)plan->ids;
		opts.nr_targets = plan->nr_ids;
	}
	ret = kp_swprobe_open(&opts, &rec->probe, err, err_size);
	if (!ret) {
		ret = set_rings(rec, live, plan);
		if (ret)
			snprintf(err, err_size, "the ring buffers cannot be given to BPF: %s",
				 strerror(-ret));
	}
	if (ret) {
		kp_swrec_close(rec);
		return ret;
	}
	*out = rec;
	return 0;
}

/* ---- running ---- */

struct kp_probe_cost kp_swrec_cost(const struct kp_swrec *rec)
{
	return rec->probe->cost;
}

void kp_swrec_start(struct kp_swrec *rec)
{
	uint32_t cpu;

	for (cpu = 0; cpu < rec->probe->nr_cpus; cpu++)
		rec->probe->cpus[cpu].on = rec->ring[cpu];
}

static bool is_waiting(const struct kp_sw_cpu *c)
{
	return __atomic_load_n(&c->head.nr, __ATOMIC_RELAXED) ||
	       __atomic_load_n(&c->raised, __ATOMIC_RELAXED) ||
	       __atomic_load_n(&c->delivered, __ATOMIC_RELAXED);
}

/* A program that runs on that CPU empties its batch, unless it has come in the midst of another. */
void kp_swrec_flush(struct kp_swrec *rec)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .flags = BPF_F_TEST_RUN_ON_CPU);
	int fd = bpf_program__fd(rec->probe->skel->progs.run_flush), i;
	uint32_t cpu;

	for (cpu = 0; cpu < rec->probe->nr_cpus; cpu++) {
		opts.cpu = cpu;
		for (i = 0; i < FLUSH_TRIES && rec->ring[cpu]; i++)
			if (!is_waiting(&rec->probe->cpus[cpu]) ||
			    bpf_prog_test_run_opts(fd, &opts))
				break;
	}
}

uint64_t kp_swrec_stop(struct kp_swrec *rec)
{
	uint64_t lost = 0;
	uint32_t cpu;

	for (cpu = 0; cpu < rec->probe->nr_cpus; cpu++)
		rec->probe->cpus[cpu].on = 0;
	kp_swrec_flush(rec);
	for (cpu = 0; cpu < rec->probe->nr_cpus; cpu++)
		lost += rec->probe->cpus[cpu].lost;
	return lost;
}

void kp_swrec_close(struct kp_swrec *rec)
{
	if (!rec)
		return;
	kp_swprobe_free(rec->probe);
	free(rec->ring);
	free(rec);
}
