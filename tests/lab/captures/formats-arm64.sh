# SPDX-License-Identifier: GPL-2.0-only
# machine: arm64-vhe
# about: Formats of the arm64 tracepoints that the decoders are tested with.
sh /lab/formats.sh \
	kvm.kvm_entry kvm.kvm_exit kvm.kvm_mmio kvm.kvm_sys_access kvm.kvm_userspace_exit \
	kvm.vgic_update_irq_pending irq.irq_handler_entry irq.irq_handler_exit \
	sched.sched_migrate_task sched.sched_switch
