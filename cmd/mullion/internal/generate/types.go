package generate

import (
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// wire are types with a JSON form of their own that ipc.Marshal gives them, or
// that they give themselves.
var wire = map[string]string{
	"time.Time":                "Timestamp",
	"time.Duration":            "Milliseconds",
	"net/url.URL":              "string",
	"math/big.Int":             "string",
	"log/slog.Level":           "string",
	"encoding/json.Number":     "string",
	"encoding/json.RawMessage": "unknown",
	"github.com/go-json-experiment/json/jsontext.Value": "unknown",
	"encoding/json/jsontext.Value":                      "unknown",
}

// aliases are the names of wire that are declared where they are used.
var aliases = map[string]string{
	"Timestamp":    "/** A time by RFC 3339, as Go's time.Time: \"2006-01-02T15:04:05.999Z\". `new Date(t)` reads it, `date.toISOString()` makes one. */\nexport type Timestamp = string;",
	"Milliseconds": "/** A Go time.Duration in milliseconds: 1.5 is 1500 µs. */\nexport type Milliseconds = number;",
}

// A decl is a type that TypeScript gets a name for.
type decl struct {
	id     int
	name   string // as wanted; resolve makes it unique
	pkg    *types.Package
	doc    string
	params string // "<T, U>"
	// body is what the name is declared as, with references to other decls: an
	// interface if object is set.
	body   string
	object bool
	enum   []enumValue // in place of body
	flags  bool        // enum values are joined by |
	zero   string      // the zero value of an enum that has no name for it
	pos    token.Pos
	// required are the keys that values always have, for guards.
	required []string
	same     *decl // that this is a second one of
}

// typer makes TypeScript of types of Go.
type typer struct {
	p     *program
	decls map[string]*decl
	list  []*decl
	used  map[string]bool // of aliases
	// paramNames are those of type parameters. A type with such a name could
	// not be named where the parameter is.
	paramNames map[string]bool
	errs       Errors
	revivers
}

func newTyper(p *program) *typer {
	return &typer{p: p, decls: map[string]*decl{}, used: map[string]bool{}, paramNames: map[string]bool{}, revivers: revivers{byType: map[string]*reviver{}}}
}

// at says where a type is met, for messages.
type at struct {
	pos  token.Pos
	what string // such as `the result of command "greet"`
}

// inside is where something within a is. Messages tell places of the app alone:
// a type from elsewhere is told where the app uses it.
func (t *typer) inside(a at, pos token.Pos, what string) at {
	if t.p.owns(pos) {
		a.pos = pos
	}
	a.what = what + " in " + a.what
	return a
}

func (t *typer) fail(a at, format string, args ...any) string {
	text := fmt.Sprintf(format, args...)
	if a.what != "" {
		text = a.what + ": " + text
	}
	t.add(a.pos, text)
	return "never"
}

func (t *typer) add(pos token.Pos, text string) {
	e := &Error{t.p.place(pos), text}
	for _, other := range t.errs {
		if *other == *e {
			return
		}
	}
	t.errs = append(t.errs, e)
}

// ref stands for the name of a decl until all names are known.
func (d *decl) ref() string { return "\x00" + strconv.Itoa(d.id) + "\x00" }

// ts returns the TypeScript of a type.
func (t *typer) ts(typ types.Type, a at) string {
	switch typ := types.Unalias(typ).(type) {
	case *types.Named:
		return t.named(typ, a)
	case *types.TypeParam:
		return paramName(typ)
	case *types.Basic:
		switch info := typ.Info(); {
		case typ.Kind() == types.UntypedNil:
			return "null"
		case info&types.IsBoolean != 0:
			return "boolean"
		case info&types.IsString != 0:
			return "string"
		case info&(types.IsInteger|types.IsFloat) != 0:
			return "number"
		}
		return t.fail(a, "a %s has no JSON form", typ)
	case *types.Pointer:
		return nullable(t.ts(typ.Elem(), a))
	case *types.Slice:
		if isByte(typ.Elem()) {
			return "Uint8Array"
		}
		return array(t.ts(typ.Elem(), a))
	case *types.Array:
		if isByte(typ.Elem()) {
			return "Uint8Array"
		}
		elem := t.ts(typ.Elem(), a)
		if typ.Len() > maxTuple {
			return array(elem)
		}
		return "[" + strings.TrimSuffix(strings.Repeat(elem+", ", int(typ.Len())), ", ") + "]"
	case *types.Map:
		return t.dictionary(typ, a)
	case *types.Struct:
		body, _ := t.object(typ, a, false, "  ")
		return body
	case *types.Interface:
		if isError(typ) {
			return t.fail(a, "an error has no JSON form; make it a string, the text of the error")
		}
		return "unknown"
	case *types.Chan, *types.Signature:
		return t.fail(a, "a %s has no JSON form; leave the field out with the tag `json:\"-\"`", t.name(typ))
	}
	return t.fail(a, "%s has no JSON form", t.name(typ))
}

// maxTuple is how many elements a tuple has at most; longer arrays are arrays.
const maxTuple = 8

func isByte(t types.Type) bool { return types.Identical(t, types.Typ[types.Byte]) }

var errorType = types.Universe.Lookup("error").Type().Underlying().(*types.Interface)

func isError(t types.Type) bool { return types.Implements(t, errorType) }

// name is a type in messages.
func (t *typer) name(typ types.Type) string {
	return types.TypeString(typ, func(p *types.Package) string { return p.Name() })
}

func nullable(ts string) string {
	switch {
	case ts == "unknown" || ts == "null" || strings.HasSuffix(ts, " | null"):
		return ts
	}
	return ts + " | null"
}

func array(ts string) string {
	if strings.Contains(ts, " | ") && !strings.HasPrefix(ts, "{") || strings.HasSuffix(ts, " | null") {
		return "(" + ts + ")[]"
	}
	return ts + "[]"
}

// dictionary is a map. Its form is one that may be recursive.
func (t *typer) dictionary(m *types.Map, a at) string {
	elem := t.ts(m.Elem(), a)
	key := types.Unalias(m.Key())
	if named, ok := key.(*types.Named); ok {
		kind, form := t.method(named), wire[fullName(named)]
		switch {
		case kind == "text" || form == "string" || form == "Timestamp":
			return "{ [key: string]: " + elem + " }"
		case kind == "" && form == "":
			if d := t.enumOf(named); d != nil && !d.flags {
				return "{ [K in " + d.ref() + "]?: " + elem + " }"
			}
		}
	}
	switch k := key.Underlying().(type) {
	case *types.Basic:
		switch {
		case k.Info()&types.IsString != 0:
			return "{ [key: string]: " + elem + " }"
		case k.Info()&(types.IsInteger|types.IsFloat) != 0:
			return "{ [key: number]: " + elem + " }"
		}
	case *types.Array:
		if isByte(k.Elem()) {
			return "{ [key: string]: " + elem + " }"
		}
	}
	return t.fail(a, "a %s cannot be the key of an object; use a string, a number, or a type with MarshalText and UnmarshalText", t.name(m.Key()))
}

// indented moves the lines of a nested object to the right.
func indented(ts, indent string) string {
	return strings.ReplaceAll(ts, "\n", "\n"+strings.Repeat(" ", len(indent)))
}

// property is a key as TypeScript wants it.
func property(name string) string {
	switch {
	case name == "__proto__": // which by itself would be the prototype
		return `["__proto__"]`
	case isIdentifier(name):
		return name
	}
	return quote(name)
}

// method tells whether a type says itself what its JSON is: "text" is a string,
// "json" may be anything.
func (t *typer) method(n *types.Named) string {
	set := types.NewMethodSet(types.NewPointer(n))
	has := func(names ...string) bool {
		for _, name := range names {
			if s := set.Lookup(nil, name); s != nil {
				return true
			}
		}
		return false
	}
	if _, ok := n.Underlying().(*types.Interface); ok {
		return ""
	}
	switch {
	case has("MarshalJSONTo", "MarshalJSON", "UnmarshalJSONFrom", "UnmarshalJSON"):
		return "json"
	case has("AppendText", "MarshalText", "UnmarshalText"):
		return "text"
	}
	return ""
}

func fullName(n *types.Named) string {
	if n.Obj().Pkg() == nil {
		return n.Obj().Name()
	}
	return n.Obj().Pkg().Path() + "." + n.Obj().Name()
}

// isChannel returns what a channel sends: the T of mullion.Channel[T].
func isChannel(typ types.Type) (message types.Type, ok bool) {
	if p, ok := types.Unalias(typ).(*types.Pointer); ok {
		typ = p.Elem()
	}
	n, ok := types.Unalias(typ).(*types.Named)
	if !ok {
		return nil, false
	}
	if fullName(n.Origin()) == rootPath+".Channel" {
		return n.TypeArgs().At(0), true
	}
	if s := types.NewMethodSet(types.NewPointer(n)).Lookup(nil, "SetChannel"); s != nil {
		return types.Universe.Lookup("any").Type(), true
	}
	return nil, false
}

// named is the TypeScript of a type with a name.
func (t *typer) named(n *types.Named, a at) string {
	name := fullName(n)
	if ts, ok := wire[name]; ok {
		t.used[ts] = true
		return ts
	}
	if name == ipcPath+".Private" {
		return t.fail(a, "it must not leave the Core, for it has an ipc.Private")
	}
	if message, ok := isChannel(n); ok {
		if t.reviver(message) != "" {
			return t.fail(a, "a channel that sends bytes has to be a field of the arguments themselves")
		}
		return "$.Channel<" + t.ts(message, t.inside(a, token.NoPos, "a message")) + ">"
	}
	obj := n.Obj()
	if text, ok := t.p.noteOf(obj.Pos(), "type"); ok {
		d, fresh := t.declare(n.Origin().String(), n)
		if fresh {
			d.body = text
		}
		return d.ref()
	}
	if s, ok := n.Underlying().(*types.Struct); ok {
		for i := range s.NumFields() {
			if isNamed(s.Field(i).Type(), ipcPath, "Private") {
				return t.fail(a, "%s must not leave the Core, for it has an ipc.Private", t.name(n))
			}
		}
	}
	switch t.method(n) {
	case "json":
		return t.fail(a, "%s writes its JSON itself, so its TypeScript is not known: put a comment such as //mullion:type string above its declaration (%s), or above the field",
			t.name(n), t.p.place(obj.Pos()))
	case "text":
		return "string"
	}
	switch u := n.Underlying().(type) {
	case *types.Interface:
		return t.ts(u, a)
	case *types.Slice, *types.Array:
		if isByte(elemOf(u)) {
			return "Uint8Array"
		}
	case *types.Basic:
		if d := t.enumOf(n); d != nil {
			return d.ref()
		}
	}
	if n.TypeArgs().Len() > 0 && !mustSpell(n) {
		return t.generic(n, a)
	}
	d, fresh := t.declare(key(t.p, n), n)
	if fresh {
		t.fill(d, n.Underlying(), a)
	}
	return d.ref()
}

func elemOf(t types.Type) types.Type {
	switch t := t.(type) {
	case *types.Slice:
		return t.Elem()
	case *types.Array:
		return t.Elem()
	}
	return t
}

// key tells types apart, also those that functions declare.
func key(p *program, n *types.Named) string {
	return n.String() + "@" + p.place(n.Obj().Pos())
}

// generic is a type with arguments, Page[Note]: an interface Page<T> and what it
// is used with.
func (t *typer) generic(n *types.Named, a at) string {
	origin := n.Origin()
	d, fresh := t.declare(key(t.p, origin), origin)
	if fresh {
		d.params = t.params(origin)
		t.fill(d, origin.Underlying(), a)
	}
	return d.ref() + t.typeArguments(n, a)
}

// params are the type parameters of a generic type.
func (t *typer) params(origin *types.Named) string {
	var names []string
	for i := range origin.TypeParams().Len() {
		name := paramName(origin.TypeParams().At(i))
		names = append(names, name)
		t.paramNames[name] = true
	}
	return "<" + strings.Join(names, ", ") + ">"
}

func paramName(p *types.TypeParam) string {
	name := p.Obj().Name()
	if isReserved(name) {
		name += "_"
	}
	return name
}

func (t *typer) typeArguments(n *types.Named, a at) string {
	var args []string
	for i := range n.TypeArgs().Len() {
		args = append(args, t.ts(n.TypeArgs().At(i), t.inside(a, token.NoPos, "a type argument")))
	}
	return "<" + strings.Join(args, ", ") + ">"
}

// mustSpell reports whether an instance of a generic type needs a declaration of
// its own: []T is bytes where T is byte, JSON has keys of other kinds than
// TypeScript's type parameters could say, and a tag may make a string of a T.
func mustSpell(n *types.Named) bool {
	for i := range n.TypeArgs().Len() {
		if isByte(n.TypeArgs().At(i)) {
			return true
		}
		if _, isParam := types.Unalias(n.TypeArgs().At(i)).(*types.TypeParam); isParam {
			return false // within another generic type, which was asked about already
		}
	}
	return dependsOnParam(n.Origin(), map[*types.Named]bool{})
}

// dependsOnParam reports whether the form of a generic type depends on what its
// parameters are.
func dependsOnParam(origin *types.Named, seen map[*types.Named]bool) bool {
	if seen[origin] {
		return false
	}
	seen[origin] = true
	var uses func(t types.Type) bool
	uses = func(t types.Type) bool {
		switch t := types.Unalias(t).(type) {
		case *types.Map:
			_, param := types.Unalias(t.Key()).(*types.TypeParam)
			return param || uses(t.Elem())
		case *types.Pointer:
			return uses(t.Elem())
		case *types.Slice:
			return uses(t.Elem())
		case *types.Array:
			return uses(t.Elem())
		case *types.Struct:
			for i := range t.NumFields() {
				_, options := splitTag(tagOf(t, i))
				if uses(t.Field(i).Type()) || slices.Contains(options, "string") && hasParam(t.Field(i).Type()) {
					return true
				}
			}
		case *types.Named:
			return t.TypeArgs().Len() > 0 && dependsOnParam(t.Origin(), seen)
		}
		return false
	}
	return uses(origin.Underlying())
}

// declare returns the decl of a key, which is fresh if nothing has filled it.
func (t *typer) declare(key string, n *types.Named) (d *decl, fresh bool) {
	if d, ok := t.decls[key]; ok {
		return d, false
	}
	name := exported(n.Obj().Name())
	if n.Origin() != n {
		for i := range n.TypeArgs().Len() {
			name += exported(plainName(n.TypeArgs().At(i)))
		}
	}
	d = &decl{id: len(t.list), name: name, pkg: n.Obj().Pkg(), doc: renamed(t.p.doc(n.Obj().Pos()), n.Obj().Name(), name), pos: n.Obj().Pos()}
	t.decls[key] = d
	t.list = append(t.list, d)
	return d, true
}

// plainName is a type as a part of a name.
func plainName(t types.Type) string {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		name := t.Obj().Name()
		for i := range t.TypeArgs().Len() {
			name += exported(plainName(t.TypeArgs().At(i)))
		}
		return name
	case *types.Basic:
		return t.Name()
	case *types.Pointer:
		return "maybe" + exported(plainName(t.Elem()))
	case *types.Slice:
		return "list" + exported(plainName(t.Elem()))
	case *types.Map:
		return "map" + exported(plainName(t.Elem()))
	}
	return "value"
}

func (t *typer) fill(d *decl, underlying types.Type, a at) {
	inner := at{a.pos, d.name + ", which is in " + a.what}
	if t.p.owns(d.pos) {
		inner.pos = d.pos
	}
	if s, ok := underlying.(*types.Struct); ok {
		d.body, d.required = t.object(s, inner, false, "  ")
		d.object = strings.HasPrefix(d.body, "{\n")
		return
	}
	d.body = t.ts(underlying, inner)
}
