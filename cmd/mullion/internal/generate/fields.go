package generate

import (
	"cmp"
	"fmt"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"
)

// A field is a key of the object that a struct becomes in JSON.
type field struct {
	name   string
	goName string
	typ    types.Type
	pos    token.Pos
	// tagged is whether the json tag has the name.
	tagged bool
	// omitted is whether the option omitzero or omitempty is set, asString
	// whether string is.
	omitted, asString bool
	// missing is whether it is within an embedded pointer that may be nil.
	missing bool
	depth   int
	index   []int
}

// fieldsOf lists the fields of a struct in the order in which they are written,
// as github.com/go-json-experiment/json finds them: those of embedded structs
// are among them, and one that is less deep hides others of its name. rest is
// the type of the values of all other keys, nil if there are none.
func fieldsOf(s *types.Struct) (fields []field, rest types.Type, err error) {
	var all []field
	seen := map[*types.Struct]bool{}
	var add func(s *types.Struct, depth int, index []int, missing bool) error
	add = func(s *types.Struct, depth int, index []int, missing bool) error {
		if seen[s] {
			return nil
		}
		seen[s] = true
		for i := range s.NumFields() {
			v := s.Field(i)
			tag := reflect.StructTag(s.Tag(i)).Get("json")
			if tag == "-" || !v.Exported() && !v.Embedded() {
				continue
			}
			name, options := splitTag(tag)
			if mistake := tagMistake(name, options); mistake != "" {
				return &fieldError{v.Pos(), "field " + v.Name() + ": " + mistake}
			}
			at := append(slices.Clip(index), i)
			inner, pointer := embedded(v.Type())
			switch {
			case slices.Contains(options, "embed") || v.Embedded() && name == "":
				if m, ok := v.Type().Underlying().(*types.Map); ok && inner == nil {
					rest = m.Elem()
					continue
				} else if inner == nil && isNamed(v.Type(), "github.com/go-json-experiment/json/jsontext", "Value") {
					rest = types.Universe.Lookup("any").Type()
					continue
				} else if inner == nil {
					return &fieldError{v.Pos(), fmt.Sprintf("embedded field %s is no struct: name it by a json tag", v.Name())}
				}
				if err := add(inner, depth+1, at, missing || pointer); err != nil {
					return err
				}
			case !v.Exported():
				return &fieldError{v.Pos(), fmt.Sprintf("field %s has a name in its json tag but is not exported", v.Name())}
			default:
				f := field{
					name: cmp.Or(name, v.Name()), goName: v.Name(), typ: v.Type(), pos: v.Pos(), tagged: name != "", missing: missing, depth: depth, index: at,
					omitted:  slices.Contains(options, "omitzero") || slices.Contains(options, "omitempty"),
					asString: slices.Contains(options, "string"),
				}
				if f.asString && !isNumeric(v.Type()) {
					return &fieldError{v.Pos(), fmt.Sprintf("field %s: the option string of its json tag is for numbers alone", v.Name())}
				}
				all = append(all, f)
			}
		}
		seen[s] = false
		return nil
	}
	if err := add(s, 0, nil, false); err != nil {
		return nil, nil, err
	}
	byName := map[string][]field{}
	for _, f := range all {
		byName[f.name] = append(byName[f.name], f)
	}
	for _, same := range byName {
		slices.SortStableFunc(same, func(a, b field) int {
			return cmp.Or(cmp.Compare(a.depth, b.depth), cmp.Compare(boolInt(!a.tagged), boolInt(!b.tagged)))
		})
		if len(same) == 1 || same[0].depth != same[1].depth || same[0].tagged != same[1].tagged {
			fields = append(fields, same[0])
		} else if same[0].depth == 0 {
			return nil, nil, &fieldError{same[1].pos, fmt.Sprintf("two fields have the name %q in JSON", same[0].name)}
		}
	}
	slices.SortFunc(fields, func(a, b field) int { return slices.Compare(a.index, b.index) })
	if s.NumFields() > 0 && len(fields) == 0 && rest == nil && !hasTag(s) {
		return nil, nil, &fieldError{s.Field(0).Pos(), "the struct has no exported fields, so it has no JSON form"}
	}
	return fields, rest, nil
}

// hasTag reports whether any field has a json tag, which says that an empty
// object is meant, or an embedded struct.
func hasTag(s *types.Struct) bool {
	for i := range s.NumFields() {
		if _, ok := reflect.StructTag(s.Tag(i)).Lookup("json"); ok || s.Field(i).Embedded() {
			return true
		}
	}
	return false
}

type fieldError struct {
	pos  token.Pos
	text string
}

func (e *fieldError) Error() string { return e.text }

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// embedded returns the struct that a type, or a pointer to one, stands for.
func embedded(t types.Type) (s *types.Struct, pointer bool) {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t, pointer = p.Elem(), true
	}
	s, _ = t.Underlying().(*types.Struct)
	return s, pointer
}

func isNumeric(t types.Type) bool {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&(types.IsInteger|types.IsFloat) != 0
}

// isNamed reports whether t is the type of that name.
func isNamed(t types.Type, path, name string) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == path && n.Obj().Name() == name
}

// splitTag takes a json tag apart.
func splitTag(tag string) (name string, options []string) {
	parts := strings.Split(tag, ",")
	return parts[0], parts[1:]
}

// tagMistake tells what json does not understand of a tag, "" if nothing.
func tagMistake(name string, options []string) string {
	if strings.ContainsAny(name, "\\'\"`") {
		return "the name in its json tag has a quote or a backslash"
	}
	for i, o := range options {
		word := strings.ReplaceAll(strings.ToLower(o), "_", "")
		switch {
		case o == "":
			return "its json tag has a comma too many"
		case slices.Contains(options[:i], o):
			return fmt.Sprintf("its json tag has the option %s twice", o)
		case strings.HasPrefix(o, "format:"):
			return "the option format of its json tag is not supported"
		case word != o && slices.Contains([]string{"omitzero", "omitempty", "string", "embed", "case", "format"}, word):
			return fmt.Sprintf("its json tag has the option %s: write %s", o, word)
		}
	}
	return ""
}
