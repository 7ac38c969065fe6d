#!/usr/bin/env bash
# Everything that can be checked without running a test: the form of the
# sources, vet for each system, and that what is generated is fresh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

scripts/setup.sh test
PATH=$(scripts/path.sh)
export CGO_ENABLED=0
# The compiler is done before it runs out of memory: it collects less garbage, and
# takes a sixth less processor time and two fifths more memory.
export GOGC=400

shell() {
	local scripts=(scripts/*.sh .ci/run) f
	for f in "${scripts[@]}"; do
		bash -n "$f" || return 1
	done
	if command -v shellcheck >/dev/null; then
		shellcheck -x "${scripts[@]}"
	else
		echo 'shellcheck is not installed: the scripts were only parsed'
	fi
}

vet_and_build() { go vet ./... && go build ./...; }

other_modules() {
	local dir
	for dir in $(modules); do
		go -C "$dir" vet ./... || return 1
	done
}

bridge() {
	go -C internal/bridge/build run . -check &&
		(cd internal/bridge && node node_modules/typescript/bin/tsc -p .)
}

step gofmt formatted
step 'shell scripts' shell
step 'vet and build' vet_and_build
step 'vet for Windows and macOS' go -C scripts/vet run . windows/amd64 darwin/arm64
step 'vet the other modules' other_modules
step 'scripts of the bridge: fresh and well typed' bridge
step 'known vulnerabilities' scripts/vuln.sh lint
summary
