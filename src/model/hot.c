// SPDX-License-Identifier: GPL-2.0-only
/*
 * hot.c - hardware and software samples by address; symbols come later, from the view. Touches only
 * memory.
 */
#include "analysis.h"

/* About 64 bytes each with the map: 8 MiB. What comes when all are taken is counted as dropped. */
#define ADDRESSES_MAX (128 * 1024)

struct address {
	uint64_t ip;
	uint64_t samples, period;
	uint32_t pid;
	uint16_t attr;
	uint8_t mode;
};

struct hot {
	struct kp_keymap map;
	KP_VEC(struct address) at;
	uint64_t dropped;
};

static int hot_new(struct kp_model *m, void **state)
{
	*state = calloc(1, sizeof(struct hot));
	return *state ? 0 : -ENOMEM;
}

static void hot_free(void *state)
{
	struct hot *h = state;

	kp_keymap_free(&h->map);
	kp_vec_free(&h->at);
	free(h);
}

static struct address *find(struct hot *h, const struct kp_event *ev)
{
	/* one host kernel, whatever process it works for; a guest's kernel is that of its VM */
	uint32_t pid = ev->mode == KP_MODE_HOST_KERNEL ? 0 : ev->pid;
	const struct kp_key key = {
		.a = ev->ip,
		.b = (uint64_t)ev->mode << 48 | (uint64_t)ev->attr << 32 | pid,
	};
	uint32_t n = kp_keymap_find(&h->map, key);

	if (n != KP_KEYMAP_NONE)
		return &h->at.at[n];
	if (h->map.nr >= ADDRESSES_MAX)
		return NULL;
	n = kp_keymap_add(&h->map, key);
	if (n == KP_KEYMAP_NONE ||
	    kp_vec_push(&h->at,
			(struct address){
				.ip = ev->ip, .pid = pid, .attr = ev->attr, .mode = ev->mode }))
		return NULL;
	return &h->at.at[n];
}

static int hot_add(void *state, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	struct hot *h = state;
	struct address *a;

	if (!in->in_time || !in->in_cpu || !(ev->valid & KP_HAS_IP))
		return 0;
	a = find(h, ev);
	if (!a) {
		h->dropped++;
		return 0;
	}
	a->samples++;
	a->period += ev->valid & KP_HAS_PERIOD ? ev->period : 1;
	return 0;
}

static int cmp_hot(const void *a, const void *b)
{
	const struct kp_snap_hot *x = a, *y = b;

	if (x->period != y->period)
		return x->period < y->period ? 1 : -1;
	if (x->attr != y->attr)
		return x->attr < y->attr ? -1 : 1;
	return x->ip < y->ip ? -1 : x->ip > y->ip;
}

static int hot_snap(void *state, struct kp_snap *snap)
{
	struct hot *h = state;
	const struct address *a;
	struct kp_snap_hot *out = kp_snap_array(h->at.nr, sizeof(*out));

	if (!out)
		return -ENOMEM;
	snap->hot = out;
	snap->hot_dropped = h->dropped;
	kp_vec_for_each (a, &h->at)
		*out++ = (struct kp_snap_hot){
			.attr = a->attr,
			.mode = a->mode,
			.pid = a->pid,
			.ip = a->ip,
			.samples = a->samples,
			.period = a->period,
		};
	snap->nr_hot = (size_t)(out - snap->hot);
	qsort(snap->hot, snap->nr_hot, sizeof(*out), cmp_hot);
	return 0;
}

static void hot_snap_free(struct kp_snap *snap)
{
	free(snap->hot);
}

const struct kp_analysis kp_analysis_hot = {
	.name = "hot",
	.kinds = KP_BIT64(KP_EV_SAMPLE),
	.new = hot_new,
	.add = hot_add,
	.snap = hot_snap,
	.snap_free = hot_snap_free,
	.free = hot_free,
};
