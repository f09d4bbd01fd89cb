// SPDX-License-Identifier: GPL-2.0-only
/*
 * plan_count.c - what counting adds to a plan: pairs of host and guest, clocks, and the default
 * events of stat. Pure. No event here counts guests where a mediated VM may be: the guest's half of
 * a pair would keep it from starting (mediated_pmu_account_event() in kernel/events/core.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/build.h"

void kp_count_attr(struct perf_event_attr *attr)
{
	attr->freq = 0;
	attr->sample_period = 0;
	attr->sample_type = 0;
	attr->precise_ip = 0;
	attr->read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
}

static bool guests_may_be_counted(const struct kp_build *b)
{
	return b->host->mediated_vm_blocks == KP_TRI_NO && b->host->kvm != KP_TRI_NO;
}

int kp_count_add_pair(struct kp_build *b, const struct kp_mods *mods)
{
	struct kp_plan_event *host = &b->events.at[b->events.nr - 1], guest = *host;
	int err;

	if (mods->guest || mods->host || host->side != KP_SIDE_HOST || !guests_may_be_counted(b))
		return 0;
	/* in one group, so that both are on the PMU at the same times */
	guest.leader = (uint32_t)(b->events.nr - 1);
	guest.split = true;
	guest.side = KP_SIDE_GUEST;
	guest.attr.exclude_guest = 0;
	guest.attr.exclude_host = 1;
	guest.name = strdup(host->name);
	host->split = true;
	err = guest.name ? kp_vec_push(&b->events, guest) : -ENOMEM;
	if (err)
		free(guest.name);
	return err;
}

static int add_clock(struct kp_build *b, enum kp_clock clock, const char *name, bool exclude_guest)
{
	bool moves = clock == KP_CLOCK_MOVES;
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.config = moves ? PERF_COUNT_SW_CPU_MIGRATIONS
							: PERF_COUNT_SW_DUMMY };
	static const struct kp_mods mods;
	struct kp_plan_event *ev;
	int err = kp_build_add(b, &attr, name, &mods);

	if (err)
		return err;
	ev = &b->events.at[b->events.nr - 1];
	ev->clock = clock;
	ev->any_mode = false;
	ev->each_cpu = clock == KP_CLOCK_PLACE || moves;
	ev->attr.exclude_guest = exclude_guest;
	/* opens without privileges; but moves are the kernel's, and who may not see it has none */
	ev->attr.exclude_kernel = ev->attr.exclude_hv = !moves;
	return 0;
}

static bool is_hybrid(const struct kp_host *host)
{
	size_t i, nr = 0;

	for (i = 0; i < host->nr_pmus; i++)
		nr += host->pmus[i].core;
	return nr > 1;
}

/* Host-blind time is the difference of two clocks that start and stop together: one group. */
int kp_count_add_clocks(struct kp_build *b)
{
	bool tasks = b->req->target != KP_TARGET_SYSTEM && b->req->target != KP_TARGET_CPUS;
	size_t first = b->events.nr;
	int err = 0;

	if (b->host->mediated_vm_blocks != KP_TRI_NO) {
		err = add_clock(b, KP_CLOCK_HOST, "clock:host", true);
		if (!err)
			err = add_clock(b, KP_CLOCK_ALL, "clock:all", false);
		if (!err)
			b->events.at[first + 1].leader = (uint32_t)first;
	}
	if (!err && tasks && is_hybrid(b->host))
		err = add_clock(b, KP_CLOCK_PLACE, "clock:place", false) ?:
		      add_clock(b, KP_CLOCK_MOVES, "clock:moves", false);
	return err;
}

static int add_tracepoint(struct kp_build *b, const char *system, const char *name)
{
	static const struct kp_mods no_mods;
	int id = b->tps->id(b->tps->ctx, system, name);

	if (id >= 0)
		return kp_build_add_tracepoint(b, system, name, id, &no_mods, NULL);
	return kp_build_note(b, "tracepoint %s:%s: %s: not counted", system, name,
			     id == -ENOENT   ? "this kernel has none"
			     : id == -ENODEV ? "tracefs is not mounted"
					     : "tracefs may be read by root only");
}

int kp_count_add_defaults(struct kp_build *b)
{
	static const char *const tracepoints[] = { "kvm_exit", "kvm_userspace_exit" };
	bool cpus = b->req->target == KP_TARGET_SYSTEM || b->req->target == KP_TARGET_CPUS;
	size_t i;
	int err;

	err = kp_spec_parse(b, cpus ? "cpu-clock" : "task-clock", NULL);
	if (!err)
		err = kp_spec_parse(b, "context-switches,cpu-migrations,page-faults", NULL);
	for (i = 0; i < KP_ARRAY_SIZE(tracepoints) && !err && b->host->kvm != KP_TRI_NO; i++)
		err = add_tracepoint(b, "kvm", tracepoints[i]);
	return err ? err : kp_spec_parse(b, "cycles,instructions,branches,branch-misses", NULL);
}
