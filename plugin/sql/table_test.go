package sql_test

import (
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/plugin/sql"
)

// TestTable: commands and permissions are as published. The other plugins are
// compared by the table of package plugin, which cannot import this module.
func TestTable(t *testing.T) {
	data, err := os.ReadFile("../testdata/published.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]struct {
		Commands    []string       `json:"commands"`
		Default     []string       `json:"default"`
		Permissions map[string]any `json:"permissions"`
		Sets        map[string]any `json:"sets"`
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	p := sql.New(sql.Options{}).Plugin()
	want, ok := all[p.Name]
	if !ok {
		t.Fatalf("nothing is published by the name of %s", p.Name)
	}
	if diff := cmp.Diff(want.Commands, slices.Sorted(maps.Keys(p.Commands))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want.Default, p.Default); diff != "" {
		t.Error(diff)
	}
	if len(want.Permissions)+len(want.Sets)+len(p.Permissions)+len(p.Sets) != 0 {
		t.Error("there are permissions or sets besides")
	}
	for name, c := range p.Commands {
		if c.Err != nil {
			t.Errorf("%s: %v", name, c.Err)
		}
	}
}
