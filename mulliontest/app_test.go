package mulliontest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/mulliontest"
)

func TestMain(m *testing.M) {
	if os.Getenv(driven) != "" {
		mullion.Main(drivenApp)
	}
	mulliontest.Main(m)
}

// driven is set in the environment of an app that WebKitWebDriver starts: this
// test binary.
const driven = "MULLIONTEST_DRIVEN"

// drivenApp is that app.
func drivenApp(ctx context.Context) error {
	app, err := mullion.New(mullion.Options{Files: formFiles("/nowhere"), WebDriver: true, DataDir: os.Getenv(driven)})
	if err != nil {
		return err
	}
	mullion.Handle(app, "greet", func(_ context.Context, a greetArgs) (string, error) { return "Hello, " + a.Name, nil })
	mullion.Handle(app, "forbidden", func(context.Context, struct{}) (string, error) { return "", nil })
	if err := os.WriteFile(filepath.Join(os.Getenv(driven), "pid"), []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
		return err
	}
	return app.Run(ctx)
}

const page = `<!doctype html><title>Lab</title><h1>Lab</h1>`

// files are those of an app with a window and commands of every kind.
var files = fstest.MapFS{
	"mullion.conf.json": {Data: []byte(`{"identifier": "dev.mullion.lab", "version": "1.0.0", "build": {"frontendDist": "ui"},
		"app": {"windows": [{"label": "main", "title": "Lab"}, {"label": "other", "title": "Other", "create": false}]}}`)},
	"ui/index.html": {Data: []byte(page)},
	"ui/next.html":  {Data: []byte(page)},
	"capabilities/main.json": {Data: []byte(`{"identifier": "main", "windows": ["main"], "permissions": ["core:default",
		"allow-greet", "allow-fail", "allow-refuse", "allow-announce", "allow-count", "allow-blob", "allow-size", "allow-wait", "allow-choose", "allow-visit", "allow-open-other", "allow-break-off",
		{"identifier": "state:read", "allow": ["settings"]}, {"identifier": "state:write", "allow": ["settings"]}]}`)},
}

type settings struct {
	Name string `json:"name"`
	Size int    `json:"size"`
}

type greetArgs struct {
	Name string `json:"name"`
}

// lab is the run function of that app.
func lab(ctx context.Context) error {
	app, err := mullion.New(mullion.Options{Files: files})
	if err != nil {
		return err
	}
	mullion.NewState(app, "settings", settings{Name: "first", Size: 1}, mullion.StateOptions[settings]{
		Persist: true,
		Check: func(s settings) error {
			if s.Size < 0 {
				return errors.New("size is negative")
			}
			return nil
		},
	})
	mullion.Handle(app, "greet", func(_ context.Context, a greetArgs) (string, error) { return "Hello, " + a.Name, nil })
	mullion.Handle(app, "forbidden", func(context.Context, struct{}) (string, error) { return "never", nil })
	mullion.Handle(app, "fail", func(context.Context, struct{}) (string, error) { return "", errors.New("it failed") })
	mullion.Handle(app, "refuse", func(context.Context, struct{}) (string, error) {
		return "", mullion.ErrorValue(map[string]int{"code": 7}, errors.New("refused"))
	})
	mullion.Handle(app, "announce", func(ctx context.Context, a greetArgs) (struct{}, error) {
		return struct{}{}, errors.Join(
			app.Emit(ctx, "announced", a),
			app.EmitTo(ctx, mullion.Target{Kind: ipc.WebviewWindow, Label: "other"}, "announced", greetArgs{"other"}),
		)
	})
	mullion.Handle(app, "count", func(ctx context.Context, a struct {
		To   int                   `json:"to"`
		Each *mullion.Channel[int] `json:"each"`
	},
	) (struct{}, error) {
		for i := range a.To {
			if err := a.Each.Send(ctx, i); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, a.Each.Close()
	})
	mullion.Handle(app, "blob", func(_ context.Context, a struct {
		Size int `json:"size"`
	},
	) ([]byte, error) {
		return bytes.Repeat([]byte{0, 7}, a.Size/2), nil
	})
	mullion.Handle(app, "break_off", func(context.Context, struct{}) (ipc.Stream, error) {
		return ipc.Stream{ReadCloser: io.NopCloser(io.MultiReader(bytes.NewReader(make([]byte, 100_000)), failing{})), Size: -1}, nil
	})
	mullion.Handle(app, "size", func(_ context.Context, b ipc.Body) (int64, error) { return io.Copy(io.Discard, b) })
	mullion.Handle(app, "wait", func(ctx context.Context, _ struct{}) (struct{}, error) {
		err := app.Emit(ctx, "waiting", nil)
		<-ctx.Done()
		return struct{}{}, errors.Join(err, app.Emit(context.WithoutCancel(ctx), "gave-up", context.Cause(ctx).Error()))
	})
	mullion.Handle(app, "choose", func(ctx context.Context, _ struct{}) (string, error) {
		paths, err := app.OpenFile(ctx, mullion.FileDialog{Title: "Which one?"})
		if err != nil {
			return "", err
		}
		ok, err := app.Confirm(ctx, mullion.MessageDialog{Message: "Really?"})
		return fmt.Sprint(filepath.Base(paths[0]), " ", ok), err
	})
	mullion.Handle(app, "visit", func(ctx context.Context, _ struct{}) (struct{}, error) {
		return struct{}{}, app.OpenURL(ctx, "https://example.org/")
	})
	mullion.Handle(app, "open_other", func(ctx context.Context, _ struct{}) (struct{}, error) {
		_, err := app.OpenWindow(ctx, app.WindowOptions("other"))
		return struct{}{}, err
	})
	return app.Run(ctx)
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

func TestCall(t *testing.T) {
	app := mulliontest.Start(t, lab, nil)
	p := app.Page("main")
	var text string
	if err := p.Call("greet", greetArgs{"gopher"}, &text); err != nil || text != "Hello, gopher" {
		t.Errorf("got %q, %v", text, err)
	}
	if err := p.Call("greet", map[string]any{"name": "gopher"}, nil); err != nil {
		t.Error(err)
	}
	for _, test := range []struct {
		command string
		args    any
		want    string
		denied  bool
	}{
		{"fail", nil, "it failed", false},
		{"refuse", nil, `{"code":7}`, false},
		{"nothing", nil, "Command nothing not found", false},
		{"forbidden", nil, `Command forbidden not allowed by ACL: not allowed on window "main", webview "main", URL: local: add permission "allow-forbidden" to capability "main" (capabilities/main.json)`, true},
		{"greet", map[string]any{"nme": "gopher"}, "invalid args `name` for command `greet`", false},
		{"greet", map[string]any{"name": 1}, "invalid args `name` for command `greet`", false},
	} {
		err := p.Call(test.command, test.args, nil)
		var call *mulliontest.CallError
		if !errors.As(err, &call) || !bytes.HasPrefix([]byte(err.Error()), []byte(test.want)) {
			t.Errorf("%s: got %v, want %s", test.command, err, test.want)
		}
		if errors.Is(err, capability.ErrDenied) != test.denied {
			t.Errorf("%s: denied is %v", test.command, !test.denied)
		}
	}
	var refused struct {
		Code int `json:"code"`
	}
	var call *mulliontest.CallError
	if err := p.Call("refuse", nil, nil); !errors.As(err, &call) || call.Decode(&refused) != nil || refused.Code != 7 {
		t.Errorf("got %v", err)
	}
	var number int
	if err := p.Call("greet", greetArgs{"gopher"}, &number); err == nil || errors.As(err, &call) {
		t.Errorf("a text was decoded into a number: %v", err)
	}
}

// TestCallsAtOnce: a page may be used by several goroutines.
func TestCallsAtOnce(t *testing.T) {
	p := mulliontest.Start(t, lab, nil).Page("main")
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			for range 100 {
				var text string
				if err := p.Call("greet", greetArgs{"gopher"}, &text); err != nil || text != "Hello, gopher" {
					t.Errorf("got %q, %v", text, err)
				}
			}
		})
	}
	all.Wait()
}

func TestCallBytes(t *testing.T) {
	p := mulliontest.Start(t, lab, nil).Page("main")
	for _, size := range []int{0, 2, 100_000, 5 << 20} {
		var got []byte
		if err := p.Call("blob", map[string]int{"size": size}, &got); err != nil || len(got) != size || !bytes.Equal(got, bytes.Repeat([]byte{0, 7}, size/2)) {
			t.Errorf("%d bytes to the page: got %d, %v", size, len(got), err)
		}
		var taken int
		if err := p.Call("size", make([]byte, size), &taken); err != nil || taken != size {
			t.Errorf("%d bytes from the page: got %d, %v", size, taken, err)
		}
	}
	var got []byte
	var call *mulliontest.CallError
	if err := p.Call("break_off", nil, &got); !errors.As(err, &call) || call.Error() != "the disk is gone" {
		t.Errorf("bytes that break off: %d, %v", len(got), err)
	}
}

func TestEvents(t *testing.T) {
	app := mulliontest.Start(t, lab, nil)
	p := app.Page("main")
	if err := p.Call("open_other", nil, nil); err != nil {
		t.Fatal(err)
	}
	own, all, core := p.ListenOwn("announced"), p.Listen("announced"), app.Listen("announced")
	if err := p.Call("announce", greetArgs{"a"}, nil); err != nil {
		t.Fatal(err)
	}
	if n := len(own.All()); n != 1 {
		t.Errorf("the window heard %d events", n)
	}
	for _, l := range []*mulliontest.Listener{all, core} {
		for _, want := range []string{"a", "other"} {
			var got greetArgs
			if l.Next(&got); got.Name != want {
				t.Errorf("got %q, want %q", got.Name, want)
			}
		}
	}
	ready := app.Listen("ready")
	p.Emit("ready", 3)
	var n int
	if ready.Next(&n); n != 3 {
		t.Errorf("got %d", n)
	}
}

func TestAbort(t *testing.T) {
	app := mulliontest.Start(t, lab, nil)
	p := app.Page("main")
	waiting, gaveUp := app.Listen("waiting"), app.Listen("gave-up")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- p.CallContext(ctx, "wait", nil, nil) }()
	waiting.Next(nil)
	cancel()
	gaveUp.Next(nil)
	if err := <-done; err == nil {
		t.Error("a call that was aborted has succeeded")
	}
}

func TestChannel(t *testing.T) {
	p := mulliontest.Start(t, lab, nil).Page("main")
	c := p.Channel()
	if err := p.Call("count", map[string]any{"to": 100, "each": c}, nil); err != nil {
		t.Fatal(err)
	}
	var got, n int
	for c.Next(&got) {
		if got != n {
			t.Fatalf("got %d, want %d", got, n)
		}
		n++
	}
	if n != 100 {
		t.Errorf("got %d messages", n)
	}
}

func TestStates(t *testing.T) {
	home := t.TempDir()
	app := mulliontest.Start(t, lab, &mulliontest.Options{Home: home})
	p := app.Page("main")
	if err := p.SetState("settings", settings{"second", 2}); err != nil {
		t.Fatal(err)
	}
	if err := p.SetState("settings", settings{"third", -2}); err == nil {
		t.Error("the page could set what Check refuses")
	}
	var got, seen settings
	app.State("settings", &got)
	p.State("settings", &seen)
	if want := (settings{"second", 2}); got != want || seen != want {
		t.Errorf("got %v, the page %v", got, seen)
	}
	if err := app.Stop(); err != nil {
		t.Fatal(err)
	}
	again := mulliontest.Start(t, lab, &mulliontest.Options{Home: home})
	again.State("settings", &got)
	if got.Name != "second" {
		t.Errorf("after a new start: %v", got)
	}
}

func TestDialogs(t *testing.T) {
	app := mulliontest.Start(t, lab, nil)
	p := app.Page("main")
	file := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	var got string
	go func() { done <- p.Call("choose", nil, &got) }()
	d := app.Dialog()
	if d.Kind != "open" || d.Title != "Which one?" {
		t.Errorf("got %v", d)
	}
	d.Choose(file)
	m := app.Dialog()
	m.Press(m.Buttons[0])
	if err := <-done; err != nil || got != "a.txt true" {
		t.Errorf("got %q, %v", got, err)
	}
	go func() { done <- p.Call("choose", nil, &got) }()
	app.Dialog().Cancel()
	if err := <-done; err == nil {
		t.Error("a dialog that was cancelled has a result")
	}
}

func TestLinks(t *testing.T) {
	app := mulliontest.Start(t, lab, nil)
	if err := app.Page("main").Call("visit", nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := app.Links(); len(got) != 1 || got[0] != "https://example.org/" {
		t.Errorf("got %q", got)
	}
}

// TestNavigation: another page in the same window has none of what the page
// before it had.
func TestNavigation(t *testing.T) {
	app := mulliontest.Start(t, lab, nil)
	p := app.Page("main")
	before := p.Listen("announced")
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Navigate(t.Context(), "next.html"); err != nil {
		t.Fatal(err)
	}
	mulliontest.Wait(t, 0, func() error {
		if u := w.URL(); u != "app://localhost/next.html" {
			return fmt.Errorf("the page is %s", u)
		}
		return nil
	})
	after := p.Listen("announced")
	if err := p.Call("announce", greetArgs{"a"}, nil); err != nil {
		t.Fatal(err)
	}
	if len(before.All()) != 0 || len(after.All()) != 2 {
		t.Errorf("the old page heard %d, the new one %d", len(before.All()), len(after.All()))
	}
}

// TestCallWhileNavigating calls between the wish for another page and that page:
// whichever of the two makes the call, the page that is shown at last can call.
func TestCallWhileNavigating(t *testing.T) {
	app := mulliontest.Start(t, lab, nil)
	p := app.Page("main")
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	for n := range 100 {
		next := fmt.Sprintf("next.html?%d", n)
		if err := w.Navigate(t.Context(), next); err != nil {
			t.Fatal(err)
		}
		mulliontest.Wait(t, 0, func() error {
			err := p.Call("greet", greetArgs{"a"}, nil) // its page may be gone before the answer
			if u := w.URL(); u != "app://localhost/"+next {
				err = errors.Join(err, fmt.Errorf("the page is %s", u))
			}
			return err
		})
	}
}
