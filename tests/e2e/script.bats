#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# kvmpmu script: line by line what perf script prints, as JSON the same events, filters, and what it
# says about input that is none.

bats_require_minimum_version 1.5.0

setup() {
	cd "$KP_TOP"
	lab=tests/data/lab-pmi-amd-mediated
	export LC_ALL=C
}

# json FILE EXPRESSION: prints the value of a Perl expression, with the lines' objects in @d.
json() {
	perl -MJSON::PP -e '
		my $file = shift;
		open(my $f, "<", $file) or die "$file: $!";
		my @d = map { decode_json($_) } <$f>;
		my $v = eval $ARGV[0];
		die $@ if $@;
		print defined $v ? $v : "null", "\n";' "$1" "$2"
}

@test "every line is perf script's, in its order" {
	for perfs in tests/data/*/perf-script.txt.gz; do
		echo "$perfs"
		"$KVMPMU" script -i "${perfs%/*}/perf.data" |
			sed -E 's/(kvm:kvm_(entry|exit):).*/\1/' >"$BATS_TEST_TMPDIR/ours"
		gzip -dc "$perfs" >"$BATS_TEST_TMPDIR/perfs"
		[ -s "$BATS_TEST_TMPDIR/perfs" ]
		diff -u "$BATS_TEST_TMPDIR/perfs" "$BATS_TEST_TMPDIR/ours" | head -20
		cmp "$BATS_TEST_TMPDIR/perfs" "$BATS_TEST_TMPDIR/ours"
	done
	[ "$("$KVMPMU" script -i $lab/perf.data | wc -l)" = 6334 ]
}

@test "the kernel's print format of kvm_exit" {
	run -0 "$KVMPMU" script -i $lab/perf.data
	[[ "$output" == *"kvm:kvm_exit: vcpu 0 reason interrupt rip 0x401e30 info1 0x0000000000000000"* ]]
}

@test "a pipe gives the same as the file" {
	"$KVMPMU" script -i $lab/perf.data >"$BATS_TEST_TMPDIR/file"
	"$KVMPMU" script -i - <$lab/perf.data >"$BATS_TEST_TMPDIR/pipe"
	cmp "$BATS_TEST_TMPDIR/file" "$BATS_TEST_TMPDIR/pipe"
}

@test "the same lines whatever perf and whatever machine wrote it" {
	make=$KP_BUILD/tests/tools/mkperfdata
	"$KVMPMU" script -i $lab/perf.data >"$BATS_TEST_TMPDIR/file"
	for how in --pipe --swap "--swap --pipe" "--attr-size 64" "--attr-size 72 --magic1" \
			"--event-types --attr-size 72" "--compressed 81" "--compressed 83" --writer; do
		echo "variant $how"
		$make $how $lab/perf.data "$BATS_TEST_TMPDIR/variant"
		"$KVMPMU" script -i "$BATS_TEST_TMPDIR/variant" | cmp "$BATS_TEST_TMPDIR/file" -
	done
}

@test "no rounds: everything waits to the end, in a temporary file, and comes in order" {
	"$KP_BUILD/tests/tools/mkperfdata" --repeat 40 $lab/perf.data "$BATS_TEST_TMPDIR/rounds"
	cp "$BATS_TEST_TMPDIR/rounds" "$BATS_TEST_TMPDIR/none"
	# PERF_RECORD_FINISHED_ROUND (68) becomes a type that nobody knows
	perl -e '
		open(my $f, "+<:raw", $ARGV[0]) or die;
		read($f, my $head, 104);
		my ($at, $size) = unpack("x40 Q2", $head);
		for (my $end = $at + $size; $at < $end; ) {
			seek($f, $at, 0);
			read($f, my $record, 8);
			my ($type, $misc, $bytes) = unpack("LSS", $record);
			if ($type == 68) {
				seek($f, $at, 0);
				print $f pack("L", 200);
			}
			$at += $bytes;
		}' "$BATS_TEST_TMPDIR/none"
	mkdir "$BATS_TEST_TMPDIR/tmp"
	"$KVMPMU" script -i "$BATS_TEST_TMPDIR/rounds" >"$BATS_TEST_TMPDIR/expected"
	TMPDIR=$BATS_TEST_TMPDIR/tmp "$KVMPMU" script -i "$BATS_TEST_TMPDIR/none" |
		cmp "$BATS_TEST_TMPDIR/expected" -
	[ -z "$(ls "$BATS_TEST_TMPDIR/tmp")" ]
	TMPDIR=$BATS_TEST_TMPDIR/missing run --separate-stderr -1 "$KVMPMU" script \
		-i "$BATS_TEST_TMPDIR/none"
	[[ "$stderr" == *"temporary file in $BATS_TEST_TMPDIR/missing: No such file"*TMPDIR* ]]
}

@test "without tracepoint formats: a warning, and lines without text" {
	"$KP_BUILD/tests/tools/mkperfdata" --no-features $lab/perf.data "$BATS_TEST_TMPDIR/bare"
	run --separate-stderr -0 "$KVMPMU" script -i "$BATS_TEST_TMPDIR/bare"
	[[ "$stderr" == *"has tracepoints but not their formats"* ]]
	[ "${#lines[@]}" = 6334 ]
}

@test "JSON: one object a line, a schema first, the same events" {
	out=$BATS_TEST_TMPDIR/json
	"$KVMPMU" script -i $lab/perf.data --format json >"$out"
	[ "$(json "$out" 'scalar @d')" = 6335 ]
	[ "$(json "$out" '$d[0]{schema}')" = kvmpmu-script/1 ]
	[ "$(json "$out" '$d[0]{arch}')" = x86_64 ]
	[ "$(json "$out" '$d[1]{time_ns}')" = 13915296827 ]
	[ "$(json "$out" '$d[1]{event}')" = msr:write_msr ]
	[ "$(json "$out" '$d[1]{fields}{msr}')" = $((0xc0000301)) ]
	[ "$(json "$out" '$d[1]{fields}{val}')" = 0x0 ]
	[ "$(json "$out" '$d[1]{vcpu}')" = null ]
	[ "$(json "$out" '$d[1]{register}')" = PerfCntrGlobalCtl ]
	[ "$(json "$out" 'scalar grep { ($_->{event} // "") eq "kvm:kvm_exit" } @d')" = 135 ]
	[ "$(json "$out" 'scalar grep { ($_->{reason} // "") eq "msr" } @d')" = 37 ]
	[ "$(json "$out" 'my $bad = 0; $d[$_]{time_ns} < $d[$_ - 1]{time_ns} and $bad++ for 2 .. $#d; $bad')" = 0 ]
}

@test "-F chooses fields, --ns more digits, --max-events stops" {
	run -0 "$KVMPMU" script -i $lab/perf.data -F time,event --max-events 2 --ns
	[ "${#lines[@]}" = 2 ]
	[ "${lines[0]}" = "   13.915296827:    msr:write_msr: " ]
	run -0 "$KVMPMU" script -i $lab/perf.data -F comm,pid,tid,vcpu,trace --max-events 1
	[ "${lines[0]}" = "    lab_pmi_test     127/127     vcpu   - c0000301, value 0" ]
	run -2 "$KVMPMU" script -i $lab/perf.data -F nonsense
	[[ "$output" == *"no field 'nonsense'"* ]]
}

@test "--time, --vm, --vcpu and -C choose events" {
	count() { "$KVMPMU" script -i $lab/perf.data "$@" | wc -l; }
	perfs=$(gzip -dc $lab/perf-script.txt.gz | awk '{ t = $4 + 0 } t >= 14.1 && t < 14.15' | wc -l)
	[ "$perfs" -gt 100 ]
	[ "$(count --time 14.1,14.149999999)" = "$perfs" ]
	[ "$(count --time 14.15,)" -lt 6334 ]
	[ "$(count --time 50%-100%)" -gt 0 ]
	[ "$(count --vm 127)" = 6334 ]
	[ "$(count --vm 'lab*')" = 6334 ]
	[ "$(count --vm 128)" = 0 ]
	[ "$(count --vcpu 1)" = 0 ]
	# before the first entry nothing tells which vCPU the thread is
	[ "$(count --vcpu 0)" -gt 5000 ]
	[ "$(count -C 0)" = 6334 ]
	[ "$(count -C 1-7)" = 0 ]
}

@test "side-band records when asked for" {
	run -0 "$KVMPMU" script -i $lab/perf.data --show-task-events
	[[ "$output" == *"PERF_RECORD_COMM: init:1/1"* ]]
	[[ "$output" == *"PERF_RECORD_FORK(1:1):(0)"* ]]
	[[ "$output" != *"PERF_RECORD_MMAP"* ]]
	run -0 "$KVMPMU" script -i $lab/perf.data --show-mmap-events
	[[ "$output" == *"PERF_RECORD_MMAP2 -1/0: "*"[kernel.kallsyms]"* ]]
}

@test "bad input has its message and exit code" {
	run -1 "$KVMPMU" script -i /nonexistent
	[[ "$output" == *"/nonexistent"*"No such file"* ]]
	echo garbage >"$BATS_TEST_TMPDIR/garbage"
	run -1 "$KVMPMU" script -i "$BATS_TEST_TMPDIR/garbage"
	[[ "$output" == *"garbage"* ]]
	: >"$BATS_TEST_TMPDIR/empty"
	run -1 "$KVMPMU" script -i "$BATS_TEST_TMPDIR/empty"
	[ -n "$output" ]
	# half a file: what is there is printed, and the exit code tells
	head -c 300000 $lab/perf.data >"$BATS_TEST_TMPDIR/half"
	run --separate-stderr -1 "$KVMPMU" script -i "$BATS_TEST_TMPDIR/half"
	[ -n "$stderr" ]
	[ "${#lines[@]}" -gt 100 ]
}

@test "usage errors" {
	run -2 "$KVMPMU" script --format yaml
	run -2 "$KVMPMU" script --vcpu 99999
	run -2 "$KVMPMU" script -C x
	run -2 "$KVMPMU" script -i $lab/perf.data --time 5
	run -2 "$KVMPMU" script perf.data
	run -0 "$KVMPMU" script --help
	[[ "$output" == *"--max-events"* ]]
}

@test "a reader that goes away ends it" {
	"$KVMPMU" script -i $lab/perf.data | head -1 >"$BATS_TEST_TMPDIR/one"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/one")" = 1 ]
}
