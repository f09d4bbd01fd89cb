// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86_event.c - own tables of x86 events: the architectural ones of Intel, those that all AMD
 * processors share, and cores that libpfm4 may not know (hybrid ones above all). Only tables.
 */
#include <string.h>

#include "event_table.h"

/* SDM 20.2.1.2 "Pre-Defined Architectural Performance Events"; fixed counters as perf has them */
static const struct kp_x86_event intel_events[] = {
	{ 0x003c, 0, "UNHALTED_CORE_CYCLES", "core cycles while not halted" },
	{ 0x0073, 0, "TOPDOWN_BAD_SPECULATION", "slots lost to wrong speculation (version 6)" },
	{ 0x00c0, 0, "INSTRUCTION_RETIRED", "instructions retired" },
	{ 0x00c4, 0, "BRANCH_INSTRUCTION_RETIRED", "branches retired" },
	{ 0x00c5, 0, "MISPREDICTED_BRANCH_RETIRED", "mispredicted branches retired" },
	{ 0x013c, 0, "UNHALTED_REFERENCE_CYCLES", "reference cycles while not halted" },
	{ 0x019c, 0, "TOPDOWN_FRONTEND_BOUND", "slots lost to the front end (version 6)" },
	{ 0x01a4, 0, "TOPDOWN_SLOTS", "slots of the pipeline" },
	{ 0x01e4, 0, "LBR_INSERTS", "branch records written (version 6)" },
	{ 0x02a4, 0, "TOPDOWN_BACKEND_BOUND", "slots lost to the back end (version 6)" },
	{ 0x02c2, 0, "TOPDOWN_RETIRING", "slots that retired (version 6)" },
	{ 0x0300, 0, "CPU_CLK_UNHALTED.REF_TSC", "fixed counter 2: reference cycles" },
	{ 0x0400, 0, "TOPDOWN.SLOTS", "fixed counter 3: slots of the pipeline" },
	{ 0x412e, 0, "LLC_MISSES", "last level cache misses" },
	{ 0x4f2e, 0, "LLC_REFERENCES", "last level cache references" },
	{ 0x8000, 0, "TOPDOWN.RETIRING", "PERF_METRICS: slots that retired" },
	{ 0x8100, 0, "TOPDOWN.BAD_SPEC", "PERF_METRICS: slots lost to wrong speculation" },
	{ 0x8200, 0, "TOPDOWN.FE_BOUND", "PERF_METRICS: slots lost to the front end" },
	{ 0x8300, 0, "TOPDOWN.BE_BOUND", "PERF_METRICS: slots lost to the back end" },
	{ 0x8400, 0, "TOPDOWN.HEAVY_OPS", "PERF_METRICS: slots of several micro-ops" },
	{ 0x8500, 0, "TOPDOWN.BR_MISPREDICT", "PERF_METRICS: slots lost to mispredicted branches" },
	{ 0x8600, 0, "TOPDOWN.FETCH_LAT", "PERF_METRICS: slots lost to fetch latency" },
	{ 0x8700, 0, "TOPDOWN.MEM_BOUND", "PERF_METRICS: slots lost to memory" },
};

/* The same in every PPR and BKDG from family 10h on */
static const struct kp_x86_event amd_events[] = {
	{ 0x0076, 0, "CYCLES_NOT_IN_HALT", "core cycles while not halted" },
	{ 0x00c0, 0, "RETIRED_INSTRUCTIONS", "instructions retired" },
	{ 0x00c1, 0, "RETIRED_UOPS", "macro-operations retired" },
	{ 0x00c2, 0, "RETIRED_BRANCH_INSTRUCTIONS", "branches retired" },
	{ 0x00c3, 0, "RETIRED_BRANCH_INSTRUCTIONS_MISPREDICTED", "mispredicted branches retired" },
	{ 0x00c4, 0, "RETIRED_TAKEN_BRANCH_INSTRUCTIONS", "taken branches retired" },
	{ 0x00c5, 0, "RETIRED_TAKEN_BRANCH_INSTRUCTIONS_MISPREDICTED",
	  "mispredicted taken branches retired" },
	{ 0x00cf, 0, "INTERRUPTS_TAKEN", "interrupts taken (families before 17h)" },
};

/* PPR of families 17h and 19h, "L3 Cache Performance Events" */
static const struct kp_x86_event amd_l3_events[] = {
	{ 0x0104, 0, "L3_LOOKUP_STATE.L3_MISS", "L3 misses" },
	{ 0xfe04, 0, "L3_LOOKUP_STATE.L3_HIT", "L3 hits" },
	{ 0xff04, 0, "L3_LOOKUP_STATE.ALL", "all accesses to the L3" },
};

/* clang-format off */
#define CORE_BEGIN(core) static const struct kp_x86_event core##_events[] = {
#define E(sel_, extra_, name_) { sel_, extra_, name_, NULL },
#define CORE_END };
#include "x86_event.def"
/* clang-format on */

#define TABLE(name_, core) { name_, core##_events, KP_ARRAY_SIZE(core##_events) }

const struct kp_x86_table kp_x86_tables[] = {
	TABLE("intel", intel),
	TABLE("amd", amd),
	TABLE("amd-l3", amd_l3),
	TABLE("golden-cove", golden_cove),
	TABLE("gracemont", gracemont),
	TABLE("redwood-cove", redwood_cove),
	TABLE("crestmont", crestmont),
	TABLE("lion-cove", lion_cove),
	TABLE("skymont", skymont),
	TABLE("crestmont-lp", crestmont_lp),
	TABLE("cougar-cove", cougar_cove),
	TABLE("darkmont", darkmont),
	TABLE("zen5", zen5),
	{ 0 },
};

const struct kp_x86_table *kp_x86_table_find(const char *name)
{
	const struct kp_x86_table *t;

	for (t = kp_x86_tables; name && t->name; t++)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}
