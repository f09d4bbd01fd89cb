#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds libperf.a and libapi.a, with their headers, from the distribution's kernel source package.
# Unpacks only what tools/lib/perf needs, under the folder named; touches nothing else.
#
# usage: libperf.sh DIR        (environment: CC AR CROSS_COMPILE MACHINE V, KP_LINUX_SOURCE=FILE)
set -eu

dir=$1
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

tarball=${KP_LINUX_SOURCE:-$(ls /usr/src/linux-source-*.tar.* 2>/dev/null | sort -V | tail -n 1)}
if [ ! -f "$tarball" ]; then
	echo "libperf: pkg-config finds no libperf and there is no /usr/src/linux-source-*.tar.* to build" >&2
	echo "libperf: it from. Install the package linux-source (make deps does), or libperf-dev." >&2
	exit 1
fi

case ${MACHINE:-$(uname -m)} in
x86_64 | i?86) srcarch=x86 ;;
aarch64) srcarch=arm64 ;;
riscv*) srcarch=riscv ;;
ppc* | powerpc*) srcarch=powerpc ;;
s390*) srcarch=s390 ;;
loongarch*) srcarch=loongarch ;;
*) srcarch=${MACHINE:-$(uname -m)} ;;
esac

log=$dir/build.log
src=$dir/src
out=$dir/out
rm -rf "$src" "$out" "$dir/include" "$dir/tools"
mkdir -p "$src" "$out" "$dir/include" "$dir/tools/arch/$srcarch" "$dir/tools/lib"

# --wildcards must match from the top: the archive holds other folders named tools.
tar -xf "$tarball" -C "$src" --strip-components=1 --wildcards --anchored --no-wildcards-match-slash \
	'*/tools/build' '*/tools/scripts' '*/tools/include' '*/tools/lib/*.c' '*/tools/lib/api' \
	'*/tools/lib/perf' "*/tools/arch/$srcarch/include" 

unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES DESTDIR CFLAGS LDFLAGS CPPFLAGS
compile() {
	make -C "$src/tools/lib/$1" O="$out" OUTPUT="$out/" srctree="$src" ARCH="$srcarch" \
		CROSS_COMPILE="${CROSS_COMPILE:-}" CC="${CC:-gcc}" AR="${AR:-ar}" HOSTCC=gcc \
		EXTRA_CFLAGS="-O2 -Wno-error" WERROR=0 V=1 "$out/$2" >>"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		echo "libperf: building $2 of $tarball failed; the log is $log" >&2
		exit 1
	}
}

: >"$log"
compile api libapi.a
compile perf libperf.a

cp -r "$src/tools/lib/perf/include/perf" "$src/tools/lib/perf/include/internal" "$dir/include/"
cp -r "$src/tools/include" "$dir/tools/"
cp -r "$src/tools/arch/$srcarch/include" "$dir/tools/arch/$srcarch/"
(cd "$src/tools/lib" && find api -name '*.h' -exec cp --parents {} "$dir/tools/lib/" \;)
rm -rf "$dir/tools/include/nolibc"

rm -rf "$src"
cp "$out/libapi.a" "$dir/libapi.a"
cp "$out/libperf.a" "$dir/libperf.a"
rm -rf "$out"
