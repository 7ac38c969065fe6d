package bundled_test

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/bundled"
)

// root is the folder of the framework's module.
const root = "../../../.."

// without are folders with plugins that are not offered, and why.
var without = map[string]string{
	"sql": "a module of its own, with drivers of which each app chooses some: docs/plugins/sql.md",
}

// TestPlugins: all plugins of the framework are here, in order, and what they
// offer resolves.
func TestPlugins(t *testing.T) {
	var names, folders []string
	for _, p := range bundled.Plugins() {
		names, folders = append(names, p.Name), append(folders, path.Base(p.Path))
		if !strings.HasPrefix(p.New, path.Base(p.Path)+".New(") || p.Package() != path.Base(p.Path) {
			t.Errorf("%s: made by %s", p.Name, p.New)
		}
		m, err := p.Manifest()
		if err != nil {
			t.Error(err)
		}
		if _, err := capability.Resolve([]capability.Manifest{m}, nil, capability.Linux); err != nil {
			t.Error(err)
		}
		if other, ok := bundled.ByPath(p.Path); !ok || other.Name != p.Name {
			t.Errorf("%s is not found by its path", p.Name)
		}
	}
	if !slices.IsSorted(names) {
		t.Errorf("not in order: %q", names)
	}
	files, err := filepath.Glob(root + "/plugin/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		folder := filepath.Base(filepath.Dir(file))
		if strings.HasSuffix(file, "_test.go") || slices.Contains(folders, folder) || without[folder] != "" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), ") Plugin() plugin.Plugin {") {
			t.Errorf("the plugin in plugin/%s is not here: add it to all", folder)
		}
	}
}
