package mullion

import (
	"context"
	"errors"
	"image"
	"reflect"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/desktop/open"
)

// callMethods calls each method of a handle that can fail, with arguments that
// it takes, and tells what came of it. A method that is new is called by
// itself.
func callMethods(t *testing.T, handle any, args map[string][]any, told func(method string, err error)) {
	t.Helper()
	v := reflect.ValueOf(handle)
	for i := range v.NumMethod() {
		name, m := v.Type().Method(i).Name, v.Method(i)
		n := m.Type().NumOut()
		if n == 0 || m.Type().Out(n-1) != reflect.TypeFor[error]() {
			continue
		}
		if len(args[name]) > 0 && args[name][0] == skip {
			continue
		}
		in := make([]reflect.Value, m.Type().NumIn())
		given := args[name]
		for j := range in {
			switch p := m.Type().In(j); {
			case p == reflect.TypeFor[context.Context]():
				in[j] = reflect.ValueOf(t.Context())
			case len(given) > 0:
				in[j], given = reflect.ValueOf(given[0]), given[1:]
				if !in[j].IsValid() {
					in[j] = reflect.Zero(p)
				}
			default:
				in[j] = reflect.Zero(p)
			}
		}
		var out []reflect.Value
		if m.Type().IsVariadic() {
			out = m.CallSlice(in)
		} else {
			out = m.Call(in)
		}
		err, _ := out[n-1].Interface().(error)
		told(name, err)
	}
	for name := range args {
		if _, ok := v.Type().MethodByName(name); !ok {
			t.Errorf("%T has no method %s any more", handle, name)
		}
	}
}

// skip, in the place of arguments, leaves a method out.
const skip = "skip"

var (
	windowArgs = map[string][]any{
		"AddWebview": {WebviewOptions{Label: "more"}}, "Emit": {"x"}, "Navigate": {"x.html"}, "SetCursorIcon": {"help"},
		"SetTheme": {config.ThemeDark}, "StartResizeDragging": {ResizeEast}, "SetSize": {10.0, 10.0}, "SetOverlayIcon": {image.NewRGBA(image.Rect(0, 0, 1, 1))}, "SetIcon": {image.NewRGBA(image.Rect(0, 0, 1, 1))},
		"PopupMenu": {Menu{{Text: "x"}}}, "PopupMenuAtPointer": {Menu{{Text: "x"}}}, "SetProgressBar": {ProgressNormal},
	}
	webviewArgs = map[string][]any{"Emit": {"x"}, "Navigate": {"x.html"}, "SetZoom": {1.0}, "Eval": {"return 1"}}
)

// handles opens a window with one more webview, and another window, before the
// app runs.
func handles(t *testing.T) (a *App, w *Window, v, more *Webview, other *Window) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	t.Setenv("PATH", t.TempDir())
	a = newMenuApp(t)
	ctx := t.Context()
	w, err := a.OpenWindow(ctx, WindowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if other, err = a.OpenWindow(ctx, WindowOptions{Label: "other"}); err != nil {
		t.Fatal(err)
	}
	if more, err = w.AddWebview(ctx, WebviewOptions{Label: "added"}); err != nil {
		t.Fatal(err)
	}
	return a, w, w.Webview(), more, other
}

// TestClosed: once a handle is closed, every method says so by its sentinel.
func TestClosed(t *testing.T) {
	for _, test := range []struct {
		name   string
		close  func(w *Window, v, more *Webview)
		window error // of the window's methods
		own    error // of its own webview's
		more   error // of the added one's
	}{
		{"window", func(w *Window, _, _ *Webview) { w.Close() }, ErrNoWindow, ErrNoWebview, ErrNoWebview},
		{"own webview", func(_ *Window, v, _ *Webview) { v.Close() }, ErrNoWindow, ErrNoWebview, ErrNoWebview},
		{"added webview", func(_ *Window, _, more *Webview) { more.Close() }, nil, nil, ErrNoWebview},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, w, v, more, other := handles(t)
			test.close(w, v, more)
			webviewArgs := mapsWith(webviewArgs, "Move", other)
			check := func(what string, want error) func(string, error) {
				return func(method string, err error) {
					if !errors.Is(err, want) {
						t.Errorf("%s.%s of what is closed: %v, want %v", what, method, err, want)
					}
				}
			}
			if test.window != nil {
				callMethods(t, w, windowArgs, check("Window", test.window))
				callMethods(t, v, webviewArgs, check("Webview", test.own))
				if again := w.Webview(); again == nil {
					t.Error("Window.Webview of what is closed is nil, and a call of its methods a panic")
				}
			}
			callMethods(t, more, webviewArgs, check("Webview", test.more))
		})
	}
}

func mapsWith(m map[string][]any, key string, value any) map[string][]any {
	with := map[string][]any{key: {value}}
	for k, v := range m {
		with[k] = v
	}
	return with
}

// TestBeforeRun: before the app runs every method works, or says that it does
// not run. None speaks of a host that was lost.
func TestBeforeRun(t *testing.T) {
	a, w, v, more, _ := handles(t)
	accept := func(what string, also ...error) func(string, error) {
		return func(method string, err error) {
			if err == nil || errors.Is(err, ErrNotRunning) {
				return
			}
			for _, other := range also {
				if errors.Is(err, other) {
					return
				}
			}
			t.Errorf("%s.%s before Run: %v", what, method, err)
		}
	}
	third, err := w.AddWebview(t.Context(), WebviewOptions{Label: "third"})
	if err != nil {
		t.Fatal(err)
	}
	// The launcher has no bus here, which is another matter.
	callMethods(t, w, windowArgs, accept("Window", ErrNoSessionBus))
	own := func(method string, err error) {
		if method == "Move" && errors.Is(err, errors.ErrUnsupported) {
			return // the window's own webview never moves
		}
		accept("Webview")(method, err)
	}
	callMethods(t, v, mapsWith(webviewArgs, "Move", w), own)
	callMethods(t, more, mapsWith(webviewArgs, "Move", w), accept("Webview"))
	if err := third.Move(t.Context(), w); err != nil {
		t.Errorf("Move to where it is: %v", err)
	}
	callMethods(t, a, map[string][]any{
		"Window": {"main"}, "Webview": {"main"}, "Emit": {"x"}, "EmitTo": {Target{}, "x"}, "SetTheme": {config.ThemeDark},
		"Explain": {"main", "app://localhost/", "plugin:app|name"}, "OpenURL": {"https://example.org/"}, "OpenExternal": {External{URL: "https://example.org/"}},
		"OpenWindow": {WindowOptions{Label: "last"}}, "Notify": {Notification{Title: "x"}}, "Dir": {HomeDir},
		"Run": {skip}, "Message": {skip}, "Confirm": {skip}, "OpenFile": {skip}, "SaveFile": {skip}, // these show something
		"TellInstance": {skip}, // this app is told of none
	}, accept("App", ErrNoSessionBus, errors.ErrUnsupported, ErrNoDownload, ErrNoTrayIcon, ErrNotificationGone))
	e, err := a.Explain("main", "app://localhost/", "plugin:app|name")
	if !errors.Is(err, ErrNotRunning) || e.Allowed || strings.Contains(e.String(), "is allowed") {
		t.Errorf("Explain before Run: %v\n%s", err, e)
	}
	if err := a.OpenURL(t.Context(), "https://example.org/"); !errors.Is(err, errors.ErrUnsupported) || errors.Is(err, open.ErrRefused) {
		t.Errorf("OpenURL without xdg-open: %v", err)
	}
}
