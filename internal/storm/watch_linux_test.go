package storm_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/mullion-dev/mullion"
)

// watcher notes when windows lose and get their picture, as the Core sees it.
// Times are those of the monotonic clock, to within step.
type watcher struct {
	app     *mullion.App
	windows []string

	mu      sync.Mutex
	events  []event  // guarded by mu
	answers []answer // guarded by mu; of the worker
}

// answer is a call of the worker that was answered.
type answer struct{ began, ended time.Time }

// event is something that happened to a window.
type event struct {
	at      time.Time
	windows []string
	painted bool   // it shows its page again
	fault   string // or this ended: "host", "webview", …
}

const step = 2 * time.Millisecond

func (w *watcher) add(e event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

// answered notes a call of the worker that began then.
func (w *watcher) answered(began time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers = append(w.answers, answer{began, time.Now()})
}

// onFault notes a fault that the app is told of.
func (w *watcher) onFault(f mullion.Fault) {
	w.add(event{at: time.Now(), windows: f.Windows, fault: f.Component})
}

// run watches until ctx is done.
func (w *watcher) run(ctx context.Context) {
	t := time.NewTicker(step)
	defer t.Stop()
	was := map[string]bool{}
	for {
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
		for _, label := range w.windows {
			win, err := w.app.Window(label)
			if err != nil {
				continue
			}
			if now := win.Painted(); now != was[label] {
				was[label] = now
				if now {
					w.add(event{at: time.Now(), windows: []string{label}, painted: true})
				}
			}
		}
	}
}

// healed returns how long after a strike the last of the windows that it hit
// was painted again; ok is false when nothing was hit.
func (w *watcher) healed(process string, struck time.Time) (d time.Duration, ok bool) {
	if process == workerProcess {
		return w.worked(struck)
	}
	component := map[string]string{hostProcess: "host", guardProcess: "host", webProcess: "webview"}[process]
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.events, func(e event) bool { return e.at.After(struck) && e.fault == component })
	if i < 0 || component == "" {
		return 0, false
	}
	var last time.Time
	for _, label := range w.events[i].windows {
		for _, e := range w.events[i+1:] {
			if e.painted && e.windows[0] == label {
				if e.at.After(last) {
					last = e.at
				}
				break
			}
		}
	}
	if last.IsZero() {
		return 0, false
	}
	return last.Sub(struck), true
}

// worked returns how long after a strike a call was answered that began after
// it.
func (w *watcher) worked(struck time.Time) (time.Duration, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.answers, func(a answer) bool { return a.began.After(struck) })
	if i < 0 {
		return 0, false
	}
	return w.answers[i].ended.Sub(struck), true
}
