#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# kvmpmu top without a terminal: --batch on recordings and on this host, options, damage.

setup() {
	cd "$KP_TOP"
	mediated=tests/data/lab-amd-mediated-guest/perf.data
	tmp=$BATS_TEST_TMPDIR
	unset NO_COLOR
}

# top [OPTIONS]: standard output and error apart.
top() {
	status=0
	"$KVMPMU" top "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || status=$?
}

# json EXPRESSION: of the documents in $tmp/out, as a Perl list @d.
json() {
	perl -MJSON::PP -e 'local $/; my @d = JSON::PP->new->incr_parse(<STDIN>);
		print eval($ARGV[0]) // "undef", "\n"; die $@ if $@' "$1" <"$tmp/out"
}

@test "top: the ticks of a recording add up to what report says" {
	for data in tests/data/lab-*/perf.data; do
		"$KVMPMU" report --no-progress -i "$data" --format json >"$tmp/report"
		want=$(perl -MJSON::PP -e 'local $/; my $d = decode_json(<STDIN>); my $n = 0;
			$n += $_->{exits} for @{$d->{vcpus}}; print $n' <"$tmp/report")
		top -b -i "$data" -d 100ms --format json
		[ "$status" = 0 ]
		got=$(json 'my $n = 0; $n += $_->{exits_per_sec} * $_->{wall_ns} / 1e9 for @d; sprintf "%.0f", $n')
		echo "$data: report $want, top $got"
		[ "$got" = "$want" ]
		[ "$want" -gt 0 ]
	done
}

@test "top: switches of the mediated vPMU, their cost, and the time in which the host is blind" {
	top -b -i "$mediated" -d 1h --format json
	[ "$(json 'scalar @d')" = 1 ]
	[ "$(json 'my $n = 0; $n += $_->{switches_per_sec} for @{$d[0]{vcpus}};
		sprintf "%.0f", $n * $d[0]{wall_ns} / 1e9')" = 115 ]
	[ "$(json '$d[0]{switch_ns_per_sec} > 0 && $d[0]{host_blind_pct} > 0')" = 1 ]
	[ "$(json 'scalar grep { $_->{vpmu_mode} eq "mediated" } @{$d[0]{vcpus}}')" = 4 ]
	[ "$(json 'scalar grep { defined $_->{wall_switch_pct} } @{$d[0]{cpus}}')" = 2 ]
	[ "$(json 'scalar grep { ($_->{event} // "") eq "CYCLES_NOT_IN_HALT" } @{$d[0]{counters}}')" -gt 0 ]
}

@test "top: --seek skips, -n ends, --interval cuts" {
	top -b -i "$mediated" -d 500ms --format json
	n=$(json 'scalar @d')
	[ "$n" = 5 ]
	cp "$tmp/out" "$tmp/all"
	top -b -i "$mediated" -d 500ms --seek 1s --format json
	[ "$(json '$d[0]{at_ns}')" = 1000000000 ]
	top -b -i "$mediated" -d 500ms -n 2 --format json
	[ "$(json 'scalar @d')" = 2 ]
}

@test "top: --vm restricts" {
	top -b -i "$mediated" -d 1h --vm 108 --format json
	[ "$(json 'join ",", map { $_->{vm} } @{$d[0]{vcpus}}')" = 108 ]
}

@test "top: text and CSV" {
	top -b -i "$mediated" -d 1h
	grep -q '^Exits$' "$tmp/out"
	grep -q '^What is wrong or missing, and why$' "$tmp/out"
	grep -q 'IPC *cycles and instructions of guests are not in recordings' "$tmp/out"
	top -b -i "$mediated" -d 1h --format csv
	grep -q '^reason,reason_code,exits_per_sec' "$tmp/out"
	grep -q '^msr,0x7c,' "$tmp/out"
}

@test "top: this host, with or without rights and KVM" {
	top -b -n 2 -d 50ms --format json
	[ "$status" = 0 ]
	[ "$(json 'scalar @d')" = 2 ]
	[ "$(json 'scalar @{$d[1]{cpus}} > 0')" = 1 ]
	[ "$(json 'defined $d[1]{cpus}[0]{wall_idle_pct}')" = 1 ]
	top -b -n 1 -d 50ms --no-events --format json
	[ "$(json 'scalar grep { $_->{note} =~ /^no events: / } @{$d[0]{findings}}')" = 1 ]
	[ "$(json '$d[0]{events_per_sec}')" = undef ]
}

@test "top: while a command runs, with its status; its output is not among the ticks" {
	top -b -d 1h --format json -- sh -c 'echo from the command; exit 7'
	[ "$status" = 7 ]
	[ "$(json 'scalar @d')" = 1 ]
	[ "$(json '$d[0]{wall_ns} > 0 && $d[0]{wall_ns} < 600e9')" = 1 ]
	grep -q '^from the command$' "$tmp/err"
	top -b -d 100ms --format json -- sleep 0.5
	[ "$status" = 0 ]
	[ "$(json 'my $ns = 0; $ns += $_->{wall_ns} for @d; @d > 1 && $ns >= 5e8')" = 1 ]
	[ "$(json '$d[-1]{tick} - $d[0]{tick} == $#d')" = 1 ]
	top -b -- sh -c 'kill -9 $$'
	[ "$status" = 137 ]
}

@test "top: a command is ended with the ticks" {
	top -b -n 1 -d 50ms --format json -- sh -c "echo \$\$ >$tmp/pid; exec sleep 600"
	[ "$status" = 0 ]
	[ "$(json 'scalar @d')" = 1 ]
	! kill -0 "$(cat "$tmp/pid")"
	# a signal: what there was until then is the last tick
	"$KVMPMU" top -b -d 1h --format json -- sh -c "echo \$\$ >$tmp/pid2; exec sleep 600" >"$tmp/out" 2>"$tmp/err" &
	pid=$!
	for i in {1..200}; do
		[ -s "$tmp/pid2" ] && break
		sleep 0.05
	done
	kill "$pid"
	wait "$pid"
	[ "$(json 'scalar @d')" = 1 ]
	! kill -0 "$(cat "$tmp/pid2")"
}

@test "top: a command that is not there, and where none can be" {
	top -b -- "$tmp/nothing"
	[ "$status" = 1 ]
	grep -q "$tmp/nothing" "$tmp/err"
	for options in '-b --' '-- true' "-b -i $mediated -- true" '-b true'; do
		echo "$options"
		top $options
		[ "$status" = 2 ]
		[ -s "$tmp/err" ]
	done
}

# Whether BPF loads depends on kernel and rights; which way the exits came is said, and both count them.
@test "top: exits added up by BPF programs, and as events" {
	"$KVMPMU" bench --raw io --iterations 1 >/dev/null 2>&1 || skip "no guest runs here"
	[ "$(id -u)" = 0 ] || skip "tracepoints need root"
	"$KVMPMU" bench --raw io --duration 600 >/dev/null 2>&1 &
	bench=$!
	top -b -n 2 -d 500ms --vm $bench --format json
	cp "$tmp/out" "$tmp/bpf"
	top -b -n 2 -d 500ms --vm $bench --no-bpf --format json
	cp "$tmp/out" "$tmp/rings"
	kill $bench
	wait $bench || true
	for way in bpf rings; do
		cp "$tmp/$way" "$tmp/out"
		echo "$way: $(json '$d[1]{exits_per_sec}') exits/s, $(json '$d[1]{events_per_sec}') events/s"
		[ "$(json '$d[1]{exits_per_sec} > 100')" = 1 ]
		[ "$(json 'my %v = map { $_->{vm} => 1 } @{$d[1]{vcpus}}; join " ", keys %v')" = $bench ]
		[ "$(json '$d[1]{vcpus}[0]{vcpu}')" = 0 ]
		[ "$(json 'my $e = $d[1]{exits}[0]; $e->{p50_ns} > 0 && $e->{p50_ns} <= $e->{p99_ns}
			&& $e->{p99_ns} <= $e->{max_ns} && $e->{count_pct} > 50')" = 1 ]
	done
	# an event for each exit, or hardly any
	[ "$(json '$d[1]{events_per_sec} >= $d[1]{exits_per_sec} * 0.9')" = 1 ]
	cp "$tmp/bpf" "$tmp/out"
	if [ "$(json 'scalar grep { $_->{about} eq "BPF" && $_->{severity} eq "missing" } @{$d[1]{findings}}')" = 0 ]; then
		[ "$(json '$d[1]{events_per_sec} < $d[1]{exits_per_sec} / 2')" = 1 ]
	fi
}

# Guests that come and go all the time: whoever has ended is not in the list any more, what it did is.
@test "top: vCPUs come and go" {
	"$KVMPMU" bench --raw io --iterations 1 >/dev/null 2>&1 || skip "no guest runs here"
	[ "$(id -u)" = 0 ] || skip "tracepoints need root"
	cat >"$tmp/guests" <<-END
		for i in 1 2 3 4 5 6 7 8; do
			"$KVMPMU" bench --raw io --iterations 2000 >/dev/null & echo \$! >>$tmp/pids
			wait
		done
		sleep 2
	END
	for option in '' --no-bpf; do
		rm -f "$tmp/pids"
		top -b -d 500ms $option --format json -- sh "$tmp/guests"
		[ "$status" = 0 ]
		[ "$(wc -l <"$tmp/pids")" = 8 ]
		pids=$(paste -sd'|' "$tmp/pids")
		echo "option '$option': seen $(json "my %s; \$s{\$_->{vm}}++ for grep { \$_->{vm} =~ /^($pids)\$/ }
			map { @{\$_->{vcpus}} } @d; scalar keys %s")"
		[ "$(json "my %s; \$s{\$_->{vm}}++ for grep { \$_->{vm} =~ /^($pids)\$/ }
			map { @{\$_->{vcpus}} } @d; keys %s >= 6")" = 1 ]
		[ "$(json "scalar grep { \$_->{vm} =~ /^($pids)\$/ } @{\$d[-1]{vcpus}}")" = 0 ]
	done
}

@test "top: what makes no sense is refused" {
	for options in '--speed 2' '-n 3' '--format json' '--seek 1' '-b --format xml' '-b -d 1ms' 'word' \
		"-b -i $mediated --switch-detail" "-b -i $mediated --no-bpf" "-b -i $mediated --speed fast" "-b -i $mediated --seek x"; do
		echo "$options"
		top $options
		[ "$status" = 2 ]
		[ -s "$tmp/err" ]
		[ ! -s "$tmp/out" ]
	done
}

@test "top: no recording, and a damaged one" {
	top -b -i "$tmp/none"
	[ "$status" = 1 ]
	grep -q "$tmp/none" "$tmp/err"
	head -c 20000 "$mediated" >"$tmp/cut"
	top -b -i "$tmp/cut" -d 1h --format json
	[ "$(json 'scalar @d > 0')" = 1 ]
}

@test "top: without a terminal it says so and names --batch" {
	top -i "$mediated"
	[ "$status" = 4 ]
	grep -q -- --batch "$tmp/err"
}
