package capability

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// webPlugin is the plugin of what a page wants of the engine. Its permissions
// are the framework's own, so what their scopes may say is known here.
const webPlugin = "web"

// webScopes check an entry of the scope of a permission for such a command.
var webScopes = map[string]struct {
	key   string
	check func(text string) error
}{
	"plugin:web|navigation": {"url", checkURL},
	"plugin:web|new_window": {"url", checkURL},
	"plugin:web|download":   {"url", checkURL},
	"plugin:web|open_url":   {"url", checkLink},
	"plugin:web|file_drop":  {"path", func(string) error { return nil }}, // its variables are known later
}

func checkURL(text string) error {
	_, err := ParseURLPattern(text)
	return err
}

// checkLink also takes "mailto:*", for all addresses of a scheme that may have
// no server.
func checkLink(text string) error {
	if scheme, whole := strings.CutSuffix(text, ":*"); whole && isScheme(scheme) {
		return nil
	}
	return checkURL(text)
}

// checkWeb finds out what is wrong with the scope of such a permission, which
// would otherwise be told when a page wants something, and not before.
func checkWeb(p *permission, s Scope) error {
	var errs []error
	for _, wire := range p.allow {
		entry, ok := webScopes[wire]
		if !ok {
			continue
		}
		for _, list := range [][]jsontext.Value{s.Allow, s.Deny} {
			texts, err := readEntries(list, entry.key)
			errs = append(errs, err)
			for _, text := range texts {
				errs = append(errs, entry.check(text))
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("scope: %w", err)
	}
	return nil
}
