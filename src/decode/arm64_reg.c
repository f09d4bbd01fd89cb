// SPDX-License-Identifier: GPL-2.0-only
/*
 * arm64_reg.c - system registers near the PMU on arm64: debug control of EL2, statistical
 * profiling, RAS error records. Only tables. Arm ARM, D24.3 "Debug registers", D24.7 "Statistical
 * Profiling Extension registers", and the RAS System Architecture; linux: arch/arm64/tools/sysreg.
 */
#include "regtab.h"
#include "event.h"

static const struct kp_word owner_words[] = {
	{ 0, "owned by EL2" },
	{ 2, "owned by EL1, accesses are trapped to EL2" },
	{ 3, "owned by EL1" },
	{ 0, NULL },
};

static const struct kp_word pmee_words[] = {
	{ 0, "profiling exceptions are off at EL1 and EL0" },
	{ 1, "EL1 decides" },
	{ 3, "profiling exceptions go to EL2" },
	{ 0, NULL },
};

static const struct kp_bits mdcr_el2_bits[] = {
	KP_Q1(50, "EnSTEPOP", "stepping by MDSTEPOP_EL1"),
	KP_Q1(43, "EBWE", "more than 16 breakpoints and watchpoints"),
	{ .hi = 41, .lo = 40, .flags = KP_BITS_QUIET, .name = "PMEE", .words = pmee_words },
	KP_Q1(36, "HPMFZS", "SPE stops EL2's counters"),
	KP_FQ(31, 30, "PMSSE", "snapshots"),
	KP_Q1(29, "HPMFZO", "EL2's counters freeze on overflow"),
	KP_Q1(28, "MTPME", "PMEVTYPER.MT counts all threads"),
	KP_Q1(27, "TDCC", "traps the debug communications channel"),
	KP_Q1(26, "HLP", "EL2's event counters overflow at 64 bits"),
	KP_FW(25, 24, "E2TB", owner_words),
	KP_Q1(23, "HCCD", "the cycle counter stops at EL2"),
	KP_Q1(19, "TTRF", "traps trace filter control"),
	KP_B1(17, "HPMD", "the guest's event counters stop at EL2", NULL),
	KP_Q1(15, "EnSPM", "accesses to system PMUs are not trapped"),
	KP_Q1(14, "TPMS", "traps SPE registers"),
	KP_FW(13, 12, "E2PB", owner_words),
	KP_Q1(11, "TDRA", "traps debug ROM registers"),
	KP_Q1(10, "TDOSA", "traps the OS lock"),
	KP_Q1(9, "TDA", "traps debug registers"),
	KP_Q1(8, "TDE", "debug exceptions go to EL2"),
	KP_B1(7, "HPME", "EL2's event counters are enabled", NULL),
	KP_B1(6, "TPM", "traps accesses to the PMU", NULL),
	KP_B1(5, "TPMCR", "traps accesses to PMCR_EL0", NULL),
	KP_F(4, 0, "HPMN", "event counters below it are the guest's, the rest EL2's"),
	KP_END,
};

/* ---- statistical profiling ---- */

static const struct kp_word pct_words[] = {
	{ 0, "virtual time" }, { 1, "physical time" }, { 3, "guest's physical time" }, { 0, NULL },
};

static const struct kp_bits pmscr_bits[] = {
	KP_FW(7, 6, "PCT", pct_words),
	KP_B1(5, "TS", "time stamps", NULL),
	KP_B1(4, "PA", "physical addresses", NULL),
	KP_B1(3, "CX", "context identifiers", NULL),
	KP_B1(1, "E1SPE", "samples EL1 (EL2 in PMSCR_EL2)", NULL),
	KP_B1(0, "E0SPE", "samples EL0", NULL),
	KP_END,
};

static const struct kp_bits pmscr_el2_bits[] = {
	KP_FW(7, 6, "PCT", pct_words),
	KP_B1(5, "TS", "time stamps", NULL),
	KP_B1(4, "PA", "physical addresses", NULL),
	KP_B1(3, "CX", "context identifiers", NULL),
	KP_B1(1, "E2SPE", "samples EL2", NULL),
	KP_B1(0, "E0HSPE", "samples EL0 of the host", NULL),
	KP_END,
};

static const struct kp_bits pmbidr_bits[] = {
	KP_FQ(47, 32, "MaxBuffSize", "largest buffer, 0: no limit"),
	KP_F(11, 8, "EA", "how external aborts are reported"),
	KP_B1(5, "F", "hardware manages the access flag", NULL),
	KP_B1(4, "P", "the buffer belongs to a higher level", NULL),
	KP_F(3, 0, "Align", "log2 of the alignment of the buffer's pointer"),
	KP_END,
};

static const struct kp_bits pmbmar_bits[] = {
	KP_F(9, 8, "SH", "shareability"),
	KP_F(7, 0, "Attr", "memory attributes"),
	KP_END,
};

static const struct kp_bits pmsirr_bits[] = {
	KP_F(31, 8, "INTERVAL", "operations between samples, in 256"),
	KP_B1(0, "RND", "with a random part", NULL),
	KP_END,
};

static const struct kp_bits pmsicr_bits[] = {
	KP_FQ(63, 56, "ECOUNT", "secondary count"),
	KP_F(31, 0, "COUNT", "operations to the next sample"),
	KP_END,
};

static const struct kp_bits pmsfcr_bits[] = {
	KP_Q1(52, "SIMDm", "SIMD must match"),
	KP_Q1(51, "FPm", "FP must match"),
	KP_Q1(50, "STm", "ST must match"),
	KP_Q1(49, "LDm", "LD must match"),
	KP_Q1(48, "Bm", "B must match"),
	KP_Q1(20, "SIMD", "SIMD operations"),
	KP_Q1(19, "FP", "floating point operations"),
	KP_Q1(18, "ST", "stores"),
	KP_Q1(17, "LD", "loads"),
	KP_Q1(16, "B", "branches"),
	KP_Q1(4, "FDS", "filters by data source"),
	KP_Q1(3, "FnE", "filters out by event"),
	KP_B1(2, "FL", "filters by latency", NULL),
	KP_B1(1, "FT", "filters by type", NULL),
	KP_B1(0, "FE", "filters by event", NULL),
	KP_END,
};

static const struct kp_bits pmslatfr_bits[] = {
	KP_F(15, 0, "MINLAT", "samples of at least so many cycles"),
	KP_END,
};

static const struct kp_bits pmblimitr_bits[] = {
	KP_F(63, 12, "LIMIT", "end of the buffer"),
	KP_Q1(5, "PMFZ", "a pending buffer event freezes the PMU"),
	KP_FQ(2, 1, "FM", "what happens at the end"),
	KP_B1(0, "E", "enabled", "disabled"),
	KP_END,
};

static const struct kp_word pmbsr_classes[] = {
	{ 0x00, "buffer management" },
	{ 0x1e, "granule protection check" },
	{ 0x1f, "implementation defined" },
	{ 0x24, "abort of stage 1" },
	{ 0x25, "abort of stage 2" },
	{ 0, NULL },
};

static const struct kp_bits pmbsr_bits[] = {
	KP_FW(31, 26, "EC", pmbsr_classes),
	KP_B1(19, "DL", "samples were lost", NULL),
	KP_B1(18, "EA", "external abort", NULL),
	KP_B1(17, "S", "a buffer management event is pending", NULL),
	KP_B1(16, "COLL", "samples collided", NULL),
	KP_F(15, 0, "MSS", "details"),
	KP_END,
};

static const struct kp_bits pmsidr_bits[] = {
	KP_Q1(32, "SME", "events of SME"),
	KP_FQ(31, 28, "ALTCLK", "alternate clock"),
	KP_Q1(27, "FPF", "floating point flags"),
	KP_Q1(26, "EFT", "extended filters by type"),
	KP_Q1(25, "CRR", "discard of call returns"),
	KP_Q1(24, "PBT", "previous branch target"),
	KP_FQ(23, 20, "Format", NULL),
	KP_F(19, 16, "CountSize", "2: 12 bits, 3: 16 bits"),
	KP_F(15, 12, "MaxSize", "log2 of the largest record"),
	KP_F(11, 8, "Interval", "smallest interval"),
	KP_Q1(7, "FDS", "filters by data source"),
	KP_Q1(6, "FnE", "filters out by event"),
	KP_Q1(5, "ERnd", "randomness is added"),
	KP_Q1(4, "LDS", "data source of loads"),
	KP_Q1(3, "ArchInst", "samples instructions"),
	KP_Q1(2, "FL", "filters by latency"),
	KP_Q1(1, "FT", "filters by type"),
	KP_Q1(0, "FE", "filters by event"),
	KP_END,
};

/* ---- RAS: the error record that ERRSELR_EL1 selects (RAS System Architecture, 3.2) ---- */

static const struct kp_bits erridr_bits[] = { KP_F(15, 0, "NUM", "error records"), KP_END };
/* A bit for each error record of the group. */
#define GSR(n) KP_Q1(n, "S" #n, "the record has an error")
/* clang-format off */
static const struct kp_bits erxgsr_bits[] = {
	GSR(0), GSR(1), GSR(2), GSR(3),
	GSR(4), GSR(5), GSR(6), GSR(7),
	GSR(8), GSR(9), GSR(10), GSR(11),
	GSR(12), GSR(13), GSR(14), GSR(15),
	GSR(16), GSR(17), GSR(18), GSR(19),
	GSR(20), GSR(21), GSR(22), GSR(23),
	GSR(24), GSR(25), GSR(26), GSR(27),
	GSR(28), GSR(29), GSR(30), GSR(31),
	GSR(32), GSR(33), GSR(34), GSR(35),
	GSR(36), GSR(37), GSR(38), GSR(39),
	GSR(40), GSR(41), GSR(42), GSR(43),
	GSR(44), GSR(45), GSR(46), GSR(47),
	GSR(48), GSR(49), GSR(50), GSR(51),
	GSR(52), GSR(53), GSR(54), GSR(55),
	GSR(56), GSR(57), GSR(58), GSR(59),
	GSR(60), GSR(61), GSR(62), GSR(63),
	KP_END,
};
/* clang-format on */

static const struct kp_bits errselr_bits[] = { KP_F(15, 0, "SEL", "selected record"), KP_END };

static const struct kp_bits erxfr_bits[] = {
	KP_FQ(63, 48, "IMPDEF_63_48", NULL),
	KP_Q1(31, "FRX", "bits 63 to 48 are defined"),
	KP_FQ(26, 26, "SRV", "status reset value"),
	KP_FQ(25, 24, "TS", "time stamps"),
	KP_FQ(23, 22, "CI", "critical error interrupts"),
	KP_FQ(21, 20, "INJ", "fault injection"),
	KP_FQ(19, 18, "CEO", "corrected error overwrite"),
	KP_FQ(17, 16, "DUI", "interrupts for deferred errors"),
	KP_Q1(15, "RP", "repeat counter"),
	KP_FQ(14, 12, "CEC", "corrected error counter"),
	KP_FQ(11, 10, "CFI", "interrupts for corrected errors"),
	KP_F(9, 8, "UE", "external abort on uncorrected errors"),
	KP_F(7, 6, "FI", "fault handling interrupt"),
	KP_F(5, 4, "UI", "interrupts for uncorrected errors"),
	KP_FQ(3, 2, "IMPDEF_3_2", NULL),
	KP_F(1, 0, "ED", "error reporting and logging"),
	KP_END,
};

static const struct kp_bits erxctlr_bits[] = {
	KP_FQ(63, 32, "IMPDEF_63_32", NULL),
	KP_Q1(13, "CI", "critical error interrupt"),
	KP_Q1(11, "WDUI", "writes: interrupt for deferred errors"),
	KP_Q1(10, "DUI", "interrupt for deferred errors"),
	KP_Q1(9, "WCFI", "writes: interrupt for corrected errors"),
	KP_Q1(8, "CFI", "interrupt for corrected errors"),
	KP_Q1(7, "WUE", "writes: external abort on uncorrected errors"),
	KP_Q1(6, "WFI", "writes: fault handling interrupt"),
	KP_Q1(5, "WUI", "writes: interrupt for uncorrected errors"),
	KP_B1(4, "UE", "external abort on uncorrected errors", NULL),
	KP_B1(3, "FI", "fault handling interrupt", NULL),
	KP_B1(2, "UI", "interrupt for uncorrected errors", NULL),
	KP_FQ(1, 1, "IMPDEF_1", NULL),
	KP_B1(0, "ED", "errors are reported and logged", "errors are not reported"),
	KP_END,
};

static const struct kp_word ce_words[] = {
	{ 0, "none corrected" }, { 1, "transient" }, { 2, "corrected" }, { 3, "persistent" },
	{ 0, NULL },
};

static const struct kp_word uet_words[] = {
	{ 0, "uncontainable (UC)" },
	{ 1, "unrecoverable (UEU)" },
	{ 2, "latent or restartable (UEO)" },
	{ 3, "signaled or recoverable (UER)" },
	{ 0, NULL },
};

static const struct kp_word serr_words[] = {
	{ 0, "no error" },
	{ 1, "implementation defined" },
	{ 2, "data from internal memory" },
	{ 3, "implementation defined pin" },
	{ 4, "assertion failed" },
	{ 5, "internal data path" },
	{ 6, "data of a cache" },
	{ 7, "address or control of a cache" },
	{ 8, "data of a TLB" },
	{ 9, "address or control of a TLB" },
	{ 10, "data of a producer" },
	{ 11, "address or control of a producer" },
	{ 12, "data of external memory" },
	{ 13, "illegal address" },
	{ 14, "illegal access" },
	{ 15, "illegal state" },
	{ 16, "internal data register" },
	{ 17, "internal control register" },
	{ 18, "error response of the completer" },
	{ 19, "external time-out" },
	{ 20, "internal time-out" },
	{ 21, "deferred error, not supported there" },
	{ 22, "deferred error of a requester" },
	{ 23, "deferred error of a completer, consumed" },
	{ 24, "deferred error of a completer" },
	{ 25, "error recovered by correction" },
	{ 26, "error recovered by access" },
	{ 0, NULL },
};

static const struct kp_bits erxstatus_bits[] = {
	KP_B1(31, "AV", "ERXADDR_EL1 is valid", NULL),
	KP_B1(30, "V", "the record is valid", "the record is empty"),
	KP_B1(29, "UE", "uncorrected error", NULL),
	KP_B1(28, "ER", "reported in band", NULL),
	KP_B1(27, "OF", "more errors came", NULL),
	KP_B1(26, "MV", "ERXMISC registers are valid", NULL),
	KP_FW(25, 24, "CE", ce_words),
	KP_B1(23, "DE", "deferred error", NULL),
	KP_B1(22, "PN", "poison", NULL),
	KP_FW(21, 20, "UET", uet_words),
	KP_B1(19, "CI", "critical", NULL),
	KP_B1(18, "RV", "the record is from before a reset", NULL),
	KP_F(15, 8, "IERR", "implementation defined code"),
	KP_FW(7, 0, "SERR", serr_words),
	KP_END,
};

static const struct kp_bits erxaddr_bits[] = {
	KP_B1(63, "NS", "non-secure", "secure"),
	KP_B1(62, "SI", "NS may be wrong", NULL),
	KP_B1(61, "AI", "the address may be wrong", NULL),
	KP_B1(60, "VA", "virtual address", NULL),
	KP_Q1(59, "NSE", "realm or root"),
	KP_F(55, 0, "PADDR", NULL),
	KP_END,
};

static const struct kp_word aet_words[] = {
	{ 0, "uncontainable" }, { 1, "unrecoverable" }, { 2, "restartable" }, { 3, "recoverable" },
	{ 6, "corrected" },	{ 0, NULL },
};

static const struct kp_bits disr_bits[] = {
	KP_B1(31, "A", "an SError is deferred", "no SError is deferred"),
	KP_B1(24, "IDS", "the syndrome is implementation defined", NULL),
	KP_FW(12, 10, "AET", aet_words),
	KP_B1(9, "EA", "external abort type 1", NULL),
	KP_F(5, 0, "DFSC", "0x11: asynchronous SError"),
	KP_END,
};

static const struct kp_bits vsesr_bits[] = {
	KP_B1(24, "IDS", "the syndrome is implementation defined", NULL),
	KP_F(23, 0, "ISS", "syndrome of the virtual SError"),
	KP_END,
};

#define REG(op0, op1, crn, crm, op2, role, n, h, f) \
	KP_REG1(KP_SYSREG(op0, op1, crn, crm, op2), role, n, n, h, f)
#define SPE(crn, crm, op2, n, h, f) REG(3, 0, crn, crm, op2, KP_REG_PMU, n, h, f)
#define RAS(crm, op2, n, h, f)	    REG(3, 0, 5, crm, op2, KP_REG_OTHER, n, h, f)

const struct kp_reg kp_arm64_other_regs[] = {
	REG(3, 4, 1, 1, 1, KP_REG_PMU, "MDCR_EL2", "debug and PMU control of EL2", mdcr_el2_bits),
	SPE(9, 9, 0, "PMSCR_EL1", "SPE: control", pmscr_bits),
	REG(3, 4, 9, 9, 0, KP_REG_PMU, "PMSCR_EL2", "SPE: control of EL2", pmscr_el2_bits),
	REG(3, 5, 9, 9, 0, KP_REG_PMU, "PMSCR_EL12", "SPE: the guest's control", pmscr_bits),
	SPE(9, 9, 1, "PMSNEVFR_EL1", "SPE: events that filter out", NULL),
	SPE(9, 9, 2, "PMSICR_EL1", "SPE: interval counter", pmsicr_bits),
	SPE(9, 9, 3, "PMSIRR_EL1", "SPE: interval reload", pmsirr_bits),
	SPE(9, 9, 4, "PMSFCR_EL1", "SPE: filter", pmsfcr_bits),
	SPE(9, 9, 5, "PMSEVFR_EL1", "SPE: events to filter by", NULL),
	SPE(9, 9, 6, "PMSLATFR_EL1", "SPE: latency to filter by", pmslatfr_bits),
	SPE(9, 9, 7, "PMSIDR_EL1", "SPE: what the machine has", pmsidr_bits),
	SPE(9, 10, 0, "PMBLIMITR_EL1", "SPE: end of the buffer", pmblimitr_bits),
	SPE(9, 10, 1, "PMBPTR_EL1", "SPE: where the next record goes", NULL),
	SPE(9, 10, 3, "PMBSR_EL1", "SPE: buffer status", pmbsr_bits),
	SPE(9, 10, 4, "PMSDSFR_EL1", "SPE: data sources to filter by", NULL),
	SPE(9, 10, 5, "PMBMAR_EL1", "SPE: memory attributes of the buffer", pmbmar_bits),
	SPE(9, 10, 7, "PMBIDR_EL1", "SPE: what the buffer can do", pmbidr_bits),
	RAS(3, 0, "ERRIDR_EL1", "RAS: number of error records", erridr_bits),
	RAS(3, 1, "ERRSELR_EL1", "RAS: selected error record", errselr_bits),
	RAS(3, 2, "ERXGSR_EL1", "RAS: which records have errors", erxgsr_bits),
	RAS(4, 0, "ERXFR_EL1", "RAS: features of the selected record", erxfr_bits),
	RAS(4, 1, "ERXCTLR_EL1", "RAS: control", erxctlr_bits),
	RAS(4, 2, "ERXSTATUS_EL1", "RAS: status", erxstatus_bits),
	RAS(4, 3, "ERXADDR_EL1", "RAS: address", erxaddr_bits),
	RAS(4, 4, "ERXPFGF_EL1", "RAS: features of fault injection", NULL),
	RAS(4, 5, "ERXPFGCTL_EL1", "RAS: control of fault injection", NULL),
	RAS(4, 6, "ERXPFGCDN_EL1", "RAS: count-down of fault injection", NULL),
	RAS(5, 0, "ERXMISC0_EL1", "RAS: details", NULL),
	RAS(5, 1, "ERXMISC1_EL1", "RAS: details", NULL),
	RAS(5, 2, "ERXMISC2_EL1", "RAS: details", NULL),
	RAS(5, 3, "ERXMISC3_EL1", "RAS: details", NULL),
	REG(3, 0, 12, 1, 1, KP_REG_OTHER, "DISR_EL1", "RAS: deferred SError", disr_bits),
	REG(3, 4, 12, 1, 1, KP_REG_OTHER, "VDISR_EL2", "RAS: deferred virtual SError", disr_bits),
	REG(3, 4, 5, 2, 3, KP_REG_OTHER, "VSESR_EL2", "RAS: virtual SError syndrome", vsesr_bits),
	KP_END,
};
