package updater

import (
	"cmp"
	"fmt"
	"strings"

	"golang.org/x/mod/semver"
)

// version is one by the rules of semver.org, without a v.
type version string

// maxVersion bounds the text of a version, in bytes.
const maxVersion = 256

func parseVersion(s string) (version, error) {
	s = strings.TrimLeft(s, "v")
	v := "v" + s
	// The package lets v1 and v1.2 through.
	if len(s) > maxVersion || !semver.IsValid(v) || semver.Canonical(v)+semver.Build(v) != v {
		return "", fmt.Errorf("%.64q is no semantic version, such as 1.2.3", s)
	}
	return version(s), nil
}

// compare orders versions. Of two that differ in build metadata only, which has
// no place in the order of semver.org, the one with more of it is the higher one:
// so does the order of the Rust crate semver, by which published updaters decide.
func (v version) compare(w version) int {
	if c := semver.Compare("v"+string(v), "v"+string(w)); c != 0 {
		return c
	}
	_, a, _ := strings.Cut(string(v), "+")
	_, b, _ := strings.Cut(string(w), "+")
	return compareBuilds(a, b)
}

func compareBuilds(a, b string) int {
	for a != "" && b != "" {
		var x, y string
		x, a, _ = strings.Cut(a, ".")
		y, b, _ = strings.Cut(b, ".")
		if c := compareIdentifiers(x, y); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

func compareIdentifiers(x, y string) int {
	switch isNumber(x) + isNumber(y) {
	case 0:
		return cmp.Compare(x, y)
	case 1:
		return isNumber(y) - isNumber(x) // numbers are lower than words
	}
	m, n := strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
	return cmp.Or(cmp.Compare(len(m), len(n)), cmp.Compare(m, n), cmp.Compare(len(x), len(y)))
}

func isNumber(s string) int {
	if s != "" && strings.Trim(s, "0123456789") == "" {
		return 1
	}
	return 0
}
