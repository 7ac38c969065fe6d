package capability

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mullion-dev/mullion/internal/document"
)

// anywhere leaves the places in files out of a comparison.
var anywhere = cmp.Options{
	cmpopts.IgnoreFields(Capability{}, "Line", "Column"), cmpopts.IgnoreFields(Entry{}, "Line", "Column"),
	cmpopts.IgnoreFields(Permission{}, "Line", "Column"), cmpopts.IgnoreFields(Set{}, "Line", "Column"),
	cmpopts.IgnoreFields(Manifest{}, "DefaultLine", "DefaultColumn"),
}

// values makes scope entries of JSON texts.
func values(texts ...string) []jsontext.Value {
	var list []jsontext.Value
	for _, text := range texts {
		list = append(list, jsontext.Value(text))
	}
	return list
}

func TestParse(t *testing.T) {
	full := Capability{
		Identifier: "files", Description: "d", Local: false,
		Remote: []string{"https://*.site.dev"}, Windows: []string{"main", "editor-*"}, Webviews: []string{"side"},
		Permissions: []Entry{
			{Identifier: "core:default"},
			{Identifier: "fs:scope", Allow: values(`{"path":"$HOME/*"}`, `"a"`), Deny: values(`{"path":"b","n":1.50}`)},
		},
		Platforms: []Platform{Linux, MacOS},
	}
	least := Capability{Identifier: "main", Local: true, Permissions: []Entry{}}
	tests := []struct {
		name, data string
		want       []Capability
	}{
		{"one.json", `{"$schema": "../x.json", "identifier": "main", "permissions": []}`, []Capability{least}},
		{"", `{"identifier": "main", "permissions": []}`, []Capability{least}},
		{"null entry.json", `{"identifier": "main", "permissions": [{"identifier": "x", "allow": null, "deny": null}]}`,
			[]Capability{{Identifier: "main", Local: true, Permissions: []Entry{{Identifier: "x"}}}}},
		{"null.json", `{"identifier": "main", "permissions": [], "remote": null, "platforms": null}`, []Capability{least}},
		{"bom.json", "\ufeff" + `{"identifier": "main", "permissions": []}`, []Capability{least}},
		{"none.json", `[]`, nil},
		{"array.json", `[{"identifier": "main", "permissions": []}, {"identifier": "files", "description": "d", "local": false,
			"remote": {"urls": ["https://*.site.dev"]}, "windows": ["main", "editor-*"], "webviews": ["side"],
			"permissions": ["core:default", {"identifier": "fs:scope", "allow": [{"path": "$HOME/*"}, "a"], "deny": [{"path": "b", "n": 1.50}]}],
			"platforms": ["linux", "macOS"]}]`, []Capability{least, full}},
		{"list.json5", `{capabilities: [{identifier: 'main', permissions: [],},], $schema: 'x'} // end`, []Capability{least}},
		{"one.toml", "identifier = 'main'\npermissions = []", []Capability{least}},
		{"list.toml", `
			[[capabilities]]
			identifier = "files"
			description = "d"
			local = false
			windows = ["main", "editor-*"]
			webviews = ["side"]
			permissions = ["core:default", { identifier = "fs:scope", allow = [{ path = "$HOME/*" }, "a"], deny = [{ path = "b", n = 1.5 }] }]
			platforms = ["linux", "macOS"]
			[capabilities.remote]
			urls = ["https://*.site.dev"]`, []Capability{func() Capability {
			c := full
			c.Permissions = []Entry{c.Permissions[0], {Identifier: "fs:scope", Allow: c.Permissions[1].Allow, Deny: values(`{"path":"b","n":1.5}`)}}
			return c
		}()}},
	}
	for _, test := range tests {
		got, err := Parse(test.name, []byte(test.data))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		for i := range test.want {
			want := test.want[i]
			want.File = test.name
			if diff := cmp.Diff(want, got[i], anywhere); diff != "" {
				t.Errorf("%s [%d] (-want +got):\n%s", test.name, i, diff)
			}
		}
		if len(got) != len(test.want) {
			t.Errorf("%s: got %d capabilities, want %d", test.name, len(got), len(test.want))
		}
	}
}

func TestParseErrors(t *testing.T) {
	wrap := func(members string) string { return `{"identifier": "a", "permissions": [], ` + members + `}` }
	tests := []struct{ name, data, want string }{
		{"capabilities/main.json", wrap(`"windws": ["main"]`), `capabilities/main.json:1:40: windws: unknown key (did you mean "windows"?)`},
		{"a.json", wrap(`"zzz": 1`), `a.json:1:40: zzz: unknown key`},
		{"a.json", `[{"identifier": "a", "permissions": [{"identifier": "b", "alow": []}]}]`, `a.json:1:58: [0].permissions[0].alow: unknown key (did you mean "allow"?)`},
		{"a.json", `{"capabilities": [], "identifier": "a"}`, `a.json:1:22: identifier: unknown key`},
		{"a.json", wrap(`"remote": {"url": []}`), `a.json:1:51: remote.url: unknown key (did you mean "urls"?)`},
		{"a.json", wrap(`"remote": {}`), `a.json:1:50: remote.urls: required, but missing`},
		{"a.json", wrap(`"remote": {"urls": ["localhost"]}`), `remote.urls[0]: URL pattern "localhost": want scheme://host`},
		{"a.json", wrap(`"windows": ["a["]`), `windows[0]: pattern "a["`},
		{"a.json", wrap(`"windows": "main"`), `windows: want an array, not a string`},
		{"a.json", wrap(`"windows": null`), `windows: want an array, not null`},
		{"a.json", wrap(`"windows": ["a", 1]`), `windows[1]: want a string, not a number`},
		{"a.json", wrap(`"local": "true"`), `local: want true or false, not a string`},
		{"a.json", wrap(`"platforms": ["macos"]`), `platforms[0]: unknown platform "macos" (did you mean "macOS"?)`},
		{"a.json", wrap(`"platforms": []`), `platforms: an empty list`},
		{"a.json", wrap(`"local": true, "local": false`), `a.json:1:55: local: key given twice`},
		{"a.json5", `{identifier: 'a', permissions: [], "local": true, local: false}`, `a.json5:1:51: local: key given twice`},
		{"a.toml", "identifier = 'a'\nidentifier = 'b'\npermissions = []", `a.toml:2:1: `},
		{"a.toml", "identifier = 'a'\npermissions = [1979-05-27]", `a.toml:2:16: the date 1979-05-27 has no counterpart in JSON: put it in quotes`},
		{"a.toml", "identifier = 'a'\npermissions = [inf]", `a.toml:2:16: the number inf has no counterpart in JSON`},
		{"a.toml", "x = " + strings.Repeat("[", 1000), `nested deeper`},
		{"a.json", wrap(`"x": ` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000)), `nested deeper`},
		{"a.json", `{"permissions": []}`, `a.json:1:1: identifier: required, but missing`},
		{"a.json", `{"identifier": "a"}`, `a.json:1:1: permissions: required, but missing`},
		{"a.json", `{"identifier": "", "permissions": []}`, `a.json:1:16: identifier: identifier is empty`},
		{"a.json", `{"identifier": "a\nb", "permissions": []}`, `not plain text`},
		{"a.json", `{"identifier": "a", "permissions": [1]}`, `permissions[0]: want an identifier or an object, not a number`},
		{"a.json", `{"identifier": "a", "permissions": ["fs:"]}`, `permissions[0]: identifier "fs:"`},
		{"a.json", `{"identifier": "a", "permissions": ["a:b:c"]}`, `more than one colon`},
		{"a.json", `{"identifier": "a", "permissions": ["core:a:b:c"]}`, `more than one colon`},
		{"a.json", `{"identifier": "a", "permissions": ["allow--x"]}`, `two hyphens`},
		{"a.json", `{"identifier": "a", "permissions": ["-x"]}`, `hyphen at the start`},
		{"a.json", `{"identifier": "a", "permissions": ["allow_x"]}`, `character '_'`},
		{"a.json", `{"identifier": "a", "permissions": ["` + strings.Repeat("x", 65) + `"]}`, `longer than 64`},
		{"a.json", `{"identifier": "a", "permissions": [{"identifier": "x", "allow": [null]}]}`, `permissions[0].allow[0]: null is not a scope entry`},
		{"a.json", `[{"identifier": "a", "permissions": []}, {"identifier": "a", "permissions": []}]`, `already taken`},
		{"a.json", `{"identifier": "a", "permissions": []} {}`, `a.json:1:40: '{' after the end of the document`},
		{"a.json", `{"identifier": "a",}`, `a.json:1:19: JSON has no trailing commas: remove it, or give the file the ending .json5`},
		{"a.json", ``, `a.json:1:1: empty file`},
		{"a.json", `7`, `want an object, not a number`},
		{"a.yaml", `a: b`, `unknown format ".yaml"`},
		{"a.json", strings.Repeat(" ", document.MaxSize+1), `more than`},
	}
	for _, test := range tests {
		got, err := Parse(test.name, []byte(test.data))
		if err == nil || !strings.Contains(err.Error(), test.want) || got != nil {
			t.Errorf("%.80s: got %v, error:\n%v\nwant:\n%s", test.data, got, err, test.want)
		}
	}
}

// TestPhones: a capability for phones alone may name what does not exist here.
func TestPhones(t *testing.T) {
	const data = `[
		{"identifier": "phone", "platforms": ["iOS", "android"], "windows": ["["], "remote": {"urls": ["x"]},
			"permissions": ["no:such:thing", 1], "unknown": true},
		{"identifier": "good", "platforms": ["android"], "windows": ["main"], "permissions": ["biometric:default"]}
	]`
	caps, err := Parse("mobile.json", []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	want := []Capability{
		{Identifier: "phone", Local: true, Platforms: []Platform{IOS, Android}, File: "mobile.json"},
		{Identifier: "good", Local: true, Platforms: []Platform{Android}, Windows: []string{"main"}, Permissions: []Entry{{Identifier: "biometric:default"}}, File: "mobile.json"},
	}
	if diff := cmp.Diff(want, caps, anywhere); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, err := Resolve(nil, caps, Linux); err != nil {
		t.Error(err)
	}
	for _, bad := range []struct{ data, want string }{
		{strings.Replace(data, `"android"]`, `"linux"]`, 1), "mobile.json:2:70: [0].windows[0]: "},
		{strings.Replace(data, `"identifier": "phone", `, "", 1), "mobile.json:2:3: [0].identifier: required, but missing"},
		{strings.Replace(data, `"good"`, `"phone"`, 1), "mobile.json:4:3: capability \"phone\": the identifier is already taken, by mobile.json:2:3"},
	} {
		if _, err := Parse("mobile.json", []byte(bad.data)); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("got %v, want %s", err, bad.want)
		}
	}
}

// TestPlaces: what only the manifests can show is told with its place, too.
func TestPlaces(t *testing.T) {
	caps, err := Parse("capabilities/main.toml", []byte("identifier = 'main'\nwindows = ['main']\npermissions = [\n\t'allow-x',\n\t'alow-x',\n]\n"))
	if err != nil {
		t.Fatal(err)
	}
	own, err := ParsePermissions("permissions/x.toml", []byte("[[permission]]\nidentifier = 'allow-x'\ncommands.allow = ['x']\n\n[[set]]\nidentifier = 'all'\npermissions = ['alow-x']\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		own  Manifest
		caps []Capability
		want string
	}{
		{Manifest{Commands: []string{"x"}}, caps, `capabilities/main.toml:5:2: capability "main": unknown permission "alow-x" (did you mean "allow-x"?)`},
		{own, nil, `permissions/x.toml:5:3: set "all": unknown permission "alow-x" (did you mean "allow-x"?)`},
		{Manifest{Commands: []string{"y"}, Permissions: own.Permissions}, nil, `permissions/x.toml:1:3: permission "allow-x": unknown command "x"`},
	} {
		if _, err := Resolve([]Manifest{tt.own}, tt.caps, Linux); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}

func TestParseReportsAll(t *testing.T) {
	_, err := Parse("c.json", []byte(`[{"identifier": "a"}, {"identifier": "b", "permissions": [], "windows": [1], "x": 2}]`))
	want := `c.json:1:2: [0].permissions: required, but missing
c.json:1:74: [1].windows[0]: want a string, not a number
c.json:1:78: [1].x: unknown key`
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}

func TestParsePermissions(t *testing.T) {
	want := Manifest{
		Default: []string{"allow-read", "fs:default"},
		Sets:    []Set{{Identifier: "all", Description: "s", Permissions: []string{"allow-read"}, File: "p"}},
		Permissions: []Permission{{
			Identifier: "allow-read", Description: "d", Allow: []string{"read"}, Deny: []string{"write"},
			Scope: Scope{Allow: values(`"a"`), Deny: values(`{"path":"b"}`)}, Platforms: []Platform{Windows}, File: "p",
		}},
	}
	tests := []struct{ name, data string }{
		{"p.toml", `
"$schema" = "x"
[default]
version = 1
description = "x"
permissions = ["allow-read", "fs:default"]
[[set]]
identifier = "all"
description = "s"
permissions = ["allow-read"]
[[permission]]
version = 1
identifier = "allow-read"
description = "d"
commands.allow = ["read"]
commands.deny = ["write"]
platforms = ["windows"]
[[permission.scope.allow]]
path = "c"
`},
		{"p.json5", `{default: {permissions: ['allow-read', 'fs:default']}, set: [{identifier: 'all', description: 's', permissions: ['allow-read']}],
			permission: [{identifier: 'allow-read', description: 'd', commands: {allow: ['read'], deny: ['write']}, scope: {allow: ['a'], deny: [{path: 'b'}]}, platforms: ['windows']}]}`},
	}
	for _, test := range tests {
		got, err := ParsePermissions(test.name, []byte(test.data))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		want := want
		want.Sets = []Set{want.Sets[0]}
		want.Permissions = []Permission{want.Permissions[0]}
		want.Sets[0].File, want.Permissions[0].File, want.DefaultFile = test.name, test.name, test.name
		if test.name == "p.toml" {
			want.Permissions[0].Scope = Scope{Allow: values(`{"path":"c"}`)}
		}
		if diff := cmp.Diff(want, got, anywhere); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestParsePermissionsErrors(t *testing.T) {
	tests := []struct{ data, want string }{
		{`{"permissions": []}`, `p.json:1:2: permissions: unknown key (did you mean "permission"?)`},
		{`{"identifier": "a", "windows": ["main"], "permissions": ["core:default"]}`, `p.json:1:1: this is a capability, and permissions are read here: move`},
		{`{"scope": {}}`, `p.json:1:2: scope: unknown key`},
		{`{"permission": [{"identifier": "default"}]}`, `reserved`},
		{`{"set": [{"identifier": "fs:all", "permissions": []}]}`, `character ':'`},
		{`{"set": [{"identifier": "all"}]}`, `p.json:1:10: set[0].permissions: required, but missing`},
		{`{"permission": [{"identifier": "a", "commands": {"alow": []}}]}`, `p.json:1:50: permission[0].commands.alow: unknown key (did you mean "allow"?)`},
		{`{"permission": [{"identifier": "a", "commands": {"allow": ["fs|x"]}}]}`, `character '|'`},
		{`{"permission": [{"identifier": "a", "version": 0}]}`, `p.json:1:48: permission[0].version: want a whole number from 1 on`},
		{`{"default": {}}`, `p.json:1:13: default.permissions: required, but missing`},
	}
	for _, test := range tests {
		_, err := ParsePermissions("p.json", []byte(test.data))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.data, err, test.want)
		}
	}
}

func TestLoad(t *testing.T) {
	one := func(id string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(`{"identifier": "` + id + `", "permissions": []}`)}
	}
	fsys := fstest.MapFS{
		"src/capabilities/z.json":             one("z"),
		"src/capabilities/desktop/a.json":     one("a"),
		"src/capabilities/b.toml":             {Data: []byte("identifier = 'b'\npermissions = []")},
		"src/capabilities/schemas/x.json":     {Data: []byte(`{"not": "one"}`)},
		"src/capabilities/README.md":          {Data: []byte("text")},
		"src/capabilities/desktop/.gitignore": {Data: []byte("text")},
		"src/other.json":                      one("other"),
	}
	caps, err := Load(fsys, "src/capabilities")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range caps {
		got = append(got, c.File+" "+c.Identifier)
	}
	want := []string{"src/capabilities/b.toml b", "src/capabilities/desktop/a.json a", "src/capabilities/z.json z"}
	if diff := cmp.Diff(want, got, anywhere); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	if caps, err := Load(fsys, "missing"); err != nil || caps != nil {
		t.Errorf("missing directory: got %v, %v", caps, err)
	}
	fsys["src/capabilities/y.json"] = one("a")
	if _, err := Load(fsys, "src/capabilities"); err == nil || !strings.Contains(err.Error(), `src/capabilities/y.json:1:1: capability "a": the identifier is already taken, by src/capabilities/desktop/a.json:1:1`) {
		t.Errorf("same identifier: got %v", err)
	}
	fsys["src/capabilities/y.json"] = &fstest.MapFile{Data: []byte("{")}
	fsys["src/capabilities/x.json"] = &fstest.MapFile{Data: []byte("[1]")}
	if _, err := Load(fsys, "src/capabilities"); err == nil || !strings.Contains(err.Error(), "y.json:1:2: ") || !strings.Contains(err.Error(), "x.json:1:2: ") {
		t.Errorf("two broken files: got %v", err)
	}
}

func TestLoadPermissions(t *testing.T) {
	fsys := fstest.MapFS{
		"permissions/a.toml": {Data: []byte("[default]\npermissions = ['x']")},
		"permissions/autogenerated/x.toml": {Data: []byte(
			"[[permission]]\nidentifier = 'x'\ncommands.allow = ['x']")},
		"permissions/schemas/schema.json":    {Data: []byte("{")},
		"permissions/fs/schemas/schema.json": {Data: []byte("{")},
	}
	got, err := LoadPermissions(fsys, "permissions")
	want := Manifest{Default: []string{"x"}, DefaultFile: "permissions/a.toml", Permissions: []Permission{{Identifier: "x", Allow: []string{"x"}, File: "permissions/autogenerated/x.toml"}}}
	if diff := cmp.Diff(want, got, anywhere); err != nil || diff != "" {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	fsys["permissions/b.toml"] = &fstest.MapFile{Data: []byte("[default]\npermissions = []\n[[set]]\nidentifier = 'x'\npermissions = []")}
	if _, err := LoadPermissions(fsys, "permissions"); err == nil || !strings.Contains(err.Error(), "permissions/b.toml: the default set") {
		t.Errorf("two default sets: got %v", err)
	}
	fsys["permissions/b.toml"] = &fstest.MapFile{Data: []byte("[[set]]\nidentifier = 'x'\npermissions = []")}
	if _, err := LoadPermissions(fsys, "permissions"); err == nil || !strings.Contains(err.Error(), `permissions/b.toml:1:3: identifier "x" is declared twice`) {
		t.Errorf("same identifier: got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("a.json", []byte(`{"identifier": "main", "windows": ["main"], "remote": {"urls": ["https://*"]}, "permissions": ["core:default", {"identifier": "fs:scope", "allow": [{"path": "x"}]}]}`))
	f.Add("a.json5", []byte(`{capabilities: [{identifier: 'a', permissions: ['x',],},],}`))
	f.Add("a.toml", []byte("[[capabilities]]\nidentifier = 'a'\npermissions = ['x', {identifier = 'fs:y', deny = [1.5, {z = true}]}]"))
	f.Add("p.toml", []byte("[[permission]]\nidentifier = 'a'\ncommands.allow = ['x']\n[default]\npermissions = ['a']"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		caps, err := Parse(name, data)
		if err == nil {
			// What was read is complete enough to be used as it is.
			var manifest Manifest
			plugins := make(map[string]*Manifest)
			for _, c := range caps {
				for _, e := range c.Permissions {
					prefix, base, err := splitIdentifier(e.Identifier)
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					for _, v := range append(e.Allow, e.Deny...) {
						if !v.IsValid() {
							t.Fatalf("%s: scope entry %q", name, v)
						}
					}
					m := &manifest
					if prefix != "" {
						if plugins[prefix] == nil {
							plugins[prefix] = &Manifest{Plugin: prefix}
						}
						m = plugins[prefix]
					}
					m.Permissions = append(m.Permissions, Permission{Identifier: base})
				}
			}
			_, _ = Resolve([]Manifest{manifest}, caps, Linux)
			a, err := Resolve(nil, nil, Linux)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = a.With(caps...)
		}
		if m, err := ParsePermissions(name, data); err == nil {
			_, _ = Resolve([]Manifest{m}, nil, Linux)
		}
	})
}
