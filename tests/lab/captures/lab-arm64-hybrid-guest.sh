# SPDX-License-Identifier: GPL-2.0-only
# machine: arm64-hybrid
# perf
# about: arm64 with two PMUs (Cortex-A53 and A72): one guest on each, exits, the migrations of their
# about: threads, and hardware samples from both PMUs, guest and host.
echo 0 > /proc/sys/kernel/perf_cpu_time_max_percent
perf record -q -a -o /out/perf.data \
	-e 'kvm:kvm_entry,kvm:kvm_exit,kvm:kvm_userspace_exit,kvm:kvm_sys_access,sched:sched_migrate_task' \
	-e armv8_cortex_a53/cpu_cycles,period=5000/G -e armv8_cortex_a72/cpu_cycles,period=5000/G \
	-e armv8_cortex_a53/cpu_cycles,period=2000000/H -e armv8_cortex_a72/cpu_cycles,period=2000000/H \
	-- sh -c '
	kvmpmu bench --raw pmu --iterations 10 --cpu-list 1
	kvmpmu bench --raw pmu --iterations 10 --cpu-list 2
	kvmpmu bench --raw mmio --iterations 50'
