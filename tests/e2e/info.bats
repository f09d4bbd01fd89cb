#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# kvmpmu info: every host of tests/snap against its stored text and JSON, snapshots made and read,
# hostile archives, exit codes.

bats_require_minimum_version 1.5.0

setup() {
	cd "$KP_TOP"
	tmp=$BATS_TEST_TMPDIR
	export LC_ALL=C TMPDIR=$tmp
}

set -o pipefail

# What this build has is not the host's.
info_of() {
	"$KVMPMU" --sysroot "$1" info --format "$2" |
		sed -E '/^  Built with libbpf/d; s/, "libbpf": (true|false)//'
}

# A "!" before a command does not fail a test, unless it is the last one.
none() {
	if "$@"; then return 1; fi
}

json() {
	perl -MJSON::PP -e 'local $/; my $d = decode_json(<STDIN>); my $v = eval $ARGV[0]; die $@ if $@;
		print defined $v ? $v : "null", "\n"' "$1"
}

@test "info: text and JSON of every host, byte for byte; KP_UPDATE=1 rewrites them" {
	n=0
	for host in tests/snap/*/; do
		for format in text json; do
			want=${host}info.${format/text/txt}
			[ -z "${KP_UPDATE-}" ] || info_of "${host}sysroot" $format >"$want"
			info_of "${host}sysroot" $format | diff -u "$want" -
		done
		[ -s "${host}NOTE" ]
		n=$((n + 1))
	done
	[ "$n" -ge 8 ]
}

@test "info: text has 80 columns at most" {
	for host in tests/snap/*/; do
		"$KVMPMU" --sysroot "${host}sysroot" info | awk 'length > 80 { print FILENAME ": " $0; bad = 1 } END { exit bad }'
	done
}

@test "info: a snapshot answers as the host did, and leaves nothing behind" {
	run -0 "$KVMPMU" info --snapshot "$tmp/s.tar.gz"
	[[ $output == *'files saved'* ]]
	[ "$(stat -c %a "$tmp/s.tar.gz")" = 600 ]
	tar tzf "$tmp/s.tar.gz" >"$tmp/names"
	# nothing of any process
	none grep -E '^kvmpmu-snapshot/proc/(self|[0-9]+)/|environ|cmdline' "$tmp/names"
	# values that move by themselves
	"$KVMPMU" info --format json | sed '/max_sample_rate/d' >"$tmp/live"
	"$KVMPMU" --sysroot "$tmp/s.tar.gz" info --format json | sed '/max_sample_rate/d' >"$tmp/file"
	diff -u "$tmp/live" "$tmp/file"
	mkdir "$tmp/dir"
	tar xzf "$tmp/s.tar.gz" -C "$tmp/dir"
	"$KVMPMU" --sysroot "$tmp/dir/kvmpmu-snapshot" info --format json | sed '/max_sample_rate/d' | diff -u "$tmp/live" -
	none ls -d "$tmp"/kvmpmu.* 2>/dev/null
}

@test "info: an existing file is not overwritten, a folder that is not there is named" {
	echo precious >"$tmp/s.tar.gz"
	run -1 --separate-stderr "$KVMPMU" info --snapshot "$tmp/s.tar.gz"
	[[ $stderr == *'give another name'* ]]
	[ "$(cat "$tmp/s.tar.gz")" = precious ]
	run -1 --separate-stderr "$KVMPMU" info --snapshot "$tmp/no/s.tar.gz"
	[[ $stderr == *"$tmp/no/s.tar.gz"* ]]
}

@test "info: hostile archives: refused, or without what leads out" {
	mkdir -p "$tmp/a/kvmpmu-snapshot/proc/sys/kernel"
	echo 6.6.6 >"$tmp/a/kvmpmu-snapshot/proc/sys/kernel/osrelease"
	cd "$tmp/a"
	# links are left out
	ln -s /etc kvmpmu-snapshot/etc
	ln -s /etc/hostname kvmpmu-snapshot/proc/sys/kernel/hostname
	tar czf ../links.tar.gz kvmpmu-snapshot
	run -0 --separate-stderr "$KVMPMU" --sysroot ../links.tar.gz info --format json
	[ "$(json '$d->{host}{kernel}' <<<"$output")" = 6.6.6 ]
	[ "$(json '$d->{host}{name}' <<<"$output")" = null ]
	# uncompressed is as good, absolute and climbing paths are not
	tar cf ../plain.tar kvmpmu-snapshot/proc
	run -0 "$KVMPMU" --sysroot ../plain.tar info
	echo x >../climb
	tar cPzf ../climb.tar.gz ../climb
	tar cPzf ../abs.tar.gz "$tmp/climb"
	tar cPzf ../inner.tar.gz --transform 's,^,kvmpmu-snapshot/proc/../../,' ../climb
	rm ../climb
	for bad in climb abs inner; do
		run -1 --separate-stderr "$KVMPMU" --sysroot ../$bad.tar.gz info
		[[ $stderr == *'no snapshot'* ]]
		[ ! -e ../climb ]
	done
	# cut, empty, noise, and a file that unpacks to far more than it should
	tar czf ../whole.tar.gz kvmpmu-snapshot/proc
	head -c 100 ../whole.tar.gz >../cut.tar.gz
	: >../empty.tar.gz
	head -c 5000 /dev/urandom >../noise.tar.gz
	mkdir -p b/kvmpmu-snapshot
	truncate -s 20M b/kvmpmu-snapshot/bomb
	tar czf ../bomb.tar.gz -C b kvmpmu-snapshot
	for bad in cut empty noise bomb; do
		run -1 --separate-stderr "$KVMPMU" --sysroot ../$bad.tar.gz info
		[ -n "$stderr" ]
	done
	none ls -d "$tmp"/kvmpmu.* 2>/dev/null
}

@test "info: hostile files in a snapshot: unknown, never a crash" {
	root=$tmp/root
	mkdir -p "$root/proc/sys/kernel" "$root/kvmpmu" "$root/sys/bus/event_source/devices/cpu" "$root/boot"
	head -c 3000 /dev/urandom >"$root/proc/cpuinfo"
	head -c 3000 /dev/urandom >"$root/proc/config.gz"
	printf '0 0xa 0x0 0xffffffff 0xffffffff 0xffffffff 0xffffffff\n' >"$root/kvmpmu/cpuid"
	printf '212 99999999999999999999\n173\n' >"$root/kvmpmu/kvm-caps"
	echo x86_64 >"$root/proc/sys/kernel/arch"
	echo ../../etc/passwd >"$root/proc/sys/kernel/osrelease"
	echo 4 >"$root/sys/bus/event_source/devices/cpu/type"
	printf '\033]0;x\007evil' >"$root/proc/sys/kernel/hostname"
	for format in text json csv; do
		run -0 "$KVMPMU" --sysroot "$root" info --format $format
		[[ $output != *$'\033'* ]]
	done
	run -0 "$KVMPMU" --sysroot "$tmp/root" info --format json
	[ "$(json '$d->{mediated}{state}' <<<"$output")" != on ]
	mkdir "$tmp/none"
	run -0 "$KVMPMU" --sysroot "$tmp/none" info --format json
	[ "$(json '$d->{mediated}{state}' <<<"$output")" = unknown ]
	[ "$(json '$d->{host}{cpus_online}' <<<"$output")" = null ]
}

@test "info: exit codes of the command line" {
	run -2 "$KVMPMU" info --format xml
	run -2 "$KVMPMU" info nonsense
	run -2 "$KVMPMU" info --no-such-option
	run -1 --separate-stderr "$KVMPMU" --sysroot /nonexistent info
	[[ $stderr == *'/nonexistent'* ]]
	run -0 "$KVMPMU" info --help
	[[ $output == *--snapshot* ]]
}

@test "info: opens no perf event and makes no VM" {
	command -v strace >/dev/null || skip 'no strace on this machine'
	strace -f -o "$tmp/trace" "$KVMPMU" info >/dev/null || skip 'strace is not permitted here'
	none grep -E 'perf_event_open|KVM_CREATE_VM' "$tmp/trace"
}
