package acl

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/capability"
)

// TestInsert: a permission comes to where a person would have written it.
func TestInsert(t *testing.T) {
	const head = `{"identifier": "main", "windows": ["main"], "permissions": `
	for _, tt := range []struct{ name, file, before, after string }{
		{"one line", "c.json", head + `["a", "b"]}`, head + `["a", "b", "new"]}`},
		{"tight", "c.json", head + `["a","b"]}`, head + `["a","b", "new"]}`},
		{"empty", "c.json", head + `[]}`, head + `["new"]}`},
		{"lines", "c.json", head + "[\n    \"a\",\n    \"b\"\n  ]\n}\n", head + "[\n    \"a\",\n    \"b\",\n    \"new\"\n  ]\n}\n"},
		{"tabs and CRLF", "c.json", head + "[\r\n\t\t\"a\"\r\n\t]\r\n}\r\n", head + "[\r\n\t\t\"a\",\r\n\t\t\"new\"\r\n\t]\r\n}\r\n"},
		{"an object at the end", "c.json", head + "[\n  \"a\",\n  {\n    \"identifier\": \"b\",\n    \"allow\": [{\"path\": \"]\"}]\n  }\n]}",
			head + "[\n  \"a\",\n  {\n    \"identifier\": \"b\",\n    \"allow\": [{\"path\": \"]\"}]\n  },\n  \"new\"\n]}"},
		{"bracket on the last line", "c.json", head + "[\n  \"a\",\n  \"b\"]}", head + "[\n  \"a\",\n  \"b\",\n  \"new\"]}"},
		{"byte order mark", "c.json", "\ufeff" + head + `["a"]}`, "\ufeff" + head + `["a", "new"]}`},
		{"the second of several", "c.json", `[` + strings.Replace(head, "main", "first", 1) + `["a"]}, ` + head + `["a"]}]`,
			`[` + strings.Replace(head, "main", "first", 1) + `["a"]}, ` + head + `["a", "new"]}]`},
		{"below capabilities", "c.json", `{"capabilities": [` + head + `["a"]}]}`, `{"capabilities": [` + head + `["a", "new"]}]}`},
		{"escapes", "c.json", head + `["a", {"identifier": "b", "allow": [{"path": "C:\\[\"]"}]}]}`, head + `["a", {"identifier": "b", "allow": [{"path": "C:\\[\"]"}]}, "new"]}`},
		{"JSON5 with remarks", "c.json5", "{\n  identifier: 'main', windows: ['main'],\n  permissions: [ // which\n    'a', // why a\n    'b' // why ] b\n    // and that is all\n  ],\n}\n",
			"{\n  identifier: 'main', windows: ['main'],\n  permissions: [ // which\n    'a', // why a\n    'b', // why ] b\n    \"new\"\n    // and that is all\n  ],\n}\n"},
		{"JSON5 with a last comma", "c.json5", "{identifier: 'main', windows: ['main'], permissions: [\n  'a', /* ' */\n],}", "{identifier: 'main', windows: ['main'], permissions: [\n  'a', /* ' */\n  \"new\",\n],}"},
		{"JSON5, a long remark", "c.json5", "{identifier: 'main', windows: ['main'], permissions: [\n  'a' /* one\n two */ // and\n]}", "{identifier: 'main', windows: ['main'], permissions: [\n  'a', /* one\n two */ // and\n  \"new\"\n]}"},
		{"JSON5, a last comma in one line", "c.json5", "{identifier: 'main', windows: ['main'], permissions: ['a',],}", "{identifier: 'main', windows: ['main'], permissions: ['a', \"new\",],}"},
		{"JSON5, only remarks", "c.json5", "{identifier: 'main', windows: ['main'],\n  permissions: [\n    // none yet\n  ]}", "{identifier: 'main', windows: ['main'],\n  permissions: [\n    // none yet\n    \"new\"\n  ]}"},
		{"TOML", "c.toml", "identifier = \"main\" # the only one\nwindows = [\"main\"]\npermissions = [\"a\", 'b']\n", "identifier = \"main\" # the only one\nwindows = [\"main\"]\npermissions = [\"a\", 'b', \"new\"]\n"},
		{"TOML, lines", "c.toml", "identifier = \"main\"\nwindows = [\"main\"]\npermissions = [\n  \"a\", # why ]\n  { identifier = \"b\", allow = [{ path = '''x]''' }] },\n]\n",
			"identifier = \"main\"\nwindows = [\"main\"]\npermissions = [\n  \"a\", # why ]\n  { identifier = \"b\", allow = [{ path = '''x]''' }] },\n  \"new\",\n]\n"},
		{"TOML, several", "c.toml", "[[capabilities]]\nidentifier = \"first\"\nwindows = [\"x\"]\npermissions = [\"a\"]\n\n[[capabilities]]\nidentifier = \"main\"\nwindows = [\"x\"]\npermissions = [\"a\"]\n",
			"[[capabilities]]\nidentifier = \"first\"\nwindows = [\"x\"]\npermissions = [\"a\"]\n\n[[capabilities]]\nidentifier = \"main\"\nwindows = [\"x\"]\npermissions = [\"a\", \"new\"]\n"},
		{"TOML, tables", "c.toml", "identifier = \"main\"\nwindows = [\"x\"]\n\n[[permissions]]\nidentifier = \"a\"\n\n[[permissions.allow]]\npath = \"/x\"\n",
			"identifier = \"main\"\nwindows = [\"x\"]\n\n[[permissions]]\nidentifier = \"a\"\n\n[[permissions.allow]]\npath = \"/x\"\n\n[[permissions]]\nidentifier = \"new\"\n"},
		{"TOML, tables and more", "c.toml", "identifier = \"main\"\nwindows = [\"x\"]\n\n[[permissions]] # one\nidentifier = \"a\"\n\n[remote]\nurls = [\"https://example.org\"]\n",
			"identifier = \"main\"\nwindows = [\"x\"]\n\n[[permissions]] # one\nidentifier = \"a\"\n\n[[permissions]]\nidentifier = \"new\"\n\n[remote]\nurls = [\"https://example.org\"]\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := insert(tt.file, []byte(tt.before), "main", "new")
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.after {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.after)
			}
			if again, err := insert(tt.file, got, "main", "new"); err != nil || again != nil {
				t.Errorf("a second time: %q, %v", again, err)
			}
		})
	}
}

// TestInsertRefuses: a file that is not understood stays as it is.
func TestInsertRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"broken.json":  `{"identifier": "main", "windows": ["main"], "permissions": ["a"`,
		"other.json":   `{"identifier": "other", "windows": ["main"], "permissions": ["a"]}`,
		"missing.json": `{"identifier": "main", "windows": ["main"]}`,
	} {
		if got, err := insert(name, []byte(text), "main", "new"); err == nil || got != nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestAdd: a link stays one, the mode stays, and nothing lies about.
func TestAdd(t *testing.T) {
	dir := t.TempDir()
	real := filepath.Join(dir, "real.json")
	if err := os.WriteFile(real, []byte(`{"identifier": "main", "windows": ["main"], "permissions": []}`), 0o640); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "main.json")
	if err := os.Symlink("real.json", link); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false} {
		if added, err := Add(link, "main", "new"); err != nil || added != want {
			t.Fatalf("%d: %v, %v", i, added, err)
		}
	}
	info, err := os.Lstat(link)
	if err != nil || info.Mode().Type() != os.ModeSymlink {
		t.Errorf("the link: %v, %v", info, err)
	}
	if info, err = os.Stat(real); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o640 {
		t.Errorf("the file: %v, %v", info, err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("left: %v", left)
	}
	if err := os.Chmod(real, 0o440); err != nil {
		t.Fatal(err)
	}
	if _, err := Add(link, "main", "other"); err == nil {
		t.Error("a file that is write-protected was changed")
	}
}

// FuzzInsert: whatever stands in a file, it is changed as was meant or not at
// all.
func FuzzInsert(f *testing.F) {
	f.Add("c.json5", "{identifier: 'main', windows: ['main'], permissions: [\n  'a', /* ' */\n],}")
	f.Add("c.json5", "{identifier: 'main', windows: ['main'], permissions: [\n  'a' /* x\n y */ \n],}")
	f.Add("c.toml", "identifier = \"main\"\nwindows = [\"x\"]\n[[permissions]]\nidentifier = \"a\"\n[remote]\nurls = []\n")
	f.Add("c.json", `{"identifier": "main", "windows": ["main"], "permissions": ["a"]}`)
	f.Fuzz(func(t *testing.T, name, text string) {
		caps, err := capability.Parse(name, []byte(text))
		i := slices.IndexFunc(caps, func(c capability.Capability) bool { return c.Identifier == "main" })
		if err != nil || i < 0 {
			return
		}
		after, err := edit(name, []byte(text), "main", "new")
		if err != nil {
			return
		}
		caps[i].Permissions = append(caps[i].Permissions, capability.Entry{Identifier: "new"})
		if err := same(name, after, caps); err != nil {
			t.Errorf("%v\n%s\n%s", err, text, after)
		}
	})
}
