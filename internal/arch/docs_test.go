package arch

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/builtin"
)

var exampleRead = regexp.MustCompile(`^examples/[a-z]+/README\.md$`)

// documents are the texts that must be true.
func documents(t *testing.T) []string {
	names := slices.DeleteFunc(files(t), func(name string) bool {
		return path.Ext(name) != ".md" || path.Dir(name) != "." && path.Dir(name) != "docs" && name != "internal/wire/PROTOCOL.md" && name != "packages/api/README.md" && !exampleRead.MatchString(name)
	})
	for _, want := range []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/state.md", "docs/capabilities.md"} {
		if !slices.Contains(names, want) {
			t.Fatalf("there is no %s", want)
		}
	}
	return names
}

// TestHello keeps the app in the README the one in examples.
func TestHello(t *testing.T) {
	for _, tt := range []struct{ language, file string }{
		{"go", "examples/hello/main.go"}, {"json", "examples/hello/capabilities/main.json"},
	} {
		list := snippets("README.md", read(t, "README.md"))
		i := slices.IndexFunc(list, func(s snippet) bool { return s.language == tt.language })
		if i < 0 || list[i].text != string(read(t, tt.file)) {
			t.Errorf("the first piece of %s in README.md is not %s", tt.language, tt.file)
		}
	}
}

// TestPermissionTable compares the lists of commands in docs/capabilities.md
// with those that the framework has.
func TestPermissionTable(t *testing.T) {
	text := string(read(t, "docs/capabilities.md"))
	row := regexp.MustCompile("(?m)^\\| `core:([a-z]+)` \\|([^|]*)\\|([^|]*)\\|$")
	quoted := regexp.MustCompile("`([a-z_]+)`")
	listed := map[string]bool{} // by command as on the wire: whether it is a default
	for _, m := range row.FindAllStringSubmatch(text, -1) {
		for i, byDefault := range []bool{true, false} {
			for _, c := range quoted.FindAllStringSubmatch(m[2+i], -1) {
				listed["plugin:"+m[1]+"|"+c[1]] = byDefault
			}
		}
	}
	want := builtins(t)
	for name, byDefault := range want {
		if got, ok := listed[name]; !ok || got != byDefault {
			t.Errorf("%s: listed %v, as default %v; it is one: %v", name, ok, got, byDefault)
		}
	}
	for name := range listed {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is listed and does not exist", name)
		}
	}
}

// builtins are the commands of the core namespaces, and whether core:default
// grants them.
func builtins(t *testing.T) map[string]bool {
	t.Helper()
	auth, err := capability.Resolve(builtin.Manifests(), []capability.Capability{{
		Identifier: "x", Local: true, Windows: []string{"w"}, Permissions: []capability.Entry{{Identifier: "core:default"}},
	}}, capability.Linux)
	if err != nil {
		t.Fatal(err)
	}
	commands := map[string]bool{}
	for _, c := range builtin.Commands() {
		if strings.HasPrefix(c.Permission, "core:") {
			_, err := auth.Check(capability.Caller{Window: "w", Webview: "w", Local: true}, c.Name)
			commands[c.Name] = err == nil
		}
	}
	if len(commands) < 30 {
		t.Fatalf("found only %d commands", len(commands))
	}
	return commands
}

// anchors returns the names that headings of a document have as targets of
// links, as GitHub makes them.
func anchors(text string) map[string]bool {
	names := map[string]bool{}
	fenced := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		heading, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " ")
		if fenced || !ok || !strings.HasPrefix(line, "#") {
			continue
		}
		var name strings.Builder
		for _, r := range strings.ToLower(strings.TrimSpace(heading)) {
			switch {
			case r == ' ':
				name.WriteByte('-')
			case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
				name.WriteRune(r)
			}
		}
		names[name.String()] = true
	}
	return names
}

// TestLinks fails when a document leads to a file or a heading that does not
// exist, or names a file that does not.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`)
	fenced := regexp.MustCompile("(?ms)^```.*?^```$")
	source := regexp.MustCompile(`<img [^>]*src="([^":]+)"()`)
	named := regexp.MustCompile("`([a-zA-Z0-9_.-]+(?:/[a-zA-Z0-9_.-]+)+\\.(?:go|ts|md|sh|txt|mjs|json|toml))`")
	for _, name := range documents(t) {
		text := string(read(t, name))
		for _, m := range append(link.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1), source.FindAllStringSubmatch(text, -1)...) {
			target := name
			if m[1] != "" {
				target = path.Join(path.Dir(name), m[1])
			}
			info, err := os.Stat(filepath.Join(root, target))
			switch {
			case err != nil:
				t.Errorf("%s: link to %s: %v", name, m[1], err)
			case m[2] != "" && (info.IsDir() || !anchors(string(read(t, target)))[m[2]]):
				t.Errorf("%s: %s has no heading #%s", name, target, m[2])
			}
		}
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			if folder, _, _ := strings.Cut(m[1], "/"); slices.Contains(filesOfApps, folder) {
				continue
			}
			_, err := os.Stat(filepath.Join(root, m[1]))
			_, err2 := os.Stat(filepath.Join(root, path.Dir(name), m[1]))
			if err != nil && err2 != nil {
				t.Errorf("%s: there is no %s", name, m[1])
			}
		}
	}
}

// TestIndex: docs/README.md leads to every page.
func TestIndex(t *testing.T) {
	index := string(read(t, "docs/README.md"))
	for _, name := range documents(t) {
		if page := path.Base(name); path.Dir(name) == "docs" && page != "README.md" && !strings.Contains(index, "]("+page+")") {
			t.Errorf("docs/README.md does not list %s", page)
		}
	}
}

// filesOfApps are folders that an app has, or that are built.
var filesOfApps = []string{"capabilities", "permissions", "src-tauri", "src", "ui", "dist", "frontend", "bin"}

// TestIdentifiers fails when a document names a method or field of the public
// API, as `Window.SetTitle`, that does not exist.
func TestIdentifiers(t *testing.T) {
	has := exported(t)
	quoted := regexp.MustCompile("`(?:mullion\\.)?(([A-Z][A-Za-z]+)\\.[A-Z][A-Za-z]+)(?:\\([^`]*\\))?`")
	n := 0
	for _, name := range documents(t) {
		if name != "README.md" && path.Dir(name) != "docs" {
			continue // speak of what was, and of what is inside
		}
		for _, m := range quoted.FindAllStringSubmatch(string(read(t, name)), -1) {
			if n++; has[m[2]] && !has[m[1]] {
				t.Errorf("%s: there is no %s", name, m[1])
			}
		}
	}
	if n < 50 {
		t.Errorf("only %d names were found", n)
	}
}

// TestNames fails when ARCHITECTURE.md names a function that does not exist
// in the file that it names before, written as `file.go`: `function`.
func TestNames(t *testing.T) {
	pair := regexp.MustCompile("`([a-zA-Z0-9_/.-]+\\.(?:go|ts))`: ((?:`[A-Za-z0-9_.]+`(?:, | and )?)+)")
	name := regexp.MustCompile("`([A-Za-z0-9_.]+)`")
	text := string(read(t, "ARCHITECTURE.md"))
	n := 0
	for _, m := range pair.FindAllStringSubmatch(text, -1) {
		source := string(read(t, m[1]))
		for _, f := range name.FindAllStringSubmatch(m[2], -1) {
			n++
			short := f[1][strings.LastIndexByte(f[1], '.')+1:]
			if !regexp.MustCompile(`\b` + short + `\b`).MatchString(source) {
				t.Errorf("ARCHITECTURE.md: there is no %s in %s", f[1], m[1])
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d names of functions were found", n)
	}
}
