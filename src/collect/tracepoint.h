/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracepoint.h - this host's tracepoints, from tracefs. Private to src/collect.
 */
#ifndef KP_COLLECT_TRACEPOINT_H
#define KP_COLLECT_TRACEPOINT_H

#include "plan.h"

/**
 * kp_tracing_data - HEADER_TRACING_DATA for a plan's tracepoints, in the layout that
 * tools/perf/util/trace-event-info.c writes; *out to be freed. 0, -errno; *out NULL when the plan
 * has no tracepoint
 */
int kp_tracing_data(const struct kp_plan *plan, void **out, size_t *size);

#endif
