#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kvmpmu top: time to redraw with 500 vCPUs, time from start to the first screen, and the CPU that it takes
# beside a vCPU that exits all the time. Prints medians.
#
# environment: PAIRS (5) runs of SECONDS_EACH (3) s each, with BPF and without, for the last one
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
# share OPTION: what top takes once it runs, in percent of a core, and what it saw meanwhile
share() {
	local pid from to begin end
	"$KVMPMU" top --batch -d 500ms --format json ${1:-} >/tmp/top.$$ &
	pid=$!
	until [ "$(grep -c '"tick"' /tmp/top.$$)" -ge 2 ] || ! kill -0 $pid 2>/dev/null; do sleep 0.1; done
	from=$(awk '{ print $14 + $15 }' /proc/$pid/stat) begin=$(date +%s%N)
	sleep "$SECONDS_EACH"
	to=$(awk '{ print $14 + $15 }' /proc/$pid/stat) end=$(date +%s%N)
	kill $pid
	wait $pid 2>/dev/null || :
	perl -MJSON::PP -e 'local $/; my $j = JSON::PP->new; $j->incr_parse(<STDIN>); my ($n, $w, $e) = (0, 0, 0);
		while (my $d = $j->incr_parse) { $n += $d->{exits_per_sec} // 0; $e += $d->{events_per_sec} // 0; $w++ }
		printf "%.2f %.0f %.0f\n", 1e9 * $ARGV[0] / $ARGV[1], $n / $w, $e / $w' \
		$((to - from)) $((end - begin)) </tmp/top.$$
	rm -f /tmp/top.$$
}

median() {
	sort -n | awk -v name="$1" '{ line[NR] = $0 } END { split(line[int((NR + 1) / 2)], f, " ");
		printf "%s: %s%% of one core at %s exits/s, %s events/s\n", name, f[1], f[2], f[3] }'
}

echo "CPU beside a vCPU (aim: under 2% at 100,000 exits/s with BPF)"
: >/tmp/top-bpf.$$ >/tmp/top-rings.$$
for ((i = 0; i < PAIRS; i++)); do
	share >>/tmp/top-bpf.$$
	share --no-bpf >>/tmp/top-rings.$$
done
median 'with BPF, where it loads' </tmp/top-bpf.$$
median 'without BPF' </tmp/top-rings.$$
rm -f /tmp/top-bpf.$$ /tmp/top-rings.$$
