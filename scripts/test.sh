#!/usr/bin/env bash
# Everything that a change must pass. Arguments go to go test of the root
# module, such as -count=1 or -run Name.
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

# run is what starts a test binary. GOGC is for the compiler, see lint.sh.
run=(-exec 'env -u GOGC CGO_ENABLED=0')
export GOGC=400

# The race detector costs the packages below between a quarter and three quarters
# more processor time, so they do without: they are about windows, displays and
# other programs, and what runs in them runs under the detector in the others,
# too. The two plugins are attacked with so many bytes that it costs them six
# times as much. make race (RACE=all) tests everything with it.
#
# What takes longest begins first.
without_detector=(
	./conformance ./conformance/templates ./internal/e2e/desk ./internal/attacks ./internal/e2e/hostile
	./internal/e2e/leaks ./internal/e2e/kept ./internal/storm ./examples ./internal/busfilter ./internal/displayguard/...
	./plugin/httpclient ./plugin/log
)
[[ ${RACE:-} != all ]] || without_detector=()
first=(./internal/e2e ./internal/e2e/recovery ./internal/core ./internal/backend/webkitgtk . ./mulliontest)

# with_detector prints all other packages.
with_detector() {
	go list "${first[@]}"
	go list ./... | grep -vxF -f <(go list "${first[@]}" "${without_detector[@]}")
}

# Three packages at a time: each waits for its windows now and then. Vet was a
# step of lint.
options=("${run[@]}" -json -vet=off -shuffle=on -p 3 -timeout 0)
plain() { report go test "${options[@]}" "$@" "${without_detector[@]}"; }
race() {
	local packages
	mapfile -t packages < <(with_detector)
	CGO_ENABLED=1 report go test -race "${options[@]}" "$@" "${packages[@]}"
}

module() { report go -C "$1" test "${options[@]}" ./...; }

step lint scripts/lint.sh
((${#without_detector[@]} == 0)) || step 'go test' plain "$@"
step 'go test -race' race "$@"
for dir in $(modules); do
	step "go test in ${dir#./}" module "$dir"
done
if ! summary; then
	# A build server may keep no more than the end of this.
	[[ ! -e $brief ]] || head -n 15 "$brief"
	exit 1
fi
