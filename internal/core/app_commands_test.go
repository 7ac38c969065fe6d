package core_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

const appPermissions = `{"identifier": "test", "windows": ["*"], "permissions": ["core:default", "core:app:allow-exit",
	"core:app:allow-app-show", "core:app:allow-app-hide", "core:app:allow-set-dock-visibility", "core:app:allow-set-app-theme",
	"core:app:allow-fetch-data-store-identifiers", "core:app:allow-remove-data-store", "core:app:allow-default-window-icon"]}`

func TestAppCommands(t *testing.T) {
	if runtime.GOOS == "darwin" {
		t.Skip("the table is that of other systems")
	}
	icon, err := core.NewImage(2, 1, twoPixels)
	if err != nil {
		t.Fatal(err)
	}
	p := newPair(t, appPermissions, core.Options{Icon: func() (*core.Image, error) { return icon, nil }}, nil)
	main := p.open("main", "app://localhost/")
	for _, test := range []struct{ command, args, want string }{
		{"app_show", `{}`, "onull"},
		{"app_hide", `{}`, "onull"},
		{"set_dock_visibility", `{"visible": true}`, "onull"},
		{"fetch_data_store_identifiers", `{}`, "o[]"},
		{"remove_data_store", `{"uuid": [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}`, "onull"},
		{"remove_data_store", `{"uuid": [1,2]}`, "e"},
		{"remove_data_store", `{"uuid": [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,256]}`, "e"},
		{"bundle_type", `{}`, "onull"},
		{"supports_multiple_windows", `{}`, "otrue"},
		{"register_listener", `{"event": "back-button", "handler": "__CHANNEL__:1"}`, "onull"},
		{"remove_listener", `{"event": "back-button", "channelId": 1}`, "onull"},
		{"register_listener", `{"event": "other", "handler": "__CHANNEL__:1"}`, "e"},
		{"set_app_theme", `{"theme": "pink"}`, "e"},
		{"set_app_theme", `{"theme": ""}`, "e"},
	} {
		got := main.call(`["plugin:app|` + test.command + `",` + test.args + `]`)
		if got != test.want && (test.want != "e" || !strings.HasPrefix(got, "e")) {
			t.Errorf("%s %s: got %s, want %s", test.command, test.args, got, test.want)
		}
	}
	id := main.call(`["plugin:app|default_window_icon",{}]`)
	if got := main.call(`["plugin:image|size",{"rid":` + strings.TrimPrefix(id, "o") + `}]`); got != `o{"width":2,"height":1}` {
		t.Errorf("size of the icon %s: %s", id, got)
	}
}

func TestSetAppTheme(t *testing.T) {
	p := newPair(t, appPermissions, core.Options{}, nil)
	main, other := p.open("main", "app://localhost/"), p.open("other", "app://localhost/")
	for _, theme := range []string{`"dark"`, `null`, `"light"`} {
		if got := main.call(`["plugin:app|set_app_theme",{"theme":` + theme + `}]`); got != "onull" {
			t.Fatalf("%s: %s", theme, got)
		}
		want := strings.Trim(strings.ReplaceAll(theme, "null", ""), `"`)
		for _, page := range []*page{main, other} {
			if got := page.window.State().Theme; got != want {
				t.Errorf("%s: window %s has %q", theme, page.window.Label(), got)
			}
		}
	}
	if got := p.open("later", "app://localhost/").window.State().Theme; got != "light" {
		t.Errorf("a later window has %q", got)
	}
	w, err := p.OpenWindow(t.Context(), core.WindowOptions{
		State:   wire.WindowState{Label: "own", Width: 10, Height: 10, Theme: "dark"},
		Webview: wire.WebviewState{URL: "app://localhost/"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.State().Theme; got != "dark" {
		t.Errorf("a window with a theme of its own has %q", got)
	}
}

func TestExit(t *testing.T) {
	p := newPair(t, appPermissions, core.Options{}, nil)
	go p.open("main", "app://localhost/").call(`["plugin:app|exit",{"code":3}]`)
	select {
	case err := <-p.ran:
		var exit *core.ExitError
		if !errors.As(err, &exit) || exit.Code != 3 {
			t.Errorf("got %v, want code 3", err)
		}
	case <-await.Hang(context.Background(), limit):
		t.Error("the app does not end")
	}
	p.ran <- context.Cause(context.Background()) // for the end of the test
}
