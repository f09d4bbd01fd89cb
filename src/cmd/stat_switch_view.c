// SPDX-License-Identifier: GPL-2.0-only
/*
 * stat_switch_view.c - the tables of stat --switch: what the PMU context switches of each vCPU or
 * VM cost, the parts of them, and why guests were left.
 */
#include "cmd/stat_switch.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define NR_KEYS	     3
#define TEXT_REASONS 10

static bool is_text(const struct kp_stat_show *show)
{
	return !strcmp(show->opts->format, "text");
}

static void key_cols(enum kp_col *cols, enum kp_stat_by by)
{
	cols[0] = KP_COL_VM;
	cols[1] = by == KP_STAT_BY_VM ? KP_COL_DATA(KP_COL_VCPU) : KP_COL_VCPU;
	cols[2] = by == KP_STAT_BY_VM ? KP_COL_DATA(KP_COL_TID) : KP_COL_TID;
}

static void key_cells(struct kp_val *cells, const struct kp_stat_show *show,
		      const struct kp_swagg_vcpu *v)
{
	bool vm = show->opts->by == KP_STAT_BY_VM;

	cells[0] = kp_val_u64(v->pid);
	cells[1] = vm || !v->has_vcpu ? kp_val_none() : kp_val_u64(v->vcpu);
	cells[2] = vm ? kp_val_none() : kp_val_u64(v->tid);
}

static struct kp_val share(uint64_t part, uint64_t whole)
{
	return whole ? kp_val_f64(100.0 * (double)part / (double)whole) : kp_val_none();
}

static struct kp_val mean(uint64_t total, uint64_t n)
{
	return n ? kp_val_f64((double)total / (double)n) : kp_val_none();
}

static struct kp_val percentile(const struct kp_loghist *h, double q)
{
	return h->count ? kp_val_u64(kp_loghist_percentile(h, q)) : kp_val_none();
}

/* In an interval a vCPU may have slept. */
static bool is_shown(const struct kp_stat_show *show, const struct kp_swagg_vcpu *v)
{
	return !is_text(show) || v->entries || v->pmi_raised || v->pmi_delivered;
}

static uint64_t wall_ns(const struct kp_stat_sw *sw, const struct kp_stat_sw_row *row)
{
	return (sw->snap->time_ns - sw->snap->since_ns) * row->nr;
}

/* ---- who pays ---- */

static void cost_row(const struct kp_stat_show *show, struct kp_out *out,
		     const struct kp_stat_sw_row *row)
{
	const struct kp_swagg_vcpu *v = row->v;
	const struct kp_loghist *both = &v->dist[KP_SWAGG_SWITCH];
	const bool has = show->sw->snap->has_switch;
	const struct kp_val none = kp_val_none();
	struct kp_val cells[NR_KEYS + 18], *c = cells + NR_KEYS;

	key_cells(cells, show, v);
	*c++ = has ? kp_val_u64(v->loads) : none;
	*c++ = has ? kp_val_u64(v->puts) : none;
	*c++ = kp_val_u64(v->entries);
	*c++ = kp_val_u64(v->exits);
	*c++ = has ? mean(v->entries, v->loads) : none;
	*c++ = has ? kp_val_u64(both->total) : none;
	*c++ = mean(both->total, both->count);
	*c++ = percentile(both, 0.5);
	*c++ = percentile(both, 0.99);
	*c++ = has ? share(both->total, wall_ns(show->sw, row)) : none;
	*c++ = has ? share(both->total, v->guest_ns) : none;
	*c++ = kp_val_u64(v->handling_ns);
	*c++ = kp_val_u64(v->pure_ns);
	*c++ = mean(v->handling_ns, v->dist[KP_SWAGG_HANDLING].count);
	*c++ = mean(v->pure_ns, v->dist[KP_SWAGG_HANDLING].count);
	*c++ = kp_val_u64(v->guest_ns);
	*c++ = has ? kp_val_u64(v->pmi_raised) : none;
	*c++ = has ? kp_val_u64(v->pmi_delivered) : none;
	kp_out_row(out, cells);
}

static void cost_table(const struct kp_stat_show *show, struct kp_out *out)
{
	enum kp_col cols[NR_KEYS + 18] = {
		[NR_KEYS] = KP_COL_LOADS,
		KP_COL_DATA(KP_COL_PUTS),
		KP_COL_ENTRIES,
		KP_COL_DATA(KP_COL_EXITS),
		KP_COL_DATA(KP_COL_PER_WINDOW),
		KP_COL_SWITCH_NS,
		KP_COL_MEAN_NS,
		KP_COL_P50_NS,
		KP_COL_P99_NS,
		KP_COL_WALL_PCT,
		KP_COL_OF_GUEST_PCT,
		KP_COL_DATA(KP_COL_HANDLING_NS),
		KP_COL_DATA(KP_COL_PURE_NS),
		KP_COL_HANDLING_MEAN_NS,
		KP_COL_PURE_MEAN_NS,
		KP_COL_DATA(KP_COL_GUEST_NS),
		KP_COL_PMI_RAISED,
		KP_COL_PMI_DELIVERED_PROBE,
	};
	const struct kp_stat_sw_row *row;

	key_cols(cols, show->opts->by);
	kp_out_table(out, "switch_vcpus", "PMU context switches: a load and its put together", cols,
		     KP_ARRAY_SIZE(cols));
	kp_vec_for_each (row, &show->sw->rows)
		if (is_shown(show, row->v))
			cost_row(show, out, row);
	kp_out_table_end(out);
}

/* ---- parts ---- */

/* Of a part of the measuring the least and the most are not known. */
static void phase_row(const struct kp_stat_show *show, struct kp_out *out,
		      const struct kp_stat_sw_row *row, enum kp_swagg_dist dist)
{
	static const char *const names[KP_SWAGG_DISTS] = {
		[KP_SWAGG_LOAD] = "load",
		[KP_SWAGG_HOST_OUT] = "load: host out",
		[KP_SWAGG_PUT] = "put",
		[KP_SWAGG_HOST_IN] = "put: host in",
		[KP_SWAGG_SWITCH] = "load and put",
		[KP_SWAGG_HANDLING] = "exit to entry",
	};
	const struct kp_loghist *h = &row->v->dist[dist];
	struct kp_val cells[NR_KEYS + 10], *c = cells + NR_KEYS;

	key_cells(cells, show, row->v);
	*c++ = kp_val_str(names[dist]);
	*c++ = kp_val_u64(h->count);
	*c++ = h->count ? kp_val_u64(h->total) : kp_val_none();
	*c++ = share(h->total, wall_ns(show->sw, row));
	*c++ = share(h->total, row->v->guest_ns);
	*c++ = h->count && show->sw->whole ? kp_val_u64(h->min) : kp_val_none();
	*c++ = mean(h->total, h->count);
	*c++ = percentile(h, 0.5);
	*c++ = percentile(h, 0.99);
	*c++ = h->count && show->sw->whole ? kp_val_u64(h->max) : kp_val_none();
	kp_out_row(out, cells);
}

static void phase_table(const struct kp_stat_show *show, struct kp_out *out)
{
	static const enum kp_swagg_dist order[] = { KP_SWAGG_LOAD,   KP_SWAGG_HOST_OUT,
						    KP_SWAGG_PUT,    KP_SWAGG_HOST_IN,
						    KP_SWAGG_SWITCH, KP_SWAGG_HANDLING };
	enum kp_col cols[NR_KEYS + 10] = {
		[NR_KEYS] = KP_COL_PHASE,
		KP_COL_SWITCHES,
		KP_COL_TOTAL_NS,
		KP_COL_WALL_PCT,
		KP_COL_OF_GUEST_PCT,
		KP_COL_DATA(KP_COL_MIN_NS),
		KP_COL_MEAN_NS,
		KP_COL_P50_NS,
		KP_COL_P99_NS,
		KP_COL_MAX_NS,
	};
	const struct kp_stat_sw_row *row;
	size_t i;

	key_cols(cols, show->opts->by);
	kp_out_table(out, "switches",
		     "Parts of these switches, and of the time between exit and entry", cols,
		     KP_ARRAY_SIZE(cols));
	kp_vec_for_each (row, &show->sw->rows)
		for (i = 0; i < KP_ARRAY_SIZE(order) && is_shown(show, row->v); i++)
			if (show->sw->snap->has_switch || order[i] == KP_SWAGG_HANDLING)
				phase_row(show, out, row, order[i]);
	kp_out_table_end(out);
}

/* ---- why ---- */

static void reason_rows(const struct kp_stat_show *show, struct kp_out *out,
			const struct kp_swagg_vcpu *v)
{
	struct kp_val cells[NR_KEYS + 6];
	const struct kp_swagg_reason *r;
	uint64_t all = v->reasons_other;
	char text[16];
	size_t i;

	for (i = 0; i < v->nr_reasons; i++)
		all += v->reasons[i].count;
	for (i = 0; i < v->nr_reasons && (i < TEXT_REASONS || !is_text(show)); i++) {
		r = &v->reasons[i];
		key_cells(cells, show, v);
		cells[NR_KEYS] = kp_val_str(kp_stat_sw_reason(show->host, r, text, sizeof(text)));
		cells[NR_KEYS + 1] = kp_val_hex(r->code);
		cells[NR_KEYS + 2] = kp_val_u64(r->count);
		cells[NR_KEYS + 3] = share(r->count, all);
		cells[NR_KEYS + 4] = kp_val_u64(r->handling_ns);
		cells[NR_KEYS + 5] = mean(r->handling_ns, r->count);
		kp_out_row(out, cells);
	}
}

static void reason_table(const struct kp_stat_show *show, struct kp_out *out)
{
	enum kp_col cols[NR_KEYS + 6] = {
		[NR_KEYS] = KP_COL_REASON,
		KP_COL_DATA(KP_COL_REASON_CODE),
		KP_COL_COUNT,
		KP_COL_COUNT_PCT,
		KP_COL_HANDLING_NS,
		KP_COL_HANDLING_MEAN_NS,
	};
	const struct kp_stat_sw_row *row;

	key_cols(cols, show->opts->by);
	kp_out_table(out, "switch_reasons",
		     "Why guests were left, and the time until the next entry", cols,
		     KP_ARRAY_SIZE(cols));
	kp_vec_for_each (row, &show->sw->rows)
		reason_rows(show, out, row->v);
	kp_out_table_end(out);
}

/* ---- notes ---- */

static void notes(const struct kp_stat_show *show, struct kp_out *out)
{
	const struct kp_swagg_snap *snap = show->sw->snap;
	const struct kp_probe_cost *cost = &snap->cost;
	const struct kp_stat_sw_row *row;
	uint64_t loads = 0;

	if (show->sw->missing[0])
		kp_out_note(out, "--switch: %s", show->sw->missing);
	kp_vec_for_each (row, &show->sw->rows)
		loads += row->v->loads;
	if (!show->sw->rows.nr)
		kp_out_note(out, "--switch: no vCPU entered its guest in this time");
	else if (snap->has_switch && !loads)
		kp_out_note(out, "--switch: no PMU context was switched: no VM with a mediated PMU "
				 "ran in this time");
	if (cost->pair_ns)
		kp_out_note(out,
			    "--switch: a probe costs %" PRIu32 " ns, two with nothing between "
			    "measure %" PRIu32 " ns; %s",
			    cost->full_ns, cost->pair_ns,
			    show->opts->raw_times ? "left in the times"
						  : "subtracted from the times");
	if (snap->untracked)
		kp_out_note(out, "--switch: %" PRIu64 " exits were of vCPUs beyond the first 512",
			    snap->untracked);
}

void kp_stat_sw_print(const struct kp_stat_show *show, struct kp_out *out)
{
	if (!show->sw || !show->sw->snap)
		return;
	cost_table(show, out);
	phase_table(show, out);
	reason_table(show, out);
	notes(show, out);
}
