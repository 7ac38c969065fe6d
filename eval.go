package mullion

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/core"
)

// ErrEvalRefused is returned by [Webview.Eval] in apps that are not being
// developed or tested.
var ErrEvalRefused = errors.New("Eval works with Options.Dev and in tests only; use events or commands to have a page do something")

// ScriptError is an exception that a script threw.
type ScriptError = core.ScriptError

// Eval runs a script in the page that is shown and returns its value as JSON.
// It is for development and tests: without [Options.Dev], and outside of a
// binary of go test, it is [ErrEvalRefused].
//
// The script is the body of an async function in the page's own world:
//
//	title, err := v.Eval(ctx, `return document.title`)
//
// Eval waits until the first page of a webview has loaded or failed to, and for a
// promise that the script returns. A value that has no JSON form, such as
// undefined, is null. If the script throws, the error is a [*ScriptError]. A script has at most 128 KiB, its
// value 256 KiB. If the page is left, or its process or host ends, before the
// script does, it is an error; when ctx is done Eval returns, and the script
// goes on.
func (v *Webview) Eval(ctx context.Context, script string) (jsontext.Value, error) {
	if !v.app.dev && flag.Lookup("test.v") == nil {
		return nil, fmt.Errorf("webview %q: %w", v.Label(), ErrEvalRefused)
	}
	value, err := v.v.Eval(ctx, script)
	if err != nil {
		return nil, fmt.Errorf("webview %q: eval: %w", v.Label(), err)
	}
	return value, nil
}
