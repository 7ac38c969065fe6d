package store

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	// changeEvent is what onChange and onKeyChange listen to.
	changeEvent = "store://change"
	// maxTold and maxWatched bound the changes that wait for pages, and for a
	// function of the app.
	maxTold    = 64 << 10
	maxWatched = 1024
	// maxQueued bounds both in bytes.
	maxQueued = 64 << 20
)

// told is a change on its way. done is closed when it has arrived; nil if
// nobody waits for it.
type told struct {
	change
	done chan struct{}
}

// payload is what the npm package expects.
type payload struct {
	Path       string         `json:"path"`
	ResourceID uint32         `json:"resourceId"`
	Key        string         `json:"key"`
	Value      jsontext.Value `json:"value"`
	Exists     bool           `json:"exists"`
}

// tell tells pages and functions of the app of changes, in their order. st.mu is
// held. The channel is closed when pages were told.
func (st *Store) tell(changes []change) <-chan struct{} {
	if len(changes) == 0 {
		return nil
	}
	done := make(chan struct{})
	for i, c := range changes {
		t := told{change: c}
		if i == len(changes)-1 {
			t.done = done
		}
		for _, gone := range st.told.put(t, len(c.key)+len(c.value)) {
			if gone.done != nil {
				close(gone.done)
			}
		}
		for _, w := range st.watchers {
			if w.all || w.key == c.key {
				w.queue.put(c, len(c.key)+len(c.value))
			}
		}
	}
	return done
}

// tellPages tells the pages that use the store, each with its own number for it.
// A page that does not keep up, and one that is gone, is not told.
func (st *Store) tellPages(t told) {
	if t.done != nil {
		defer close(t.done)
	}
	st.mu.Lock()
	pages := maps.Clone(st.pages)
	st.mu.Unlock()
	value := t.value
	if !t.exists {
		value = jsontext.Value("null")
	}
	for p, rid := range pages {
		if err := p.Emit(p.Context(), changeEvent, payload{st.path, rid, t.key, value, t.exists}); err != nil && p.Context().Err() == nil {
			st.stores.log().Warn("plugin store: a page is not told of a change", "window", p.Caller().Window, "store", st.path, "error", err)
		}
	}
}

// watcher is a function of the app.
type watcher struct {
	key   string
	all   bool
	queue *queue[change]
}

// Watch calls a function with each new value of a key, whoever sets it; ok is
// false when it is deleted. Calls come in order, one at a time, on a goroutine of
// their own; f may block, and may change the store. Where 1024 changes or 64 MiB
// wait for it, it misses the oldest, never the last. A value that is no T is left
// out, with a record in the log. stop ends it; a call may still be running then.
func Watch[T any](st *Store, key string, f func(v T, ok bool)) (stop func()) {
	return st.watch(&watcher{key: key}, func(c change) {
		var v T
		if c.exists {
			if err := decode(c.value, &v); err != nil {
				st.stores.log().Warn("plugin store: a function that watches a key cannot be told", "store", st.path, "key", key, "error", err)
				return
			}
		}
		f(v, c.exists)
	})
}

// WatchAll is [Watch] for all keys, with values as JSON that must not be changed.
func (st *Store) WatchAll(f func(key string, value jsontext.Value, ok bool)) (stop func()) {
	return st.watch(&watcher{all: true}, func(c change) { f(c.key, c.value, c.exists) })
}

func (st *Store) watch(w *watcher, f func(change)) (stop func()) {
	w.queue = newQueue(maxWatched, func(c change) {
		if err := safely(func() error { f(c); return nil }); err != nil {
			st.stores.log().Error("plugin store: a function that watches", "store", st.path, "error", fmt.Sprint(err))
		}
	})
	st.mu.Lock()
	defer st.mu.Unlock()
	st.watchers = append(slices.Clip(st.watchers), w)
	return func() {
		st.mu.Lock()
		defer st.mu.Unlock()
		st.watchers = slices.DeleteFunc(slices.Clone(st.watchers), func(other *watcher) bool { return other == w })
		w.queue.drop()
	}
}

// queue hands things on by a goroutine that is there while there are any. It
// drops the oldest where there are too many.
type queue[T any] struct {
	most int
	take func(T)

	mu      sync.Mutex
	items   []T   // guarded by mu
	sizes   []int // guarded by mu
	size    int   // guarded by mu
	running bool  // guarded by mu
}

func newQueue[T any](most int, take func(T)) *queue[T] { return &queue[T]{most: most, take: take} }

// put returns what was dropped for it.
func (q *queue[T]) put(item T, size int) (gone []T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items, q.sizes, q.size = append(q.items, item), append(q.sizes, size), q.size+size
	for len(q.items) > q.most || q.size > maxQueued && len(q.items) > 1 {
		gone = append(gone, q.next())
	}
	if !q.running {
		q.running = true
		go q.run()
	}
	return gone
}

// next takes out the oldest. q.mu is held.
func (q *queue[T]) next() (item T) {
	var none T
	item, q.items[0] = q.items[0], none
	q.size -= q.sizes[0]
	q.items, q.sizes = q.items[1:], q.sizes[1:]
	return item
}

func (q *queue[T]) run() {
	for {
		q.mu.Lock()
		if len(q.items) == 0 {
			q.running, q.items, q.sizes = false, nil, nil
			q.mu.Unlock()
			return
		}
		item := q.next()
		q.mu.Unlock()
		q.take(item)
	}
}

// drop forgets what waits.
func (q *queue[T]) drop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items, q.sizes, q.size = nil, nil, 0
}
