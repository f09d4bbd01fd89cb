#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# One recording in all the ways that perf.data files differ (byte order, compression, pipe mode, size of
# attributes) gives one report; what was cut off is said, and the rest reported.

bats_require_minimum_version 1.5.0

setup() {
	cd "$KP_TOP"
	mkperfdata=$KP_BUILD/tests/tools/mkperfdata
	to=$BATS_TEST_TMPDIR/perf.data
}

# report FILE: the report without the file's name
report() {
	"$KVMPMU" report --format json -i "$1" | sed "s|$1|FILE|"
}

# same FROM OPTIONS...: FROM written with them reports as FROM does
same() {
	local from=tests/data/$1/perf.data
	shift
	"$mkperfdata" "$@" "$from" "$to"
	report "$from" >"$BATS_TEST_TMPDIR/want"
	report "$to" >"$BATS_TEST_TMPDIR/got"
	[ "$(wc -c <"$BATS_TEST_TMPDIR/want")" -gt 1000 ]
	diff "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/got"
}

for_all() {
	same lab-pmi-amd-mediated "$@"
	same softkvm-6.1 "$@"
}

@test "as it was" {
	for_all --attr-size 128
}

@test "the other byte order" {
	for_all --swap
}

@test "pipe mode, through a pipe" {
	for_all --pipe
	"$mkperfdata" --pipe tests/data/lab-pmi-amd-mediated/perf.data "$to"
	cat "$to" | "$KVMPMU" report -i - >"$BATS_TEST_TMPDIR/piped"
	grep -q "^kvm:kvm_exit  *135" "$BATS_TEST_TMPDIR/piped"
}

@test "pipe mode in the other byte order" {
	for_all --pipe --swap
}

@test "PERF_RECORD_COMPRESSED" {
	for_all --compressed 81 --level 3
	for_all --compressed 81 --level 3 --pipe
}

@test "PERF_RECORD_COMPRESSED2" {
	for_all --compressed 83 --level 3
	for_all --compressed 83 --level 3 --pipe --swap
}

@test "attributes of other sizes" {
	for_all --attr-size 64
	for_all --attr-size 96
	for_all --attr-size 1000
}

@test "kvmpmu's own writer" {
	for_all --writer
	for_all --writer --level 5
	for_all --writer --pipe
	for_all --writer --killed
}

@test "cut off" {
	"$mkperfdata" --writer --truncate 400000 tests/data/lab-pmi-amd-mediated/perf.data "$to"
	run --separate-stderr "$KVMPMU" report -i "$to"
	[ "$status" = 1 ]
	[[ "$stderr" == *"offset 0x"* ]]
	[[ "$output" == *kvm:kvm_exit* ]]
}

@test "not a perf.data" {
	run --separate-stderr "$KVMPMU" report -i README.md
	[ "$status" = 1 ]
	[[ "$stderr" == *"not a perf.data"* ]]
	[ -z "$output" ]
	: >"$to"
	run --separate-stderr "$KVMPMU" report -i "$to"
	[ "$status" = 1 ]
	[[ "$stderr" == *"empty"* ]]
}
