package bundled_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/bundled"
)

// root is the folder of the framework's module.
const root = "../../../.."

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
		if strings.HasSuffix(file, "_test.go") || slices.Contains(folders, folder) {
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

// TestSQL: what is said here of the plugin sql is what its module says.
func TestSQL(t *testing.T) {
	text, err := os.ReadFile(root + "/plugin/sql/sql.go")
	if err != nil {
		t.Fatal(err)
	}
	_, described, _ := strings.Cut(string(text), "return plugin.Plugin{")
	described, _, _ = strings.Cut(described, "Config:")
	var want []string
	for _, m := range regexp.MustCompile(`"([a-z-]+)"(?::|,|\})`).FindAllStringSubmatch(described, -1) {
		if m[1] != "sql" {
			want = append(want, m[1])
		}
	}
	p, ok := bundled.ByName("sql")
	if !ok {
		t.Fatal("it is not here")
	}
	m, err := p.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Concat(m.Commands, m.Default)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, the module has %q", got, want)
	}
}
