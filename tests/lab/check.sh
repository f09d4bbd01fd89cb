#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# One machine's tests as one TAP program. Started under the name machines/NAME.t (a symbolic link).
# LAB_ONLY: only those whose name has this in it, '_' for a space.
set -u

top=$(cd "$(dirname "$0")" && pwd)
machine=$(basename "$0" .t)
LAB=${LAB:-$top/../../../build/lab}
export LAB

if [ "$machine" = unprepared ]; then
	reason="not prepared here: make lab does it, then make lab-check or make check"
	for f in "$LAB"/*/skip; do
		[ ! -s "$f" ] || reason="$(cat "$f")"
	done
	[ -z "${KP_SANITIZE:-}" ] || reason="runs with the build that has no sanitizer"
	echo "1..0 # SKIP the lab: $reason"
	exit 0
fi
output=$("$top/../boot.sh" ${LAB_ONLY:+-a "lab.only=$LAB_ONLY"} "$machine" check)
status=$?
if [ $status = 77 ]; then
	echo "1..0 # SKIP ${output#skip: }"
	exit 0
fi
echo "$output"
exit $status
