package mulliontest_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/mulliontest"
)

const form = `<!doctype html>
<title>Form</title>
<style>
	body { margin: 0; font: 16px sans-serif }
	.far { margin: 1500px 0 }
	#drop { width: 300px; height: 100px; background: #abc }
	#late { position: absolute; right: 0; top: 0 } /* it moves nothing while something is clicked */
	#cover { position: fixed; inset: 0; background: #0008; display: none }
</style>
<h1>The form</h1>
<label>Your name <input id=name value=old></label>
<textarea id=text aria-label=Text></textarea>
<button id=greet>Greet</button> <button disabled>Never</button>
<label><input type=checkbox id=agree> I agree</label>
<output></output>
<ul><li>one</li><li>two</li></ul>
<p hidden>unseen</p>
<div id=shadow></div>
<div id=drop>Drop here</div>
<button class=far id=far>Far away</button>
<div id=cover></div>
<script>
	const out = document.querySelector('output');
	const says = (text) => { out.value = text; };
	greet.onclick = () => says('Hello, ' + document.getElementById('name').value);
	greet.ondblclick = () => says('twice');
	greet.oncontextmenu = (e) => { e.preventDefault(); says('menu'); };
	greet.onmouseenter = () => { greet.dataset.over = ''; };
	far.onclick = () => says('far');
	const tree = shadow.attachShadow({ mode: 'open' });
	tree.innerHTML = '<button>In the shade</button>';
	tree.firstChild.onclick = () => says('shade');
	setTimeout(() => { const b = document.createElement('button'); b.id = 'late'; b.textContent = 'Late'; b.onclick = () => says('late'); document.body.prepend(b); }, 300);
	window.__TAURI_INTERNALS__.invoke('plugin:event|listen', { event: 'tauri://drag-drop', target: { kind: 'Any' },
		handler: window.__TAURI_INTERNALS__.transformCallback((e) => says('dropped ' + e.payload.paths.map((p) => p.split('/').pop()))) });
</script>`

// formFiles are those of an app with a page to be used.
func formFiles(dir string) fstest.MapFS {
	return fstest.MapFS{
		"mullion.conf.json": {Data: []byte(`{"identifier": "dev.mullion.form", "productName": "Form", "build": {"frontendDist": "ui"},
			"app": {"security": {"csp": null}, "windows": [{"label": "main", "title": "Form", "width": 600, "height": 500}]}}`)},
		"ui/index.html": {Data: []byte(form)},
		"capabilities/main.json": {Data: []byte(`{"identifier": "main", "windows": ["*"], "permissions": ["core:default", "core:event:default", "allow-greet", "core:webview:allow-set-webview-zoom",
			{"identifier": "web:allow-file-drop", "allow": [{"path": "` + dir + `/**"}]}]}`)},
	}
}

// formApp is an app with that page, to which change may add.
func formApp(dir string, change func(*mullion.App)) func(context.Context) error {
	return func(ctx context.Context) error {
		app, err := mullion.New(mullion.Options{Files: formFiles(dir)})
		if err != nil {
			return err
		}
		mullion.Handle(app, "greet", func(_ context.Context, a greetArgs) (string, error) { return "Hello, " + a.Name, nil })
		mullion.Handle(app, "forbidden", func(context.Context, struct{}) (string, error) { return "", nil })
		if change != nil {
			change(app)
		}
		return app.Run(ctx)
	}
}

func TestForm(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a file.txt")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d := mulliontest.Open(t, formApp(dir, nil), nil)
	w := d.Window("main")
	out := w.Find("output")

	w.FindRole("textbox", "Your name").Fill("gopher")
	w.FindRole("button", "Greet").Click()
	out.WaitText("Hello, gopher")
	w.Find("#name").Fill("Zoë 世界 ✓ a\"B")
	w.Find("#name").WaitValue("Zoë 世界 ✓ a\"B")
	w.FindText("Greet").Click()
	out.WaitText("Hello, Zoë 世界 ✓ a\"B")
	w.Find("#name").Press("Home", "Delete")
	w.Find("#name").WaitValue("oë 世界 ✓ a\"B")
	w.Find("#name").Fill("")
	w.Find("#name").WaitValue("")
	w.FindRole("textbox", "Text").Type("one\ntwo")
	w.Find("textarea").WaitValue("one\ntwo")

	for _, step := range []struct {
		do   func()
		want string
	}{
		{w.FindText("Late").Click, "late"},
		{w.Find("#far").Click, "far"},
		{w.Find("#greet").DoubleClick, "twice"},
		{w.Find("#greet").RightClick, "menu"},
		{w.FindText("In the shade").Click, "shade"},
		{func() { w.Find("#drop").Drop(file) }, "dropped a file.txt"},
	} {
		step.do()
		out.WaitText(step.want)
	}
	w.Find("#far").Hover()
	w.Find("#greet").Hover()
	if _, ok := w.Find("#greet").Attr("data-over"); !ok {
		t.Error("the mouse is not over the button")
	}
	w.FindRole("checkbox", "I agree").Click()
	w.Find("#agree").WaitValue("true")
	if got := w.Find("#agree").Value(); got != "true" {
		t.Errorf("the box is %s", got)
	}
	if got := w.Find("li").Count(); got != 2 {
		t.Errorf("there are %d items", got)
	}
	if got := w.Find("li").Nth(1).Text(); got != "two" {
		t.Errorf("got %q", got)
	}
	w.FindText("unseen").WaitGone()

	var sum int
	w.Eval(`return 40 + 2`, &sum)
	if sum != 42 {
		t.Errorf("got %d", sum)
	}
	var script *mullion.ScriptError
	if err := w.Try(`throw new TypeError('no')`, nil); !errors.As(err, &script) {
		t.Errorf("got %v", err)
	}
	var size float64
	w.Find("#drop").Eval(`return element.offsetWidth`, &size)
	if size != 300 {
		t.Errorf("got %g", size)
	}
	var text string
	if err := w.Call("greet", greetArgs{"gopher"}, &text); err != nil || text != "Hello, gopher" {
		t.Errorf("got %q, %v", text, err)
	}
	var call *mulliontest.CallError
	if err := w.Call("forbidden", nil, nil); !errors.As(err, &call) {
		t.Errorf("got %v", err)
	}
	if p := w.Screenshot().Bounds(); p.Dx() != 600 || p.Dy() != 500 {
		t.Errorf("the picture is %v", p)
	}
}

// TestPlaces clicks where the page does not begin at the corner of the window,
// or is drawn larger.
func TestPlaces(t *testing.T) {
	d := mulliontest.Open(t, formApp(t.TempDir(), nil), nil)
	clicked := func(w *mulliontest.Window, id string) {
		t.Helper()
		w.Eval(`document.querySelector('output').value = ''`, nil)
		w.Find(id).Click()
		w.Find("output").WaitText(map[string]string{"#greet": "Hello, old", "#far": "far"}[id])
	}
	w := d.Window("main")
	window, err := d.App.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.SetMenu(t.Context(), mullion.Menu{{Text: "&File", Items: mullion.Menu{{Predefined: mullion.QuitItem}}}}); err != nil {
		t.Fatal(err)
	}
	mulliontest.Wait(t, 0, func() error {
		var inner int
		if w.Eval(`return innerHeight`, &inner); w.Screenshot().Bounds().Dy() <= inner {
			return errors.New("there is no menu bar")
		}
		return nil
	})
	clicked(w, "#greet")
	if err := window.Webview().SetZoom(t.Context(), 1.5); err != nil {
		t.Fatal(err)
	}
	clicked(w, "#far")
	clicked(w, "#greet")
	if _, err := window.AddWebview(t.Context(), mullion.WebviewOptions{
		Label: "side", URL: "index.html", Bounds: mullion.Rect{X: 200, Y: 100, Width: 380, Height: 300},
	}); err != nil {
		t.Fatal(err)
	}
	side := d.Window("side")
	clicked(side, "#greet")
	clicked(side, "#far")
	side.Find("#name").Fill("side")
	side.Find("#name").WaitValue("side")
	w.Find("#name").WaitValue("old")
}

// TestSession looks at what the desktop shows of an app, and uses it.
func TestSession(t *testing.T) {
	acted := make(chan string, 10)
	d := mulliontest.Open(t, formApp(t.TempDir(), nil), nil)
	if _, err := d.NewTrayIcon(t.Context(), mullion.TrayOptions{
		Tooltip: "3 unread", Title: "Form",
		Menu:    mullion.Menu{{Text: "&Mute", Do: func(context.Context, mullion.MenuEvent) { acted <- "mute" }}, {Predefined: mullion.Separator}, {Text: "More", Items: mullion.Menu{{Text: "Deep", Do: func(context.Context, mullion.MenuEvent) { acted <- "deep" }}}}},
		OnEvent: func(e mullion.TrayEvent) { acted <- "tray" },
	}); err != nil {
		t.Fatal(err)
	}
	icon := d.Tray()
	if icon.Tooltip != "3 unread" || len(icon.Menu) != 3 || icon.Menu[0] != "Mute" || icon.Menu[2] != "Deep" {
		t.Errorf("got %+v", icon)
	}
	icon.Choose("Deep")
	if got := <-acted; got != "deep" {
		t.Errorf("got %s", got)
	}
	icon.Click()
	if got := <-acted; got != "tray" {
		t.Errorf("got %s", got)
	}
	id, err := d.Notify(t.Context(), mullion.Notification{
		Title: "Done", Body: "All is saved.", Actions: []mullion.NotificationAction{{ID: "default", Label: "Open"}, {ID: "show", Label: "Show"}},
		OnAction: func(a mullion.NotificationActivation) { acted <- a.Action },
	})
	if err != nil {
		t.Fatal(err)
	}
	n := d.Notification("Done")
	if n.Body != "All is saved." || len(n.Buttons) != 1 || n.Buttons[0] != "Show" {
		t.Errorf("got %+v", n)
	}
	n.Press("Show")
	if got := <-acted; got != "show" {
		t.Errorf("got %s", got)
	}
	if err := d.CloseNotification(t.Context(), id); err != nil {
		t.Error(err)
	}
	n.WaitClosed()
	if links := d.Links(); len(links) != 0 {
		t.Errorf("opened %q", links)
	}
	if titles := d.Titles(); len(titles) != 1 || titles[0] != "Form" {
		t.Errorf("the windows are %q", titles)
	}
	w := d.Window("main")
	w.Close()
	w.WaitClosed()
}
