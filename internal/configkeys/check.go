// Package configkeys knows what the keys of a configuration come to: which of
// them have no effect, and why; which are refused; and where one was written.
package configkeys

import (
	"errors"
	"fmt"
	"slices"

	"github.com/mullion-dev/mullion/config"
)

// Check refuses what must not be left out in silence.
func Check(c *config.Config) error {
	if c.App.Security.Pattern.Use == config.PatternIsolation {
		return fmt.Errorf(`%s: there is no isolation pattern here, and an app that counts on it does not start: remove the key. `+
			"Calls of pages are checked by the Core, and interceptors (App.Use) see each of them before its command: %w",
			Place(c, "app.security.pattern"), errors.ErrUnsupported)
	}
	return nil
}

// Place returns "file:line:column: key", or the key alone if no file has it.
func Place(c *config.Config, path string) string {
	i := slices.IndexFunc(c.Keys, func(k config.Key) bool { return k.Path == path })
	if i < 0 {
		return path
	}
	return c.Keys[i].String()
}
