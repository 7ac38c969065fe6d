package arch

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/core"
)

// snippet is a piece of code in a document.
type snippet struct {
	file     string
	line     int
	language string
	text     string
}

func (s snippet) String() string { return fmt.Sprintf("%s:%d", s.file, s.line) }

// documents are the texts that must be true.
func documents(t *testing.T) []string {
	names := slices.DeleteFunc(files(t), func(name string) bool {
		return path.Ext(name) != ".md" || path.Dir(name) != "." && path.Dir(name) != "docs" && name != "internal/wire/PROTOCOL.md"
	})
	for _, want := range []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/state.md", "docs/capabilities.md"} {
		if !slices.Contains(names, want) {
			t.Fatalf("there is no %s", want)
		}
	}
	return names
}

// snippets returns the fenced code of a document.
func snippets(name string, text []byte) (list []snippet) {
	var current *snippet
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		language, fence := strings.CutPrefix(strings.TrimRight(line, "\n"), "```")
		switch {
		case fence && current == nil:
			current = &snippet{file: name, line: n + 1, language: language}
		case fence:
			list = append(list, *current)
			current = nil
		case current != nil:
			current.text += line
		}
	}
	return list
}

func allSnippets(t *testing.T, language string) (list []snippet) {
	t.Helper()
	for _, name := range documents(t) {
		for _, s := range snippets(name, read(t, name)) {
			if s.language == language {
				list = append(list, s)
			}
		}
	}
	if len(list) == 0 {
		t.Fatalf("no snippets in %s", language)
	}
	return list
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

// TestGoSnippets builds the Go files in the documents, as packages that exist
// only for the compiler.
func TestGoSnippets(t *testing.T) {
	dir, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	args := []string{"build", "-overlay", filepath.Join(t.TempDir(), "overlay.json")}
	for i, s := range allSnippets(t, "go") {
		if s.text == string(read(t, "examples/hello/main.go")) {
			continue // it needs the files beside it, and is built with them
		}
		if !strings.HasPrefix(s.text, "package ") {
			t.Errorf("%v: pieces of Go files cannot be checked; begin with a package clause", s)
			continue
		}
		pkg := fmt.Sprintf("internal/arch/snippet%d", i)
		file := filepath.Join(t.TempDir(), "snippet.go")
		// Errors are reported at the place in the document.
		text := fmt.Sprintf("//line %s:%d\n%s", s.file, s.line, s.text)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(dir, filepath.FromSlash(pkg), "snippet.go")] = file
		args = append(args, "./"+pkg)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(args[2], overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestCapabilitySnippets reads the capability files in the documents, and
// resolves them against what the framework offers and an app with the commands
// that they speak of.
func TestCapabilitySnippets(t *testing.T) {
	var caps []capability.Capability
	for i, s := range allSnippets(t, "json") {
		if !strings.Contains(s.text, `"permissions"`) {
			continue
		}
		c, err := capability.Parse(s.file+".json", []byte(s.text))
		if err != nil {
			t.Errorf("%v: %v", s, err)
			continue
		}
		c[0].Identifier = fmt.Sprintf("%s-%d", c[0].Identifier, i) // documents may use a name twice
		caps = append(caps, c...)
	}
	app := capability.Manifest{}
	for _, s := range allSnippets(t, "toml") {
		m, err := capability.ParsePermissions(s.file+".toml", []byte(s.text))
		if err != nil {
			t.Errorf("%v: %v", s, err)
			continue
		}
		app = m
	}
	app.Commands = []string{"greet", "add_note", "list_notes"}
	c, err := core.New(core.Options{
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Capabilities: caps, Platform: capability.Linux,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Resolve(app); err != nil {
		t.Error(err)
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

// builtins finds out which commands of the core namespaces exist and which of
// them core:default grants, from outside: by the permissions that can be named.
func builtins(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "internal/core/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var source string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		source += string(text)
	}
	commands := map[string]bool{}
	add := func(pattern, namespace string) {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(source, -1) {
			if namespace != "" {
				m = []string{"", namespace, m[1]}
			}
			commands["plugin:"+m[1]+"|"+m[2]] = false
		}
	}
	add(`\bcommand\("([a-z]+)", "([a-z_]+)"`, "")
	add(`\bappleCommand(?:\[none\]|\[struct \{[^}]*\}\])\("([a-z_]+)"`, "app")
	add(`\b(?:getter|doer|setter|act|lacking|textless|ofScreen)\("([a-z_]+)"`, "window")
	add(`\bmenuGetter\("([a-z_]+)"`, "menu")
	add(`\b(?:webviewTells|webviewDoes|webviewTakes)\("([a-z_]+)"`, "webview")
	namespaces := regexp.MustCompile(`var coreNamespaces = .*`).FindString(source)
	maps.DeleteFunc(commands, func(name string, _ bool) bool {
		namespace, _, _ := strings.Cut(strings.TrimPrefix(name, "plugin:"), "|")
		return !strings.Contains(namespaces, `"`+namespace+`"`)
	})
	c, err := core.New(core.Options{
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Platform: capability.Linux,
		Capabilities: []capability.Capability{{
			Identifier: "x", Local: true, Windows: []string{"w"}, Permissions: []capability.Entry{{Identifier: "core:default"}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Resolve(); err != nil {
		t.Fatal(err)
	}
	for name := range commands {
		_, err := c.Authority().Check(capability.Caller{Window: "w", Webview: "w", Local: true}, name)
		commands[name] = err == nil
	}
	if len(commands) < 30 {
		t.Fatalf("found only %d commands", len(commands))
	}
	return commands
}

// TestLinks fails when a document leads to a file that does not exist, or
// names one that does not.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	named := regexp.MustCompile("`([a-zA-Z0-9_.-]+(?:/[a-zA-Z0-9_.-]+)+\\.(?:go|ts|md|sh|txt|mjs|json|toml))`")
	for _, name := range documents(t) {
		text := string(read(t, name))
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			target := path.Join(path.Dir(name), m[1])
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s: link to %s: %v", name, m[1], err)
			}
		}
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			if strings.HasPrefix(m[1], "capabilities/") || strings.HasPrefix(m[1], "bin/") {
				continue // files of an app, and what is built
			}
			_, err := os.Stat(filepath.Join(root, m[1]))
			_, err2 := os.Stat(filepath.Join(root, path.Dir(name), m[1]))
			if err != nil && err2 != nil {
				t.Errorf("%s: there is no %s", name, m[1])
			}
		}
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
