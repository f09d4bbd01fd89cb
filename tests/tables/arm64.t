#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# arm64: names of system registers, exception classes and PMU events against the kernel's own sources.
# Fails on every name that is missing or different, and says which.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use JSON::PP;
use Linux;

my $top = $ENV{KP_TOP} || '.';

sub lines_of {
	my ($file) = @_;
	open(my $f, '<', "$top/$file") or die "$file: $!";
	return <$f>;
}

# ---- system registers ----

my %sysreg;
for (lines_of('src/decode/arm64_sysreg.def')) {
	$sysreg{$6} = "$1,$2,$3,$4,$5" if /^S\((\d+), (\d+), (\d+), (\d+), (\d+), (\w+)\)$/;
}

sub compare_sysregs {
	my ($theirs, $least) = @_;
	return 'only ' . keys(%$theirs) . ' registers found' if keys %$theirs < $least;
	return map {
		!defined $sysreg{$_} ? "$_ ($theirs->{$_}) is missing"
			: $sysreg{$_} ne $theirs->{$_} ? "$_ is $theirs->{$_}, not $sysreg{$_}" : ();
	} sort keys %$theirs;
}

sub from_tool {
	my ($text) = @_;
	my %found;
	$found{$1} = join(',', $2, $3, $4, $5, $6)
		while $text =~ /^Sysreg\s+(\w+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)/mg;
	return \%found;
}

sub from_header {
	my ($text) = @_;
	my %found;
	$found{$1} = join(',', $2, $3, $4, $5, $6)
		while $text =~ /^#define\s+(?:SYS|OP)_(\w+)\s+sys_(?:reg|insn)\((\d+),\s*(\d+),\s*(\d+),\s*(\d+),\s*(\d+)\)/mg;
	return \%found;
}

for my $row (['tools/sysreg', \&from_tool, 50], ['include/asm/sysreg.h', \&from_header, 200]) {
	my ($file, $parse, $least) = @$row;
	my $text = read_source("arch/arm64/$file");
	if (defined $text) {
		check("system registers: as in arch/arm64/$file of linux-source " . source_version(),
			compare_sysregs($parse->($text), $least));
	} else {
		skip("system registers: as in arch/arm64/$file", 'the package linux-source is not installed');
	}
}

# ---- fields of the registers whose layout the kernel's table tells ----

sub layouts {
	my ($text) = @_;
	my (%fields, %regs, $into);
	for (split /\n/, $text) {
		if (/^Sysreg\s+(\w+)/) {
			$into = $regs{$1} = [];
		} elsif (/^SysregFields\s+(\w+)/) {
			$into = $fields{$1} = [];
		} elsif (/^Fields\s+(\w+)/) {
			push @$into, $1;
		} elsif (/^(?:Field|Enum|UnsignedEnum|SignedEnum)\s+(\d+)(?::(\d+))?\s+(\w+)/) {
			push @$into, [$1, $2 // $1, $3];
		}
	}
	for my $r (values %regs) {
		@$r = map { ref $_ ? $_ : @{$fields{$_} || []} } @$r;
	}
	return \%regs;
}

my $layout = read_source('arch/arm64/tools/sysreg');
if (defined $layout) {
	my $regs = layouts($layout);
	my (@lines, @want, @bad);
	for my $reg (sort grep { /^(PM(?!SNEVFR|SEVFR)|MDCR|ERR|ERX|DISR|VDISR)/ && !/_EL12$/ } keys %$regs) {
		for my $f (@{$regs->{$reg}}) {
			my ($hi, $lo, $name) = @$f;
			push @lines, sprintf('%s 0x%x', $reg, 1 << $lo);
			push @want, [$reg, $hi == $lo ? $hi : "$hi:$lo", $name];
		}
	}
	my @got = @lines ? fields('sysreg', @lines) : ();
	for my $i (0 .. $#want) {
		my ($reg, $bits, $name) = @{$want[$i]};
		my @f = @{$got[$i] || []};
		# one number of 64 bits has no fields; counters are a field each: P0 .. P30 instead of P
		next if !@f && $bits eq '63:0' || @f == 1 && $f[0][1] =~ /^\Q$name\E\d+$/;
		push @bad, "$reg: $name at $bits is " . (@f ? join(', ', map { "$_->[1] at $_->[0]" } @f) : 'nothing')
			unless @f == 1 && $f[0][0] eq $bits && lc $f[0][1] eq lc $name;
	}
	if (@lines) {
		check('fields of PMU, SPE and RAS registers: as in linux-source ' . source_version(), @bad);
	} else {
		skip('fields of PMU, SPE and RAS registers', 'this linux-source has no layouts of them yet');
	}
} else {
	skip('fields of PMU, SPE and RAS registers', 'the package linux-source is not installed');
}

# ---- exception classes ----

my %class;
$class{$_->[1]} = $_->[2] for known('esr');

sub compare_classes {
	my ($theirs, $least) = @_;
	return 'only ' . keys(%$theirs) . ' classes found' if keys %$theirs < $least;
	return map {
		!defined $class{$_} ? sprintf('class 0x%02x is missing: %s', $_, $theirs->{$_})
			: $class{$_} ne $theirs->{$_} ? sprintf('class 0x%02x is %s, not %s', $_, $theirs->{$_}, $class{$_})
			: ();
	} sort { $a <=> $b } keys %$theirs;
}

my $text = read_source('arch/arm64/include/asm/esr.h');
if (defined $text) {
	my %theirs;
	while ($text =~ /^#define\s+ESR_ELx_EC_(\w+)\s+(?:UL)?\(?(0x[0-9A-Fa-f]+)\)?/mg) {
		my ($name, $value) = ($1, hex $2);
		$theirs{$value} = $name if $name ne 'MAX' && $name !~ /_SHIFT|_MASK|_WIDTH/;
	}
	check('exception classes: as in esr.h of linux-source ' . source_version(), compare_classes(\%theirs, 35));
} else {
	skip('exception classes: as in esr.h', 'the package linux-source is not installed');
}
my ($format) = join('', lines_of('tests/data/formats/arm64/kvm.kvm_exit'));
my %printed;
while ($format =~ /\{\s*\(*(0x[0-9a-fA-F]+)(?:UL)?\)*\s*,\s*"(\w+)"\s*\}/g) {
	my ($value, $name) = (hex $1, $2);
	$printed{$value} = $name;
}
delete $printed{$_} for grep { $printed{$_} =~ /^(IRQ|SERROR|TRAP|IL|HYP_GONE)$/ && $_ < 4 || $_ > 0x3f } keys %printed;
check('exception classes: as kvm_exit prints them', compare_classes(\%printed, 25));

# ---- PMU events ----

my (%event, %core, %own);
{
	my $all = join('', lines_of('src/decode/arm64_event.def'));
	while ($all =~ /^E\((0x[0-9a-f]+), (\w+),\s+"/mg) {
		my ($code, $name) = ($1, $2);
		$event{$name} = hex $code;
	}
	$all = join('', lines_of('src/decode/arm64_core.def'));
	while ($all =~ /^LIST\((\w+),([^)]*)\)/mg) {
		my ($name, $list) = ($1, $2);
		$core{$name} = { map { hex($_) => 1 } $list =~ /0x([0-9a-f]+)/g };
	}
	while ($all =~ /^OWN_BEGIN\((\w+)\)\n((?:OWN\(.*\)\n)*)/mg) {
		my ($name, $rows) = ($1, $2);
		$own{$name}{$2} = hex $1 while $rows =~ /^OWN\((0x[0-9a-f]+), (\w+)\)$/mg;
	}
}

sub json {
	my ($path) = @_;
	open(my $f, '<', $path) or return undef;
	local $/;
	return eval { decode_json(<$f>) };
}

my $dir = defined source() ? source() . '/tools/perf/pmu-events/arch/arm64' : undef;

sub architectural {
	my (@bad, $seen);
	for my $file ('common-and-microarch.json', 'recommended.json', 'armv8-common-and-microarch.json',
		'armv8-recommended.json') {
		for my $e (@{json("$dir/$file") || []}) {
			my ($name, $code) = (uc $e->{EventName}, hex $e->{EventCode});
			$seen++;
			push @bad, sprintf('%s (0x%04x) is missing', $name, $code) unless defined $event{$name};
			push @bad, sprintf('%s is 0x%04x, not 0x%04x', $name, $code, $event{$name})
				if defined $event{$name} && $event{$name} != $code;
		}
	}
	push @bad, 'no more than ' . ($seen // 0) . ' events found' if ($seen // 0) < 100;
	return @bad;
}

# An older kernel lists fewer events of a core, never other ones.
sub of_core {
	my ($path, $ident) = @_;
	my @bad;
	return "no list of $path" unless $core{$ident};
	for my $file (glob("$dir/$path/*.json"), glob("$dir/$path/*/*.json")) {
		next if $file =~ /metric/;
		for my $e (@{json($file) || []}) {
			if ($e->{ArchStdEvent}) {
				my $code = $event{uc $e->{ArchStdEvent}};
				# exported to trace units, never counted: Linux dropped them from this list in 6.4
				next if $e->{ArchStdEvent} =~ /^PMU_H?OVFS$/;
				push @bad, "$path: $e->{ArchStdEvent} is missing" if defined $code && !$core{$ident}{$code};
			} elsif ($e->{EventCode} && $e->{EventName}) {
				my ($name, $code) = (uc $e->{EventName}, hex $e->{EventCode});
				my $ours = $own{$ident}{$name} // (exists $event{$name} && $core{$ident}{$event{$name}}
					? $event{$name} : undef);
				push @bad, sprintf('%s: %s (0x%x) is missing', $path, $name, $code) unless defined $ours;
				push @bad, sprintf('%s: %s is 0x%x, not 0x%x', $path, $name, $code, $ours)
					if defined $ours && $ours != $code;
			}
		}
	}
	return @bad;
}

if (defined $dir && -d $dir) {
	check('architectural events: as in linux-source ' . source_version(), architectural());
	my ($cores, @bad) = (0);
	open(my $f, '<', "$dir/mapfile.csv") or die;
	my %done;
	while (<$f>) {
		next unless /^0x[0-9a-fA-F]+,\w+,([\w\/.-]+),core/ && !$done{$1}++;
		my $path = $1;
		my ($ident) = $path =~ m{([^/]+)$};
		$ident =~ s/\W/_/g;
		# the lists of 7.x are split and renamed now and then: those of the same name are compared
		next if !$core{$ident} && $path !~ m{^arm/};
		$cores++;
		push @bad, of_core($path, $ident) if $core{$ident};
	}
	push @bad, "only $cores cores found" if $cores < 8;
	check('events of cores: as in linux-source ' . source_version(), @bad);
} else {
	skip('architectural events', 'the package linux-source is not installed');
	skip('events of cores', 'the package linux-source is not installed');
}
finish();
