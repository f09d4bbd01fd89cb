/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evlist_libperf.h - libperf's headers and the kernel tools' ones that they want, for evlist.c
 * alone. They must be found before the C library's <linux/types.h>, which makes them ordinary
 * headers to the compiler: the pragma makes them a system's again, with their warnings theirs.
 */
#ifndef KP_COLLECT_EVLIST_LIBPERF_H
#define KP_COLLECT_EVLIST_LIBPERF_H

#pragma GCC system_header

#include <linux/perf_event.h>
#include <internal/evlist.h>
#include <internal/evsel.h>
#include <internal/mmap.h>
#include <internal/xyarray.h>
#include <perf/core.h>
#include <perf/cpumap.h>
#include <perf/evlist.h>
#include <perf/evsel.h>
#include <perf/threadmap.h>

#endif
