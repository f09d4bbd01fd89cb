#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Guests that nobody here wrote: KVM's own selftests of the PMU and of nesting, static, from the
# linux-source package of the kernel that the lab boots. Writes below $LAB only; passes on apt.sh's exit status 77.
# usage: LAB=DIR CC='gcc ...' selftests.sh ARCH        (x86_64 arm64) leaves $LAB/ARCH/selftests/bin
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# = 1 ] || { sed -n 's/^# usage: //p' "$0" >&2; exit 2; }
case $1 in
x86_64)
	srcarch=x86 multiarch=x86_64-linux-gnu flags='-DCONFIG_64BIT -march=x86-64-v2'
	tests='pmu_counters_test pmu_event_filter_test svm_pmu_host_guest_test svm_vmcall_test'
	;;
arm64)
	srcarch=arm64 multiarch=aarch64-linux-gnu flags=
	tests='vpmu_counter_access'
	;;
*) echo "selftests.sh: unknown architecture $1" >&2; exit 2 ;;
esac

release=$(cat "$LAB/$1/release")
series=$(echo "$release" | cut -d. -f1,2)
dest=$LAB/$1/selftests
src=$LAB/linux-$series
[ "$release $tests" != "$(cat "$dest/release" 2>/dev/null)" ] || exit 0

if [ ! -e "$src/unpacked" ]; then
	rm -rf "$src"
	mkdir -p "$src"
	# dpkg-deb --fsys-tarfile: the package is large, and only a part of the archive in it is wanted
	deb_file=$("$here/apt.sh" get "linux-source-$series:amd64")
	dpkg-deb --fsys-tarfile "$deb_file" |
		tar -xO "./usr/src/linux-source-$series.tar.xz" |
		tar -xJ -C "$src" --strip-components=1 --wildcards '*/tools/testing/selftests/kvm' \
			'*/tools/testing/selftests/rseq' \
			'*/tools/testing/selftests/*.h' \
			'*/tools/include' '*/tools/lib/*.c' '*/tools/arch' '*/tools/scripts' '*/arch/arm64/tools'
	touch "$src/unpacked"
fi
"$here/apt.sh" unpack "$dest/headers" linux-libc-dev:amd64/trixie-backports	# for every architecture

mkdir -p "$dest/bin" "$dest/obj" "$dest/gen"
kvm=$src/tools/testing/selftests/kvm
cd "$kvm"
if [ $srcarch = arm64 ]; then
	make -s -C "$src/tools/arch/arm64/tools" OUTPUT="$dest/gen/" \
		> "$dest/gen.log" 2>&1 || { cat "$dest/gen.log" >&2; exit 1; }
fi
cflags="-D_GNU_SOURCE= -O2 -std=gnu99 -w -U_FORTIFY_SOURCE -fno-builtin-memcmp -fno-builtin-memcpy
	-fno-builtin-memset -fno-builtin-strnlen -fno-stack-protector -fno-PIE -fno-strict-aliasing $flags
	-I$src/tools/testing/selftests -I$src/tools/include -I$src/tools/arch/$srcarch/include
	-Iinclude -Iinclude/$srcarch -I$dest/gen/arch/arm64/include/generated -I../rseq -I..
	-I$dest/headers/usr/include -I$dest/headers/usr/include/$multiarch"
objects=
for file in lib/*.c lib/*.S lib/$srcarch/*.c lib/$srcarch/*.S; do
	[ -e "$file" ] || continue
	extra=
	[ "$file" != lib/string_override.c ] || extra=-ffreestanding
	object=$dest/obj/$(echo "${file%.*}" | tr / _).o
	# shellcheck disable=SC2086 # words
	$CC $cflags $extra -c "$file" -o "$object"
	objects="$objects $object"
done
for test in $tests; do
	# shellcheck disable=SC2086 # words
	$CC $cflags -static -no-pie -pthread "$srcarch/$test.c" $objects -ldl -s -o "$dest/bin/$test"
done
echo "$release $tests" > "$dest/release"
