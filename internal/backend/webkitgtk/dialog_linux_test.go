package webkitgtk

import "testing"

func TestExtensionPattern(t *testing.T) {
	for ext, want := range map[string]string{
		"png": "*.[pP][nN][gG]", ".tar.gz": "*.[tT][aA][rR].[gG][zZ]", "7z": "*.7[zZ]", "*": "*", "a*?[": `*.[aA]\*\?\[`, "é": "*.[éÉ]",
	} {
		if got := extensionPattern(ext); got != want {
			t.Errorf("%q: got %s, want %s", ext, got, want)
		}
	}
}
