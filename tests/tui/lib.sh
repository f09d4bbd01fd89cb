# SPDX-License-Identifier: GPL-2.0-only
#
# tests/tui/lib.sh - drives kvmpmu top in a terminal of tmux. Sourced by the tests beside it. Nothing waits
# for a time: everything waits for what shall be on the screen, for up to TUI_PATIENCE seconds.

TUI_PATIENCE=${TUI_PATIENCE:-90}
tui_tmp=$(mktemp -d)
tui_n=0
tui_failed=

# A server of its own for each terminal: one that is about to end takes no session.
tui_server=0
tmux_() {
	tmux -L "kvmpmu-test-$$-$tui_server" -f /dev/null "$@"
}

tui_clean() {
	tmux_ kill-server 2>/dev/null
	rm -rf "$tui_tmp"
}
trap tui_clean EXIT

# tui_start COLSxROWS TERM ARGS...: kvmpmu top ARGS in a fresh terminal; tui_env holds more variables
tui_start() {
	local size=$1 term=$2
	shift 2
	tui_stop
	tui_server=$((tui_server + 1))
	rm -f "$tui_tmp"/{before,after,status,pid}
	# the pid is the one of kvmpmu, as exec keeps it
	cat >"$tui_tmp/run" <<-END
		cd '$KP_TOP'
		stty -g >'$tui_tmp/before'
		env -u NO_COLOR TERM=$term LC_ALL=C.UTF-8 XDG_CONFIG_HOME='$tui_tmp/config' $tui_env \
			sh -c 'echo \$\$ >"$tui_tmp/pid"; exec "\$@"' sh '$KVMPMU' top $*
		echo \$? >'$tui_tmp/status'
		stty -g >'$tui_tmp/after'
		echo 'it has ended'
		exec sleep 1000
	END
	tmux_ -u new-session -d -s top -x "${size%x*}" -y "${size#*x}" sh "$tui_tmp/run" \; \
		set-option -g status off \; resize-window -t top -x "${size%x*}" -y "${size#*x}" >/dev/null
}

tui_stop() {
	tmux_ kill-server 2>/dev/null
	return 0
}

tui_keys() {
	tmux_ send-keys -t top "$@"
}

tui_screen() {
	tmux_ capture-pane -p "$@" -t top 2>/dev/null | "$KP_TOP/tests/tui/sgr.pl"
}

# tui_until COMMAND...: until it succeeds
tui_until() {
	local end=$((SECONDS + TUI_PATIENCE))
	until "$@" >/dev/null 2>&1; do
		if [ $SECONDS -ge $end ]; then
			tui_failed="$* did not come true; the screen:
$(tui_screen)"
			return 1
		fi
		sleep 0.05
	done
}

# In UTF-8 whatever the caller's locale: a "." of the pattern stands for a character of several bytes too.
tui_has() {
	tui_screen | LC_ALL=C.UTF-8 grep -qE -- "$1"
}

# tui_wait PATTERN: until a line of the screen matches
tui_wait() {
	tui_until tui_has "$1"
}

tui_is() {
	tui_screen $2 | cmp -s - "$1"
}

# tui_expect NAME [-e]: until the whole screen is expect/NAME; -e: with colours
tui_expect() {
	local file=$KP_TOP/tests/tui/expect/$1 last=
	if [ -n "${KP_UPDATE:-}" ]; then
		while [ "$last" != "$(tui_screen $2)" ]; do
			last=$(tui_screen $2)
			sleep 0.7
		done
		tui_screen $2 >"$file"
	fi
	tui_until tui_is "$file" "$2" && return
	tui_failed=$(diff -u "$file" <(tui_screen $2))
	return 1
}

# tui_ended STATUS: the program has ended with it, and left the terminal as it was
tui_ended() {
	tui_until test -s "$tui_tmp/after" || return
	[ "$(cat "$tui_tmp/status")" = "$1" ] ||
		{ tui_failed="exit status $(cat "$tui_tmp/status"), not $1"; return 1; }
	cmp -s "$tui_tmp/before" "$tui_tmp/after" ||
		{ tui_failed='the terminal is not as it was'; return 1; }
	[ "$(tmux_ display-message -p -t top '#{alternate_on} #{cursor_flag}')" = '0 1' ] ||
		{ tui_failed='the other screen is still on, or the cursor is off'; return 1; }
}

tui_pid() {
	tui_until test -s "$tui_tmp/pid"
	cat "$tui_tmp/pid"
}

# tui_test NAME FUNCTION
tui_test() {
	local ok='ok'
	tui_failed= tui_env=
	tui_n=$((tui_n + 1))
	"$2" || ok='not ok'
	echo "$ok $tui_n - $1"
	[ "$ok" = ok ] || sed 's/^/# /' <<<"$tui_failed"
}
