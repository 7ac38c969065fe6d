package arch

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source is a Go file. Its path is relative to the root, with slashes.
type source struct {
	path string
	text []byte
	// module is the folder of the file's module, "." for the framework's own.
	module string
}

func (s source) dir() string { return path.Dir(s.path) }

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// below reports whether pkg is meant by a pattern that ends in /...
func below(pkg, pattern string) bool {
	dir, ok := strings.CutSuffix(pattern, "/...")
	return ok && within(pkg, dir)
}

// within reports whether a path is dir or below it.
func within(p, dir string) bool {
	return dir == "." || p == dir || strings.HasPrefix(p, dir+"/")
}

// check returns how a file breaks the law.
func check(s source) (broken []string) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, s.path, s.text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return []string{err.Error()}
	}
	c := &checker{source: s, fset: fset, file: f, names: map[string]string{}}
	c.packageName()
	c.known()
	c.imports()
	if !s.isTest() {
		c.size()
		c.inits()
	}
	c.loads()
	return c.broken
}

// checker checks one file.
type checker struct {
	source
	fset   *token.FileSet
	file   *ast.File
	names  map[string]string // path of an import by its name in the file
	broken []string
}

func (c *checker) report(pos token.Pos, format string, args ...any) {
	c.broken = append(c.broken, fmt.Sprintf("%s:%d: %s", c.path, c.fset.Position(pos).Line, fmt.Sprintf(format, args...)))
}

func (c *checker) packageName() {
	name := strings.TrimSuffix(c.file.Name.Name, "_test")
	if slices.Contains(vague, name) || slices.Contains(vague, path.Base(c.dir())) {
		c.report(c.file.Package, "package %s: the name says nothing about what is in it", name)
	}
}

// known refuses packages that the law says nothing about.
func (c *checker) known() {
	if _, ok := lookup(c.dir()); !ok && !c.isTest() {
		c.report(c.file.Package, "package %s is not in the law of internal/arch/law_test.go: add it, with what it may import and why", c.dir())
	}
}

func (c *checker) size() {
	if ast.IsGenerated(c.file) {
		return
	}
	limit := maxLines
	if l, ok := longFiles[c.path]; ok {
		limit = l.lines
	}
	if n := bytes.Count(c.text, []byte("\n")); n > limit {
		c.report(c.file.Package, "%d lines, more than %d: a file has one subject; split it, or add it to longFiles with a reason", n, limit)
	}
}

func (c *checker) imports() {
	for _, spec := range c.file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			c.report(spec.Pos(), "import %s: %v", spec.Path.Value, err)
			continue
		}
		name := path.Base(p)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		c.names[name] = p
		if own, ok := c.own(p); ok {
			c.ownImport(spec.Pos(), own)
			continue
		}
		switch {
		case p == "C":
			c.report(spec.Pos(), `import "C": no C toolchain may be needed`)
		case p == "plugin":
			c.report(spec.Pos(), "import of plugin: libraries are opened below internal/backend only")
		case p == "unsafe" && !(strings.HasSuffix(c.path, "_unsafe.go") && (within(c.dir(), "internal/backend") || within(c.dir(), "internal/sandbox") || c.dir() == "internal/desktop/notifyicon" || c.dir() == "internal/win32")):
			c.report(spec.Pos(), "import of unsafe: only below internal/backend and internal/sandbox and in internal/desktop/notifyicon and internal/win32, in files named *_unsafe.go")
		case p == "os/exec" && !c.isTest() && !c.mayExec():
			c.report(spec.Pos(), "import of os/exec: processes are started by internal/sandbox; a new place needs a line in execFiles")
		case strings.Contains(strings.Split(p, "/")[0], ".") && c.module == ".":
			c.foreignImport(spec.Pos(), p)
		}
	}
}

// own returns the folder of a package of this repository.
func (c *checker) own(p string) (dir string, ok bool) {
	if p == module {
		return ".", true
	}
	return strings.CutPrefix(p, module+"/")
}

func (c *checker) ownImport(pos token.Pos, pkg string) {
	if c.isTest() {
		// A test may use what it needs, but what is tested stays below.
		if within(pkg, "cmd") && !within(c.dir(), "cmd") || within(pkg, "examples") && !within(c.dir(), "examples") {
			c.report(pos, "import of %s: nothing imports cmd and examples", pkg)
		}
		return
	}
	may, _ := lookup(c.dir())
	for _, o := range onlyIn {
		if pkg == o.pkg {
			if !slices.ContainsFunc(o.files, func(f string) bool { return within(c.path, f) }) {
				c.report(pos, "import of %s: only %s may (%s)", pkg, strings.Join(o.files, ", "), o.reason)
			}
			return
		}
	}
	if within(c.dir(), "examples") && within(pkg, path.Join(strings.Split(c.dir()+"/", "/")[:2]...)) {
		return // an example's own packages
	}
	if !allows(may, pkg) {
		c.report(pos, "package %s may not import %s; it may import %s", c.dir(), pkg, list(may))
	}
}

func list(names []string) string {
	if len(names) == 0 {
		return "no package of this module"
	}
	return strings.Join(names, ", ")
}

func (c *checker) mayExec() bool {
	if _, ok := execFiles[c.path]; ok {
		return true
	}
	for dir := range execDirs {
		if within(c.dir(), dir) {
			return true
		}
	}
	return false
}

func (c *checker) foreignImport(pos token.Pos, p string) {
	for _, f := range foreign {
		if !within(p, f.prefix) {
			continue
		}
		if slices.ContainsFunc(f.dirs, func(dir string) bool { return within(c.dir(), dir) }) {
			return
		}
		if !c.isTest() || within(p, "github.com/ebitengine/purego") {
			c.report(pos, "import of %s: only in %s (%s)", p, strings.Join(f.dirs, ", "), f.reason)
		}
		return
	}
	if !c.isTest() {
		c.report(pos, "import of %s: not among the modules in internal/arch/law_test.go; add it, with where it is used and why", p)
	}
}

// inits refuses what happens before main.
func (c *checker) inits() {
	_, allowed := initFiles[c.path]
	for _, d := range c.file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name == "init" && !allowed {
				c.report(d.Pos(), "func init: nothing happens before Main; make it a function that is called")
			}
		case *ast.GenDecl:
			if d.Tok == token.VAR {
				c.variables(d)
			}
		}
	}
}

func (c *checker) variables(d *ast.GenDecl) {
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			if pkg, name := c.callee(n); slices.Contains(restless, pkg) {
				c.report(n.Pos(), "%s.%s is called while package variables are set; nothing happens before Main", pkg, name)
			}
			if _, ok := n.Fun.(*ast.FuncLit); ok {
				c.report(n.Pos(), "a function is run while package variables are set; nothing happens before Main")
			}
		}
		return true
	})
}

// callee returns package and name of a function that is called by them.
func (c *checker) callee(call *ast.CallExpr) (pkg, name string) {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	if id, ok := sel.X.(*ast.Ident); ok {
		return c.names[id.Name], sel.Sel.Name
	}
	return "", sel.Sel.Name
}

// loads refuses to open libraries outside of the backends, and in init
// functions everywhere.
func (c *checker) loads() {
	for _, d := range c.file.Decls {
		f, isFunc := d.(*ast.FuncDecl)
		early := !isFunc || f.Recv == nil && f.Name.Name == "init"
		ast.Inspect(d, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			_, name := c.callee(call)
			switch {
			case !slices.Contains(loaders, name):
			case !within(c.dir(), "internal/backend"):
				c.report(n.Pos(), "%s: libraries are opened below internal/backend only", name)
			case early:
				c.report(n.Pos(), "%s before main: a library is opened in the host role only", name)
			}
			return true
		})
	}
}

// TestCatches shows that the law is no paper tiger.
func TestCatches(t *testing.T) {
	lines := strings.Repeat("//\n", maxLines+1)
	tests := []struct {
		name, path, text string
		want             string // "" if it is within the law
	}{
		{"core may wire", "internal/core/x.go", `package core; import "github.com/mullion-dev/mullion/internal/wire"`, ""},
		{"core to host", "internal/core/x.go", `package core; import "github.com/mullion-dev/mullion/internal/host"`, "package internal/core may not import internal/host"},
		{"host to core", "internal/host/x.go", `package host; import "github.com/mullion-dev/mullion/internal/core"`, "package internal/host may not import internal/core"},
		{"core to backend on windows", "internal/core/x_windows.go", `package core; import "github.com/mullion-dev/mullion/internal/backend"`, "may not import internal/backend"},
		{"behind a tag", "internal/wire/x.go", "//go:build never\n\npackage wire\n\nimport _ \"github.com/mullion-dev/mullion/ipc\"", "x.go:5: package internal/wire may not import ipc"},
		{"root to engine elsewhere", "app.go", `package mullion; import "github.com/mullion-dev/mullion/internal/backend/webkitgtk"`, "only internal/engine/engine_linux.go, bench, internal/attacks may"},
		{"engine", "internal/engine/engine_linux.go", `package engine; import "github.com/mullion-dev/mullion/internal/backend/webkitgtk"`, ""},
		{"engine to engine", "internal/backend/webview2/x.go", `package webview2; import "github.com/mullion-dev/mullion/internal/backend/fake"`, "may not import internal/backend/fake"},
		{"plugin", "plugin/fs/x.go", `package fs; import "github.com/mullion-dev/mullion/internal/core"`, "package plugin/fs may not import internal/core"},
		{"plugin is fine", "plugin/fs/x.go", `package fs; import "github.com/mullion-dev/mullion"`, ""},
		{"example", "examples/hello/x.go", `package main; import "github.com/mullion-dev/mullion/internal/wire"`, "may not import internal/wire"},
		{"example's own", "examples/hello/x.go", `package main; import "github.com/mullion-dev/mullion/examples/hello/internal/y"`, ""},
		{"nobody imports examples", "internal/core/x_test.go", `package core; import "github.com/mullion-dev/mullion/examples/hello"`, "nothing imports"},
		{"product imports e2e", "app.go", `package mullion; import "github.com/mullion-dev/mullion/internal/e2e"`, "may not import internal/e2e"},
		{"unknown package", "internal/novel/x.go", `package novel`, "not in the law"},
		{"purego in the core", "internal/core/x.go", `package core; import "github.com/ebitengine/purego"`, "import of github.com/ebitengine/purego: only in internal/backend"},
		{"purego in a test", "internal/core/x_test.go", `package core; import "github.com/ebitengine/purego"`, "only in internal/backend"},
		{"unknown module", "ipc/x.go", `package ipc; import "example.org/yaml"`, "not among the modules"},
		{"unknown module in a test", "ipc/x_test.go", `package ipc; import "example.org/yaml"`, ""},
		{"cgo", "internal/backend/webkitgtk/x.go", `package webkitgtk; import "C"`, "no C toolchain"},
		{"unsafe in core", "internal/core/x_unsafe.go", `package core; import "unsafe"`, "import of unsafe"},
		{"unsafe by another name", "internal/backend/webkitgtk/x.go", `package webkitgtk; import "unsafe"`, "in files named *_unsafe.go"},
		{"unsafe where it may be", "internal/sandbox/x_unsafe.go", `package sandbox; import "unsafe"`, ""},
		{"exec", "internal/core/x.go", `package core; import "os/exec"`, "import of os/exec"},
		{"exec in a test", "internal/core/x_test.go", `package core; import "os/exec"`, ""},
		{"init", "config/x.go", `package config; func init() {}`, "func init"},
		{"method init", "config/x.go", `package config; type t int; func (t) init() {}`, ""},
		{"init in a test", "config/x_test.go", `package config; func init() {}`, ""},
		{"dlopen outside", "internal/desktop/x.go", `package desktop; func f() { purego.Dlopen("x", 1) }`, "below internal/backend only"},
		{"dlopen in init", "internal/backend/webkitgtk/x.go", `package webkitgtk; func init() { purego.Dlopen("x", 1) }`, "before main"},
		{"dlopen in a variable", "internal/backend/webkitgtk/x.go", `package webkitgtk; var lib, _ = purego.Dlopen("x", 1)`, "before main"},
		{"dlopen in a function", "internal/backend/webkitgtk/x.go", `package webkitgtk; func open() { purego.Dlopen("x", 1) }`, ""},
		{"DLL", "internal/desktop/x_windows.go", `package desktop; var user32 = windows.NewLazySystemDLL("user32.dll")`, "below internal/backend only"},
		{"I/O in a variable", "config/x.go", `package config; import "os"; var home, _ = os.UserHomeDir()`, "os.UserHomeDir is called while package variables are set"},
		{"function in a variable", "config/x.go", `package config; var x = func() int { return 1 }()`, "a function is run"},
		{"I/O in a function of a variable", "config/x.go", `package config; import "os"; var home = func() (string, error) { return os.UserHomeDir() }`, ""},
		{"vague name", "internal/x/x.go", `package util`, "package util: the name says nothing"},
		{"vague folder", "internal/helper/x.go", `package x`, "the name says nothing"},
		{"long", "ipc/x.go", "package ipc\n" + lines, "502 lines, more than 500"},
		{"long and generated", "ipc/x.go", "// Code generated by x; DO NOT EDIT.\n\npackage ipc\n" + lines, ""},
		{"long test", "ipc/x_test.go", "package ipc\n" + lines, ""},
		{"no Go", "ipc/x.go", "package", "expected 'IDENT'"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(check(source{path: tt.path, text: []byte(tt.text), module: "."}), "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
