package store

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/ipc"
)

// Store is one that is loaded. It is safe for concurrent use.
type Store struct {
	stores *Stores
	path   string
	disk   disk
	told   *queue[told]
	saving sync.Mutex // held while a file is written or read; comes before mu

	mu       sync.Mutex
	codec    codec               // guarded by mu
	defaults Values              // guarded by mu; the map is never changed
	values   Values              // guarded by mu; what is in it is never changed
	size     int64               // guarded by Stores.mu, changed with mu held; of values
	autoSave time.Duration       // guarded by mu
	version  uint64              // guarded by mu; grows with each change
	saved    uint64              // guarded by mu; the version that is on the disk
	timer    *time.Timer         // guarded by mu; saves the store, nil if nothing is to be saved
	since    time.Time           // guarded by mu; of the first change that timer saves
	failed   bool                // guarded by mu; the last time that timer has tried
	pages    map[ipc.Page]uint32 // guarded by mu; who uses it, and the numbers that pages have for it
	users    int                 // guarded by mu; who has called Load
	watchers []*watcher          // guarded by mu; the slice is never changed in place
	closed   bool                // guarded by mu
}

// change is one that listeners are told of.
type change struct {
	key    string
	value  jsontext.Value
	exists bool
}

// Path is that of the file, absolute and without links.
func (st *Store) Path() string { return st.path }

// Get reads the value of a key as a T, in the form of [ipc.Marshal]. Fields that T
// does not have are left out. ok is false where there is no value.
func Get[T any](st *Store, key string) (v T, ok bool, err error) {
	text, ok := st.Raw(key)
	if !ok {
		return v, false, nil
	}
	if err := decode(text, &v); err != nil {
		return v, true, fmt.Errorf("store %s: %q: %w", st.path, key, err)
	}
	return v, true, nil
}

func decode(text jsontext.Value, v any) error {
	return ipc.Unmarshal(text, v, json.RejectUnknownMembers(false))
}

// Raw returns the value of a key as JSON, which must not be changed.
func (st *Store) Raw(key string) (v jsontext.Value, ok bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	v, ok = st.values[key]
	return v, ok
}

// Has reports whether there is a value for a key.
func (st *Store) Has(key string) bool {
	_, ok := st.Raw(key)
	return ok
}

// Len is how many keys there are.
func (st *Store) Len() int {
	st.mu.Lock()
	defer st.mu.Unlock()
	return len(st.values)
}

// Keys returns the keys, sorted.
func (st *Store) Keys() []string { return slices.Sorted(maps.Keys(st.All())) }

// All returns a copy of all values.
func (st *Store) All() Values {
	st.mu.Lock()
	defer st.mu.Unlock()
	return maps.Clone(st.values)
}

// Set sets the value of a key, in the form of [ipc.Marshal].
func (st *Store) Set(key string, value any) error {
	text, err := ipc.Marshal(value)
	if err != nil {
		return fmt.Errorf("store %s: %q: %w", st.path, key, err)
	}
	_, err = st.set(key, jsontext.Value(text))
	return err
}

// set returns a channel that is closed when pages were told.
func (st *Store) set(key string, value jsontext.Value) (told <-chan struct{}, err error) {
	if err := checkEntry(key, value); err != nil {
		return nil, err
	}
	return st.alter(func(values Values) ([]change, error) {
		by := len(value)
		if before, ok := values[key]; ok {
			by -= len(before)
		} else {
			by += len(key)
		}
		if err := st.stores.grow(st, int64(by)); err != nil {
			return nil, err
		}
		values[key] = value
		return []change{{key, value, true}}, nil
	})
}

// Delete removes a key, and reports whether it was there.
func (st *Store) Delete(key string) (there bool, err error) {
	there, _, err = st.delete(key)
	return there, err
}

func (st *Store) delete(key string) (there bool, told <-chan struct{}, err error) {
	told, err = st.alter(func(values Values) ([]change, error) {
		v, ok := values[key]
		if there = ok; !ok {
			return nil, nil
		}
		delete(values, key)
		return []change{{key: key}}, st.stores.grow(st, -int64(len(key)+len(v)))
	})
	return there, told, err
}

// Clear removes all keys, those of the defaults too.
func (st *Store) Clear() error {
	_, err := st.fill(func() Values { return nil }, true)
	return err
}

// Reset goes back to the defaults.
func (st *Store) Reset() error {
	_, err := st.fill(st.defaultsLocked, false)
	return err
}

// defaultsLocked is for when st.mu is held.
func (st *Store) defaultsLocked() Values { return st.defaults }

// fill replaces all values, and tells of those that change, or of all that were
// there.
func (st *Store) fill(with func() Values, all bool) (told <-chan struct{}, err error) {
	return st.alter(func(values Values) ([]change, error) {
		next := with()
		if err := st.stores.grow(st, sizeOf(next)-st.size); err != nil {
			return nil, err
		}
		changes := differences(values, next, all)
		clear(values)
		maps.Copy(values, next)
		return changes, nil
	})
}

// differences are the changes from one to another, in the order of keys.
func differences(from, to Values, all bool) (changes []change) {
	for _, key := range slices.Sorted(maps.Keys(from)) {
		v, ok := to[key]
		if all || !ok || string(v) != string(from[key]) {
			changes = append(changes, change{key, v, ok})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(to)) {
		if _, ok := from[key]; !ok {
			changes = append(changes, change{key, to[key], true})
		}
	}
	return changes
}

// alter changes the values, tells of it, and has them saved.
func (st *Store) alter(f func(Values) ([]change, error)) (told <-chan struct{}, err error) {
	st.mu.Lock()
	if st.closed {
		st.mu.Unlock()
		return nil, ErrClosed
	}
	changes, err := f(st.values)
	if err != nil || len(changes) == 0 {
		st.mu.Unlock()
		return nil, err
	}
	told = st.tell(changes)
	atOnce := st.changedLocked()
	st.mu.Unlock()
	if atOnce {
		err = st.Save()
		if err != nil {
			st.tryLater()
		}
	}
	return told, err
}

// renew begins with the defaults, as a store that is new. st.mu is held.
func (st *Store) renew(l loading, c codec) error {
	if st.closed {
		return ErrClosed
	}
	if err := st.stores.grow(st, sizeOf(l.defaults)-st.size); err != nil {
		return err
	}
	changes := differences(st.values, l.defaults, false)
	st.codec, st.defaults, st.autoSave = c, l.defaults, l.autoSave
	if st.values = maps.Clone(l.defaults); st.values == nil {
		st.values = Values{}
	}
	st.version++
	st.stopTimer()
	st.tell(changes)
	return nil
}

// Close says that Go code that has called Load does not use the store any more.
// When nobody does, it is let go of: changes that would be saved by themselves are,
// others are lost.
func (st *Store) Close() error {
	st.mu.Lock()
	if st.closed || st.users == 0 {
		st.mu.Unlock()
		return ErrClosed
	}
	st.users--
	st.mu.Unlock()
	return st.leave()
}

// leave lets go of the store if nobody uses it.
func (st *Store) leave() error {
	st.stores.loading.Lock()
	defer st.stores.loading.Unlock()
	st.mu.Lock()
	used := st.users > 0 || len(st.pages) > 0
	st.mu.Unlock()
	if used {
		return nil
	}
	return st.finish(false)
}

// finish saves the store if it would be later, or if anything has changed, and
// lets go of it. A store that cannot be saved stays. stores.loading is held.
func (st *Store) finish(all bool) error {
	st.mu.Lock()
	save := !st.closed && st.version != st.saved && (all || st.timer != nil)
	st.mu.Unlock()
	if save {
		if err := st.Save(); err != nil {
			st.tryLater()
			return err
		}
	}
	st.abandon()
	return nil
}

// abandon lets go of the store as it is.
func (st *Store) abandon() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.stopTimer()
	st.closed = true
	st.stores.forget(st)
}
