#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# report.sh - kvmpmu report against perf kvm stat report and cat, on a shipped recording scaled up to
# 3 million samples: all its events, and only those that perf kvm stat looks at. Ratios of one run;
# the machine need not be quiet, but the spread tells whether it was. perf is the system's, and that
# of the lab where make has built it (make build/lab/x86_64/perf with LAB= as an absolute path):
# perf kvm stat of 6.1 is about twice as fast as that of 7.3.
set -eu

samples=${KP_BENCH_SAMPLES:-3000000}
runs=${KP_BENCH_RUNS:-5}
tools=$KP_BUILD/tests/bench
lab=$KP_BUILD/lab/$(uname -m)
dir=$(mktemp -d "${TMPDIR:-/tmp}/kvmpmu-bench.XXXXXX")
trap 'rm -rf "$dir"' EXIT INT TERM

# The lab's perf is built outside a git tree and knows no version: it is that of the lab's kernel.
version_of()
{
	if [ "$1" = "$lab/perf" ]; then
		cut -d+ -f1 "$lab/release"
	else
		"$1" --version | cut -d' ' -f3
	fi
}

compare()
{
	file=$dir/$1.perf.data
	nr=$("$tools/scale" "$KP_TOP/tests/data/lab-pmi-amd-mediated/perf.data" "$file" "$samples" "$2")
	echo "$1: $nr samples, $(stat -c %s "$file") bytes"
	set -- "$runs" "kvmpmu report" "'$KVMPMU' report -i '$file'" "cat" "cat '$file'"
	for perf in perf "$lab/perf"; do
		command -v "$perf" >/dev/null || continue
		"$perf" kvm -i "$file" stat report >/dev/null 2>&1 || continue
		set -- "$@" "$(version_of "$perf") perf kvm stat" "'$perf' kvm -i '$file' stat report"
	done
	[ $# -gt 5 ] || echo "no perf here that reads it: only cat to compare with"
	"$tools/pair" "$@"
	rm -f "$file"
}

compare all-events '*'
compare kvm-events 'kvm:*'
