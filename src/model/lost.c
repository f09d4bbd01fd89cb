// SPDX-License-Identifier: GPL-2.0-only
/*
 * lost.c - what the kernel says it dropped or paused, by CPU; whatever the filters, because a lost
 * event cannot be told to lie inside or outside. Touches only memory.
 */
#include "analysis.h"

enum { LOST_EVENTS, LOST_SAMPLES };

#define KEY_HAS_CPU KP_BIT64(32)

struct lost {
	struct kp_counts counts;
	uint64_t throttled;
};

static int lost_new(struct kp_model *m, void **state)
{
	struct lost *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->counts.max_rows = kp_model_opts(m)->max_rows;
	*state = l;
	return 0;
}

static void lost_free(void *state)
{
	struct lost *l = state;

	kp_counts_free(&l->counts);
	free(l);
}

static int lost_add(void *state, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	struct kp_count_row *row;
	struct lost *l = state;
	struct kp_key key = { 0 };

	if (ev->kind == KP_EV_THROTTLE) {
		l->throttled += ev->value == 1;
		return 0;
	}
	if (ev->valid & KP_HAS_CPU)
		key.a = KEY_HAS_CPU | ev->cpu;
	row = kp_counts_row(&l->counts, key);
	if (!row)
		return -ENOMEM;
	row->n[ev->kind == KP_EV_LOST ? LOST_EVENTS : LOST_SAMPLES] += ev->value;
	return 0;
}

static int cmp_lost(const void *a, const void *b)
{
	const struct kp_snap_lost *x = a, *y = b;

	if (x->has_cpu != y->has_cpu)
		return x->has_cpu ? -1 : 1;
	return x->cpu < y->cpu ? -1 : x->cpu > y->cpu;
}

static int lost_snap(void *state, struct kp_snap *snap)
{
	struct lost *l = state;
	const struct kp_count_row *row;
	struct kp_snap_lost *out = kp_snap_array(l->counts.rows.nr, sizeof(*out));

	if (!out)
		return -ENOMEM;
	snap->losts = out;
	snap->throttled = l->throttled;
	kp_vec_for_each (row, &l->counts.rows) {
		if (!kp_counts_any(row))
			continue;
		snap->lost += row->n[LOST_EVENTS];
		snap->lost_samples += row->n[LOST_SAMPLES];
		*out++ = (struct kp_snap_lost){
			.cpu = (uint32_t)row->key.a,
			.has_cpu = row->key.a & KEY_HAS_CPU,
			.other = row->other,
			.lost = row->n[LOST_EVENTS],
			.lost_samples = row->n[LOST_SAMPLES],
		};
	}
	snap->nr_losts = (size_t)(out - snap->losts);
	qsort(snap->losts, snap->nr_losts, sizeof(*out), cmp_lost);
	return 0;
}

static void lost_snap_free(struct kp_snap *snap)
{
	free(snap->losts);
}

const struct kp_analysis kp_analysis_lost = {
	.name = "lost",
	.kinds = KP_BIT64(KP_EV_LOST) | KP_BIT64(KP_EV_LOST_SAMPLES) | KP_BIT64(KP_EV_THROTTLE),
	.unfiltered = true,
	.new = lost_new,
	.add = lost_add,
	.snap = lost_snap,
	.snap_free = lost_snap_free,
	.free = lost_free,
};
