// Package watch tells which files have changed below folders that may grow.
//
//	w, err := watch.New()
//	w.Tree(dir, ignore)
//	for names := range w.Changes() { … }
package watch

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// quiet is for how long nothing must change before changes are told: editors
// write a file in several steps, and tools many files.
const quiet = 50 * time.Millisecond

// longest is how long changes are held back in all, where they do not end.
const longest = time.Second

// Watcher is a set of watched folders. It is safe for concurrent use.
type Watcher struct {
	fs      *fsnotify.Watcher
	changes chan []string
	errors  chan error
	done    chan struct{}

	mu    sync.Mutex
	trees []tree              // guarded by mu
	dirs  map[string]struct{} // guarded by mu; all that are watched
}

// tree is a folder that is watched with those below it.
type tree struct {
	root   string
	ignore func(dir string) bool
}

// New returns a Watcher. Close ends it.
func New() (*Watcher, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, explain(err)
	}
	all := &Watcher{
		fs: w, changes: make(chan []string), errors: make(chan error, 1),
		done: make(chan struct{}), dirs: map[string]struct{}{},
	}
	go all.run()
	return all, nil
}

// Changes tells the absolute names of files that were written, made, renamed
// or removed, those of a moment together. What came and went within it, such as
// the file that another one is written to before it takes its name, is left
// out. It is closed when the Watcher is.
func (w *Watcher) Changes() <-chan []string { return w.changes }

// Errors tells why changes may be missed from now on, such as [ErrLimit].
func (w *Watcher) Errors() <-chan error { return w.errors }

// Close ends the Watcher.
func (w *Watcher) Close() error {
	close(w.done)
	return w.fs.Close()
}

// ErrLimit says that the system watches no more folders for this user.
var ErrLimit = errors.New("the system's limit of watched folders is reached")

// explain says what to do about an error of the system.
func explain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC) && runtime.GOOS == "linux":
		return term.Help(ErrLimit, "raise it: sudo sysctl fs.inotify.max_user_watches=524288")
	case errors.Is(err, syscall.EMFILE) && runtime.GOOS == "linux":
		return term.Help(errors.Join(ErrLimit, err), "raise it: sudo sysctl fs.inotify.max_user_instances=512, and ulimit -n 4096")
	}
	return err
}

// Dir watches a folder, without those in it. A folder that is not there is
// none to watch.
func (w *Watcher) Dir(dir string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.add(filepath.Clean(dir))
}

// add must be called with mu held.
func (w *Watcher) add(dir string) error {
	if _, ok := w.dirs[dir]; ok {
		return nil
	}
	err := w.fs.Add(dir)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	if err != nil {
		return explain(err)
	}
	w.dirs[dir] = struct{}{}
	return nil
}

// Tree watches a folder and those below it, also those that come later. Where
// ignore says so, a folder and what is below it is left out. A file is watched
// with those beside it. What is watched already stays as it is.
func (w *Watcher) Tree(root string, ignore func(dir string) bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := tree{filepath.Clean(root), ignore}
	if info, err := os.Stat(t.root); err == nil && !info.IsDir() {
		return w.add(filepath.Dir(t.root))
	}
	if i := slices.IndexFunc(w.trees, func(o tree) bool { return o.root == t.root }); i >= 0 {
		t = w.trees[i] // it may not have been there before
	} else {
		w.trees = append(w.trees, t)
	}
	_, err := w.walk(t, t.root)
	return err
}

// walk watches what is below a folder, and returns the files there. It must be
// called with mu held.
func (w *Watcher) walk(t tree, dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // it is gone again, or not for us
		case !d.IsDir():
			files = append(files, name)
			return nil
		case name != t.root && t.ignore != nil && t.ignore(name):
			return fs.SkipDir
		}
		return w.add(name)
	})
	return files, err
}

// run gathers what changes.
func (w *Watcher) run() {
	defer close(w.changes)
	timer := time.NewTimer(0)
	<-timer.C
	var names []string
	came := map[string]bool{} // those of names that are new, or not
	var since time.Time
	var out chan []string // w.changes while there is something to tell
	gather := func(more []string, new bool) {
		if len(more) == 0 {
			return
		}
		if len(names) == 0 {
			since = time.Now()
		}
		for _, name := range more {
			if _, ok := came[name]; !ok {
				came[name] = new
			}
		}
		names, out = append(names, more...), nil
		timer.Reset(min(quiet, max(0, longest-time.Since(since))))
	}
	for {
		select {
		case e, ok := <-w.fs.Events:
			if !ok {
				return
			}
			if e.Op != fsnotify.Chmod {
				gather(w.event(e), e.Has(fsnotify.Create))
			}
		case <-timer.C:
			slices.Sort(names)
			names = slices.DeleteFunc(slices.Compact(names), func(name string) bool { return came[name] && !exists(name) })
			if len(names) > 0 {
				out = w.changes
			}
		case out <- names:
			names, out = nil, nil
			clear(came)
		case err, ok := <-w.fs.Errors:
			switch {
			case !ok:
				return
			case errors.Is(err, fsnotify.ErrEventOverflow):
				gather(w.again(), false)
			default:
				w.fail(explain(err))
			}
		case <-w.done:
			return
		}
	}
}

// again begins anew after so many changes at once that the system has not told
// them all. It returns all files of the trees: any may have changed.
func (w *Watcher) again() (files []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	dirs := w.dirs
	w.dirs = map[string]struct{}{}
	for dir := range dirs { // some may have been replaced
		if err := w.add(dir); err != nil {
			w.fail(err)
		}
	}
	for _, t := range w.trees {
		more, err := w.walk(t, t.root)
		if err != nil {
			w.fail(err)
		}
		files = append(files, more...)
	}
	return files
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return !errors.Is(err, fs.ErrNotExist)
}

func (w *Watcher) fail(err error) {
	select {
	case w.errors <- err:
	default: // one is enough
	}
}

// event returns the files that an event is about.
func (w *Watcher) event(e fsnotify.Event) []string {
	name := filepath.Clean(e.Name)
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename) {
		delete(w.dirs, name)
	}
	info, err := os.Lstat(name)
	if err != nil || !info.IsDir() {
		return []string{name}
	}
	if !e.Has(fsnotify.Create) {
		return nil // of a folder, what is in it tells
	}
	var files []string
	for _, t := range w.trees {
		if !below(name, t.root) || t.ignores(name) {
			continue
		}
		// What was made there before it was watched is told now.
		more, err := w.walk(t, name)
		if err != nil {
			w.fail(err)
		}
		files = append(files, more...)
	}
	return files
}

// ignores reports whether a folder of the tree, or one above it, is left out.
func (t tree) ignores(dir string) bool {
	for ; t.ignore != nil && dir != t.root; dir = filepath.Dir(dir) {
		if t.ignore(dir) {
			return true
		}
	}
	return false
}

// below reports whether a name is that of a folder, or of something in it.
func below(name, dir string) bool {
	rel, err := filepath.Rel(dir, name)
	return err == nil && filepath.IsLocal(rel)
}
