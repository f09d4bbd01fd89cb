// SPDX-License-Identifier: GPL-2.0-only
/*
 * generic.c - architectures without a file of their own: their entries and exits pair, and the
 * names of their exits come from the recording's own print format where it has them (tep.c), or
 * from a short table here where the kernel prints a bare number. Const tables.
 */
#include "archs.h"

#include <string.h>

/* ---- riscv: arch/riscv/kvm/trace.h ---- */

#define RISCV_IRQ 0x80000000u /* in kp_event.code: an interrupt, not an exception */

/*
 * scause, read into value2 in all its bits: the highest one (63, or 31 on 32-bit) says interrupt.
 * perf kvm stat drops it and so calls exceptions by names of interrupts.
 */
static void fix_scause(struct kp_event *ev)
{
	uint64_t scause = ev->value2;
	bool irq = scause >> 63 || (scause >> 31) == 1;

	ev->code = (uint32_t)(scause & 0x7fffffff) | (irq ? RISCV_IRQ : 0);
	ev->value2 = 0;
}

/* clang-format off */
static const struct kp_tp riscv_tps[] = {
	{ "kvm", "kvm_entry", KP_EV_ENTRY, { KP_TP_IP("pc", NULL) }, NULL },
	{ "kvm", "kvm_exit", KP_EV_EXIT,
	  { KP_TP_FIELD("scause", NULL, value2, KP_HAS_CODE), KP_TP_IP("sepc", NULL),
	    KP_TP_VALUE("stval", NULL) },
	  fix_scause },
	{ 0 },
};
/* clang-format on */

/* Named as arch/riscv/include/asm/csr.h does; RISC-V privileged architecture, "Cause codes" */
static const char *const riscv_exceptions[] = {
	[0] = "EXC_INST_MISALIGNED",
	[1] = "EXC_INST_ACCESS",
	[2] = "EXC_INST_ILLEGAL",
	[3] = "EXC_BREAKPOINT",
	[4] = "EXC_LOAD_MISALIGNED",
	[5] = "EXC_LOAD_ACCESS",
	[6] = "EXC_STORE_MISALIGNED",
	[7] = "EXC_STORE_ACCESS",
	[8] = "EXC_SYSCALL",
	[9] = "EXC_HYPERVISOR_SYSCALL",
	[10] = "EXC_SUPERVISOR_SYSCALL",
	[12] = "EXC_INST_PAGE_FAULT",
	[13] = "EXC_LOAD_PAGE_FAULT",
	[15] = "EXC_STORE_PAGE_FAULT",
	[20] = "EXC_INST_GUEST_PAGE_FAULT",
	[21] = "EXC_LOAD_GUEST_PAGE_FAULT",
	[22] = "EXC_VIRTUAL_INST_FAULT",
	[23] = "EXC_STORE_GUEST_PAGE_FAULT",
};

static const char *const riscv_interrupts[] = {
	[1] = "IRQ_S_SOFT",  [2] = "IRQ_VS_SOFT", [3] = "IRQ_M_SOFT",  [5] = "IRQ_S_TIMER",
	[6] = "IRQ_VS_TIMER", [7] = "IRQ_M_TIMER", [9] = "IRQ_S_EXT",	[10] = "IRQ_VS_EXT",
	[11] = "IRQ_M_EXT",  [12] = "IRQ_S_GEXT", [13] = "IRQ_PMU_OVF",
};

static const char *riscv_exit_name(uint8_t isa, uint32_t code)
{
	uint32_t cause = code & ~RISCV_IRQ;

	if (code & RISCV_IRQ)
		return cause < KP_ARRAY_SIZE(riscv_interrupts) ? riscv_interrupts[cause] : NULL;
	return cause < KP_ARRAY_SIZE(riscv_exceptions) ? riscv_exceptions[cause] : NULL;
}

static bool riscv_match(const char *machine, const char *cpuid)
{
	return machine && !strncmp(machine, "riscv", 5);
}

const struct kp_arch kp_arch_riscv = {
	.name = "riscv",
	.isa = KP_ISA_RISCV,
	.match = riscv_match,
	.tps = riscv_tps,
	.exit_name = riscv_exit_name,
	.exit_is_pmu = kp_no_exit_is_pmu,
};

/* ---- loongarch: arch/loongarch/kvm/trace.h ---- */

/* clang-format off */
static const struct kp_tp loongarch_tps[] = {
	{ "kvm", "kvm_enter", KP_EV_ENTRY,
	  { KP_TP_VCPU("vcpu_id", NULL), KP_TP_IP("pc", NULL) },
	  NULL },
	{ "kvm", "kvm_reenter", KP_EV_ENTRY,
	  { KP_TP_VCPU("vcpu_id", NULL), KP_TP_IP("pc", NULL) },
	  NULL },
	{ "kvm", "kvm_exit", KP_EV_EXIT,
	  { KP_TP_VCPU("vcpu_id", NULL), KP_TP_IP("pc", NULL), KP_TP_CODE("reason", NULL) },
	  NULL },
	{ 0	    },
};

/* ESTAT.Ecode: LoongArch reference manual vol. 1, "exception codes" */
static const char *const loongarch_exits[] = {
	[0] = "Interrupt",	  [1] = "Mem Read",   [2] = "Mem Store", [3] = "Inst Fetch",
	[4] = "Mem Modify",	  [15] = "FPU",	      [16] = "LSX",	 [17] = "LASX",
	[22] = "Privilege Error", [23] = "Hypercall",
};

static const char *loongarch_exit_name(uint8_t isa, uint32_t code)
{
	return code < KP_ARRAY_SIZE(loongarch_exits) ? loongarch_exits[code] : NULL;
}

static bool loongarch_match(const char *machine, const char *cpuid)
{
	return machine && !strncmp(machine, "loongarch", 9);
}

const struct kp_arch kp_arch_loongarch = {
	.name = "loongarch",
	.isa = KP_ISA_LOONGARCH,
	.match = loongarch_match,
	.tps = loongarch_tps,
	.exit_name = loongarch_exit_name,
	.exit_is_pmu = kp_no_exit_is_pmu,
};

/* ---- powerpc: arch/powerpc/kvm/trace_hv.h; its print format names the traps ---- */

/* clang-format off */
static const struct kp_tp powerpc_tps[] = {
	{ "kvm_hv", "kvm_guest_enter", KP_EV_ENTRY,
	  { KP_TP_VCPU("vcpu_id", NULL), KP_TP_IP("pc", NULL) },
	  NULL },
	{ "kvm_hv", "kvm_guest_exit", KP_EV_EXIT,
	  { KP_TP_VCPU("vcpu_id", NULL), KP_TP_CODE("trap", NULL), KP_TP_IP("pc", NULL),
	    KP_TP_VALUE("msr", NULL) },
	  NULL },
	{ 0	    },
};

static bool powerpc_match(const char *machine, const char *cpuid)
{
	return machine && !strncmp(machine, "ppc", 3);
}

const struct kp_arch kp_arch_powerpc = {
	.name = "powerpc",
	.isa = KP_ISA_PPC,
	.match = powerpc_match,
	.tps = powerpc_tps,
	.exit_name = kp_no_exit_name,
	.exit_is_pmu = kp_no_exit_is_pmu,
};

/* ---- s390: arch/s390/kvm/trace.h; its print format names the intercepts ---- */

/* clang-format off */
static const struct kp_tp s390_tps[] = {
	{ "kvm", "kvm_s390_sie_enter", KP_EV_ENTRY,
	  { KP_TP_VCPU("id", NULL), KP_TP_IP("pswaddr", NULL) },
	  NULL },
	{ "kvm", "kvm_s390_sie_exit", KP_EV_EXIT,
	  { KP_TP_VCPU("id", NULL), KP_TP_IP("pswaddr", NULL), KP_TP_CODE("icptcode", NULL) },
	  NULL },
	{ 0	    },
};

static bool s390_match(const char *machine, const char *cpuid)
{
	return machine && !strncmp(machine, "s390", 4);
}

const struct kp_arch kp_arch_s390 = {
	.name = "s390",
	.isa = KP_ISA_S390,
	.match = s390_match,
	.tps = s390_tps,
	.exit_name = kp_no_exit_name,
	.exit_is_pmu = kp_no_exit_is_pmu,
};

/* ---- everything else: what an entry or exit most likely calls its fields ---- */

/* clang-format off */
static const struct kp_tp generic_tps[] = {
	{ "kvm", "kvm_entry", KP_EV_ENTRY,
	  { KP_TP_VCPU("vcpu_id", "id"), KP_TP_IP("pc", "vcpu_pc") },
	  NULL },
	{ "kvm", "kvm_enter", KP_EV_ENTRY,
	  { KP_TP_VCPU("vcpu_id", "id"), KP_TP_IP("pc", "vcpu_pc") },
	  NULL },
	{ "kvm", "kvm_exit", KP_EV_EXIT,
	  { KP_TP_VCPU("vcpu_id", "id"), KP_TP_CODE("exit_reason", "reason"),
	    KP_TP_IP("pc", "vcpu_pc") },
	  NULL },
	{ 0	    },
};

static bool generic_match(const char *machine, const char *cpuid)
{
	return true;
}

const struct kp_arch kp_arch_generic = {
	.name = "generic",
	.isa = KP_ISA_UNKNOWN,
	.match = generic_match,
	.tps = generic_tps,
	.exit_name = kp_no_exit_name,
	.exit_is_pmu = kp_no_exit_is_pmu,
};
