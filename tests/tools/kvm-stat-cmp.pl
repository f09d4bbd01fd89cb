#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# Compares what perf kvm stat report printed with the JSON of kvmpmu report: reasons, counts, shares,
# minimum, maximum, mean, its error, and the totals, to the digits that perf prints. Reads two files,
# prints each difference, exits 1 when there is one.
#
# usage: kvm-stat-cmp.pl [--no-min] PERF-TEXT KVMPMU-JSON
use strict;
use warnings;
use JSON::PP;

my $no_min = @ARGV && $ARGV[0] eq '--no-min' && shift;
my ($perf_file, $json_file) = @ARGV;

sub slurp {
	open(my $f, '<', $_[0]) or die "$_[0]: $!\n";
	local $/;
	return <$f>;
}

my %perf;
my ($total, $total_us);
my $num = qr/\s+([\d.]+)/;
for my $line (split /\n/, slurp($perf_file)) {
	if ($line =~ /^\s*(\S.*?)\s+(\d+)${num}%${num}%${num}us${num}us${num}us \( \+-${num}% \)/) {
		die "$perf_file: $1 comes twice\n" if $perf{$1};
		$perf{$1} = { count => $2, count_pct => $3, time_pct => $4, min => $5, max => $6,
			mean => $7, stderr_pct => $8 };
	}
	($total, $total_us) = ($1, $2) if $line =~ /^Total Samples:(\d+), Total events handled time:([\d.]+)us/;
}
die "$perf_file: no result of perf kvm stat report in it\n" unless defined $total;

my $doc = decode_json(slurp($json_file));
my $bad = 0;

sub same {
	my ($what, $perf, $ours) = @_;
	return if defined $ours && $perf eq $ours;
	print "$what: perf $perf, kvmpmu ", $ours // 'nothing', "\n";
	$bad = 1;
}

sub us { return defined $_[0] ? sprintf '%.2f', $_[0] / 1000 : undef }
sub pct { return defined $_[0] ? sprintf '%.2f', $_[0] : undef }

my %seen;
for my $row (@{$doc->{exits}}) {
	my $name = $row->{reason};
	my $p = $perf{$name};
	$seen{$name} = 1;
	if (!$p) {
		print "$name: not in perf's table\n";
		$bad = 1;
		next;
	}
	same("$name count", $p->{count}, $row->{count});
	same("$name count share", $p->{count_pct}, pct($row->{count_pct}));
	same("$name time share", $p->{time_pct}, pct($row->{time_pct}));
	same("$name min", $p->{min}, us($row->{min_ns})) unless $no_min;
	same("$name max", $p->{max}, us($row->{max_ns}));
	same("$name mean", $p->{mean}, us($row->{mean_ns}));
	same("$name error", $p->{stderr_pct}, pct($row->{stderr_pct}));
}
same("$_ rows", 1, 0) for grep { !$seen{$_} } sort keys %perf;
same('total count', $total, $doc->{total}{count});
same('total time', $total_us, us($doc->{total}{total_ns}));
printf "%d rows, %d exits\n", scalar keys %perf, $total;
exit $bad;
