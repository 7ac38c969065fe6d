package leaks_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/e2e/session"
	"github.com/mullion-dev/mullion/internal/footprint"
	"github.com/mullion-dev/mullion/ipc"
)

// leakSamples is how often memory is read while something is opened and
// closed over and over.
const leakSamples = 10

// leakWarm is how many such parts of the rounds come before the first sample,
// by whether a page runs them.
var leakWarm = map[bool]int{false: 3, true: 2 * leakSamples}

// leakNoise is by how much the memory of a process may seem to grow in one
// run, in KiB: the slope of the samples times the rounds. It is the same for
// few rounds as for many, so that 1,000 show a leak of a few KiB per round.
var leakNoise = map[string]float64{"Core": 1 << 10, "host": 4 << 10, "web process": 8 << 10, "network process": 2 << 10}

// keptByWebKit is what WebKitGTK 2.50.6 does not free of a webview that has
// shown a page, in KiB, rounded up. It keeps the same where nothing of ours is
// around it: TestBareWebviews in internal/backend/webkitgtk.
const keptByWebKit = 26

// leaking is what may leak: its rounds open something and close it.
type leaking struct {
	name string
	// usual is the number of rounds; MULLION_ROUNDS multiplies it.
	usual int
	// webkit is what WebKit itself keeps of each round in the host, in KiB.
	webkit float64
	// page is the body of a function that a page runs n times, or empty.
	page string
	// round is one round in the Core where page is empty.
	round func(t *testing.T, app leakApp, n int)
}

// leaks are the kinds of things. What a page opens and closes without windows
// of the system costs little, and so has more rounds.
var leaks = []leaking{
	{name: "windows", usual: 20, webkit: keptByWebKit, round: func(t *testing.T, app leakApp, n int) {
		o := app.WindowOptions(fmt.Sprint("leak", n))
		o.URL = "leak.html"
		w, err := app.OpenWindow(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		app.arrives(t, w.Label())
		w.Close()
		awaited(t, "the end of the window", w.Done())
	}},
	{name: "webviews in a window", usual: 20, webkit: keptByWebKit, round: func(t *testing.T, app leakApp, n int) {
		v, err := mainWindow(t, app).AddWebview(t.Context(), mullion.WebviewOptions{
			Label: fmt.Sprint("leak", n), URL: "leak.html", Bounds: mullion.Rect{Width: 100, Height: 100},
		})
		if err != nil {
			t.Fatal(err)
		}
		app.arrives(t, v.Label())
		v.Close()
		awaited(t, "the end of the webview", v.Done())
	}},
	{name: "menus of the Core", usual: 20, round: func(t *testing.T, app leakApp, n int) {
		w := mainWindow(t, app)
		m := mullion.Menu{{Text: "File", Items: mullion.Menu{
			{Text: "Open", Accelerator: "Ctrl+O", Do: func(context.Context, mullion.MenuEvent) {}},
			{Text: "Picture", Icon: pngOf(64)}, {Predefined: mullion.Separator}, {Text: "Check", Check: true},
		}}}
		for _, err := range []error{
			w.SetMenu(t.Context(), m), w.PopupMenu(t.Context(), m, 10, 10), w.SetMenu(t.Context(), nil),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}},
	{name: "menus of a page", usual: 20, page: `
		const open = async (kind, options) => {
			const handler = new Channel();
			const [rid] = await invoke('plugin:menu|new', {kind, options, handler});
			return rid;
		};
		const item = await open('MenuItem', {text: 'a'}), bar = await open('Menu', {});
		const below = await open('Submenu', {text: 'b', items: [{text: 'c', icon: null}, {item: 'Separator'}]});
		await invoke('plugin:menu|append', {rid: bar, kind: 'Menu', items: [[item, 'MenuItem'], [below, 'Submenu']]});
		const old = await invoke('plugin:menu|set_as_window_menu', {rid: bar});
		await invoke('plugin:menu|popup', {rid: below, kind: 'Submenu'});
		for (const rid of [item, below, bar, ...old ? [old[0]] : []]) await invoke('plugin:resources|close', {rid});`},
	{name: "icons of a window", usual: 20, page: `
		const image = await invoke('plugin:image|new', {rgba: new Array(4 * 64 * 64).fill(200), width: 64, height: 64});
		await invoke('plugin:window|set_icon', {value: image});
		await invoke('plugin:resources|close', {rid: image});`},
	{name: "listeners", usual: 50, page: `
		let heard;
		const told = new Promise(done => { heard = done; });
		const off = await listen('leak', () => heard());
		await emit('leak', 'x'.repeat(1000));
		await told;
		await off();`},
	{name: "channels", usual: 50, page: `
		let heard;
		const told = new Promise(done => { heard = done; });
		await invoke('count', {to: new Channel(n => n === 3 && heard())});
		await told;`},
	{name: "states", usual: 50, page: `
		let heard;
		const told = new Promise(done => { heard = done; });
		const off = await state('leak').subscribe(() => heard());
		await told;
		await off();`},
	{name: "byte streams", usual: 20, page: `
		const bytes = await invoke('stream');
		if (bytes.byteLength !== 256 << 10) throw new Error(bytes.byteLength + ' bytes');`},
	{name: "calls that are given up", usual: 50, page: `
		const stop = new AbortController();
		const call = invoke('block', {}, {signal: stop.signal}).then(() => 'answered', () => 'given up');
		stop.abort();
		if (await call !== 'given up') throw new Error('answered');`},
	{name: "tray icons of a page", usual: 20, page: `
		const {rid} = await invoke('plugin:tray|new', {options: {title: 'leak'}, handler: new Channel()})
			.then(r => Array.isArray(r) ? {rid: r[0]} : r);
		await invoke('plugin:resources|close', {rid});`},
	{name: "notifications of a page", usual: 20, page: `
		let shown, closed;
		const wasShown = new Promise(done => { shown = done; }), wasClosed = new Promise(done => { closed = done; });
		const n = new Notification('leak', {body: 'x'});
		[n.onshow, n.onclose, n.onerror] = [shown, closed, () => { closed(); shown(); }];
		await wasShown;
		n.close();
		await wasClosed;`},
	{name: "listeners of notifications", usual: 50, page: `
		const handler = new Channel();
		await invoke('plugin:notification|register_listener', {event: 'actionPerformed', handler});
		await invoke('plugin:notification|remove_listener', {event: 'actionPerformed', channelId: handler.id});`},
}

// leakPage tells that it is there, and what else it was made to do.
const leakPage = `<!doctype html><meta charset="utf-8"><title>leak</title><p>leak
<script type="module">import { invoke } from '/_mullion/api.js'; await invoke('arrived');</script>`

// leakPermissions are what the pages of the test need.
var leakPermissions = []any{
	"allow-arrived", "allow-count", "allow-stream", "allow-block", "core:default", "core:window:allow-set-icon",
	"core:event:default", "core:menu:default", "core:image:default", "core:tray:default", "notification:default",
}

// leakApp is the app under test.
type leakApp struct {
	*e2e.App
	arrived chan string // labels of webviews whose page is there
}

// arrives waits for the page of a webview.
func (a leakApp) arrives(t *testing.T, label string) {
	t.Helper()
	if got := e2e.Take(t, a.arrived); got != label {
		t.Errorf("the page of %q arrived, not that of %q", got, label)
	}
}

// awaited waits until c is closed.
func awaited(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	ctx, cancel := await.Context(t.Context(), e2e.Timeout)
	defer cancel()
	select {
	case <-c:
	case <-ctx.Done():
		t.Fatalf("%s did not come", what)
	}
}

func mainWindow(t *testing.T, app leakApp) *mullion.Window {
	t.Helper()
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// pngOf is a picture of so many pixels each way.
func pngOf(side int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, side, side))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

type threeArgs struct {
	To mullion.Channel[int] `json:"to"`
}

// sendThree sends 1, 2 and 3 and closes the channel.
func sendThree(ctx context.Context, a threeArgs) (struct{}, error) {
	for n := range 3 {
		if err := a.To.Send(ctx, n+1); err != nil {
			return struct{}{}, err
		}
	}
	return struct{}{}, a.To.Close()
}

// TestNothingLeaks opens and closes things over and over in a real window, and
// looks at what the processes hold before and after: descriptors, threads,
// goroutines, callbacks of the page, other processes, and how memory grows.
func TestNothingLeaks(t *testing.T) {
	for _, l := range leaks {
		t.Run(l.name, func(t *testing.T) { leak(t, l) })
	}
}

func leak(t *testing.T, l leaking) {
	bus := session.StartBus(t)
	bus.StartTray()
	desktop := bus.StartNotifications("body", "actions")
	caps, err := capability.Parse("capabilities/leak.json", []byte(`[{"identifier": "leak", "windows": ["*"],
		"permissions": [{"identifier": "state:read", "allow": ["leak"]}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	arrived := make(chan string, 1)
	app := leakApp{arrived: arrived}
	app.App = e2e.Start(t, e2e.Options{
		Permissions: leakPermissions, Capabilities: caps, Files: map[string]string{"leak.html": leakPage},
		Logger: nil,
		Setup: func(a *mullion.App) {
			mullion.NewState(a, "leak", 1, mullion.StateOptions[int]{})
			mullion.Handle(a, "arrived", func(ctx context.Context, x struct{}) (struct{}, error) {
				c, _ := mullion.CallerFrom(ctx)
				arrived <- c.Webview
				return x, nil
			})
			mullion.Handle(a, "count", sendThree)
			mullion.Handle(a, "stream", func(context.Context, struct{}) (ipc.Stream, error) {
				return ipc.Stream{ReadCloser: io.NopCloser(bytes.NewReader(make([]byte, 256<<10))), Size: 256 << 10}, nil
			})
			mullion.Handle(a, "block", func(ctx context.Context, x struct{}) (struct{}, error) { <-ctx.Done(); return x, ctx.Err() })
		},
	})
	app.Main().Must("return 1", nil)
	h := watchHeld(t, app.App)
	rounds := footprint.Rounds(t, l.usual)
	batch := max(rounds/leakSamples, 1)
	n := 0
	run := func() {
		if l.page != "" {
			app.Main().Must(fmt.Sprintf("for (let n = 0; n < %d; n++) {%s}", batch, l.page), nil)
			return
		}
		for range batch {
			n++
			l.round(t, app, n)
		}
	}
	// Caches fill, and what is started once is started. The heap of a page
	// grows until its collector has found a size.
	for range leakWarm[l.page != ""] {
		run()
	}
	desktop.Forget()
	h.settle()
	for range leakSamples {
		run()
		desktop.Forget() // its memory is that of this process
		h.sample()
	}
	h.settle()
	h.check(batch, rounds == l.usual, map[string]float64{"host": l.webkit})
}
