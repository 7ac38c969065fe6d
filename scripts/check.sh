#!/usr/bin/env bash
# What can be tested without a display, and without the race detector. It is for
# while one works: packages that a change does not reach are not tested again, by
# the cache of go test. All of them are a minute and a half. scripts/test.sh is what
# a change must pass. Arguments go to go test of the root module.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

scripts/setup.sh check
PATH=$(scripts/path.sh)
export CGO_ENABLED=0
unset DISPLAY WAYLAND_DISPLAY

# without_display MODULE prints the packages whose tests do without. All others
# depend on the one package that starts displays.
without_display() {
	go -C "$1" list -test -f '{{if not .ForTest}}{{.ImportPath}} {{join .Deps " "}} {{end}}' ./... |
		awk -v needs=' github.com/mullion-dev/mullion/internal/display ' '
			$1 !~ /\.test$/ { packages[++n] = $1 }
			$1 ~ /\.test$/ && index($0, needs) { sub(/\.test$/, "", $1); display[$1] = 1 }
			END { for (i = 1; i <= n; i++) if (!(packages[i] in display)) print packages[i] }'
}

# tests DIR ARGS... runs the tests of a module that need no display.
tests() {
	local dir=$1 packages
	shift
	mapfile -t packages < <(without_display "$dir")
	if ((${#packages[@]} == 0)); then
		if [[ $dir == . || -z $(go -C "$dir" list ./...) ]]; then
			printf 'no package was found\n'
			return 1
		fi
		printf 'all its tests need a display\n'
		return 0
	fi
	# Much of it waits: four packages at a time, also on two processors.
	bin/testreport -allow scripts/allowed-skips.txt -- go -C "$dir" test -p 4 -json -timeout 0 "$@" "${packages[@]}"
}

mkdir -p bin
go build -o bin/testreport ./scripts/testreport

step gofmt formatted
step 'go vet ./...' go vet ./...
step 'go test without a display' tests . "$@"
for dir in $(modules); do
	step "the same in ${dir#./}" tests "$dir"
done
summary
