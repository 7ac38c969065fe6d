package core_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

// TestOutOfScope: pages of the app and the log are told what to add for a call that
// is out of scope, remote pages are told only that it is.
func TestOutOfScope(t *testing.T) {
	const caps = `[{"identifier": "own", "windows": ["main"], "permissions": [{"identifier": "core:event:allow-emit", "allow": ["notes"], "deny": ["secret"]}]},
		{"identifier": "theirs", "windows": ["far"], "local": false, "remote": {"urls": ["https://remote.example"]},
			"permissions": [{"identifier": "core:event:allow-emit", "allow": ["notes"]}]}]`
	const add = `add {"identifier": "core:event:allow-emit", "allow": [{"event": "vault"}]} to capability "`
	log := &logBuffer{}
	p := newPair(t, caps, core.Options{Log: slog.New(slog.NewTextHandler(log, nil))}, nil)
	main := p.open("main", "app://localhost/")
	w, err := p.OpenWindow(t.Context(), core.WindowOptions{State: wire.WindowState{Label: "far", Width: 9, Height: 9}, Webview: wire.WebviewState{URL: "https://remote.example/"}})
	if err != nil {
		t.Fatal(err)
	}
	far := &page{pair: p, window: w}
	far.look()
	far.hello("https://remote.example")
	quoted := func(text string) string { return strings.ReplaceAll(text, `"`, `\"`) }
	for _, test := range []struct {
		name        string
		page        *page
		event, want string
		hint        string // in the log
	}{
		{"own page", main, "vault", `e"event \"vault\" is not in the scope of this permission: ` + quoted(add+`own" (capabilities/test.json)`) + `"`, add + "own"},
		{"remote page", far, "vault", `e"event \"vault\" is not in the scope of this permission"`, add + "theirs"},
		{"denied", main, "secret", `e"event \"secret\" is denied by the scope of this permission"`, ""},
		{"in scope", main, "notes", "onull", ""},
	} {
		if got := test.page.call(`["plugin:event|emit",{"event":"` + test.event + `"}]`); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
		if hint := quoted(test.hint); hint != "" && !log.contains(hint) {
			t.Errorf("%s: the log lacks %s", test.name, hint)
		}
	}
	if n := log.count("call out of scope"); n != 2 {
		t.Errorf("%d records, want 2", n)
	}
}
