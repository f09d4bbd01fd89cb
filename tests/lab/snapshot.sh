# SPDX-License-Identifier: GPL-2.0-only
#
# The parts of /proc and /sys that src/host reads, as /out/sysroot.tar. Run in a lab machine by
# captures/lab-MACHINE.sh.
cd /
for path in proc/cpuinfo proc/interrupts proc/meminfo proc/mounts proc/sys/kernel/hostname \
	proc/sys/kernel/osrelease proc/sys/kernel/arch proc/sys/kernel/nmi_watchdog \
	proc/sys/kernel/perf_* sys/devices/system/cpu/online sys/devices/system/cpu/present \
	sys/devices/system/cpu/cpu*/regs/identification/* \
	sys/devices/system/cpu/cpu*/topology/*_id sys/module/kvm*/parameters/* \
	sys/bus/event_source/devices/*/type sys/bus/event_source/devices/*/cpus \
	sys/bus/event_source/devices/*/cpumask sys/bus/event_source/devices/*/format/* \
	sys/bus/event_source/devices/*/events/* sys/bus/event_source/devices/*/caps/*; do
	[ -f "$path" ] || continue
	mkdir -p "/tmp/sysroot/$(dirname "$path")"
	cat "$path" > "/tmp/sysroot/$path" 2>/dev/null || rm -f "/tmp/sysroot/$path"
done
tar -cf /out/sysroot.tar -C /tmp/sysroot .
