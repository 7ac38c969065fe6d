package generate

import (
	"go/ast"
	"go/types"
)

// typeArguments maps the type parameters of the function that a call is of to
// what they are there. Those of a method are of its receiver.
func typeArguments(info *types.Info, c *ast.CallExpr) map[*types.TypeParam]types.Type {
	fun := ast.Unparen(c.Fun)
	switch e := fun.(type) {
	case *ast.IndexExpr:
		fun = e.X
	case *ast.IndexListExpr:
		fun = e.X
	}
	var id *ast.Ident
	switch e := fun.(type) {
	case *ast.Ident:
		id = e
	case *ast.SelectorExpr:
		id = e.Sel
	default:
		return nil
	}
	fn, ok := info.Uses[id].(*types.Func)
	if !ok {
		return nil
	}
	subst := map[*types.TypeParam]types.Type{}
	params := fn.Origin().Type().(*types.Signature).TypeParams()
	if inst, ok := info.Instances[id]; ok {
		for i := range params.Len() {
			subst[params.At(i)] = inst.TypeArgs.At(i)
		}
	}
	if recv := fn.Type().(*types.Signature).Recv(); recv != nil {
		t := recv.Type()
		if p, ok := t.(*types.Pointer); ok {
			t = p.Elem()
		}
		if n, ok := types.Unalias(t).(*types.Named); ok {
			params := fn.Origin().Type().(*types.Signature).RecvTypeParams()
			for i := range min(params.Len(), n.TypeArgs().Len()) {
				subst[params.At(i)] = n.TypeArgs().At(i)
			}
		}
	}
	return subst
}

// substitute puts types in the place of type parameters.
func substitute(t types.Type, with map[*types.TypeParam]types.Type) types.Type {
	if t == nil || len(with) == 0 {
		return t
	}
	switch t := types.Unalias(t).(type) {
	case *types.TypeParam:
		if s, ok := with[t]; ok {
			return s
		}
	case *types.Pointer:
		return types.NewPointer(substitute(t.Elem(), with))
	case *types.Slice:
		return types.NewSlice(substitute(t.Elem(), with))
	case *types.Array:
		return types.NewArray(substitute(t.Elem(), with), t.Len())
	case *types.Map:
		return types.NewMap(substitute(t.Key(), with), substitute(t.Elem(), with))
	case *types.Struct:
		if !hasParam(t) {
			return t
		}
		var fields []*types.Var
		var tags []string
		for i := range t.NumFields() {
			v := t.Field(i)
			fields = append(fields, types.NewField(v.Pos(), v.Pkg(), v.Name(), substitute(v.Type(), with), v.Embedded()))
			tags = append(tags, t.Tag(i))
		}
		return types.NewStruct(fields, tags)
	case *types.Named:
		if t.TypeArgs().Len() == 0 {
			return t
		}
		var args []types.Type
		for i := range t.TypeArgs().Len() {
			args = append(args, substitute(t.TypeArgs().At(i), with))
		}
		if n, err := types.Instantiate(nil, t.Origin(), args, false); err == nil {
			return n
		}
	}
	return t
}

// hasParam reports whether a type depends on a type parameter.
func hasParam(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.TypeParam:
		return true
	case *types.Pointer:
		return hasParam(t.Elem())
	case *types.Slice:
		return hasParam(t.Elem())
	case *types.Array:
		return hasParam(t.Elem())
	case *types.Map:
		return hasParam(t.Key()) || hasParam(t.Elem())
	case *types.Struct:
		for i := range t.NumFields() {
			if hasParam(t.Field(i).Type()) {
				return true
			}
		}
	case *types.Named:
		for i := range t.TypeArgs().Len() {
			if hasParam(t.TypeArgs().At(i)) {
				return true
			}
		}
	}
	return false
}
