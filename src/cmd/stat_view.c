// SPDX-License-Identifier: GPL-2.0-only
/*
 * stat_view.c - stat as text, JSON and CSV. What is not known stays unknown, and a note says why.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/stat_switch.h"
#include "lib/buf.h"
#include "out.h"

/* ---- keys ---- */

static enum kp_col shown_if(bool shown, enum kp_col col)
{
	return shown ? col : KP_COL_DATA(col);
}

#define NR_KEYS 4

static void key_cols(enum kp_col *cols, enum kp_stat_by by)
{
	cols[0] = shown_if(by == KP_STAT_BY_CPU, KP_COL_CPU);
	cols[1] = shown_if(by >= KP_STAT_BY_VM, KP_COL_VM);
	cols[2] = shown_if(by >= KP_STAT_BY_VCPU, KP_COL_VCPU);
	cols[3] = shown_if(by >= KP_STAT_BY_THREAD, KP_COL_TID);
}

static struct kp_val id(int64_t v)
{
	return v < 0 ? kp_val_none() : kp_val_u64((uint64_t)v);
}

static void key_cells(struct kp_val *cells, const struct kp_stat_key *key)
{
	cells[0] = id(key->cpu);
	cells[1] = id(key->vm);
	cells[2] = id(key->vcpu);
	cells[3] = id(key->tid);
}

/* ---- cells ---- */

static bool is_text(const struct kp_stat_show *show)
{
	return !strcmp(show->opts->format, "text");
}

static const char *state_name(enum kp_stat_state state)
{
	static const char *const names[] = {
		[KP_STAT_ABSENT] = "absent",
		[KP_STAT_NOT_SUPPORTED] = "not_supported",
		[KP_STAT_NOT_COUNTED] = "not_counted",
		[KP_STAT_COUNTED] = "counted",
	};

	return names[state];
}

static struct kp_val count(const struct kp_stat_show *show, const struct kp_stat_count *c)
{
	switch (c->state) {
	case KP_STAT_COUNTED:
		return kp_val_u64((uint64_t)(c->value + 0.5));
	case KP_STAT_NOT_COUNTED:
		return is_text(show) ? kp_val_str("<not counted>") : kp_val_none();
	case KP_STAT_NOT_SUPPORTED:
		return is_text(show) ? kp_val_str("<not supported>") : kp_val_none();
	default:
		return kp_val_none();
	}
}

static struct kp_val known(double v)
{
	return isfinite(v) ? kp_val_f64(v) : kp_val_none();
}

static struct kp_val spread(const struct kp_stat_count *c)
{
	return c->state == KP_STAT_COUNTED && c->stderr_pct >= 0 ? kp_val_f64(c->stderr_pct)
								 : kp_val_none();
}

static struct kp_val running_pct(const struct kp_stat_count *c)
{
	if (c->state < KP_STAT_NOT_COUNTED || !c->enabled_ns)
		return kp_val_none();
	/* the kernel's two times may be some nanoseconds apart the other way round */
	return kp_val_f64(100.0 * (double)kp_min_u64(c->running_ns, c->enabled_ns) /
			  (double)c->enabled_ns);
}

static struct kp_val time_of(const struct kp_stat_count *c, uint64_t ns)
{
	return c->state < KP_STAT_NOT_COUNTED ? kp_val_none() : kp_val_u64(ns);
}

static bool is_clock(const struct kp_stat_row *row)
{
	return kp_stat_is(row, "task-clock") || kp_stat_is(row, "cpu-clock");
}

/* ---- events that are not split ---- */

static void print_event(const struct kp_stat_show *show, struct kp_out *out,
			const struct kp_stat_row *row)
{
	const struct kp_stat_count *c = &row->side[KP_SIDE_BOTH];
	struct kp_val cells[NR_KEYS + 10];
	char name[KP_STAT_NAME_LEN], text[32];
	bool counted = c->state == KP_STAT_COUNTED;
	size_t i = NR_KEYS;

	key_cells(cells, &row->key);
	cells[i++] = kp_val_str(kp_stat_name(row, name, sizeof(name)));
	cells[i] = count(show, c);
	if (counted && is_text(show) && is_clock(row)) {
		snprintf(text, sizeof(text), "%.2f ms", c->value / 1e6);
		cells[i] = kp_val_str(text);
	}
	i++;
	cells[i++] = kp_val_str(is_clock(row) ? "ns" : "");
	cells[i++] = counted && show->stat->wall_ns && !is_clock(row)
			     ? kp_val_f64(c->value * KP_NSEC_PER_SEC / (double)show->stat->wall_ns)
			     : kp_val_none();
	cells[i++] = spread(c);
	cells[i++] = kp_val_str(state_name(c->state));
	cells[i++] = running_pct(c);
	cells[i++] = counted ? kp_val_bool(c->scaled) : kp_val_none();
	cells[i++] = time_of(c, c->enabled_ns);
	cells[i++] = time_of(c, c->running_ns);
	kp_out_row(out, cells);
}

static void print_events(const struct kp_stat_show *show, struct kp_out *out)
{
	bool detail = show->opts->detail;
	enum kp_col cols[NR_KEYS + 10] = {
		[NR_KEYS] = KP_COL_EVENT,
		KP_COL_COUNT,
		KP_COL_DATA(KP_COL_METRIC),
		KP_COL_RATE,
		shown_if(show->stat->nr_runs > 1, KP_COL_STDERR_PCT),
		KP_COL_DATA(KP_COL_STATE),
		KP_COL_DATA(KP_COL_RUNNING_PCT),
		KP_COL_DATA(KP_COL_SCALED),
		shown_if(detail, KP_COL_ENABLED_NS),
		shown_if(detail, KP_COL_RUNNING_NS),
	};
	const struct kp_stat_row *row;

	key_cols(cols, show->opts->by);
	kp_out_table(out, "events", "Software events and tracepoints", cols, KP_ARRAY_SIZE(cols));
	kp_vec_for_each (row, &show->stat->rows)
		if (!row->pmu)
			print_event(show, out, row);
	kp_out_table_end(out);
}

/* ---- counters of the CPU ---- */

static void print_counter(const struct kp_stat_show *show, struct kp_out *out,
			  const struct kp_stat_row *row)
{
	const struct kp_stat_count *host = &row->side[KP_SIDE_HOST];
	const struct kp_stat_count *guest = &row->side[KP_SIDE_GUEST];
	const struct kp_stat_count *both = &row->side[KP_SIDE_BOTH];
	const struct kp_stat_count *main = both->state ? both : host->state ? host : guest;
	struct kp_val cells[NR_KEYS + 14];
	char name[KP_STAT_NAME_LEN];
	size_t i = NR_KEYS;
	double total;

	key_cells(cells, &row->key);
	cells[i++] = kp_val_str(kp_stat_name(row, name, sizeof(name)));
	cells[i++] = kp_val_str(row->pmu);
	cells[i++] = count(show, host);
	cells[i++] = spread(host);
	cells[i++] = count(show, guest);
	cells[i++] = spread(guest);
	cells[i++] = kp_stat_total(row, &total) ? kp_val_u64((uint64_t)(total + 0.5))
						: count(show, both);
	cells[i++] = running_pct(main);
	cells[i++] = kp_val_str(state_name(main->state));
	cells[i++] = main->state == KP_STAT_COUNTED ? kp_val_bool(main->scaled) : kp_val_none();
	cells[i++] = time_of(main, main->enabled_ns);
	cells[i++] = time_of(main, main->running_ns);
	cells[i++] = time_of(guest, guest->enabled_ns);
	cells[i++] = time_of(guest, guest->running_ns);
	kp_out_row(out, cells);
}

static bool any_unsplit(const struct kp_stat *st)
{
	const struct kp_stat_row *row;

	kp_vec_for_each (row, &st->rows)
		if (row->pmu && row->side[KP_SIDE_BOTH].state)
			return true;
	return false;
}

static bool several_pmus(const struct kp_stat *st)
{
	const struct kp_stat_row *row;
	const char *pmu = NULL;

	kp_vec_for_each (row, &st->rows) {
		if (row->pmu && pmu && strcmp(row->pmu, pmu))
			return true;
		pmu = row->pmu ? row->pmu : pmu;
	}
	return false;
}

static void print_counters(const struct kp_stat_show *show, struct kp_out *out)
{
	bool detail = show->opts->detail, runs = show->stat->nr_runs > 1;
	enum kp_col cols[NR_KEYS + 14] = {
		[NR_KEYS] = KP_COL_EVENT,
		shown_if(several_pmus(show->stat), KP_COL_EVENT_PMU),
		KP_COL_HOST_COUNT,
		shown_if(runs, KP_COL_HOST_STDERR_PCT),
		KP_COL_GUEST_COUNT,
		shown_if(runs, KP_COL_GUEST_STDERR_PCT),
		shown_if(any_unsplit(show->stat), KP_COL_TOTAL_COUNT),
		KP_COL_RUNNING_PCT,
		KP_COL_DATA(KP_COL_STATE),
		KP_COL_DATA(KP_COL_SCALED),
		shown_if(detail, KP_COL_ENABLED_NS),
		shown_if(detail, KP_COL_RUNNING_NS),
		KP_COL_DATA(KP_COL_GUEST_ENABLED_NS),
		KP_COL_DATA(KP_COL_GUEST_RUNNING_NS),
	};
	const struct kp_stat_row *row;

	key_cols(cols, show->opts->by);
	kp_out_table(out, "counters", "Counters of the CPU's PMU", cols, KP_ARRAY_SIZE(cols));
	kp_vec_for_each (row, &show->stat->rows)
		if (row->pmu)
			print_counter(show, out, row);
	kp_out_table_end(out);
}

static void print_metrics(const struct kp_stat_show *show, struct kp_out *out)
{
	enum kp_col cols[NR_KEYS + 6] = {
		[NR_KEYS] = KP_COL_DERIVED, shown_if(several_pmus(show->stat), KP_COL_EVENT_PMU),
		KP_COL_HOST_VALUE,	    KP_COL_GUEST_VALUE,
		KP_COL_TOTAL_VALUE,	    KP_COL_METRIC,
	};
	struct kp_val cells[NR_KEYS + 6];
	const struct kp_stat_metric *m;

	key_cols(cols, show->opts->by);
	kp_out_table(out, "metrics", "Derived", cols, KP_ARRAY_SIZE(cols));
	kp_vec_for_each (m, &show->stat->metrics) {
		key_cells(cells, &m->key);
		cells[NR_KEYS] = kp_val_str(m->name);
		cells[NR_KEYS + 1] = kp_val_str(m->pmu);
		cells[NR_KEYS + 2] = known(m->value[KP_SIDE_HOST]);
		cells[NR_KEYS + 3] = known(m->value[KP_SIDE_GUEST]);
		cells[NR_KEYS + 4] = known(m->value[KP_SIDE_BOTH]);
		cells[NR_KEYS + 5] = kp_val_str(m->unit);
		kp_out_row(out, cells);
	}
	kp_out_table_end(out);
}

/* ---- times ---- */

static void print_blind(const struct kp_stat_show *show, struct kp_out *out)
{
	bool tasks = show->plan->target != KP_TARGET_SYSTEM && show->plan->target != KP_TARGET_CPUS;
	enum kp_col cols[NR_KEYS + 3] = { [NR_KEYS] = KP_COL_CLOCK_NS,
					  KP_COL_BLIND_NS,
					  KP_COL_BLIND_PCT };
	struct kp_val cells[NR_KEYS + 3];
	const struct kp_stat_clock *c;

	key_cols(cols, tasks ? KP_STAT_BY_THREAD : KP_STAT_BY_CPU);
	kp_out_table(out, "blind", "Host-blind time: a mediated guest has the PMU", cols,
		     KP_ARRAY_SIZE(cols));
	kp_vec_for_each (c, &show->stat->clocks) {
		if (is_text(show) && !kp_stat_blind_ns(c))
			continue;
		key_cells(cells, &c->key);
		cells[NR_KEYS] = kp_val_u64(c->all_ns);
		cells[NR_KEYS + 1] = kp_val_u64(kp_stat_blind_ns(c));
		cells[NR_KEYS + 2] = c->all_ns ? kp_val_f64(100.0 * (double)kp_stat_blind_ns(c) /
							    (double)c->all_ns)
					       : kp_val_none();
		kp_out_row(out, cells);
	}
	kp_out_table_end(out);
}

static void place_row(const struct kp_stat_show *show, struct kp_out *out,
		      const struct kp_stat_place *p)
{
	const struct kp_host_pmu *pmu = kp_host_find_pmu(show->host, p->pmu);
	struct kp_val cells[NR_KEYS + 7];
	size_t i = NR_KEYS;
	uint64_t lost;

	key_cells(cells, &p->key);
	cells[i++] = kp_val_str(p->pmu);
	cells[i++] = kp_val_str(pmu ? pmu->cpus : NULL);
	cells[i++] = p->has_moves ? kp_val_u64(p->moves) : kp_val_none();
	cells[i++] = kp_val_u64(p->ns);
	cells[i++] = p->all_ns ? kp_val_f64(100.0 * (double)p->ns / (double)p->all_ns)
			       : kp_val_none();
	cells[i++] = kp_val_str(p->backing);
	cells[i++] = kp_stat_lost_ns(p, &lost) ? kp_val_u64(lost) : kp_val_none();
	kp_out_row(out, cells);
}

static void print_places(const struct kp_stat_show *show, struct kp_out *out)
{
	enum kp_col cols[NR_KEYS + 7] = {
		[NR_KEYS] = KP_COL_EVENT_PMU, KP_COL_CPUS,	  KP_COL_PLACE_MOVES,
		KP_COL_PLACE_NS,	      KP_COL_PLACE_PCT,	  KP_COL_BACKING_PMU,
		KP_COL_PLACE_LOST_NS,
	};
	const struct kp_stat_place *p;

	key_cols(cols, KP_STAT_BY_THREAD);
	kp_out_table(out, "places", "Threads by the PMU of the CPUs they ran on", cols,
		     KP_ARRAY_SIZE(cols));
	kp_vec_for_each (p, &show->stat->places)
		if (!is_text(show) || p->ns || p->moves)
			place_row(show, out, p);
	kp_out_table_end(out);
}

static void note_places(const struct kp_stat_show *show, struct kp_out *out)
{
	const struct kp_stat_place *p;
	uint64_t lost = 0, ns;

	kp_vec_for_each (p, &show->stat->places)
		if (kp_stat_lost_ns(p, &ns))
			lost += ns;
	if (lost)
		kp_out_note(out, "a virtual PMU stands still on CPUs of another PMU than the one "
				 "that backs it: pin vCPUs to CPUs of one PMU");
	if (several_pmus(show->stat))
		kp_out_note(out, "of several PMUs' counts only instructions and branches are added "
				 "up (PMU \"all\"): cycles and others mean something else on each "
				 "kind of core");
}

/* ---- head and notes ---- */

static int describe(const struct kp_stat_show *show, struct kp_buf *buf)
{
	const struct kp_stat_opts *o = show->opts;
	int err = kp_buf_printf(buf, "kvmpmu stat: ");
	size_t i;

	switch (show->plan->target) {
	case KP_TARGET_WORKLOAD:
		for (i = 0; o->argv[i] && !err; i++)
			err = kp_buf_printf(buf, "%s%s", i ? " " : "", o->argv[i]);
		break;
	case KP_TARGET_SYSTEM:
		err = err ?: kp_buf_printf(buf, "the whole system");
		break;
	case KP_TARGET_CPUS:
		err = err ?: kp_buf_printf(buf, "CPUs %s", show->plan->cpus);
		break;
	case KP_TARGET_PIDS:
	case KP_TARGET_TIDS:
		for (i = 0; i < o->vms.nr && !err; i++)
			err = kp_buf_printf(buf, "%s%s", i ? ", " : "VM ", o->vms.at[i]);
		for (i = 0; !o->vms.nr && i < show->plan->nr_ids && !err; i++)
			err = kp_buf_printf(buf, "%s%d",
					    i					   ? ", "
					    : show->plan->target == KP_TARGET_TIDS ? "thread "
										   : "process ",
					    show->plan->ids[i]);
		break;
	}
	if (!err && o->interval_ns)
		return kp_buf_printf(buf, ", %.3f to %.3f s", (double)show->from_ns / 1e9,
				     (double)show->to_ns / 1e9);
	err = err ?: kp_buf_printf(buf, ", %.6f s", (double)show->stat->wall_ns / 1e9);
	if (!err && show->stat->nr_runs > 1)
		err = kp_buf_printf(buf, ", mean of %ju runs", (uintmax_t)show->stat->nr_runs);
	return err;
}

static void print_fields(const struct kp_stat_show *show, struct kp_out *out)
{
	static const char *const targets[] = { "workload", "system", "cpus", "pids", "tids" };
	const struct kp_stat_clock *c;
	uint64_t all = 0, blind = 0;

	kp_out_field(out, "target", NULL, KP_UNIT_NONE, kp_val_str(targets[show->plan->target]));
	kp_out_field(out, "wall_ns", NULL, KP_UNIT_NS, kp_val_u64(show->stat->wall_ns));
	kp_out_field(out, "from_ns", NULL, KP_UNIT_NS, kp_val_u64(show->from_ns));
	kp_out_field(out, "to_ns", NULL, KP_UNIT_NS, kp_val_u64(show->to_ns));
	kp_out_field(out, "runs", NULL, KP_UNIT_COUNT, kp_val_u64(show->stat->nr_runs));
	kp_vec_for_each (c, &show->stat->clocks) {
		all += c->all_ns;
		blind += kp_stat_blind_ns(c);
	}
	kp_out_field(out, "blind_ns", NULL, KP_UNIT_NS,
		     show->stat->clocks.nr ? kp_val_u64(blind) : kp_val_none());
	kp_out_field(out, "blind_pct", NULL, KP_UNIT_PERCENT,
		     all ? kp_val_f64(100.0 * (double)blind / (double)all) : kp_val_none());
}

/* "event 'cycles': why": the events that share a reason are named together. */
static const char *reason(const struct kp_stat_show *show, size_t i)
{
	const char *why = show->why[i], *at = why ? strstr(why, "': ") : NULL;

	return !why || !*why ? NULL : at ? at + 3 : why;
}

static void note_refused(const struct kp_stat_show *show, struct kp_out *out)
{
	size_t i, j, nr = show->plan->nr_events;
	struct kp_buf names = { 0 };

	for (i = 0; i < nr; i++) {
		if (!reason(show, i))
			continue;
		for (j = 0; j < i; j++)
			if (reason(show, j) && !strcmp(reason(show, j), reason(show, i)))
				break;
		if (j < i)
			continue;
		names.len = 0;
		for (; j < nr; j++)
			if (reason(show, j) && !strcmp(reason(show, j), reason(show, i)) &&
			    !(show->plan->events[j].split &&
			      show->plan->events[j].side == KP_SIDE_GUEST && show->why[j - 1][0]))
				kp_buf_printf(&names, "%s%s%s", names.len ? ", " : "",
					      show->plan->events[j].name,
					      show->plan->events[j].split &&
							      show->plan->events[j].side ==
								      KP_SIDE_GUEST
						      ? " of guests"
						      : "");
		if (names.len)
			kp_out_note(out, "not counted: %s: %s", names.data, reason(show, i));
	}
	kp_buf_free(&names);
}

static bool any_counter(const struct kp_stat *st)
{
	const struct kp_stat_row *row;

	kp_vec_for_each (row, &st->rows)
		if (row->pmu && row->side[KP_SIDE_HOST].state >= KP_STAT_NOT_COUNTED)
			return true;
	return false;
}

static bool any_scaled(const struct kp_stat *st)
{
	const struct kp_stat_row *row;
	int s;

	kp_vec_for_each (row, &st->rows)
		for (s = 0; s < KP_SIDE_NR; s++)
			if (row->side[s].scaled)
				return true;
	return false;
}

static void print_notes(const struct kp_stat_show *show, struct kp_out *out)
{
	bool counters = any_counter(show->stat);

	note_refused(show, out);
	if (counters && show->host->mediated_vm_blocks != KP_TRI_NO)
		kp_out_note(
			out,
			"guests are not counted: %s, and an event that counts guests would keep "
			"a VM with a mediated PMU from starting (EBUSY), or not open beside one "
			"(EOPNOTSUPP); count inside the guest. Counts of the host have no part "
			"of host-blind time, and are not scaled up for it",
			show->host->mediated_vm_blocks == KP_TRI_YES
				? "KVM's mediated PMU is enabled here"
				: "it is not known whether KVM's mediated PMU is enabled here");
	if (counters && show->host->kvm_protected == KP_TRI_YES)
		kp_out_note(out, "KVM runs its guests in protected mode (kvm-arm.mode=protected), "
				 "where the hypervisor does not switch events of guests on: they "
				 "read 0 whatever guests do");
	note_places(show, out);
	if (any_scaled(show->stat))
		kp_out_note(out, "there are more events than counters: where Run%% is below 100 a "
				 "count is an estimate from that share of the time");
}

int kp_stat_print(const struct kp_stat_show *show, FILE *f)
{
	struct kp_out_opts opts = { .format = show->opts->format,
				    .stream = f,
				    .schema = "kvmpmu-stat/1",
				    .color = show->opts->color };
	struct kp_buf title = { 0 };
	struct kp_out *out;
	int err = describe(show, &title);

	opts.title = title.data;
	if (!err)
		err = kp_out_new(&opts, &out);
	if (!err) {
		print_fields(show, out);
		print_events(show, out);
		print_counters(show, out);
		print_metrics(show, out);
		print_blind(show, out);
		print_places(show, out);
		kp_stat_sw_print(show, out);
		print_notes(show, out);
		err = kp_out_finish(out);
		if (!err && is_text(show) && show->opts->interval_ns)
			fputc('\n', f);
	}
	kp_buf_free(&title);
	return err;
}
