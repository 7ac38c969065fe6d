package acl

import (
	"go/ast"
	"go/build"
	"go/doc"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/bundled"
)

// Sources is what the Go files of an app say about its commands. They are
// parsed, not compiled, so it is there while the app does not build.
type Sources struct {
	// Commands are the names of the app's own commands, sorted, and Docs what
	// the comments of their functions begin with, for those that have one.
	Commands []string
	Docs     map[string]string
	// Plugins are the commands of plugins that the app adds, by the plugin's name.
	Plugins map[string][]string
	// Permissions are those that such plugins declare in Go, by the plugin's
	// name.
	Permissions map[string][]string
	// Known are those of the plugins that come with Mullion, by their names.
	Known []string
	// Missing are the plugins of Options.MissingPlugins.
	Missing []string
	// Unread are the places of registrations that could not be understood,
	// such as those whose name is computed. There may be more commands.
	Unread []string
}

// modulePath is the import path of the framework.
const modulePath = "github.com/mullion-dev/mullion"

// maxPackages bounds how much is read; an app with more has Sources.Unread.
const maxPackages = 500

// readSources looks at the main package of the app, in dir, and at the packages of its module that this one imports.
func readSources(dir string) *Sources {
	s := &scan{out: &Sources{Plugins: map[string][]string{}, Permissions: map[string][]string{}, Docs: map[string]string{}}, seen: map[string]bool{}, commands: map[string]bool{}}
	main := mainDir(dir)
	if main == "" {
		return s.out
	}
	s.root, s.module = moduleOf(main)
	if s.root == "" {
		s.root = main
	}
	s.main = main
	s.folder(main)
	s.out.Commands = slices.Sorted(maps.Keys(s.commands))
	for name := range s.out.Plugins {
		slices.Sort(s.out.Plugins[name])
		s.out.Plugins[name] = slices.Compact(s.out.Plugins[name])
	}
	slices.Sort(s.out.Known)
	s.out.Known = slices.Compact(s.out.Known)
	return s.out
}

// mainDir is the first folder with Go files, from dir upwards to that of the
// module: a project of Tauri has its configuration in src-tauri. Without a module
// it can only be dir: what lies above may be anybody's.
func mainDir(dir string) string {
	root, _ := moduleOf(dir)
	if root == "" {
		root = dir
	}
	for {
		if found, _ := filepath.Glob(filepath.Join(dir, "*.go")); len(found) > 0 {
			return dir
		}
		if dir == root {
			return ""
		}
		dir = filepath.Dir(dir)
	}
}

// moduleOf finds the module that a folder is in.
func moduleOf(dir string) (root, module string) {
	for {
		if b, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil {
			return dir, modfile.ModulePath(b)
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", ""
		}
		dir = up
	}
}

type scan struct {
	out          *Sources
	root, module string
	main         string          // the folder of the main package
	seen         map[string]bool // folders
	commands     map[string]bool
}

// folder reads one package, then those that it imports.
func (s *scan) folder(dir string) {
	if s.seen[dir] {
		return
	}
	s.seen[dir] = true
	if len(s.seen) > maxPackages {
		s.out.Unread = append(s.out.Unread, s.short(dir))
		return
	}
	fset := token.NewFileSet()
	var files []*ast.File
	names, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	for _, name := range names {
		if ok, err := build.Default.MatchFile(dir, filepath.Base(name)); err != nil || !ok || strings.HasSuffix(name, "_test.go") {
			continue
		}
		// What could be parsed of a broken file is better than nothing.
		if f, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution); f != nil {
			files = append(files, f)
			if err != nil {
				s.out.Unread = append(s.out.Unread, s.short(name))
			}
		}
	}
	p := pkg{scan: s, fset: fset, values: map[string]ast.Expr{}, docs: map[string]string{}}
	for _, f := range files {
		p.declarations(f)
	}
	for _, f := range files {
		p.calls(f)
	}
	for _, f := range files {
		for _, spec := range f.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			rest, ok := strings.CutPrefix(name, s.module+"/")
			if !ok || s.module == "" {
				continue
			}
			// An example in the framework's own module has nothing to do with the
			// rest of that.
			folder := filepath.Join(s.root, filepath.FromSlash(rest))
			if s.module != modulePath || strings.HasPrefix(folder, s.main+string(filepath.Separator)) {
				s.folder(folder)
			}
		}
	}
}

// short is a path as people see it.
func (s *scan) short(name string) string {
	if rel, err := filepath.Rel(s.root, name); err == nil {
		return filepath.ToSlash(rel)
	}
	return name
}

// pkg is one package while it is read.
type pkg struct {
	*scan
	fset *token.FileSet
	// values are those of constants and variables of the package.
	values map[string]ast.Expr
	// docs are the first sentences about functions and methods, "" for names
	// that several methods have.
	docs map[string]string
}

func (p *pkg) declarations(f *ast.File) {
	for _, d := range f.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			if _, again := p.docs[f.Name.Name]; again {
				p.docs[f.Name.Name] = ""
			} else {
				p.docs[f.Name.Name] = new(doc.Package).Synopsis(f.Doc.Text())
			}
		}
		decl, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range decl.Specs {
			v, ok := spec.(*ast.ValueSpec)
			if !ok || len(v.Values) != len(v.Names) {
				continue
			}
			for i, name := range v.Names {
				p.values[name.Name] = v.Values[i]
			}
		}
	}
}

// calls looks for what registers commands in a file.
func (p *pkg) calls(f *ast.File) {
	framework := importName(f, modulePath)
	if framework == "" {
		return // an *App has no other methods of these names in reach
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if kv, ok := n.(*ast.KeyValueExpr); ok {
			p.missing(kv)
		}
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		fun := call.Fun
		switch x := fun.(type) { // Handle[Args, Result](…)
		case *ast.IndexExpr:
			fun = x.X
		case *ast.IndexListExpr:
			fun = x.X
		}
		switch name, on := called(fun); {
		case name == "Handle" && (on == framework || on == "" && framework == ".") && len(call.Args) == 3:
			p.command(call.Args[1], call.Args[2])
		case name == "HandleRaw" && len(call.Args) == 2:
			p.command(call.Args[0], call.Args[1])
		case name == "AddPlugin" && len(call.Args) == 1:
			p.plugin(f, call.Args[0])
		}
		return true
	})
}

// called names a function and what it is selected from.
func called(fun ast.Expr) (name, on string) {
	switch x := fun.(type) {
	case *ast.Ident:
		return x.Name, ""
	case *ast.SelectorExpr:
		if id, ok := x.X.(*ast.Ident); ok {
			on = id.Name
		}
		return x.Sel.Name, on
	}
	return "", ""
}

// importName is what a file calls a package, or "".
func importName(f *ast.File, imported string) string {
	for _, spec := range f.Imports {
		if name, _ := strconv.Unquote(spec.Path.Value); name != imported {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(imported)
	}
	return ""
}

func (p *pkg) command(name, handler ast.Expr) {
	if s, ok := p.text(name, 0); ok {
		p.commands[s] = true
		if f, _ := called(handler); p.docs[f] != "" {
			p.out.Docs[s] = p.docs[f]
		}
		return
	}
	p.unread(name)
}

func (p *pkg) unread(n ast.Node) {
	at := p.fset.Position(n.Pos())
	p.out.Unread = append(p.out.Unread, p.short(at.Filename)+":"+strconv.Itoa(at.Line))
}

// maxDepth bounds how far a name is followed.
const maxDepth = 20

// text evaluates strings that stand in the source.
func (p *pkg) text(e ast.Expr, depth int) (string, bool) {
	if depth > maxDepth {
		return "", false
	}
	switch x := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(x.Value)
		return s, err == nil && x.Kind == token.STRING
	case *ast.ParenExpr:
		return p.text(x.X, depth+1)
	case *ast.BinaryExpr:
		a, ok1 := p.text(x.X, depth+1)
		b, ok2 := p.text(x.Y, depth+1)
		return a + b, ok1 && ok2 && x.Op == token.ADD
	case *ast.Ident:
		if v := p.values[x.Name]; v != nil {
			return p.text(v, depth+1)
		}
	}
	return "", false
}

// plugin reads a plugin.Plugin.
func (p *pkg) plugin(f *ast.File, described ast.Expr) {
	fields := p.literal(described)
	if fields == nil {
		if known, ok := p.known(f, described); ok {
			p.out.Known = append(p.out.Known, known.Name)
			return
		}
		p.unread(described)
		return
	}
	var name string
	var commands, permissions []string
	for _, e := range fields.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		key, ok := kv.Key.(*ast.Ident)
		if !ok {
			continue
		}
		switch key.Name {
		case "Name":
			name, _ = p.text(kv.Value, 0)
		case "Commands":
			table := p.literal(kv.Value)
			if table == nil {
				p.unread(kv.Value)
			}
			for _, item := range elements(table) {
				if command, ok := item.(*ast.KeyValueExpr); ok {
					if s, ok := p.text(command.Key, 0); ok {
						commands = append(commands, s)
						continue
					}
				}
				p.unread(item)
			}
		case "Permissions":
			for _, item := range elements(p.literal(kv.Value)) {
				if s, ok := p.identifier(item); ok {
					permissions = append(permissions, s)
				} else {
					p.unread(item)
				}
			}
		case "Files":
			p.unread(kv.Value)
		}
	}
	if name == "" {
		p.unread(described)
		return
	}
	p.out.Plugins[name] = append(p.out.Plugins[name], commands...)
	p.out.Permissions[name] = append(p.out.Permissions[name], permissions...)
}

// known finds out which of the plugins that come with Mullion is meant by
// os.New().Plugin(), or by o.Plugin() where o is set to os.New().
func (p *pkg) known(f *ast.File, described ast.Expr) (bundled.Plugin, bool) {
	call, ok := described.(*ast.CallExpr)
	if !ok {
		return bundled.Plugin{}, false
	}
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || method.Sel.Name != "Plugin" {
		return bundled.Plugin{}, false
	}
	made := method.X
	if id, ok := made.(*ast.Ident); ok {
		if made = p.values[id.Name]; made == nil {
			made = assigned(f, id.Name)
		}
	}
	if call, ok = made.(*ast.CallExpr); !ok {
		return bundled.Plugin{}, false
	}
	name, on := called(call.Fun)
	for _, k := range bundled.Plugins() {
		if name == "New" && on != "" && on == importName(f, k.Path) {
			return k, true
		}
	}
	return bundled.Plugin{}, false
}

// assigned finds what a variable of a function is set to first.
func assigned(f *ast.File, name string) (value ast.Expr) {
	ast.Inspect(f, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if ok && value == nil && len(a.Lhs) == len(a.Rhs) {
			for i, to := range a.Lhs {
				if id, ok := to.(*ast.Ident); ok && id.Name == name {
					value = a.Rhs[i]
					break
				}
			}
		}
		return value == nil
	})
	return value
}

// missing reads Options.MissingPlugins.
func (p *pkg) missing(kv *ast.KeyValueExpr) {
	if key, ok := kv.Key.(*ast.Ident); !ok || key.Name != "MissingPlugins" {
		return
	}
	list := p.literal(kv.Value)
	if list == nil {
		p.unread(kv.Value)
	}
	for _, item := range elements(list) {
		if s, ok := p.text(item, 0); ok {
			p.out.Missing = append(p.out.Missing, s)
		} else {
			p.unread(item)
		}
	}
}

// identifier reads the name of a capability.Permission.
func (p *pkg) identifier(permission ast.Expr) (string, bool) {
	for _, e := range elements(p.literal(permission)) {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok && key.Name == "Identifier" {
				return p.text(kv.Value, 0)
			}
		}
	}
	return "", false
}

// literal follows the name of a variable of the package to what it is set to.
func (p *pkg) literal(e ast.Expr) *ast.CompositeLit {
	for range maxDepth {
		switch x := e.(type) {
		case *ast.CompositeLit:
			return x
		case *ast.UnaryExpr:
			e = x.X
		case *ast.Ident:
			if e = p.values[x.Name]; e == nil {
				return nil
			}
		default:
			return nil
		}
	}
	return nil
}

func elements(l *ast.CompositeLit) []ast.Expr {
	if l == nil {
		return nil
	}
	return l.Elts
}
