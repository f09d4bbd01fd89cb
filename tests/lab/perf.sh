#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A static perf of the lab's kernel for one architecture, from the same linux-source package: lab-capture
# records with it what kvmpmu's reader has to read. Writes below $LAB only; passes on exit status 77.
# usage: LAB=DIR CC='gcc ...' perf.sh ARCH        (x86_64 arm64) leaves $LAB/ARCH/perf
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# = 1 ] || { sed -n 's/^# usage: //p' "$0" >&2; exit 2; }
case $1 in
x86_64) srcarch=x86 multiarch=x86_64-linux-gnu sysroot=$LAB/sysroot-amd64 ;;
arm64) srcarch=arm64 multiarch=aarch64-linux-gnu sysroot=$LAB/sysroot-arm64 ;;
*) echo "perf.sh: unknown architecture $1" >&2; exit 2 ;;
esac

release=$(cat "$LAB/$1/release")
series=$(echo "$release" | cut -d. -f1,2)
src=$LAB/perf-$series
build=$LAB/$1/perf-build
mkdir -p "$build"
if [ ! -e "$src/unpacked" ]; then
	mkdir -p "$src"
	deb=$("$here/apt.sh" get "linux-source-$series:amd64")
	dpkg-deb --fsys-tarfile "$deb" | tar -xO "./usr/src/linux-source-$series.tar.xz" |
		tar -xJ -C "$src" --strip-components=1 --wildcards "linux-source-$series/tools" \
			"linux-source-$series/scripts" "linux-source-$series/arch/*/tools"
	touch "$src/unpacked"
fi
export PKG_CONFIG_SYSROOT_DIR="$sysroot"
export PKG_CONFIG_LIBDIR="$sysroot/usr/lib/$multiarch/pkgconfig"
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
nice make -C "$src/tools/perf" O="$build" ARCH=$srcarch CROSS_COMPILE=$multiarch- -j"$(nproc)" \
	CC="$CC" HOSTCC=gcc LDFLAGS=-static NO_LIBPYTHON=1 NO_LIBPERL=1 NO_SLANG=1 NO_LIBNUMA=1 \
	NO_LIBUNWIND=1 NO_LIBBPF=1 BUILD_BPF_SKEL=0 NO_LIBLLVM=1 NO_LIBBABELTRACE=1 NO_CAPSTONE=1 \
	NO_GTK2=1 NO_LIBCRYPTO=1 NO_LIBDEBUGINFOD=1 NO_SDT=1 NO_LIBDW=1 NO_JVMTI=1 NO_JEVENTS=1 \
	NO_RUST=1 NO_LIBELF=1 WERROR=0 perf > "$build/build.log" 2>&1 || {
	tail -20 "$build/build.log" >&2
	exit 1
}
$multiarch-strip -o "$LAB/$1/perf" "$build/perf"
