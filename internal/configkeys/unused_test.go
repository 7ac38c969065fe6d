package configkeys

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/plugin"
)

// configFields are the fields of the types of package config that an app
// reads, in the root of this module and the packages that it is made of, as
// "Window.Title". What is in notUse does not count.
func configFields(t *testing.T) map[string]bool {
	t.Helper()
	list := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Export,GoFiles,Dir,Imports", rootPackage)
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	type pkg struct {
		ImportPath, Export, Dir string
		GoFiles, Imports        []string
	}
	var readers []pkg
	exports := map[string]string{}
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var p pkg
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		if slices.Contains(p.Imports, configPackage) {
			readers = append(readers, p)
		}
	}
	fields := map[string]bool{}
	for _, p := range readers {
		fset := token.NewFileSet()
		var files []*ast.File
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
		info := &types.Info{Selections: map[*ast.SelectorExpr]*types.Selection{}}
		check := types.Config{Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })}
		if _, err := check.Check(p.ImportPath, fset, files, info); err != nil {
			t.Fatal(err)
		}
		for expr, s := range info.Selections {
			if slices.Contains(notUse[p.ImportPath], filepath.Base(fset.Position(expr.Pos()).Filename)) {
				continue
			}
			if name := configField(s); name != "" {
				fields[name] = true
			}
		}
	}
	return fields
}

const (
	rootPackage   = "github.com/mullion-dev/mullion"
	configPackage = rootPackage + "/config" // has the types of the configuration
)

// notUse are the files that read fields without making use of them: tables, and
// what copies every option of a window.
var notUse = map[string][]string{
	rootPackage: {"window_options.go"}, rootPackage + "/internal/configkeys": {"unused.go", "window.go"},
}

// configField returns the name of a field of a type in package config, empty
// for what is no such field.
func configField(s *types.Selection) string {
	v, ok := s.Obj().(*types.Var)
	if !ok || v.Pkg() == nil || v.Pkg().Path() != configPackage {
		return ""
	}
	// The type that has the field, which may be embedded.
	owner := s.Recv()
	for _, i := range s.Index()[:len(s.Index())-1] {
		owner = structOf(owner).Field(i).Type()
	}
	if p, ok := owner.Underlying().(*types.Pointer); ok {
		owner = p.Elem()
	}
	named, ok := types.Unalias(owner).(*types.Named)
	if !ok {
		return ""
	}
	return named.Obj().Name() + "." + v.Name()
}

func structOf(t types.Type) *types.Struct {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	return t.Underlying().(*types.Struct)
}

// TestEveryKeyHasAnEffect walks all keys that a configuration may have: each
// is used, or in a table that says why it is not.
func TestEveryKeyHasAnEffect(t *testing.T) {
	used := configFields(t)
	listed := map[string]bool{}
	for _, u := range unusedKeys {
		for _, key := range u.keys {
			if listed[key] {
				t.Errorf("%s is in unusedKeys twice", key)
			}
			listed[key] = true
		}
	}
	for _, key := range toolKeys {
		if listed[key] {
			t.Errorf("%s is in both tables", key)
		}
		listed[key] = true
	}
	lacking := map[string]bool{}
	for _, l := range lackingOptions {
		lacking["app.windows."+l.key] = true
	}
	seen := 0
	var walk func(typ reflect.Type, path string)
	walk = func(typ reflect.Type, path string) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct {
			return
		}
		for i := range typ.NumField() {
			f := typ.Field(i)
			tag, ok := f.Tag.Lookup("conf")
			if !ok {
				continue
			}
			name, _, _ := strings.Cut(tag, ",")
			key := strings.TrimPrefix(path+"."+name, ".")
			seen++
			isUsed := used[typ.Name()+"."+f.Name]
			switch {
			case listed[key] && isUsed:
				t.Errorf("%s is used: take it out of the tables of keys", key)
			case listed[key]:
				delete(listed, key)
			case lacking[key]:
			case key == "app.security.pattern.options": // goes with isolation, which is refused
			case !isUsed && key != "plugins":
				t.Errorf("%s has no effect: use it, or say why not in unusedKeys", key)
			default:
				walk(f.Type, key)
			}
		}
	}
	walk(reflect.TypeFor[config.Config](), "")
	for key := range listed {
		t.Errorf("a table of keys has %s, which is no key", key)
	}
	if seen < 100 {
		t.Errorf("only %d keys were seen", seen)
	}
}

func TestUnusedKeysAreNamed(t *testing.T) {
	c, err := config.Parse("tauri.conf.json", []byte(`{
		"identifier": "org.example.a", "mainBinaryName": "a",
		"build": {"beforeBundleCommand": "true", "features": ["x"], "frontendDist": null},
		"bundle": {"icon": ["icon.png"], "targets": "all", "linux": {"deb": {}}},
		"plugins": {"fs": {}, "updater": {"endpoints": []}}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	LogUnused(slog.New(slog.NewTextHandler(&log, nil)), c, []plugin.Plugin{{Name: "fs", Config: &struct{}{}}})
	var got []string
	for line := range strings.Lines(log.String()) {
		_, keys, _ := strings.Cut(line, " keys=")
		keys, _, _ = strings.Cut(keys, " reason=")
		got = append(got, keys)
	}
	want := []string{
		`build.beforeBundleCommand at=tauri.conf.json:3:13`,
		`"bundle.targets bundle.linux" at=tauri.conf.json:4:36`,
		`plugins.updater at=tauri.conf.json:5:25`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s%s", diff, &log)
	}
}

// TestUnusedKeysInDocs compares the page with the table.
func TestUnusedKeysInDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## Keys without an effect")
	listed := map[string]bool{}
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		first, _, _ := strings.Cut(line[2:], " |")
		for key := range strings.SplitSeq(first, ", ") {
			listed[strings.Trim(key, "`")] = true
		}
	}
	for _, u := range unusedKeys {
		for _, key := range u.keys {
			if !listed[key] {
				t.Errorf("docs/configuration.md does not name %s", key)
			}
			delete(listed, key)
		}
	}
	delete(listed, "plugins.NAME")
	for key := range listed {
		t.Errorf("docs/configuration.md names %s, which has an effect", key)
	}
}
