package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/files"
)

// appData is the number of the app's folder for data in BaseDirectory of
// @tauri-apps/api/path.
const appData = 14

// logs are no stores of pages, even where their folder is in that for data. What
// the framework keeps there is denied by package files.
var logs = []string{"$APPLOG", "$APPLOG/**"}

func (s *Stores) commands() plugin.Commands {
	return plugin.Commands{
		"load":      plugin.Typed(s.loadForPage),
		"get_store": plugin.Typed(s.getForPage),
		"set":       plugin.Typed(setForPage),
		"get": on(func(_ context.Context, st *Store, a keyArgs) ([2]any, error) {
			v, ok := st.Raw(a.Key)
			if !ok {
				return [2]any{nil, false}, nil
			}
			return [2]any{v, true}, nil
		}),
		"has": on(func(_ context.Context, st *Store, a keyArgs) (bool, error) { return st.Has(a.Key), nil }),
		"delete": on(func(ctx context.Context, st *Store, a keyArgs) (bool, error) {
			there, told, err := st.delete(a.Key)
			wait(ctx, told)
			return there, err
		}),
		"clear": on(func(ctx context.Context, st *Store, _ ridArgs) (none, error) {
			told, err := st.fill(func() Values { return nil }, true)
			wait(ctx, told)
			return none{}, err
		}),
		"reset": on(func(ctx context.Context, st *Store, _ ridArgs) (none, error) {
			told, err := st.fill(st.defaultsLocked, false)
			wait(ctx, told)
			return none{}, err
		}),
		"keys": on(func(_ context.Context, st *Store, _ ridArgs) ([]string, error) { return st.Keys(), nil }),
		"values": on(func(_ context.Context, st *Store, _ ridArgs) ([]jsontext.Value, error) {
			values := st.All()
			list := make([]jsontext.Value, 0, len(values))
			for _, key := range slices.Sorted(maps.Keys(values)) {
				list = append(list, values[key])
			}
			return list, nil
		}),
		"entries": on(func(_ context.Context, st *Store, _ ridArgs) ([][2]any, error) {
			values := st.All()
			list := make([][2]any, 0, len(values))
			for _, key := range slices.Sorted(maps.Keys(values)) {
				list = append(list, [2]any{key, values[key]})
			}
			return list, nil
		}),
		"length": on(func(_ context.Context, st *Store, _ ridArgs) (int, error) { return st.Len(), nil }),
		"reload": on(func(_ context.Context, st *Store, a reloadArgs) (none, error) {
			return none{}, st.Reload(a.IgnoreDefaults)
		}),
		"save": on(func(_ context.Context, st *Store, _ ridArgs) (none, error) { return none{}, st.Save() }),
	}
}

type none = struct{}

type ridArgs struct {
	ID uint32 `json:"rid"`
}

type keyArgs struct {
	ID  uint32 `json:"rid"`
	Key string `json:"key"`
}

type setArgs struct {
	ID    uint32         `json:"rid"`
	Key   string         `json:"key"`
	Value jsontext.Value `json:"value,omitempty"` // null is one
}

type reloadArgs struct {
	ID             uint32 `json:"rid"`
	IgnoreDefaults bool   `json:"ignoreDefaults,omitzero"`
}

func (a ridArgs) rid() uint32    { return a.ID }
func (a keyArgs) rid() uint32    { return a.ID }
func (a setArgs) rid() uint32    { return a.ID }
func (a reloadArgs) rid() uint32 { return a.ID }

// on makes a command of a store.
func on[A interface{ rid() uint32 }, R any](f func(context.Context, *Store, A) (R, error)) plugin.Command {
	return plugin.Typed(func(ctx context.Context, a A) (R, error) {
		st, err := plugin.ResourceOf[*Store](ctx, a.rid())
		if err != nil {
			var none R
			return none, err
		}
		return f(ctx, st, a)
	})
}

func setForPage(ctx context.Context, a setArgs) (none, error) {
	st, err := plugin.ResourceOf[*Store](ctx, a.ID)
	if err != nil {
		return none{}, err
	}
	if a.Value == nil {
		return none{}, fmt.Errorf("store %s: %q has no value: undefined is none; use delete, or null", st.path, a.Key)
	}
	told, err := st.set(a.Key, a.Value.Clone())
	wait(ctx, told)
	return none{}, err
}

// wait waits until pages were told: the one that has called hears of what it has
// done before its promise is fulfilled.
func wait(ctx context.Context, told <-chan struct{}) {
	if told == nil {
		return
	}
	select {
	case <-told:
	case <-ctx.Done():
	}
}

type loadArgs struct {
	Path    string       `json:"path"`
	Options *pageOptions `json:"options"`
}

type pageOptions struct {
	Defaults         Values         `json:"defaults,omitempty"`
	AutoSave         jsontext.Value `json:"autoSave,omitempty"`
	SerializeFn      *string        `json:"serializeFnName"`
	DeserializeFn    *string        `json:"deserializeFnName"`
	CreateNew        bool           `json:"createNew,omitzero"`
	OverrideDefaults bool           `json:"overrideDefaults,omitzero"`
}

// maxAutoSave is the longest time, in milliseconds.
const maxAutoSave = 24 * 60 * 60 * 1000

// autoSaveOf reads true, false, or a number of milliseconds.
func autoSaveOf(v jsontext.Value) (time.Duration, error) {
	switch string(v) {
	case "", "null", "true":
		return defaultAutoSave, nil
	case "false":
		return -1, nil
	}
	var ms float64
	if err := ipc.Unmarshal(v, &ms); err != nil || ms < 0 || ms > maxAutoSave || ms != math.Trunc(ms) {
		return 0, fmt.Errorf("autoSave: want true, false or a whole number of milliseconds up to %d", maxAutoSave)
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// place is where a page says that a store is, if its scope has it.
func (s *Stores) place(ctx context.Context, path string) (l loading, err error) {
	if len(path) > maxPath || strings.ContainsRune(path, 0) {
		return l, fmt.Errorf("a path of a store has at most %d bytes and no NUL", maxPath)
	}
	m, _ := ipc.MessageFrom(ctx)
	s.mu.Lock()
	app := s.app
	s.mu.Unlock()
	if app == nil || m == nil {
		return l, errors.New("the app does not run")
	}
	full, err := files.Resolve(app, path, appData)
	if err != nil {
		return l, err
	}
	allow, err := capability.PathPatterns(m.Scope.Allow)
	if err != nil {
		return l, err
	}
	deny, err := capability.PathPatterns(m.Scope.Deny)
	if err != nil {
		return l, err
	}
	scope, err := files.NewScope(app, append([]string{"$APPDATA/**"}, allow...), slices.Concat(deny, logs), files.Options{NoGrants: true, DotFiles: capability.DotFilesMatched})
	if err != nil {
		return l, err
	}
	real, err := scope.Judge(full)
	if err != nil {
		err := fmt.Errorf("%w; stores of pages are in the app's folder for data, or where the scope of store:allow-load allows them", err)
		if f, ok := errors.AsType[*capability.ForbiddenPathError](err); ok && f.Missing() {
			err = &capability.OutOfScopeError{Err: err, Allow: []any{capability.PathEntry(full, app.Directory)}, Command: "plugin:store|load"}
		}
		return l, err
	}
	return loading{path: real, disk: scopedFile{scope, real, s.mayCreate}}, nil
}

func (s *Stores) loadForPage(ctx context.Context, a loadArgs) (rid uint32, err error) {
	l, err := s.place(ctx, a.Path)
	if err != nil {
		return 0, err
	}
	l.autoSave = defaultAutoSave
	if o := a.Options; o != nil {
		l.defaults, l.createNew, l.overrideDefaults = Values{}, o.CreateNew, o.OverrideDefaults
		for key, v := range o.Defaults {
			l.defaults[key] = v.Clone()
		}
		if l.autoSave, err = autoSaveOf(o.AutoSave); err != nil {
			return 0, err
		}
		if o.SerializeFn != nil {
			l.serializer = *o.SerializeFn
		}
		if o.DeserializeFn != nil {
			l.deserializer = *o.DeserializeFn
		}
	}
	_, err = s.load(l, func(st *Store) error { rid, err = st.giveTo(ctx); return err })
	return rid, err
}

type pathArgs struct {
	Path string `json:"path"`
}

func (s *Stores) getForPage(ctx context.Context, a pathArgs) (*uint32, error) {
	l, err := s.place(ctx, a.Path)
	if err != nil {
		return nil, err
	}
	s.loading.Lock()
	defer s.loading.Unlock()
	st, ok := s.find(l.path)
	if !ok {
		return nil, nil
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	rid, err := st.giveTo(ctx)
	return &rid, err
}

// giveTo gives a store to the page that has called, which has one number for it
// however often it asks. stores.loading and st.mu are held.
func (st *Store) giveTo(ctx context.Context) (uint32, error) {
	p, err := plugin.PageOf(ctx)
	if err != nil {
		return 0, err
	}
	if rid, ok := st.pages[p]; ok {
		if _, err := p.Resource(rid); err == nil {
			return rid, nil
		}
	}
	number := new(uint32) // set before st.mu is free
	*number, err = p.AddResource(st, func() { st.letGo(p, number) })
	if err != nil {
		return 0, err
	}
	st.pages[p] = *number
	return *number, nil
}

// letGo is called when a page has closed the store, or has ended. Only the former
// unloads it: the next page in the window finds it as it was.
func (st *Store) letGo(p ipc.Page, rid *uint32) {
	st.mu.Lock()
	if st.pages[p] == *rid {
		delete(st.pages, p)
	}
	st.mu.Unlock()
	if p.Context().Err() != nil {
		return
	}
	if err := st.leave(); err != nil {
		st.stores.log().Error("plugin store: a store was not saved when it was closed", "store", st.path, "error", err)
	}
}
