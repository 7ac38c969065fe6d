package core_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/backend/fake"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

// TestBareWindow: a window without a webview of its own comes back with what
// was added to it, and stays when all of that is gone.
func TestBareWindow(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	main := p.open("main", "app://localhost/")
	w, err := p.OpenWindow(t.Context(), core.WindowOptions{State: wire.WindowState{Label: "bare", Visible: true}, Bare: true})
	if err != nil {
		t.Fatal(err)
	}
	if w.Webview() != nil {
		t.Fatal("it has a webview of its own")
	}
	for _, label := range []string{"one", "two"} {
		v, err := p.AddWebview(t.Context(), w, core.WebviewOptions{State: wire.WebviewState{Label: label, URL: "app://localhost/" + label}})
		if err != nil {
			t.Fatal(err)
		}
		if v.Window() != w {
			t.Errorf("%s is in window %q", label, v.Window().Label())
		}
	}
	if _, err := p.AddWebview(t.Context(), w, core.WebviewOptions{State: wire.WebviewState{Label: "bare", URL: "app://localhost/"}}); err == nil {
		t.Error("a webview has the label of the window")
	}

	old := p.engine("app")
	old.Quit()
	engine := p.replaced(old)
	until(t, "the windows", func() bool { return len(windowsOf(engine)) == 2 })
	p.waitLabels("app", "main", "one", "two")

	first, err := p.Webview("one")
	if err != nil {
		t.Fatal(err)
	}
	second, err := p.Webview("two")
	if err != nil {
		t.Fatal(err)
	}
	first.Close()
	if err := second.Move(t.Context(), main.window); err != nil {
		t.Error(err)
	}
	if _, err := p.Window("bare"); err != nil {
		t.Errorf("it went with its webviews: %v", err)
	}
	w.Destroy()
	if _, err := p.Webview("two"); err != nil {
		t.Errorf("a webview that had left it has gone with it: %v", err)
	}
}

// TestCreateBareWindow lets a page open windows without webviews, never with
// more rights than its own, and not without end.
func TestCreateBareWindow(t *testing.T) {
	var bares int
	read := func(options jsontext.Value, bare bool) (core.WindowOptions, error) {
		if bare {
			bares++
		}
		var o struct{ Label, Parent string }
		err := json.Unmarshal(options, &o, json.MatchCaseInsensitiveNames(true))
		return core.WindowOptions{State: wire.WindowState{Label: o.Label, Visible: true}, Parent: o.Parent}, err
	}
	p := newPair(t, `{"identifier": "all", "windows": ["main", "child*"], "permissions": ["core:default", "core:window:allow-create"]}`,
		core.Options{PageWindow: read}, nil)
	main, plain := p.open("main", "app://localhost/"), p.open("plain", "app://localhost/")
	for _, test := range []struct {
		page                *page
		label, parent, want string
	}{
		{main, "child1", "", "onull"},
		{main, "child2", "main", "onull"},
		{main, "child3", "nobody", `e"window \"child3\": parent window \"nobody\": window not found`},
		{main, "child1", "", "e\"a window with label `child1` already exists"},
		{plain, "child4", "", "e\"Command plugin:window|create not allowed by ACL"},
	} {
		got := test.page.call(fmt.Sprintf(`["plugin:window|create",{"options":{"label":%q,"parent":%q}}]`, test.label, test.parent))
		if !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: got %s, want %s", test.label, got, test.want)
		}
	}
	if w, err := p.Window("child1"); err != nil || w.Webview() != nil || bares == 0 {
		t.Errorf("child1: %v", err)
	}
}

// TestHostIsFull: one host shows so many pages, of windows that were opened before
// Run too, and another has room.
func TestHostIsFull(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	main := p.open("main", "app://localhost/")
	const most = 100
	open := func(label string, isolate bool) error {
		_, err := p.OpenWindow(t.Context(), core.WindowOptions{
			State: wire.WindowState{Label: label}, Webview: wire.WebviewState{URL: "app://localhost/"}, Isolate: isolate,
		})
		return err
	}
	for i := 1; i < most; i++ {
		if err := open(fmt.Sprint("main", i), false); err != nil {
			t.Fatal(err)
		}
	}
	const full = "shows 100 webviews already"
	if err := open("main100", false); err == nil || !strings.Contains(err.Error(), full) {
		t.Errorf("a window too many: %v", err)
	}
	webview := core.WebviewOptions{State: wire.WebviewState{Label: "more", URL: "app://localhost/"}}
	if _, err := p.AddWebview(t.Context(), main.window, webview); err == nil || !strings.Contains(err.Error(), full) {
		t.Errorf("a webview too many: %v", err)
	}
	if err := open("alone", true); err != nil {
		t.Errorf("an isolated window: %v", err)
	}
	main.window.Destroy()
	if err := open("main101", false); err != nil {
		t.Errorf("after one was closed: %v", err)
	}
}

// TestMostWindows: of those that open at once no more do than there is room for.
func TestMostWindows(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	main := p.open("main", "app://localhost/")
	const most, tries = 10, 30
	windows, webviews := make(chan error, tries), make(chan error, tries)
	for i := range tries {
		go func() {
			_, err := p.OpenWindow(t.Context(), core.WindowOptions{State: wire.WindowState{Label: fmt.Sprint("w", i)}, Bare: true, Most: most})
			windows <- err
			_, err = p.AddWebview(t.Context(), main.window, core.WebviewOptions{State: wire.WebviewState{Label: fmt.Sprint("v", i), URL: "app://localhost/"}, Most: most})
			webviews <- err
		}()
	}
	for _, answers := range []chan error{windows, webviews} {
		opened := 1
		for range tries {
			if err := <-answers; err == nil {
				opened++
			} else if !strings.Contains(err.Error(), "no more") {
				t.Error(err)
			}
		}
		if opened != most {
			t.Errorf("there are %d, want %d", opened, most)
		}
	}

	// A window with a webview of its own needs room for both.
	for i := range 2 {
		if _, err := p.AddWebview(t.Context(), main.window, core.WebviewOptions{State: wire.WebviewState{Label: fmt.Sprint("more", i), URL: "app://localhost/"}}); err != nil {
			t.Fatal(err)
		}
	}
	open := func(label string, bare bool) error {
		o := core.WindowOptions{State: wire.WindowState{Label: label}, Bare: bare, Most: most + 2}
		if !bare {
			o.Webview.URL = "app://localhost/"
		}
		_, err := p.OpenWindow(t.Context(), o)
		return err
	}
	if err := open("whole", false); err == nil || !strings.Contains(err.Error(), "no more") {
		t.Errorf("a window with a webview too many: %v", err)
	}
	if err := open("bare", true); err != nil {
		t.Errorf("a bare window: %v", err)
	}
}

// windowsOf returns the windows of an engine, in the order in which they were
// made.
func windowsOf(e *fake.Engine) (all []*fake.Window) {
	for _, id := range e.Opened() {
		if w := e.Window(id); w != nil {
			all = append(all, w)
		}
	}
	return all
}

// TestParent: a window stays above its parent in the next host too, and loses
// it when that is closed.
func TestParent(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	main := p.open("main", "app://localhost/")
	open := func(label, parent string, modal bool) (*core.Window, error) {
		return p.OpenWindow(t.Context(), core.WindowOptions{
			State: wire.WindowState{Label: label, Visible: true}, Webview: wire.WebviewState{URL: "app://localhost/"}, Parent: parent, Modal: modal,
		})
	}
	child, err := open("child", "main", true)
	if err != nil {
		t.Fatal(err)
	}
	grandchild, err := open("grandchild", "child", false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open("x", "", true); err == nil || !strings.Contains(err.Error(), "no parent") {
		t.Errorf("modal without a parent: %v", err)
	}
	if _, err := open("x", "x", false); !errors.Is(err, core.ErrNoWindow) {
		t.Errorf("its own parent: %v", err)
	}
	isolated, err := p.OpenWindow(t.Context(), core.WindowOptions{
		State: wire.WindowState{Label: "apart", Visible: true}, Webview: wire.WebviewState{URL: "app://localhost/"}, Isolate: true, Parent: "main",
	})
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a parent in another host: %v %v", isolated, err)
	}
	if _, err := p.Window("apart"); err == nil {
		t.Error("a window that was refused is there")
	}

	// The parent lies in front when the host is lost.
	old := p.engine("app")
	for _, w := range windowsOf(old) {
		if w.State().Label == "main" {
			if err := w.Change(func(o *wire.WindowObserved) { o.Focused = true }); err != nil {
				t.Fatal(err)
			}
		}
	}
	until(t, "the focus", func() bool { return main.window.Observed().Focused })
	old.Quit()
	engine := p.replaced(old)
	until(t, "the windows", func() bool { return len(windowsOf(engine)) == 3 })
	made := windowsOf(engine)
	for i, want := range []string{"main", "child", "grandchild"} {
		if s := made[i].State(); s.Label != want || i > 0 && s.Parent != made[i-1].ID() || s.Modal != (i == 1) {
			t.Errorf("window %d: %+v", i, s)
		}
	}
	main.window.Destroy()
	until(t, "no parent", func() bool { s := made[1].State(); return s.Parent == 0 && !s.Modal })
	if child.Parent() != nil || grandchild.Parent() != child {
		t.Error("parents are wrong")
	}
}
