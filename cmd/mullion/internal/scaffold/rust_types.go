package scaffold

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// RustStruct is a struct that commands take or return.
type RustStruct struct {
	Name   string // in Go
	Fields []Arg
	Place  string

	body, renamed string
	used, read    bool
}

// Field returns the name of a field in Go.
func (RustStruct) Field(a Arg) string { return goName(a.Name, true) }

// known are the types that sources declare.
type known struct {
	structs map[string]*RustStruct
	words   map[string]bool // enums without values, which are strings in JSON
}

var (
	rustStruct = regexp.MustCompile(`((?:#\[[^\]]*\]\s*|//[^\n]*\n\s*)*)\b(?:pub(?:\([^)]*\))?\s+)?(struct|enum)\s+([A-Z]\w*)\s*\{`)
	renameAll  = regexp.MustCompile(`rename_all\s*=\s*"(\w+)"`)
	renamed    = regexp.MustCompile(`\brename\s*=\s*"([^"]+)"`)
	attribute  = regexp.MustCompile(`#\[[^\]]*\]`)
	lineRemark = regexp.MustCompile(`//[^\n]*`)
	wordOnly   = regexp.MustCompile(`^\w*$`)
)

// read finds the types that a source declares.
func (k *known) read(name, text string) {
	for _, m := range rustStruct.FindAllStringSubmatchIndex(text, -1) {
		if commented(text, m[4]) {
			continue
		}
		open := m[1] - 1
		end := closingRust(text[open:], '{', '}')
		if end < 0 {
			continue
		}
		attributes, typ, body := text[m[2]:m[3]], text[m[6]:m[7]], lineRemark.ReplaceAllString(text[open+1:open+end], "")
		if text[m[4]:m[5]] == "enum" {
			k.words[typ] = !slices.ContainsFunc(split(attribute.ReplaceAllString(body, ""), ','), func(v string) bool {
				return !wordOnly.MatchString(strings.TrimSpace(v))
			})
			continue
		}
		s := &RustStruct{Name: goName(typ, true), Place: fmt.Sprintf("%s:%d", name, 1+strings.Count(text[:m[4]], "\n")), body: body}
		if r := renameAll.FindStringSubmatch(attributes); r != nil {
			s.renamed = r[1]
		}
		if k.structs[typ] == nil {
			k.structs[typ] = s
		}
	}
}

// used returns the structs that were asked for, and those in their fields.
func (k *known) used() (list []RustStruct) {
	for again := true; again; {
		again = false
		for _, s := range k.structs {
			if s.used && !s.read {
				s.read, again = true, true
				s.Fields = k.fields(s)
			}
		}
	}
	for _, s := range k.structs {
		if s.used {
			list = append(list, *s)
		}
	}
	slices.SortFunc(list, func(a, b RustStruct) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// fields reads the fields as serde names them.
func (k *known) fields(s *RustStruct) (fields []Arg) {
	for _, part := range split(s.body, ',') {
		attributes := strings.Join(attribute.FindAllString(part, -1), " ")
		part = strings.TrimSpace(attribute.ReplaceAllString(part, ""))
		name, typ, ok := strings.Cut(part, ":")
		words := strings.Fields(name)
		if !ok || len(words) == 0 || strings.Contains(attributes, "skip)") || strings.Contains(attributes, "skip,") {
			continue
		}
		a := Arg{Name: strings.TrimPrefix(words[len(words)-1], "r#"), Type: k.goType(typ)}
		switch s.renamed {
		case "camelCase":
			a.Name = goName(a.Name, false)
		case "PascalCase":
			a.Name = goName(a.Name, true)
		case "kebab-case":
			a.Name = strings.ReplaceAll(a.Name, "_", "-")
		}
		if r := renamed.FindStringSubmatch(attributes); r != nil {
			a.Name = r[1]
		}
		fields = append(fields, a)
	}
	return fields
}
