package generate

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/types/typeutil"
)

// found is a registration: a command, a state, or a use of an event.
type found struct {
	kind   kind
	plugin string
	name   string
	pos    token.Pos
	pkg    *packages.Package
	// args and result are the types of a command, nil for one that looks at
	// its arguments itself. value is that of a state or a payload.
	args, result, value types.Type
	// f is the function of a command, or the one that hears an event.
	f ast.Expr
}

type kind int

const (
	command kind = iota
	state
	emitted
	heard
)

// call is a call of a function, and the function that it is in.
type call struct {
	pkg  *packages.Package
	expr *ast.CallExpr
	in   *ast.FuncDecl // nil: in none
}

// A rule is what a function registers: those of the framework, and functions of
// the app that hand their own parameters on to one that has a rule.
type rule struct {
	kind kind
	// name is the index of the argument with the name. fixed is the name where
	// the function itself knows it, with index -1.
	name  int
	fixed string
	// args, result and value are types of the function's own type parameters,
	// or nil. payload is the index of the argument whose type is the value, f
	// that of the function or handler; -1: none.
	args, result, value types.Type
	payload, f          int
	handler             bool // f is an ipc.Handler
	pos                 token.Pos
}

// finder looks for registrations.
type finder struct {
	p       *program
	calls   map[*types.Func][]call
	plugins []*plugin
	found   []*found
	errs    Errors
}

// find looks through the app's code for what it registers.
func find(p *program) *finder {
	f := &finder{p: p, calls: map[*types.Func][]call{}}
	for _, pkg := range p.pkgs {
		for _, file := range pkg.Syntax {
			for _, d := range file.Decls {
				in, _ := d.(*ast.FuncDecl)
				ast.Inspect(d, func(n ast.Node) bool {
					if c, ok := n.(*ast.CallExpr); ok {
						if fn, ok := typeutil.Callee(pkg.TypesInfo, c).(*types.Func); ok {
							f.calls[fn.Origin()] = append(f.calls[fn.Origin()], call{pkg, c, in})
						}
					}
					return true
				})
			}
		}
	}
	// Where functions hand their parameters on, those who call them register.
	type work struct {
		fn *types.Func
		r  rule
	}
	var todo []work
	for fn := range f.calls {
		if r, ok := frameworkRule(fn); ok {
			todo = append(todo, work{fn, r})
		} else if fn.FullName() == "(*"+rootPath+".App).AddPlugin" {
			for _, c := range f.calls[fn] {
				f.addPlugin(c)
			}
		}
	}
	seen := map[string]bool{}
	for len(todo) > 0 {
		w := todo[0]
		todo = todo[1:]
		for _, c := range f.calls[w.fn] {
			if next, r, ok := f.apply(w.r, c); ok {
				if key := fmt.Sprint(next.FullName(), r); !seen[key] {
					seen[key] = true
					todo = append(todo, work{next, r})
				}
			}
		}
	}
	slices.SortStableFunc(f.found, func(a, b *found) int {
		return cmp.Or(strings.Compare(a.plugin, b.plugin), strings.Compare(a.name, b.name), cmp.Compare(a.kind, b.kind),
			strings.Compare(p.place(a.pos), p.place(b.pos)))
	})
	return f
}

// frameworkRule is the rule of a function of the framework.
func frameworkRule(fn *types.Func) (rule, bool) {
	r := rule{name: 1, payload: -1, f: -1}
	param := func(i int) types.Type { return fn.Type().(*types.Signature).TypeParams().At(i) }
	switch fn.FullName() {
	case rootPath + ".Handle":
		r.kind, r.args, r.result, r.f = command, param(0), param(1), 2
	case "(*" + rootPath + ".App).HandleRaw":
		r.kind, r.name, r.f, r.handler = command, 0, 1, true
	case rootPath + ".NewState":
		r.kind, r.value = state, param(0)
	case "(*" + rootPath + ".App).Emit", "(*" + rootPath + ".Window).Emit", "(*" + rootPath + ".Webview).Emit":
		r.kind, r.payload = emitted, 2
	case "(*" + rootPath + ".App).EmitTo":
		r.kind, r.name, r.payload = emitted, 2, 3
	case "(*" + rootPath + ".App).On":
		r.kind, r.name, r.f = heard, 0, 1
	default:
		return r, false
	}
	return r, true
}

// apply reads a call of a function with a rule: either it is a registration, or
// the function that it is in gets a rule.
func (f *finder) apply(r rule, c call) (next *types.Func, derived rule, ok bool) {
	if _, ignored := f.p.note(c.expr.Pos(), "ignore"); ignored {
		return nil, r, false
	}
	info := c.pkg.TypesInfo
	subst := typeArguments(info, c.expr)
	reg := &found{
		kind: r.kind, name: r.fixed, pos: c.expr.Pos(), pkg: c.pkg,
		args: substitute(r.args, subst), result: substitute(r.result, subst), value: substitute(r.value, subst),
	}
	arg := func(i int) ast.Expr {
		if i < 0 || i >= len(c.expr.Args) {
			return nil
		}
		return c.expr.Args[i]
	}
	d := rule{kind: r.kind, name: -1, fixed: r.fixed, args: reg.args, result: reg.result, value: reg.value, payload: -1, f: -1, handler: r.handler, pos: c.expr.Pos()}
	derive := false
	if r.name >= 0 {
		e := arg(r.name)
		if e == nil {
			return nil, r, false // f(g()), with several results
		}
		if v := info.Types[e].Value; v != nil && v.Kind() == constant.String {
			reg.name, d.fixed = constant.StringVal(v), constant.StringVal(v)
		} else if i := parameter(info, c.in, e); i >= 0 {
			d.name, d.fixed, derive = i, "", true
		} else {
			f.noName(r.kind, c, e)
			return nil, r, false
		}
	}
	if e := arg(r.payload); e != nil {
		reg.value = info.TypeOf(e)
		// A parameter that takes anything is as good as what it is given.
		if i := parameter(info, c.in, e); i >= 0 && types.IsInterface(reg.value) {
			d.payload, derive = i, true
		}
		d.value = reg.value
	}
	if reg.f = arg(r.f); reg.f != nil {
		if i := parameter(info, c.in, reg.f); i >= 0 {
			d.f, derive = i, true
		}
	}
	for _, t := range []types.Type{reg.args, reg.result, reg.value} {
		derive = derive || hasParam(t)
	}
	if derive {
		if fn, ok := info.Defs[c.in.Name].(*types.Func); ok {
			return fn.Origin(), d, true
		}
	}
	if r.handler && reg.f != nil {
		reg.args, reg.result, reg.f = f.handlerTypes(c, reg.f, 0)
	}
	if r.kind == heard {
		f.hear(reg, c)
		return nil, r, false
	}
	f.found = append(f.found, reg)
	return nil, r, false
}

func (f *finder) noName(k kind, c call, e ast.Expr) {
	what := map[kind]string{command: "command", state: "state", emitted: "event", heard: "event"}[k]
	f.errs = append(f.errs, &Error{f.p.place(e.Pos()), fmt.Sprintf(
		"the name of the %s is not a constant, so nothing can be generated for it: name it by a constant, or leave it out by a comment //mullion:ignore above", what)})
}

// parameter returns which parameter of a function an expression is, -1 for none.
func parameter(info *types.Info, in *ast.FuncDecl, e ast.Expr) int {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok || in == nil {
		return -1
	}
	fn, ok := info.Defs[in.Name].(*types.Func)
	if !ok {
		return -1
	}
	params := fn.Type().(*types.Signature).Params()
	for i := range params.Len() {
		if info.Uses[id] == params.At(i) {
			return i
		}
	}
	return -1
}

// hear adds what a function of App.On decodes.
func (f *finder) hear(reg *found, c call) {
	body, pkg := f.body(c.pkg, reg.f)
	add := func(t types.Type) {
		one := *reg
		one.value = t
		f.found = append(f.found, &one)
	}
	some := false
	if body != nil {
		ast.Inspect(body, func(n ast.Node) bool {
			decode, ok := n.(*ast.CallExpr)
			if !ok || len(decode.Args) != 1 {
				return true
			}
			fn, ok := typeutil.Callee(pkg.TypesInfo, decode).(*types.Func)
			if !ok || fn.FullName() != "("+rootPath+".Event).Decode" {
				return true
			}
			if p, ok := pkg.TypesInfo.TypeOf(decode.Args[0]).Underlying().(*types.Pointer); ok {
				add(p.Elem())
				some = true
			}
			return true
		})
	}
	if !some {
		add(types.Universe.Lookup("any").Type())
	}
}

// body returns the code of a function that an expression names.
func (f *finder) body(pkg *packages.Package, e ast.Expr) (*ast.BlockStmt, *packages.Package) {
	switch e := ast.Unparen(e).(type) {
	case *ast.FuncLit:
		return e.Body, pkg
	default:
		if fn := f.funcOf(pkg, e); fn != nil {
			if d, ok := f.p.funcs[fn.Origin()]; ok {
				return d.decl.Body, d.pkg
			}
		}
	}
	return nil, nil
}

// funcOf returns the function or method that an expression names.
func (f *finder) funcOf(pkg *packages.Package, e ast.Expr) *types.Func {
	var id *ast.Ident
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		id = e
	case *ast.SelectorExpr:
		id = e.Sel
	case *ast.IndexExpr:
		return f.funcOf(pkg, e.X)
	case *ast.IndexListExpr:
		return f.funcOf(pkg, e.X)
	default:
		return nil
	}
	fn, _ := pkg.TypesInfo.Uses[id].(*types.Func)
	return fn
}
