package conformance

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/compatibility.md and docs/compatibility.json")

const (
	compatibilityJSON = "../docs/compatibility.json"
	compatibilityText = "../docs/compatibility.md"
)

// The packages that rows belong to.
const (
	apiPackage    = "@tauri-apps/api"
	globalPackage = "window.__TAURI__"
	// and those of plugins, see pluginPackage
)

// globalModules are what window.__TAURI__ has with what cmd/globals makes.
var globalModules = []string{
	"app", "core", "dpi", "event", "image", "menu", "mocks", "path", "tray", "webview", "webviewWindow", "window",
}

// silent says which events of the app have no test, and why.
var silent = map[string]string{
	"WINDOW_RESUMED":   "sent on Android only",
	"WINDOW_SUSPENDED": "sent on Android only",
}

// apiNotes say what a pass does not mean, by name of the row of the package or
// of window.__TAURI__.
var apiNotes = map[string]string{
	"app.exit":                      "in pages only its refusal is tested, as it ends the app",
	"app.fetchDataStoreIdentifiers": "always empty: only macOS has such stores",
	"app.getBundleType":             "null, but for an AppImage",
	"app.hide":                      "does nothing: only macOS has this",
	"app.onBackButtonPress":         "never called: desktops have no back button",
	"app.removeDataStore":           "does nothing: only macOS has such stores",
	"app.setDockVisibility":         "does nothing: only macOS has a dock",
	"app.show":                      "does nothing: only macOS has this",
	"menu.PredefinedMenuItem":       "Hide, HideOthers, ShowAll, Services and BringAllToFront are left out: only macOS has them",
}

// outcome is what became of one test.
type outcome int

const (
	notRun outcome = iota
	failed
	passed
)

// row is one thing that a package offers.
type row struct {
	Package string `json:"package"`
	Version string `json:"version"`
	Name    string `json:"name"`
	// Status is "pass", "fail" or "unsupported".
	Status string `json:"status"`
	Reason string `json:"reason,omitzero"`
}

func (r row) key() string { return r.Package + " " + r.Name }

// document is docs/compatibility.json.
type document struct {
	Generated string `json:"generated"`
	Platform  string `json:"platform"`
	Rows      []row  `json:"rows"`
}

// compatibility gathers what passes.
type compatibility struct {
	published *published
	results   map[string]*results // by key of the row
	methods   map[string]string   // what came of calling them, see noted in methods.ts
	lacking   map[string]string   // why options have no effect, or are refused, by key of the row
	notes     map[string]string   // what a pass does not mean, by key of the row
	suites    int                 // suites of plugins that were run
	partial   bool
}

type results struct {
	passed int
	failed []string
}

func newCompatibility(p *published) *compatibility {
	c := &compatibility{published: p, results: map[string]*results{}, methods: map[string]string{}, lacking: map[string]string{}, notes: map[string]string{}}
	for name, note := range apiNotes {
		for _, pkg := range []string{apiPackage, globalPackage} {
			c.notes[row{Package: pkg, Name: name}.key()] = note
		}
	}
	return c
}

// note adds the outcome of the test MODULE/EXPORT/WHAT, or MODULE/TYPE.KEY,KEY/WHAT.
func (c *compatibility) note(v variant, name string, o outcome) {
	parts := strings.SplitN(name, "/", 3)
	if len(parts) < 3 || parts[0] == "globals" {
		return
	}
	for _, export := range optionsIn(parts[1]) {
		r := row{Package: apiPackage, Name: parts[0] + "." + export}
		if v.global {
			r.Package = globalPackage
		}
		c.noteRow(r, v.name+"/"+name, o)
	}
}

// noteRow adds the outcome of a test to a row.
func (c *compatibility) noteRow(r row, test string, o outcome) {
	res := c.results[r.key()]
	if res == nil {
		res = &results{}
		c.results[r.key()] = res
	}
	switch o {
	case passed:
		res.passed++
	case failed:
		res.failed = append(res.failed, test)
	case notRun:
		c.partial = true
	}
}

// noteMethods adds what came of methods in a test that has passed.
func (c *compatibility) noteMethods(methods map[string]string) {
	for name, err := range methods {
		if before, ok := c.methods[name]; !ok || before != "" && (err == "" || err < before) {
			c.methods[name] = err
		}
	}
}

// methodRows have what tests that pass have called.
func (c *compatibility) methodRows() []row {
	var rows []row
	for _, method := range slices.Sorted(slices.Values(c.published.Methods)) {
		r := row{Package: apiPackage, Version: c.published.version, Name: strings.Replace(method, ".prototype.", ".", 1), Status: "unsupported"}
		module, _, _ := strings.Cut(method, ".")
		switch err, called := c.methods[method]; {
		case !slices.Contains(tested, module):
			r.Reason = "not implemented yet"
		case !called:
			r.Reason = "without a test"
		case strings.HasSuffix(err, errors.ErrUnsupported.Error()):
			r.Reason = strings.TrimSuffix(err, ": "+errors.ErrUnsupported.Error())
		case err != "":
			r.Reason = "only that it is refused has a test"
		default:
			r.Status = "pass"
		}
		rows = append(rows, r)
	}
	return rows
}

// rows returns what the results so far say.
func (c *compatibility) rows() []row {
	var rows []row
	exports := c.published.Modules
	add := func(pkg, name, otherwise string) {
		version := c.published.version
		if plugin, ok := c.published.Plugins[pkg]; ok {
			version = plugin.Version
		}
		r := row{Package: pkg, Version: version, Name: name, Status: "unsupported", Reason: otherwise}
		switch res := c.results[r.key()]; {
		case res == nil:
		case len(res.failed) > 0:
			r.Status, r.Reason = "fail", strings.Join(res.failed, "; ")
		case res.passed > 0 && c.lacking[r.key()] != "":
			r.Reason = c.lacking[r.key()]
		case res.passed > 0:
			r.Status, r.Reason = "pass", c.notes[r.key()]
		}
		rows = append(rows, r)
	}
	for _, module := range slices.Sorted(maps.Keys(exports)) {
		isTested := slices.Contains(tested, module)
		for _, export := range exports[module] {
			switch {
			case module == "event.TauriEvent":
				why := silent[export]
				if why == "" {
					why = "without a test"
				}
				add(apiPackage, module+"."+export, why)
			case isTested:
				add(apiPackage, module+"."+export, "without a test")
			default:
				add(apiPackage, module+"."+export, "not implemented yet")
			}
		}
	}
	rows = append(rows, c.methodRows()...)
	for _, name := range c.published.optionNames() {
		add(apiPackage, name, "without a test")
	}
	for _, module := range globalModules {
		why := "without a test"
		if module == "mocks" {
			why = "there, and tested as a package: it is for pages without an app"
		}
		for _, export := range exports[module] {
			add(globalPackage, module+"."+export, why)
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(c.published.Plugins)) {
		why := "without a test"
		if pluginSuites[strings.TrimPrefix(pkg, pluginPackage(""))] == nil {
			why = "there is no such plugin yet"
		}
		for _, name := range append(slices.Clone(c.published.Plugins[pkg].Exports), c.published.pluginOptions(pkg)...) {
			add(pkg, name, why)
		}
	}
	return rows
}

// check compares with what is written down, or writes it down.
func (c *compatibility) check(t *testing.T) {
	got := document{Generated: "by go test ./conformance/ -update; do not edit", Platform: runtime.GOOS, Rows: c.rows()}
	if *update {
		if c.incomplete() {
			t.Fatal("-update needs a run of all tests")
		}
		write(t, compatibilityJSON, encode(t, got))
		write(t, compatibilityText, markdown(got))
		return
	}
	var want document
	readJSON(t, compatibilityJSON, &want)
	c.regressions(t, want, got)
	if c.incomplete() || t.Failed() {
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/compatibility.json does not say what this run gives; write it with: go test ./conformance/ -update\n%s", diff)
	}
	text, err := os.ReadFile(compatibilityText)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, markdown(got)) {
		t.Error("docs/compatibility.md is stale; write it with: go test ./conformance/ -update")
	}
}

// incomplete reports whether -run has left something out.
func (c *compatibility) incomplete() bool {
	if c.partial {
		return true
	}
	for _, pkg := range []string{apiPackage, globalPackage} {
		if c.results[row{Package: pkg, Name: "core.invoke"}.key()] == nil {
			return true
		}
	}
	return c.suites < len(pluginSuites)
}

// regressions fails for each row that passed and does not any more.
func (c *compatibility) regressions(t *testing.T, want, got document) {
	now := map[string]row{}
	for _, r := range got.Rows {
		now[r.key()] = r
	}
	for _, r := range want.Rows {
		n, there := now[r.key()]
		if r.Status != "pass" || n.Status == "pass" || n.Status != "fail" && c.incomplete() {
			continue
		}
		if !there {
			n = row{Status: "gone", Reason: "the package has no such export any more"}
		}
		t.Errorf("%s passed with version %s and is %q now: %s", r.key(), r.Version, n.Status, n.Reason)
	}
}

func encode(t *testing.T, d document) []byte {
	b, err := json.Marshal(d, jsontext.WithIndent("  "))
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

func write(t *testing.T, name string, data []byte) {
	if err := os.MkdirAll("../docs", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// markdown writes the rows as tables, one for each package.
func markdown(d document) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!-- Generated %s. -->\n\n# Compatibility\n\n", d.Generated)
	b.WriteString("Which parts of Tauri v2's page side work in pages of Mullion, as tests of the published packages in real windows have found.\n")
	fmt.Fprintf(&b, "The tests are in `conformance/page`; what runs them is told there. System: %s. The same rows are in `compatibility.json`.\n\n", d.Platform)
	b.WriteString("- **pass**: all tests of it pass; **fail**: one does not.\n")
	b.WriteString("- **unsupported**: not there, or not tested, and why.\n")
	fmt.Fprintf(&b, "\nOnly the modules %s are tested so far. What is not implemented yet in others may work in part.\n", strings.Join(tested, ", "))
	b.WriteString("Methods of classes pass when a test that passes has called them and they have answered.\n")
	b.WriteString("Options pass when a test has seen their effect; where there is none, the reason is what the app says about them.\n")
	packages := []string{apiPackage, globalPackage}
	for _, r := range d.Rows {
		if !slices.Contains(packages, r.Package) {
			packages = append(packages, r.Package)
		}
	}
	for _, pkg := range packages {
		rows := slices.DeleteFunc(slices.Clone(d.Rows), func(r row) bool { return r.Package != pkg })
		if len(rows) == 0 {
			continue
		}
		count := map[string]int{}
		for _, r := range rows {
			count[r.Status]++
		}
		fmt.Fprintf(&b, "\n## `%s`, version %s\n\n%d pass, %d fail, %d unsupported.\n\n| name | status | reason |\n|---|---|---|\n",
			pkg, rows[0].Version, count["pass"], count["fail"], count["unsupported"])
		for _, r := range rows {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.Name, r.Status, strings.ReplaceAll(r.Reason, "|", "\\|"))
		}
	}
	return b.Bytes()
}

// TestSilentEvents keeps the list of events without a test true.
func TestSilentEvents(t *testing.T) {
	events := readPublished(t).Modules["event.TauriEvent"]
	for name := range silent {
		if !slices.Contains(events, name) {
			t.Errorf("the package has no event %s", name)
		}
	}
}
