#!/usr/bin/env bash
# Looks for known vulnerabilities in the modules that this one uses.
#
#	scripts/vuln.sh          # fails where the database of Go cannot be asked
#	scripts/vuln.sh lint     # says so, and goes on
#
# The packages that are used are compared with the database, which takes some
# seconds. Only where it knows something of one is the code searched for calls
# of what is vulnerable, which takes most of a minute; calls are failures.
# GOVULNDB is a database of one's own, such as file:///path.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

version=v1.9.0
scanner=$PWD/bin/govulncheck-$version/govulncheck

# An app from elsewhere has no go.work: what counts are the versions in go.mod.
export GOWORK=off CGO_ENABLED=0

# unasked REASON ends the script: nothing was found out.
unasked() {
	printf 'NOT CHECKED for known vulnerabilities: %s\n' "$1"
	[[ $purpose == lint ]] || exit 1
	exit 0
}

# scan MODE MODULE prints what govulncheck finds, and returns what it returns:
# 3 for a finding, 1 if it could not work. The mode "module" would only see what
# the package in the root of the module uses.
scan() { "$scanner" -C "$2" ${GOVULNDB:+-db "$GOVULNDB"} -scan "$1" ./... 2>&1; }

purpose=${1:-}
if [[ ! -x $scanner ]]; then
	[[ ${MULLION_SETUP:-} != no ]] || unasked "govulncheck is not installed, and MULLION_SETUP is no"
	said=$(GOBIN=$(dirname "$scanner") go install "golang.org/x/vuln/cmd/govulncheck@$version" 2>&1) ||
		unasked "govulncheck cannot be installed: ${said##*$'\n'}"
fi

known=()
for dir in . $(modules); do
	code=0
	said=$(scan package "$dir") || code=$?
	case $code in
	0) ;;
	3) known+=("$dir") ;;
	*) unasked "${said##*$'\n'}" ;;
	esac
done
if ((${#known[@]} == 0)); then
	printf 'no vulnerability is known of any package\n'
	exit 0
fi

bad=0
for dir in "${known[@]}"; do
	printf '%s\n' "--- $dir: something is known of what it uses; looking for calls"
	scan symbol "$dir" || bad=1
done
exit $bad
