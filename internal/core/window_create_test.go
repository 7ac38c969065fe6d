package core_test

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

// TestCreateWindow lets pages open windows, never with more rights than theirs.
func TestCreateWindow(t *testing.T) {
	read := func(options jsontext.Value, _ bool) (core.WindowOptions, error) {
		var o struct{ Label, URL string }
		err := json.Unmarshal(options, &o, json.MatchCaseInsensitiveNames(true))
		return core.WindowOptions{State: wire.WindowState{Label: o.Label, Visible: true}, Webview: wire.WebviewState{URL: o.URL}}, err
	}
	p := newPair(t, `{"identifier": "all", "windows": ["main", "child*", "mighty"], "permissions": ["core:default", "core:webview:allow-create-webview-window", "allow-echo"]}`,
		core.Options{PageWindow: read}, nil)
	more, err := capability.Parse("capabilities/more.json", []byte(`{"identifier": "more", "windows": ["mighty"], "permissions": ["allow-block"]}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.AddCapabilities(more...); err != nil {
		t.Fatal(err)
	}
	main, plain := p.open("main", "app://localhost/"), p.open("plain", "app://localhost/")
	for _, test := range []struct {
		name, label, url, want string
		page                   *page
	}{
		{"same rights", "child1", "app://localhost/x", "onull", main},
		{"no rights at all", "nobody", "app://localhost/", "onull", main},
		{"label taken", "child1", "app://localhost/", "e\"a window with label `child1` already exists", main},
		{"own label", "main", "app://localhost/", "e\"a window with label `main` already exists", main},
		{"bad label", "a b", "app://localhost/", `e"window label \"a b\"`, main},
		{"more rights", "mighty", "app://localhost/", `e"window \"mighty\", webview \"mighty\" not allowed by ACL`, main},
		{"elsewhere", "child2", "https://example.org/", `e"window \"child2\": https://example.org/`, main},
		{"script", "child3", "javascript:alert(1)", `e"window \"child3\"`, main},
		{"not granted", "child4", "app://localhost/", `e"Command plugin:webview|create_webview_window not allowed by ACL`, plain},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := len(p.Windows())
			got := test.page.call(`["plugin:webview|create_webview_window",{"options":{"label":"` + test.label + `","url":"` + test.url + `"}}]`)
			if !strings.HasPrefix(got, test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
			opened := len(p.Windows()) - before
			if want := strings.Count(test.want, "onull"); opened != want {
				t.Errorf("%d windows were opened, want %d", opened, want)
			}
		})
	}
}
