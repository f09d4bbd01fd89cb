# SPDX-License-Identifier: GPL-2.0-only
# machine: amd-emulated
# perf
# about: AMD guests with the emulated vPMU: every access to a counter is an exit (MSR, RDPMC), host NMIs
# about: serve the guest's counters, and hardware samples of guest and host.
echo 0 > /proc/sys/kernel/perf_cpu_time_max_percent
perf record -q -a -o /out/perf.data \
	-e 'kvm:kvm_entry,kvm:kvm_exit,kvm:kvm_msr,kvm:kvm_userspace_exit,kvm:kvm_pio,kvm:kvm_inj_virq' \
	-e 'msr:rdpmc,nmi:nmi_handler' \
	-e instructions/period=5000/G -e instructions/period=1000000/H -- sh -c '
	kvmpmu bench --raw pmu --iterations 10 --counters 2
	kvmpmu bench --raw io --iterations 50
	kvmpmu bench --raw cpuid --iterations 50'
