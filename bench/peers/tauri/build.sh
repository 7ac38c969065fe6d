#!/bin/sh
# build.sh OUT: puts the program at OUT/peer, and prints what it was made of.
set -eu
cd "$(dirname "$0")"
PATH=$PATH:$HOME/.cargo/bin
command -v cargo >/dev/null || { echo 'cargo is not installed (rustup, or the package cargo)' >&2; exit 1; }
for library in webkit2gtk-4.1 dbus-1; do
	pkg-config --exists $library || { echo "pkg-config does not find $library: the packages libwebkit2gtk-4.1-dev and libdbus-1-dev" >&2; exit 1; }
done
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$1/target} nice cargo build --release --locked ${PEERS_JOBS:+-j "$PEERS_JOBS"} >&2
cp "${CARGO_TARGET_DIR:-$1/target}/release/peer-tauri" "$1/peer"
echo "Tauri $(sed -n '/^name = "tauri"$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)"
cargo --version | cut -d ' ' -f 1-2
