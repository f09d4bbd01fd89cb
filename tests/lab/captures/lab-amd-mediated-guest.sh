# SPDX-License-Identifier: GPL-2.0-only
# machine: amd-mediated
# perf
# about: AMD guests with the mediated vPMU: each register access of the switch at VM entry and exit, the
# about: guest's own intercepted accesses, 3 PMIs as a vector and 3 as NMIs.
echo 0 > /proc/sys/kernel/perf_cpu_time_max_percent
perf record -q -a -z -o /out/perf.data \
	-e 'kvm:kvm_entry,kvm:kvm_exit,kvm:kvm_msr,kvm:kvm_userspace_exit,kvm:kvm_inj_virq' \
	-e 'kvm:kvm_apic_accept_irq,nmi:nmi_handler' \
	-e msr:rdpmc -e msr:write_msr --filter 'msr>=0xc0000300&&msr<=0xc0010210' \
	-e msr:read_msr --filter 'msr>=0xc0000300&&msr<=0xc0010210' \
	-- sh -c '
	kvmpmu bench --raw pmu --iterations 3 --counters 3
	kvmpmu bench --raw pmi --iterations 3
	kvmpmu bench --raw pmi --iterations 3 --nmi
	kvmpmu bench --raw cpuid --iterations 10'
