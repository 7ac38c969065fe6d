package mulliontest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/ipc"
)

// CallError is how the promise of a call is rejected.
type CallError struct {
	Command string
	// Value is what the page gets: a string, or the value of
	// [mullion.ErrorValue].
	Value jsontext.Value
}

// Error returns the string that the page gets, or the JSON if it is none.
func (e *CallError) Error() string {
	var text string
	if json.Unmarshal(e.Value, &text) == nil {
		return text
	}
	return string(e.Value)
}

// Is reports whether target is [capability.ErrDenied] and no capability lets
// the page call the command.
func (e *CallError) Is(target error) bool {
	return target == capability.ErrDenied && strings.HasPrefix(e.Error(), "Command "+e.Command+" not allowed by ACL")
}

// Decode reads the value into v.
func (e *CallError) Decode(v any) error { return json.Unmarshal(e.Value, v) }

// Raw are arguments of [Page.Call] that are raw bytes with header fields, as a
// page gives them to invoke.
type Raw struct {
	Body   []byte
	Header ipc.Header
}

// Call calls a command as a script of the page does by invoke, waits for the
// answer and decodes it into result, unless that is nil.
//
// The arguments are a struct or a map, encoded as JSON, nil for none, or a
// []byte or a [Raw], which travels as raw bytes (an ipc.Body of the command). In
// them a [*Channel] stands for a channel of the page. Bytes that the command
// returns need a *[]byte as result.
//
// The error is a [*CallError] when the promise is rejected:
//
//	err := app.Page("main").Call("delete_all", nil, nil)
//	if !errors.Is(err, capability.ErrDenied) {
//		t.Errorf("a window may delete all: %v", err)
//	}
//
// Events and channel messages that the command has sent to the page before it
// returned are there when Call returns.
func (p *Page) Call(command string, args, result any) error {
	ctx, cancel := p.app.r.context()
	defer cancel()
	return p.CallContext(ctx, command, args, result)
}

// CallContext is Call with a context, whose end aborts the call as an
// AbortSignal does: the context of the command ends too. There is no other
// limit.
func (p *Page) CallContext(ctx context.Context, command string, args, result any) error {
	p.app.r.t.Helper()
	if err := p.connect(); err != nil {
		return fmt.Errorf("page %q: %w", p.label, err)
	}
	body, raw := args.([]byte)
	header := [][2]string{}
	if r, ok := args.(Raw); ok {
		body, raw = r.Body, true
		for _, f := range r.Header {
			header = append(header, [2]string{f.Name, f.Value})
		}
	}
	if raw {
		args = nil
	}
	if args == nil && !raw {
		args = struct{}{}
	}
	text, err := json.Marshal([]any{command, args, header}, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("the arguments of %s: %w", command, err)
	}
	a, err := p.ask(ctx, string(text), body, raw)
	if err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	if a.rejected {
		return &CallError{Command: command, Value: a.json}
	}
	if result == nil {
		return nil
	}
	if a.raw {
		b, ok := result.(*[]byte)
		if !ok {
			return fmt.Errorf("%s returned %d bytes: a *[]byte takes them, not %T", command, len(a.bytes), result)
		}
		*b = a.bytes
		return nil
	}
	if err := json.Unmarshal(a.json, result); err != nil {
		return fmt.Errorf("%s returned %s: %w", command, a.json, err)
	}
	return nil
}

// must is a call of a command of the framework.
func (p *Page) must(what, command string, args, result any) {
	p.app.r.t.Helper()
	if err := p.Call(command, args, result); err != nil {
		p.app.r.t.Fatalf("page %q: %s: %v", p.label, what, err)
	}
}

// Emit sends an event as the page does by emit. The page needs the permission
// core:event:allow-emit, which is in core:default.
func (p *Page) Emit(event string, payload any) {
	p.app.r.t.Helper()
	p.must("emit "+event, "plugin:event|emit", map[string]any{"event": event, "payload": payload}, nil)
}

// Listen hears events of that name as the page does by listen: those for all,
// and those for any window. The page needs the permission
// core:event:allow-listen, which is in core:default.
func (p *Page) Listen(event string) *Listener {
	p.app.r.t.Helper()
	return p.listen(event, map[string]any{"kind": "Any"})
}

// ListenOwn hears the events of that name that are for all or for the page's
// own window, as the page does by getCurrentWebviewWindow().listen.
func (p *Page) ListenOwn(event string) *Listener {
	p.app.r.t.Helper()
	return p.listen(event, map[string]any{"kind": "WebviewWindow", "label": p.label})
}

func (p *Page) listen(event string, target any) *Listener {
	p.app.r.t.Helper()
	if err := p.connect(); err != nil {
		p.app.r.t.Fatalf("page %q: %v", p.label, err)
	}
	l := newListener(p.app.r, fmt.Sprintf("event %q in page %q", event, p.label))
	id := p.callback(func(m jsontext.Value) { l.put(m) })
	p.must("listen to "+event, "plugin:event|listen", map[string]any{"event": event, "target": target, "handler": id}, nil)
	return l
}

// State reads the value of a state into v as the page does. The page needs the
// permission state:read with the name of the state.
func (p *Page) State(name string, v any) {
	p.app.r.t.Helper()
	var got struct {
		Value jsontext.Value `json:"value"`
	}
	p.must("state "+name, "plugin:state|get", map[string]any{"name": name}, &got)
	if err := json.Unmarshal(got.Value, v); err != nil {
		p.app.r.t.Fatalf("state %q is %s: %v", name, got.Value, err)
	}
}

// SetState changes a state as the page does, and returns why it may not: a
// [*CallError]. The page needs the permission state:write with the name.
func (p *Page) SetState(name string, v any) error {
	return p.Call("plugin:state|set", map[string]any{"name": name, "value": v}, nil)
}

// Channel makes a channel of the page, to be passed in the arguments of a call.
func (p *Page) Channel() *Channel {
	p.app.r.t.Helper()
	if err := p.connect(); err != nil {
		p.app.r.t.Fatalf("page %q: %v", p.label, err)
	}
	return p.newChannel()
}

var errNoAnswer = errors.New("there was no answer")
