#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The newest Linux 7.x cloud kernel of one architecture, with the modules the lab loads (unpacked, as
# the runner's finit_module needs them) and a static busybox for the lab's console.
# Writes below $LAB only; passes on apt.sh's exit status 77.
# usage: LAB=DIR kernel.sh ARCH        (x86_64 arm64) leaves $LAB/ARCH/{vmlinuz,release,modules,busybox}
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# = 1 ] || { sed -n 's/^# usage: //p' "$0" >&2; exit 2; }
case $1 in
x86_64) arch=x86_64 deb=amd64 modules='virt/lib/irqbypass arch/x86/kvm/kvm arch/x86/kvm/kvm-amd
	arch/x86/kernel/msr' ;;
arm64) arch=arm64 deb=arm64 modules= ;;	# KVM is built in there
*) echo "kernel.sh: unknown architecture $1" >&2; exit 2 ;;
esac
dest=$LAB/$arch
mkdir -p "$dest/modules"

release=$("$here/apt.sh" kernel $deb)
if [ "$release" = "$(cat "$dest/release" 2>/dev/null)" ] && [ -s "$dest/vmlinuz" ]; then
	touch "$dest/release"
	exit 0
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
"$here/apt.sh" unpack "$tmp" "linux-binary-$release:$deb" "linux-modules-$release:$deb" \
	busybox-static:$deb
tree=$tmp/usr/lib/modules/$release
for module in $modules; do
	file=$(ls "$tree/kernel/$module".ko* 2>/dev/null | head -1)
	case $file in
	*.ko) cp "$file" "$dest/modules/" ;;
	*.ko.xz) xz -dc "$file" > "$dest/modules/$(basename "$module").ko" ;;
	*.ko.zst) zstd -qdc "$file" > "$dest/modules/$(basename "$module").ko" ;;
	*) echo "lab: kernel $release has no module $module" >&2; exit 1 ;;
	esac
done
cp "$tmp"/*/busybox "$dest/busybox" 2>/dev/null || cp "$tmp"/usr/bin/busybox "$dest/busybox"
cp "$tree/vmlinuz" "$dest/vmlinuz"
echo "$release" > "$dest/release"
