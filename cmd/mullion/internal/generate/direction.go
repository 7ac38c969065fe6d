package generate

import (
	"go/token"
	"go/types"
)

// A direction is which way values of a type go.
type direction int

const (
	fromPage direction = iota
	toPage
)

// goes tells what of a type cannot go that way, as ipc.CheckType does when the
// app starts. TypeScript has a form for it: types may go the other way, too.
func (t *typer) goes(typ types.Type, way direction, a at) {
	(&walker{t, way, map[string]bool{}}).walk(typ, a)
}

type walker struct {
	*typer
	way  direction
	seen map[string]bool // named types, by key
}

func (w *walker) walk(typ types.Type, a at) {
	typ = types.Unalias(typ)
	if message, ok := isChannel(typ); ok {
		if w.way == toPage {
			w.fail(a, "a %s only comes from a page, as an argument", w.name(typ))
			return
		}
		w.goes(message, toPage, w.inside(a, token.NoPos, "a message"))
		return
	}
	switch typ := typ.(type) {
	case *types.Named:
		_, noted := w.p.noteOf(typ.Obj().Pos(), "type")
		k := key(w.p, typ)
		if wire[fullName(typ)] != "" || noted || w.method(typ) != "" || w.seen[k] {
			return
		}
		w.seen[k] = true
		w.walk(typ.Underlying(), w.inside(a, typ.Obj().Pos(), typ.Obj().Name()))
	case *types.Pointer:
		w.walk(typ.Elem(), a)
	case *types.Slice:
		w.walk(typ.Elem(), a)
	case *types.Array:
		w.walk(typ.Elem(), a)
	case *types.Map:
		w.walk(typ.Elem(), a)
	case *types.Interface:
		if w.way == fromPage && typ.NumMethods() > 0 && !isError(typ) {
			w.fail(a, "a page cannot say which type of Go is to be in an interface; use a struct, any or jsontext.Value")
		}
	case *types.Struct:
		w.walkStruct(typ, a)
	}
}

func (w *walker) walkStruct(s *types.Struct, a at) {
	for i := range s.NumFields() {
		v := s.Field(i)
		name, _ := splitTag(tagOf(s, i))
		if inner, pointer := embedded(v.Type()); w.way == fromPage && pointer && inner != nil && v.Embedded() && !v.Exported() && name == "" {
			w.fail(w.inside(a, v.Pos(), "field "+v.Name()), "an embedded pointer to a type that is not exported cannot be filled; embed the type itself")
		}
	}
	fields, _, err := fieldsOf(s)
	if err != nil {
		return // which object tells
	}
	for _, f := range fields {
		if _, ok := w.p.noteOf(f.pos, "type"); !ok {
			w.walk(f.typ, w.inside(a, f.pos, "field "+f.goName))
		}
	}
}
