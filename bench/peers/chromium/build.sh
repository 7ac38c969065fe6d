#!/bin/sh
# build.sh OUT: puts the program at OUT/peer, and prints what it was made of.
set -eu
cd "$(dirname "$0")"
command -v chromium >/dev/null || { echo 'the package chromium is missing' >&2; exit 1; }
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$1/peer" .
chromium --version 2>/dev/null | cut -d ' ' -f 1-2
