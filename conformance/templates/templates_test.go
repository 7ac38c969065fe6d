package templates

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/plugin/opener"
)

func TestMain(m *testing.M) { e2e.Main(m) }

// template is one of create-tauri-app.
type template struct {
	name string
	// view is the file with the text that the test changes.
	view string
	// reloads is set where Vite has no other way to show a change.
	reloads bool
}

var templates = []template{
	{name: "react-ts", view: "src/App.tsx"},
	{name: "svelte-ts", view: "src/routes/+page.svelte"},
	{name: "vue-ts", view: "src/App.vue"},
	{name: "solid-ts", view: "src/App.tsx"},
	{name: "vanilla-ts", view: "index.html", reloads: true},
}

// TestTemplates: greet answers in each template, embedded and with its dev
// server, and what is saved in an editor shows up in the window.
func TestTemplates(t *testing.T) {
	dir := workspace(t)
	for _, tm := range templates {
		t.Run(tm.name, func(t *testing.T) {
			project := create(t, dir, tm.name)
			t.Run("embedded", func(t *testing.T) { embedded(t, project) })
			t.Run("dev server", func(t *testing.T) { developed(t, tm, project) })
		})
	}
}

func embedded(t *testing.T, project string) {
	run(t, vite(t, project, "build"))
	var conf struct {
		Build struct {
			Dist string `json:"frontendDist"`
		} `json:"build"`
	}
	data, err := os.ReadFile(filepath.Join(project, "src-tauri", "tauri.conf.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &conf); err != nil {
		t.Fatal(err)
	}
	dist := os.DirFS(filepath.Join(project, "src-tauri", filepath.FromSlash(conf.Build.Dist)))
	a := start(t, project, dist, 0)
	a.greet("Ada")
}

func developed(t *testing.T, tm template, project string) {
	port := serve(t, project)
	a := start(t, project, nil, port)
	before := a.greet("Ada")

	file := filepath.Join(project, filepath.FromSlash(tm.view))
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const old = "Welcome to Tauri"
	if !strings.Contains(string(data), old) {
		t.Fatalf("%s does not say %q", tm.view, old)
	}
	// Vite may load a page anew by itself soon after its first start, when it
	// finds what else the page imports: then another change has to tell.
	for n := range 3 {
		changed := fmt.Sprintf("Welcome to Mullion %d", n)
		text := strings.ReplaceAll(string(data), old, changed)
		after := a.step(step{Do: "read", Until: changed}, func() {
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Error(err)
			}
		})
		reloaded := after.Page != before.Page
		if reloaded == tm.reloads {
			a.greet("Grace")
			return
		}
		before = after
	}
	t.Errorf("changes load the page anew: %v, want %v", !tm.reloads, tm.reloads)
}

// app is a running template.
type app struct {
	*mullion.App
	t     *testing.T
	steps chan step
	seen  chan seen
	ended chan struct{}
	log   *e2e.Log
}

// step is something that the driver does in the page, and what the page says
// when it is done.
type step struct {
	Do    string `json:"do"`
	Name  string `json:"name"`
	Until string `json:"until"`
}

// seen is what the page shows after a step.
type seen struct {
	Page float64 `json:"page"` // names the document
	Name string  `json:"name"` // in the field
	Text string  `json:"text"`
}

type none = struct{}

//go:embed driver.js
var driver []byte

// start runs the app of a project: with its configuration, and either the
// front end in dist or its dev server.
func start(t *testing.T, project string, dist fs.FS, port int) *app {
	t.Helper()
	if why := os.Getenv("E2E_SKIP"); why != "" {
		t.Skip("no display: " + why)
	}
	overlay := fmt.Sprintf(`{"app": {"withGlobalTauri": true}, "build": {"devUrl": "http://localhost:%d"}}`, port)
	conf, err := config.Load(os.DirFS(filepath.Join(project, "src-tauri")), config.Options{Overlays: [][]byte{[]byte(overlay)}})
	if err != nil {
		t.Fatal(err)
	}
	// What the template grants is enough for all that it has. Own commands need
	// a grant here.
	caps, err := capability.Load(os.DirFS(filepath.Join(project, "src-tauri")), "capabilities")
	if err != nil {
		t.Fatal(err)
	}
	own, err := capability.Parse("capabilities/go-commands.json", []byte(`{"identifier": "go-commands", "windows": ["main"],
		"permissions": ["allow-greet", "allow-next", "allow-done"]}`))
	if err != nil {
		t.Fatal(err)
	}
	caps = append(caps, own...)
	a := &app{t: t, steps: make(chan step), seen: make(chan seen), ended: make(chan struct{}), log: &e2e.Log{}}
	a.App, err = mullion.New(mullion.Options{
		Config:       conf,
		Assets:       driven{dist},
		Capabilities: caps,
		Logger:       slog.New(slog.NewTextHandler(a.log, &slog.HandlerOptions{Level: slog.LevelInfo})),
		DataDir:      t.TempDir(),
		Dev:          port != 0,
	})
	if err != nil {
		t.Fatal(err)
	}
	a.AddPlugin(opener.New(opener.Options{}).Plugin())
	mullion.Handle(a.App, "greet", func(_ context.Context, args struct {
		Name string `json:"name"`
	}) (string, error) {
		return greeting(args.Name), nil
	})
	mullion.Handle(a.App, "next", func(ctx context.Context, _ none) (step, error) {
		select {
		case s := <-a.steps:
			return s, nil
		case <-ctx.Done():
			return step{}, ctx.Err()
		}
	})
	mullion.Handle(a.App, "done", func(ctx context.Context, s seen) (none, error) {
		select {
		case a.seen <- s:
		case <-ctx.Done():
		}
		return none{}, nil
	})
	ctx, cancel := context.WithCancel(context.Background())
	var failed error
	go func() {
		failed = a.Run(ctx)
		close(a.ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-a.ended
		if failed != nil && !errors.Is(failed, context.Canceled) {
			t.Errorf("Run: %v", failed)
		}
		if t.Failed() {
			t.Logf("log of the app:\n%s", a.log.Tail(100))
		}
	})
	return a
}

func greeting(name string) string { return "Hello, " + name + "! You've been greeted from Go!" }

// greet has the page greet somebody as a user would.
func (a *app) greet(name string) seen {
	a.t.Helper()
	s := a.step(step{Do: "greet", Name: name, Until: greeting(name)})
	if s.Name != name {
		a.t.Errorf("the field says %q after %q was greeted", s.Name, name)
	}
	return s
}

// step has the page do something and returns what it then shows. A page that
// is replaced meanwhile leaves the step to the next one. While it waits it
// calls again, if that is given: at once, and each second.
func (a *app) step(s step, again ...func()) seen {
	a.t.Helper()
	hang := e2e.Hang(a.t)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		for _, f := range again {
			f()
		}
		for waiting := true; waiting; {
			select {
			case a.steps <- s:
			case got := <-a.seen:
				return got
			case <-tick.C:
				waiting = false
			case <-a.ended:
				a.t.Fatal("the app has ended")
			case <-hang:
				w, err := a.Window("main")
				if err != nil {
					a.t.Fatal(err)
				}
				a.t.Fatalf("the page does not come to show %q: %+v", s.Until, w.Webview().Page())
			}
		}
	}
}

// driven is a front end with the driver beside it.
type driven struct{ front fs.FS }

// Open implements fs.FS.
func (d driven) Open(name string) (fs.File, error) {
	if name == "tauri.global.js" {
		return fstest.MapFS{name: {Data: driver}}.Open(name)
	}
	if d.front == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return d.front.Open(name)
}
