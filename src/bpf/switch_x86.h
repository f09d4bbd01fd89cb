/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * switch_x86.h - kvm_entry (vcpu, ...) and kvm_exit (vcpu, isa) of x86. The exit reason is no
 * argument of kvm_exit: it is read where svm_get_exit_info() and vmx_get_exit_info() read it.
 */
#ifndef KP_BPF_SWITCH_X86_H
#define KP_BPF_SWITCH_X86_H

#define KVM_ISA_VMX 1
#define KVM_ISA_SVM 2

/* arch/x86/include/asm/kvm_host.h; before 6.3 bit 0 meant something else */
#define HF_GUEST_MASK  1
#define HF_GUEST_SINCE (6 << 16 | 3 << 8)

struct vmcb_control_area {
	__u32 exit_code;
} KP_CORE;

struct vmcb {
	struct vmcb_control_area control;
} KP_CORE;

struct vcpu_svm {
	struct vmcb *vmcb;
} KP_CORE;

union vmx_exit_reason {
	__u32 full;
} KP_CORE;

/* Since 6.16 what VMX and TDX share lies in vcpu_vt. */
struct vcpu_vt {
	union vmx_exit_reason exit_reason;
} KP_CORE;

struct vcpu_vmx___vt {
	struct vcpu_vt vt;
} KP_CORE;

struct vcpu_vmx {
	union vmx_exit_reason exit_reason;
} KP_CORE;

/* Of any kernel, by a helper; and without it, which takes a fifth of the time. */
#define READ(cast, at, ...) \
	(cast ? ((typeof(at))bpf_rdonly_cast(at, 0))->__VA_ARGS__ : BPF_CORE_READ(at, __VA_ARGS__))

static __always_inline int svm_code(int cast, const void *vcpu, __u32 *code)
{
	const struct vcpu_svm *svm = vcpu; /* whose first member is the vCPU */
	const struct vmcb *vmcb;

	if (!bpf_core_field_exists(svm->vmcb))
		return -1;
	vmcb = READ(cast, svm, vmcb);
	*code = READ(cast, vmcb, control.exit_code);
	return 0;
}

static __always_inline int vmx_code(int cast, const void *vcpu, __u32 *code)
{
	const struct vcpu_vmx___vt *vt = vcpu;
	const struct vcpu_vmx *vmx = vcpu;

	if (bpf_core_field_exists(vt->vt.exit_reason))
		*code = READ(cast, vt, vt.exit_reason.full);
	else if (bpf_core_field_exists(vmx->exit_reason))
		*code = READ(cast, vmx, exit_reason.full);
	else
		return -1;
	return 0;
}

SEC("raw_tp/kvm_entry")
int tp_entry(struct bpf_raw_tracepoint_args *ctx)
{
	on_entry(ctx, ctx->args[0]);
	return 0;
}

SEC("raw_tp/kvm_exit")
int tp_exit(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 now = bpf_ktime_get_ns();
	const struct kvm_vcpu *vcpu = (const void *)ctx->args[0];
	__u32 isa = ctx->args[1], code = 0, flags = 0;
	int version = LINUX_KERNEL_VERSION, cast = version >= CAST_SINCE, err = -1;
	struct kp_sw_cpu *c = this_cpu();

	if (!is_inside(c))
		return 0;
	if (isa == KVM_ISA_SVM)
		err = svm_code(cast, vcpu, &code);
	else if (isa == KVM_ISA_VMX)
		err = vmx_code(cast, vcpu, &code);
	if (err)
		flags |= KP_SWSLOT_NO_CODE;
	if (version >= HF_GUEST_SINCE && READ(cast, vcpu, arch.hflags) & HF_GUEST_MASK)
		flags |= KP_SWSLOT_NESTED;
	c->code = code;
	c->flags = flags;
	c->head.isa = isa;
	on_exit(ctx, c, now);
	return 0;
}

/* The kernel's own accesses: (msr, value, failed), and rdpmc (counter, value, failed). */
SEC("raw_tp/read_msr")
int reg_rdmsr(struct bpf_raw_tracepoint_args *ctx)
{
	on_reg(ctx->args[0], KP_SW_READ, 0);
	return 0;
}

SEC("raw_tp/write_msr")
int reg_wrmsr(struct bpf_raw_tracepoint_args *ctx)
{
	on_reg(ctx->args[0], KP_SW_WRITE, 0);
	return 0;
}

SEC("raw_tp/rdpmc")
int reg_rdpmc(struct bpf_raw_tracepoint_args *ctx)
{
	on_reg(ctx->args[0], KP_SW_RDPMC, 0);
	return 0;
}

/* The guest's that KVM handles: (write, msr, value, exception). */
SEC("raw_tp/kvm_msr")
int reg_guest(struct bpf_raw_tracepoint_args *ctx)
{
	on_reg(ctx->args[1], (__u32)ctx->args[0] ? KP_SW_WRITE : KP_SW_READ, 1);
	return 0;
}

#endif
