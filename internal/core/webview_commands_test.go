package core_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

const webviewRights = `"core:default", "core:webview:allow-create-webview", "core:webview:allow-webview-close", "core:webview:allow-webview-show",
	"core:webview:allow-webview-hide", "core:webview:allow-set-webview-size", "core:webview:allow-set-webview-position", "core:webview:allow-set-webview-focus",
	"core:webview:allow-set-webview-auto-resize", "core:webview:allow-set-webview-zoom", "core:webview:allow-set-webview-background-color",
	"core:webview:allow-reparent", "core:webview:allow-clear-all-browsing-data", "core:webview:allow-print", "allow-echo"`

// readWebview reads the options of the tests.
func readWebview(options jsontext.Value) (core.PageWebviewOptions, error) {
	var o struct {
		Label, URL    string
		X, Y          float64
		Width, Height float64
	}
	err := json.Unmarshal(options, &o, json.MatchCaseInsensitiveNames(true))
	return core.PageWebviewOptions{WebviewOptions: core.WebviewOptions{State: wire.WebviewState{
		Label: o.Label, URL: o.URL, Bounds: &wire.Rect{X: o.X, Y: o.Y, Width: o.Width, Height: o.Height},
	}}, Focus: true}, err
}

// TestWebviewCommands has a page add webviews and change them.
func TestWebviewCommands(t *testing.T) {
	p := newPair(t, `{"identifier": "all", "windows": ["main", "other"], "permissions": [`+webviewRights+`]}`, core.Options{PageWebview: readWebview}, nil)
	more, err := capability.Parse("capabilities/more.json", []byte(`[
		{"identifier": "mighty", "webviews": ["mighty"], "permissions": ["allow-block"]},
		{"identifier": "grand", "windows": ["grand"], "permissions": ["allow-block", "sandbox:allow-audio"]},
		{"identifier": "equal", "windows": ["equal"], "permissions": ["allow-block"]}]`))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.AddCapabilities(more...); err != nil {
		t.Fatal(err)
	}
	main := p.open("main", "app://localhost/")
	for _, label := range []string{"other", "plain", "grand", "equal"} {
		p.open(label, "app://localhost/")
	}
	plain := &page{pair: p, window: main.window, label: "plain"}
	plain.find()
	call := func(g *page, command, args string) string {
		return g.call(`["plugin:webview|` + command + `",` + args + `]`)
	}
	for _, test := range []struct{ name, command, args, want string }{
		{"add", "create_webview", `{"windowLabel":"main","options":{"label":"side","url":"app://localhost/","x":10,"y":20,"width":100,"height":50}}`, "onull"},
		{"label taken", "create_webview", `{"windowLabel":"main","options":{"label":"side","url":"app://localhost/"}}`, "e\"webview \\\"side\\\": a webview with label `side` already exists"},
		{"no window", "create_webview", `{"windowLabel":"nobody","options":{"label":"x","url":"app://localhost/"}}`, `e"webview \"x\": window \"nobody\": window not found`},
		{"more rights", "create_webview", `{"windowLabel":"main","options":{"label":"mighty","url":"app://localhost/"}}`, `e"window \"main\", webview \"mighty\" not allowed by ACL`},
		{"more rights by the window", "create_webview", `{"windowLabel":"equal","options":{"label":"x","url":"app://localhost/"}}`, `e"window \"equal\", webview \"x\" not allowed by ACL`},
		{"elsewhere", "create_webview", `{"windowLabel":"main","options":{"label":"x","url":"https://example.org/"}}`, `e"webview \"x\": https://example.org/`},
		{"script", "create_webview", `{"windowLabel":"main","options":{"label":"x","url":"javascript:alert(1)"}}`, `e"webview \"x\"`},
		{"far away", "create_webview", `{"windowLabel":"main","options":{"label":"x","url":"app://localhost/","x":1e300}}`, `e"webview \"x\": x 1e+300`},
		{"position", "webview_position", `{"label":"side"}`, `o{"x":10,"y":20}`},
		{"size", "webview_size", `{"label":"side"}`, `o{"width":100,"height":50}`},
		{"own size", "webview_size", `{}`, `o{"width":300,"height":200}`},
		{"nobody's size", "webview_size", `{"label":"nobody"}`, `e"webview not found"`},
		{"move", "set_webview_position", `{"label":"side","value":{"Logical":{"x":-5,"y":6}}}`, "onull"},
		{"resize", "set_webview_size", `{"label":"side","value":{"Physical":{"width":60,"height":40}}}`, "onull"},
		{"moved", "webview_position", `{"label":"side"}`, `o{"x":-5,"y":6}`},
		{"resized", "webview_size", `{"label":"side"}`, `o{"width":60,"height":40}`},
		{"negative", "set_webview_size", `{"label":"side","value":{"Logical":{"width":-1,"height":1}}}`, `e"size -1 × 1`},
		{"no unit", "set_webview_size", `{"label":"side","value":{"width":1,"height":1}}`, `e"`},
		{"no value", "set_webview_position", `{"label":"side"}`, `e"`},
		{"huge", "set_webview_position", `{"label":"side","value":{"Logical":{"x":1e9,"y":0}}}`, `e"x 1e+09`},
		{"zoom", "set_webview_zoom", `{"label":"side","value":1.5}`, "onull"},
		{"no zoom", "set_webview_zoom", `{"label":"side","value":0}`, `e"zoom 0`},
		{"monstrous zoom", "set_webview_zoom", `{"label":"side","value":1e99}`, `e"zoom 1e+99`},
		{"zoom by a word", "set_webview_zoom", `{"label":"side","value":"2"}`, `e"`},
		{"color", "set_webview_background_color", `{"label":"side","value":"#010203"}`, "onull"},
		{"no color", "set_webview_background_color", `{"label":"side","value":"red"}`, `e"`},
		{"hide", "webview_hide", `{"label":"side"}`, "onull"},
		{"keep its share", "set_webview_auto_resize", `{"label":"side","value":true}`, "onull"},
		{"focus", "set_webview_focus", `{"label":"side"}`, "onull"},
		{"clear", "clear_all_browsing_data", `{"label":"side"}`, "onull"},
		{"devtools", "internal_toggle_devtools", `{"label":"side"}`, "onull"},
		{"print", "print", `{}`, `e"print: unsupported operation`},
		{"move to the same window", "reparent", `{"label":"side","window":"main"}`, "onull"},
		{"move to more rights", "reparent", `{"label":"side","window":"equal"}`, `e"window \"equal\", webview \"side\" not allowed by ACL`},
		{"move to no window", "reparent", `{"label":"side","window":"nobody"}`, `e"reparent: window \"nobody\": window not found`},
		{"move the window's own", "reparent", `{"label":"main","window":"other"}`, `e"webview \"main\" belongs to its window`},
		{"move", "reparent", `{"label":"side","window":"other"}`, "onull"},
		{"move with a number", "reparent", `{"label":"side","window":7}`, `e"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := call(main, test.command, test.args); !strings.HasPrefix(got, test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if got, want := call(plain, test.command, test.args), "e\"Command plugin:webview|"+test.command+" not allowed by ACL"; !strings.HasPrefix(got, want) {
				t.Errorf("a page without rights got %s", got)
			}
		})
	}

	side := p.shown("app")["side"]
	s := side.State()
	if s.Share == nil || s.Zoom != 1.5 || !s.Hidden || s.Background == nil || *s.Background != [4]uint8{1, 2, 3, 255} {
		t.Errorf("the webview is %+v", s)
	}
	var did []string
	for _, a := range side.Actions() {
		did = append(did, strings.TrimSpace(a.Name+" "+string(a.Args)))
	}
	if want := []string{"focus", "focus", "clear-data", `devtools "toggle"`}; !slices.Equal(did, want) {
		t.Errorf("the webview was told %q, want %q", did, want)
	}
	v, err := p.Webview("side")
	if err != nil {
		t.Fatal(err)
	}
	if got := v.Window().Label(); got != "other" {
		t.Errorf("the webview is in window %q", got)
	}
	if got := call(main, "get_all_webviews", `{}`); !strings.Contains(got, `{"windowLabel":"other","label":"side"}`) {
		t.Errorf("all webviews are %s", got)
	}
	grand, err := p.Window("grand")
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Move(t.Context(), grand); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("move to a window of another host: %v", err)
	}

	// In its new window it is remade, and goes.
	old := p.engine("app")
	old.Quit()
	until(t, "a new host", func() bool { return p.engine("app") != old && p.shown("app")["side"] != nil })
	until(t, "the webview in its window", func() bool {
		w := p.engine("app").Window(p.shown("app")["side"].State().Window)
		return w != nil && w.State().Label == "other"
	})
	main.find()
	v.Window().Destroy()
	if _, err := p.Webview("side"); !errors.Is(err, core.ErrNoWebview) {
		t.Errorf("the webview after its window: %v", err)
	}
	if got := call(main, "create_webview", `{"windowLabel":"main","options":{"label":"last","url":"app://localhost/"}}`); got != "onull" {
		t.Fatal(got)
	}
	if got := call(main, "webview_close", `{"label":"last"}`); got != "onull" {
		t.Error(got)
	}
	if _, err := p.Webview("last"); !errors.Is(err, core.ErrNoWebview) {
		t.Errorf("the webview after its end: %v", err)
	}
	// The window may be gone before the answer has come.
	if got := call(main, "webview_close", `{}`); got != "onull" && got != "error: the webview was closed" {
		t.Error(got)
	}
	<-main.window.Gone()
}
