package bindings

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/e2e"
)

func TestMain(m *testing.M) { e2e.Main(m) }

// commands are those of the app; those of the plugin have a prefix.
var commands = strings.Fields(`
	boolean text integer small number duration moment color level access id blob digest letters texts grid pairs byte-map nullable anything
	thing page-of-things page-of-texts page-of-bytes table tree list empty wire delete wait raise upload upload-all download nothing count-up
	options raw handed mood month case words strings node pair forest sum named shapes others inherits local args is-refusal refuse
`)

// TestBindings calls the app from a window, by what mullion generate has
// written: each kind of Go type, as a sample and as its zero value, from the
// Core and back, and events, states, channels, errors and signals.
func TestBindings(t *testing.T) {
	script := node(t, "build.mjs")
	permissions := []any{"core:default", "bind-kit:allow-read-all", "bind-kit:allow-look", "events:allow-part2", "events:allow-part-2", "events:allow-delete"}
	for _, set := range []string{"state:read", "state:write"} {
		permissions = append(permissions, map[string]any{"identifier": set, "allow": []map[string]string{{"name": "shared"}, {"name": "count"}, {"name": "constructor"}}})
	}
	for _, c := range commands {
		permissions = append(permissions, "allow-"+c)
	}
	app := e2e.Start(t, e2e.Options{
		Permissions: permissions,
		Files:       map[string]string{"bindings.js": script},
		Setup:       Register,
	})
	var names []string
	app.Main().Must("return (await import('/bindings.js')).names", &names)
	if len(names) < 30 {
		t.Fatalf("got %d tests", len(names))
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			ctx := e2e.Context(t)
			if err := app.Main().RunContext(ctx, fmt.Sprintf("await (await import('/bindings.js')).run(%q)", name), nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestTypes: what was generated is right for the strictest TypeScript, and so
// is how the page uses it.
func TestTypes(t *testing.T) {
	node(t, filepath.Join("..", "node_modules", "typescript", "bin", "tsc"), "-p", ".")
}

// node runs a script with Node.js and returns what it has written.
func node(t *testing.T, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join("..", "node_modules", "typescript"))
	}
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("run scripts/setup.sh test first: ", err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node %v: %v\n%s%s", args, err, out, problems.String())
	}
	return string(out)
}
