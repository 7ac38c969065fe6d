//go:build wine

package wine

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDrops: the page hears of files that are held over it, of those that the app allows, and the engine of none; a
// webview that wants it so leaves them to the engine.
func TestDrops(t *testing.T) {
	a := start(t, lab.lab)
	a.confirms.Store(true)
	d := a.host()
	p := open(d)
	call := caller(t, p)
	d.expect("external drop", "1", "no")
	for _, event := range []string{"enter", "over", "drop", "leave"} {
		if got := call("plugin:event|listen", `{"event":"tauri://drag-`+event+`","target":{"kind":"Any"},"handler":7}`); !strings.HasPrefix(got, "o") {
			t.Fatalf("listen: got %s", got)
		}
	}
	file := filepath.Join(a.dir, "one file.txt")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	path, _ := json.Marshal(windowsPath(file))
	hears := func(event, payload string) {
		t.Helper()
		waitFor(t, "the event "+event, func() bool {
			return strings.Contains(d.said(), `["e","tauri://drag-`+event+`",`+payload)
		})
	}
	const none, copied = "0", "1"

	d.tell("drag", "1", "50", "60", windowsPath(file), `C:\windows\win.ini`)
	hears("enter", `{"paths":[`+string(path)+`],"position":{"x":50,"y":60}}`)
	a.logged("refused", "win.ini")
	d.expect("effect", copied)
	d.tell("drag on", "1", "55", "66")
	hears("over", `{"position":{"x":55,"y":66}}`)
	d.tell("drag end", "1", "drop")
	d.expect("dragged", "dropped", copied)
	hears("drop", `{"paths":[`+string(path)+`],"position":{"x":55,"y":66}}`)

	d.tell("drag", "1", "70", "80", windowsPath(file))
	hears("enter", `{"paths":[`+string(path)+`],"position":{"x":70,"y":80}}`)
	d.expect("effect", copied)
	d.tell("drag end", "1", "cancel")
	d.expect("dragged", "cancelled", none)
	hears("leave", "null")

	// What the app does not allow cannot be dropped.
	d.tell("drag", "1", "90", "95", `C:\windows\win.ini`)
	d.expect("effect", none)
	d.tell("drag end", "1", "drop")
	d.expect("dragged")

	if got := call("add_webview", `{"window":"main","label":"pane","drops":true}`); got != "o{}" {
		t.Fatalf("add a webview: got %s", got)
	}
	d.expect("committed", "2", "app://localhost/")
	if strings.Contains(d.said(), "drag | engine") {
		t.Error("the engine has heard of files")
	}
	d.tell("drag", "2", "50", "60", windowsPath(file))
	d.expect("drag", "engine")
	d.tell("drag end", "2", "cancel")
	d.expect("dragged", "cancelled")
	quiet(t, d)
}
