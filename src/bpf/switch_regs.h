/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * switch_regs.h - counts accesses to registers: the kernel's own while it runs a vCPU's thread, by
 * where in the switch it was, and the guest's that KVM handles. Included by switch.bpf.c behind
 * what keeps track of that. The architecture's programs call on_reg().
 */
#ifndef KP_BPF_SWITCH_REGS_H
#define KP_BPF_SWITCH_REGS_H

static void count_reg(const struct kp_sw_reg *key)
{
	__u64 *n = bpf_map_lookup_elem(&regs, key), one = 1;

	if (!n && bpf_map_update_elem(&regs, key, &one, BPF_NOEXIST)) {
		n = bpf_map_lookup_elem(&regs, key); /* another CPU was first */
		if (!n)
			__sync_fetch_and_add(&regs_lost, 1);
	} else if (!n) {
		return;
	}
	if (n)
		__sync_fetch_and_add(n, 1);
}

static __always_inline void on_reg(__u32 reg, __u16 access, int by_guest)
{
	struct kp_sw_cpu *c = this_cpu();
	struct kp_sw_reg key = { .reg = reg, .access = access };

	if (!c || !c->on || !c->wanted || c->head.tid != (__u32)bpf_get_current_pid_tgid())
		return;
	key.place = by_guest ? KP_SW_BY_GUEST : c->place;
	count_reg(&key);
}

#endif
