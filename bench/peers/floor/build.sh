#!/bin/sh
# build.sh OUT: puts the program at OUT/peer, and prints what it was made of.
set -eu
cd "$(dirname "$0")"
command -v cc >/dev/null || { echo 'there is no C compiler' >&2; exit 1; }
pkg-config --exists webkit2gtk-4.1 || { echo 'the package libwebkit2gtk-4.1-dev is missing' >&2; exit 1; }
# shellcheck disable=SC2046
cc -O2 -s -Wall -Wa,-I../ui/files -o "$1/peer" main.c $(pkg-config --cflags --libs webkit2gtk-4.1)
echo "WebKitGTK $(pkg-config --modversion webkit2gtk-4.1)"
