package globalshortcut_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin/globalshortcut"
	"github.com/mullion-dev/mullion/plugin/internal/x11"
	"github.com/mullion-dev/mullion/plugin/internal/x11/x11test"
)

// run adds the plugin, and counts the calls of its commands.
func run(s *globalshortcut.Shortcuts, calls *atomic.Int64) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		app, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.shortcuts", "build": {"frontendDist": "ui"},
				"app": {"windows": [{}, {"label": "other"}, {"label": "third"}, {"label": "none"}]}}`)},
			"ui/index.html": {Data: []byte(`<!doctype html><title>shortcuts</title>`)},
			"capabilities/main.json": {Data: []byte(`{"identifier": "main", "windows": ["main", "other", "third"], "permissions": ["core:default",
				"global-shortcut:allow-register", "global-shortcut:allow-unregister", "global-shortcut:allow-unregister-all", "global-shortcut:allow-is-registered"]}`)},
			"capabilities/none.json": {Data: []byte(`{"identifier": "none", "windows": ["none"], "permissions": ["core:default", "global-shortcut:default"]}`)},
		}})
		if err != nil {
			return err
		}
		app.AddPlugin(s.Plugin())
		app.Use(func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			if m.Kind == ipc.Command && strings.HasPrefix(m.Name, "plugin:global-shortcut|") {
				calls.Add(1)
			}
			return next(ctx, m)
		})
		return app.Run(ctx)
	}
}

type object = map[string]any

// TestAttacks: pages that call as no good page does. Each gets an error, and
// nothing is left over.
func TestAttacks(t *testing.T) {
	display := x11test.Start(t)
	t.Setenv("DISPLAY", display)
	t.Setenv("WAYLAND_DISPLAY", "")
	u := newUser(t, display)
	s := globalshortcut.New()
	var calls atomic.Int64
	app := mulliontest.Start(t, run(s, &calls), nil)
	main, other, third, nobody := app.Page("main"), app.Page("other"), app.Page("third"), app.Page("none")
	call := func(p *mulliontest.Page, command string, args object, v any) error {
		return p.Call("plugin:global-shortcut|"+command, args, v)
	}
	of := func(p *mulliontest.Page, shortcuts ...string) object {
		return object{"shortcuts": shortcuts, "handler": p.Channel()}
	}
	own, err := s.Register(t.Context(), "Ctrl+F1", func(globalshortcut.Event) {})
	if err != nil {
		t.Fatal(err)
	}
	defer own.Unregister()
	if err := call(other, "register", of(other, "Ctrl+F2"), nil); err != nil {
		t.Fatal(err)
	}
	var many []string
	for i := range 65 {
		many = append(many, fmt.Sprintf("Ctrl+Alt+%c", 'A'+i%26))
	}
	for _, test := range []struct {
		page          *mulliontest.Page
		name, command string
		args          object
		want          string
	}{
		{nobody, "without a permission", "register", of(nobody, "F5"), "global-shortcut:allow-register"},
		{nobody, "without a permission", "is_registered", object{"shortcut": "F5"}, "global-shortcut:allow-is-registered"},
		{main, "by a command that is not granted", "register_all", of(main, "F5"), "global-shortcut:allow-register-all"},
		{main, "a shortcut of Go", "register", of(main, "Ctrl+F1"), "registered it already"},
		{main, "a shortcut of another page", "register", of(main, "Ctrl+F2"), "registered it already"},
		{main, "one twice", "register", of(main, "Ctrl+F3", "control+F3"), "registered it already"},
		{main, "65 at once", "register", of(main, many...), "64 at most"},
		{main, "no shortcut", "register", of(main, "Ctrl+"), "nothing on one side"},
		{main, "a long one", "register", of(main, strings.Repeat("x", 1<<20)), "the limit is 128"},
		{main, "one with a NUL", "register", of(main, "Ctrl+\x00"), "no key"},
		{main, "a number", "register", object{"shortcuts": []any{1}, "handler": main.Channel()}, "shortcuts"},
		{main, "a text for a list", "register", object{"shortcuts": "F5", "handler": main.Channel()}, "shortcuts"},
		{main, "without a handler", "register", object{"shortcuts": []string{"F5"}}, "handler"},
		{main, "a handler that is none", "register", object{"shortcuts": []string{"F5"}, "handler": "__CHANNEL__:x"}, "hannel"},
		{main, "to end that of another page", "unregister", object{"shortcuts": []string{"Ctrl+F2"}}, "who has must end it"},
		{main, "to end that of Go", "unregister", object{"shortcuts": []string{"Ctrl+F1"}}, "who has must end it"},
		{main, "to ask for no shortcut", "is_registered", object{"shortcut": "Ctrl+Shift"}, "ends in a modifier"},
	} {
		if err := call(test.page, test.command, test.args, nil); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
	if err := call(main, "unregister_all", object{}, nil); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"Ctrl+F1", "Ctrl+F2"} {
		if there, err := s.Registered(name); !there || err != nil {
			t.Errorf("a page has ended %s, which is not its own: %v", name, err)
		}
	}
	// A page has as many as it may.
	n := 0
	for ; n < 78; n++ {
		if err = call(third, "register", of(third, fmt.Sprintf("%s+%c", []string{"Ctrl+Alt", "Ctrl+Shift", "Super+Shift"}[n%3], 'A'+n/3)), nil); err != nil {
			break
		}
	}
	if n != 64 || !strings.Contains(err.Error(), "64 shortcuts at most") {
		t.Errorf("a page has %d shortcuts: %v", n, err)
	}
	// Pages end in the middle of it: the server is held up meanwhile.
	const grabServer, ungrabServer = 36, 37
	if _, err := u.conn.Check(t.Context(), []byte{grabServer, 0, 1, 0}); err != nil {
		t.Fatal(err)
	}
	before := calls.Load()
	var all sync.WaitGroup
	for _, p := range []*mulliontest.Page{third, other} {
		for i := range 20 {
			all.Go(func() { _ = call(p, "register", of(p, fmt.Sprintf("Ctrl+%c", 'A'+i)), nil) })
			all.Go(func() { _ = call(p, "unregister_all", object{}, nil) })
		}
	}
	x11test.Wait(t, "all calls are under way", func() bool { return calls.Load() == before+80 })
	for _, label := range []string{"third", "other"} {
		w, err := app.Window(label)
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
	}
	all.Wait()
	if _, err := u.conn.Check(t.Context(), []byte{ungrabServer, 0, 1, 0}); err != nil {
		t.Fatal(err)
	}
	x11test.Wait(t, "all shortcuts of the pages have ended", func() bool { return s.Count() == 1 })
	// The keys are free: another program can have them all.
	free := newUser(t, display)
	lowest, highest := u.conn.Keys()
	var requests [][]byte
	for k := int(lowest); k <= int(highest); k++ {
		for m := range uint16(16) { // of Shift, Lock, Control and Mod1
			if k != int(u.key(0xffbe)) { // F1, of Go
				requests = append(requests, x11.GrabKey(free.conn.Root(), byte(k), m))
			}
		}
	}
	errs, err := free.conn.Check(t.Context(), requests...)
	if err != nil {
		t.Fatal(err)
	}
	for i, err := range errs {
		if err != nil {
			t.Errorf("key %d is still grabbed: %v", int(lowest)+i/16, err)
		}
	}
	const anyKey = 0
	if _, err := free.conn.Check(t.Context(), x11.UngrabKey(free.conn.Root(), anyKey, x11.AnyModifier)); err != nil {
		t.Fatal(err)
	}
	h, r := register(t, s, "Super+F6")
	defer r.Unregister()
	key := u.key(symbolF7 - 1)
	// A page whose channel is full holds up nobody.
	if err := call(main, "register", of(main, "Super+F7"), nil); err != nil {
		t.Fatal(err)
	}
	for range 500 {
		u.press(u.key(symbolSuper), u.key(symbolF7))
	}
	u.press(u.key(symbolSuper), key)
	h.next(t, "super+F6 Pressed", "super+F6 Released")
}
