#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# Says the colours of a screen in one way: versions of tmux name the same cells with other sequences
# (3.3 repeats a default colour behind a reset, 3.5 does not). Each line starts from nothing, a
# sequence comes only before a character that looks different with it, and blanks at the end go.
use strict;
use warnings;

my %is = (fg => '', bg => '', attr => {});

sub set {
	my @n = map { length ? $_ : 0 } split /;/, $_[0], -1;
	@n = (0) unless @n;
	while (defined(my $n = shift @n)) {
		if ($n == 0) { %is = (fg => '', bg => '', attr => {}) }
		elsif ($n == 38 || $n == 48) {
			my $what = $n == 38 ? 'fg' : 'bg';
			my @more = splice @n, 0, $n[0] == 5 ? 2 : 4;
			$is{$what} = join ';', $n, @more;
		}
		elsif ($n == 39) { $is{fg} = '' }
		elsif ($n == 49) { $is{bg} = '' }
		elsif ($n =~ /^(3|9)[0-7]$/) { $is{fg} = $n }
		elsif ($n =~ /^(4|10)[0-7]$/) { $is{bg} = $n }
		elsif ($n == 22) { delete @{$is{attr}}{1, 2} }
		elsif ($n > 20) { delete $is{attr}{$n - 20} }
		else { $is{attr}{$n} = 1 }
	}
}

# What can be seen of a character in the present colours: of a blank, not the colour of its text.
sub look {
	my @attr = sort { $a <=> $b } keys %{$is{attr}};
	if ($_[0] eq ' ') {
		@attr = grep { $_ == 4 || $_ == 7 } @attr;
		return join ';', grep { length } @attr, (grep { $_ == 7 } @attr) ? $is{fg} : '', $is{bg};
	}
	return join ';', grep { length } @attr, $is{fg}, $is{bg};
}

while (my $line = <STDIN>) {
	chomp $line;
	my @cells;
	while ($line =~ /\G(?:\e\[([\d;]*)m|((?:[^\x80-\xff]|[\xc0-\xff][\x80-\xbf]*)))/g) {
		if (defined $1) { set($1) } else { push @cells, [$2, look($2)] }
	}
	pop @cells while @cells && $cells[-1][0] eq ' ' && $cells[-1][1] eq '';
	my $now = '';
	for my $cell (@cells) {
		print $cell->[1] eq '' ? "\e[0m" : "\e[0;$cell->[1]m" if $cell->[1] ne $now;
		$now = $cell->[1];
		print $cell->[0];
	}
	print "\n";
}
