// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_ipc.c - cycles and instructions of guests, counted for each vCPU thread by perf events that
 * count guests alone. Such an event keeps a mediated VM from starting: only where there can be none
 * are they opened. Used by the collecting thread alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "lib/str.h"
#include "top.h"

/* Two events a core PMU and vCPU: not more descriptors than a process may have as a rule. */
#define VCPUS_MAX 256

/** struct sums - of a thread: counted by events that are closed, now, at the last tick and base */
struct sums {
	uint64_t closed[2], now[2], last[2], base[2];
};

/**
 * struct kp_top_ipc - @tids: that are counted; @by_tid: place in @at; @refused: it is no use
 */
struct kp_top_ipc {
	const struct kp_host *host;
	struct kp_plan *plan;
	struct kp_count *count;
	struct kp_count_value *vals;
	KP_VEC(pid_t) tids;
	KP_VEC(struct sums) at;
	struct kp_hash by_tid;
	bool refused;
};

static void close_count(struct kp_top_ipc *c)
{
	struct sums *s;

	kp_vec_for_each (s, &c->at)
		memcpy(s->closed, s->now, sizeof(s->closed));
	kp_count_free(c->count);
	kp_plan_free(c->plan);
	free(c->vals);
	c->count = NULL;
	c->plan = NULL;
	c->vals = NULL;
}

void kp_top_ipc_free(struct kp_top *top)
{
	struct kp_top_ipc *c = top->ipc;

	if (!c)
		return;
	top->ipc = NULL;
	close_count(c);
	kp_vec_free(&c->tids);
	kp_vec_free(&c->at);
	kp_hash_free(&c->by_tid);
	free(c);
}

int kp_top_ipc_open(struct kp_top *top, const struct kp_host *host)
{
	size_t i, cores = 0;

	for (i = 0; i < host->nr_pmus; i++)
		cores += host->pmus[i].core;
	if (!cores) {
		kp_top_note(top, KP_NOTE_MISSING, "IPC",
			    "the host has no PMU that could count a guest's cycles");
		return 0;
	}
	if (host->mediated_vm_blocks != KP_TRI_NO) {
		kp_top_note(top, KP_NOTE_MISSING, "IPC",
			    "cycles and instructions of a guest are not counted: such events could "
			    "keep a mediated VM from starting");
		return 0;
	}
	top->ipc = calloc(1, sizeof(*top->ipc));
	if (!top->ipc)
		return -ENOMEM;
	top->ipc->host = host;
	return 0;
}

/* ---- which threads ---- */

static int list_tids(const struct kp_host *host, struct kp_top_ipc *c)
{
	size_t i, n;
	int err = 0;

	c->tids.nr = 0;
	for (i = 0; i < host->nr_vms; i++)
		for (n = 0; n < host->vms[i].nr_vcpus && !err; n++)
			if (host->vms[i].vcpus[n].tid && c->tids.nr < VCPUS_MAX)
				err = kp_vec_push(&c->tids, (pid_t)host->vms[i].vcpus[n].tid);
	return err;
}

static uint64_t hash_tids(const struct kp_top_ipc *c)
{
	uint64_t h = c->tids.nr;
	size_t i;

	for (i = 0; i < c->tids.nr; i++)
		h = kp_hash_mix(h ^ (uint64_t)c->tids.at[i]);
	return h;
}

static struct sums *sums_of(struct kp_top_ipc *c, uint32_t tid, bool make)
{
	uint64_t *at = kp_hash_get(&c->by_tid, tid);

	if (at)
		return &c->at.at[*at];
	if (!make || kp_vec_push(&c->at, (struct sums){ 0 }))
		return NULL;
	if (kp_hash_put(&c->by_tid, tid, c->at.nr - 1)) {
		c->at.nr--;
		return NULL;
	}
	return &c->at.at[c->at.nr - 1];
}

static int open_count(struct kp_top_ipc *c, char *err, size_t size)
{
	static const struct kp_request_event events[] = { { "{cycles:G,instructions:G}", NULL } };
	const struct kp_request req = {
		.events = events,
		.nr_events = KP_ARRAY_SIZE(events),
		.target = KP_TARGET_TIDS,
		.ids = c->tids.at,
		.nr_ids = c->tids.nr,
		.no_inherit = true,
		.counting = true,
	};
	struct kp_tracepoint_db tps = kp_tracepoint_db_live(c->host);
	int ret = kp_plan_make(&req, c->host, &tps, &c->plan, err, size);

	if (!ret)
		ret = kp_count_open(c->plan, c->host, &c->count, err, size);
	if (!ret)
		ret = kp_count_enable(c->count);
	if (ret)
		return ret;
	c->vals = calloc(kp_count_nr(c->count) + 1, sizeof(*c->vals));
	return c->vals ? 0 : -ENOMEM;
}

void kp_top_ipc_look(struct kp_top *top)
{
	struct kp_top_ipc *c = top->ipc;
	uint64_t before;
	char err[512] = "";
	int ret;

	if (!c || c->refused)
		return;
	before = hash_tids(c);
	if (list_tids(top->host, c) || hash_tids(c) == before)
		return;
	kp_top_ipc_read(top);
	close_count(c);
	ret = c->tids.nr ? open_count(c, err, sizeof(err)) : 0;
	if (!ret)
		return;
	close_count(c);
	c->tids.nr = 0; /* a thread has ended meanwhile, maybe: the next look tries again */
	c->refused = ret != -ESRCH;
	if (c->refused)
		kp_top_note(top, KP_NOTE_MISSING, "IPC", "cycles of guests are not counted: %s",
			    *err ? err : strerror(-ret));
}

/* ---- numbers ---- */

static bool is_cycles(const struct kp_top_ipc *c, uint32_t event)
{
	return strstr(c->plan->events[event].name, "cycles");
}

/* An event that shared its counter was on for a part of the time. */
static uint64_t scaled(const struct kp_count_value *v)
{
	if (!v->running_ns || v->running_ns >= v->enabled_ns)
		return v->value;
	return (uint64_t)((double)v->value * (double)v->enabled_ns / (double)v->running_ns);
}

void kp_top_ipc_read(struct kp_top *top)
{
	struct kp_top_ipc *c = top->ipc;
	struct sums *s;
	size_t i;

	if (!c || !c->count || kp_count_read(c->count, c->vals))
		return;
	kp_vec_for_each (s, &c->at)
		memcpy(s->now, s->closed, sizeof(s->now));
	for (i = 0; i < kp_count_nr(c->count); i++) {
		s = sums_of(c, (uint32_t)c->vals[i].tid, true);
		if (s)
			s->now[is_cycles(c, c->vals[i].event)] += scaled(&c->vals[i]);
	}
}

void kp_top_ipc_reset(struct kp_top *top)
{
	struct sums *s;

	if (!top->ipc)
		return;
	kp_vec_for_each (s, &top->ipc->at)
		memcpy(s->base, s->last, sizeof(s->base));
}

void kp_top_ipc_fill(struct kp_top *top, struct kp_frame *f)
{
	struct kp_top_ipc *c = top->ipc;
	struct kp_frame_vcpu *v;
	struct sums *s;

	if (!c)
		return;
	for (v = f->vcpus; v < f->vcpus + f->nr_vcpus; v++) {
		s = sums_of(c, v->tid, false);
		if (!s)
			continue;
		v->cycles = kp_num_of(true, s->now[1], s->last[1], s->base[1]);
		v->instructions = kp_num_of(true, s->now[0], s->last[0], s->base[0]);
	}
	kp_vec_for_each (s, &c->at)
		memcpy(s->last, s->now, sizeof(s->last));
}
