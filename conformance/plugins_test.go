package conformance

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// pluginSuite is what the published package of a plugin is tested with.
type pluginSuite struct {
	// options are those of the app that the tests run in. Setup adds the plugin,
	// and commands of the app that the tests use.
	options e2e.Options
	tests   []pluginTest
	// notes say what a pass does not mean, and refused why an export is refused, as
	// a test that passes has seen; by name of the row.
	notes, refused map[string]string
}

// pluginTest is a test of a plugin, in a page of a real window.
type pluginTest struct {
	// exports are those that the test is about: functions, CLASS.METHOD and
	// TYPE.KEY for options.
	exports []string
	// body is that of an async function. Its p is the package, and invoke is
	// that of @tauri-apps/api/core.
	body string
	// outside runs beside the body: it does what happens outside of the page, and
	// looks at what the page has done there. It may be nil.
	outside func(t *testing.T, app *e2e.App)
	// want is what the body returns, as JSON.
	want string
}

// pluginPackage is the npm package of a plugin.
func pluginPackage(name string) string { return "@tauri-apps/plugin-" + name }

// runPlugin runs the suite of a plugin.
func runPlugin(t *testing.T, name string, suiteOf func(t *testing.T) pluginSuite, p *published, compat *compatibility) {
	pkg := pluginPackage(name)
	compat.ran[pkg] = true
	published, ok := p.Plugins[pkg]
	if !ok {
		t.Fatalf("package.json has no %s", pkg)
	}
	suite := suiteOf(t)
	options := suite.options
	files := map[string]string{"plugin.js": pluginBundle(t, pkg)}
	for name, text := range options.Files {
		files[name] = text
	}
	options.Files = files
	app := e2e.Start(t, options)
	for text, of := range map[string]map[string]string{"note": suite.notes, "refused": suite.refused} {
		for export, why := range of {
			key := row{Package: pkg, Name: export}.key()
			if text == "note" {
				compat.notes[key] = why
			} else {
				compat.refused[key] = why
			}
		}
	}
	var covered []string
	for _, test := range suite.tests {
		covered = append(covered, test.exports...)
		outcome := notRun // what -run leaves out
		title := strings.Join(test.exports[:min(len(test.exports), 10)], ",")
		t.Run(title, func(t *testing.T) {
			outcome = failed
			done := make(chan struct{})
			go func() {
				defer close(done)
				if test.outside != nil {
					test.outside(t, app)
				}
			}()
			var got string
			err := app.Main().Run("const p = await import('/plugin.js')\nreturn JSON.stringify((await (async () => {"+test.body+"\n})()) ?? null)", &got)
			<-done
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if !t.Failed() {
				outcome = passed
			}
		})
		for _, export := range test.exports {
			compat.noteRow(row{Package: pkg, Name: export}, "plugin-"+name+"/"+title, outcome)
		}
	}
	slices.Sort(covered)
	covered = slices.Compact(covered)
	want := append(slices.Clone(published.Exports), p.pluginOptions(pkg)...)
	slices.Sort(want)
	if diff := cmp.Diff(want, covered); diff != "" {
		t.Errorf("exports and options of the package (-), and those with a test (+): %s", diff)
	}
}

// pluginBundle is the package of a plugin as a module for pages.
func pluginBundle(t *testing.T, pkg string) string {
	t.Helper()
	return bundleOf(t, "package", fmt.Sprintf("export * from %q;", pkg))
}
