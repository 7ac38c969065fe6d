package core

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/mullion-dev/mullion/internal/wire"
)

// lacks is what the engine of a host does not do, by the command of pages that asks for it, in the
// words of the host.
type lacks struct {
	mu      sync.Mutex
	reasons map[string]string // guarded by mu
}

// take takes what a host has said as it began.
func (l *lacks) take(list []wire.Lack) error {
	if len(list) > wire.MaxLacks {
		return fmt.Errorf("%w: a host lacks %d things, want at most %d", wire.ErrProtocol, len(list), wire.MaxLacks)
	}
	reasons := make(map[string]string, len(list))
	for _, lack := range list {
		if len(lack.Reason) > wire.MaxReason {
			return fmt.Errorf("%w: a reason of %d bytes, want at most %d", wire.ErrProtocol, len(lack.Reason), wire.MaxReason)
		}
		reasons[lack.Command] = strings.ToValidUTF8(lack.Reason, "\uFFFD")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reasons = reasons
	return nil
}

// reason is why a command cannot be done.
func (l *lacks) reason(command string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return cmp.Or(l.reasons[command], "the engine of this system does not do it")
}

// check is an error for a command that is lacking.
func (l *lacks) check(command string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if reason, is := l.reasons[command]; is {
		return fmt.Errorf("%s: %s: %w", command, reason, errors.ErrUnsupported)
	}
	return nil
}

// Set is Update by the command of that name. Where the engine lacks that, it is an
// error each time, and the wish is not kept; but to ask for what every window is
// anyway is none.
func (w *Window) Set(ctx context.Context, command string, change func(*wire.WindowState)) error {
	lacking := w.host().lacks.check(command)
	if lacking == nil {
		return w.Update(ctx, change)
	}
	w.mu.Lock()
	closing := w.closing
	w.mu.Unlock()
	if closing {
		return ErrNoWindow
	}
	usual := wire.WindowState{Focusable: true}
	s := usual
	if change(&s); reflect.DeepEqual(s, usual) {
		return nil
	}
	return lacking
}

// lacking makes a command that no engine does yet; each has told why. Where idle finds that the
// value asks for what is so anyway, it is no error.
func lacking[V any](name string, idle func(V) bool) builtin {
	return act(name, func(w *Window, _ context.Context, v V) error {
		if idle(v) {
			return nil
		}
		return fmt.Errorf("%s: %s: %w", name, w.host().lacks.reason(name), errors.ErrUnsupported)
	})
}
