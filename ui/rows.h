/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rows.h - what makers of table rows share. Private to ui.
 */
#ifndef KP_UI_ROWS_H
#define KP_UI_ROWS_H

#include "ui.h"

/** struct kp_rows_in - @wall_ns: what rates are per: the tick, or all since the start */
struct kp_rows_in {
	const struct kp_frame *f;
	const struct kp_view *v;
	uint64_t wall_ns;
};

/* Rows of one table each, into @t. 0 or -ENOMEM */
int kp_rows_cpus(const struct kp_rows_in *in, struct kp_table *t);
int kp_rows_vcpus(const struct kp_rows_in *in, struct kp_table *t);
int kp_rows_exits(const struct kp_rows_in *in, struct kp_table *t);
int kp_rows_counters(const struct kp_rows_in *in, struct kp_table *t);
int kp_rows_events(const struct kp_rows_in *in, struct kp_table *t);
int kp_rows_pmis(const struct kp_rows_in *in, struct kp_table *t);
int kp_rows_irqs(const struct kp_rows_in *in, struct kp_table *t);
int kp_rows_notes(const struct kp_rows_in *in, struct kp_table *t);

/** kp_rows_add - a zeroed row at the end; NULL: no memory. Good until the next one */
struct kp_tab_row *kp_rows_add(struct kp_table *t);

/** kp_rows_hist - give @row an empty histogram; false: no memory */
bool kp_rows_hist(struct kp_tab_row *row);

static inline uint64_t kp_rows_n(const struct kp_rows_in *in, struct kp_num n)
{
	return in->v->since_start ? n.total : n.tick;
}

/** kp_rows_rate, _share, _count - a number per second, in percent of wall time, as it is */
struct kp_val kp_rows_rate(const struct kp_rows_in *in, struct kp_num n);
struct kp_val kp_rows_share(const struct kp_rows_in *in, struct kp_num n);
struct kp_val kp_rows_count(const struct kp_rows_in *in, struct kp_num n);

/** kp_rows_text - empty is unknown */
static inline struct kp_val kp_rows_text(const char *s)
{
	return kp_val_str(*s ? s : NULL);
}

/** kp_rows_zoomed - does the zoom leave a thread of a VM in? */
static inline bool kp_rows_zoomed(const struct kp_rows_in *in, uint32_t vm, uint32_t tid)
{
	const struct kp_zoom *z = &in->v->zoom;

	return (!z->has_vm || z->vm == vm) && (!z->has_vcpu || z->tid == tid);
}

static inline void kp_num_add(struct kp_num *sum, struct kp_num n)
{
	sum->known |= n.known;
	sum->tick += n.tick;
	sum->total += n.total;
}

#endif
