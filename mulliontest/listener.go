package mulliontest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
)

// Listener hears events.
type Listener struct {
	r    *running
	what string

	mu    sync.Mutex
	heard []jsontext.Value // guarded by mu; and not taken yet
	all   []jsontext.Value // guarded by mu
}

func newListener(r *running, what string) *Listener { return &Listener{r: r, what: what} }

func listenCore(r *running, event string) *Listener {
	l := newListener(r, fmt.Sprintf("event %q", event))
	off := r.app.On(event, func(_ context.Context, e mullion.Event) { l.put(e.Payload) })
	r.t.Cleanup(off)
	return l
}

func (l *Listener) put(v jsontext.Value) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, v.Clone())
	l.all = append(l.all, v.Clone())
}

// Next waits for the next event and decodes its payload into v, unless that is
// nil. Events are told in their order, each once.
func (l *Listener) Next(v any) {
	l.r.t.Helper()
	var payload jsontext.Value
	l.r.until(l.what, func() error {
		l.mu.Lock()
		defer l.mu.Unlock()
		if len(l.heard) == 0 {
			if n := len(l.all); n > 0 {
				return fmt.Errorf("there were %d, but no further one", n)
			}
			return errors.New("there was none")
		}
		payload, l.heard = l.heard[0], l.heard[1:]
		return nil
	})
	if v == nil {
		return
	}
	if err := json.Unmarshal(payload, v); err != nil {
		l.r.t.Fatalf("%s: the payload is %s: %v", l.what, payload, err)
	}
}

// All returns the payloads of all events so far, those that Next has told
// included.
func (l *Listener) All() []jsontext.Value {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}
