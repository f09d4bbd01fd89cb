# SPDX-License-Identifier: GPL-2.0-only
# machine: arm64-vhe
# perf
# about: arm64 guests with PMUv3 on a VHE host: exits by hypercall, data abort, WFI and system register,
# about: a guest that programs one counter, and hardware samples of guest and host.
echo 0 > /proc/sys/kernel/perf_cpu_time_max_percent
perf record -q -a -o /out/perf.data \
	-e 'kvm:kvm_entry,kvm:kvm_exit,kvm:kvm_userspace_exit,kvm:kvm_handle_sys_reg,kvm:kvm_sys_access' \
	-e 'kvm:kvm_mmio,kvm:kvm_wfx_arm64,kvm:vgic_update_irq_pending' \
	-e cycles/period=5000/G -e cycles/period=1000000/H -- sh -c '
	kvmpmu bench --raw pmu --iterations 10
	kvmpmu bench --raw hypercall --iterations 50
	kvmpmu bench --raw mmio --iterations 50
	kvmpmu bench --raw hlt --iterations 20'
