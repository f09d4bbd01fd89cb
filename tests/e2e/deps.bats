#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# The dependency step, on made-up systems: apt-get, dpkg-query, sudo and id are small scripts in a
# folder that is all of PATH. Nothing is installed.

setup() {
	fake=$BATS_TEST_TMPDIR/bin
	log=$BATS_TEST_TMPDIR/apt.log
	mkdir "$fake"
	: >"$log"
	for tool in sh sort ls env cat sed grep; do
		ln -s "$(command -v $tool)" "$fake/$tool"
	done
	# What cannot be hidden by PATH is answered by the package database.
	export FAKE_INSTALLED= FAKE_KNOWN='*' FAKE_UID=0
	put id 'echo "$FAKE_UID"'
}

put() {
	printf '#!/bin/sh\n%s\n' "$2" >"$fake/$1"
	chmod +x "$fake/$1"
}

# A Debian: every package known to apt but those in FAKE_UNKNOWN, those in FAKE_INSTALLED installed.
debian() {
	put dpkg-query 'for p; do :; done
case " $FAKE_INSTALLED " in *" $p "* | "  *  ") echo installed ;; esac'
	put apt-cache 'case " $FAKE_UNKNOWN " in *" $2 "*) ;; *) echo "$2 | 1 | here" ;; esac'
	put apt-get "echo \"apt-get \$*\" >>$log"
}

deps() {
	run env -i PATH="$fake" FAKE_INSTALLED="$FAKE_INSTALLED" FAKE_UID="$FAKE_UID" \
		FAKE_UNKNOWN="${FAKE_UNKNOWN-}" sh "$KP_TOP/tests/tools/deps.sh" "$@"
	echo "status $status: $output"
	cat "$log"
}

@test "deps: no apt, nothing there: prints the packages and stops" {
	deps build check
	[ "$status" -eq 1 ]
	[[ $output == *'There is no apt here'* ]]
	[[ $output == *libtraceevent-dev* ]]
	[[ $output == *libcmocka-dev* ]]
	[[ $output != *\?* ]]
}

@test "deps: no apt, but pkg-config finds the libraries: goes on" {
	put pkg-config 'exit 0'
	deps build
	[ "$status" -eq 0 ]
}

@test "deps: root installs what is missing, and that alone" {
	debian
	FAKE_INSTALLED='gcc make pkg-config libtraceevent-dev'
	deps build
	[ "$status" -eq 0 ]
	grep -q '^apt-get install .*libtracefs-dev' "$log"
	[ "$(grep -c 'libtraceevent-dev' "$log")" = 0 ]
	[ "$(grep -c 'update' "$log")" = 0 ]
	[ "$(grep -c '?' "$log")" = 0 ]
}

@test "deps: nothing missing: apt is not called" {
	debian
	FAKE_INSTALLED=$(sh "$KP_TOP/tests/tools/deps.sh" --list build check | tr '\n' ' ')
	deps build check
	[ "$status" -eq 0 ]
	[ ! -s "$log" ]
}

@test "deps: a package that apt does not know: update first; an optional one is then left out" {
	debian
	FAKE_UNKNOWN='libbpf-dev'
	deps build
	[ "$status" -eq 0 ]
	[ "$(head -n 1 "$log")" = 'apt-get update -q' ]
	[[ $output == *'optional libbpf-dev: not in apt, left out'* ]]
	[ "$(grep -c 'install.*libbpf-dev' "$log")" = 0 ]
}

@test "deps: not root, no sudo: prints the packages and stops" {
	debian
	FAKE_UID=1000
	deps build
	[ "$status" -eq 1 ]
	[[ $output == *'neither root nor sudo'* ]]
	[[ $output == *libtracefs-dev* ]]
	[ ! -s "$log" ]
}

@test "deps: not root, with sudo: apt runs through it" {
	debian
	FAKE_UID=1000
	put sudo "echo \"sudo \$*\" >>$log; exec \"\$@\""
	deps build
	[ "$status" -eq 0 ]
	grep -q '^sudo env DEBIAN_FRONTEND=noninteractive apt-get install' "$log"
}

@test "deps: apt fails: says which packages, and fails" {
	debian
	put apt-get "echo \"apt-get \$*\" >>$log; exit 100"
	deps build
	[ "$status" -eq 1 ]
	[[ $output == *'could not install:'*libtracefs-dev* ]]
}

@test "deps: an unknown group is a usage error" {
	deps nonsense
	[ "$status" -eq 2 ]
}
