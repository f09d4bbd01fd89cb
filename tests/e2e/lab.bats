#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# What `make lab` does where the lab cannot be had, or a download breaks off. The network is a shell
# script here; the lab itself is tests/lab.

setup() {
	cd "$KP_TOP"
	tmp=$BATS_TEST_TMPDIR
	export LAB=$tmp/lab
	unset MAKEFLAGS MAKEOVERRIDES MAKELEVEL	# of the make that runs this test
	grep -qsr '^Types: *deb\|^deb ' /etc/apt/sources.list /etc/apt/sources.list.d ||
		skip "no Debian mirror is configured here"
	[ -r /usr/share/keyrings/debian-archive-keyring.gpg ] || skip "no package debian-archive-keyring"
	mkdir "$tmp/bin"
}

# fake PROGRAM: what comes on standard input instead of it.
fake() {
	{ echo '#!/bin/sh'; cat; } >"$tmp/bin/$1"
	chmod +x "$tmp/bin/$1"
}

@test "lab: without network every architecture is skipped, with the reason, and nothing has failed" {
	fake apt-get <<-'END'
		echo "W: Failed to fetch"
		exit 0
	END
	fake apt-cache <<-'END'
		exit 100
	END
	PATH=$tmp/bin:$PATH INSTALL_DEPS=0 MAKE="make O=$tmp" run tests/lab/prepare.sh
	echo "$output"
	[ "$status" = 0 ]
	[ "$(grep -c '^skip: lab: [a-z0-9_]*: .' <<<"$output")" = 2 ]
	! grep -q '\*\*\*' <<<"$output"
	[ -s "$LAB/x86_64/skip" ]
	[ -s "$LAB/arm64/skip" ]
	[ ! -e "$LAB/x86_64/prepared" ]
	[ ! -e "$LAB/arm64/prepared" ]
	# the test that stands for the machines hands the reason on
	run env -u KP_SANITIZE tests/lab/machines/unprepared.t
	[ "$status" = 0 ]
	[ "$output" = "1..0 # SKIP the lab: $(cat "$LAB/x86_64/skip")" ] ||
		[ "$output" = "1..0 # SKIP the lab: $(cat "$LAB/arm64/skip")" ]
}

@test "lab: no kernel of the series is a skip" {
	fake apt-get </dev/null
	fake apt-cache <<-'END'
		[ "$1" != pkgnames ] || echo linux-binary-6.1.0-cloud-amd64
	END
	PATH=$tmp/bin:$PATH run tests/lab/apt.sh kernel amd64
	[ "$status" = 77 ]
	[[ $output == "skip: no Linux 7.x cloud kernel for amd64"* ]]
	[ "${output#skip: }" = "$(cat "$LAB/skip")" ]
}

@test "lab: a download that broke off is not taken for a package" {
	fake apt-cache <<-'END'
		printf 'Package: %s\nArchitecture: all\nVersion: 1:2\n\n' one
	END
	fake apt-get <<-'END'
		case $2 in
		download)
			name=one_1%3a2_all.deb
			[ ! -e "$name" ] || echo "goes on" >> "$LAB/log"
			[ -e "$LAB/up" ] || { printf half > "$name"; exit 100; }
			echo whole > "$name"
			;;
		esac
	END
	PATH=$tmp/bin:$PATH run tests/lab/apt.sh get one
	[ "$status" = 77 ]
	PATH=$tmp/bin:$PATH run tests/lab/apt.sh get one
	[ "$status" = 77 ]
	touch "$LAB/up"
	PATH=$tmp/bin:$PATH run tests/lab/apt.sh get one
	[ "$status" = 0 ]
	[ "$output" = "$LAB/dl/one_1%3a2_all.deb" ]
	[ "$(cat "$output")" = whole ]
	grep -q "goes on" "$LAB/log"
}
