// SPDX-License-Identifier: GPL-2.0-only
/*
 * timeline.c - who held each CPU's counters over the time of the recording, in a bounded number of
 * slices, which get wider as the recording goes on. Touches only memory.
 */
#include "timeline.h"

#include <string.h>

#define SHIFT_FIRST 10

static int timeline_new(struct kp_model *m, void **state)
{
	struct kp_timeline *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->m = m;
	t->shift = SHIFT_FIRST;
	*state = t;
	return 0;
}

static void timeline_free(void *state)
{
	struct kp_timeline *t = state;

	kp_vec_free(&t->cpus);
	free(t);
}

/* Neighbours become one. */
static void merge(uint64_t *ns)
{
	size_t i;

	for (i = 0; i < KP_TIMELINE_SLICES / 2; i++)
		ns[i] = ns[2 * i] + ns[2 * i + 1];
	memset(&ns[i], 0, (KP_TIMELINE_SLICES - i) * sizeof(*ns));
}

static void widen(struct kp_timeline *t)
{
	struct kp_timeline_cpu *c;
	unsigned int by;

	t->shift++;
	t->from_ns = t->to_ns = 0;
	kp_vec_for_each (c, &t->cpus)
		for (by = 0; by < KP_OWNED; by++)
			merge(c->ns[by]);
}

static void reach(struct kp_timeline *t, uint64_t to_ns)
{
	while ((to_ns - t->origin_ns) >> t->shift >= KP_TIMELINE_SLICES)
		widen(t);
}

int kp_timeline_spread(struct kp_timeline *t, uint32_t cpu, enum kp_owned by, uint64_t from_ns,
		       uint64_t to_ns)
{
	uint64_t end, slice;

	if (cpu >= KP_CPUS_MAX || to_ns <= from_ns)
		return 0;
	while (cpu >= t->cpus.nr)
		if (kp_vec_push(&t->cpus, (struct kp_timeline_cpu){ 0 }))
			return -ENOMEM;
	if (!t->begun)
		t->origin_ns = kp_min_u64(from_ns, kp_model_first_ns(t->m, from_ns));
	t->begun = true;
	from_ns = kp_max_u64(from_ns, t->origin_ns);
	if (to_ns <= from_ns)
		return 0;
	reach(t, to_ns);
	while (from_ns < to_ns) {
		slice = (from_ns - t->origin_ns) >> t->shift;
		end = t->origin_ns + ((slice + 1) << t->shift);
		if (end <= from_ns) /* beyond 64 bits */
			end = UINT64_MAX;
		t->slice = slice;
		t->from_ns = t->origin_ns + (slice << t->shift);
		t->to_ns = end;
		end = kp_min_u64(end, to_ns);
		t->cpus.at[cpu].ns[by][slice] += end - from_ns;
		from_ns = end;
	}
	return 0;
}

static bool any(const struct kp_timeline_cpu *c)
{
	size_t i;

	for (i = 0; i < KP_TIMELINE_SLICES; i++)
		if (c->ns[KP_OWNED_GUEST][i] || c->ns[KP_OWNED_SWITCH][i])
			return true;
	return false;
}

static int timeline_snap(void *state, struct kp_snap *snap)
{
	struct kp_snap_ownership *own = &snap->ownership;
	struct kp_timeline *t = state;
	struct kp_snap_owner *out = kp_snap_array(t->cpus.nr, sizeof(*out));
	uint32_t cpu;

	if (!out)
		return -ENOMEM;
	own->cpus = out;
	if (!t->begun)
		return 0;
	if (snap->last_ns > t->origin_ns)
		reach(t, snap->last_ns);
	own->origin_ns = t->origin_ns;
	own->end_ns = kp_max_u64(snap->last_ns, t->origin_ns);
	own->slice_ns = KP_BIT64(t->shift);
	own->nr_slices = (uint32_t)((own->end_ns - t->origin_ns) >> t->shift) + 1;
	for (cpu = 0; cpu < t->cpus.nr; cpu++) {
		if (!any(&t->cpus.at[cpu]))
			continue;
		out->cpu = cpu;
		memcpy(out->ns, t->cpus.at[cpu].ns, sizeof(out->ns));
		out++;
	}
	own->nr_cpus = (size_t)(out - own->cpus);
	return 0;
}

static void timeline_snap_free(struct kp_snap *snap)
{
	free(snap->ownership.cpus);
}

/* It wants no events: cpus.c and switch.c add what they find. */
const struct kp_analysis kp_analysis_timeline = {
	.name = "timeline",
	.new = timeline_new,
	.snap = timeline_snap,
	.snap_free = timeline_snap_free,
	.free = timeline_free,
};
