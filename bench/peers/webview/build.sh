#!/bin/sh
# build.sh OUT: puts the program at OUT/peer, and prints what it was made of.
set -eu
cd "$(dirname "$0")"
export GOWORK=off CGO_ENABLED=1
command -v c++ >/dev/null || { echo 'there is no C++ compiler' >&2; exit 1; }
pkg-config --exists webkit2gtk-4.0 || { echo 'the package libwebkit2gtk-4.0-dev is missing' >&2; exit 1; }
nice go build -p 1 -trimpath -ldflags '-s -w' -o "$1/peer" . >&2
echo "webview_go $(go list -m -f '{{.Version}}' github.com/webview/webview_go)"
