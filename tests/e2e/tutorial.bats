#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# man/tutorial-mediated.md: the README leads to it, and each of its shell blocks does what it says.

bats_require_minimum_version 1.5.0

setup() {
	cd "$KP_TOP"
	tutorial=man/tutorial-mediated.md
}

# The N-th shell block.
block() {
	awk -v want="$1" '/^```sh$/ { n++; on = n == want; next } /^```$/ { on = 0 } on' "$tutorial"
}

# run_block N: with kvmpmu in PATH, in a folder of its own. Status 4 is "not supported here".
run_block() {
	block "$1" >"$BATS_TEST_TMPDIR/block.sh"
	[ -s "$BATS_TEST_TMPDIR/block.sh" ]
	run --separate-stderr env PATH="$(dirname "$KVMPMU"):$PATH" sh -ec "cd '$BATS_TEST_TMPDIR' && . ./block.sh"
	echo "status $status; $stderr"
	echo "$output"
	[ "$status" != 4 ] || skip "$stderr"
	[ "$status" = 0 ]
}

needs_kvm() {
	[ -e /dev/kvm ] || skip "no /dev/kvm here"
	[ -r /dev/kvm ] && [ -w /dev/kvm ] || skip "/dev/kvm may not be opened"
}

@test "tutorial: the README leads to it, and it has seven blocks" {
	grep -q "($tutorial)" README.md
	[ "$(grep -c '^```sh$' "$tutorial")" = 7 ]
}

@test "tutorial: could it be mediated" {
	run_block 1
	[[ $output == *"ediated"* ]]
}

@test "tutorial: does a guest get it" {
	needs_kvm
	run_block 2
	[[ $output =~ Guest\ PMU\ +(none|emulated|mediated) ]]
}

@test "tutorial: who traps" {
	needs_kvm
	run_block 3
	[[ $output == *pmu-access*selector-write* ]]
}

@test "tutorial: what does it cost" {
	needs_kvm
	run_block 4
	[[ $output == *exit*pmu=off* ]]
	[[ $output == *"Not measured"* ]]
}

@test "tutorial: beside events of the host" {
	needs_kvm
	run_block 5
	[[ $output == *host-events=0* ]]
}

@test "tutorial: what happens in a switch" {
	needs_kvm
	[ "$(id -u)" = 0 ] || skip "BPF programs are for root"
	run_block 6
	[[ $output == *switch*none* ]]
	# the table, or why there is none
	[[ $output == *"What the kernel does for one iteration"* || $output == *"--explain: no entry into a guest"* ]]
}

@test "tutorial: before and after" {
	needs_kvm
	run_block 7
	[[ $output =~ Compared\ +[1-9] ]]
	[[ $output =~ Regressions\ +0 ]]
}
