// SPDX-License-Identifier: GPL-2.0-only
/*
 * rows_exits.c - exits by reason within the zoom, or, of one reason, by vCPU; distributions of
 * several vCPUs are added up. Touches only memory.
 */
#include "lib/hash.h"
#include "rows.h"

/** struct sum - a row on its way */
struct sum {
	struct kp_num count, timed, time_ns;
	uint64_t max_ns;
};

struct gather {
	struct kp_hash by_key; /* row */
	KP_VEC(struct sum) sums;
	struct sum all;
};

static bool wanted(const struct kp_rows_in *in, const struct kp_frame_exit *e)
{
	const struct kp_zoom *z = &in->v->zoom;

	if (!kp_rows_n(in, e->count) || !kp_rows_zoomed(in, e->vm, e->tid))
		return false;
	return !z->has_reason || (z->code == e->code && z->isa == e->isa && !e->other);
}

static int new_row(struct kp_table *t, struct gather *g, const struct kp_rows_in *in,
		   const struct kp_frame_exit *e)
{
	struct kp_tab_row *row = kp_rows_add(t);

	if (!row || !kp_rows_hist(row))
		return -ENOMEM;
	row->key = (struct kp_zoom){ .has_reason = !e->other, .isa = e->isa, .code = e->code };
	if (in->v->zoom.has_reason) {
		row->key.has_vm = row->key.has_vcpu = true;
		row->key.vm = e->vm;
		row->key.tid = e->tid;
		row->cell[0] = kp_val_u64(e->vm);
		row->cell[1] = e->has_vcpu ? kp_val_u64(e->vcpu) : kp_val_none();
		row->cell[2] = kp_val_u64(e->tid);
	} else {
		row->cell[0] = kp_val_str(e->reason);
		row->cell[1] = e->other ? kp_val_none() : kp_val_hex(e->code);
	}
	return kp_vec_push(&g->sums, (struct sum){ 0 });
}

static void add_buckets(const struct kp_rows_in *in, const struct kp_frame_exit *e, uint64_t *hist)
{
	const struct kp_frame_bucket *b = &in->f->buckets[e->first_bucket];
	size_t i;

	for (i = 0; i < e->nr_buckets; i++, b++)
		hist[b->bucket] += in->v->since_start ? b->total : b->tick;
}

static void add(struct sum *s, const struct kp_frame_exit *e)
{
	kp_num_add(&s->count, e->count);
	kp_num_add(&s->timed, e->timed);
	kp_num_add(&s->time_ns, e->time_ns);
	s->max_ns = kp_max_u64(s->max_ns, e->max_ns);
}

static uint64_t key_of(const struct kp_rows_in *in, const struct kp_frame_exit *e)
{
	if (in->v->zoom.has_reason)
		return e->tid;
	return e->other ? KP_HASH_EMPTY - 1 : (uint64_t)e->isa << 32 | e->code;
}

static int gather(struct kp_table *t, struct gather *g, const struct kp_rows_in *in,
		  const struct kp_frame_exit *e)
{
	uint64_t *at = kp_hash_get(&g->by_key, key_of(in, e)), n = t->rows.nr;

	if (at)
		n = *at;
	else if (new_row(t, g, in, e) || kp_hash_put(&g->by_key, key_of(in, e), n))
		return -ENOMEM;
	add(&g->sums.at[n], e);
	add(&g->all, e);
	add_buckets(in, e, t->rows.at[n].hist);
	return 0;
}

static double share(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* Columns 3 and up of reason_cols, or 2 and up of exit_cols. */
static void fill(const struct kp_rows_in *in, const struct gather *g, size_t n,
		 struct kp_tab_row *row)
{
	const struct sum *s = &g->sums.at[n];
	struct kp_val *cell = &row->cell[in->v->zoom.has_reason ? 3 : 2];
	uint64_t timed = kp_rows_n(in, s->timed), time = kp_rows_n(in, s->time_ns), p;

	*cell++ = kp_rows_rate(in, s->count);
	*cell++ = kp_val_f64(share(kp_rows_n(in, s->count), kp_rows_n(in, g->all.count)));
	cell[6] = kp_rows_count(in, s->count);
	if (!timed)
		return;
	*cell++ = kp_val_f64(share(time, kp_rows_n(in, g->all.time_ns)));
	*cell++ = kp_val_f64((double)time / (double)timed);
	p = kp_hist_percentile(row->hist, 0.5);
	*cell++ = p ? kp_val_u64(kp_min_u64(p, s->max_ns)) : kp_val_none();
	p = kp_hist_percentile(row->hist, 0.99);
	*cell++ = p ? kp_val_u64(kp_min_u64(p, s->max_ns)) : kp_val_none();
	p = in->v->since_start ? s->max_ns : kp_hist_percentile(row->hist, 1);
	*cell++ = p ? kp_val_u64(kp_min_u64(p, s->max_ns)) : kp_val_none();
	cell[2] = kp_val_u64(time);
}

/* By time, then count, as report has it. */
static int cmp_time(const void *a, const void *b, void *ctx)
{
	const struct kp_tab_row *x = a, *y = b;
	unsigned int count = *(unsigned int *)ctx, time = count + 1;
	uint64_t tx = x->cell[time].u64, ty = y->cell[time].u64;

	if (tx != ty)
		return tx < ty ? 1 : -1;
	tx = x->cell[count].u64;
	ty = y->cell[count].u64;
	return tx != ty ? (tx < ty ? 1 : -1) : x->id < y->id ? -1 : x->id > y->id;
}

int kp_rows_exits(const struct kp_rows_in *in, struct kp_table *t)
{
	unsigned int count = in->v->zoom.has_reason ? 11 : 10;
	struct gather g = { 0 };
	size_t i;
	int err = 0;

	for (i = 0; i < in->f->nr_exits && !err; i++)
		if (wanted(in, &in->f->exits_by[i]))
			err = gather(t, &g, in, &in->f->exits_by[i]);
	for (i = 0; i < t->rows.nr && !err; i++) {
		fill(in, &g, i, &t->rows.at[i]);
		t->rows.at[i].id = (uint32_t)i;
	}
	if (!err && t->rows.nr)
		qsort_r(t->rows.at, t->rows.nr, sizeof(*t->rows.at), cmp_time, &count);
	kp_hash_free(&g.by_key);
	kp_vec_free(&g.sums);
	return err;
}
