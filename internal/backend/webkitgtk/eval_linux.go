package webkitgtk

import (
	"errors"
	"maps"
	"strings"

	"github.com/mullion-dev/mullion/internal/backend"
)

// errLeft is the error of scripts whose page is no more.
var errLeft = errors.New("the page was left before the script had ended")

// evaluation is a script that has not ended. WebKit itself tells of those
// whose page is left only when it collects garbage.
type evaluation struct {
	v    *webview
	done func(string, error)
}

func (e *evaluation) finish(result string, err error) {
	if _, ok := e.v.evaluations[e]; ok {
		delete(e.v.evaluations, e)
		e.done(result, err)
	}
}

// endEvaluations ends those whose page is no more.
func (v *webview) endEvaluations() {
	for e := range maps.Clone(v.evaluations) {
		e.finish("", errLeft)
	}
}

// Eval implements backend.Webview.
func (v *webview) Eval(script string, done func(string, error)) {
	switch {
	case v.closed:
		done("", errClosed)
		return
	case v.state.JavaScriptDisabled:
		done("", errors.New("scripts are turned off in this webview"))
		return
	case strings.IndexByte(script, 0) >= 0:
		done("", errors.New("a script has no NUL"))
		return
	}
	e := &evaluation{v, done}
	v.evaluations[e] = struct{}{}
	v.callAsyncIn(0, backend.EvalBody(script), func(value uintptr, err error) {
		if err != nil {
			e.finish("", err)
			return
		}
		e.finish(v.e.takeString(value), nil)
	})
}
