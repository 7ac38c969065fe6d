package notification

import (
	"strings"
	"testing"
)

func TestThemeName(t *testing.T) {
	long := strings.Repeat("x", 128)
	for _, name := range []string{"mail-unread", "_a", "0", "Azaz09_.+-", "bell.oga", long} {
		if !isThemeName(name) {
			t.Errorf("%q is none", name)
		}
	}
	for _, name := range []string{"", ".a", "-a", "+a", "a/b", "/etc/passwd", "../a", "a b", "a\n", "é", "aé", "\xff", "a\x00", "file:a", long + "x"} {
		if isThemeName(name) {
			t.Errorf("%q is one", name)
		}
	}
}
