#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# kvmpmu report on recordings in which single records are wrong: the message names the offset, the rest
# is reported, the exit status is 1. And symbols, which need addresses out of a recording.

setup() {
	cd "$KP_TOP"
	x86=tests/data/lab-pmi-amd-mediated/perf.data
	tmp=$BATS_TEST_TMPDIR
}

# patch N FIELD VALUE: a copy of $x86 in $tmp/bad with FIELD of sample N changed; prints its offset.
# Its samples have IDENTIFIER, IP, TID, TIME: their data begin with id, ip, pid and tid, time.
patch() {
	perl -e '
		my ($from, $to, $want, $field, $value) = @ARGV;
		open(my $f, "<:raw", $from) or die; local $/; my $d = <$f>;
		my ($at, $size) = unpack("x40 Q Q", $d);
		my $end = $at + $size;
		my %where = (type => [0, "V"], size => [6, "v"], id => [8, "Q"], time => [32, "Q"]);
		for (my $n = 0; $at < $end; ) {
			my ($type, $misc, $len) = unpack("V v v", substr($d, $at, 8));
			if ($type == 9 && $n++ == $want) {
				my ($off, $how) = @{$where{$field}};
				substr($d, $at + $off, length pack($how, 0)) = pack($how, $value);
				open(my $o, ">:raw", $to) or die; print $o $d; close $o;
				printf "0x%x\n", $at;
				exit 0;
			}
			$at += $len;
		}
		die "no sample $want\n"' "$x86" "$tmp/bad" "$@"
}

# damaged OFFSET PATTERN MINIMUM: report fails, says PATTERN at OFFSET, shows at least MINIMUM samples.
damaged() {
	status=0
	"$KVMPMU" report -i "$tmp/bad" --format json >"$tmp/out" 2>"$tmp/err" || status=$?
	cat "$tmp/err"
	[ "$status" = 1 ]
	grep -q "$1" "$tmp/err"
	grep -q "$2" "$tmp/err"
	samples=$(perl -MJSON::PP -e 'local $/; my $d = decode_json(<STDIN>);
		print $d->{recording}{damaged} ? $d->{samples} : -1' <"$tmp/out")
	[ "$samples" -ge "$3" ]
}

@test "report: an id that no event has" {
	at=$(patch 3000 id 4711)
	damaged "$at" 'id belongs to no event' 6333
}

@test "report: a record of no bytes" {
	at=$(patch 3000 size 0)
	damaged "$at" bad 2900
}

@test "report: a record longer than the file" {
	at=$(patch 6333 size 65535)
	damaged "$at" bad 6000
}

@test "report: a record too short for what its event promises" {
	at=$(patch 3000 size 16)
	damaged offset bad 2900
}

@test "report: time that goes backwards" {
	at=$(patch 6000 time 1000)
	damaged "$at" 'time goes backwards' 6334
}

@test "report: a record of an unknown type is left out, and that is no damage" {
	patch 3000 type 4000 >/dev/null
	run "$KVMPMU" report -i "$tmp/bad" --format csv
	[ "$status" = 0 ]
	[[ "$output" == *'samples,6333'* ]]
}

@test "report: kvm_exit without kvm_entry: says that both are needed" {
	# ids 22 and 23 are kvm_entry's
	perl -e 'open(my $f, "<:raw", $ARGV[0]) or die; local $/; my $d = <$f>;
		my ($at, $size) = unpack("x40 Q Q", $d);
		for (my $end = $at + $size; $at < $end; ) {
			my ($type, $misc, $len, $id) = unpack("V v v Q", substr($d, $at, 16));
			substr($d, $at, 4) = pack("V", 4000) if $type == 9 && ($id == 22 || $id == 23);
			$at += $len;
		}
		print $d' "$x86" >"$tmp/exits"
	run "$KVMPMU" report -i "$tmp/exits"
	[ "$status" = 0 ]
	[[ "$output" == *'no kvm_exit has its kvm_entry'* ]]
	[[ "$output" == *'127 lab_pmi_test'*' 135 '* ]]
	# what was asked to be left out is no reason to complain
	run "$KVMPMU" report -i "$x86" --exit nothing
	[[ "$output" != *'no kvm_exit'* ]]
}

@test "report: symbols of host and guest kernel from kallsyms, aligned by the recording's _text" {
	arm=tests/data/lab-arm64-hybrid-guest/perf.data
	"$KVMPMU" script -i $arm -F event,ip >"$tmp/ips"
	guest=$(sed -nE 's/.*period=5000\/G: +([0-9a-f]+) .*/\1/p' "$tmp/ips" | sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }')
	host=$(sed -nE 's/.*period=2000000\/H: +(ffff[0-9a-f]+) .*/\1/p' "$tmp/ips" | sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }')
	[ -n "$guest" ] && [ -n "$host" ]
	printf '%s t guest_loop\n' "$guest" >"$tmp/guest.kallsyms"
	# where the kernel lay, and the same kernel 0x200000 lower in the file of symbols
	text=$("$KVMPMU" script -i $arm --show-mmap-events |
		sed -nE 's/.*@ (0x)?([0-9a-f]+)[^ ]* .*\[kernel\.kallsyms\]_(s?text).*/\2 _\3/p' | head -1)
	[ -n "$text" ]
	perl -e 'no warnings "portable"; my ($host, $text, $name) = @ARGV;
		printf "%x T %s\n%x t host_idle\n", hex($text) - 0x200000, $name, hex($host) - 0x200000' \
		"$host" $text >"$tmp/host.kallsyms"
	run "$KVMPMU" report -i $arm --guest-kallsyms "$tmp/guest.kallsyms" --kallsyms "$tmp/host.kallsyms"
	[ "$status" = 0 ]
	echo "$output" | sed -n '/^Hot/,/^$/p'
	[[ "$output" == *'guest kernel 1'*'[guest.kernel] guest_loop'* ]]
	[[ "$output" == *'host kernel'*'[kernel]'*'host_idle'* ]]
	[[ "$output" != *'for symbols of guest kernels'* ]]
}

@test "report: --hot" {
	arm=tests/data/lab-arm64-hybrid-guest/perf.data
	rows() {
		"$KVMPMU" report -i $arm --format json "$@" |
			perl -MJSON::PP -e 'local $/; print scalar @{decode_json(<STDIN>)->{hot}}'
	}
	[ "$(rows)" = 7 ]
	[ "$(rows --hot=1)" = 4 ]
	[ "$(rows --hot=0)" = 0 ]
	[ "$(rows --hot)" = 7 ]
}
