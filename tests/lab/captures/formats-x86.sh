# SPDX-License-Identifier: GPL-2.0-only
# machine: amd-mediated
# about: Formats of the x86 tracepoints that the decoders are tested with.
sh /lab/formats.sh \
	kvm.kvm_apic_accept_irq kvm.kvm_emulate_insn kvm.kvm_entry kvm.kvm_exit kvm.kvm_inj_exception \
	kvm.kvm_inj_virq kvm.kvm_mmio kvm.kvm_msr kvm.kvm_nested_vmenter kvm.kvm_nested_vmexit \
	kvm.kvm_nested_vmexit_inject kvm.kvm_pio kvm.kvm_userspace_exit \
	msr.rdpmc msr.read_msr msr.write_msr nmi.nmi_handler
