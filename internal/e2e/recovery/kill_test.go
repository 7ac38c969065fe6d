package recovery_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// ledger is a command that saves, and the account of what was saved.
type ledger struct {
	file *os.File

	mu     sync.Mutex
	runs   map[string]int  // guarded by mu; how often a save has run, by token
	acked  map[string]bool // guarded by mu; tokens whose answer a page has seen
	loads  map[string]int  // guarded by mu; documents of a window that began to save
	saves  map[string]int  // guarded by mu; answered saves of a window
	errors map[string]int  // guarded by mu; rejections that pages have seen
}

type saveArgs struct {
	Token string `json:"token"`
	// Acked are the tokens whose answers have arrived since the last call.
	Acked []string `json:"acked"`
	Error string   `json:"error"`
}

func (l *ledger) save(ctx context.Context, a saveArgs) (string, error) {
	c, _ := mullion.CallerFrom(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range a.Acked {
		l.acked[t] = true
		l.saves[c.Window]++
	}
	if a.Error != "" {
		l.errors[a.Error]++
	}
	l.runs[a.Token]++
	if _, err := fmt.Fprintln(l.file, a.Token); err != nil {
		return "", err
	}
	return a.Token, nil
}

func (l *ledger) begin(ctx context.Context, _ struct{}) (struct{}, error) {
	c, _ := mullion.CallerFrom(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loads[c.Window]++
	return struct{}{}, nil
}

func (l *ledger) progress(window string) (loads, saves int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.loads[window], l.saves[window]
}

// savingPage saves without end, several calls at a time.
const savingPage = `<!doctype html><meta charset="utf-8"><title>saving</title><h1>saving</h1><canvas></canvas>
<script type="module">
import { invoke } from '/_mullion/api.js';
await invoke('begin');
let acked = [], error = '';
async function work() {
	for (;;) {
		const token = crypto.randomUUID();
		const args = { token, acked, error };
		localStorage.setItem('token', token); // asks the network process, which stores it
		acked = []; error = '';
		try {
			if (await invoke('save', args) !== token) error = 'wrong answer';
			acked.push(token);
		} catch (e) {
			error = String(e);
		}
	}
}
for (let i = 0; i < 4; i++) work();
</script>`

func TestKill(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "ledger"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	l := &ledger{file: file, runs: map[string]int{}, acked: map[string]bool{}, loads: map[string]int{}, saves: map[string]int{}, errors: map[string]int{}}
	windows := []string{"one", "two"}
	app := e2e.Start(t, e2e.Options{
		NoWindow:    true,
		Permissions: []any{"allow-save", "allow-begin"},
		Files:       map[string]string{"saving.html": savingPage},
		Setup: func(a *mullion.App) {
			mullion.Handle(a, "save", l.save)
			mullion.Handle(a, "begin", l.begin)
		},
	})
	for _, w := range windows {
		app.Open(w, func(o *mullion.WindowOptions) { o.URL = "saving.html" })
	}
	// saving waits until every window saves more than it did.
	saving := func() error {
		before := map[string]int{}
		for _, w := range windows {
			_, before[w] = l.progress(w)
		}
		return e2e.WaitFor(e2e.Timeout, func() error {
			for _, w := range windows {
				if _, saves := l.progress(w); saves < before[w]+20 {
					return fmt.Errorf("window %q has saved %d, before %d", w, saves, before[w])
				}
			}
			return nil
		})
	}
	if err := saving(); err != nil {
		t.Fatal(err)
	}

	const rounds = 3 // make storm goes on for minutes
	for _, victim := range []struct {
		name string
		// find returns the processes of which one is to be killed.
		find func(host int) []int
		// reloads is set when the windows' documents begin anew.
		reloads bool
	}{
		{"host", func(host int) []int { return []int{host} }, true},
		{"web process", func(host int) []int { return e2e.PIDs(host, e2e.WebProcess) }, true},
		{"network process", func(host int) []int { return e2e.PIDs(host, e2e.NetworkProcess) }, false},
	} {
		t.Run(victim.name, func(t *testing.T) {
			for round := range rounds {
				loads := 0
				for _, w := range windows {
					n, _ := l.progress(w)
					loads += n
				}
				// A random moment, not something to wait for.
				time.Sleep(rand.N(30 * time.Millisecond))
				if err := e2e.WaitFor(e2e.Timeout, func() error {
					host := app.Processes()["app"]
					if host == 0 {
						return errors.New("no host")
					}
					found := victim.find(host)
					if len(found) == 0 {
						return fmt.Errorf("no %s", victim.name)
					}
					// One that has just ended by itself, with its host, is
					// looked for again.
					return e2e.TryKill(found[rand.N(len(found))])
				}); err != nil {
					t.Fatal(err)
				}
				if victim.reloads {
					if err := e2e.WaitFor(e2e.Timeout, func() error {
						now := 0
						for _, w := range windows {
							n, _ := l.progress(w)
							now += n
						}
						if now <= loads {
							return fmt.Errorf("round %d: no window has come back", round)
						}
						return nil
					}); err != nil {
						t.Fatal(err)
					}
				}
				if err := saving(); err != nil {
					t.Fatalf("round %d: %v", round, err)
				}
			}
		})
	}
	for _, w := range windows {
		win, err := app.Window(w)
		if err != nil {
			t.Fatal(err)
		}
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			if !win.Painted() || !win.Geometry().Visible {
				return fmt.Errorf("window %q is not on the screen", w)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
	if err := app.Stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
	l.check(t)
}

// check compares what ran, what was acknowledged and what is in the file.
func (l *ledger) check(t *testing.T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, err := os.ReadFile(l.file.Name())
	if err != nil {
		t.Fatal(err)
	}
	saved := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		saved[strings.TrimSpace(line)] = true
	}
	for token, n := range l.runs {
		if n != 1 {
			t.Errorf("save %s ran %d times", token, n)
		}
	}
	for token := range l.acked {
		if !saved[token] {
			t.Errorf("save %s was acknowledged and is lost", token)
		}
	}
	for text, n := range l.errors {
		t.Errorf("%d calls were rejected: %s", n, text)
	}
	t.Logf("%d saves ran, %d were acknowledged", len(l.runs), len(l.acked))
}

// TestWindowsComeBack checks that a window of a new host is as the user left
// it.
func TestWindowsComeBack(t *testing.T) {
	app := e2e.Start(t, e2e.Options{Files: map[string]string{"other.html": `<!doctype html><title>other</title><h1>other</h1>`}})
	ctx := e2e.Context(t)
	main, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	app.Main().Must(`return 1`, nil)
	second := app.Open("second", nil)
	second.Must(`return 1`, nil)
	other, err := app.Window("second")
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		main.SetTitle(ctx, "a new title"),
		main.SetSize(ctx, 444, 333),
		main.SetPosition(ctx, 123, 145),
		other.SetMaximized(ctx, true),
		other.Navigate(ctx, "other.html"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	asWanted := func() error {
		g, o := main.Geometry(), other.Geometry()
		// The window manager may move a window by the frame it puts around.
		if g.Width != 444 || g.Height != 333 || abs(g.X-123) > 40 || abs(g.Y-145) > 40 || !o.Maximized {
			return fmt.Errorf("main is %+v, second is %+v", g, o)
		}
		if !strings.HasSuffix(other.URL(), "/other.html") || !other.Painted() || !main.Painted() {
			return fmt.Errorf("second shows %s (painted: %v, %v)", other.URL(), other.Painted(), main.Painted())
		}
		return nil
	}
	if err := e2e.WaitFor(e2e.Timeout, asWanted); err != nil {
		t.Fatal(err)
	}
	before := main.Geometry()
	host := app.Processes()["app"]
	e2e.Kill(t, host)
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if now := app.Processes()["app"]; now == host || now == 0 {
			return fmt.Errorf("no new host")
		}
		if app.Faults() == nil {
			return fmt.Errorf("the app was not told")
		}
		return asWanted()
	}); err != nil {
		t.Fatal(err)
	}
	if after := main.Geometry(); after.X != before.X || after.Y != before.Y {
		t.Errorf("main came back at %d,%d, was at %d,%d", after.X, after.Y, before.X, before.Y)
	}
	if f := app.Faults()[0]; f.Component != "host" || f.Reason != "killed" || !f.Restarting || len(f.Windows) != 2 {
		t.Errorf("fault %+v", f)
	}
	var title string
	app.Main().Must(`return document.title`, &title)
	if got := e2e.WindowTitles(t); !strings.Contains(got, "a new title") {
		t.Errorf("titles on the screen: %s", got)
	}
}

func abs(n int) int { return max(n, -n) }

// TestLostCallsEnd checks that the context of a command ends with its page.
func TestLostCallsEnd(t *testing.T) {
	for _, end := range []struct {
		name string
		do   func(t *testing.T, app *e2e.App)
	}{
		{"host killed", func(t *testing.T, app *e2e.App) { e2e.Kill(t, app.Processes()["app"]) }},
		{"web process killed", func(t *testing.T, app *e2e.App) { e2e.Kill(t, e2e.PIDs(app.Processes()["app"], e2e.WebProcess)[0]) }},
		{"navigation", func(t *testing.T, app *e2e.App) {
			w, err := app.Window("main")
			if err == nil {
				err = w.Navigate(t.Context(), "page.html?2")
			}
			if err != nil {
				t.Fatal(err)
			}
		}},
		{"window closed", func(t *testing.T, app *e2e.App) {
			w, err := app.Window("main")
			if err != nil {
				t.Fatal(err)
			}
			w.Close()
		}},
		{"quit", func(t *testing.T, app *e2e.App) { app.Quit() }},
	} {
		t.Run(end.name, func(t *testing.T) {
			started, ended := make(chan struct{}, 1), make(chan error, 1)
			app := e2e.Start(t, e2e.Options{
				Permissions: []any{"allow-block"},
				Setup: func(a *mullion.App) {
					mullion.Handle(a, "block", func(ctx context.Context, _ struct{}) (struct{}, error) {
						started <- struct{}{}
						<-ctx.Done()
						ended <- context.Cause(ctx)
						return struct{}{}, ctx.Err()
					})
				},
			})
			app.Main().Must(`invoke('block').catch(() => {}); return 1`, nil)
			<-started
			end.do(t, app)
			select {
			case err := <-ended:
				t.Logf("ended: %v", err)
			case <-e2e.Hang(t):
				t.Error("the command's context does not end")
			}
		})
	}
}
