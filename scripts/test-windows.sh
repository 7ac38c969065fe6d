#!/usr/bin/env bash
# Tests for Windows, under wine: whole apps against a double of the WebView2
# runtime, the packages that are particular to Windows, and those of all systems
# that need no rendered page. Arguments go to go test of the latter.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

if ! scripts/setup.sh windows; then
	printf 'test-windows: skipped, nothing was tested: wine or the cross compiler cannot be installed here; see above\n'
	exit 0
fi
unset DISPLAY WAYLAND_DISPLAY

# -ldflags=-s: without tables for debuggers linking takes two thirds of the time.
# It makes the wine prefix in bin, with what programs of Go lack there.
app() { go test -tags wine -ldflags=-s -count=1 "$@" ./internal/e2e/wine; }

# own are packages with tests of Windows' own. shared have those of all systems which need no rendered page: capabilities, calls,
# streams, events, menus, states, and hosts that lie, on the engine in memory.
own=(./internal/wire ./internal/sandbox ./internal/instance ./plugin/clipboardmanager ./internal/backend/webview2)
shared=(./capability ./config ./ipc ./internal/menu ./internal/windowoptions ./internal/host ./internal/core)

# not_there are tests that remove folders, which wine 8 cannot for programs of Go ("Invalid function"), of files with names, modes and paths of
# Unix, and one (OversizedPage) whose picture does not come.
not_there='^Test(.*Download|.*Dialog|ChooseFiles|LastProgress|Print|DropFiles|(|Not|HungIsNot)Blank|Images|MediaAttacks|About|HostsByGrants|PathEntry|OversizedPage)'

# packages runs on a display of its own: without one, wine has no windows, also none that are hidden.
packages() {
	coproc DISPLAYED { exec Xvfb -displayfd 1 -nolisten tcp -screen 0 800x600x24 2>/dev/null; }
	local server=$DISPLAYED_PID number status=0
	read -r number <&"${DISPLAYED[0]}"
	export DISPLAY=:$number
	export WINEPREFIX=$PWD/bin/wine/prefix WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml='
	GOOS=windows CGO_ENABLED=0 go test -ldflags=-s -count=1 -exec wine -skip "$not_there" "${own[@]}" "${shared[@]}" || status=1
	kill "$server"
	return "$status"
}

step 'an app against the double' app "$@"
step 'packages under wine' packages
summary
