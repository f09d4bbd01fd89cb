#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs every fuzz target over its corpus, tests/fuzz/corpus/NAME/*, whole and cut short: one TAP test
# a file. A crash, a sanitizer's complaint or over 60 seconds fails it.
# Environment: KP_FUZZ_DRIVERS, KP_TOP (make check sets them).
cd "${KP_TOP:-.}" || exit 1

number=0
status=0
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

for driver in ${KP_FUZZ_DRIVERS:-}; do
	name=$(basename "$driver" _fuzz)
	seen=
	for file in tests/fuzz/corpus/"$name"/*; do
		[ -f "$file" ] || continue
		seen=1
		number=$((number + 1))
		timeout -k 5 60 "$driver" -p16 "$file" >"$log" 2>&1
		rc=$?
		if [ $rc = 0 ]; then
			echo "ok $number - $name: ${file##*/}"
		else
			status=1
			echo "not ok $number - $name: ${file##*/}"
			echo "# status $rc: $driver -p16 $file"
			tail -n 20 "$log" | sed 's/^/# /'
		fi
	done
	if [ -z "$seen" ]; then
		number=$((number + 1))
		status=1
		echo "not ok $number - $name: no file in tests/fuzz/corpus/$name"
	fi
done
if [ $number = 0 ]; then
	echo '1..0 # SKIP no fuzz target in this tree'
else
	echo "1..$number"
fi
exit $status
