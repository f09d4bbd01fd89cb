#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Boot one of the lab's machines (machines/NAME.conf) in QEMU's software emulation and wait for it.
# Reads the lab's build folder $LAB (default: build/lab beside this tree), writes the folder OUT.
set -u

here=$(cd "$(dirname "$0")" && pwd)
LAB=${LAB:-$here/../../build/lab}

usage()
{
	cat >&2 <<-END
	usage: boot.sh [options] MACHINE check           run the machine's tests, TAP on stdout
	       boot.sh [options] MACHINE run SCRIPT      run a shell script in it, with its exit status
	       boot.sh [options] MACHINE shell           a console; "exit" powers the machine off
	       boot.sh list                              the machines
	options: -f FILE[=DEST]  put FILE into the machine, as /lab/NAME unless DEST says otherwise
	         -o OUT          folder for the console's text and what the machine left in /out
	         -t SECONDS      give up after that long
	         -a WORDS        add to the kernel's command line
	         -i ICOUNT       QEMU's -icount, as in shift=0,sleep=off: time is instructions
	exit status: the script's own, or the tests' (0, 1); 124 timed out; 125 the machine died;
	         77 not prepared, with a line "skip: reason"
	END
	exit 2
}

skip()
{
	echo "skip: lab: $*"
	exit 77
}

out= timeout_arg= append_arg= icount_arg=
files=
while getopts f:o:t:a:i: opt; do
	case $opt in
	f)
		case $OPTARG in
		*=*) files="$files ${OPTARG##*=}=${OPTARG%=*}" ;;
		*) files="$files lab/$(basename "$OPTARG")=$OPTARG" ;;
		esac
		;;
	o) out=$OPTARG ;;
	t) timeout_arg=$OPTARG ;;
	a) append_arg=$OPTARG ;;
	i) icount_arg=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
if [ "${1:-}" = list ]; then
	for f in "$here"/machines/*.conf; do
		printf '%-16s%s\n' "$(basename "$f" .conf)" "$(sed -n 's/^# //p' "$f" | head -1)"
	done
	exit 0
fi
[ $# -ge 2 ] || usage
machine=$1 mode=$2
[ -r "$here/machines/$machine.conf" ] || { echo "boot.sh: no machine $machine" >&2; usage; }
case $mode in
check | shell) [ $# = 2 ] || usage ;;
run)
	[ $# = 3 ] || usage
	[ -r "$3" ] || { echo "boot.sh: $3: cannot be read" >&2; exit 2; }
	files="$files lab/job.sh=$3"
	;;
*) usage ;;
esac

arch= smp= memory_mib= timeout_s= cpu= append= modules= icount= pmus=
. "$here/machines/$machine.conf"

kernel=$LAB/$arch/vmlinuz
initrd=$LAB/$arch/initrd.cpio
case $arch in
x86_64) qemu=$LAB/qemu/qemu-system-x86_64 ;;
arm64) qemu=$(command -v "${QEMU_AARCH64:-qemu-system-aarch64}") || qemu= ;;
esac
[ -x "$qemu" ] || skip "no QEMU for $machine (make lab prepares it)"
[ -s "$kernel" ] && [ -s "$initrd" ] ||
	skip "no kernel or initramfs for $machine (make lab prepares them)"

out=${out:-$LAB/out/$machine}
rm -rf "$out"
mkdir -p "$out"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# What runs in the console finds the terminal that it is in: the kernel hands on what it does not know.
if [ $mode = shell ]; then
	terminfo=$(find /etc/terminfo /lib/terminfo /usr/share/terminfo -path "*/${TERM:=vt100}" 2>/dev/null | head -1)
	[ -z "$terminfo" ] || files="$files lib/terminfo/$(printf %.1s "$TERM")/$TERM=$terminfo"
	size=$(stty size 2>/dev/null) || size=
	append_arg="$append_arg TERM=$TERM${size:+ LINES=${size% *} COLUMNS=${size#* }}"
fi
if [ -n "$files" ]; then
	# shellcheck disable=SC2086 # a list of words
	"$here/mkinitrd.py" "$tmp/files.cpio" $files || exit 2
	cat "$initrd" "$tmp/files.cpio" > "$tmp/initrd.cpio"
	initrd=$tmp/initrd.cpio
fi
: > "$tmp/out.tar"
set -- "$qemu" -smp "$smp" -m "$memory_mib" -cpu "$cpu" -nodefaults -display none -no-reboot \
	-kernel "$kernel" -initrd "$initrd" -monitor none \
	-device virtio-serial-pci -chardev "file,id=out,path=$tmp/out.tar" \
	-device virtserialport,chardev=out,name=lab.out
case $arch in
x86_64)
	console=ttyS0
	set -- "$@" -machine q35 -L "$LAB/host/usr/share/qemu" -L "$LAB/host/usr/share/seabios"
	;;
arm64)
	console=ttyAMA0
	board=virt,virtualization=on,gic-version=3
	if [ -n "$pmus" ]; then
		"$qemu" -machine "$board,dumpdtb=$tmp/plain.dtb" -cpu "$cpu" -smp "$smp" -m "$memory_mib" \
			-nodefaults -display none > "$out/dumpdtb.log" 2>&1
		# shellcheck disable=SC2086 # a list of words
		"$here/hybrid_dtb.py" "$tmp/plain.dtb" "$tmp/hybrid.dtb" $pmus || exit 2
		set -- "$@" -dtb "$tmp/hybrid.dtb"
	fi
	set -- "$@" -machine "$board"
	;;
esac
icount=${icount_arg:-$icount}
if [ -n "$icount" ]; then
	set -- "$@" -accel tcg,thread=single -icount "$icount"
else
	set -- "$@" -accel tcg,thread=multi
fi
case $mode in
check)
	: > "$out/console.txt"
	set -- "$@" -serial "file:$out/console.txt"
	;;
*) set -- "$@" -serial stdio ;;
esac
modules=$(echo $modules | tr ' ' ':')
set -- "$@" -append "console=$console quiet loglevel=3 panic=-1 $append lab.machine=$machine \
lab.mode=$mode lab.modules=$modules $append_arg"
echo "$*" > "$out/qemu.cmd"

if [ $mode = shell ]; then
	old=$(stty -g 2>/dev/null) && stty raw -echo
	"$@"
	[ -n "$old" ] && stty "$old"
	exit 0
fi

timeout=${timeout_arg:-$timeout_s}
if [ $mode = check ]; then
	timeout -k 5 "$timeout" "$@" < /dev/null 2> "$out/qemu.err"
	rc=$?
else
	{ timeout -k 5 "$timeout" "$@" < /dev/null 2> "$out/qemu.err"; echo $? > "$tmp/rc"; } |
		tr -d '\r' | tee "$out/console.txt"
	rc=$(cat "$tmp/rc")
fi
[ -s "$tmp/out.tar" ] && tar -xf "$tmp/out.tar" -C "$out"
status=$(cat "$out/status" 2>/dev/null) || status=
[ $mode != check ] ||
	tr -d '\r' < "$out/console.txt" | sed -n '/^TAP version/,$p' |
	grep -E '^(TAP|ok|not ok|1\.\.|#)'
if [ $rc = 124 ] || [ $rc = 137 ]; then
	[ $mode = check ] && echo "not ok - $machine: no end after $timeout seconds; see $out/console.txt"
	echo "boot.sh: $machine: timed out after $timeout seconds" >&2
	exit 124
fi
if [ -z "$status" ]; then
	[ $mode = check ] && echo "not ok - $machine: the machine died; see $out/console.txt"
	echo "boot.sh: $machine: the machine died (QEMU's status $rc); see $out" >&2
	cat "$out/qemu.err" >&2
	exit 125
fi
exit "$status"
