#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Build the lab's QEMU: x86_64 software emulation with SVM and, through the project's patch, AMD's
# PerfMonV2. Source, meson, glib headers and the ROMs come from Debian packages that apt.sh fetches;
# nothing is installed. Reads and writes below $LAB only; passes on apt.sh's exit status 77.
# usage: LAB=DIR qemu.sh        leaves $LAB/qemu/qemu-system-x86_64 and $LAB/host (ROMs)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$LAB/qemu"
LAB=$(cd "$LAB" && pwd)
export LAB
host=$LAB/host
multiarch=$(gcc -print-multiarch)
arch=$(dpkg --print-architecture)
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
case $codename in
bookworm) glib_runtime=libglib2.0-0 ;;
*) glib_runtime=libglib2.0-0t64 ;;
esac

fail()
{
	echo "lab: qemu: $*" >&2
	exit 1
}

fetch()
{
	# glib has to match the compiler's libc, so it comes from this machine's own suite; meson and
	# the ROMs are the same everywhere.
	for pkg in libglib2.0-dev $glib_runtime libpcre2-dev libpcre2-8-0 libffi-dev libmount-dev \
		   libselinux1-dev zlib1g-dev zlib1g ninja-build; do
		echo "$pkg:$arch/$codename"
	done | xargs "$here/apt.sh" unpack "$host"
	"$here/apt.sh" unpack "$host" meson:$arch seabios:$arch qemu-system-data:$arch
	tarball=$("$here/apt.sh" source qemu)
}

unpack()
{
	src=$LAB/qemu/src
	stamp=$(basename "$tarball" | cat - "$here/patches/qemu-amd-pmu.patch" | sha256sum)
	[ "$stamp" != "$(cat "$LAB/qemu/unpacked" 2>/dev/null)" ] || return 0
	rm -rf "$src" "$LAB/qemu/build"
	mkdir -p "$src"
	tar -xf "$tarball" -C "$src" --strip-components=1
	patch -s -p1 -d "$src" < "$here/patches/qemu-amd-pmu.patch" ||
		fail "qemu-amd-pmu.patch does not apply to $(basename "$tarball")"
	echo "$stamp" > "$LAB/qemu/unpacked"
}

build()
{
	mkdir -p "$LAB/qemu/build"
	cd "$LAB/qemu/build"
	export PATH="$host/usr/bin:$PATH"
	export PYTHONPATH="$host/usr/lib/python3/dist-packages"
	export PKG_CONFIG_LIBDIR="$host/usr/lib/$multiarch/pkgconfig:$host/usr/share/pkgconfig"
	export PKG_CONFIG_SYSROOT_DIR="$host"
	libs="-L$host/usr/lib/$multiarch -L$host/lib/$multiarch"
	[ -e build.ninja ] || "$LAB/qemu/src/configure" --python="$(command -v python3)" \
		--target-list=x86_64-softmmu --without-default-features --enable-system --enable-tcg \
		--disable-user --disable-tools --disable-guest-agent --disable-docs \
		--disable-debug-info --disable-install-blobs --disable-fdt \
		--without-default-devices --with-devices-x86_64=lab \
		--extra-ldflags="$libs -Wl,-rpath,$host/usr/lib/$multiarch:$host/lib/$multiarch" \
		> configure.log 2>&1 || { tail -20 configure.log >&2; fail "configure failed"; }
	nice ninja qemu-system-x86_64 > ninja.log 2>&1 ||
		{ grep -A10 FAILED ninja.log >&2; fail "build failed"; }
	strip -o "$LAB/qemu/qemu-system-x86_64" qemu-system-x86_64
}

fetch
unpack
build
