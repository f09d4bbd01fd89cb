// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_hot.c - hot symbols: sampled addresses resolved and added up by function.
 */
#include "report.h"

#include <inttypes.h>
#include <string.h>

/**
 * struct hot_row - a function, or what has no symbols of a module
 * @name, @module: pointers identify them; NULL unknown
 * @vm: of guest modes
 */
struct hot_row {
	const char *name, *module;
	uint64_t samples, period;
	uint32_t vm;
	uint16_t attr;
	uint8_t mode;
};

static const char *const modes[] = {
	[KP_MODE_UNKNOWN] = NULL,
	[KP_MODE_HOST_KERNEL] = "host kernel",
	[KP_MODE_HOST_USER] = "host user",
	[KP_MODE_HYPERVISOR] = "hypervisor",
	[KP_MODE_GUEST_KERNEL] = "guest kernel",
	[KP_MODE_GUEST_USER] = "guest user",
};

static bool is_guest(uint8_t mode)
{
	return mode == KP_MODE_GUEST_KERNEL || mode == KP_MODE_GUEST_USER;
}

#define CMP(a, b)                                  \
	do {                                       \
		if ((a) != (b))                    \
			return (a) < (b) ? -1 : 1; \
	} while (0)

static int cmp_identity(const void *a, const void *b)
{
	const struct hot_row *x = a, *y = b;

	CMP(x->attr, y->attr);
	CMP(x->mode, y->mode);
	CMP(x->vm, y->vm);
	CMP((uintptr_t)x->module, (uintptr_t)y->module);
	CMP((uintptr_t)x->name, (uintptr_t)y->name);
	return 0;
}

static int cmp_period(const void *a, const void *b)
{
	const struct hot_row *x = a, *y = b;

	CMP(x->attr, y->attr);
	CMP(y->period, x->period);
	return cmp_identity(a, b);
}

static int cmp_address(const void *a, const void *b)
{
	const struct kp_snap_hot *x = a, *y = b;

	CMP(x->mode, y->mode);
	CMP(x->pid, y->pid);
	CMP(x->ip, y->ip);
	return 0;
}

static struct hot_row resolve(struct kp_report *r, const struct kp_snap_hot *h)
{
	struct hot_row row = {
		.samples = h->samples,
		.period = h->period,
		.vm = is_guest(h->mode) ? h->pid : 0,
		.attr = h->attr,
		.mode = h->mode,
	};
	struct kp_symbol s;

	if (!kp_sym_resolve(r->sym, h->mode, h->pid, h->ip, &s))
		return row;
	row.name = s.name;
	row.module = s.module;
	return row;
}

/* Neighbours of the same identity become one; returns how many are left. */
static size_t merge(struct hot_row *rows, size_t nr)
{
	size_t i, n = 0;

	for (i = 0; i < nr; i++) {
		if (n && !cmp_identity(&rows[n - 1], &rows[i])) {
			rows[n - 1].samples += rows[i].samples;
			rows[n - 1].period += rows[i].period;
		} else {
			rows[n++] = rows[i];
		}
	}
	return n;
}

static struct hot_row *collect(struct kp_report *r, const struct kp_snap *snap, size_t *nr)
{
	struct kp_snap_hot *sorted = calloc(snap->nr_hot + 1, sizeof(*sorted));
	struct hot_row *rows = calloc(snap->nr_hot + 1, sizeof(*rows));
	size_t i;

	if (sorted && rows) {
		/* address space by address space: each symbol file is read once and used up */
		memcpy(sorted, snap->hot, snap->nr_hot * sizeof(*sorted));
		qsort(sorted, snap->nr_hot, sizeof(*sorted), cmp_address);
		for (i = 0; i < snap->nr_hot; i++)
			rows[i] = resolve(r, &sorted[i]);
		qsort(rows, snap->nr_hot, sizeof(*rows), cmp_identity);
		*nr = merge(rows, snap->nr_hot);
		qsort(rows, *nr, sizeof(*rows), cmp_period);
	} else {
		free(rows);
		rows = NULL;
	}
	free(sorted);
	return rows;
}

static const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash && slash[1] ? slash + 1 : path;
}

static void write_row(struct kp_report *r, const struct hot_row *h, uint64_t all,
		      struct kp_out *out)
{
	const struct kp_meta *meta = &r->src->meta;
	struct kp_val none = kp_val_none();

	kp_out_row(out,
		   (struct kp_val[]){
			   kp_val_str(h->attr < meta->nr_attrs ? meta->attrs[h->attr].name : NULL),
			   all ? kp_val_f64(100.0 * (double)h->period / (double)all) : none,
			   kp_val_u64(h->samples), kp_val_u64(h->period),
			   kp_val_str(h->mode < KP_ARRAY_SIZE(modes) ? modes[h->mode] : NULL),
			   is_guest(h->mode) ? kp_val_u64(h->vm) : none,
			   kp_val_str(base_name(h->module)), kp_val_str(h->module),
			   kp_val_str(h->name) });
}

/* The first rows of each event, which come together. */
static void write_rows(struct kp_report *r, const struct hot_row *rows, size_t nr,
		       struct kp_out *out)
{
	size_t i, end, k;

	for (i = 0; i < nr; i = end) {
		uint64_t all = 0;

		for (end = i; end < nr && rows[end].attr == rows[i].attr; end++)
			all += rows[end].period;
		for (k = i; k < end && k - i < r->hot; k++)
			write_row(r, &rows[k], all, out);
	}
}

/* Kernels whose samples have no symbols, and no file was given that could have some. */
static void symbol_notes(struct kp_report *r, const struct hot_row *rows, size_t nr,
			 struct kp_out *out)
{
	bool host = false, guest = false;
	const char *w;
	unsigned int i;
	size_t k;

	for (i = 0; nr && (w = kp_sym_warning(r->sym, i)); i++)
		kp_out_note(out, "%s", w);
	for (k = 0; k < nr; k++) {
		host |= rows[k].mode == KP_MODE_HOST_KERNEL && !rows[k].name;
		guest |= rows[k].mode == KP_MODE_GUEST_KERNEL && !rows[k].name;
	}
	if (host && !r->kallsyms && !r->vmlinux && !r->recorded_here)
		kp_out_note(out, "this is not the machine of the recording: for symbols of its "
				 "kernel give --kallsyms FILE or --vmlinux FILE.");
	if (guest && !r->guest_kallsyms && !r->guest_vmlinux)
		kp_out_note(out, "for symbols of guest kernels give --guest-kallsyms FILE or "
				 "--guest-vmlinux FILE.");
}

void kp_report_hot(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	enum kp_col cols[] = {
		KP_COL_DATA(KP_COL_EVENT),
		KP_COL_PERIOD_PCT,
		KP_COL_SAMPLES,
		KP_COL_DATA(KP_COL_PERIOD),
		KP_COL_MODE,
		KP_COL_DATA(KP_COL_VM),
		KP_COL_MODULE,
		KP_COL_DATA(KP_COL_PATH),
		KP_COL_SYMBOL,
	};
	struct hot_row *rows;
	size_t nr = 0;
	unsigned int i;

	rows = collect(r, snap, &nr);
	/* text has these only where they tell rows apart */
	if (rows && nr && rows[0].attr != rows[nr - 1].attr)
		cols[0] = KP_COL_EVENT;
	for (i = 0; rows && i < nr; i++)
		if (is_guest(rows[i].mode))
			cols[5] = KP_COL_VM;
	kp_out_table(out, "hot", "Hot symbols", cols, KP_ARRAY_SIZE(cols));
	if (rows)
		write_rows(r, rows, nr, out);
	kp_out_table_end(out);
	if (rows)
		symbol_notes(r, rows, nr, out);
	else
		kp_out_note(out, "out of memory: hot symbols are missing");
	free(rows);
	if (snap->hot_dropped)
		kp_out_note(out,
			    "%" PRIu64 " samples lie at more addresses than are kept; they are in "
			    "no row of the hot symbols",
			    snap->hot_dropped);
}
