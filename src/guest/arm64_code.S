/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's own code for arm64: EL1, MMU on with memory mapped one to one, interrupts masked,
 * position independent. It is never executed by this process but copied into the guest's memory. It
 * touches its vCPU's shared page and what the payload is about; it needs no stack.
 *
 * While it runs: x19 shared page, x20 iteration limit (0: none), x21 iterations done, x22 the
 * payload. The host starts it at kp_guest_code_entry with x0 = shared page, x1 = the payload's
 * address. The interrupt handler uses x9 to x11.
 */
#if defined(__aarch64__)

#include "page.h"

/* GICv3 system registers by number: old assemblers do not know the names. */
#define ICC_PMR_EL1	s3_0_c4_c6_0
#define ICC_IAR1_EL1	s3_0_c12_c12_0
#define ICC_EOIR1_EL1	s3_0_c12_c12_1
#define ICC_SRE_EL1	s3_0_c12_c12_5
#define ICC_IGRPEN1_EL1	s3_0_c12_c12_7

#define PPI_PMU		23
#define PPI_VTIMER	27

	.macro kp_label name
	.globl kp_guest_code_\name
	.hidden kp_guest_code_\name
kp_guest_code_\name:
	.endm

	/* End of a payload's loop: falls through when the run is over. */
	.macro kp_again
	add	x21, x21, #1
	str	x21, [x19, #PG_ITER_DONE]
	ldr	x9, [x19, #PG_STOP]
	cbnz	x9, 7f
	cmp	x21, x20
	b.ne	1b
7:
	.endm

	.section .rodata.kp_guest_code, "a", @progbits
	.balign 2048
	kp_label start

	/* The vector table (Arm ARM D1.4.1), 0x80 a slot. Slot 5 is an interrupt at EL1. */
	.set	slot, 0
	.rept	16
	.balign 0x80
	.if	slot == 5
	b	kp_irq
	.else
	mov	x9, #(slot + 1)
	b	kp_fault
	.endif
	.set	slot, slot + 1
	.endr
	.balign 0x80

kp_fault:
	str	x9, [x19, #PG_FAULT_KIND]
	mrs	x9, esr_el1
	str	x9, [x19, #PG_FAULT_CODE]
	mrs	x9, elr_el1
	str	x9, [x19, #PG_FAULT_PC]
	mrs	x9, far_el1
	str	x9, [x19, #PG_FAULT_ADDR]
	mov	w10, #KP_CONTROL_FAULT
	b	kp_control

	/* Both sources, timer and PMU, are level: silence them before the EOI. */
kp_irq:
	ldr	x9, [x19, #PG_PRESET]
	cbnz	x9, kp_pmi
	msr	cntv_ctl_el0, xzr
kp_irq_end:
	isb
	ldr	x9, [x19, #PG_FLAGS]
	tst	x9, #KP_FLAG_GICV2
	b.ne	1f
	mrs	x10, ICC_IAR1_EL1
	msr	ICC_EOIR1_EL1, x10
	b	2f
1:	mov	x11, #KP_GICC_BASE
	ldr	w10, [x11, #0x0c]		/* GICC_IAR */
	str	w10, [x11, #0x10]		/* GICC_EOIR */
2:	ldr	x9, [x19, #PG_IRQS]
	add	x9, x9, #1
	str	x9, [x19, #PG_IRQS]
	eret

	/* What counter 0 holds in here is what it counted since it overflowed. */
kp_pmi:
	msr	pmselr_el0, xzr
	isb
	mrs	x10, pmxevcntr_el0
	ldr	x9, [x19, #PG_COUNTER_MASK]
	and	x10, x10, x9
	ldr	x9, [x19, #(PG_COUNTERS + CTR_SUM)]
	add	x9, x9, x10
	str	x9, [x19, #(PG_COUNTERS + CTR_SUM)]
	ldr	x9, [x19, #(PG_COUNTERS + CTR_MIN)]
	cmp	x10, x9
	csel	x9, x10, x9, lo
	str	x9, [x19, #(PG_COUNTERS + CTR_MIN)]
	ldr	x9, [x19, #(PG_COUNTERS + CTR_MAX)]
	cmp	x10, x9
	csel	x9, x10, x9, hi
	str	x9, [x19, #(PG_COUNTERS + CTR_MAX)]
	ldr	x9, [x19, #PG_READS]
	add	x9, x9, #1
	str	x9, [x19, #PG_READS]
	mov	x9, #-1
	msr	pmintenclr_el1, x9
	msr	pmovsclr_el0, x9
	b	kp_irq_end

	/* The host may have patched payload msr since the last run: drop stale instructions. */
	kp_label entry
	ic	iallu
	dsb	nsh
	isb
	mov	x19, x0
	mov	x22, x1
	ldr	x20, [x19, #PG_ITER_MAX]
	mov	x21, #0
	ldr	x0, [x19, #PG_FLAGS]
	tst	x0, #KP_FLAG_IRQ
	b.eq	1f
	bl	kp_gic
1:	ldr	x0, [x19, #PG_NR_COUNTERS]
	cbz	x0, 2f
	ldr	x0, [x19, #PG_FLAGS]
	tst	x0, #KP_FLAG_REPEATS
	b.ne	2f
	bl	kp_start
	bl	kp_counters_first
2:	isb
	mrs	x0, cntvct_el0
	str	x0, [x19, #PG_TICK_START]
	br	x22

kp_done:
	isb
	mrs	x0, cntvct_el0
	str	x0, [x19, #PG_TICK_END]
	ldr	x0, [x19, #PG_NR_COUNTERS]
	cbz	x0, 1f
	ldr	x0, [x19, #PG_FLAGS]
	tst	x0, #KP_FLAG_REPEATS
	b.ne	1f
	bl	kp_counters_last
	bl	kp_counters_fold
	bl	kp_halt
1:	mov	w10, #KP_CONTROL_DONE
kp_control:
	mov	x9, #KP_MMIO_CONTROL
1:	str	w10, [x9]
	b	1b

	/*
	 * Select the events, zero the counters, start them all at once. KVM resets the enable
	 * registers to an unknown pattern, hence the clears (arch/arm64/kvm/sys_regs.c).
	 */
kp_start:
	mov	x0, #-1
	msr	pmcntenclr_el0, x0
	msr	pmintenclr_el1, x0
	msr	pmovsclr_el0, x0
	add	x1, x19, #PG_START
	ldr	x2, [x19, #PG_NR_START]
1:	ldp	x3, x4, [x1], #16
	msr	pmselr_el0, x3
	isb
	msr	pmxevtyper_el0, x4		/* of counter 31: PMCCFILTR_EL0 */
	cmp	x3, #31
	b.eq	2f
	msr	pmxevcntr_el0, xzr
	b	3f
2:	msr	pmccntr_el0, xzr
3:	subs	x2, x2, #1
	b.ne	1b
	ldr	x0, [x19, #PG_PRESET]
	cbz	x0, 4f
	msr	pmselr_el0, xzr
	isb
	msr	pmxevcntr_el0, x0
	mov	x0, #1
	msr	pmintenset_el1, x0
4:	mov	x0, #0x41			/* PMCR_EL0.E, .LC */
	msr	pmcr_el0, x0
	ldr	x0, [x19, #PG_ENABLE]
	msr	pmcntenset_el0, x0
	isb
	ret

kp_halt:
	mov	x0, #-1
	msr	pmcntenclr_el0, x0
	msr	pmintenclr_el1, x0
	msr	pmovsclr_el0, x0
	isb
	ret

	/* Let the interrupts of timer and PMU through. */
kp_gic:
	ldr	x9, [x19, #PG_FLAGS]
	tst	x9, #KP_FLAG_GICV2
	mov	x10, #KP_GICD_BASE
	mov	w12, #(1 << PPI_VTIMER | 1 << PPI_PMU)
	b.ne	1f
	mov	w11, #0x12			/* GICD_CTLR: ARE, EnableGrp1 */
	str	w11, [x10]
	ldr	x10, [x19, #PG_GICR]
	add	x10, x10, #0x10000		/* SGI and PPI frame */
	mov	w11, #-1
	str	w11, [x10, #0x80]		/* GICR_IGROUPR0 */
	str	w12, [x10, #0x100]		/* GICR_ISENABLER0 */
	mov	x11, #7
	msr	ICC_SRE_EL1, x11
	isb
	mov	x11, #0xff
	msr	ICC_PMR_EL1, x11
	mov	x11, #1
	msr	ICC_IGRPEN1_EL1, x11
	isb
	ret
1:	mov	w11, #1
	str	w11, [x10]			/* GICD_CTLR */
	str	w12, [x10, #0x100]		/* GICD_ISENABLER0 */
	mov	x10, #KP_GICC_BASE
	mov	w12, #0xff
	str	w12, [x10, #4]			/* GICC_PMR */
	str	w11, [x10]			/* GICC_CTLR */
	ret

	/* Last counter first here and counter 0 first below, see page.h. */
kp_counters_first:
	ldr	x2, [x19, #PG_NR_COUNTERS]
	mov	x1, #CTR_SIZE
	madd	x1, x1, x2, x19
	add	x1, x1, #PG_COUNTERS
1:	sub	x1, x1, #CTR_SIZE
	ldr	x3, [x1, #CTR_SELECT]
	cmp	x3, #31
	b.eq	2f
	msr	pmselr_el0, x3
	isb
	mrs	x4, pmxevcntr_el0
	b	3f				/* 1 */
2:	mrs	x4, pmccntr_el0
3:	str	x4, [x1, #CTR_FIRST]		/* 2 */
	subs	x2, x2, #1			/* 3 */
	b.ne	1b				/* 4 */
	ret					/* 5 */

kp_counters_last:
	ldr	x2, [x19, #PG_NR_COUNTERS]	/* 8 */
	add	x1, x19, #PG_COUNTERS		/* 9 */
1:	ldr	x3, [x1, #CTR_SELECT]		/* 10 */
	cmp	x3, #31				/* 11 */
	b.eq	2f				/* 12 */
	msr	pmselr_el0, x3			/* 13 */
	isb					/* 14 */
	mrs	x4, pmxevcntr_el0
	b	3f
2:	mrs	x4, pmccntr_el0
3:	str	x4, [x1, #CTR_LAST]
	add	x1, x1, #CTR_SIZE
	subs	x2, x2, #1
	b.ne	1b
	ret

	/* The cycle counter has 64 bits, the others as many as the mask. */
kp_counters_fold:
	ldr	x2, [x19, #PG_NR_COUNTERS]
	add	x1, x19, #PG_COUNTERS
	ldr	x5, [x19, #PG_COUNTER_MASK]
1:	ldr	x3, [x1, #CTR_SELECT]
	ldp	x6, x7, [x1, #CTR_FIRST]
	sub	x7, x7, x6
	and	x6, x7, x5
	cmp	x3, #31
	csel	x7, x7, x6, eq
	ldr	x6, [x1, #CTR_SUM]
	add	x6, x6, x7
	str	x6, [x1, #CTR_SUM]
	ldp	x8, x9, [x1, #CTR_MIN]		/* and CTR_MAX */
	cmp	x7, x8
	csel	x8, x7, x8, lo
	cmp	x7, x9
	csel	x9, x7, x9, hi
	stp	x8, x9, [x1, #CTR_MIN]
	add	x1, x1, #CTR_SIZE
	subs	x2, x2, #1
	b.ne	1b
	ldr	x6, [x19, #PG_READS]
	add	x6, x6, #1
	str	x6, [x19, #PG_READS]
	ret

	kp_label mmio
	mov	x1, #(KP_MMIO_PAYLOAD & 0xffff)
	movk	x1, #(KP_MMIO_PAYLOAD >> 16), lsl #16
1:	str	wzr, [x1]
	kp_again
	b	kp_done

	/* The host writes MRS x2, REG or MSR REG, x2 over the NOP. */
	kp_label msr
	ldr	x2, [x19, #PG_VALUE]
	ldr	x3, [x19, #PG_FLIP]
1:
	kp_label msr_patch
	nop
	eor	x2, x2, x3			/* of a read, by nothing */
	kp_again
	str	x2, [x19, #PG_RESULT]
	b	kp_done

	/* ID registers of EL1 always trap (HCR_EL2.TID3): what CPUID is on x86. */
	kp_label cpuid
1:	mrs	x2, id_aa64pfr0_el1
	kp_again
	str	x2, [x19, #PG_RESULT]
	b	kp_done

	/* PSCI_VERSION; SMCCC leaves x4 on alone, and KVM changes no more than x0 to x3. */
	kp_label hypercall
1:	mov	x0, #0x84000000
	hvc	#0
	kp_again
	str	x0, [x19, #PG_RESULT]
	b	kp_done

	/*
	 * The timer's interrupt is masked until WFI is over, so that it cannot be taken in between;
	 * WFI may end early for no reason (Arm ARM D1.6), hence the inner loop.
	 */
	kp_label hlt
1:	ldr	x0, [x19, #PG_IRQS]
	ldr	x1, [x19, #PG_WAKE]
	msr	cntv_tval_el0, x1
	mov	x1, #1
	msr	cntv_ctl_el0, x1
	isb
2:	wfi
	msr	daifclr, #2
	isb
	msr	daifset, #2
	ldr	x1, [x19, #PG_IRQS]
	cmp	x0, x1
	b.eq	2b
	kp_again
	b	kp_done

	kp_label spin
1:	ldr	x2, [x19, #PG_LOOPS]
2:	subs	x2, x2, #1
	b.ne	2b
	kp_again
	b	kp_done

	/*
	 * Program, count a known loop, read, stop. Between the two reads of counter 0 are the loop,
	 * the 14 numbered instructions and one of the two MRS: KP_INSNS_BASE. Between those of two
	 * neighbours lie 11 instructions here and 11 there: KP_INSNS_COUNTER. MSR PMSELR_EL0 and
	 * MRS trap: KP_TRAPS_*.
	 */
	kp_label pmu
1:	bl	kp_start
	bl	kp_counters_first
	ldr	x2, [x19, #PG_LOOPS]		/* 6 */
2:	subs	x2, x2, #1
	b.ne	2b
	bl	kp_counters_last		/* 7 */
	bl	kp_counters_fold
	bl	kp_halt
	kp_again
	b	kp_done

	/* Start counter 0 short of its overflow, wait for the interrupt, or not for ever. */
	kp_label pmi
1:	ldr	x5, [x19, #PG_IRQS]
	msr	daifclr, #2
	bl	kp_start
	ldr	x2, [x19, #PG_LOOPS]
2:	ldr	x3, [x19, #PG_IRQS]
	cmp	x3, x5
	b.ne	3f
	subs	x2, x2, #1
	b.ne	2b
	ldr	x3, [x19, #PG_LOST]
	add	x3, x3, #1
	str	x3, [x19, #PG_LOST]
3:	msr	daifset, #2
	bl	kp_halt
	kp_again
	b	kp_done

	kp_label end

#endif
	.section .note.GNU-stack, "", %progbits
