// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_explain.c - `--explain`: what the kernel did for an iteration, from the BPF programs of
 * src/collect. Probes cost time, so nothing is attached while samples are taken: every result is
 * run again afterwards, first with probes on the switch alone, for its times, of which their
 * measured cost is subtracted; then with more on every register access, for the counts.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arch.h"
#include "cmd/bench.h"
#include "lib/log.h"

#define WARM_UP	     8 /* iterations: a CPU's first switch for a thread is not counted whole */
#define LEAST	     50
#define MOST	     1000
#define RUN_NS	     50e6 /* of a run, where that is not below or above these */
#define RUN_QUICK_NS 4e6

struct explainer {
	struct bench_run *run;
	const struct kp_arch *arch;
	double run_ns;
	bool any;
};

/** struct sums - of all vCPUs in one run */
struct sums {
	double exits, windows, pmu_exits;
};

static void note_probes(struct bench_run *run)
{
	struct kp_swagg_snap *snap;

	if (kp_swagg_read(run->agg, &snap))
		return;
	run->probes = snap->cost;
	kp_swagg_snap_free(snap);
}

int bench_explain_open(struct bench_run *run)
{
	const uint32_t pid = (uint32_t)getpid();
	const struct kp_swagg_opts opts = { .pids = &pid, .nr_pids = 1, .registers = true };
	int ret = kp_swagg_open(&opts, run->host, &run->agg, run->explain_why,
				sizeof(run->explain_why));

	if (!ret) {
		note_probes(run);
		kp_swagg_pause(run->agg);
		return KP_EXIT_OK;
	}
	kp_err("bench: --explain: %s", run->explain_why[0] ? run->explain_why : strerror(-ret));
	return bench_exit_code(-ret);
}

/* ---- running ---- */

/* A run that nobody times, with @out filled from what the probes saw; -errno where it failed. */
static int run_once(const struct explainer *x, struct bench_side *s, uint64_t iterations,
		    struct kp_swagg_snap **out)
{
	struct bench_sample sample;
	int ret;

	kp_swagg_clear(x->run->agg);
	ret = bench_side_sample(s, iterations, &sample);
	return ret ? ret : kp_swagg_read(x->run->agg, out);
}

static void add_up(const struct explainer *x, const struct kp_swagg_snap *snap, struct sums *sums)
{
	size_t i, k;

	*sums = (struct sums){ 0 };
	for (i = 0; i < snap->nr_vcpus; i++) {
		const struct kp_swagg_vcpu *v = &snap->vcpus[i];

		sums->exits += (double)v->exits;
		sums->windows += (double)v->loads;
		for (k = 0; k < v->nr_reasons; k++)
			if (x->arch->exit_is_pmu &&
			    x->arch->exit_is_pmu(v->reasons[k].isa, v->reasons[k].code))
				sums->pmu_exits += (double)v->reasons[k].count;
	}
}

static double median_of(const struct kp_swagg_snap *snap, size_t dist)
{
	struct kp_loghist all = { 0 };
	size_t i;

	for (i = 0; i < snap->nr_vcpus; i++)
		kp_loghist_merge(&all, &snap->vcpus[i].dist[dist]);
	return all.count ? (double)kp_loghist_percentile(&all, 0.5) : NAN;
}

static int time_switch(const struct explainer *x, struct bench_side *s, uint64_t rounds)
{
	struct kp_swagg_snap *snap;
	size_t i;
	int ret = run_once(x, s, rounds, &snap);

	if (ret)
		return ret;
	for (i = 0; i < KP_SWAGG_DISTS; i++)
		s->result->explain.dist[i] = median_of(snap, i);
	kp_swagg_snap_free(snap);
	return 0;
}

/* ---- registers ---- */

/* The words of `report` for what there are several of; else the manual's name. */
static void name_of(const struct explainer *x, const struct kp_swagg_reg *reg, char *buf,
		    size_t size)
{
	const struct kp_reg *row = NULL;
	unsigned int index;

	buf[0] = '\0';
	if (reg->access != KP_SWAGG_RDPMC && x->arch->regs)
		row = kp_reg_find(x->arch->regs, reg->reg, &index);
	if (reg->access == KP_SWAGG_RDPMC)
		snprintf(buf, size, reg->reg & 1u << 30 ? "fixed counter" : "counter");
	else if (row && row->role == KP_REG_COUNTER)
		snprintf(buf, size, "counter");
	else if (row && row->role == KP_REG_EVTSEL)
		snprintf(buf, size, "event selector");
	else if (row && row->role == KP_REG_FIXED_COUNTER)
		snprintf(buf, size, "fixed counter");
	else if (!kp_arch_reg_name(x->arch, reg->reg, buf, size))
		snprintf(buf, size, "0x%x", reg->reg);
}

static int add_reg(const struct explainer *x, struct bench_explain *e,
		   const struct kp_swagg_reg *reg, double count)
{
	struct bench_reg fresh = { .access = reg->access, .place = reg->place, .count = count };
	struct bench_reg *r;

	if (reg->access != KP_SWAGG_RDPMC && !kp_arch_reg_is_pmu(x->arch, reg->reg))
		return 0;
	name_of(x, reg, fresh.name, sizeof(fresh.name));
	kp_vec_for_each (r, &e->regs)
		if (r->access == fresh.access && r->place == fresh.place &&
		    !strcmp(r->name, fresh.name)) {
			r->count += count;
			return 0;
		}
	return kp_vec_push(&e->regs, fresh);
}

/* @weight: 1 or -1, over the iterations that are left when all snapshots are added. */
static int add_snap(const struct explainer *x, struct bench_explain *e,
		    const struct kp_swagg_snap *snap, double weight)
{
	struct sums sums;
	size_t i;
	int err = 0;

	add_up(x, snap, &sums);
	e->exits += weight * sums.exits;
	e->switches += weight * sums.windows;
	e->guest_pmu += weight * sums.pmu_exits;
	for (i = 0; i < snap->nr_regs && !err; i++)
		err = add_reg(x, e, &snap->regs[i], weight * (double)snap->regs[i].count);
	return err;
}

/* Of n and of 2n iterations: what is not an iteration's cancels. */
static int count_accesses(const struct explainer *x, struct bench_side *s, uint64_t rounds)
{
	struct bench_explain *e = &s->result->explain;
	double per = (double)rounds * (s->c->vcpus ? s->c->vcpus : 1);
	struct kp_swagg_snap *once = NULL, *twice = NULL;
	const struct bench_reg *r;
	int ret = run_once(x, s, rounds, &once);

	if (!ret)
		ret = run_once(x, s, 2 * rounds, &twice);
	if (!ret && twice->nr_vcpus) {
		e->exits = e->switches = e->guest_pmu = 0;
		ret = add_snap(x, e, twice, 1 / per);
	}
	if (!ret && twice->nr_vcpus)
		ret = add_snap(x, e, once, -1 / per);
	if (!ret && twice->nr_vcpus && !twice->has_switch)
		e->switches = NAN;
	kp_vec_for_each (r, &e->regs)
		if (r->place == KP_SWAGG_BY_GUEST)
			e->guest_pmu += r->count;
	kp_swagg_snap_free(once);
	kp_swagg_snap_free(twice);
	return ret;
}

/* ---- all of them ---- */

typedef int (*pass_fn)(const struct explainer *x, struct bench_side *s, uint64_t rounds);

/* Enough for the odd interrupt not to matter. */
static uint64_t rounds_of(const struct explainer *x, const struct bench_result *r)
{
	double rounds = r->host_ns > 0 ? x->run_ns / r->host_ns : MOST;

	return rounds < LEAST ? LEAST : rounds > MOST ? MOST : (uint64_t)rounds;
}

static int explain(struct explainer *x, struct bench_result *r, pass_fn pass)
{
	struct bench_side s = { .c = r->c, .run = x->run, .variant = r->variant, .result = r };
	const struct bench_result before = *r;
	struct bench_sample warm_up;
	int ret = bench_side_open(&s);

	if (!ret)
		ret = bench_side_sample(&s, WARM_UP, &warm_up);
	if (!ret)
		ret = pass(x, &s, rounds_of(x, r));
	bench_side_close(&s);
	x->any |= !isnan(r->explain.exits);
	/* the samples' own, and what these runs had is not theirs */
	r->moves = before.moves;
	r->lost = before.lost;
	r->failed = before.failed;
	memcpy(r->why, before.why, sizeof(r->why));
	return ret == -ENOMEM ? ret : 0;
}

static int explain_each(struct explainer *x, pass_fn pass)
{
	struct bench_result *r;
	int err = 0;

	kp_vec_for_each (r, &x->run->results) {
		if (err || kp_signal_flag)
			break;
		if (r->samples.nr)
			err = explain(x, r, pass);
	}
	return err;
}

static void explain_reset(struct bench_run *run)
{
	struct bench_result *r;
	size_t i;

	kp_vec_for_each (r, &run->results) {
		r->explain.exits = r->explain.switches = r->explain.guest_pmu = NAN;
		for (i = 0; i < KP_SWAGG_DISTS; i++)
			r->explain.dist[i] = NAN;
	}
}

static void look_back(const struct explainer *x, bool has_regs)
{
	struct bench_run *run = x->run;
	struct bench_result *r;

	kp_vec_for_each (r, &run->results)
		r->explain.has_regs = has_regs;
	if (kp_signal_flag)
		snprintf(run->explain_why, sizeof(run->explain_why), "a signal ended it");
	else if (!x->any)
		snprintf(run->explain_why, sizeof(run->explain_why),
			 "no entry into a guest was seen: this KVM, or software in its place, does "
			 "not call its tracepoints kvm_entry and kvm_exit");
}

int bench_explain_all(struct bench_run *run)
{
	struct explainer x = { .run = run,
			       .arch = kp_arch_find(run->host->machine, run->host->cpuid),
			       .run_ns = run->opts->quick ? RUN_QUICK_NS : RUN_NS };
	bool has_regs;
	int ret;

	explain_reset(run);
	ret = kp_swagg_resume(run->agg);
	if (ret) {
		snprintf(run->explain_why, sizeof(run->explain_why),
			 "the probes cannot be attached again: %s", strerror(-ret));
		return 0;
	}
	ret = explain_each(&x, time_switch);
	has_regs = !kp_swagg_registers(run->agg, run->regs_why, sizeof(run->regs_why));
	if (!ret)
		ret = explain_each(&x, count_accesses);
	look_back(&x, has_regs);
	return ret;
}
