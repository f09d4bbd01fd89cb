// SPDX-License-Identifier: GPL-2.0-only
/*
 * attrs.c - how many events of each perf event came in, whatever the filters. The model itself
 * counts them, because every event is one: here they are only put into snapshots. Touches only
 * memory.
 */
#include "analysis.h"

static int attrs_new(struct kp_model *m, void **state)
{
	*state = m;
	return 0;
}

static int attrs_snap(void *state, struct kp_snap *snap)
{
	const uint64_t *counts = kp_model_attr_counts(state);
	struct kp_snap_attr *out;
	size_t i, nr = 0;

	for (i = 0; i < KP_ATTRS_MAX; i++)
		nr += !!counts[i];
	out = kp_snap_array(nr, sizeof(*out));
	if (!out)
		return -ENOMEM;
	snap->attrs = out;
	snap->nr_attrs = nr;
	for (i = 0; i < KP_ATTRS_MAX; i++)
		if (counts[i])
			*out++ = (struct kp_snap_attr){ (uint16_t)i, counts[i] };
	return 0;
}

static void attrs_snap_free(struct kp_snap *snap)
{
	free(snap->attrs);
}

static void attrs_free(void *state)
{
	(void)state; /* the model is not ours to free */
}

const struct kp_analysis kp_analysis_attrs = {
	.name = "attrs",
	.new = attrs_new,
	.snap = attrs_snap,
	.snap_free = attrs_snap_free,
	.free = attrs_free,
};
