#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# kvmpmu decode: every kind from arguments and standard input, as text and JSON, and what it says about
# input that makes no sense. Names of all tables are compared in tests/tables.

bats_require_minimum_version 1.5.0

setup() {
	cd "$KP_TOP"
	export LC_ALL=C
	# events must have the same names wherever this runs
	unset LIBPFM_FORCE_PMU
}

# json EXPRESSION: prints the value of a Perl expression over the document in $d; f(NAME): a field
json() {
	perl -MJSON::PP -e '
		local $/;
		our $d = decode_json(<STDIN>);
		sub f { my ($n) = @_; my ($f) = grep { $_->{field} eq $n } @{$d->{fields}}; return $f || {} }
		sub c { my ($n) = @_; my ($c) = grep { $_->{where} eq $n } @{$d->{counts}}; return $c->{counts} ? 1 : 0 }
		my $v = eval $ARGV[0];
		die $@ if $@;
		print defined $v ? $v : "null", "\n";' "$1" <<<"$output"
}

decode() {
	run -0 --separate-stderr "$KVMPMU" decode --format=json "$@"
}

@test "msr: AMD's event selector with HostOnly" {
	decode msr 0xc0010200 0x200005300c0
	[ "$(json '$d->{schema} . "/" . $d->{version}')" = kvmpmu-decode/1 ]
	[ "$(json '$d->{items}[0]{name}')" = PERF_CTL0 ]
	[ "$(json '$d->{items}[0]{arch}')" = amd ]
	[ "$(json 'f("HG_ONLY")->{bits}')" = 41:40 ]
	[ "$(json 'f("HG_ONLY")->{value}')" = 0x2 ]
	[ "$(json 'c("EFER.SVME=0") . c("EFER.SVME=1, host") . c("EFER.SVME=1, guest")')" = 010 ]
	[ "$(json '$d->{events}[0]{event}')" = RETIRED_INSTRUCTIONS ]
}

@test "evtsel: by model, with libpfm4's name" {
	decode evtsel --arch intel --model skylake 0x5301d1
	[ "$(json '$d->{events}[0]{event}')" = MEM_LOAD_RETIRED:L1_HIT ]
	[ "$(json '$d->{events}[0]{source}')" = "libpfm4 skl" ]
	[ -n "$(json '$d->{events}[0]{meaning}')" ]
	[ "$(json 'f("OS")->{value} . f("USR")->{value} . f("INT")->{value} . f("EN")->{value}')" = 0x10x10x10x1 ]
}

@test "evtsel: hybrid PMUs have their own tables" {
	decode evtsel --model arrow-lake-h 0x5300c0
	[ "$(json 'join " ", map { $_->{event_pmu} } @{$d->{events}}')" = "cpu_core cpu_atom cpu_lowpower" ]
	decode evtsel --model alder-lake --pmu cpu_atom 0x5381d0
	[ "$(json 'scalar @{$d->{events}}')" = 1 ]
	[[ "$(json '$d->{events}[0]{event}')" == MEM_UOPS_RETIRED[.:]ALL_LOADS ]]
}

@test "sysreg: by name, and which of two cores counts it" {
	decode sysreg pmevtyper3_el0 0x8000008
	[ "$(json '$d->{items}[0]{name}')" = PMEVTYPER3_EL0 ]
	[ "$(json 'f("NSH")->{value}')" = 0x1 ]
	[ "$(json 'c("EL2")')" = 1 ]
	[ "$(json '$d->{events}[0]{event}')" = INST_RETIRED ]
	decode sysreg S3_3_C14_C12_3 0x1b --model cortex-a53,cortex-a72
	[ "$(json 'join " ", map { "$_->{event_pmu}=" . ($_->{implemented} ? 1 : 0) } @{$d->{events}}')" = \
		"armv8_cortex_a53=0 armv8_cortex_a72=1" ]
}

@test "exit: numbers and names, with what comes with them" {
	decode exit --isa svm 0x7c 1
	[ "$(json '$d->{items}[0]{name}')" = msr ]
	[ "$(json 'f("Write")->{meaning}')" = WRMSR ]
	decode exit EPT_VIOLATION 0x182
	[ "$(json '$d->{items}[0]{number}')" = 0x30 ]
	[ "$(json 'f("ACC_WRITE")->{value}')" = 0x1 ]
	decode exit --isa vmx 1 0 0 0x800000f5
	[ "$(json 'f("Type")->{meaning}')" = "external interrupt" ]
	decode exit --isa user 2
	[ "$(json '$d->{items}[0]{name}')" = IO ]
	decode exit vmgexit_ap_creation
	[ "$(json '$d->{items}[0]{number}')" = 0x80000013 ]
}

@test "esr: down to the register's name" {
	decode esr 0x62300041
	[ "$(json '$d->{items}[0]{name}')" = SYS64 ]
	[ "$(json '$d->{items}[0]{meaning}')" = "MRS X2, MIDR_EL1" ]
	decode sysreg ESR_EL2 0x93c08006
	[ "$(json 'f("DFSC")->{meaning}')" = "translation fault, level 2" ]
}

@test "lvtpc, perf-caps, vmcs" {
	decode lvtpc 0x100f5
	[ "$(json 'f("Mask")->{value} . f("Vector")->{value}')" = 0x10xf5 ]
	[[ "$output" == *PERF_GUEST_MEDIATED_PMI_VECTOR* ]]
	decode perf-caps 0x33c5
	[ "$(json 'f("LBR_FMT")->{value} . " " . f("FW_WRITE")->{value}')" = "0x5 0x1" ]
	decode vmcs VM_ENTRY_CONTROLS 0xf3ff
	[ "$(json 'f("LOAD_IA32_PERF_GLOBAL_CTRL")->{value}')" = 0x1 ]
}

@test "attr: what :G and :H mean" {
	decode attr cycles:G
	[ "$(json 'f("exclude_host")->{value}')" = 0x1 ]
	[ "$(json 'c("host kernel") . c("host user") . c("guest kernel") . c("guest user")')" = 0011 ]
	decode attr cycles:Hu
	[ "$(json 'c("host kernel") . c("host user") . c("guest kernel") . c("guest user")')" = 0100 ]
	decode attr '{cycles,instructions}:H'
	[ "$(json 'scalar @{$d->{items}}')" = 2 ]
}

@test "attr: the selector of a core PMU's event, by the machine's processor" {
	run -0 --separate-stderr "$KVMPMU" --sysroot=tests/snap/x86-intel-hybrid8/sysroot decode --format=json \
		attr cpu_atom/event=0xd0,umask=0x81/u
	[ "$(json '$d->{events}[0]{event_pmu}')" = cpu_atom ]
	[[ "$(json '$d->{events}[0]{event}')" == MEM_UOPS_RETIRED[.:]ALL_LOADS ]]
	[ "$(json 'c("guest user") . c("guest kernel")')" = 10 ]
	run -0 --separate-stderr "$KVMPMU" --sysroot=tests/snap/arm64-hybrid4/sysroot decode --format=json \
		attr armv8_cortex_a72/event=0x1b/
	[ "$(json '$d->{events}[0]{event}')" = INST_SPEC ]
}

@test "encode is the reverse" {
	decode encode --arch amd --model zen4 RETIRED_INSTRUCTIONS:u:G
	[ "$(json '$d->{items}[0]{value}')" = 0x100005100c0 ]
	value=$(json '$d->{items}[0]{value}')
	decode evtsel --model zen4 "$value"
	[ "$(json '$d->{events}[0]{event}')" = RETIRED_INSTRUCTIONS ]
	decode encode --model neoverse-n1 INST_RETIRED:k
	[ "$(json '$d->{items}[0]{value}')" = 0x40000008 ]
}

@test "reserved bits are pointed out, and depend on the version" {
	decode msr 0x38f 0x8000000000000001
	[ "$(json 'f("reserved")->{bits} . " " . f("reserved")->{reserved}')" = "63 1" ]
	[ "$(json '$d->{item_notes}[-1]{note} =~ /^bit 63: / || $d->{item_notes}[0]{note} =~ /^bit 63: / ? 1 : 0')" = 1 ]
	decode evtsel --arch intel --perfmon 5 0x10005300c0
	[ "$(json 'f("EQ")->{reserved} ? 1 : 0')" = 1 ]
	decode evtsel --arch intel --perfmon 6 0x10005300c0
	[ "$(json 'f("EQ")->{reserved} ? 1 : 0')" = 0 ]
}

@test "standard input: one item a line, comments and blank lines skipped" {
	run -0 --separate-stderr "$KVMPMU" decode --format=json msr <<-'EOF'
		# registers of a trace
		0x38f 0x70000000f

		IA32_PERF_CAPABILITIES 0x33c5
		0xc0000301
	EOF
	[ "$(json 'join " ", map { $_->{name} } @{$d->{items}}')" = \
		"IA32_PERF_GLOBAL_CTRL IA32_PERF_CAPABILITIES PerfCntrGlobalCtl" ]
	run -0 --separate-stderr "$KVMPMU" decode exit --isa svm - <<<$'0x7c\n0x400'
	[[ "$output" == *"msr (exit 0x7c)"*"npf (exit 0x400)"* ]]
}

@test "standard input: each line with a kind and options of its own" {
	run -0 --separate-stderr "$KVMPMU" decode --format=json - <<-'EOF'
		msr 0x38f 0x7
		exit --isa vmx 31
		--isa svm exit 0x7c
		--model zen4 encode RETIRED_INSTRUCTIONS
		lvtpc 0x400
	EOF
	[ "$(json 'join " ", map { "$_->{kind}:" . ($_->{arch} // "-") } @{$d->{items}}')" = \
		"msr:intel exit:vmx exit:svm encode:amd lvtpc:intel" ]
	run -0 --separate-stderr "$KVMPMU" decode exit - <<<'--isa vmx 31'
	[[ "$output" == *"MSR_READ (exit 0x1f)"* ]]
}

@test "standard input: a line's options end with the line, and some are refused" {
	run -2 --separate-stderr "$KVMPMU" decode - <<<$'exit --isa vmx 31\nexit 31\nno 1\n--format json msr 1'
	[[ "$output" == *MSR_READ* ]]
	[[ "$stderr" == *"--isa"*"line 2 left out"*"'no' is no kind"*"line 3 left out"* ]]
	[[ "$stderr" == *"--format belong on the command line"*"line 4 left out"* ]]
}

@test "a bad line is named, the others are decoded, the status says so" {
	run -2 --separate-stderr "$KVMPMU" decode msr <<<$'0x38f 1\nnonsense\n0x38e 1'
	[[ "$output" == *IA32_PERF_GLOBAL_CTRL*IA32_PERF_GLOBAL_STATUS* ]]
	[[ "$stderr" == *"nonsense"*"line 2 left out"* ]]
}

@test "lines without an end and long input: bounded, and said" {
	head -c 20000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/long"
	printf '\n0x38f 1\n' >>"$BATS_TEST_TMPDIR/long"
	run -2 --separate-stderr "$KVMPMU" decode msr <"$BATS_TEST_TMPDIR/long"
	[[ "$stderr" == *"line 1 left out"* ]]
	[[ "$output" == *IA32_PERF_GLOBAL_CTRL* ]]
	# text is written as it comes
	run -0 "$KVMPMU" decode exit --isa vmx <<<"$(seq 0 85)"
	[ "$(grep -c '^  Architecture' <<<"$output")" = 86 ]
	printf '0x38f 1' | "$KVMPMU" decode msr | grep -q IA32_PERF_GLOBAL_CTRL
}

@test "usage errors say what is wrong and what to do" {
	run -2 "$KVMPMU" decode nothing 1
	[[ "$output" == *"'nothing' is nothing that can be decoded"* ]]
	run -2 "$KVMPMU" decode msr 0x38f 0x1ffffffffffffffff
	[[ "$output" == *"is not a number of 64 bits"* ]]
	run -2 "$KVMPMU" decode evtsel 0x5300c0
	[[ "$output" == *"needs --arch"* ]]
	run -2 "$KVMPMU" decode evtsel --model z80 0x5300c0
	[[ "$output" == *"--list models"* ]]
	run -2 "$KVMPMU" decode exit 5
	[[ "$output" == *"needs --isa"* ]]
	run -2 "$KVMPMU" decode encode --model zen4 NO_SUCH_EVENT
	[[ "$output" == *"NO_SUCH_EVENT"* ]]
	run -2 "$KVMPMU" decode --list planets
	[[ "$output" == *"models, msr"* ]]
	run -2 "$KVMPMU" decode evtsel --model zen4,skylake 1
	[[ "$output" == *"two architectures"* ]]
	run -2 "$KVMPMU" decode
	run -2 "$KVMPMU" decode msr 1 2 3
}

@test "--list shows what is known" {
	for what in models msr sysreg vmcs exit esr events; do
		run -0 "$KVMPMU" decode --list $what --format=csv
		[ "${#lines[@]}" -gt 8 ]
	done
	run -0 "$KVMPMU" decode --list events --model cortex-a53 --format=csv
	[[ "$output" == *"event,cortex-a53,0x11,CPU_CYCLES,"* ]]
	[[ "$output" != *",OP_SPEC,"* ]]
}

@test "any number decodes" {
	for v in 0 1 0x8000000000000000 0xffffffffffffffff 0x123456789abcdef0; do
		for reg in 0x186 0x38d 0x38e 0x38f 0x345 0x1d9 0x3f1 0xc0010200 0xc0011033 0x6a2 0x834; do
			"$KVMPMU" decode msr $reg $v >/dev/null
		done
		for reg in PMCR_EL0 PMEVTYPER0_EL0 MDCR_EL2 ERXSTATUS_EL1 PMCEID0_EL0; do
			"$KVMPMU" decode sysreg $reg $v >/dev/null
		done
		"$KVMPMU" decode esr $v >/dev/null
	done
}
