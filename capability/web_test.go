package capability_test

import (
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/capability"
)

// TestWebScopes: what the scope of a permission for the engine cannot mean is
// told when the app starts, with its place.
func TestWebScopes(t *testing.T) {
	web := capability.Manifest{Plugin: "web", Commands: []string{"navigation", "new_window", "download", "open_url", "file_drop", "camera"}}
	for _, test := range []struct{ permission, reason string }{
		{`{"identifier": "web:allow-download", "allow": [{"url": "*"}]}`,
			`capabilities/test.json:1:55: capability "a": "web:allow-download": scope: URL pattern "*": want scheme://host`},
		{`{"identifier": "web:allow-navigation", "deny": ["example.org"]}`, `URL pattern "example.org"`},
		{`{"identifier": "web:allow-new-window", "allow": [{"path": "/a"}]}`, "scope entry.path: unknown key"},
		{`{"identifier": "web:allow-open-url", "allow": ["mailto:a@b.c"]}`, `URL pattern "mailto:a@b.c"`},
		{`{"identifier": "web:allow-open-url", "allow": [7]}`, "want an object"},
		{`{"identifier": "web:allow-file-drop", "allow": [{"url": "/a"}]}`, "scope entry.url: unknown key"},
		{`{"identifier": "web:allow-download", "allow": [{"url": "app://localhost/*"}, "https://*.example.org/*"]}`, ""},
		{`{"identifier": "web:allow-open-url", "allow": [{"url": "mailto:*"}, "https://example.org"]}`, ""},
		{`{"identifier": "web:allow-file-drop", "allow": [{"path": "$HOME/**"}, "/a"]}`, ""},
		{`{"identifier": "web:allow-camera", "allow": [7]}`, ""},
		{`"web:allow-navigation"`, ""},
	} {
		caps, err := capability.Parse("capabilities/test.json", []byte(`{"identifier": "a", "windows": ["*"], "permissions": [`+test.permission+`]}`))
		if err != nil {
			t.Fatal(err)
		}
		_, err = capability.Resolve([]capability.Manifest{web}, caps, capability.Linux)
		switch {
		case test.reason == "" && err != nil:
			t.Errorf("%s: %v", test.permission, err)
		case test.reason != "" && (err == nil || !strings.Contains(err.Error(), test.reason)):
			t.Errorf("%s: got %v, want %s", test.permission, err, test.reason)
		}
	}
}
