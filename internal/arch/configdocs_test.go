package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"log/slog"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/core"
)

// isCapability, isPackage: what is neither is a configuration.
func (s snippet) isCapability() bool { return strings.Contains(s.text, `"permissions"`) }

func (s snippet) isPackage() bool {
	return regexp.MustCompile(`"(scripts|dependencies|devDependencies)"`).MatchString(s.text)
}

// TestJSONSnippets reads the configurations in the documents as apps do. Keys
// in them have an effect.
func TestJSONSnippets(t *testing.T) {
	unused := unusedKeys(t)
	n := 0
	for _, s := range allSnippets(t, "json") {
		switch {
		case s.isCapability():
			continue
		case s.isPackage(), s.foreign:
			var v any
			if err := json.Unmarshal([]byte(s.text), &v); err != nil {
				t.Errorf("%v: %v", s, err)
			}
			continue
		}
		text := s.text
		if !strings.Contains(text, `"identifier"`) {
			text = strings.Replace(text, "{", `{"identifier": "org.example.app", `, 1)
		}
		c, err := config.Parse(s.file+".json", []byte(text))
		if err != nil {
			t.Errorf("%v: %v", s, err)
			continue
		}
		n++
		for _, k := range c.Keys {
			if isBelow(k.Path, unused) {
				t.Errorf("%v: %s has no effect", s, k.Path)
			}
		}
	}
	if n == 0 {
		t.Error("no configuration was found")
	}
}

// unusedKeys reads the table of the keys without an effect.
func unusedKeys(t *testing.T) (keys []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "", read(t, "internal/configkeys/unused.go"), parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != "unusedKeys" {
			return true
		}
		for _, row := range spec.Values[0].(*ast.CompositeLit).Elts {
			for _, key := range row.(*ast.CompositeLit).Elts[0].(*ast.CompositeLit).Elts {
				name, err := strconv.Unquote(key.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				keys = append(keys, name)
			}
		}
		return false
	})
	if len(keys) == 0 {
		t.Fatal("no keys were found in internal/configkeys/unused.go")
	}
	return keys
}

// isBelow reports whether a key is one of the list, or below one.
func isBelow(key string, list []string) bool {
	return slices.ContainsFunc(list, func(l string) bool { return key == l || strings.HasPrefix(key, l+".") })
}

// configKeys are all keys that a configuration may have, with dots.
func configKeys() map[string]bool {
	keys := map[string]bool{}
	var walk func(typ reflect.Type, path string)
	walk = func(typ reflect.Type, path string) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct {
			return
		}
		for i := range typ.NumField() {
			if tag, ok := typ.Field(i).Tag.Lookup("conf"); ok {
				name, _, _ := strings.Cut(tag, ",")
				key := strings.TrimPrefix(path+"."+name, ".")
				keys[key] = true
				walk(typ.Field(i).Type, key)
			}
		}
	}
	walk(reflect.TypeFor[config.Config](), "")
	return keys
}

// TestConfigKeys fails when a document names a key that does not exist, or one
// that has no effect without saying so. The list of these in
// docs/configuration.md is complete.
func TestConfigKeys(t *testing.T) {
	keys, unused := configKeys(), unusedKeys(t)
	key := regexp.MustCompile("`((?:app|build|bundle)(?:\\.[a-zA-Z]+(?:\\[[0-9]*\\])?)+)`")
	index := regexp.MustCompile(`\[[0-9]*\]`)
	const list = "docs/configuration.md"
	listed := map[string]bool{}
	for _, name := range documents(t) {
		if name == "CHANGELOG.md" || name == "docs/compatibility.md" {
			continue // what was, and the module app of the npm package
		}
		for line := range strings.Lines(string(read(t, name))) {
			for _, m := range key.FindAllStringSubmatch(line, -1) {
				k := index.ReplaceAllString(m[1], "")
				switch {
				case !keys[k] && strings.HasPrefix(name, "docs/from-"): // something of another framework
				case !keys[k]:
					t.Errorf("%s: there is no key %s", name, m[1])
				case !isBelow(k, unused):
				case name == list && strings.HasPrefix(line, "|"):
					listed[k] = true
				case !regexp.MustCompile("no effect|ignored|reads it|not read").MatchString(line):
					t.Errorf("%s: %s has no effect", name, m[1])
				}
			}
		}
	}
	for _, k := range unused {
		if !listed[k] {
			t.Errorf("%s does not list %s among the keys without an effect", list, k)
		}
	}
}

// TestCapabilitySnippets reads the capability files in the documents, and
// resolves them against what the framework offers and the commands that Go code
// in the documents has.
func TestCapabilitySnippets(t *testing.T) {
	var caps []capability.Capability
	for i, s := range allSnippets(t, "json") {
		if !s.isCapability() || s.foreign {
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
	commands := map[string]bool{}
	handle := regexp.MustCompile(`\bHandle\(app, "([a-z_]+)"`)
	for _, s := range allSnippets(t, "go") {
		for _, m := range handle.FindAllStringSubmatch(s.context+s.text, -1) {
			commands[m[1]] = true
		}
	}
	for _, name := range append([]string{"add_note", "list_notes"}, slices.Collect(maps.Keys(commands))...) {
		if !slices.Contains(app.Commands, name) {
			app.Commands = append(app.Commands, name)
		}
	}
	c, err := core.New(core.Options{
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Capabilities: caps, Platform: capability.Linux,
	})
	if err != nil {
		t.Fatal(err)
	}
	manifests := []capability.Manifest{app}
	plugin := regexp.MustCompile(`plugin\.Plugin\{\s+Name: +"([a-z-]+)"`)
	for _, s := range allSnippets(t, "go") {
		for _, m := range plugin.FindAllStringSubmatch(s.text, -1) {
			manifests = append(manifests, capability.Manifest{Plugin: m[1]})
		}
	}
	if err := c.Resolve(manifests...); err != nil {
		t.Error(err)
	}
}
