package mullion

import (
	"errors"
	"fmt"

	"github.com/mullion-dev/mullion/capability"
)

// Explain says why a page may or may not call a command: every grant and denial
// that was considered, and whether it counts. The label is that of the page's
// window, or of a webview that was added to one.
func (a *App) Explain(label, url, command string) (capability.Explanation, error) {
	auth := a.core.Authority()
	if auth == nil {
		// The permissions of plugins are not all known yet. The zero value must
		// not read as if the command were allowed.
		caller := capability.Caller{Window: label, Webview: label, URL: url, Local: a.core.IsLocal(url)}
		_, err := auth.Check(caller, command)
		e := capability.Explanation{Caller: caller, Command: command}
		errors.As(err, &e.Denied)
		return e, fmt.Errorf("mullion: Explain: %w", ErrNotRunning)
	}
	window := label
	if v, err := a.core.Webview(label); err == nil {
		window = v.Window().Label()
	}
	return auth.Explain(capability.Caller{Window: window, Webview: label, URL: url, Local: a.core.IsLocal(url)}, command), nil
}
