/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timespan.h - --time: the part of a recording to look at. Private to src/cmd.
 */
#ifndef KP_CMD_TIMESPAN_H
#define KP_CMD_TIMESPAN_H

#include "source.h"

/** struct kp_timespan - 0: no bound */
struct kp_timespan {
	uint64_t from_ns, to_ns;
};

/**
 * kp_timespan_parse - perf's syntax: "start,stop" in seconds of the recording's clock, either of
 * which may be left out; "10%-20%" of the recording; "10%/2", the second tenth of it
 * Return: 0; -EINVAL not that syntax; -ENODATA a share, and @meta has no first and last time.
 */
int kp_timespan_parse(const char *s, const struct kp_meta *meta, struct kp_timespan *out);

#endif
