package generate

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/types/typeutil"
)

// plugin is one that the app adds by App.AddPlugin.
type plugin struct {
	name string
	pos  token.Pos
}

// maxSteps is how far an expression is followed to where it comes from.
const maxSteps = 20

// handlerTypes finds the types of a function of which ipc.Typed has made a
// handler: in the call of Typed itself, in a call that it is an argument of, or
// where a variable is assigned. Both are nil if there is none.
func (f *finder) handlerTypes(c call, e ast.Expr, steps int) (args, result types.Type, fn ast.Expr) {
	if steps > maxSteps {
		return nil, nil, nil
	}
	info := c.pkg.TypesInfo
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		callee, ok := typeutil.Callee(info, e).(*types.Func)
		if ok && isTyped(callee) {
			if s, ok := info.TypeOf(e.Args[0]).Underlying().(*types.Signature); ok && s.Params().Len() == 2 && s.Results().Len() == 2 {
				return s.Params().At(1).Type(), s.Results().At(0).Type(), e.Args[0]
			}
		}
		for _, arg := range e.Args {
			if args, result, fn := f.handlerTypes(c, arg, steps+1); args != nil {
				return args, result, fn
			}
		}
		// A function of the app that calls Typed with its own parameter.
		if ok {
			if d, ok := f.p.funcs[callee.Origin()]; ok {
				return f.typedWithin(d, callee, e, c, steps)
			}
		}
	case *ast.Ident:
		if from := f.assigned(c, info.Uses[e], e.Pos()); from != nil {
			return f.handlerTypes(c, from, steps+1)
		}
	}
	return nil, nil, nil
}

// isTyped reports whether a function makes a command of another one.
func isTyped(f *types.Func) bool {
	return f.FullName() == ipcPath+".Typed" || f.FullName() == pluginPath+".Typed"
}

// typedWithin looks for a call of Typed in a function of the app that is called.
func (f *finder) typedWithin(d *function, callee *types.Func, e *ast.CallExpr, c call, steps int) (args, result types.Type, fn ast.Expr) {
	inner := call{d.pkg, nil, d.decl}
	subst := typeArguments(c.pkg.TypesInfo, e)
	ast.Inspect(d.decl, func(n ast.Node) bool {
		typed, ok := n.(*ast.CallExpr)
		if !ok || args != nil {
			return args == nil
		}
		if t, ok := typeutil.Callee(d.pkg.TypesInfo, typed).(*types.Func); ok && isTyped(t) {
			args, result, fn = f.handlerTypes(inner, typed, steps+1)
			args, result = substitute(args, subst), substitute(result, subst)
			if i := parameter(d.pkg.TypesInfo, d.decl, fn); i >= 0 && i < len(e.Args) {
				fn = e.Args[i]
			}
			if hasParam(args) || hasParam(result) {
				args, result, fn = nil, nil, nil
			}
		}
		return true
	})
	return args, result, fn
}

// assigned returns what a variable of a function is made of.
func (f *finder) assigned(c call, object types.Object, before token.Pos) (from ast.Expr) {
	if object == nil {
		return nil
	}
	var root ast.Node
	if c.in != nil {
		root = c.in
	}
	for _, file := range c.pkg.Syntax {
		if root == nil || file.FileStart <= object.Pos() && object.Pos() < file.FileEnd && object.Parent() == c.pkg.Types.Scope() {
			root = file
		}
	}
	ast.Inspect(root, func(n ast.Node) bool {
		var left []ast.Expr
		var right []ast.Expr
		switch n := n.(type) {
		case *ast.AssignStmt:
			left, right = n.Lhs, n.Rhs
		case *ast.ValueSpec:
			for _, name := range n.Names {
				left = append(left, name)
			}
			right = n.Values
		default:
			return true
		}
		for i, l := range left {
			id, ok := l.(*ast.Ident)
			if !ok || len(right) == 0 || c.pkg.TypesInfo.Defs[id] != object && c.pkg.TypesInfo.Uses[id] != object {
				continue
			}
			from = right[min(i, len(right)-1)]
		}
		return true
	})
	return from
}

// addPlugin reads a call of App.AddPlugin. What a function of another module
// returns brings its own package for pages, and is left out.
func (f *finder) addPlugin(c call) {
	if _, ignored := f.p.note(c.expr.Pos(), "ignore"); ignored || len(c.expr.Args) != 1 || f.elsewhere(c, c.expr.Args[0], 0) {
		return
	}
	pl := &plugin{pos: c.expr.Args[0].Pos()}
	var commands ast.Expr
	c, described := f.literal(c, c.expr.Args[0], 0)
	if described != nil {
		for _, e := range described.Elts {
			kv, ok := e.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			switch id, _ := kv.Key.(*ast.Ident); {
			case id == nil:
			case id.Name == "Name":
				pl.name = text(c.pkg, kv.Value)
			case id.Name == "Commands":
				commands = kv.Value
			}
		}
	}
	if pl.name == "" {
		f.errs = append(f.errs, &Error{f.p.place(pl.pos),
			"the name of the plugin cannot be read: pass a plugin.Plugin literal whose Name is a constant, or leave the plugin out by a comment //mullion:ignore above"})
		return
	}
	f.plugins = append(f.plugins, pl)
	if commands == nil {
		return
	}
	c, handlers := f.literal(c, commands, 0)
	if handlers == nil {
		f.errs = append(f.errs, &Error{f.p.place(commands.Pos()), fmt.Sprintf(
			"the commands of the plugin %q cannot be read: pass a plugin.Commands literal, or leave the plugin out by a comment //mullion:ignore above", pl.name)})
		return
	}
	add := func(key, value ast.Expr) {
		name := text(c.pkg, key)
		if _, ignored := f.p.note(key.Pos(), "ignore"); ignored {
			return
		}
		if name == "" {
			f.errs = append(f.errs, &Error{f.p.place(key.Pos()), "the name of the command is not a constant: name it by one, or leave it out by a comment //mullion:ignore above"})
			return
		}
		reg := &found{kind: command, plugin: pl.name, name: name, pos: key.Pos(), pkg: c.pkg}
		reg.args, reg.result, reg.f = f.handlerTypes(c, value, 0)
		f.found = append(f.found, reg)
	}
	for _, e := range handlers.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			add(kv.Key, kv.Value)
		}
	}
	// A map that has a name may be filled later.
	if id, ok := ast.Unparen(commands).(*ast.Ident); ok && c.in != nil {
		object := c.pkg.TypesInfo.Uses[id]
		ast.Inspect(c.in, func(n ast.Node) bool {
			assign, ok := n.(*ast.AssignStmt)
			if !ok || len(assign.Rhs) == 0 {
				return true
			}
			for i, l := range assign.Lhs {
				index, ok := l.(*ast.IndexExpr)
				if !ok {
					continue
				}
				if x, ok := index.X.(*ast.Ident); ok && c.pkg.TypesInfo.Uses[x] == object {
					add(index.Index, assign.Rhs[min(i, len(assign.Rhs)-1)])
				}
			}
			return true
		})
	}
}

// literal follows an expression to a composite literal, and says where that is.
func (f *finder) literal(c call, e ast.Expr, steps int) (call, *ast.CompositeLit) {
	if e == nil || steps > maxSteps {
		return c, nil
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.CompositeLit:
		return c, e
	case *ast.Ident:
		return f.literal(c, f.assigned(c, c.pkg.TypesInfo.Uses[e], e.Pos()), steps+1)
	case *ast.CallExpr:
		// make(plugin.Commands), to be filled.
		if id, ok := e.Fun.(*ast.Ident); ok && id.Name == "make" {
			return c, &ast.CompositeLit{}
		}
		if d := f.calledFunc(c, e); d != nil {
			return f.literal(call{d.pkg, nil, d.decl}, returned(d.decl), steps+1)
		}
	}
	return c, nil
}

// calledFunc is the function of the app that a call is of; nil if there is none.
func (f *finder) calledFunc(c call, e *ast.CallExpr) *function {
	if fn, ok := typeutil.Callee(c.pkg.TypesInfo, e).(*types.Func); ok {
		return f.p.funcs[fn.Origin()]
	}
	return nil
}

// elsewhere reports whether an expression is what a function of another module
// returns.
func (f *finder) elsewhere(c call, e ast.Expr, steps int) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		_, ok := typeutil.Callee(c.pkg.TypesInfo, e).(*types.Func)
		return ok && f.calledFunc(c, e) == nil
	case *ast.Ident:
		from := f.assigned(c, c.pkg.TypesInfo.Uses[e], e.Pos())
		return from != nil && steps < maxSteps && f.elsewhere(c, from, steps+1)
	}
	return false
}

// returned is what a function returns, if it has one return statement.
func returned(d *ast.FuncDecl) (result ast.Expr) {
	n := 0
	if d.Body != nil {
		ast.Inspect(d.Body, func(x ast.Node) bool {
			if r, ok := x.(*ast.ReturnStmt); ok && len(r.Results) > 0 {
				n++
				result = r.Results[0]
			}
			_, inner := x.(*ast.FuncLit)
			return !inner
		})
	}
	if n != 1 {
		return nil
	}
	return result
}

// text is a constant string, "" for none.
func text(pkg *packages.Package, e ast.Expr) string {
	if v := pkg.TypesInfo.Types[e].Value; v != nil && v.Kind() == constant.String {
		return constant.StringVal(v)
	}
	return ""
}

// rejects lists the types of the values that a command may reject with: those of
// calls of mullion.ErrorValue in its function, and in what that calls.
func (f *finder) rejects(pkg *packages.Package, e ast.Expr) (values []types.Type, at []token.Pos) {
	seen := map[*types.Func]bool{}
	var look func(pkg *packages.Package, n ast.Node)
	look = func(pkg *packages.Package, n ast.Node) {
		ast.Inspect(n, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				fn, ok := typeutil.Callee(pkg.TypesInfo, n).(*types.Func)
				if ok && fn.FullName() == rootPath+".ErrorValue" && len(n.Args) == 2 {
					t := pkg.TypesInfo.TypeOf(n.Args[0])
					if !hasParam(t) && !slices.ContainsFunc(values, func(v types.Type) bool { return types.Identical(v, t) }) {
						values, at = append(values, t), append(at, n.Args[0].Pos())
					}
				}
			case *ast.Ident:
				if fn, ok := pkg.TypesInfo.Uses[n].(*types.Func); ok && !seen[fn.Origin()] {
					seen[fn.Origin()] = true
					if d, ok := f.p.funcs[fn.Origin()]; ok && d.decl.Body != nil {
						look(d.pkg, d.decl.Body)
					}
				}
			}
			return true
		})
	}
	if e != nil {
		look(pkg, e)
	}
	return values, at
}
