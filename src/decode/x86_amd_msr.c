// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86_amd_msr.c - AMD's performance monitoring MSRs: core counters old and new, PerfMonV2, branch
 * records, L3, data fabric and memory controller counters, and the SVM and SEV-ES MSRs near them.
 * Only tables, and the rule of GuestOnly and HostOnly. AMD APM volume 2, 13.2; the PPRs of families
 * 17h, 19h and 1Ah; linux: arch/x86/include/asm/{msr-index,perf_event}.h, arch/x86/events/amd.
 */
#include "regtab.h"
#include "x86_amd.h"

static const struct kp_word host_guest[] = {
	{ 0, "counts hosts and guests, whatever EFER.SVME is" },
	{ 1, "GuestOnly: counts guests, and nothing while EFER.SVME is 0" },
	{ 2, "HostOnly: counts the host, and nothing while EFER.SVME is 0" },
	{ 3, "counts hosts and guests, and nothing while EFER.SVME is 0" },
	{ 0, NULL },
};

/* APM volume 2, 13.2.1 "Performance Event-Select Register" */
static const struct kp_bits evtsel_bits[] = {
	KP_FW(41, 40, "HG_ONLY", host_guest),
	KP_FQ(35, 32, "EVENT_SELECT_HI", "bits 11 to 8 of the event"),
	KP_FQ(31, 24, "CNT_MASK", "counts cycles with at least so many events (fewer with INV)"),
	KP_Q1(23, "INV", "CNT_MASK is inverted: counts cycles with fewer events"),
	KP_B1(22, "EN", "enabled", "disabled"),
	KP_B1(20, "INT", "overflow raises a PMI", "overflow raises no interrupt"),
	KP_Q1(18, "EDGE", "counts rising edges, not cycles"),
	KP_B1(17, "OS", "counts at CPL 0", "not at CPL 0"),
	KP_B1(16, "USR", "counts at CPL above 0", "not at CPL above 0"),
	KP_F(15, 8, "UNIT_MASK", NULL),
	KP_F(7, 0, "EVENT_SELECT", NULL),
	KP_END,
};

/* Northbridge of family 15h, data fabric since family 17h; PPR 19h, "DF Performance Events" */
static const struct kp_bits df_bits[] = {
	KP_FQ(37, 36, "EVENT_SELECT_13_12", "bits 13 and 12 of the event (PerfMonV2)"),
	KP_FQ(35, 32, "EVENT_SELECT_HI", "bits 11 to 8 of the event"),
	KP_FQ(27, 24, "UNIT_MASK_HI", "bits 11 to 8 of the unit mask (PerfMonV2)"),
	KP_B1(22, "EN", "enabled", "disabled"),
	KP_Q1(20, "INT", "overflow raises an interrupt (family 15h)"),
	KP_F(15, 8, "UNIT_MASK", NULL),
	KP_F(7, 0, "EVENT_SELECT", NULL),
	KP_END,
};

static const struct kp_bits l3_bits[] = {
	KP_FQ(63, 56, "THREAD_MASK", "threads of the core that count (19h: bits 57, 56)"),
	KP_FQ(51, 48, "SLICE", "slice mask (family 17h) or slice"),
	KP_B1(47, "EN_ALL_CORES", "counts all cores", NULL),
	KP_B1(46, "EN_ALL_SLICES", "counts all slices", NULL),
	KP_F(44, 42, "CORE_ID", "counts this core"),
	KP_B1(22, "EN", "enabled", "disabled"),
	KP_F(15, 8, "UNIT_MASK", NULL),
	KP_F(7, 0, "EVENT_SELECT", NULL),
	KP_END,
};

static const struct kp_word rdwr[] = {
	{ 0, "reads and writes" },
	{ 1, "reads" },
	{ 2, "writes" },
	{ 3, "reserved" },
	{ 0, NULL },
};

static const struct kp_bits umc_bits[] = {
	KP_B1(31, "EN", "enabled", "disabled"),
	KP_FW(9, 8, "RDWR_MASK", rdwr),
	KP_F(7, 0, "EVENT_SELECT", NULL),
	KP_END,
};

static const struct kp_bits global_ctl_bits[] = {
	KP_ROWS_16(KP_Q1, 0, "PERF_CNTR_EN", "counts when its selector enables it too"),
	KP_END,
};

static const struct kp_bits global_status_bits[] = {
	KP_Q1(59, "PERF_CNTR_FREEZE", "counters are frozen by a PMI"),
	KP_Q1(58, "LBRS_FROZEN", "branch records are frozen by a PMI"),
	KP_ROWS_16(KP_Q1, 0, "PERF_CNTR_OVFL", "overflow"),
	KP_END,
};

static const struct kp_bits debugctl_bits[] = {
	KP_Q1(12, "FREEZE_PERFMON_ON_PMI", "a PMI stops all counters (PerfMonV2)"),
	KP_Q1(11, "FREEZE_LBRS_ON_PMI", "a PMI stops branch records (LBRv2)"),
	KP_FQ(5, 3, "PB", "performance pins"),
	KP_Q1(2, "BLCKDB", "bus locks raise #DB"),
	KP_B1(1, "BTF", "single-step stops at branches", NULL),
	KP_B1(0, "LBR", "the last branch is recorded", NULL),
	KP_END,
};

/* LBRv2: a set bit leaves branches out, as arch/x86/events/amd/lbr.c programs it */
static const struct kp_bits lbr_select_bits[] = {
	KP_Q1(8, "FAR_BRANCH", "leaves out far branches"),
	KP_Q1(7, "JMP_NEAR_REL", "leaves out near relative jumps"),
	KP_Q1(6, "JMP_NEAR_IND", "leaves out near indirect jumps"),
	KP_Q1(5, "RET_NEAR", "leaves out near returns"),
	KP_Q1(4, "CALL_NEAR_IND", "leaves out near indirect calls"),
	KP_Q1(3, "CALL_NEAR_REL", "leaves out near relative calls"),
	KP_Q1(2, "JCC", "leaves out conditional branches"),
	KP_Q1(1, "CPL_GT_0", "leaves out branches that end at CPL above 0"),
	KP_Q1(0, "CPL_0", "leaves out branches that end at CPL 0"),
	KP_END,
};

static const struct kp_bits dbg_extn_bits[] = {
	KP_FQ(26, 24, "PMC", "counter that takes branch samples (BRS)"),
	KP_FQ(19, 16, "MSROFF", "next BRS entry to be written"),
	KP_B1(6, "LBRV2EN", "branch records, version 2", NULL),
	KP_Q1(5, "VB", "BRS recorded valid branches"),
	KP_FQ(4, 3, "BRS_MBO", "must be 3 for BRS"),
	KP_B1(2, "BRSMEN", "branch sampling (BRS, family 19h models 0-0xf)", NULL),
	KP_END,
};

static const struct kp_bits lbr_from_bits[] = {
	KP_B1(63, "MISPREDICT", "mispredicted", "predicted"),
	KP_F(57, 0, "IP", "source"),
	KP_END,
};

static const struct kp_bits lbr_to_bits[] = {
	KP_B1(63, "VALID", "retired", "not valid"),
	KP_B1(62, "SPEC", "speculative", NULL),
	KP_F(57, 0, "IP", "target"),
	KP_END,
};

static const struct kp_bits hwcr_bits[] = {
	KP_Q1(35, "CpuidUserDis", "CPUID is refused at CPL above 0"),
	KP_Q1(33, "SmmPgCfgLock", "SMM page configuration is locked"),
	KP_B1(30, "IRPerfEn", "MSR IRPERF counts retired instructions", NULL),
	KP_Q1(27, "EffFreqReadOnlyLock", "MPERF and APERF are read-only"),
	KP_Q1(26, "EffFreqCntMwait", "MPERF and APERF count in MWAIT"),
	KP_Q1(25, "CpbDis", "core performance boost is off"),
	KP_B1(24, "TscFreqSel", "the TSC runs at the P0 frequency", NULL),
	KP_FQ(23, 21, "Reserved23", NULL),
	KP_Q1(20, "IoCfgGpFault", "I/O configuration accesses fault"),
	KP_Q1(19, "McStatusWrEn", "machine check status can be written"),
	KP_Q1(18, "McStatusWrEnLegacy", NULL),
	KP_Q1(17, "Wrap32Dis", "no 32-bit address wrap"),
	KP_FQ(16, 15, "Reserved16", NULL),
	KP_Q1(14, "RsmSpCycDis", "no special cycle on RSM"),
	KP_Q1(13, "SmiSpCycDis", "no special cycle on SMI"),
	KP_Q1(10, "MonMwaitUserEn", "MONITOR and MWAIT at any CPL"),
	KP_Q1(9, "MonMwaitDis", "MONITOR and MWAIT are off"),
	KP_Q1(8, "IgnneEm", "IGNNE port emulation"),
	KP_Q1(7, "AllowFerrOnNe", NULL),
	KP_Q1(4, "INVDWBINVD", "INVD works as WBINVD"),
	KP_Q1(3, "TlbCacheDis", "no cacheable page table accesses"),
	KP_Q1(0, "SmmLock", "SMM configuration is locked"),
	KP_END,
};

/* GHCB specification, section 2.3.1: the MSR protocol */
static const struct kp_word ghcb_infos[] = {
	{ 0x000, "guest physical address of the GHCB" },
	{ 0x001, "SEV information: response" },
	{ 0x002, "SEV information: request" },
	{ 0x004, "CPUID: request" },
	{ 0x005, "CPUID: response" },
	{ 0x006, "AP reset hold: request" },
	{ 0x007, "AP reset hold: response" },
	{ 0x010, "preferred GHCB address: request" },
	{ 0x011, "preferred GHCB address: response" },
	{ 0x012, "register GHCB address: request" },
	{ 0x013, "register GHCB address: response" },
	{ 0x014, "page state change: request" },
	{ 0x015, "page state change: response" },
	{ 0x016, "run VMPL: request" },
	{ 0x017, "run VMPL: response" },
	{ 0x080, "hypervisor features: request" },
	{ 0x081, "hypervisor features: response" },
	{ 0x100, "termination: request" },
	{ 0, NULL },
};

static const struct kp_bits ghcb_bits[] = {
	KP_F(63, 12, "GHCBData", NULL),
	KP_FW(11, 0, "GHCBInfo", ghcb_infos),
	KP_END,
};

static const struct kp_bits sev_bits[] = {
	KP_Q1(23, "IBPB_ON_ENTRY", "IBPB on entry"),
	KP_Q1(18, "SECURE_AVIC", "secure AVIC"),
	KP_Q1(17, "SMT_PROT", "SMT protection"),
	KP_Q1(16, "VMSA_REG_PROT", "VMSA register protection"),
	KP_Q1(14, "IBS_VIRT", "virtual IBS"),
	KP_Q1(12, "VMGEXIT_PARAM", "VMGEXIT parameters"),
	KP_Q1(11, "SECURE_TSC", "secure TSC"),
	KP_Q1(10, "VMPL_SSS", "supervisor shadow stacks per VMPL"),
	KP_Q1(9, "BTB_ISOLATION", "branch target isolation"),
	KP_Q1(8, "PREVENT_HOST_IBS", "the host's IBS does not see the guest"),
	KP_Q1(7, "DEBUG_SWAP", "debug registers are swapped"),
	KP_Q1(6, "ALT_INJ", "alternate injection"),
	KP_Q1(5, "RESTRICTED_INJ", "restricted injection"),
	KP_Q1(4, "REFLECT_VC", "exits are reflected as #VC"),
	KP_Q1(3, "VTOM", "virtual top of memory"),
	KP_B1(2, "SEV_SNP_ENABLED", "SEV-SNP", NULL),
	KP_B1(1, "SEV_ES_ENABLED", "SEV-ES", NULL),
	KP_B1(0, "SEV_ENABLED", "SEV", NULL),
	KP_END,
};

static const struct kp_bits vm_cr_bits[] = {
	KP_B1(4, "SVMDIS", "EFER.SVME cannot be set", NULL),
	KP_B1(3, "LOCK", "SVMDIS is locked", NULL),
	KP_Q1(2, "DIS_A20M", "no A20 masking"),
	KP_Q1(1, "R_INIT", "INIT becomes #SX"),
	KP_Q1(0, "DPD", "debug port disabled"),
	KP_END,
};

const struct kp_reg kp_amd_regs[] = {
	KP_REG1(0x1d9, KP_REG_PMU, "DebugCtl", "IA32_DEBUGCTLMSR", "debug control", debugctl_bits),
	KP_REG1(0xc00000e9, KP_REG_PMU, "IRPerfCount", "F17H_IRPERF", "retired instructions",
		NULL),
	KP_REG1(0xc000010e, KP_REG_PMU, "LbrSelect", "AMD64_LBR_SELECT",
		"branches that LBRv2 leaves out", lbr_select_bits),
	KP_REG1(0xc000010f, KP_REG_PMU, "DebugExtnCtl", "AMD_DBG_EXTN_CFG",
		"branch record control", dbg_extn_bits),
	KP_REG1(0xc0000300, KP_REG_GLOBAL_STATUS, "PerfCntrGlobalStatus",
		"AMD64_PERF_CNTR_GLOBAL_STATUS", "overflows and freezes, read-only",
		global_status_bits),
	KP_REG1(0xc0000301, KP_REG_GLOBAL_CTRL, "PerfCntrGlobalCtl",
		"AMD64_PERF_CNTR_GLOBAL_CTL", "a bit enables a counter", global_ctl_bits),
	KP_REG1(0xc0000302, KP_REG_GLOBAL_CLEAR, "PerfCntrGlobalStatusClr",
		"AMD64_PERF_CNTR_GLOBAL_STATUS_CLR", "ones clear the status", global_status_bits),
	KP_REG1(0xc0000303, KP_REG_GLOBAL_SET, "PerfCntrGlobalStatusSet",
		"AMD64_PERF_CNTR_GLOBAL_STATUS_SET", "ones set the status", global_status_bits),
	KP_REGN(0xc0010000, 4, 1, KP_REG_EVTSEL, "PerfEvtSel%u", "K7_EVNTSEL0",
		"event selector (legacy address)", evtsel_bits),
	KP_REGN(0xc0010004, 4, 1, KP_REG_COUNTER, "PerfCtr%u", "K7_PERFCTR0",
		"counter (legacy address)", NULL),
	KP_REG1(0xc0010015, KP_REG_OTHER, "HWCR", "K7_HWCR", "hardware configuration", hwcr_bits),
	KP_REG1(0xc0010114, KP_REG_OTHER, "VM_CR", "VM_CR", "SVM control", vm_cr_bits),
	KP_REG1(0xc0010117, KP_REG_OTHER, "VM_HSAVE_PA", "VM_HSAVE_PA", "host save area", NULL),
	KP_REG1(0xc0010130, KP_REG_OTHER, "GHCB", "AMD64_SEV_ES_GHCB",
		"SEV-ES: GHCB address or a request by MSR", ghcb_bits),
	KP_REG1(0xc0010131, KP_REG_OTHER, "SEV_STATUS", "AMD64_SEV", "SEV status", sev_bits),
	KP_REGN(0xc0010200, 6, 2, KP_REG_EVTSEL, "PERF_CTL%u", "F15H_PERF_CTL",
		"event selector of a core counter", evtsel_bits),
	KP_REGN(0xc0010201, 6, 2, KP_REG_COUNTER, "PERF_CTR%u", "F15H_PERF_CTR", "core counter",
		NULL),
	KP_REGN(0xc0010230, 6, 2, KP_REG_EVTSEL_L3, "ChL3PmcCfg%u", "F16H_L2I_PERF_CTL",
		"event selector of an L3 counter", l3_bits),
	KP_REGN(0xc0010231, 6, 2, KP_REG_PMU, "ChL3Pmc%u", "F16H_L2I_PERF_CTR", "L3 counter", NULL),
	KP_REGN(0xc0010240, 16, 2, KP_REG_EVTSEL_DF, "DF_PERF_CTL%u", "F15H_NB_PERF_CTL",
		"event selector of a data fabric (northbridge) counter", df_bits),
	KP_REGN(0xc0010241, 16, 2, KP_REG_PMU, "DF_PERF_CTR%u", "F15H_NB_PERF_CTR",
		"data fabric (northbridge) counter", NULL),
	KP_REGN(0xc0010300, 16, 2, KP_REG_PMU, "LastBranchStackFromIp%u", "AMD_SAMP_BR_FROM",
		"source of a recorded branch", lbr_from_bits),
	KP_REGN(0xc0010301, 16, 2, KP_REG_PMU, "LastBranchStackToIp%u", NULL,
		"target of a recorded branch", lbr_to_bits),
	KP_REGN(0xc0010800, 64, 2, KP_REG_PMU, "UMC_PERF_CTL%u", "F19H_UMC_PERF_CTL",
		"event selector of a memory controller counter", umc_bits),
	KP_REGN(0xc0010801, 64, 2, KP_REG_PMU, "UMC_PERF_CTR%u", "F19H_UMC_PERF_CTR",
		"memory controller counter", NULL),
	KP_END,
};

/*
 * APM volume 2, 13.2.1; as arch/x86/kvm/svm/pmu.c, amd_pmc_is_disabled_in_current_mode() has it: no
 * bit set counts always; any bit set needs EFER.SVME; then one bit alone must be the one of the
 * mode.
 */
bool kp_amd_counts_in(uint64_t evtsel, bool svme, bool guest)
{
	unsigned int hg = (unsigned int)(evtsel >> 40) & 3;

	if (!hg)
		return true;
	if (!svme)
		return false;
	return hg == 3 || (hg == 1) == guest;
}
