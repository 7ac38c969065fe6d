package notebook_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/examples/notebook"
	"github.com/mullion-dev/mullion/mulliontest"
)

func TestMain(m *testing.M) { mulliontest.Main(m) }

// app is one that adds the plugin. It tells its folder for data.
func app(data *string) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		a, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{
				"identifier": "org.example.notebooks", "build": {"frontendDist": "ui"},
				"app": {"windows": [{}, {"label": "other"}]}, "plugins": {"notebook": {"folder": "books"}}
			}`)},
			"ui/index.html": {Data: []byte(`<!doctype html><title>Notebooks</title><p>Notebooks of <output></output></p>
				<button>Write</button><ul></ul><script type="module" src="index.js"></script>`)},
			"ui/index.js": {Data: []byte(`
				import { addPluginListener, invoke } from '/_mullion/api.js'
				document.querySelector('output').textContent = window.notebookOf
				const rid = await invoke('plugin:notebook|open', { name: 'work-today' })
				await addPluginListener('notebook', 'written', (name) => {
					document.querySelector('ul').append(Object.assign(document.createElement('li'), { textContent: name }))
				})
				document.querySelector('button').onclick = () => invoke('plugin:notebook|write', { rid, text: 'a note' })
			`)},
			"capabilities/main.json": {Data: []byte(`{"identifier": "main", "windows": ["main"], "permissions": ["core:default", "notebook:default",
				{"identifier": "notebook:allow-open", "allow": ["work-*"], "deny": ["work-secret"]}]}`)},
			"capabilities/other.json": {Data: []byte(`{"identifier": "other", "windows": ["other"], "permissions": ["core:default", "notebook:write-only"]}`)},
		}})
		if err != nil {
			return err
		}
		*data = a.DataDir()
		a.AddPlugin(notebook.New().Plugin())
		return a.Run(ctx)
	}
}

func TestNotebook(t *testing.T) {
	var data string
	a := mulliontest.Start(t, app(&data), nil)
	main, other := a.Page("main"), a.Page("other")
	open := func(p *mulliontest.Page, name string) (rid uint32, err error) {
		err = p.Call("plugin:notebook|open", map[string]string{"name": name}, &rid)
		return rid, err
	}
	type note struct {
		Notebook uint32 `json:"rid"`
		Text     string `json:"text"`
	}
	rid, err := open(main, "work-today")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"one", "two"} {
		if err := main.Call("plugin:notebook|write", note{rid, text}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(filepath.Join(data, "books", "work-today")); err != nil || string(got) != "one\ntwo\n" {
		t.Errorf("the file has %q, %v", got, err)
	}
	refused := func(what string, err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", what, err, want)
		}
	}
	for name, want := range map[string]string{
		"private": "not in the scope", "work-secret": "not in the scope", "../work-x": "lower-case letters", "work-\x00": "lower-case letters",
		"work-" + strings.Repeat("x", 4096): "lower-case letters", "": "lower-case letters",
	} {
		_, err := open(main, name)
		refused(name, err, want)
	}
	_, err = open(other, "work-today")
	refused("a page without the permission", err, "not allowed by ACL")
	refused("the number of another page", other.Call("plugin:notebook|write", note{rid, "x"}, nil), "is invalid")
	refused("a long note", main.Call("plugin:notebook|write", note{rid, strings.Repeat("x", 1<<20)}, nil), "the limit is 65536")
	entries, err := os.ReadDir(filepath.Join(data, "books"))
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v, %v", entries, err)
	}
}

// TestInWindow: a real page has the script, writes, and is told.
func TestInWindow(t *testing.T) {
	var data string
	d := mulliontest.Open(t, app(&data), nil)
	w := d.Window("main")
	w.Find("output").WaitText("main")
	w.Find("button").Click()
	w.Find("li").WaitText("work-today")
	if got, err := os.ReadFile(filepath.Join(data, "books", "work-today")); err != nil || string(got) != "a note\n" {
		t.Errorf("the file has %q, %v", got, err)
	}
	var open []string
	dir, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("only Linux tells what is open: ", err)
	}
	for _, e := range dir {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.Contains(to, "/books/") {
			open = append(open, to)
		}
	}
	if !slices.ContainsFunc(open, func(name string) bool { return strings.HasSuffix(name, "work-today") }) {
		t.Errorf("open files: %q", open)
	}
}
