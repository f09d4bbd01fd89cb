// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86_msr.c - MSRs that every x86 vendor has and that show in traces of the PMU's neighbourhood:
 * EFER, CET and its shadow stacks, the x2APIC with LVTPC, KVM's own. And the kernel's names of all
 * others. linux: arch/x86/include/asm/{msr-index,apicdef}.h, arch/x86/include/uapi/asm/kvm_para.h.
 */
#include <string.h>
#include <strings.h>

#include "regtab.h"
#include "x86_msr.h"

static const struct kp_bits efer_bits[] = {
	KP_Q1(21, "AUTOIBRS", "automatic IBRS"),
	KP_Q1(15, "TCE", "translation cache extension"),
	KP_Q1(14, "FFXSR", "fast FXSAVE/FXRSTOR"),
	KP_Q1(13, "LMSLE", "segment limits in long mode"),
	KP_B1(12, "SVME", "SVM is on: GuestOnly and HostOnly of AMD's selectors are in force",
	      "SVM is off: a selector with GuestOnly or HostOnly counts nothing"),
	KP_B1(11, "NXE", "no-execute pages", NULL),
	KP_B1(10, "LMA", "long mode is active", NULL),
	KP_B1(8, "LME", "long mode is enabled", NULL),
	KP_B1(0, "SCE", "SYSCALL and SYSRET", NULL),
	KP_END,
};

static const struct kp_bits cet_bits[] = {
	KP_FQ(63, 12, "EB_LEG_BITMAP_BASE", "legacy code page bitmap"),
	KP_Q1(11, "TRACKER", "waits for ENDBRANCH"),
	KP_Q1(10, "SUPPRESS", "indirect branch tracking is suppressed"),
	KP_Q1(5, "SUPPRESS_DIS", "suppression is not allowed"),
	KP_Q1(4, "NO_TRACK_EN", "the no-track prefix is honoured"),
	KP_Q1(3, "LEG_IW_EN", "legacy code page bitmap is used"),
	KP_B1(2, "ENDBR_EN", "indirect branch tracking", NULL),
	KP_B1(1, "WR_SHSTK_EN", "WRSS may write shadow stacks", NULL),
	KP_B1(0, "SH_STK_EN", "shadow stacks", NULL),
	KP_END,
};

static const struct kp_bits xss_bits[] = {
	KP_Q1(16, "HWP", "hardware P-states"),
	KP_Q1(15, "ARCH_LBR", "architectural LBR"),
	KP_Q1(14, "UINTR", "user interrupts"),
	KP_Q1(13, "HDC", "hardware duty cycling"),
	KP_Q1(12, "CET_S", "supervisor shadow stacks"),
	KP_Q1(11, "CET_U", "user shadow stacks"),
	KP_Q1(10, "PASID", "PASID"),
	KP_Q1(8, "PT", "Intel PT"),
	KP_END,
};

static const struct kp_word delivery_modes[] = {
	{ 0, "fixed: the vector is delivered" },
	{ 1, "lowest priority" },
	{ 2, "SMI" },
	{ 3, "reserved" },
	{ 4, "NMI: the vector is ignored" },
	{ 5, "INIT" },
	{ 6, "start-up" },
	{ 7, "ExtINT: an external interrupt controller gives the vector" },
	{ 0, NULL },
};

/* SDM volume 3A, 11.5.1 "Local Vector Table"; the timer alone has bits 18:17 */
const struct kp_bits kp_x86_lvt_bits[] = {
	KP_B1(16, "Mask", "masked: nothing is delivered", "not masked"),
	KP_B1(12, "Delivery_Status", "send pending", "idle"),
	KP_FW(10, 8, "Delivery_Mode", delivery_modes),
	KP_F(7, 0, "Vector", NULL),
	KP_END,
};

static const struct kp_word lint_trigger[] = {
	{ 0, "edge" },
	{ 1, "level" },
	{ 0, NULL },
};

static const struct kp_bits lint_bits[] = {
	KP_B1(16, "Mask", "masked: nothing is delivered", "not masked"),
	KP_FW(15, 15, "Trigger_Mode", lint_trigger),
	KP_Q1(14, "Remote_IRR", "waits for EOI"),
	KP_B1(13, "Polarity", "active low", "active high"),
	KP_B1(12, "Delivery_Status", "send pending", "idle"),
	KP_FW(10, 8, "Delivery_Mode", delivery_modes),
	KP_F(7, 0, "Vector", NULL),
	KP_END,
};

static const struct kp_word timer_modes[] = {
	{ 0, "one-shot" },
	{ 1, "periodic" },
	{ 2, "TSC deadline" },
	{ 3, "reserved" },
	{ 0, NULL },
};

static const struct kp_bits lvtt_bits[] = {
	KP_FW(18, 17, "Timer_Mode", timer_modes),
	KP_B1(16, "Mask", "masked: nothing is delivered", "not masked"),
	KP_B1(12, "Delivery_Status", "send pending", "idle"),
	KP_F(7, 0, "Vector", NULL),
	KP_END,
};

static const struct kp_word shorthands[] = {
	{ 0, "to the destination" },
	{ 1, "to itself" },
	{ 2, "to all with itself" },
	{ 3, "to all but itself" },
	{ 0, NULL },
};

static const struct kp_bits icr_bits[] = {
	KP_F(63, 32, "Destination", NULL),
	KP_FW(19, 18, "Destination_Shorthand", shorthands),
	KP_FW(15, 15, "Trigger_Mode", lint_trigger),
	KP_B1(14, "Level", "assert", "de-assert"),
	KP_B1(11, "Destination_Mode", "logical", "physical"),
	KP_FW(10, 8, "Delivery_Mode", delivery_modes),
	KP_F(7, 0, "Vector", NULL),
	KP_END,
};

#define APIC(a, n, h, f) KP_REG1(a, KP_REG_OTHER, n, NULL, h, f)

const struct kp_reg kp_x86_regs[] = {
	APIC(0x802, "IA32_X2APIC_APICID", "x2APIC identifier", NULL),
	APIC(0x803, "IA32_X2APIC_VERSION", "x2APIC version", NULL),
	APIC(0x808, "IA32_X2APIC_TPR", "task priority", NULL),
	APIC(0x80a, "IA32_X2APIC_PPR", "processor priority", NULL),
	APIC(0x80b, "IA32_X2APIC_EOI", "end of interrupt", NULL),
	APIC(0x80d, "IA32_X2APIC_LDR", "logical destination", NULL),
	APIC(0x80f, "IA32_X2APIC_SIVR", "spurious interrupt vector", NULL),
	KP_REGN(0x810, 8, 1, KP_REG_OTHER, "IA32_X2APIC_ISR%u", NULL, "interrupts in service",
		NULL),
	KP_REGN(0x818, 8, 1, KP_REG_OTHER, "IA32_X2APIC_TMR%u", NULL, "level triggered interrupts",
		NULL),
	KP_REGN(0x820, 8, 1, KP_REG_OTHER, "IA32_X2APIC_IRR%u", NULL, "requested interrupts", NULL),
	APIC(0x828, "IA32_X2APIC_ESR", "APIC errors", NULL),
	APIC(0x82f, "IA32_X2APIC_LVT_CMCI", "local vector: corrected machine checks",
	     kp_x86_lvt_bits),
	APIC(0x830, "IA32_X2APIC_ICR", "interrupt command", icr_bits),
	APIC(0x832, "IA32_X2APIC_LVT_TIMER", "local vector: timer", lvtt_bits),
	APIC(0x833, "IA32_X2APIC_LVT_THERMAL", "local vector: thermal sensor", kp_x86_lvt_bits),
	KP_REG1(0x834, KP_REG_PMU, "IA32_X2APIC_LVT_PMI", NULL,
		"local vector: performance counter overflow (LVTPC)", kp_x86_lvt_bits),
	APIC(0x835, "IA32_X2APIC_LVT_LINT0", "local vector: LINT0 pin", lint_bits),
	APIC(0x836, "IA32_X2APIC_LVT_LINT1", "local vector: LINT1 pin", lint_bits),
	APIC(0x837, "IA32_X2APIC_LVT_ERROR", "local vector: APIC errors", kp_x86_lvt_bits),
	APIC(0x838, "IA32_X2APIC_INIT_COUNT", "timer: initial count", NULL),
	APIC(0x839, "IA32_X2APIC_CUR_COUNT", "timer: current count", NULL),
	APIC(0x83e, "IA32_X2APIC_DIV_CONF", "timer: divider", NULL),
	APIC(0x83f, "IA32_X2APIC_SELF_IPI", "interrupt to itself", NULL),
	KP_REG1(0x6a0, KP_REG_OTHER, "IA32_U_CET", "IA32_U_CET", "control-flow enforcement, user",
		cet_bits),
	KP_REG1(0x6a2, KP_REG_OTHER, "IA32_S_CET", "IA32_S_CET", "control-flow enforcement, kernel",
		cet_bits),
	KP_REGN(0x6a4, 4, 1, KP_REG_OTHER, "IA32_PL%u_SSP", "IA32_PL0_SSP",
		"shadow stack pointer of a ring", NULL),
	KP_REG1(0x6a8, KP_REG_OTHER, "IA32_INTERRUPT_SSP_TABLE_ADDR", "IA32_INT_SSP_TAB",
		"table of the interrupt shadow stacks", NULL),
	KP_REG1(0xda0, KP_REG_OTHER, "IA32_XSS", "IA32_XSS", "supervisor state that XSAVES saves",
		xss_bits),
	KP_REG1(0xc0000080, KP_REG_OTHER, "EFER", "EFER", "extended features", efer_bits),
	KP_END,
};

/* One row per name that the kernel gives an MSR, by number; the first of several is preferred. */
static const struct msr_name {
	uint32_t reg;
	const char *name;
} names[] = {
#define M(reg_, name_) { reg_, #name_ },
#include "x86_msr.def"
#undef M
};

_Static_assert(KP_ARRAY_SIZE(names) > 500, "x86_msr.def holds every MSR of msr-index.h");

/* Older vendors' and processors' names give way to today's (P4, K6, Centaur, Geode). */
static bool is_old(const char *name)
{
	static const char *const old[] = { "P4_",    "K6_",  "IDT_",
					   "GEODE_", "KNC_", "ATOM_PKG_" };
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(old); i++)
		if (!strncmp(name, old[i], strlen(old[i])))
			return true;
	return false;
}

static size_t lower_bound(uint32_t reg)
{
	size_t lo = 0, hi = KP_ARRAY_SIZE(names);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (names[mid].reg < reg)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const char *kp_msr_kernel_name(uint32_t reg)
{
	const char *name = NULL;
	size_t i;

	for (i = lower_bound(reg); i < KP_ARRAY_SIZE(names) && names[i].reg == reg; i++)
		if (!name || is_old(name))
			name = names[i].name;
	return name;
}

const char *kp_msr_kernel_alias(uint32_t reg, unsigned int n)
{
	size_t i = lower_bound(reg) + n;

	return i < KP_ARRAY_SIZE(names) && names[i].reg == reg ? names[i].name : NULL;
}

bool kp_msr_kernel_next(uint32_t *reg)
{
	size_t i = lower_bound(*reg);

	if (i == KP_ARRAY_SIZE(names))
		return false;
	*reg = names[i].reg;
	return true;
}

int kp_msr_kernel_find(const char *name, uint32_t *reg)
{
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(names); i++) {
		if (strcasecmp(names[i].name, name))
			continue;
		*reg = names[i].reg;
		return 0;
	}
	return -ENOENT;
}
