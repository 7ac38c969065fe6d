package core

import (
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/wire"
)

// TestDialogsAreBounded: neither kind of dialog is begun beyond the limit.
func TestDialogsAreBounded(t *testing.T) {
	g := &dialogs{core: &Core{}, open: maxDialogs}
	for name, show := range map[string]func() error{
		"of the process": func() error { _, _, _, err := g.show(wire.Dialog{}); return err },
		"of the portal":  func() error { _, err := g.choose(t.Context(), nil, wire.Dialog{}); return err },
	} {
		if err := show(); err == nil || !strings.Contains(err.Error(), "16 are open already") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
