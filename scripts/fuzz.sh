#!/usr/bin/env bash
# Runs each fuzz target for a while: scripts/fuzz.sh 10s
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

time=${1:-10s}
targets=$(grep -rno --include='*_test.go' --exclude-dir=node_modules '^func Fuzz[A-Za-z0-9_]*' . | sort)
[[ -n $targets ]] || {
	echo 'there are no fuzz targets' >&2
	exit 1
}
while IFS=: read -r file _ target; do
	dir=$(dirname "$file")
	target=${target#func }
	step "$dir $target" go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -parallel 2 "$dir"
done <<<"$targets"
summary
