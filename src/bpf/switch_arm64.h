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
#define ARM_EXCEPTION_TRAP	 2
#define ARM_EXIT_WITH_SERROR_BIT 31
#define KP_ISA_ARM64		 3

SEC("raw_tp/kvm_exit")
int tp_exit(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 ret = ctx->args[0] & ~(1u << ARM_EXIT_WITH_SERROR_BIT);
	__u32 ec = ret == ARM_EXCEPTION_TRAP ? ctx->args[1] : 0;
	struct kp_sw_cpu *c = this_cpu();

	if (!is_inside(c))
		return 0;
	c->code = (ret & 0xff) | ec << 8;
	c->flags = 0;
	c->head.isa = KP_ISA_ARM64;
	on_exit(ctx, c, now);
	return 0;
}

/* arch/arm64/kvm/sys_regs.h */
struct sys_reg_params {
	__u8 Op0, Op1, CRn, CRm, Op2;
	_Bool is_write;
} KP_CORE;

/* System registers that the guest accesses and KVM handles: (pc, params, description). */
SEC("raw_tp/kvm_sys_access")
int reg_guest(struct bpf_raw_tracepoint_args *ctx)
{
	const struct sys_reg_params *p = (const void *)ctx->args[1];
	/* KP_SYSREG() of include/event.h */
	__u32 reg = BPF_CORE_READ(p, Op0) << 20 | BPF_CORE_READ(p, Op2) << 17 |
		    BPF_CORE_READ(p, Op1) << 14 | BPF_CORE_READ(p, CRn) << 10 |
		    BPF_CORE_READ(p, CRm) << 1;

	on_reg(reg, BPF_CORE_READ(p, is_write) ? KP_SW_WRITE : KP_SW_READ, 1);
	return 0;
}

#endif
