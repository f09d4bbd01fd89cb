// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_pmucost.c - what the virtual PMU costs, line by line, whichever kind it is: exits for its
 * registers and PMU context switches in one table. Reads snapshots, writes to the out layer.
 */
#include "report.h"

#include <math.h>

static double share(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : NAN;
}

/** struct cost - one line */
struct cost {
	const char *what, *of, *access;
	struct kp_stat stat;
};

static uint64_t guest_ns(const struct kp_snap *snap)
{
	uint64_t ns = 0;
	size_t i;

	for (i = 0; i < snap->nr_vcpus; i++)
		ns += snap->vcpus[i].guest_ns;
	return ns;
}

static void row(const struct kp_snap *snap, const struct cost *c, struct kp_out *out)
{
	const struct kp_stat *t = &c->stat;
	const struct kp_val none = kp_val_none();

	kp_out_row(out, (struct kp_val[]){
				kp_val_str(c->what), kp_val_str(c->of), kp_val_str(c->access),
				kp_val_u64(t->count), kp_val_u64(t->total_ns),
				kp_val_f64(share(t->total_ns, snap->last_ns - snap->first_ns)),
				kp_val_f64(share(t->total_ns, guest_ns(snap))),
				kp_val_f64((double)t->total_ns / (double)t->count),
				t->has_percentiles ? kp_val_u64(t->p99_ns) : none,
				t->max_ns ? kp_val_u64(t->max_ns) : none });
}

static void add(struct kp_stat *sum, const struct kp_stat *t)
{
	sum->count += t->count;
	sum->total_ns += t->total_ns;
	sum->max_ns = kp_max_u64(sum->max_ns, t->max_ns);
}

static const char *reg_name(struct kp_report *r, const struct kp_snap_pmu_exit *e)
{
	char buf[64];
	const char *name;

	if (e->kind == KP_PMU_EXIT_OTHER)
		return "(other)";
	if (e->kind == KP_PMU_EXIT_RDPMC)
		return "RDPMC";
	name = kp_arch_reg_name(kp_decoder_arch(r->dec), e->reg, buf, sizeof(buf));
	if (!name) {
		snprintf(buf, sizeof(buf), "0x%x", e->reg);
		name = buf;
	}
	return kp_report_string(r, name);
}

static void exit_rows(struct kp_report *r, const struct kp_snap *snap, struct kp_stat *sum,
		      struct kp_out *out)
{
	size_t i;

	for (i = 0; i < snap->nr_pmu_exits; i++) {
		const struct kp_snap_pmu_exit *e = &snap->pmu_exits[i];
		const bool access = e->kind == KP_PMU_EXIT_MSR || e->kind == KP_PMU_EXIT_SYSREG;

		struct kp_stat pure = e->handling;

		if (e->switch_ns) { /* the switch has lines of its own */
			pure.total_ns -= kp_min_u64(e->switch_ns, pure.total_ns);
			pure.has_percentiles = false;
			pure.max_ns = 0;
		}
		row(snap,
		    &(struct cost){ "exit", reg_name(r, e),
				    access ? (e->write ? "write" : "read") : NULL, pure },
		    out);
		add(sum, &pure);
	}
}

static void switch_rows(const struct kp_snap *snap, struct kp_stat *sum, struct kp_out *out)
{
	static const struct {
		enum kp_switch_phase phase;
		const char *name;
	} phases[] = {
		{ KP_SWITCH_HOST_OUT, "host out" },
		{ KP_SWITCH_LOAD, "load" },
		{ KP_SWITCH_PUT, "put" },
		{ KP_SWITCH_HOST_IN, "host in" },
	};
	size_t i, v;

	for (i = 0; i < KP_ARRAY_SIZE(phases); i++) {
		struct kp_stat t = { 0 };

		for (v = 0; v < snap->switches.nr_vcpus; v++)
			add(&t, &snap->switches.vcpus[v].phase[phases[i].phase]);
		if (!t.count)
			continue;
		row(snap, &(struct cost){ "switch", phases[i].name, NULL, t }, out);
		add(sum, &t);
	}
}

void kp_report_pmucost(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = {
		KP_COL_COST,	 KP_COL_COST_OF,  KP_COL_ACCESS,       KP_COL_COUNT,
		KP_COL_TOTAL_NS, KP_COL_WALL_PCT, KP_COL_OF_GUEST_PCT, KP_COL_MEAN_NS,
		KP_COL_P99_NS,	 KP_COL_MAX_NS,
	};
	struct kp_stat sum = { 0 };

	kp_out_table(out, "pmu_cost",
		     "What the virtual PMU costs: exits for its registers, switches apart", cols,
		     KP_ARRAY_SIZE(cols));
	exit_rows(r, snap, &sum, out);
	switch_rows(snap, &sum, out);
	if (sum.count)
		row(snap, &(struct cost){ "all", NULL, NULL, sum }, out);
	kp_out_table_end(out);
}
