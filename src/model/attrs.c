// SPDX-License-Identifier: GPL-2.0-only
/*
 * attrs.c - how many events of each perf event came in, whatever the filters. Touches only memory.
 */
#include "analysis.h"

struct attrs {
	KP_VEC(uint64_t) counts; /* by kp_event.attr */
};

static int attrs_new(struct kp_model *m, void **state)
{
	*state = calloc(1, sizeof(struct attrs));
	return *state ? 0 : -ENOMEM;
}

static void attrs_free(void *state)
{
	struct attrs *a = state;

	kp_vec_free(&a->counts);
	free(a);
}

static int attrs_add(void *state, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	struct attrs *a = state;

	if (!(ev->valid & KP_HAS_ATTR))
		return 0;
	while (KP_UNLIKELY(ev->attr >= a->counts.nr))
		if (kp_vec_push(&a->counts, 0))
			return -ENOMEM;
	a->counts.at[ev->attr]++;
	return 0;
}

static int attrs_snap(void *state, struct kp_snap *snap)
{
	struct attrs *a = state;
	struct kp_snap_attr *out = kp_snap_array(a->counts.nr, sizeof(*out));
	size_t i;

	if (!out)
		return -ENOMEM;
	snap->attrs = out;
	for (i = 0; i < a->counts.nr; i++)
		if (a->counts.at[i])
			*out++ = (struct kp_snap_attr){ (uint16_t)i, a->counts.at[i] };
	snap->nr_attrs = (size_t)(out - snap->attrs);
	return 0;
}

static void attrs_snap_free(struct kp_snap *snap)
{
	free(snap->attrs);
}

/* Side-band records and losses belong to no event, though some carry an id. */
const struct kp_analysis kp_analysis_attrs = {
	.name = "attrs",
	.kinds = (KP_BIT64(KP_EV_LOST) - 1),
	.unfiltered = true,
	.new = attrs_new,
	.add = attrs_add,
	.snap = attrs_snap,
	.snap_free = attrs_snap_free,
	.free = attrs_free,
};
