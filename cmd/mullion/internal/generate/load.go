package generate

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// The packages of the framework that registrations are made with.
const (
	rootPath   = "github.com/mullion-dev/mullion"
	ipcPath    = rootPath + "/ipc"
	pluginPath = rootPath + "/plugin"
)

// program is the app's own Go code, with types.
type program struct {
	dir  string // absolute; messages tell files relative to it
	fset *token.FileSet
	pkgs []*packages.Package
	// files is what each piece of code is in.
	files map[*ast.File]*packages.Package
	// funcs has the declarations of functions of the app.
	funcs map[*types.Func]*function
	// docs has comments by the position of the name that they are about.
	docs map[token.Pos]*ast.CommentGroup
	// notes are the comments that begin with //mullion:, by file and line.
	notes map[string]map[int]string
	own   map[string]bool // files of the app
	// configFiles are the sources of the package config of the framework.
	configFiles []string
}

// function is a declared function of the app.
type function struct {
	decl *ast.FuncDecl
	pkg  *packages.Package
}

// load reads the main package in dir, and those packages that it is made of and
// that are not from elsewhere: the ones of its module, and of modules that a
// workspace or a replacement by a folder adds. All others are known by what the
// compiler has exported of them, which is much faster than to read them.
func load(ctx context.Context, dir, tags string) (*program, error) {
	if _, err := exec.LookPath("go"); err != nil {
		return nil, term.Help(errors.New("the go command is not in PATH"), "install Go from https://go.dev/dl/")
	}
	conf := packages.Config{Context: ctx, Dir: dir, Fset: token.NewFileSet()}
	if tags != "" {
		conf.BuildFlags = []string{"-tags=" + tags}
	}
	conf.Mode = packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps | packages.NeedModule
	found, err := packages.Load(&conf, ".")
	if err != nil {
		return nil, fmt.Errorf("read the Go packages in %s: %w", dir, err)
	}
	p := &program{
		dir: dir, fset: conf.Fset, files: map[*ast.File]*packages.Package{}, funcs: map[*types.Func]*function{},
		docs: map[token.Pos]*ast.CommentGroup{}, notes: map[string]map[int]string{}, own: map[string]bool{},
	}
	own, usesMullion := ownPackages(found)
	packages.Visit(found, nil, func(pkg *packages.Package) {
		if pkg.PkgPath == rootPath+"/config" {
			p.configFiles = pkg.GoFiles
		}
	})
	if errs := p.loadErrors(found); len(errs) > 0 {
		return nil, errs
	}
	if !usesMullion {
		return nil, term.Help(fmt.Errorf("the Go package in %s does not use %s", dir, rootPath), "go to the folder with the main package of the app")
	}
	conf.Mode = packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
		packages.NeedTypes | packages.NeedTypesSizes | packages.NeedSyntax | packages.NeedTypesInfo
	if p.pkgs, err = packages.Load(&conf, own...); err != nil {
		return nil, fmt.Errorf("read the Go packages in %s: %w", dir, err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if errs := p.loadErrors(p.pkgs); len(errs) > 0 {
		return nil, errs
	}
	slices.SortFunc(p.pkgs, func(a, b *packages.Package) int { return strings.Compare(a.PkgPath, b.PkgPath) })
	for _, pkg := range p.pkgs {
		for _, f := range pkg.Syntax {
			p.files[f] = pkg
			p.own[p.fset.Position(f.Package).Filename] = true
			p.index(pkg, f)
		}
	}
	return p, nil
}

// ownPackages returns the paths of the packages that are the app's.
func ownPackages(roots []*packages.Package) (own []string, usesMullion bool) {
	packages.Visit(roots, nil, func(p *packages.Package) {
		switch m := p.Module; {
		case p.PkgPath == rootPath:
			usesMullion = true
		case m == nil || m.Path == rootPath && strings.HasPrefix(p.PkgPath+"/", rootPath+"/") && !slices.Contains(roots, p) && !isApp(p.PkgPath):
			// Of the standard library, or of the framework.
		case m.Main || m.Replace != nil && m.Replace.Version == "" && m.Path != rootPath:
			own = append(own, p.PkgPath)
		}
	})
	slices.Sort(own)
	return own, usesMullion
}

// isApp reports whether a package of the framework's own module is one of an
// app: its examples and its tests.
func isApp(path string) bool {
	rest := strings.TrimPrefix(path, rootPath+"/")
	for _, dir := range []string{"examples/", "conformance/", "internal/e2e/"} {
		if strings.HasPrefix(rest+"/", dir) {
			return true
		}
	}
	return false
}

// loadErrors tells what does not compile, each place once.
func (p *program) loadErrors(pkgs []*packages.Package) Errors {
	var errs Errors
	for _, pkg := range pkgs {
		for _, e := range pkg.Errors {
			place, text := e.Pos, e.Msg
			if place == "" || place == "-" {
				place = pkg.PkgPath
			} else {
				place = p.relative(place)
			}
			// A second line is of the compiler's, about the same.
			text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
			// That of a front end which is not built yet is no matter here.
			if strings.HasPrefix(text, "# ") || strings.HasSuffix(text, "no matching files found") || strings.Contains(text, "contains no embeddable files") {
				continue
			}
			if !slices.ContainsFunc(errs, func(x *Error) bool { return x.Place == place }) {
				errs = append(errs, &Error{place, text})
			}
		}
	}
	return errs
}

// relative makes a place one that is relative to the app's folder.
func (p *program) relative(place string) string {
	volume := filepath.VolumeName(place)
	file, rest, _ := strings.Cut(place[len(volume):], ":")
	file = volume + file
	if rel, err := filepath.Rel(p.dir, file); err == nil && filepath.IsAbs(file) && len(rel) < len(file) {
		file = rel
	}
	if rest != "" {
		file += ":" + rest
	}
	return file
}

// place is where something is, for messages.
func (p *program) place(pos token.Pos) string {
	at := p.fset.Position(pos)
	if !at.IsValid() {
		return "?"
	}
	return p.relative(at.Filename + ":" + strconv.Itoa(at.Line) + ":" + strconv.Itoa(max(at.Column, 1)))
}

// owns reports whether a place is in the app's own code.
func (p *program) owns(pos token.Pos) bool {
	return pos.IsValid() && p.own[p.fset.Position(pos).Filename]
}

// index notes declarations and comments of a file.
func (p *program) index(pkg *packages.Package, f *ast.File) {
	for _, group := range f.Comments {
		for _, c := range group.List {
			if text, ok := strings.CutPrefix(c.Text, "//mullion:"); ok {
				at := p.fset.Position(c.Pos())
				lines := p.notes[at.Filename]
				if lines == nil {
					lines = map[int]string{}
					p.notes[at.Filename] = lines
				}
				lines[at.Line] = strings.TrimSpace(text)
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if fn, ok := pkg.TypesInfo.Defs[n.Name].(*types.Func); ok {
				p.funcs[fn] = &function{n, pkg}
			}
			p.docs[n.Name.Pos()] = n.Doc
		case *ast.GenDecl:
			for _, s := range n.Specs {
				// The comment of a group is not that of each of its members.
				group := n.Doc
				if len(n.Specs) > 1 {
					group = nil
				}
				switch s := s.(type) {
				case *ast.TypeSpec:
					p.docs[s.Name.Pos()] = first(s.Doc, group, s.Comment)
				case *ast.ValueSpec:
					for _, name := range s.Names {
						p.docs[name.Pos()] = first(s.Doc, group, s.Comment)
					}
				}
			}
		case *ast.Field:
			for _, name := range n.Names {
				p.docs[name.Pos()] = first(n.Doc, n.Comment)
			}
		}
		return true
	})
}

func first(groups ...*ast.CommentGroup) *ast.CommentGroup {
	for _, g := range groups {
		if g != nil {
			return g
		}
	}
	return nil
}

// note returns what a comment //mullion:NAME says that stands on the line of pos
// or right above it.
func (p *program) note(pos token.Pos, name string) (text string, ok bool) {
	at := p.fset.Position(pos)
	lines := p.notes[at.Filename]
	if lines == nil {
		return "", false
	}
	// Above it there may be further comments.
	for line := at.Line; line >= at.Line-1; line-- {
		if text, ok := cutNote(lines[line], name); ok {
			return text, true
		}
	}
	return "", false
}

// noteOf is note for something with a doc comment, in all of it.
func (p *program) noteOf(pos token.Pos, name string) (string, bool) {
	if doc := p.docs[pos]; doc != nil {
		for _, c := range doc.List {
			if text, ok := strings.CutPrefix(c.Text, "//mullion:"); ok {
				if text, ok := cutNote(strings.TrimSpace(text), name); ok {
					return text, true
				}
			}
		}
	}
	return p.note(pos, name)
}

func cutNote(note, name string) (string, bool) {
	word, rest, _ := strings.Cut(note, " ")
	return strings.TrimSpace(rest), word == name
}

// doc returns the text of a comment, without directives.
func (p *program) doc(pos token.Pos) string {
	return strings.TrimSpace(p.docs[pos].Text())
}

// bindingsNote returns the folder that the app names by //mullion:bindings.
func (p *program) bindingsNote() (folder string, ok bool) {
	for _, pkg := range p.pkgs {
		for _, file := range pkg.CompiledGoFiles {
			if filepath.Dir(file) != p.dir {
				continue
			}
			for _, note := range p.notes[file] {
				if text, ok := cutNote(note, "bindings"); ok && text != "" {
					return filepath.Join(p.dir, filepath.FromSlash(text)), true
				}
			}
		}
	}
	return "", false
}

// isDir reports whether there is a folder.
func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
