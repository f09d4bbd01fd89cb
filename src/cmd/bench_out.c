// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_out.c - the document of a run of suites: machine and environment, results, what was not to
 * be had, the variants against the first, all samples. Writes through src/out.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/bench.h"

#define SCHEMA	  "kvmpmu-bench-suite/1"
#define NOISY_PCT 5.0

static struct kp_val number(double v)
{
	return isnan(v) ? kp_val_none() : kp_val_f64(v);
}

static const char *unit_of(const struct bench_result *r)
{
	return r->c->metric == BENCH_LATENCY ? "cycles" : "ns";
}

/* Text has the column of variants where there is more than one. */
static enum kp_col variant_col(const struct bench_run *run)
{
	return run->opts->variants.nr > 1 ? KP_COL_VARIANT : KP_COL_DATA(KP_COL_VARIANT);
}

static bool any_pmu(const struct bench_run *run)
{
	const struct bench_result *r;

	kp_vec_for_each (r, &run->results)
		if (!isnan(r->instructions))
			return true;
	return false;
}

static bool any_suite(const struct bench_run *run, const char *suite)
{
	const struct bench_result *r;

	kp_vec_for_each (r, &run->results)
		if (!strcmp(r->c->suite, suite) && r->samples.nr)
			return true;
	return false;
}

static enum kp_col shown_if(bool yes, enum kp_col col)
{
	return yes ? col : KP_COL_DATA(col);
}

static double *values_of(const struct bench_result *r)
{
	double *x = calloc(r->samples.nr, sizeof(*x));
	size_t i;

	for (i = 0; x && i < r->samples.nr; i++)
		x[i] = r->samples.at[i].value;
	return x;
}

/* ---- results ---- */

static const struct bench_result *base_of(const struct bench_run *run, const struct bench_result *r)
{
	const struct bench_result *b;

	if (r->c->base)
		kp_vec_for_each (b, &run->results)
			if (b->samples.nr && b->variant == r->variant &&
			    !strcmp(b->c->suite, r->c->suite) && !strcmp(b->c->name, r->c->base))
				return b;
	return NULL;
}

/* An iteration is one move: what it takes longer than one that stays. */
static struct kp_val per_move(const struct bench_run *run, const struct bench_result *r)
{
	const struct bench_result *base = base_of(run, r);
	double *x = base ? values_of(base) : NULL, *y = values_of(r);
	struct kp_stat_diff d;
	bool known = x && y && !kp_stat_compare(x, base->samples.nr, y, r->samples.nr, &d);

	free(x);
	free(y);
	return known ? kp_val_f64(d.shift) : kp_val_none();
}

/* Throughput: an iteration starts a counter, takes its PMI and stops it. */
static struct kp_val pmi_rate(const struct bench_result *r)
{
	double pmis = (double)r->samples.nr * (double)r->iterations;

	if (!r->has_lost || r->c->metric != BENCH_TIME || r->stat.median <= 0)
		return kp_val_none();
	return kp_val_f64(1e9 / r->stat.median * (pmis - (double)r->lost) / pmis);
}

#define NR_RESULT_COLS 25

static void write_result(struct kp_out *out, const struct bench_run *run,
			 const struct bench_result *r)
{
	const struct kp_val row[NR_RESULT_COLS] = {
		kp_val_str(r->c->suite),
		kp_val_str(r->c->name),
		kp_val_str(r->variant->name),
		kp_val_str(unit_of(r)),
		kp_val_f64(r->stat.median),
		number(kp_stat_ci_pct(&r->stat)),
		number(r->stat.ci_low),
		number(r->stat.ci_high),
		kp_val_f64(r->stat.mad),
		kp_val_f64(r->stat.q1),
		kp_val_f64(r->stat.q3),
		kp_val_f64(r->stat.min),
		kp_val_f64(r->stat.max),
		kp_val_u64(r->samples.nr),
		kp_val_u64(r->stat.outliers),
		kp_val_bool(r->converged),
		kp_val_u64(r->iterations),
		kp_val_f64(r->host_ns),
		number(r->kvm_exits),
		number(r->instructions),
		number(r->cycles),
		r->c->move ? kp_val_u64(r->moves) : kp_val_none(),
		per_move(run, r),
		r->has_lost ? kp_val_u64(r->lost) : kp_val_none(),
		pmi_rate(r),
	};

	kp_out_row(out, row);
}

static void write_results(struct kp_out *out, const struct bench_run *run)
{
	const enum kp_col cols[] = {
		KP_COL_SUITE,
		KP_COL_CASE,
		variant_col(run),
		KP_COL_METRIC,
		KP_COL_MEDIAN,
		KP_COL_CI_PCT,
		KP_COL_DATA(KP_COL_CI_LOW),
		KP_COL_DATA(KP_COL_CI_HIGH),
		KP_COL_MAD,
		KP_COL_DATA(KP_COL_Q1),
		KP_COL_DATA(KP_COL_Q3),
		KP_COL_LEAST,
		KP_COL_MOST,
		KP_COL_ROUNDS,
		KP_COL_OUTLIERS,
		KP_COL_DATA(KP_COL_CONVERGED),
		KP_COL_DATA(KP_COL_SAMPLE_ITERATIONS),
		KP_COL_DATA(KP_COL_ITER_HOST_NS),
		KP_COL_OP_EXITS,
		shown_if(any_pmu(run), KP_COL_OP_INSNS),
		shown_if(any_pmu(run), KP_COL_OP_CYCLES),
		shown_if(any_suite(run, "migrate"), KP_COL_MOVES),
		shown_if(any_suite(run, "migrate"), KP_COL_MOVE_NS),
		shown_if(any_suite(run, "pmi"), KP_COL_PMIS_LOST),
		shown_if(any_suite(run, "pmi"), KP_COL_GUEST_PMI_RATE),
	};
	const struct bench_result *r;

	_Static_assert(KP_ARRAY_SIZE(cols) == NR_RESULT_COLS, "a column per cell");
	kp_out_table(out, "results", "One iteration", cols, KP_ARRAY_SIZE(cols));
	kp_vec_for_each (r, &run->results)
		if (r->samples.nr)
			write_result(out, run, r);
	kp_out_table_end(out);
}

/* What people read ends with the first sentence, and what programs read with the first line. */
static void shorten(char *why, size_t size, const struct bench_result *r, bool text)
{
	const char *end = text ? strstr(r->why, ". ") : NULL;
	size_t len = strcspn(r->why, "\n");

	if (end && (size_t)(end - r->why) < len)
		len = (size_t)(end - r->why);
	snprintf(why, size, "%.*s", (int)len, r->why);
}

static bool same_why(const struct bench_result *a, const struct bench_result *b)
{
	return !b->samples.nr && !strcmp(a->c->suite, b->c->suite) && a->variant == b->variant &&
	       !strcmp(a->why, b->why);
}

/* In text: the cases of a suite that cannot be measured for one reason are one row. */
static size_t same_from(const struct bench_run *run, size_t at)
{
	const struct bench_result *r = &run->results.at[at];
	size_t i, nr = 0;

	for (i = 0; i < run->results.nr; i++) {
		if (i < at && same_why(r, &run->results.at[i]))
			return 0;
		nr += same_why(r, &run->results.at[i]);
	}
	return nr;
}

static void write_missing(struct kp_out *out, const struct bench_run *run)
{
	const enum kp_col cols[] = { KP_COL_SUITE, KP_COL_CASE, variant_col(run), KP_COL_WHY };
	bool text = !strcmp(run->opts->format, "text");
	char why[300], cases[32];
	size_t i, nr;

	kp_out_table(out, "unavailable", "Not measured", cols, KP_ARRAY_SIZE(cols));
	for (i = 0; i < run->results.nr; i++) {
		const struct bench_result *r = &run->results.at[i];

		if (r->samples.nr)
			continue;
		nr = text ? same_from(run, i) : 1;
		snprintf(cases, sizeof(cases), "%zu cases", nr);
		shorten(why, sizeof(why), r, text);
		if (nr)
			kp_out_row(out, (const struct kp_val[]){
						kp_val_str(r->c->suite),
						kp_val_str(nr > 1 ? cases : r->c->name),
						kp_val_str(r->variant->name),
						kp_val_str(why),
					});
	}
	kp_out_table_end(out);
}

/* ---- the variants of a case against its first ---- */

static int write_difference(struct kp_out *out, const struct bench_result *a,
			    const struct bench_result *b)
{
	double *x = values_of(a), *y = values_of(b);
	struct kp_stat_diff d = { 0 };
	int err = x && y ? kp_stat_compare(x, a->samples.nr, y, b->samples.nr, &d) : -ENOMEM;
	const struct kp_val row[] = {
		kp_val_str(b->c->suite),
		kp_val_str(b->c->name),
		kp_val_str(b->variant->name),
		kp_val_str(a->variant->name),
		kp_val_str(unit_of(b)),
		kp_val_f64(d.shift),
		a->stat.median != 0 ? kp_val_f64(100 * d.shift / a->stat.median) : kp_val_none(),
		kp_val_f64(d.cliff),
		kp_val_f64(d.p),
	};

	if (!err)
		kp_out_row(out, row);
	free(x);
	free(y);
	return err;
}

static int write_differences(struct kp_out *out, const struct bench_run *run)
{
	static const enum kp_col cols[] = { KP_COL_SUITE,     KP_COL_CASE,   KP_COL_VARIANT,
					    KP_COL_BASE,      KP_COL_METRIC, KP_COL_SHIFT,
					    KP_COL_SHIFT_PCT, KP_COL_CLIFF,  KP_COL_P_VALUE };
	const struct bench_result *first = NULL, *r;
	int err = 0;

	kp_out_table(out, "differences", "Differences", cols, KP_ARRAY_SIZE(cols));
	kp_vec_for_each (r, &run->results) {
		if (!r->samples.nr || err)
			continue;
		if (!first || first->c != r->c)
			first = r;
		else
			err = write_difference(out, first, r);
	}
	kp_out_table_end(out);
	return err;
}

static void write_samples(struct kp_out *out, const struct bench_run *run)
{
	static const enum kp_col cols[] = { KP_COL_SUITE,	 KP_COL_CASE,
					    KP_COL_VARIANT,	 KP_COL_SAMPLE,
					    KP_COL_METRIC,	 KP_COL_SAMPLE_VALUE,
					    KP_COL_ITER_HOST_NS, KP_COL_OP_EXITS,
					    KP_COL_OUTLIER };
	const struct bench_result *r;
	size_t i;

	kp_out_table(out, "samples", "Samples", cols, KP_ARRAY_SIZE(cols));
	kp_vec_for_each (r, &run->results)
		for (i = 0; i < r->samples.nr; i++) {
			const struct bench_sample *s = &r->samples.at[i];
			const struct kp_val row[] = {
				kp_val_str(r->c->suite),
				kp_val_str(r->c->name),
				kp_val_str(r->variant->name),
				kp_val_u64(i + 1),
				kp_val_str(unit_of(r)),
				kp_val_f64(s->value),
				kp_val_f64(s->host_ns),
				s->has_exits ? kp_val_f64(s->kvm_exits) : kp_val_none(),
				kp_val_bool(s->value < r->stat.fence_low ||
					    s->value > r->stat.fence_high),
			};

			kp_out_row(out, row);
		}
	kp_out_table_end(out);
}

/* ---- machine ---- */

/* Text shows what people compare first; the rest is for programs. */
static void write_environment(struct kp_out *out, const struct bench_run *run)
{
	static const struct {
		const char *name, *title;
	} shown[] = {
		{ "kernel", "Kernel" },
		{ "cpu", "CPU" },
		{ "microcode", "Microcode" },
		{ "governor", "Frequency governor" },
	};
	const struct kp_host_attrs *set = &run->tuning->set;
	char key[160];
	size_t i, k;

	for (i = 0; i < set->nr; i++) {
		const char *title = NULL;

		for (k = 0; k < KP_ARRAY_SIZE(shown); k++)
			if (!strcmp(shown[k].name, set->at[i].name))
				title = shown[k].title;
		snprintf(key, sizeof(key), "environment.%s", set->at[i].name);
		kp_out_field(out, key, title, KP_UNIT_NONE, kp_val_str(set->at[i].value));
	}
}

static void write_machine(struct kp_out *out, const struct bench_run *run)
{
	static const char *const modes[] = { NULL, "none", "emulated", "mediated" };
	const struct kp_guest_info *info = &run->info;

	kp_out_field(out, "guest_pmu", "Guest PMU", KP_UNIT_NONE, kp_val_str(modes[run->pmu]));
	kp_out_field(out, "pmu", NULL, KP_UNIT_NONE, kp_val_str(info->pmu));
	kp_out_field(out, "general_counters", info->pmu_on ? "General counters" : NULL,
		     KP_UNIT_COUNT, info->pmu_on ? kp_val_u64(info->nr_gp) : kp_val_none());
	kp_out_field(out, "tick_hz", "Guest clock (Hz)", KP_UNIT_PER_SEC,
		     info->tick_hz ? kp_val_u64(info->tick_hz) : kp_val_none());
	kp_out_field(out, "elapsed_ns", "Elapsed", KP_UNIT_NS, kp_val_u64(run->elapsed_ns));
	kp_out_field(out, "interrupted", run->interrupted ? "Interrupted" : NULL, KP_UNIT_NONE,
		     kp_val_bool(run->interrupted));
}

static void write_notes(struct kp_out *out, const struct bench_run *run)
{
	size_t i, open = 0, noisy = 0, measured = 0;
	const struct bench_result *r;

	for (i = 0; i < run->tuning->nr_warnings; i++)
		kp_out_note(out, "%s", run->tuning->warnings[i]);
	kp_vec_for_each (r, &run->results) {
		measured += r->samples.nr > 0;
		open += r->samples.nr && !r->converged;
		noisy += r->samples.nr && r->stat.mad > r->stat.median * NOISY_PCT / 100;
	}
	if (open)
		kp_out_note(out, "%zu of %zu results did not come to +-%g%% in time", open,
			    measured, run->opts->ci_pct);
	if (run->opts->explain)
		bench_explain_notes(out, run);
	if (noisy)
		kp_out_note(out,
			    "noise: in %zu of %zu results half of the samples are over %g%% off "
			    "the median",
			    noisy, measured, NOISY_PCT);
}

int bench_write(const struct kp_ctx *ctx, const struct bench_run *run)
{
	const struct kp_out_opts opts = {
		.format = run->opts->format, .stream = stdout, .schema = SCHEMA, .color = ctx->color
	};
	struct kp_out *out;
	int err = kp_out_new(&opts, &out);

	if (err)
		return err;
	write_machine(out, run);
	write_environment(out, run);
	write_results(out, run);
	err = write_differences(out, run);
	if (run->opts->explain)
		bench_explain_write(out, run);
	write_missing(out, run);
	if (strcmp(run->opts->format, "text"))
		write_samples(out, run);
	write_notes(out, run);
	if (err) {
		kp_out_free(out);
		return err;
	}
	return kp_out_finish(out);
}
