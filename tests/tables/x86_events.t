#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# x86: own event tables (hybrid cores and newer ones) against the vendors' lists in the kernel's source.
# Lists change from version to version: the very one that the table is of is compared whole, another
# one as far as both have the same names.
use strict;
use warnings;
no warnings 'portable';
use FindBin;
use lib $FindBin::Bin;
use JSON::PP;
use Linux;

my $top = $ENV{KP_TOP} || '.';
my %table;
{
	open(my $f, '<', "$top/src/decode/x86_event.def") or die;
	my $core;
	while (<$f>) {
		$core = $1 if /^CORE_BEGIN\((\w+)\)/;
		$table{$core}{"$1/$2"} = $3 if /^E\(0x([0-9a-f]+), 0x([0-9a-f]+), "([^"]+)"\)/;
	}
}

# core, folder, unit, version of the list in mapfile.csv
my @lists = (
	['golden_cove', 'alderlake', 'cpu_core', 'v1.40'], ['gracemont', 'alderlake', 'cpu_atom', 'v1.40'],
	['redwood_cove', 'meteorlake', 'cpu_core', 'v1.22'], ['crestmont', 'meteorlake', 'cpu_atom', 'v1.22'],
	['lion_cove', 'arrowlake', 'cpu_core', 'v1.20'], ['skymont', 'arrowlake', 'cpu_atom', 'v1.20'],
	['crestmont_lp', 'arrowlake', 'cpu_lowpower', 'v1.20'], ['cougar_cove', 'pantherlake', 'cpu_core', 'v1.07'],
	['darkmont', 'pantherlake', 'cpu_atom', 'v1.07'], ['zen5', 'amdzen5', undef, 'of 7.3'],
);

# AMD's lists are all "v1": the kernel's version stands for theirs.
my $dir = defined source() ? source() . '/tools/perf/pmu-events/arch/x86' : undef;
my %version;
if (defined $dir && open(my $f, '<', "$dir/mapfile.csv")) {
	while (<$f>) {
		my (undef, $v, $folder) = split /,/;
		$version{$folder} = $folder =~ /^amd/ ? 'of ' . source_version() : $v if defined $folder;
	}
}

sub number {
	my ($s) = @_;
	return 0 unless defined $s && length $s;
	($s) = split /,/, $s;
	return $s =~ /^0x/i ? hex $s : $s;
}

# [name, selector/extra] of each core event in a folder.
sub events {
	my ($folder, $unit) = @_;
	my @events;
	for my $file (glob("$dir/$folder/*.json")) {
		next if $file =~ /metric/;
		open(my $f, '<', $file) or die;
		my $list = decode_json(do { local $/; <$f> });
		for my $e (@$list) {
			next unless defined $e->{EventCode};
			next if defined $unit ? ($e->{Unit} // '') ne $unit : defined $e->{Unit};
			my ($code, $umask) = (number($e->{EventCode}), number($e->{UMask}));
			next if !$code && !$umask;
			my $sel = defined $unit
				? ($code & 0xff) | ($umask & 0xff) << 8 | number($e->{EdgeDetect}) << 18 |
					number($e->{Invert}) << 23 | number($e->{CounterMask}) << 24 | ($umask >> 8) << 40
				: ($code & 0xff) | ($umask & 0xff) << 8 | number($e->{CounterMask}) << 24 |
					($code >> 8 & 15) << 32;
			my $extra = number($e->{MSRIndex}) ? number($e->{MSRValue}) : 0;
			push @events, [uc $e->{EventName}, sprintf('%x/%x', $sel, $extra)];
		}
	}
	return @events;
}

# The list that the table is of: every encoding is there, every name is one of the list.
sub compare {
	my ($core, @events) = @_;
	my %theirs = map { $_->[0] => 1 } @events;
	my @bad = map { "$_->[0] ($_->[1]) is missing" } grep { !defined $table{$core}{$_->[1]} } @events;
	push @bad, map { "$_ is not in the list" } grep { !$theirs{$_} } values %{$table{$core}};
	push @bad, 'only ' . @events . ' events found' if @events < 50;
	return @bad;
}

# Another version: a name that both have means the same event and unit mask, and most names stay.
sub compare_common {
	my ($core, @events) = @_;
	my %ours;
	push @{$ours{$table{$core}{$_}}}, $_ for keys %{$table{$core}};
	my ($common, @bad) = (0);
	for my $e (@events) {
		my $keys = $ours{$e->[0]} or next;
		$common++;
		my ($theirs) = $e->[1] =~ /([0-9a-f]{1,4})\//;
		push @bad, "$e->[0] is $e->[1], not @$keys"
			unless grep { my ($k) = /([0-9a-f]{1,4})\//; hex $k == hex $theirs } @$keys;
	}
	push @bad, "only $common of " . @events . ' names in common' if @events < 20 || $common < @events / 2;
	return @bad;
}

for my $list (@lists) {
	my ($core, $folder, $unit, $wanted) = @$list;
	my $name = "events of $core: as in linux-source";
	if (!defined $dir || !-d $dir) {
		skip($name, 'the package linux-source is not installed');
	} elsif (!-d "$dir/$folder") {
		skip($name, 'linux-source ' . source_version() . " has no list of $folder yet");
	} elsif (($version{$folder} // 'none') eq $wanted) {
		check($name . ' ' . source_version(), compare($core, events($folder, $unit)));
	} elsif (my @events = events($folder, $unit)) {
		check("$name " . source_version() . ", list $version{$folder} instead of $wanted",
			compare_common($core, @events));
	} else {
		skip($name, 'linux-source ' . source_version() . " has no events of $unit in $folder yet");
	}
}
finish();
