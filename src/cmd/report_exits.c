// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_exits.c - the exit table of kvmpmu report: its columns, rows and order.
 */
#include "report.h"

#include <math.h>
#include <string.h>

unsigned int kp_report_exit_cols(const struct kp_report *r, enum kp_col *cols)
{
	static const enum kp_col stats[] = {
		KP_COL_COUNT,
		KP_COL_COUNT_PCT,
		KP_COL_TIME_PCT,
		KP_COL_TOTAL_NS,
		KP_COL_MIN_NS,
		KP_COL_MEAN_NS,
		KP_COL_P50_NS,
		KP_COL_P99_NS,
		KP_COL_P999_NS,
		KP_COL_MAX_NS,
		KP_COL_DATA(KP_COL_STDERR_PCT),
	};
	unsigned int nr = 0;

	if (r->by & (KP_BY_VM | KP_BY_VCPU)) {
		cols[nr++] = KP_COL_VM;
		cols[nr++] = KP_COL_DATA(KP_COL_VM_NAME);
	}
	if (r->by & KP_BY_VCPU) {
		cols[nr++] = KP_COL_VCPU;
		cols[nr++] = KP_COL_TID;
	}
	if (r->by & KP_BY_CPU)
		cols[nr++] = KP_COL_CPU;
	if (r->by & KP_BY_REASON) {
		cols[nr++] = KP_COL_REASON;
		cols[nr++] = KP_COL_DATA(KP_COL_REASON_CODE);
	}
	memcpy(&cols[nr], stats, sizeof(stats));
	return nr + KP_ARRAY_SIZE(stats);
}

/** struct exit_table - @total: shares are of it */
struct exit_table {
	struct kp_report *r;
	enum kp_col cols[KP_OUT_COLS_MAX];
	unsigned int nr_cols, sort;
	const struct kp_stat *total;
	enum kp_pairing pairing;
};

static double share(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : NAN;
}

static const char *reason_name(struct kp_report *r, const struct kp_snap_exit *e,
			       enum kp_pairing pairing)
{
	const char *name;
	char code[16];

	if (e->other)
		return "(other)";
	if (pairing != KP_PAIR_USERSPACE)
		return kp_decoder_exit_name(r->dec, e->isa, e->code);
	name = kp_user_exit_name(e->code);
	if (name)
		return name;
	snprintf(code, sizeof(code), "%u", e->code);
	return kp_report_string(r, code);
}

static struct kp_val stat_cell(const struct exit_table *t, const struct kp_stat *st,
			       enum kp_col col)
{
	uint64_t n = st->timed;

	if (col == KP_COL_COUNT)
		return kp_val_u64(st->count);
	if (col == KP_COL_COUNT_PCT)
		return kp_val_f64(share(st->count, t->total->count));
	if (!n)
		return kp_val_none();
	switch (col) {
	case KP_COL_TIME_PCT:
		return kp_val_f64(share(st->total_ns, t->total->total_ns));
	case KP_COL_TOTAL_NS:
		return kp_val_u64(st->total_ns);
	case KP_COL_MIN_NS:
		return kp_val_u64(st->min_ns);
	case KP_COL_MEAN_NS:
		return kp_val_f64((double)st->total_ns / (double)n);
	case KP_COL_MAX_NS:
		return kp_val_u64(st->max_ns);
	case KP_COL_STDERR_PCT:
		return kp_val_f64(100.0 * st->stddev_ns / sqrt((double)n) /
				  ((double)st->total_ns / (double)n));
	case KP_COL_P50_NS:
		return st->has_percentiles ? kp_val_u64(st->p50_ns) : kp_val_none();
	case KP_COL_P99_NS:
		return st->has_percentiles ? kp_val_u64(st->p99_ns) : kp_val_none();
	case KP_COL_P999_NS:
		return st->has_percentiles ? kp_val_u64(st->p999_ns) : kp_val_none();
	default:
		return kp_val_none();
	}
}

static struct kp_val cell(const struct exit_table *t, const struct kp_snap_exit *e,
			  const struct kp_stat *st, enum kp_col col)
{
	switch (col) {
	case KP_COL_VM:
		return e->has & (KP_BY_VM | KP_BY_VCPU) ? kp_val_u64(e->vm) : kp_val_none();
	case KP_COL_VM_NAME:
		return e->other ? kp_val_none() : kp_val_str(kp_tasks_comm(&t->r->tasks, e->vm));
	case KP_COL_VCPU:
		return e->has_vcpu ? kp_val_u64(e->vcpu) : kp_val_none();
	case KP_COL_TID:
		return e->has & KP_BY_VCPU ? kp_val_u64(e->tid) : kp_val_none();
	case KP_COL_CPU:
		return e->has & KP_BY_CPU ? kp_val_u64(e->cpu) : kp_val_none();
	case KP_COL_REASON:
		return kp_val_str(reason_name(t->r, e, t->pairing));
	case KP_COL_REASON_CODE:
		return e->other ? kp_val_none() : kp_val_hex(e->code);
	default:
		return stat_cell(t, st, col);
	}
}

static double number(struct kp_val v)
{
	switch (v.type) {
	case KP_VAL_U64:
	case KP_VAL_HEX:
		return (double)v.u64;
	case KP_VAL_F64:
		return isnan(v.f64) ? -INFINITY : v.f64;
	default:
		return -INFINITY;
	}
}

/* Numbers from the largest down, names and ids from the first up; unknown last. */
static int cmp_rows(const void *a, const void *b, void *ctx)
{
	const struct exit_table *t = ctx;
	const struct kp_val x = ((const struct kp_val *)a)[t->sort];
	const struct kp_val y = ((const struct kp_val *)b)[t->sort];
	bool id = kp_columns[KP_COL_ID(t->cols[t->sort])].unit == KP_UNIT_NONE;
	double nx = number(x), ny = number(y);

	if (x.type == KP_VAL_STR && y.type == KP_VAL_STR)
		return strcmp(x.str, y.str);
	if ((x.type == KP_VAL_NONE) != (y.type == KP_VAL_NONE))
		return x.type == KP_VAL_NONE ? 1 : -1;
	if (nx == ny)
		return 0;
	return (nx < ny) == id ? -1 : 1;
}

static void write_table(struct exit_table *t, const struct kp_snap *snap, struct kp_out *out,
			size_t stat_offset)
{
	struct kp_val *rows = calloc(snap->nr_exits + 1, t->nr_cols * sizeof(*rows)), *row = rows;
	const struct kp_val *end;
	unsigned int c;
	size_t i;

	if (!rows) {
		kp_out_note(out, "out of memory: the exit table is missing");
		return;
	}
	for (i = 0; i < snap->nr_exits; i++) {
		const struct kp_snap_exit *e = &snap->exits[i];
		const struct kp_stat *st = (const void *)((const char *)e + stat_offset);

		if (!st->count)
			continue;
		for (c = 0; c < t->nr_cols; c++)
			row[c] = cell(t, e, st, KP_COL_ID(t->cols[c]));
		row += t->nr_cols;
	}
	if (t->sort < t->nr_cols)
		qsort_r(rows, (size_t)(row - rows) / t->nr_cols, t->nr_cols * sizeof(*rows),
			cmp_rows, t);
	for (end = row, row = rows; row < end; row += t->nr_cols)
		kp_out_row(out, row);
	free(rows);
}

static const char *title(const struct kp_snap *snap)
{
	switch (snap->pairing) {
	case KP_PAIR_ENTRY_EXIT:
		return "Exits, and how long the guest ran before them";
	case KP_PAIR_USERSPACE:
		return "Exits to user space, and the time until the next one";
	default:
		return "Exits, and the time until the guest ran again";
	}
}

/*
 * Where the table counts the guest's run, as perf does there, the handling is worth a table, too.
 */
static void handling(struct exit_table *t, const struct kp_snap *snap, struct kp_out *out)
{
	struct kp_stat total = { 0 };
	size_t i;

	for (i = 0; i < snap->nr_exits; i++) {
		total.count += snap->exits[i].handling.count;
		total.total_ns += snap->exits[i].handling.total_ns;
	}
	t->total = &total;
	kp_out_table(out, "handling", "Exits, and the time until the guest ran again", t->cols,
		     t->nr_cols);
	write_table(t, snap, out, offsetof(struct kp_snap_exit, handling));
	kp_out_table_end(out);
}

void kp_report_exits(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	struct exit_table t = { .r = r, .total = &snap->total, .pairing = snap->pairing };
	unsigned int i;

	t.nr_cols = kp_report_exit_cols(r, t.cols);
	t.sort = t.nr_cols;
	for (i = 0; i < t.nr_cols; i++)
		if ((int)KP_COL_ID(t.cols[i]) == r->sort)
			t.sort = i;
	kp_out_table(out, "exits", title(snap), t.cols, t.nr_cols);
	write_table(&t, snap, out, offsetof(struct kp_snap_exit, stat));
	kp_out_table_end(out);
	if (snap->pairing == KP_PAIR_ENTRY_EXIT)
		handling(&t, snap, out);
}
