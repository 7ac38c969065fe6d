package conformance

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// pluginSuite is what the published package of a plugin is tested with.
type pluginSuite struct {
	// options are those of the app that the tests run in. Setup adds the plugin,
	// and commands of the app that the tests use.
	options e2e.Options
	tests   []pluginTest
	// module is the folder of a module that has the tests instead, in its TestPackage.
	module string
	// notes say what a pass does not mean, by name of the row.
	notes map[string]string
	// refused are the exports and options of which a test that passes has seen
	// that they are refused, and why.
	refused map[string]string
	// says is the key by which the log says that an option has no effect, by name
	// of the row; the option's own key if it is not in it.
	says map[string]string
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
	// idle is set where the options are only used: of each the suite has to say
	// that it is refused, or the log that it has no effect.
	idle bool
}

// pluginPackage is the npm package of a plugin.
func pluginPackage(name string) string { return "@tauri-apps/plugin-" + name }

// runPlugin runs the suite of a plugin.
func runPlugin(t *testing.T, name string, suiteOf func(t *testing.T, p *published) pluginSuite, p *published, compat *compatibility) {
	compat.suites++
	pkg := pluginPackage(name)
	published, ok := p.Plugins[pkg]
	if !ok {
		t.Fatalf("package.json has no %s", pkg)
	}
	rowOf := func(name string) row { return row{Package: pkg, Name: name} }
	suite := suiteOf(t, p)
	for name, note := range suite.notes {
		compat.notes[rowOf(name).key()] = note
	}
	for name, why := range suite.refused {
		compat.lacking[rowOf(name).key()] = why
	}
	if suite.module != "" {
		var covered []string
		for title, o := range runModule(t, suite.module) {
			for export := range strings.SplitSeq(title, ",") {
				covered = append(covered, export)
				compat.noteRow(rowOf(export), "plugin-"+name+"/"+title, o)
			}
		}
		checkCovered(t, append(slices.Clone(published.Exports), p.pluginOptions(pkg)...), covered)
		return
	}
	options := suite.options
	options.Files = maps.Clone(options.Files)
	if options.Files == nil {
		options.Files = map[string]string{}
	}
	options.Files["plugin.js"] = pluginBundle(t, pkg)
	app := e2e.Start(t, options)
	var covered []string
	idle := map[string]bool{}
	for _, test := range suite.tests {
		covered = append(covered, test.exports...)
		outcome := notRun // what -run leaves out
		title := strings.Join(test.exports[:min(len(test.exports), 10)], ",")
		t.Run(title, func(t *testing.T) {
			outcome = failed
			runPluginTest(t, app, test)
			if !t.Failed() {
				outcome = passed
			}
		})
		for _, export := range test.exports {
			compat.noteRow(rowOf(export), "plugin-"+name+"/"+title, outcome)
			idle[export] = test.idle && outcome == passed
		}
	}
	for _, name := range p.pluginOptions(pkg) {
		_, key, _ := strings.Cut(name, ".")
		says := cmp.Or(suite.says[name], key)
		switch reason := lackReason(app.Log.Tail(10_000), "main", says); {
		case suite.refused[name] != "":
		case reason != "":
			compat.lacking[rowOf(name).key()] = reason
		case idle[name]:
			t.Errorf("no test is about the option %s, and the log does not say that it has no effect", name)
		}
	}
	checkCovered(t, append(slices.Clone(published.Exports), p.pluginOptions(pkg)...), covered)
}

// checkCovered fails where something has no test, or a test is about nothing.
func checkCovered(t *testing.T, want, covered []string) {
	t.Helper()
	slices.Sort(covered)
	covered = slices.Compact(covered)
	slices.Sort(want)
	if diff := gocmp.Diff(want, covered); diff != "" {
		t.Errorf("exports and options of the package (-), and those with a test (+): %s", diff)
	}
}

func runPluginTest(t *testing.T, app *e2e.App, test pluginTest) {
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
	if diff := gocmp.Diff(test.want, got); diff != "" {
		t.Error(diff)
	}
}

// pluginBundle is the package of a plugin as a module for pages.
func pluginBundle(t *testing.T, pkg string) string {
	t.Helper()
	return bundleOf(t, "package", fmt.Sprintf("import * as all from %[1]q; export * from %[1]q; export default all.default;", pkg))
}
