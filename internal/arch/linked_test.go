package arch

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/doctable"
)

// why says what each module from elsewhere is for, in programs that are shipped.
var why = map[string]string{
	"github.com/ebitengine/purego":          "calls GTK and WebKitGTK without cgo; used in hosts and for dialogs only",
	"github.com/elastic/go-seccomp-bpf":     "names of system calls, and filters made of them",
	"github.com/go-json-experiment/json":    "JSON that refuses repeated keys and wrong UTF-8",
	"github.com/godbus/dbus/v5":             "the session bus: notifications, tray, portals; used in the Core only",
	"github.com/pelletier/go-toml/v2":       "capabilities, permissions and configurations in TOML",
	"golang.org/x/net":                      "`bpf`: what filters of system calls consist of",
	"golang.org/x/sys":                      "system calls",
	"github.com/jezek/xgb":                  "eyes and hands of tests on an X display",
	"aead.dev/minisign":                     "signatures of updates",
	"golang.org/x/crypto":                   "BLAKE2b and scrypt, for minisign",
	"golang.org/x/mod":                      "the order of versions",
	"golang.org/x/text":                     "encodings of text",
	"github.com/gorilla/websocket":          "WebSockets, with the contents of pings and pongs",
	"github.com/ncruces/go-sqlite3":         "SQLite, translated from WebAssembly to Go",
	"github.com/ncruces/go-sqlite3-wasm/v6": "the same",
	"github.com/ncruces/julianday":          "dates in SQLite",
	"github.com/jackc/pgx/v5":               "PostgreSQL",
	"github.com/jackc/pgpassfile":           "the user's passwords for it",
	"github.com/jackc/pgservicefile":        "the user's settings for it",
	"github.com/jackc/puddle/v2":            "its pool of connections",
	"golang.org/x/sync":                     "semaphores",
	"github.com/go-sql-driver/mysql":        "MySQL",
	"filippo.io/edwards25519":               "one of its ways to log in",
	"github.com/coder/websocket":            "reloads pages under development",
	"github.com/evanw/esbuild":              "the built-in bundler",
	"github.com/fsnotify/fsnotify":          "hears of files that are saved",
	"github.com/fyne-io/oksvg":              "icons from SVG",
	"github.com/srwiley/rasterx":            "draws these",
	"golang.org/x/image":                    "scales icons",
	"github.com/tc-hib/winres":              "icon and version in programs for Windows",
	"github.com/nfnt/resize":                "icons in these",
	"github.com/urfave/cli/v3":              "commands and flags",
	"golang.org/x/term":                     "whether a terminal is there",
	"golang.org/x/tools":                    "reads the app's Go packages",
}

// unlinked are folders with packages that no app contains.
var unlinked = []string{"plugin/internal/", "plugin/testdata/"}

// A graph has the packages of a module and all that they import: of each the
// module that it is from, "" for our own and for the standard library.
type graph struct {
	module  map[string]string
	imports map[string][]string
}

// load reads the graph of a module as it is built for Linux without cgo.
func load(t *testing.T, dir string) graph {
	t.Helper()
	const format = "{{.ImportPath}} {{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}} {{join .Imports \",\"}}"
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", format, "./...")
	cmd.Dir = filepath.Join(root, dir)
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list in %s: %v", dir, err)
	}
	g := graph{map[string]string{}, map[string][]string{}}
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), " ")
		g.module[f[0]], g.imports[f[0]] = f[1], strings.Split(f[2], ",")
	}
	return g
}

// linked returns the modules from elsewhere in a program with that package, and
// whether it speaks HTTP by the standard library.
func (g graph) linked(path string) (modules map[string]bool, http bool) {
	modules, seen := map[string]bool{}, map[string]bool{}
	var visit func(string)
	visit = func(p string) {
		if seen[p] {
			return
		}
		seen[p] = true
		if m := g.module[p]; m != "" && !strings.HasPrefix(m, modulePath) {
			modules[m] = true
		}
		for _, i := range g.imports[p] {
			visit(i)
		}
	}
	visit(path)
	return modules, seen["net/http"]
}

const modulePath = "github.com/mullion-dev/mullion"

// TestLinked keeps the list of what is in a program that is shipped.
func TestLinked(t *testing.T) {
	used := map[string]bool{}
	modules := func(list map[string]bool) string {
		var b strings.Builder
		b.WriteString(doctable.Row("module", "what for") + doctable.Row("---", "---"))
		for _, m := range slices.Sorted(maps.Keys(list)) {
			if used[m] = true; why[m] == "" {
				t.Errorf("%s is linked, and nobody has said why", m)
			}
			b.WriteString(doctable.Row("`"+m+"`", why[m]))
		}
		return b.String()
	}
	main := load(t, ".")
	hello, http := main.linked(modulePath + "/examples/hello")
	if http {
		t.Error("examples/hello contains net/http")
	}

	var parts strings.Builder
	added := map[string]bool{}
	parts.WriteString(doctable.Row("part", "modules that it adds", "`net/http`") + doctable.Row("---", "---", "---"))
	for _, dir := range []string{".", "plugin/sql"} {
		g := main
		if dir != "." {
			g = load(t, dir)
		}
		for _, path := range slices.Sorted(maps.Keys(g.module)) {
			part, own := strings.CutPrefix(path, modulePath+"/")
			optional := strings.HasPrefix(part, "plugin/") || part == "mulliontest"
			if !own || !optional || dir != "." && !strings.HasPrefix(part, dir) || strings.Contains(part, "/internal/") ||
				slices.ContainsFunc(unlinked, func(u string) bool { return strings.HasPrefix(part, u) }) {
				continue
			}
			list, http := g.linked(path)
			maps.DeleteFunc(list, func(m string, _ bool) bool { return hello[m] })
			if len(list) == 0 && !http {
				continue
			}
			maps.Copy(added, list)
			speaks := ""
			if http {
				speaks = "yes"
			}
			parts.WriteString(doctable.Row("`"+part+"`", strings.Join(slices.Sorted(maps.Keys(list)), ", "), speaks))
		}
	}
	tool, _ := load(t, "cmd/mullion").linked(modulePath + "/cmd/mullion")

	const page = root + "/docs/dependencies.md"
	doctable.Check(t, page, "hello", modules(hello))
	doctable.Check(t, page, "parts", parts.String())
	doctable.Check(t, page, "added", modules(added))
	doctable.Check(t, page, "tool", modules(tool))
	for m := range why {
		if !used[m] {
			t.Errorf("%s is linked nowhere any more", m)
		}
	}
}
