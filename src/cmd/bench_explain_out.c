// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_explain_out.c - tables of `bench --explain`: PMU switches and register accesses of an
 * iteration, the registers one by one for programs, and how that was seen. Writes through src/out.
 */
#include <math.h>
#include <string.h>

#include "cmd/bench.h"

static const char *const places[] = {
	[KP_SWAGG_OUTSIDE] = "host",   [KP_SWAGG_IN_HOST_OUT] = "host out",
	[KP_SWAGG_IN_LOAD] = "load",   [KP_SWAGG_IN_WINDOW] = "in window",
	[KP_SWAGG_IN_PUT] = "put",     [KP_SWAGG_IN_HOST_IN] = "host in",
	[KP_SWAGG_BY_GUEST] = "guest",
};

static const char *const accesses[] = { "read", "write", "rdpmc" };

_Static_assert(KP_ARRAY_SIZE(places) == KP_SWAGG_PLACES, "every place has a name");

/* Differences of two runs: a register of their beginnings alone is left with about nothing. */
static double rounded(double v)
{
	return fabs(v) < 1e-9 ? 0 : v;
}

static struct kp_val number(double v)
{
	return isnan(v) ? kp_val_none() : kp_val_f64(rounded(v));
}

static bool in_switch(enum kp_swagg_place place)
{
	return place != KP_SWAGG_OUTSIDE && place != KP_SWAGG_BY_GUEST;
}

static struct kp_val in_switches(const struct bench_explain *e, enum kp_swagg_access access)
{
	const struct bench_reg *r;
	double n = 0;

	if (!e->has_regs || isnan(e->switches))
		return kp_val_none();
	kp_vec_for_each (r, &e->regs)
		if (in_switch(r->place) && r->access == access)
			n += r->count;
	return kp_val_f64(rounded(n));
}

static struct kp_val outside(const struct bench_explain *e)
{
	const struct bench_reg *r;
	double n = 0;

	if (!e->has_regs || isnan(e->exits))
		return kp_val_none();
	kp_vec_for_each (r, &e->regs)
		if (r->place == KP_SWAGG_OUTSIDE)
			n += r->count;
	return kp_val_f64(rounded(n));
}

static void write_row(struct kp_out *out, const struct bench_result *r)
{
	const struct bench_explain *e = &r->explain;

	kp_out_row(out, (const struct kp_val[]){
				kp_val_str(r->c->suite),
				kp_val_str(r->c->name),
				kp_val_str(r->variant->name),
				number(e->exits),
				number(e->guest_pmu),
				number(e->switches),
				number(e->dist[KP_SWAGG_SWITCH]),
				number(e->dist[KP_SWAGG_LOAD]),
				number(e->dist[KP_SWAGG_PUT]),
				number(e->dist[KP_SWAGG_HOST_OUT]),
				number(e->dist[KP_SWAGG_HOST_IN]),
				number(e->dist[KP_SWAGG_HANDLING]),
				in_switches(e, KP_SWAGG_WRITE),
				in_switches(e, KP_SWAGG_READ),
				in_switches(e, KP_SWAGG_RDPMC),
				outside(e),
			});
}

static void write_table(struct kp_out *out, const struct bench_run *run)
{
	const enum kp_col cols[] = {
		KP_COL_SUITE,
		KP_COL_CASE,
		run->opts->variants.nr > 1 ? KP_COL_VARIANT : KP_COL_DATA(KP_COL_VARIANT),
		KP_COL_TRACED_EXITS,
		KP_COL_GUEST_PMU,
		KP_COL_OP_SWITCHES,
		KP_COL_SWITCH_MEDIAN_NS,
		KP_COL_LOAD_MEDIAN_NS,
		KP_COL_PUT_MEDIAN_NS,
		KP_COL_DATA(KP_COL_OUT_MEDIAN_NS),
		KP_COL_DATA(KP_COL_IN_MEDIAN_NS),
		KP_COL_DATA(KP_COL_HANDLING_MEDIAN_NS),
		KP_COL_SWITCH_WRITES,
		KP_COL_SWITCH_READS,
		KP_COL_SWITCH_RDPMCS,
		KP_COL_HOST_PMU,
	};
	const struct bench_result *r;

	kp_out_table(out, "explain", "What the kernel does for one iteration", cols,
		     KP_ARRAY_SIZE(cols));
	kp_vec_for_each (r, &run->results)
		if (!isnan(r->explain.exits))
			write_row(out, r);
	kp_out_table_end(out);
}

static void write_reg(struct kp_out *out, const struct bench_result *r, const struct bench_reg *reg)
{
	const double switches = r->explain.switches;

	if (rounded(reg->count) == 0)
		return;
	kp_out_row(out,
		   (const struct kp_val[]){
			   kp_val_str(r->c->suite),
			   kp_val_str(r->c->name),
			   kp_val_str(r->variant->name),
			   kp_val_str(places[reg->place]),
			   kp_val_str(reg->name),
			   kp_val_str(accesses[reg->access]),
			   kp_val_f64(reg->count),
			   in_switch(reg->place) && switches > 0 ? kp_val_f64(reg->count / switches)
								 : kp_val_none(),
		   });
}

static void write_regs(struct kp_out *out, const struct bench_run *run)
{
	static const enum kp_col cols[] = { KP_COL_SUITE,	  KP_COL_CASE,	    KP_COL_VARIANT,
					    KP_COL_PHASE,	  KP_COL_REGISTER,  KP_COL_ACCESS,
					    KP_COL_PER_ITERATION, KP_COL_PER_SWITCH };
	const struct bench_result *r;
	const struct bench_reg *reg;

	kp_out_table(out, "explain_registers", "PMU registers accessed in one iteration", cols,
		     KP_ARRAY_SIZE(cols));
	kp_vec_for_each (r, &run->results)
		kp_vec_for_each (reg, &r->explain.regs)
			write_reg(out, r, reg);
	kp_out_table_end(out);
}

void bench_explain_notes(struct kp_out *out, const struct bench_run *run)
{
	static const char *const how[] = {
		[KP_PROBE_FENTRY] = "fentry", [KP_PROBE_KPROBE] = "kprobes"
	};

	if (run->explain_why[0])
		kp_out_note(out, "--explain: %s", run->explain_why);
	if (run->regs_why[0])
		kp_out_note(out, "--explain: %s: register accesses that it tells of do not show",
			    run->regs_why);
	if (run->probes.how == KP_PROBE_FENTRY || run->probes.how == KP_PROBE_KPROBE)
		kp_out_note(out,
			    "--explain: from runs of their own, without probes in the samples; "
			    "each of the probes (%s) cost %u ns and two with nothing between "
			    "measured %u ns, which is subtracted from the times",
			    how[run->probes.how], run->probes.full_ns, run->probes.pair_ns);
}

void bench_explain_write(struct kp_out *out, const struct bench_run *run)
{
	write_table(out, run);
	if (strcmp(run->opts->format, "text"))
		write_regs(out, run);
}
