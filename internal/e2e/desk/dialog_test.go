package desk_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// closed waits until no window has that title.
func closed(t *testing.T, title string) {
	t.Helper()
	if err := e2e.Screen(t).WaitGone(title); err != nil {
		t.Fatal(err)
	}
}

// answer pastes an absolute path into a dialog for files, which opens the entry
// for it, and presses return. Without a path it presses return.
func answer(t *testing.T, title, text string) {
	t.Helper()
	if text == "" {
		e2e.PressIn(t, title, "Return")
		return
	}
	e2e.PressIn(t, title, "ctrl+a", "paste "+text, "Return")
}

// click has the user click on the page in the window of that title.
func click(title string) func() {
	return func() {
		e2e.ClickAt(title, 20, 200)
	}
}

// chosenFile is a file as a page sees it.
type chosenFile struct{ Name, Hash string }

func fileOf(name, content string) chosenFile {
	return chosenFile{name, fmt.Sprintf("%x", sha256.Sum256([]byte(content)))}
}

// choose runs a script that waits for a click, asks for files and returns
// them.
func choose(page *e2e.Page, attributes string) <-chan any {
	c := make(chan any, 1)
	go func() {
		var files []chosenFile
		err := page.Run(`
			const input = document.createElement('input');
			Object.assign(input, { type: 'file' }, `+attributes+`);
			document.body.append(input);
			const done = new Promise((r) => { input.onchange = r; input.oncancel = r });
			document.addEventListener('click', () => input.click(), { once: true });
			await done;
			const files = [];
			for (const f of input.files) {
				const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', await f.arrayBuffer()));
				files.push({ Name: f.name, Hash: [...sum].map((b) => b.toString(16).padStart(2, '0')).join('') });
			}
			input.remove();
			return files;`, &files)
		if err != nil {
			c <- err
		} else {
			c <- files
		}
	}()
	return c
}

func result(t *testing.T, c <-chan any) any {
	t.Helper()
	select {
	case r := <-c:
		return r
	case <-e2e.Hang(t):
		t.Fatal("no answer")
		return nil
	}
}

// inboxes lists the files that hosts can read.
func inboxes(t *testing.T, dataDir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(dataDir, "cache", "files"), func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() && !strings.HasSuffix(path, ".lock") {
			files = append(files, path)
		}
		if os.IsNotExist(err) {
			return nil // gone meanwhile
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestFileChooser(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir()) // where what was chosen of late is noted
	home := t.TempDir()
	t.Setenv("HOME", home) // where dialogs begin
	big := strings.Repeat("0123456789abcdef", 1<<18)
	for name, text := range map[string]string{"one.txt": "text of one", "two.bin": big, "dir/three": "3"} {
		path := filepath.Join(home, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	data := t.TempDir()
	app := e2e.Start(t, e2e.Options{Permissions: []any{"web:allow-file-chooser"}, DataDir: data})
	page := app.Main()

	got := choose(page, `{}`)
	id := e2e.Dialog(t, "Open", click("main"))
	parent := e2e.Dialog(t, "main", nil)
	if above, err := e2e.Screen(t).Numbers(id, "WM_TRANSIENT_FOR"); err != nil || !slices.Equal(above, []uint32{parent}) {
		t.Errorf("the dialog belongs to %d, not to window %d: %v", above, parent, err)
	}
	answer(t, "Open", filepath.Join(home, "two.bin"))
	if d := cmp.Diff(any([]chosenFile{fileOf("two.bin", big)}), result(t, got)); d != "" {
		t.Error(d)
	}
	given := inboxes(t, data)
	if len(given) != 1 {
		t.Fatalf("in the inboxes are %q, want one file", given)
	}
	checkInbox(t, app, given[0], filepath.Join(home, "two.bin"))

	got = choose(page, `{ multiple: true, accept: 'text/plain' }`)
	e2e.Dialog(t, "Open", click("main"))
	answer(t, "Open", filepath.Join(home, "one.txt"))
	if d := cmp.Diff(any([]chosenFile{fileOf("one.txt", "text of one")}), result(t, got)); d != "" {
		t.Error(d)
	}

	got = choose(page, `{}`)
	e2e.Dialog(t, "Open", click("main"))
	e2e.PressIn(t, "Open", "Escape")
	if d := cmp.Diff(any([]chosenFile{}), result(t, got)); d != "" {
		t.Error(d)
	}

	got = choose(page, `{}`) // what cannot be given to a page is told to the user
	e2e.Dialog(t, "Open", click("main"))
	answer(t, "Open", "/dev/null")
	e2e.Dialog(t, "e2e", nil)
	answer(t, "e2e", "")
	if d := cmp.Diff(any([]chosenFile{}), result(t, got)); d != "" {
		t.Error(d)
	}

	got = choose(page, `{}`) // the process for dialogs is killed
	e2e.Dialog(t, "Open", click("main"))
	e2e.Kill(t, dialogsPID(t))
	if d := cmp.Diff(any([]chosenFile{}), result(t, got)); d != "" {
		t.Error(d)
	}
	closed(t, "Open")
	if !app.Log.Contains("the process for dialogs has ended") {
		t.Error("the log does not say that the process for dialogs was killed")
	}

	// When the page is left, so are its files.
	page.Reload()
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if left := inboxes(t, data); len(left) > 0 {
			return fmt.Errorf("left in the inboxes: %v", left)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}

	// A dialog does not outlive its window.
	second := app.Open("second", func(o *mullion.WindowOptions) { o.Title = "second" })
	choose(second, `{}`)
	e2e.Dialog(t, "Open", click("second"))
	w, err := app.Window("second")
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	closed(t, "Open")
	if err := app.Stop(); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	entries, _ := os.ReadDir(filepath.Join(data, "cache", "files"))
	if len(entries) > 0 {
		t.Errorf("left after the end: %v", entries)
	}
}

// checkInbox checks that a file of the user is the very one in an inbox only
// where the host cannot change it.
func checkInbox(t *testing.T, app *e2e.App, given, original string) {
	t.Helper()
	a, err1 := os.Stat(given)
	b, err2 := os.Stat(original)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	sealed := false
	for _, c := range app.Confinement() {
		for _, l := range c.Layers {
			sealed = sealed || c.Process == "app" && l.Name == "namespaces" && l.Holds
		}
	}
	if os.SameFile(a, b) && !sealed {
		t.Error("the host has a name for a file of the user and may change it")
	}
	t.Logf("linked: %v, read-only for the host: %v", os.SameFile(a, b), sealed)
}

// dialogsPID is the child of this process that shows dialogs.
func dialogsPID(t *testing.T) int {
	t.Helper()
	for _, p := range e2e.Descendants(os.Getpid()) {
		env, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", p.PID))
		if strings.Contains(string(env), "MULLION_ROLE=dialogs\x00") || strings.HasSuffix(string(env), "MULLION_ROLE=dialogs") {
			return p.PID
		}
	}
	t.Fatal("there is no process for dialogs")
	return 0
}

func TestDialogs(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	home := t.TempDir()
	file := filepath.Join(home, "file.txt")
	if err := errors.Join(os.WriteFile(file, []byte("x"), 0o644), os.Mkdir(filepath.Join(home, "sub"), 0o755)); err != nil {
		t.Fatal(err)
	}
	app := e2e.Start(t, e2e.Options{})
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	ctx := e2e.Context(t)
	ask := func(f func() (any, error)) <-chan any {
		c := make(chan any, 1)
		go func() {
			v, err := f()
			if err != nil {
				v = err
			}
			c <- v
		}()
		return c
	}
	for _, test := range []struct {
		name  string
		ask   func() (any, error)
		title string
		text  string
		want  any
	}{
		{"open", func() (any, error) {
			return app.OpenFile(ctx, mullion.FileDialog{
				Title: "Pick", DefaultPath: home, Window: w, Filters: []mullion.FileFilter{{Name: "Text", Extensions: []string{"txt"}}},
			})
		}, "Pick", file, []string{file}},
		{"folder", func() (any, error) {
			return app.OpenFile(ctx, mullion.FileDialog{Directory: true, Multiple: true, DefaultPath: home})
		}, "Choose a folder", filepath.Join(home, "sub"), []string{filepath.Join(home, "sub")}},
		{"save", func() (any, error) {
			return app.SaveFile(ctx, mullion.FileDialog{DefaultPath: filepath.Join(home, "proposed"), Window: w})
		}, "Save", filepath.Join(home, "new.txt"), filepath.Join(home, "new.txt")},
		{"message", func() (any, error) {
			return app.Message(ctx, mullion.MessageDialog{Title: "Sure_?", Message: "100%s <b>sure</b>?", Buttons: []string{"Yes_", "No"}, Window: w})
		}, "Sure_?", "", "Yes_"},
		{"confirm", func() (any, error) {
			return app.Confirm(ctx, mullion.MessageDialog{Kind: mullion.MessageWarning, Message: "Go on?"})
		}, "e2e", "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := ask(test.ask)
			e2e.Dialog(t, test.title, nil)
			answer(t, test.title, test.text)
			if d := cmp.Diff(test.want, result(t, got)); d != "" {
				t.Error(d)
			}
		})
	}
	// A file that is there takes a second yes.
	got := ask(func() (any, error) { return app.SaveFile(ctx, mullion.FileDialog{DefaultPath: file, Window: w}) })
	id := e2e.Dialog(t, "Save", nil)
	save := func() {
		if err := errors.Join(e2e.Screen(t).Activate(id), e2e.Screen(t).Press("Return")); err != nil { // the name is proposed
			t.Error(err)
		}
	}
	e2e.Dialog(t, "Replace", save)
	e2e.PressIn(t, "Replace", "Escape")
	e2e.Dialog(t, "Replace", save)
	answer(t, "Replace", "")
	closed(t, "Save")
	if d := cmp.Diff(any(file), result(t, got)); d != "" {
		t.Error(d)
	}
	short, stop := context.WithCancel(ctx)
	got = ask(func() (any, error) { return app.OpenFile(short, mullion.FileDialog{}) })
	e2e.Dialog(t, "Open", nil)
	stop()
	if err, ok := result(t, got).(error); !ok || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	closed(t, "Open")
	got = ask(func() (any, error) {
		return app.Confirm(ctx, mullion.MessageDialog{Title: "Question", Message: "?", Window: w})
	})
	e2e.Dialog(t, "Question", nil)
	w.Close()
	if err, ok := result(t, got).(error); !ok || !errors.Is(err, mullion.ErrCancelled) {
		t.Errorf("got %v", err)
	}
	closed(t, "Question")
	for name, f := range map[string]func() (any, error){
		"relative": func() (any, error) { return app.OpenFile(ctx, mullion.FileDialog{DefaultPath: "x/y"}) },
		"filter":   func() (any, error) { return app.OpenFile(ctx, mullion.FileDialog{Filters: []mullion.FileFilter{{}}}) },
		"save":     func() (any, error) { return app.SaveFile(ctx, mullion.FileDialog{Multiple: true}) },
		"buttons":  func() (any, error) { return app.Message(ctx, mullion.MessageDialog{Buttons: []string{""}}) },
		"kind":     func() (any, error) { return app.Message(ctx, mullion.MessageDialog{Kind: "loud"}) },
	} {
		if v, err := f(); err == nil || errors.Is(err, mullion.ErrCancelled) {
			t.Errorf("%s: got %v, %v", name, v, err)
		}
	}
}
