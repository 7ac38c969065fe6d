#!/usr/bin/env bash
# Everything that a change must pass. Arguments go to go test, such as -count=1 or
# -run Name.
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

# The race detector costs the packages below between a quarter and three quarters
# more processor time, so they do without: they are about windows, displays and
# other programs, and what runs in them runs under the detector in the others,
# too. The plugins are attacked with so many bytes that it costs them up to six
# times as much. make race (RACE=all) tests the whole of the root module with it.
#
# What takes longest begins first.
without_detector=(
	./conformance/templates ./internal/e2e ./internal/e2e/desk ./conformance ./internal/attacks ./internal/e2e/hostile
	./internal/e2e/leaks ./internal/e2e/kept ./internal/storm ./mulliontest ./examples ./internal/busfilter ./internal/displayguard/...
	./plugin/httpclient ./plugin/log ./plugin/store ./plugin/websocket
)
[[ ${RACE:-} != all ]] || without_detector=()
first=(./internal/e2e/recovery ./internal/core ./internal/backend/webkitgtk .)

# plain_packages and race_packages print the packages of each step. Those of the
# other modules are never under the detector. go.work has them all.
plain_packages() {
	local dir
	go list ./cmd/mullion/internal/e2e "${without_detector[@]}"
	for dir in $(modules); do
		go list "$dir/..."
	done
}
race_packages() {
	go list "${first[@]}" ./...
}

# Three packages at a time: each waits for its windows now and then. Vet was a
# step of lint.
tests() { report go test "${run[@]}" -json -vet=off -shuffle=on -p 3 -timeout 0 "$@"; }

shopt -s inherit_errexit
list=$(plain_packages | awk '!seen[$0]++')
mapfile -t plain <<<"$list"
list=$(race_packages | awk '!seen[$0]++' | grep -vxF "$list")
mapfile -t race <<<"$list"

step lint scripts/lint.sh
step 'go test' tests "$@" "${plain[@]}"
CGO_ENABLED=1 step 'go test -race' tests -race "$@" "${race[@]}"
if ! summary; then
	# A build server may keep no more than the end of this.
	[[ ! -e $brief ]] || head -n 15 "$brief"
	exit 1
fi
