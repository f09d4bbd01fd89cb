/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event.h - struct kp_event, the one thing that travels from the decoders to the model. It is a
 * value: it holds no pointers, can be stored, sorted and compared. Includes only kp.h.
 */
#ifndef KP_EVENT_H
#define KP_EVENT_H

#include "kp.h"

/**
 * enum kp_kind - what happened. The comment behind each kind says what code, value, value2, extra,
 * ip and flags mean for it; a field not named there is not set, and its valid bit is clear.
 *
 * Sources of the tracepoints: arch/x86/kvm/trace.h, arch/arm64/kvm/trace_arm.h,
 * trace_handle_exit.h, virt/kvm/, include/trace/events/{kvm,sched,nmi,irq}.h,
 * arch/x86/include/asm/msr-trace.h.
 */
enum kp_kind {
	KP_EV_NONE = 0, /* decoded, of no interest to any model */
	KP_EV_ENTRY, /* kvm_entry: ip = guest PC, vcpu */
	KP_EV_EXIT, /* kvm_exit: code = reason (arm64: ret | esr_ec << 8, see arch.h),
			      ip = guest PC, value = info1, value2 = info2, extra = intr_info,
			      isa */
	KP_EV_USER_EXIT, /* kvm_userspace_exit: code = KVM_EXIT_*, value = errno (0: none) */
	KP_EV_MSR, /* kvm_msr: code = MSR index, value = data, flags KP_F_WRITE, KP_F_FAULT,
			      extra = enum kp_pmu_part, value2 = which counter of a PMU's */
	KP_EV_PIO, /* kvm_pio: code = port, value = data, extra = size, KP_F_WRITE */
	KP_EV_MMIO, /* kvm_mmio: ip unset, value = gpa, value2 = data, extra = len, KP_F_WRITE,
			      KP_F_UNSATISFIED */
	KP_EV_SYSREG, /* kvm_sys_access: code = Op0:2 Op1:3 CRn:4 CRm:4 Op2:3 as in ESR.ISS order
			      packed by KP_SYSREG(), ip = PC, KP_F_WRITE */
	KP_EV_INJ_VIRQ, /* kvm_inj_virq: code = vector, KP_F_SOFT */
	KP_EV_INJ_EXC, /* kvm_inj_exception: code = vector, value = error code */
	KP_EV_APIC_ACCEPT, /* kvm_apic_accept_irq: extra = APIC id, code = vector, value = delivery
			      mode, KP_F_LEVEL */
	KP_EV_VGIC_IRQ, /* vgic_update_irq_pending: vcpu, code = irq, value = level */
	KP_EV_NESTED_ENTER, /* kvm_nested_vmenter */
	KP_EV_NESTED_EXIT, /* kvm_nested_vmexit: as KP_EV_EXIT */
	KP_EV_NESTED_INJ, /* kvm_nested_vmexit_inject: as KP_EV_EXIT */
	KP_EV_HOST_RDMSR, /* msr:read_msr: code = MSR, value, extra = enum kp_pmu_part */
	KP_EV_HOST_WRMSR, /* msr:write_msr: code = MSR, value, extra = enum kp_pmu_part */
	KP_EV_HOST_RDPMC, /* msr:rdpmc: code = counter, value, extra = enum kp_pmu_part */
	KP_EV_NMI, /* nmi:nmi_handler: ip = handler, value = delta_ns, extra = handled */
	KP_EV_MIGRATE, /* sched_migrate_task: extra = the moved task's pid, code = orig_cpu,
			      value = dest_cpu */
	KP_EV_SCHED, /* sched_switch: extra = prev pid, code = next pid, value = prev_state */
	KP_EV_SWITCH, /* a switch window of record --switch (swbatch.h), at the end of its put:
			      code = reason of its last exit, isa, extra = its entries, vcpu;
			      value = load, value2 = put, packed by KP_SWITCH_NS(), period = what
			      probes added between the exit before and the entry, KP_F_NESTED */
	KP_EV_PMI, /* PMIs of a mediated vPMU (swbatch.h): code = enum kp_pmi_hop, value = number,
			      vcpu; before the exit that followed */
	KP_EV_IRQ, /* irq:irq_handler_entry: code = number of Linux's, KP_F_PMU */
	KP_EV_IRQ_END, /* irq:irq_handler_exit: code = number, value = IRQ_HANDLED 1, IRQ_NONE 0 */
	KP_EV_SAMPLE, /* a hardware, cache, raw, software or breakpoint event: ip, period, mode */
	KP_EV_TRACEPOINT, /* any other tracepoint; only its attr tells which */
	KP_EV_LOST, /* PERF_RECORD_LOST: value = number of lost events */
	KP_EV_LOST_SAMPLES, /* PERF_RECORD_LOST_SAMPLES: value = number of lost samples */
	KP_EV_THROTTLE, /* PERF_RECORD_THROTTLE or UNTHROTTLE: value = 1 or 0 */
	KP_EV_TASK, /* code = PERF_RECORD_*. COMM, MMAP, MMAP2, KSYMBOL: value = id of the stored
			      record in the decoder's side-band table (decode.h), not set when the
			      table was full. FORK, EXIT: pid and tid of the new or ending task,
			      extra = its parent's pid */
	KP_EV_MAX
};

/** enum kp_pmi_hop - on a guest's PMI's way */
enum kp_pmi_hop {
	KP_PMI_RAISED, /* the interrupt came: kvm_handle_guest_mediated_pmi() */
	KP_PMI_DELIVERED, /* to the guest's LVTPC: kvm_pmu_deliver_pmi() */
};

/**
 * KP_SWITCH_NS - durations of a load or a put as one number: perf's part of it (host events out, or
 * in) above KVM's own
 */
#define KP_SWITCH_NS(host, own) ((uint64_t)(uint32_t)(host) << 32 | (uint32_t)(own))
#define KP_SWITCH_HOST_NS(v)	((uint32_t)((v) >> 32))
#define KP_SWITCH_OWN_NS(v)	((uint32_t)(v))

/**
 * enum kp_pmu_part - which part of an x86 PMU a register is, the same words for all vendors. From
 * the MSR numbers of arch/x86/include/asm/msr-index.h; @KP_PMU_NONE: a register of another unit
 * @KP_PMU_COUNTER: general counters; RDPMC reads them too
 * @KP_PMU_STATUS_RESET: GLOBAL_OVF_CTRL, GLOBAL_STATUS_RESET, PERF_CNTR_GLOBAL_STATUS_CLR
 * @KP_PMU_GLOBAL_CTRL_LOADED: GLOBAL_CTRL of AMD, which KVM writes itself at the end of a load;
 *	Intel's is loaded by the VM entry
 */
enum kp_pmu_part {
	KP_PMU_NONE = 0,
	KP_PMU_GLOBAL_CTRL,
	KP_PMU_GLOBAL_CTRL_LOADED,
	KP_PMU_STATUS,
	KP_PMU_STATUS_SET,
	KP_PMU_STATUS_RESET,
	KP_PMU_COUNTER,
	KP_PMU_SELECTOR,
	KP_PMU_FIXED_COUNTER,
	KP_PMU_FIXED_CTRL,
	KP_PMU_LVTPC,
	KP_PMU_PARTS
};

/**
 * enum kp_mode - which side of the virtualisation border a sample was taken on;
 * PERF_RECORD_MISC_CPUMODE_MASK in include/uapi/linux/perf_event.h.
 */
enum kp_mode {
	KP_MODE_UNKNOWN = 0,
	KP_MODE_HOST_KERNEL,
	KP_MODE_HOST_USER,
	KP_MODE_HYPERVISOR,
	KP_MODE_GUEST_KERNEL,
	KP_MODE_GUEST_USER,
};

/**
 * enum kp_isa - instruction set whose exit reasons kp_event.code speaks. VMX and SVM are the
 * values of KVM_ISA_VMX and KVM_ISA_SVM in arch/x86/kvm/trace.h.
 */
enum kp_isa {
	KP_ISA_UNKNOWN = 0,
	KP_ISA_VMX = 1,
	KP_ISA_SVM = 2,
	KP_ISA_ARM64,
	KP_ISA_RISCV,
	KP_ISA_LOONGARCH,
	KP_ISA_S390,
	KP_ISA_PPC,
	KP_ISA_MAX
};

/* kp_event.valid: a field whose bit is clear is unknown, which is not the same as zero. */
#define KP_HAS_TIME   KP_BIT(0)
#define KP_HAS_CPU    KP_BIT(1)
#define KP_HAS_TID    KP_BIT(2) /* pid and tid */
#define KP_HAS_IP     KP_BIT(3)
#define KP_HAS_PERIOD KP_BIT(4)
#define KP_HAS_VCPU   KP_BIT(5)
#define KP_HAS_CODE   KP_BIT(6)
#define KP_HAS_VALUE  KP_BIT(7)
#define KP_HAS_VALUE2 KP_BIT(8)
#define KP_HAS_EXTRA  KP_BIT(9)
#define KP_HAS_ISA    KP_BIT(10)
#define KP_HAS_ATTR   KP_BIT(11)
#define KP_HAS_FLAGS  KP_BIT(12)

/* kp_event.flags, meaning as given with each kind */
#define KP_F_WRITE	 KP_BIT(0)
#define KP_F_FAULT	 KP_BIT(1)
#define KP_F_SOFT	 KP_BIT(2)
#define KP_F_LEVEL	 KP_BIT(3)
#define KP_F_UNSATISFIED KP_BIT(4)
#define KP_F_PRECISE	 KP_BIT(5) /* PERF_RECORD_MISC_EXACT_IP */
#define KP_F_NESTED	 KP_BIT(6) /* the exit was a nested guest's */
#define KP_F_PMU	 KP_BIT(7) /* the interrupt is a PMU's of arm or arm64 */

/**
 * KP_SYSREG - an arm64 system register as one number: op0 in bits 20-21, op2 17-19, op1 14-16,
 * CRn 10-13, CRm 1-4; the layout of ESR_ELx.ISS for EC 0x18 (Arm ARM, ISS encoding for an
 * exception from MSR, MRS, or System instruction execution) without Rt and Direction.
 */
#define KP_SYSREG(op0, op1, crn, crm, op2)                                             \
	(((uint32_t)(op0) << 20) | ((uint32_t)(op2) << 17) | ((uint32_t)(op1) << 14) | \
	 ((uint32_t)(crn) << 10) | ((uint32_t)(crm) << 1))

/**
 * struct kp_event - one decoded event
 * @time_ns: perf's sample time; the clock is the recording's (perf_event_attr.clockid), 0 only when
 *   the
 *	valid bit is clear
 * @offset: where its record starts in the file (or the running byte count of a live source);
 *	also the tie-break between events of equal time
 * @ip: program counter, by kind
 * @value: main datum, by kind
 * @value2: second datum, by kind
 * @period: events this sample stands for
 * @valid: KP_HAS_* bits
 * @pid: process (tgid). A VM is its process: two VMs in one process cannot be told apart by
 *	tracepoints, and are shown as one
 * @tid: thread; a vCPU is its thread
 * @cpu: host CPU
 * @code: what kind of it: exit reason, MSR, port, vector, by kind
 * @extra: third datum, by kind
 * @kind: enum kp_kind
 * @attr: index of the event in kp_meta.attrs
 * @vcpu: vCPU id as KVM numbers it
 * @mode: enum kp_mode
 * @isa: enum kp_isa
 * @flags: KP_F_*
 */
struct kp_event {
	uint64_t time_ns;
	uint64_t offset;
	uint64_t ip;
	uint64_t value;
	uint64_t value2;
	uint64_t period;
	uint32_t valid;
	uint32_t pid;
	uint32_t tid;
	uint32_t cpu;
	uint32_t code;
	uint32_t extra;
	uint16_t kind;
	uint16_t attr;
	uint16_t vcpu;
	uint8_t mode;
	uint8_t isa;
	uint8_t flags;
	uint8_t reserved[7];
};

_Static_assert(sizeof(struct kp_event) == 88, "kp_event travels by value: keep it small");

static inline bool kp_event_has(const struct kp_event *ev, uint32_t bits)
{
	return (ev->valid & bits) == bits;
}

#endif
