#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Time of kvmpmu ps on a full host: 1,000 perf events, and 500 vCPUs in 50 VMs (aim: under 100 ms, one shot
# from exec to exit). Beside it, in turns: lsfd, the nearest thing there is, which lists every open file; without
# util-linux's lsfd, ls of every /proc/PID/fd. Prints medians and spread, the CPU time, and the ratios. Needs root
# and /dev/kvm; without them it says what is missing from the load.
#
# environment: ROUNDS (15), EVENTS (1000), VMS (50), VCPUS (10, of each VM)
set -eu

: "${KVMPMU:?}" "${KP_BUILD:?}" "${ROUNDS:=15}" "${EVENTS:=1000}" "${VMS:=50}" "${VCPUS:=10}"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
coproc LOAD { exec "$KP_BUILD/tests/bench/ps_load" "$EVENTS" "$VMS" "$VCPUS"; }
read -r events vms vcpus <&"${LOAD[0]}" || { echo "ps: not measured: no load"; exit 0; }
echo "ps: the load: $events perf events, $vcpus vCPUs in $vms VMs (of $EVENTS, $((VMS * VCPUS)), $VMS)"
[ "$vcpus" -gt 0 ] || echo "ps: no vCPUs: $(ls -l /dev/kvm 2>&1)"
"$KVMPMU" ps | grep -q 'Seen by *BPF' || echo "ps: BPF is refused here: both ways look into /proc"

peer=(lsfd)
command -v lsfd >/dev/null || peer=(sh -c 'ls -l /proc/[0-9]*/fd')

# once NAME COMMAND...: a line "NAME wall cpu", in ms
once() {
	local name=$1 TIMEFORMAT='%3R %3U %3S'
	shift
	{ time "$@" >/dev/null 2>&1; } 2>&1 |
		awk -v name="$name" '{ print name, $1 * 1000, ($2 + $3) * 1000 }' >>"$dir/results"
}

for ((i = 0; i < ROUNDS; i++)); do
	once text "$KVMPMU" ps
	once json "$KVMPMU" ps --all --format json
	once proc-text "$KVMPMU" ps --no-bpf
	once proc-json "$KVMPMU" ps --no-bpf --all --format json
	once peer "${peer[@]}" || true
done

# column NAME FIELD: lowest, median, highest
column() {
	awk -v name="$1" -v f="$2" '$1 == name { print $f }' "$dir/results" | sort -n |
		awk '{ v[NR] = $1 } END { print v[1], v[int((NR + 1) / 2)], v[NR] }'
}

read -r _ base _ < <(column peer 2)
read -r _ base_cpu _ < <(column peer 3)
show() {
	local low mid high cpu
	read -r low mid high < <(column "$1" 2)
	read -r _ cpu _ < <(column "$1" 3)
	awk -v what="$2" -v low="$low" -v mid="$mid" -v high="$high" -v cpu="$cpu" -v base="$base" \
		-v base_cpu="$base_cpu" 'BEGIN {
		printf "ps: %-28s %4d ms (%d to %d), of them CPU %d ms; of peer %.2f, its CPU %.2f\n", what, mid,
			low, high, cpu, mid / base, cpu / base_cpu }'
}
show text "ps"
show json "ps --all --format json"
show proc-text "ps --no-bpf"
show proc-json "ps --no-bpf, json, all"
show peer "peer: ${peer[*]}"
exec {LOAD[1]}>&-
wait
