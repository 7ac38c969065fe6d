package webview2

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/mullion-dev/mullion/internal/backend"
)

// errLeft is the error of scripts whose page is no more.
var errLeft = errors.New("the page was left before the script had ended")

// evaluation is a script that has not ended.
type evaluation struct {
	v    *webview
	done func(string, error)
}

func (e *evaluation) finish(result string, err error) {
	if _, waits := e.v.evaluations[e]; waits {
		delete(e.v.evaluations, e)
		e.done(result, err)
	}
}

// callDevTools calls a method of the protocol of the developer tools.
func (v *webview) callDevTools(name, params string, done func(answer string, err error)) {
	err := v.e.a.handler("ICoreWebView2CallDevToolsProtocolMethodCompletedHandler", func(code, answer uintptr) {
		text := readText(answer)
		if r := result(uint32(code)); int32(r) < 0 {
			done(text, &failed{name, r})
			return
		}
		done(text, nil)
	}, func(h *face) error { return v.core.call(callDevTools, name, params, h) })
	if err != nil {
		done("", err)
	}
}

// Eval implements backend.Webview. ExecuteScript does not wait for promises, so the script goes
// through the protocol of the developer tools.
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
	expression := "(async () => { " + backend.EvalBody(script) + " })()"
	params, err := json.Marshal(map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true})
	if err != nil {
		e.finish("", err)
		return
	}
	v.soon(func() {
		v.callDevTools("Runtime.evaluate", string(params), func(answer string, err error) {
			if err != nil {
				e.finish("", err)
				return
			}
			e.finish(evaluated(answer))
		})
	})
}

// evaluated reads the answer to Runtime.evaluate.
func evaluated(answer string) (string, error) {
	var a struct {
		Result struct {
			Value *string `json:"value"`
		} `json:"result"`
		ExceptionDetails *struct {
			Text string `json:"text"`
		} `json:"exceptionDetails"`
	}
	switch err := json.Unmarshal([]byte(answer), &a); {
	case err != nil:
		return "", fmt.Errorf("webview2: the answer to Runtime.evaluate: %w", err)
	case a.Result.Value != nil:
		return *a.Result.Value, nil
	case a.ExceptionDetails != nil: // it is not even a script
		return "", errors.New(a.ExceptionDetails.Text)
	}
	return "", errors.New("webview2: Runtime.evaluate has returned no text")
}

// ClearData implements backend.Webview.
func (v *webview) ClearData(done func(error)) {
	v.finally(done, "ICoreWebView2_13", func(o object) error {
		profile, err := o.object(getProfile)
		if err != nil {
			return err
		}
		defer profile.release()
		return profile.with("ICoreWebView2Profile2", func(o object) error {
			return v.e.a.handler("ICoreWebView2ClearBrowsingDataCompletedHandler", func(code, _ uintptr) {
				done(resultError("ClearBrowsingDataAll", code))
			}, func(h *face) error { return o.call(clearAllData, h) })
		})
	})
}

// Print implements backend.Webview.
func (v *webview) Print(path string, done func(error)) {
	v.finally(done, "ICoreWebView2_7", func(o object) error {
		return v.e.a.handler("ICoreWebView2PrintToPdfCompletedHandler", func(code, printed uintptr) {
			err := resultError("PrintToPdf", code)
			if err == nil && int32(printed) == 0 {
				err = errors.New("webview2: the page was not printed")
			}
			done(err)
		}, func(h *face) error { return o.call(printToPdf, path, uintptr(0), h) })
	})
}

// finally begins something with another interface of the webview. If it does not begin, done is
// called with the reason.
func (v *webview) finally(done func(error), name string, begin func(object) error) {
	if v.closed {
		done(errClosed)
		return
	}
	v.soon(func() {
		if err := v.core.with(name, begin); err != nil {
			done(err)
		}
	})
}

func resultError(what string, code uintptr) error {
	if r := result(uint32(code)); int32(r) < 0 {
		return &failed{what, r}
	}
	return nil
}
