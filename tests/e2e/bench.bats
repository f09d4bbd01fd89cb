#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# kvmpmu bench --raw: what the command line refuses, what it says where there is no KVM, and each
# payload on /dev/kvm where there is one. Counts must be exact; times are not looked at.

bats_require_minimum_version 1.5.0

setup() {
	cd "$KP_TOP"
}

needs_kvm() {
	[ -e /dev/kvm ] || skip "no /dev/kvm here"
	[ -r /dev/kvm ] && [ -w /dev/kvm ] || skip "/dev/kvm may not be opened"
}

needs_root() {
	[ "$(id -u)" = 0 ] || skip "needs root"
}

# json EXPRESSION: value of a Perl expression on the document $d, from $output.
json() {
	perl -MJSON::PP -e '
		local $/;
		my $d = decode_json(<STDIN>);
		my $v = eval $ARGV[0];
		die $@ if $@;
		print defined $v ? $v : "null", "\n";' "$1" <<<"$output"
}

# payload NAME USER_EXIT ITERATIONS [OPTIONS]: runs it on two vCPUs and checks every count.
payload() {
	local name=$1 reason=$2 n=$3 vcpu
	shift 3
	needs_kvm
	"$KVMPMU" bench --raw list | grep -q "^$name " || skip "this architecture has no payload $name"
	run --separate-stderr "$KVMPMU" bench --raw "$name" --vcpus 2 --iterations "$n" --format json "$@"
	echo "$stderr"
	[ "$status" != 4 ] || skip "$stderr"
	[ "$status" = 0 ]
	[ -z "$stderr" ]
	[ "$(json '$d->{schema}')" = kvmpmu-bench ]
	[ "$(json '$d->{payload}')" = "$name" ]
	[ "$(json '$d->{iterations}')" = $((2 * n)) ]
	[ "$(json '$d->{interrupted} ? 1 : 0')" = 0 ]
	[ "$(json 'scalar @{$d->{vcpus}}')" = 2 ]
	for vcpu in 0 1; do
		[ "$(json "\$d->{vcpus}[$vcpu]{vcpu}")" = $vcpu ]
		[ "$(json "\$d->{vcpus}[$vcpu]{iterations}")" = "$n" ]
		[ "$(json "\$d->{vcpus}[$vcpu]{iteration_ticks} > 0")" = 1 ]
		if [ "$reason" = none ]; then
			[ "$(json "\$d->{vcpus}[$vcpu]{user_exits}")" = 0 ]
		else
			[ "$(json "\$d->{vcpus}[$vcpu]{user_exits}")" = "$n" ]
			[ "$(json "\$d->{exits}[$vcpu]{vcpu}")" = $vcpu ]
			[ "$(json "\$d->{exits}[$vcpu]{reason}")" = "$reason" ]
			[ "$(json "\$d->{exits}[$vcpu]{count}")" = "$n" ]
		fi
	done
}

@test "bench: usage errors are status 2, with a message and nothing on stdout" {
	for args in '--raw nosuch' '--raw' '--raw spin --vcpus 0' '--raw spin --vcpus 257' \
		'--raw spin --vcpus x' '--raw spin --cpu-list 3-1' '--raw spin --cpu-list ,' \
		'--raw spin --cpu-list 99999' '--raw spin --counters 33' '--raw spin --pmu maybe' \
		'--raw spin --irqchip 1' '--raw spin --format xml' '--raw spin --duration -1' \
		'--raw spin --period x' '--raw spin --allow x' \
		'--raw spin --iterations 0' '--raw spin --duration 0' '--raw spin --deny 1,,2' '--raw spin --allow 1 --deny 2' \
		'--raw spin --pmu-type 0xffffffff' '--raw spin --iterations 1e3' '--raw spin operand' '--nosuch'; do
		# shellcheck disable=SC2086 # several words
		run --separate-stderr "$KVMPMU" bench $args
		echo "bench $args: $status, '$output', '$stderr'"
		[ "$status" = 2 ]
		[ -z "$output" ]
		[[ $stderr == *bench* ]]
	done
}

@test "bench --raw list: a payload a line" {
	run --separate-stderr "$KVMPMU" bench --raw list
	[ "$status" = 0 ]
	[[ $output == *"spin "* ]]
	[ -z "$(awk 'NF < 3' <<<"$output")" ]
}

@test "bench: without /dev/kvm it says what to do, status 4" {
	needs_root
	unshare -m true 2>/dev/null || skip "no mount namespaces here"
	run --separate-stderr unshare -m sh -c 'mount -t tmpfs none /dev && exec "$0" bench --raw spin' "$KVMPMU"
	echo "$stderr"
	[ "$status" = 4 ]
	[ -z "$output" ]
	[[ $stderr == *"/dev/kvm: No such file"*modprobe* ]]
}

@test "bench: a /dev/kvm that is something else, status 4" {
	needs_root
	unshare -m true 2>/dev/null || skip "no mount namespaces here"
	[ -e /dev/kvm ] || skip "no /dev/kvm to mount over"
	run --separate-stderr unshare -m sh -c 'mount --bind /dev/zero /dev/kvm && exec "$0" bench --raw spin' "$KVMPMU"
	[ "$status" = 4 ]
	[[ $stderr == *"/dev/kvm is not KVM"* ]]
}

@test "bench: without permission it says what to do, status 3" {
	needs_root
	needs_kvm
	command -v setpriv >/dev/null || skip "no setpriv here"
	as_nobody='setpriv --reuid=65534 --regid=65534 --clear-groups'
	# the program may lie in a folder that only root can enter
	cp "$KVMPMU" "$BATS_TEST_TMPDIR/kvmpmu"
	chmod 755 "$BATS_TEST_TMPDIR/kvmpmu"
	$as_nobody "$BATS_TEST_TMPDIR/kvmpmu" --version >/dev/null || skip "another user cannot run $BATS_TEST_TMPDIR"
	$as_nobody test ! -r /dev/kvm || skip "anyone may open /dev/kvm here"
	run --separate-stderr $as_nobody "$BATS_TEST_TMPDIR/kvmpmu" bench --raw spin
	echo "$stderr"
	[ "$status" = 3 ]
	[ -z "$output" ]
	[[ $stderr == *"/dev/kvm: Permission denied"*"Run as root"* ]]
}

@test "bench --raw io: N iterations are N exits" {
	payload io IO 500
}

@test "bench --raw mmio: N iterations are N exits" {
	payload mmio MMIO 500
}

@test "bench --raw msr: handled in KVM" {
	payload msr none 500
}

@test "bench --raw cpuid: handled in KVM" {
	payload cpuid none 500
}

@test "bench --raw hypercall: handled in KVM" {
	payload hypercall none 500
}

@test "bench --raw hlt: every halt is ended by one interrupt" {
	payload hlt none 100
	[ "$(json '$d->{vcpus}[0]{irqs}')" = 100 ]
	[ "$(json '$d->{vcpus}[1]{irqs}')" = 100 ]
}

@test "bench --raw hlt --irqchip off: N halts are N exits" {
	payload hlt HLT 100 --irqchip off
}

@test "bench --raw pmu: instructions as the code has them" {
	payload pmu none 50 --counters 2
	[ "$(json '$d->{counters}[0]{event}')" = instructions ]
	[ "$(json '$d->{counters}[0]{reads}')" = 50 ]
	[ "$(json '$d->{counters}[0]{read_min} >= $d->{counters}[0]{expected_min}')" = 1 ]
	[ "$(json '$d->{counters}[0]{read_min} <= $d->{counters}[0]{expected_max}')" = 1 ]
}

@test "bench --raw pmi: every overflow brings one interrupt" {
	payload pmi none 50 --period 5000
	for vcpu in 0 1; do
		[ "$(json "\$d->{vcpus}[$vcpu]{irqs}")" = 50 ]
		[ "$(json "\$d->{vcpus}[$vcpu]{pmis_lost}")" = 0 ]
		[ "$(json "\$d->{counters}[$vcpu]{event}")" = cycles ]
		[ "$(json "\$d->{counters}[$vcpu]{reads}")" = 50 ]
	done
}

@test "bench --raw spin: stays in the guest" {
	payload spin none 50
}

@test "bench: --duration ends it" {
	needs_kvm
	# Timed from outside: on a busy machine the vCPU may start after the clock of --duration does.
	before=$(date +%s%N)
	run --separate-stderr "$KVMPMU" bench --raw mmio --duration 100ms --format json
	[ "$status" = 0 ]
	[ $(($(date +%s%N) - before)) -ge 100000000 ]
	[ "$(json '$d->{elapsed_ns} > 0')" = 1 ]
	[ "$(json '$d->{iterations} > 0')" = 1 ]
	[ "$(json '$d->{iterations} == $d->{exits}[0]{count}')" = 1 ]
}

@test "bench: SIGINT and SIGTERM end it cleanly, with what was done" {
	needs_kvm
	for signal in INT TERM; do
		# a background job of a script ignores SIGINT, unless told otherwise
		perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$KVMPMU" bench --raw mmio --duration 1h \
			--format json >"$BATS_TEST_TMPDIR/out" 3>&- &
		pid=$!
		until grep -qs KVM "/proc/$pid/task/"*/comm; do
			kill -0 $pid
			sleep 0.05
		done
		kill -$signal $pid
		wait $pid
		output=$(cat "$BATS_TEST_TMPDIR/out")
		[ "$(json '$d->{interrupted} ? 1 : 0')" = 1 ]
	done
}

@test "bench: a guest that hangs is ended, with registers, status 1" {
	needs_kvm
	run --separate-stderr "$KVMPMU" bench --raw spin --loops 1000000000000000 --hang-timeout 300ms
	echo "$stderr"
	[ "$status" = 1 ]
	[ -z "$output" ]
	[[ $stderr == *"vCPU 0: no progress for 0."*"after 0 iterations"* ]]
	[[ $stderr == *"0x"*"0x"*"0x"* ]]
}

@test "bench: too few open files for so many vCPUs" {
	needs_kvm
	run --separate-stderr sh -c 'ulimit -n 32; exec "$0" bench --raw spin --iterations 1 --vcpus 64' "$KVMPMU"
	echo "$stderr"
	[ "$status" = 1 ]
	[ -z "$output" ]
	[[ $stderr == *"KVM_CREATE_VCPU: Too many open files"*"ulimit -n"* ]]
}

@test "bench: a CPU that is not there" {
	needs_kvm
	run --separate-stderr "$KVMPMU" bench --raw spin --iterations 1 --cpu-list 1023
	echo "$stderr"
	[ "$status" = 2 ]
	[[ $stderr == *"vCPU 0: cannot run on CPU 1023"* ]]
}

@test "bench: more counters than there are, or no PMU" {
	needs_kvm
	run --separate-stderr "$KVMPMU" bench --raw spin --iterations 1 --counters 32
	echo "$stderr"
	[ "$status" = 2 ] || [ "$status" = 4 ]
	run --separate-stderr "$KVMPMU" bench --raw spin --iterations 1 --counters 1 --pmu off
	[ "$status" = 4 ]
	[[ $stderr == *"asked for without"* ]]
}

@test "bench: text and csv" {
	needs_kvm
	run --separate-stderr "$KVMPMU" bench --raw mmio --iterations 1234
	[ "$status" = 0 ]
	[[ $output == *"Iterations per second"* ]]
	[[ $output == *" 1,234 "* ]]
	run --separate-stderr "$KVMPMU" bench --raw mmio --iterations 1234 --format csv
	[ "$status" = 0 ]
	[[ $output == *$'\n'"0,MMIO,1234"* ]]
}

@test "bench: a full disk is an error" {
	needs_kvm
	[ -e /dev/full ] || skip "no /dev/full here"
	run sh -c '"$0" bench --raw spin --iterations 1 >/dev/full' "$KVMPMU"
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"No space left"* ]]
}

@test "bench: the manual names every member of the JSON" {
	needs_kvm
	run --separate-stderr "$KVMPMU" bench --raw mmio --iterations 10 --format json
	[ "$status" = 0 ]
	section=$(sed -n '/^\.SH KVMPMU-BENCH$/,/^\.SH MEMBERS/p' man/kvmpmu-json.5)
	for key in $(json 'join " ", map { ($_, ref $d->{$_} eq "ARRAY" && @{$d->{$_}} && ref $d->{$_}[0] ?
			keys %{$d->{$_}[0]} : ()) } grep !/^(schema|version|notes)$/, keys %$d'); do
		echo "member $key"
		grep -qw "$key" <<<"$section"
	done
}
