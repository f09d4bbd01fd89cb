// SPDX-License-Identifier: GPL-2.0-only
/*
 * names.c - perf's own event names: generic hardware events, software events and the cache events
 * that are put together from three parts (perf-list(1)).
 */
#include <string.h>
#include <strings.h>

#include "collect/build.h"

struct name {
	const char *name;
	uint32_t type;
	uint64_t config;
};

#define HW(n, c)                                         \
	{                                                \
		n, PERF_TYPE_HARDWARE, PERF_COUNT_HW_##c \
	}
#define SW(n, c)                                         \
	{                                                \
		n, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_##c \
	}

static const struct name names[] = {
	HW("cpu-cycles", CPU_CYCLES),
	HW("cycles", CPU_CYCLES),
	HW("instructions", INSTRUCTIONS),
	HW("cache-references", CACHE_REFERENCES),
	HW("cache-misses", CACHE_MISSES),
	HW("branch-instructions", BRANCH_INSTRUCTIONS),
	HW("branches", BRANCH_INSTRUCTIONS),
	HW("branch-misses", BRANCH_MISSES),
	HW("bus-cycles", BUS_CYCLES),
	HW("stalled-cycles-frontend", STALLED_CYCLES_FRONTEND),
	HW("idle-cycles-frontend", STALLED_CYCLES_FRONTEND),
	HW("stalled-cycles-backend", STALLED_CYCLES_BACKEND),
	HW("idle-cycles-backend", STALLED_CYCLES_BACKEND),
	HW("ref-cycles", REF_CPU_CYCLES),
	SW("cpu-clock", CPU_CLOCK),
	SW("task-clock", TASK_CLOCK),
	SW("page-faults", PAGE_FAULTS),
	SW("faults", PAGE_FAULTS),
	SW("context-switches", CONTEXT_SWITCHES),
	SW("cs", CONTEXT_SWITCHES),
	SW("cpu-migrations", CPU_MIGRATIONS),
	SW("migrations", CPU_MIGRATIONS),
	SW("minor-faults", PAGE_FAULTS_MIN),
	SW("major-faults", PAGE_FAULTS_MAJ),
	SW("alignment-faults", ALIGNMENT_FAULTS),
	SW("emulation-faults", EMULATION_FAULTS),
	SW("dummy", DUMMY),
	SW("bpf-output", BPF_OUTPUT),
	SW("cgroup-switches", CGROUP_SWITCHES),
};

/* Parts of a cache event; longer names stand before those that they begin with. */
static const struct name caches[] = {
	{"L1-dcache",	       0, PERF_COUNT_HW_CACHE_L1D },
	{ "L1-icache",       0, PERF_COUNT_HW_CACHE_L1I },
	{ "L1-data",	     0, PERF_COUNT_HW_CACHE_L1D },
	{ "L1-instruction",  0, PERF_COUNT_HW_CACHE_L1I },
	{ "L1-d",		  0, PERF_COUNT_HW_CACHE_L1D },
	{ "L1-i",		  0, PERF_COUNT_HW_CACHE_L1I },
	{ "L1d",		 0, PERF_COUNT_HW_CACHE_L1D },
	{ "L1i",		 0, PERF_COUNT_HW_CACHE_L1I },
	{ "LLC",		 0, PERF_COUNT_HW_CACHE_LL  },
	{ "L2",		0, PERF_COUNT_HW_CACHE_LL  },
	{ "dTLB",		  0, PERF_COUNT_HW_CACHE_DTLB},
	{ "d-TLB",	   0, PERF_COUNT_HW_CACHE_DTLB},
	{ "Data-TLB",	      0, PERF_COUNT_HW_CACHE_DTLB},
	{ "iTLB",		  0, PERF_COUNT_HW_CACHE_ITLB},
	{ "i-TLB",	   0, PERF_COUNT_HW_CACHE_ITLB},
	{ "Instruction-TLB", 0, PERF_COUNT_HW_CACHE_ITLB},
	{ "branch",	    0, PERF_COUNT_HW_CACHE_BPU },
	{ "branches",	      0, PERF_COUNT_HW_CACHE_BPU },
	{ "bpu",		 0, PERF_COUNT_HW_CACHE_BPU },
	{ "btb",		 0, PERF_COUNT_HW_CACHE_BPU },
	{ "bpc",		 0, PERF_COUNT_HW_CACHE_BPU },
	{ "node",		  0, PERF_COUNT_HW_CACHE_NODE},
};

#define OP_SHIFT     8
#define RESULT_SHIFT 16
#define IS_OP	     1
#define IS_RESULT    2

static const struct name parts[] = {
	{"speculative-read",  IS_OP,     PERF_COUNT_HW_CACHE_OP_PREFETCH  },
	{ "speculative-load", IS_OP,     PERF_COUNT_HW_CACHE_OP_PREFETCH  },
	{ "prefetches",	IS_OP,     PERF_COUNT_HW_CACHE_OP_PREFETCH  },
	{ "prefetch",	      IS_OP,     PERF_COUNT_HW_CACHE_OP_PREFETCH  },
	{ "loads",		   IS_OP,	  PERF_COUNT_HW_CACHE_OP_READ      },
	{ "load",		  IS_OP,	 PERF_COUNT_HW_CACHE_OP_READ	     },
	{ "read",		  IS_OP,	 PERF_COUNT_HW_CACHE_OP_READ	     },
	{ "stores",	    IS_OP,	   PERF_COUNT_HW_CACHE_OP_WRITE	},
	{ "store",		   IS_OP,	  PERF_COUNT_HW_CACHE_OP_WRITE     },
	{ "write",		   IS_OP,	  PERF_COUNT_HW_CACHE_OP_WRITE     },
	{ "references",	IS_RESULT, PERF_COUNT_HW_CACHE_RESULT_ACCESS},
	{ "reference",	       IS_RESULT, PERF_COUNT_HW_CACHE_RESULT_ACCESS},
	{ "refs",		  IS_RESULT, PERF_COUNT_HW_CACHE_RESULT_ACCESS},
	{ "access",	    IS_RESULT, PERF_COUNT_HW_CACHE_RESULT_ACCESS},
	{ "ops",		 IS_RESULT, PERF_COUNT_HW_CACHE_RESULT_ACCESS},
	{ "misses",	    IS_RESULT, PERF_COUNT_HW_CACHE_RESULT_MISS  },
	{ "miss",		  IS_RESULT, PERF_COUNT_HW_CACHE_RESULT_MISS  },
};

/* The row whose name is followed by '-' or the end; *rest is moved behind it. */
static const struct name *match(const struct name *table, size_t nr, const char **rest)
{
	size_t i, len;

	for (i = 0; i < nr; i++) {
		len = strlen(table[i].name);
		if (strncasecmp(*rest, table[i].name, len) || ((*rest)[len] && (*rest)[len] != '-'))
			continue;
		*rest += len + ((*rest)[len] == '-');
		return &table[i];
	}
	return NULL;
}

/* At most one operation and one result, in any order; read and access when left out. */
static bool find_cache(const char *name, uint64_t *config)
{
	const struct name *cache, *part;
	uint64_t op = PERF_COUNT_HW_CACHE_OP_READ, result = PERF_COUNT_HW_CACHE_RESULT_ACCESS;
	uint32_t seen = 0;

	cache = match(caches, KP_ARRAY_SIZE(caches), &name);
	if (!cache)
		return false;
	while (*name) {
		part = match(parts, KP_ARRAY_SIZE(parts), &name);
		if (!part || seen & part->type)
			return false;
		seen |= part->type;
		if (part->type == IS_OP)
			op = part->config;
		else
			result = part->config;
	}
	*config = cache->config | op << OP_SHIFT | result << RESULT_SHIFT;
	return true;
}

bool kp_name_find(const char *name, uint32_t *type, uint64_t *config)
{
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(names); i++) {
		if (strcmp(names[i].name, name))
			continue;
		*type = names[i].type;
		*config = names[i].config;
		return true;
	}
	*type = PERF_TYPE_HW_CACHE;
	return find_cache(name, config);
}
