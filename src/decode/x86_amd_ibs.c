// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86_amd_ibs.c - AMD's instruction based sampling. Only tables. PPR of family 19h, "Instruction
 * Based Sampling"; linux: arch/x86/include/asm/amd/ibs.h, perf_event.h (IBS_*).
 */
#include "regtab.h"

static const struct kp_word page_sizes[] = {
	{ 0, "4 KiB" }, { 1, "2 MiB" }, { 2, "1 GiB" }, { 3, "16 KiB (coalesced)" }, { 0, NULL },
};

static const struct kp_bits fetch_ctl_bits[] = {
	KP_Q1(61, "IbsFetchL3Miss", "L3 miss"),
	KP_Q1(60, "IbsFetchOcMiss", "op cache miss"),
	KP_Q1(59, "IbsFetchL3MissOnly", "only L3 misses are sampled"),
	KP_Q1(58, "IbsFetchL2Miss", "L2 miss"),
	KP_B1(57, "IbsRandEn", "the count starts at a random value", NULL),
	KP_Q1(56, "IbsL2TlbMiss", "missed the L2 TLB"),
	KP_Q1(55, "IbsL1TlbMiss", "missed the L1 TLB"),
	KP_FW(54, 53, "IbsL1TlbPgSz", page_sizes),
	KP_B1(52, "IbsPhyAddrValid", "the physical address is valid", NULL),
	KP_Q1(51, "IbsIcMiss", "instruction cache miss"),
	KP_B1(50, "IbsFetchComp", "the fetch completed", NULL),
	KP_B1(49, "IbsFetchVal", "a sample is ready", NULL),
	KP_B1(48, "IbsFetchEn", "enabled", "disabled"),
	KP_F(47, 32, "IbsFetchLat", "cycles from start to end of the fetch"),
	KP_F(31, 16, "IbsFetchCnt", "current count, in 16 fetches"),
	KP_F(15, 0, "IbsFetchMaxCnt", "sampling period, in 16 fetches"),
	KP_END,
};

static const struct kp_word cnt_ctl[] = { { 0, "counts cycles" }, { 1, "counts dispatched ops" },
					  { 0, NULL } };

static const struct kp_bits op_ctl_bits[] = {
	KP_Q1(63, "IbsOpLdLatEn", "load latency filter"),
	KP_FQ(62, 59, "IbsOpLdLatThrsh", "only loads slower than 128 cycles times this and one"),
	KP_F(58, 32, "IbsOpCurCnt", "current count"),
	KP_FQ(26, 20, "IbsOpMaxCntExt", "bits 26 to 20 of the period"),
	KP_FW(19, 19, "IbsOpCntCtl", cnt_ctl),
	KP_B1(18, "IbsOpVal", "a sample is ready", NULL),
	KP_B1(17, "IbsOpEn", "enabled", "disabled"),
	KP_Q1(16, "IbsOpL3MissOnly", "only L3 misses are sampled"),
	KP_F(15, 0, "IbsOpMaxCnt", "sampling period, in 16 ops or cycles"),
	KP_END,
};

static const struct kp_bits op_data_bits[] = {
	KP_Q1(40, "IbsOpMicrocode", "op of the microcode"),
	KP_Q1(39, "IbsOpBrnFuse", "fused branch"),
	KP_Q1(38, "IbsRipInvalid", "IBS_OP_RIP is not valid"),
	KP_Q1(37, "IbsOpBrnRet", "branch, retired"),
	KP_Q1(36, "IbsOpBrnMisp", "mispredicted"),
	KP_Q1(35, "IbsOpBrnTaken", "taken"),
	KP_Q1(34, "IbsOpReturn", "return"),
	KP_F(31, 16, "IbsTagToRetCtr", "cycles from tagging to retirement"),
	KP_F(15, 0, "IbsCompToRetCtr", "cycles from completion to retirement"),
	KP_END,
};

/* DataSrc: bits 2:0 below, 7:6 above (Zen 4 and later: all five) */
static const struct kp_word data_src_lo[] = {
	{ 0, "no valid source" },
	{ 1, "local L3 or another L2 of the complex" },
	{ 2, "cache of another complex, near" },
	{ 3, "DRAM" },
	{ 4, "remote cache" },
	{ 5, "cache of another complex, far" },
	{ 6, "persistent memory" },
	{ 7, "I/O: MMIO, configuration space, APIC" },
	{ 0, NULL },
};

static const struct kp_bits op_data2_bits[] = {
	KP_Q1(9, "RmtSocket", "from another socket"),
	KP_Q1(8, "StrmSt", "streaming store"),
	KP_FQ(7, 6, "DataSrcHi", "extension memory or peer agent"),
	KP_B1(5, "CacheHitSt", "found in O state", "found in M state"),
	KP_B1(4, "RmtNode", "another node", "this node"),
	KP_FW(2, 0, "DataSrcLo", data_src_lo),
	KP_END,
};

static const struct kp_word mem_widths[] = {
	{ 0, "no information" }, { 1, "1 byte" },   { 2, "2 bytes" },  { 3, "4 bytes" },
	{ 4, "8 bytes" },	 { 5, "16 bytes" }, { 6, "32 bytes" }, { 7, "64 bytes" },
	{ 0, NULL },
};

static const struct kp_bits op_data3_bits[] = {
	KP_F(63, 48, "IbsTlbRefillLat", "cycles of the L1 TLB refill"),
	KP_F(47, 32, "IbsDcMissLat", "cycles from miss to data"),
	KP_F(31, 26, "IbsOpDcMissOpenMemReqs", "requests open when the data came"),
	KP_FW(25, 22, "IbsOpMemWidth", mem_widths),
	KP_Q1(21, "IbsSwPf", "software prefetch"),
	KP_Q1(20, "IbsL2Miss", "missed the L2"),
	KP_Q1(19, "IbsDcL2TlbHit1G", "hit a 1 GiB entry of the L2 TLB"),
	KP_Q1(18, "IbsDcPhyAddrValid", "the physical address is valid"),
	KP_Q1(17, "IbsDcLinAddrValid", "the linear address is valid"),
	KP_Q1(16, "DcMissNoMabAlloc", "miss on a line that was already requested"),
	KP_Q1(15, "IbsDcLockedOp", "locked"),
	KP_Q1(14, "IbsDcUcMemAcc", "uncacheable"),
	KP_Q1(13, "IbsDcWcMemAcc", "write combining"),
	KP_Q1(8, "IbsDcMisAcc", "crosses a cache line"),
	KP_Q1(7, "IbsDcMiss", "data cache miss"),
	KP_Q1(6, "IbsDcL2TlbHit2M", "hit a 2 MiB entry of the L2 TLB"),
	KP_Q1(5, "IbsDcL1TlbHit1G", "hit a 1 GiB entry of the L1 TLB"),
	KP_Q1(4, "IbsDcL1TlbHit2M", "hit a 2 MiB entry of the L1 TLB"),
	KP_Q1(3, "IbsDcL2TlbMiss", "missed the L2 TLB"),
	KP_Q1(2, "IbsDcL1TlbMiss", "missed the L1 TLB"),
	KP_B1(1, "IbsStOp", "store", NULL),
	KP_B1(0, "IbsLdOp", "load", NULL),
	KP_END,
};

static const struct kp_bits ibs_ctl_bits[] = {
	KP_B1(8, "LvtOffsetVal", "the offset is valid", NULL),
	KP_F(3, 0, "LvtOffset", "extended local vector that IBS uses"),
	KP_END,
};

static const struct kp_bits extd_ctl_bits[] = {
	KP_F(15, 0, "IbsItlbRefillLat", "cycles of the instruction TLB refill"),
	KP_END,
};

static const struct kp_bits op_data4_bits[] = {
	KP_B1(0, "IbsOpLdResync", "resynced load", NULL),
	KP_END,
};

static const struct kp_bits op_ctl2_bits[] = {
	KP_Q1(3, "StrmStFilter", "only streaming stores"),
	KP_Q1(2, "ExclRip63Eq1", "leaves out addresses with bit 63 set"),
	KP_Q1(1, "ExclRip63Eq0", "leaves out addresses with bit 63 clear"),
	KP_B1(0, "Dis", "op sampling is off", NULL),
	KP_END,
};

static const struct kp_bits fetch_ctl2_bits[] = {
	KP_Q1(6, "ExclRip63Eq0", "leaves out addresses with bit 63 clear"),
	KP_Q1(5, "ExclRip63Eq1", "leaves out addresses with bit 63 set"),
	KP_FQ(4, 1, "FetchLatFilter", "only fetches slower than 128 cycles times this"),
	KP_B1(0, "Dis", "fetch sampling is off", NULL),
	KP_END,
};

#define IBS(a, n, k, h, f) KP_REG1(a, KP_REG_PMU, n, k, h, f)

const struct kp_reg kp_amd_ibs_regs[] = {
	IBS(0xc0011030, "IBS_FETCH_CTL", "AMD64_IBSFETCHCTL", "fetch sampling", fetch_ctl_bits),
	IBS(0xc0011031, "IBS_FETCH_LINADDR", "AMD64_IBSFETCHLINAD", "linear address of the fetch",
	    NULL),
	IBS(0xc0011032, "IBS_FETCH_PHYSADDR", "AMD64_IBSFETCHPHYSAD",
	    "physical address of the fetch", NULL),
	IBS(0xc0011033, "IBS_OP_CTL", "AMD64_IBSOPCTL", "op sampling", op_ctl_bits),
	IBS(0xc0011034, "IBS_OP_RIP", "AMD64_IBSOPRIP", "address of the op", NULL),
	IBS(0xc0011035, "IBS_OP_DATA", "AMD64_IBSOPDATA", "how the op ran", op_data_bits),
	IBS(0xc0011036, "IBS_OP_DATA2", "AMD64_IBSOPDATA2", "where its data came from",
	    op_data2_bits),
	IBS(0xc0011037, "IBS_OP_DATA3", "AMD64_IBSOPDATA3", "how its data came", op_data3_bits),
	IBS(0xc0011038, "IBS_DC_LINADDR", "AMD64_IBSDCLINAD", "linear address of the data", NULL),
	IBS(0xc0011039, "IBS_DC_PHYSADDR", "AMD64_IBSDCPHYSAD", "physical address of the data",
	    NULL),
	IBS(0xc001103a, "IBS_CTL", "AMD64_IBSCTL", "interrupt of IBS", ibs_ctl_bits),
	IBS(0xc001103b, "BP_IBSTGT_RIP", "AMD64_IBSBRTARGET", "target of a sampled branch", NULL),
	IBS(0xc001103c, "IC_IBS_EXTD_CTL", "AMD64_ICIBSEXTDCTL", "fetch sampling, extended",
	    extd_ctl_bits),
	IBS(0xc001103d, "IBS_OP_DATA4", "AMD64_IBSOPDATA4", "how its data came, more",
	    op_data4_bits),
	IBS(0xc001103e, "IBS_OP_CTL2", "AMD64_IBSOPCTL2", "op sampling, filters", op_ctl2_bits),
	IBS(0xc001103f, "IBS_FETCH_CTL2", "AMD64_IBSFETCHCTL2", "fetch sampling, filters",
	    fetch_ctl2_bits),
	KP_END,
};
