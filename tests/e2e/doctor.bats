#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# kvmpmu doctor: every host of tests/snap against its stored text and JSON, commands run under watch,
# their output passed through, exit codes. What a live host is found to be differs: only findings
# about the commands are checked there.

bats_require_minimum_version 1.5.0

setup() {
	cd "$KP_TOP"
	tmp=$BATS_TEST_TMPDIR
	export LC_ALL=C TMPDIR=$tmp
	mkdir -p "$tmp/bin"
}

set -o pipefail

# A "!" before a command does not fail a test, unless it is the last one.
none() {
	if "$@"; then return 1; fi
}

json() {
	perl -MJSON::PP -e 'local $/; my $d = decode_json(<STDIN>); my $v = eval $ARGV[0]; die $@ if $@;
		print defined $v ? $v : "null", "\n"' "$1"
}

# Findings about a command, one id a line; the report is in $tmp/report.
ids() {
	json 'join "\n", grep { /^command-/ } map { $_->{finding} } @{$d->{findings}}' <"$tmp/report"
}

watch() {
	"$KVMPMU" doctor -o "$tmp/report" --format json -- "$@"
}

# A program of this name that says and does this.
fake() {
	printf '#!/bin/sh\n%s\n' "$2" >"$tmp/bin/$1"
	chmod +x "$tmp/bin/$1"
}

@test "doctor: text and JSON of every host, byte for byte; KP_UPDATE=1 rewrites them" {
	n=0
	for host in tests/snap/*/; do
		for format in text json; do
			want=${host}doctor.${format/text/txt}
			"$KVMPMU" --sysroot "${host}sysroot" doctor --format $format >"$tmp/got" || [ $? = 10 ] || [ $? = 20 ]
			[ -z "${KP_UPDATE-}" ] || cp "$tmp/got" "$want"
			diff -u "$want" "$tmp/got"
		done
		n=$((n + 1))
	done
	[ "$n" -ge 8 ]
}

@test "doctor: text has 80 columns at most" {
	for host in tests/snap/*/; do
		{ "$KVMPMU" --sysroot "${host}sysroot" doctor || true; } |
			awk 'length > 80 && !/\[[a-z-]+\]$/ { print; bad = 1 } END { exit bad }'
	done
}

@test "doctor: the exit status tells the worst finding" {
	run -0 "$KVMPMU" --sysroot tests/snap/lab-amd-emulated/sysroot doctor
	run -10 "$KVMPMU" --sysroot tests/snap/x86-cloud-nopmu4/sysroot doctor
	[[ $output == *'WARNING: This host has no hardware PMU [host-without-pmu]'* ]]
	cp -r tests/snap/lab-amd-emulated/sysroot "$tmp/root"
	mkdir -p "$tmp/root/kvmpmu"
	echo '4,7,1000000,-;WARNING: CPU: 0 PID: 1 at arch/x86/kvm/pmu.c:194 f+0x1/0x2' >"$tmp/root/kvmpmu/kmsg"
	run -20 "$KVMPMU" --sysroot "$tmp/root" doctor
	[[ $output == *'Doctor: 1 problem, '* ]]
	[[ $output == *'[1.000000] WARNING: CPU: 0 PID: 1 at arch/x86/kvm/pmu.c:194'* ]]
}

@test "doctor: a snapshot holds the kernel's log as far as it concerns the PMU, and no more" {
	run -0 "$KVMPMU" --sysroot tests/snap/x86-intel-spr-on8/sysroot info --snapshot "$tmp/s.tar.gz"
	"$KVMPMU" --sysroot "$tmp/s.tar.gz" doctor --format json >"$tmp/a" || [ $? = 10 ]
	diff -u tests/snap/x86-intel-spr-on8/doctor.json "$tmp/a"
	"$KVMPMU" info --snapshot "$tmp/live.tar.gz"
	tar xzOf "$tmp/live.tar.gz" kvmpmu-snapshot/kvmpmu/kmsg >"$tmp/kmsg" || skip "the kernel's log may not be read here"
	none grep -v -E 'PMU|pmu|perf|Performance|NMI|VHE|counters|LBR|PEBS|software events|arch/|kernel/events' "$tmp/kmsg"
}

@test "doctor: what a command writes passes through, and its status is in the report" {
	run --separate-stderr watch sh -c 'echo out; echo err >&2; exit 7'
	[ "$status" = 10 ] || [ "$status" = 20 ]
	[ "$output" = out ]
	[ "$stderr" = err ]
	[ "$(json '$d->{command}{exit_status}' <"$tmp/report")" = 7 ]
	[ "$(json '$d->{command}{program}' <"$tmp/report")" = sh ]
	[ "$(ids)" = command-failed ]
	# however much it is
	head -c 300000 /dev/urandom | base64 >"$tmp/much"
	watch sh -c 'cat "$0" >&2' "$tmp/much" 2>"$tmp/err" || [ $? = 10 ] || [ $? = 20 ]
	cmp "$tmp/much" "$tmp/err"
	[ "$(ids)" = '' ]
	# beside it on standard error, the report as text
	run --separate-stderr "$KVMPMU" doctor -- echo out
	[ "$output" = out ]
	[[ $stderr == *Doctor:*'Its exit status  0'* ]]
}

@test "doctor: a command that a signal ends" {
	watch sh -c 'kill -TERM $$' || [ $? = 10 ] || [ $? = 20 ]
	[ "$(json '$d->{command}{exit_status}' <"$tmp/report")" = 143 ]
	[ "$(ids)" = command-failed ]
}

@test "doctor: does not wait for what a command leaves behind" {
	watch sh -c 'sleep 600 & echo $! >"$0"' "$tmp/pid" 3>&- || [ $? = 10 ] || [ $? = 20 ]
	kill "$(cat "$tmp/pid")"
	[ "$(json '$d->{command}{exit_status}' <"$tmp/report")" = 0 ]
}

@test "doctor: what perf says of an event that is refused" {
	fake perf 'echo "     <not supported>      cycles:G" >&2'
	run -20 --separate-stderr watch "$tmp/bin/perf" stat -e cycles:G
	[[ $(ids) == command-unsupported || $(ids) == command-refused-beside-vm ]]
	[ "$(json 'join "", map { $_->{evidence} } grep { $_->{finding} eq $d->{findings}[0]{finding} && $_->{evidence_kind} eq "command" } @{$d->{evidence}}' <"$tmp/report")" = \
		'perf (exit status 0): <not supported>      cycles:G' ]
	fake perf 'echo "Access to performance monitoring and observability operations is limited." >&2; exit 255'
	run -20 --separate-stderr watch "$tmp/bin/perf" stat -a
	[ "$(ids)" = command-not-permitted ]
	fake perf 'exit 0'
	run --separate-stderr watch "$tmp/bin/perf" stat
	[ "$(ids)" = '' ]
}

@test "doctor: what VMMs say when the PMU is busy, or of another CPU" {
	fake qemu-system-x86_64 'echo "qemu-system-x86_64: kvm_init_vcpu: kvm_get_vcpu failed (0): Device or resource busy" >&2; exit 1'
	run -20 --separate-stderr watch "$tmp/bin/qemu-system-x86_64"
	[[ $(ids) == command-busy || $(ids) == command-vm-refused ]]
	fake firecracker 'echo "Error: CreateVcpu(Error(16)): Resource busy (os error 16)" >&2; exit 1'
	run -20 --separate-stderr watch "$tmp/bin/firecracker"
	[[ $(ids) == command-busy || $(ids) == command-vm-refused ]]
	fake lkvm 'echo "  Error: KVM exit reason: 9 (\"KVM_EXIT_FAIL_ENTRY\")" >&2; exit 1'
	run -20 --separate-stderr watch "$tmp/bin/lkvm"
	[ "$(ids)" = command-entry-failed ]
}

@test "doctor: exit codes of the command line" {
	run -2 "$KVMPMU" doctor --format xml
	run -2 "$KVMPMU" doctor nonsense
	run -2 "$KVMPMU" doctor --
	run -2 "$KVMPMU" --sysroot tests/snap/x86-amd-zen3/sysroot doctor -- true
	run -1 --separate-stderr "$KVMPMU" --sysroot /nonexistent doctor
	[[ $stderr == *'/nonexistent'* ]]
	run -1 --separate-stderr "$KVMPMU" doctor -- "$tmp/no/such/program"
	[[ $stderr == *"$tmp/no/such/program: No such file"* ]]
	# what cannot be written is said before anything runs
	run -1 --separate-stderr "$KVMPMU" doctor -o "$tmp/no/report" -- touch "$tmp/ran"
	[[ $stderr == *"$tmp/no/report"* ]]
	[ ! -e "$tmp/ran" ]
	run -0 "$KVMPMU" doctor --help
	[[ $output == *'20 a problem'* ]]
}

@test "doctor: opens no perf event and makes no VM" {
	command -v strace >/dev/null || skip 'no strace on this machine'
	strace -f -o "$tmp/trace" "$KVMPMU" doctor >/dev/null || [ $? = 10 ] || [ $? = 20 ] ||
		skip 'strace is not permitted here'
	none grep -E 'perf_event_open|KVM_CREATE_VM' "$tmp/trace"
}
