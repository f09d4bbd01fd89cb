#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# kvmpmu report on the recordings of tests/data: against perf, against stored documents, with every
# filter, on damaged input.

setup() {
	cd "$KP_TOP"
	x86=tests/data/lab-pmi-amd-mediated/perf.data
	arm=tests/data/lab-arm64-hybrid-guest/perf.data
	tmp=$BATS_TEST_TMPDIR
	unset NO_COLOR
}

# report [OPTIONS]: standard output and error apart.
report() {
	status=0
	"$KVMPMU" report --no-progress "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
}

# json EXPRESSION: of the document in $tmp/out, as Perl data in $d.
json() {
	perl -MJSON::PP -e 'local $/; my $d = decode_json(<STDIN>); print eval($ARGV[0]) // "undef", "\n"; die $@ if $@' \
		"$1" <"$tmp/out"
}

@test "report: counts, shares and times equal those of perf kvm stat report 7.3.4 on every recording" {
	n=0
	for want in tests/data/*/perf-kvm-stat*.txt; do
		options=$(sed -nE 's/.*perf-kvm-stat\.(vcpu)-([0-9]+)\.txt/--\1 \2/p' <<<"$want")
		report -i "${want%/*}/perf.data" --format json $options
		[ "$status" = 0 ]
		# perf's minimum with --vcpu is always 0: it is not initialised there
		tests/tools/kvm-stat-cmp.pl ${options:+--no-min} "$want" "$tmp/out"
		n=$((n + 1))
	done
	[ "$n" -ge 4 ]
	# a recording without perf's own result beside it would go unnoticed
	for data in tests/data/lab-*/perf.data; do
		[ -f "${data%/*}/perf-kvm-stat.txt" ]
	done
}

# perf before 7.0 reads attributes of 128 bytes at most, and knows the exits of the machine it was made
# for alone.
@test "report: counts, shares and times equal those of this machine's perf kvm stat report" {
	command -v perf >/dev/null && perf --version >/dev/null 2>&1 || skip 'no perf on this machine'
	compared=0
	for data in tests/data/lab-*/perf.data; do
		report -i "$data" --format json
		[ "$(json '$d->{recording}{arch}')" = "$(uname -m)" ] || continue
		"$KP_BUILD/tests/tools/mkperfdata" --attr-size 128 "$data" "$tmp/perf.data"
		perf kvm -i "$tmp/perf.data" stat report </dev/null 2>&1 | cat >"$tmp/perf.txt"
		grep -q '^Total Samples:[1-9]' "$tmp/perf.txt" || { cat "$tmp/perf.txt"; continue; }
		tests/tools/kvm-stat-cmp.pl "$tmp/perf.txt" "$tmp/out"
		compared=$((compared + 1))
	done
	[ "$compared" -gt 0 ] || skip "$(perf --version) reads none of the recordings, or none is of a $(uname -m)"
}

@test "report: text, JSON and CSV of every recording, byte for byte" {
	n=0
	for want in tests/data/*/report.*; do
		case $want in *.txt) format=text ;; *.json) format=json ;; *.csv) format=csv ;; esac
		(cd "${want%/*}" && "$KVMPMU" report -i *.data --format $format) >"$tmp/out"
		diff -u "$want" "$tmp/out"
		n=$((n + 1))
	done
	[ "$n" -ge 14 ]
}

@test "report: a recording on standard input reads as the file does" {
	report -i "$x86" --format csv
	grep -v '^recording.file' "$tmp/out" >"$tmp/file"
	"$KVMPMU" report -i - --format csv <"$x86" | grep -v '^recording.file' >"$tmp/stdin"
	diff -u "$tmp/file" "$tmp/stdin"
	# what is in file mode must be sought in: a pipe cannot
	status=0
	cat "$x86" | "$KVMPMU" report -i - >"$tmp/out" 2>"$tmp/err" || status=$?
	[ "$status" = 1 ]
	grep -q pipe "$tmp/err"
}

@test "report: --by: the rows of every grouping add up to the same" {
	report -i "$arm" --format json
	want=$(json '$d->{total}{count} . " " . $d->{total}{total_ns}')
	for by in vm vcpu cpu reason vm,reason vcpu,reason cpu,reason vm,vcpu,cpu,reason; do
		report -i "$arm" --format json --by $by
		[ "$(json '$d->{total}{count} . " " . $d->{total}{total_ns}')" = "$want" ]
		got=$(json 'my ($n, $t); $n += $_->{count}, $t += $_->{total_ns} for @{$d->{exits}}; "$n $t"')
		[ "$got" = "$want" ]
	done
	report -i "$arm" --format json --by vcpu
	[ "$(json 'join ",", sort map { $_->{vm} . "/" . $_->{vcpu} } @{$d->{exits}}')" = 109/0,110/0,112/0 ]
	[ "$(json 'defined $d->{exits}[0]{reason}')" = "" ]
	report -i "$arm" --by nonsense
	[ "$status" = 2 ]
	grep -q 'vm, vcpu, cpu and reason' "$tmp/err"
}

@test "report: --sort" {
	report -i "$x86" --format json --sort count
	[ "$(json 'join ",", map { $_->{count} } @{$d->{exits}}')" = 52,37,21,20,4 ]
	report -i "$x86" --format json --sort min
	[ "$(json '$d->{exits}[0]{reason}')" = io ]
	report -i "$x86" --format json --sort reason
	[ "$(json 'join ",", map { $_->{reason} } @{$d->{exits}}')" = interrupt,io,iret,msr,npf ]
	report -i "$x86" --sort vm
	[ "$status" = 2 ]
	grep -q "no column 'vm' here" "$tmp/err"
}

@test "report: --vm, --vcpu, -C, --exit" {
	report -i "$arm" --format json --vm 110
	[ "$(json 'join ",", map { $_->{vm} } @{$d->{vcpus}}')" = 110 ]
	[ "$(json 'join ",", keys %{{ map { $_->{vm} => 1 } @{$d->{registers}} }}')" = 110 ]
	one=$(json '$d->{total}{count}')
	report -i "$arm" --format json --vm 'kvmp*'
	[ "$(json '$d->{total}{count}')" = 367 ]
	[ "$one" -gt 0 ] && [ "$one" -lt 367 ]
	report -i "$arm" --format json --vm qemu
	[ "$(json '$d->{total}{count}')" = 0 ]
	report -i "$arm" --format json --vcpu 1
	[ "$(json '$d->{total}{count}')" = 0 ]

	all=0
	for cpu in 0 1 2 3; do
		report -i "$arm" --format json -C $cpu
		all=$((all + $(json '$d->{total}{count}')))
	done
	[ "$all" = 367 ]
	report -i "$arm" --format json -C 0-3
	[ "$(json '$d->{total}{count}')" = 367 ]
	report -i "$arm" -C 3-1
	[ "$status" = 2 ]

	report -i "$x86" --format json --exit 'M*,0x7b'
	[ "$(json 'join ",", sort map { $_->{reason} } @{$d->{exits}}')" = io,msr ]
	[ "$(json '$d->{total}{count}')" = 41 ]
}

@test "report: --time" {
	report -i "$x86" --format json --time 14.1,
	late=$(json '$d->{total}{count}')
	report -i "$x86" --format json --time ,14.1
	early=$(json '$d->{total}{count}')
	# the exit that lasted over the border is in neither
	[ $((early + late)) -ge 133 ] && [ $((early + late)) -le 134 ]
	[ "$(json '$d->{last_ns} <= 14.1e9')" = 1 ]
	report -i "$x86" --format json --time 0%-100%
	[ "$(json '$d->{total}{count}')" = 134 ]
	for bad in 14 , 15,14 a,b 10% 20%-10% 50%/3 1s,2s; do
		report -i "$x86" --time "$bad"
		[ "$status" = 2 ]
		grep -q -- "--time: '$bad'" "$tmp/err"
	done
}

@test "report: what is not understood is a usage error, and says what would be" {
	for args in '--format xml' '--vcpu -5' '--no-such-option' 'perf.data' '--by' '--hot=x' '-C x'; do
		report $args
		[ "$status" = 2 ]
		[ -s "$tmp/err" ]
		[ ! -s "$tmp/out" ]
	done
	run "$KVMPMU" report --help
	[ "$status" = 0 ]
	[[ "$output" == *'--guest-kallsyms'* ]]
}

@test "report: register accesses are those of the switches that pass the filters" {
	mediated=tests/data/lab-amd-mediated-guest/perf.data
	report -i "$mediated" --vm 104 --format json
	[ "$status" = 0 ]
	# every load writes GLOBAL_CTL twice and reads six counters, and there are 18
	of='(grep { $_->{phase} eq "load" && $_->{register} eq $r && $_->{access} eq $a } @{$d->{switch_registers}})[0]'
	[ "$(json '($r, $a) = ("GLOBAL_CTL", "write"); my $x = '"$of"'; "$x->{count} $x->{per_switch}"')" = "36 2" ]
	[ "$(json '($r, $a) = ("counter", "read"); my $x = '"$of"'; "$x->{count} $x->{per_switch}"')" = "108 6" ]
	report -i "$mediated" --vm nosuch --format json
	[ "$status" = 0 ]
	[ "$(json 'scalar @{$d->{switch_registers} // []}')" = 0 ]
}

@test "report --pmi: arm64, from the interrupt of the host's PMU to the vGIC" {
	pmi=tests/data/pmi-arm64-hybrid/perf.data
	rows='join " ", map { join "/", map { $_ // "-" } @{$_}{qw(cpu vcpu count handled in_guest passed_on)} } @{$d->{host_pmis}}'
	report -i "$pmi" --pmi --format json
	# the guests' on CPUs 1 and 2, and what the host sampled on CPU 3
	[ "$(json "$rows")" = "1/0/20/20/20/20 2/0/10/10/10/10 3/-/21/21/0/0" ]
	[ "$(json 'join " ", sort map { "$_->{raised}/$_->{delivered_vector}/$_->{injected}/$_->{entered}" } @{$d->{pmis}}')" = \
		"10/10/10/10 20/20/20/20" ]
	# each hop takes its time: the handler's before the vGIC is told, the entry behind that
	[ "$(json 'grep { $_->{to_delivery_mean_ns} >= 7000 && $_->{to_entry_mean_ns} > $_->{to_delivery_mean_ns} } @{$d->{pmis}}')" = 2 ]
	# the host counted a few before the first event was open, and behind the last
	[ "$(json 'my ($i) = grep { $_->{interrupt} eq "PMI" } @{$d->{pmi_interrupts}}; "$i->{count} $i->{recorded} $i->{unrecorded}"')" = "55 51 4" ]
	report -i "$pmi" --format json
	[ "$(json 'join " ", sort map { "$_->{vector}/$_->{injected}" } @{$d->{interrupts}}')" = "23/10 23/20" ]
	report -i "$pmi" --pmi --format json -C 2
	[ "$(json "$rows")" = "2/0/10/10/10/10" ]
	# recordings without these interrupts have no such table
	report -i "$arm" --pmi --format json
	[ "$(json 'exists $d->{host_pmis}')" = "" ]
}

@test "report: a file that is not there, may not be read, is no recording" {
	cd "$tmp"
	run "$KVMPMU" report
	[ "$status" = 1 ]
	[[ "$output" == *'perf.data: No such file or directory'*'kvmpmu record'* ]]
	: >empty
	run "$KVMPMU" report -i empty
	[ "$status" = 1 ]
	[[ "$output" == *empty* ]]
	run "$KVMPMU" report -i "$KVMPMU"
	[ "$status" = 1 ]
	run "$KVMPMU" report -i "$KP_TOP/$x86" --guest-vmlinux no-such-file
	[ "$status" = 1 ]
	[[ "$output" == *'no-such-file: No such file or directory'* ]]
	run "$KVMPMU" report -i .
	[ "$status" = 1 ]
}

@test "report: without the right to read, exit status 3" {
	[ "$(id -u)" = 0 ] || skip 'needs root, to become nobody'
	command -v setpriv >/dev/null || skip 'no setpriv'
	cp "$x86" "$tmp/secret"
	chmod 600 "$tmp/secret"
	chmod 755 "$BATS_RUN_TMPDIR" "$tmp" 2>/dev/null || true
	exec 5<"$KVMPMU"
	run setpriv --reuid=65534 --regid=65534 --clear-groups "$KVMPMU" report -i "$tmp/secret"
	[ "$status" = 126 ] && skip 'nobody may not run the program here'
	[ "$status" = 3 ]
	[[ "$output" == *'secret'*'ermission'* ]]
}

@test "report: cut off anywhere: message with the offset, what could be read, exit status 1" {
	size=$(stat -c %s "$x86")
	for cut in 1 8 50 103 104 500 1688 2000 9999 200000 500001 627000; do
		head -c $cut "$x86" >"$tmp/cut"
		report -i "$tmp/cut" --format json
		[ "$status" = 1 ]
		[ -s "$tmp/err" ]
		grep -q "cut" "$tmp/err"
		if [ -s "$tmp/out" ]; then
			[ "$(json '$d->{recording}{damaged} ? 1 : 0')" = 1 ]
		fi
	done
	head -c 500001 "$x86" >"$tmp/cut"
	report -i "$tmp/cut" --format json
	grep -q 'offset 0x' "$tmp/err"
	[ "$(json '$d->{samples} > 1000 ? 1 : 0')" = 1 ]
}

@test "report: a full disk and a closed pipe" {
	[ -w /dev/full ] || skip 'no /dev/full'
	for format in text json csv; do
		status=0
		"$KVMPMU" report -i "$x86" --format $format >/dev/full 2>"$tmp/err" || status=$?
		[ "$status" = 1 ]
		[ "$(grep -c 'No space left' "$tmp/err")" = 1 ]
	done
	for words in 'script -i '"$x86" help --version info ps doctor 'decode msr 0x38f'; do
		status=0
		"$KVMPMU" $words >/dev/full 2>"$tmp/err" || status=$?
		echo "$words: $status, $(cat "$tmp/err")"
		[ "$status" = 1 ]
		[ "$(grep -c 'No space left' "$tmp/err")" = 1 ]
	done
	"$KVMPMU" report -i "$x86" 2>"$tmp/err" | head -1 >/dev/null
	[ ! -s "$tmp/err" ]
}

@test "report: colour only on request, and without losing a word" {
	report -i "$x86"
	[ "$(grep -c $'\033' "$tmp/out")" = 0 ]
	"$KVMPMU" --color=always report -i "$x86" >"$tmp/color"
	grep -q $'\033\[1m' "$tmp/color"
	sed $'s/\033\\[[0-9]*m//g' "$tmp/color" | diff "$tmp/out" -
}

# slowly FILE: as a recording comes that is still being made.
slowly() {
	head -c 3000 "$1"
	sleep 1
	tail -c +3001 "$1"
}

@test "report: a progress line on a terminal when reading takes long, wiped at the end" {
	script -qec true /dev/null >/dev/null 2>&1 || skip 'no script(1), or no terminal for it'
	pipe=tests/data/softkvm-7.3-pipe/perf.data
	mkfifo "$tmp/fifo"
	slowly $pipe >"$tmp/fifo" &
	script -qec "$KVMPMU report -i $tmp/fifo" /dev/null >"$tmp/tty" </dev/null
	grep -q 'MiB/s' "$tmp/tty"
	grep -q $'\r\033\[K.*kvmpmu report' "$tmp/tty"
	rm -f "$tmp/fifo" && mkfifo "$tmp/fifo"
	slowly $pipe >"$tmp/fifo" &
	script -qec "$KVMPMU report --no-progress -i $tmp/fifo" /dev/null >"$tmp/tty" </dev/null
	grep -q 'Exits' "$tmp/tty"
	[ "$(grep -c 'MiB/s' "$tmp/tty")" = 0 ]
}

@test "report: a second Ctrl-C ends it even while a pipe is silent" {
	mkfifo "$tmp/fifo"
	{ head -c 30000 tests/data/softkvm-7.3-pipe/perf.data; sleep 60; } >"$tmp/fifo" 3>&- &
	writer=$!
	"$KVMPMU" report -i "$tmp/fifo" >/dev/null 2>&1 3>&- &
	pid=$!
	for i in $(seq 100); do
		kill -INT $pid 2>/dev/null || break
		sleep 0.1
	done
	status=0
	wait $pid || status=$?
	pkill -P $writer sleep || true
	[ "$status" = 130 ]
}

@test "report: every JSON key is in the manual" {
	for data in "$x86" "$arm"; do
		report -i "$data" --format json --by vm,vcpu,cpu,reason
		keys=$(json 'my %k; my $w; $w = sub { my $v = shift;
			if (ref $v eq "HASH") { $k{$_}++, $w->($v->{$_}) for keys %$v }
			elsif (ref $v eq "ARRAY") { $w->($_) for @$v } }; $w->($d); join "\n", sort keys %k')
		for key in $keys; do
			grep -qw "$key" man/kvmpmu-json.5 ||
				{ echo "$key is not in man/kvmpmu-json.5"; false; }
		done
	done
}
