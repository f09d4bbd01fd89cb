#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# CPU time per event of kvmpmu record against perf record: the same events of the same load, system
# wide, one after the other and over again. Loads: a vCPU that exits all the time, and two processes
# that wake each other through a pipe. Prints each run, the ratio of the medians, and what either lost.
# Needs root, perf and /dev/kvm; without one of them it says so and measures nothing.
#
# environment: PAIRS (5), SECONDS_EACH (3)
set -eu

: "${KVMPMU:?}" "${PAIRS:=5}" "${SECONDS_EACH:=3}"
kvm_events=kvm:kvm_pio,kvm:kvm_userspace_exit
sched_events=sched:sched_switch,sched:sched_waking

nothing() {
	echo "record: not measured: $1"
	exit 0
}
[ "$(id -u)" = 0 ] || nothing "needs root"
perf version >/dev/null 2>&1 || nothing "no perf"
[ -w /dev/kvm ] || nothing "no /dev/kvm that may be opened"
"$KVMPMU" bench --raw list | grep -q '^io ' || nothing "no payload io on this architecture"
"$KVMPMU" record -q -o /dev/null -e $kvm_events -- true || nothing "perf events may not be opened"

dir=$(mktemp -d)
load=
stop_load() {
	[ -z "$load" ] || kill "$load" 2>/dev/null || true
	load=
}
cleanup() {
	stop_load
	rm -rf "$dir"
}
trap cleanup EXIT

# cpu_ns COMMAND...: what it and its children used, user and system together
cpu_ns() {
	local TIMEFORMAT='%3U %3S'
	{ time "$@" >/dev/null 2>"$dir/stderr"; } 2>&1 | awk '{ printf "%d\n", ($1 + $2) * 1e9 }'
}

# Samples in the file, by a reader that is not being measured.
count() {
	perf script -i "$1" -F event 2>/dev/null | wc -l
}

measure() {
	local name=$1 cpu n lost
	shift
	cpu=$(cpu_ns "$@")
	n=$(count "$dir/$name.data")
	lost=$(perf report -i "$dir/$name.data" --stats 2>/dev/null |
		awk '/LOST_SAMPLES events|LOST events/ { n += $3 } END { print n + 0 }')
	[ "$n" -gt 0 ] || { cat "$dir/stderr"; return 1; }
	echo "$name $((cpu / n)) $n $lost" | tee -a "$dir/results"
	rm -f "$dir/$name.data"
}

median() {
	awk -v name="$1" '$1 == name { print $2 }' "$dir/results" | sort -n |
		awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# compare NAME EVENTS: on the load that runs
compare() {
	local ours events=$2
	: >"$dir/results"
	echo "record: $1: ns of CPU per event, events, LOST records; $events"
	for _ in $(seq "$PAIRS"); do
		measure kvmpmu "$KVMPMU" record -q -a -e "$events" --duration "$SECONDS_EACH" \
			-o "$dir/kvmpmu.data"
		measure perf perf record -q -a -e "$events" -o "$dir/perf.data" -- sleep "$SECONDS_EACH"
		measure perf-B perf record -q -a -B -N -e "$events" -o "$dir/perf-B.data" \
			-- sleep "$SECONDS_EACH"
	done
	ours=$(median kvmpmu)
	awk -v name="$1" -v ours="$ours" -v perf="$(median perf)" -v bare="$(median perf-B)" 'BEGIN {
		printf "record: %s: kvmpmu / perf record = %.2f (%d / %d ns an event)\n", name,
			ours / perf, ours, perf
		printf "record: %s: kvmpmu / perf record without build ids = %.2f (%d / %d ns an event)\n",
			name, ours / bare, ours, bare
	}'
}

"$KVMPMU" bench --raw io --duration 1h >/dev/null &
load=$!
sleep 1
compare exits $kvm_events
stop_load

perf bench sched pipe -l 100000000 >/dev/null 2>&1 &
load=$!
sleep 1
compare switches $sched_events
