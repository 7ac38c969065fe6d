package config

import (
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// A field is what the conf tag of a struct field says:
//
//	conf:"name,option,option"
//
// The options are "required", "null" (an explicit null stands for the zero
// value) and "size" (a number that is not negative).
type field struct {
	name     string
	index    int
	required bool
	null     bool
	size     bool
}

// A partial type takes keys that mean nothing on the desktop: they are checked
// for their kind and dropped.
type partial interface {
	ignored() map[string]kind
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
func (d *decoder) canonicalKeys(tree *node) {
	if i := tree.index("$schema"); tree.kind == objectKind && i >= 0 {
		tree.members = append(tree.members[:i:i], tree.members[i+1:]...)
	}
	d.canonicalIn(tree, reflect.TypeFor[Config](), "")
}

func (d *decoder) canonicalIn(n *node, t reflect.Type, path string) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case reflect.PointerTo(t).Implements(reflect.TypeFor[selfDecoder]()):
		// Such a type looks at its own keys.
	case t.Kind() == reflect.Struct && n.kind == objectKind:
		d.canonicalMembers(n, t, path)
	case t.Kind() == reflect.Slice && n.kind == arrayKind:
		for i, item := range n.items {
			d.canonicalIn(item, t.Elem(), joinIndex(path, i))
		}
	}
}

// canonicalMembers treats the members of an object for the struct type t.
func (d *decoder) canonicalMembers(n *node, t reflect.Type, path string) {
	keys := keysOf(t)
	types := map[string]reflect.Type{}
	for _, f := range fieldsOf(t) {
		types[f.name] = t.Field(f.index).Type
	}
	members := n.members
	n.members = nil
	for _, m := range members {
		memberPath := joinKey(path, m.name)
		name, ok := findKey(keys, m.name)
		if !ok {
			d.unknownKey(m, memberPath, keys)
			continue
		}
		if n.index(name) >= 0 {
			d.reportAt(m.pos, memberPath, "key given twice, as %q and in kebab-case", name)
			continue
		}
		m.name = name
		n.members = append(n.members, m)
		if field, ok := types[name]; ok {
			d.canonicalIn(m.value, field, joinKey(path, name))
		}
	}
}

// unknownKey reports a key that is not among keys.
func (d *decoder) unknownKey(m member, path string, keys []string) {
	if m.pos.src.kebab {
		spelled := make([]string, len(keys))
		for i, key := range keys {
			spelled[i] = kebab(key)
		}
		keys = spelled
	}
	d.reportAt(m.pos, path, "unknown key%s", didYouMean(m.name, keys))
}

// findKey returns the key that name stands for, in its own spelling or in
// kebab-case.
func findKey(keys []string, name string) (string, bool) {
	if slices.Contains(keys, name) {
		return name, true
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

// didYouMean returns ` (did you mean "word"?)` for the word most like name, or
// nothing if none comes near.
func didYouMean(name string, words []string) string {
	plain := func(s string) string {
		return strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(s, "-", ""), "_", ""))
	}
	if len(name) > 64 { // nothing that long is a slip of the fingers
		return ""
	}
	best, distance := "", 1+max(1, len(name)/3)
	for _, word := range words {
		d := editDistance(plain(name), plain(word))
		if len(name) > 2 && strings.HasPrefix(plain(word), plain(name)) {
			d = 1 // cut short, however much is missing
		}
		if d < distance || d == distance && best != "" && word < best {
			best, distance = word, d
		}
	}
	if best == "" {
		return ""
	}
	return ` (did you mean "` + best + `"?)`
}

// editDistance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b.
func editDistance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			best := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				best = min(best, rows[i-2][j-2]+1)
			}
			rows[i][j] = best
		}
	}
	return rows[len(a)][len(b)]
}
