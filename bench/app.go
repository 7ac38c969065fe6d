package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin/fs"
	"github.com/mullion-dev/mullion/plugin/sql"
	"github.com/mullion-dev/mullion/plugin/sql/sqlite"
	"github.com/mullion-dev/mullion/plugin/store"
)

//go:embed ui mullion.conf.json
var files embed.FS

// timeout bounds what the page may take for one job.
const timeout = time.Minute

// app is the app that is measured, with one window.
type app struct {
	*mullion.App
	dir       string
	files     string // the folder that the page may read and write
	results   chan result
	listening chan struct{}
	ended     chan error
	data      []byte // what commands send, made once

	mu    sync.Mutex
	times []float64 // guarded by mu; in µs, between one call of echo and the next
	last  time.Time // guarded by mu
}

// result is what the page has to say about a job.
type result struct {
	Value jsontext.Value `json:"value,omitzero"`
	Error *string        `json:"error"`
}

// appOptions are what apps differ in.
type appOptions struct {
	// without are layers of the confinement that it does without.
	without []string
	// paths are those of the folder's files that the page may use; nil means all.
	paths func(files string) []string
	// before has the app before it runs.
	before func(*mullion.App)
}

func startApp(ctx context.Context, o appOptions) (*app, error) {
	dir, err := os.MkdirTemp("", "mullion-bench-")
	if err != nil {
		return nil, err
	}
	files := filepath.Join(dir, "files")
	if err := os.Mkdir(files, 0o700); err != nil {
		return nil, err
	}
	a := &app{dir: dir, files: files, results: make(chan result, 1), listening: make(chan struct{}, 1), ended: make(chan error, 1)}
	allow := []any{map[string]any{"path": files + "/*"}}
	if o.paths != nil {
		allow = nil
		for _, path := range o.paths(files) {
			allow = append(allow, map[string]any{"path": path})
		}
	}
	if a.App, err = newApp(dir, o.without, []any{
		"core:event:default", "core:resources:default", map[string]any{"identifier": "state:allow-subscribe", "allow": []any{map[string]any{"name": "*"}}}, "state:allow-unsubscribe", "store:default", "sql:default", "sql:allow-execute", "fs:allow-read-file", "fs:allow-write-file",
		map[string]any{"identifier": "fs:scope", "allow": allow},
		"allow-echo", "allow-done", "allow-listening", "allow-take", "allow-compare", "allow-bytes", "allow-stream", "allow-pieces",
	}); err != nil {
		return nil, err
	}
	a.AddPlugin(fs.New().Plugin())
	a.AddPlugin(store.New(store.Options{}).Plugin())
	a.AddPlugin(sql.New(sql.Options{Drivers: []sql.Driver{sqlite.New()}}).Plugin())
	mullion.Handle(a.App, "done", func(_ context.Context, r result) (struct{}, error) { a.results <- r; return struct{}{}, nil })
	mullion.Handle(a.App, "listening", func(_ context.Context, x struct{}) (struct{}, error) { a.listening <- x; return x, nil })
	mullion.Handle(a.App, "echo", a.echo)
	mullion.Handle(a.App, "take", take)
	mullion.Handle(a.App, "compare", a.compare)
	mullion.Handle(a.App, "bytes", func(_ context.Context, s sizeArgs) ([]byte, error) { return a.pattern(s.Size), nil })
	mullion.Handle(a.App, "stream", func(_ context.Context, s sizeArgs) (ipc.Stream, error) {
		return ipc.Stream{ReadCloser: io.NopCloser(bytes.NewReader(a.pattern(s.Size))), Size: int64(s.Size)}, nil
	})
	mullion.Handle(a.App, "pieces", a.pieces)
	if o.before != nil {
		o.before(a.App)
	}
	go func() { a.ended <- a.Run(ctx) }()
	_, err = a.wait()
	return a, err
}

// newApp makes the app that is started, with these permissions.
func newApp(dir string, without []string, permissions []any) (*mullion.App, error) {
	conf, err := config.Load(files, config.Options{})
	if err != nil {
		return nil, err
	}
	ui, err := iofs.Sub(files, "ui")
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(map[string]any{"identifier": "bench", "windows": []string{"main*"}, "permissions": permissions})
	if err != nil {
		return nil, err
	}
	caps, err := capability.Parse("bench.json", text)
	if err != nil {
		return nil, err
	}
	return mullion.New(mullion.Options{
		Config: conf, Assets: ui, Capabilities: caps, DataDir: dir, WithoutLayers: without,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
}

func (a *app) stop() {
	a.Quit()
	<-a.ended
	os.RemoveAll(a.dir)
}

// job has the page do a job and decodes what it returns into v, unless that
// is nil.
func (a *app) job(name string, args, v any) error {
	if err := a.Emit(context.Background(), "job", map[string]any{"job": name, "args": args}); err != nil {
		return err
	}
	r, err := a.wait()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(r.Value, v)
}

func (a *app) wait() (result, error) {
	select {
	case r := <-a.results:
		if r.Error != nil {
			return r, errors.New(*r.Error)
		}
		return r, nil
	case err := <-a.ended:
		a.ended <- err
		return result{}, fmt.Errorf("the app has ended: %w", err)
	case <-time.After(timeout):
		return result{}, errors.New("the page does not answer")
	}
}

type echoArgs struct {
	Text string `json:"text"`
}

func (a *app) echo(_ context.Context, args echoArgs) (string, error) {
	now := time.Now()
	a.mu.Lock()
	if !a.last.IsZero() {
		a.times = append(a.times, float64(now.Sub(a.last))/1e3)
	}
	a.last = now
	a.mu.Unlock()
	return args.Text, nil
}

// stamps returns the times between calls since it was called before.
func (a *app) stamps() []float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	times := a.times
	a.times, a.last = make([]float64, 0, 4096), time.Time{}
	return times
}

// callsInTurn returns how long n calls, one after the other, took, in µs.
func (a *app) callsInTurn(n int) ([]float64, error) {
	a.stamps()
	err := a.job("callsInTurn", map[string]any{"n": n}, nil)
	return a.stamps(), err
}

// callsAtOnce returns how long n calls at once take, in seconds.
func (a *app) callsAtOnce(n int) (float64, error) {
	began := time.Now()
	err := a.job("callsAtOnce", map[string]any{"n": n}, nil)
	return time.Since(began).Seconds(), err
}

type sizeArgs struct {
	Size int `json:"size"`
}

// pattern are bytes as the page makes them.
func (a *app) pattern(size int) []byte {
	if len(a.data) != size {
		a.data = make([]byte, size)
		x := uint32(1)
		for i := 0; i+4 <= size; i += 4 {
			x ^= x << 13
			x ^= x >> 17
			x ^= x << 5
			binary.LittleEndian.PutUint32(a.data[i:], x)
		}
	}
	return a.data
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func take(_ context.Context, b ipc.Body) (string, error) {
	h := sha256.New()
	_, err := io.Copy(h, b)
	return hex.EncodeToString(h.Sum(nil)), err
}

type piecesArgs struct {
	Ch    mullion.Channel[[]byte] `json:"ch"`
	Size  int                     `json:"size"`
	Piece int                     `json:"piece"`
}

func (a *app) pieces(ctx context.Context, p piecesArgs) (struct{}, error) {
	for data := a.pattern(p.Size); len(data) > 0; {
		n := min(p.Piece, len(data))
		if err := p.Ch.Send(ctx, data[:n]); err != nil {
			return struct{}{}, err
		}
		data = data[n:]
	}
	return struct{}{}, p.Ch.Close()
}

// events measures events from the Core to the page.
func (b *bench) events(ctx context.Context) error {
	n := b.size.events
	var rates []float64
	for round := range max(b.transfer, 2) + 1 {
		type event struct {
			N int `json:"n"`
		}
		sent := make(chan error, 1)
		var began time.Time
		go func() {
			<-b.app.listening
			began = time.Now()
			for i := range n {
				if err := b.app.Emit(ctx, "count", event{i}); err != nil {
					sent <- fmt.Errorf("event %d: %w", i, err)
					return
				}
			}
			sent <- nil
		}()
		if err := b.app.job("events", map[string]any{"n": n}, nil); err != nil {
			return err
		}
		took := time.Now()
		if err := <-sent; err != nil {
			return err
		}
		if round > 0 {
			rates = append(rates, float64(n)/took.Sub(began).Seconds())
		}
	}
	b.report.add(fmt.Sprintf("events per second from Core to page, %d in order", n), "/s", rates)
	return nil
}

// transfers measures bytes both ways.
func (b *bench) transfers(context.Context) error {
	size := b.size.bytes
	want := sum(b.app.pattern(size))
	file := filepath.Join(b.app.files, "transfer")
	kinds := []struct {
		name, job string
		args      map[string]any
	}{
		{"raw body from page to Core", "send", map[string]any{"size": size}},
		{"[]byte from Core to page", "get", map[string]any{"cmd": "bytes", "size": size}},
		{"ipc.Stream from Core to page", "get", map[string]any{"cmd": "stream", "size": size}},
		{"fs: a file written by a page", "writeFile", map[string]any{"size": size, "path": file}},
		{"fs: a file read by a page", "readFile", map[string]any{"path": file}},
		{"channel of 1 MiB pieces from Core to page", "channel", map[string]any{"size": size, "piece": 1 << 20}},
	}
	rates := make([][]float64, len(kinds))
	small := make([][]float64, len(kinds))
	for round := range b.transfer + 1 {
		for i, k := range kinds {
			for _, withCalls := range []bool{false, true} {
				k.args["small"] = withCalls
				var got struct {
					Sum     string  `json:"sum"`
					Seconds float64 `json:"seconds"`
				}
				b.app.stamps()
				if err := b.app.job(k.job, k.args, &got); err != nil {
					return fmt.Errorf("%s: %w", k.name, err)
				}
				if got.Sum != want {
					return fmt.Errorf("%s: got bytes with hash %s, want %s", k.name, got.Sum, want)
				}
				switch {
				case round == 0:
				case withCalls:
					small[i] = append(small[i], b.app.stamps()...)
				default:
					rates[i] = append(rates[i], float64(size)/(1<<20)/got.Seconds)
				}
			}
		}
	}
	for i, k := range kinds {
		b.report.add(fmt.Sprintf("%s, %d MiB", k.name, size>>20), "MiB/s", rates[i])
	}
	for i, k := range kinds {
		b.report.add("invoke during: "+k.name, "µs", small[i])
	}
	return nil
}
