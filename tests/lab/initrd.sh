#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Pack the initramfs of the lab's machines of one architecture: the runner as init, kvmpmu, busybox for
# the console, KVM's modules and selftests. Reads and writes below $LAB only.
# usage: LAB=DIR initrd.sh ARCH        leaves $LAB/ARCH/initrd.cpio
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# = 1 ] || { sed -n 's/^# usage: //p' "$0" >&2; exit 2; }
dir=$LAB/$1
case $1 in
arm64) strip=aarch64-linux-gnu-strip ;;
*) strip=strip ;;
esac

$strip -o "$dir/kvmpmu.stripped" "$dir/kvmpmu/kvmpmu"
$strip -o "$dir/init.stripped" "$dir/runner"
set -- init="$dir/init.stripped" bin/sh="$dir/busybox" bin/busybox="$dir/busybox" \
	bin/kvmpmu="$dir/kvmpmu.stripped" proc/ sys/ tmp/ out/
for module in "$dir"/modules/*.ko; do
	[ ! -e "$module" ] || set -- "$@" "lib/modules/$(basename "$module")=$module"
done
for program in "$dir"/selftests/bin/*; do
	[ ! -e "$program" ] || set -- "$@" "bin/$(basename "$program")=$program"
done
"$here/mkinitrd.py" "$dir/initrd.cpio" "$@"
