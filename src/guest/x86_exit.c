// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exits of the x86-64 guest to this process: which of them a payload asked for, and registers and
 * exceptions in words for those that nobody did. It reads a vCPU and changes nothing.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include "x86.h"

static enum kp_guest_action control_exit(const struct kp_vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;
	uint32_t command;

	if (run->io.size != sizeof(command) || run->io.count != 1)
		return KP_ACT_REFUSE;
	memcpy(&command, (const uint8_t *)run + run->io.data_offset, sizeof(command));
	if (command == KP_CONTROL_DONE)
		return KP_ACT_DONE;
	return command == KP_CONTROL_FAULT ? KP_ACT_FAULT : KP_ACT_REFUSE;
}

enum kp_guest_action kp_guest_arch_exit(const struct kp_vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		if (run->io.direction == KVM_EXIT_IO_OUT && run->io.port == KP_PORT_CONTROL)
			return control_exit(vcpu);
		return run->io.port == KP_PORT_PAYLOAD ? KP_ACT_ENTER : KP_ACT_REFUSE;
	case KVM_EXIT_MMIO:
		return run->mmio.phys_addr == KP_MMIO_PAYLOAD ? KP_ACT_ENTER : KP_ACT_REFUSE;
	case KVM_EXIT_HLT:
		return KP_ACT_ENTER;
	default:
		return KP_ACT_REFUSE;
	}
}

/* VMX: the exit reason, bit 31 for a failed entry (SDM vol. 3, 25.9.1). SVM: VMEXIT_INVALID. */
const char *kp_guest_arch_fail_entry(uint64_t reason)
{
	if ((reason & 0x8000ffff) == 0x80000021)
		return "VMX calls the guest's state invalid";
	if (reason == UINT64_MAX || reason == UINT32_MAX)
		return "SVM calls the guest's state invalid";
	return "the CPU did not enter the guest";
}

/* The instruction in question; KVM may have patched it (KVM_X86_QUIRK_FIX_HYPERCALL_INSN). */
static void add_code(const struct kp_guest *guest, uint64_t rip, struct kp_guest_error *error)
{
	size_t i;

	if (rip + 8 > guest->mem_size)
		return;
	kp_guest_error_add(error, "\n  code at rip:");
	for (i = 0; i < 8; i++)
		kp_guest_error_add(error, " %02x", guest->mem[rip + i]);
}

void kp_guest_arch_regs(const struct kp_vcpu *vcpu, struct kp_guest_error *error)
{
	struct kvm_sregs s;
	struct kvm_regs r;

	if (ioctl(vcpu->fd, KVM_GET_REGS, &r) || ioctl(vcpu->fd, KVM_GET_SREGS, &s)) {
		kp_guest_error_add(error, "\n  no registers: %s", strerror(errno));
		return;
	}
	kp_guest_error_add(
		error,
		"\n  rip %#llx rflags %#llx rsp %#llx\n"
		"  rax %#llx rbx %#llx rcx %#llx rdx %#llx rsi %#llx rdi %#llx\n"
		"  page %#llx iterations %#llx of %#llx\n"
		"  cr0 %#llx cr2 %#llx cr3 %#llx cr4 %#llx efer %#llx apic_base %#llx",
		(unsigned long long)r.rip, (unsigned long long)r.rflags, (unsigned long long)r.rsp,
		(unsigned long long)r.rax, (unsigned long long)r.rbx, (unsigned long long)r.rcx,
		(unsigned long long)r.rdx, (unsigned long long)r.rsi, (unsigned long long)r.rdi,
		(unsigned long long)r.r12, (unsigned long long)r.r15, (unsigned long long)r.r14,
		(unsigned long long)s.cr0, (unsigned long long)s.cr2, (unsigned long long)s.cr3,
		(unsigned long long)s.cr4, (unsigned long long)s.efer,
		(unsigned long long)s.apic_base);
	add_code(vcpu->guest, r.rip, error);
}

void kp_guest_arch_fault(const struct kp_vcpu *vcpu, struct kp_guest_error *error)
{
	static const char *const names[] = {
		"divide error",
		"debug",
		"NMI",
		"breakpoint",
		"overflow",
		"bound range",
		"invalid opcode",
		"device not available",
		"double fault",
		"coprocessor overrun",
		"invalid TSS",
		"segment not present",
		"stack fault",
		"general protection",
		"page fault",
		"reserved",
		"x87 error",
		"alignment check",
		"machine check",
		"SIMD error",
		"virtualization",
		"control protection",
	};
	const struct kp_guest_page *page = vcpu->page;
	uint64_t vector = page->fault_kind - 1;
	struct kvm_regs regs;

	kp_guest_error_add(error, "%s (vector %llu), error code %#llx, at %#llx",
			   vector < sizeof(names) / sizeof(names[0]) ? names[vector] : "unknown",
			   (unsigned long long)vector, (unsigned long long)page->fault_code,
			   (unsigned long long)page->fault_pc);
	if (vector == 14)
		kp_guest_error_add(error, ", address %#llx", (unsigned long long)page->fault_addr);
	/* RDMSR, WRMSR and RDPMC, all of what can fail like this, take their register in ECX. */
	if (vector == 13 && !ioctl(vcpu->fd, KVM_GET_REGS, &regs)) {
		kp_guest_error_add(error, ". KVM refuses register %#llx to this guest",
				   (unsigned long long)regs.rcx & 0xffffffff);
		error->err = EOPNOTSUPP;
	} else if (vector == 6) {
		kp_guest_error_add(error,
				   ". This KVM does not have that instruction; one that emulates "
				   "the guest's kernel mode in software has no hypercalls");
		error->err = EOPNOTSUPP;
	}
}
