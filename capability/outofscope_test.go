package capability

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestRemedy(t *testing.T) {
	refused := errors.New("refused")
	path := map[string]string{"path": "$HOME/x"}
	a := mustResolve(t, Capability{
		Identifier: "app", Local: true, Windows: []string{"main"}, Permissions: entries("fs:allow-read-file"), File: "capabilities/app.json",
	})
	for _, test := range []struct {
		name    string
		command string
		e       OutOfScopeError
		want    string
	}{
		{"one entry", "plugin:fs|read_file", OutOfScopeError{Err: refused, Allow: []any{path}},
			`add {"identifier": "fs:allow-read-file", "allow": [{"path": "$HOME/x"}]} to capability "app" (capabilities/app.json)`},
		{"two", "plugin:fs|read_file", OutOfScopeError{Err: refused, Allow: []any{path, "a b"}}, `"allow": [{"path": "$HOME/x"}, "a b"]}`},
		{"the command of the scope", "add_note", OutOfScopeError{Err: refused, Allow: []any{path}, Command: "plugin:fs|read_file"}, `"fs:allow-read-file"`},
		{"a command of the app", "add_note", OutOfScopeError{Err: refused, Allow: []any{path}}, `"allow-add-note"`},
		{"advice", "add_note", OutOfScopeError{Err: refused, Advice: "it is denied"}, "it is denied"},
		{"control characters", "add_note", OutOfScopeError{Err: refused, Allow: []any{"\n\x1b"}}, `["\n\u001b"]`},
		{"nothing", "add_note", OutOfScopeError{Err: refused}, ""},
		{"too long", "add_note", OutOfScopeError{Err: refused, Allow: []any{strings.Repeat("a", 5000)}}, ""},
		{"no such command", "plugin:none|x", OutOfScopeError{Err: refused, Allow: []any{path}}, ""},
	} {
		if got := a.Remedy(local("main"), test.command, &test.e); !strings.Contains(got, test.want) || (got == "") != (test.want == "") {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
	if got := (*Authority)(nil).Remedy(local("main"), "add_note", &OutOfScopeError{Err: refused, Allow: []any{path}}); got != "" {
		t.Errorf("without capabilities: got %s", got)
	}
	if e := (&OutOfScopeError{Err: refused}); !errors.Is(e, refused) || e.Error() != "refused" {
		t.Errorf("got %v", e)
	}
}

func TestPathEntry(t *testing.T) {
	variables := func(name string) (string, bool) {
		dir, ok := map[string]string{"HOME": "/home/me", "APPDATA": "/home/me/.local/app", "APPLOCALDATA": "/home/me/.local/app", "TEMP": "/"}[name]
		return dir, ok
	}
	for path, want := range map[string]string{
		"/home/me/x":                "$HOME/x",
		"/home/me":                  "$HOME",
		"/home/meadow":              "/home/meadow",
		"/home/me/.local/app/a.txt": "$APPDATA/a.txt",
		"/etc/passwd":               "/etc/passwd",
		"/home/me/*/[a]?":           "$HOME/[*]/[[]a][?]",
	} {
		text, err := json.Marshal(PathEntry(path, variables))
		if err != nil || string(text) != `{"path":"`+want+`"}` {
			t.Errorf("%s: got %s, want %s", path, text, want)
		}
	}
}
