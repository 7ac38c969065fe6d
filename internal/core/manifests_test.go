package core_test

import (
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/core"
)

// TestManifests: what is declared resolves by itself, and what a permission of
// the system or of the engine grants is said.
func TestManifests(t *testing.T) {
	manifests := core.Manifests()
	if _, err := capability.Resolve(manifests, nil, capability.Linux); err != nil {
		t.Fatal(err)
	}
	described := map[string]int{}
	for _, m := range manifests {
		for _, p := range m.Permissions {
			if !strings.HasSuffix(p.Description, ".") {
				t.Errorf("%s:%s: description %q", m.Plugin, p.Identifier, p.Description)
			}
			described[m.Plugin]++
		}
		if m.Plugin == "web" && described["web"] != len(m.Commands) {
			t.Errorf("web: %d descriptions for %d commands", described["web"], len(m.Commands))
		}
	}
	if described["web"] < 16 || described["sandbox"] < 10 {
		t.Errorf("descriptions: %v", described)
	}
	// Each decision about the engine has a permission.
	auth, err := capability.Resolve(manifests, []capability.Capability{{
		Identifier: "x", Local: true, Windows: []string{"w"},
		Permissions: []capability.Entry{{Identifier: "web:allow-camera"}, {Identifier: "web:allow-clipboard-read"}, {Identifier: "web:allow-screen"}},
	}}, capability.Linux)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"camera", "clipboard_read", "screen"} {
		if _, err := auth.Check(capability.Caller{Window: "w", Webview: "w", Local: true}, "plugin:web|"+name); err != nil {
			t.Error(err)
		}
	}
}
