package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin"
)

type object = map[string]any

// run is an app with two windows that may use stores, and one that may not.
func run(stores *Stores, data *string, scope string, others ...plugin.Plugin) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		app, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.stores", "build": {"frontendDist": "ui"},
				"app": {"windows": [{}, {"label": "other"}, {"label": "plain"}]}}`)},
			"ui/index.html": {Data: []byte(`<!doctype html><title>stores</title>`)},
			"capabilities/all.json": {Data: []byte(`{"identifier": "all", "windows": ["main", "other"], "permissions": ["core:default", "store:default"` +
				scope + `]}`)},
			"capabilities/plain.json": {Data: []byte(`{"identifier": "plain", "windows": ["plain"], "permissions": ["core:default"]}`)},
		}})
		if err != nil {
			return err
		}
		*data = app.DataDir()
		app.AddPlugin(stores.Plugin())
		for _, p := range others {
			app.AddPlugin(p)
		}
		return app.Run(ctx)
	}
}

func load(t *testing.T, p *mulliontest.Page, path string, options any) (rid uint32) {
	t.Helper()
	if err := p.Call("plugin:store|load", object{"path": path, "options": options}, &rid); err != nil {
		t.Fatal(err)
	}
	return rid
}

func set(t *testing.T, p *mulliontest.Page, rid uint32, key string, value any) {
	t.Helper()
	if err := p.Call("plugin:store|set", object{"rid": rid, "key": key, "value": value}, nil); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, p *mulliontest.Page, rid uint32, key string) string {
	t.Helper()
	var pair jsontext.Value
	if err := p.Call("plugin:store|get", object{"rid": rid, "key": key}, &pair); err != nil {
		t.Fatal(err)
	}
	return string(pair)
}

func text(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(data)
}

// has waits until a file is like that.
func has(t *testing.T, path, want string) {
	t.Helper()
	mulliontest.Wait(t, time.Minute, func() error {
		if got := text(t, path); got != want {
			return fmt.Errorf("%s has %q, want %q", path, got, want)
		}
		return nil
	})
}

// TestNoOptions: a file that is there is loaded without options.
func TestNoOptions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(path, []byte(`{"a": 1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	var data string
	app := mulliontest.Start(t, run(New(Options{}), &data, ""), nil)
	if err := os.WriteFile(filepath.Join(data, "b.json"), []byte(`{"b": 2}`), 0o600); err != nil {
		t.Fatal(err)
	}
	page := app.Page("main")
	if got := get(t, page, load(t, page, "b.json", nil), "b"); got != "[2,true]" {
		t.Errorf("a page has %s", got)
	}
	st, err := New(Options{}).Load(path, nil)
	if err != nil || !st.Has("a") {
		t.Errorf("Go: %v", err)
	}
}

// TestPages: windows and Go have the same store, are told of changes, and find
// them in the file.
func TestPages(t *testing.T) {
	stores := New(Options{})
	var data string
	app := mulliontest.Start(t, run(stores, &data, ""), nil)
	main, other := app.Page("main"), app.Page("other")
	var none *uint32
	if err := other.Call("plugin:store|get_store", object{"path": "settings.json"}, &none); err != nil || none != nil {
		t.Errorf("a store that nobody has loaded: %v, %v", none, err)
	}
	rid := load(t, main, "settings.json", nil)
	if again := load(t, main, "./settings.json", nil); again != rid {
		t.Errorf("the same store has two numbers in a page: %d and %d", rid, again)
	}
	var theirs uint32
	if err := other.Call("plugin:store|get_store", object{"path": filepath.Join(data, "settings.json")}, &theirs); err != nil || theirs == 0 || theirs == rid {
		t.Errorf("the number of another window: %d, %v", theirs, err)
	}
	mine, heard := main.Listen(changeEvent), other.Listen(changeEvent)
	set(t, main, rid, "theme", "dark")
	set(t, main, rid, "nothing", nil)
	heardOwn := 0
	for _, e := range mine.All() { // those for other windows are among them
		if strings.Contains(string(e), fmt.Sprintf(`"resourceId":%d,`, rid)) {
			heardOwn++
		}
	}
	if heardOwn != 2 {
		t.Errorf("the page that has called heard %d changes before the answer: %s", heardOwn, mine.All())
	}
	st, err := stores.Load("settings.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	if theme, ok, err := Get[string](st, "theme"); err != nil || !ok || theme != "dark" {
		t.Errorf("in Go: %q, %v, %v", theme, ok, err)
	}
	if err := st.Set("size", 12); err != nil {
		t.Fatal(err)
	}
	if there, err := st.Delete("theme"); err != nil || !there {
		t.Errorf("delete: %v, %v", there, err)
	}
	for _, want := range []payload{
		{Key: "theme", Value: jsontext.Value(`"dark"`), Exists: true}, {Key: "nothing", Value: jsontext.Value("null"), Exists: true},
		{Key: "size", Value: jsontext.Value("12"), Exists: true}, {Key: "theme", Value: jsontext.Value("null")},
	} {
		var got payload
		for got.ResourceID != theirs {
			heard.Next(&got)
		}
		if got.Key != want.Key || string(got.Value) != string(want.Value) || got.Exists != want.Exists || got.ResourceID != theirs || got.Path != st.Path() {
			t.Errorf("heard %+v, want %+v", got, want)
		}
	}
	if got := get(t, other, theirs, "size") + get(t, other, theirs, "theme") + get(t, other, theirs, "nothing"); got != `[12,true][null,false][null,true]` {
		t.Errorf("got %s", got)
	}
	has(t, filepath.Join(data, "settings.json"), "{\n  \"nothing\": null,\n  \"size\": 12\n}\n")
	if err := other.Call("plugin:resources|close", object{"rid": theirs}, nil); err != nil {
		t.Error(err)
	}
	if err := other.Call("plugin:store|length", object{"rid": theirs}, nil); err == nil {
		t.Error("a store that was closed is still there")
	}
	if got := get(t, main, rid, "size"); got != "[12,true]" {
		t.Errorf("another window has lost it: %s", got)
	}
}

// TestEnd: what has changed is saved when the app ends, also where it is not by
// itself, and a page that comes back finds the store loaded.
func TestEnd(t *testing.T) {
	stores := New(Options{})
	var data string
	app := mulliontest.Start(t, run(stores, &data, ""), nil)
	page := app.Page("main")
	rid := load(t, page, "by hand.json", object{"autoSave": false, "defaults": object{"a": 1}})
	slow := load(t, page, "sub/folder/slow.json", object{"autoSave": 3_600_000})
	set(t, page, rid, "b", 2)
	set(t, page, slow, "c", 3)
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Navigate(t.Context(), "index.html?again"); err != nil {
		t.Fatal(err)
	}
	var back *uint32
	mulliontest.Wait(t, time.Minute, func() error {
		if err := app.Page("main").Call("plugin:store|get_store", object{"path": "by hand.json"}, &back); err != nil || back == nil || *back == rid {
			return fmt.Errorf("the page after it has %v, %v", back, err)
		}
		return nil
	})
	if got := get(t, app.Page("main"), *back, "b"); got != "[2,true]" {
		t.Errorf("got %s", got)
	}
	path := filepath.Join(data, "by hand.json")
	if got := text(t, path); got != "" {
		t.Errorf("it was saved: %q", got)
	}
	st, _ := stores.Get("by hand.json")
	if err := app.Stop(); err != nil {
		t.Fatal(err)
	}
	if got := text(t, path); got != "{\n  \"a\": 1,\n  \"b\": 2\n}\n" {
		t.Errorf("got %q", got)
	}
	if got := text(t, filepath.Join(data, "sub/folder/slow.json")); !strings.Contains(got, "3") {
		t.Errorf("got %q", got)
	}
	if err := st.Set("late", 1); !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	if _, err := stores.Load("by hand.json", nil); !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

// open is a store without an app.
func open(t *testing.T, o Options, path string, l *LoadOptions) *Store {
	t.Helper()
	st, err := New(o).Load(path, l)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.finish(false) })
	return st
}

func TestDefaults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(path, []byte(`{"a": 1, "b": [1, 2]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	defaults := map[string]any{"b": "default", "c": 3}
	for _, test := range []struct {
		o    LoadOptions
		want string
	}{
		{LoadOptions{}, `a=1 b=[1,2]`},
		{LoadOptions{Defaults: defaults}, `a=1 b=[1,2] c=3`},
		{LoadOptions{Defaults: defaults, OverrideDefaults: true}, `a=1 b=[1,2]`},
		{LoadOptions{Defaults: defaults, CreateNew: true}, `b="default" c=3`},
		{LoadOptions{CreateNew: true}, ``},
	} {
		test.o.AutoSave = -1
		st := open(t, Options{}, path, &test.o)
		if got := shown(st); got != test.want {
			t.Errorf("%+v: got %s", test.o, got)
		}
	}
	st := open(t, Options{}, path, &LoadOptions{Defaults: defaults, AutoSave: -1})
	var changes []string
	var mu sync.Mutex
	st.WatchAll(func(key string, v jsontext.Value, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		changes = append(changes, fmt.Sprintf("%s=%s", key, v))
	})
	for _, err := range []error{st.Set("a", 9), st.Reset(), st.Reload(false), st.Reload(true), st.Clear(), st.Reset()} {
		if err != nil {
			t.Error(err)
		}
	}
	want := []string{"a=9", "a=null", `b="default"`, "a=null", "b=null", `b="default"`, "c=3"}
	mulliontest.Wait(t, time.Minute, func() error {
		mu.Lock()
		defer mu.Unlock()
		if !slices.Equal(changes, want) {
			return fmt.Errorf("told of %q, want %q", changes, want)
		}
		return nil
	})
	if got := text(t, path); got != `{"a": 1, "b": [1, 2]}` {
		t.Errorf("the file has changed: %s", got)
	}
}

func shown(st *Store) string {
	var all []string
	for _, key := range st.Keys() {
		v, _ := st.Raw(key)
		all = append(all, key+"="+string(v))
	}
	return strings.Join(all, " ")
}

// TestBroken: a file that is no store is an error, stays as it is, and is kept
// where a new one takes its place.
func TestBroken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	for _, broken := range []string{`{"a": 1`, `[1]`, `null`, `{"a": 1, "a": 2}`, "{\"a\": \"\xff\"}", `{"a": 1} x`, "\x00\x00", `{"a": 01}`} {
		if err := os.WriteFile(path, []byte(broken), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(Options{}).Load(path, nil); err == nil || !strings.Contains(err.Error(), "Failed to deserialize store.") || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v", broken, err)
		}
		if got := text(t, path); got != broken {
			t.Errorf("%q has become %q", broken, got)
		}
		st := open(t, Options{}, path, &LoadOptions{CreateNew: true, Defaults: map[string]any{"b": 2}})
		if err := st.Save(); err != nil {
			t.Error(err)
		}
		if got := text(t, path); got != "{\n  \"b\": 2\n}\n" {
			t.Errorf("the new one has %q", got)
		}
		if got := text(t, path+".broken"); got != broken {
			t.Errorf("%q was kept as %q", broken, got)
		}
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	st := open(t, Options{}, path, nil)
	if st.Len() != 0 {
		t.Error("an empty file has keys")
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := st.Set("kept", 1); err != nil {
		t.Error(err)
	}
	if err := st.Reload(true); err == nil || !st.Has("kept") {
		t.Errorf("reload of a broken file: %v; %s", err, shown(st))
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
}

// TestTypes: numbers stay as they are written, and types of Go come back.
func TestTypes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	big := `{"big": 12345678901234567890123, "small": 1e-400, "text": "\u00e9\u0000", "nested": {"a": [1, {"b": null}]}}`
	if err := os.WriteFile(path, []byte(big), 0o640); err != nil {
		t.Fatal(err)
	}
	st := open(t, Options{}, path, nil)
	type settings struct {
		Theme string        `json:"theme"`
		After time.Duration `json:"after"`
	}
	if err := st.Set("settings", settings{"dark", time.Second}); err != nil {
		t.Fatal(err)
	}
	if err := st.Save(); err != nil {
		t.Fatal(err)
	}
	got := text(t, path)
	for _, want := range []string{"12345678901234567890123", "1e-400"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is gone: %s", want, got)
		}
	}
	if i, err := os.Stat(path); err != nil || i.Mode().Perm() != 0o640 {
		t.Errorf("the mode is %v, %v", i.Mode(), err)
	}
	v, ok, err := Get[settings](st, "settings")
	if err != nil || !ok || v != (settings{"dark", time.Second}) {
		t.Errorf("got %+v, %v, %v", v, ok, err)
	}
	if _, ok, err := Get[int](st, "settings"); err == nil || !ok {
		t.Errorf("an object as a number: %v, %v", ok, err)
	}
	if _, ok, err := Get[int](st, "none"); err != nil || ok {
		t.Errorf("what is not there: %v, %v", ok, err)
	}
	if err := st.Set("f", func() {}); err == nil {
		t.Error("a function was stored")
	}
}

// TestFunctions: files are made by functions of the app, which may panic.
func TestFunctions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.bin")
	o := Options{
		Serializers: map[string]func(Values) ([]byte, error){
			"turned": func(v Values) ([]byte, error) { data, err := serialize(v); slices.Reverse(data); return data, err },
			"broken": func(Values) ([]byte, error) { panic("as tested") },
		},
		Deserializers: map[string]func([]byte) (Values, error){
			"turned": func(data []byte) (Values, error) { slices.Reverse(data); return deserialize(data) },
			"broken": func([]byte) (Values, error) { panic("as tested") },
			"lying":  func([]byte) (Values, error) { return Values{"a": jsontext.Value("{")}, nil },
		},
	}
	turned := &LoadOptions{Serializer: "turned", Deserializer: "turned", AutoSave: -1}
	st := open(t, o, path, turned)
	if err := errors.Join(st.Set("a", "value"), st.Save()); err != nil {
		t.Fatal(err)
	}
	if got := text(t, path); !strings.Contains(got, "eulav") {
		t.Errorf("the file has %q", got)
	}
	if again := open(t, o, path, turned); shown(again) != `a="value"` {
		t.Errorf("got %s", shown(again))
	}
	for _, l := range []LoadOptions{{Serializer: "none"}, {Deserializer: "none"}, {Deserializer: "broken"}, {Deserializer: "lying"}} {
		if _, err := New(o).Load(path, &l); err == nil {
			t.Errorf("%+v: no error", l)
		}
	}
	bad := open(t, o, path, &LoadOptions{Serializer: "broken", Deserializer: "turned", AutoSave: -1})
	if err := bad.Save(); err == nil || !strings.Contains(err.Error(), "as tested") || !strings.Contains(text(t, path), "eulav") {
		t.Errorf("got %v; the file has %q", err, text(t, path))
	}
}

func TestWatch(t *testing.T) {
	st := open(t, Options{}, filepath.Join(t.TempDir(), "a.json"), &LoadOptions{AutoSave: -1})
	got := make(chan string, 100)
	stop := Watch(st, "n", func(n int, ok bool) {
		got <- fmt.Sprint(n, ok)
		if n == 1 {
			if err := st.Set("n", 2); err != nil {
				t.Error(err)
			}
			panic("as tested")
		}
	})
	for _, err := range []error{st.Set("other", 1), st.Set("n", "text"), st.Set("n", 1)} {
		if err != nil {
			t.Error(err)
		}
	}
	for _, want := range []string{"1 true", "2 true"} {
		if v := <-got; v != want {
			t.Errorf("told %s, want %s", v, want)
		}
	}
	if err := st.Clear(); err != nil {
		t.Error(err)
	}
	if v := <-got; v != "0 false" {
		t.Errorf("told %s", v)
	}
	stop()
	if err := st.Set("n", 3); err != nil {
		t.Error(err)
	}
	select {
	case v := <-got:
		t.Errorf("told %s after the end", v)
	default:
	}
}

// TestMany: thousands of keys are neither written one by one nor lost, also when
// they never stop coming.
func TestMany(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	st := open(t, Options{}, path, nil)
	writes := &counted{disk: st.disk}
	st.disk = writes
	for i := range 10_000 {
		if err := st.Set(fmt.Sprintf("key %d", i), i); err != nil {
			t.Fatal(err)
		}
	}
	mulliontest.Wait(t, time.Minute, func() error {
		if n := strings.Count(text(t, path), "\n"); n != 10_002 {
			return fmt.Errorf("the file has %d lines", n)
		}
		return nil
	})
	if n := writes.count(); n > 500 {
		t.Errorf("the file was written %d times", n)
	}
	if st.Len() != 10_000 || len(st.Keys()) != 10_000 {
		t.Errorf("%d keys", st.Len())
	}
	if err := st.Clear(); err != nil || st.size != 0 {
		t.Errorf("after all is gone: %d bytes, %v", st.size, err)
	}
}

type counted struct {
	disk
	mu sync.Mutex
	n  int // guarded by mu
	// err is what writing comes to, for as long as it is set.
	err error // guarded by mu
}

func (c *counted) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func (c *counted) write(data []byte, name string) error {
	c.mu.Lock()
	c.n++
	err := c.err
	c.mu.Unlock()
	if err != nil {
		return err
	}
	return c.disk.write(data, name)
}

// TestFull: where nothing can be written, the old file stays, and what has
// changed is saved later.
func TestFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	st := open(t, Options{}, path, nil)
	if err := errors.Join(st.Set("a", 1), st.Save()); err != nil {
		t.Fatal(err)
	}
	full := &counted{disk: st.disk, err: errors.New("no space left on device")}
	st.disk = full
	if err := st.Set("b", 2); err != nil {
		t.Fatal(err)
	}
	mulliontest.Wait(t, time.Minute, func() error {
		st.mu.Lock()
		defer st.mu.Unlock()
		if !st.failed || st.timer == nil {
			return errors.New("it was not tried, or will not be again")
		}
		return nil
	})
	if err := st.Close(); err == nil {
		t.Error("a store that could not be saved was let go of")
	}
	if got := text(t, path); got != "{\n  \"a\": 1\n}\n" {
		t.Errorf("the file has %q", got)
	}
	full.mu.Lock()
	full.err = nil
	full.mu.Unlock()
	has(t, path, "{\n  \"a\": 1,\n  \"b\": 2\n}\n")
}

func TestClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	s := New(Options{})
	first, err := s.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Load(path, &LoadOptions{Defaults: map[string]any{"x": 1}})
	if err != nil || second != first || second.Len() != 0 {
		t.Errorf("a second one: %v, %v", second, err)
	}
	if err := errors.Join(first.Set("a", 1), first.Close()); err != nil {
		t.Error(err)
	}
	if _, ok := s.Get(path); !ok {
		t.Error("it is gone while somebody uses it")
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	if got := text(t, path); got != "{\n  \"a\": 1\n}\n" {
		t.Errorf("the file has %q", got)
	}
	if _, ok := s.Get(path); ok || s.size != 0 {
		t.Errorf("it is still there: %v, %d bytes", ok, s.size)
	}
	for _, err := range []error{first.Close(), first.Set("a", 2), first.Save(), first.Clear()} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("afterwards: %v", err)
		}
	}
	if _, err := s.Load("relative.json", nil); err == nil || !strings.Contains(err.Error(), "does not run yet") {
		t.Errorf("a relative path: %v", err)
	}
}
