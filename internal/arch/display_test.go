package arch

import (
	"bytes"
	"testing"
)

// TestDisplays keeps all displays of tests in one package: make check leaves
// out what depends on it, and would start windows elsewhere without knowing.
func TestDisplays(t *testing.T) {
	const home = "internal/display"
	starts := 0
	for _, s := range sources(t) {
		if s.dir() == "internal/arch" || !bytes.Contains(s.text, []byte(`Command("Xvfb"`)) {
			continue
		}
		if starts++; s.dir() != home {
			t.Errorf("%s starts a display: use %s", s.path, home)
		}
	}
	if starts == 0 {
		t.Errorf("%s starts none: what does?", home)
	}
}
