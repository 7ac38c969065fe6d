package capability

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDeniedError(t *testing.T) {
	file := func(name, window string, ids ...string) Capability {
		return Capability{Identifier: name, Local: true, Windows: []string{window}, Permissions: entries(ids...), File: "capabilities/" + name + ".json"}
	}
	inline := Capability{Identifier: "inline", Local: true, Windows: []string{"main"}}
	tests := []struct {
		name    string
		caps    []Capability
		caller  Caller
		command string
		want    string
	}{
		{"no file", nil, local("main"), "add_note",
			`Command add_note not allowed by ACL: not allowed on window "main", webview "main", URL: local: create capabilities/main.json with "windows": ["main"] and permission "allow-add-note"`},
		{"file of the window", []Capability{file("wide", "*"), file("app", "main"), inline}, local("main"), "plugin:window|close",
			`Command plugin:window|close not allowed by ACL: not allowed on window "main", webview "main", URL: local: add permission "core:window:allow-close" to capability "app" (capabilities/app.json)`},
		{"file by wildcard", []Capability{inline, file("wide", "*")}, local("main"), "plugin:fs|read_file",
			`add permission "fs:allow-read-file" to capability "wide" (capabilities/wide.json)`},
		{"inline", []Capability{inline}, local("main"), "add_note", `add permission "allow-add-note" to capability "inline"`},
		{"file is taken", []Capability{file("main", "other")}, local("main"), "add_note", `create capabilities/main-2.json with "windows": ["main"]`},
		{"label with slashes", nil, local("a/b:c"), "add_note", `create capabilities/a-b-c.json with "windows": ["a/b:c"]`},
		{"remote", []Capability{file("main", "main", "notes")}, remote("main", "https://x.dev:8443/secret?token=1"), "add_note",
			`not allowed on window "main", webview "main", URL: https://x.dev:8443: create capabilities/main-remote.json with "windows": ["main"], "local": false, "remote": {"urls": ["https://x.dev:8443"]} and permission "allow-add-note"`},
		{"no origin", nil, remote("main", "about:blank"), "add_note", `URL: null: no capability can cover a page without an origin`},
		{"explicit", []Capability{file("main", "main", "notes"), file("no", "m*", "deny-wipe")}, local("main"), "wipe",
			`Command wipe not allowed by ACL: explicitly denied on window "main", webview "main", URL: local by permission "deny-wipe" in capability "no" (capabilities/no.json)`},
		{"unknown", nil, local("main"), "ad_note", `no plugin and no command of that name is known (did you mean "add_note"?)`},
		{"odd name", nil, local("main"), "a\nb\x1b[31m", `Command "a\nb\x1b[31m" not allowed by ACL: `},
	}
	for _, test := range tests {
		_, err := mustResolve(t, test.caps...).Check(test.caller, test.command)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got\n%v\nwant\n%s", test.name, err, test.want)
		}
		var denied *DeniedError
		if !errors.As(err, &denied) || !strings.HasPrefix(err.Error(), denied.Summary()+": ") {
			t.Errorf("%s: got %#v", test.name, err)
		}
	}

	_, err := mustResolve(t, file("main", "main", "notes"), file("no", "m*", "deny-wipe")).Check(local("main"), "wipe")
	want := &DeniedError{Command: "wipe", Window: "main", Webview: "main", Origin: "local", Permission: "deny-wipe", Capability: "no", File: "capabilities/no.json", Explicit: true}
	var got *DeniedError
	errors.As(err, &got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	_, err = mustResolve(t, Capability{Identifier: "p", File: "x/p.toml", Platforms: []Platform{Windows}}).Check(Caller{Window: "v", Webview: "w", Local: true}, "wipe")
	want = &DeniedError{Command: "wipe", Window: "v", Webview: "w", Origin: "local", Permission: "allow-wipe", File: "x/v.json"}
	errors.As(err, &got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Following the advice of the error makes the command allowed.
func TestDeniedErrorAdvice(t *testing.T) {
	for _, c := range []Caller{local("main"), remote("a/b", "https://x.dev/y")} {
		for _, command := range []string{"add_note", "plugin:window|close", "plugin:fs|write_file"} {
			a := mustResolve(t)
			_, err := a.Check(c, command)
			var denied *DeniedError
			if !errors.As(err, &denied) {
				t.Fatalf("%s: got %v", command, err)
			}
			advised := Capability{Identifier: "new", Local: c.Local, Windows: []string{denied.Window}, File: denied.File, Permissions: entries(denied.Permission)}
			if !c.Local {
				advised.Remote = []string{denied.Origin}
			}
			a, err = a.With(advised)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := a.Check(c, command); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestExplain(t *testing.T) {
	a := mustResolve(t,
		Capability{Identifier: "main", Local: true, Windows: []string{"m*"}, File: "capabilities/main.json",
			Permissions: []Entry{{Identifier: "fs:home", Allow: values(`"x"`)}}},
		Capability{Identifier: "away", Remote: []string{"https://x.dev"}, Webviews: []string{"side"}, Permissions: entries("fs:deny-read-file", "fs:scope-home")},
		Capability{Identifier: "mobile", Platforms: []Platform{IOS}, File: "capabilities/mobile.json"},
	)
	got := a.Explain(local("main"), "plugin:fs|read_file").String()
	want := `Command plugin:fs|read_file is allowed on window "main", webview "main", URL: local
  with scope allow ["x", "$HOME/*", "x"]
- capability "away" denies it by "fs:deny-read-file"
    no:  webviews ["side"] does not match "main"
    no:  does not cover local pages
+ capability "main" (capabilities/main.json) grants it by "fs:read-all", a member of "fs:home"
    yes: windows: "m*" matches
    yes: covers local pages
    scope allow ["x"]
+ capability "main" (capabilities/main.json) adds to the scope of it by "fs:scope-home", a member of "fs:home"
    yes: windows: "m*" matches
    yes: covers local pages
    scope allow ["$HOME/*", "x"]
- capability "away" adds to the scope of it by "fs:scope-home"
    no:  webviews ["side"] does not match "main"
    no:  does not cover local pages
    scope allow ["$HOME/*"]
- capability "mobile" (capabilities/mobile.json) is for other platforms`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	e := a.Explain(Caller{Window: "w", Webview: "side", URL: "https://x.dev/?token"}, "plugin:fs|read_file")
	if e.Allowed || !e.Denied.Explicit || e.Denied.Capability != "away" || len(e.Considered) != 4 {
		t.Errorf("got %+v", e)
	}
	first := e.Considered[0]
	wantFirst := Consideration{Effect: Denies, Capability: "away", Entry: "fs:deny-read-file", Permission: "fs:deny-read-file",
		Matched: true, OriginMatched: true, LabelMatched: true, Origin: `remote "https://x.dev" matches`, Label: `webviews: "side" matches`}
	if diff := cmp.Diff(wantFirst, first); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	for _, test := range []struct {
		caller  Caller
		command string
		want    string
	}{
		{local("main"), "add_note", "no capability says anything about it"},
		{remote("side", "https://y.dev/a?token"), "plugin:fs|read_file", `remote ["https://x.dev"] does not match "https://y.dev/a"`},
		{remote("side", "data:x"), "plugin:fs|read_file", "none that a pattern can match"},
		{remote("main", "https://x.dev"), "plugin:fs|read_file", "covers no remote pages"},
		{local("main"), "nope", "no command of that name"},
	} {
		got := a.Explain(test.caller, test.command).String()
		if !strings.Contains(got, test.want) || strings.Contains(got, "token") {
			t.Errorf("%s: got\n%s\nwant %q", test.command, got, test.want)
		}
	}
}
