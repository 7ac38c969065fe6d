package mulliontest

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/harness"
)

// running is an app that runs in this process.
type running struct {
	t       testing.TB
	options Options
	app     *mullion.App
	core    *core.Core
	log     *logBuffer
	dialogs *dialogSource
	links   *links
	done    chan struct{} // closed when run has returned
	err     error         // of run; set before done is closed
}

// begin calls run on a goroutine of its own and returns when its windows are
// there. The app ends with the test.
func begin(t testing.TB, run func(context.Context) error, o Options, windowless bool, s core.Substitutes) *running {
	t.Helper()
	r := &running{t: t, options: o, log: &logBuffer{}, links: &links{}, done: make(chan struct{})}
	r.environment()
	r.logger()
	if windowless || !o.NativeDialogs {
		r.dialogs = newDialogs()
		s.LaunchDialogs = r.dialogs.launch
	}
	s.OpenLink = r.links.open
	attached, ready := make(chan struct{}), make(chan struct{})
	h := &harness.Harness{
		Windowless: windowless,
		Attach: func(app any, c *core.Core) {
			r.app, r.core = app.(*mullion.App), c
			c.Substitute(s)
			close(attached)
		},
		Ready: func() { close(ready) },
	}
	ctx, cancel := context.WithCancel(harness.With(context.Background(), h))
	go func() {
		defer close(r.done)
		r.err = run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case <-r.done:
			if r.err != nil && !errors.Is(r.err, context.Canceled) {
				t.Errorf("the app has ended with an error: %v", r.err)
			}
		case <-await.Hang(context.Background(), await.Limit):
			t.Errorf("the app did not end within a minute after its context had: a command or run waits for something else")
		}
		if t.Failed() {
			if text := r.log.tail(100); text != "" {
				t.Logf("the log of the app:\n%s", text)
			}
		}
	})
	hang := await.Hang(t.Context(), await.Limit)
	select {
	case <-ready:
		return r
	case <-r.done:
		return r
	case <-hang:
	}
	select {
	case <-attached:
		t.Fatal("the windows of the configuration did not open")
	default:
		t.Fatal("run did not call App.Run with the context that it was given")
	}
	return nil
}

// environment gives the app fresh folders.
func (r *running) environment() {
	home := r.options.Home
	if home == "" {
		home = r.t.TempDir()
	}
	set := map[string]string{}
	switch runtime.GOOS {
	case "windows":
		set["AppData"], set["LocalAppData"], set["USERPROFILE"] = "roaming", "local", "."
	case "darwin":
		set["HOME"] = "."
	default:
		set["HOME"], set["XDG_DATA_HOME"], set["XDG_CONFIG_HOME"], set["XDG_CACHE_HOME"] = ".", "data", "config", "cache"
	}
	for name, dir := range set {
		dir = filepath.Join(home, dir)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			r.t.Fatal(err)
		}
		r.t.Setenv(name, dir)
	}
}

// logger has what the app logs kept, unless the app has a logger of its own.
func (r *running) logger() {
	before, output, flags := slog.Default(), log.Writer(), log.Flags()
	slog.SetDefault(slog.New(slog.NewTextHandler(r.log, nil)))
	r.t.Cleanup(func() {
		slog.SetDefault(before)
		// SetDefault has made package log write to slog, and does not undo it.
		log.SetOutput(output)
		log.SetFlags(flags)
	})
}

// until calls f until it returns nil, or fails the test with its last error.
func (r *running) until(what string, f func() error) {
	r.t.Helper()
	if err := r.try(f); err != nil {
		r.t.Fatalf("%s: %v", what, err)
	}
}

// try is until without the end of the test.
func (r *running) try(f func() error) error {
	var last error
	ended := false
	err := await.Until(r.options.timeout(), func() error {
		if ended = r.ended(); ended {
			return nil
		}
		last = f()
		return last
	})
	switch {
	case ended:
		return r.whyEnded()
	case err != nil && last != nil:
		return last // how long it was waited is of no interest to the reader
	}
	return err
}

func (r *running) ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

func (r *running) whyEnded() error {
	if r.err == nil {
		return errors.New("the app has ended: its run has returned nil")
	}
	return fmt.Errorf("the app has ended: %w", r.err)
}

// context ends when a wait is over, or the app has ended.
func (r *running) context() (context.Context, context.CancelFunc) {
	ctx, cancel := await.Context(r.t.Context(), r.options.timeout())
	ctx, cancelCause := context.WithCancelCause(ctx)
	finished := make(chan struct{})
	go func() {
		select {
		case <-r.done:
			cancelCause(r.whyEnded())
		case <-finished:
		}
	}()
	return ctx, sync.OnceFunc(func() { close(finished); cancelCause(nil); cancel() })
}

func (r *running) state(name string, v any) {
	r.t.Helper()
	if r.core == nil {
		r.t.Fatal(r.whyEnded())
	}
	value, ok, names := r.core.StateValue(name)
	if !ok {
		slices.Sort(names)
		r.t.Fatalf("the app has no state %q; it has %q", name, names)
	}
	if err := json.Unmarshal(value, v); err != nil {
		r.t.Fatalf("state %q is %s: %v", name, value, err)
	}
}

func (r *running) stop() error {
	r.t.Helper()
	if r.app != nil {
		r.app.Quit()
	}
	select {
	case <-r.done:
	case <-await.Hang(r.t.Context(), await.Limit):
		r.t.Fatal("the app does not end")
	}
	return r.err
}

// logBuffer keeps what an app logs.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder // guarded by mu
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func (b *logBuffer) tail(n int) string {
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// links are addresses that the app has opened with the programs of the user.
type links struct {
	mu  sync.Mutex
	all []string // guarded by mu
}

func (l *links) open(_ context.Context, address string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, address)
	return nil
}

func (l *links) opened() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}

// Wait calls condition until it returns nil, and fails the test with its last
// error if it has not within the limit. The limit counts the time of a machine
// at rest, as that of [Options.Timeout] does; zero means 10 seconds. It is for
// what no method here waits for by itself, such as a file that the app writes.
func Wait(t testing.TB, limit time.Duration, condition func() error) {
	t.Helper()
	var last error
	if err := await.Until(Options{Timeout: limit}.timeout(), func() error { last = condition(); return last }); err != nil {
		t.Fatal(last)
	}
}
