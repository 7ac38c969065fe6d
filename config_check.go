package mullion

import (
	"errors"
	"fmt"
	"slices"

	"github.com/mullion-dev/mullion/config"
)

// checkConfig refuses what must not be left out in silence.
func (a *App) checkConfig() error {
	if a.config.App.Security.Pattern.Use == config.PatternIsolation {
		return fmt.Errorf(`%s: there is no isolation pattern here, and an app that counts on it does not start: remove the key. `+
			"Calls of pages are checked by the Core, and interceptors (App.Use) see each of them before its command: %w",
			a.keyPlace("app.security.pattern"), errors.ErrUnsupported)
	}
	return nil
}

// keyPlace returns "file:line:column: key", or the key alone if no file has it.
func (a *App) keyPlace(path string) string {
	i := slices.IndexFunc(a.config.Keys, func(k config.Key) bool { return k.Path == path })
	if i < 0 {
		return path
	}
	return a.config.Keys[i].String()
}
