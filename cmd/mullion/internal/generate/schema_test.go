package generate

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/acl"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
	"github.com/mullion-dev/mullion/config"
)

const checkout = "../../../.."

// compile makes schemas of an example, as generate writes them.
func compile(t *testing.T, dir string) map[string]*jsonschema.Schema {
	t.Helper()
	p, err := project.Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	sources, err := filepath.Glob(filepath.Join(checkout, "config", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := schemas(p, &program{configFiles: sources})
	if err != nil {
		t.Fatal(err)
	}
	compiled := map[string]*jsonschema.Schema{}
	for _, f := range files {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(f.text))
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		name := filepath.Base(f.path)
		if err := c.AddResource(name, doc); err != nil {
			t.Fatal(err)
		}
		if compiled[name], err = c.Compile(name); err != nil {
			t.Fatal(err)
		}
	}
	return compiled
}

func validate(s *jsonschema.Schema, text string) error {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return err
	}
	return s.Validate(doc)
}

// TestSchemasAccept: files that the framework reads are right for editors.
func TestSchemasAccept(t *testing.T) {
	confs, _ := filepath.Glob(checkout + "/examples/*/mullion.conf.json")
	if len(confs) < 5 {
		t.Fatal("the examples were not found")
	}
	for _, conf := range append(confs, checkout+"/config/testdata/every.conf.json", checkout+"/config/testdata/same.conf.json") {
		text, err := os.ReadFile(conf)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Dir(conf)
		if filepath.Base(dir) == "testdata" {
			dir = checkout + "/examples/hello"
		}
		s := compile(t, dir)
		if err := validate(s[configSchema], string(text)); err != nil {
			t.Errorf("%s: %v", conf, err)
		}
		caps, _ := filepath.Glob(filepath.Join(dir, "capabilities", "*.json"))
		for _, name := range caps {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := validate(s[capabilitySchema], string(text)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestSchemasRefuse: mistakes are marked, and the app's own permissions are
// known by their names.
func TestSchemasRefuse(t *testing.T) {
	s := compile(t, checkout+"/examples/hello")
	for _, text := range []string{
		`{"identifier":"a","windows":["main"],"permissions":["core:default","allow-greet"]}`,
		`{"$schema":"x","capabilities":[{"identifier":"a","permissions":[{"identifier":"web:allow-navigation","allow":[{"url":"https://a.b"}]}]}]}`,
		`[{"identifier":"a","remote":{"urls":["https://a.b/*"]},"platforms":["linux"],"permissions":["deny-greet"]}]`,
	} {
		if err := validate(s[capabilitySchema], text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{
		`{"identifier":"a","permissions":["allow-greeet"]}`,
		`{"identifier":"a","permissions":[{"identifier":"core:defualt"}]}`,
		`{"identifier":"a"}`,
		`{"identifier":"a","permissions":[],"window":["main"]}`,
		`{"identifier":"a","permissions":[],"platforms":[]}`,
		`{"identifier":"a","permissions":[],"platforms":["plan9"]}`,
	} {
		if err := validate(s[capabilitySchema], text); err == nil {
			t.Errorf("%s was accepted", text)
		}
	}
	for _, text := range []string{
		`{"identifier":"a.b.c","app":{"windos":[]}}`,
		`{"identifier":"a.b.c","app":{"windows":[{"width":"wide"}]}}`,
		`{"identifier":7}`,
		`{"identifier":"a.b.c","build":{"frontendDist":7}}`,
	} {
		if err := validate(s[configSchema], text); err == nil {
			t.Errorf("%s was accepted", text)
		}
	}
	// Where not all permissions can be known, others are no mistake.
	open := capabilityFileSchema([]acl.Permission{{Identifier: "core:default"}}, true)
	if list := open["definitions"].(map[string]any)["identifier"].(map[string]any)["anyOf"].([]any); len(list) != 2 {
		t.Errorf("got %v", list)
	}
}

// TestSchemaDescriptions: keys are described by the comments of their fields.
func TestSchemaDescriptions(t *testing.T) {
	sources, _ := filepath.Glob(filepath.Join(checkout, "config", "*.go"))
	describe := describer(sources)
	app := config.Schema(describe)["definitions"].(map[string]any)["App"].(map[string]any)
	got := app["properties"].(map[string]any)["windows"].(map[string]any)["description"]
	if want := "windows are the windows to create at start. There may be none."; got != want {
		t.Errorf("got %v, want %q", got, want)
	}
}

// TestTaurisSchema: the schema that Tauri has put in this place is replaced, a
// file of somebody's own is not.
func TestTaurisSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), capabilitySchema)
	for text, want := range map[string]bool{
		`{"$schema":"http://json-schema.org/draft-07/schema#","title":"CapabilityFile"}`: true,
		`{"title":"mine"}`: false,
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := write([]output{{path: path, text: []byte("{}\n"), optional: true}}, false)
		if (err == nil) != want {
			t.Errorf("%s: got %v", text, err)
		}
	}
}
