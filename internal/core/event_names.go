package core

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/ipc"
)

// The events of the framework. All begin with ownEvents.
const (
	ownEvents = "tauri://"

	eventWindowCreated  = ownEvents + "window-created"
	eventWebviewCreated = ownEvents + "webview-created"
	eventResize         = ownEvents + "resize"
	eventMove           = ownEvents + "move"
	eventScaleChange    = ownEvents + "scale-change"
	eventThemeChanged   = ownEvents + "theme-changed"
	eventFocus          = ownEvents + "focus"
	eventBlur           = ownEvents + "blur"
	eventCloseRequested = ownEvents + "close-requested"
	eventDestroyed      = ownEvents + "destroyed"
	eventDragEnter      = ownEvents + "drag-enter"
	eventDragOver       = ownEvents + "drag-over"
	eventDragDrop       = ownEvents + "drag-drop"
	eventDragLeave      = ownEvents + "drag-leave"
)

// ReserveEvents names further events that only the app and its plugins emit.
// Pages that listen take them at their word, so a remote page may emit them, as
// it may those of the framework, only where a capability entry names them.
func (c *Core) ReserveEvents(names ...string) error {
	for _, name := range names {
		if err := checkEventName(name); err != nil {
			return err
		}
	}
	e := &c.events
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reserved = maps.Clone(e.reserved)
	if e.reserved == nil {
		e.reserved = map[string]bool{}
	}
	for _, name := range names {
		e.reserved[name] = true
	}
	return nil
}

func (e *events) isReserved(name string) bool {
	if strings.HasPrefix(name, ownEvents) {
		return true
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.reserved[name]
}

// mayEmit checks the scope for an event that a page emits.
func (e *events) mayEmit(ctx context.Context, name string) error {
	if err := inEventScope(ctx, name); err != nil {
		return err
	}
	m, ok := ipc.MessageFrom(ctx)
	if !ok || m.From.Local || !e.isReserved(name) || isNamed(m.Scope.Allow, name) {
		return nil
	}
	return &capability.OutOfScopeError{
		Err:   fmt.Errorf("event %q is the app's own: a remote page may emit it only where the scope of this permission names it", name),
		Allow: []any{map[string]string{"event": name}},
	}
}

// isNamed reports whether an entry of a scope is meant for an event: it matches,
// and a wildcard stands behind the scheme of the name at the earliest.
func isNamed(entries []jsontext.Value, name string) bool {
	scheme := name
	if at := strings.Index(name, "://"); at >= 0 {
		scheme = name[:at+len("://")]
	}
	for _, raw := range entries {
		text, err := scopeText(raw, "event")
		if err != nil || !strings.HasPrefix(text, scheme) {
			continue
		}
		if g, err := capability.ParseGlob(text); err == nil && g.Match(name) {
			return true
		}
	}
	return false
}

// concerns reports whether a listener may hear an event of the framework: a
// remote page does of its own window and webview only. Those of others tell
// which files the user has dropped there, and how windows are named.
func (l *listener) concerns(t ipc.Target) bool {
	d := l.doc
	return d == nil || d.caller.Local || t.Label != "" && (t.Label == d.webview.label || t.Label == d.webview.Window().label)
}
