package log

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/mulliontest"
)

// lines are what a target of kind Function was given.
type lines struct {
	mu  sync.Mutex
	all []string // guarded by mu
}

func (l *lines) target() Target {
	return Target{Kind: Function, Write: func(_ slog.Level, text string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.all = append(l.all, text)
	}}
}

// of waits for what was logged, and returns it without the time.
func (l *lines) of(t *testing.T, log *Log) (all []string) {
	t.Helper()
	for _, to := range log.targets {
		to.end()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	form := regexp.MustCompile(`^\[\d{4}-\d\d-\d\d\]\[\d\d:\d\d:\d\d\]`)
	for _, text := range l.all {
		if !form.MatchString(text) {
			t.Errorf("no time in front: %q", text)
		}
		all = append(all, form.ReplaceAllString(text, ""))
	}
	return all
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\ngot  %q\nwant %q", what, got, want)
	}
}

const here = "[github.com/mullion-dev/mullion/plugin/log]"

func TestHandler(t *testing.T) {
	var to lines
	log := New(Options{Targets: []Target{to.target()}})
	l := log.Logger()
	l.Info("hello", "n", 1, "text", "a b", "empty", "")
	l.With("source", "db", "k", "v").Warn("slow", slog.Group("query", "ms", 12, slog.Group("in", "x", true)), "err", errors.New("a\nb"))
	l.WithGroup("g").With("a", 1).Error("grouped", "b", 2, "source", "not this one")
	l.Log(t.Context(), LevelTrace, "least", "bytes", []int{1}, "when", time.Second)
	l.Debug("panics", "v", panics{})
	got := to.of(t, log)
	if len(got) == 5 && strings.Contains(got[4], "PANIC") {
		got[4] = "survived"
	}
	equal(t, "records", got, []string{
		here + `[INFO] hello n=1 text="a b" empty=""`,
		`[db][WARN] slow k=v query.ms=12 query.in.x=true err=a\nb`,
		here + `[ERROR] grouped g.a=1 g.b=2 g.source="not this one"`,
		here + `[TRACE] least bytes=[1] when=1s`,
		"survived",
	})
}

type panics struct{}

func (panics) String() string { panic("as tested") }

func TestLevels(t *testing.T) {
	var to, warnings lines
	level := new(slog.LevelVar)
	loud := warnings.target()
	loud.Level = slog.LevelWarn
	log := New(Options{
		Targets: []Target{to.target(), loud}, Level: level,
		Levels: map[string]slog.Level{"example.org/db": slog.LevelDebug, "example.org/db/noise": slog.LevelError, "example.org/d": slog.LevelError},
		Filter: func(e Entry) bool { return e.Message != "secret" },
	})
	l := log.Logger()
	for _, source := range []string{"example.org/db", "example.org/db/noise", "example.org/dbx", "example.org/d"} {
		l.Debug("debug", "source", source)
		l.Warn("warn", "source", source)
	}
	l.Info("secret", "source", "a")
	level.Set(slog.LevelError)
	l.Warn("later", "source", "a")
	equal(t, "records", to.of(t, log), []string{
		"[example.org/db][DEBUG] debug", "[example.org/db][WARN] warn", "[example.org/dbx][WARN] warn",
	})
	equal(t, "warnings", warnings.of(t, log), []string{"[example.org/db][WARN] warn", "[example.org/dbx][WARN] warn"})
	if l.Enabled(t.Context(), LevelTrace) || !l.Enabled(t.Context(), slog.LevelDebug) {
		t.Error("Enabled does not know the levels of sources")
	}
}

func TestFunctionsOfTheApp(t *testing.T) {
	var to lines
	broken := to.target()
	broken.Format = func(Entry) string { panic("as tested") }
	var log *Log
	deep := 0
	log = New(Options{
		Targets: []Target{to.target(), broken, {Kind: Function, Write: func(slog.Level, string) {
			if deep++; deep < 3 {
				log.Logger().Info("from inside")
			}
			panic("as tested")
		}}},
		Filter: func(e Entry) bool { panic("as tested") },
	})
	log.Logger().Info("one")
	log.targets[2].end()
	want := here + "[INFO] one"
	inside := here + "[INFO] from inside"
	got := to.of(t, log)
	slices.Sort(got) // the second target is a queue of its own
	equal(t, "records", got, []string{inside, inside, inside, inside, want, want})
}

// TestQuoted: a value says nothing of others in its record.
func TestQuoted(t *testing.T) {
	for text, want := range map[string]string{
		`plain`: `plain`, `C:\notes`: `C:\notes`, ``: `""`, `a b`: `"a b"`, `a"b`: `"a\"b"`, `a b\`: `"a b\\"`,
		`x\" forged="y`: `"x\\\" forged=\"y"`,
	} {
		if got := quoted(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
		if strings.HasPrefix(want, `"`) {
			if got, err := strconv.Unquote(quoted(text)); got != text {
				t.Errorf("%s is read as %s, %v", text, got, err)
			}
		}
	}
}

// run is an app with the plugin, and the log of which goes through it.
func run(o Options, log **Log, dir *string) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		*log = New(o)
		app, err := mullion.New(mullion.Options{Logger: (*log).Logger(), Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.logs", "productName": "My logs", "build": {"frontendDist": "ui"},
				"app": {"windows": [{}, {"label": "other"}, {"label": "plain"}]}}`)},
			"ui/index.html":         {Data: []byte(`<!doctype html><title>logs</title>`)},
			"capabilities/all.json": {Data: []byte(`{"identifier": "all", "windows": ["main", "other"], "permissions": ["core:default", "log:default"]}`)},
		}})
		if err != nil {
			return err
		}
		(*log).Logger().Info("early", "source", "main")
		app.AddPlugin((*log).Plugin())
		app.AddPlugin(folderOf(dir))
		return app.Run(ctx)
	}
}

func TestApp(t *testing.T) {
	var log *Log
	var dir string
	app := mulliontest.Start(t, run(Options{Targets: []Target{{Kind: LogDir}, {Kind: LogDir, Name: "pages", Filter: func(e Entry) bool {
		return e.Window != ""
	}}, {Kind: Webview, Level: slog.LevelWarn}}}, &log, &dir), nil)
	page, other := app.Page("main"), app.Page("other")
	heard := other.Listen("log://log")
	if err := page.Call("plugin:log|log", map[string]any{
		"level": 3, "message": "saved", "location": "save@app.js:7:3", "file": "app.js", "line": 7, "keyValues": map[string]string{"b": "2", "a": "1 1"},
	}, nil); err != nil {
		t.Fatal(err)
	}
	if err := page.Call("plugin:log|log", map[string]any{"level": 5, "message": "lost"}, nil); err != nil {
		t.Fatal(err)
	}
	// Pages do not hear of it: it may be what one has written to its console.
	log.write(Entry{Level: slog.LevelError, Source: "mullion", Message: "console.error in a page", framework: true})
	log.Logger().Warn("from Go", "source", "main")
	var got payload
	for _, want := range []payload{{"[webview][ERROR] lost", 5}, {"[main][WARN] from Go", 4}} {
		if heard.Next(&got); got.Level != want.Level || !strings.HasSuffix(got.Message, want.Message) {
			t.Errorf("heard %+v, want %+v", got, want)
		}
	}
	if err := app.Stop(); err != nil {
		t.Fatal(err)
	}
	log.Logger().Info("after the end", "source", "main")
	for _, to := range log.targets {
		to.end()
	}
	text := read(t, filepath.Join(dir, "My logs.log"))
	for _, want := range []string{
		"[main][INFO] early\n", "[webview::save@app.js:7:3][INFO] saved a=\"1 1\" b=2\n", "[webview][ERROR] lost\n", "[main][WARN] from Go\n",
		"[main][INFO] after the end\n", "[mullion][ERROR] console.error in a page\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the file has no %q: %s", want, text)
		}
	}
	if pages := read(t, filepath.Join(dir, "pages.log")); strings.Count(pages, "\n") != 2 || strings.Contains(pages, "main") {
		t.Errorf("what pages have logged: %s", pages)
	}
}

func TestFramework(t *testing.T) {
	for pkg, want := range map[string]bool{
		"github.com/mullion-dev/mullion": true, "github.com/mullion-dev/mullion/internal/core": true,
		"github.com/mullion-dev/mullion/examples/notes": false, "github.com/mullion-dev/mullions": false, "main": false, "": false,
	} {
		if ofFramework(pkg) != want {
			t.Errorf("%q: %v", pkg, !want)
		}
	}
}

// TestOwnLog: that a file cannot be written is said by the app's log, which leads
// to that file, once and without anybody waiting for it.
func TestOwnLog(t *testing.T) {
	var log *Log
	var dir string
	var to lines
	app := mulliontest.Start(t, run(Options{Targets: []Target{to.target(), {Kind: LogDir, Name: "x"}}}, &log, &dir), nil)
	page := app.Page("main")
	path := filepath.Join(dir, "x.log")
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if err := page.Call("plugin:log|log", map[string]any{"level": 3, "message": "lost"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	said := 0
	mulliontest.Wait(t, time.Minute, func() error {
		said = 0
		for _, text := range to.of(t, log) {
			if strings.Contains(text, "records are missing in a log") && strings.Contains(text, "no regular file") {
				said++
			}
		}
		if said == 0 {
			return errors.New("nothing says that the file cannot be written")
		}
		return nil
	})
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := page.Call("plugin:log|log", map[string]any{"level": 3, "message": "there"}, nil); err != nil {
		t.Fatal(err)
	}
	if said > 1 {
		t.Errorf("it was said %d times", said)
	}
	if got := read(t, path); !strings.Contains(got, " records are missing here") || !strings.HasSuffix(got, "[INFO] there\n") {
		t.Errorf("the file has %q", got)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestWrongOptions(t *testing.T) {
	for want, o := range map[string]Options{
		"negative":       {Keep: -2},
		"absolute":       {Targets: []Target{{Kind: Folder, Path: "logs"}}},
		"without Write":  {Targets: []Target{{Kind: Function}}},
		"kind 77":        {Targets: []Target{{Kind: 77}}},
		"name of a file": {Targets: []Target{{Kind: LogDir, Name: "../up"}}},
		"only those":     {Targets: []Target{{Kind: Stdout, Path: "/tmp"}}},
	} {
		if err := New(o).start(t.Context(), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestEarly: what waits for the app to run is bounded.
func TestEarly(t *testing.T) {
	log := New(Options{Targets: []Target{{Kind: LogDir}}})
	for i := range 300 {
		log.Logger().Info(fmt.Sprint(i) + strings.Repeat("x", 10<<10))
	}
	early := log.targets[0].early
	if n := len(early); n < 90 || n > 110 || !strings.Contains(early[n-1].text, "299x") {
		t.Errorf("%d records wait", n)
	}
}

func TestQueue(t *testing.T) {
	release := make(chan struct{})
	var got bytes.Buffer
	q := newQueue(func(l line) error {
		<-release
		got.WriteString(l.text + "\n")
		return nil
	})
	for i := range 3000 {
		_ = q.put(line{text: fmt.Sprint(i)})
	}
	close(release)
	q.end()
	all := strings.Split(got.String(), "\n")
	if len(all) > maxQueue+4 || !strings.Contains(got.String(), "records are missing here") || all[len(all)-2] != "2999" {
		t.Errorf("%d records, the last is %q", len(all), all[len(all)-2])
	}
}

func TestNumbers(t *testing.T) {
	for i := 1; i <= 5; i++ {
		if l, ok := levelOf(i); !ok || number(l) != i || number(l+1) != i {
			t.Errorf("%d is %v, which is %d", i, l, number(l))
		}
	}
	if number(-100) != 1 || number(100) != 5 {
		t.Error("levels beyond the ends")
	}
}
