package generate

import (
	"encoding/json"
	"fmt"
	"go/types"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// words of ECMAScript 2024 (ecma-262, 12.7.2) and TypeScript that are no names
// of functions or types, and globals that generated code refers to.
var words = strings.Fields(`
	await break case catch class const continue debugger default delete do else enum export extends false finally for function if import
	in instanceof new null return super switch this throw true try typeof var void while with yield let static implements interface package
	private protected public arguments eval async of any unknown never string number boolean symbol bigint object undefined
	Array ArrayBuffer ArrayBufferView Object Promise Uint8Array atob
`)

func isReserved(name string) bool { return slices.Contains(words, name) }

func isIdentifier(s string) bool {
	for i, r := range s {
		if r != '_' && r != '$' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return s != ""
}

// exported is the name of a type of Go in TypeScript.
func exported(name string) string {
	r, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(r)) + name[n:]
}

// camel is the name of a command, an event or a state as TypeScript has names:
// "add_note" is addNote, "notes://changed" notesChanged.
func camel(name string) string {
	var b strings.Builder
	upper := false
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			upper = b.Len() > 0
			continue
		case b.Len() == 0 && unicode.IsDigit(r):
			b.WriteByte('_')
		}
		if upper {
			r = unicode.ToUpper(r)
		}
		upper = false
		b.WriteRune(r)
	}
	if b.Len() == 0 {
		return "_"
	}
	return b.String()
}

// quote is a string of TypeScript.
func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(s) // strings always can
	return strings.NewReplacer("\u2028", `\u2028`, "\u2029", `\u2029`).Replace(strings.TrimSuffix(b.String(), "\n"))
}

func tagOf(s *types.Struct, i int) string { return reflect.StructTag(s.Tag(i)).Get("json") }

// renamed is a doc comment of Go in which the name that it begins with is that
// of TypeScript.
func renamed(doc, from, to string) string {
	if rest, ok := strings.CutPrefix(doc, from); ok && (rest == "" || !unicode.IsLetter(rune(rest[0])) && !unicode.IsDigit(rune(rest[0])) && rest[0] != '_') {
		return to + rest
	}
	return doc
}

// writeDoc writes a comment.
func writeDoc(w io.Writer, indent, doc string) {
	doc = strings.ReplaceAll(strings.TrimSpace(doc), "*/", "*\u200b/")
	if doc == "" {
		return
	}
	lines := strings.Split(doc, "\n")
	if len(lines) == 1 {
		fmt.Fprintf(w, "%s/** %s */\n", indent, doc)
		return
	}
	fmt.Fprintf(w, "%s/**\n", indent)
	for _, line := range lines {
		fmt.Fprintln(w, strings.TrimRight(indent+" * "+strings.ReplaceAll(line, "\t", "  "), " "))
	}
	fmt.Fprintf(w, "%s */\n", indent)
}

// namer gives names that are not taken.
type namer struct{ taken map[string]bool }

func (n *namer) free(name string) bool { return !n.taken[name] && !isReserved(name) }

func (n *namer) take(name string) string {
	for try := name; ; {
		if n.free(try) {
			n.taken[try] = true
			return try
		}
		try += "_"
	}
}

// key is take for a key of an object, where no word is reserved.
func (n *namer) key(name string) string {
	for n.taken[name] {
		name += "_"
	}
	n.taken[name] = true
	return name
}

// nameDecls names the types: as in Go, with the package before the name where
// two have the same.
func (n *namer) nameDecls(list []*decl) {
	same := map[string]int{}
	for _, d := range list {
		if d.same == nil {
			same[d.name]++
		}
	}
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b *decl) int {
		if a.pkg != nil && b.pkg != nil && a.pkg != b.pkg {
			return strings.Compare(a.pkg.Path(), b.pkg.Path())
		}
		return int(a.pos) - int(b.pos)
	})
	for _, d := range sorted {
		if d.same != nil {
			continue
		}
		name := d.name
		if same[name] > 1 && d.pkg != nil && d.pkg.Name() != "main" {
			name = exported(camel(d.pkg.Name())) + name
		}
		try := name
		for i := 2; !n.free(try); i++ {
			try = fmt.Sprint(name, i)
		}
		n.taken[try] = true
		d.name = try
	}
}
