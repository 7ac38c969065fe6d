package osinfo

import (
	"regexp"
	"strings"
)

// isTag recognises what has the form of a language tag (RFC 5646, section 2.1),
// without looking at what it means.
func isTag(tag string) bool {
	return len(tag) <= 64 && regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`).MatchString(tag)
}

// localeOf is the language that environment variables tell.
func localeOf(getenv func(string) string) string {
	for name := range strings.SplitSeq(getenv("LANGUAGE"), ":") {
		if tag := tagOf(name); tag != "" {
			return tag
		}
	}
	for _, variable := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if name := getenv(variable); name != "" {
			return tagOf(name)
		}
	}
	return ""
}

// tagOf makes a tag of a locale's name, such as de_DE.UTF-8@euro: what is behind
// the point is the encoding, and behind the @ something that tags do not have.
func tagOf(name string) string {
	if i := strings.IndexAny(name, ".@"); i >= 0 {
		name = name[:i]
	}
	tag := strings.ReplaceAll(name, "_", "-")
	if !isTag(tag) || strings.EqualFold(tag, "posix") {
		return ""
	}
	return tag
}
