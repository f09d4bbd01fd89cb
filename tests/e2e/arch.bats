#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Recordings of architectures that are not at hand: composed from the kernel's tracepoint formats.

bats_require_minimum_version 1.5.0

setup() {
	cd "$KP_TOP"
	export LC_ALL=C
}

# json EXPRESSION: prints the value of a Perl expression over the document in $d, read from stdin
json() {
	perl -MJSON::PP -e '
		local $/;
		my $d = decode_json(<STDIN>);
		my $v = eval $ARGV[0];
		die $@ if $@;
		print defined $v ? $v : "null", "\n";' "$1"
}

@test "composed recordings are what their lists of events give" {
	for arch in riscv loongarch fred; do
		"$KP_BUILD/tests/tools/compose" tests/data/composed-$arch/events.txt "$BATS_TEST_TMPDIR/$arch"
		cmp "$BATS_TEST_TMPDIR/$arch" tests/data/composed-$arch/perf.data
		grep -q composed tests/data/composed-$arch/perf.data
	done
}

@test "RISC-V: exits by name, exceptions apart from interrupts, every event counted" {
	run -0 "$KVMPMU" report -i tests/data/composed-riscv/perf.data --format=json --no-progress
	want=$(grep -c kvm_exit tests/data/composed-riscv/events.txt)
	((want -= 1)) # the line that names the format
	[ "$(json 'my $n = 0; $n += $_->{count} for @{$d->{exits}}; $n' <<<"$output")" = "$want" ]
	timer=$(grep -c 'scause=0x8000000000000005 ' tests/data/composed-riscv/events.txt)
	[ "$(json '(grep { $_->{reason} eq "IRQ_S_TIMER" } @{$d->{exits}})[0]{count}' <<<"$output")" = "$timer" ]
	[ "$(json 'join " ", sort map { $_->{reason} } @{$d->{exits}}' <<<"$output")" = \
		"EXC_INST_GUEST_PAGE_FAULT EXC_INST_ILLEGAL EXC_LOAD_GUEST_PAGE_FAULT EXC_STORE_GUEST_PAGE_FAULT EXC_SUPERVISOR_SYSCALL EXC_VIRTUAL_INST_FAULT IRQ_S_TIMER" ]
	[ "$(json '$d->{recording}{host}' <<<"$output")" = composed ]
}

@test "LoongArch: exits by the recording's own print format" {
	run -0 "$KVMPMU" report -i tests/data/composed-loongarch/perf.data --format=json --no-progress
	for pair in IDLE:64 CACHE:65 CPUCFG:66 CSR:67; do
		want=$(grep -c "reason=${pair#*:}\$" tests/data/composed-loongarch/events.txt)
		[ "$(json "(grep { \$_->{reason} eq '${pair%:*}' } @{\$d->{exits}})[0]{count}" <<<"$output")" = "$want" ]
	done
	[ "$(json 'scalar @{$d->{vcpus}}' <<<"$output")" = 2 ]
}

# pmi TABLE-EXPRESSION: of report --pmi, which knows the handlers' names
pmi() {
	"$KVMPMU" report -i tests/data/composed-fred/perf.data --pmi --format=json --no-progress "${@:2}" | json "$1"
}

@test "FRED: every PMI of guests and host, by the same events as without" {
	symbols=--kallsyms=tests/data/composed-fred/kallsyms
	hops='join " ", map { join "/", @{$_}{qw(raised delivered_nmi delivered_vector injected entered pmis_lost spurious)} } @{$d->{pmis}}'
	[ "$(pmi "$hops" $symbols)" = "7/0/7/7/7/0/1 4/4/0/0/4/0/0" ]
	[ "$(pmi 'join " ", map { join "/", @{$_}{qw(cpu raised)} } @{$d->{pmi_cpus}}' $symbols)" = "0/7 1/4" ]
	# NMIs: perf's of the host, a backtrace, and one that came upon a guest's context
	[ "$(pmi 'join " ", map { join "/", @{$_}{qw(cpu handler count handled in_window)} } @{$d->{nmi_handlers}}' $symbols)" = \
		"0/perf_event_nmi_handler/2/1/2 0/nmi_cpu_backtrace_handler/2/1/2 1/perf_event_nmi_handler/3/3/0 1/nmi_cpu_backtrace_handler/3/0/0" ]
	# against /proc/interrupts: all of it is there
	[ "$(pmi 'join " ", map { join "/", @{$_}{qw(interrupt count recorded unrecorded)} } @{$d->{pmi_interrupts}}' $symbols)" = \
		"NMI/5/5/0 PMI/4/4/0 VPMI/11/11/0" ]
	# the backtrace's is none of perf's: odd only as long as nobody knows whose it is
	[ "$(pmi 'join " ", map { $_->{flag} } @{$d->{pmi_oddities}}' $symbols)" = "misrouted no overflow" ]
	[ "$(pmi 'join " ", map { $_->{flag} } @{$d->{pmi_oddities}}' --kallsyms=/dev/null)" = "misrouted misrouted no overflow" ]
	[ "$(pmi 'join " ", map { join "/", $_->{side}, $_->{written_value}, $_->{count} } @{$d->{lvtpc}}' $symbols)" = \
		"guest/0xee/8 guest/0x400/5 host/0xf5/29 host/0x400/29" ]
}

@test "script prints them in their kernels' print formats" {
	run -0 "$KVMPMU" script -i tests/data/composed-riscv/perf.data
	[ "${#lines[@]}" = 162 ]
	[[ "$output" == *"kvm:kvm_exit: SEPC:0x80200002, SCAUSE:0xa, STVAL:0x0, HTVAL:0x0, HTINST:0x0"* ]]
	run -0 "$KVMPMU" script -i tests/data/composed-loongarch/perf.data
	[ "${#lines[@]}" = 162 ]
	[[ "$output" == *"kvm:kvm_exit: vcpu 1 [IDLE] PC: 0x80200002"* ]]
}

@test "report --counters: a guest's counters on the emulated and the mediated vPMU" {
	run -0 "$KVMPMU" report -i tests/data/lab-amd-emulated-guest/perf.data --counters --format=json --no-progress
	[ "$(json 'scalar @{$d->{counters}}' <<<"$output")" = 2 ]
	[ "$(json '$d->{counters}[0]{event}' <<<"$output")" = RETIRED_INSTRUCTIONS ]
	[ "$(json '$d->{counters}[0]{selector}' <<<"$output")" = 0x4300c0 ]
	[ "$(json '$d->{counters}[0]{value_writes}' <<<"$output")" = 10 ]
	[ "$(json 'defined $d->{counters}[0]{global_enabled}' <<<"$output")" = 1 ]
	# mediated: selectors alone are trapped
	run -0 "$KVMPMU" report -i tests/data/lab-amd-mediated-guest/perf.data --counters --format=json --no-progress
	[ "$(json '$d->{counters}[0]{filters}' <<<"$output")" = uk ]
	[ "$(json '$d->{counters}[0]{global_enabled}' <<<"$output")" = null ]
	[ "$(json '$d->{counters}[0]{value_writes}' <<<"$output")" = 0 ]
	[[ "$output" == *"as with the mediated vPMU"* ]]
	# not asked for: not there
	run -0 "$KVMPMU" report -i tests/data/lab-amd-mediated-guest/perf.data --format=json --no-progress
	[ "$(json 'exists $d->{counters} ? 1 : 0' <<<"$output")" = 0 ]
}
