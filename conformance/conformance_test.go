package conformance

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/e2e"
)

func TestMain(m *testing.M) {
	if os.Getenv(endingVariable) != "" {
		mullion.Main(ending)
	}
	e2e.Main(m)
}

// tested are the modules of the package whose every export must have a test.
var tested = []string{"core", "event", "path", "dpi", "app", "mocks", "webviewWindow", "window", "webview", "tray", "image", "menu"}

// TestConformance runs the tests of the pages and compares what passes with
// docs/compatibility.json.
func TestConformance(t *testing.T) {
	p := readPublished(t)
	compat := newCompatibility(p)
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) { runVariant(t, v, p, compat) })
	}
	for _, name := range slices.Sorted(maps.Keys(pluginSuites)) {
		t.Run("plugin-"+name, func(t *testing.T) { runPlugin(t, name, pluginSuites[name], p, compat) })
	}
	if os.Getenv("E2E_SKIP") == "" {
		compat.check(t)
	}
}

func runVariant(t *testing.T, v variant, p *published, compat *compatibility) {
	h := startHouse(t, v, bundle(t, v.global), p)
	var names []string
	h.Main().Must(fmt.Sprintf("return (await import('/conformance.js')).names(%q)", v.name), &names)
	if len(names) == 0 {
		t.Fatal("the bundle has no tests")
	}
	modules := tested
	if v.global {
		// mocks is for pages without an app.
		modules = slices.DeleteFunc(slices.Clone(tested), func(m string) bool { return m == "mocks" })
	}
	covered(t, names, modules, p)
	if v.name == "package" {
		coveredOptions(t, names, p)
	} else {
		var packaged []string
		h.Main().Must("return (await import('/conformance.js')).names('package')", &packaged)
		names = oneEach(names, packaged)
	}
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for name, why := range h.lacking {
			compat.lacking[row{Package: apiPackage, Name: name}.key()] = why
		}
	}()
	for _, name := range names {
		outcome := notRun // what -run leaves out
		t.Run(name, func(t *testing.T) {
			outcome = failed
			// The page's own deadline is the shorter one, and says more.
			ctx, cancel := await.Context(t.Context(), 2*await.Limit)
			defer cancel()
			var methods map[string]string
			if err := h.Main().RunContext(ctx, fmt.Sprintf("return (await import('/conformance.js')).run(%s, %g)", quoteJS(name), await.Slowness()), &methods); err != nil {
				t.Fatal(err)
			}
			compat.noteMethods(methods)
			outcome = passed
		})
		compat.note(v, name, outcome)
		if h.lost(t) {
			return
		}
	}
}

// oneEach leaves of the tests of window.__TAURI__ those that only it has, and the
// first of each export. It consists of the modules of the package, which the
// tests of the module globals compare with it: what an export does there in all
// cases is what the package does. Names of options and events (TYPE.KEY) are no
// exports.
func oneEach(names, packaged []string) (left []string) {
	seen := map[string]bool{}
	for _, name := range names {
		module, rest, _ := strings.Cut(name, "/")
		export, _, _ := strings.Cut(rest, "/")
		switch {
		case module == "globals" || !slices.Contains(packaged, name):
		case seen[module+"."+export] || strings.Contains(export, "."):
			continue
		default:
			seen[module+"."+export] = true
		}
		left = append(left, name)
	}
	return left
}

// lost reports whether the app has ended, which fails all further tests.
func (h *house) lost(t *testing.T) bool {
	select {
	case <-h.Done():
		t.Error("the app has ended")
		return true
	default:
		return false
	}
}

func quoteJS(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// covered fails when the package exports something that no test is named
// after, or a test is named after something that is not there.
func covered(t *testing.T, names, modules []string, p *published) {
	t.Helper()
	exports := p.Modules
	has := map[string]bool{}
	for _, name := range names {
		parts := strings.SplitN(name, "/", 3)
		if len(parts) != 3 {
			t.Errorf("test %q: want MODULE/EXPORT/WHAT", name)
			continue
		}
		export, _, _ := strings.Cut(parts[1], ".")
		if parts[0] != "globals" && !slices.Contains(exports[parts[0]], export) && p.Options[parts[0]][export] == nil {
			t.Errorf("test %q: module %s does not export %s", name, parts[0], export)
		}
		has[parts[0]+"."+export] = true
	}
	for _, module := range modules {
		for _, export := range exports[module] {
			if !has[module+"."+export] {
				t.Errorf("module %s exports %s, and no test has that name; add one to conformance/page", module, export)
			}
		}
	}
}

// TestTypes checks the tests against the types that the package publishes.
func TestTypes(t *testing.T) {
	out, err := tool(t, "typescript", "bin/tsc", "-p", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("tsc: %v\n%s", err, out)
	}
}

// TestNoAny keeps the escape from type checking out of the tests.
func TestNoAny(t *testing.T) {
	var files []string
	for _, pattern := range []string{"page/*.ts", "page/*/*.ts"} {
		more, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, more...)
	}
	if len(files) == 0 {
		t.Fatal("no sources")
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(data), "\n") {
			for _, bad := range []string{": any", "<any", "as any", "any[]", "@ts-"} {
				if strings.Contains(line, bad) {
					t.Errorf("%s:%d: %q", name, i+1, bad)
				}
			}
		}
	}
}

// missing skips a test for which something is not installed, or fails it in
// CI, where a silent skip would hide that nothing was tested.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

const install = "install the packages with: scripts/setup.sh test"

// node finds Node.js, and the packages in the versions that package.json
// wants.
func node(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node is missing: install Node.js")
	}
	var want struct {
		Packages map[string]string `json:"devDependencies"`
	}
	readJSON(t, "package.json", &want)
	for name, version := range want.Packages {
		var got struct {
			Version string `json:"version"`
		}
		file := filepath.Join("node_modules", filepath.FromSlash(name), "package.json")
		if _, err := os.Stat(file); err != nil {
			missing(t, fmt.Sprintf("conformance/node_modules lacks %s: %s", name, install))
		}
		readJSON(t, file, &got)
		if got.Version != version {
			t.Fatalf("conformance/node_modules has %s %s instead of %s: %s", name, got.Version, version, install)
		}
	}
	return path
}

// tool is a program of an installed package.
func tool(t *testing.T, pkg, program string, args ...string) *exec.Cmd {
	t.Helper()
	path := node(t)
	return exec.CommandContext(t.Context(), path, append([]string{filepath.Join("node_modules", pkg, filepath.FromSlash(program))}, args...)...)
}

func readJSON(t *testing.T, file string, v any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// bundle builds what the windows load.
func bundle(t *testing.T, global bool) string {
	t.Helper()
	if global {
		return bundleOf(t, "global")
	}
	return bundleOf(t)
}

// TestGlobalsOfDocs runs cmd/globals as docs/tauri-api.md says.
func TestGlobalsOfDocs(t *testing.T) {
	node(t)
	page, err := os.ReadFile("../docs/tauri-api.md")
	if err != nil {
		t.Fatal(err)
	}
	var command string
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "go ") && strings.Contains(line, "cmd/globals") {
			command = line
		}
	}
	if command == "" {
		t.Fatal("docs/tauri-api.md does not say how to run cmd/globals")
	}
	dir := t.TempDir()
	app := filepath.Join(dir, "app")
	if err := os.MkdirAll(filepath.Join(app, "ui"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{filepath.Join(dir, "mullion"): "..", filepath.Join(app, "node_modules"): "node_modules"} {
		target, err := filepath.Abs(target)
		if err == nil {
			err = os.Symlink(target, name)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
	cmd.Dir, cmd.Env = app, append(os.Environ(), "PWD="+app)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	got, err := os.ReadFile(filepath.Join(app, "ui", "tauri.global.js"))
	if err != nil || string(got) != globals(t) {
		t.Errorf("%s: the file is another than that of the tests, %v", command, err)
	}
}

// globals runs cmd/globals.
func globals(t *testing.T) string {
	t.Helper()
	packages, err := filepath.Abs("node_modules")
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "tauri.global.js")
	cmd := exec.CommandContext(t.Context(), "go", "-C", "../cmd/globals", "run", ".", "-packages", packages, "-o", script)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("globals: %v\n%s", err, out)
	}
	data, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestGlobalsWithoutPackages says what to do.
func TestGlobalsWithoutPackages(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "-C", "../cmd/globals", "run", ".", "-packages", t.TempDir()).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "install it with npm") {
		t.Errorf("%v: %s", err, out)
	}
}

// bundleOf runs build.mjs.
func bundleOf(t *testing.T, args ...string) string {
	t.Helper()
	args = append([]string{"build.mjs"}, args...)
	cmd := exec.CommandContext(t.Context(), node(t), args...)
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("bundle: %v\n%s", err, problems.String())
	}
	return string(out)
}
