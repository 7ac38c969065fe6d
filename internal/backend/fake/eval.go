package fake

import "encoding/json"

// Eval implements backend.Webview. The value is the script.
func (v *Webview) Eval(script string, done func(string, error)) {
	text, err := json.Marshal(map[string]string{"value": script})
	v.engine.Post(func() { done(string(text), err) })
}
