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
	setTimeout(() => { const b = document.createElement('button'); b.textContent = 'Late'; b.onclick = () => says('late'); document.body.prepend(b); }, 300);
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
