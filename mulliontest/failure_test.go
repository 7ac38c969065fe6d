package mulliontest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// recorder is a test that may fail without harm.
type recorder struct {
	testing.TB

	mu      sync.Mutex
	text    strings.Builder // guarded by mu
	failed  bool            // guarded by mu
	skipped bool            // guarded by mu
	cleanup []func()        // guarded by mu
}

// attempt runs f as the test of a recorder, to its end.
func attempt(t *testing.T, f func(r *recorder)) *recorder {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for {
				r.mu.Lock()
				n := len(r.cleanup) - 1
				if n < 0 {
					r.mu.Unlock()
					return
				}
				g := r.cleanup[n]
				r.cleanup = r.cleanup[:n]
				r.mu.Unlock()
				g()
			}
		}()
		f(r)
	}()
	<-done
	return r
}

func (r *recorder) note(failed bool, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = r.failed || failed
	r.text.WriteString(text + "\n")
}

func (r *recorder) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

func (r *recorder) Helper()                           {}
func (r *recorder) Log(args ...any)                   { r.note(false, fmt.Sprint(args...)) }
func (r *recorder) Logf(format string, args ...any)   { r.note(false, fmt.Sprintf(format, args...)) }
func (r *recorder) Error(args ...any)                 { r.note(true, fmt.Sprint(args...)) }
func (r *recorder) Errorf(format string, args ...any) { r.note(true, fmt.Sprintf(format, args...)) }
func (r *recorder) Fatal(args ...any)                 { r.Error(args...); runtime.Goexit() }
func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...); runtime.Goexit() }

func (r *recorder) Skipf(format string, args ...any) {
	r.Logf(format, args...)
	r.mu.Lock()
	r.skipped = true
	r.mu.Unlock()
	runtime.Goexit()
}

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func (r *recorder) Cleanup(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cleanup = append(r.cleanup, f)
}

const unhelpful = `<!doctype html><title>Lost</title>
<h1>Nothing here</h1><ul><li>one</li><li>two</li></ul>
<button>Save</button> <button>Open</button> <button disabled>Never</button>
<p hidden id=unseen>unseen</p>
<p>Read me</p><button id=under style="position: fixed; left: 10px; bottom: 10px">Under</button>
<div id=cover style="position: fixed; left: 0; right: 0; bottom: 0; height: 100px; background: #ccc8"></div>
<button id=runs>Runs</button>
<style>@keyframes run { to { transform: translateX(200px) } } #runs { animation: run 1s linear infinite alternate }</style>`

func lost(ctx context.Context) error {
	app, err := mullion.New(mullion.Options{Files: fstest.MapFS{
		"mullion.conf.json":      {Data: []byte(`{"identifier": "dev.mullion.lost", "build": {"frontendDist": "ui"}, "app": {"security": {"csp": null}, "windows": [{"label": "main", "title": "Lost"}]}}`)},
		"ui/index.html":          {Data: []byte(unhelpful)},
		"capabilities/main.json": {Data: []byte(`{"identifier": "main", "windows": ["main"], "permissions": ["core:default"]}`)},
	}})
	if err != nil {
		return err
	}
	mullion.NewState(app, "settings", 1, mullion.StateOptions[int]{})
	return app.Run(ctx)
}

// TestFailures reads what a test says that fails.
func TestFailures(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d := Open(t, lost, &Options{Accessibility: true})
	w := d.Window("main")
	if _, err := d.Notify(t.Context(), mullion.Notification{Title: "Done"}); err != nil {
		t.Fatal(err)
	}
	d.Notification("Done")
	d.r.options.Timeout = 150 * time.Millisecond
	const page = `; the page is app://localhost/ and shows "Nothing here one two Save Open Never Read me UnderRuns"`
	for _, test := range []struct {
		name string
		do   func()
		want string
	}{
		{"no element", func() { w.Find("#nothing").Click() }, `element "#nothing" in window "main": there is none` + page},
		{"no such name", func() { w.FindRole("button", "Sav").Click() }, `button "Sav" in window "main": there is none; of that role there are "Save", "Open", "Never", "Under", "Runs"` + page},
		{"no such text", func() { w.FindText("save").Text() }, `element with the text "save" in window "main": there is none` + page},
		{"several", func() { w.Find("li").Text() }, `element "li" in window "main": it is not clear which: 2 match, among them <li> "one", <li> "two"; say Nth or find it otherwise`},
		{"too few", func() { w.Find("li").Nth(2).Text() }, `element "li" number 2 in window "main": there are only 2`},
		{"covered", func() { w.FindText("Under").Click() }, `<button id="under"> "Under" is covered by <div id="cover">`},
		{"disabled", func() { w.FindText("Never").Click() }, `<button> "Never" is disabled`},
		{"hidden", func() { w.Find("#unseen").Click() }, `<p id="unseen"> "unseen" is there, but not visible`},
		{"runs", func() { w.Find("#runs").Click() }, `<button id="runs"> "Runs" does not stand still`},
		{"no field", func() { w.FindText("Read me").Type("x") }, `does not take the keyboard: <body> "Nothing here one two`},
		{"no value", func() { w.Find("h1").WaitValue("x") }, `<h1> "Nothing here" has no value`},
		{"another text", func() { w.Find("h1").WaitText("Something") }, `its text is "Nothing here", without "Something"`},
		{"text of the page", func() { w.WaitText("Something") }, `page window "main": "Something" is not to be seen: app://localhost/ shows "Nothing here`},
		{"still there", func() { w.Find("li").WaitGone() }, `still there: <li> "one", <li> "two"`},
		{"no selector", func() { w.Find("li[").Text() }, `SyntaxError`},
		{"no script", func() { w.Eval("throw new Error('oh no')", nil) }, `script in window "main": webview "main": eval: Error: oh no`},
		{"another type", func() { w.Eval("return 'x'", new(int)) }, `the script returned "x"`},
		{"drop refused", func() { w.Find("h1").Drop(file) }, `the window refuses what is dragged over it`},
		{"no key", func() { w.Press("Hyper+x") }, `no key has that name`},
		{"no object", func() { w.Accessibility().Find("push button", "Sav").Press() }, `push button "Sav" in the accessible tree of window "main": there is no push button "Sav" in`},
		{"no reader", func() {
			defer func(r *session.Reader) { d.reader = r }(d.reader)
			d.reader = nil
			w.Accessibility()
		}, `the accessible tree of window "main": set Options.Accessibility`},
		{"no window", func() { d.Window("other") }, `there is no window "other"; there are ["main"]`},
		{"not closed", func() { w.WaitClosed() }, `window "main": it is still there`},
		{"no state", func() { d.State("setings", new(int)) }, `the app has no state "setings"; it has ["settings"]`},
		{"state of another type", func() { d.State("settings", new(string)) }, `state "settings" is 1: `},
		{"no dialog", func() { d.Dialog() }, `dialog: the app shows none`},
		{"no tray", func() { d.Tray() }, `tray: the app has no icon there`},
		{"no notification", func() { d.Notification("Don") }, `there is none with the title "Don"; there are ["Done"]`},
		{"no button", func() { d.Notification("Done").Press("Show") }, `the notification "Done" has no button "Show"; it has []`},
		{"no event", func() { d.Listen("saved").Next(nil) }, `event "saved": there was none`},
		{"ended", func() { _ = d.Stop(); w.Find("h1").Click() }, `element "h1" in window "main": the app has ended: its run has returned nil`},
	} {
		r := attempt(t, func(r *recorder) {
			d.r.t = r
			test.do()
		})
		d.r.t = t
		if got := r.String(); !r.Failed() || !strings.Contains(got, test.want) {
			t.Errorf("%s: failed %v, and said\n%swant\n%s", test.name, r.Failed(), got, test.want)
		}
	}
}

// TestArtifacts looks at what is kept of a test that fails.
func TestArtifacts(t *testing.T) {
	for _, test := range []struct{ name, dir string }{{"told", t.TempDir()}, {"temporary", ""}} {
		t.Run(test.name, func(t *testing.T) {
			temporary := t.TempDir()
			t.Setenv("TMPDIR", temporary)
			r := attempt(t, func(r *recorder) {
				Open(r, lost, &Options{Artifacts: test.dir})
				r.Fatal("it fails")
			})
			m := regexp.MustCompile(`what the screen and the pages show is in (.*)\n`).FindStringSubmatch(r.String())
			if m == nil {
				t.Fatalf("it says\n%s", r)
			}
			if want := test.dir; !strings.HasPrefix(m[1], want) || want == "" && filepath.Dir(m[1]) != temporary {
				t.Errorf("they are in %s", m[1])
			}
			for name, want := range map[string]string{"screen.png": "PNG", "main.html": "<h1>Nothing here</h1>", "app.log": ""} {
				if b, err := os.ReadFile(filepath.Join(m[1], name)); err != nil || !strings.Contains(string(b), want) {
					t.Errorf("%s: %.100q, %v", name, b, err)
				}
			}
		})
	}
}

// only makes a PATH with these programs alone.
func only(t *testing.T, programs ...string) {
	t.Helper()
	dir := t.TempDir()
	for _, p := range programs {
		path, err := exec.LookPath(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, p)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
}

// TestLacking looks at what becomes of a test where something is missing.
func TestLacking(t *testing.T) {
	for _, test := range []struct {
		ci, manager, want string
		skipped           bool
	}{
		{"", "apt-get", "this test needs Xvfb, a display without a screen; install it: sudo apt-get install -y xvfb openbox dbus\n", true},
		{"false", "", "install it with the package manager of your distribution", true},
		{"true", "apt-get", "install it: sudo apt-get install -y xvfb", false},
		{"1", "apt-get", "install it: sudo apt-get install -y xvfb", false},
	} {
		t.Run(fmt.Sprint("CI=", test.ci), func(t *testing.T) {
			only(t)
			if test.manager != "" {
				if err := os.WriteFile(filepath.Join(os.Getenv("PATH"), test.manager), nil, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("CI", test.ci)
			r := attempt(t, func(r *recorder) { Open(r, lost, nil) })
			if r.skipped != test.skipped || r.Failed() == test.skipped || !strings.Contains(r.String(), test.want) {
				t.Errorf("skipped %v, failed %v: %s", r.skipped, r.Failed(), r)
			}
		})
	}
}

// TestBare does without window manager and session bus.
func TestBare(t *testing.T) {
	only(t, "Xvfb")
	d := Open(t, lost, nil)
	w := d.Window("main")
	w.Eval(`const i = document.createElement('input'); i.oninput = () => { document.querySelector('h1').textContent = i.value; }; document.body.prepend(i)`, nil)
	w.Find("input").Fill("typed")
	w.Find("h1").WaitText("typed")
	r := attempt(t, func(r *recorder) { d.r.t = r; d.Tray() })
	d.r.t = t
	if !strings.Contains(r.String(), "dbus-daemon is not installed") {
		t.Errorf("the tray says %s", r)
	}
}

// TestEarlyEnd starts apps that end before their windows are open.
func TestEarlyEnd(t *testing.T) {
	for name, test := range map[string]struct {
		run  func(context.Context) error
		want string
	}{
		"an error":       {func(context.Context) error { return errors.New("no database") }, "run returned without a call of App.Run: no database"},
		"without a word": {func(context.Context) error { return nil }, "run returned without a call of App.Run: <nil>"},
		"a configuration": {func(ctx context.Context) error {
			_, err := mullion.New(mullion.Options{Files: fstest.MapFS{}})
			return err
		}, "mullion.conf.json"},
		"a registration": {func(ctx context.Context) error {
			app, err := mullion.New(mullion.Options{Files: fstest.MapFS{"mullion.conf.json": {Data: []byte(`{"identifier": "dev.mullion.bad"}`)}}})
			if err != nil {
				return err
			}
			mullion.Handle(app, "Bad Name", func(context.Context, struct{}) (int, error) { return 0, nil })
			return app.Run(ctx)
		}, `command "Bad Name"`},
	} {
		for _, start := range []func(r *recorder){
			func(r *recorder) { Start(r, test.run, nil) }, func(r *recorder) { Open(r, test.run, nil) },
		} {
			if r := attempt(t, start); !r.Failed() || !strings.Contains(r.String(), test.want) {
				t.Errorf("%s: failed %v, and said %s", name, r.Failed(), r)
			}
		}
	}
}

// TestErrorAtTheEnd: what run returns at the end fails the test.
func TestErrorAtTheEnd(t *testing.T) {
	r := attempt(t, func(r *recorder) {
		Start(r, func(ctx context.Context) error { return errors.Join(lost(ctx), errors.New("not saved")) }, nil)
	})
	if !r.Failed() || !slices.Contains(strings.Split(r.String(), "\n"), "the app has ended with an error: not saved") {
		t.Errorf("failed %v, and said %s", r.Failed(), r)
	}
}
