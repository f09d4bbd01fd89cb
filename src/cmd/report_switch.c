// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_switch.c - tables of the PMU context switch: phases of each vCPU, and which registers
 * each phase accesses. Reads snapshots, writes to the out layer.
 */
#include "report.h"

#include <inttypes.h>

static const char *const phases[] = {
	[KP_SWITCH_HOST_OUT] = "host out",
	[KP_SWITCH_LOAD] = "load",
	[KP_SWITCH_PUT] = "put",
	[KP_SWITCH_HOST_IN] = "host in",
};

static const char *const parts[] = {
	[KP_PMU_NONE] = "other",
	[KP_PMU_GLOBAL_CTRL] = "GLOBAL_CTRL",
	[KP_PMU_GLOBAL_CTRL_LOADED] = "GLOBAL_CTL",
	[KP_PMU_STATUS] = "GLOBAL_STATUS",
	[KP_PMU_STATUS_SET] = "GLOBAL_STATUS_SET",
	[KP_PMU_STATUS_RESET] = "GLOBAL_STATUS_CLR",
	[KP_PMU_COUNTER] = "counter",
	[KP_PMU_SELECTOR] = "event selector",
	[KP_PMU_FIXED_COUNTER] = "fixed counter",
	[KP_PMU_FIXED_CTRL] = "FIXED_CTR_CTRL",
	[KP_PMU_LVTPC] = "LVTPC",
};

_Static_assert(KP_ARRAY_SIZE(phases) == KP_SWITCH_PHASES, "every phase has a name");
_Static_assert(KP_ARRAY_SIZE(parts) == KP_PMU_PARTS, "every part has a name");

static void phase_row(const struct kp_snap *snap, const struct kp_snap_switch *v, unsigned int p,
		      struct kp_out *out)
{
	const struct kp_stat *t = &v->phase[p];
	const struct kp_val none = kp_val_none();
	uint64_t wall = snap->last_ns - snap->first_ns;

	kp_out_row(out,
		   (struct kp_val[]){
			   kp_val_u64(v->vm), v->has_vcpu ? kp_val_u64(v->vcpu) : none,
			   kp_val_u64(v->tid), kp_val_str(phases[p]), kp_val_u64(t->count),
			   t->count ? kp_val_u64(t->total_ns) : none,
			   wall ? kp_val_f64(100.0 * (double)t->total_ns / (double)wall) : none,
			   t->count ? kp_val_u64(t->min_ns) : none,
			   t->count ? kp_val_f64((double)t->total_ns / (double)t->count) : none,
			   t->has_percentiles ? kp_val_u64(t->p50_ns) : none,
			   t->has_percentiles ? kp_val_u64(t->p99_ns) : none,
			   t->count ? kp_val_u64(t->max_ns) : none });
}

static void phase_table(const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = {
		KP_COL_VM,	 KP_COL_VCPU,	  KP_COL_TID,	   KP_COL_PHASE,
		KP_COL_SWITCHES, KP_COL_TOTAL_NS, KP_COL_WALL_PCT, KP_COL_MIN_NS,
		KP_COL_MEAN_NS,	 KP_COL_P50_NS,	  KP_COL_P99_NS,   KP_COL_MAX_NS,
	};
	size_t i;
	unsigned int p;

	kp_out_table(out, "switches", "PMU context switches, first to last register access", cols,
		     KP_ARRAY_SIZE(cols));
	for (i = 0; i < snap->switches.nr_vcpus; i++)
		for (p = 0; p < KP_SWITCH_PHASES; p++)
			phase_row(snap, &snap->switches.vcpus[i], p, out);
	kp_out_table_end(out);
}

/* How often a phase happened, all vCPUs together. */
static uint64_t phase_count(const struct kp_snap *snap, enum kp_switch_phase phase)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < snap->switches.nr_vcpus; i++)
		n += snap->switches.vcpus[i].phase[phase].count;
	return n;
}

static void reg_table(const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = {
		KP_COL_PHASE, KP_COL_REGISTER, KP_COL_ACCESS, KP_COL_COUNT, KP_COL_PER_SWITCH,
	};
	size_t i;

	kp_out_table(out, "switch_registers", "Register accesses of these switches", cols,
		     KP_ARRAY_SIZE(cols));
	for (i = 0; i < snap->switches.nr_regs; i++) {
		const struct kp_snap_switch_reg *g = &snap->switches.regs[i];

		kp_out_row(out,
			   (struct kp_val[]){
				   kp_val_str(phases[g->phase]), kp_val_str(parts[g->part]),
				   kp_val_str(g->write ? "write" : "read"), kp_val_u64(g->count),
				   kp_val_f64((double)g->count /
					      (double)phase_count(snap, g->phase)) });
	}
	kp_out_table_end(out);
}

void kp_report_switch(const struct kp_snap *snap, struct kp_out *out)
{
	const struct kp_snap_switches *s = &snap->switches;
	uint64_t windows = 0, entries = 0;
	size_t i;

	for (i = 0; i < s->nr_vcpus; i++) {
		windows += s->vcpus[i].windows;
		entries += s->vcpus[i].entries;
	}
	if (windows)
		kp_out_note(out,
			    "mediated vPMU: %" PRIu64 " PMU context switches for %" PRIu64
			    " entries; %" PRIu64 " writes of loads and %" PRIu64
			    " of puts were elided. %" PRIu64
			    " entries came without a load that the recording shows.",
			    windows, entries, s->load_elided, s->put_elided, s->entries_without);
	phase_table(snap, out);
	reg_table(snap, out);
}
