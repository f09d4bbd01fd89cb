#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Refresh what tests elsewhere read from the lab: captures/NAME.sh runs in its machine and leaves
# /out/perf.data, which becomes tests/data/NAME/perf.data with a README.md that says machine, kernel and
# commands; /out/sysroot.tar becomes tests/snap/NAME/sysroot with a NOTE; /out/formats.tar of
# captures/formats-ARCH.sh becomes tests/data/formats/ARCH. Writes below tests/ and $LAB.
# usage: LAB=DIR capture.sh [NAME]...
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
tests=$(dirname "$here")
MAX_BYTES=300000	# tests/data/README.md: recordings are small

head_value()
{
	sed -n "s/^# $2: //p" "$here/captures/$1.sh"
}

note()
{
	local name=$1 arch=$2
	echo "# $name"
	echo
	head_value "$name" about
	echo
	echo "Host: the lab's machine \`$(head_value "$name" machine)\` (tests/lab), Linux $(cat "$LAB/$arch/release")."
	echo "Made by \`make lab-capture\`, which ran:"
	echo
	grep -v '^#' "$here/captures/$name.sh" | sed 's/^/    /'
	echo
	echo "Times come from an emulated machine: counts and order are real, durations are not those of hardware."
}

capture()
{
	local name=$1 machine arch out readme
	machine=$(head_value "$name" machine)
	arch=$(. "$here/machines/$machine.conf"; echo "$arch")
	out=$LAB/out/capture-$name
	local -a files=(-f "$here/snapshot.sh" -f "$here/formats.sh")
	if grep -qx '# perf' "$here/captures/$name.sh"; then
		files+=(-f "$LAB/$arch/perf=bin/perf")
	fi
	"$here/boot.sh" -o "$out" "${files[@]}" "$machine" run "$here/captures/$name.sh" > "$out.log" 2>&1 || {
		tail -20 "$out.log" >&2
		echo "capture.sh: $name failed in $machine; see $out.log" >&2
		return 1
	}
	if [ -s "$out/perf.data" ]; then
		if [ "$(stat -c %s "$out/perf.data")" -gt $MAX_BYTES ]; then
			echo "capture.sh: $name: $(stat -c %s "$out/perf.data") bytes, over $MAX_BYTES" >&2
			return 1
		fi
		mkdir -p "$tests/data/$name"
		cp "$out/perf.data" "$tests/data/$name/perf.data"
		# what people wrote below stays
		readme=$(note "$name" "$arch"; sed '1,/^Times come from/d' "$tests/data/$name/README.md" 2>/dev/null)
		echo "$readme" > "$tests/data/$name/README.md"
		echo "captured tests/data/$name: $(stat -c %s "$out/perf.data") bytes"
	fi
	if [ -s "$out/sysroot.tar" ]; then
		rm -rf "$tests/snap/$name/sysroot"
		mkdir -p "$tests/snap/$name/sysroot"
		tar -xmf "$out/sysroot.tar" -C "$tests/snap/$name/sysroot"
		echo "Recorded: $(head_value "$name" about) Emulated (tests/lab, machine" > "$tests/snap/$name/NOTE"
		echo "$machine), Linux $(cat "$LAB/$arch/release"), by make lab-capture." >> "$tests/snap/$name/NOTE"
		echo "captured tests/snap/$name: $(find "$tests/snap/$name" -type f | wc -l) files"
	fi
	if [ -s "$out/formats.tar" ]; then
		mkdir -p "$tests/data/formats/${name#formats-}"
		tar -xmf "$out/formats.tar" -C "$tests/data/formats/${name#formats-}"
		note "$name" "$arch" | head -n -2 > "$tests/data/formats/${name#formats-}/README.md"
		echo "captured tests/data/formats/${name#formats-}: $(tar -tf "$out/formats.tar" | grep -c '[^/]$')" \
			"tracepoints"
	fi
}

[ $# -gt 0 ] || set -- $(cd "$here/captures" && ls ./*.sh | sed 's|^\./||; s|\.sh$||')
status=0
for name; do
	capture "$name" || status=1
done
exit $status
