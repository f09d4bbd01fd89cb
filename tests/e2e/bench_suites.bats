#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# kvmpmu bench with suites, and --compare: every suite on /dev/kvm where there is one, documents
# made by hand where numbers have to be known. Times are not looked at.

bats_require_minimum_version 1.5.0

setup() {
	cd "$KP_TOP"
	doc=$BATS_TEST_TMPDIR
}

needs_kvm() {
	[ -e /dev/kvm ] || skip "no /dev/kvm here"
	[ -r /dev/kvm ] && [ -w /dev/kvm ] || skip "/dev/kvm may not be opened"
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

# suite_doc FILE FACTOR [KERNEL]: 20 samples of two cases, those of exit/cpuid times FACTOR.
suite_doc() {
	perl -MJSON::PP -e '
		my ($factor, $kernel) = @ARGV;
		my @rows;
		for my $case (qw(cpuid io)) {
			for my $n (1 .. 20) {
				my $ns = 1000 + ($n * 7) % 20;
				$ns *= $factor if $case eq "cpuid";
				push @rows, { suite => "exit", case => $case, variant => "", sample => $n,
					unit => "ns", sample_value => $ns };
			}
		}
		print encode_json({ schema => "kvmpmu-bench-suite", version => 1, samples => \@rows,
			environment => { kernel => $kernel, loadavg => "$factor" } });
	' "$2" "${3:-7.3.4}" >"$doc/$1"
}

@test "bench --list: every suite, in text and JSON" {
	run --separate-stderr "$KVMPMU" bench --list
	[ "$status" = 0 ]
	for suite in exit pmu-access switch pmi migrate filter scale; do
		[[ $output == *$'\n'"$suite "* ]]
	done
	run --separate-stderr "$KVMPMU" bench --list --format json
	[ "$(json '$d->{schema}')" = kvmpmu-bench-list ]
	[ "$(json 'scalar grep { $_->{suite} eq "pmu-access" } @{$d->{cases}}')" = 8 ]
}

@test "bench: suites' usage errors are status 2, with a message and nothing on stdout" {
	for args in '--suite nosuch' '--suite exit,' '--suite ,' '--ab pmu' '--ab pmu=on' '--ab host-events=x' \
		'--ab host-events=99' '--ab nosuch=1' '--ci x' '--ci -1' '--samples 0' '--samples 2001' '--format xml' \
		'--compare a.json' '--compare' '--threshold x' '--raw spin --quick' '--raw spin --explain' '--raw spin --suite exit' \
		'--inject x' '--inject fail_x=0' '--inject fail_x=101' '--inject fail_x=1,0' '--inject-root /' \
		'--ab host-events=0,1,2,3,4 --ab host-events=0,1,2,3' 'operand'; do
		# shellcheck disable=SC2086 # several words
		run --separate-stderr "$KVMPMU" bench $args
		echo "bench $args: $status, '$output', '$stderr'"
		[ "$status" = 2 ]
		[ -z "$output" ]
		[[ $stderr == *bench* ]]
	done
	run "$KVMPMU" --sysroot tests/snap/x86-softkvm2/sysroot bench --suite exit
	[ "$status" = 2 ]
}

@test "bench --quick: every suite runs or says why not" {
	needs_kvm
	run --separate-stderr "$KVMPMU" bench --quick --format json
	echo "$stderr"
	[ "$status" = 0 ]
	[ -z "$stderr" ]
	[ "$(json '$d->{schema} . $d->{version}')" = kvmpmu-bench-suite1 ]
	[ "$(json '$d->{elapsed_ns} < 10e9 ? 1 : 0')" = 1 ]
	listed=$("$KVMPMU" bench --list --format csv | grep -c '^[a-z-]*,')
	# each case once: measured, or not and why (the heading is one of the lines)
	[ "$(json '@{$d->{results}} + @{$d->{unavailable}}')" = $((listed - 1)) ]
	[ "$(json 'scalar grep { !length $_->{why} } @{$d->{unavailable}}')" = 0 ]
	[ "$(json 'scalar grep { $_->{median} <= 0 || $_->{least} > $_->{median} || $_->{most} < $_->{median} } @{$d->{results}}')" = 0 ]
	[ "$(json 'scalar grep { $_->{case} eq "mmio" } @{$d->{results}}')" = 1 ]
	# every sample is there
	[ "$(json 'my $n = 0; $n += $_->{samples_taken} for @{$d->{results}}; $n == @{$d->{samples}} ? 1 : 0')" = 1 ]
	[ "$(json 'my $n = 0; $n += $_->{outliers} for @{$d->{results}}; $n == grep { $_->{outlier} } @{$d->{samples}}')" = 1 ]
	[ "$(json 'length $d->{environment}{kernel} > 0')" = 1 ]
	# and it is the same as itself
	printf '%s\n' "$output" >"$doc/a.json"
	run --separate-stderr "$KVMPMU" bench --compare --format json "$doc/a.json" "$doc/a.json"
	[ "$status" = 0 ]
	[ "$(json '$d->{regressions} + $d->{improvements}')" = 0 ]
	[ "$(json 'scalar grep { $_->{shift} || $_->{verdict} ne "same" } @{$d->{comparisons}}')" = 0 ]
	[ "$(json '@{$d->{unmatched}} + @{$d->{environment_changes}}')" = 0 ]
}

# Where probes can see guests the lab looks at the numbers; anywhere it has to be told why not.
@test "bench --explain: what the kernel does, or why it does not show" {
	needs_kvm
	run --separate-stderr "$KVMPMU" bench --quick --suite exit --explain --format json
	echo "$status $stderr"
	if ! "$KVMPMU" --version --build-options | grep -q '^bpf .*libbpf'; then
		[ "$status" = 4 ]
		[ -z "$output" ]
		[[ $stderr == *"--explain: this kvmpmu was built without BPF"* ]]
		return
	fi
	if [ "$(id -u)" != 0 ]; then
		[ "$status" = 3 ]
		[[ $stderr == *"--explain: "*root* ]]
		return
	fi
	[ "$status" = 0 ]
	[ -z "$stderr" ]
	[ "$(json 'scalar grep { /^--explain: / } @{$d->{notes}}')" -ge 1 ]
	[ "$(json 'scalar grep { $_->{case} eq "mmio" } @{$d->{results}}')" = 1 ]
	[ "$(json 'ref $d->{explain_registers}')" = ARRAY ]
	if [ "$(json 'scalar @{$d->{explain}}')" = 0 ]; then
		[ "$(json 'scalar grep { /^--explain: no entry into a guest was seen/ } @{$d->{notes}}')" = 1 ]
	else
		[ "$(json 'scalar @{$d->{explain}}')" = "$(json 'scalar @{$d->{results}}')" ]
		[ "$(json 'scalar grep { $_->{traced_exits} < 0.9 } @{$d->{explain}}')" = 0 ]
	fi
	run "$KVMPMU" bench --quick --suite exit --explain --format csv
	[[ $output == *traced_exits,guest_pmu_accesses,switches_per_iteration,* ]]
	run "$KVMPMU" bench --quick --suite exit --format json
	[ "$(json 'exists $d->{explain} ? 1 : 0')" = 0 ]
}

@test "bench: migrate moves once an iteration, and tells what a move takes" {
	needs_kvm
	[ "$(nproc)" -gt 1 ] || skip "one CPU: there is nowhere to move to"
	run --separate-stderr "$KVMPMU" bench --quick --suite migrate --format json
	echo "$stderr"
	[ "$status" = 0 ]
	row='grep { $_->{case} eq "move-none" } @{$d->{results}}'
	[ "$(json "my (\$r) = $row; \$r->{moves} == \$r->{samples_taken} * \$r->{sample_iterations} ? 1 : 0")" = 1 ]
	[ "$(json "my (\$r) = $row; defined \$r->{move_ns} ? 1 : 0")" = 1 ]
	# the least is the least of both: a move takes time
	[ "$(json 'my %r = map { $_->{case} => $_ } @{$d->{results}}; $r{"move-none"}{least} > $r{"stay-none"}{least} ? 1 : 0')" = 1 ]
	[ "$(json 'my ($r) = grep { $_->{case} eq "stay-none" } @{$d->{results}}; $r->{moves} == 0 && !defined $r->{move_ns} ? 1 : 0')" = 1 ]
}

@test "bench --ab: the variants of a case, as many samples each, and their differences" {
	needs_kvm
	run --separate-stderr "$KVMPMU" bench --quick --suite exit --ab pmu=off,emulated,mediated --format json
	echo "$stderr"
	[ "$status" = 0 ]
	[ "$(json 'scalar grep { $_->{case} eq "mmio" && $_->{variant} eq "pmu=off" } @{$d->{results}}')" = 1 ]
	# emulated and mediated exclude each other: one of them at least is listed as not to be had
	[ "$(json '(grep { $_->{case} eq "mmio" && $_->{variant} =~ /emulated|mediated/ } @{$d->{unavailable}}) >= 1')" = 1 ]
	[ "$(json 'my %n; $n{$_->{case}}{$_->{samples_taken}} = 1 for @{$d->{results}}; scalar grep { keys %$_ != 1 } values %n')" = 0 ]
	[ "$(json 'scalar grep { $_->{base} ne "pmu=off" || !defined $_->{p_value} } @{$d->{differences}}')" = 0 ]
}

@test "bench --ab twice: all combinations" {
	needs_kvm
	run --separate-stderr "$KVMPMU" bench --quick --suite scale --ab pmu=off --ab host-events=0,2 --format json
	[ "$status" = 0 ]
	[ "$(json 'join ",", map { $_->{variant} } grep { $_->{case} eq "vcpus-1" } @{$d->{results}}, @{$d->{unavailable}}')" \
		= 'pmu=off host-events=0,pmu=off host-events=2' ]
}

# interrupted OPTIONS...: the document of a run that SIGINT ends in its first case.
interrupted() {
	perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$KVMPMU" bench --suite exit --ci 0 --limit 1h \
		--samples 2000 --wake 20ms --format json "$@" >"$doc/out" 3>&- &
	pid=$!
	until grep -qs KVM "/proc/$pid/task/"*/comm; do
		kill -0 $pid
		sleep 0.05
	done
	kill -INT $pid
	wait $pid
	output=$(cat "$doc/out")
	[ "$(json '$d->{interrupted} ? 1 : 0')" = 1 ]
}

@test "bench: SIGINT ends suites cleanly, with what was done" {
	needs_kvm
	interrupted
}

@test "bench --explain: after SIGINT it does not say that nothing was seen" {
	needs_kvm
	[ "$(id -u)" = 0 ] || skip "BPF programs are for root"
	"$KVMPMU" --version --build-options | grep -q '^bpf .*libbpf' || skip "built without BPF"
	interrupted --explain
	[ "$(json 'scalar grep { $_ eq "--explain: a signal ended it" } @{$d->{notes}}')" = 1 ]
}

@test "bench --wake: a halt takes as long as it was told" {
	needs_kvm
	run --separate-stderr "$KVMPMU" bench --raw hlt --iterations 5 --wake 30ms --format json
	echo "$stderr"
	[ "$status" = 0 ]
	[ "$(json '$d->{vcpus}[0]{iteration_ns} >= 30e6')" = 1 ]
	[ "$(json '$d->{vcpus}[0]{irqs}')" = 5 ]
}

@test "bench --compare: a slowdown over the threshold is a regression, status 1" {
	suite_doc a.json 1
	suite_doc b.json 1.2 7.4.0
	run --separate-stderr "$KVMPMU" bench --compare --format json "$doc/a.json" "$doc/b.json"
	[ "$status" = 1 ]
	[ "$(json '$d->{compared}')" = 2 ]
	[ "$(json '$d->{regressions}')" = 1 ]
	[ "$(json '$d->{improvements}')" = 0 ]
	[ "$(json '$d->{comparisons}[0]{verdict}')" = regression ]
	[ "$(json '$d->{comparisons}[0]{shift_pct} > 19 && $d->{comparisons}[0]{shift_pct} < 21')" = 1 ]
	[ "$(json '$d->{comparisons}[0]{cliff_delta}')" = 1 ]
	[ "$(json '$d->{comparisons}[0]{p_value} < 1e-6')" = 1 ]
	[ "$(json '$d->{comparisons}[1]{verdict}')" = same ]
	[ "$(json '$d->{comparisons}[1]{p_value}')" = 1 ]
	# what else changed; the load always does
	[ "$(json 'join " ", map { "$_->{parameter} $_->{setting} $_->{setting_b}" } @{$d->{environment_changes}}')" = 'kernel 7.3.4 7.4.0' ]
	# below the threshold it is told, and no regression
	run --separate-stderr "$KVMPMU" bench --compare --format json --threshold 25 "$doc/a.json" "$doc/b.json"
	[ "$status" = 0 ]
	[ "$(json '$d->{comparisons}[0]{verdict}')" = slower ]
	# and the other way round
	run --separate-stderr "$KVMPMU" bench --compare --format json "$doc/b.json" "$doc/a.json"
	[ "$status" = 0 ]
	[ "$(json '$d->{comparisons}[0]{verdict}')" = improvement ]
	run "$KVMPMU" bench --compare "$doc/a.json" "$doc/b.json"
	[[ $output == *cpuid*regression* ]]
}

@test "bench --compare: a shift that may be chance is none" {
	suite_doc a.json 1
	suite_doc b.json 1
	# three samples cannot be told apart with p < 0.05, however far they lie apart
	for f in a b; do
		perl -MJSON::PP -0777 -ne 'my $d = decode_json($_); $d->{samples} = [@{$d->{samples}}[0 .. 2]];
			$_->{sample_value} *= $ARGV for @{$d->{samples}}; print encode_json($d)' \
			"$doc/$f.json" >"$doc/$f.short"
	done
	perl -MJSON::PP -0777 -pe 's/("sample_value":)(\d+)/$1 . $2 * 3/ge' "$doc/a.short" >"$doc/b.short"
	run --separate-stderr "$KVMPMU" bench --compare --format json "$doc/a.short" "$doc/b.short"
	echo "$stderr"
	[ "$status" = 0 ]
	[ "$(json '$d->{comparisons}[0]{verdict}')" = same ]
}

@test "bench --compare: files that are none, damaged, or have nothing in common, status 1" {
	suite_doc a.json 1
	echo '{"schema": "kvmpmu-report", "version": 1}' >"$doc/report.json"
	echo '{"schema": "kvmpmu-bench-suite", "version": 9}' >"$doc/new.json"
	echo '{"schema": "kvmpmu-bench-suite", "version": 1}' >"$doc/empty.json"
	echo '{"schema": "kvmpmu-bench-suite", "version": 1, "samples": [1]}' >"$doc/row.json"
	echo '{"schema": "kvmpmu-bench-suite", "version": 1, "samples": [{"suite": "a", "case": "b", "variant": "", "unit": "ns", "sample_value": 1}]}' >"$doc/other.json"
	head -c 100 "$doc/a.json" >"$doc/cut.json"
	for f in report new empty row other cut nosuch; do
		run --separate-stderr "$KVMPMU" bench --compare "$doc/a.json" "$doc/$f.json"
		echo "$f: $status $stderr"
		[ "$status" = 1 ]
		[[ $stderr == *"$f.json"* ]]
	done
}

@test "bench --inject: a kernel without the knob, status 4" {
	needs_kvm
	mkdir -p "$doc/root/sys/kernel/debug/kvm"
	run --separate-stderr "$KVMPMU" bench --suite exit --inject fail_tdp_mmu_resched=10 --inject-root "$doc/root"
	echo "$stderr"
	[ "$status" = 4 ]
	[ -z "$output" ]
	[[ $stderr == *"/sys/kernel/debug/kvm/fail_tdp_mmu_resched"*"debugfs"* ]]
}

fake_knob() {
	knob=$doc/root/sys/kernel/debug/kvm/fail_tdp_mmu_resched
	mkdir -p "$knob"
	echo 0 >"$knob/probability"
	for f in interval times space verbose; do echo 1 >"$knob/$f"; done
	before=$(cd "$knob" && grep . ./*)
}

@test "bench --inject: measures without and with, and puts the knob back" {
	needs_kvm
	fake_knob
	run --separate-stderr "$KVMPMU" bench --quick --suite scale --inject fail_tdp_mmu_resched=10,2 \
		--inject-root "$doc/root" --format json
	echo "$stderr"
	[ "$status" = 0 ]
	[ "$(json 'join ",", map { $_->{variant} } grep { $_->{case} eq "vcpus-1" } @{$d->{results}}')" = 'faults=no,faults=yes' ]
	[ "$(cd "$knob" && grep . ./*)" = "$before" ]
}

# killed_by SIGNAL: a run that faults are injected into ends that way, and the knob is as before.
killed_by() {
	fake_knob
	"$KVMPMU" bench --suite exit --ci 0 --limit 1h --inject fail_tdp_mmu_resched=10 --inject-root "$doc/root" \
		>/dev/null 3>&- &
	pid=$!
	until [ "$(cat "$knob/times")" = -1 ]; do
		kill -0 $pid
		sleep 0.05
	done
	kill "-$1" $pid
	status=0
	wait $pid || status=$?
	# it would stay like this for ever if nobody put it back: the test's own time limit ends that
	until [ "$(cd "$knob" && grep -s . ./*)" = "$before" ]; do sleep 0.05; done
}

@test "bench --inject: puts the knob back when it is killed" {
	needs_kvm
	killed_by KILL
	[ "$status" = 137 ]
}

@test "bench --inject: puts the knob back when it is told to end, and ends cleanly" {
	needs_kvm
	killed_by TERM
	[ "$status" = 0 ]
	# before the end, not by somebody who notices it
	[ "$(cd "$knob" && grep . ./*)" = "$before" ]
}

@test "bench: the manual names every member of suites' documents" {
	suite_doc a.json 1
	suite_doc b.json 2 7.4.0
	section=$(sed -n '/^\.SH KVMPMU-BENCH$/,/^\.SH KVMPMU-DECODE$/p' man/kvmpmu-json.5)
	members='join " ", map { ($_, ref $d->{$_} eq "ARRAY" && @{$d->{$_}} && ref $d->{$_}[0] ?
		keys %{$d->{$_}[0]} : ()) } grep !/^(schema|version|notes)$/, keys %$d'
	run "$KVMPMU" bench --compare --format json "$doc/a.json" "$doc/b.json"
	keys=$(json "$members")
	run "$KVMPMU" bench --list --format json
	keys+=" $(json "$members")"
	if [ -w /dev/kvm ]; then
		run --separate-stderr "$KVMPMU" bench --quick --suite exit,pmi --ab pmu=off --ab host-events=0,0 --format json
		keys+=" $(json "$members")"
	fi
	for key in $keys; do
		echo "member $key"
		grep -qw "$key" <<<"$section"
	done
}
