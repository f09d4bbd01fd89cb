#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# kvmpmu stat: what the command line refuses, and on a live kernel with software events alone, so that
# no PMU is needed: counts, the workload's status, intervals, repeats, formats. The OpenMetrics
# exposition goes through a strict parser (openmetrics_check). Times are not looked at.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR"
}

needs_events() {
	run "$KVMPMU" stat -e page-faults:u -- true
	[ "$status" != 3 ] || skip "perf events may not be opened here: $output"
	echo "$output"
	[ "$status" = 0 ]
}

needs_system() {
	run "$KVMPMU" stat -a -e page-faults -- true
	[ "$status" != 3 ] || skip "the whole system may not be counted here: $output"
	[ "$status" = 0 ]
}

# value FILE TABLE EVENT MEMBER
value() {
	perl -MJSON::PP -e '
		local $/; open my $f, "<", $ARGV[0] or die; my $d = decode_json(<$f>);
		for (@{$d->{$ARGV[1]}}) { next unless $_->{event} eq $ARGV[2];
			print defined $_->{$ARGV[3]} ? $_->{$ARGV[3]} : "null"; exit }
		print "no row"' "$@"
}

# OpenMetrics 1.0.0, section 4: every line, the order, the names of samples, no sample twice.
openmetrics_check() {
	perl -e '
		use strict; use warnings;
		local $/; open my $f, "<:raw", $ARGV[0] or die "$ARGV[0]: $!\n"; my $t = <$f>;
		die "does not end with # EOF\n" unless $t =~ s/^# EOF\n\z//m;
		die "EOF inside\n" if $t =~ /^# EOF/m;
		my (%seen, %family, $fam, $n);
		my $name = qr/[a-zA-Z_:][a-zA-Z0-9_:]*/;
		my $label = qr/[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"/;
		my $num = qr/[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?/;
		for my $l (split /\n/, $t, -1) {
			last if $l eq "" && ++$n && $t =~ /\n\z/ && $n == 1;
			if ($l =~ /^# TYPE ($name) (counter|gauge|unknown|info|stateset|histogram|summary)$/) {
				die "family $1 again\n" if $family{$1}++;
				die "$1: a counter family has no _total\n" if $2 eq "counter" && $1 =~ /_total$/;
				$fam = { name => $1, type => $2 };
			} elsif ($l =~ /^# UNIT ($name) ([a-z]+)$/) {
				die "UNIT $1 outside\n" unless $fam && $fam->{name} eq $1 && !$fam->{samples};
				die "$1 does not end in its unit\n" unless $1 =~ /_$2$/;
			} elsif ($l =~ /^# HELP ($name) (\S.*)$/) {
				die "HELP $1 outside\n" unless $fam && $fam->{name} eq $1 && !$fam->{samples};
			} elsif ($l =~ /^($name)(?:\{((?:$label(?:,$label)*)?)\})? ($num)$/) {
				my ($s, $labels, $v) = ($1, $2 // "", $3);
				die "sample without family: $l\n" unless $fam;
				my $want = $fam->{name} . ($fam->{type} eq "counter" ? "_total" : "");
				my $part = $fam->{type} eq "summary" && $labels !~ /quantile=/ ? "(?:_sum|_count)" : "";
				die "$s in family $fam->{name}\n" unless $s =~ /^\Q$want\E$part$/;
				die "twice: $l\n" if $seen{"$s $labels"}++;
				my %k; $k{$_}++ && die "label twice: $l\n" for $labels =~ /(\w+)="/g;
				die "counter below zero: $l\n" if $fam->{type} eq "counter" && $v < 0;
				$fam->{samples}++;
			} else { die "no line of OpenMetrics: $l\n" }
		}
		die "no samples\n" unless %seen;' "$1"
}

@test "stat: what the command line refuses" {
	for args in "-I 5" "-I 0" "-I x" "-I 1.5" "-I -10" "-r 0 -- true" "-r 2" "-r 2 -I 100 -- true" \
		"--format xml" "-a -p 1" "--per core" "--per cpu -p 1" "-p x" "--per vcpu -- true" \
		"--format openmetrics -I 100" "--duration x" "-e" "--switch -C 0" "--switch --per cpu" \
		"--switch -r 2 -- true" "--raw-times"; do
		run -2 timeout 20 "$KVMPMU" stat $args
		[[ $output == "kvmpmu stat: "* ]]
	done
	run -2 "$KVMPMU" --sysroot . stat
}

@test "stat: unknown events are named, with what to do" {
	run "$KVMPMU" stat -e nosuchevent -- true
	[ "$status" = 4 ]
	[[ $output == *"nosuchevent"*"not known"* ]]
	run -2 "$KVMPMU" stat -e "{page-faults" -- true
}

@test "stat: a VM that does not run is named" {
	run -1 "$KVMPMU" stat --vm no-such-vm --duration 1
	[[ $output == *"--vm no-such-vm"* ]]
}

@test "stat: a process that does not run" {
	needs_events
	run -1 "$KVMPMU" stat -e page-faults:u -p 999999999 --duration 1
	[[ $output == *"no process 999999999"* ]]
}

@test "stat: nothing that can be counted is status 4" {
	needs_events
	[ ! -e /sys/bus/event_source/devices/cpu ] && ! ls /sys/bus/event_source/devices/ | grep -q '^armv8\|^cpu_' ||
		skip "this machine has a PMU"
	run -4 "$KVMPMU" stat -e cycles -- true
	[[ $output == *"nothing can be counted"*"no PMU"* ]]
}

@test "stat: without a PMU an event is not supported, the others count" {
	needs_events
	[ ! -e /sys/bus/event_source/devices/cpu ] && ! ls /sys/bus/event_source/devices/ | grep -q '^armv8\|^cpu_' ||
		skip "this machine has a PMU"
	run -0 --separate-stderr "$KVMPMU" stat -e cycles,page-faults:u -- true
	[[ $stderr == *"cycles"*"<not supported>"* ]]
	[[ $stderr == *"not counted: cycles: this machine has no PMU"* ]]
	"$KVMPMU" stat -e cycles,page-faults:u --format json -o out.json -- true
	[ "$(value out.json counters cycles host_count)" = null ]
	[ "$(value out.json counters cycles state)" = not_supported ]
	[ "$(value out.json events page-faults:u state)" = counted ]
}

@test "stat: exits with the status of its command" {
	needs_events
	run -7 "$KVMPMU" stat -e page-faults:u -- sh -c 'exit 7'
	run -143 "$KVMPMU" stat -e page-faults:u -- sh -c 'kill -TERM $$'
	run -1 "$KVMPMU" stat -e page-faults:u -- ./nothing-here
	[[ $output == *"nothing-here"* ]]
}

@test "stat: the command keeps its standard output, as with perf stat" {
	needs_events
	run -0 --separate-stderr "$KVMPMU" stat -e page-faults:u -- echo mine
	[ "$output" = mine ]
	[[ $stderr == *"page-faults:u"* ]]
	run -0 --separate-stderr "$KVMPMU" stat -e page-faults:u --format json -- echo mine
	[[ $stderr == *mine* ]]
	[[ $output == "{"* ]]
}

@test "stat: counts what the command does" {
	needs_events
	# 3000 pages of 4 KiB and more are touched once each; dd touches its block
	"$KVMPMU" stat -e page-faults:u --format json -o small.json -- dd if=/dev/zero of=/dev/null bs=4k count=1 2>/dev/null
	"$KVMPMU" stat -e page-faults:u --format json -o large.json -- dd if=/dev/zero of=/dev/null bs=64M count=1 2>/dev/null
	[ "$(value small.json events page-faults:u count)" -gt 0 ]
	[ "$(value large.json events page-faults:u running_pct)" = 100 ]
}

@test "stat: context switches of a task that sleeps are counted exactly" {
	needs_system
	# each sleep is at least one switch; 20 of them in one shell's children
	"$KVMPMU" stat -e context-switches --format json -o out.json -- \
		sh -c 'i=0; while [ $i -lt 20 ]; do sleep 0.001; i=$((i+1)); done'
	[ "$(value out.json events context-switches count)" -ge 20 ]
}

@test "stat: -I prints whole documents, one an interval" {
	needs_events
	"$KVMPMU" stat -I 50 -e page-faults:u --format json -o out.json -- sleep 0.4
	perl -MJSON::PP -e '
		local $/; open my $f, "<", "out.json" or die; my $p = JSON::PP->new; $p->incr_parse(<$f>);
		my ($n, $at) = (0, 0);
		while (my $d = $p->incr_parse) {
			die "a hole\n" if $d->{from_ns} != $at; $at = $d->{to_ns}; $n++;
			die "wall\n" if $d->{wall_ns} != $d->{to_ns} - $d->{from_ns};
			die "rows\n" if @{$d->{events}} != 1;
		}
		die "$n documents\n" if $n < 2;'
}

@test "stat: -r gives the mean and its spread" {
	needs_events
	"$KVMPMU" stat -r 3 -e page-faults:u --format json -o out.json -- sh -c 'echo x >>runs'
	[ "$(wc -l <runs)" = 3 ]
	[ "$(value out.json events page-faults:u state)" = counted ]
	[ "$(value out.json events page-faults:u stderr_pct)" != null ]
	grep -q '"runs": 3' out.json
	run -0 --separate-stderr "$KVMPMU" stat -r 2 -e page-faults:u -- true
	[[ $stderr == *"mean of 2 runs"* ]]
	run -5 "$KVMPMU" stat -r 2 -e page-faults:u -- sh -c 'exit 5'
}

@test "stat: --duration ends a command that runs on" {
	needs_events
	run -0 "$KVMPMU" stat --duration 0.1 -e page-faults:u -- sleep 1000
}

@test "stat: threads by themselves" {
	needs_events
	sleep 1000 3>&- &
	pid=$!
	run -0 --separate-stderr "$KVMPMU" stat --per thread -p $pid -e page-faults:u --duration 0.1 --format csv
	kill $pid
	[[ $output == *",$pid,page-faults:u,"* ]]
}

@test "stat: CPUs by themselves, and only those asked for" {
	needs_system
	cpu=$(sed 's/[-,].*//' /sys/devices/system/cpu/online)
	"$KVMPMU" stat -C "$cpu" -A -e cpu-clock,page-faults --format json -o out.json -- true
	[ "$(value out.json events page-faults cpu)" = "$cpu" ]
	[ "$(grep -c '"event": "page-faults"' out.json)" = 1 ]
}

@test "stat: the default events work without a PMU" {
	needs_system
	run -0 --separate-stderr "$KVMPMU" stat -- true
	for event in task-clock context-switches cpu-migrations page-faults cycles instructions branches; do
		[[ $stderr == *"$event"* ]]
	done
}

@test "stat: exits to user space of the micro-guest are counted exactly" {
	needs_system
	[ -e /sys/kernel/tracing/events/kvm/kvm_pio ] || skip "no kvm tracepoints in /sys/kernel/tracing"
	[ -r /dev/kvm ] && [ -w /dev/kvm ] || skip "no /dev/kvm that may be opened"
	"$KVMPMU" bench --raw list | grep -q '^io ' || skip "this architecture has no payload io"
	"$KVMPMU" stat -e kvm:kvm_pio --format json -o one.json -- "$KVMPMU" bench --raw io --iterations 100
	"$KVMPMU" stat -e kvm:kvm_pio --format json -o two.json -- "$KVMPMU" bench --raw io --iterations 1100
	[ $(($(value two.json events kvm:kvm_pio count) - $(value one.json events kvm:kvm_pio count))) = 1000 ]
}

@test "stat: OpenMetrics is valid, to the letter" {
	needs_events
	"$KVMPMU" stat -e page-faults:u,task-clock:u --format openmetrics -- true >out.prom
	openmetrics_check out.prom
	grep -q '^kvmpmu_events_total{event="page-faults:u"} [0-9]*$' out.prom
	# the parser itself
	printf '# TYPE a counter\na 1\n# EOF\n' >bad.prom
	run ! openmetrics_check bad.prom
	head -n -1 out.prom >bad.prom
	run ! openmetrics_check bad.prom
	sed '$i kvmpmu_elapsed_seconds 1' out.prom >bad.prom
	run ! openmetrics_check bad.prom
}

@test "stat: OpenMetrics of a system and of default events" {
	needs_system
	"$KVMPMU" stat -A --duration 0.1 --format openmetrics -o out.prom
	openmetrics_check out.prom
	grep -q '^kvmpmu_events_total{event="page-faults",cpu="0"} ' out.prom
}

@test "stat: -o replaces a file in one step, whatever reads it" {
	needs_events
	"$KVMPMU" stat -I 10 -e page-faults:u --format openmetrics -o out.prom -- sleep 0.5 3>&- &
	pid=$!
	while [ ! -e out.prom ] && kill -0 $pid 2>/dev/null; do :; done
	n=0
	while kill -0 $pid 2>/dev/null && [ $n -lt 20 ]; do
		cat out.prom >seen.prom
		openmetrics_check seen.prom
		n=$((n + 1))
	done
	wait $pid
	[ $n -gt 0 ]
	openmetrics_check out.prom
	[ "$(ls)" = "$(printf 'out.prom\nseen.prom')" ]
	run ! "$KVMPMU" stat -e page-faults:u -o nodir/out -- true
	[[ $output == *"nodir/out"* ]]
}

@test "stat: CSV has a heading for each table" {
	needs_events
	"$KVMPMU" stat -e page-faults:u --format csv -o out.csv -- true
	grep -q '^# kvmpmu-stat/1$' out.csv
	grep -q '^cpu,vm,vcpu,tid,event,count,unit,per_sec,' out.csv
	grep -q '^,,,,page-faults:u,[0-9]*,' out.csv
}

@test "stat: without rights, status 3 and what to do" {
	[ "$(id -u)" = 0 ] || skip "needs root, to become nobody"
	command -v setpriv >/dev/null || skip "no setpriv"
	[ "$(cat /proc/sys/kernel/perf_event_paranoid)" -ge 1 ] || skip "perf_event_paranoid lets everybody count everything"
	cp "$KVMPMU" ./kvmpmu-copy
	chmod 755 . ./kvmpmu-copy
	setpriv --reuid=65534 --regid=65534 --clear-groups ./kvmpmu-copy --version >/dev/null 2>&1 || skip "nobody cannot run programs here"
	run -3 setpriv --reuid=65534 --regid=65534 --clear-groups ./kvmpmu-copy stat -a -e page-faults --duration 0.1
	[[ $output == *"not permitted"*"perf_event_paranoid"* ]]
}

# Which switches there are, the lab's machines say (tests/lab/runner/collect.c): here it is that the
# tables and the reason for an empty one are there, or that BPF is not possible and the status says so.
@test "stat --switch: tables and notes, or why not" {
	needs_events
	run --separate-stderr "$KVMPMU" stat --switch -e page-faults:u --format json -o out.json -- true
	if [ "$status" = 3 ] || [ "$status" = 4 ]; then
		[[ $stderr == *"--switch: "*[a-z]* ]]
		[ ! -e out.json ]
		skip "no BPF programs here: $stderr"
	fi
	[ "$status" = 0 ]
	[ "$(value out.json events page-faults:u state)" = counted ]
	"$KVMPMU" stat --switch --format json -o out.json -- true
	[ "$(value out.json events task-clock state)" = "no row" ]
	perl -MJSON::PP -e 'local $/; open my $f, "<", "out.json"; my $d = decode_json(<$f>);
		ref $d->{$_} eq "ARRAY" or die $_ for qw(switch_vcpus switches switch_reasons);
		@{$d->{switch_vcpus}} and die "a vCPU in true";
		grep { /no vCPU entered/ } @{$d->{notes}} or die "no note"'
	run --separate-stderr "$KVMPMU" stat --switch -e page-faults:u --format openmetrics -o out.prom -- true
	[ "$status" = 0 ]
	openmetrics_check out.prom
}

@test "stat --switch: built without BPF it says so" {
	run --separate-stderr "$KVMPMU" --version --build-options
	! grep -qE '^bpf +libbpf' <<<"$output" || skip "this kvmpmu has BPF"
	needs_events
	run --separate-stderr -4 "$KVMPMU" stat --switch -e page-faults:u -- true
	[[ $stderr == *"built without BPF"* ]]
}
