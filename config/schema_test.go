package config_test

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/config"
)

// schemaFile is the schema of Tauri's configuration, config.schema.json of the
// npm package @tauri-apps/cli. With it the list of keys is made anew:
//
//	go test ./config -run TestSchemaKeys -schema node_modules/@tauri-apps/cli/config.schema.json
var schemaFile = flag.String("schema", "", "make testdata/schema-keys.txt from this file")

const (
	schemaKeysFile = "testdata/schema-keys.txt"
	schemaHeader   = "# The keys of Tauri's configuration, as config.schema.json of @tauri-apps/cli 2.12.5 has them. [] is an element, * any name.\n"
)

// schemaKeys collects the keys that a schema allows.
func schemaKeys(definitions map[string]any, schema any, path string, within []string, keys map[string]bool) {
	s, ok := schema.(map[string]any)
	if !ok {
		return
	}
	if ref, ok := s["$ref"].(string); ok {
		name := ref[strings.LastIndexByte(ref, '/')+1:]
		if !slices.Contains(within, name) {
			schemaKeys(definitions, definitions[name], path, append(slices.Clip(within), name), keys)
		}
		return
	}
	for _, of := range []string{"anyOf", "oneOf", "allOf", "items"} {
		list, ok := s[of].([]any)
		if !ok && s[of] != nil {
			list = []any{s[of]}
		}
		for _, item := range list {
			below := path
			if of == "items" {
				below += "[]"
			}
			schemaKeys(definitions, item, below, within, keys)
		}
	}
	properties, _ := s["properties"].(map[string]any)
	for name, property := range properties {
		key := strings.TrimPrefix(path+"."+name, ".")
		keys[key] = true
		schemaKeys(definitions, property, key, within, keys)
	}
	schemaKeys(definitions, s["additionalProperties"], path+".*", within, keys)
}

// nest makes a document that has nothing but the key.
func nest(key string) any {
	if key == "" {
		return map[string]any{}
	}
	if rest, ok := strings.CutPrefix(key, "[]"); ok {
		return []any{nest(strings.TrimPrefix(rest, "."))}
	}
	i := strings.IndexAny(key, ".[")
	if i < 0 {
		i = len(key)
	}
	name := key[:i]
	if name == "*" {
		name = "any"
	}
	return map[string]any{name: nest(strings.TrimPrefix(key[i:], "."))}
}

// TestSchemaKeys: no key of Tauri's configuration is unknown here, and there is
// none that only we know.
func TestSchemaKeys(t *testing.T) {
	if *schemaFile != "" {
		data, err := os.ReadFile(*schemaFile)
		if err != nil {
			t.Fatal(err)
		}
		var schema map[string]any
		if err := json.Unmarshal(data, &schema); err != nil {
			t.Fatal(err)
		}
		keys := map[string]bool{}
		schemaKeys(schema["definitions"].(map[string]any), schema, "", nil, keys)
		text := schemaHeader + strings.Join(slices.Sorted(maps.Keys(keys)), "\n") + "\n"
		if err := os.WriteFile(schemaKeysFile, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(schemaKeysFile)
	if err != nil {
		t.Fatal(err)
	}
	keys := strings.Fields(strings.TrimPrefix(string(data), schemaHeader))
	if len(keys) < 300 {
		t.Fatalf("only %d keys", len(keys))
	}
	for _, key := range keys {
		text, err := json.Marshal(nest(key))
		if err != nil {
			t.Fatal(err)
		}
		_, err = config.Parse("x.json", text)
		if err != nil && (strings.Contains(err.Error(), "unknown key") || strings.Contains(err.Error(), "cannot be set")) {
			t.Errorf("%s: %v", key, err)
		}
	}
	var walk func(typ reflect.Type, path string)
	walk = func(typ reflect.Type, path string) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			if typ.Kind() == reflect.Slice {
				path += "[]"
			}
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct {
			return
		}
		for i := range typ.NumField() {
			if tag, ok := typ.Field(i).Tag.Lookup("conf"); ok {
				name, _, _ := strings.Cut(tag, ",")
				key := strings.TrimPrefix(path+"."+name, ".")
				if !slices.Contains(keys, key) {
					t.Errorf("%s is no key of Tauri's", key)
				}
				walk(typ.Field(i).Type, key)
			}
		}
	}
	walk(reflect.TypeFor[config.Config](), "")
}
