// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_method.c - how a case is measured: warm-up until a sample is long enough to time, then
 * samples of all variants in turn, the order shifted each round, until the interval of every
 * median is narrow enough or the time is up.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/bench.h"

#define TARGET_NS	20000000ull /* of a sample */
#define TARGET_QUICK_NS 2000000ull
#define FIRST		8 /* iterations of the first warm-up */
#define MIN_SAMPLES	10
#define MAX_GROWTH	64

struct measured {
	struct bench_side sides[BENCH_MAX_VARIANTS];
	size_t nr;
	const struct bench_opts *opts;
	uint64_t end_ns;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * KP_NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

static bool is_over(const struct measured *m)
{
	return now_ns() >= m->end_ns || kp_signal_flag;
}

/* Sets result->iterations, and warms caches, branch predictors and clocks on the way. */
static int warm_up(struct bench_side *s, uint64_t target_ns)
{
	struct bench_sample sample;
	uint64_t n = FIRST;
	int ret;

	for (;;) {
		double want;

		ret = bench_side_sample(s, n, &sample);
		s->result->iterations = n;
		if (ret || sample.host_ns * (double)n >= 0.5 * (double)target_ns)
			return ret;
		want = (double)target_ns / fmax(sample.host_ns, 0.1);
		n = want > (double)(n * MAX_GROWTH) ? n * MAX_GROWTH : (uint64_t)want + 1;
	}
}

static int add_sample(struct bench_side *s)
{
	struct bench_sample sample;
	int ret = bench_side_sample(s, s->result->iterations, &sample);

	return ret ? ret : kp_vec_push(&s->result->samples, sample);
}

static int sum_up(struct bench_result *r)
{
	size_t i, nr = r->samples.nr;
	struct kp_stat stat = { 0 };
	double *x = calloc(nr ? nr : 1, sizeof(*x));
	int err = x ? 0 : -ENOMEM;

	for (i = 0; i < nr && !err; i++)
		x[i] = r->samples.at[i].value;
	if (!err && nr)
		err = kp_stat_of(x, nr, &r->stat);
	for (i = 0; i < nr && !err; i++)
		x[i] = r->samples.at[i].host_ns;
	if (!err && nr)
		err = kp_stat_of(x, nr, &stat);
	r->host_ns = stat.median;
	r->kvm_exits = NAN;
	for (i = 0; i < nr && !err; i++)
		x[i] = r->samples.at[i].has_exits ? r->samples.at[i].kvm_exits : NAN;
	if (!err && nr && !isnan(x[0])) {
		err = kp_stat_of(x, nr, &stat);
		r->kvm_exits = stat.median;
	}
	free(x);
	return err;
}

static bool converged(const struct measured *m, struct bench_result *r)
{
	double pct;

	if (r->samples.nr < MIN_SAMPLES || sum_up(r))
		return false;
	/* all samples alike: as narrow as can be, also around zero */
	if (r->stat.ci_low == r->stat.ci_high)
		return true;
	pct = kp_stat_ci_pct(&r->stat);
	return !isnan(pct) && pct <= m->opts->ci_pct;
}

/* All of them go on until the last is done: what slows the machine down slows all. */
static bool is_done(struct measured *m)
{
	bool all = true;
	size_t i;

	for (i = 0; i < m->nr; i++) {
		struct bench_side *s = &m->sides[i];

		if (!s->guest)
			continue;
		s->result->converged = converged(m, s->result);
		all &= s->result->converged;
	}
	return all;
}

static int round_of(struct measured *m, uint64_t round)
{
	size_t i;
	int ret;

	for (i = 0; i < m->nr; i++) {
		struct bench_side *s = &m->sides[(i + round) % m->nr];

		if (!s->guest)
			continue;
		ret = add_sample(s);
		if (ret == -ENOMEM || ret == -EINTR)
			return ret;
		if (ret)
			bench_side_close(s);
	}
	return 0;
}

static int take_samples(struct measured *m)
{
	uint64_t round;
	int ret = 0;

	for (round = 0; round < m->opts->samples && !ret; round++) {
		if (round && (is_over(m) || is_done(m)))
			break;
		ret = round_of(m, round);
	}
	is_done(m);
	return ret;
}

static int open_sides(struct measured *m, const struct bench_case *c)
{
	uint64_t target_ns = m->opts->quick ? TARGET_QUICK_NS : TARGET_NS;
	size_t i;
	int ret;

	for (i = 0; i < m->nr; i++) {
		struct bench_side *s = &m->sides[i];

		ret = bench_side_open(s);
		if (!ret)
			ret = warm_up(s, target_ns);
		if (ret == -EINTR)
			return ret;
		s->result->moves = s->result->lost = 0;
		if (ret)
			bench_side_close(s);
	}
	return 0;
}

static int finish_sides(struct measured *m)
{
	size_t i;
	int err = 0;

	for (i = 0; i < m->nr; i++) {
		struct bench_side *s = &m->sides[i];

		if (!err && s->guest && !kp_signal_flag)
			bench_side_count(s);
		bench_side_close(s);
		if (!err)
			err = sum_up(s->result);
	}
	return err;
}

/* A row for each variant; the sides point to them once no more is added. */
static int add_results(struct bench_run *run, const struct bench_case *c, struct measured *m)
{
	size_t i, first = run->results.nr;

	for (i = 0; i < run->opts->variants.nr; i++) {
		const struct bench_result r = { .c = c,
						.variant = &run->opts->variants.at[i],
						.instructions = NAN,
						.cycles = NAN };

		if (kp_vec_push(&run->results, r))
			return -ENOMEM;
	}
	for (i = 0; i < run->opts->variants.nr; i++)
		m->sides[i] = (struct bench_side){ .c = c,
						   .run = run,
						   .variant = &run->opts->variants.at[i],
						   .result = &run->results.at[first + i] };
	m->nr = run->opts->variants.nr;
	return 0;
}

int bench_measure(struct bench_run *run, const struct bench_case *c, uint64_t limit_ns)
{
	struct measured *m = calloc(1, sizeof(*m));
	int err, ret;

	if (!m)
		return -ENOMEM;
	m->opts = run->opts;
	m->end_ns = now_ns() + limit_ns * run->opts->variants.nr;
	ret = add_results(run, c, m);
	if (!ret)
		ret = open_sides(m, c);
	if (!ret)
		ret = take_samples(m);
	err = finish_sides(m);
	free(m);
	run->interrupted |= ret == -EINTR || kp_signal_flag;
	return ret == -EINTR ? err : ret ? ret : err;
}
