package config

import (
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// forms are the kinds of JSON that types are written in which read it
// themselves. What is within is for them to say.
var forms = map[reflect.Type][]string{
	reflect.TypeFor[FrontendDist]():        {"string", "array"},
	reflect.TypeFor[BundleTargets]():       {"string", "array"},
	reflect.TypeFor[UpdaterArtifacts]():    {"boolean", "string"},
	reflect.TypeFor[Resources]():           {"array", "object"},
	reflect.TypeFor[Headers]():             {"object"},
	reflect.TypeFor[WixLanguages]():        {"string", "array", "object"},
	reflect.TypeFor[CSP]():                 {"string", "object"},
	reflect.TypeFor[CSPExemption]():        {"boolean", "array"},
	reflect.TypeFor[Capability]():          {"string", "object"},
	reflect.TypeFor[DataStoreIdentifier](): {"array"},
	reflect.TypeFor[Color]():               {"string", "array", "object"},
}

// Schema returns a JSON schema (draft 7) of the configuration, as values for
// package json, so that editors know its keys. describe returns what a field of
// a struct of this package means, such as ("Window", "Title"); it may be nil.
//
// What the schema refuses, [Load] refuses as well. Load looks at more.
func Schema(describe func(structName, field string) string) map[string]any {
	s := schemer{describe: describe, definitions: map[string]any{}}
	root := s.object(reflect.TypeFor[Config]())
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "The configuration of an app made with Mullion"
	root["properties"].(map[string]any)["$schema"] = map[string]any{"type": "string"}
	root["definitions"] = s.definitions
	return root
}

type schemer struct {
	describe    func(structName, field string) string
	definitions map[string]any
}

func (s *schemer) schema(t reflect.Type) map[string]any {
	if t.Kind() == reflect.Pointer {
		return orNull(s.schema(t.Elem()))
	}
	if kinds, ok := forms[t]; ok {
		return map[string]any{"type": kinds}
	}
	if t == reflect.TypeFor[jsontext.Value]() || reflect.PointerTo(t).Implements(reflect.TypeFor[selfDecoder]()) {
		return map[string]any{}
	}
	switch t.Kind() {
	case reflect.Struct:
		if _, ok := s.definitions[t.Name()]; !ok {
			s.definitions[t.Name()] = nil // it may have itself within
			s.definitions[t.Name()] = s.object(t)
		}
		ref := map[string]any{"$ref": "#/definitions/" + t.Name()}
		if short, ok := reflect.New(t).Interface().(shorthand); ok {
			kind, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(short.shape(), "a "), "an "), " ")
			return map[string]any{"anyOf": []any{map[string]any{"type": kind}, ref}}
		}
		return ref
	case reflect.Slice:
		return map[string]any{"type": "array", "items": s.schema(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": s.schema(t.Elem())}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.String:
		return s.text(t)
	}
	return map[string]any{"type": "integer"}
}

func (s *schemer) text(t reflect.Type) map[string]any {
	text := map[string]any{"type": "string"}
	e, ok := reflect.Zero(t).Interface().(enum)
	if !ok {
		return text
	}
	values := map[string]any{"enum": e.values()}
	if _, ok := e.(folded); ok {
		return map[string]any{"anyOf": []any{values, text}} // in other cases, too
	}
	return values
}

func (s *schemer) object(t reflect.Type) map[string]any {
	properties := map[string]any{}
	others := map[string]any{} // spellings that editors need not propose
	var required []string
	for _, f := range fieldsOf(t) {
		field := t.Field(f.index)
		p := s.schema(field.Type)
		if f.size && field.Type.Kind() != reflect.Pointer {
			p["minimum"] = 0
		}
		if f.null {
			p = orNull(p)
		}
		for _, other := range append(slices.Clone(f.aliases), kebab(f.name)) {
			if other != f.name {
				others["^"+other+"$"] = p
			}
		}
		if s.describe != nil {
			if text := s.describe(t.Name(), field.Name); text != "" {
				if rest, ok := strings.CutPrefix(text, field.Name+" "); ok {
					text = f.name + " " + rest
				}
				p = map[string]any{"allOf": []any{p}, "description": text}
			}
		}
		properties[f.name] = p
		if f.required && kebab(f.name) == f.name && len(f.aliases) == 0 {
			required = append(required, f.name)
		}
	}
	if p, ok := reflect.Zero(t).Interface().(partial); ok {
		for name := range p.ignored() {
			others["^("+name+"|"+kebab(name)+")$"] = map[string]any{}
		}
	}
	object := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(others) > 0 {
		object["patternProperties"] = others
	}
	if len(required) > 0 {
		object["required"] = required
	}
	return object
}

func orNull(schema map[string]any) map[string]any {
	return map[string]any{"anyOf": []any{schema, map[string]any{"type": "null"}}}
}
