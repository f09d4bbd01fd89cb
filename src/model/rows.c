// SPDX-License-Identifier: GPL-2.0-only
/*
 * rows.c - rows of the exit tables: found by VM, vCPU, CPU and reason as asked for, bounded in
 * number, frozen into snapshots; what all rows of snapshots share. Touches only memory.
 */
#include "analysis.h"

#include <string.h>

#define ROW_OTHER 0

int kp_rows_init(struct kp_rows *rows, struct kp_model *m)
{
	rows->m = m;
	rows->max_rows = kp_model_opts(m)->max_rows;
	rows->by = kp_model_opts(m)->by;
	rows->match_all = !kp_model_opts(m)->exit_match;
	return kp_vec_push(&rows->rows, (struct kp_row){ .other = true });
}

void kp_rows_free(struct kp_rows *rows)
{
	kp_keymap_free(&rows->map);
	kp_hash_free(&rows->matches);
	kp_vec_free(&rows->rows);
}

bool kp_rows_ask_match(struct kp_rows *rows, uint8_t isa, uint32_t code)
{
	const struct kp_model_opts *opts = kp_model_opts(rows->m);
	uint64_t *known, key = (uint64_t)isa << 32 | code;
	bool match;

	known = kp_hash_get(&rows->matches, key);
	if (known)
		return *known;
	match = opts->exit_match(opts->ctx, isa, code);
	/* An answer that is not remembered is only asked for again. */
	if (rows->matches.nr < rows->max_rows)
		kp_hash_put(&rows->matches, key, match);
	return match;
}

static struct kp_key key_of(uint32_t by, const struct kp_thread *th, const struct kp_event *ev)
{
	struct kp_key key = { 0 };

	if (by & (KP_BY_VM | KP_BY_VCPU))
		key.a = (uint64_t)th->vm << 32;
	if (by & KP_BY_VCPU)
		key.a |= th->tid;
	if ((by & KP_BY_CPU) && (ev->valid & KP_HAS_CPU))
		key.b = (((uint64_t)ev->cpu + 1) & 0xffffff) << 32;
	if (by & KP_BY_REASON)
		key.b |= (uint64_t)ev->isa << 56 | ev->code;
	return key;
}

static uint32_t row_new(struct kp_rows *rows, struct kp_thread *th, const struct kp_event *ev,
			struct kp_key key)
{
	struct kp_row row = {
		.th = rows->by & KP_BY_VCPU ? th : NULL,
		.vm = th->vm,
		.cpu = ev->cpu,
		.has_cpu = ev->valid & KP_HAS_CPU,
		.code = ev->code,
		.isa = ev->isa,
	};
	uint32_t n;

	if (rows->map.nr >= rows->max_rows)
		return ROW_OTHER;
	n = kp_keymap_add(&rows->map, key);
	if (n == KP_KEYMAP_NONE || kp_vec_push(&rows->rows, row))
		return KP_KEYMAP_NONE;
	return n + 1;
}

uint32_t kp_rows_look_up(struct kp_rows *rows, struct kp_thread *th, const struct kp_event *ev)
{
	struct kp_key key = key_of(rows->by, th, ev);
	uint32_t n = kp_keymap_find(&rows->map, key);

	n = KP_LIKELY(n != KP_KEYMAP_NONE) ? n + 1 : row_new(rows, th, ev, key);
	/* the row of those that have no room is not theirs for ever */
	if (rows->by == KP_BY_REASON && n != KP_KEYMAP_NONE && n != ROW_OTHER)
		rows->recent[ev->code % KP_RECENT_ROWS] =
			(struct kp_row_at){ .key = key.b, .row = n };
	return n;
}

void *kp_snap_array(size_t nr, size_t size)
{
	return calloc(nr ? nr : 1, size);
}

int kp_stat_cmp(const struct kp_stat *a, const struct kp_stat *b)
{
	if (a->total_ns != b->total_ns)
		return a->total_ns < b->total_ns ? 1 : -1;
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return 0;
}

static bool row_counted(const struct kp_row *row)
{
	const struct kp_dist *h = &row->dist[KP_ROW_HANDLING], *r = &row->dist[KP_ROW_RUN];

	return h->count || h->untimed || r->count || r->untimed;
}

static void snap_row(struct kp_rows *rows, const struct kp_row *row, struct kp_snap_exit *out,
		     enum kp_pairing pairing)
{
	const struct kp_hist_pool *pool = kp_model_pool(rows->m);
	uint32_t by = kp_model_opts(rows->m)->by;

	*out = (struct kp_snap_exit){
		.has = row->other ? 0 : by & ~(row->has_cpu ? 0 : KP_BY_CPU),
		.other = row->other,
		.isa = row->isa,
		.code = row->code,
		.vm = row->vm,
		.cpu = row->cpu,
	};
	if (row->th) {
		out->tid = row->th->tid;
		out->has_vcpu = kp_model_vcpu_id(rows->m, row->th, &out->vcpu);
	}
	if (pairing == KP_PAIR_USERSPACE) {
		kp_dist_stat(pool, &row->dist[KP_ROW_HANDLING], &out->stat);
		return;
	}
	kp_dist_stat(pool, &row->dist[KP_ROW_HANDLING], &out->handling);
	kp_dist_stat(pool, &row->dist[KP_ROW_RUN], &out->run);
	out->stat = pairing == KP_PAIR_ENTRY_EXIT ? out->run : out->handling;
}

/* Histograms of the rows that @snap has, one behind the other. */
static int snap_buckets(struct kp_rows *rows, struct kp_snap *snap, enum kp_row_dist which)
{
	const struct kp_hist_pool *pool = kp_model_pool(rows->m);
	struct kp_snap_bucket *at;
	const struct kp_row *row;
	size_t nr = 0, i = 0;

	kp_vec_for_each (row, &rows->rows)
		nr += kp_dist_buckets(pool, &row->dist[which], NULL);
	at = snap->buckets = kp_snap_array(nr, sizeof(*at));
	if (!at)
		return -ENOMEM;
	snap->nr_buckets = nr;
	kp_vec_for_each (row, &rows->rows) {
		if (!row_counted(row))
			continue;
		snap->exits[i].first_bucket = (size_t)(at - snap->buckets);
		snap->exits[i].nr_buckets = kp_dist_buckets(pool, &row->dist[which], at);
		at += snap->exits[i++].nr_buckets;
	}
	return 0;
}

static int cmp_exit(const void *a, const void *b)
{
	const struct kp_snap_exit *x = a, *y = b;
	int c = (int)x->other - (int)y->other;

	if (!c)
		c = kp_stat_cmp(&x->stat, &y->stat);
	if (!c)
		c = x->code < y->code ? -1 : x->code > y->code;
	if (!c)
		c = x->tid < y->tid ? -1 : x->tid > y->tid;
	return c;
}

static void snap_total(struct kp_rows *rows, struct kp_snap *snap, enum kp_row_dist which)
{
	struct kp_hist_pool *pool = kp_model_pool(rows->m);
	struct kp_hist_pool scratch = { 0 };
	struct kp_dist total = { 0 };
	const struct kp_row *row;

	kp_vec_for_each (row, &rows->rows)
		kp_dist_merge(&scratch, &total, pool, &row->dist[which]);
	kp_dist_stat(&scratch, &total, &snap->total);
	kp_hist_pool_free(&scratch);
}

int kp_rows_snap(struct kp_rows *rows, struct kp_snap *snap, enum kp_pairing pairing)
{
	enum kp_row_dist which = pairing == KP_PAIR_ENTRY_EXIT ? KP_ROW_RUN : KP_ROW_HANDLING;
	const struct kp_row *row;
	struct kp_snap_exit *out;

	out = kp_snap_array(rows->rows.nr, sizeof(*out));
	if (!out)
		return -ENOMEM;
	snap->exits = out;
	snap->pairing = pairing;
	kp_vec_for_each (row, &rows->rows)
		if (row_counted(row))
			snap_row(rows, row, out++, pairing);
	snap->nr_exits = (size_t)(out - snap->exits);
	if (kp_model_opts(rows->m)->buckets && snap_buckets(rows, snap, which))
		return -ENOMEM;
	qsort(snap->exits, snap->nr_exits, sizeof(*out), cmp_exit);
	snap_total(rows, snap, which);
	return 0;
}
