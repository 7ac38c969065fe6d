// Package kept tests windows that outlive their Core. The test is the
// developer's tool; the app is this test program again, started by a keeper,
// and what it does is said by the name that it is started under.
package kept

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/keeper"
)

// labVariable is where the app finds the test.
const labVariable = "KEPT_LAB"

func TestMain(m *testing.M) {
	name := filepath.Base(os.Args[0])
	switch {
	case os.Getenv(labVariable) == "":
		e2e.Main(m)
	case name == "early" && strings.HasPrefix(os.Getenv("MULLION_KEEPER"), "core"):
		fmt.Fprintln(os.Stderr, "no way to begin")
		os.Exit(3)
	case name == "other":
		otherVersion()
	}
	mullion.Main(func(ctx context.Context) error { return run(ctx, name) })
}

const page = `<!doctype html><meta charset="utf-8"><title>kept</title>
<body><input id="text" autofocus><script type="module" src="/main.js"></script>`

const script = `
import { listen, state, invoke, Channel } from '/_mullion/api.js';
window.ticks = []; window.counts = []; window.replaced = 0; window.slow = ''; window.script = 1;
Object.assign(window, { invoke, state, listen, Channel });
await listen('tick', (e) => ticks.push(e.payload));
await listen('mullion://core-replaced', () => { replaced++; });
window.stop = await state('count').subscribe((v) => counts.push(v));
window.ready = true;
`

// otherVersion is what a program does that has another version of Mullion.
func otherVersion() {
	_, f, err := keeper.TakeRole()
	if err == nil {
		_, err = keeper.Join(f, "another")
	}
	fmt.Fprintln(os.Stderr, "it was let in: ", err)
	os.Exit(4)
}

// withoutVariable names a layer of the confinement that is not to be used.
const withoutVariable = "KEPT_WITHOUT"

// serverVariable names a server that pages may reach.
const serverVariable = "KEPT_SERVER"

const conf = `{
	"identifier": "dev.mullion.kept",
	"productName": "kept",
	"version": "1.0.0",
	"build": {"frontendDist": "ui"},
	"app": {"security": {"csp": null}, "windows": [{"title": "main", "width": 500, "height": 300}]}
}`

const caps = `{"identifier": "all", "windows": ["*"], "permissions": [
	"core:default", "core:window:default", "allow-version", "allow-slow", "allow-told", "allow-kept",
	{"identifier": "state:read", "allow": [{"name": "count"}]}, {"identifier": "state:write", "allow": [{"name": "count"}]}
]}`

// run is the app.
func run(ctx context.Context, name string) error {
	switch name {
	case "panics":
		panic("on purpose")
	case "fails":
		return errors.New("there is no database")
	}
	o := mullion.Options{
		Files: fstest.MapFS{
			"mullion.conf.json":     {Data: []byte(conf)},
			"capabilities/all.json": {Data: []byte(caps)},
			"ui/index.html":         {Data: []byte(page)},
			"ui/main.js":            {Data: []byte(script)},
		},
		DataDir:        os.Getenv("KEPT_DATA"),
		Keep:           name == "keeps",
		MinConfinement: mullion.ConfinementFull,
	}
	if without := os.Getenv(withoutVariable); without != "" {
		o.MinConfinement, o.WithoutLayers = mullion.ConfinementNone, []string{without}
	}
	if s := os.Getenv(serverVariable); s != "" {
		o.Capabilities = append(o.Capabilities, capability.Capability{
			Identifier: "net", Windows: []string{"*"},
			Permissions: []capability.Entry{{Identifier: "sandbox:allow-network", Allow: []jsontext.Value{jsontext.Value(`{"url": "` + s + `"}`)}}},
		})
	}
	if name == "grants" {
		o.Capabilities = append(o.Capabilities, capability.Capability{
			Identifier: "sound", Windows: []string{"*"}, Permissions: []capability.Entry{{Identifier: "sandbox:allow-audio"}},
		})
	}
	var told struct {
		sync.Mutex
		list []string
	}
	tell := func(what string) {
		told.Lock()
		defer told.Unlock()
		told.list = append(told.list, what)
		slices.Sort(told.list)
		slices.Reverse(told.list)
	}
	o.OnFault = func(f mullion.Fault) { tell(f.Component + " " + f.Reason) }
	app, err := mullion.New(o)
	if err != nil {
		return err
	}
	if f := os.Getenv("KEPT_PANICS"); f != "" {
		if _, err := os.Stat(f); err == nil {
			panic("again and again")
		}
	}
	app.On("tauri://window-created", func(_ context.Context, e mullion.Event) {
		var w struct{ Label string }
		if json.Unmarshal(e.Payload, &w) == nil && w.Label != "main" {
			tell(w.Label)
		}
	})
	var kept struct {
		sync.Mutex
		told  *mullion.Kept
		pages []string
	}
	app.OnKept(func(k mullion.Kept) {
		kept.Lock()
		defer kept.Unlock()
		kept.told = &k
		for _, w := range k.Windows {
			w.Webview().OnPage(func(p mullion.Page) {
				kept.Lock()
				defer kept.Unlock()
				kept.pages = append(kept.pages, w.Label()+" "+p.Title)
			})
		}
	})
	mullion.Handle(app, "kept", func(context.Context, struct{}) (r keptAnswer, err error) {
		kept.Lock()
		defer kept.Unlock()
		if kept.told == nil {
			return r, errors.New("the app was not told")
		}
		r = keptAnswer{Crash: kept.told.Crash, Failed: kept.told.SwapFailed, Pages: slices.Clone(kept.pages)}
		for _, w := range kept.told.Windows {
			r.Windows = append(r.Windows, w.Label())
		}
		return r, nil
	})
	mullion.Handle(app, "told", func(context.Context, struct{}) ([]string, error) {
		told.Lock()
		defer told.Unlock()
		return slices.Clone(told.list), nil
	})
	mullion.Handle(app, "version", func(context.Context, struct{}) (string, error) { return name, nil })
	mullion.Handle(app, "slow", func(ctx context.Context, _ struct{}) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	})
	count := mullion.NewState(app, "count", 0, mullion.StateOptions[int]{Persist: true})
	l, err := dial(name)
	if err != nil {
		return err
	}
	go l.serve(ctx, app, count)
	return app.Run(ctx)
}

// keptAnswer tells what the app was told by OnKept, and by the functions that it
// added then.
type keptAnswer struct {
	Crash   string   `json:"crash"`
	Failed  string   `json:"failed"`
	Windows []string `json:"windows"`
	Pages   []string `json:"pages"`
}

// request is what the test wants of the app, and answer what came of it.
type (
	request struct {
		ID     int    `json:"id"`
		Op     string `json:"op"`
		Window string `json:"window"`
		Text   string `json:"text"`
	}
	answer struct {
		ID    int            `json:"id"`
		Value jsontext.Value `json:"value"`
		Error string         `json:"error"`
	}
	greeting struct {
		Name string `json:"name"`
		PID  int    `json:"pid"`
	}
)

// lab is the app's connection to the test.
type lab struct {
	conn net.Conn
	out  chan answer
}

func dial(name string) (*lab, error) {
	conn, err := net.Dial("unix", os.Getenv(labVariable))
	if err != nil {
		return nil, err
	}
	l := &lab{conn, make(chan answer)}
	if err := json.NewEncoder(conn).Encode(greeting{name, os.Getpid()}); err != nil {
		return nil, err
	}
	go func() {
		e := json.NewEncoder(conn)
		for a := range l.out {
			_ = e.Encode(a)
		}
	}()
	return l, nil
}

func (l *lab) serve(ctx context.Context, app *mullion.App, count *mullion.State[int]) {
	in := bufio.NewScanner(l.conn)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var r request
		if json.Unmarshal(in.Bytes(), &r) != nil {
			return
		}
		go func() {
			v, err := do(ctx, app, count, r)
			a := answer{ID: r.ID, Value: v}
			if err != nil {
				a.Error = err.Error()
			}
			l.out <- a
		}()
	}
}

func do(ctx context.Context, app *mullion.App, count *mullion.State[int], r request) (jsontext.Value, error) {
	if r.Op == "open" {
		_, err := app.OpenWindow(ctx, mullion.WindowOptions{Label: r.Window, Title: r.Window, URL: "index.html", Width: 300, Height: 200})
		return nil, err
	}
	switch r.Op {
	case "crash":
		go func() { panic("the app crashes on purpose") }()
		return nil, nil
	case "emit":
		return nil, app.Emit(ctx, "tick", r.Text)
	case "count":
		return nil, count.Update(ctx, func(n int) int { return n + 1 })
	case "swap":
		return nil, app.Swap(ctx, r.Text)
	case "quit":
		app.Quit()
		return nil, nil
	case "windows":
		return json.Marshal(app.Windows())
	}
	w, err := app.Window(r.Window)
	if err != nil {
		return nil, err
	}
	switch r.Op {
	case "eval":
		v := w.Webview()
		if v == nil {
			return nil, errors.New("no webview")
		}
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		return v.Eval(ctx, r.Text)
	case "title":
		return nil, w.SetTitle(ctx, r.Text)
	}
	return nil, fmt.Errorf("unknown op %q", strings.ToUpper(r.Op))
}
