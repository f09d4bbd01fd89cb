// SPDX-License-Identifier: GPL-2.0-only
/*
 * table.c - tables of a frame: columns, rows of ui/rows_*.c, filter and order. Touches only memory.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "rows.h"

static const enum kp_col cpu_cols[] = {
	KP_COL_CPU,	      KP_COL_WALL_GUEST_PCT,
	KP_COL_WALL_HOST_PCT, KP_COL_WALL_SWITCH_PCT,
	KP_COL_WALL_IDLE_PCT, KP_COL_DATA(KP_COL_WALL_OWNED_PCT),
	KP_COL_NMI_RATE,      KP_COL_PMI_RATE,
	KP_COL_VPMI_RATE,     KP_COL_HISTORY,
};

static const enum kp_col vcpu_cols[] = {
	KP_COL_VM,
	KP_COL_VM_NAME,
	KP_COL_VCPU,
	KP_COL_DATA(KP_COL_TID),
	KP_COL_CPU,
	KP_COL_VPMU_MODE,
	KP_COL_WALL_GUEST_PCT,
	KP_COL_EXITS_PER_SEC,
	KP_COL_TOP_REASON,
	KP_COL_PMU_TAX_PCT,
	KP_COL_SWITCH_RATE,
	KP_COL_SWITCH_MEAN_NS,
	KP_COL_SWITCH_P99_NS,
	KP_COL_REG_EXIT_RATE,
	KP_COL_GUEST_PMI_RATE,
	KP_COL_IPC,
	KP_COL_BACKING_PMU,
	KP_COL_USER_EXIT_RATE,
};

static const enum kp_col exit_cols[] = {
	KP_COL_REASON,
	KP_COL_DATA(KP_COL_REASON_CODE),
	KP_COL_EXITS_PER_SEC,
	KP_COL_COUNT_PCT,
	KP_COL_TIME_PCT,
	KP_COL_MEAN_NS,
	KP_COL_P50_NS,
	KP_COL_P99_NS,
	KP_COL_MAX_NS,
	KP_COL_LATENCY,
	KP_COL_DATA(KP_COL_COUNT),
	KP_COL_DATA(KP_COL_TOTAL_NS),
};

static const enum kp_col reason_cols[] = {
	KP_COL_VM,
	KP_COL_VCPU,
	KP_COL_DATA(KP_COL_TID),
	KP_COL_EXITS_PER_SEC,
	KP_COL_COUNT_PCT,
	KP_COL_TIME_PCT,
	KP_COL_MEAN_NS,
	KP_COL_P50_NS,
	KP_COL_P99_NS,
	KP_COL_MAX_NS,
	KP_COL_LATENCY,
	KP_COL_DATA(KP_COL_COUNT),
	KP_COL_DATA(KP_COL_TOTAL_NS),
};

static const enum kp_col counter_cols[] = {
	KP_COL_VM,
	KP_COL_DATA(KP_COL_VM_NAME),
	KP_COL_VCPU,
	KP_COL_COUNTER_NAME,
	KP_COL_EVENT,
	KP_COL_FILTERS,
	KP_COL_ENABLED,
	KP_COL_GLOBAL,
	KP_COL_HELD_BY,
	KP_COL_HOST_EVENT,
	KP_COL_SAMPLE_PERIOD,
	KP_COL_SELECTOR,
	KP_COL_DATA(KP_COL_LAST_VALUE),
	KP_COL_SELECTOR_WRITES,
	KP_COL_VALUE_WRITES,
	KP_COL_VALUE_READS,
};

static const enum kp_col event_cols[] = {
	KP_COL_HOLDER, KP_COL_EVENT,	   KP_COL_COUNTER_NAME,	   KP_COL_CPU,
	KP_COL_TID,    KP_COL_EVENT_STATE, KP_COL_BLOCKS_MEDIATED,
};

static const enum kp_col pmi_cols[] = {
	KP_COL_VM,
	KP_COL_DATA(KP_COL_VM_NAME),
	KP_COL_VCPU,
	KP_COL_DATA(KP_COL_TID),
	KP_COL_PMI_RAISED,
	KP_COL_PMI_REQUESTED,
	KP_COL_PMI_AS_NMI,
	KP_COL_PMI_AS_VECTOR,
	KP_COL_PMI_DELIVERED_PROBE,
	KP_COL_PMI_MASKED,
	KP_COL_INJECTED,
	KP_COL_PMI_ENTERED,
	KP_COL_PMI_LATE,
	KP_COL_PMIS_LOST,
	KP_COL_PMI_SPURIOUS,
	KP_COL_TO_DELIVERY_NS,
	KP_COL_TO_ENTRY_NS,
	KP_COL_DATA(KP_COL_PMI_MERGED),
	KP_COL_DATA(KP_COL_PMI_UNSEEN),
};

static const enum kp_col irq_cols[] = {
	KP_COL_VM,	    KP_COL_VM_NAME,  KP_COL_VECTOR,   KP_COL_INJECT_RATE,
	KP_COL_ACCEPT_RATE, KP_COL_INJECTED, KP_COL_ACCEPTED,
};

static const enum kp_col note_cols[] = { KP_COL_SEVERITY, KP_COL_ABOUT, KP_COL_NOTE };

/** struct tab - @id: column whose numbers name rows: equal cells stay in its order */
struct tab {
	const enum kp_col *cols;
	unsigned int nr;
	int (*rows)(const struct kp_rows_in *in, struct kp_table *t);
};

#define COLS(c) (c), KP_ARRAY_SIZE(c)

static const struct tab tabs[] = {
	[KP_TAB_CPUS] = { COLS(cpu_cols), kp_rows_cpus },
	[KP_TAB_VCPUS] = { COLS(vcpu_cols), kp_rows_vcpus },
	[KP_TAB_EXITS] = { COLS(exit_cols), kp_rows_exits },
	[KP_TAB_COUNTERS] = { COLS(counter_cols), kp_rows_counters },
	[KP_TAB_EVENTS] = { COLS(event_cols), kp_rows_events },
	[KP_TAB_PMIS] = { COLS(pmi_cols), kp_rows_pmis },
	[KP_TAB_IRQS] = { COLS(irq_cols), kp_rows_irqs },
	[KP_TAB_NOTES] = { COLS(note_cols), kp_rows_notes },
};

_Static_assert(KP_ARRAY_SIZE(tabs) == KP_TAB_NR, "every table has a row");
_Static_assert(KP_ARRAY_SIZE(vcpu_cols) <= KP_TAB_COLS_MAX, "a row has room for the widest table");

const char *const kp_tab_keys[KP_TAB_NR] = {
	[KP_TAB_CPUS] = "cpus",		[KP_TAB_VCPUS] = "vcpus",	 [KP_TAB_EXITS] = "exits",
	[KP_TAB_COUNTERS] = "counters", [KP_TAB_EVENTS] = "host_events", [KP_TAB_PMIS] = "pmis",
	[KP_TAB_IRQS] = "interrupts",	[KP_TAB_NOTES] = "findings",
};

const char *const kp_tab_titles[KP_TAB_NR] = {
	[KP_TAB_CPUS] = "Host CPUs",
	[KP_TAB_VCPUS] = "vCPUs",
	[KP_TAB_EXITS] = "Exits",
	[KP_TAB_COUNTERS] = "Counters of guests' PMUs",
	[KP_TAB_EVENTS] = "Events that hold counters of the host",
	[KP_TAB_PMIS] = "PMIs of guests, hop by hop",
	[KP_TAB_IRQS] = "Interrupts of guests",
	[KP_TAB_NOTES] = "What is wrong or missing, and why",
};

void kp_view_init(struct kp_view *v)
{
	unsigned int i;

	*v = (struct kp_view){ .tree = true };
	for (i = 0; i < KP_TAB_NR; i++)
		v->sort[i] = -1;
}

unsigned int kp_table_cols(enum kp_tab id, const enum kp_col **cols)
{
	*cols = tabs[id].cols;
	return tabs[id].nr;
}

/* ---- cells ---- */

struct kp_val kp_rows_rate(const struct kp_rows_in *in, struct kp_num n)
{
	if (!n.known || !in->wall_ns)
		return kp_val_none();
	return kp_val_f64((double)kp_rows_n(in, n) * KP_NSEC_PER_SEC / (double)in->wall_ns);
}

struct kp_val kp_rows_share(const struct kp_rows_in *in, struct kp_num n)
{
	if (!n.known || !in->wall_ns)
		return kp_val_none();
	return kp_val_f64(100.0 * (double)kp_rows_n(in, n) / (double)in->wall_ns);
}

struct kp_val kp_rows_count(const struct kp_rows_in *in, struct kp_num n)
{
	return n.known ? kp_val_u64(kp_rows_n(in, n)) : kp_val_none();
}

struct kp_tab_row *kp_rows_add(struct kp_table *t)
{
	if (kp_vec_push(&t->rows, (struct kp_tab_row){ 0 }))
		return NULL;
	return &t->rows.at[t->rows.nr - 1];
}

bool kp_rows_hist(struct kp_tab_row *row)
{
	row->hist = calloc(KP_BUCKETS, sizeof(*row->hist));
	return row->hist;
}

uint64_t kp_hist_percentile(const uint64_t *hist, double q)
{
	uint64_t sum = 0, seen = 0, rank;
	unsigned int i;

	for (i = 0; i < KP_BUCKETS; i++)
		sum += hist[i];
	if (!sum)
		return 0;
	rank = kp_max_u64(1, (uint64_t)ceil(q * (double)sum));
	for (i = 0; i < KP_BUCKETS; i++) {
		seen += hist[i];
		if (seen >= rank)
			return kp_bucket_ns(i);
	}
	return 0;
}

/* ---- filter ---- */

static bool has_text(const char *s, const char *text)
{
	return strcasestr(s, text);
}

bool kp_row_matches(const struct kp_table *t, const struct kp_tab_row *row, const char *text)
{
	struct kp_buf buf = { 0 };
	bool found = !*text;
	unsigned int i;

	for (i = 0; i < t->nr_cols && !found; i++) {
		const struct kp_column *col = &kp_columns[KP_COL_ID(t->cols[i])];

		if (row->cell[i].type == KP_VAL_NONE)
			continue;
		if (row->cell[i].type == KP_VAL_STR) {
			found = has_text(row->cell[i].str, text);
			continue;
		}
		buf.len = 0;
		found = !kp_out_cell(&buf, col->unit, row->cell[i]) && has_text(buf.data, text);
	}
	kp_buf_free(&buf);
	return found;
}

/* A group stays while one of its members does. */
static void filter(struct kp_table *t, const char *text)
{
	struct kp_tab_row *row, *to = t->rows.at;
	struct kp_tab_row *group = NULL;

	if (!*text)
		return;
	kp_vec_for_each (row, &t->rows) {
		bool match = kp_row_matches(t, row, text);

		if (row->group) {
			if (group && !group->id)
				to = group;
			group = to;
			*to = *row;
			to++->id = match;
			continue;
		}
		if (!match && !(row->depth && group && group->id)) {
			free(row->hist);
			continue;
		}
		if (row->depth && group)
			group->id = 1;
		*to++ = *row;
	}
	if (group && !group->id)
		to = group;
	t->rows.nr = (size_t)(to - t->rows.at);
}

/* ---- order ---- */

struct order {
	unsigned int col;
	bool descending, reverse;
};

static double number(struct kp_val v)
{
	switch (v.type) {
	case KP_VAL_U64:
	case KP_VAL_HEX:
		return (double)v.u64;
	case KP_VAL_F64:
		return v.f64;
	case KP_VAL_BOOL:
		return v.b;
	default:
		return 0;
	}
}

static bool is_unknown(struct kp_val v)
{
	return v.type == KP_VAL_NONE || (v.type == KP_VAL_F64 && !isfinite(v.f64));
}

/* Unknown is last whichever way round; equal cells keep the table's own order. */
static int cmp_cells(struct kp_val x, struct kp_val y, const struct order *o)
{
	double nx = number(x), ny = number(y);
	int c;

	if (is_unknown(x) || is_unknown(y))
		return (int)is_unknown(x) - (int)is_unknown(y);
	c = x.type == KP_VAL_STR && y.type == KP_VAL_STR ? strcasecmp(x.str, y.str)
							 : (nx > ny) - (nx < ny);
	return o->descending != o->reverse ? -c : c;
}

static int cmp_rows(const void *a, const void *b, void *ctx)
{
	const struct kp_tab_row *x = a, *y = b;
	const struct order *o = ctx;
	int c = cmp_cells(x->cell[o->col], y->cell[o->col], o);

	return c ? c : x->id < y->id ? -1 : x->id > y->id;
}

/* Groups by their own cells, each with its members behind it, by theirs. */
static int sort_groups(struct kp_table *t, const struct order *o)
{
	struct kp_tab_row *groups = calloc(t->rows.nr + 1, sizeof(*groups));
	struct kp_tab_row *all = calloc(t->rows.nr + 1, sizeof(*all)), *to = all;
	size_t i, n, nr = 0;

	if (!groups || !all) {
		free(groups);
		free(all);
		return -ENOMEM;
	}
	for (i = 0; i < t->rows.nr; i++) {
		t->rows.at[i].id = (uint32_t)i;
		if (t->rows.at[i].group || !t->rows.at[i].depth)
			groups[nr++] = t->rows.at[i];
	}
	qsort_r(groups, nr, sizeof(*groups), cmp_rows, (void *)o);
	for (i = 0; i < nr; i++) {
		struct kp_tab_row *members;

		*to++ = groups[i];
		members = to;
		for (n = groups[i].id + 1; n < t->rows.nr && t->rows.at[n].depth; n++)
			*to++ = t->rows.at[n];
		qsort_r(members, (size_t)(to - members), sizeof(*to), cmp_rows, (void *)o);
	}
	memcpy(t->rows.at, all, t->rows.nr * sizeof(*all));
	free(groups);
	free(all);
	return 0;
}

static int sort(struct kp_table *t, const struct kp_view *v)
{
	struct order o = { .reverse = v->reverse[t->id] };
	unsigned int i;

	for (i = 0; i < t->nr_cols; i++)
		if ((int)KP_COL_ID(t->cols[i]) == v->sort[t->id])
			break;
	if (i == t->nr_cols || !t->rows.nr)
		return 0;
	o.col = i;
	/* numbers from the largest down, names and ids from the first up */
	o.descending = kp_columns[KP_COL_ID(t->cols[i])].unit != KP_UNIT_NONE;
	return sort_groups(t, &o);
}

static void clear(struct kp_table *t)
{
	struct kp_tab_row *row;

	kp_vec_for_each (row, &t->rows)
		free(row->hist);
	t->rows.nr = 0;
}

int kp_table_make(const struct kp_frame *f, const struct kp_view *v, enum kp_tab id,
		  struct kp_table *t)
{
	const struct kp_rows_in in = {
		.f = f,
		.v = v,
		.wall_ns = v->since_start ? f->since_ns : f->wall_ns,
	};
	int err;

	clear(t);
	t->id = id;
	t->cols = tabs[id].cols;
	t->nr_cols = tabs[id].nr;
	if (id == KP_TAB_EXITS && v->zoom.has_reason) {
		t->cols = reason_cols;
		t->nr_cols = KP_ARRAY_SIZE(reason_cols);
	}
	err = tabs[id].rows(&in, t);
	t->nr_all = t->rows.nr;
	if (err)
		return err;
	filter(t, v->filter);
	return sort(t, v);
}

void kp_table_free(struct kp_table *t)
{
	clear(t);
	kp_vec_free(&t->rows);
}
