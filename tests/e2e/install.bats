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

# options_of COMMAND: every option of its --help but -h and --help, "-o" and "--output" one a line.
options_of() {
	"$KVMPMU" "$1" --help | sed -nE '
		s/^  (-[A-Za-z])(, (--[a-z0-9-]+))?([= [].*)?$/\1\n\3/p
		s/^ {6}(--[a-z0-9-]+)([= [].*)?$/\1/p' | grep -e - | grep -vx -e -h -e --help
}

# headings_of PAGE: the options that its headings (the lines after .TP and .TQ) are about.
headings_of() {
	sed 's/\\-/-/g' "$1" | sed -nE '/^\.T[PQ]/{n;s/^\.(B|BI|BR|IR|RB) (-)/\2/p}' |
		grep -oE '(^|[ ",])--?[A-Za-z][a-z0-9-]*' | grep -oE -e '-.*' |
		grep -vx -e -h -e --help | sort -u
}

@test "man: a command's page has a heading for every option of its --help, and for no other" {
	for cmd in $(commands); do
		headings=$(headings_of "man/kvmpmu-$cmd.1")
		options=$(options_of "$cmd")
		[ "$(wc -l <<<"$options")" -ge 1 ]
		for option in $options; do
			echo "$cmd: $option is in --help"
			grep -qx -- "$option" <<<"$headings"
		done
		for option in $headings; do
			echo "$cmd: $option is in the page"
			grep -qx -- "$option" <<<"$options"
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

@test "completion: every option of every command, and no other" {
	for cmd in $(commands); do
		offered=$(complete_line kvmpmu "$cmd" - | sed 's/=$//' | sort)
		echo "$cmd: $offered"
		[ "$offered" = "$(printf '%s\n' -h --help "$(options_of "$cmd")" | sort)" ]
	done
}

@test "completion: an option that takes a value ends with =, a flag does not" {
	run complete_line kvmpmu bench --ab
	[ "$output" = --ab= ]
	run complete_line kvmpmu bench --explain
	[ "$output" = --explain ]
}

@test "completion: --vm offers the VMs that run, by process id and name" {
	"$KVMPMU" bench --raw io --duration 60 3>&- >/dev/null 2>&1 &
	vm=$!
	for _ in $(seq 50); do
		run complete_line kvmpmu stat --vm = ''
		! grep -qx "$vm" <<<"$output" || break
		kill -0 $vm 2>/dev/null || skip "no micro-guest here"
		sleep 0.1
	done
	kill $vm
	wait $vm || true
	grep -qx "$vm" <<<"$output"
	grep -qx kvmpmu <<<"$output"
}

@test "completion: values are those of the command" {
	run complete_line kvmpmu stat --format = o
	[ "$output" = openmetrics ]
	run complete_line kvmpmu report --format = ''
	[ "$output" = "$(printf '%s\n' text json csv)" ]
	run complete_line kvmpmu script --format = c
	[ -z "$output" ]
	run complete_line kvmpmu bench --pmu = ''
	[ "$output" = "$(printf '%s\n' on off)" ]
	run complete_line kvmpmu decode --pmu = cpu_c
	[ "$output" = cpu_core ]
	run complete_line kvmpmu ps --pmu = softw
	[ "$output" = software ]
	run complete_line kvmpmu bench --inject = fail_tdp_mmu_r
	[ "$output" = fail_tdp_mmu_resched= ]
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
