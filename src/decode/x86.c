// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86.c - the tracepoints of KVM on x86 and of msr:*, the same for all vendors; x86 of a vendor
 * that the recording does not name. Const tables and the functions that pack their fields.
 */
#include "archs.h"
#include "regtab.h"
#include "x86_msr.h"

#include <string.h>

static void fix_write(struct kp_event *ev)
{
	ev->flags = ev->flags ? KP_F_WRITE : 0;
}

static void fix_soft(struct kp_event *ev)
{
	ev->flags = ev->flags ? KP_F_SOFT : 0;
}

/* reserved[0]: has_error */
static void fix_exception(struct kp_event *ev)
{
	if (ev->reserved[0])
		return;
	ev->value = 0;
	ev->valid &= ~(uint32_t)KP_HAS_VALUE;
}

/* dm is an APIC_DM_* value: the delivery mode in bits 8-10 (arch/x86/kvm/trace.h) */
static void fix_accept(struct kp_event *ev)
{
	ev->value = ev->value >> 8 & 7;
	ev->flags = ev->flags ? KP_F_LEVEL : 0;
}

/* struct part - the @nr MSRs from @first, every @step-th */
struct part {
	uint32_t first;
	uint8_t nr, step;
	uint8_t part;
};

/* arch/x86/include/asm/msr-index.h; KVM switches all of these for a mediated vPMU */
static const struct part parts[] = {
	{ 0xc0010200, 6, 2, KP_PMU_SELECTOR },	 { 0xc0010201, 6, 2, KP_PMU_COUNTER },
	{ 0xc0010000, 4, 1, KP_PMU_SELECTOR },	 { 0xc0010004, 4, 1, KP_PMU_COUNTER },
	{ 0x186, 8, 1, KP_PMU_SELECTOR },	 { 0x0c1, 8, 1, KP_PMU_COUNTER },
	{ 0x4c1, 8, 1, KP_PMU_COUNTER },	 { 0x309, 16, 1, KP_PMU_FIXED_COUNTER },
	{ 0x38d, 1, 1, KP_PMU_FIXED_CTRL },	 { 0x38e, 1, 1, KP_PMU_STATUS },
	{ 0x38f, 1, 1, KP_PMU_GLOBAL_CTRL },	 { 0x390, 1, 1, KP_PMU_STATUS_RESET },
	{ 0x391, 1, 1, KP_PMU_STATUS_SET },	 { 0x834, 1, 1, KP_PMU_LVTPC },
	{ 0x1900, 32, 4, KP_PMU_COUNTER },	 { 0x1901, 32, 4, KP_PMU_SELECTOR },
	{ 0x1980, 16, 4, KP_PMU_FIXED_COUNTER },
};

static const uint8_t amd_control[] = {
	KP_PMU_STATUS,
	KP_PMU_GLOBAL_CTRL_LOADED,
	KP_PMU_STATUS_RESET,
	KP_PMU_STATUS_SET,
};

/* Which part of the PMU it is, and (@index may be NULL) which one of its kind. */
static uint32_t pmu_part(uint32_t msr, uint64_t *index)
{
	uint32_t at = msr - 0xc0010200;
	size_t i;

	if (KP_LIKELY(at < 12)) { /* the first two rows, most of what an AMD host accesses */
		if (index)
			*index = at / 2;
		return at & 1 ? KP_PMU_COUNTER : KP_PMU_SELECTOR;
	}
	at = msr - 0xc0000300; /* the next four: most of the rest of it */
	if (at < KP_ARRAY_SIZE(amd_control)) {
		if (index)
			*index = 0;
		return amd_control[at];
	}
	/* two rows there: the rest is the local APIC and the timer, most of what guests access */
	if (msr >= 0x392 && msr < 0x1900 && msr != 0x834 && msr - 0x4c1 >= 8)
		return KP_PMU_NONE;
	for (i = 0; i < KP_ARRAY_SIZE(parts); i++) {
		at = msr - parts[i].first;
		if (at >= (uint32_t)parts[i].nr * parts[i].step || at % parts[i].step)
			continue;
		if (index)
			*index = at / parts[i].step;
		return parts[i].part;
	}
	return KP_PMU_NONE;
}

/* reserved[0]: exception. The write flag is a whole int in the format. */
static void fix_msr(struct kp_event *ev)
{
	ev->flags = (ev->flags ? KP_F_WRITE : 0) | (ev->reserved[0] ? KP_F_FAULT : 0);
	ev->extra = pmu_part(ev->code, &ev->value2);
	ev->valid |= KP_HAS_EXTRA | (ev->extra ? KP_HAS_VALUE2 : 0);
}

/* A failed access traced by msr:* is a fault; the value read is then meaningless. */
static void fix_host_msr(struct kp_event *ev)
{
	ev->flags = ev->flags ? KP_F_FAULT : 0;
	ev->extra = pmu_part(ev->code, NULL);
	ev->valid |= KP_HAS_EXTRA;
}

/* RDPMC numbers Intel's fixed counters from INTEL_PMC_FIXED_RDPMC_BASE (asm/perf_event.h). */
static void fix_rdpmc(struct kp_event *ev)
{
	ev->flags = ev->flags ? KP_F_FAULT : 0;
	ev->extra = ev->code & KP_BIT(30) ? KP_PMU_FIXED_COUNTER : KP_PMU_COUNTER;
	ev->valid |= KP_HAS_EXTRA;
}

/*
 * arch/x86/kvm/trace.h. isa came with 2.6.39, info1 and info2 with 3.1, intr_info, error_code and
 * vcpu_id with 5.11; kvm_entry had only vcpu_id before 5.7.
 */
/* clang-format off */
const struct kp_tp kp_x86_tps[] = {
	{ "kvm", "kvm_entry", KP_EV_ENTRY,
	  { KP_TP_VCPU("vcpu_id", NULL), KP_TP_IP("rip", NULL) },
	  NULL },
	{ "kvm", "kvm_exit", KP_EV_EXIT,
	  { KP_TP_CODE("exit_reason", NULL), KP_TP_IP("guest_rip", NULL), KP_TP_ISA("isa", NULL),
	    KP_TP_VALUE("info1", NULL), KP_TP_VALUE2("info2", NULL), KP_TP_EXTRA("intr_info", NULL),
	    KP_TP_VCPU("vcpu_id", NULL) },
	  NULL },
	{ "kvm", "kvm_msr", KP_EV_MSR,
	  { KP_TP_CODE("ecx", NULL), KP_TP_VALUE("data", NULL),
	    KP_TP_FIELD("write", NULL, flags, KP_HAS_FLAGS), KP_TP_SCRATCH("exception", NULL, 0) },
	  fix_msr },
	{ "kvm", "kvm_pio", KP_EV_PIO,
	  { KP_TP_CODE("port", NULL), KP_TP_VALUE("val", NULL), KP_TP_EXTRA("size", NULL),
	    KP_TP_FIELD("rw", NULL, flags, KP_HAS_FLAGS) },
	  fix_write },
	{ "kvm", "kvm_inj_virq", KP_EV_INJ_VIRQ,
	  { KP_TP_CODE("vector", "irq"), KP_TP_FIELD("soft", NULL, flags, KP_HAS_FLAGS) },
	  fix_soft },
	{ "kvm", "kvm_inj_exception", KP_EV_INJ_EXC,
	  { KP_TP_CODE("exception", NULL), KP_TP_VALUE("error_code", NULL),
	    KP_TP_SCRATCH("has_error", NULL, 0) },
	  fix_exception },
	{ "kvm", "kvm_apic_accept_irq", KP_EV_APIC_ACCEPT,
	  { KP_TP_EXTRA("apicid", NULL), KP_TP_CODE("vec", NULL), KP_TP_VALUE("dm", NULL),
	    KP_TP_FIELD("tm", NULL, flags, KP_HAS_FLAGS) },
	  fix_accept },
	{ "kvm", "kvm_nested_vmenter", KP_EV_NESTED_ENTER,
	  { KP_TP_IP("nested_rip", NULL), KP_TP_ISA("isa", NULL) },
	  NULL },
	{ "kvm", "kvm_nested_vmrun", KP_EV_NESTED_ENTER, /* its name before 6.1 */
	  { KP_TP_IP("nested_rip", NULL) },
	  NULL },
	{ "kvm", "kvm_nested_vmexit", KP_EV_NESTED_EXIT,
	  { KP_TP_CODE("exit_reason", "exit_code"), KP_TP_IP("guest_rip", "rip"),
	    KP_TP_ISA("isa", NULL), KP_TP_VALUE("info1", "exit_info1"),
	    KP_TP_VALUE2("info2", "exit_info2"), KP_TP_EXTRA("intr_info", "exit_int_info"),
	    KP_TP_VCPU("vcpu_id", NULL) },
	  NULL },
	{ "kvm", "kvm_nested_vmexit_inject", KP_EV_NESTED_INJ,
	  { KP_TP_CODE("exit_code", NULL), KP_TP_ISA("isa", NULL), KP_TP_VALUE("exit_info1", NULL),
	    KP_TP_VALUE2("exit_info2", NULL), KP_TP_EXTRA("exit_int_info", NULL) },
	  NULL },
	{ "msr", "read_msr", KP_EV_HOST_RDMSR,
	  { KP_TP_CODE("msr", NULL), KP_TP_VALUE("val", NULL),
	    KP_TP_FIELD("failed", NULL, flags, KP_HAS_FLAGS) },
	  fix_host_msr },
	{ "msr", "write_msr", KP_EV_HOST_WRMSR,
	  { KP_TP_CODE("msr", NULL), KP_TP_VALUE("val", NULL),
	    KP_TP_FIELD("failed", NULL, flags, KP_HAS_FLAGS) },
	  fix_host_msr },
	{ "msr", "rdpmc", KP_EV_HOST_RDPMC,
	  { KP_TP_CODE("msr", NULL), KP_TP_VALUE("val", NULL),
	    KP_TP_FIELD("failed", NULL, flags, KP_HAS_FLAGS) },
	  fix_rdpmc },
	{ 0	    },
};

bool kp_x86_machine(const char *machine)
{
	return !strcmp(machine, "x86_64") || !strcmp(machine, "amd64") ||
	       (machine[0] == 'i' && machine[1] && !strcmp(machine + 2, "86"));
}

const char *kp_x86_exit_name(uint8_t isa, uint32_t code)
{
	if (isa == KP_ISA_VMX)
		return kp_vmx_exit_name(code);
	if (isa == KP_ISA_SVM)
		return kp_svm_exit_name(code);
	return NULL;
}

static bool vmx_exit_datum(uint32_t code, enum kp_exit_datum which, const char **name,
			   const struct kp_bits **bits)
{
	static const char *const names[KP_EXIT_DATA] = {
		[KP_EXIT_INFO1] = "EXIT_QUALIFICATION",
		[KP_EXIT_INFO2] = "IDT_VECTORING_INFO_FIELD",
		[KP_EXIT_INTR_INFO] = "VM_EXIT_INTR_INFO",
	};

	*name = names[which];
	*bits = which == KP_EXIT_INFO1 ? kp_vmx_qualification_bits(code) : kp_vmx_intr_info_bits();
	return true;
}

static bool svm_exit_datum(uint32_t code, enum kp_exit_datum which, const char **name,
			   const struct kp_bits **bits)
{
	static const char *const names[KP_EXIT_DATA] = {
		[KP_EXIT_INFO1] = "EXITINFO1",
		[KP_EXIT_INFO2] = "EXITINFO2",
		[KP_EXIT_INTR_INFO] = "EXITINTINFO",
	};

	*name = names[which];
	*bits = which == KP_EXIT_INTR_INFO ? kp_svm_intr_info_bits()
					   : kp_svm_info_bits(code, which == KP_EXIT_INFO2);
	return true;
}

bool kp_x86_exit_datum(uint8_t isa, uint32_t code, enum kp_exit_datum which, const char **name,
		       const struct kp_bits **bits)
{
	if (isa == KP_ISA_VMX)
		return vmx_exit_datum(code, which, name, bits);
	return isa == KP_ISA_SVM && svm_exit_datum(code, which, name, bits);
}

static const struct kp_reg *const tables[] = { kp_x86_regs, NULL };

static const struct kp_reg_set regs = { tables, kp_msr_kernel_name, kp_msr_kernel_find };

static bool x86_match(const char *machine, const char *cpuid)
{
	return machine && kp_x86_machine(machine);
}

/* No isa of its own: kvm_exit's isa field tells, since 2.6.39. */
const struct kp_arch kp_arch_x86 = {
	.name = "x86",
	.isa = KP_ISA_UNKNOWN,
	.match = x86_match,
	.tps = kp_x86_tps,
	.exit_name = kp_x86_exit_name,
	.exit_is_pmu = kp_no_exit_is_pmu,
	.regs = &regs,
	.exit_datum = kp_x86_exit_datum,
};
