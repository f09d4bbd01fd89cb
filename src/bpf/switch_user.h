/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * switch_user.h - exits to user space, for swagg.h: all that there is to see of a KVM whose
 * kvm_entry and kvm_exit do not fire. There each is timed until the next one of the thread, as the
 * model does (src/model/userpair.c).
 */
#ifndef KP_BPF_SWITCH_USER_H
#define KP_BPF_SWITCH_USER_H

static __always_inline void user_only(struct kp_sw_vcpu *v, __u32 tid, __u64 now)
{
	__u64 ns = now - v->last_user;

	v->cpu = bpf_get_smp_processor_id();
	v->vcpu = KP_SWBATCH_NO_VCPU;
	if (!v->last_user)
		return;
	count_reason(v->users, KP_SW_USERS, v->last_user_code, ns);
	if (config.detail)
		dist_add(tid, KP_SW_ISA_USER, v->last_user_code, ns);
}

/* kvm_userspace_exit (reason, errno), of every architecture: virt/kvm/kvm_main.c. */
SEC("raw_tp/kvm_userspace_exit")
int tp_user(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 now = bpf_ktime_get_ns(), id = bpf_get_current_pid_tgid();
	__u32 code = ctx->args[0], tid = id;
	struct kp_sw_cpu *c = this_cpu();
	struct kp_sw_vcpu *v;

	if (!c || !c->on || !is_wanted(id))
		return 0;
	v = sums_at(find_place(tid));
	if (!v)
		return 0;
	v->pid = id >> 32;
	v->user_exits++;
	if (v->entries)
		count_reason(v->users, KP_SW_USERS, code, 0);
	else
		user_only(v, tid, now);
	v->last_user = now;
	v->last_user_code = code;
	return 0;
}

#endif
