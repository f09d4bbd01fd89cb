// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failures of the guest in words: what KVM's exit reasons mean, which registers show it, and what
 * the user can do. It writes into struct kp_guest_error and touches nothing else.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "vm.h"

#define NAME(reason) [KVM_EXIT_##reason] = #reason

static const char *const exit_names[] = {
	NAME(UNKNOWN),
	NAME(EXCEPTION),
	NAME(IO),
	NAME(HYPERCALL),
	NAME(DEBUG),
	NAME(HLT),
	NAME(MMIO),
	NAME(IRQ_WINDOW_OPEN),
	NAME(SHUTDOWN),
	NAME(FAIL_ENTRY),
	NAME(INTR),
	NAME(SET_TPR),
	NAME(TPR_ACCESS),
	NAME(S390_SIEIC),
	NAME(S390_RESET),
	NAME(DCR),
	NAME(NMI),
	NAME(INTERNAL_ERROR),
	NAME(OSI),
	NAME(PAPR_HCALL),
	NAME(S390_UCONTROL),
	NAME(WATCHDOG),
	NAME(S390_TSCH),
	NAME(EPR),
	NAME(SYSTEM_EVENT),
	NAME(S390_STSI),
	NAME(IOAPIC_EOI),
	NAME(HYPERV),
	NAME(ARM_NISV),
	NAME(X86_RDMSR),
	NAME(X86_WRMSR),
	NAME(DIRTY_RING_FULL),
	NAME(AP_RESET_HOLD),
	NAME(X86_BUS_LOCK),
	NAME(XEN),
	NAME(RISCV_SBI),
	/* numbers, because headers before Linux 6.2 do not have these (include/uapi/linux/kvm.h) */
	[36] = "RISCV_CSR",
	[37] = "NOTIFY",
	[38] = "LOONGARCH_IOCSR",
	[39] = "MEMORY_FAULT",
};

const char *kp_guest_exit_name(unsigned int reason)
{
	return reason < sizeof(exit_names) / sizeof(exit_names[0]) ? exit_names[reason] : NULL;
}

static __attribute__((format(printf, 2, 0))) void vadd(struct kp_guest_error *error,
						       const char *fmt, va_list ap)
{
	size_t len = strlen(error->msg);

	vsnprintf(error->msg + len, sizeof(error->msg) - len, fmt, ap);
}

/* The first failure stays: what follows it is mostly its consequence. Returns -err. */
int kp_guest_fail(struct kp_guest_error *error, int vcpu, int err, const char *fmt, ...)
{
	va_list ap;

	if (error->err)
		return -error->err;
	error->err = err ? err : EIO;
	error->vcpu = vcpu;
	error->msg[0] = '\0';
	va_start(ap, fmt);
	vadd(error, fmt, ap);
	va_end(ap);
	return -error->err;
}

void kp_guest_error_add(struct kp_guest_error *error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vadd(error, fmt, ap);
	va_end(ap);
}

static const char *internal_error_name(uint32_t suberror)
{
	static const char *const names[] = {
		[KVM_INTERNAL_ERROR_EMULATION] = "KVM cannot emulate the instruction",
		[KVM_INTERNAL_ERROR_SIMUL_EX] = "two exceptions at the same time",
		[KVM_INTERNAL_ERROR_DELIVERY_EV] = "exit while an event was delivered",
		[KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON] = "unexpected exit of the hardware",
	};

	if (suberror < sizeof(names) / sizeof(names[0]) && names[suberror])
		return names[suberror];
	return "unknown kind";
}

static int explain_internal(struct kp_vcpu *vcpu, struct kp_guest_error *error)
{
	const struct kvm_run *run = vcpu->run;
	uint32_t i, ndata = run->internal.ndata;
	int ret;

	ret = kp_guest_fail(error, (int)vcpu->index, EIO,
			    "vCPU %u: KVM_EXIT_INTERNAL_ERROR, suberror %u (%s)", vcpu->index,
			    run->internal.suberror, internal_error_name(run->internal.suberror));
	for (i = 0; i < ndata && i < 8; i++)
		kp_guest_error_add(error, "%s%#llx", i ? " " : ", data ",
				   (unsigned long long)run->internal.data[i]);
	kp_guest_arch_regs(vcpu, error);
	return ret;
}

static int explain_fail_entry(struct kp_vcpu *vcpu, struct kp_guest_error *error)
{
	const struct kvm_run *run = vcpu->run;
	uint64_t reason = run->fail_entry.hardware_entry_failure_reason;
	int ret;

	ret = kp_guest_fail(error, (int)vcpu->index, EIO,
			    "vCPU %u: KVM_EXIT_FAIL_ENTRY on CPU %u, hardware reason %#llx: %s",
			    vcpu->index, run->fail_entry.cpu, (unsigned long long)reason,
			    kp_guest_arch_fail_entry(reason));
	kp_guest_arch_regs(vcpu, error);
	return ret;
}

/* An exit that no payload asks for. Returns -errno. */
int kp_guest_explain(struct kp_vcpu *vcpu, struct kp_guest_error *error)
{
	uint32_t reason = vcpu->run->exit_reason;
	const char *name = kp_guest_exit_name(reason);
	int ret;

	if (reason == KVM_EXIT_INTERNAL_ERROR)
		return explain_internal(vcpu, error);
	if (reason == KVM_EXIT_FAIL_ENTRY)
		return explain_fail_entry(vcpu, error);
	if (reason == KVM_EXIT_SHUTDOWN)
		ret = kp_guest_fail(error, (int)vcpu->index, EIO,
				    "vCPU %u: KVM_EXIT_SHUTDOWN (triple fault): the guest took an "
				    "exception that it could not deliver",
				    vcpu->index);
	else
		ret = kp_guest_fail(error, (int)vcpu->index, EIO,
				    "vCPU %u: unexpected exit %u (KVM_EXIT_%s)", vcpu->index,
				    reason, name ? name : "?");
	if (reason == KVM_EXIT_MMIO)
		kp_guest_error_add(error, ", %s of %u bytes at guest address %#llx",
				   vcpu->run->mmio.is_write ? "write" : "read", vcpu->run->mmio.len,
				   (unsigned long long)vcpu->run->mmio.phys_addr);
	kp_guest_arch_regs(vcpu, error);
	return ret;
}

int kp_guest_explain_hang(struct kp_vcpu *vcpu, uint64_t hang_ns, struct kp_guest_error *error)
{
	int ret;

	ret = kp_guest_fail(error, (int)vcpu->index, ETIMEDOUT,
			    "vCPU %u: no progress for %.1f s after %llu iterations; stopped",
			    vcpu->index, (double)hang_ns / 1e9,
			    (unsigned long long)vcpu->page->iter_done);
	kp_guest_arch_regs(vcpu, error);
	return ret;
}

int kp_guest_explain_fault(struct kp_vcpu *vcpu, struct kp_guest_error *error)
{
	kp_guest_fail(error, (int)vcpu->index, EIO,
		      "vCPU %u: exception in the guest: ", vcpu->index);
	kp_guest_arch_fault(vcpu, error);
	return -error->err;
}
