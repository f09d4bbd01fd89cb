#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# kvmpmu record: what the command line refuses, what it says where it may not or cannot, and on a live
# kernel: every event of the micro-guest is in the file, the file reads in perf, whatever ends the
# recording. Counts must be exact; times are not looked at.

bats_require_minimum_version 1.5.0

# The micro-guest's payload io writes to this port once an iteration.
PORT=0x5e0

setup() {
	cd "$BATS_TEST_TMPDIR"
	pids=
}

teardown() {
	for pid in $pids; do
		kill -KILL "$pid" 2>/dev/null || true
	done
}

needs_root() {
	[ "$(id -u)" = 0 ] || skip "needs root"
}

# Root alone does not do where perf events are forbidden altogether (containers).
needs_events() {
	needs_root
	[ -e /sys/kernel/tracing/events ] ||
		skip "tracefs is not mounted (mount -t tracefs nodev /sys/kernel/tracing)"
	[ -e /sys/kernel/tracing/events/kvm/kvm_pio ] || skip "this kernel has no kvm:kvm_pio (modprobe kvm?)"
	run "$KVMPMU" record -q -o probe.data -e kvm:kvm_pio -- true
	[ "$status" != 3 ] || skip "perf events may not be opened here: $output"
	echo "$output"
	[ "$status" = 0 ]
}

needs_guest() {
	needs_events
	[ -r /dev/kvm ] && [ -w /dev/kvm ] || skip "no /dev/kvm that may be opened"
	"$KVMPMU" bench --raw list | grep -q '^io ' || skip "this architecture has no payload io"
}

needs_perf() {
	has_perf || skip "no perf"
}

# guest N [OPTIONS]: the micro-guest with N port writes on each vCPU
guest() {
	local n=$1
	shift
	echo "$KVMPMU bench --raw io --iterations $n $*"
}

has_perf() {
	command -v perf >/dev/null && perf version >/dev/null 2>&1
}

# events FILE EVENT [PATTERN]: how many are in the file; perf, where there is one, must agree
events() {
	local ours theirs
	ours=$("$KVMPMU" script -i "$1" -F event,trace 2>/dev/null | grep -E "(^| )$2: " |
		grep -c -- "${3:-}" || true)
	theirs=$ours
	! has_perf || theirs=$(perf script -i "$1" -F event,trace 2>/dev/null | grep -E "(^| )$2: " |
		grep -c -- "${3:-}" || true)
	[ "$ours" = "$theirs" ] || ours="kvmpmu script: $ours, perf script: $theirs"
	echo "$ours"
}

# threads FILE EVENT: names of the threads it happened in
threads() {
	"$KVMPMU" script -i "$1" -F comm,event 2>/dev/null | sed -n "s/^ *//; s/ *$2:.*//p" | sort -u
}

background() {
	"$@" >/dev/null 2>background.err 3>&- &
	pid=$!
	pids="$pids $pid"
}

# wait_for COMMAND...: until it succeeds, at most 20 seconds
wait_for() {
	local i
	for i in $(seq 200); do
		"$@" && return 0
		sleep 0.1
	done
	return 1
}

# catches PID SIGNAL-NUMBER: it has a handler for that signal
catches() {
	local mask
	mask=$(sed -n 's/^SigCgt:\t//p' "/proc/$1/status" 2>/dev/null)
	[ -n "$mask" ] && [ $((0x$mask >> ($2 - 1) & 1)) = 1 ]
}

# holds FILE N: more than N port writes have reached the file, which is still being written
holds() {
	[ -s "$1" ] || return 1
	[ "$("$KVMPMU" script -i "$1" -F event 2>/dev/null | grep -c kvm:kvm_pio)" -gt "$2" ]
}

# vcpu_runs PID N: the thread of vCPU N is there
vcpu_runs() {
	grep -qs "CPU $2/KVM" "/proc/$1/task/"*/comm
}

# ---- command line ----

@test "record: usage errors exit 2 and say what is wrong" {
	while read -r -a args; do
		run "$KVMPMU" record "${args[@]}" -- true
		echo "${args[*]}: $output"
		[ "$status" = 2 ]
		[[ $output == *"kvmpmu"* ]]
		[ ! -e perf.data ]
	done <<-'END'
		--nosuch
		-p x
		-t 1-
		-a -p 1
		-C 0 -t 1
		--vcpu 0
		-c 1 -F 1
		-c 0
		-F 0
		-m 0
		-m -1
		-m 99999999
		--filter x
		-z99
		--clockid nosuch
		--duration x
		--max-size x
		--overwrite -o -
		--overwrite --max-size 1M
		-C 3-1
		-C 99999
		-e {cycles
		-e cycles:x
	END
}

@test "record: --help lists the options and exits 0" {
	run "$KVMPMU" record --help
	[ "$status" = 0 ]
	for option in --all-cpus --cpu --pid --tid --vm --vcpu --event --filter --switch --switch-detail \
		--include-guest --count --freq --no-inherit --clockid --mmap-pages --duration --max-size \
		--overwrite --output --compression-level; do
		[[ $output == *"$option"* ]]
	done
}

@test "record: a snapshot cannot be recorded" {
	run "$KVMPMU" --sysroot=/ record -- true
	[ "$status" = 2 ]
	[[ $output == *"snapshot"* ]]
}

# ---- targets that are not there ----

@test "record: no such process, VM or command" {
	needs_events
	run "$KVMPMU" record -e cpu-clock -p 4194304
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"no process 4194304"* ]]
	run "$KVMPMU" record -e cpu-clock -t 4194304
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"no thread 4194304"* ]]
	run "$KVMPMU" record --vm nosuch
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"--vm nosuch"* ]]
	run "$KVMPMU" record -e cpu-clock -- /nonexistent/command
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"/nonexistent/command: No such file"* ]]
}

@test "record: events that do not exist are exit 4" {
	needs_events
	for event in nosuch kvm:nosuch nosuch/event=1/; do
		run "$KVMPMU" record -e $event -- true
		echo "$output"
		[ "$status" = 4 ]
		[[ $output == *"event '$event'"* ]]
	done
	run "$KVMPMU" record -e kvm:kvm_pio --filter 'nosuch == 1' -- true
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"filter 'nosuch == 1'"* ]]
}

# ---- rights and limits ----

@test "record: without root, tracepoints are not permitted, own programs are" {
	needs_events
	[ "$(cat /proc/sys/kernel/perf_event_paranoid)" -le 2 ] || skip "perf_event_paranoid forbids users all"
	command -v setpriv >/dev/null || skip "no setpriv"
	chmod 777 .
	as_user="setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all"
	$as_user test -x "$KVMPMU" || skip "user nobody cannot run $KVMPMU"
	run $as_user "$KVMPMU" record -- true
	echo "$output"
	[ "$status" = 3 ]
	[[ $output == *"root"* ]]
	run $as_user "$KVMPMU" record -e kvm:kvm_pio -- true
	echo "$output"
	[ "$status" = 3 ]
	run $as_user "$KVMPMU" record -e cpu-clock -a --duration 1
	echo "$output"
	[ "$status" = 3 ]
	[[ $output == *"paranoid"* ]]
	run $as_user "$KVMPMU" record -e cpu-clock -- true
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == *"user space only"* || $(cat /proc/sys/kernel/perf_event_paranoid) -lt 2 ]]
}

@test "record: too many open files" {
	needs_events
	run bash -c 'ulimit -n 12 && exec "$0" record -a --duration 1' "$KVMPMU"
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"too many open files"*"ulimit -n"* ]]
	run bash -c 'ulimit -n 6 && exec "$0" record -a -- true' "$KVMPMU"
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"oo many open files"*"ulimit -n"* ]]
}

@test "record: with few open files, a VM is recorded without what starts later" {
	needs_guest
	[ "$(nproc)" -gt 1 ] || skip "needs two CPUs"
	background $(guest 100000000 --vcpus 8)
	wait_for vcpu_runs "$pid" 7
	# nine threads, eleven events: 99 files a CPU with inheritance, 99 in all without, and one a CPU
	limit=$((99 + $(nproc) + 40))
	run bash -c "ulimit -n $limit && exec \"\$0\" \"\$@\"" "$KVMPMU" record --vm "$pid" --duration 0.3
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == *"too many open files for every task on every CPU"* ]]
	[ "$(events perf.data kvm:kvm_pio)" -gt 10 ]
}

@test "record: a soft limit of open files is raised" {
	needs_events
	run bash -c 'ulimit -S -n 12 && exec "$0" record -a --duration 0.1' "$KVMPMU"
	echo "$output"
	[ "$status" = 0 ]
}

# in_namespace SCRIPT COMMAND...: where SCRIPT has changed what is mounted
in_namespace() {
	unshare -m true 2>/dev/null || skip "unshare -m is not permitted"
	run unshare -m bash -c "mount --make-rprivate / && $1 && exec \"\$@\"" bash "${@:2}"
	echo "$output"
}

@test "record: no tracefs" {
	needs_events
	in_namespace 'umount -l -a -t tracefs,debugfs' "$KVMPMU" record -- true
	[ "$status" = 4 ]
	[[ $output == *"tracefs is not mounted"* ]]
}

@test "record: no KVM" {
	needs_events
	in_namespace 'mount -t tmpfs none /sys/devices/virtual/misc && mkdir null && mount -t tmpfs none null &&
		cp -a /dev/null null/ && mount --bind null /dev' "$KVMPMU" record -- true
	[ "$status" = 4 ]
	[[ $output == *"/dev/kvm"* ]]
}

@test "record: a full disk keeps what was written" {
	needs_guest
	mkdir disk
	mount -t tmpfs -o size=1m none disk 2>/dev/null || skip "a tmpfs may not be mounted"
	run "$KVMPMU" record -e kvm:kvm_pio -o disk/perf.data -- $(guest 100000)
	echo "$output"
	n=$(events disk/perf.data kvm:kvm_pio)
	umount disk
	[ "$status" = 1 ]
	[[ $output == *"disk/perf.data: No space left on device"* ]]
	[ "$n" -gt 1000 ]
}

@test "record: /dev/full" {
	needs_events
	run "$KVMPMU" record -o /dev/full -e kvm:kvm_pio -- true
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"/dev/full: No space left on device"* ]]
}

@test "record: a file that cannot be made" {
	needs_events
	run "$KVMPMU" record -o nosuch/perf.data -e kvm:kvm_pio -- true
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"nosuch/perf.data"* ]]
}

# ---- what is in the file ----

@test "record: every event of a guest is in the file" {
	needs_guest
	run "$KVMPMU" record -- $(guest 5000 --vcpus 2)
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == *"none lost"* ]]
	[ "$(events perf.data kvm:kvm_pio "at $PORT ")" = 10000 ]
	[ "$(events perf.data kvm:kvm_userspace_exit)" -ge 10000 ]
	[ "$(threads perf.data kvm:kvm_pio)" = $'CPU 0/KVM\nCPU 1/KVM' ]
}

@test "record: perf reads all of the header" {
	needs_guest
	needs_perf
	"$KVMPMU" record -q --clockid monotonic -- $(guest 100)
	perf report -i perf.data --header-only >header
	cat header
	for feature in 'hostname : ' 'os release : ' 'perf version : kvmpmu' 'arch : ' 'nrcpus online : ' \
		'nrcpus avail : ' 'total memory : ' 'cmdline : kvmpmu record' 'event : name = kvm:kvm_pio' \
		'CPU_TOPOLOGY info available' 'pmu mappings: ' 'time of first sample' 'time of last sample' \
		'use_clockid = 1, clockid = 1' 'clockid frequency'; do
		echo "feature: $feature"
		grep -q "$feature" header
	done
	perf kvm -i perf.data stat report >/dev/null
}

@test "record: to a pipe, compressed, and both" {
	needs_guest
	"$KVMPMU" record -q -e kvm:kvm_pio -o - -- $(guest 3000) >pipe.data
	"$KVMPMU" record -q -e kvm:kvm_pio -z -o z.data -- $(guest 3000)
	"$KVMPMU" record -q -e kvm:kvm_pio -z -o - -- $(guest 3000) >zpipe.data
	for file in pipe z zpipe; do
		echo "$file: $(events $file.data kvm:kvm_pio "at $PORT ")"
		[ "$(events $file.data kvm:kvm_pio "at $PORT ")" = 3000 ]
	done
	[ "$("$KVMPMU" script -i - <zpipe.data | grep -c "at $PORT ")" = 3000 ]
	[ "$(stat -c %s z.data)" -lt "$(($(stat -c %s pipe.data) / 2))" ]
}

@test "record: to a named pipe" {
	needs_guest
	mkfifo fifo
	background "$KVMPMU" record -q -e kvm:kvm_pio -o fifo -- $(guest 1000)
	"$KVMPMU" script -i - -F event,trace <fifo >lines
	[ "$(grep -c "at $PORT " lines)" = 1000 ]
}

@test "record: a command that does not end is left alone, and the file is complete" {
	needs_events
	# bats waits for whoever holds its output or its descriptor 3
	run timeout 60 "$KVMPMU" record -e cpu-clock --duration 0.2 -- \
		sh -c 'trap "" TERM; echo $$ >pid; exec sleep 300 >/dev/null 2>&1 3>&-'
	kill -9 "$(cat pid)"
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == *"left running"* ]]
	"$KVMPMU" script -i perf.data >/dev/null
}

@test "record: filters, patterns and several events" {
	needs_guest
	"$KVMPMU" record -q -e 'kvm:kvm_p*' --filter "port == $PORT" -e kvm:kvm_userspace_exit \
		-- $(guest 2000) && false # kvm_page_fault has no port
	"$KVMPMU" record -q -e kvm:kvm_userspace_exit,kvm:kvm_pio --filter "port == $PORT" \
		--filter 'size == 1' -- $(guest 2000)
	[ "$(events perf.data kvm:kvm_pio)" = 2000 ]
	[ "$(events perf.data kvm:kvm_userspace_exit)" -gt 2000 ]
}

@test "record: samples plus losses are all there was" {
	needs_guest
	run "$KVMPMU" record -m 1 -e kvm:kvm_pio --filter "port == $PORT" -- $(guest 50000 --vcpus 2)
	echo "$output"
	[ "$status" = 0 ]
	n=$(events perf.data kvm:kvm_pio)
	lost=$(sed -n 's/.*; \([0-9]*\) lost (.*/\1/p' <<<"$output")
	echo "$n samples, ${lost:-0} lost"
	# what tells of threads and mappings goes through the same rings, and is lost there too
	[ $((n + ${lost:-0})) -ge 100000 ] && [ $((n + ${lost:-0})) -le 100050 ]
	[ "$n" -le 100000 ]
	[ -z "$lost" ] || [[ $output == *"CPU "*": "* ]]
}

@test "record: samples by time, with mappings" {
	needs_events
	"$KVMPMU" record -q -e cpu-clock -F 999 -- bash -c 'for ((i = 0; i < 200000; i++)); do :; done'
	[ "$("$KVMPMU" script -i perf.data -F comm,event | grep -c '^ *bash .*cpu-clock')" -gt 5 ]
	"$KVMPMU" script -i perf.data --show-mmap-events | grep -q '/bash'
	if has_perf; then
		perf report -i perf.data --stdio 2>/dev/null >report
		grep -q 'bash .*bash' report
	fi
}

@test "record: clock, no inheritance, sample period" {
	needs_guest
	"$KVMPMU" record -q --clockid monotonic -e kvm:kvm_pio -o a.data -- $(guest 100)
	uptime=$(cut -d . -f 1 /proc/uptime)
	time=$("$KVMPMU" script -i a.data -F time | tail -n 1 | tr -d ' ' | cut -d . -f 1)
	[ $((uptime - time)) -ge -1 ] && [ $((uptime - time)) -le 60 ]
	"$KVMPMU" record -q -i -e kvm:kvm_pio -o b.data -- $(guest 100)
	[ "$(events b.data kvm:kvm_pio)" = 0 ] # the vCPU is a thread that started later
	"$KVMPMU" record -q -c 10 -e kvm:kvm_pio --filter "port == $PORT" -o c.data -- $(guest 1000)
	samples=$(events c.data kvm:kvm_pio)
	# each CPU that the vCPU runs on counts apart, and keeps the rest of a tenth
	[ "$samples" -le 100 ] && [ "$samples" -ge $((100 - $(nproc))) ]
}

# ---- scope ----

@test "record: the whole system, CPUs, a process, a thread" {
	needs_guest
	"$KVMPMU" record -q -a -e kvm:kvm_pio -o a.data -- $(guest 1000)
	[ "$(events a.data kvm:kvm_pio "at $PORT ")" -ge 1000 ]
	"$KVMPMU" record -q -C 0 -e kvm:kvm_pio -o c.data -- $(guest 1000 --cpu-list 0)
	[ "$(events c.data kvm:kvm_pio "at $PORT ")" -ge 1000 ]
	background $(guest 100000000)
	wait_for vcpu_runs "$pid" 0
	"$KVMPMU" record -q -p "$pid" --duration 0.3 -e kvm:kvm_pio -o p.data
	[ "$(events p.data kvm:kvm_pio)" -gt 10 ]
	tid=$(grep -l KVM /proc/"$pid"/task/*/comm | head -n 1 | cut -d / -f 5)
	"$KVMPMU" record -q -t "$tid" --duration 0.3 -e kvm:kvm_pio -o t.data
	[ "$(events t.data kvm:kvm_pio)" -gt 10 ]
	"$KVMPMU" record -q -t "$pid" --duration 0.3 -i -e kvm:kvm_pio -o m.data
	[ "$(events m.data kvm:kvm_pio)" = 0 ] # the main thread only waits
}

@test "record: a VM by id and by name, and one of its vCPUs" {
	needs_guest
	background $(guest 100000000 --vcpus 2)
	wait_for vcpu_runs "$pid" 1
	run "$KVMPMU" record --vm "$pid" --duration 0.5 -o vm.data
	echo "$output"
	[ "$status" = 0 ]
	[ "$(events vm.data kvm:kvm_pio)" -gt 10 ]
	[ "$(threads vm.data kvm:kvm_pio)" = $'CPU 0/KVM\nCPU 1/KVM' ]
	run "$KVMPMU" record -q --vm "$pid" --vcpu 1 --duration 0.5 -e kvm:kvm_pio -o vcpu.data
	echo "$output"
	[ "$status" = 0 ]
	[ "$(events vcpu.data kvm:kvm_pio)" -gt 10 ]
	[ "$(threads vcpu.data kvm:kvm_pio)" = 'CPU 1/KVM' ]
	run "$KVMPMU" record --vm "$pid" --vcpu 7
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"no such vCPU"* ]]
}

@test "record: several VMs of one name" {
	needs_guest
	background $(guest 100000000)
	wait_for vcpu_runs "$pid" 0
	first=$pid
	background $(guest 100000000)
	wait_for vcpu_runs "$pid" 0
	run "$KVMPMU" record --vm kvmpmu
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"several VMs"* ]]
	[[ $output == *"$first"* ]]
	[[ $output == *"$pid"* ]]
}

# ---- how it ends ----

@test "record: it ends with its targets" {
	needs_events
	background sleep 3
	run timeout 60 "$KVMPMU" record -e cpu-clock -p "$pid"
	echo "$output"
	[ "$status" = 0 ]
	background sleep 3
	run timeout 60 "$KVMPMU" record -i -e cpu-clock -t "$pid"
	echo "$output"
	[ "$status" = 0 ]
}

@test "record: a line of progress, on a terminal only" {
	needs_guest
	script -qec true /dev/null >/dev/null 2>&1 || skip "no script(1), or no terminal for it"
	run script -qec "$KVMPMU record -e kvm:kvm_pio -- $(guest 100000000) & sleep 3; kill -TERM \$!; wait" /dev/null
	echo "$output"
	[[ $output == *" s  "*"kB  "*" events/s  0 lost"* || $output == *" s  "*"MB  "*" events/s  "*" lost"* ]]
	run "$KVMPMU" record -q --duration 0.8 -e kvm:kvm_pio -- $(guest 100000000)
	[[ $output != *"events/s  "* ]]
}

@test "record: the workload's own exit status" {
	needs_events
	run "$KVMPMU" record -q -e cpu-clock -- sh -c 'exit 7'
	[ "$status" = 7 ]
	run "$KVMPMU" record -q -e cpu-clock -- sh -c 'kill -9 $$'
	[ "$status" = 137 ]
}

@test "record: SIGINT and SIGTERM close the file" {
	needs_guest
	for signal in INT TERM; do
		# bash lets background jobs ignore SIGINT, and that is inherited; env undoes it
		background env --default-signal=INT "$KVMPMU" record -e kvm:kvm_pio -o $signal.data -- \
			$(guest 100000000)
		wait_for holds $signal.data 10
		kill -$signal "$pid"
		status=0
		wait "$pid" || status=$?
		cat background.err
		[ "$status" = 0 ]
		grep -q 'none lost\|[0-9] lost' background.err
		[ "$(events $signal.data kvm:kvm_pio)" -gt 10 ]
		"$KVMPMU" report -i $signal.data >/dev/null
	done
}

@test "record: after SIGKILL, what reached the file reads" {
	needs_guest
	background $(guest 100000000)
	background "$KVMPMU" record -a -e kvm:kvm_pio -o killed.data
	wait_for holds killed.data 10
	kill -KILL "$pid"
	wait "$pid" || true
	run events killed.data kvm:kvm_pio
	echo "$output"
	[ "$output" -gt 10 ]
}

@test "record: --duration ends it, and the workload" {
	needs_guest
	run "$KVMPMU" record --duration 2 -e kvm:kvm_pio -- $(guest 100000000)
	echo "$output"
	[ "$status" = 0 ]
	[ "$(events perf.data kvm:kvm_pio)" -gt 10 ]
}

@test "record: --max-size ends it, and the file stays below" {
	needs_guest
	run "$KVMPMU" record --max-size 300k -e kvm:kvm_pio -- $(guest 100000000)
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == *"--max-size"* ]]
	[ "$(stat -c %s perf.data)" -le 307200 ]
	[ "$(stat -c %s perf.data)" -gt 200000 ]
	n=$(events perf.data kvm:kvm_pio)
	[[ $output == *", $n events"* ]]
	run "$KVMPMU" record -z --max-size 300k -e kvm:kvm_pio -o z.data -- $(guest 100000000)
	[ "$status" = 0 ]
	[ "$(stat -c %s z.data)" -le 307200 ]
	[ "$(events z.data kvm:kvm_pio)" -gt $((4 * n)) ]
	run "$KVMPMU" record --max-size 100 -e kvm:kvm_pio -- true
	echo "$output"
	[ "$status" = 2 ]
	[[ $output == *"--max-size 100"* ]]
}

@test "record: --overwrite keeps the newest, SIGUSR2 saves them" {
	needs_guest
	background env --default-signal=INT "$KVMPMU" record --overwrite -m 8 -e kvm:kvm_pio \
		-o flight.data -- $(guest 100000000)
	wait_for catches "$pid" 12
	sleep 1.5
	kill -USR2 "$pid"
	wait_for grep -q 'snapshot in' background.err
	sleep 0.3
	kill -INT "$pid"
	wait "$pid"
	cat background.err
	[ "$(grep -c 'snapshot in' background.err)" = 2 ]
	[ "$(grep -c 'lost' background.err)" = 0 ] # that would be of a file that is not there
	for file in flight.data.*; do
		n=$(events "$file" kvm:kvm_pio)
		echo "$file: $n"
		[ "$n" -gt 10 ]
		[ "$(threads "$file" kvm:kvm_pio)" = 'CPU 0/KVM' ]
	done
	[ "$(ls flight.data.* | wc -l)" = 2 ]
}

@test "record: an older file is kept" {
	needs_events
	"$KVMPMU" record -q -e cpu-clock -- true
	before=$(cksum <perf.data)
	"$KVMPMU" record -q -e cpu-clock -- true
	[ "$(cksum <perf.data.old)" = "$before" ]
}

@test "record: with --switch-detail the PMU registers are added" {
	needs_guest
	[ -e /sys/kernel/tracing/events/msr/write_msr ] || skip "no msr tracepoints"
	"$KVMPMU" record -q --switch-detail -- $(guest 100)
	"$KVMPMU" script -i perf.data >/dev/null
	grep -aq write_msr perf.data
	[ "$(events perf.data kvm:kvm_pio "at $PORT ")" = 100 ]
}

# total LINE: of /proc/interrupts, all CPUs
total() {
	awk -v line="$1:" '$1 == line { for (i = 2; i <= NF && $i ~ /^[0-9]+$/; i++) n += $i } END { print n + 0 }' \
		/proc/interrupts
}

@test "record: the host's interrupts at begin and end are in the file" {
	needs_events
	grep -q '^ *NMI:' /proc/interrupts || skip "no NMI line in /proc/interrupts"
	before=$(total NMI)
	for to in perf.data -; do
		"$KVMPMU" record -q -o $to -- true >pipe.data
		after=$(total NMI)
		[ $to = - ] && mv pipe.data perf.data
		"$KVMPMU" report --pmi --format json -i perf.data >out.json
		perl -MJSON::PP -e 'local $/; open my $f, "<", "out.json"; my $d = decode_json(<$f>);
			my ($n) = grep { $_->{interrupt} eq "NMI" } @{$d->{pmi_interrupts}};
			die "no NMI" unless $n;
			die "begin $n->{begin_count}" if $n->{begin_count} < $ARGV[0];
			die "end $n->{end_count}" if $n->{end_count} > $ARGV[1];
			die "count" if $n->{count} != $n->{end_count} - $n->{begin_count}' $before $after
	done
}

@test "record: --switch says which probes it has, or why it has none" {
	needs_events
	run "$KVMPMU" record --switch=nothing -- true
	[ "$status" = 2 ]
	[[ $output == *"'nothing'"* ]]
	run "$KVMPMU" record --switch -- true
	if "$KVMPMU" --version --build-options | grep -qi 'libbpf.*no'; then
		[ "$status" = 4 ]
		[[ $output == *"built without BPF"* ]]
	elif [ "$status" = 0 ]; then
		[[ $output == *"record: probes ("* ]]
		"$KVMPMU" script -i perf.data >/dev/null
		"$KVMPMU" report --switch -i perf.data >/dev/null
	else
		[ "$status" = 3 ] || [ "$status" = 4 ]
		[[ $output == *"--switch: "* ]]
	fi
}

@test "record: --switch=fentry without a mediated vPMU names the function that is missing" {
	needs_events
	grep -q ' kvm_mediated_pmu_load' /proc/kallsyms && skip "this kernel has a mediated vPMU"
	run "$KVMPMU" record --switch=fentry -- true
	[ "$status" = 4 ]
	[[ $output == *"kvm_mediated_pmu_load()"* || $output == *"built without BPF"* ||
		$output == *"/sys/kernel/btf"* ]]
	[ ! -e perf.data ]
}
