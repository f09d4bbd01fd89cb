#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kvmpmu top on a terminal: whole screens on recordings, where a paused replay stands still at a tick until
# a key lets it go on; keys; the ways it may end; and live beside the micro-guest. KP_UPDATE=1 rewrites
# the expected screens.
cd "$KP_TOP" || exit
command -v tmux >/dev/null || { echo '1..0 # SKIP no tmux'; exit; }
. tests/tui/lib.sh

mediated=tests/data/lab-amd-mediated-guest/perf.data
arm64=tests/data/lab-arm64-hybrid-guest/perf.data
replay="-i $mediated -d 100ms --paused --no-settings"

screens() {
	tui_start 80x24 screen-256color $replay --seek 2s
	tui_wait '2\.000 of 2\.271 s' && tui_expect overview-80x24 || return
	tui_keys 2 && tui_expect vcpus-80x24 || return
	tui_keys 3 && tui_expect exits-80x24 || return
	tui_keys 4 && tui_expect counters-80x24 || return
	tui_keys 5 && tui_expect pmi-80x24 || return
	tui_keys 6 && tui_expect doctor-80x24 || return
	tui_keys F1 && tui_expect help-80x24 || return
	tui_keys q
	tui_ended 0
}

large() {
	tui_start 120x40 screen-256color $replay --seek 2s
	tui_wait '2\.000 of' && tui_expect overview-120x40 || return
	tui_keys 2 && tui_expect vcpus-120x40 || return
	tui_keys 3 && tui_expect exits-120x40
}

tui_size() {
	[ "$(tmux_ display-message -p -t top '#{pane_width}x#{pane_height}')" = "$1" ]
}

# README shows this screen.
readme() {
	local line
	tui_start 104x14 screen-256color -i $mediated -d 40ms --paused --no-settings --seek 1.96s
	tui_wait '1\.960 of' && tui_keys a && tui_expect readme-104x14 || return
	while IFS= read -r line; do
		grep -qxF -- "$line" README.md || { tui_failed="README.md lacks: $line"; return 1; }
	done <tests/tui/expect/readme-104x14
}

small() {
	tui_start 40x10 screen-256color $replay --seek 2s
	tui_wait '2\.000 of' && tui_expect overview-40x10 || return
	tmux_ resize-window -t top -x 1 -y 1
	tui_until tui_size 1x1 || return
	tui_keys 1 2 3 4 5 6 F1 Tab Enter Down PgDn F2 Down Escape
	tmux_ resize-window -t top -x 80 -y 24
	tui_wait ' 1 Overview ' || return
	tui_keys 1 && tui_wait '^CPU Guest%' || return
	tmux_ resize-window -t top -x 2 -y 3
	tmux_ resize-window -t top -x 40 -y 10
	tui_expect overview-40x10
}

colors() {
	tui_start 80x24 screen-256color $replay --seek 2s
	tui_wait '2\.000 of' && tui_expect overview-256.esc -e || return
	tui_start 80x24 screen $replay --seek 2s
	tui_wait '2\.000 of' && tui_expect overview-8.esc -e || return
	tui_env=NO_COLOR=1
	tui_start 80x24 screen-256color $replay --seek 2s
	tui_wait '2\.000 of' && tui_expect overview-0.esc -e || return
	[[ $(tui_screen -e) != *$'\e['[0-9\;]*'38;5;'* ]]
}

ascii() {
	tui_start 80x24 screen-256color $replay --seek 2s --ascii
	tui_wait '2\.000 of' && tui_expect overview-ascii || return
	tui_keys 3 && tui_expect exits-ascii || return
	! tui_screen | LC_ALL=C grep -q '[^ -~]' || return
	tui_env='LC_ALL=C'
	tui_start 80x24 screen-256color $replay --seek 2s
	tui_wait '2\.000 of' && tui_expect overview-ascii
}

arm() {
	tui_start 80x24 screen-256color -i $arm64 -d 10ms --paused --no-settings --seek 70ms
	tui_wait '0\.070 of' && tui_keys 3 a && tui_wait SYS64 && tui_expect exits-arm64
}

zoom() {
	tui_start 80x24 screen-256color $replay --seek 2s
	tui_wait '2\.000 of' && tui_keys a 2 && tui_wait 'since the start' || return
	tui_keys F5 && tui_wait 'vCPUs  [1-9] row' && tui_keys Enter || return
	tui_wait 'again . VM 111 kvmpmu . vCPU 0' || return
	tui_keys Enter && tui_wait 'vCPU 0 . msr ' && tui_expect zoom-reason || return
	tui_keys BSpace && tui_wait 'vCPU 0  [0-9]+ row' || return
	tui_keys BSpace && tui_wait '^vCPUs  1 row' || return
	tui_keys F5 && tui_wait '^vCPUs  2 rows' && tui_keys Enter && tui_wait '^vCPUs . VM 111'
}

order() {
	tui_start 120x24 screen-256color $replay --seek 2s
	tui_wait '2\.000 of' && tui_keys a 3 && tui_wait 'since the start' || return
	tui_keys F6 && tui_wait 'Mean +mean duration' || return
	tui_keys Down Down && tui_keys Enter && tui_expect sorted-rate || return
	tui_keys I && tui_expect sorted-reverse || return
	tui_keys '>' && tui_wait 'Cnt%▼'
}

filter() {
	tui_start 100x24 screen-256color $replay --seek 2s
	tui_wait '2\.000 of' && tui_keys a 3 && tui_wait 'since the start' || return
	tui_keys F4 && tui_wait '^Filter:' && tui_keys -l msr && tui_wait 'filter: msr, 1 of [0-9] rows' || return
	tui_keys BSpace && tui_wait 'filter: ms, ' && tui_keys Enter && tui_wait 'F1Help' || return
	tui_keys F4 && tui_wait '^Filter: ms' && tui_keys Escape && tui_wait '^Exits.* [2-9] rows' || return
	tui_keys / && tui_keys -l npf && tui_keys Enter && tui_wait 'F1Help' || return
	tui_keys Enter && tui_wait '. npf  '
}

columns() {
	tui_start 120x24 screen-256color $replay --seek 2s
	tui_wait '2\.000 of' && tui_keys 3 && tui_wait 'Latency' || return
	tui_keys F2 && tui_wait '\[ \] Code' && tui_keys Down Space && tui_wait '\[x\] Code' || return
	tui_keys Escape && tui_wait '^Reason +Code' && tui_wait '0x7c' || return
	tui_keys Right && tui_wait '^Reason +Exits/s' && tui_keys Left && tui_wait '^Reason +Code' || return
	tui_keys e && tui_wait ' [0-9]+,[0-9]{3}'
}

steps() {
	tui_start 80x24 screen-256color $replay
	tui_wait '0\.100 of 2\.271 s.*PAUSED' && tui_keys s && tui_wait '0\.200 of' || return
	tui_keys '.' && tui_wait '0\.300 of' && tui_keys ')' && tui_wait '1\.300 of' || return
	tui_keys '(' && tui_wait '0\.300 of' && tui_keys 0 && tui_wait '0\.100 of' || return
	tui_keys + && tui_wait 'every 200\.0 ms' && tui_keys s && tui_wait '0\.300 of' || return
	tui_keys '}' && tui_wait 'speed 2' && tui_keys m && tui_wait 'speed max' || return
	tui_keys Space && tui_wait '2\.271 of 2\.271 s.*END' || return
	tui_keys '(' && tui_wait 'END' && tui_keys q
	tui_ended 0
}

settings() {
	tui_start 80x24 screen-256color -i $mediated -d 100ms --paused
	tui_wait '0\.100 of' && tui_keys 3 a F6 && tui_wait 'Mean +mean' || return
	tui_keys Down Down Down && tui_keys Enter && tui_wait 'Cnt%▼' || return
	tui_keys q && tui_ended 0 || return
	grep -q '^sort.exits=count_pct$' "$tui_tmp/config/kvmpmu/top.conf" || return
	tui_start 80x24 screen-256color -i $mediated -d 100ms --paused
	tui_wait 'Cnt%▼' && tui_wait 'since the start' && tui_keys q && tui_ended 0
}

signals() {
	local sig
	for sig in TERM:143 HUP:129 INT:130 QUIT:131; do
		tui_start 80x24 screen-256color $replay
		tui_wait '0\.100 of' && kill -"${sig%:*}" "$(tui_pid)" && tui_ended "${sig#*:}" || return
	done
}

stopped() {
	grep -q '^State:.T' "/proc/$1/status"
}

suspend() {
	local pid
	tui_start 80x24 screen-256color $replay
	tui_wait '0\.100 of' && pid=$(tui_pid) && kill -TSTP "$pid" && tui_until stopped "$pid" || return
	[ "$(tmux_ display-message -p -t top '#{alternate_on}')" = 0 ] || return
	kill -CONT "$pid" && tui_wait '0\.100 of' && tui_keys s && tui_wait '0\.200 of' || return
	tui_keys q
	tui_ended 0
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

terminal_dies() {
	local pid
	tui_start 80x24 screen-256color $replay
	tui_wait '0\.100 of' && pid=$(tui_pid) && tui_stop && tui_until gone "$pid"
}

dumb() {
	tui_start 80x24 dumb $replay
	tui_wait 'TERM=dumb: that terminal cannot place its cursor' && tui_wait 'batch' && tui_ended 4 || return
	tui_start 80x24 nosuchterm $replay
	tui_wait 'TERM=nosuchterm: no such terminal is known here' && tui_wait 'batch' && tui_ended 4
}

# What is on the screen of a live host depends on it; what must be there is little.
live() {
	tui_start 100x30 screen-256color -d 100ms --no-settings
	tui_wait 'live  every 100\.0 ms' && tui_wait '^CPU Guest%' || return
	tui_keys 6 && tui_wait 'IPC +(cycles|the host has no PMU)' || return
	tui_keys '(' && tui_wait 'cannot be seen again' || return
	tui_keys Space && tui_wait 'PAUSED' && tui_keys q
	tui_ended 0
}

guest() {
	local bench
	"$KVMPMU" bench --raw io --duration 600 >"$tui_tmp/bench" 2>&1 &
	bench=$!
	tui_start 100x30 screen-256color -d 200ms --no-settings --vm $bench
	tui_keys 2 && tui_wait "^ +$bench kvmpmu +0 " || { kill $bench; return 1; }
	if tui_has 'no events:'; then
		kill $bench
		return 0
	fi
	tui_keys 3 && tui_wait '^(IO|io|IO_INSTRUCTION) +[0-9.]+[kM]? ' || { kill $bench; return 1; }
	tui_keys 2 Down F7 && tui_wait 'Pin to host CPUs' && tui_keys -l 0 && tui_keys Enter &&
		tui_wait 'Pin thread [0-9]+ to CPU 0\? \(y/n\)' && tui_keys y &&
		tui_wait 'now runs on CPU 0|cannot be pinned' || { kill $bench; return 1; }
	kill $bench
	wait $bench 2>/dev/null
	tui_until gone_from_screen $bench && tui_keys q && tui_ended 0
}

gone_from_screen() {
	! tui_has "^ +$1 kvmpmu"
}

tests=(
	'every screen at 80x24' screens
	'screens at 120x40' large
	'the screen of README' readme
	'10 rows, one cell, and back again' small
	'256 colours, 8, none' colors
	'ASCII on demand, and in a locale without UTF-8' ascii
	'another architecture' arm
	'zoom from VM to vCPU to reason, and back' zoom
	'sort by a column' order
	'filter and search' filter
	'columns, and exact numbers' columns
	'step, seek, interval, speed' steps
	'settings are kept' settings
	'signals end it, and the terminal is as it was' signals
	'suspend and resume' suspend
	'the terminal dies' terminal_dies
	'TERM=dumb' dumb
	'this host' live
)
if "$KVMPMU" bench --raw io --iterations 1 >/dev/null 2>&1; then
	tests+=('a guest comes, works, is pinned, and goes' guest)
fi
echo "1..$((${#tests[@]} / 2))"
for ((i = 0; i < ${#tests[@]}; i += 2)); do
	tui_test "${tests[i]}" "${tests[i + 1]}"
done
