#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# x86: the names of exit reasons and MSRs against the kernel's own headers and the print formats of its
# tracepoints. Fails on every name that is missing or different, and says which.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Linux;

my %exit;
$exit{$_->[0]}{$_->[1]} = $_->[2] for known('exit');

sub compare {
	my ($isa, $theirs) = @_;
	return "nothing to compare with was found" unless %$theirs;
	return map {
		my $ours = $exit{$isa}{$_};
		!defined $ours ? sprintf('0x%x is missing: %s', $_, $theirs->{$_})
			: $ours ne $theirs->{$_} ? sprintf('0x%x is %s, not %s', $_, $theirs->{$_}, $ours) : ();
	} sort { $a <=> $b } keys %$theirs;
}

# { EXIT_REASON_X, "X" } and { SVM_EXIT_X, "x" }, with the numbers from the #defines before them.
my %vector = (DE => 0, DB => 1, BP => 3, OF => 4, BR => 5, UD => 6, NM => 7, DF => 8, TS => 10, NP => 11,
	SS => 12, GP => 13, PF => 14, MF => 16, AC => 17, MC => 18, XM => 19);

sub number {
	my ($s) = @_;
	return ($s =~ /^-?0x/i ? oct $s : $s) & 0xffffffff;
}

sub reasons {
	my ($text) = @_;
	my (%value, %names);
	$text =~ s/\\\n/ /g;
	while ($text =~ /^#define\s+(EXIT_REASON_\w+|SVM_\w+)\s+(0x[0-9a-fA-F]+|\d+)(?:ull)?\s/mg) {
		$value{$1} = number($2);
	}
	$value{SVM_EXIT_ERR} = 0xffffffff;
	while ($text =~ /\{\s*((?:EXIT_REASON|SVM)_\w+)(?:\s*\+\s*(\w+)_VECTOR)?\s*,\s*"([^"]+)"\s*\}/g) {
		my ($name, $vector, $text) = ($1, $2, $3);
		return (-1 => "no #define of $name") unless defined $value{$name};
		$names{$value{$name} + (defined $vector ? $vector{$vector} // -1000 : 0)} = $text;
	}
	return %names;
}

sub installed {
	my ($name) = @_;
	for my $dir ('/usr/include/x86_64-linux-gnu', glob('/usr/*-linux-gnu*/include'), '/usr/include') {
		next unless -e "$dir/asm/$name";
		open(my $f, '<', "$dir/asm/$name") or next;
		local $/;
		return <$f>;
	}
	return undef;
}

for my $row (['vmx.h', 'vmx', 60], ['svm.h', 'svm', 80]) {
	my ($header, $isa, $least) = @$row;
	my $text = installed($header);
	if (defined $text) {
		my %theirs = reasons($text);
		check("$isa: as in the installed asm/$header",
			keys %theirs < $least ? 'only ' . keys(%theirs) . " names found in $header" : compare($isa, \%theirs));
	} else {
		skip("$isa: as in the installed asm/$header", 'linux-libc-dev for x86 is not installed here');
	}
	$text = read_source("arch/x86/include/uapi/asm/$header");
	if (defined $text) {
		my %theirs = reasons($text);
		check("$isa: as in linux-source " . source_version(),
			keys %theirs < $least ? 'only ' . keys(%theirs) . " names found in $header" : compare($isa, \%theirs));
	} else {
		skip("$isa: as in linux-source", 'the package linux-source is not installed');
	}
}

# The print format of kvm_exit holds both tables.
my $formats = ($ENV{KP_TOP} || '.') . '/tests/data/formats/x86';
for my $file (glob("$formats/kvm.kvm_exit")) {
	open(my $f, '<', $file) or die "$file: $!";
	my $text = do { local $/; <$f> };
	for my $isa (['vmx', 'MSR_READ', 60], ['svm', 'vmrun', 80]) {
		my ($list) = grep { /"\Q$isa->[1]\E"/ } $text =~ /__print_symbolic\(((?:[^()"]|"[^"]*"|\([^()]*\))*)\)/g;
		my %theirs;
		while (($list // '') =~ /\{\s*([^,{}]+?)\s*,\s*"([^"]+)"\s*\}/g) {
			my ($expr, $name) = ($1, $2);
			$expr =~ s/(?<=[0-9a-fA-F])u?ll\b//ig;
			my ($base, $plus) = $expr =~ /^(-?\w+)(?:\s*\+\s*(\d+))?$/ or next;
			$theirs{number($base) + ($plus // 0)} = $name if $base =~ /^-?(0x|\d)/;
		}
		if (keys %theirs < $isa->[2] && ($list // '') =~ /_VECTOR|EXIT_/) {
			skip("$isa->[0]: as kvm_exit prints it", 'this format names constants instead of numbers');
			next;
		}
		check("$isa->[0]: as kvm_exit prints it", keys %theirs < $isa->[2]
			? 'only ' . keys(%theirs) . " names found in $file" : compare($isa->[0], \%theirs));
	}
}

# ---- MSRs: every #define of a number, aliases too ----

my %msr;
for my $line (split /\n/, `cat '@{[$ENV{KP_TOP} || '.']}/src/decode/x86_msr.def'`) {
	$msr{$2} = hex $1 if $line =~ /^M\((0x[0-9a-f]+), (\w+)\)$/;
}

sub msr_defines {
	my ($text, $prefix) = @_;
	my %found;
	while ($text =~ /^#define\s+${prefix}(\w+)[ \t]+(0x[0-9a-fA-F]+|\(?${prefix}\w+(?:\s*\+\s*\d+)?\)?)[ \t]*(?:\/\*.*)?$/mg) {
		my ($name, $expr) = ($1, $2);
		next if $name =~ /_(RSVD|MASK|BITS?|SHIFT|TIMER_SCALE)$/; # bits of a register, not its number
		if ($expr =~ /^0x/) {
			$found{$name} = hex $expr;
		} elsif ($expr =~ /${prefix}(\w+)(?:\s*\+\s*(\d+))?/ && defined $found{$1}) {
			$found{$name} = $found{$1} + ($2 // 0);
		}
	}
	return \%found;
}

sub compare_msrs {
	my ($theirs, $least) = @_;
	return 'only ' . keys(%$theirs) . ' MSRs found' if keys %$theirs < $least;
	return map {
		!defined $msr{$_} ? sprintf('MSR_%s (0x%x) is missing', $_, $theirs->{$_})
			: $msr{$_} != $theirs->{$_} ? sprintf('MSR_%s is 0x%x, not 0x%x', $_, $theirs->{$_}, $msr{$_}) : ();
	} sort keys %$theirs;
}

my $text = read_source('arch/x86/include/asm/msr-index.h');
if (defined $text) {
	my $theirs = msr_defines($text, 'MSR_');
	check('MSRs: as in msr-index.h of linux-source ' . source_version(), compare_msrs($theirs, 400));
} else {
	skip('MSRs: as in msr-index.h', 'the package linux-source is not installed');
}
$text = installed('kvm_para.h');
if (defined $text) {
	my $theirs = msr_defines($text, 'MSR_');
	check('MSRs: as in the installed asm/kvm_para.h', compare_msrs($theirs, 10));
} else {
	skip('MSRs: as in the installed asm/kvm_para.h', 'linux-libc-dev for x86 is not installed here');
}

# What a row of the register tables says is the kernel's name must be the name of that very number.
my @bad;
for my $file (glob(($ENV{KP_TOP} || '.') . '/src/decode/x86_*.c')) {
	open(my $f, '<', $file) or die;
	my $c = do { local $/; <$f> };
	$c =~ s/\s+/ /g;
	$c =~ s/V6\("(\w+)"\)/"IA32_PMC_V6_$1"/g;
	while ($c =~ /KP_REG(?:1|N)\((0x[0-9a-f]+), (?:\d+, \d+, )?KP_REG_\w+, "([^"]+)", "(\w+)"/g) {
		my ($number, $name, $kernel) = (hex $1, $2, $3);
		push @bad, sprintf('0x%x %s: the kernel has no MSR_%s', $number, $name, $kernel) unless defined $msr{$kernel};
		push @bad, sprintf('%s is 0x%x: MSR_%s is 0x%x', $name, $number, $kernel, $msr{$kernel})
			if defined $msr{$kernel} && $msr{$kernel} != $number;
	}
}
check('register tables: numbers as the kernel has them', @bad);
finish();
