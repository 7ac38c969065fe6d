#!/bin/sh
# build.sh OUT: puts the program at OUT/peer, and prints what it was made of.
set -eu
cd "$(dirname "$0")"
export GOWORK=off CGO_ENABLED=1
command -v cc >/dev/null || { echo 'there is no C compiler' >&2; exit 1; }
pkg-config --exists webkit2gtk-4.1 || { echo 'the package libwebkit2gtk-4.1-dev is missing' >&2; exit 1; }
nice go build -p 1 -trimpath -tags desktop,production,webkit2_41 -ldflags '-s -w' -o "$1/peer" . >&2
echo "Wails $(go list -m -f '{{.Version}}' github.com/wailsapp/wails/v2)"
