// Package store keeps values by keys in JSON files, for pages and for Go. It is
// the plugin "store", for the npm package @tauri-apps/plugin-store:
//
//	stores := store.New(store.Options{})
//	app.AddPlugin(stores.Plugin())
//
// Go code shares the stores with pages:
//
//	settings, err := stores.Load("settings.json", nil)
//	…
//	err = settings.Set("theme", "dark")
//	theme, ok, err := store.Get[string](settings, "theme")
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

// Values are what is in a store: JSON by keys.
type Values = map[string]jsontext.Value

// Options says how stores are kept in files. The zero value is JSON with line
// breaks.
type Options struct {
	// Serialize and Deserialize make files of values and back. They may run on
	// several goroutines at once, and must not change what they are given. nil
	// is JSON.
	Serialize   func(Values) ([]byte, error)
	Deserialize func([]byte) (Values, error)
	// Serializers and Deserializers are further ones, which are chosen by name
	// when a store is loaded: serializeFnName and deserializeFnName of pages.
	Serializers   map[string]func(Values) ([]byte, error)
	Deserializers map[string]func([]byte) (Values, error)
}

// LoadOptions says how a store is loaded. They have no effect on one that is
// loaded already, but for CreateNew. The zero value is what pages have without
// options.
type LoadOptions struct {
	// Defaults are there where the file has no value for a key, and what Reset
	// goes back to. Values are what [ipc.Marshal] takes.
	Defaults map[string]any
	// AutoSave is how long after a change the store is saved, if no other one
	// follows; zero means 100 ms, and negative only when Save is called, and when
	// the app ends.
	AutoSave time.Duration
	// Serializer and Deserializer are names in [Options].
	Serializer, Deserializer string
	// CreateNew begins with the defaults, whatever is in the file or in the store
	// that is loaded. A file that cannot be read is kept beside it, as NAME.broken.
	CreateNew bool
	// OverrideDefaults leaves the defaults out where there is a file.
	OverrideDefaults bool
}

// Limits. The sizes are those of keys and values as JSON, in bytes.
const (
	maxKey   = 4 << 10
	maxStore = 64 << 20
	maxAll   = 256 << 20
	// maxStores bounds the stores that are loaded at once, and maxCreated the files
	// that pages can make while the app runs.
	maxStores  = 256
	maxCreated = 1024
	// maxPath bounds a path, in bytes.
	maxPath = 4 << 10

	defaultAutoSave = 100 * time.Millisecond
)

// ErrClosed is returned by the methods of a store that was closed, or after the
// end of the app.
var ErrClosed = errors.New("the store is closed")

// ErrTooLarge is wrapped where a store would get too large: keys have at most
// 4 KiB, a store 64 MiB and all that are loaded 256 MiB.
var ErrTooLarge = errors.New("the store is too large")

// Stores is the plugin, and its API for Go. It is safe for concurrent use.
type Stores struct {
	o Options

	// loading is held while a file is loaded, so that there is one store for it.
	// It comes before the locks of stores, and those before mu.
	loading sync.Mutex

	mu      sync.Mutex
	app     plugin.App        // guarded by mu; nil before Start
	stopped bool              // guarded by mu
	loaded  map[string]*Store // guarded by mu; by path
	size    int64             // guarded by mu; of all that are loaded
	created int               // guarded by mu; files that pages have made
}

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New(o Options) *Stores {
	if o.Serialize == nil {
		o.Serialize = serialize
	}
	if o.Deserialize == nil {
		o.Deserialize = deserialize
	}
	o.Serializers, o.Deserializers = maps.Clone(o.Serializers), maps.Clone(o.Deserializers)
	return &Stores{o: o, loaded: map[string]*Store{}}
}

// Plugin describes it to the app.
func (s *Stores) Plugin() plugin.Plugin {
	return plugin.Plugin{
		Name: "store", Commands: s.commands(), Start: s.start, Stop: s.stop, Events: []string{changeEvent},
		Default: []string{
			"allow-load", "allow-get-store", "allow-set", "allow-get", "allow-has", "allow-delete", "allow-clear", "allow-reset",
			"allow-keys", "allow-values", "allow-entries", "allow-length", "allow-reload", "allow-save",
		},
	}
}

func (s *Stores) start(_ context.Context, app plugin.App) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.app = app
	return nil
}

// stop saves what has changed, whether it would be saved by itself or not.
func (s *Stores) stop(context.Context) {
	s.loading.Lock()
	defer s.loading.Unlock()
	s.mu.Lock()
	s.stopped = true
	all := maps.Clone(s.loaded)
	s.mu.Unlock()
	for _, st := range all {
		if err := st.finish(true); err != nil {
			s.log().Error("plugin store: a store was not saved", "store", st.path, "error", err)
			st.abandon()
		}
	}
}

// log is the app's logger.
func (s *Stores) log() *slog.Logger {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.app == nil {
		return slog.Default()
	}
	return s.app.Log()
}

// Load returns the store of a file, and loads it if nobody has. The path is
// absolute, or relative to the app's folder for data, which is known once the app
// runs: in a command, or in Start of a plugin that was added later. A file that is
// not there is no error. One that cannot be read is, and stays as it is.
//
// The store stays loaded until [Store.Close] was called as often as Load, and no
// page uses it.
func (s *Stores) Load(path string, o *LoadOptions) (*Store, error) {
	if o == nil {
		o = &LoadOptions{}
	}
	path, err := s.resolve(path)
	if err != nil {
		return nil, err
	}
	defaults := Values{}
	for key, v := range o.Defaults {
		text, err := ipc.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("store %s: default of %q: %w", path, key, err)
		}
		defaults[key] = jsontext.Value(text)
	}
	l := loading{
		path: path, disk: plainFile(path), defaults: defaults, autoSave: o.AutoSave, serializer: o.Serializer, deserializer: o.Deserializer,
		createNew: o.CreateNew, overrideDefaults: o.OverrideDefaults,
	}
	if l.autoSave == 0 {
		l.autoSave = defaultAutoSave
	}
	return s.load(l, func(st *Store) error { st.users++; return nil })
}

// Get returns the store of a file if it is loaded. It need not be closed for it.
func (s *Stores) Get(path string) (*Store, bool) {
	path, err := s.resolve(path)
	if err != nil {
		return nil, false
	}
	return s.find(path)
}

func (s *Stores) find(path string) (*Store, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, ok := s.loaded[path]
	return st, ok && !s.stopped
}

// resolve makes an absolute path without links of one that Go code gives.
func (s *Stores) resolve(path string) (string, error) {
	if path == "" {
		return "", errors.New("a store without a path")
	}
	if !filepath.IsAbs(path) {
		s.mu.Lock()
		app := s.app
		s.mu.Unlock()
		if app == nil {
			return "", fmt.Errorf("store %q: the app does not run yet; give an absolute path, for instance below App.DataDir", path)
		}
		dir, ok := app.Directory("APPDATA")
		if !ok {
			return "", fmt.Errorf("store %q: this system has no folder for data: %w", path, errors.ErrUnsupported)
		}
		path = filepath.Join(dir, path)
	}
	path = filepath.Clean(path)
	for dir, rest := path, ""; ; dir, rest = filepath.Dir(dir), filepath.Join(filepath.Base(dir), rest) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(real, rest), nil
		}
		if dir == filepath.Dir(dir) {
			return path, nil
		}
	}
}

// loading is what a store is loaded with.
type loading struct {
	path                        string
	disk                        disk
	defaults                    Values
	autoSave                    time.Duration // zero is at once, negative never
	serializer, deserializer    string
	createNew, overrideDefaults bool
}

// codec finds the functions that make files of values and back.
func (s *Stores) codec(l loading) (c codec, err error) {
	c = codec{s.o.Serialize, s.o.Deserialize}
	if name := l.serializer; name != "" {
		if c.serialize = s.o.Serializers[name]; c.serialize == nil {
			return c, fmt.Errorf("Serialize Function %q not found", name)
		}
	}
	if name := l.deserializer; name != "" {
		if c.deserialize = s.o.Deserializers[name]; c.deserialize == nil {
			return c, fmt.Errorf("Deserialize Function %q not found", name)
		}
	}
	return c, nil
}

// load finds or loads a store. use notes who has asked for it, under the locks
// that keep it loaded.
func (s *Stores) load(l loading, use func(*Store) error) (*Store, error) {
	c, err := s.codec(l)
	if err != nil {
		return nil, err
	}
	for key, v := range l.defaults {
		if err := checkEntry(key, v); err != nil {
			return nil, err
		}
	}
	s.loading.Lock()
	defer s.loading.Unlock()
	st, ok := s.find(l.path)
	if !ok {
		if st, err = s.open(l, c); err != nil {
			return nil, err
		}
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if ok && l.createNew {
		if err := st.renew(l, c); err != nil {
			return nil, err
		}
	}
	if err := use(st); err != nil {
		if !ok {
			s.forget(st)
		}
		return nil, err
	}
	return st, nil
}

// mayCreate counts the files that pages make.
func (s *Stores) mayCreate() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.created >= maxCreated {
		return fmt.Errorf("pages have made %d files since the app has started, and cannot make more", s.created)
	}
	s.created++
	return nil
}

// open loads a store that is not. s.loading is held.
func (s *Stores) open(l loading, c codec) (*Store, error) {
	if err := s.makeRoom(l); err != nil {
		return nil, err
	}
	st := &Store{stores: s, path: l.path, disk: l.disk, codec: c, defaults: l.defaults, autoSave: l.autoSave, pages: map[ipc.Page]uint32{}}
	st.told = newQueue(maxTold, st.tellPages)
	values, there, err := st.read()
	switch {
	case err != nil && l.createNew:
		if err := st.keepBroken(); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	}
	if st.values = maps.Clone(l.defaults); st.values == nil {
		st.values = Values{}
	}
	switch {
	case l.createNew:
		st.version++ // what is in the file is not what is in the store
	case there && l.overrideDefaults:
		st.values = values
	case there:
		before := len(values)
		maps.Copy(st.values, values)
		if len(st.values) != before {
			st.version++
		}
	case len(st.values) > 0:
		st.version++
	}
	size := sizeOf(st.values)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopped:
		return nil, ErrClosed
	case size > maxStore || s.size+size > maxAll:
		return nil, fmt.Errorf("store %s: %d bytes: %w", l.path, size, ErrTooLarge)
	}
	st.size = size
	s.size += size
	s.loaded[l.path] = st
	return st, nil
}

// makeRoom lets go of a store that nobody uses, if there are too many.
// s.loading is held.
func (s *Stores) makeRoom(l loading) error {
	s.mu.Lock()
	all := maps.Clone(s.loaded)
	s.mu.Unlock()
	if len(all) < maxStores {
		return nil
	}
	for _, st := range all {
		st.mu.Lock()
		unused := st.users == 0 && len(st.pages) == 0
		st.mu.Unlock()
		if unused && st.finish(true) == nil {
			return nil
		}
	}
	return fmt.Errorf("store %s: %d stores are loaded; close some of them", l.path, len(all))
}

// forget takes a store out of those that are loaded.
func (s *Stores) forget(st *Store) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loaded[st.path] == st {
		delete(s.loaded, st.path)
		s.size -= st.size
	}
}

// grow notes that a store is going to have another size.
func (s *Stores) grow(st *Store, by int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if by > 0 && (st.size+by > maxStore || s.size+by > maxAll) {
		return fmt.Errorf("store %s: %d bytes more than %d: %w", st.path, by, st.size, ErrTooLarge)
	}
	st.size += by
	s.size += by
	return nil
}

func sizeOf(values Values) (n int64) {
	for key, v := range values {
		n += int64(len(key) + len(v))
	}
	return n
}

func checkEntry(key string, value jsontext.Value) error {
	if len(key) > maxKey {
		return fmt.Errorf("a key of %d bytes; at most %d: %w", len(key), maxKey, ErrTooLarge)
	}
	if len(value) > maxStore {
		return fmt.Errorf("a value of %d bytes; at most %d: %w", len(value), maxStore, ErrTooLarge)
	}
	return nil
}
