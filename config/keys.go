package config

import (
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/document"
)

// A field is what the conf tag of a struct field says:
//
//	conf:"name,option,option"
//
// The options are "required", "null" (an explicit null stands for the zero
// value), "size" (a number that is not negative) and "alias=other" (another
// spelling, besides the one in kebab-case, which every key has).
type field struct {
	name     string
	index    int
	required bool
	null     bool
	size     bool
	aliases  []string
}

// A partial type takes keys that mean nothing on the desktop: they are checked
// for their kind and dropped.
type partial interface {
	ignored() map[string]document.Kind
}

// fieldsOf returns the fields of a struct type that can be configured.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		tag, ok := t.Field(i).Tag.Lookup("conf")
		if !ok {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		f := field{name: name, index: i}
		for option := range strings.SplitSeq(options, ",") {
			switch option {
			case "required":
				f.required = true
			case "null":
				f.null = true
			case "size":
				f.size = true
			default:
				if alias, ok := strings.CutPrefix(option, "alias="); ok {
					f.aliases = append(f.aliases, alias)
				}
			}
		}
		fields = append(fields, f)
	}
	return fields
}

// keysOf returns the keys that an object for a struct type may have.
func keysOf(t reflect.Type) []string {
	var keys []string
	for _, f := range fieldsOf(t) {
		keys = append(keys, f.name)
	}
	if p, ok := reflect.Zero(t).Interface().(partial); ok {
		for name := range p.ignored() {
			keys = append(keys, name)
		}
	}
	return keys
}

// canonicalKeys gives every key of a layer the spelling of the tables, reports
// those that are not known and removes them. It runs before merging, so that
// layers in different spellings fit together and no layer hides a mistake of
// another.
func (d *decoder) canonicalKeys(tree *document.Node) {
	if i := tree.Index("$schema"); tree.Kind == document.Object && i >= 0 {
		tree.Members = append(tree.Members[:i:i], tree.Members[i+1:]...)
	}
	d.canonicalIn(tree, reflect.TypeFor[Config](), "")
}

func (d *decoder) canonicalIn(n *document.Node, t reflect.Type, path string) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case reflect.PointerTo(t).Implements(reflect.TypeFor[selfDecoder]()):
		// Such a type looks at its own keys.
	case t.Kind() == reflect.Struct && n.Kind == document.Object:
		d.canonicalMembers(n, t, path)
	case t.Kind() == reflect.Slice && n.Kind == document.Array:
		for i, item := range n.Items {
			d.canonicalIn(item, t.Elem(), document.JoinIndex(path, i))
		}
	}
}

// canonicalMembers treats the members of an object for the struct type t.
func (d *decoder) canonicalMembers(n *document.Node, t reflect.Type, path string) {
	keys := keysOf(t)
	types, aliases := map[string]reflect.Type{}, map[string]string{}
	for _, f := range fieldsOf(t) {
		types[f.name] = t.Field(f.index).Type
		for _, alias := range f.aliases {
			aliases[alias] = f.name
		}
	}
	members := n.Members
	n.Members = nil
	for _, m := range members {
		memberPath := document.JoinKey(path, m.Name)
		name, ok := findKey(keys, aliases, m.Name)
		if !ok {
			if m.Value.Kind == document.Null && m.Pos.Source.Order > 0 {
				continue // a patch deletes what need not be there
			}
			d.unknownKey(m, memberPath, keys)
			continue
		}
		if n.Index(name) >= 0 {
			d.ReportAt(m.Pos, memberPath, "key given twice: it is another spelling of %q", name)
			continue
		}
		m.Name = name
		n.Members = append(n.Members, m)
		if field, ok := types[name]; ok {
			d.canonicalIn(m.Value, field, document.JoinKey(path, name))
		}
	}
}

// unknownKey reports a key that is not among keys.
func (d *decoder) unknownKey(m document.Member, path string, keys []string) {
	if m.Pos.Source.Format == document.TOML {
		spelled := make([]string, len(keys))
		for i, key := range keys {
			spelled[i] = kebab(key)
		}
		keys = spelled
	}
	d.ReportAt(m.Pos, path, "unknown key%s", didYouMean(m.Name, keys))
}

// findKey returns the key that name stands for, in its own spelling, in
// kebab-case or under another name of its own.
func findKey(keys []string, aliases map[string]string, name string) (string, bool) {
	if slices.Contains(keys, name) {
		return name, true
	}
	if key, ok := aliases[name]; ok {
		return key, true
	}
	for _, key := range keys {
		if name == kebab(key) {
			return key, true
		}
	}
	return "", false
}

// kebab returns a key in kebab-case. A run of capitals is one word, and so are
// the two names of systems: enableGTKAppId is enable-gtk-app-id and
// macOSPrivateApi is macos-private-api.
func kebab(key string) string {
	runes := []rune(strings.NewReplacer("macOS", "macos", "iOS", "ios").Replace(key))
	var b strings.Builder
	for i, c := range runes {
		if i > 0 && unicode.IsUpper(c) {
			endsWord := !unicode.IsUpper(runes[i-1])
			beginsWord := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if endsWord || beginsWord {
				b.WriteByte('-')
			}
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// keysIn lists the keys below a node for the type t, those of free form left
// out. Their spelling is that of the tables already.
func keysIn(n *document.Node, t reflect.Type, path string) []Key {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var keys []Key
	switch {
	case t.Kind() == reflect.Slice && n.Kind == document.Array && !reflect.PointerTo(t).Implements(reflect.TypeFor[selfDecoder]()):
		for i, item := range n.Items {
			keys = append(keys, keysIn(item, t.Elem(), document.JoinIndex(path, i))...)
		}
	case t.Kind() == reflect.Map && n.Kind == document.Object && t.Elem() == reflect.TypeFor[jsontext.Value]():
		for _, m := range n.Members {
			k := newKey(m, path)
			k.Plugin = m.Name
			keys = append(keys, k)
		}
	case t.Kind() == reflect.Struct && n.Kind == document.Object && !reflect.PointerTo(t).Implements(reflect.TypeFor[selfDecoder]()):
		types := map[string]reflect.Type{}
		for _, f := range fieldsOf(t) {
			types[f.name] = t.Field(f.index).Type
		}
		for _, m := range n.Members {
			if m.Value.Kind == document.Null && m.Name != "csp" {
				continue // as if it was not there
			}
			k := newKey(m, path)
			keys = append(keys, k)
			if field, ok := types[m.Name]; ok {
				keys = append(keys, keysIn(m.Value, field, k.Path)...)
			}
		}
	}
	return keys
}

func newKey(m document.Member, path string) Key {
	return Key{Path: document.JoinKey(path, m.Name), File: m.Pos.Source.Name, Line: m.Pos.Line, Column: m.Pos.Column}
}
