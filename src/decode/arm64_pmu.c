// SPDX-License-Identifier: GPL-2.0-only
/*
 * arm64_pmu.c - the PMU's system registers on arm64, and the rule of the event filters. Only tables
 * and that rule. Arm ARM, D24.5 "Performance Monitors registers"; linux:
 * include/linux/perf/arm_pmuv3.h, arch/arm64/tools/sysreg.
 */
#include "regtab.h"
#include "arm64_pmu.h"
#include "event.h"

static const struct kp_bits pmcr_bits[] = {
	KP_Q1(32, "FZS", "SPE stops the counters while its buffer event is pending"),
	KP_F(31, 24, "IMP", "implementer"),
	KP_F(23, 16, "IDCODE", "identification"),
	KP_F(15, 11, "N", "event counters"),
	KP_Q1(9, "FZO", "counters freeze on overflow"),
	KP_B1(7, "LP", "event counters overflow at 64 bits", "event counters overflow at 32 bits"),
	KP_B1(6, "LC", "the cycle counter overflows at 64 bits",
	      "the cycle counter overflows at 32 bits"),
	KP_B1(5, "DP", "the cycle counter stops where counting is prohibited", NULL),
	KP_Q1(4, "X", "events are exported"),
	KP_Q1(3, "D", "the cycle counter counts every 64th cycle"),
	KP_Q1(2, "C", "resets the cycle counter"),
	KP_Q1(1, "P", "resets the event counters"),
	KP_B1(0, "E", "enabled", "all counters are disabled"),
	KP_END,
};

static const struct kp_word thresholds[] = {
	{ 0, "counts when not equal to TH" },
	{ 1, "counts when not equal to TH, by one" },
	{ 2, "counts when equal to TH" },
	{ 3, "counts when equal to TH, by one" },
	{ 4, "counts when at least TH" },
	{ 5, "counts when at least TH, by one" },
	{ 6, "counts when less than TH" },
	{ 7, "counts when less than TH, by one" },
	{ 0, NULL },
};

static const struct kp_word vector_modes[] = {
	{ 0, "any mode" },
	{ 1, "not in streaming mode" },
	{ 2, "in streaming mode" },
	{ 3, "reserved" },
	{ 0, NULL },
};

/* PMEVTYPER<n>_EL0 and PMCCFILTR_EL0: the same filters, without an event */
#define FILTERS                                                                             \
	KP_B1(31, "P", "EL1 is left out", NULL), KP_B1(30, "U", "EL0 is left out", NULL),    \
		KP_B1(29, "NSK", "non-secure EL1 the other way round than P", NULL),        \
		KP_B1(28, "NSU", "non-secure EL0 the other way round than U", NULL),        \
		KP_B1(27, "NSH", "EL2 is counted", "EL2 is left out"),                      \
		KP_B1(26, "M", "EL3 the other way round than P", NULL),                     \
		KP_Q1(24, "SH", "secure EL2 the other way round than NSH"),                 \
		KP_Q1(23, "T", "transactions are left out"),                                \
		KP_Q1(22, "RLK", "realm EL1 the other way round than P"),                   \
		KP_Q1(21, "RLU", "realm EL0 the other way round than U"),                   \
		KP_Q1(20, "RLH", "realm EL2 the other way round than NSH")

static const struct kp_bits evtyper_bits[] = {
	{ .hi = 63, .lo = 61, .flags = KP_BITS_QUIET, .name = "TC", .words = thresholds },
	KP_Q1(60, "TE", "counts when the threshold condition changes"),
	KP_Q1(58, "SYNC", "synchronous exception on overflow"),
	{ .hi = 57, .lo = 56, .flags = KP_BITS_QUIET, .name = "VS", .words = vector_modes },
	KP_FQ(55, 54, "TLC", "threshold link: depends on the counter above"),
	KP_FQ(43, 32, "TH", "threshold"),
	FILTERS,
	KP_Q1(25, "MT", "counts all threads of the core"),
	KP_F(15, 0, "evtCount", NULL),
	KP_END,
};

static const struct kp_bits ccfiltr_bits[] = {
	{ .hi = 57, .lo = 56, .flags = KP_BITS_QUIET, .name = "VS", .words = vector_modes },
	FILTERS,
	KP_END,
};

static const struct kp_bits icfiltr_bits[] = {
	KP_Q1(58, "SYNC", "synchronous exception on overflow"),
	{ .hi = 57, .lo = 56, .flags = KP_BITS_QUIET, .name = "VS", .words = vector_modes },
	FILTERS,
	KP_F(15, 0, "evtCount", NULL),
	KP_END,
};

#define COUNTERS(p, what)                                                      \
	KP_Q1(32, "F0", "instruction counter" what),                           \
		KP_Q1(31, "C", "cycle counter" what),                          \
		KP_ROWS_31(KP_Q1, 0, p, "event counter" what)

static const struct kp_bits enable_bits[] = { COUNTERS("P", " enabled"), KP_END };
static const struct kp_bits enable_clear_bits[] = { COUNTERS("P", " disabled by a write"), KP_END };
static const struct kp_bits overflow_bits[] = { COUNTERS("P", " overflowed"), KP_END };
static const struct kp_bits inten_bits[] = { COUNTERS("P", ": interrupt on overflow"), KP_END };
static const struct kp_bits access_bits[] = { COUNTERS("P", ": EL0 may use it"), KP_END };
static const struct kp_bits zero_bits[] = { COUNTERS("P", " set to zero"), KP_END };
static const struct kp_bits swinc_bits[] = {
	KP_ROWS_31(KP_Q1, 0, "P", "incremented if it counts SW_INCR"),
	KP_END,
};

static const struct kp_bits selr_bits[] = {
	KP_F(4, 0, "SEL", "counter that PMXEVTYPER and PMXEVCNTR mean (31: cycles)"),
	KP_END,
};

static const struct kp_bits userenr_bits[] = {
	KP_Q1(6, "TID", "EL0 cannot read the identification"),
	KP_Q1(5, "IR", "EL0 may read the instruction counter"),
	KP_Q1(4, "UEN", "PMUACR_EL1 says which counters EL0 may use"),
	KP_B1(3, "ER", "EL0 may read event counters", NULL),
	KP_B1(2, "CR", "EL0 may read the cycle counter", NULL),
	KP_B1(1, "SW", "EL0 may write PMSWINC_EL0", NULL),
	KP_B1(0, "EN", "EL0 may use the PMU", "EL0's accesses trap unless a bit above allows"),
	KP_END,
};

static const struct kp_bits mmir_bits[] = {
	KP_FQ(39, 36, "SMEPERF", "per-thread SME counting"),
	KP_FQ(31, 28, "SME", "streaming mode filters"),
	KP_FQ(27, 24, "EDGE", "threshold edges and links"),
	KP_F(23, 20, "THWIDTH", "bits of a threshold"),
	KP_F(19, 16, "BUS_WIDTH", "log2 of the bytes of a bus access, and one"),
	KP_F(15, 8, "BUS_SLOTS", "bus accesses a cycle"),
	KP_F(7, 0, "SLOTS", "operation slots a cycle"),
	KP_END,
};

static const struct kp_bits sscr_bits[] = {
	KP_Q1(32, "NC", "no capture"),
	KP_B1(0, "SS", "captures a snapshot", NULL),
	KP_END,
};

static const struct kp_word pmee_words[] = {
	{ 0, "interrupts" },
	{ 2, "interrupts, profiling exceptions are off" },
	{ 3, "profiling exceptions" },
	{ 0, NULL },
};

static const struct kp_bits ecr_bits[] = {
	KP_FQ(4, 3, "SSE", "snapshot events"),
	KP_Q1(2, "KPME", "profiling exceptions at EL1"),
	KP_FW(1, 0, "PMEE", pmee_words),
	KP_END,
};

/* PMCEID: bit n of the low half stands for event n, of the high half for 0x4000 + n. */
#define EVENT(b, n) KP_Q1(b, n, "implemented")

static const struct kp_bits ceid0_bits[] = {
	EVENT(0, "SW_INCR"), EVENT(1, "L1I_CACHE_REFILL"), EVENT(2, "L1I_TLB_REFILL"),
	EVENT(3, "L1D_CACHE_REFILL"), EVENT(4, "L1D_CACHE"), EVENT(5, "L1D_TLB_REFILL"),
	EVENT(6, "LD_RETIRED"), EVENT(7, "ST_RETIRED"), EVENT(8, "INST_RETIRED"),
	EVENT(9, "EXC_TAKEN"), EVENT(10, "EXC_RETURN"), EVENT(11, "CID_WRITE_RETIRED"),
	EVENT(12, "PC_WRITE_RETIRED"), EVENT(13, "BR_IMMED_RETIRED"),
	EVENT(14, "BR_RETURN_RETIRED"),
	EVENT(15, "UNALIGNED_LDST_RETIRED"), EVENT(16, "BR_MIS_PRED"), EVENT(17, "CPU_CYCLES"),
	EVENT(18, "BR_PRED"), EVENT(19, "MEM_ACCESS"), EVENT(20, "L1I_CACHE"),
	EVENT(21, "L1D_CACHE_WB"), EVENT(22, "L2D_CACHE"), EVENT(23, "L2D_CACHE_REFILL"),
	EVENT(24, "L2D_CACHE_WB"), EVENT(25, "BUS_ACCESS"), EVENT(26, "MEMORY_ERROR"),
	EVENT(27, "INST_SPEC"), EVENT(28, "TTBR_WRITE_RETIRED"), EVENT(29, "BUS_CYCLES"),
	EVENT(30, "CHAIN"), EVENT(31, "L1D_CACHE_ALLOCATE"),
	EVENT(32, "SAMPLE_POP"), EVENT(33, "SAMPLE_FEED"), EVENT(34, "SAMPLE_FILTRATE"),
	EVENT(35, "SAMPLE_COLLISION"), EVENT(36, "CNT_CYCLES"), EVENT(37, "STALL_BACKEND_MEM"),
	EVENT(38, "L1I_CACHE_LMISS"), EVENT(41, "L2D_CACHE_LMISS_RD"), EVENT(42, "L2I_CACHE_LMISS"),
	EVENT(43, "L3D_CACHE_LMISS_RD"), EVENT(44, "TRB_WRAP"), EVENT(45, "PMU_OVFS"),
	EVENT(46, "TRB_TRIG"), EVENT(47, "PMU_HOVFS"), EVENT(48, "TRCEXTOUT0"),
	EVENT(49, "TRCEXTOUT1"), EVENT(50, "TRCEXTOUT2"), EVENT(51, "TRCEXTOUT3"),
	EVENT(56, "CTI_TRIGOUT4"), EVENT(57, "CTI_TRIGOUT5"), EVENT(58, "CTI_TRIGOUT6"),
	EVENT(59, "CTI_TRIGOUT7"),
	KP_END,
};

static const struct kp_bits ceid1_bits[] = {
	EVENT(0, "L2D_CACHE_ALLOCATE"), EVENT(1, "BR_RETIRED"), EVENT(2, "BR_MIS_PRED_RETIRED"),
	EVENT(3, "STALL_FRONTEND"), EVENT(4, "STALL_BACKEND"), EVENT(5, "L1D_TLB"),
	EVENT(6, "L1I_TLB"), EVENT(7, "L2I_CACHE"), EVENT(8, "L2I_CACHE_REFILL"),
	EVENT(9, "L3D_CACHE_ALLOCATE"), EVENT(10, "L3D_CACHE_REFILL"), EVENT(11, "L3D_CACHE"),
	EVENT(12, "L3D_CACHE_WB"), EVENT(13, "L2D_TLB_REFILL"), EVENT(14, "L2I_TLB_REFILL"),
	EVENT(15, "L2D_TLB"), EVENT(16, "L2I_TLB"), EVENT(17, "REMOTE_ACCESS"),
	EVENT(18, "LL_CACHE"), EVENT(19, "LL_CACHE_MISS"), EVENT(20, "DTLB_WALK"),
	EVENT(21, "ITLB_WALK"), EVENT(22, "LL_CACHE_RD"), EVENT(23, "LL_CACHE_MISS_RD"),
	EVENT(24, "REMOTE_ACCESS_RD"), EVENT(25, "L1D_CACHE_LMISS_RD"), EVENT(26, "OP_RETIRED"),
	EVENT(27, "OP_SPEC"), EVENT(28, "STALL"), EVENT(29, "STALL_SLOT_BACKEND"),
	EVENT(30, "STALL_SLOT_FRONTEND"), EVENT(31, "STALL_SLOT"), EVENT(32, "LDST_ALIGN_LAT"),
	EVENT(33, "LD_ALIGN_LAT"), EVENT(34, "ST_ALIGN_LAT"), EVENT(36, "MEM_ACCESS_CHECKED"),
	EVENT(37, "MEM_ACCESS_CHECKED_RD"), EVENT(38, "MEM_ACCESS_CHECKED_WR"),
	KP_END,
};

#define EL0(crn, crm, op2) KP_SYSREG(3, 3, crn, crm, op2)
#define EL1(crn, crm, op2) KP_SYSREG(3, 0, crn, crm, op2)
#define PMU(reg, role, n, h, f) KP_REG1(reg, role, n, n, h, f)
/* PMEVCNTR<n>, PMEVTYPER<n>: CRm counts groups of eight, Op2 is the rest. */
#define GROUP(op0, op1, crm0, base_, role_, n, h, f)                                     \
	{                                                                                   \
		.first = KP_SYSREG(op0, op1, 14, (crm0) + (base_) / 8, 0),                  \
		.stride = KP_SYSREG(0, 0, 0, 0, 1), .count = (base_) == 24 ? 7 : 8,         \
		.role = (role_), .base = (base_), .name = (n), .help = (h), .fields = (f)   \
	}
#define GROUPS(op0, op1, crm0, role_, n, h, f)                                               \
	GROUP(op0, op1, crm0, 0, role_, n, h, f),                                         \
		GROUP(op0, op1, crm0, 8, role_, n, h, f),                                 \
		GROUP(op0, op1, crm0, 16, role_, n, h, f),                                \
		GROUP(op0, op1, crm0, 24, role_, n, h, f)

const struct kp_reg kp_arm64_pmu_regs[] = {
	PMU(EL0(9, 12, 0), KP_REG_CONTROL, "PMCR_EL0", "control", pmcr_bits),
	PMU(EL0(9, 12, 1), KP_REG_ENABLE_SET, "PMCNTENSET_EL0", "ones enable counters",
	    enable_bits),
	PMU(EL0(9, 12, 2), KP_REG_ENABLE_CLEAR, "PMCNTENCLR_EL0", "ones disable counters",
	    enable_clear_bits),
	PMU(EL0(9, 12, 3), KP_REG_GLOBAL_CLEAR, "PMOVSCLR_EL0", "ones clear overflows",
	    overflow_bits),
	PMU(EL0(9, 12, 4), KP_REG_PMU, "PMSWINC_EL0", "software increment", swinc_bits),
	PMU(EL0(9, 12, 5), KP_REG_SELECT, "PMSELR_EL0", "selects a counter", selr_bits),
	PMU(EL0(9, 12, 6), KP_REG_PMU, "PMCEID0_EL0", "events that are implemented", ceid0_bits),
	PMU(EL0(9, 12, 7), KP_REG_PMU, "PMCEID1_EL0", "events that are implemented", ceid1_bits),
	PMU(EL0(9, 13, 0), KP_REG_FIXED_COUNTER, "PMCCNTR_EL0", "cycle counter", NULL),
	PMU(EL0(9, 13, 1), KP_REG_EVTSEL_SELECTED, "PMXEVTYPER_EL0",
	    "event and filter of the selected counter", evtyper_bits),
	PMU(EL0(9, 13, 2), KP_REG_COUNTER_SELECTED, "PMXEVCNTR_EL0", "the selected counter",
	    NULL),
	PMU(EL0(9, 13, 4), KP_REG_PMU, "PMZR_EL0", "ones set counters to zero", zero_bits),
	PMU(EL0(9, 14, 0), KP_REG_PMU, "PMUSERENR_EL0", "what EL0 may do", userenr_bits),
	PMU(EL0(9, 14, 3), KP_REG_GLOBAL_SET, "PMOVSSET_EL0", "overflows; ones set them",
	    overflow_bits),
	PMU(EL0(9, 4, 0), KP_REG_PMU, "PMICNTR_EL0", "instruction counter", NULL),
	PMU(EL0(9, 6, 0), KP_REG_PMU, "PMICFILTR_EL0", "filter of the instruction counter",
	    icfiltr_bits),
	PMU(EL0(14, 15, 7), KP_REG_FIXED_CTRL, "PMCCFILTR_EL0", "filter of the cycle counter",
	    ccfiltr_bits),
	PMU(EL1(9, 13, 3), KP_REG_PMU, "PMSSCR_EL1", "snapshot", sscr_bits),
	PMU(EL1(9, 14, 1), KP_REG_PMU, "PMINTENSET_EL1", "ones enable overflow interrupts",
	    inten_bits),
	PMU(EL1(9, 14, 2), KP_REG_PMU, "PMINTENCLR_EL1", "ones disable overflow interrupts",
	    inten_bits),
	PMU(EL1(9, 14, 4), KP_REG_PMU, "PMUACR_EL1", "counters that EL0 may use", access_bits),
	PMU(EL1(9, 14, 5), KP_REG_PMU, "PMECR_EL1", "profiling exceptions", ecr_bits),
	PMU(EL1(9, 14, 6), KP_REG_PMU, "PMMIR_EL1", "what the machine has", mmir_bits),
	PMU(EL1(9, 14, 7), KP_REG_PMU, "PMIAR_EL1", "instruction address of the exception", NULL),
	GROUPS(3, 3, 8, KP_REG_COUNTER, "PMEVCNTR%u_EL0", "event counter", NULL),
	GROUPS(3, 3, 12, KP_REG_EVTSEL, "PMEVTYPER%u_EL0", "event and filter of a counter",
	       evtyper_bits),
	GROUPS(2, 0, 8, KP_REG_PMU, "PMEVCNTSVR%u_EL1", "snapshot of an event counter", NULL),
	PMU(KP_SYSREG(2, 0, 14, 11, 7), KP_REG_PMU, "PMCCNTSVR_EL1",
	    "snapshot of the cycle counter", NULL),
	PMU(KP_SYSREG(2, 0, 14, 12, 0), KP_REG_PMU, "PMICNTSVR_EL1",
	    "snapshot of the instruction counter", NULL),
	KP_END,
};

/* Arm ARM, D24.5 "PMEVTYPER<n>_EL0": what the composed bits leave of a level and a world. */
bool kp_arm64_counts_in(uint64_t typer, unsigned int el, enum kp_arm64_world world)
{
	static const struct {
		int8_t base, other[3]; /* its bit, and those that invert it, by world */
		bool counts_when_set;
	} rows[4] = {
		{ 30, { 28, -1, 21 }, false }, /* EL0: U, NSU, -, RLU */
		{ 31, { 29, -1, 22 }, false }, /* EL1: P, NSK, -, RLK */
		{ 27, { -1, 24, 20 }, true }, /* EL2: NSH, -, SH, RLH */
		{ 31, { 26, 26, 26 }, false }, /* EL3: P, M */
	};
	int8_t other = rows[el & 3].other[world];
	bool bit = typer >> rows[el & 3].base & 1;

	if (other >= 0)
		bit ^= typer >> other & 1;
	return bit == rows[el & 3].counts_when_set;
}
