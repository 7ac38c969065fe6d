package webkitgtk

import (
	"bytes"
	"testing"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/wire"
)

// TestKilledWithRequests kills web processes whose requests are in each state
// that there is: not answered, with a body that was read or not, being read by
// the engine, answered in full. runTests fails if one is used after its end.
func TestKilledWithRequests(t *testing.T) {
	text := bytes.Repeat([]byte("x"), 1<<20)
	for range 5 {
		held := make(chan backend.Request, 100)
		bodies := make(chan *wire.Body, 100)
		endless := func(t *testing.T, r backend.Request) {
			b, file, err := wire.NewBody()
			if err != nil {
				t.Error(err)
				r.Fail("no body")
				return
			}
			go func() {
				for {
					if _, err := b.Write(text); err != nil {
						b.Close()
						return
					}
				}
			}()
			bodies <- b
			r.Respond(200, []wire.Field{{Name: "Content-Type", Value: "text/plain"}}, nil, file, -1)
		}
		x := serving(t, map[string]answer{
			"held":    func(t *testing.T, r backend.Request) { held <- r },
			"endless": endless,
			"sent": func(t *testing.T, r backend.Request) {
				if _, err := readAll(r.Body()); err != nil {
					t.Error(err)
				}
				held <- r
			},
			"whole": func(t *testing.T, r backend.Request) { r.Respond(200, nil, text, nil, -1) },
		})
		x.eval(`for (let i = 0; i < 10; i++) { fetch('/held'); fetch('/sent', {method: 'POST', body: new Uint8Array(1 << 20)}); fetch('/endless').then((r) => r.text()); fetch('/whole').then((r) => r.text()) }`)
		for range 10 {
			wait(t, "a body", bodies, func(*wire.Body) bool { return true })
		}
		poll(t, "the other requests", func() bool { return len(held) == 20 })
		killWebProcess(t)
		x.event(wire.PageCrashed)
		do(func() {
			for len(held) > 0 {
				r := <-held
				r.URL()
				r.Respond(200, nil, text, nil, -1)
			}
			_ = x.webview.Do(wire.Action{Name: wire.ActionReload})
		})
		x.loaded()
		x.close()
	}
}
