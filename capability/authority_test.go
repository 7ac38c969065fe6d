package capability

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// manifests is a small world: the app, two core namespaces and a plugin.
func manifests() []Manifest {
	return []Manifest{
		{
			Commands:    []string{"add_note", "wipe"},
			Permissions: []Permission{{Identifier: "notes", Allow: []string{"add_note", "wipe"}, Scope: Scope{Allow: values(`"notes"`)}}},
		},
		{Plugin: "core", Sets: []Set{{Identifier: "default", Permissions: []string{"core:event:default", "core:window:default"}}}},
		{Plugin: "core:event", Commands: []string{"listen", "emit"}, Default: []string{"allow-listen", "allow-emit"}},
		{Plugin: "core:window", Commands: []string{"title", "close"}, Default: []string{"allow-title"}},
		{
			Plugin:   "fs",
			Commands: []string{"read_file", "write_file"},
			Permissions: []Permission{
				{Identifier: "read-all", Allow: []string{"read_file"}},
				{Identifier: "write-all", Allow: []string{"write_file"}},
				{Identifier: "scope"},
				{Identifier: "scope-home", Scope: Scope{Allow: values(`"$HOME/*"`)}},
				{Identifier: "deny-linux", Scope: Scope{Deny: values(`"linux"`)}, Platforms: []Platform{Linux}},
				{Identifier: "deny-windows", Scope: Scope{Deny: values(`"windows"`)}, Platforms: []Platform{Windows}},
			},
			Sets: []Set{
				{Identifier: "deny-default", Permissions: []string{"deny-linux", "deny-windows"}},
				{Identifier: "home", Permissions: []string{"read-all", "scope-home", "core:window:allow-close"}},
			},
			Default: []string{"read-all", "deny-default"},
		},
	}
}

// entries makes entries without scopes.
func entries(ids ...string) []Entry {
	var list []Entry
	for _, id := range ids {
		list = append(list, Entry{Identifier: id})
	}
	return list
}

func mustResolve(t testing.TB, caps ...Capability) *Authority {
	t.Helper()
	a, err := Resolve(manifests(), caps, Linux)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func local(label string) Caller {
	return Caller{Window: label, Webview: label, URL: "app://localhost/", Local: true}
}

func remote(label, url string) Caller { return Caller{Window: label, Webview: label, URL: url} }

func TestCheck(t *testing.T) {
	main := func(ids ...string) Capability {
		return Capability{Identifier: "main", Local: true, Windows: []string{"main"}, Permissions: entries(ids...), File: "capabilities/main.json"}
	}
	away := func(ids ...string) Capability {
		return Capability{Identifier: "away", Remote: []string{"https://*.site.dev"}, Windows: []string{"*"}, Permissions: entries(ids...)}
	}
	tests := []struct {
		name    string
		caps    []Capability
		caller  Caller
		allowed string // commands in order, of all that there are
	}{
		{"nothing", nil, local("main"), ""},
		{"app command", []Capability{main("allow-add-note")}, local("main"), "add_note"},
		{"other window", []Capability{main("allow-add-note")}, local("other"), ""},
		{"case of label", []Capability{main("allow-add-note")}, local("Main"), ""},
		{"no labels", []Capability{{Identifier: "a", Local: true, Windows: []string{"*"}, Webviews: []string{"*"}, Permissions: entries("allow-add-note")}}, Caller{Local: true}, ""},
		{"one label", []Capability{{Identifier: "a", Local: true, Windows: []string{"*"}, Permissions: entries("allow-add-note")}}, Caller{Local: true, Window: "main"}, ""},
		{"core default", []Capability{main("core:default")}, local("main"), "plugin:event|emit plugin:event|listen plugin:window|title"},
		{"core command", []Capability{main("core:window:allow-close")}, local("main"), "plugin:window|close"},
		{"plugin default", []Capability{main("fs:default")}, local("main"), "plugin:fs|read_file"},
		{"set with another plugin", []Capability{main("fs:home")}, local("main"), "plugin:fs|read_file plugin:window|close"},
		{"scope alone grants nothing", []Capability{main("fs:scope-home")}, local("main"), ""},
		{"denial wins", []Capability{main("notes", "deny-wipe")}, local("main"), "add_note"},
		{"denial of another window", []Capability{main("notes"), {Identifier: "d", Local: true, Windows: []string{"other"}, Permissions: entries("deny-wipe")}}, local("main"), "add_note wipe"},
		{"denial of another webview", []Capability{main("notes"), {Identifier: "d", Local: true, Webviews: []string{"child"}, Permissions: entries("deny-wipe")}}, local("main"), "add_note wipe"},
		{"denial of another origin", []Capability{main("notes"), away("deny-wipe")}, local("main"), "add_note wipe"},
		{"denial by another capability", []Capability{main("notes"), {Identifier: "d", Local: true, Windows: []string{"m*"}, Permissions: entries("deny-wipe")}}, local("main"), "add_note"},
		{"denial of nobody", []Capability{main("notes"), {Identifier: "d", Local: true, Permissions: entries("deny-wipe")}}, local("main"), "add_note wipe"},
		{"covers nobody", []Capability{{Identifier: "n", Local: true, Permissions: entries("notes")}}, local("main"), ""},
		{"webview", []Capability{{Identifier: "w", Local: true, Webviews: []string{"child"}, Permissions: entries("notes")}}, Caller{Window: "main", Webview: "child", Local: true}, "add_note wipe"},
		{"webview in a window", []Capability{main("notes")}, Caller{Window: "main", Webview: "child", Local: true}, "add_note wipe"},
		{"webview is not a window", []Capability{main("notes")}, Caller{Window: "other", Webview: "main", Local: true}, ""},
		{"window is not a webview", []Capability{{Identifier: "w", Local: true, Webviews: []string{"main"}, Permissions: entries("notes")}}, Caller{Window: "main", Webview: "child", Local: true}, ""},
		{"remote page, local capability", []Capability{main("notes")}, remote("main", "https://www.site.dev/"), ""},
		{"remote page", []Capability{away("notes")}, remote("main", "https://www.site.dev/x?y"), "add_note wipe"},
		{"remote page elsewhere", []Capability{away("notes")}, remote("main", "https://site.dev/"), ""},
		{"remote page without URL", []Capability{away("notes")}, remote("main", ""), ""},
		{"local page, remote capability", []Capability{away("notes")}, Caller{Window: "main", Webview: "main", URL: "https://www.site.dev/", Local: true}, ""},
		{"both", []Capability{main("allow-wipe"), away("allow-add-note")}, remote("main", "https://www.site.dev/"), "add_note"},
		{"denied when remote", []Capability{away("notes", "deny-add-note")}, remote("main", "https://www.site.dev/"), "wipe"},
		{"other platform", []Capability{{Identifier: "w", Local: true, Windows: []string{"*"}, Platforms: []Platform{Windows}, Permissions: entries("notes", "mobile:default")}}, local("main"), ""},
		{"this platform", []Capability{{Identifier: "w", Local: true, Windows: []string{"*"}, Platforms: []Platform{Windows, Linux}, Permissions: entries("notes")}}, local("main"), "add_note wipe"},
	}
	for _, test := range tests {
		a := mustResolve(t, test.caps...)
		var allowed []string
		for _, command := range sortedKeys(a.commands) {
			_, err := a.Check(test.caller, command)
			if err == nil {
				allowed = append(allowed, command)
			} else if !errors.Is(err, ErrDenied) || !strings.Contains(err.Error(), "Command "+command+" not allowed by ACL") {
				t.Errorf("%s: %s: error is %v", test.name, command, err)
			}
			if e := a.Explain(test.caller, command); e.Allowed != (err == nil) {
				t.Errorf("%s: %s: Explain and Check differ:\n%s", test.name, command, e)
			}
		}
		if got := strings.Join(allowed, " "); got != test.allowed {
			t.Errorf("%s: got %q, want %q", test.name, got, test.allowed)
		}
	}
}

func TestCheckNames(t *testing.T) {
	a := mustResolve(t, Capability{Identifier: "all", Local: true, Windows: []string{"*"}, Permissions: entries("notes", "core:default", "fs:read-all")})
	for _, command := range []string{
		"", "add-note", "ADD_NOTE", "add_note ", "plugin:|add_note", "plugin:core:window|title", "core:window|title", "window|title", "title",
		"plugin:window|title|x", "plugin:window|", "plugin:fs|read-file", "fs:read_file", "plugin:fs|read_file\x00", "listen", "plugin:core|default",
	} {
		if _, err := a.Check(local("main"), command); !errors.Is(err, ErrDenied) {
			t.Errorf("%q: got %v", command, err)
		}
	}
	for _, none := range []*Authority{nil, {}} {
		if _, err := none.Check(local("main"), "add_note"); !errors.Is(err, ErrDenied) {
			t.Errorf("no authority: got %v", err)
		}
		if e := none.Explain(local("main"), "add_note"); e.Allowed || e.String() == "" {
			t.Errorf("no authority: got %s", e)
		}
		if _, err := none.With(); err == nil {
			t.Error("With works without Resolve")
		}
	}
}

func TestCheckScope(t *testing.T) {
	entry := func(id, allow, deny string) Entry {
		e := Entry{Identifier: id}
		if allow != "" {
			e.Allow = values(allow)
		}
		if deny != "" {
			e.Deny = values(deny)
		}
		return e
	}
	a := mustResolve(t,
		Capability{Identifier: "a", Local: true, Windows: []string{"a", "both"}, Permissions: []Entry{
			entry("fs:read-all", `"read"`, ""), entry("fs:scope", `"both"`, `"no"`), entry("notes", `"more"`, ""),
		}},
		Capability{Identifier: "b", Local: true, Windows: []string{"b", "both"}, Permissions: []Entry{
			entry("fs:write-all", "", ""), entry("fs:home", `"all of it"`, ""), entry("fs:deny-default", "", ""),
		}},
		Capability{Identifier: "c", Remote: []string{"https://c.dev"}, Windows: []string{"*"}, Permissions: []Entry{
			entry("fs:read-all", "", ""), entry("fs:scope", `"remote"`, ""),
		}},
	)
	tests := []struct {
		caller  Caller
		command string
		want    Scope
	}{
		{local("a"), "plugin:fs|read_file", Scope{values(`"read"`, `"both"`), values(`"no"`)}},
		{local("a"), "add_note", Scope{values(`"notes"`, `"more"`), nil}},
		{local("b"), "plugin:fs|write_file", Scope{values(`"$HOME/*"`, `"all of it"`), values(`"linux"`)}},
		{local("b"), "plugin:fs|read_file", Scope{values(`"all of it"`, `"$HOME/*"`, `"all of it"`), values(`"linux"`)}},
		{local("both"), "plugin:fs|write_file", Scope{values(`"both"`, `"$HOME/*"`, `"all of it"`), values(`"no"`, `"linux"`)}},
		{remote("a", "https://c.dev/"), "plugin:fs|read_file", Scope{values(`"remote"`), nil}},
	}
	for _, test := range tests {
		got, err := a.Check(test.caller, test.command)
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s from %s: %v, -want +got:\n%s", test.command, test.caller.Window, err, diff)
		}
	}
}

// Appending to a returned scope must not show in another.
func TestCheckScopeIsNotShared(t *testing.T) {
	// Two entries and one make a slice with room for more.
	ms := []Manifest{{Commands: []string{"x"}, Permissions: []Permission{{Identifier: "p", Allow: []string{"x"}, Scope: Scope{Allow: values(`1`, `2`)}}}}}
	a, err := Resolve(ms, []Capability{
		{Identifier: "a", Local: true, Windows: []string{"one", "both"}, Permissions: []Entry{{Identifier: "p", Allow: values(`3`)}}},
		{Identifier: "b", Local: true, Windows: []string{"both"}, Permissions: []Entry{{Identifier: "allow-x", Allow: values(`4`)}}},
	}, Linux)
	if err != nil {
		t.Fatal(err)
	}
	both, _ := a.Check(local("both"), "x")
	one, _ := a.Check(local("one"), "x")
	again, _ := a.Check(local("one"), "x")
	_ = append(one.Allow, values(`"mine"`)...)
	_ = append(both.Allow, values(`"mine"`)...)
	if diff := cmp.Diff(values(`1`, `2`, `3`, `4`), both.Allow); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(again.Allow) != 3 || cap(again.Allow) != 3 {
		t.Errorf("got %s with room for %d", again.Allow, cap(again.Allow))
	}
}

func TestAuthorityIsConcurrent(t *testing.T) {
	a := mustResolve(t, Capability{Identifier: "a", Local: true, Remote: []string{"https://*.dev"}, Windows: []string{"*"}, Permissions: []Entry{
		{Identifier: "fs:home", Allow: values(`"a"`)}, {Identifier: "fs:scope", Allow: values(`"b"`)}}})
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for _, c := range []Caller{local(fmt.Sprint("w", i)), remote("w", "https://a.dev")} {
				s, err := a.Check(c, "plugin:fs|read_file")
				if err != nil {
					t.Error(err)
				}
				_ = append(s.Allow, values(`"mine"`)...)
				_ = a.Explain(c, "plugin:fs|read_file").String()
				_ = a.Covers(c, "x", "y")
				if _, err := a.With(Capability{Identifier: "b", Local: true}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
}

func TestResolveErrors(t *testing.T) {
	fromFile := func(name, data string) Manifest {
		m, err := ParsePermissions(name, []byte(data))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	withCaps := func(id string) []Capability {
		return []Capability{{Identifier: "main", File: "capabilities/main.json", Local: true, Windows: []string{"*"}, Permissions: entries(id)}}
	}
	tests := []struct {
		name      string
		manifests []Manifest
		caps      []Capability
		want      string
	}{
		{"identifier", manifests(), withCaps("fs:red-all"), `capabilities/main.json: capability "main": unknown permission "fs:red-all" (did you mean "fs:read-all"`},
		{"plugin", manifests(), withCaps("fss:read-all"), `there is no plugin "fss" (did you mean "fs:read-all"`},
		{"another plugin", manifests(), withCaps("http:default"),
			"there is no plugin \"http\", and these permissions are its:\n\tcapabilities/main.json: capability \"main\": \"http:default\"\n" +
				"add it with App.AddPlugin, or leave them out"},
		{"another short plugin", manifests(), withCaps("os:default"), `there is no plugin "os", and these`},
		{"command of the app", manifests(), withCaps("allow-greet"),
			`unknown permission "allow-greet": the app has no command for it; add that with Handle, or leave the permission out`},
		{"without core", manifests(), withCaps("window:allow-title"), `(did you mean "core:window:allow-title"`},
		{"plugin alone", manifests(), withCaps("fs"), `(did you mean "fs:default"`},
		{"app without default set", manifests(), withCaps("default"), `unknown permission "default"`},
		{"malformed", manifests(), withCaps("fs::x"), `capabilities/main.json: capability "main": identifier "fs::x"`},
		{"glob in Go", manifests(), []Capability{{Identifier: "a", Windows: []string{"["}}}, `capability "a": pattern "["`},
		{"URL in Go", manifests(), []Capability{{Identifier: "a", Remote: []string{"x"}}}, `capability "a": URL pattern "x"`},
		{"platform in Go", manifests(), []Capability{{Identifier: "a", Platforms: []Platform{"darwin"}}}, `unknown platform "darwin"`},
		{"no name", manifests(), []Capability{{}}, `identifier is empty`},
		{"scope in Go", manifests(), []Capability{{Identifier: "a", Permissions: []Entry{{Identifier: "notes", Allow: values(`{"a":1,"a":2}`)}}}}, `is not valid JSON`},
		{"same name", manifests(), []Capability{{Identifier: "a", File: "x.json"}, {Identifier: "a"}}, `capability "a": the identifier is already taken, by x.json`},
		{"two manifests", []Manifest{{Plugin: "fs"}, {Plugin: "fs"}}, nil, `plugin "fs": there are two manifests`},
		{"two apps", []Manifest{{}, {}}, nil, `the app's permissions: there are two manifests`},
		{"core and plugin", []Manifest{{Plugin: "core:window"}, {Plugin: "window"}}, nil, `from those of "core:window"`},
		{"core commands", []Manifest{{Plugin: "core", Commands: []string{"x"}}}, nil, `"core" has sets only`},
		{"plugin name", []Manifest{{Plugin: "a:b"}}, nil, `more than one colon`},
		{"command name", []Manifest{{Commands: []string{"plugin:fs|read_file"}}}, nil, `character ':'`},
		{"command word", []Manifest{{Commands: []string{"_x"}}}, nil, `hyphen at the start`},
		{"commands alike", []Manifest{{Commands: []string{"a_b", "a-b"}}}, nil, `would have the same permissions`},
		{"unknown command", []Manifest{{Commands: []string{"wipe"}, Permissions: []Permission{{Identifier: "p", Deny: []string{"wype"}, File: "p.toml"}}}}, nil,
			`p.toml: permission "p": unknown command "wype" (did you mean "wipe"?)`},
		{"member", []Manifest{{Plugin: "a", Sets: []Set{{Identifier: "s", Permissions: []string{"allow-x"}}}}}, nil, `set "a:s": unknown permission "a:allow-x"`},
		{"member of a default set in a file", []Manifest{fromFile("permissions/default.toml", "[default]\npermissions = ['allow-pty-start']")}, nil,
			`permissions/default.toml:1:2: set "default": unknown permission "allow-pty-start": the app has no command for it; add that with Handle`},
		{"malformed member", []Manifest{{Plugin: "a", Default: []string{"-"}}}, nil, `set "default": identifier "-"`},
		{"loop", []Manifest{{Plugin: "a", Sets: []Set{{Identifier: "s", Permissions: []string{"t"}}, {Identifier: "t", Permissions: []string{"s"}}}}}, nil, `contains itself`},
		{"declared twice", []Manifest{{Plugin: "a", Sets: []Set{{Identifier: "s"}}, Permissions: []Permission{{Identifier: "s"}}}}, nil, `identifier "a:s" is declared twice`},
		{"reserved", []Manifest{{Plugin: "a", Sets: []Set{{Identifier: "default"}}}}, nil, `reserved`},
		{"platform", []Manifest{{Plugin: "a", Permissions: []Permission{{Identifier: "p", Platforms: []Platform{"mac"}}}}}, nil, `unknown platform "mac"`},
	}
	for _, test := range tests {
		a, err := Resolve(test.manifests, test.caps, Linux)
		if err == nil || a != nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
	if _, err := Resolve(nil, nil, ""); err == nil {
		t.Error("no platform: no error")
	}
	_, err := Resolve(manifests(), withCaps("fs:red-all"), Linux)
	var unknown *UnknownPermissionError
	if !errors.As(err, &unknown) || unknown.Identifier != "fs:red-all" || unknown.File != "capabilities/main.json" || unknown.Plugin != "" {
		t.Errorf("got %#v", unknown)
	}
}

func TestDefaultSets(t *testing.T) {
	ms := []Manifest{{Default: []string{}}, {Plugin: "empty"}, {Plugin: "derived", Permissions: []Permission{{Identifier: "p", Allow: []string{"x"}}}}}
	_, err := Resolve(ms, []Capability{{Identifier: "a", Permissions: entries("default", "empty:default", "derived:allow-x", "derived:p")}}, Linux)
	if err != nil {
		t.Error(err)
	}
}

// A permission declared under the name of one that exists by itself takes its place.
func TestOwnPermissionReplaces(t *testing.T) {
	ms := []Manifest{{Commands: []string{"a", "b"}, Permissions: []Permission{{Identifier: "allow-a", Allow: []string{"b"}}}}}
	a, err := Resolve(ms, []Capability{{Identifier: "c", Local: true, Windows: []string{"*"}, Permissions: entries("allow-a")}}, Linux)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Check(local("x"), "a"); err == nil {
		t.Error("a is allowed")
	}
	if _, err := a.Check(local("x"), "b"); err != nil {
		t.Error(err)
	}
}

func TestWith(t *testing.T) {
	first := Capability{Identifier: "a", Local: true, Windows: []string{"main"}, Permissions: []Entry{{Identifier: "fs:read-all", Allow: values(`"a"`)}}}
	base := mustResolve(t, first)
	first.Windows[0], first.Permissions[0].Identifier = "other", "notes"
	more := Capability{Identifier: "b", Local: true, Windows: []string{"main"}, Permissions: []Entry{
		{Identifier: "fs:write-all", Allow: values(`"b"`)}, {Identifier: "fs:deny-read-file"}}}
	wider, err := base.With(more)
	if err != nil {
		t.Fatal(err)
	}
	more.Permissions[0].Allow[0][1] = 'X' // what the caller does afterwards has no effect
	more.Windows[0] = "*"
	for _, test := range []struct {
		a       *Authority
		command string
		want    bool
	}{
		{base, "plugin:fs|read_file", true}, {base, "plugin:fs|write_file", false},
		{wider, "plugin:fs|read_file", false}, {wider, "plugin:fs|write_file", true},
	} {
		if _, err := test.a.Check(local("main"), test.command); (err == nil) != test.want {
			t.Errorf("%s: got %v", test.command, err)
		}
	}
	if _, err := wider.Check(local("other"), "add_note"); err == nil {
		t.Error("the capabilities of before are shared with their maker")
	}
	got, _ := wider.Check(local("main"), "plugin:fs|write_file")
	if diff := cmp.Diff(Scope{Allow: values(`"b"`)}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, err := wider.Check(local("other"), "plugin:fs|write_file"); err == nil {
		t.Error("the caller's slice is shared")
	}
	for name, c := range map[string]Capability{
		"taken":   {Identifier: "a", Local: true},
		"no page": {Identifier: "c", Windows: []string{"*"}},
		"unknown": {Identifier: "c", Local: true, Permissions: entries("nope")},
	} {
		if _, err := wider.With(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	var caps []Capability
	for i := range 20 {
		caps = append(caps, Capability{Identifier: fmt.Sprint("c", i), Local: true, Windows: []string{fmt.Sprint("window-", i), "editor-*"},
			Remote: []string{fmt.Sprintf("https://site%d.dev", i)}, Permissions: entries("core:default", "notes")})
	}
	a := mustResolve(b, caps...)
	for name, c := range map[string]Caller{
		"local":  local("window-19"),
		"remote": remote("window-19", "https://site19.dev/"),
		"denied": local("nobody"),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = a.Check(c, "plugin:event|emit")
			}
		})
	}
}

// TestCallerPatterns: a capability that is only about where pages may go gives
// them nothing to call.
func TestCallerPatterns(t *testing.T) {
	for permissions, want := range map[string]bool{
		`["web:allow-navigation"]`: false,
		`["web:allow-navigation", {"identifier": "sandbox:allow-network", "allow": [{"url": "https://example.org"}]}]`: false,
		`["web:allow-navigation", "core:event:allow-emit"]`:                                                            true,
	} {
		caps, err := Parse("c.json", []byte(`{"identifier": "c", "local": false, "remote": {"urls": ["https://example.org"]}, "webviews": ["content"], "permissions": `+permissions+`}`))
		if err != nil {
			t.Fatal(err)
		}
		a, err := Resolve([]Manifest{
			{Plugin: "web", Commands: []string{"navigation"}}, {Plugin: "sandbox", Commands: []string{"network"}}, {Plugin: "core:event", Commands: []string{"emit"}},
		}, caps, Linux)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(a.RemotePatterns("main", "content")); n != 1 {
			t.Errorf("%s: %d remote patterns", permissions, n)
		}
		if got := len(a.CallerPatterns("main", "content")) > 0; got != want {
			t.Errorf("%s: something to call: %v, want %v", permissions, got, want)
		}
	}
}
