package core_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/backend/fake"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/dialogs"
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/transfer"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// filePair is a Core with dialogs whose user is the test.
type filePair struct {
	*pair
	dir    string // that downloads go to
	area   string
	events chan core.DownloadEvent

	mu      sync.Mutex
	started []*fake.Dialogs // guarded by mu
	kill    func()          // guarded by mu; of the last one
}

func newFilePair(t *testing.T, permissions string, change func(*core.Options)) *filePair {
	t.Helper()
	p := &filePair{dir: t.TempDir(), area: t.TempDir(), events: make(chan core.DownloadEvent, 1000)}
	o := core.Options{
		Transfer:      transfer.New(p.area),
		LaunchDialogs: p.launchDialogs,
		Downloads:     core.DownloadOptions{Dir: p.dir, OnEvent: func(e core.DownloadEvent) { p.events <- e }},
	}
	if change != nil {
		change(&o)
	}
	p.pair = newPair(t, `{"identifier": "test", "windows": ["*"], "permissions": [`+permissions+`]}`, o, nil)
	return p
}

func (p *filePair) launchDialogs(context.Context) (core.Child, error) {
	coreEnd, childEnd := wire.Pipe()
	g := fake.NewDialogs()
	c := &inProcess{conn: coreEnd, done: make(chan struct{})}
	c.kill = func() { g.Quit(); childEnd.Close() }
	p.mu.Lock()
	p.started, p.kill = append(p.started, g), c.kill
	p.mu.Unlock()
	go func() {
		defer close(c.done)
		_ = dialogs.Run(childEnd, g)
	}()
	return c, nil
}

// dialog waits for the next dialog of the process that was started last.
func (p *filePair) dialog() *fake.Dialog {
	p.t.Helper()
	deadline := time.Now().Add(limit)
	for time.Now().Before(deadline) {
		p.mu.Lock()
		all := p.started
		p.mu.Unlock()
		if len(all) > 0 {
			select {
			case d := <-all[len(all)-1].Shown:
				return d
			default:
			}
		}
		time.Sleep(time.Millisecond)
	}
	p.t.Fatal("no dialog is shown")
	return nil
}

func (p *filePair) event(state core.DownloadState) core.DownloadEvent {
	p.t.Helper()
	select {
	case e := <-p.events:
		if e.State != state {
			p.t.Fatalf("got %+v, want one that is %s", e, state)
		}
		return e
	case <-await.Hang(context.Background(), limit):
		p.t.Fatalf("no download is %s", state)
		return core.DownloadEvent{}
	}
}

// files are all files that hosts could see.
func (p *filePair) files() (names []string) {
	p.t.Helper()
	err := filepath.WalkDir(p.area, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() && filepath.Ext(path) != ".lock" {
			names = append(names, filepath.Base(path))
		}
		if os.IsNotExist(err) {
			return nil
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return names
}

func (p *filePair) empty() {
	p.t.Helper()
	deadline := time.Now().Add(limit)
	for len(p.files()) > 0 {
		if time.Now().After(deadline) {
			p.t.Fatalf("left: %v", p.files())
		}
		time.Sleep(time.Millisecond)
	}
}

func (p *filePair) decide(g *page, d wire.Decision) <-chan wire.Verdict {
	c := make(chan wire.Verdict, 1)
	ctx, cancel := await.Context(p.t.Context(), limit)
	go func() {
		defer cancel()
		v, err := g.view.Decide(ctx, d)
		if err != nil {
			p.t.Errorf("decide: %v", err)
		}
		c <- v
	}()
	return c
}

const allowFiles = `"web:allow-file-chooser", {"identifier": "web:allow-download", "allow": [{"url": "app://localhost/*"}, {"url": "https://example.org/*"}]}`

func TestChooseFiles(t *testing.T) {
	p := newFilePair(t, allowFiles, nil)
	home := t.TempDir()
	file := filepath.Join(home, "a\xff.txt") // no text
	if err := os.WriteFile(file, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	g := p.open("main", core.AppOrigin+"/")
	asked := wire.Decision{Kind: wire.DecideFileChooser, What: "files", Accept: []string{"text/plain"}}
	verdict := p.decide(g, asked)
	d := p.dialog()
	want := wire.Dialog{Kind: wire.DialogOpen, Multiple: true, Filters: []wire.DialogFilter{
		{Name: "Files for this page", MediaTypes: []string{"text/plain"}}, {Name: "All files", Extensions: []string{"*"}},
	}}
	if d := cmp.Diff(want, d.Dialog); d != "" {
		t.Error(d)
	}
	// A page cannot fill the screen.
	if v := <-p.decide(g, asked); v.Allow {
		t.Error("a second dialog was shown")
	}
	d.Answer(wire.DialogResult{Paths: [][]byte{[]byte(file)}})
	v := <-verdict
	if len(v.Paths) != 1 || !v.Allow || filepath.Base(v.Paths[0]) != "a\uFFFD.txt" {
		t.Fatalf("got %+v", v)
	}
	if text, err := os.ReadFile(v.Paths[0]); err != nil || string(text) != "content" {
		t.Errorf("got %q, %v", text, err)
	}
	if err := g.view.Emit(wire.PageEvent{Kind: wire.PageCommitted}); err != nil {
		t.Fatal(err)
	}
	p.empty()

	g.hello(core.AppOrigin)
	verdict = p.decide(g, asked)
	p.dialog().Answer(wire.DialogResult{})
	if v := <-verdict; v.Allow {
		t.Errorf("cancelled: got %+v", v)
	}
	// What cannot be given is told to the user.
	verdict = p.decide(g, asked)
	p.dialog().Answer(wire.DialogResult{Paths: [][]byte{[]byte(home + "/gone")}})
	if v := <-verdict; v.Allow {
		t.Errorf("gone: got %+v", v)
	}
	if d := p.dialog(); d.Kind != wire.DialogMessage {
		t.Errorf("got %+v", d.Dialog)
	} else {
		d.Answer(wire.DialogResult{})
	}
	// The page is left while the user thinks.
	verdict = p.decide(g, asked)
	d = p.dialog()
	if err := g.view.Emit(wire.PageEvent{Kind: wire.PageCommitted}); err != nil {
		t.Fatal(err)
	}
	<-d.Dismissed
	if v := <-verdict; v.Allow {
		t.Errorf("left: got %+v", v)
	}
	p.empty()
}

func TestDialogProcess(t *testing.T) {
	p := newFilePair(t, allowFiles, nil)
	ask := func(ctx context.Context) <-chan error {
		c := make(chan error, 1)
		go func() {
			_, err := p.Ask(ctx, nil, wire.Dialog{Kind: wire.DialogOpen})
			c <- err
		}()
		return c
	}
	first, second := ask(t.Context()), ask(t.Context())
	p.dialog()
	p.dialog()
	p.mu.Lock()
	kill := p.kill
	p.mu.Unlock()
	kill()
	if err := errors.Join(<-first, <-second); !errors.Is(err, core.ErrCancelled) {
		t.Errorf("got %v", err)
	}
	// The next dialog has a new process.
	third := ask(t.Context())
	p.dialog().Answer(wire.DialogResult{Paths: [][]byte{[]byte("/x")}})
	if err := <-third; err != nil {
		t.Error(err)
	}
	if len(p.started) != 2 {
		t.Errorf("%d processes were started, want 2", len(p.started))
	}
	ctx, cancel := context.WithCancel(t.Context())
	fourth := ask(ctx)
	d := p.dialog()
	cancel()
	<-d.Dismissed
	if err := <-fourth; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	fifth := ask(t.Context())
	p.dialog()
	p.Quit()
	if err := <-fifth; !errors.Is(err, core.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := p.Ask(t.Context(), nil, wire.Dialog{Kind: wire.DialogOpen}); err == nil {
		t.Error("a dialog is shown after the end")
	}
}

func TestDownloads(t *testing.T) {
	p := newFilePair(t, allowFiles, nil)
	g := p.open("main", core.AppOrigin+"/")
	start := func(name string) wire.Verdict {
		t.Helper()
		v := <-p.decide(g, wire.Decision{Kind: wire.DecideDownload, URL: "https://example.org/x", What: name})
		if !v.Allow || v.Path == "" {
			t.Fatalf("got %+v", v)
		}
		if e := p.event(core.DownloadStarted); e.ID != v.Download {
			t.Errorf("got %+v", e)
		}
		return v
	}
	finish := func(v wire.Verdict, text string) {
		t.Helper()
		if err := os.WriteFile(v.Path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		g.view.Download(v.Download, wire.DownloadEvent{State: wire.DownloadFinished})
	}
	first, second := start("../a.txt"), start("a.txt")
	g.view.Download(second.Download, wire.DownloadEvent{State: wire.DownloadProgress, Received: 3, Total: 6})
	if e := p.event(core.DownloadRunning); e.Received != 3 || e.Total != 6 {
		t.Errorf("got %+v", e)
	}
	finish(second, "second")
	if e := p.event(core.DownloadFinished); e.Path != filepath.Join(p.dir, "a.txt") || e.Received != 6 {
		t.Errorf("got %+v", e)
	}
	finish(first, "first")
	if e := p.event(core.DownloadFinished); e.Path != filepath.Join(p.dir, "a (1).txt") {
		t.Errorf("got %+v", e)
	}
	// What has ended has: no second end, no violation.
	g.view.Download(first.Download, wire.DownloadEvent{State: wire.DownloadFailed, Detail: "again"})

	// A host that says it has finished and has written nothing.
	g.view.Download(start("nothing").Download, wire.DownloadEvent{State: wire.DownloadFinished})
	p.event(core.DownloadFailed)
	g.view.Download(start("broken").Download, wire.DownloadEvent{State: wire.DownloadFailed, Detail: "broken"})
	if e := p.event(core.DownloadFailed); e.Err == nil || e.Err.Error() != "broken" {
		t.Errorf("got %+v", e)
	}
	for range 16 {
		start("many")
	}
	if v := <-p.decide(g, wire.Decision{Kind: wire.DecideDownload, URL: "https://example.org/x", What: "one more"}); v.Allow {
		t.Error("more downloads than there may be")
	}
	g.window.Destroy()
	for range 16 {
		p.event(core.DownloadFailed)
	}
	p.empty()
	got := map[string]string{}
	entries, _ := os.ReadDir(p.dir)
	for _, e := range entries {
		b, _ := os.ReadFile(filepath.Join(p.dir, e.Name()))
		got[e.Name()] = string(b)
	}
	if d := cmp.Diff(map[string]string{"a.txt": "second", "a (1).txt": "first"}, got); d != "" {
		t.Error(d)
	}
}

// TestPrint: what the host writes goes to the folder, and nothing is left of
// what could not be written or brought there.
func TestPrint(t *testing.T) {
	p := newFilePair(t, allowFiles+`, "core:webview:allow-print"`, nil)
	g := p.open("main", core.AppOrigin+"/")
	if got := g.call(`["plugin:webview|print",{}]`); got != "onull" {
		t.Fatal(got)
	}
	started := p.event(core.DownloadStarted)
	if e := p.event(core.DownloadFinished); e.ID != started.ID || e.URL != core.AppOrigin+"/" || e.Path != filepath.Join(p.dir, "page.pdf") {
		t.Errorf("got %+v", e)
	}
	if b, err := os.ReadFile(filepath.Join(p.dir, "page.pdf")); err != nil || string(b) != "%PDF of "+core.AppOrigin+"/" {
		t.Errorf("got %q %v", b, err)
	}
	plain := p.open("plain", core.AppOrigin+"/")
	if got := plain.call(`["plugin:webview|print",{"label":"nobody"}]`); !strings.HasPrefix(got, "e") {
		t.Errorf("a webview that there is not: %s", got)
	}
	if err := os.RemoveAll(p.dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := g.call(`["plugin:webview|print",{}]`); !strings.HasPrefix(got, `e"print: `) {
		t.Errorf("without a folder: %s", got)
	}
	p.empty()
}

// TestDownloadOfAnother has a host speak of a download that it was not given.
func TestDownloadOfAnother(t *testing.T) {
	for _, id := range []uint64{0, 7} {
		t.Run(fmt.Sprint(id), func(t *testing.T) {
			p := newFilePair(t, allowFiles, nil)
			g := p.open("main", core.AppOrigin+"/")
			g.view.Download(id, wire.DownloadEvent{State: wire.DownloadFinished})
			deadline := time.Now().Add(limit)
			for {
				p.pair.mu.Lock()
				faults := p.faults
				p.pair.mu.Unlock()
				if len(faults) > 0 {
					if faults[0].Ending.Kind != supervise.Protocol {
						t.Errorf("got %+v", faults[0])
					}
					return
				}
				if time.Now().After(deadline) {
					t.Fatal("the host is still there")
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
}

func TestDropFiles(t *testing.T) {
	home := t.TempDir()
	for _, name := range []string{"in/a", "in/b", "in/.hidden", "in/secret", "out/c"} {
		path := filepath.Join(home, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(name), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(home, "out", "c"), filepath.Join(home, "in", "link")); err != nil {
		t.Fatal(err)
	}
	events := make(chan ipc.Message, 1000)
	p := newFilePair(t, `{"identifier": "web:allow-file-drop", "allow": [{"path": "`+home+`/in/**"}], "deny": ["`+home+`/in/secret"]}`, nil)
	p.Use(func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
		if m.Kind == ipc.Event {
			events <- *m
		}
		return next(ctx, m)
	})
	g := p.open("main", core.AppOrigin+"/")
	drop := func(names ...string) []string {
		t.Helper()
		d := wire.Decision{Kind: wire.DecideDrop, X: 3, Y: 4}
		for _, n := range names {
			d.Paths = append(d.Paths, []byte(n))
		}
		v := <-p.decide(g, d)
		g.view.Drag(wire.DragEvent{Phase: wire.DragOver, X: 5, Y: 6})
		g.view.Drag(wire.DragEvent{Phase: wire.DragDrop, X: 7, Y: 8})
		g.view.Drag(wire.DragEvent{Phase: wire.DragLeave}) // there is nothing any more
		if !v.Allow {
			return nil
		}
		var got struct {
			Paths    []string `json:"paths"`
			Position struct {
				X int `json:"x"`
				Y int `json:"y"`
			} `json:"position"`
		}
		for {
			select {
			case e := <-events:
				if e.Name == "tauri://drag-leave" {
					t.Error("taken elsewhere")
				}
				if e.Name != "tauri://drag-drop" {
					continue
				}
				if err := json.Unmarshal(e.Args, &got); err != nil {
					t.Fatal(err)
				}
				if got.Position.X != 7 || got.Position.Y != 8 {
					t.Errorf("at %+v", got.Position)
				}
				for i, path := range got.Paths {
					got.Paths[i], _ = filepath.Rel(home, path)
				}
				return got.Paths
			case <-await.Hang(context.Background(), limit):
				t.Fatal("no event")
			}
		}
	}
	in, out := filepath.Join(home, "in"), filepath.Join(home, "out")
	for _, test := range []struct {
		name  string
		paths []string
		want  []string
	}{
		{"in scope", []string{in + "/a", in + "/b"}, []string{"in/a", "in/b"}},
		{"one is not", []string{in + "/a", out + "/c"}, []string{"in/a"}},
		{"denied", []string{in + "/secret"}, nil},
		{"hidden", []string{in + "/.hidden"}, nil},
		{"a link out of it", []string{in + "/link"}, nil},
		{"dots", []string{in + "/../out/c"}, nil},
		{"relative", []string{"in/a"}, nil},
		{"gone", []string{in + "/gone"}, nil},
		{"nothing", nil, nil},
	} {
		if d := cmp.Diff(test.want, drop(test.paths...)); d != "" {
			t.Errorf("%s: %s", test.name, d)
		}
	}
	g.window.Destroy()
	p.empty()

	without := newFilePair(t, ``, nil)
	g = without.open("main", core.AppOrigin+"/")
	if v := <-without.decide(g, wire.Decision{Kind: wire.DecideDrop, Paths: [][]byte{[]byte(in + "/a")}}); v.Allow {
		t.Errorf("without a grant: got %+v", v)
	}
}
