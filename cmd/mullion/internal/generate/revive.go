package generate

import (
	"fmt"
	"go/types"
	"strings"
)

// revivers make Uint8Arrays of the base64 that bytes are in JSON, in values that
// have any.
type revivers struct {
	byType map[string]*reviver
	order  []*reviver
}

// reviver is a function of the generated code, for a type with a name.
type reviver struct {
	name, body string
}

// reviver returns an expression of the function that revives values of a type,
// "" where there is nothing to revive.
func (t *typer) reviver(typ types.Type) string {
	if !t.hasBytes(typ, map[string]bool{}) {
		return ""
	}
	switch typ := types.Unalias(typ).(type) {
	case *types.Pointer:
		return t.reviver(typ.Elem())
	case *types.Slice, *types.Array:
		if isByte(elemOf(typ)) {
			return "$bytes"
		}
		return "$list(" + t.reviver(elemOf(typ)) + ")"
	case *types.Map:
		return "$values(" + t.reviver(typ.Elem()) + ")"
	case *types.Struct:
		return "(value) => " + t.reviveStruct(typ)
	case *types.Named:
		return t.reviveNamed(typ)
	}
	return ""
}

func (t *typer) reviveNamed(n *types.Named) string {
	if isByte(elemOf(n.Underlying())) {
		return "$bytes"
	}
	k := key(t.p, n)
	if r, ok := t.byType[k]; ok {
		return r.name
	}
	r := &reviver{name: "$revive" + exported(plainName(n))}
	for _, other := range t.order {
		if other.name == r.name {
			r.name += fmt.Sprint(len(t.order))
			break
		}
	}
	t.byType[k] = r
	t.order = append(t.order, r)
	if s, ok := n.Underlying().(*types.Struct); ok {
		r.body = t.reviveStruct(s)
	} else {
		r.body = t.reviver(n.Underlying()) + "(value)"
	}
	return r.name
}

func (t *typer) reviveStruct(s *types.Struct) string {
	fields, _, err := fieldsOf(s)
	if err != nil {
		return "value" // which object tells
	}
	var parts []string
	for _, f := range fields {
		if _, ok := t.p.noteOf(f.pos, "type"); ok {
			continue
		}
		if r := t.reviver(f.typ); r != "" {
			parts = append(parts, property(f.name)+": "+r)
		}
	}
	return "$fields(value, { " + strings.Join(parts, ", ") + " })"
}

// hasBytes reports whether there may be bytes in values of a type.
func (t *typer) hasBytes(typ types.Type, seen map[string]bool) bool {
	switch typ := types.Unalias(typ).(type) {
	case *types.Pointer:
		return t.hasBytes(typ.Elem(), seen)
	case *types.Slice:
		return isByte(typ.Elem()) || t.hasBytes(typ.Elem(), seen)
	case *types.Array:
		return isByte(typ.Elem()) || t.hasBytes(typ.Elem(), seen)
	case *types.Map:
		return t.hasBytes(typ.Elem(), seen)
	case *types.Struct:
		fields, _, err := fieldsOf(typ)
		if err != nil {
			return false
		}
		for _, f := range fields {
			if _, ok := t.p.noteOf(f.pos, "type"); !ok && t.hasBytes(f.typ, seen) {
				return true
			}
		}
	case *types.Named:
		k := key(t.p, typ)
		if _, ok := wire[fullName(typ)]; ok || seen[k] || t.method(typ) != "" {
			return false
		}
		if _, ok := t.p.noteOf(typ.Obj().Pos(), "type"); ok {
			return false
		}
		seen[k] = true
		return t.hasBytes(typ.Underlying(), seen)
	}
	return false
}

// reviveHelpers are the functions that revivers consist of; each may be used by
// those before it.
var reviveHelpers = []struct{ name, code string }{
	{"$fields", `
function $fields(value: unknown, fields: { [name: string]: $Revive }): unknown {
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const revived = { ...value } as { [name: string]: unknown };
  for (const [name, revive] of Object.entries(fields)) {
    if (Object.prototype.hasOwnProperty.call(revived, name)) {
      revived[name] = revive(revived[name]);
    }
  }
  return revived;
}
`},
	{"$values", `
function $values(item: $Revive): $Revive {
  return (value) =>
    typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, v]) => [key, item(v)]))
      : value;
}
`},
	{"$list", `
function $list(item: $Revive): $Revive {
  return (value) => (Array.isArray(value) ? value.map((v: unknown) => item(v)) : value);
}
`},
	{"$bytes", `
/** Bytes, which JSON has in base64 or as numbers, and calls as an ArrayBuffer. */
function $bytes(value: unknown): unknown {
  if (typeof value === "string") {
    const text = atob(value);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) {
      bytes[i] = text.charCodeAt(i);
    }
    return bytes;
  }
  if (value instanceof ArrayBuffer) {
    return new Uint8Array(value);
  }
  return Array.isArray(value) ? Uint8Array.from(value as number[]) : value;
}
`},
}
