#!/usr/bin/env bash
# Everything that a change must pass, but for what takes long. Arguments go to go
# test, such as -count=1 or -run Name.
#
# With LONG=only it is what takes long and nothing else, and with RACE=all
# everything with the race detector.
#
# With CI=true a test that skips itself is a failure, unless
# scripts/allowed-skips.txt says why it may.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

scripts/setup.sh test
PATH=$(scripts/path.sh)
# The virtual displays of the tests are all that they shall see.
unset DISPLAY WAYLAND_DISPLAY

mkdir -p bin
brief=bin/failed.txt
rm -f "$brief"
go build -o bin/testreport ./scripts/testreport
# report COMMAND... ends packages that hang, so there is no -timeout.
report() { bin/testreport -allow scripts/allowed-skips.txt -brief "$brief" -- "$@"; }

# Every process that ends under the race detector would wait for a second, in
# case another goroutine is about to race: hosts, workers and those of sandboxes,
# too.
export GORACE=atexit_sleep_ms=10

# The race detector needs a C compiler. All else is built without one, as lint
# has built it: the tests of other modules, and the programs that tests build.
export CGO_ENABLED=0

# Without tables for debuggers linking takes two thirds of the time. There are some
# 140 test programs, and those that tests build.
export GOFLAGS="-ldflags=-s ${GOFLAGS:-}"

# run is what starts a test binary. GOGC is for the compiler, see lint.sh.
run=(-exec 'env -u GOGC CGO_ENABLED=0')
export GOGC=400

# What takes long: attacks, storms and whole projects. make test-long (LONG=only)
# tests it.
long=(
	./conformance/templates ./cmd/mullion/internal/e2e ./internal/attacks ./internal/e2e/hostile ./internal/e2e/leaks ./internal/storm
)

# The race detector costs the packages below between a quarter and three quarters
# more processor time, so they do without: they are about windows, displays and
# other programs, and what runs in them runs under the detector in the others,
# too. The plugins are attacked with so many bytes that it costs them up to six
# times as much. make race (RACE=all) tests the whole of the root module with it.
#
# What takes longest begins first.
without_detector=(
	./internal/e2e/desk ./conformance ./internal/e2e ./cmd/mullion ./internal/e2e/recovery
	./internal/e2e/kept ./mulliontest ./examples ./internal/busfilter ./internal/displayguard/...
	./plugin/clipboardmanager ./plugin/files ./plugin/httpclient ./plugin/log ./plugin/shell ./plugin/store ./plugin/websocket
)
with_detector=(./internal/core ./internal/backend/webkitgtk .)

# packages PATTERN... prints packages in this order, each once.
packages() { go list "$@" | awk '!seen[$0]++'; }
# but LIST prints the lines that are not in the list.
but() { grep -vxF "$1"; }

shopt -s inherit_errexit
mapfile -t others < <(modules) # go.work has them all; they are never under the detector
slow=$(packages "${long[@]}")
all=$(packages "${with_detector[@]}" ./...)
case ${LONG:-}${RACE:-} in
only) plain=$slow race= ;;
all) plain=$(packages "${others[@]/%//...}") race=$all ;;
*)
	plain=$(packages "${without_detector[@]}" "${others[@]/%//...}" | but "$slow")
	race=$(but "$plain"$'\n'"$slow" <<<"$all")
	;;
esac

# Three packages at a time: each waits for its windows now and then. Vet was a
# step of lint.
tests() { report go test "${run[@]}" -json -vet=off -shuffle=on -p 3 -timeout 0 "$@"; }

[[ ${LONG:-} == only ]] || step lint scripts/lint.sh
# shellcheck disable=SC2086 # a package is a word
step 'go test' tests "$@" $plain
# shellcheck disable=SC2086
[[ -z $race ]] || CGO_ENABLED=1 step 'go test -race' tests -race "$@" $race
if ! summary; then
	# A build server may keep no more than the end of this.
	[[ ! -e $brief ]] || head -n 15 "$brief"
	exit 1
fi
