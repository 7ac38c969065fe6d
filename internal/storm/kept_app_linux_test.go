package storm_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing/fstest"
	"time"

	"github.com/mullion-dev/mullion"
)

// The app of the storm that strikes the Core, too. It runs in processes of its
// own, by Options.Keep; the account is kept by the test, which it is connected
// to by a socket. What counts as saved is what a Core has written to the disk.

// labVariable is where the app finds the test.
const labVariable = "STORM_LAB"

// identity is what a configuration begins with.
const identity = `{"identifier": "dev.mullion.e2e", "productName": "storm", "version": "1.0.0", "build": {"frontendDist": "ui"}, `

const keptCapability = `{"identifier": "storm", "windows": ["*"], "permissions": [
	"allow-begin", "allow-save", "core:event:allow-listen", "core:event:allow-unlisten",
	{"identifier": "state:read", "allow": [{"name": "board"}]}
]}`

// wish is what the app asks the test, and reply the answer.
type (
	wish struct {
		Op     string   `json:"op"`
		Window string   `json:"window"`
		N      int      `json:"n"` // the process id, or a value of the state
		Save   saveArgs `json:"save"`
	}
	reply struct {
		Epoch int    `json:"epoch"`
		Error string `json:"error"`
	}
)

// lab is the app's connection to the test.
type lab struct {
	mu  sync.Mutex
	in  *json.Decoder // guarded by mu
	out *json.Encoder // guarded by mu
}

func (l *lab) ask(w wish) (r reply, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err = l.out.Encode(w); err == nil {
		err = l.in.Decode(&r)
	}
	if err == nil && r.Error != "" {
		err = errors.New(r.Error)
	}
	return r, err
}

// runKept is the app.
func runKept(ctx context.Context) error {
	dir := os.Getenv("STORM_DATA")
	app, err := mullion.New(mullion.Options{
		Files: fstest.MapFS{
			"mullion.conf.json":       {Data: []byte(identity + config[1:])},
			"capabilities/storm.json": {Data: []byte(keptCapability)},
			"ui/work.html":            {Data: []byte(workingPage)},
			"ui/index.html":           {Data: []byte(workingPage)},
		},
		DataDir: dir, Keep: true, StayOpen: true, HangTimeout: 2 * time.Second,
	})
	if err != nil {
		return err
	}
	swaps := make(chan os.Signal, 1)
	signal.Notify(swaps, syscall.SIGUSR1)
	conn, err := net.Dial("unix", os.Getenv(labVariable))
	if err != nil {
		return err
	}
	l := &lab{in: json.NewDecoder(conn), out: json.NewEncoder(conn)}
	if _, err := l.ask(wish{Op: "hello", N: os.Getpid()}); err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(dir, "ledger"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	mullion.Handle(app, "begin", func(ctx context.Context, _ struct{}) (beginning, error) {
		c, _ := mullion.CallerFrom(ctx)
		r, err := l.ask(wish{Op: "begin", Window: c.Window})
		return beginning{r.Epoch}, err
	})
	mullion.Handle(app, "save", func(ctx context.Context, a saveArgs) (string, error) {
		c, _ := mullion.CallerFrom(ctx)
		if _, err := l.ask(wish{Op: "save", Window: c.Window, Save: a}); err != nil {
			return "", err
		}
		if _, err := file.WriteString(a.ID + "\n"); err != nil {
			return "", err
		}
		return a.ID, file.Sync()
	})
	state := newBoard(app)
	go func() {
		for range swaps {
			for ctx.Err() == nil { // it may not run yet
				err := app.Swap(ctx, "")
				if err == nil {
					break
				}
				slog.Warn("swap", "err", err)
				pause(ctx, 100*time.Millisecond)
			}
		}
	}()
	go func() {
		x, y := 300.0, 480.0
		for ctx.Err() == nil { // until the app runs; then it may be there already
			o := app.WindowOptions("three")
			o.Title, o.URL, o.Isolate, o.X, o.Y, o.Width, o.Height = "three", "work.html", true, &x, &y, 400, 280
			if w, err := app.Window("one"); err == nil && w.Painted() {
				if _, err := app.OpenWindow(ctx, o); err != nil {
					slog.Error("window", "err", err)
				}
				return
			}
			pause(ctx, 20*time.Millisecond)
		}
	}()
	go func() {
		for n := state.Get().N + 1; ctx.Err() == nil; n++ {
			if state.Set(ctx, board{n}) == nil {
				_, _ = l.ask(wish{Op: "board", N: n})
			}
			_ = app.Emit(ctx, "tick", n)
			pause(ctx, 100*time.Millisecond)
		}
	}()
	return app.Run(ctx)
}
