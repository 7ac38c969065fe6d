package desk_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/ipc"
)

// TestWindowMethods changes a window in every way that the API has, and looks
// at the screen each time.
func TestWindowMethods(t *testing.T) {
	app := e2e.Start(t, e2e.Options{Permissions: []any{"core:default"}})
	app.Main().Must(`return 1`, nil)
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	ctx := e2e.Context(t)
	for _, step := range []struct {
		name string
		do   func(context.Context) error
		is   func(mullion.Geometry) bool
	}{
		{"size", func(ctx context.Context) error { return w.SetSize(ctx, 500, 300) }, func(g mullion.Geometry) bool { return g.Width == 500 && g.Height == 300 }},
		{"maximized", func(ctx context.Context) error { return w.SetMaximized(ctx, true) }, func(g mullion.Geometry) bool { return g.Maximized && g.Width > 1000 }},
		{"title while maximized", func(ctx context.Context) error { return w.SetTitle(ctx, "two words") }, func(g mullion.Geometry) bool { return g.Maximized }},
		{"size again", func(ctx context.Context) error { return w.SetMaximized(ctx, false) }, func(g mullion.Geometry) bool { return !g.Maximized && g.Width == 500 }},
		{"fullscreen", func(ctx context.Context) error { return w.SetFullscreen(ctx, true) }, func(g mullion.Geometry) bool { return g.Fullscreen && g.Width == 1280 }},
		{"no fullscreen", func(ctx context.Context) error { return w.SetFullscreen(ctx, false) }, func(g mullion.Geometry) bool { return !g.Fullscreen && g.Width == 500 }},
		{"minimized", func(ctx context.Context) error { return w.SetMinimized(ctx, true) }, func(g mullion.Geometry) bool { return g.Minimized }},
		{"not minimized", func(ctx context.Context) error { return w.SetMinimized(ctx, false) }, func(g mullion.Geometry) bool { return !g.Minimized }},
		{"hidden", func(ctx context.Context) error { return w.SetVisible(ctx, false) }, func(g mullion.Geometry) bool { return !g.Visible }},
		{"visible", func(ctx context.Context) error { return w.SetVisible(ctx, true) }, func(g mullion.Geometry) bool { return g.Visible }},
		{"on top", func(ctx context.Context) error { return w.SetAlwaysOnTop(ctx, true) }, func(mullion.Geometry) bool { return true }},
		{"focus", w.Focus, func(g mullion.Geometry) bool { return g.Focused }},
	} {
		t.Run(step.name, func(t *testing.T) {
			if err := step.do(ctx); err != nil {
				t.Fatal(err)
			}
			if err := e2e.WaitFor(e2e.Timeout, func() error {
				if g := w.Geometry(); !step.is(g) {
					return fmt.Errorf("the window is %+v", g)
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	if got := e2e.WindowTitles(t); !strings.Contains(got, "two words") {
		t.Errorf("titles on the screen: %s", got)
	}
	var title string
	app.Main().Must(`return await invoke('plugin:window|title')`, &title)
	if title != "two words" {
		t.Errorf("the page is told the title %q", title)
	}
}

// TestEventsOfTheCore sends events from the Core and hears those of pages.
func TestEventsOfTheCore(t *testing.T) {
	app := e2e.Start(t, e2e.Options{Permissions: []any{"core:event:default"}})
	second := app.Open("second", nil)
	for _, p := range []*e2e.Page{app.Main(), second} {
		p.Must(`window.heard = []; await listen('news', e => window.heard.push(e.payload))`, nil)
	}
	w, err := app.Window("second")
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		app.Emit(t.Context(), "news", "all"),
		w.Emit(t.Context(), "news", map[string]int{"second": 2}),
		app.EmitTo(t.Context(), mullion.Target{Kind: ipc.AnyLabel, Label: "nobody"}, "news", 3),
		app.Emit(t.Context(), "news", nil),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := app.Emit(t.Context(), "not a name", 1); err == nil {
		t.Error("an event name with spaces was taken")
	}
	for _, test := range []struct {
		page *e2e.Page
		want string
	}{
		// listen() without a target hears everything, whoever it is for.
		{app.Main(), `["all",{"second":2},3,null]`}, {second, `["all",{"second":2},3,null]`},
	} {
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			var got string
			test.page.Must(`return JSON.stringify(window.heard)`, &got)
			if got != test.want {
				return fmt.Errorf("got %s, want %s", got, test.want)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}

	heard := make(chan string, 2)
	off := app.On("hello", func(ctx context.Context, e mullion.Event) {
		var text string
		err := e.Decode(&text)
		heard <- fmt.Sprint(e.From.Window, " ", text, " ", err)
	})
	second.Must(`await emit('hello', 'one')`, nil)
	if got := e2e.Take(t, heard); got != "second one <nil>" {
		t.Errorf("the Core heard %q", got)
	}
	off()
	after := make(chan struct{}, 1)
	defer app.On("hello", func(context.Context, mullion.Event) { after <- struct{}{} })()
	second.Must(`await emit('hello', 'two')`, nil)
	e2e.Take(t, after)
	select {
	case got := <-heard:
		t.Errorf("after it had stopped to listen the Core heard %q", got)
	default:
	}
}

// TestExplain checks that the app can be asked why a call is refused, and
// that a command sees its scope.
func TestExplain(t *testing.T) {
	scopes := make(chan string, 1)
	app := e2e.Start(t, e2e.Options{
		Permissions: []any{map[string]any{"identifier": "allow-open", "allow": []string{"a"}}},
		Setup: func(a *mullion.App) {
			mullion.Handle(a, "open", func(ctx context.Context, _ struct{}) (struct{}, error) {
				scopes <- fmt.Sprint(mullion.ScopeFrom(ctx).Allow)
				return struct{}{}, nil
			})
			mullion.Handle(a, "shut", func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil })
		},
	})
	app.Main().Must(`await invoke('open')`, nil)
	if got := <-scopes; got != `["a"]` {
		t.Errorf("scope %s", got)
	}
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	yes, err := app.Explain("main", w.URL(), "open")
	if err != nil || !yes.Allowed {
		t.Errorf("open: %v, %v", yes, err)
	}
	no, err := app.Explain("main", w.URL(), "shut")
	if err != nil || no.Allowed || !strings.Contains(no.String(), "allow-shut") {
		t.Errorf("shut: %v, %v", no, err)
	}
	other, err := app.Explain("main", "https://example.org/", "open")
	if err != nil || other.Allowed {
		t.Errorf("from elsewhere: %v, %v", other, err)
	}
}

// TestRegistrationProblems checks that what is wrong with an app is told by
// Run, all at once, before anything is shown.
func TestRegistrationProblems(t *testing.T) {
	app, err := mullion.New(mullion.Options{Config: mustConfig(t), DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	mullion.Handle(app, "Bad Name", func(context.Context, struct{}) (int, error) { return 0, nil })
	mullion.Handle(app, "two__lines", func(context.Context, struct{}) (int, error) { return 0, nil })
	mullion.Handle(app, "untagged", func(context.Context, struct{ X int }) (int, error) { return 0, nil })
	mullion.Handle(app, "twice", func(context.Context, struct{}) (int, error) { return 0, nil })
	mullion.Handle(app, "twice", func(context.Context, struct{}) (int, error) { return 0, nil })
	mullion.NewState(app, "secret", struct{ mullion.Private }{}, mullion.StateOptions[struct{ mullion.Private }]{})
	err = app.Run(t.Context())
	if err == nil {
		t.Fatal("the app ran")
	}
	for _, want := range []string{"Bad Name", `"two__lines": no capability could allow it`, "untagged", "registered twice", "must not leave the Core"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not speak of %q: %v", want, err)
		}
	}
}

// TestTitleBar looks at the title as the window manager shows it: not with the
// name of a machine, which a confined host does not know.
func TestTitleBar(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	const title = "a title of its own"
	app.Open("titled", func(o *mullion.WindowOptions) { o.Title = title })
	err := e2e.WaitFor(e2e.Timeout, func() error {
		w, err := e2e.Screen(t).Find(title)
		if err != nil {
			return err
		}
		if shown, err := e2e.Screen(t).Text(w.ID, "_NET_WM_VISIBLE_NAME"); err != nil || shown != title {
			return fmt.Errorf("the window manager shows %q %w", shown, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestPageHearsItsEnd: the page of a window that is closed, and all pages of an
// app that quits, are left before they are gone, and may store what they have to.
func TestPageHearsItsEnd(t *testing.T) {
	options := e2e.Options{DataDir: t.TempDir()}
	app := e2e.Start(t, options)
	for n := range 5 {
		label := fmt.Sprint("leaving-", n)
		app.Open(label, nil).Must(fmt.Sprintf("addEventListener('pagehide', () => localStorage.setItem('left', '%d'))", n), nil)
		w, err := app.Window(label)
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
		app.Main().Must(fmt.Sprintf("while (localStorage.getItem('left') !== '%d') await new Promise((r) => setTimeout(r, 10))", n), nil)
	}
	for _, p := range []*e2e.Page{app.Main(), app.Open("other", nil)} {
		p.Must("addEventListener('pagehide', () => localStorage.setItem(__TAURI_INTERNALS__.metadata.currentWindow.label, 'quit'))", nil)
	}
	if err := app.Stop(); err != nil {
		t.Fatal(err)
	}
	var stored []string
	e2e.Start(t, options).Main().Must("return ['left', 'main', 'other'].map((k) => localStorage.getItem(k))", &stored)
	if want := []string{"4", "quit", "quit"}; !slices.Equal(stored, want) {
		t.Errorf("stored %q, want %q", stored, want)
	}
}

// TestFortyWindows: each page of a host has a process, and each process a
// connection to the display; and their beginning keeps nothing else waiting.
func TestFortyWindows(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	pages := []*e2e.Page{app.Main()}
	for i := range 39 {
		pages = append(pages, app.Open(fmt.Sprint("more", i), nil))
	}
	for _, p := range pages {
		var sum int
		p.Must(`return 40 + 2`, &sum)
		if sum != 42 {
			t.Errorf("got %d", sum)
		}
	}
	if got := app.Faults(); len(got) > 0 {
		t.Errorf("faults: %+v", got)
	}
}
