package generate

import (
	"errors"
	"fmt"
	"go/types"
	"strings"
)

// object is the body of a struct, between braces. As arguments, all that a
// command does without is optional.
func (t *typer) object(s *types.Struct, a at, arguments bool, indent string) (body string, required []string) {
	fields, rest, err := fieldsOf(s)
	if err != nil {
		var fe *fieldError
		errors.As(err, &fe)
		if t.p.owns(fe.pos) {
			a.pos = fe.pos
		}
		t.fail(a, "%s", fe.text)
		return "{}", nil
	}
	if len(fields) == 0 && rest == nil {
		return "{ [key: string]: never }", nil
	}
	var b strings.Builder
	b.WriteString("{\n")
	for _, f := range fields {
		writeDoc(&b, indent, renamed(t.p.doc(f.pos), f.goName, f.name))
		var ts string
		if message, ok := isChannel(f.typ); ok && arguments {
			t.used["Receiver"] = true
			ts = "Receiver<" + t.ts(message, t.inside(a, f.pos, "a message of "+f.goName)) + ">"
		} else {
			ts = t.fieldType(f, a)
		}
		optional := f.omitted || f.missing
		_, pointer := types.Unalias(f.typ).(*types.Pointer)
		switch {
		case arguments && pointer:
			optional = true
		case optional && pointer && !arguments:
			ts = strings.TrimSuffix(ts, " | null") // nil is left out
		}
		mark := ""
		if optional {
			mark = "?"
		} else {
			required = append(required, f.name)
		}
		fmt.Fprintf(&b, "%s%s%s: %s;\n", indent, property(f.name), mark, indented(ts, indent))
	}
	if rest != nil {
		t.ts(rest, a)
		fmt.Fprintf(&b, "%s[key: string]: unknown;\n", indent)
	}
	b.WriteString(strings.TrimSuffix(indent, "  ") + "}")
	return b.String(), required
}

func (t *typer) fieldType(f field, a at) string {
	inner := t.inside(a, f.pos, "field "+f.goName)
	if text, ok := t.p.noteOf(f.pos, "type"); ok {
		return text
	}
	if f.asString {
		if _, pointer := types.Unalias(f.typ).(*types.Pointer); pointer {
			return "string | null"
		}
		return "string"
	}
	return t.ts(f.typ, inner)
}

// arguments returns the type of a command's arguments, "" for none, and whether
// all of them may be left out.
func (t *typer) arguments(typ types.Type, a at) (ts string, optional bool) {
	s := typ.Underlying().(*types.Struct)
	t.checkArguments(s, a)
	fields, _, err := fieldsOf(s)
	if err == nil && len(fields) == 0 {
		return "", true
	}
	body, required := t.object(s, a, true, "  ")
	n, ok := types.Unalias(typ).(*types.Named)
	if !ok {
		return body, len(required) == 0
	}
	if n.TypeArgs().Len() == 0 || mustSpell(n) {
		d, fresh := t.declare(key(t.p, n)+arguments, n)
		if fresh {
			d.body, d.object, d.required = body, true, required
		}
		return d.ref(), len(required) == 0
	}
	d, fresh := t.declare(key(t.p, n.Origin())+arguments, n.Origin())
	if fresh {
		d.params = t.params(n.Origin())
		d.body, d.required = t.object(n.Origin().Underlying().(*types.Struct), a, true, "  ")
		d.object = true
	}
	return d.ref() + t.typeArguments(n, a), len(required) == 0
}

// arguments is what the key of a type ends with that is the arguments of a
// command. Pages may leave more of them out than values of the type lack.
const arguments = "#arguments"

// settle is called when all types were met: arguments that are the same as the
// values of their type share its name.
func (t *typer) settle() {
	for k, d := range t.decls {
		of, ok := strings.CutSuffix(k, arguments)
		if !ok || t.decls[of] == nil {
			continue
		}
		if values := t.decls[of]; values.body == d.body {
			d.same = values
		} else {
			d.name += "Args"
		}
	}
}

// checkArguments tells what ipc.Typed would refuse.
func (t *typer) checkArguments(s *types.Struct, a at) {
	for i := range s.NumFields() {
		v := s.Field(i)
		name, _ := splitTag(tagOf(s, i))
		if inner, pointer := embedded(v.Type()); v.Embedded() && name == "" && inner != nil && !pointer {
			t.checkArguments(inner, a)
			continue
		}
		if v.Exported() && name == "" {
			lower := strings.ToLower(v.Name()[:1]) + v.Name()[1:]
			t.fail(at{v.Pos(), a.what}, "argument %s has no json tag; name it as the page does, such as `json:%q`", v.Name(), lower)
		}
	}
}
