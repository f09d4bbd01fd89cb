#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# The rules of the house that a program can check, one TAP test each: SPDX lines, lengths, who may
# include whom, who may open what. Reads the files that git tracks (all files, outside a checkout).
use strict;
use warnings;

chdir($ENV{KP_TOP} || '.') or die "KP_TOP: $!\n";
my @files = grep { -f } split /\0/, `git ls-files -z --cached --others --exclude-standard 2>/dev/null`;
@files = map { s{^\./}{}r } split /\0/, `find . -name build -prune -o -name .git -prune -o -type f -print0`
	if !@files;
my %text;
my @code = grep { /\.[chS]$/ } @files;
my @src = grep { m{^(src|ui|include)/} } @code;

sub text {
	my ($file) = @_;
	if (!defined $text{$file}) {
		open(my $f, '<:raw', $file) or die "$file: $!\n";
		local $/;
		$text{$file} = <$f> // '';
	}
	return $text{$file};
}

# Comments and strings out, line numbers kept.
sub bare {
	my ($s) = @_;
	$s =~ s{(/\*.*?\*/|//[^\n]*)}{ (my $n = $1) =~ tr/\n//cd; $n }egs;
	$s =~ s{"(?:[^"\\\n]|\\.)*"}{""}g;
	return $s;
}

# Who may include whom: each folder's contracts besides kp.h. Others' private headers never.
my %may_include = (
	'src/lib' => [],
	'src/host' => ['host.h', 'owner.h'],
	'src/collect' => ['host.h', 'owner.h', 'plan.h', 'count.h', 'source.h', 'swagg.h', 'swbatch.h',
		'swrec.h'],
	'src/doctor' => ['host.h', 'owner.h', 'doctor.h'],
	'src/data' => ['host.h', 'source.h'],
	'src/decode' => ['source.h', 'event.h', 'arch.h', 'decode.h', 'reg.h', 'evname.h', 'swbatch.h'],
	'src/model' => ['model.h', 'event.h', 'reg.h', 'sym.h'],
	'src/sym' => ['sym.h'],
	'src/out' => ['out.h', 'model.h', 'column.h'],
	'src/guest' => ['guest.h'],
	'src/bpf' => ['swbatch.h'],
	'ui' => ['ui.h', 'model.h', 'column.h', 'out.h'],
);

# System headers that one folder, or one file, has to itself.
my %owner = (
	'perf/' => qr{^src/collect/evlist\w*\.[ch]$},
	'internal/' => qr{^src/collect/evlist\w*\.[ch]$},
	'traceevent/' => qr{^src/(collect|decode)/},
	'event-parse.h' => qr{^src/(collect|decode)/},
	'tracefs' => qr{^src/collect/},
	'curses.h' => qr{^ui/},
	'ncurses' => qr{^ui/},
	'jansson.h' => qr{^src/(out|cmd)/},
	'zstd.h' => qr{^src/data/},
	'zlib.h' => qr{^src/host/},
	'libelf.h' => qr{^src/sym/},
	'gelf.h' => qr{^src/sym/},
	'bpf/' => qr{^src/(bpf|collect)/},
	'perfmon/' => qr{^src/(collect/pfm|decode/evname_pfm)\.c$},
	'linux/kvm.h' => qr{^src/(guest|cmd)/},
);

sub check_spdx {
	my @bad;
	for my $file (@files) {
		next unless $file =~ /\.(c|h|S|sh|t|bats|bash|py|pl)$/ || $file eq 'Makefile'
			|| text($file) =~ /^#!/;
		my $head = substr(text($file), 0, 300);
		push @bad, "$file: no SPDX-License-Identifier: GPL-2.0-only near the top"
			unless $head =~ /SPDX-License-Identifier: GPL-2\.0-only/;
		push @bad, "$file: no paragraph saying what the file does after the SPDX line"
			if $file =~ m{^(src|ui|include)/.*\.[chS]$} && text($file) !~ m{\A(//|/\*) SPDX[^\n]*\n/\*};
	}
	return @bad;
}

sub check_file_length {
	return map { my $n = (text($_) =~ tr/\n//); $n >= 600 ? "$_: $n lines, the limit is 599" : () } @code;
}

sub check_function_length {
	my @bad;
	for my $file (grep { /\.c$/ } @code) {
		my ($name, $start, $n) = ('', 0, 0);
		for my $line (split /\n/, text($file)) {
			$n++;
			$name = $1 if $line =~ /^[a-z].*?(\w+)\(/;
			$start = $n if $line eq '{';
			if ($line eq '}' && $start) {
				push @bad, "$file:$start: $name() has " . ($n - $start - 1) . ' lines, the limit is 100'
					if $n - $start - 1 > 100;
				$start = 0;
			}
		}
	}
	return @bad;
}

sub check_lines {
	my @bad;
	for my $file (@code) {
		my $n = 0;
		for my $line (split /\n/, text($file)) {
			$n++;
			push @bad, "$file:$n: space at the end of the line" if $line =~ /[ \t]$/;
			push @bad, "$file:$n: indented with spaces" if $line =~ /^ {8}/;
			my $wide = $line;
			1 while $wide =~ s/^([^\t]*)\t/$1 . ' ' x (8 - length($1) % 8)/e;
			utf8::decode($wide);
			push @bad, "$file:$n: " . length($wide) . ' columns, the limit is 100' if length($wide) > 100;
		}
	}
	return @bad;
}

sub check_include {
	my ($file, $header) = @_;
	my ($folder) = $file =~ m{^(src/\w+|ui)/};
	return if !$folder || $folder eq 'src/cmd';
	if ($header =~ m{^(\w+)/}) {
		my $of = $1 eq 'ui' ? 'ui' : "src/$1";
		return if $of eq $folder || $of eq 'src/lib';
		return if $of eq 'src/bpf' && $folder eq 'src/collect'; # records and maps that both lay out
		return "$header is private to $of";
	}
	return if !-e "include/$header" || $header eq 'kp.h';
	return if grep { $_ eq $header } @{$may_include{$folder} || []};
	return exists $may_include{$folder} ? "$folder may not include $header"
		: "$folder has no row in the table of tests/tools/style.t";
}

sub check_includes {
	my @bad;
	for my $file (grep { m{^(src|ui)/} } @code) {
		my $text = text($file);
		while ($text =~ /^\s*#\s*include\s+"([^"]+)"/mg) {
			my $why = check_include($file, $1);
			push @bad, "$file: $why" if $why;
		}
	}
	return @bad;
}

sub check_owners {
	my @bad;
	for my $file (@src) {
		my $text = text($file);
		while ($text =~ /^\s*#\s*include\s+<([^>]+)>/mg) {
			my $header = $1;
			for my $part (sort keys %owner) {
				push @bad, "$file: <$header> belongs to " . ($owner{$part} =~ s/^\(\?\^:|\)$//gr)
					if index($header, $part) == 0 && $file !~ $owner{$part};
			}
		}
	}
	return @bad;
}

sub check_proc_sys {
	my @bad;
	for my $file (grep { /^src\/.*\.c$/ && $_ ne 'src/host/sysroot.c' } @src) {
		my $n = 0;
		for my $line (split /\n/, text($file)) {
			$n++;
			push @bad, "$file:$n: opens a file of /proc or /sys: only src/host/sysroot.c may"
				if $line =~ m{\b(f?open|openat|opendir|readlink|access|l?stat|scandir)\s*\([^;]*"/(proc|sys)/};
		}
	}
	return @bad;
}

sub check_words {
	my @bad;
	for my $file (grep { /^(src|ui)\/.*\.c$/ } @src) {
		push @bad, "$file: name the file after what it does" if $file =~ m{/(util|utils|misc|manager)\.c$};
		my $n = 0;
		for my $line (split /\n/, bare(text($file))) {
			$n++;
			push @bad, "$file:$n: $1() on input"
				if $file !~ m{^src/(cmd|bpf)/|^src/main\.c} && $line =~ /(?<![\w.>])(exit|abort|assert)\s*\(/;
			push @bad, "$file:$n: $1() has no bound" if $line =~ /(?<![\w.>])(sprintf|vsprintf|strcpy|strcat|gets|atoi|atol)\s*\(/;
		}
	}
	return @bad;
}

# Paths and hosts of the machine that somebody worked on do not belong into the tree.
sub check_places {
	my $places = join '|', map { "/$_/" } 'work', 'home/\w+', 'Users/\w+';
	my @bad;
	for my $file (grep { !m{^tests/(data|snap|fuzz/corpus|lab/patches)/} && $_ ne 'LICENSE' } @files) {
		next if -B $file;
		my $n = 0;
		for my $line (split /\n/, text($file)) {
			$n++;
			push @bad, "$file:$n: a path of somebody's machine: $1" if $line =~ m{(?<![\w.\$\}\)/*])((?:$places)\S*)};
		}
	}
	return @bad;
}

# A recording that .gitignore swallows is there for its author alone.
sub check_ignored {
	return map { "$_: git ignores it" } grep { length } split /\n/,
		`git ls-files --others --ignored --exclude-standard tests man include src 2>/dev/null`;
}

# "No mutable globals but log level and the signal flag", read off the object files.
# A signal flag is what its declaration calls so: volatile sig_atomic_t, or an atomic.
sub check_globals {
	my $lib = ($ENV{KP_BUILD} || 'build') . '/libkvmpmu.a';
	my @bad;
	my $object = '';
	my %known = (kp_log_level => 1);
	for my $file (@src) {
		my $text = text($file);
		while ($text =~ /\b(?:volatile (?:sig_atomic_t|int)|atomic_\w+|_Atomic \w+) ([\w, ]+)[;=]/g) {
			$known{$_} = 1 for split /, */, $1 =~ s/ $//r;
		}
	}
	for my $line (split /\n/, `objdump -t '$lib' 2>/dev/null`) {
		$object = $1 if $line =~ /^(\S+\.o):/;
		next unless $line =~ /^[0-9a-f]+ .{7} \.(?:data|bss|data\.\w+|bss\.\w+)\s+([0-9a-f]+)\s+(?:\.hidden )?(\S+)$/;
		next if hex($1) == 0 || $line =~ /\.data\.rel\.ro/ || $known{$2} || $2 =~ /^__/;
		push @bad, "$object: $2 is a mutable global";
	}
	return @bad;
}

my @checks = (
	['no file of the tree is ignored by git', \&check_ignored],
	['every file names its licence and what it does', \&check_spdx],
	['no file has 600 lines', \&check_file_length],
	['no function has over 100 lines', \&check_function_length],
	['lines: tabs, 100 columns, no space at the end', \&check_lines],
	['each folder includes only what it may', \&check_includes],
	['each library has one folder that uses it', \&check_owners],
	['only src/host/sysroot.c opens /proc and /sys', \&check_proc_sys],
	['no exit() on input, no unbounded copy, no util.c', \&check_words],
	['no path of somebody\'s machine', \&check_places],
);
push @checks, ['no mutable globals', \&check_globals] unless $ENV{KP_SANITIZE};

print '1..', scalar(@checks), "\n";
my ($number, $failed) = (0, 0);
for my $check (@checks) {
	my @bad = $check->[1]->();
	$failed += !!@bad;
	print @bad ? 'not ok ' : 'ok ', ++$number, " - $check->[0]\n", map { "# $_\n" } @bad;
}
exit($failed ? 1 : 0);
