package assets

import (
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"
)

// strongTag returns the entity tag for content with the given hash.
func strongTag(sum []byte) string {
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// weakTag returns the entity tag for a file of the user. It is weak because
// a file may change twice within one tick of the clock and keep its size.
func weakTag(info fs.FileInfo) string {
	return fmt.Sprintf(`W/"%x-%x"`, info.Size(), uint64(info.ModTime().UnixNano()))
}

// matchesAny reports whether a list of entity tags, the value of If-None-Match,
// has the given one by the weak comparison (RFC 9110, 8.8.3.2), or is "*".
// Reading stops at the first thing that is no entity tag.
func matchesAny(list, tag string) bool {
	for {
		list = strings.TrimLeft(list, " \t,")
		if list == "" {
			return false
		}
		if list[0] == '*' {
			return true
		}
		candidate, rest, ok := cutTag(list)
		if !ok {
			return false
		}
		if strings.TrimPrefix(candidate, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
		list = rest
	}
}

// cutTag splits the entity tag at the start of s from the rest.
func cutTag(s string) (tag, rest string, ok bool) {
	start := 0
	if strings.HasPrefix(s, "W/") {
		start = 2
	}
	if start >= len(s) || s[start] != '"' {
		return "", "", false
	}
	end := strings.IndexByte(s[start+1:], '"')
	if end < 0 {
		return "", "", false
	}
	end += start + 2
	return s[:end], s[end:], true
}

// matchesStrongly is the strong comparison of If-Range: a weak tag never
// matches, and neither does a date, since no answer carries one.
func matchesStrongly(value, tag string) bool {
	return strings.TrimSpace(value) == tag && !strings.HasPrefix(tag, "W/")
}
