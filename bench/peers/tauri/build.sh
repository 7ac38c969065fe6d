#!/bin/sh
# build.sh OUT: puts the program at OUT/peer, and prints what it was made of.
set -eu
cd "$(dirname "$0")"
PATH=$PATH:$HOME/.cargo/bin
command -v cargo >/dev/null || { echo 'cargo is not installed (rustup, or the package cargo)' >&2; exit 1; }
pkg-config --exists webkit2gtk-4.1 || { echo 'the package libwebkit2gtk-4.1-dev is missing' >&2; exit 1; }
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$1/target} nice cargo build --release --locked -j "${PEERS_JOBS:-1}" >&2
cp "${CARGO_TARGET_DIR:-$1/target}/release/peer-tauri" "$1/peer"
echo "Tauri $(sed -n '/^name = "tauri"$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)"
cargo --version | cut -d ' ' -f 1-2
