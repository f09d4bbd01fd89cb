#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A folder with the headers and static libraries of another architecture, from Debian's -dev packages,
# for linking kvmpmu and the lab's runner statically. Nothing is installed.
# Writes below $LAB only; passes on apt.sh's exit status 77.
# usage: LAB=DIR sysroot.sh ARCH        ARCH: a Debian architecture; leaves $LAB/sysroot-ARCH
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# = 1 ] || { sed -n 's/^# usage: //p' "$0" >&2; exit 2; }
dest=$LAB/sysroot-$1

# What the Makefile's pkg-config names and what their static archives need in turn.
packages='libc6-dev libcrypt-dev libtraceevent-dev libtracefs-dev libelf-dev libzstd-dev zlib1g-dev
	libjansson-dev libncurses-dev libpfm4-dev libbpf-dev'
# The kernel's headers are this machine's own: libperf is built from its linux-source, and the two have to
# agree on the size of struct perf_event_attr. Since trixie one package serves every architecture.
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
case $codename in
bookworm) headers=linux-libc-dev:$1/$codename ;;
*) headers=linux-libc-dev:amd64/$codename ;;
esac
# libelf.a of trixie (0.192) refers to functions that are in none of its objects; 0.196 has them.
libelf=libelf-dev:$1/trixie-backports
# shellcheck disable=SC2086 # a list of words
list=$("$here/apt.sh" closure "$1" $packages; for p in $packages; do echo "$p:$1"; done)
# shellcheck disable=SC2046,SC2086 # a list of words
debs=$("$here/apt.sh" get $headers $libelf \
	$(echo "$list" | grep -v -e -bin: -e -doc: -e linux-libc-dev: -e libelf-dev: | sort -u))
[ "$debs" != "$(cat "$dest/debs" 2>/dev/null)" ] || exit 0
# What was compiled with the old headers goes too: dependency files leave system headers out.
case $1 in
amd64) rm -rf "$dest" "$LAB/x86_64/kvmpmu" ;;
*) rm -rf "$dest" "${LAB:?}/$1/kvmpmu" ;;
esac
mkdir -p "$dest"
for deb in $debs; do
	dpkg-deb -x "$deb" "$dest"
done
echo "$debs" > "$dest/debs"
