package capability

import "unicode"

// Denials of paths ignore case where the file system commonly does, so that
// another spelling of a denied name is no way around the denial.

// equalFold reports whether two characters differ in case at most.
func equalFold(a, b rune) bool {
	if a == b {
		return true
	}
	for r := unicode.SimpleFold(a); r != a; r = unicode.SimpleFold(r) {
		if r == b {
			return true
		}
	}
	return false
}

// containsFold reports whether r, in any case, lies within the bounds.
func (b runeBounds) containsFold(r rune) bool {
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		if b.low <= f && f <= b.high {
			return true
		}
	}
	return false
}
