#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kvmpmu top: time to redraw with 500 vCPUs, time from start to the first screen, and the CPU that it takes
# beside a vCPU that exits all the time. Prints medians.
#
# environment: PAIRS (5) runs of SECONDS_EACH (3) s for the last one
set -eu

: "${KVMPMU:?}" "${KP_BUILD:?}" "${PAIRS:=5}" "${SECONDS_EACH:=3}"

echo "500 vCPUs, 20 exit reasons each, 160x50 (aim: redraw under 10 ms)"
"$KP_BUILD/tests/bench/top_draw" draw
echo "this host (aim: under 300 ms)"
"$KP_BUILD/tests/bench/top_draw" start "$KVMPMU" top --no-settings

"$KVMPMU" bench --raw io --iterations 1 >/dev/null 2>&1 || { echo "CPU share: not measured: no guest"; exit 0; }
"$KVMPMU" bench --raw io --duration 3600 >/dev/null 2>&1 &
load=$!
trap 'kill $load 2>/dev/null' EXIT
for ((i = 0; i < PAIRS; i++)); do
	TIMEFORMAT='%3U %3S %3R'
	times=$({ time "$KVMPMU" top --batch -n $((SECONDS_EACH * 2)) -d 500ms --format json >/tmp/top.$$; } 2>&1)
	perl -MJSON::PP -e 'local $/; my @d = JSON::PP->new->incr_parse(<STDIN>); my ($n, $w, $e) = (0, 0, 0);
		for (@d) { $n += $_->{exits_per_sec} // 0; $e += $_->{events_per_sec} // 0; $w++ }
		my ($u, $s, $r) = split " ", $ARGV[0];
		printf "%.2f %.0f %.0f\n", 100 * ($u + $s) / $r, $n / $w, $e / $w' "$times" </tmp/top.$$
	rm -f /tmp/top.$$
done | sort -n | awk '{ line[NR] = $0 } END { split(line[int((NR + 1) / 2)], f, " ");
	printf "without BPF: %s%% of one core at %s exits/s, %s events/s\n", f[1], f[2], f[3] }'
