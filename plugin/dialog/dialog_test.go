package dialog_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/dialog"
	"github.com/mullion-dev/mullion/plugin/files"
)

func TestMain(m *testing.M) { mulliontest.Main(m) }

// run is an app with the plugin. It tells its grants.
func run(grants **files.Grants) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		a, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.dialog", "productName": "Asker", "build": {"frontendDist": "ui"},
				"app": {"windows": [{}, {"label": "other"}, {"label": "ask"}]}}`)},
			"ui/index.html":           {Data: []byte(`<!doctype html><title>dialog</title>`)},
			"capabilities/main.json":  {Data: []byte(`{"identifier": "main", "windows": ["main"], "permissions": ["core:default", "dialog:default"]}`)},
			"capabilities/other.json": {Data: []byte(`{"identifier": "other", "windows": ["other"], "permissions": ["core:default"]}`)},
			"capabilities/ask.json":   {Data: []byte(`{"identifier": "ask", "windows": ["ask"], "permissions": ["core:default", "dialog:allow-ask"]}`)},
		}})
		if err != nil {
			return err
		}
		a.AddPlugin(dialog.New(dialog.Options{}).Plugin())
		a.AddPlugin(plugin.Plugin{Name: "looker", Start: func(_ context.Context, app plugin.App) error {
			*grants = files.GrantsOf(app)
			return nil
		}})
		return a.Run(ctx)
	}
}

type args = map[string]any

// calls calls a command, while the function answers its dialog.
func calls(t *testing.T, app *mulliontest.App, window, command string, a any, answer func(d *mulliontest.Dialog)) (got any, err error) {
	t.Helper()
	page := app.Page(window)
	done := make(chan error, 1)
	go func() {
		err := page.Call("plugin:dialog|"+command, a, &got)
		if err != nil {
			t.Errorf("%s %v: %v", command, a, err)
		}
		done <- err
	}()
	answer(app.Dialog())
	return got, <-done
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.png", "b.png", "folder/inner", "folder/deep/inner", "other/x"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	var grants *files.Grants
	app := mulliontest.Start(t, run(&grants), nil)
	allowed := func(want bool, names ...string) {
		t.Helper()
		for _, name := range names {
			if got := grants.IsAllowed(at(name)); got != want {
				t.Errorf("%s is allowed: %v", name, got)
			}
		}
	}
	cancel := func(d *mulliontest.Dialog) { d.Cancel() }
	for _, command := range []string{"open", "save"} {
		if got, err := calls(t, app, "main", command, args{"options": args{}}, cancel); got != nil || err != nil {
			t.Errorf("%s, cancelled: %v, %v", command, got, err)
		}
	}
	allowed(false, "a.png", "b.png", "folder/inner")
	got, err := calls(t, app, "main", "open", args{"options": args{
		"title": "Pick", "filters": []args{{"name": "Pictures", "extensions": []string{".png", "jpeg"}, "more": 1}}, "defaultPath": at("a.png"), "unknown": true,
	}}, func(d *mulliontest.Dialog) {
		if d.Title != "Pick" || d.Folder != dir || d.Multiple || d.Directory {
			t.Errorf("the dialog: %+v", d)
		}
		d.Choose(at("a.png"))
	})
	if got != at("a.png") || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	allowed(true, "a.png")
	allowed(false, "b.png")
	got, err = calls(t, app, "main", "open", args{"options": args{"multiple": true, "title": nil, "pickerMode": "image"}}, func(d *mulliontest.Dialog) {
		d.Choose(at("a.png"), at("b.png"))
	})
	if diff := cmp.Diff([]any{at("a.png"), at("b.png")}, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	allowed(true, "b.png")
	if !strings.Contains(app.Log(), "option=pickerMode") {
		t.Error("the log does not say that pickerMode has no effect")
	}
	got, err = calls(t, app, "main", "open", args{"options": args{"directory": true}}, func(d *mulliontest.Dialog) { d.Choose(at("folder")) })
	if got != at("folder") || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	allowed(true, "folder/inner")
	allowed(false, "folder/deep/inner", "other/x")
	got, err = calls(t, app, "main", "open", args{"options": args{"directory": true, "recursive": true, "multiple": true}}, func(d *mulliontest.Dialog) { d.Choose(at("folder")) })
	if diff := cmp.Diff([]any{at("folder")}, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	allowed(true, "folder/deep/inner")
	for path, want := range map[string][2]string{at("new.txt"): {dir, "new.txt"}, "report.pdf": {"", "report.pdf"}, dir: {dir, ""}} {
		got, err = calls(t, app, "main", "save", args{"options": args{"defaultPath": path}}, func(d *mulliontest.Dialog) {
			if d.Folder != want[0] || d.Name != want[1] {
				t.Errorf("%s: the dialog begins in %q with %q", path, d.Folder, d.Name)
			}
			d.Choose(at("saved.txt"))
		})
		if got != at("saved.txt") || err != nil {
			t.Errorf("got %v, %v", got, err)
		}
	}
	allowed(true, "saved.txt")
}

func TestMessages(t *testing.T) {
	var grants *files.Grants
	app := mulliontest.Start(t, run(&grants), nil)
	for _, test := range []struct {
		buttons any
		shown   []string
		press   string // empty: it is closed
		want    string
	}{
		{nil, []string{"Ok"}, "Ok", "Ok"},
		{"OkCancel", []string{"Ok", "Cancel"}, "Ok", "Ok"},
		{"OkCancel", []string{"Ok", "Cancel"}, "", "Cancel"},
		{"YesNo", []string{"Yes", "No"}, "Yes", "Yes"},
		{"YesNo", []string{"Yes", "No"}, "", "No"},
		{"YesNoCancel", []string{"Yes", "No", "Cancel"}, "No", "No"},
		{"YesNoCancel", []string{"Yes", "No", "Cancel"}, "", "Cancel"},
		{args{"OkCustom": "Fine"}, []string{"Fine"}, "Fine", "Fine"},
		{args{"OkCancelCustom": []string{"Do", "Do not"}}, []string{"Do", "Do not"}, "Do not", "Do not"},
		{args{"OkCancelCustom": []string{"", "x"}}, []string{"Ok", "x"}, "Ok", ""},
		{args{"YesNoCancelCustom": []string{"1", "2", "3"}}, []string{"1", "2", "3"}, "1", "1"},
	} {
		a := args{"message": "Really?", "title": "Question", "kind": "WARNING"}
		if test.buttons != nil {
			a["buttons"] = test.buttons
		}
		got, err := calls(t, app, "ask", "message", a, func(d *mulliontest.Dialog) {
			if d.Text != "Really?" || d.Title != "Question" || !slices.Equal(d.Buttons, test.shown) {
				t.Errorf("%v: the dialog: %+v", test.buttons, d)
			}
			if test.press == "" {
				d.Cancel()
			} else {
				d.Press(test.press)
			}
		})
		if got != test.want || err != nil {
			t.Errorf("%v, %q: got %v, %v", test.buttons, test.press, got, err)
		}
	}
	if _, err := calls(t, app, "main", "message", args{"message": ""}, func(d *mulliontest.Dialog) {
		if d.Title != "Asker" {
			t.Errorf("the title is %q", d.Title)
		}
		d.Press("Ok")
	}); err != nil {
		t.Error(err)
	}
}

// TestAttacks: none of these calls shows anything or grants a file.
// TestMovedWebview: a page can ask in the window that its webview was moved to,
// also when the one in which it has begun is closed.
func TestMovedWebview(t *testing.T) {
	var grants *files.Grants
	app := mulliontest.Start(t, run(&grants), nil)
	main, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	other, err := app.Window("other")
	if err != nil {
		t.Fatal(err)
	}
	view, err := main.AddWebview(t.Context(), mullion.WebviewOptions{Label: "tool", URL: "/"})
	if err != nil {
		t.Fatal(err)
	}
	app.Page("tool").Emit("begun", nil)
	if err := view.Move(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	main.Close()
	got, err := calls(t, app, "tool", "message", args{"message": "there?"}, func(d *mulliontest.Dialog) { d.Press("Ok") })
	if err != nil || got != "Ok" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestAttacks(t *testing.T) {
	var grants *files.Grants
	app := mulliontest.Start(t, run(&grants), nil)
	long := strings.Repeat("x", 5000)
	file := func(o any) args { return args{"options": o} }
	for _, a := range []struct {
		window, command string
		args            any
		why             string
	}{
		{"main", "open", file(args{"title": "a\x00"}), "NUL"},
		{"main", "open", file(args{"title": long}), "the limit is 1024"},
		{"main", "open", file(args{"defaultPath": "/" + long}), "the limit is 4096"},
		{"main", "save", file(args{"defaultPath": "/a\x00"}), "NUL"},
		{"main", "open", file(args{"filters": slices.Repeat([]args{{"name": "a", "extensions": []string{"a"}}}, 200)}), "200 filters"},
		{"main", "open", file(args{"filters": []args{{"name": "a", "extensions": slices.Repeat([]string{"a"}, 200)}}}), "200 extensions"},
		{"main", "open", file(args{"filters": []args{{"name": long, "extensions": []string{"a"}}}}), "the limit is 1024"},
		{"main", "open", file(args{"filters": []args{{"name": "a", "extensions": []string{long}}}}), "the limit is 1024"},
		{"main", "open", file(args{"multiple": "yes"}), "options"},
		{"main", "open", file([]int{}), "want an object"},
		{"main", "open", file(nil), "options"},
		{"main", "save", nil, "options"},
		{"main", "message", args{"message": strings.Repeat("x", 70_000)}, "the limit is 65536"},
		{"main", "message", args{"message": "a\x00"}, "NUL"},
		{"main", "message", args{"message": "a", "buttons": "Delete"}, "buttons: want"},
		{"main", "message", args{"message": "a", "buttons": args{"OkCancelCustom": []string{"a"}}}, "buttons: want"},
		{"main", "message", args{"message": "a", "buttons": args{"YesNoCancelCustom": slices.Repeat([]string{"a"}, 100)}}, "buttons: want"},
		{"main", "message", args{"message": "a", "buttons": args{"OkCustom": "a", "OkCancelCustom": []string{"a", "b"}}}, "buttons: want"},
		{"main", "message", args{"message": "a", "buttons": args{"OkCustom": long}}, "the limit is 1024"},
		{"main", "message", args{"message": "a", "buttons": args{"OkCustom": "a\x00"}}, "NUL"},
		{"main", "message", args{"message": "a", "buttons": 7}, "buttons: want"},
		{"main", "message", args{}, "message"},
		{"other", "message", args{"message": "a"}, "not allowed by ACL"},
		{"other", "open", file(args{}), "not allowed by ACL"},
		{"ask", "save", file(args{}), "not allowed by ACL"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // of a dialog that nobody answers
		err := app.Page(a.window).CallContext(ctx, "plugin:dialog|"+a.command, a.args, nil)
		cancel()
		if err == nil || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), a.why) {
			t.Errorf("%s %s %.80v: got %.200v, want %q", a.window, a.command, fmt.Sprint(a.args), err, a.why)
		}
	}
	flood(t, app)
	leave(t, app)
	if list := grants.List(); len(list) > 0 {
		t.Errorf("granted: %v", list)
	}
}

// flood has a page open more dialogs than it may have.
func flood(t *testing.T, app *mulliontest.App) {
	t.Helper()
	const limit = 4
	ended := make(chan error, limit+1)
	page := app.Page("main")
	var shown []*mulliontest.Dialog
	for range limit {
		go func() { ended <- page.Call("plugin:dialog|open", args{"options": args{}}, nil) }()
		shown = append(shown, app.Dialog())
	}
	for range 20 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		err := page.CallContext(ctx, "plugin:dialog|message", args{"message": "one more"}, nil)
		cancel()
		if err == nil || !strings.Contains(err.Error(), "dialogs of this page are open") {
			t.Fatalf("one too many: %v", err)
		}
	}
	for _, d := range shown {
		d.Cancel()
	}
	for range limit {
		if err := <-ended; err != nil {
			t.Errorf("one that was shown: %v", err)
		}
	}
	go func() { ended <- page.Call("plugin:dialog|open", args{"options": args{}}, nil) }()
	app.Dialog().Cancel()
	if err := <-ended; err != nil {
		t.Errorf("after the flood: %v", err)
	}
}

// leave has a window closed while its page asks: what is chosen afterwards is
// chosen for nobody.
func leave(t *testing.T, app *mulliontest.App) {
	t.Helper()
	page, ended := app.Page("main"), make(chan error, 1)
	go func() { ended <- page.Call("plugin:dialog|open", args{"options": args{}}, nil) }()
	d := app.Dialog()
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	if err := <-ended; err == nil {
		t.Error("the call of a page that is gone has an answer")
	}
	d.Choose(os.Args[0])
}
