#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make demo: records the built-in micro-guest live through /dev/kvm and reports it, then reports a
# recording of a mediated vPMU that ships with the source. Without /dev/kvm only the second, and says
# so. Writes under the build folder alone.
# Environment: KP_BUILD (make demo sets it).
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${KP_BUILD:-build}
build=${build#"$PWD"/}
out=$build/demo
PATH=$PWD/$build:$PATH
[ "${build#/}" = "$build" ] || PATH=$build:$PATH
mkdir -p "$out" || exit 1

say() {
	printf '\n== %s\n' "$*"
}

# Prints the command as a user would type it, then runs it.
run() {
	printf '$ kvmpmu %s\n' "$*"
	kvmpmu "$@"
}

live() {
	local data=$out/micro-guest.data status
	say 'This host: the micro-guest, recorded live through /dev/kvm'
	run record -o "$data" -- kvmpmu bench --raw io --duration 3
	status=$?
	if [ $status = 3 ] || [ $status = 4 ]; then
		say "Not recorded live: see the message above. The recording that ships follows."
		return 0
	fi
	[ $status = 0 ] || return $status
	run report -i "$data"
}

shipped() {
	say 'A recording that ships: a mediated vPMU on an AMD host, Linux 7.3'
	run report -i tests/data/lab-pmi-amd-mediated/perf.data
}

if [ ! -e /dev/kvm ]; then
	say 'No /dev/kvm here: the live recording is left out.'
elif [ ! -r /dev/kvm ] || [ ! -w /dev/kvm ]; then
	say '/dev/kvm may not be opened (run as root, or join the group kvm): the live recording is left out.'
else
	live || { echo "demo: recording this host failed" >&2; exit 1; }
fi
shipped || { echo "demo: reporting the shipped recording failed" >&2; exit 1; }
