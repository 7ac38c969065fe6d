package arch

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestAppCode: code of the app is called by internal/inorder, where nobody
// waits and no lock is held, or in a place that appCode lists. So it refuses
// every call of a function that is kept somewhere (in a field, a slice, a map,
// or by a closure), unless the call is in what is given to inorder.New or
// Owner.Call.
func TestAppCode(t *testing.T) {
	p := loadPackages(t, appCodePackages)
	used, listed := map[string]bool{}, map[string]bool{}
	for _, group := range appCode {
		for _, key := range strings.Fields(group.functions) {
			listed[key] = true
		}
	}
	for _, pkg := range appCodePackages {
		for _, c := range p.keptCalls(t, pkg) {
			if !listed[c.key] {
				t.Errorf("%s: calls %s, a function that is kept: give it to inorder.New or Owner.Call, or say in appCode why it is no code of the app or may be called here", c.position, c.key)
			}
			used[c.key] = true
		}
	}
	for key := range listed {
		if !used[key] {
			t.Errorf("appCode has %s, which is called nowhere", key)
		}
	}
}

// packages are those whose calls are looked at.
type packages struct {
	set   *token.FileSet
	dirs  map[string]string
	files map[string][]string
	from  types.Importer
}

func loadPackages(t *testing.T, names []string) *packages {
	t.Helper()
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}\t{{.Dir}}\t{{join .GoFiles \" \"}}"}
	for _, n := range names {
		args = append(args, strings.TrimSuffix(module+"/"+n, "/."))
	}
	c := exec.Command("go", args...)
	c.Dir, c.Stderr = filepath.Join("..", ".."), os.Stderr
	c.Env = append(os.Environ(), "GOOS=linux")
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	p := &packages{set: token.NewFileSet(), dirs: map[string]string{}, files: map[string][]string{}}
	exports := map[string]string{}
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		exports[f[0]], p.dirs[f[0]], p.files[f[0]] = f[1], f[2], strings.Fields(f[3])
	}
	p.from = importer.ForCompiler(p.set, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	return p
}

// keptCall is a call of a function that is kept somewhere.
type keptCall struct{ key, position string }

func (p *packages) keptCalls(t *testing.T, name string) (calls []keptCall) {
	t.Helper()
	path := strings.TrimSuffix(module+"/"+name, "/.")
	var files []*ast.File
	for _, f := range p.files[path] {
		file, err := parser.ParseFile(p.set, filepath.Join(p.dirs[path], f), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return p.keptIn(t, name, files)
}

// keptIn looks at the files of one package.
func (p *packages) keptIn(t *testing.T, name string, files []*ast.File) (calls []keptCall) {
	t.Helper()
	path := strings.TrimSuffix(module+"/"+name, "/.")
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}
	if _, err := (&types.Config{Importer: p.from}).Check(path, p.set, files, info); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		for _, d := range f.Decls {
			fd, ok := d.(*ast.FuncDecl)
			if !ok || fd.Body == nil {
				continue
			}
			s := &scan{info: info, function: fd, defined: map[types.Object]ast.Expr{}}
			s.definitions()
			ast.Walk(visitor{s, nil}, fd.Body)
			for _, c := range s.found {
				position := p.set.Position(c.at)
				position.Filename = filepath.Join(name, filepath.Base(position.Filename))
				calls = append(calls, keptCall{c.key, position.String()})
			}
		}
	}
	return calls
}

// scan looks at one function.
type scan struct {
	info     *types.Info
	function *ast.FuncDecl
	defined  map[types.Object]ast.Expr // what local variables are made of
	found    []struct {
		key string
		at  token.Pos
	}
}

func (s *scan) definitions() {
	note := func(e, of ast.Expr) {
		if id, ok := e.(*ast.Ident); ok {
			if o := s.info.ObjectOf(id); o != nil && s.defined[o] == nil {
				s.defined[o] = of
			}
		}
	}
	ast.Inspect(s.function, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				if len(n.Rhs) == len(n.Lhs) {
					note(l, n.Rhs[i])
				} else if len(n.Rhs) == 1 {
					note(l, n.Rhs[0])
				}
			}
		case *ast.RangeStmt:
			if n.Value != nil {
				note(n.Value, n.X)
			}
		case *ast.ValueSpec:
			for i, l := range n.Names {
				if i < len(n.Values) {
					note(l, n.Values[i])
				}
			}
		}
		return true
	})
}

// visitor knows the function literals that it is in, outermost first; nil
// stands for one that inorder calls.
type visitor struct {
	s  *scan
	in []*ast.FuncLit
}

// Visit implements ast.Visitor.
func (v visitor) Visit(n ast.Node) ast.Visitor {
	switch n := n.(type) {
	case *ast.FuncLit:
		v.in = append(slices.Clip(v.in), n)
	case *ast.CallExpr:
		if v.s.toInorder(n) {
			ast.Walk(v, n.Fun)
			for _, a := range n.Args {
				if lit, ok := a.(*ast.FuncLit); ok {
					ast.Walk(visitor{v.s, append(slices.Clip(v.in), nil)}, lit.Body)
				} else {
					ast.Walk(v, a)
				}
			}
			return nil
		}
		if !slices.Contains(v.in, nil) {
			if key := v.s.kept(n.Fun, v.in); key != "" {
				v.s.found = append(v.s.found, struct {
					key string
					at  token.Pos
				}{key, n.Pos()})
			}
		}
	}
	return v
}

// toInorder reports whether a call gives functions to internal/inorder.
func (s *scan) toInorder(c *ast.CallExpr) bool {
	fun := ast.Unparen(c.Fun)
	if i, ok := fun.(*ast.IndexExpr); ok {
		fun = i.X
	}
	sel, ok := fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	f, ok := s.info.ObjectOf(sel.Sel).(*types.Func)
	return ok && f.Pkg() != nil && f.Pkg().Path() == module+"/internal/inorder" && (f.Name() == "New" || f.Name() == "Call")
}

// kept names the place where a function is kept that is called; "" for declared
// functions and methods, for what the caller itself was just given, and for what
// is made on the spot.
func (s *scan) kept(fun ast.Expr, in []*ast.FuncLit) string {
	tv := s.info.Types[fun]
	if tv.IsType() || tv.IsBuiltin() {
		return ""
	}
	return s.place(fun, in, 0)
}

func (s *scan) place(e ast.Expr, in []*ast.FuncLit, depth int) string {
	if depth > 8 {
		return ""
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.SelectorExpr:
		if sel := s.info.Selections[e]; sel != nil {
			if sel.Kind() != types.FieldVal {
				return "" // a method, or a method of an interface
			}
			return fieldName(sel)
		}
		if v, ok := s.info.ObjectOf(e.Sel).(*types.Var); ok {
			return v.Pkg().Name() + "." + v.Name()
		}
	case *ast.IndexExpr:
		return s.place(e.X, in, depth+1)
	case *ast.CallExpr: // slices.Clone(x.functions) and the like
		if f, ok := e.Fun.(*ast.SelectorExpr); ok && len(e.Args) > 0 {
			if o := s.info.ObjectOf(f.Sel); o != nil && o.Pkg() != nil && (o.Pkg().Path() == "slices" || o.Pkg().Path() == "maps") {
				return s.place(e.Args[0], in, depth+1)
			}
		}
	case *ast.Ident:
		o, ok := s.info.ObjectOf(e).(*types.Var)
		if !ok {
			return ""
		}
		if o.Parent() == o.Pkg().Scope() {
			return o.Pkg().Name() + "." + o.Name()
		}
		if of := s.defined[o]; of != nil {
			return s.place(of, in, depth+1)
		}
		if isFunction(o.Type()) && len(in) > 0 && !declaredIn(o, in[len(in)-1]) {
			return o.Pkg().Name() + "." + s.name() + "(" + o.Name() + ")"
		}
	}
	return ""
}

// isFunction reports whether a type is that of a function, or of several.
func isFunction(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Signature:
		return true
	case *types.Slice:
		return isFunction(t.Elem())
	case *types.Map:
		return isFunction(t.Elem())
	}
	return false
}

// declaredIn reports whether a variable belongs to a function literal.
func declaredIn(o types.Object, f *ast.FuncLit) bool { return f.Pos() <= o.Pos() && o.Pos() < f.End() }

func (s *scan) name() string {
	if s.function.Recv == nil {
		return s.function.Name.Name
	}
	of, _, _ := strings.Cut(strings.TrimPrefix(types.ExprString(s.function.Recv.List[0].Type), "*"), "[")
	return of + "." + s.function.Name.Name
}

// fieldName is package, type and name of a field.
func fieldName(sel *types.Selection) string {
	typ := sel.Recv()
	if p, ok := typ.Underlying().(*types.Pointer); ok {
		typ = p.Elem()
	}
	owner := "struct"
	if n, ok := types.Unalias(typ).(*types.Named); ok {
		owner = n.Obj().Pkg().Name() + "." + n.Obj().Name()
	}
	return owner + "." + sel.Obj().Name()
}

// TestAppCodeCatches shows what TestAppCode finds.
func TestAppCodeCatches(t *testing.T) {
	p := loadPackages(t, []string{"internal/core"})
	const head = `package x
import ("slices"; "sync"; "time"; "github.com/mullion-dev/mullion/internal/inorder")
type s struct { mu sync.Mutex; f func(int); fs []func(int); byName map[string]func(int); o *inorder.Owner; q *inorder.Queue[int] }
func (*s) method(int) {}
var _ = slices.Clone[[]int]
var _ = time.Now
`
	for _, test := range []struct{ name, text, want string }{
		{"field", `func (x *s) g() { x.f(1) }`, "x.s.f"},
		{"under a lock", `func (x *s) g() { x.mu.Lock(); defer x.mu.Unlock(); for _, f := range x.fs { f(1) } }`, "x.s.fs"},
		{"copy of a slice", `func (x *s) g() { for _, f := range slices.Clone(x.fs) { f(1) } }`, "x.s.fs"},
		{"map", `func (x *s) g() { if f := x.byName["a"]; f != nil { go f(1) } }`, "x.s.byName"},
		{"closure", `func g(f func(int)) { time.AfterFunc(1, func() { f(1) }) }`, "x.g(f)"},
		{"closure in a goroutine", `func (x *s) g(f func(int)) { go func() { f(1) }() }`, "x.s.g(f)"},
		{"inside of another function that is kept", `func (x *s) g(f func(int)) { x.f = func(n int) { f(n) } }`, "x.s.g(f)"},
		{"method", `func (x *s) g() { x.method(1) }`, ""},
		{"what the caller gives", `func g(f func(int)) { f(1) }`, ""},
		{"made on the spot", `func g() { f := func() {}; f() }`, ""},
		{"queue", `func (x *s) g(f func(int)) { x.q = inorder.New(x.o, inorder.Options[int]{Most: 1}, func(n int) { f(n); x.f(n) }) }`, ""},
		{"asked", `func (x *s) g() { x.o.Call("f", func() { x.f(1) }) }`, ""},
		{"beside it", `func (x *s) g() { x.o.Call("f", func() {}); x.f(1) }`, "x.s.f"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file, err := parser.ParseFile(p.set, "x.go", head+test.text, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, c := range p.keptIn(t, "x", []*ast.File{file}) {
				got += c.key
			}
			if got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}
