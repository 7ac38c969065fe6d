#!/usr/bin/env bash
# Prints the PATH for the tests: with the Node that setup.sh fetched, if it had to.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [[ -d $root/bin/node/bin ]]; then
	printf '%s:%s\n' "$root/bin/node/bin" "$PATH"
else
	printf '%s\n' "$PATH"
fi
