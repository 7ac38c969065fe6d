package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/mullion-dev/mullion/mulliontest"
)

// TestAttacks: a page names files that are not its own, sends what is no store,
// and as much as it can.
func TestAttacks(t *testing.T) {
	stores := New(Options{})
	var data string
	outside, granted := t.TempDir(), t.TempDir()
	app := mulliontest.Start(t, run(stores, &data, fmt.Sprintf(`, {"identifier": "store:allow-load", "allow": [{"path": %q}], "deny": [{"path": %q}, "$APPDATA/private*"]}`,
		granted+"/**", granted+"/secret.json")), nil)
	page, other := app.Page("main"), app.Page("other")
	try := func(p *mulliontest.Page, command string, args object) error {
		return p.Call("plugin:store|"+command, args, nil)
	}

	// Paths. What is outside stays as it is, and is not read.
	secret := filepath.Join(outside, "secret.json")
	write := func(path, text string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	write(secret, `{"secret": 1}`)
	write(filepath.Join(data, "states", "s.json"), `{}`)
	write(filepath.Join(granted, "secret.json"), `{}`)
	link := func(to, name string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(data, name)); err != nil {
			t.Fatal(err)
		}
	}
	if runtime.GOOS != "windows" {
		link(secret, "link.json")
		link(outside, "folder")
		link(filepath.Join(outside, "not there.json"), "dangling.json")
		link("loop.json", "loop.json")
		link(filepath.Join(data, "states"), "innocent")
	}
	for _, path := range []string{
		secret, "../secret.json", "a/../../x.json", "/etc/passwd", "/proc/self/environ", "/dev/zero", "file://" + secret, "link.json", "folder/secret.json",
		"dangling.json", "loop.json", "a\x00.json", strings.Repeat("x", 5000), strings.Repeat("x", 300), "", ".", "..", "/", "states/s.json", "./states//s.json",
		"innocent/s.json", "engine/x.json", "instance.lock", "rendering.json", "logs/app.log", granted + "/secret.json", granted + "/../x.json",
		"private.json", "states",
	} {
		for _, createNew := range []bool{false, true} {
			if err := try(page, "load", object{"path": path, "options": object{"createNew": createNew, "autoSave": 0}}); err == nil {
				t.Errorf("%.80q was loaded", path)
			} else if strings.Contains(err.Error(), "secret\": 1") {
				t.Errorf("%.80q: the error tells what is in it: %v", path, err)
			}
		}
		var rid *uint32
		if err := page.Call("plugin:store|get_store", object{"path": path}, &rid); err == nil && rid != nil {
			t.Errorf("%.80q: there is a store", path)
		}
	}
	ok := load(t, page, granted+"/allowed.json", object{"autoSave": 0})
	set(t, page, ok, "a", 1)
	if got := text(t, granted+"/allowed.json"); !strings.Contains(got, "1") {
		t.Errorf("what the scope allows has %q", got)
	}
	if got := text(t, secret); got != `{"secret": 1}` {
		t.Errorf("the file outside has %q", got)
	}

	// A folder that turns into a link between load and save.
	if runtime.GOOS != "windows" {
		moved := load(t, page, "swapped/a.json", object{"autoSave": 0})
		set(t, page, moved, "a", 1)
		if err := errors.Join(os.RemoveAll(filepath.Join(data, "swapped")), os.Symlink(outside, filepath.Join(data, "swapped"))); err != nil {
			t.Fatal(err)
		}
		if err := try(page, "set", object{"rid": moved, "key": "a", "value": 2}); err == nil {
			t.Error("a store was saved through a link")
		}
		if _, err := os.Lstat(filepath.Join(outside, "a.json")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("it is outside: %v", err)
		}
	}

	// Numbers of others, and what is no option.
	rid := load(t, page, "a.json", nil)
	for _, command := range []string{"set", "get", "has", "delete", "clear", "reset", "keys", "values", "entries", "length", "reload", "save"} {
		args := object{"rid": rid}
		switch command {
		case "set":
			args["key"], args["value"] = "k", 1
		case "get", "has", "delete":
			args["key"] = "k"
		}
		if err := try(other, command, args); err == nil || !strings.Contains(err.Error(), "invalid") {
			t.Errorf("%s with the number of another page: %v", command, err)
		}
		if err := try(app.Page("plain"), command, args); err == nil || !strings.Contains(err.Error(), "not allowed by ACL") {
			t.Errorf("%s without the permission: %v", command, err)
		}
		args["rid"] = -1
		if err := try(page, command, args); err == nil {
			t.Errorf("%s of number -1", command)
		}
	}
	for _, o := range []object{
		{"autoSave": -1}, {"autoSave": 1.5}, {"autoSave": 1e300}, {"autoSave": "fast"}, {"autoSave": object{}}, {"serializeFnName": "none"},
		{"deserializeFnName": "none"}, {"serializeFnName": strings.Repeat("x", 1<<20)}, {"defaults": []int{1}}, {"createNew": 1}, {"unknown": true},
		{"defaults": object{strings.Repeat("k", maxKey+1): 1}},
	} {
		if err := try(page, "load", object{"path": "options.json", "options": o}); err == nil {
			t.Errorf("%.80v was taken", o)
		}
	}
	for name, args := range map[string]object{
		"no value": {"rid": rid, "key": "k"}, "a key that is none": {"rid": rid, "key": 1, "value": 1},
		"a long key": {"rid": rid, "key": strings.Repeat("k", maxKey+1), "value": 1},
	} {
		if err := try(page, "set", args); err == nil {
			t.Errorf("%s was set", name)
		}
	}
	for _, key := range []string{"", "__proto__", "a\n\x00b", "ключ", strings.Repeat("k", maxKey)} {
		set(t, page, rid, key, key)
		if got := get(t, page, rid, key); !strings.HasSuffix(got, ",true]") {
			t.Errorf("%.20q: got %.50s", key, got)
		}
	}

	// As much as there is: values, stores, files.
	big := strings.Repeat("x", 12<<20)
	large := load(t, page, "large.json", object{"autoSave": false})
	var err error
	for i := 0; err == nil; i++ {
		if i > 10 {
			t.Fatal("a store grows without end")
		}
		err = try(page, "set", object{"rid": large, "key": fmt.Sprint(i), "value": big})
	}
	if !strings.Contains(err.Error(), ErrTooLarge.Error()) {
		t.Errorf("a store that is too large: %v", err)
	}
	if err := try(page, "clear", object{"rid": large}); err != nil {
		t.Error(err)
	}
	err = nil
	for i := 0; err == nil; i++ {
		if i > maxStores {
			t.Fatal("there are stores without end")
		}
		err = try(page, "load", object{"path": fmt.Sprintf("many/%d.json", i)})
	}
	if !strings.Contains(err.Error(), "close some") {
		t.Errorf("a store too many: %v", err)
	}

	// Everything at once, while the page ends.
	var tasks sync.WaitGroup
	for i := range 200 {
		tasks.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			if i%3 == 0 {
				cancel()
			}
			defer cancel()
			_ = page.CallContext(ctx, "plugin:store|set", object{"rid": rid, "key": fmt.Sprint(i % 10), "value": i}, nil)
		})
	}
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Navigate(t.Context(), "index.html?next"); err != nil {
		t.Fatal(err)
	}
	tasks.Wait()
	if got := load(t, other, "a.json", nil); got == 0 {
		t.Error("the Core does not answer any more")
	}
	if err := app.Stop(); err != nil {
		t.Fatal(err)
	}
	if stores.size != 0 || len(stores.loaded) > 1 {
		t.Errorf("left over: %d stores, %d bytes", len(stores.loaded), stores.size)
	}
	err = filepath.WalkDir(data, func(path string, e fs.DirEntry, err error) error {
		if strings.HasSuffix(path, "~") {
			t.Errorf("left over: %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	for path, want := range map[string]string{secret: `{"secret": 1}`, filepath.Join(data, "states", "s.json"): `{}`, filepath.Join(granted, "secret.json"): `{}`} {
		if got := text(t, path); got != want {
			t.Errorf("%s has become %q", path, got)
		}
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) != 1 {
		t.Errorf("outside there are %v, %v", entries, err)
	}
}

// TestFiles: pages do not make files without end.
func TestFiles(t *testing.T) {
	s := New(Options{})
	for range maxCreated {
		if err := s.mayCreate(); err != nil {
			t.Fatal(err)
		}
	}
	if s.mayCreate() == nil {
		t.Error("one more was allowed")
	}
}

// TestRace uses a store from everywhere at once.
func TestRace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	s := New(Options{})
	var tasks sync.WaitGroup
	for i := range 8 {
		tasks.Go(func() {
			for n := range 50 {
				st, err := s.Load(path, &LoadOptions{CreateNew: i == 0 && n%10 == 0, Defaults: map[string]any{"d": n}})
				if err != nil {
					t.Error(err)
					return
				}
				stop := Watch(st, "k", func(int, bool) {})
				_, _ = st.Delete("k")
				_ = st.Reset()
				for _, err := range []error{st.Set("k", n), st.Save(), st.Clear()} {
					if err != nil && !errors.Is(err, ErrClosed) {
						t.Error(err)
					}
				}
				_ = st.Reload(false)
				_, _ = st.Keys(), st.Len()
				stop()
				if err := st.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	tasks.Wait()
	if len(s.loaded) != 0 || s.size != 0 {
		t.Errorf("left over: %d stores, %d bytes", len(s.loaded), s.size)
	}
}
