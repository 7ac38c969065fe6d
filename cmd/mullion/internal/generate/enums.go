package generate

import (
	"go/constant"
	"go/types"
	"slices"
)

// An enumValue is a value that a type has a name for.
type enumValue struct{ name, value, doc string }

// enumOf returns the declaration of a type with constants, or nil if it has
// none. Those count that are declared beside it.
func (t *typer) enumOf(n *types.Named) *decl {
	basic, ok := n.Underlying().(*types.Basic)
	if !ok || n.Obj().Pkg() == nil || basic.Info()&(types.IsString|types.IsInteger) == 0 {
		return nil
	}
	scope := n.Obj().Pkg().Scope()
	if scope.Lookup(n.Obj().Name()) != n.Obj() {
		return nil // declared by a function
	}
	var found []*types.Const
	for _, name := range scope.Names() {
		if c, ok := scope.Lookup(name).(*types.Const); ok && types.Identical(c.Type(), n) && name != "_" {
			found = append(found, c)
		}
	}
	if len(found) == 0 {
		return nil
	}
	d, fresh := t.declare(key(t.p, n), n)
	if !fresh {
		return d
	}
	slices.SortStableFunc(found, func(a, b *types.Const) int { return int(a.Pos()) - int(b.Pos()) })
	d.flags = basic.Info()&types.IsInteger != 0
	large, zero := false, false
	keys := namer{taken: map[string]bool{}}
	for _, c := range found {
		value := c.Val().ExactString()
		if c.Val().Kind() == constant.String {
			value = quote(constant.StringVal(c.Val()))
		}
		zero = zero || value == "0" || value == `""`
		name := keys.key(exported(c.Name()))
		d.enum = append(d.enum, enumValue{name, value, renamed(t.p.doc(c.Pos()), c.Name(), name)})
		if i, ok := constant.Uint64Val(constant.ToInt(c.Val())); !ok || i&(i-1) != 0 {
			d.flags = false
		} else if i >= 4 {
			large = true
		}
	}
	d.flags = d.flags && large
	if !zero && !d.flags {
		d.zero = "0"
		if basic.Info()&types.IsString != 0 {
			d.zero = `""`
		}
	}
	return d
}
