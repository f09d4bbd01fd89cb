// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_switch.c - tables of the PMU context switch: what it costs whom, its phases on each vCPU,
 * and which registers each phase accesses. Reads snapshots, writes to the out layer.
 */
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char *const phases[] = {
	[KP_SWITCH_HOST_OUT] = "host out",	  [KP_SWITCH_LOAD] = "load",
	[KP_SWITCH_LOAD_LVTPC] = "load: LVTPC",	  [KP_SWITCH_LOAD_PMCS] = "load: counters",
	[KP_SWITCH_LOAD_VENDOR] = "load: vendor", [KP_SWITCH_PUT] = "put",
	[KP_SWITCH_PUT_VENDOR] = "put: vendor",	  [KP_SWITCH_PUT_PMCS] = "put: counters",
	[KP_SWITCH_PUT_LVTPC] = "put: LVTPC",	  [KP_SWITCH_HOST_IN] = "host in",
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

static double share(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : NAN;
}

static double mean(uint64_t total, uint64_t n)
{
	return n ? (double)total / (double)n : NAN;
}

static uint64_t wall_ns(const struct kp_snap *snap)
{
	return snap->last_ns - snap->first_ns;
}

/* ---- phases ---- */

static void phase_row(const struct kp_snap *snap, const struct kp_snap_switch *v, unsigned int p,
		      struct kp_out *out)
{
	const struct kp_stat *t = &v->phase[p];
	const struct kp_val none = kp_val_none();

	kp_out_row(out, (struct kp_val[]){
				kp_val_u64(v->vm), v->has_vcpu ? kp_val_u64(v->vcpu) : none,
				kp_val_u64(v->tid), kp_val_str(phases[p]), kp_val_u64(t->count),
				t->count ? kp_val_u64(t->total_ns) : none,
				kp_val_f64(share(t->total_ns, wall_ns(snap))),
				kp_val_f64(share(t->total_ns, v->guest_ns)),
				t->count ? kp_val_u64(t->min_ns) : none,
				kp_val_f64(mean(t->total_ns, t->count)),
				t->has_percentiles ? kp_val_u64(t->p50_ns) : none,
				t->has_percentiles ? kp_val_u64(t->p99_ns) : none,
				t->count ? kp_val_u64(t->max_ns) : none });
}

/* A part of a phase: not seen is not worth a row. */
static bool is_part(unsigned int p)
{
	return strchr(phases[p], ':');
}

static void phase_table(const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = {
		KP_COL_VM,	 KP_COL_VCPU,	      KP_COL_TID,
		KP_COL_PHASE,	 KP_COL_SWITCHES,     KP_COL_TOTAL_NS,
		KP_COL_WALL_PCT, KP_COL_OF_GUEST_PCT, KP_COL_DATA(KP_COL_MIN_NS),
		KP_COL_MEAN_NS,	 KP_COL_P50_NS,	      KP_COL_P99_NS,
		KP_COL_MAX_NS,
	};
	size_t i;
	unsigned int p;

	kp_out_table(out, "switches", "PMU context switches, first to last register access", cols,
		     KP_ARRAY_SIZE(cols));
	for (i = 0; i < snap->switches.nr_vcpus; i++)
		for (p = 0; p < KP_SWITCH_PHASES; p++)
			if (!is_part(p) || snap->switches.vcpus[i].phase[p].count)
				phase_row(snap, &snap->switches.vcpus[i], p, out);
	kp_out_table_end(out);
}

/* ---- who pays ---- */

/* Columns behind those that say whose row it is. */
#define COST_COLS                                                                                 \
	KP_COL_WINDOWS, KP_COL_ENTRIES, KP_COL_DATA(KP_COL_PER_WINDOW), KP_COL_WINDOWS_L2,        \
		KP_COL_DATA(KP_COL_ENTRIES_L2), KP_COL_WRITES_MAX, KP_COL_ELIDED,                 \
		KP_COL_DATA(KP_COL_HANDLING_NS), KP_COL_DATA(KP_COL_PURE_NS),                     \
		KP_COL_DATA(KP_COL_GUEST_NS), KP_COL_SWITCH_NS, KP_COL_DATA(KP_COL_SWITCH_L2_NS), \
		KP_COL_WALL_PCT, KP_COL_OF_GUEST_PCT, KP_COL_SWITCH_PCT

#define COST_NR 15

static uint64_t phases_ns(const struct kp_snap_switch *v)
{
	return v->phase[KP_SWITCH_HOST_OUT].total_ns + v->phase[KP_SWITCH_LOAD].total_ns +
	       v->phase[KP_SWITCH_PUT].total_ns + v->phase[KP_SWITCH_HOST_IN].total_ns;
}

static void cost_cells(const struct kp_snap *snap, const struct kp_snap_switch *v,
		       struct kp_val *cells)
{
	const uint64_t spent = phases_ns(v);
	const bool regs = !(snap->switches.missing & (KP_SWITCH_NO_RDPMC | KP_SWITCH_NO_REGS));
	const struct kp_val none = kp_val_none();
	const struct kp_val row[COST_NR] = {
		kp_val_u64(v->windows),
		kp_val_u64(v->entries),
		kp_val_f64(mean(v->entries, v->windows)),
		kp_val_u64(v->windows_l2),
		kp_val_u64(v->entries_l2),
		regs ? kp_val_u64(v->load_writes_max + v->put_writes_max) : none,
		regs ? kp_val_u64(v->load_elided + v->put_elided) : none,
		kp_val_u64(v->handling_ns),
		kp_val_u64(v->handling_ns - v->switch_ns),
		kp_val_u64(v->guest_ns),
		kp_val_u64(spent),
		kp_val_u64(v->switch_l2_ns),
		kp_val_f64(share(spent, wall_ns(snap))),
		kp_val_f64(share(spent, v->guest_ns)),
		kp_val_f64(share(v->switch_ns, v->handling_ns)),
	};

	memcpy(cells, row, sizeof(row));
}

static void vcpu_table(const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = { KP_COL_VM, KP_COL_VCPU, KP_COL_TID, COST_COLS };
	struct kp_val row[KP_ARRAY_SIZE(cols)];
	size_t i;

	kp_out_table(out, "switch_vcpus", "What the switches cost each vCPU", cols,
		     KP_ARRAY_SIZE(cols));
	for (i = 0; i < snap->switches.nr_vcpus; i++) {
		const struct kp_snap_switch *v = &snap->switches.vcpus[i];

		row[0] = kp_val_u64(v->vm);
		row[1] = v->has_vcpu ? kp_val_u64(v->vcpu) : kp_val_none();
		row[2] = kp_val_u64(v->tid);
		cost_cells(snap, v, &row[3]);
		kp_out_row(out, row);
	}
	kp_out_table_end(out);
}

static void cpu_table(const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = { KP_COL_CPU, COST_COLS };
	struct kp_val row[KP_ARRAY_SIZE(cols)];
	size_t i;

	kp_out_table(out, "switch_cpus", "What they cost each CPU", cols, KP_ARRAY_SIZE(cols));
	for (i = 0; i < snap->switches.nr_cpus; i++) {
		row[0] = kp_val_u64(snap->switches.cpus[i].cpu);
		cost_cells(snap, &snap->switches.cpus[i], &row[1]);
		kp_out_row(out, row);
	}
	kp_out_table_end(out);
}

static void reason_table(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = {
		KP_COL_REASON,
		KP_COL_DATA(KP_COL_REASON_CODE),
		KP_COL_EXITS,
		KP_COL_SWITCHED,
		KP_COL_EXITS_L2,
		KP_COL_HANDLING_MEAN_NS,
		KP_COL_PURE_MEAN_NS,
		KP_COL_PURE_P99_NS,
		KP_COL_SWITCH_NS,
		KP_COL_SWITCH_PCT,
		KP_COL_TIME_PCT,
		KP_COL_DATA(KP_COL_HANDLING_NS),
		KP_COL_DATA(KP_COL_PURE_NS),
	};
	const struct kp_snap_switches *s = &snap->switches;
	uint64_t all = 0;
	size_t i;

	for (i = 0; i < s->nr_reasons; i++)
		all += s->reasons[i].switch_ns;
	kp_out_table(out, "switch_reasons", "Which exits pay for the switches", cols,
		     KP_ARRAY_SIZE(cols));
	for (i = 0; i < s->nr_reasons; i++) {
		const struct kp_snap_switch_reason *e = &s->reasons[i];
		const struct kp_val none = kp_val_none();

		kp_out_row(out, (struct kp_val[]){
					kp_val_str(e->other ? "(other)"
							    : kp_decoder_exit_name(r->dec, e->isa,
										   e->code)),
					e->other ? none : kp_val_hex(e->code), kp_val_u64(e->exits),
					kp_val_u64(e->switched), kp_val_u64(e->l2),
					kp_val_f64(mean(e->handling.total_ns, e->handling.count)),
					kp_val_f64(mean(e->pure.total_ns, e->pure.count)),
					e->pure.has_percentiles ? kp_val_u64(e->pure.p99_ns) : none,
					kp_val_u64(e->switch_ns),
					kp_val_f64(share(e->switch_ns, e->handling.total_ns)),
					kp_val_f64(share(e->switch_ns, all)),
					kp_val_u64(e->handling.total_ns),
					kp_val_u64(e->pure.total_ns) });
	}
	kp_out_table_end(out);
}

/* ---- registers ---- */

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
		KP_COL_PHASE,	   KP_COL_REGISTER, KP_COL_ACCESS,  KP_COL_COUNT,
		KP_COL_PER_SWITCH, KP_COL_TOTAL_NS, KP_COL_MEAN_NS,
	};
	size_t i;

	kp_out_table(out, "switch_registers",
		     "Register accesses of these switches, and the time up to each", cols,
		     KP_ARRAY_SIZE(cols));
	for (i = 0; i < snap->switches.nr_regs; i++) {
		const struct kp_snap_switch_reg *g = &snap->switches.regs[i];

		kp_out_row(
			out,
			(struct kp_val[]){
				kp_val_str(phases[g->phase]), kp_val_str(parts[g->part]),
				kp_val_str(g->write ? "write" : "read"), kp_val_u64(g->count),
				kp_val_f64((double)g->count / (double)phase_count(snap, g->phase)),
				kp_val_u64(g->total_ns), kp_val_f64(mean(g->total_ns, g->count)) });
	}
	kp_out_table_end(out);
}

/* ---- notes ---- */

static void missing_notes(const struct kp_snap_switches *s, struct kp_out *out)
{
	static const struct {
		uint32_t bit;
		const char *text;
	} notes[] = {
		{ KP_SWITCH_NO_READS,
		  "the recording has no msr:read_msr: status registers that the "
		  "switches read are missing." },
		{ KP_SWITCH_NO_RDPMC,
		  "the recording has no msr:rdpmc: reads of counters are missing, "
		  "and elided writes unknown." },
		{ KP_SWITCH_NO_LVTPC,
		  "writes of LVTPC do not show: the host's APIC is not in x2APIC "
		  "mode, or they were not recorded." },
		{ KP_SWITCH_NO_REGS, "windows were recorded without their register accesses." },
	};
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(notes); i++)
		if (s->missing & notes[i].bit)
			kp_out_note(out, "PMU context switches: %s", notes[i].text);
	if (s->broken)
		kp_out_note(out,
			    "%" PRIu64 " PMU context switches were cut by lost events and are not "
			    "counted.",
			    s->broken);
}

static void summary_note(const struct kp_snap_switches *s, struct kp_out *out)
{
	uint64_t windows = 0, entries = 0;
	size_t i;

	for (i = 0; i < s->nr_vcpus; i++) {
		windows += s->vcpus[i].windows;
		entries += s->vcpus[i].entries;
	}
	if (s->probed) {
		kp_out_note(out,
			    "mediated vPMU: %" PRIu64 " PMU context switches for %" PRIu64
			    " entries; %" PRIu64 " entries came without one.",
			    windows, entries, s->entries_without);
		return;
	}
	kp_out_note(out,
		    "mediated vPMU: %" PRIu64 " PMU context switches for %" PRIu64
		    " entries; %" PRIu64 " writes of loads and %" PRIu64
		    " of puts were elided. %" PRIu64
		    " entries came without a load that the recording shows.",
		    windows, entries, s->load_elided, s->put_elided, s->entries_without);
}

static void probed_note(const struct kp_report *r, const struct kp_snap_switches *s,
			struct kp_out *out)
{
	const struct kp_decode_probes *probes = kp_decoder_probes(r->dec);

	if (!s->probed_windows || !probes)
		return;
	if (s->probed)
		kp_out_note(out,
			    "PMU context switches: from probes, of which each cost %u ns and two "
			    "with nothing between measured %u ns; %s.",
			    probes->full_ns, probes->pair_ns,
			    r->raw_times ? "left in the times" : "subtracted from the times");
	else
		kp_out_note(out,
			    "PMU context switches: probes saw %" PRIu64 " with %" PRIu64
			    " entries in the same run, whose loads took %.0f ns and puts %.0f ns "
			    "on average, up to the ends of the functions.",
			    s->probed_windows, s->probed_entries,
			    mean(s->probed_load_ns, s->probed_windows),
			    mean(s->probed_put_ns, s->probed_windows));
}

void kp_report_switch(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	const struct kp_snap_switches *s = &snap->switches;

	if (s->nr_vcpus) {
		summary_note(s, out);
		missing_notes(s, out);
		probed_note(r, s, out);
	} else if (r->only) {
		kp_out_note(out, s->missing & KP_SWITCH_NO_ACCESSES
					 ? "the recording shows no PMU context switch: it has no "
					   "msr:* events; kvmpmu record --switch or "
					   "--switch-detail adds them."
					 : "the recording shows no PMU context switch: no load of "
					   "guest counters comes before an entry.");
	}
	vcpu_table(snap, out);
	cpu_table(snap, out);
	reason_table(r, snap, out);
	phase_table(snap, out);
	reg_table(snap, out);
}

void kp_report_probe_fields(const struct kp_report *r, const struct kp_snap *snap,
			    struct kp_out *out)
{
	const struct kp_decode_probes *probes = kp_decoder_probes(r->dec);
	const struct kp_snap_switches *s = &snap->switches;
	const struct {
		const char *key;
		enum kp_unit unit;
		uint64_t value;
	} fields[] = {
		{ "probes.pair_ns", KP_UNIT_NS, probes ? probes->pair_ns : 0 },
		{ "probes.full_ns", KP_UNIT_NS, probes ? probes->full_ns : 0 },
		{ "probes.windows", KP_UNIT_COUNT, s->probed_windows },
		{ "probes.entries", KP_UNIT_COUNT, s->probed_entries },
		{ "probes.load_ns", KP_UNIT_NS, s->probed_load_ns },
		{ "probes.put_ns", KP_UNIT_NS, s->probed_put_ns },
	};
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(fields) && probes; i++)
		kp_out_field(out, fields[i].key, NULL, fields[i].unit, kp_val_u64(fields[i].value));
}
