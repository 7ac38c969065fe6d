//go:build wine

package wine

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// begin waits for the page of a webview, and begins its document.
func begin(d *double, view, file string) *page {
	d.a.t.Helper()
	d.expect("controller", view, "window")
	url := d.expect("committed", view)[2]
	if !strings.HasPrefix(url, "app://localhost/"+file) {
		d.a.t.Errorf("the webview %s shows %s", view, url)
	}
	p := &page{d: d, view: view, source: url}
	if got := p.say("h " + doc + " app://localhost"); got != "" {
		d.a.t.Fatalf("hello: got %q", got)
	}
	return p
}

// call calls a command of an app and reads its result.
func call[T any](p *page, n int, command, args string) (result T) {
	p.d.a.t.Helper()
	got := p.say(fmt.Sprintf(`c %s %d - [%q,%s]`, doc, n, command, args))
	text, isResult := strings.CutPrefix(got, "o")
	if !isResult {
		p.d.a.t.Fatalf("%s: got %s", command, got)
	}
	if err := json.Unmarshal([]byte(text), &result); err != nil {
		p.d.a.t.Fatalf("%s: %v: %s", command, err, text)
	}
	return result
}

// TestNotes: examples/notes imports, shows and saves notes, in two windows that hear of each other and
// of which one may do less; both come back when the host is killed.
func TestNotes(t *testing.T) {
	a := startWith(t, lab.notes, []string{"-data", "Z:" + strings.ReplaceAll(t.TempDir(), "/", `\`)})
	a.confirms.Store(true)
	d := a.host()
	library := begin(d, "1", "?")
	type note struct {
		ID      int64  `json:"id"`
		Version int64  `json:"version"`
		Title   string `json:"title"`
		Body    string `json:"body"`
	}
	n := 0
	next := func() int { n++; return n }
	waitFor(t, "a note that was imported", func() bool {
		for _, of := range call[[]note](library, next(), "list_notes", "{}") {
			if strings.Contains(of.Title, "Welcome") {
				return true
			}
		}
		return false
	})
	if r := library.say(`c ` + doc + ` ` + strconv.Itoa(next()) + ` - ["plugin:event|listen",{"event":"notes://changed","target":{"kind":"Any"},"handler":7}]`); !strings.HasPrefix(r, "o") {
		t.Fatalf("listen: %s", r)
	}
	made := call[note](library, next(), "create_note", `{"body":"# Made here\n\nünïcode"}`)
	call[struct{}](library, next(), "open_window", fmt.Sprintf(`{"id":%d}`, made.ID))
	window := begin(d, "2", "note.html?")
	saved := call[note](window, 1, "save_note", fmt.Sprintf(`{"id":%d,"version":%d,"body":"# Saved there"}`, made.ID, made.Version))
	if saved.Title != "Saved there" {
		t.Errorf("saved: %+v", saved)
	}
	waitFor(t, "the event in the other window", func() bool {
		return strings.Contains(d.said(), fmt.Sprintf(`[["e","notes://changed",{"kind":"saved","id":%d`, made.ID))
	})
	if got := window.say(`c ` + doc + ` 2 - ["list_notes",{}]`); !strings.HasPrefix(got, "e") || !strings.Contains(got, "not allowed") {
		t.Errorf("the window of a note lists all of them: %s", got)
	}
	settings := call[struct {
		Value json.RawMessage `json:"value"`
	}](library, next(), "plugin:state|get", `{"name":"settings"}`).Value
	dark := strings.Replace(string(settings), `"theme":"system"`, `"theme":"dark"`, 1)
	call[json.RawMessage](library, next(), "plugin:state|set", `{"name":"settings","value":`+dark+`}`)
	if got := window.say(`c ` + doc + ` 3 - ["plugin:state|get",{"name":"settings"}]`); !strings.Contains(got, `"theme":"dark"`) {
		t.Errorf("the state in the other window: %s", got)
	}
	d.tell("request", "1", "5", "GET", "app://localhost/style.css", "", "Range", "bytes=0-3")
	if r := d.expect("response", "5", "206"); len(r[7]) != 4 {
		t.Errorf("a range: %q", r)
	}

	d.tell("crash")
	d.end()
	d = a.host()
	library = begin(d, "1", "?")
	begin(d, "2", "note.html?")
	if got := call[struct{ Note note }](library, 1, "open_note", fmt.Sprintf(`{"id":%d}`, made.ID)); !strings.Contains(got.Note.Body, "Saved there") {
		t.Errorf("after the crash: %+v", got)
	}
	d.tell("close", "2")
	d.expect("closed", "2")
	d.tell("close", "1")
	d.expect("closed", "1")
	if end := d.expect("end"); end[1] != "0" {
		t.Errorf("%s objects are not released", end[1])
	}
	if err := a.wait(); err != nil {
		t.Error(err)
	}
	quiet(t, d)
}
