package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"strings"
	"testing"
)

// TestGoTable compares docs/go.md with the commands that there are, and with
// what the root package exports.
func TestGoTable(t *testing.T) {
	quoted := regexp.MustCompile("`([A-Za-z_.]+)`")
	head := regexp.MustCompile("^\\| command of `([a-z]+)` \\| Go \\|$")
	has := exported(t)
	listed := map[string]bool{} // in tables as on the wire, in sentences the command alone
	namespace := ""
	for line := range strings.Lines(string(read(t, "docs/go.md"))) {
		line = strings.TrimSpace(line)
		if m := head.FindStringSubmatch(line); m != nil {
			namespace = m[1]
			continue
		}
		commands, names, row := strings.Cut(line, " | ")
		prefix := ""
		if row {
			prefix = "plugin:" + namespace + "|"
		}
		for _, m := range quoted.FindAllStringSubmatch(commands, -1) {
			listed[prefix+m[1]] = true
		}
		for _, m := range quoted.FindAllStringSubmatch(names, -1) {
			if !has[m[1]] {
				t.Errorf("the root package has no %s", m[1])
			}
		}
	}
	commands := builtins(t)
	for name := range commands {
		if n, short, _ := strings.Cut(strings.TrimPrefix(name, "plugin:"), "|"); !listed[name] && !listed[short] && n != "path" && n != "image" {
			t.Errorf("docs/go.md says nothing of %s", name)
		}
	}
	for name := range listed {
		if _, ok := commands[name]; strings.HasPrefix(name, "plugin:") && !ok {
			t.Errorf("docs/go.md names %s, which does not exist", name)
		}
	}
}

// exported returns what the root package exports: "Menu", "Main", and methods
// and fields as "Window.SetTitle".
func exported(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, name := range files(t) {
		if path.Dir(name) != "." || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, read(t, name), parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				names[receiver(d)+d.Name.Name] = true
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if s, ok := s.(*ast.TypeSpec); ok {
						names[s.Name.Name] = true
						addFields(names, s)
					}
				}
			}
		}
	}
	return names
}

// receiver returns the type that a function is a method of, with a dot.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	of := d.Recv.List[0].Type
	if p, ok := of.(*ast.StarExpr); ok {
		of = p.X
	}
	if g, ok := of.(*ast.IndexExpr); ok {
		of = g.X
	}
	if id, ok := of.(*ast.Ident); ok {
		return id.Name + "."
	}
	return ""
}

func addFields(names map[string]bool, s *ast.TypeSpec) {
	if st, ok := s.Type.(*ast.StructType); ok {
		for _, f := range st.Fields.List {
			for _, n := range f.Names {
				names[s.Name.Name+"."+n.Name] = true
			}
		}
	}
}
