#!/usr/bin/env bash
# Builds the notes example and opens it. Arguments are passed on to it.
#
# Without a display it is opened on a virtual one: when its window is ready a
# picture of it is saved, and everything ends.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# limit is how many seconds each thing waited for may take.
limit=60
picture=bin/demo.png
binary=bin/notes
data=$PWD/bin/demo-data

build() {
	mkdir -p bin
	printf 'demo: building %s\n' "$binary"
	CGO_ENABLED=0 go -C examples/notes build -o "$PWD/$binary" .
}

if [[ -n ${DISPLAY:-} || -n ${WAYLAND_DISPLAY:-} ]]; then
	scripts/setup.sh demo
	build
	printf 'demo: opening %s, with its data in %s\n' "$binary" "$data"
	exec "$binary" -data "$data" "$@"
fi

scripts/setup.sh headless
build
printf 'demo: there is no display; opening %s on a virtual one\n' "$binary"

pids=()   # what was started, in that order
temp=$(mktemp -d)

stop() {
	local i
	for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
		kill "${pids[i]}" 2>/dev/null || continue
		# Who does not end when asked is ended.
		if ! within 10 ended "${pids[i]}"; then
			kill -KILL "${pids[i]}" 2>/dev/null || true
		fi
		wait "${pids[i]}" 2>/dev/null || true
	done
	rm -rf "$temp"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
	printf 'demo: %s\n' "$*" >&2
	exit 1
}

# within SECONDS COMMAND... waits until the command succeeds.
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.05
	done
}

ended() { ! kill -0 "$1" 2>/dev/null; }

# running PID NAME fails if what was started has ended.
running() {
	if ended "$1"; then
		fail "$2 has ended"
	fi
}

display_known() {
	running "$server" Xvfb
	[[ -s $temp/display ]]
}

manager_up() {
	running "$manager" openbox
	xprop -root _NET_SUPPORTING_WM_CHECK 2>/dev/null | grep -q 'window id'
}

app_ready() {
	running "$app" "$binary"
	[[ -e $temp/ready ]]
}

# -noreset: or the server starts anew, and throws everybody out, whenever the
# last client leaves, which xprop below may be.
Xvfb -displayfd 3 -screen 0 1280x860x24 -nolisten tcp -noreset 3>"$temp/display" 2>"$temp/xvfb.log" &
server=$!
pids+=("$server")
within "$limit" display_known || fail "Xvfb did not start: $(cat "$temp/xvfb.log")"
export DISPLAY
DISPLAY=":$(cat "$temp/display")"

openbox --sm-disable >"$temp/openbox.log" 2>&1 &
manager=$!
pids+=("$manager")
within "$limit" manager_up || fail "openbox did not start: $(cat "$temp/openbox.log")"

"$binary" -data "$data" -ready-file "$temp/ready" "$@" &
app=$!
pids+=("$app")
within "$limit" app_ready || fail "the window was not ready after $limit seconds"

import -window root "$picture"
printf 'demo: the window is open; a picture of it is in %s\n' "$PWD/$picture"
