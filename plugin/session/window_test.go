package session_test

import (
	"context"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin/internal/bustest"
	"github.com/mullion-dev/mullion/plugin/session"
)

func TestMain(m *testing.M) { mulliontest.Main(m) }

// TestInWindow: a real page hears of events, and keeps the machine awake until it
// is left.
func TestInWindow(t *testing.T) {
	address := bustest.Start(t)
	t.Setenv("XDG_SESSION_ID", "")
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
	d := newServices(t, address)
	d.logind()
	d.networkManager()
	s := session.New()
	desk := mulliontest.Open(t, func(ctx context.Context) error {
		app, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.awake", "build": {"frontendDist": "ui"}, "app": {"windows": [{}]}}`)},
			"ui/index.html":     {Data: []byte(`<!doctype html><title>awake</title><p>?</p><script type=module src=index.js></script>`)},
			"ui/index.js": {Data: []byte(`
				import { addPluginListener, invoke, Resource } from '/_mullion/api.js'
				const p = document.querySelector('p')
				await addPluginListener('session', 'network', ({ online }) => { p.textContent = online ? 'online' : 'offline' })
				await addPluginListener('session', 'lock', () => { p.textContent += ', locked' })
				const film = new Resource(await invoke('plugin:session|inhibit', { what: ['sleep'], reason: 'A film is shown' }))
				const another = await invoke('plugin:session|inhibit', { what: ['idle'], reason: 'A film is shown' })
				await film.close()
				const { online } = await invoke('plugin:session|network')
				p.textContent = 'at first ' + online + ', ' + another
			`)},
			"capabilities/main.json": {Data: []byte(`{"identifier": "main", "windows": ["main"], "permissions": ["core:default",
				"session:default", "session:allow-inhibit"]}`)},
		}})
		if err != nil {
			return err
		}
		app.AddPlugin(s.Plugin())
		return app.Run(ctx)
	}, nil)
	w := desk.Window("main")
	w.Find("p").WaitText("at first true")
	by := func(what string) *inhibition {
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, i := range d.given {
			if i.what == what && i.mode == "block" {
				return i
			}
		}
		t.Fatalf("nobody inhibits %s", what)
		return nil
	}
	ends := func(i *inhibition) {
		t.Helper()
		mulliontest.Wait(t, time.Minute, func() error {
			if !i.ended() {
				return fmt.Errorf("%s is inhibited", i.what)
			}
			return nil
		})
	}
	ends(by("sleep"))
	idle := by("idle")
	d.set(nmPath, "org.freedesktop.NetworkManager", "State", uint32(20))
	w.Find("p").WaitText("offline")
	d.set(sessionPath, "org.freedesktop.login1.Session", "LockedHint", true)
	w.Find("p").WaitText("offline, locked")
	if idle.ended() {
		t.Error("it ends before its page")
	}
	w.Eval(`location.href = 'index.html?again'`, nil)
	ends(idle)
}
