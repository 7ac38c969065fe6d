package sql

import (
	"context"
	"fmt"
	"slices"

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
func inScope(ctx context.Context, command string, name Name) error {
	m, _ := ipc.MessageFrom(ctx)
	return judge(m.Scope, command, name)
}

// judge fails where a scope of a command does not have a database.
func judge(scope capability.Scope, command string, name Name) error {
	in := func(entries []jsontext.Value, names ...string) (found bool, err error) {
		for _, text := range entries {
			var e entry
			if err := ipc.Unmarshal(text, &e); err != nil {
				return false, fmt.Errorf(`scope of sql: %s: want {"db": "sqlite:notes.db"}: %w`, text, err)
			}
			g, err := capability.ParseGlob(e.DB)
			if err != nil {
				return false, fmt.Errorf("scope of sql: %s: %w", text, err)
			}
			found = found || slices.ContainsFunc(names, g.Match)
		}
		return found, nil
	}
	same := slices.Concat([]string{name.URL}, name.Same)
	denied, err := in(scope.Deny, slices.Concat(same, name.Denied)...)
	if err != nil {
		return err
	}
	allowed, err := in(scope.Allow, same...)
	if err != nil {
		return err
	}
	if !denied && (len(scope.Allow) == 0 || allowed) {
		return nil
	}
	refused := &capability.OutOfScopeError{Err: fmt.Errorf("database %.200s is not in the scope of sql:allow-%s", redact(name.URL), command)}
	switch {
	case denied:
	case redact(name.URL) == name.URL:
		refused.Allow = []any{entry{capability.EscapePath(name.URL)}}
	default: // no password goes into a log or a file
		refused.Advice = `a pattern of its URL in the scope allows it, as in {"db": "postgres://me:*@db.example.com/notes"}`
	}
	return refused
}

// mayWrite reports whether a page that selects may change the database as well,
// because it could execute the same query.
func (d *Databases) mayWrite(ctx context.Context, name Name) bool {
	m, ok := ipc.MessageFrom(ctx)
	if !ok || m.From.FromCore() {
		return ok
	}
	e, err := d.app.Explain(m.From.Webview, m.From.URL, "plugin:sql|execute")
	return err == nil && e.Allowed && e.Caller.Local == m.From.Local && judge(e.Scope, "execute", name) == nil
}
