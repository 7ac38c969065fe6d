package conformance

import (
	"bytes"
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
)

// globalModules are what window.__TAURI__ has where it is complete.
var globalModules = []string{
	"app", "core", "dpi", "event", "image", "menu", "mocks", "path", "tray", "webview", "webviewWindow", "window",
}

// silent says which events of the app have no test, and why.
var silent = map[string]string{
	"DRAG_DROP":                   "sent, and tested with a real drag outside of this table: internal/e2e, TestDropOntoPage",
	"DRAG_ENTER":                  "sent, and tested with a real drag outside of this table: internal/e2e, TestDropOntoPage",
	"DRAG_LEAVE":                  "sent, and tested with a real drag outside of this table: internal/e2e, TestDropOntoPage",
	"DRAG_OVER":                   "sent, and tested with a real drag outside of this table: internal/e2e, TestDropOntoPage",
	"WINDOW_RESUMED":              "sent on Android only",
	"WINDOW_SCALE_FACTOR_CHANGED": "sent, but without a test: the screen of the tests has one scale",
	"WINDOW_SUSPENDED":            "sent on Android only",
	"WINDOW_THEME_CHANGED":        "tested as window.Window.onThemeChanged",
}

// notes say what a pass does not mean.
var notes = map[string]string{
	"app.exit":                      "in pages only its refusal is tested, as it ends the app",
	"app.fetchDataStoreIdentifiers": "always empty: only macOS has such stores",
	"app.getBundleType":             "null, but for an AppImage",
	"app.hide":                      "does nothing: only macOS has this",
	"app.onBackButtonPress":         "never called: desktops have no back button",
	"app.removeDataStore":           "does nothing: only macOS has such stores",
	"app.setDockVisibility":         "does nothing: only macOS has a dock",
	"app.show":                      "does nothing: only macOS has this",
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
	version string
	exports map[string][]string
	results map[string]*results // by key of the row
	partial bool
}

type results struct {
	passed int
	failed []string
}

func newCompatibility(version string, exports map[string][]string) *compatibility {
	return &compatibility{version: version, exports: exports, results: map[string]*results{}}
}

// note adds the outcome of the test MODULE/EXPORT/WHAT.
func (c *compatibility) note(v variant, name string, o outcome) {
	parts := strings.SplitN(name, "/", 3)
	if len(parts) < 3 || parts[0] == "globals" {
		return
	}
	r := row{Package: apiPackage, Name: parts[0] + "." + parts[1]}
	if v.global {
		r.Package = globalPackage
	}
	res := c.results[r.key()]
	if res == nil {
		res = &results{}
		c.results[r.key()] = res
	}
	switch o {
	case passed:
		res.passed++
	case failed:
		res.failed = append(res.failed, v.name+"/"+name)
	case notRun:
		c.partial = true
	}
}

// rows returns what the results so far say.
func (c *compatibility) rows() []row {
	var rows []row
	add := func(pkg, name, otherwise string) {
		r := row{Package: pkg, Version: c.version, Name: name, Status: "unsupported", Reason: otherwise}
		switch res := c.results[r.key()]; {
		case res == nil:
		case len(res.failed) > 0:
			r.Status, r.Reason = "fail", strings.Join(res.failed, "; ")
		case res.passed > 0:
			r.Status, r.Reason = "pass", notes[name]
		}
		rows = append(rows, r)
	}
	for _, module := range slices.Sorted(maps.Keys(c.exports)) {
		isTested := slices.Contains(tested, module)
		for _, export := range c.exports[module] {
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
	for _, module := range globalModules {
		if !slices.Contains(inGlobal, module) {
			add(globalPackage, module, "not implemented yet")
			continue
		}
		for _, export := range c.exports[module] {
			add(globalPackage, module+"."+export, "without a test")
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
	return false
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
	for _, pkg := range []string{apiPackage, globalPackage} {
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
	events := packageExports(t)["event.TauriEvent"]
	for name := range silent {
		if !slices.Contains(events, name) {
			t.Errorf("the package has no event %s", name)
		}
	}
}
