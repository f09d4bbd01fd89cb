// SPDX-License-Identifier: GPL-2.0-only
/*
 * switch_snap.c - PMU context switches into a snapshot, and what could not be seen of them. Touches
 * only memory.
 */
#include <string.h>

#include "switch.h"

static uint32_t missing(const struct kp_sw *s)
{
	if (!s->kinds)
		return s->wins.windows ? KP_SWITCH_NO_REGS : KP_SWITCH_NO_ACCESSES;
	return (s->kinds & KP_BIT64(KP_EV_HOST_RDMSR) ? 0 : KP_SWITCH_NO_READS) |
	       (s->kinds & KP_BIT64(KP_EV_HOST_RDPMC) ? 0 : KP_SWITCH_NO_RDPMC) |
	       (s->nr_lvtpc ? 0 : KP_SWITCH_NO_LVTPC);
}

int kp_sw_snap(void *state, struct kp_snap *snap)
{
	const struct kp_sw *s = state;

	snap->switches.entries_without = s->entries_without + s->wins.entries_without;
	kp_sw_wins_snap(&s->wins, snap);
	snap->switches.broken = s->broken;
	snap->switches.missing = missing(s);
	snap->switches.probed = s->wins.windows && !s->kinds;
	snap->switches.lvtpc = kp_snap_array(s->nr_lvtpc, sizeof(s->lvtpc[0]));
	if (!snap->switches.lvtpc)
		return -ENOMEM;
	memcpy(snap->switches.lvtpc, s->lvtpc, s->nr_lvtpc * sizeof(s->lvtpc[0]));
	snap->switches.nr_lvtpc = s->nr_lvtpc;
	return s->seen || s->wins.windows ? kp_sw_sums_snap(&s->sums, snap) : 0;
}

void kp_sw_snap_free(struct kp_snap *snap)
{
	free(snap->switches.vcpus);
	free(snap->switches.cpus);
	free(snap->switches.buckets);
	free(snap->switches.regs);
	free(snap->switches.reasons);
	free(snap->switches.lvtpc);
}
