package desk_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// colorAt returns the color of a point of a window's content as six
// hexadecimal digits.
func colorAt(t *testing.T, w *mullion.Window, x, y int) string {
	t.Helper()
	g := w.Geometry()
	r, gr, b, _ := screenshot(t).At(g.InnerX+x, g.InnerY+y).RGBA()
	return fmt.Sprintf("%02x%02x%02x", r>>8, gr>>8, b>>8)
}

// TestBareWindow: a page opens a window without a webview and puts two of them
// in; the window is seen before and after the host is killed, tells of its
// end, and stays when its webviews are closed.
func TestBareWindow(t *testing.T) {
	app := e2e.Start(t, e2e.Options{
		Permissions: []any{"core:default", "core:window:allow-create", "core:window:allow-close", "core:webview:allow-create-webview", "core:webview:allow-webview-close"},
		Files:       map[string]string{"red.html": colored("#c00000"), "blue.html": colored("#0000c0")},
	})
	main := app.Main()
	main.Must(`await invoke('plugin:window|create', { options: { label: 'bare', title: 'bare', x: 200, y: 150, width: 400, height: 300, backgroundColor: '#00c000' } })`, nil)
	w, err := app.Window("bare")
	if err != nil {
		t.Fatal(err)
	}
	if w.Webview() != nil || w.URL() != "" || w.Painted() || !w.Options().Bare {
		t.Error("the window has a webview of its own")
	}
	if err := w.Navigate(t.Context(), "red.html"); !errors.Is(err, mullion.ErrNoWebview) {
		t.Errorf("navigate: %v", err)
	}
	looks := func(when string, want map[int]string) {
		t.Helper()
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			for x, color := range want {
				if got := colorAt(t, w, x, 150); got != color {
					return fmt.Errorf("%s: at %d it is %s, want %s", when, x, got, color)
				}
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
	looks("empty", map[int]string{50: "00c000", 350: "00c000"})
	for label, x := range map[string]int{"red": 0, "blue": 200} {
		main.Must(fmt.Sprintf(`await invoke('plugin:webview|create_webview', { windowLabel: 'bare', options: { label: '%s', url: '%[1]s.html', x: %d, y: 0, width: 150, height: 300 } })`, label, x), nil)
		app.Page(label).Must(`return 1`, nil)
	}
	looks("filled", map[int]string{50: "c00000", 175: "00c000", 250: "0000c0", 380: "00c000"})

	host := app.Processes()["app"]
	e2e.Kill(t, host)
	e2e.Restarted(t, app, host)
	for _, label := range []string{"main", "red", "blue"} {
		app.Page(label).Must(`return 1`, nil)
	}
	looks("after the host was killed", map[int]string{50: "c00000", 175: "00c000", 250: "0000c0", 380: "00c000"})

	main.Must(`for (const label of ['red', 'blue']) await invoke('plugin:webview|webview_close', { label })`, nil)
	looks("empty again", map[int]string{50: "00c000", 250: "00c000"})
	// The user's wish to close it is heard by pages of other windows.
	main.Must(`
		window.heard = [];
		const on = (event) => invoke('plugin:event|listen', { event, target: { kind: 'Window', label: 'bare' }, handler: window.__TAURI_INTERNALS__.transformCallback(() => heard.push(event)) });
		await on('tauri://close-requested'); await on('tauri://destroyed');
		await invoke('plugin:window|close', { label: 'bare' });
		while (!heard.length) await new Promise((r) => setTimeout(r, 10));`, nil)
	if _, err := app.Window("bare"); err != nil {
		t.Errorf("a window is closed though a page listens: %v", err)
	}
	w.Close()
	var heard string
	main.Must(`while (heard.length < 2) await new Promise((r) => setTimeout(r, 10)); return heard.join()`, &heard)
	if heard != "tauri://close-requested,tauri://destroyed" {
		t.Errorf("heard %s", heard)
	}
}

// TestBareFromGo: webviews of a bare window may show pages of others, if it
// has a host of its own.
func TestBareFromGo(t *testing.T) {
	app := e2e.Start(t, e2e.Options{NoWindow: true})
	ctx := e2e.Context(t)
	o := app.WindowOptions("browser")
	o.Bare, o.Isolate, o.BackgroundColor = true, true, &config.Color{Red: 1, Green: 2, Blue: 3, Alpha: 255}
	w, err := app.OpenWindow(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.AddWebview(ctx, mullion.WebviewOptions{Label: "tools", URL: "page.html", Bounds: mullion.Rect{Width: 800, Height: 100}}); err != nil {
		t.Fatal(err)
	}
	app.Page("tools").Must(`return 1`, nil)
	if err := app.Emit(ctx, "x", nil); err != nil {
		t.Error(err)
	}
	if got := w.Options(); !got.Bare || got.URL != "" {
		t.Errorf("options: %+v", got)
	}
}

// TestParentOnScreen: what the window manager is told of a window with a
// parent, before and after the host is killed, and without the parent.
func TestParentOnScreen(t *testing.T) {
	app := e2e.Start(t, e2e.Options{Permissions: []any{"core:default", "core:webview:allow-create-webview-window"}})
	app.Main().Must(`return 1`, nil)
	app.Open("ask", func(o *mullion.WindowOptions) {
		o.Title, o.Parent, o.Modal, o.Width, o.Height = "ask", "main", true, 200, 100
	}).Must(`return 1`, nil)
	app.Main().Must(`await invoke('plugin:webview|create_webview_window', { options: { label: 'palette', title: 'palette', url: 'page.html', parent: 'main' } })`, nil)
	app.Page("palette").Must(`return 1`, nil)
	check := func(when string, parents bool) {
		t.Helper()
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			for window, modal := range map[string]bool{"ask": true, "palette": false} {
				w, err := e2e.Screen(t).Find(window)
				if err != nil {
					return err
				}
				above, err := e2e.Screen(t).Numbers(w.ID, "WM_TRANSIENT_FOR")
				if err != nil || (len(above) == 1 && above[0] != 0) != parents {
					return fmt.Errorf("%s: %s is above %d: %w", when, window, above, err)
				}
				state, err := e2e.Screen(t).Atoms(w.ID, "_NET_WM_STATE")
				if err != nil || slices.Contains(state, "_NET_WM_STATE_MODAL") != (modal && parents) {
					return fmt.Errorf("%s: %s is %q: %w", when, window, state, err)
				}
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
	check("as opened", true)
	host := app.Processes()["app"]
	e2e.Kill(t, host)
	e2e.Restarted(t, app, host)
	for _, label := range []string{"main", "ask", "palette"} {
		app.Page(label).Must(`return 1`, nil)
	}
	check("after the host was killed", true)
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	<-w.Done()
	check("without the parent", false)
	app.Page("ask").Must(`return 1`, nil)
}
