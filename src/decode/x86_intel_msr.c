// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86_intel_msr.c - Intel's performance monitoring MSRs: architectural perfmon version 1 to 6,
 * PEBS, DS, off-core response, capabilities. Only tables. Intel SDM volume 3B, chapter "Performance
 * Monitoring", and volume 4; linux: arch/x86/include/asm/{msr-index,perf_event}.h.
 */
#include "regtab.h"

/* SDM 20.2.1.1 (version 1), 20.2.3 (AnyThread), 20.2.7 and 20.2.8 (versions 5 and 6) */
static const struct kp_bits evtsel_bits[] = {
	KP_FV(6, 47, 40, "UMASK2", "second unit mask"),
	KP_V1(6, 37, "RDPMC_USR_DISABLE", "RDPMC of this counter is refused outside ring 0"),
	KP_V1(6, 36, "EQ", "counts cycles with exactly CMASK events"),
	KP_V1(6, 35, "EN_LBR_LOG", "occurrences are logged in LBR_INFO"),
	KP_V1(4, 34, "ADAPTIVE", "PEBS records in the adaptive format"),
	KP_Q1(33, "IN_TXCP", "does not count what an aborted transaction did"),
	KP_Q1(32, "IN_TX", "counts inside transactions only"),
	KP_FQ(31, 24, "CMASK", "counts cycles with at least so many events (fewer with INV)"),
	KP_Q1(23, "INV", "CMASK is inverted: counts cycles with fewer events"),
	KP_B1(22, "EN", "enabled", "disabled"),
	KP_V1(3, 21, "ANY", "counts both threads of the core"),
	KP_B1(20, "INT", "overflow raises a PMI", "overflow raises no interrupt"),
	KP_Q1(19, "PC", "toggles the PMi pin (no effect since Sandy Bridge)"),
	KP_Q1(18, "E", "counts rising edges, not cycles"),
	KP_B1(17, "OS", "counts in ring 0", "not in ring 0"),
	KP_B1(16, "USR", "counts in rings 1 to 3", "not in rings 1 to 3"),
	KP_F(15, 8, "UMASK", NULL),
	KP_F(7, 0, "EVENT_SELECT", NULL),
	KP_END,
};

static const struct kp_word fixed_enable[] = {
	{ 0, "disabled" },
	{ 1, "counts in ring 0" },
	{ 2, "counts in rings 1 to 3" },
	{ 3, "counts in all rings" },
	{ 0, NULL },
};

/* Quiet while the whole counter is off: a zero nibble says nothing. */
#define FIXED(n, what)                                                                      \
	{ .hi = 4 * (n) + 1,                                                                \
	  .lo = 4 * (n),                                                                    \
	  .flags = KP_BITS_QUIET,                                                           \
	  .name = "IA32_FIXED_CTR" #n "_EN",                                                \
	  .words = fixed_enable },                                                          \
		KP_V1(3, 4 * (n) + 2, "IA32_FIXED_CTR" #n "_ANY", what),                    \
		KP_Q1(4 * (n) + 3, "IA32_FIXED_CTR" #n "_PMI", "overflow raises a PMI"),    \
		KP_V1(4, 32 + 4 * (n), "IA32_FIXED_CTR" #n "_ADAPTIVE",                     \
		      "PEBS records in the adaptive format"),                               \
		KP_V1(6, 33 + 4 * (n), "IA32_FIXED_CTR" #n "_RDPMC_USR_DISABLE",            \
		      "RDPMC of this counter is refused outside ring 0")
#define ANY "counts both threads of the core"

static const struct kp_bits fixed_ctrl_bits[] = {
	FIXED(0, ANY), FIXED(1, ANY), FIXED(2, ANY), FIXED(3, "reading clears PERF_METRICS"),
	FIXED(4, ANY), FIXED(5, ANY), FIXED(6, ANY), FIXED(7, ANY),
	KP_END,
};

#define FIXED_ROWS(p, verb)                                                                  \
	KP_Q1(32, p "FIXED_CTR0", verb "INST_RETIRED.ANY"),                                  \
		KP_Q1(33, p "FIXED_CTR1", verb "CPU_CLK_UNHALTED.THREAD"),                   \
		KP_Q1(34, p "FIXED_CTR2", verb "CPU_CLK_UNHALTED.REF_TSC"),                  \
		KP_Q1(35, p "FIXED_CTR3", verb "TOPDOWN.SLOTS"),                             \
		KP_Q1(36, p "FIXED_CTR4", verb "TOPDOWN_BAD_SPECULATION.ALL (E-cores)"),     \
		KP_Q1(37, p "FIXED_CTR5", verb "TOPDOWN_FE_BOUND.ALL (E-cores)"),            \
		KP_Q1(38, p "FIXED_CTR6", verb "TOPDOWN_RETIRING.ALL (E-cores)"),            \
		KP_Q1(39, p "FIXED_CTR7", verb "fixed counter 7"),                           \
		KP_Q1(40, p "FIXED_CTR8", verb "fixed counter 8"),                           \
		KP_Q1(41, p "FIXED_CTR9", verb "fixed counter 9"),                           \
		KP_Q1(42, p "FIXED_CTR10", verb "fixed counter 10"),                         \
		KP_Q1(43, p "FIXED_CTR11", verb "fixed counter 11"),                         \
		KP_Q1(44, p "FIXED_CTR12", verb "fixed counter 12"),                         \
		KP_Q1(45, p "FIXED_CTR13", verb "fixed counter 13"),                         \
		KP_Q1(46, p "FIXED_CTR14", verb "fixed counter 14"),                         \
		KP_Q1(47, p "FIXED_CTR15", verb "fixed counter 15")

static const struct kp_bits global_ctrl_bits[] = {
	KP_V1(5, 48, "EN_PERF_METRICS", "PERF_METRICS counts"),
	FIXED_ROWS("EN_", "counts "),
	KP_ROWS_32(KP_Q1, 0, "EN_PMC", "counts when its selector enables it too"),
	KP_END,
};

/* SDM 20.2.2 (62, 63), 20.2.4 (58 to 60: version 4), 36.2.8.4 (55: Intel PT) */
static const struct kp_bits global_status_bits[] = {
	KP_Q1(63, "CondChgd", "the state of the PMU changed"),
	KP_Q1(62, "OvfBuf", "the DS buffer reached its threshold"),
	KP_V1(3, 61, "Ovf_Uncore", "an uncore counter overflowed"),
	KP_V1(4, 60, "ASCI", "counters may hold counts of an SGX enclave"),
	KP_V1(4, 59, "CTR_Frz", "counters are frozen by a PMI"),
	KP_V1(4, 58, "LBR_Frz", "LBRs are frozen by a PMI"),
	KP_V1(4, 55, "Trace_ToPA_PMI", "Intel PT filled an output region"),
	KP_V1(6, 54, "ArchPEBS_Threshold", "the PEBS buffer reached its threshold"),
	KP_V1(5, 48, "Ovf_PERF_METRICS", "PERF_METRICS overflowed"),
	FIXED_ROWS("Ovf_", "overflow of "),
	KP_ROWS_32(KP_Q1, 0, "Ovf_PMC", "overflow"),
	KP_END,
};

static const struct kp_bits global_inuse_bits[] = {
	KP_V1(4, 63, "PMI_InUse", "some counter, LBR or PEBS raises a PMI"),
	FIXED_ROWS("InUse_", "in use: "),
	KP_ROWS_32(KP_Q1, 0, "InUse_PERFEVTSEL", "its selector is not zero"),
	KP_END,
};

static const struct kp_word lbr_fmt[] = {
	{ 0, "32-bit addresses" },
	{ 1, "64-bit linear addresses" },
	{ 2, "64-bit effective addresses" },
	{ 3, "64-bit effective addresses with a flag" },
	{ 4, "64-bit effective addresses with TSX flags" },
	{ 5, "64-bit effective addresses, details in LBR_INFO" },
	{ 6, "64-bit linear addresses with elapsed cycles" },
	{ 7, "64-bit linear addresses, details in LBR_INFO" },
	{ 0x3f, "architectural LBR: see CPUID leaf 0x1c" },
	{ 0, NULL },
};

static const struct kp_word pebs_fmt[] = {
	{ 0, "registers and flags" },
	{ 1, "adds latency and data source" },
	{ 2, "adds the eventing IP" },
	{ 3, "adds the TSC" },
	{ 4, "adaptive records, chosen by PEBS_DATA_CFG" },
	{ 5, "adaptive records with fixed and extended counters" },
	{ 6, "adaptive records with counter snapshots" },
	{ 0xf, "architectural PEBS: see CPUID leaf 0x23" },
	{ 0, NULL },
};

/* SDM volume 4, MSR 0x345; names as in Linux' union perf_capabilities */
static const struct kp_bits perf_caps_bits[] = {
	KP_Q1(19, "RDPMC_METRICS_CLEAR", "FIXED_CTR_CTRL can make RDPMC clear PERF_METRICS"),
	KP_Q1(18, "TSX_ADDRESS", "PEBS records give the address of a TSX abort"),
	KP_Q1(17, "PEBS_TIMING_INFO", "PEBS records have the retire latency"),
	KP_Q1(16, "PEBS_OUTPUT_PT_AVAIL", "PEBS can write into the Intel PT stream"),
	KP_B1(15, "PERF_METRICS", "MSR PERF_METRICS exists", "no MSR PERF_METRICS"),
	KP_B1(14, "PEBS_BASELINE", "extended PEBS: every counter and event", "no extended PEBS"),
	KP_B1(13, "FW_WRITE", "counters can be written in full at 0x4c1 and on",
	      "writes to counters are sign-extended from bit 31"),
	KP_B1(12, "FREEZE_WHILE_SMM", "DEBUGCTL can stop counters in SMM", NULL),
	KP_FW(11, 8, "PEBS_REC_FMT", pebs_fmt),
	KP_B1(7, "PEBS_ARCH_REG", "PEBS records hold architectural registers", NULL),
	KP_B1(6, "PEBS_TRAP", "PEBS records are taken after the instruction (trap)",
	      "PEBS records are taken before the instruction (fault)"),
	KP_FW(5, 0, "LBR_FMT", lbr_fmt),
	KP_END,
};

#define LL " (load latency of the counter before Ice Lake)"
static const struct kp_bits pebs_enable_bits[] = {
	KP_Q1(63, "PS_EN", "precise store (before Haswell)"),
	KP_Q1(39, "PEBS_EN_FIXED7", "fixed counter 7"),
	KP_Q1(38, "PEBS_EN_FIXED6", "fixed counter 6"),
	KP_Q1(37, "PEBS_EN_FIXED5", "fixed counter 5"),
	KP_Q1(36, "PEBS_EN_FIXED4", "fixed counter 4"),
	KP_Q1(35, "PEBS_EN_FIXED3", "fixed counter 3" LL),
	KP_Q1(34, "PEBS_EN_FIXED2", "fixed counter 2" LL),
	KP_Q1(33, "PEBS_EN_FIXED1", "fixed counter 1" LL),
	KP_Q1(32, "PEBS_EN_FIXED0", "fixed counter 0" LL),
	KP_ROWS_32(KP_Q1, 0, "PEBS_EN_PMC", "overflow writes a PEBS record"),
	KP_END,
};

static const struct kp_bits pebs_data_cfg_bits[] = {
	KP_FQ(55, 48, "FIXED_CNTR", "snapshot of these fixed counters"),
	KP_FQ(47, 32, "CNTR_MASK", "snapshot of these general counters"),
	KP_FQ(31, 24, "LBR_ENTRIES", "so many LBR entries, less one"),
	KP_Q1(5, "METRICS", "snapshot of PERF_METRICS"),
	KP_Q1(4, "CNTR", "snapshot of counters"),
	KP_B1(3, "LBRS", "LBR entries", NULL),
	KP_B1(2, "XMMS", "XMM registers", NULL),
	KP_B1(1, "GP", "general registers", NULL),
	KP_B1(0, "MEMINFO", "address, latency, data source", NULL),
	KP_END,
};

static const struct kp_bits pebs_index_bits[] = {
	KP_FQ(58, 36, "THRESHOLD", "offset that raises the PMI"),
	KP_Q1(32, "EN", "the threshold is in force"),
	KP_Q1(31, "FULL", "the buffer is full"),
	KP_F(26, 4, "WR", "offset of the next record, in 16 bytes"),
	KP_END,
};

static const struct kp_word arch_pebs_lbr[] = {
	{ 0, "no LBRs" },
	{ 1, "8 LBR entries" },
	{ 2, "16 LBR entries" },
	{ 3, "as many LBR entries as the record's header says" },
	{ 0, NULL },
};

static const struct kp_bits cfg_c_bits[] = {
	KP_Q1(63, "EN", "architectural PEBS on"),
	KP_Q1(62, "AUX", "address, latency, data source"),
	KP_Q1(61, "GPR", "general registers"),
	KP_Q1(49, "XMM", "XMM registers"),
	{ .hi = 41, .lo = 40, .flags = KP_BITS_QUIET, .name = "LBR", .words = arch_pebs_lbr },
	KP_Q1(38, "CNTR_METRICS", "snapshot of PERF_METRICS"),
	KP_Q1(37, "CNTR_FIXED", "snapshot of fixed counters"),
	KP_Q1(36, "CNTR_GP", "snapshot of general counters"),
	KP_Q1(35, "CNTR_ALLOW", "others may take a snapshot of this counter"),
	KP_F(31, 0, "RELOAD", "value the counter restarts from"),
	KP_END,
};

static const struct kp_bits cfg_b_bits[] = {
	KP_FQ(47, 32, "RELOAD_FX", "overflow of these fixed counters reloads this one"),
	KP_F(31, 0, "RELOAD_GP", "overflow of these general counters reloads this one"),
	KP_END,
};

#define SHARE(h, l, n, s)                                                            \
	{                                                                            \
		.hi = (h), .lo = (l), .flags = KP_BITS_SHARE, .name = (n), .set = (s) \
	}
/* SDM 20.3.9.3: eight shares of all slots, each of 255; level 2 since Sapphire Rapids */
static const struct kp_bits metrics_bits[] = {
	SHARE(63, 56, "MEM_BOUND", "of all slots: waiting for memory"),
	SHARE(55, 48, "FETCH_LAT", "of all slots: front end latency"),
	SHARE(47, 40, "BR_MISPREDICT", "of all slots: lost to mispredicted branches"),
	SHARE(39, 32, "HEAVY_OPS", "of all slots: retired operations of several micro-ops"),
	SHARE(31, 24, "BE_BOUND", "of all slots: back end bound"),
	SHARE(23, 16, "FE_BOUND", "of all slots: front end bound"),
	SHARE(15, 8, "BAD_SPEC", "of all slots: bad speculation"),
	SHARE(7, 0, "RETIRING", "of all slots: retiring"),
	KP_END,
};

/* SDM 20.3.8.2: Skylake to Ice Lake; later models name whole values in their event lists */
static const struct kp_bits offcore_bits[] = {
	KP_Q1(37, "SNP_NON_DRAM", "target was not DRAM"),
	KP_Q1(36, "SNP_HITM", "another core had it modified"),
	KP_Q1(35, "SNP_HIT_WITH_FWD", "another core forwarded it"),
	KP_Q1(34, "SNP_HIT_NO_FWD", "another core had it and did not forward"),
	KP_Q1(33, "SNP_MISS", "snooped, found nowhere"),
	KP_Q1(32, "SNP_NOT_NEEDED", "no snoop was needed"),
	KP_Q1(31, "SNP_NONE", "no details of the snoop"),
	KP_Q1(30, "SPL_HIT", "snoop of another socket's memory"),
	KP_Q1(29, "L3_MISS_REMOTE_HOP2P_DRAM", "L3 miss: DRAM two hops away"),
	KP_Q1(28, "L3_MISS_REMOTE_HOP1_DRAM", "L3 miss: DRAM one hop away"),
	KP_Q1(27, "L3_MISS_REMOTE_HOP0_DRAM", "L3 miss: remote DRAM of this socket"),
	KP_Q1(26, "L3_MISS_LOCAL_DRAM", "L3 miss: local DRAM"),
	KP_Q1(22, "L4_HIT_LOCAL", "hit in the L4 cache"),
	KP_Q1(21, "L3_HITF", "L3 hit, forward state"),
	KP_Q1(20, "L3_HITS", "L3 hit, shared"),
	KP_Q1(19, "L3_HITE", "L3 hit, exclusive"),
	KP_Q1(18, "L3_HITM", "L3 hit, modified"),
	KP_Q1(17, "SUPPLIER_NONE", "no supplier information"),
	KP_Q1(16, "ANY_RESPONSE", "any response; the bits above it are ignored"),
	KP_Q1(15, "OTHER", "other requests: I/O, locks, uncacheable"),
	KP_Q1(11, "STRM_ST", "streaming stores"),
	KP_Q1(10, "PF_L1D_AND_SW", "L1D and software prefetches"),
	KP_Q1(9, "PF_L3_CODE_RD", "L3 prefetches of code"),
	KP_Q1(8, "PF_L3_RFO", "L3 prefetches for ownership"),
	KP_Q1(7, "PF_L3_DATA_RD", "L3 prefetches of data"),
	KP_Q1(6, "PF_L2_CODE_RD", "L2 prefetches of code"),
	KP_Q1(5, "PF_L2_RFO", "L2 prefetches for ownership"),
	KP_Q1(4, "PF_L2_DATA_RD", "L2 prefetches of data"),
	KP_Q1(3, "COREWB_M", "write-backs of modified lines"),
	KP_Q1(2, "DMND_CODE_RD", "demand reads of code"),
	KP_Q1(1, "DMND_RFO", "demand reads for ownership"),
	KP_Q1(0, "DMND_DATA_RD", "demand reads of data"),
	KP_END,
};

static const struct kp_bits ld_lat_bits[] = {
	KP_F(15, 0, "THRESHOLD", "samples loads of at least so many cycles"),
	KP_END,
};

static const struct kp_bits frontend_bits[] = {
	KP_FQ(22, 20, "IDQ_Bubble_Width", "at least so many empty slots"),
	KP_FQ(19, 8, "IDQ_Bubble_Length", "for at least so many cycles"),
	KP_F(7, 0, "EVTSEL", "front end event"),
	KP_END,
};

#define V6(n) "IA32_PMC_V6_" n

const struct kp_reg kp_intel_regs[] = {
	KP_REGN(0xc1, 8, 1, KP_REG_COUNTER, "IA32_PMC%u", "IA32_PERFCTR0",
		"general counter; writes are sign-extended from bit 31", NULL),
	KP_REGN(0x186, 8, 1, KP_REG_EVTSEL, "IA32_PERFEVTSEL%u", "P6_EVNTSEL0",
		"event selector of a general counter", evtsel_bits),
	KP_REGN(0x1a6, 2, 1, KP_REG_PMU, "MSR_OFFCORE_RSP_%u", "OFFCORE_RSP_0",
		"requests and responses of the off-core response event", offcore_bits),
	KP_REGN(0x309, 7, 1, KP_REG_FIXED_COUNTER, "IA32_FIXED_CTR%u", "CORE_PERF_FIXED_CTR0",
		"fixed counter", NULL),
	KP_REG1(0x329, KP_REG_PMU, "MSR_PERF_METRICS", "PERF_METRICS", "top-down metrics",
		metrics_bits),
	KP_REG1(0x345, KP_REG_PMU, "IA32_PERF_CAPABILITIES", "IA32_PERF_CAPABILITIES",
		"what the PMU can do", perf_caps_bits),
	KP_REG1(0x38d, KP_REG_FIXED_CTRL, "IA32_FIXED_CTR_CTRL", "CORE_PERF_FIXED_CTR_CTRL",
		"fixed counter control", fixed_ctrl_bits),
	KP_REG1(0x38e, KP_REG_GLOBAL_STATUS, "IA32_PERF_GLOBAL_STATUS", "CORE_PERF_GLOBAL_STATUS",
		"overflows and freezes, read-only", global_status_bits),
	KP_REG1(0x38f, KP_REG_GLOBAL_CTRL, "IA32_PERF_GLOBAL_CTRL", "CORE_PERF_GLOBAL_CTRL",
		"a bit enables a counter", global_ctrl_bits),
	KP_REG1(0x390, KP_REG_GLOBAL_CLEAR, "IA32_PERF_GLOBAL_STATUS_RESET",
		"CORE_PERF_GLOBAL_OVF_CTRL", "ones clear GLOBAL_STATUS (was GLOBAL_OVF_CTRL)",
		global_status_bits),
	KP_REG1(0x391, KP_REG_GLOBAL_SET, "IA32_PERF_GLOBAL_STATUS_SET",
		"CORE_PERF_GLOBAL_STATUS_SET", "ones set GLOBAL_STATUS", global_status_bits),
	KP_REG1(0x392, KP_REG_PMU, "IA32_PERF_GLOBAL_INUSE", NULL, "counters that are programmed",
		global_inuse_bits),
	KP_REGN(0x3e0, 4, 1, KP_REG_PMU, "MSR_OMR_%u", "OMR_0",
		"off-module response: requests and responses", NULL),
	KP_REG1(0x3f1, KP_REG_PMU, "IA32_PEBS_ENABLE", "IA32_PEBS_ENABLE",
		"counters that write PEBS records",
		pebs_enable_bits),
	KP_REG1(0x3f2, KP_REG_PMU, "MSR_PEBS_DATA_CFG", "PEBS_DATA_CFG",
		"what adaptive PEBS records hold",
		pebs_data_cfg_bits),
	KP_REG1(0x3f4, KP_REG_PMU, "IA32_PEBS_BASE", "IA32_PEBS_BASE", "architectural PEBS: buffer",
		NULL),
	KP_REG1(0x3f5, KP_REG_PMU, "IA32_PEBS_INDEX", "IA32_PEBS_INDEX",
		"architectural PEBS: position and threshold", pebs_index_bits),
	KP_REG1(0x3f6, KP_REG_PMU, "MSR_PEBS_LD_LAT", "PEBS_LD_LAT_THRESHOLD",
		"load latency threshold", ld_lat_bits),
	KP_REG1(0x3f7, KP_REG_PMU, "MSR_PEBS_FRONTEND", "PEBS_FRONTEND", "front end event of PEBS",
		frontend_bits),
	KP_REGN(0x4c1, 8, 1, KP_REG_COUNTER, "IA32_A_PMC%u", "IA32_PMC0",
		"general counter, written in full width", NULL),
	KP_REG1(0x600, KP_REG_PMU, "IA32_DS_AREA", "IA32_DS_AREA",
		"linear address of the debug store (BTS and PEBS buffers)", NULL),
	KP_REGN(0x1309, 7, 1, KP_REG_PMU, "MSR_RELOAD_FIXED_CTR%u", "RELOAD_FIXED_CTR0",
		"PEBS via PT: reload value", NULL),
	KP_REGN(0x1328, 2, 1, KP_REG_PMU, "MSR_SNOOP_RSP_%u", "SNOOP_RSP_0", "snoop responses",
		NULL),
	KP_REGN(0x14c1, 8, 1, KP_REG_PMU, "MSR_RELOAD_PMC%u", "RELOAD_PMC0",
		"PEBS via PT: reload value",
		NULL),
	KP_REGN(0x1900, 10, 4, KP_REG_COUNTER, "IA32_PMC_GP%u_CTR", V6("GP0_CTR"),
		"general counter (version 6)", NULL),
	KP_REGN(0x1901, 10, 4, KP_REG_EVTSEL, "IA32_PMC_GP%u_CFG_A", V6("GP0_CFG_A"),
		"event selector (version 6)", evtsel_bits),
	KP_REGN(0x1902, 10, 4, KP_REG_PMU, "IA32_PMC_GP%u_CFG_B", V6("GP0_CFG_B"),
		"auto counter reload (version 6)", cfg_b_bits),
	KP_REGN(0x1903, 10, 4, KP_REG_PMU, "IA32_PMC_GP%u_CFG_C", V6("GP0_CFG_C"),
		"architectural PEBS (version 6)", cfg_c_bits),
	KP_REGN(0x1980, 7, 4, KP_REG_FIXED_COUNTER, "IA32_PMC_FX%u_CTR", V6("FX0_CTR"),
		"fixed counter (version 6)", NULL),
	KP_REGN(0x1982, 7, 4, KP_REG_PMU, "IA32_PMC_FX%u_CFG_B", V6("FX0_CFG_B"),
		"auto counter reload (version 6)", cfg_b_bits),
	KP_REGN(0x1983, 7, 4, KP_REG_PMU, "IA32_PMC_FX%u_CFG_C", V6("FX0_CFG_C"),
		"architectural PEBS (version 6)", cfg_c_bits),
	KP_END,
};
