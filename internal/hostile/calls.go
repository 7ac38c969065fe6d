// Package hostile makes up the arguments with which a hostile page calls a
// command, from nothing but the types of what the command takes. A command
// that is added later is called by itself.
//
//	for _, c := range builtin.Commands() {
//		for _, call := range hostile.Calls(c.Arguments) {
//			… invoke c.Name with call.Arguments …
//		}
//	}
package hostile

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/mullion-dev/mullion/ipc"
)

// Call is one set of arguments.
type Call struct {
	// Arguments is the JSON text.
	Arguments string
	// AtFault is the argument that cannot be right; empty if that is not known
	// from the types alone.
	AtFault string
}

// value is a hostile value.
type value struct {
	text string
	kind byte // the kind of JSON: one of n b 0 " [ {
}

// huge reports whether the value is long. Such take longest, and what they may
// break is the same in each argument: they are tried in one of a kind.
func (v value) huge() bool { return len(v.text) > 4096 }

// nested is deep, but not so deep that the call as a whole is refused.
var nested = strings.Repeat("[", 200) + strings.Repeat("]", 200)

// values are what a hostile page may pass as anything.
var values = []value{
	{`null`, 'n'}, {`true`, 'b'}, {`false`, 'b'},
	{`0`, '0'}, {`-1`, '0'}, {`1.5`, '0'}, {`9007199254740993`, '0'}, {`4294967296`, '0'}, {`-2147483649`, '0'}, {`1e308`, '0'}, {`-1e308`, '0'}, {`1e-320`, '0'}, {`-0`, '0'},
	{`1` + strings.Repeat("0", 400), '0'},
	{`""`, '"'}, {`"NaN"`, '"'}, {`"Infinity"`, '"'}, {`"../../../etc/passwd"`, '"'}, {`"/proc/self/mem"`, '"'}, {`"other"`, '"'}, {`"*"`, '"'},
	{`"\u0000\u001b[2J\r\n\u202e"`, '"'}, {`"__proto__"`, '"'}, {`"__CHANNEL__:99999999999"`, '"'}, {`"<b>&amp;%s%n"`, '"'}, {`"javascript:alert(1)"`, '"'}, {`"file:///etc/passwd"`, '"'},
	{`"` + strings.Repeat("x", 70_000) + `"`, '"'},
	{`[]`, '['}, {`[null]`, '['}, {`[-1,256,1e9]`, '['}, {`[[0,"Menu"],[4294967295,"Check"]]`, '['}, {`[0,"Menu"]`, '['}, {nested, '['}, {`[` + strings.Repeat("0,", 5_000) + `0]`, '['},
	{`{}`, '{'}, {`{"__proto__":1}`, '{'}, {`{"":null}`, '{'}, {`{"width":-1,"height":1e300}`, '{'}, {`{"Physical":{"x":1e300,"y":-1e300,"width":1e300,"height":-1}}`, '{'},
	{`{"Logical":{"x":null,"y":"NaN","width":"NaN","height":null}}`, '{'}, {`{"rgba":[1,2,3],"width":4294967295,"height":4294967295}`, '{'}, {`{"kind":"Window","label":"other"}`, '{'},
}

// keys are those of the options that commands read by themselves.
var keys = []string{
	"accelerator", "actions", "actionTypeId", "alwaysOnTop", "attachments", "backgroundColor", "body", "center", "checked", "enabled", "handler", "height", "icon", "id", "item",
	"items", "kind", "label", "menu", "parent", "path", "proxyUrl", "schedule", "text", "theme", "title", "tooltip", "url", "userAgent", "width", "x",
}

// Calls returns what to call a command with whose arguments are a struct of
// that type. Nil means that the type is not known.
func Calls(arguments reflect.Type) []Call {
	calls := []Call{{Arguments: `{}`}, {Arguments: `null`}, {Arguments: `[]`}, {Arguments: `"x"`}, {Arguments: `7`}, {Arguments: nested}}
	if arguments == nil || arguments.Kind() != reflect.Struct {
		for _, v := range values {
			calls = append(calls, Call{Arguments: `{"x":` + v.text + `}`})
		}
		return calls
	}
	calls = append(calls, Call{Arguments: object(arguments, "", "")})
	for _, name := range []string{"unexpected", "__proto__", "constructor"} {
		good := object(arguments, "", "")
		separator := ","
		if good == "{}" {
			separator = ""
		}
		calls = append(calls, Call{`{"` + name + `":1` + separator + good[1:], name})
	}
	seen := map[reflect.Type]bool{}
	for _, f := range fields(arguments) {
		if f.required {
			calls = append(calls, Call{object(arguments, f.name, ""), f.name})
		}
		for _, v := range values {
			if v.huge() && seen[f.t] {
				continue
			}
			c := Call{Arguments: object(arguments, f.name, v.text)}
			if f.never(v.kind) {
				c.AtFault = f.name
			}
			calls = append(calls, c)
		}
		for _, text := range f.inner() {
			calls = append(calls, Call{Arguments: object(arguments, f.name, text)})
		}
		seen[f.t] = true
	}
	return calls
}

// field is an argument, or what is in one.
type field struct {
	name     string
	required bool
	t        reflect.Type
}

func fields(t reflect.Type) (all []field) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			all = append(all, fields(f.Type)...)
		case f.IsExported() && name != "" && name != "-":
			optional := f.Type.Kind() == reflect.Pointer || strings.Contains(options, "omit")
			all = append(all, field{strings.Trim(name, "'"), !optional, f.Type})
		}
	}
	return all
}

// never reports whether values of that kind of JSON cannot fit.
func (f field) never(kind byte) bool {
	switch f.t.Kind() {
	case reflect.Bool:
		return kind != 'b' && kind != 'n'
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Int, reflect.Int32, reflect.Float64:
		return kind != '0' && kind != 'n' && f.t.NumMethod() == 0 && reflect.PointerTo(f.t).NumMethod() == 0
	case reflect.String:
		return kind != '"' && kind != 'n' && reflect.PointerTo(f.t).NumMethod() == 0
	}
	return false
}

// inner returns hostile values for what is inside an argument.
func (f field) inner() (texts []string) {
	t := f.t
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[json.RawMessage]() || t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		for n, k := range keys {
			for i := range values {
				// Of each kind some; all of them would be too many.
				if v := values[i]; i%3 == n%3 && k != "title" && (n < 3 || !v.huge()) {
					texts = append(texts, `{"title":"t","`+k+`":`+v.text+`}`)
				}
			}
		}
	case t.Kind() == reflect.Struct:
		seen := map[reflect.Type]bool{}
		for _, g := range fields(t) {
			texts = append(texts, object(t, g.name, ""))
			for _, v := range values {
				if v.huge() && seen[g.t] {
					continue
				}
				texts = append(texts, object(t, g.name, v.text))
			}
			seen[g.t] = true
		}
	}
	return texts
}

// object writes plausible arguments, but for one that is as it is told to be,
// or missing if the text is empty.
func object(t reflect.Type, name, text string) string {
	var parts []string
	for _, f := range fields(t) {
		v := plausible(f.t)
		if f.name == name {
			v = text
		} else if !f.required {
			continue
		}
		if v != "" {
			parts = append(parts, fmt.Sprintf("%q:%s", f.name, v))
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

var setter = reflect.TypeFor[ipc.ChannelSetter]()

func plausible(t reflect.Type) string {
	if t.Implements(setter) || reflect.PointerTo(t).Implements(setter) {
		return `"__CHANNEL__:1"`
	}
	switch t.Kind() {
	case reflect.Pointer:
		return plausible(t.Elem())
	case reflect.Bool:
		return "true"
	case reflect.String:
		return `"x"`
	case reflect.Struct:
		return object(t, "", "")
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return `{"title":"x"}`
		}
		return "[]"
	case reflect.Map:
		return "{}"
	case reflect.Interface:
		return "null"
	}
	return "1"
}

// internals are what the text of an error must not have: it is for people
// who write pages.
var internals = regexp.MustCompile(`\b(app|bus|capability|context|core|fake|host|ipc|json|jsontext|menu|notify|reflect|tray|wire)\.\*?[A-Z]\w*|\bu?int(8|16|32|64)\b|\bfloat(32|64)\b|\bstruct ?\{|\binterface ?\{|\bmap\[|\[\]\w|%!|\bGo \*?\w|\.go:\d|goroutine|/internal/|internal error|nil pointer|0x[0-9a-f]{8}`)

// Internal returns what the text of an error gives away of the inside, or
// "". What the caller passed is not looked at.
func Internal(text string) string { return internals.FindString(text) }
