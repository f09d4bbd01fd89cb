#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# What make install puts where; man pages and the completion that it installs.

setup() {
	cd "$KP_TOP"
	dest=$BATS_TEST_TMPDIR/root
}

# make, with the variables that this build was made with (MAKEFLAGS has them), but not its job server;
# O as make check spelled it, because another spelling is another set of flags, which rebuilds.
kmake() {
	MAKEFLAGS=$(sed 's/ -j[0-9]*//; s/ --jobserver[^ ]*//g' <<<"${MAKEFLAGS-}") INSTALL_DEPS=0 \
		make -s "$@" "O=${KP_BUILD#"$KP_TOP"/}" ${KP_SANITIZE:+"SANITIZE=$KP_SANITIZE"} \
		"DESTDIR=$dest" prefix=/usr
}

# The commands, as the program lists them.
commands() {
	"$KVMPMU" help | sed -nE '/^Commands:/,/^$/s/^  ([a-z]+) .*/\1/p'
}

# complete WORDS...: what completion offers for the last word.
complete_line() {
	PATH=$(dirname "$KVMPMU"):$PATH bash -c '
		. man/kvmpmu.bash-completion
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_kvmpmu
		printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}

@test "install: binary, man pages, completion; DESTDIR and prefix; uninstall takes all away" {
	kmake install
	[ -x "$dest/usr/bin/kvmpmu" ]
	"$dest/usr/bin/kvmpmu" --version
	[ -f "$dest/usr/share/man/man1/kvmpmu.1" ]
	[ -f "$dest/usr/share/bash-completion/completions/kvmpmu" ]
	[ -z "$(find "$dest" -type f ! -path "$dest/usr/*")" ]
	kmake uninstall
	[ -z "$(find "$dest" -type f)" ]
}

@test "man: every page is without warnings" {
	for page in man/*.[1-8]; do
		run env LC_ALL=C.UTF-8 groff -t -man -ww -z -Tutf8 -rLL=100n "$page"
		echo "$page: $output"
		[ "$status" -eq 0 ]
		[ -z "$output" ]
	done
}

@test "man: every command has a page, and the overview names it" {
	for cmd in $(commands); do
		echo "command $cmd"
		[ -f "man/kvmpmu-$cmd.1" ]
		grep -q "kvmpmu\\\\*-$cmd" man/kvmpmu.1
	done
}

@test "man: a command's page names every option of its --help" {
	for cmd in $(commands); do
		for option in $("$KVMPMU" "$cmd" --help | sed -nE 's/^  (-.,| {3}) (--[a-z0-9-]+).*/\2/p'); do
			echo "$cmd: $option"
			[ "$option" = --help ] || sed 's/\\-/-/g' "man/kvmpmu-$cmd.1" | grep -q -- "$option"
		done
	done
}

@test "README: the command table names every command" {
	for cmd in $(commands); do
		echo "command $cmd"
		grep -q "^| \`$cmd" README.md
	done
}

@test "completion: commands" {
	run complete_line kvmpmu ''
	[ "$status" -eq 0 ]
	for cmd in $(commands) help; do
		echo "command $cmd"
		grep -qx "$cmd" <<<"$output"
	done
}

@test "completion: global options and their values" {
	run complete_line kvmpmu --
	grep -qx -- '--sysroot=' <<<"$output"
	grep -qx -- '--color=' <<<"$output"
	run complete_line kvmpmu --color = n
	[ "$output" = never ]
}

@test "completion: each command's own options" {
	for cmd in $(commands); do
		run complete_line kvmpmu "$cmd" --
		echo "$cmd: $output"
		grep -qx -- --help <<<"$output"
	done
}

@test "completion: what decode takes" {
	run complete_line kvmpmu decode e
	[ "$output" = "$(printf '%s\n' evtsel exit esr encode)" ]
	run complete_line kvmpmu decode evtsel --model sapph
	[ "$output" = sapphire-rapids ]
	run complete_line kvmpmu decode exit --isa = v
	[ "$output" = vmx ]
	run complete_line kvmpmu record -m ''
	[ -z "$output" ]
}
