/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * format.h - the perf.data format in numbers: file header, HEADER_* features, the records that perf
 * adds to the kernel's. From tools/perf/Documentation/perf.data-file-format.txt,
 * tools/perf/util/header.h and tools/lib/perf/include/perf/event.h.
 */
#ifndef KP_DATA_FORMAT_H
#define KP_DATA_FORMAT_H

#include <linux/perf_event.h>

#include "kp.h"

/* "PERFILE2" and "PERFFILE" as a little-endian u64 */
#define KP_MAGIC2 0x32454c4946524550ull
#define KP_MAGIC1 0x454c494646524550ull

struct kp_section {
	uint64_t offset;
	uint64_t size;
};

/**
 * struct kp_file_header - @size is that of this struct, or less the features (perf before 2.6.35)
 */
struct kp_file_header {
	uint64_t magic;
	uint64_t size;
	uint64_t attr_size;
	struct kp_section attrs;
	struct kp_section data;
	struct kp_section event_types;
	uint64_t features[4];
};

/** struct kp_pipe_header - all there is before the records of pipe mode */
struct kp_pipe_header {
	uint64_t magic;
	uint64_t size;
};

#define KP_FILE_HEADER_OLD_SIZE offsetof(struct kp_file_header, features)

_Static_assert(sizeof(struct kp_file_header) == 104, "perf.data file header");
_Static_assert(sizeof(struct kp_pipe_header) == 16, "perf.data pipe header");

/** enum kp_feat - HEADER_* feature bits; those not named here are not looked into */
enum kp_feat {
	KP_FEAT_TRACING_DATA = 1,
	KP_FEAT_BUILD_ID = 2,
	KP_FEAT_HOSTNAME = 3,
	KP_FEAT_OSRELEASE = 4,
	KP_FEAT_VERSION = 5,
	KP_FEAT_ARCH = 6,
	KP_FEAT_NRCPUS = 7,
	KP_FEAT_CPUDESC = 8,
	KP_FEAT_CPUID = 9,
	KP_FEAT_TOTAL_MEM = 10,
	KP_FEAT_CMDLINE = 11,
	KP_FEAT_EVENT_DESC = 12,
	KP_FEAT_CPU_TOPOLOGY = 13,
	KP_FEAT_PMU_MAPPINGS = 16,
	KP_FEAT_SAMPLE_TIME = 21,
	KP_FEAT_CLOCKID = 23,
	KP_FEAT_DIR_FORMAT = 24,
	KP_FEAT_COMPRESSED = 27,
	KP_FEAT_HYBRID_TOPOLOGY = 30, /* the last one that is written */
	KP_FEAT_NR = 256,
};

/** enum kp_user_record - record types that perf writes, above the kernel's */
enum kp_user_record {
	KP_RECORD_USER_FIRST = 64,
	KP_RECORD_HEADER_ATTR = 64,
	KP_RECORD_HEADER_EVENT_TYPE = 65,
	KP_RECORD_HEADER_TRACING_DATA = 66,
	KP_RECORD_HEADER_BUILD_ID = 67,
	KP_RECORD_FINISHED_ROUND = 68,
	KP_RECORD_AUXTRACE = 71,
	KP_RECORD_EVENT_UPDATE = 78,
	KP_RECORD_HEADER_FEATURE = 80,
	KP_RECORD_COMPRESSED = 81,
	KP_RECORD_FINISHED_INIT = 82,
	KP_RECORD_COMPRESSED2 = 83,
};

/** enum kp_event_update - what a PERF_RECORD_EVENT_UPDATE carries */
enum kp_event_update {
	KP_EVENT_UPDATE_UNIT = 0,
	KP_EVENT_UPDATE_SCALE = 1,
	KP_EVENT_UPDATE_NAME = 2,
	KP_EVENT_UPDATE_CPUS = 3,
};

/* The attr's first published size (PERF_ATTR_SIZE_VER0), and more than any will grow to. */
#define KP_ATTR_SIZE_MIN 64
#define KP_ATTR_SIZE_MAX 4096

/* What a recording may ask us to keep in memory; all far above what perf writes. */
#define KP_ATTRS_MAX	    65536u
#define KP_IDS_MAX	    (1u << 20)
#define KP_TRACING_SIZE_MAX (24u << 20)
#define KP_FEAT_SIZE_MAX    (8u << 20)

#endif
