package fake

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Eval implements backend.Webview. The value is the script, but for "fail N",
// which fails with N bytes of text.
func (v *Webview) Eval(script string, done func(string, error)) {
	text, err := json.Marshal(map[string]string{"value": script})
	n := 0
	if _, no := fmt.Sscanf(script, "fail %d", &n); no == nil {
		err = errors.New(strings.Repeat("x", n))
	}
	v.engine.Post(func() { done(string(text), err) })
}
