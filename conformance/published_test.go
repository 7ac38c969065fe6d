package conformance

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// published is what the installed packages export: the values, for types leave
// no trace.
type published struct {
	// Modules are those of @tauri-apps/api.
	Modules map[string][]string `json:"modules"`
	// Methods are those of its classes, as MODULE.CLASS.METHOD with prototype
	// before METHOD where it is one of objects.
	Methods []string `json:"methods"`
	// Options are the keys of the options that its functions take, by module
	// and type.
	Options map[string]map[string][]string `json:"options"`
	// Plugins are the other packages, by name.
	Plugins map[string]publishedPlugin `json:"plugins"`
	// version is that of @tauri-apps/api.
	version string
}

type publishedPlugin struct {
	Version string              `json:"version"`
	Exports []string            `json:"exports"`
	Options map[string][]string `json:"options"`
}

// readPublished asks the installed packages.
func readPublished(t *testing.T) *published {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), node(t), "exports.mjs")
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("exports: %v\n%s", err, problems.String())
	}
	p := &published{version: installedVersion(t)}
	if err := json.Unmarshal(out, p); err != nil {
		t.Fatal(err)
	}
	for _, module := range tested {
		if len(p.Modules[module]) == 0 {
			t.Fatalf("module %s exports nothing", module)
		}
	}
	return p
}

func installedVersion(t *testing.T) string {
	t.Helper()
	var p struct {
		Version string `json:"version"`
	}
	readJSON(t, "node_modules/@tauri-apps/api/package.json", &p)
	return p.Version
}
