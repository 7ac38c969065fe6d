// Command reference writes docs/reference, a page for each public package, from
// the doc comments in it.
//
//	go run ./scripts/reference
package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/build"
	"go/doc"
	"go/doc/comment"
	"go/format"
	"go/parser"
	"go/token"
	"log"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

const module = "github.com/mullion-dev/mullion"

// packages are the public ones, by their folders.
var packages = []string{".", "ipc", "capability", "config", "plugin", "plugin/files", "mulliontest"}

func main() {
	log.SetFlags(0)
	files, err := pages(".")
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(name, text, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// pages returns the pages by their paths in the repository, which is in dir.
func pages(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	var index bytes.Buffer
	fmt.Fprintf(&index, "# Reference\n\nThe public Go packages, from their doc comments.\n\n| | |\n|---|---|\n")
	anchors := map[string]map[string]bool{}
	var all []*pkg
	for _, folder := range packages {
		p, err := read(dir, folder)
		if err != nil {
			return nil, err
		}
		p.anchors = anchors
		anchors[p.ImportPath] = p.own()
		all = append(all, p)
	}
	for _, p := range all {
		name := p.Name + ".md"
		fmt.Fprintf(&index, "| [%s](%s) | %s |\n", p.ImportPath, name, strings.TrimPrefix(p.Synopsis(p.Doc), "Package "+p.Name+" "))
		text, err := p.page()
		if err != nil {
			return nil, err
		}
		files["docs/reference/"+name] = text
	}
	files["docs/reference/README.md"] = index.Bytes()
	return files, nil
}

// pkg is a package with its sources.
type pkg struct {
	*doc.Package
	dir     string // of the repository
	fset    *token.FileSet
	imports map[string]string // paths by names
	out     bytes.Buffer
	// anchors are what can be linked to, by the paths of packages.
	anchors map[string]map[string]bool
}

// own are the anchors of the page itself.
func (p *pkg) own() map[string]bool {
	own := map[string]bool{}
	add := func(receiver string, values []*doc.Value, funcs []*doc.Func) {
		for _, v := range values {
			for _, name := range v.Names {
				own[anchor(name)] = true
			}
		}
		for _, f := range funcs {
			own[anchor(receiver+f.Name)] = true
		}
	}
	add("", slices.Concat(p.Consts, p.Vars), p.Funcs)
	for _, t := range p.Types {
		own[anchor(t.Name)] = true
		add("", slices.Concat(t.Consts, t.Vars), t.Funcs)
		add(t.Name+".", nil, t.Methods)
	}
	return own
}

// read reads a package as it is on Linux.
func read(dir, folder string) (*pkg, error) {
	system := build.Default
	system.GOOS, system.GOARCH, system.CgoEnabled = "linux", "amd64", false
	found, err := system.ImportDir(filepath.Join(dir, folder), 0)
	if err != nil {
		return nil, err
	}
	p := &pkg{dir: dir, fset: token.NewFileSet(), imports: map[string]string{}}
	var files []*ast.File
	for _, name := range found.GoFiles {
		f, err := parser.ParseFile(p.fset, filepath.Join(found.Dir, name), nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
		for _, i := range f.Imports {
			if to := strings.Trim(i.Path.Value, `"`); i.Name == nil {
				p.imports[path.Base(to)] = to
			}
		}
	}
	p.Package, err = doc.NewFromFiles(p.fset, files, path.Join(module, folder))
	return p, err
}

func (p *pkg) page() ([]byte, error) {
	fmt.Fprintf(&p.out, "<!-- Made from doc comments by make generate; DO NOT EDIT. -->\n\n# Package %s\n\n```go\nimport %q\n```\n\n", p.Name, p.ImportPath)
	p.text(p.Doc)
	p.contents()
	p.section("Constants and variables", len(p.Consts)+len(p.Vars))
	p.values(p.Consts, p.Vars)
	p.section("Functions", len(p.Funcs))
	p.funcs("", p.Funcs)
	p.section("Types", len(p.Types))
	for _, t := range p.Types {
		fmt.Fprintf(&p.out, "### %s\n\n", t.Name)
		t.Decl.Doc = nil
		p.code(t.Decl)
		p.text(t.Doc)
		if err := p.meaning(t); err != nil {
			return nil, err
		}
		p.values(t.Consts, t.Vars)
		p.funcs("", t.Funcs)
		p.funcs(t.Name+".", t.Methods)
	}
	return append(bytes.TrimRight(p.out.Bytes(), "\n"), '\n'), nil
}

// meaning writes what a name stands for that is one for an internal type, which
// nobody could look up.
func (p *pkg) meaning(t *doc.Type) error {
	spec := t.Decl.Specs[0].(*ast.TypeSpec)
	of, ok := spec.Type.(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	folder, internal := strings.CutPrefix(p.imports[fmt.Sprint(of.X)], module+"/internal/")
	if !internal {
		return nil
	}
	other, err := read(p.dir, "internal/"+folder)
	if err != nil {
		return err
	}
	for _, o := range other.Types {
		if o.Name == of.Sel.Name {
			fmt.Fprintf(&p.out, "%v.%s is:\n\n", of.X, o.Name)
			o.Decl.Doc = nil
			other.code(o.Decl)
			p.out.Write(other.out.Bytes())
		}
	}
	return nil
}

// contents lists the types, and the functions that are of none.
func (p *pkg) contents() {
	var names []string
	for _, f := range p.Funcs {
		names = append(names, f.Name)
	}
	for _, t := range p.Types {
		names = append(names, t.Name)
	}
	slices.Sort(names)
	for i, name := range names {
		names[i] = fmt.Sprintf("[%s](#%s)", name, anchor(name))
	}
	fmt.Fprintf(&p.out, "%s\n\n", strings.Join(names, " · "))
}

// anchor is how a heading is linked to.
func anchor(heading string) string {
	return strings.ToLower(strings.ReplaceAll(heading, ".", ""))
}

func (p *pkg) section(title string, n int) {
	if n > 0 {
		fmt.Fprintf(&p.out, "## %s\n\n", title)
	}
}

func (p *pkg) values(lists ...[]*doc.Value) {
	for _, v := range slices.Concat(lists...) {
		for _, name := range v.Names {
			fmt.Fprintf(&p.out, "<a id=%q></a>", anchor(name))
		}
		p.out.WriteString("\n\n")
		v.Decl.Doc = nil
		p.code(v.Decl)
		p.text(v.Doc)
	}
}

func (p *pkg) funcs(receiver string, list []*doc.Func) {
	for _, f := range list {
		fmt.Fprintf(&p.out, "#### %s%s\n\n", receiver, f.Name)
		f.Decl.Doc, f.Decl.Body = nil, nil
		p.code(f.Decl)
		p.text(f.Doc)
	}
}

func (p *pkg) code(decl ast.Decl) {
	p.out.WriteString("```go\n")
	if err := format.Node(&p.out, p.fset, decl); err != nil {
		panic(err) // of what was parsed
	}
	p.out.WriteString("\n```\n\n")
}

// text writes a doc comment, with links to what it names.
func (p *pkg) text(text string) {
	pr := p.Printer()
	pr.HeadingLevel = 3
	pr.HeadingID = func(*comment.Heading) string { return "" }
	pr.DocLinkURL = func(l *comment.DocLink) string {
		page := path.Base(l.ImportPath) + ".md"
		if l.ImportPath == "" {
			page = ""
		}
		known := p.anchors[cmp.Or(l.ImportPath, p.ImportPath)]
		name := anchor(l.Recv + l.Name)
		switch {
		case known == nil:
			return l.DefaultURL("https://pkg.go.dev")
		case l.Name == "":
			return page
		case !known[name]:
			name = anchor(l.Recv) // a field
		}
		return page + "#" + name
	}
	p.out.Write(pr.Markdown(p.Parser().Parse(text)))
	p.out.WriteString("\n")
}
