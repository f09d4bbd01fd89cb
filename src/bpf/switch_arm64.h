/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * switch_arm64.h - kvm_entry (pc) and kvm_exit (ret, esr_ec, pc) of arm64, which do not say whose.
 */
#ifndef KP_BPF_SWITCH_ARM64_H
#define KP_BPF_SWITCH_ARM64_H

SEC("raw_tp/kvm_entry")
int tp_entry(struct bpf_raw_tracepoint_args *ctx)
{
	on_entry(ctx, 0);
	return 0;
}

/* ret in bits 0-7, the class from bit 8 on, as include/arch.h has it; only traps have one. */
#define ARM_EXCEPTION_TRAP	  2
#define ARM_EXIT_WITH_SERROR_BIT 31
#define KP_ISA_ARM64		  3

SEC("raw_tp/kvm_exit")
int tp_exit(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 ret = ctx->args[0] & ~(1u << ARM_EXIT_WITH_SERROR_BIT);
	__u32 ec = ret == ARM_EXCEPTION_TRAP ? ctx->args[1] : 0;

	on_exit(ctx, (ret & 0xff) | ec << 8, KP_ISA_ARM64, 0);
	return 0;
}

#endif
