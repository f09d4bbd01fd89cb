#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The one list of the packages that kvmpmu needs, and the step that installs what is missing of them
# with apt, as root or through sudo. Where there is no apt it prints the list and stops.
#
# usage: deps.sh [--list] [build] [check] [fuzz] [lab]
set -u

# shellcheck disable=SC2034 # read through eval
# What each group needs. A package after "?" is optional: where apt does not have it, it is left out.
build='gcc make pkg-config libc6-dev libtraceevent-dev libtracefs-dev libelf-dev libzstd-dev
	zlib1g-dev libjansson-dev libncurses-dev libpfm4-dev linux-source xz-utils
	?libbpf-dev ?clang ?bpftool'
check='libcmocka-dev bats tmux perl man-db groff-base ?linux-perf ?strace'
fuzz='clang ?libclang-rt-dev'
lab='qemu-system-arm gcc-aarch64-linux-gnu python3 python3-venv patch xz-utils flex bison'

list_only=
groups=
for arg; do
	case $arg in
	--list) list_only=1 ;;
	build | check | fuzz | lab) groups="$groups $arg" ;;
	*)
		echo "deps.sh: unknown argument '$arg'; groups: build check fuzz lab" >&2
		exit 2
		;;
	esac
done
[ -n "$groups" ] || groups='build check'

wanted=
for group in $groups; do
	eval "wanted=\"\$wanted \$$group\""
done

if [ -n "$list_only" ]; then
	for p in $wanted; do echo "${p#\?}"; done | sort -u
	exit 0
fi

is_installed() {
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# A package that only stands for another (pkg-config for pkgconf, linux-source for linux-source-6.1).
is_satisfied() {
	is_installed "$1" && return 0
	case $1 in
	linux-source) ls /usr/src/linux-source-*.tar.* >/dev/null 2>&1 || pkg-config --exists libperf 2>/dev/null ;;
	gcc | make | clang | bats | tmux | perl | pkg-config) command -v "$1" >/dev/null 2>&1 ;;
	bpftool) [ -x /usr/sbin/bpftool ] || command -v bpftool >/dev/null 2>&1 ;;
	xz-utils) command -v xz >/dev/null 2>&1 ;;
	man-db) command -v man >/dev/null 2>&1 ;;
	*) return 1 ;;
	esac
}

if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-query >/dev/null 2>&1; then
	# Elsewhere nothing can be installed, but everything may be there already.
	if command -v pkg-config >/dev/null 2>&1 && pkg-config --exists \
		libtraceevent libtracefs libelf libzstd jansson ncursesw; then
		exit 0
	fi
	echo "There is no apt here. Install what these Debian packages hold, then run make again:" >&2
	for p in $wanted; do echo "  ${p#\?}"; done | sort -u >&2
	exit 1
fi

missing=
for p in $wanted; do
	is_satisfied "${p#\?}" || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "These packages are missing, and there is neither root nor sudo to install them with:" >&2
		for p in $missing; do echo "  ${p#\?}"; done >&2
		echo "Install them as root (apt-get install ...), then run make again." >&2
		exit 1
	fi
	sudo=sudo
fi

# A fresh system has no package lists at all: apt-get update first where a package is unknown.
is_known() {
	[ -n "$(apt-cache madison "$1" 2>/dev/null)" ]
}
for p in $missing; do
	if ! is_known "${p#\?}"; then
		$sudo apt-get update -q || echo "deps.sh: apt-get update failed; trying on" >&2
		break
	fi
done

install=
for p in $missing; do
	case $p in
	\?*) is_known "${p#\?}" && install="$install ${p#\?}" || echo "optional ${p#\?}: not in apt, left out" ;;
	*) install="$install $p" ;;
	esac
done
[ -n "$install" ] || exit 0

echo "installing:$install"
# shellcheck disable=SC2086 # a list of words
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $install && exit 0
echo "deps.sh: retrying after apt-get update" >&2
# shellcheck disable=SC2086
$sudo apt-get update -q &&
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $install && exit 0
echo "deps.sh: apt-get could not install:$install" >&2
exit 1
