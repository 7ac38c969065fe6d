package watch

import "github.com/fsnotify/fsnotify"

var Explain = explain

// Overflow does what happens when the system cannot tell all changes.
func (w *Watcher) Overflow() { w.fs.Errors <- fsnotify.ErrEventOverflow }

// Trees counts the folders that are watched with those below them.
func (w *Watcher) Trees() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.trees)
}
