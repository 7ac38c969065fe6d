package core

import (
	"context"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/wire"
)

// ScriptError is what a script has thrown.
type ScriptError struct {
	// Message is what it was, such as "TypeError: x is not a function".
	Message string
	// Stack says where, if it was an Error.
	Stack string
}

func (e *ScriptError) Error() string { return e.Message }

// awaitPage waits for the first page to be loaded: until then the engine has an
// empty document, which is left as soon as the page is there. Other errors are
// those of ask.
func (v *Webview) awaitPage(ctx context.Context) error {
	if isClosed(v.gone) || !v.core.hasStarted() {
		return nil
	}
	t := target{gone: v.gone, none: ErrNoWebview, host: func() *host { return v.Window().host() }}
	if err := v.core.awaitFirst(ctx, t); err != nil {
		return err
	}
	select {
	case <-v.arrived:
	case <-v.gone:
		return ErrNoWebview
	case <-v.core.ctx.Done():
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// Eval runs a script in the page that is shown, as the body of an async
// function, and returns its value.
func (v *Webview) Eval(ctx context.Context, script string) (jsontext.Value, error) {
	if len(script) > wire.MaxScript {
		return nil, fmt.Errorf("a script of %d bytes, want at most %d", len(script), wire.MaxScript)
	}
	if err := v.awaitPage(ctx); err != nil {
		return nil, err
	}
	text, err := v.ask(ctx, wire.ActionEval, script)
	if err != nil {
		return nil, err
	}
	var e wire.Evaluation
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, fmt.Errorf("the value of the script: %w", err)
	}
	if e.Message != "" {
		return nil, &ScriptError{e.Message, e.Stack}
	}
	if e.Value == nil { // what JSON has no word for
		return jsontext.Value("null"), nil
	}
	return e.Value, nil
}
