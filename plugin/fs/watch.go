package fs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/files"
)

const (
	// maxWatchers bounds what all pages watch at the same time: a user has 128
	// such things by default on Linux, for all programs.
	maxWatchers = 96
	// maxWatched bounds the paths of one call, and maxFolders the folders of a
	// watcher.
	maxWatched, maxFolders = 1024, 65_536
	// maxPending bounds the events that wait for their delay.
	maxPending = 16_384
	// maxDelay bounds the delay.
	maxDelay = time.Hour
)

// watchers counts those of all pages.
type watchers struct {
	mu sync.Mutex
	n  int // guarded by mu
}

func (w *watchers) add() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.n >= maxWatchers {
		return fmt.Errorf("%d watchers; end some of them, or watch several paths by one", maxWatchers)
	}
	w.n++
	return nil
}

func (w *watchers) done() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n--
}

// event is what pages are told of a change. Its form is that of the crate
// notify.
type event struct {
	Type  any        `json:"type"`
	Paths []string   `json:"paths"`
	Attrs eventAttrs `json:"attrs"`
}

type eventAttrs struct {
	// Tracker is the same for both ends of a rename.
	Tracker uint32 `json:"tracker,omitzero"`
	// Flag is "rescan" after events were lost.
	Flag string `json:"flag,omitzero"`
}

// readSize is how many bytes of events are read at a time, but for tests.
var readSize = 64 << 10

// kind is {what: {"kind": …, "mode": …}}.
type kind struct {
	what, kind, mode string
}

func (k kind) value() any {
	if k.kind == "" {
		return k.what
	}
	detail := struct {
		Kind string `json:"kind"`
		Mode string `json:"mode,omitzero"`
	}{k.kind, k.mode}
	return map[string]any{k.what: detail}
}

var (
	createdFile   = kind{"create", "file", ""}
	createdFolder = kind{"create", "folder", ""}
	removedFile   = kind{"remove", "file", ""}
	removedFolder = kind{"remove", "folder", ""}
	changedData   = kind{"modify", "data", "any"}
	changedMeta   = kind{"modify", "metadata", "any"}
	renamedFrom   = kind{"modify", "rename", "from"}
	renamedTo     = kind{"modify", "rename", "to"}
	renamedBoth   = kind{"modify", "rename", "both"}
	opened        = kind{"access", "open", "any"}
	closedWriting = kind{"access", "close", "write"}
	lost          = kind{"other", "", ""}
)

// change is an event before it is sent.
type change struct {
	kind    kind
	paths   []string
	tracker uint32
}

func (c change) event() event {
	e := event{Type: c.kind.value(), Paths: c.paths, Attrs: eventAttrs{Tracker: c.tracker}}
	if e.Paths == nil {
		e.Paths = []string{}
	}
	if c.kind == lost {
		e.Attrs.Flag = "rescan"
	}
	return e
}

type watchArgs struct {
	Paths   []string `json:"paths"`
	Options struct {
		BaseDir   int      `json:"baseDir,omitzero"`
		Recursive bool     `json:"recursive,omitzero"`
		DelayMs   *float64 `json:"delayMs,omitzero"`
	} `json:"options"`
	OnEvent mullion.Channel[event] `json:"onEvent"`
}

// watching is a watcher of a page.
type watching struct {
	cancel context.CancelFunc
	source source
	done   sync.WaitGroup
}

// source tells of changes; each system has its own.
type source interface {
	// add watches what a path leads to, for itself and what is in it.
	add(s *files.Scope, path string, recursive bool) error
	// next waits for changes. It returns an error after close.
	next() ([]change, error)
	close()
}

func (f *FS) watch(ctx context.Context, a watchArgs) (rid uint32, err error) {
	page, err := plugin.PageOf(ctx)
	if err != nil {
		return 0, err
	}
	delay := time.Duration(0)
	if ms := a.Options.DelayMs; ms != nil {
		if !(*ms >= 0 && *ms <= float64(maxDelay.Milliseconds())) {
			return 0, fmt.Errorf("delayMs is %v; want a number from 0 to %d", *ms, maxDelay.Milliseconds())
		}
		delay = time.Duration(*ms * float64(time.Millisecond))
	}
	if len(a.Paths) == 0 || len(a.Paths) > maxWatched {
		return 0, fmt.Errorf("%d paths to watch; want 1 to %d", len(a.Paths), maxWatched)
	}
	if err := f.watchers.add(); err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			f.watchers.done()
		}
	}()
	src, err := newSource(f.log())
	if err != nil {
		return 0, failed("failed to watch", err)
	}
	for _, path := range a.Paths {
		s, path, err := f.at(ctx, path, a.Options.BaseDir)
		if err == nil {
			s, err = s.Below(path)
		}
		if err == nil {
			err = src.add(s, path, a.Options.Recursive)
		}
		if err != nil {
			src.close()
			return 0, failed("failed to watch path: "+path, err)
		}
	}
	ctx, cancel := context.WithCancel(page.Context())
	w := &watching{cancel: cancel, source: src}
	out := make(chan []change)
	w.done.Go(func() { w.read(ctx, f.log(), out) })
	w.done.Go(func() { w.send(ctx, &a.OnEvent, out, delay) })
	var once sync.Once
	stop := func() {
		once.Do(func() {
			w.stop()
			f.watchers.done()
		})
	}
	rid, err = page.AddResource(w, stop)
	if err != nil {
		w.stop() // the deferred call counts it off
		return 0, err
	}
	return rid, nil
}

func (w *watching) stop() {
	w.cancel()
	w.source.close()
	w.done.Wait()
}

func (f *FS) unwatch(ctx context.Context, a ridArgs) (none, error) {
	if _, err := plugin.ResourceOf[*watching](ctx, a.ID); err != nil {
		return none{}, err
	}
	return none{}, plugin.CloseResource(ctx, a.ID)
}

// read takes changes from the system. It does not go on before they are taken:
// the system keeps some, and says when it had to drop others.
func (w *watching) read(ctx context.Context, log *slog.Logger, out chan<- []change) {
	defer close(out)
	for {
		list, err := w.source.next()
		if err != nil {
			if ctx.Err() == nil {
				log.Error("fs: a watcher has ended", "error", err)
			}
			return
		}
		select {
		case out <- list:
		case <-ctx.Done():
			return
		}
	}
}

// sender is a channel to a page.
type sender interface {
	Send(ctx context.Context, e event) error
}

// send sends changes, at once or in groups after a delay.
func (w *watching) send(ctx context.Context, to sender, in <-chan []change, delay time.Duration) {
	sendAll := func(list []change) bool {
		for _, c := range list {
			if err := to.Send(ctx, c.event()); err != nil {
				return false // the page is gone
			}
		}
		return true
	}
	var group []change
	var due <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case list, ok := <-in:
			switch {
			case !ok:
				return
			case delay == 0:
				if !sendAll(list) {
					return
				}
			case len(group)+len(list) > maxPending:
				group = []change{{kind: lost}}
			default:
				group = append(group, list...)
			}
			if due == nil && len(group) > 0 {
				due = time.After(delay)
			}
		case <-due:
			if !sendAll(merge(group)) {
				return
			}
			group, due = nil, nil
		}
	}
}

// merge leaves out what a group of changes says twice: of each kind the last for
// a path; changes of what was made in the group; what was made and removed in it;
// and the two ends of a rename where both are known.
func merge(group []change) []change {
	type key struct {
		kind kind
		path string
	}
	keep := make([]bool, len(group))
	last := map[key]int{}
	made := map[string]int{}    // where a path was made, by path
	of := map[string][]int{}    // what is kept about a path
	both := map[uint32]bool{}   // renames of which both ends are known
	drop := func(path string) { // what is known of a path is over
		for _, i := range of[path] {
			keep[i] = false
		}
		delete(of, path)
	}
	for _, c := range group {
		if c.kind == renamedBoth {
			both[c.tracker] = true
		}
	}
	for i, c := range group {
		if len(c.paths) == 0 || c.kind == renamedBoth {
			keep[i] = true
			if c.kind == renamedBoth {
				if _, ok := made[c.paths[0]]; ok { // made under another name
					was := group[made[c.paths[0]]].kind
					drop(c.paths[0])
					delete(made, c.paths[0])
					group[i] = change{kind: was, paths: c.paths[1:]}
					made[c.paths[1]] = i
					of[c.paths[1]] = append(of[c.paths[1]], i)
				}
			}
			continue
		}
		path := c.paths[0]
		_, fresh := made[path]
		switch {
		case (c.kind == renamedFrom || c.kind == renamedTo) && both[c.tracker]:
			continue
		case c.kind == createdFile || c.kind == createdFolder:
			if fresh {
				continue
			}
			made[path] = i
		case c.kind == changedData || c.kind == changedMeta:
			if fresh {
				continue
			}
		case c.kind == removedFile || c.kind == removedFolder:
			drop(path)
			delete(made, path)
			if fresh {
				continue
			}
		}
		k := key{c.kind, path}
		if before, ok := last[k]; ok {
			keep[before] = false
		}
		last[k] = i
		keep[i] = true
		of[path] = append(of[path], i)
	}
	var list []change
	for i, c := range group {
		if keep[i] {
			list = append(list, c)
		}
	}
	return list
}

// errNoWatch is for systems without a source.
var errNoWatch = errors.New("watching files is not written for this system")

// clean is a path as events name it.
func clean(dir, name string) string {
	if name == "" {
		return dir
	}
	return filepath.Join(dir, name)
}
