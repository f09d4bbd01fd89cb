// SPDX-License-Identifier: GPL-2.0-only
/*
 * common.c - tracepoints that mean the same on every architecture, and the names of userspace
 * exits. Const tables and the small functions that pack their fields.
 */
#include "archs.h"

#include <string.h>

/*
 * include/trace/events/kvm.h: errno < 0 when KVM_RUN returned an error, and reason means nothing
 * then
 */
static void fix_userspace_exit(struct kp_event *ev)
{
	int64_t err = (int64_t)ev->value;

	ev->value = err < 0 ? (uint64_t)-err : 0;
}

/* include/trace/events/kvm.h: KVM_TRACE_MMIO_READ_UNSATISFIED 0, READ 1, WRITE 2 */
static void fix_mmio(struct kp_event *ev)
{
	static const uint8_t flags[] = { KP_F_UNSATISFIED, 0, KP_F_WRITE };

	if (ev->flags < KP_ARRAY_SIZE(flags))
		ev->flags = flags[ev->flags];
	else
		ev->valid &= ~(uint32_t)KP_HAS_FLAGS;
}

/* What drivers/perf/arm_pmu.c calls the interrupt of every CPU PMU, NMIs among them. */
static void fix_irq(struct kp_event *ev)
{
	_Static_assert(sizeof("arm-pmu") == sizeof(ev->value), "the name fills the member");
	if ((ev->valid & KP_HAS_VALUE) && !memcmp(&ev->value, "arm-pmu", sizeof(ev->value)))
		ev->flags = KP_F_PMU;
	ev->valid |= ev->valid & KP_HAS_VALUE ? KP_HAS_FLAGS : 0;
	ev->valid &= ~(uint32_t)KP_HAS_VALUE;
	ev->value = 0;
}

/* clang-format off */
const struct kp_tp kp_arch_common_tps[] = {
	{ "kvm", "kvm_userspace_exit", KP_EV_USER_EXIT,
	  { KP_TP_CODE("reason", NULL), KP_TP_VALUE("errno", NULL) },
	  fix_userspace_exit },
	{ "kvm", "kvm_mmio", KP_EV_MMIO,
	  { KP_TP_VALUE("gpa", NULL), KP_TP_VALUE2("val", NULL), KP_TP_EXTRA("len", NULL),
	    KP_TP_FIELD("type", NULL, flags, KP_HAS_FLAGS) },
	  fix_mmio },
	{ "sched", "sched_migrate_task", KP_EV_MIGRATE,
	  { KP_TP_EXTRA("pid", NULL), KP_TP_CODE("orig_cpu", NULL), KP_TP_VALUE("dest_cpu", NULL) },
	  NULL },
	{ "sched", "sched_switch", KP_EV_SCHED,
	  { KP_TP_EXTRA("prev_pid", NULL), KP_TP_CODE("next_pid", NULL),
	    KP_TP_VALUE("prev_state", NULL) },
	  NULL },
	{ "nmi", "nmi_handler", KP_EV_NMI,
	  { KP_TP_IP("handler", NULL), KP_TP_VALUE("delta_ns", NULL),
	    KP_TP_EXTRA("handled", NULL) },
	  NULL },
	{ "irq", "irq_handler_entry", KP_EV_IRQ,
	  { KP_TP_CODE("irq", NULL), KP_TP_TEXT("name", value, KP_HAS_VALUE) },
	  fix_irq },
	{ "irq", "irq_handler_exit", KP_EV_IRQ_END,
	  { KP_TP_CODE("irq", NULL), KP_TP_VALUE("ret", NULL) },
	  NULL },
	{ 0	    },
};

/* KVM_EXIT_* of include/uapi/linux/kvm.h */
static const char *const user_exits[] = {
	[0] = "UNKNOWN",
	[1] = "EXCEPTION",
	[2] = "IO",
	[3] = "HYPERCALL",
	[4] = "DEBUG",
	[5] = "HLT",
	[6] = "MMIO",
	[7] = "IRQ_WINDOW_OPEN",
	[8] = "SHUTDOWN",
	[9] = "FAIL_ENTRY",
	[10] = "INTR",
	[11] = "SET_TPR",
	[12] = "TPR_ACCESS",
	[13] = "S390_SIEIC",
	[14] = "S390_RESET",
	[15] = "DCR",
	[16] = "NMI",
	[17] = "INTERNAL_ERROR",
	[18] = "OSI",
	[19] = "PAPR_HCALL",
	[20] = "S390_UCONTROL",
	[21] = "WATCHDOG",
	[22] = "S390_TSCH",
	[23] = "EPR",
	[24] = "SYSTEM_EVENT",
	[25] = "S390_STSI",
	[26] = "IOAPIC_EOI",
	[27] = "HYPERV",
	[28] = "ARM_NISV",
	[29] = "X86_RDMSR",
	[30] = "X86_WRMSR",
	[31] = "DIRTY_RING_FULL",
	[32] = "AP_RESET_HOLD",
	[33] = "X86_BUS_LOCK",
	[34] = "XEN",
	[35] = "RISCV_SBI",
	[36] = "RISCV_CSR",
	[37] = "NOTIFY",
	[38] = "LOONGARCH_IOCSR",
	[39] = "MEMORY_FAULT",
	[40] = "TDX",
	[41] = "ARM_SEA",
	[42] = "ARM_LDST64B",
	[43] = "SNP_REQ_CERTS",
};

const char *kp_user_exit_name(uint32_t code)
{
	return code < KP_ARRAY_SIZE(user_exits) ? user_exits[code] : NULL;
}
