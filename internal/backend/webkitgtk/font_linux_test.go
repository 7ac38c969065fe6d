package webkitgtk

import "testing"

// TestQuoteCSS: the name of a font, which the user or XSETTINGS gives, stays a
// name.
func TestQuoteCSS(t *testing.T) {
	for name, want := range map[string]string{
		"Noto Sans 3":  `"Noto\20 Sans\20 3"`,
		"思源黑体":         `"思源黑体"`,
		"a\");}\\\n*{": `"a\22 \29 \3b \7d \5c \a \2a \7b "`,
	} {
		if got := quoteCSS(name); got != want {
			t.Errorf("%q: %s, not %s", name, got, want)
		}
	}
}
