package plugin_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin"
)

func TestMain(m *testing.M) { mulliontest.Main(m) }

type none = struct{}

type rid struct {
	ID uint32 `json:"rid"`
}

// counters is a plugin with counters, which belong to the page that made them.
type counters struct {
	listeners *plugin.Listeners

	mu     sync.Mutex
	closed []string // guarded by mu; names of counters
	asked  []string // guarded by mu; labels of webviews
}

type counter struct {
	name string
	n    int
}

func newCounters() *counters {
	return &counters{listeners: plugin.NewListeners("counted")}
}

func (c *counters) plugin() plugin.Plugin {
	commands := plugin.Commands{
		"new": plugin.Typed(c.make), "share": plugin.Typed(c.share), "count": plugin.Typed(c.count), "end": plugin.Typed(c.end), "note": plugin.Typed(c.note),
		"secret": plugin.Typed(func(context.Context, none) (none, error) { return none{}, nil }),
	}
	c.listeners.AddTo(commands)
	return plugin.Plugin{
		Name: "counters", Commands: commands,
		Default: []string{"allow-new", "allow-share", "allow-count", "allow-end", "allow-note", "allow-register-listener", "allow-remove-listener"},
		Script: func(_ context.Context, w plugin.Webview) (string, error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.asked = append(c.asked, w.Label)
			if w.Label == "broken" {
				return "", errors.New("no script")
			}
			return fmt.Sprintf("window.__COUNTERS__ = %q // in the window %s", w.Window, w.Window), nil
		},
	}
}

type named struct {
	Name string `json:"name"`
}

func (c *counters) make(ctx context.Context, a named) (uint32, error) {
	return plugin.AddResource(ctx, &counter{name: a.Name}, func() { c.close(a.Name) })
}

// share makes a counter for all pages.
func (c *counters) share(ctx context.Context, a named) (uint32, error) {
	return plugin.AddSharedResource(ctx, &counter{name: a.Name}, func() { c.close(a.Name) })
}

// close takes its time: a page that closes waits for it.
func (c *counters) close(name string) {
	time.Sleep(20 * time.Millisecond)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = append(c.closed, name)
}

func (c *counters) count(ctx context.Context, a rid) (int, error) {
	one, err := plugin.ResourceOf[*counter](ctx, a.ID)
	if err != nil {
		return 0, err
	}
	c.mu.Lock()
	one.n++
	n := one.n
	c.mu.Unlock()
	return n, c.listeners.Tell(ctx, "counted", n)
}

func (c *counters) end(ctx context.Context, a rid) (none, error) {
	return none{}, plugin.CloseResource(ctx, a.ID)
}

// note sends an event to the page that has called.
func (c *counters) note(ctx context.Context, _ none) (string, error) {
	p, err := plugin.PageOf(ctx)
	if err != nil {
		return "", err
	}
	return p.Caller().Window, p.Emit(ctx, "counters://note", "for you")
}

func (c *counters) ended(t *testing.T, want ...string) {
	t.Helper()
	c.mu.Lock()
	got := slices.Clone(c.closed)
	c.mu.Unlock()
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("closed: %q, want %q", got, want)
	}
}

func run(c *counters, windows string) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		app, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.counters", "build": {"frontendDist": "ui"}, "app": {"windows": [` + windows + `]}}`)},
			"ui/index.html":     {Data: []byte(`<!doctype html><title>counters</title><p id=seen></p><script src="index.js"></script>`)},
			"ui/index.js":       {Data: []byte(`document.querySelector('#seen').textContent = String(window.__COUNTERS__)`)},
			"capabilities/counters.json": {Data: []byte(`{"identifier": "counters", "windows": ["main", "other"],
				"permissions": ["core:default", "core:window:allow-destroy", "counters:default", "allow-open"]}`)},
			"capabilities/plain.json": {Data: []byte(`{"identifier": "plain", "windows": ["plain"], "permissions": ["core:default"]}`)},
		}})
		if err != nil {
			return err
		}
		app.AddPlugin(c.plugin())
		mullion.Handle(app, "open", func(ctx context.Context, a struct {
			Label string `json:"label"`
		}) (none, error) {
			_, err := app.OpenWindow(ctx, mullion.WindowOptions{Label: a.Label})
			return none{}, err
		})
		return app.Run(ctx)
	}
}

// TestPlugin plays the pages: commands, resources and what pages may not do.
func TestPlugin(t *testing.T) {
	c := newCounters()
	app := mulliontest.Start(t, run(c, `{}, {"label": "other"}, {"label": "plain"}`), nil)
	main, other := app.Page("main"), app.Page("other")
	call := func(p *mulliontest.Page, command string, args, result any) {
		t.Helper()
		if err := p.Call("plugin:counters|"+command, args, result); err != nil {
			t.Fatal(err)
		}
	}
	var a, b uint32
	call(main, "new", map[string]string{"name": "a"}, &a)
	call(main, "new", map[string]string{"name": "b"}, &b)
	var n int
	call(main, "count", rid{a}, nil)
	if call(main, "count", rid{a}, &n); n != 2 {
		t.Errorf("counted %d", n)
	}
	refused := func(p *mulliontest.Page, command string, args any, want string) {
		t.Helper()
		if err := p.Call(command, args, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", command, err, want)
		}
	}
	refused(other, "plugin:counters|count", rid{a}, "is invalid")
	refused(other, "plugin:resources|close", rid{a}, "is invalid")
	refused(main, "plugin:image|size", rid{a}, "is invalid")
	refused(main, "plugin:counters|secret", nil, "not allowed by ACL")
	refused(app.Page("plain"), "plugin:counters|note", nil, "not allowed")
	c.ended(t)
	if err := main.Call("plugin:resources|close", rid{a}, nil); err != nil {
		t.Error(err)
	}
	c.ended(t, "a")
	refused(main, "plugin:counters|count", rid{a}, "is invalid")
	call(main, "end", rid{b}, nil)
	c.ended(t, "a", "b")
	heard, elsewhere := main.ListenOwn("counters://note"), other.ListenOwn("counters://note")
	var label, text string
	call(main, "note", nil, &label)
	call(other, "note", nil, nil)
	if heard.Next(&text); text != "for you" || label != "main" || len(heard.All()) != 1 {
		t.Errorf("%q was told %q, %d times", label, text, len(heard.All()))
	}
	elsewhere.Next(&text)
	if err := app.Stop(); err != nil {
		t.Fatal(err)
	}
	c.ended(t, "a", "b")
}

// TestShared: what is shared can be used and closed by other pages, and ends
// with the page that it was made for.
func TestShared(t *testing.T) {
	c := newCounters()
	app := mulliontest.Start(t, run(c, `{}, {"label": "other"}`), nil)
	main, other := app.Page("main"), app.Page("other")
	call := func(p *mulliontest.Page, command string, args, result any) {
		t.Helper()
		if err := p.Call(command, args, result); err != nil {
			t.Fatal(err)
		}
	}
	var a, b uint32
	call(main, "plugin:counters|share", map[string]string{"name": "a"}, &a)
	call(main, "plugin:counters|share", map[string]string{"name": "b"}, &b)
	call(main, "plugin:counters|count", rid{a}, nil)
	var n int
	if call(other, "plugin:counters|count", rid{a}, &n); n != 2 {
		t.Errorf("another page counted %d", n)
	}
	call(other, "plugin:resources|close", rid{a}, nil)
	if err := main.Call("plugin:counters|count", rid{a}, nil); err == nil {
		t.Error("a counter that another page has closed still counts")
	}
	_ = main.Call("plugin:window|destroy", none{}, nil) // the window may be gone before the answer
	if err := await.Until(time.Minute, func() error {
		if err := other.Call("plugin:counters|count", rid{b}, nil); err == nil {
			return errors.New("a counter outlives the page that it was made for")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if err := app.Stop(); err != nil {
		t.Fatal(err)
	}
	c.ended(t, "a", "b")
}

// TestInWindow: the script runs before those of the page, where the plugin may
// be used, and what a page has ends with it.
func TestInWindow(t *testing.T) {
	c := newCounters()
	d := mulliontest.Open(t, run(c, `{}, {"label": "plain"}`), nil)
	w := d.Window("main")
	w.Find("#seen").WaitText("main")
	d.Window("plain").Find("#seen").WaitText("undefined")
	const call = "const call = (name, args) => window.__TAURI_INTERNALS__.invoke('plugin:counters|' + name, args);\n"
	var got []int
	w.Eval(call+`
		const heard = []
		const channel = (f) => { const id = window.__TAURI_INTERNALS__.transformCallback((m) => { if ('message' in m) f(m.message) }); return {id, text: '__CHANNEL__:' + id} }
		const rid = await call('new', {name: 'kept'})
		let told
		const first = channel((n) => { heard.push(n); told?.() })
		await call('register_listener', {event: 'counted', handler: first.text})
		const one = new Promise((done) => told = done)
		await call('count', {rid})
		await one
		await call('remove_listener', {event: 'counted', channelId: first.id})
		await call('count', {rid})
		const refused = await call('register_listener', {event: 'other', handler: first.text}).then(() => 1, () => 0)
		return [...heard, await call('count', {rid}), refused]`, &got)
	if !slices.Equal(got, []int{1, 3, 0}) {
		t.Errorf("got %v", got)
	}
	c.ended(t)
	w.Eval("location.reload()", nil)
	if err := await.Until(time.Minute, func() error {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !slices.Contains(c.closed, "kept") {
			return errors.New("the counter of the page that was left is still there")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	w.Find("#seen").WaitText("main")
	var why string
	w.Eval(`return await window.__TAURI_INTERNALS__.invoke('open', {label: 'broken'}).then(() => '', String)`, &why)
	if !strings.Contains(why, `script of the plugin "counters": no script`) {
		t.Errorf("a window without its script: %q", why)
	}
	w.Eval(`await window.__TAURI_INTERNALS__.invoke('open', {label: 'other'})`, nil)
	d.Window("other").Find("#seen").WaitText("other")
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.Sort(c.asked); !slices.Equal(c.asked, []string{"broken", "main", "other", "plain"}) {
		t.Errorf("scripts were made for %q", c.asked)
	}
}

// TestImages: a plugin takes images in all forms that pages have for them, and
// gives them images of their own.
func TestImages(t *testing.T) {
	a := mulliontest.Start(t, func(ctx context.Context) error {
		app, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.images", "build": {"frontendDist": "ui"}, "app": {"windows": [{}, {"label": "other"}]}}`)},
			"ui/index.html":     {Data: []byte(`<!doctype html><title>images</title>`)},
			"capabilities/images.json": {Data: []byte(`{"identifier": "images", "windows": ["*"],
				"permissions": ["core:default", "images:allow-turn", "images:allow-many"]}`)},
		}})
		if err != nil {
			return err
		}
		app.AddPlugin(plugin.Plugin{Name: "images", Commands: plugin.Commands{
			"turn": plugin.Typed(func(ctx context.Context, a struct {
				Image jsontext.Value `json:"image,omitzero"`
			}) (uint32, error) {
				from, err := plugin.ImageOf(ctx, a.Image)
				if err != nil || from == nil {
					return 0, err
				}
				to := image.NewNRGBA(image.Rect(0, 0, from.Rect.Dy(), from.Rect.Dx()))
				for y := range to.Rect.Dy() {
					for x := range to.Rect.Dx() {
						to.Set(x, y, from.At(y, x))
					}
				}
				return plugin.AddImage(ctx, to)
			}),
			"many": plugin.Typed(func(ctx context.Context, _ none) (n int, err error) {
				one := image.NewNRGBA(image.Rect(0, 0, 4096, 4096))
				for ; n < 100 && err == nil; n++ {
					_, err = plugin.AddImage(ctx, one)
				}
				return n, err
			}),
		}})
		return app.Run(ctx)
	}, nil)
	main, other := a.Page("main"), a.Page("other")
	type args struct {
		Image any `json:"image"`
	}
	var own uint32
	if err := main.Call("plugin:image|new", map[string]any{"rgba": []int{1, 2, 3, 4, 5, 6, 7, 8}, "width": 2, "height": 1}, &own); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := png.Encode(&file, &image.NRGBA{Pix: []byte{1, 2, 3, 4, 5, 6, 7, 8}, Stride: 8, Rect: image.Rect(0, 0, 2, 1)}); err != nil {
		t.Fatal(err)
	}
	numbers := []int{}
	for _, b := range file.Bytes() {
		numbers = append(numbers, int(b))
	}
	for name, from := range map[string]any{
		"number": own, "file": numbers, "pixels": map[string]any{"rgba": []int{1, 2, 3, 4, 5, 6, 7, 8}, "width": 2, "height": 1},
	} {
		var turned uint32
		var size struct {
			Width  int `json:"width"`
			Height int `json:"height"`
		}
		if err := main.Call("plugin:images|turn", args{from}, &turned); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := main.Call("plugin:image|size", rid{turned}, &size); err != nil || size.Width != 1 || size.Height != 2 {
			t.Errorf("%s: got %+v, %v", name, size, err)
		}
		if err := other.Call("plugin:image|size", rid{turned}, nil); err == nil {
			t.Errorf("%s: another page has the image", name)
		}
	}
	var nothing uint32
	if err := main.Call("plugin:images|turn", args{nil}, &nothing); err != nil || nothing != 0 {
		t.Errorf("null: got %d, %v", nothing, err)
	}
	for name, from := range map[string]any{
		"a path that no scope has": "/etc/hostname", "a number of nothing": 12345, "no image": []int{1, 2, 3}, "no form": true,
		"too few pixels": map[string]any{"rgba": []int{1}, "width": 2, "height": 1},
	} {
		if err := main.Call("plugin:images|turn", args{from}, nil); err == nil {
			t.Errorf("%s is no error", name)
		}
	}
	if err := other.Call("plugin:images|turn", args{own}, nil); err == nil {
		t.Error("a page has used the image of another one")
	}
	if err := main.Call("plugin:images|many", none{}, nil); err == nil || !strings.Contains(err.Error(), "close some of them") {
		t.Errorf("a flood of images: %v", err)
	}
}

func TestCommandsAllow(t *testing.T) {
	c := plugin.Commands{"read_text_file": {}, "copy": {}}
	if got, want := c.Allow(), []string{"allow-copy", "allow-read-text-file"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
