package webkitgtk

import (
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/wire"
)

// TestCutOff has bodies end before their end. However a page reads them, it
// gets an error, and never less than all as if it were all.
func TestCutOff(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 40_000)
	send := func(bytes int, length int64, end func(*wire.Body)) answer {
		return func(t *testing.T, r backend.Request) {
			b, file, err := wire.NewBody()
			if err != nil {
				t.Error(err)
				r.Fail("no body")
				return
			}
			go func() {
				_, _ = b.Write([]byte(text[:bytes]))
				end(b)
			}()
			r.Respond(200, []wire.Field{{Name: "Content-Type", Value: "text/plain"}}, nil, file, length)
		}
	}
	cut, finish := func(b *wire.Body) { b.Close() }, (*wire.Body).Finish
	size := int64(len(text))
	x := serving(t, map[string]answer{
		"whole":            send(len(text), size, finish),
		"whole-unknown":    send(len(text), -1, finish),
		"empty":            send(0, -1, finish),
		"cut":              send(300_000, size, cut),
		"cut-unknown":      send(300_000, -1, cut),
		"cut-at-the-start": send(0, -1, cut),
		"cut-at-the-end":   send(len(text), -1, cut),
	})
	for _, test := range []struct{ path, want string }{
		{"whole", "640000"}, {"whole-unknown", "640000"}, {"empty", "0"},
		{"cut", "error"}, {"cut-unknown", "error"}, {"cut-at-the-start", "error"}, {"cut-at-the-end", "error"},
	} {
		for _, how := range []string{"(await r.text()).length", "(await r.arrayBuffer()).byteLength", "(await r.blob()).size"} {
			got := x.eval(`try { const r = await fetch('/` + test.path + `'); return String(` + how + `) } catch { return 'error' }`)
			if got != test.want {
				t.Errorf("%s, %s: got %s, want %s", test.path, how, got, test.want)
			}
		}
	}
	got := x.eval(`return new Promise(done => { const r = new XMLHttpRequest();
		r.open('GET', '/cut'); r.onload = () => done('load ' + r.response.length); r.onerror = () => done('error'); r.send() })`)
	if got != "error" {
		t.Errorf("XMLHttpRequest: %s", got)
	}
	if n := len(testEngine.requests); n != 0 {
		t.Errorf("%d requests are left", n)
	}
}
