#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# kvmpmu ps: hosts that are described file by file, this host's own events and VMs, and that looking
# opens no event. What BPF sees needs root and a kernel with BTF; the lab tests what a PMU shows.

bats_require_minimum_version 1.5.0

setup() {
	cd "$KP_TOP"
	tmp=$BATS_TEST_TMPDIR
	export LC_ALL=C TMPDIR=$tmp
	pids=
}

teardown() {
	for p in $pids; do kill "$p" 2>/dev/null || true; done
	wait
}

json() {
	perl -MJSON::PP -e 'local $/; my $d = decode_json(<STDIN>); my $v = eval $ARGV[0]; die $@ if $@;
		print defined $v ? $v : "null", "\n"' "$1"
}

# Of a host as recorded, in a table that is not there: the values of some columns, row by row.
rows() {
	perl -MJSON::PP -e 'local $/; my ($t, @c) = @ARGV; my $d = decode_json(<STDIN>);
		for my $r (@{$d->{$t}}) { print join(" ", map { defined $r->{$_} ? $r->{$_} : "-" } @c), "\n" }' "$@"
}

# A process: make_proc ROOT PID COMM [FD=TARGET...]
make_proc() {
	local dir=$1/proc/$2
	mkdir -p "$dir/fd" "$dir/fdinfo" "$dir/task/$2"
	echo "$3" | tee "$dir/comm" >"$dir/task/$2/comm"
	printf '%s\0' "$3" >"$dir/cmdline"
	shift 3
	for fd; do ln -s "${fd#*=}" "$dir/fd/${fd%%=*}"; done
}

make_host() {
	root=$tmp/root
	mkdir -p "$root/proc/sys/kernel" "$root/sys/module/kvm_amd/parameters" \
		"$root/sys/bus/event_source/devices/cpu" "$root/sys/devices/system/cpu"
	echo x86_64 >"$root/proc/sys/kernel/arch"
	echo 4 >"$root/sys/bus/event_source/devices/cpu/type"
	echo 0-3 >"$root/sys/devices/system/cpu/online"
	echo Y >"$root/sys/module/kvm_amd/parameters/enable_mediated_pmu"
}

# BPF may be missing from the build, the kernel or the rights of who runs the tests.
need_bpf() {
	[ "$("$KVMPMU" ps --format json | json '$d->{source}')" = BPF ] ||
		skip "no BPF iterators: $("$KVMPMU" ps --format json | json '$d->{notes}[0]')"
}


@test "ps: VMs and vCPUs of a recorded host, by their files, debugfs and threads" {
	root=tests/snap/x86-amd-mediated2/sysroot
	"$KVMPMU" --sysroot $root ps --format json >"$tmp/json"
	[ "$(json '$d->{source}' <"$tmp/json")" = /proc ]
	[ "$(rows vms vm vm_name vmm <"$tmp/json" | head -n 1)" = "$("$KVMPMU" --sysroot $root ps --vm 1201 \
		--vms --format json | rows vms vm vm_name vmm)" ]
	rows vcpus vm vcpu tid <"$tmp/json" | grep -q '^1201 0 121[0-9]$'
	# whether the guests' PMU is mediated cannot be told from files
	[ "$(rows vcpus vpmu_mode <"$tmp/json" | sort -u)" = - ]
}

@test "ps: a host described file by file" {
	make_host
	make_proc "$root" 700 perf 3='anon_inode:[perf_event]' 4='anon_inode:[perf_event]' 5=/dev/null \
		6='anon_inode:[eventfd]'
	# kernels since 6.16 say what an event's file counts
	printf 'pos:\t0\nperf_event_attr.type:\t0\npmu_type:\t4\nperf_event_attr.config:\t0x1\nperf_event_attr.config1:\t0x0\nperf_event_attr.config2:\t0x0\n' \
		>"$root/proc/700/fdinfo/3"
	make_proc "$root" 90 qemu-kvm 9=anon_inode:kvm-vm 11=anon_inode:kvm-vcpu:1 10=anon_inode:kvm-vcpu:0 \
		12=anon_inode:kvm-vcpu-stats:0
	printf '%s\0' /usr/bin/qemu-kvm -name guest=web1,debug-threads=on >"$root/proc/90/cmdline"
	printf '0::/machine.slice/web1\n' >"$root/proc/90/cgroup"
	printf 'Name:\tqemu-kvm\nVmRSS:\t    2048 kB\n' >"$root/proc/90/status"
	mkdir -p "$root/sys/kernel/debug/kvm/90-9/vcpu0" "$root/proc/90/task/95"
	echo 4711 >"$root/sys/kernel/debug/kvm/90-9/exits"
	echo 95 >"$root/sys/kernel/debug/kvm/90-9/vcpu0/pid"
	printf '95 (CPU 0) KVM) S 1 %s 2 %s\n' "$(seq -s ' ' 1 34)" x >"$root/proc/90/task/95/stat"
	printf 'Cpus_allowed:\tf\nCpus_allowed_list:\t0-1,3\n' >"$root/proc/90/task/95/status"

	"$KVMPMU" --sysroot "$root" ps --format json >"$tmp/json"
	[ "$(rows vms vm vm_name vmm vcpus memory_bytes exits cgroup <"$tmp/json")" = \
		"90 web1 qemu 2 2097152 4711 /machine.slice/web1" ]
	[ "$(rows vcpus vm vcpu tid cpu affinity exits <"$tmp/json")" = "90 0 95 2 0-1,3 -
90 1 - - - -" ]
	[ "$(rows events pid owner pmu_name event fd event_state with_mediated <"$tmp/json")" = "700 perf cpu instructions 3 - -
700 perf - - 4 - -" ]
	[ "$(json '$d->{blocking_events}' <"$tmp/json")" = null ]
	# of many CPUs all are told, of more than there is room for none: a part of them would be wrong
	for nr in 40 200; do
		list=$(seq -s , 1000 2 $((998 + 2 * nr)))
		printf 'Cpus_allowed_list:\t%s\n' "$list" >"$root/proc/90/task/95/status"
		[ $nr = 40 ] || list=-
		[ "$("$KVMPMU" --sysroot "$root" ps --format json | rows vcpus affinity | head -1)" = "$list" ]
	done
	# and for people: unknown is a dash
	"$KVMPMU" --sysroot "$root" ps >"$tmp/text"
	grep -qE '^700 +perf +cpu +instructions +- +- +- +- +- +1$' "$tmp/text"
	awk 'length > 100 { bad = 1 } END { exit bad }' "$tmp/text"
}

@test "ps: where KVM cannot mediate nothing blocks; the watchdog is there, unseen" {
	make_host
	make_proc "$root" 700 perf 3='anon_inode:[perf_event]'
	"$KVMPMU" --sysroot "$root" ps --blocking --format json | rows events pid with_mediated | grep -qx '700 -'
	echo N >"$root/sys/module/kvm_amd/parameters/enable_mediated_pmu"
	[ -z "$("$KVMPMU" --sysroot "$root" ps --blocking --format json | rows events pid)" ]
	echo 1 >"$root/proc/sys/kernel/nmi_watchdog"
	"$KVMPMU" --sysroot "$root" ps --events --format json >"$tmp/json"
	[ "$(rows events pid owner owner_kind with_mediated <"$tmp/json")" = "- NMI watchdog watchdog no
700 perf process no" ]
	grep -q 'does not tell which events' "$tmp/json"
}

@test "ps: hostile files of a snapshot are bounded" {
	make_host
	make_proc "$root" 700 'a) b (c' 3='anon_inode:[perf_event]' 99999999999='anon_inode:[perf_event]' \
		4=anon_inode:kvm-vm 5=anon_inode:kvm-vcpu:99999999999 6=anon_inode:kvm-vcpu:
	printf 'perf_event_attr.type:\t99999999999\nperf_event_attr.config:\tx\npmu_type:\t-1\n' >"$root/proc/700/fdinfo/3"
	: >"$root/proc/700/status"
	printf '0' >"$root/proc/700/cgroup"
	"$KVMPMU" --sysroot "$root" ps --format json >"$tmp/json"
	[ "$(rows events pid owner fd event <"$tmp/json")" = "700 a) b (c 3 -" ]
	[ "$(rows vms vm vcpus <"$tmp/json")" = "700 0" ]
}

@test "ps: an event of this host, without BPF and with it" {
	"$KVMPMU" record -o "$tmp/data" -e cpu-clock:u -- sleep 60 2>"$tmp/err" &
	pids=$!
	rec=$!
	for _ in $(seq 200); do
		[ ! -s "$tmp/err" ] || break
		"$KVMPMU" ps --no-bpf --events --all -p "$rec" --format json | rows events fd | grep -q . && break
		sleep 0.05
	done
	[ -n "$("$KVMPMU" ps --no-bpf --events --all -p "$rec" --format json | rows events fd)" ] ||
		skip "no event can be opened here: $(cat "$tmp/err")"
	"$KVMPMU" ps --no-bpf --events --all -p "$rec" --format json | rows events pid owner event_state |
		grep -qx "$rec kvmpmu -"
	need_bpf
	"$KVMPMU" ps --events --all -p "$rec" --format json >"$tmp/json"
	rows events pid owner event filters exclude_guest with_mediated <"$tmp/json" |
		grep -qE "^$rec kvmpmu cpu-clock u(GH|H) [01] no$"
	rows events counts_on <"$tmp/json" | grep -q '^task '
	# without --all software events are left out, and it says so
	"$KVMPMU" ps --events -p "$rec" --format json >"$tmp/json"
	[ -z "$(rows events pid <"$tmp/json")" ]
	grep -q 'hold no counter' "$tmp/json"
}

@test "ps: tracepoints by name, with BPF" {
	need_bpf
	command -v perf >/dev/null || skip "no perf"
	perf stat -o /dev/null -e sched:sched_switch,syscalls:sys_enter_getpid -- sleep 30 &
	pids=$!
	for _ in $(seq 100); do
		"$KVMPMU" ps --all --pid $! --format json >"$tmp/ps.json"
		[ "$(json 'scalar @{$d->{events}}' <"$tmp/ps.json")" -lt 2 ] || break
		kill -0 $! || skip "perf may not count tracepoints here"
		sleep 0.1
	done
	run json 'join " ", sort map { $_->{event} } @{$d->{events}}' <"$tmp/ps.json"
	[ "$output" = "sched:sched_switch syscalls:sys_enter_getpid" ]
}

@test "ps: the micro-guest, without BPF and with it" {
	[ -w /dev/kvm ] || skip "no /dev/kvm that may be used"
	"$KVMPMU" bench --raw spin --vcpus 2 --duration 1m >/dev/null 2>"$tmp/err" &
	pids=$!
	vm=$!
	for _ in $(seq 200); do
		kill -0 "$vm" 2>/dev/null || skip "the micro-guest does not run here: $(cat "$tmp/err")"
		[ "$("$KVMPMU" ps --no-bpf --vcpus --format json | rows vcpus vm tid | grep -cE "^$vm [0-9]+\$")" = 2 ] && break
		sleep 0.05
	done
	"$KVMPMU" ps --no-bpf --vm "$vm" --format json >"$tmp/json"
	[ "$(rows vms vm vmm vcpus <"$tmp/json")" = "$vm kvmpmu 2" ]
	[ "$(rows vcpus vm vcpu <"$tmp/json")" = "$vm 0
$vm 1" ]
	need_bpf
	"$KVMPMU" ps --vm "$vm" --format json >"$tmp/bpf"
	[ "$(rows vcpus vm vcpu tid <"$tmp/bpf")" = "$(rows vcpus vm vcpu tid <"$tmp/json")" ]
	rows vcpus exits vpmu_mode <"$tmp/bpf" | grep -qvE '^(-|0) |-$'
	[ "$(rows vms memory_resident <"$tmp/bpf")" = 0 ]
}

@test "ps: opens no perf event and makes no VM" {
	command -v strace >/dev/null || skip "no strace"
	strace -f -e trace=perf_event_open,ioctl -o "$tmp/trace" "$KVMPMU" ps --all >/dev/null ||
		skip "strace may not trace here"
	! grep -E 'perf_event_open|KVM_' "$tmp/trace"
}

@test "ps: --watch, --count, CSV, and what makes no sense" {
	[ "$("$KVMPMU" ps --watch=10ms --count 3 --format json | grep -c '"schema": "kvmpmu-ps"')" = 3 ]
	"$KVMPMU" ps --vms --format csv | grep -q '^vm,vm_name,vmm,'
	run -2 --separate-stderr "$KVMPMU" ps --format xml
	[[ $stderr == *"--format: 'xml' is not text, json or csv"* ]]
	run -2 --separate-stderr "$KVMPMU" ps --watch=x
	[[ $stderr == *"not a time"* ]]
	run -2 "$KVMPMU" ps --count 3
	run -2 "$KVMPMU" ps too much
	run -1 --separate-stderr "$KVMPMU" ps --vm no-such-vm
	[[ $stderr == *"no VM of that pid or name"* ]]
	run -1 "$KVMPMU" --sysroot "$tmp/nothing" ps
}
