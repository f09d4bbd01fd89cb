/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's own code for x86-64: 64-bit mode, privilege level 0, interrupts off, position
 * independent. It is never executed by this process but copied into the guest's memory. It touches
 * its vCPU's shared page, its stack, and what the payload is about.
 *
 * While it runs: %r12 shared page, %r14 iteration limit (0: none), %r15 iterations done. The host
 * starts it at kp_guest_code_entry with %rdi = shared page, %rsi = the payload's address.
 */
#if defined(__x86_64__)

#include "page.h"

	.macro kp_label name
	.globl kp_guest_code_\name
	.hidden kp_guest_code_\name
kp_guest_code_\name:
	.endm

	/* End of a payload's loop: falls through when the run is over. */
	.macro kp_again
	inc	%r15
	mov	%r15, PG_ITER_DONE(%r12)
	cmpq	$0, PG_STOP(%r12)
	jne	7f
	cmp	%r14, %r15
	jne	1b
7:
	.endm

	.section .rodata.kp_guest_code, "a", @progbits
	.balign 16
	kp_label start

	/*
	 * Gates, 16 bytes apart, vector n at start + 16 * n. Vectors 8, 10 to 14, 17, 21, 29 and 30
	 * come with an error code, see the mask (Intel SDM vol. 3, "Exception and Interrupt
	 * Reference"; AMD APM vol. 2, 8.2). 2 is NMI, 6 also ends payload spin, 0x20 is the
	 * timer, 0x21 the PMI.
	 */
	.set	vector, 0
	.rept	32
	.balign 16
	.if	vector == 2
	jmp	kp_nmi
	.elseif	vector == 6
	jmp	kp_undefined
	.else
	.if	((0x60227d00 >> vector) & 1) == 0
	push	$0
	.endif
	push	$vector
	jmp	kp_fault
	.endif
	.set	vector, vector + 1
	.endr
	.balign 16
	jmp	kp_timer
	.balign 16
	jmp	kp_pmi

	/* What counter 0 holds in here is what it counted since it overflowed. */
kp_pmi:
	push	%rax
	push	%rcx
	push	%rdx
	mov	PG_COUNTERS+CTR_SELECT(%r12), %ecx
	rdpmc
	shl	$32, %rdx
	or	%rdx, %rax
	and	PG_COUNTER_MASK(%r12), %rax
	add	%rax, PG_COUNTERS+CTR_SUM(%r12)
	cmp	PG_COUNTERS+CTR_MIN(%r12), %rax
	jae	1f
	mov	%rax, PG_COUNTERS+CTR_MIN(%r12)
1:	cmp	PG_COUNTERS+CTR_MAX(%r12), %rax
	jbe	2f
	mov	%rax, PG_COUNTERS+CTR_MAX(%r12)
2:	incq	PG_READS(%r12)
	mov	PG_HALT(%r12), %ecx	/* no second overflow */
	xor	%eax, %eax
	xor	%edx, %edx
	wrmsr
	testq	$KP_FLAG_NMI, PG_FLAGS(%r12)
	jz	kp_irq_end
	incq	PG_IRQS(%r12)
	jmp	kp_irq_return
kp_timer:
	push	%rax
	push	%rcx
	push	%rdx
kp_irq_end:
	incq	PG_IRQS(%r12)
	mov	$0x80b, %ecx		/* x2APIC EOI */
	xor	%eax, %eax
	xor	%edx, %edx
	wrmsr
kp_irq_return:
	pop	%rdx
	pop	%rcx
	pop	%rax
	iretq

kp_undefined:
	push	%rax
	lea	kp_spin_end(%rip), %rax
	cmp	%rax, 8(%rsp)
	pop	%rax
	je	kp_done
	push	$0
	push	$6
	jmp	kp_fault

kp_nmi:
	testq	$KP_FLAG_NMI, PG_FLAGS(%r12)
	jnz	kp_pmi
	push	$0
	push	$2
kp_fault:
	popq	PG_FAULT_KIND(%r12)
	incq	PG_FAULT_KIND(%r12)
	popq	PG_FAULT_CODE(%r12)
	popq	PG_FAULT_PC(%r12)
	mov	%cr2, %rax
	mov	%rax, PG_FAULT_ADDR(%r12)
	mov	$KP_CONTROL_FAULT, %eax
	jmp	kp_control

	kp_label entry
	mov	%rdi, %r12
	mov	%rsi, %rbp
	mov	PG_ITER_MAX(%r12), %r14
	xor	%r15d, %r15d
	lea	PG_ONCE(%r12), %rsi
	mov	PG_NR_ONCE(%r12), %r8
	call	kp_writes
	cmpq	$0, PG_NR_COUNTERS(%r12)
	je	1f
	testq	$KP_FLAG_REPEATS, PG_FLAGS(%r12)
	jnz	1f
	call	kp_start
	call	kp_counters_first
1:	rdtsc
	shl	$32, %rdx
	or	%rax, %rdx
	mov	%rdx, PG_TICK_START(%r12)
	jmp	*%rbp

kp_done:
	rdtsc
	shl	$32, %rdx
	or	%rax, %rdx
	mov	%rdx, PG_TICK_END(%r12)
	cmpq	$0, PG_NR_COUNTERS(%r12)
	je	1f
	testq	$KP_FLAG_REPEATS, PG_FLAGS(%r12)
	jnz	1f
	call	kp_counters_last
	call	kp_counters_fold
	call	kp_halt
1:	mov	$KP_CONTROL_DONE, %eax
kp_control:
	mov	$KP_PORT_CONTROL, %edx
1:	out	%eax, %dx
	jmp	1b

	/* the two lists of register writes */
kp_start:
	lea	PG_START(%r12), %rsi
	mov	PG_NR_START(%r12), %r8
	jmp	kp_writes
kp_halt:
	lea	PG_HALT(%r12), %rsi
	mov	PG_NR_HALT(%r12), %r8
kp_writes:
	test	%r8, %r8
	jz	2f
1:	mov	(%rsi), %ecx
	mov	8(%rsi), %eax
	mov	12(%rsi), %edx
	wrmsr
	add	$16, %rsi
	dec	%r8
	jnz	1b
2:	ret

	/*
	 * Last counter first here and counter 0 first below, so that counter 0 has the same few
	 * instructions between its reads whatever the number of counters. KP_INSNS_COUNTER is the 8
	 * of a round here and the 8 of a round there; KP_INSNS_BASE see payload pmu.
	 */
kp_counters_first:
	mov	PG_NR_COUNTERS(%r12), %r9
	imul	$CTR_SIZE, %r9, %rdi
	lea	PG_COUNTERS(%r12, %rdi), %rdi
1:	sub	$CTR_SIZE, %rdi
	mov	CTR_SELECT(%rdi), %ecx
	rdpmc				/* 1 */
	shl	$32, %rdx		/* 2 */
	or	%rax, %rdx		/* 3 */
	mov	%rdx, CTR_FIRST(%rdi)	/* 4 */
	dec	%r9			/* 5 */
	jnz	1b			/* 6 */
	ret				/* 7 */

kp_counters_last:
	mov	PG_NR_COUNTERS(%r12), %r9	/* 10 */
	lea	PG_COUNTERS(%r12), %rdi		/* 11 */
1:	mov	CTR_SELECT(%rdi), %ecx		/* 12 */
	rdpmc
	shl	$32, %rdx
	or	%rax, %rdx
	mov	%rdx, CTR_LAST(%rdi)
	add	$CTR_SIZE, %rdi
	dec	%r9
	jnz	1b
	ret

kp_counters_fold:
	mov	PG_NR_COUNTERS(%r12), %r9
	lea	PG_COUNTERS(%r12), %rdi
	mov	PG_COUNTER_MASK(%r12), %r8
1:	mov	CTR_LAST(%rdi), %rax
	sub	CTR_FIRST(%rdi), %rax
	and	%r8, %rax
	add	%rax, CTR_SUM(%rdi)
	cmp	CTR_MIN(%rdi), %rax
	jae	2f
	mov	%rax, CTR_MIN(%rdi)
2:	cmp	CTR_MAX(%rdi), %rax
	jbe	3f
	mov	%rax, CTR_MAX(%rdi)
3:	add	$CTR_SIZE, %rdi
	dec	%r9
	jnz	1b
	incq	PG_READS(%r12)
	ret

	kp_label io
	mov	$KP_PORT_PAYLOAD, %edx
	xor	%eax, %eax
1:	out	%al, %dx
	kp_again
	jmp	kp_done

	kp_label mmio
	mov	$KP_MMIO_PAYLOAD, %edi
	xor	%eax, %eax
1:	mov	%eax, (%rdi)
	kp_again
	jmp	kp_done

	kp_label cpuid
1:	xor	%eax, %eax
	xor	%ecx, %ecx
	cpuid
	kp_again
	mov	%rax, PG_RESULT(%r12)
	jmp	kp_done

	kp_label rdmsr
	mov	PG_REG(%r12), %ecx
1:	rdmsr
	kp_again
	jmp	kp_result
	kp_label rdpmc
	mov	PG_REG(%r12), %ecx
1:	rdpmc
	kp_again
kp_result:
	shl	$32, %rdx
	mov	%eax, %eax
	or	%rax, %rdx
	mov	%rdx, PG_RESULT(%r12)
	jmp	kp_done

	kp_label wrmsr
	mov	PG_REG(%r12), %ecx
	mov	PG_VALUE(%r12), %eax
	mov	PG_VALUE+4(%r12), %edx
1:	wrmsr
	xor	PG_FLIP(%r12), %eax
	kp_again
	jmp	kp_done

	/* KVM_HC_VAPIC_POLL_IRQ (1): KVM does nothing for it and returns 0 (arch/x86/kvm/x86.c) */
	kp_label hypercall
	testq	$KP_FLAG_VMMCALL, PG_FLAGS(%r12)
	jnz	3f
1:	mov	$1, %eax
	vmcall
	kp_again
	jmp	4f
3:
1:	mov	$1, %eax
	vmmcall
	kp_again
4:	mov	%rax, PG_RESULT(%r12)
	jmp	kp_done

	/*
	 * With KP_FLAG_TIMER the local APIC's one-shot timer wakes it (TMICT is x2APIC MSR 0x838);
	 * STI's shadow covers HLT, so that the interrupt cannot get lost between the two. Without,
	 * HLT goes to the host process, which just enters again.
	 */
	kp_label hlt
	testq	$KP_FLAG_TIMER, PG_FLAGS(%r12)
	jz	3f
1:	mov	$0x838, %ecx
	mov	PG_WAKE(%r12), %eax
	xor	%edx, %edx
	wrmsr
	sti
	hlt
	cli
	kp_again
	jmp	kp_done
3:
1:	hlt
	kp_again
	jmp	kp_done

	/*
	 * At privilege level 3, which a KVM in software runs on the CPU itself, while it emulates
	 * level 0. Such a KVM does not emulate INT n either: UD2 is the way back.
	 */
	kp_label spin
	push	$KP_SEL_USER_DATA
	push	$0			/* no stack */
	push	$2			/* RFLAGS: interrupts off */
	push	$KP_SEL_USER_CODE
	lea	1f(%rip), %rax
	push	%rax
	iretq
1:	mov	PG_LOOPS(%r12), %rax
2:	dec	%rax
	jnz	2b
	kp_again
kp_spin_end:
	ud2

	/*
	 * Program, count a known loop, read, stop. Between the two reads of counter 0: seven
	 * instructions behind the first RDPMC (itself included), the two marked here, and three
	 * before the second RDPMC make KP_INSNS_BASE.
	 */
	kp_label pmu
1:	call	kp_start
	call	kp_counters_first
	mov	PG_LOOPS(%r12), %rax	/* 8 */
2:	dec	%rax
	jnz	2b
	call	kp_counters_last	/* 9 */
	call	kp_counters_fold
	call	kp_halt
	kp_again
	jmp	kp_done

	/* Start counter 0 short of its overflow, wait for the interrupt, or not for ever. */
	kp_label pmi
1:	mov	PG_IRQS(%r12), %rbx
	sti
	call	kp_start
	mov	PG_LOOPS(%r12), %rax
2:	cmp	%rbx, PG_IRQS(%r12)
	jne	3f
	dec	%rax
	jnz	2b
	incq	PG_LOST(%r12)
3:	cli
	call	kp_halt
	kp_again
	jmp	kp_done

	kp_label end

#endif
	.section .note.GNU-stack, "", %progbits
