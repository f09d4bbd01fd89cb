#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Prepare the lab: everything that the emulated machines of each architecture need. What cannot be had
# here (no network, no kernel, no compiler) is a line "skip: lab: ARCH: reason", not a failure; anything
# else that goes wrong is one. Leaves $LAB/ARCH/prepared, or $LAB/ARCH/skip with the reason.
# usage: LAB=DIR MAKE=make prepare.sh
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
status=0

if [ "${INSTALL_DEPS:-1}" != 0 ]; then
	"$top/tests/tools/deps.sh" lab || echo "lab: trying without the packages that are missing" >&2
fi

# Programs that no package unpacked below $LAB can stand in for.
missing_program()
{
	for program in python3 patch gcc pkg-config xz dpkg-deb apt-get; do
		command -v $program > /dev/null || { echo "$program is not installed"; return; }
	done
	[ "$1" = arm64 ] || return
	for program in aarch64-linux-gnu-gcc qemu-system-aarch64; do
		command -v $program > /dev/null || { echo "$program is not installed"; return; }
	done
}

# make calls whatever ends with another status an error; what apt.sh's 77 is, the line "skip:" says.
exec 3>&1
make_arch()
{
	rm -f "$LAB/failed"
	{
		$MAKE --no-print-directory -C "$top" KP_DEPS_DONE=1 "lab-$1" 2>&1 >&3 3>&- || touch "$LAB/failed"
	} | grep --line-buffered -v '^make.*\*\*\*.* Error \(77\|123\)$' >&2
	[ ! -e "$LAB/failed" ] || { rm -f "$LAB/failed"; return 1; }
}

for arch in x86_64 arm64; do
	mkdir -p "$LAB/$arch"
	rm -f "$LAB/$arch/skip" "$LAB/$arch/prepared" "$LAB/skip"
	missing_program $arch > "$LAB/skip"
	if [ ! -s "$LAB/skip" ]; then
		rm -f "$LAB/skip"
		if make_arch $arch; then
			touch "$LAB/$arch/prepared"
			echo "lab: $arch: ready, Linux $(cat "$LAB/$arch/release")"
			continue
		fi
	fi
	if [ -s "$LAB/skip" ]; then
		mv "$LAB/skip" "$LAB/$arch/skip"
		echo "skip: lab: $arch: $(cat "$LAB/$arch/skip")"
	else
		echo "lab: $arch: could not be prepared, see above" >&2
		status=1
	fi
done
exit $status
