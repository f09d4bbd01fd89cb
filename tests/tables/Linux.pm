# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests in this folder share: the distribution's kernel source unpacked as far as they need
# it, kvmpmu's own tables as 'kvmpmu decode --list' tells them, and TAP that names each difference.
package Linux;
use strict;
use warnings;
use Exporter 'import';
use Fcntl ':flock';
use File::Basename;
our @EXPORT = qw(source read_source known fields skip check finish source_version);

my @wanted = qw(Makefile arch/x86/include/asm/msr-index.h arch/x86/include/asm/perf_event.h arch/x86/include/uapi/asm/vmx.h
	arch/x86/include/uapi/asm/svm.h arch/arm64/tools/sysreg arch/arm64/include/asm/sysreg.h
	arch/arm64/include/asm/esr.h arch/arm64/include/asm/kvm_arm.h
	tools/perf/pmu-events/arch/arm64 tools/perf/pmu-events/arch/x86/mapfile.csv);
push @wanted, map { "tools/perf/pmu-events/arch/x86/$_" } qw(alderlake meteorlake arrowlake pantherlake amdzen5);

my $dir;

# KP_LINUX_DIR names an unpacked tree; else the newest /usr/src/linux-source-*.tar.* is unpacked once a
# build folder. undef when there is neither.
sub source {
	return $dir if defined $dir;
	return $dir = $ENV{KP_LINUX_DIR} if $ENV{KP_LINUX_DIR};
	my ($tarball) = reverse sort glob('/usr/src/linux-source-*.tar.*');
	return undef unless $tarball;
	my $top = ($ENV{KP_BUILD} || 'build') . '/tests/linux';
	system('mkdir', '-p', dirname($top)) == 0 or die;
	open(my $lock, '>', "$top.lock") or die "$top.lock: $!"; # tests run side by side: unpack once
	flock($lock, LOCK_EX) or die $!;
	if (!-e "$top/done") {
		my $new = "$top.$$";
		system('mkdir', '-p', $new) == 0 or die;
		# tar complains of what an older kernel does not have yet: that is for the tests to judge
		system("tar -xf '$tarball' -C '$new' --strip-components=1 --wildcards --anchored " .
			'--no-wildcards-match-slash ' . join(' ', map { "'*/$_'" } @wanted) . ' 2>/dev/null');
		open(my $f, '>', "$new/done") or die "$new: $!";
		close $f;
		rename($new, $top) or system('rm', '-rf', $new);
	}
	return $dir = $top;
}

sub read_source {
	my ($path) = @_;
	my $top = source();
	return undef unless defined $top;
	open(my $f, '<', "$top/$path") or return undef;
	local $/;
	return <$f>;
}

sub source_version {
	my $make = read_source('Makefile') // '';
	my ($v) = $make =~ /^VERSION = (\d+)/m;
	my ($p) = $make =~ /^PATCHLEVEL = (\d+)/m;
	return defined $v ? "$v.$p" : 'of unknown version';
}

# Rows of 'kvmpmu decode --list ARGS': [arch, number, name].
sub known {
	my (@args) = @_;
	my $bin = $ENV{KVMPMU} || 'build/kvmpmu';
	open(my $f, '-|', $bin, 'decode', '--format=csv', '--list', @args) or die "$bin: $!";
	my @rows;
	while (<$f>) {
		chomp;
		next if /^#/ || /^kind,/ || !length;
		my ($kind, $arch, $number, $name) = split /,/;
		push @rows, [$arch, length $number ? oct $number : undef, $name];
	}
	close $f or die "$bin decode --list @args failed\n";
	die "$bin decode --list @args printed nothing\n" unless @rows;
	return @rows;
}

# What 'kvmpmu decode KIND' makes of lines "REGISTER VALUE": for each a list of [bits, field, value, reserved]
# of the fields that are not zero.
sub fields {
	my ($kind, @lines) = @_;
	my $bin = $ENV{KVMPMU} || 'build/kvmpmu';
	my $pid = open(my $f, '-|') // die $!;
	if (!$pid) {
		open(my $in, '|-', $bin, 'decode', '--format=csv', split(/ /, $kind)) or die "$bin: $!";
		print $in map { "$_\n" } @lines;
		close $in or exit 1;
		exit 0;
	}
	my (@items, $table);
	while (<$f>) {
		chomp;
		$table = $1 if /^# (\w+):/;
		next unless ($table // '') eq 'fields' && /^(\d+),(\d*:?\d*),([^,]+),(0x[0-9a-f]+),(\w+)/;
		push @{$items[$1 - 1]}, [$2, $3, $4, $5] if $4 ne '0x0';
	}
	close $f or die "$bin decode $kind failed\n";
	return @items;
}

my ($number, $failed) = (0, 0);

sub skip {
	my ($name, $why) = @_;
	print 'ok ', ++$number, " - $name # SKIP $why\n";
}

# @bad: one line a difference.
sub check {
	my ($name, @bad) = @_;
	$failed++ if @bad;
	print @bad ? 'not ok ' : 'ok ', ++$number, " - $name\n", map { "# $_\n" } @bad;
}

sub finish {
	print "1..$number\n";
	exit($failed ? 1 : 0);
}

1;
