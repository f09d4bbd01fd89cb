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
	for my $dir ('/usr/include/x86_64-linux-gnu', '/usr/lib/linux/uapi/x86', glob('/usr/*-linux-gnu*/include'), '/usr/include') {
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
# ---- fields: the kernel's masks, each decoded in its register ----

# arch, register, what the kernel's names begin with, and what they are called in the manuals
my @masks = (
	['intel', '0x186', 'ARCH_PERFMON_EVENTSEL_', { EVENT => 'EVENT_SELECT', UMASK => 'UMASK', USR => 'USR', OS => 'OS',
		EDGE => 'E', PIN_CONTROL => 'PC', INT => 'INT', ANY => 'ANY', ENABLE => 'EN', INV => 'INV',
		CMASK => 'CMASK', BR_CNTR => 'EN_LBR_LOG', EQ => 'EQ', RDPMC_USER_DISABLE => 'RDPMC_USR_DISABLE',
		UMASK2 => 'UMASK2' }],
	['amd', '0xc0010200', 'ARCH_PERFMON_EVENTSEL_', { EVENT => 'EVENT_SELECT', UMASK => 'UNIT_MASK', USR => 'USR',
		OS => 'OS', EDGE => 'EDGE', INT => 'INT', ENABLE => 'EN', INV => 'INV', CMASK => 'CNT_MASK' }],
	['amd', '0xc0010200', 'AMD64_EVENTSEL_', { GUESTONLY => 'HG_ONLY=1', HOSTONLY => 'HG_ONLY=2' }],
	['intel', '0x186', 'HSW_', { IN_TX => 'IN_TX', IN_TX_CHECKPOINTED => 'IN_TXCP' }],
	['intel', '0x186', 'ICL_EVENTSEL_', { ADAPTIVE => 'ADAPTIVE' }],
	['intel', '0x38d', 'INTEL_FIXED_0_', { KERNEL => 'IA32_FIXED_CTR0_EN=1', USER => 'IA32_FIXED_CTR0_EN=2',
		ANYTHREAD => 'IA32_FIXED_CTR0_ANY', ENABLE_PMI => 'IA32_FIXED_CTR0_PMI',
		RDPMC_USER_DISABLE => 'IA32_FIXED_CTR0_RDPMC_USR_DISABLE' }],
	['intel', '0x38d', 'ICL_FIXED_0_', { ADAPTIVE => 'IA32_FIXED_CTR0_ADAPTIVE' }],
	['intel', '0x38e', 'GLOBAL_STATUS_', { COND_CHG => 'CondChgd', BUFFER_OVF => 'OvfBuf', UNC_OVF => 'Ovf_Uncore',
		ASIF => 'ASCI', COUNTERS_FROZEN => 'CTR_Frz', LBRS_FROZEN => 'LBR_Frz', TRACE_TOPAPMI => 'Trace_ToPA_PMI',
		ARCH_PEBS_THRESHOLD => 'ArchPEBS_Threshold' }],
	['amd', '0xc0000300', 'GLOBAL_STATUS_', { LBRS_FROZEN => 'LBRS_FROZEN' }],
	['intel', '0x38f', 'GLOBAL_CTRL_EN_', { PERF_METRICS => 'EN_PERF_METRICS' }],
	['intel', '0x3f2', 'PEBS_DATACFG_', { MEMINFO => 'MEMINFO', GP => 'GP', XMMS => 'XMMS', LBRS => 'LBRS',
		CNTR => 'CNTR', METRICS => 'METRICS' }],
	['intel', '0x345', 'PERF_CAP_', { LBR_FMT => 'LBR_FMT', PEBS_TRAP => 'PEBS_TRAP', ARCH_REG => 'PEBS_ARCH_REG',
		PEBS_FORMAT => 'PEBS_REC_FMT', FW_WRITES => 'FW_WRITE', PEBS_BASELINE => 'PEBS_BASELINE',
		PEBS_TIMING_INFO => 'PEBS_TIMING_INFO' }],
	['intel', '0x1d9', 'DEBUGCTLMSR_', { LBR => 'LBR', BTF => 'BTF', BUS_LOCK_DETECT => 'BLD', TR => 'TR', BTS => 'BTS',
		BTINT => 'BTINT', BTS_OFF_OS => 'BTS_OFF_OS', BTS_OFF_USR => 'BTS_OFF_USR',
		FREEZE_LBRS_ON_PMI => 'FREEZE_LBRS_ON_PMI', FREEZE_PERFMON_ON_PMI => 'FREEZE_PERFMON_ON_PMI',
		FREEZE_IN_SMM => 'FREEZE_WHILE_SMM', RTM_DEBUG => 'RTM_DEBUG' }],
	['intel', '0x6a2', 'CET_', { SHSTK_EN => 'SH_STK_EN', WRSS_EN => 'WR_SHSTK_EN', ENDBR_EN => 'ENDBR_EN',
		LEG_IW_EN => 'LEG_IW_EN', NO_TRACK_EN => 'NO_TRACK_EN', SUPPRESS_DISABLE => 'SUPPRESS_DIS',
		SUPPRESS => 'SUPPRESS', WAIT_ENDBR => 'TRACKER' }],
	['amd', '0xc0011030', 'IBS_FETCH_', { L3MISSONLY => 'IbsFetchL3MissOnly', RAND_EN => 'IbsRandEn', VAL => 'IbsFetchVal',
		ENABLE => 'IbsFetchEn', CNT => 'IbsFetchCnt', MAX_CNT => 'IbsFetchMaxCnt' }],
	['amd', '0xc0011033', 'IBS_OP_', { LDLAT_EN => 'IbsOpLdLatEn', LDLAT_THRSH => 'IbsOpLdLatThrsh',
		CNT_CTL => 'IbsOpCntCtl', VAL => 'IbsOpVal', ENABLE => 'IbsOpEn', L3MISSONLY => 'IbsOpL3MissOnly',
		MAX_CNT => 'IbsOpMaxCnt', MAX_CNT_EXT_MASK => 'IbsOpMaxCntExt' }],
	['amd', '0xc001103e', 'IBS_OP_2_', { DIS => 'Dis', EXCL_RIP_63_EQ_0 => 'ExclRip63Eq0',
		EXCL_RIP_63_EQ_1 => 'ExclRip63Eq1', STRM_ST_FILTER => 'StrmStFilter' }],
	['amd', '0xc001103f', 'IBS_FETCH_2_', { DIS => 'Dis', FETCHLAT_FILTER => 'FetchLatFilter',
		EXCL_RIP_63_EQ_1 => 'ExclRip63Eq1', EXCL_RIP_63_EQ_0 => 'ExclRip63Eq0' }],
	['amd', '0xc0010230', 'AMD64_L3_', { EN_ALL_CORES => 'EN_ALL_CORES', EN_ALL_SLICES => 'EN_ALL_SLICES',
		SLICE_MASK => 'SLICE', COREID_MASK => 'CORE_ID', THREAD_MASK => 'THREAD_MASK' }],
	['amd', '0xc0010800', 'AMD64_PERFMON_V2_', { ENABLE_UMC => 'EN', EVENTSEL_EVENT_UMC => 'EVENT_SELECT',
		EVENTSEL_RDWRMASK_UMC => 'RDWR_MASK' }],
);

# Value of a macro: numbers, shifts, BIT() and GENMASK(), other macros.
sub value {
	my ($defs, $name, $depth) = @_;
	my $e = $defs->{$name};
	return undef if !defined $e || ($depth // 0) > 8;
	$e =~ s/\bGENMASK(?:_ULL)?\((\d+),\s*(\d+)\)/"(((1<<($1-$2))*2-1)<<$2)"/ge;
	$e =~ s/\bBIT(?:_ULL)?\(/(1<<(/g and $e .= ')';
	$e =~ s/\b(0x[0-9a-fA-F]+|\d+)[uUlL]+\b/$1/g;
	$e =~ s/\b([A-Za-z_]\w*)\b/my $n = $1; my $v = value($defs, $n, ($depth \/\/ 0) + 1); defined $v ? $v : $n/ge;
	return undef if $e !~ /^[-+*<>|()0-9a-fA-Fx\s]+$/;
	return eval $e;
}

my ($pe, $mi) = map { read_source("arch/x86/include/asm/$_") } 'perf_event.h', 'msr-index.h';
if (defined $pe && defined $mi) {
	my (%defs, @lines, @want, @wrong);
	my $all = "$mi\n$pe";
	$all =~ s/\\\n/ /g;
	$all =~ s{/\*.*?\*/}{}gs;
	$defs{$1} = $2 while $all =~ /^#define\s+(\w+)[ \t]+(\S.*?)[ \t]*$/mg;
	for my $row (@masks) {
		my ($arch, $reg, $prefix, $names) = @$row;
		for my $name (sort keys %$names) {
			my $v = value(\%defs, "$prefix$name") // next; # newer than this kernel
			$v = 1 << $v if "$prefix$name" eq 'GLOBAL_CTRL_EN_PERF_METRICS' && $v < 64; # a bit number before 6.13
			push @{$lines[$arch eq 'amd']}, sprintf('%s 0x%x', $reg, $v);
			push @{$want[$arch eq 'amd']}, ["$prefix$name", $reg, $names->{$name}];
		}
	}
	my $seen = 0;
	for my $i (0, 1) {
		my @got = fields('msr --arch ' . ($i ? 'amd' : 'intel'), @{$lines[$i]});
		for my $n (0 .. $#{$want[$i]}) {
			my ($macro, $reg, $field) = @{$want[$i][$n]};
			my ($only) = $field =~ /=(\d+)$/;
			(my $plain = $field) =~ s/=.*//;
			my @f = @{$got[$n] || []};
			$seen++;
			push @wrong, "$macro in $reg is " . (@f ? join(', ', map { "$_->[1] ($_->[0]) = $_->[2]" } @f) : 'nothing') .
				", not all of $plain" unless @f == 1 && $f[0][1] eq $plain && $f[0][3] eq 'false' &&
				(defined $only ? hex $f[0][2] == $only : full($f[0]));
		}
	}
	push @wrong, "only $seen masks found" if $seen < 60;
	check('fields of MSRs: as the masks of linux-source ' . source_version(), @wrong);
} else {
	skip('fields of MSRs', 'the package linux-source is not installed');
}

# All bits of the field are set: the kernel's mask is as wide as ours.
sub full {
	my ($f) = @_;
	my ($hi, $lo) = $f->[0] =~ /^(\d+)(?::(\d+))?$/ or return 0;
	$lo //= $hi;
	return hex $f->[2] == 2 ** ($hi - $lo + 1) - 1;
}

finish();
