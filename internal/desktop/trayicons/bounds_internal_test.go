package trayicons

import (
	"strings"
	"testing"
)

// TestTraysAreBounded: also with ids that are made up.
func TestTraysAreBounded(t *testing.T) {
	s := New(t.Context(), App{})
	for range maxIcons {
		if _, err := s.reserve(""); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"", "another"} {
		if _, err := s.reserve(id); err == nil || !strings.Contains(err.Error(), "32 tray icons already") {
			t.Errorf("%q: %v", id, err)
		}
	}
}
