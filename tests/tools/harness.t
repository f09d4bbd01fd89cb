#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The harness tests itself: what tap-run counts, and its exit status, for tests that pass, fail, skip,
# crash or break their plan.
cd "$(dirname "$0")" || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
number=0
failed=0

# expect NAME STATUS CLOSING_LINE: runs the test program on stdin.
expect() {
	number=$((number + 1))
	rm -f "$dir"/*
	{ echo '#!/bin/sh'; cat; } >"$dir/case.t"
	chmod +x "$dir/case.t"
	out=$(JOBS=1 ./tap-run "$dir/case.t" 2>&1)
	status=$?
	last=$(printf '%s\n' "$out" | tail -n 1)
	if [ "$status" = "$2" ] && [ "$last" = "$3" ]; then
		echo "ok $number - $1"
	else
		failed=1
		echo "not ok $number - $1"
		echo "# wanted status $2 and '$3', got $status and '$last'"
	fi
}

echo 1..11
expect 'passes are counted one by one' 0 '2 passed, 0 failed' <<'X'
echo 1..2; echo ok 1 - a; echo ok 2 - b
X
expect 'a failed test' 1 '1 passed, 1 failed' <<'X'
echo 1..2; echo ok 1 - a; echo not ok 2 - b; exit 1
X
expect 'a skip with its reason is no pass' 0 '1 passed, 0 failed, 1 skipped' <<'X'
echo 1..2; echo ok 1 - a; echo 'ok 2 - b # SKIP no such device'
X
expect 'a skip without a reason fails' 1 '1 passed, 1 failed' <<'X'
echo 1..2; echo ok 1 - a; echo 'ok 2 - b # SKIP'
X
expect 'a program killed by a signal fails' 1 '1 passed, 1 failed' <<'X'
echo 1..2; echo ok 1 - a; kill -9 $$
X
expect 'fewer tests than planned' 1 '1 passed, 1 failed' <<'X'
echo 1..2; echo ok 1 - a
X
expect 'no plan at all' 1 '0 passed, 1 failed' <<'X'
:
X
expect 'exit status not 0 though all passed' 1 '1 passed, 1 failed' <<'X'
echo 1..1; echo ok 1 - a; exit 3
X
expect 'a file that skips itself, nothing else' 1 '0 passed, 0 failed, 1 skipped' <<'X'
echo '1..0 # SKIP needs root'
X
expect 'a test marked todo still fails' 1 '0 passed, 1 failed' <<'X'
echo 1..1; echo 'not ok 1 - a # TODO later'
X
export TEST_TIMEOUT=1
expect 'a program that hangs' 1 '1 passed, 1 failed' <<'X'
echo 1..2; echo ok 1 - a; sleep 60
X
exit $failed
