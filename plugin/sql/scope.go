package sql

import (
	"context"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/ipc"
)

// entry is one of a scope: databases by a pattern of their URLs.
type entry struct {
	DB string `json:"db"`
}

// inScope fails where the capabilities of the page do not grant it a database. The
// published plugin has no scopes, so a scope without entries is no limit.
func inScope(ctx context.Context, command, url string) error {
	m, _ := ipc.MessageFrom(ctx)
	in := func(entries []jsontext.Value) (found bool, err error) {
		for _, text := range entries {
			var e entry
			if err := ipc.Unmarshal(text, &e); err != nil {
				return false, fmt.Errorf(`scope of sql: %s: want {"db": "sqlite:notes.db"}: %w`, text, err)
			}
			g, err := capability.ParseGlob(e.DB)
			if err != nil {
				return false, fmt.Errorf("scope of sql: %s: %w", text, err)
			}
			found = found || g.Match(url)
		}
		return found, nil
	}
	denied, err := in(m.Scope.Deny)
	if err != nil {
		return err
	}
	allowed, err := in(m.Scope.Allow)
	if err != nil {
		return err
	}
	if denied || len(m.Scope.Allow) > 0 && !allowed {
		return fmt.Errorf("database %.200s is not in the scope of sql:allow-%s", redact(url), command)
	}
	return nil
}
