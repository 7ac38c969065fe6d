package capability

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCovers(t *testing.T) {
	capability := func(id, windows string, ids ...string) Capability {
		return Capability{Identifier: id, Local: true, Windows: strings.Fields(windows), Permissions: entries(ids...)}
	}
	away := func(c Capability, urls ...string) Capability {
		c.Local, c.Remote = false, urls
		return c
	}
	scoped := func(id, windows, permission, allow, deny string) Capability {
		e := Entry{Identifier: permission}
		if allow != "" {
			e.Allow = values(allow)
		}
		if deny != "" {
			e.Deny = values(deny)
		}
		return Capability{Identifier: id, Local: true, Windows: strings.Fields(windows), Permissions: []Entry{e}}
	}
	tests := []struct {
		name    string
		caps    []Capability
		creator Caller
		missing string
		wider   string
	}{
		{"nothing", nil, local("main"), "", ""},
		{"less", []Capability{capability("a", "main", "notes")}, local("main"), "", ""},
		{"same", []Capability{capability("a", "main new", "notes")}, local("main"), "", ""},
		{"all", []Capability{capability("a", "*", "notes")}, local("main"), "", ""},
		{"more", []Capability{capability("a", "main", "allow-add-note"), capability("b", "new", "notes")}, local("main"), "wipe", "add_note"},
		{"held elsewhere", []Capability{capability("a", "main", "notes"), capability("b", "new", "notes")}, local("main"), "", ""},
		{"creator is denied", []Capability{capability("a", "*", "notes"), capability("b", "main", "deny-wipe")}, local("main"), "wipe", ""},
		{"both are denied", []Capability{capability("a", "*", "notes"), capability("b", "*", "deny-wipe")}, local("main"), "", ""},
		{"new is denied", []Capability{capability("a", "new", "notes"), capability("b", "new", "deny-wipe", "deny-add-note")}, local("main"), "", ""},
		{"wider scope", []Capability{scoped("a", "main", "fs:read-all", `"a"`, ""), scoped("b", "new", "fs:read-all", `"b"`, "")}, local("main"), "", "plugin:fs|read_file"},
		{"same scope", []Capability{scoped("a", "main", "fs:read-all", `"a"`, ""), scoped("b", "new", "fs:read-all", ` "a" `, "")}, local("main"), "", ""},
		{"less denied", []Capability{capability("a", "*", "fs:home"), scoped("b", "main", "fs:scope", "", `"x"`)}, local("main"), "", "plugin:fs|read_file"},
		{"less denied by a grant", []Capability{scoped("a", "main new", "fs:read-all", `"a"`, ""), scoped("b", "main", "fs:read-all", "", `"x"`)}, local("main"), "", "plugin:fs|read_file"},
		{"more denied", []Capability{capability("a", "*", "fs:home"), scoped("b", "new", "fs:scope", "", `"x"`)}, local("main"), "", ""},
		{"plugin scope", []Capability{capability("a", "*", "fs:read-all"), capability("b", "new", "fs:scope-home")}, local("main"), "", "plugin:fs|read_file"},
		{"plugin scope without commands", []Capability{capability("b", "new", "fs:scope-home")}, local("main"), "", ""},
		{"remote rights of the new", []Capability{capability("a", "main", "allow-add-note"), away(capability("b", "new", "notes"), "https://x.dev")}, local("main"), "wipe", "add_note"},
		{"remote rights of both", []Capability{away(capability("b", "*", "notes"), "https://x.dev")}, local("main"), "", ""},
		{"remote rights by two patterns", []Capability{away(capability("a", "main", "notes"), "https://*.x.dev"), away(capability("b", "new", "notes"), "https://a.x.dev")}, local("main"), "add_note wipe", ""},
		{"remote denial may overlap", []Capability{away(capability("a", "main new", "notes"), "https://*.x.dev"), away(capability("b", "main", "deny-wipe"), "https://a.x.dev")}, local("main"), "wipe", ""},
		{"remote creator", []Capability{away(capability("a", "*", "allow-add-note"), "https://x.dev")}, remote("main", "https://x.dev/"), "", ""},
		{"remote creator, local rights", []Capability{capability("a", "*", "notes"), away(capability("b", "*", "allow-add-note"), "https://x.dev")}, remote("main", "https://x.dev/"), "wipe", "add_note"},
		{"remote creator from elsewhere", []Capability{away(capability("a", "*", "allow-add-note"), "https://x.dev")}, remote("main", "https://y.dev/"), "add_note", ""},
		{"no labels", []Capability{capability("a", "*", "allow-add-note")}, Caller{Local: true}, "add_note", ""},
	}
	for _, test := range tests {
		err := mustResolve(t, test.caps...).Covers(test.creator, "new", "new")
		var escalation *EscalationError
		if errors.As(err, &escalation); err == nil {
			escalation = &EscalationError{}
		} else if !errors.Is(err, ErrDenied) || !strings.Contains(err.Error(), `"new"`) {
			t.Errorf("%s: %v", test.name, err)
		}
		if got := strings.Join(escalation.Missing, " "); got != test.missing {
			t.Errorf("%s: missing: got %q, want %q", test.name, got, test.missing)
		}
		if got := strings.Join(escalation.Wider, " "); got != test.wider {
			t.Errorf("%s: wider: got %q, want %q", test.name, got, test.wider)
		}
	}
}

// A webview in a window that exists has the rights of the window as well.
func TestCoversChild(t *testing.T) {
	a := mustResolve(t,
		Capability{Identifier: "a", Local: true, Windows: []string{"big"}, Permissions: entries("notes")},
		Capability{Identifier: "b", Local: true, Webviews: []string{"child"}, Permissions: entries("core:default")})
	err := a.Covers(local("main"), "big", "child")
	want := `window "big", webview "child" not allowed by ACL to be created by "main", which does not hold: add_note, plugin:event|emit, plugin:event|listen, plugin:window|title, wipe`
	if err == nil {
		t.Fatal("no error")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if err := a.Covers(local("big"), "big", "other"); err != nil {
		t.Error(err)
	}
	if err := (*Authority)(nil).Covers(local("main"), "a", "a"); err != nil {
		t.Error(err)
	}
}
