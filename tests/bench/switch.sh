#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What watching PMU context switches costs a guest that does nothing but exit: record --switch and
# stat --switch against perf record of kvm_entry and kvm_exit and perf kvm stat live, all of the whole
# system, in the lab's machines under -icount. There time is instructions: the same in every run, and of all
# CPUs together, so the work of whoever reads the rings counts too. Prints instructions that an exit takes
# more under each, their ratios, and the bytes that an exit takes in a recording. The probes that only read
# the clock, as those of a recording of another CPU do, are the least that any such collector adds.
# Needs make lab, and a perf of its kernel: make build/lab/x86_64/perf. Without: measures nothing.
#
# environment: MACHINES (amd-mediated amd-emulated)
set -eu

: "${KVMPMU:?}" "${KP_BUILD:?}" "${KP_TOP:?}" "${MACHINES:=amd-mediated amd-emulated}"
export LAB=$KP_BUILD/lab

nothing() {
	echo "switch: not measured: $1"
	exit 0
}
[ -e "$LAB/x86_64/prepared" ] || nothing "no lab here; make lab prepares it"
[ -x "$LAB/x86_64/perf" ] || nothing "no perf of the lab's kernel; make $LAB/x86_64/perf builds it"

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

for machine in $MACHINES; do
	"$KP_TOP/tests/lab/boot.sh" -i shift=0,sleep=off -t 300 -o "$out/files" \
		-f "$LAB/x86_64/perf=bin/perf" "$machine" run "$KP_TOP/tests/bench/switch.job" \
		>"$out/log" 2>&1 || true
	awk -v m="$machine" '
		function ratio(a, b, of, target) {
			if (a in t && b in t && t[b] > t["alone"])
				printf "switch: %s: %s / %s = %.2f (%.0f / %.0f instructions an exit; aim %s)\n",
					m, name[a], name[b], (t[a] - t["alone"]) / (t[b] - t["alone"]),
					t[a] - t["alone"], t[b] - t["alone"], target
		}
		BEGIN {
			name["exits"] = "record --switch=exits"
			name["record"] = "record --switch"
			name["cmd"] = "record --switch of the guest alone"
			name["probes"] = "record --switch of another CPU"
			name["stat"] = "stat --switch"
			name["perf"] = "perf record"
			name["live"] = "perf kvm stat live"
		}
		$1 == "failed" { sub(/^failed /, ""); printf "switch: %s: failed: %s\n", m, $0; next }
		$1 == "size" { size[$2] = $3; next }
		$1 == "probe" { printf "switch: %s: a probe (%s) is %d instructions\n", m, $2, $3; next }
		NF == 2 && ($1 == "alone" || $1 in name) && $2 > 0 {
			t[$1] = $2
			if ($1 == "alone") printf "switch: %s: an exit is %.0f instructions\n", m, $2
			else printf "switch: %s: %s adds %.0f\n", m, name[$1], $2 - t["alone"]
			n++
		}
		END {
			if (!n) { printf "switch: %s: nothing came back\n", m; exit }
			ratio("record", "perf", "", 0.25); ratio("stat", "perf", "", 0.25)
			ratio("record", "live", "", 0.25); ratio("stat", "live", "", 0.25)
			# no less is possible while each end of what is timed has its probe
			ratio("probes", "perf", "", "none, it is the least")
			if (size["record"] && size["perf"])
				printf "switch: %s: bytes an exit: record --switch / perf record = %.2f (%.1f / %.1f; aim 0.20)\n",
					m, size["record"] / size["perf"], size["record"], size["perf"]
		}' "$out/log"
	grep -q '^alone ' "$out/log" || tail -n 5 "$out/log"
done
