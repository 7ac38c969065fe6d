package mullion_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/ipc"
)

// The workers of the tests. Each process serves one of them.
var (
	sum = mullion.NewWorker("sum", func(_ context.Context, a []int) (int, error) {
		n := 0
		for _, x := range a {
			n += x
		}
		return n, nil
	}, mullion.WorkerOptions{})
	misbehave = mullion.NewWorker("misbehave", misbehaviour, mullion.WorkerOptions{})
	reverse   = mullion.NewWorker("reverse", func(_ context.Context, b []byte) ([]byte, error) {
		for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
			b[i], b[j] = b[j], b[i]
		}
		return b, nil
	}, mullion.WorkerOptions{})
	count = mullion.NewWorker("count", func(_ context.Context, in ipc.Body) (int64, error) {
		return io.Copy(io.Discard, in)
	}, mullion.WorkerOptions{})
	zeros = mullion.NewWorker("zeros", func(_ context.Context, n int64) (ipc.Stream, error) {
		return ipc.Stream{ReadCloser: io.NopCloser(io.LimitReader(zero{}, n)), Size: n}, nil
	}, mullion.WorkerOptions{})
	calls = mullion.NewWorker("calls", func(_ context.Context, _ struct{}) (int, error) {
		state++
		return state, nil
	}, mullion.WorkerOptions{Fresh: true})
	dial = mullion.NewWorker("dial", func(ctx context.Context, address string) (struct{}, error) {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
		}
		return struct{}{}, err
	}, mullion.WorkerOptions{})
	writeFile = mullion.NewWorker("write-file", func(_ context.Context, name string) (struct{}, error) {
		return struct{}{}, os.WriteFile(name, []byte("written"), 0o600)
	}, mullion.WorkerOptions{})
	readFile = mullion.NewWorker("read-file", func(_ context.Context, name string) (string, error) {
		b, err := os.ReadFile(name)
		return string(b), err
	}, mullion.WorkerOptions{})
	steps = mullion.NewWorker("steps", func(ctx context.Context, n int) (int, error) {
		for i := range n {
			if err := mullion.SendProgress(ctx, i); err != nil {
				return i, err
			}
		}
		return n, nil
	}, mullion.WorkerOptions{})
	stranger = mullion.NewWorker("stranger", func(context.Context, int) (int, error) { return 0, nil }, mullion.WorkerOptions{})
)

// state is what a process remembers of earlier calls.
var state int

type zero struct{}

func (zero) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func misbehaviour(ctx context.Context, how string) (string, error) {
	switch how {
	case "wait":
		<-ctx.Done()
		return "", ctx.Err()
	case "ignore":
		select {}
	case "panic":
		panic("a panic on purpose")
	case "panic elsewhere":
		go panic("a panic beside it")
		select {}
	case "exit":
		os.Exit(7)
	case "overflow":
		return fmt.Sprint(recurse(0)), nil
	case "hog":
		var all [][]byte
		for {
			all = append(all, bytes.Repeat([]byte{1}, 8<<20))
		}
	case "nil":
		var p *int
		return fmt.Sprint(*p), nil
	case "print":
		fmt.Println("printed in the worker")
	case "coded":
		return "", &mullion.WorkerError{Message: "no such page", Code: "page"}
	case "value":
		return "", mullion.ErrorValue(map[string]int{"page": 7}, errors.New("no such page"))
	}
	return "done", nil
}

//go:noinline
func recurse(n int) int { return recurse(n+1) + n }

// allWorkers are those that Main is given.
var allWorkers = []mullion.AnyWorker{sum, misbehave, reverse, count, zeros, calls, readFile, writeFile, dial, fetch, checksum, steps}

func addWorker(w mullion.AnyWorker) bool { allWorkers = append(allWorkers, w); return true }

func TestMain(m *testing.M) {
	if os.Getenv(instanceVariable) != "" {
		mullion.Main(runInstance)
	}
	if os.Getenv(withoutMain) != "" {
		os.Exit(m.Run())
	}
	mullion.Main(func(context.Context) error {
		before := goleak.IgnoreCurrent()
		code := m.Run()
		if err := goleak.Find(before); err != nil && code == 0 {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
		os.Exit(code)
		return nil
	}, allWorkers...)
}

// testApp is an app without windows.
type testApp struct {
	*mullion.App
	log *logBuffer

	mu     sync.Mutex
	faults []mullion.Fault // guarded by mu
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *logBuffer) contains(s string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Contains(b.b.String(), s)
}

func newApp(t testing.TB) *testApp { t.Helper(); return newAppWithout(t) }

// newAppWithout is newApp on a system that lacks those layers.
func newAppWithout(t testing.TB, layers ...string) *testApp {
	t.Helper()
	return newAppIn(t, t.TempDir(), layers...)
}

// newAppIn is newAppWithout with the data of an earlier run.
func newAppIn(t testing.TB, dataDir string, layers ...string) *testApp {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("workers run on Linux only so far")
	}
	a := &testApp{log: &logBuffer{}}
	var err error
	a.App, err = mullion.New(mullion.Options{
		Config: &config.Config{Identifier: "dev.mullion.worker"}, Assets: os.DirFS(t.TempDir()), DataDir: dataDir,
		StayOpen: true, WithoutLayers: layers, Logger: slog.New(slog.NewTextHandler(a.log, nil)),
		OnFault: func(f mullion.Fault) { a.mu.Lock(); a.faults = append(a.faults, f); a.mu.Unlock() },
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- a.Run(context.Background()) }()
	t.Cleanup(func() {
		pids := a.Processes()
		a.Quit()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		for name, pid := range pids {
			if _, err := os.Stat(fmt.Sprint("/proc/", pid)); err == nil {
				t.Errorf("%s, process %d, has outlived the app", name, pid)
			}
		}
		if t.Failed() {
			a.log.mu.Lock()
			defer a.log.mu.Unlock()
			t.Logf("%.8000s", a.log.b.String())
		}
	})
	return a
}

// reasons returns what faults there were, and fails for those that were not
// of a worker.
func (a *testApp) reasons(t *testing.T) (list []string) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range a.faults {
		if f.Component != "worker" || f.Worker == "" || !f.Restarting {
			t.Errorf("fault %+v", f)
		}
		list = append(list, f.Reason)
	}
	return list
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func TestWorkerResults(t *testing.T) {
	a := newApp(t)
	if len(a.Processes()) != 0 {
		t.Error("a process before the first call")
	}
	if n, err := sum.Call(t.Context(), a.App, []int{1, 2, 3}); n != 6 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	pid := a.Processes()["worker:sum"]
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err == nil && (len(maps) == 0 || bytes.Contains(maps, []byte("libgtk")) || bytes.Contains(maps, []byte("libwebkit"))) {
		t.Errorf("the worker has loaded a GUI library, or nothing:\n%s", maps)
	}
	big := bytes.Repeat([]byte("0123456"), 5<<20/7)
	got, err := reverse.Call(t.Context(), a.App, big)
	if err != nil || len(got) != len(big) || !bytes.HasPrefix(got, []byte("6543210654")) {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
	if n, err := count.Call(t.Context(), a.App, ipc.Body{Reader: io.LimitReader(zero{}, 5<<20), Size: -1}); n != 5<<20 || err != nil {
		t.Errorf("counted %d, %v", n, err)
	}
	s, err := zeros.Call(t.Context(), a.App, 5<<20)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, s); n != 5<<20 || err != nil || s.Size != n {
		t.Errorf("read %d, %v", n, err)
	}
}

func TestWorkerHundredAtOnce(t *testing.T) {
	a := newApp(t)
	many := sum.With(mullion.WorkerOptions{Processes: 2, Concurrency: 8})
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			if n, err := many.Call(t.Context(), a.App, []int{i, 1}); n != i+1 || err != nil {
				t.Errorf("call %d: %d, %v", i, n, err)
			}
		})
	}
	all.Wait()
	if r := a.reasons(t); len(r) != 0 {
		t.Errorf("faults %v", r)
	}
}

// TestWorkerEndings checks for each way in which a function can go wrong what
// its caller gets, whether the process is replaced, and that the next call
// works.
func TestWorkerEndings(t *testing.T) {
	for _, tt := range []struct {
		how     string
		lost    bool
		text    string
		reasons []string
		logged  string
	}{
		{"panic", false, `internal error in worker "misbehave"`, nil, "a panic on purpose"},
		{"nil", false, `internal error in worker "misbehave"`, nil, "misbehaviour"},
		{"panic elsewhere", true, "panic: a panic beside it", []string{"crashed"}, "a panic beside it"},
		{"exit", true, "exit status 7", []string{"exited"}, "exit status 7"},
		{"overflow", true, "stack overflow", []string{"crashed"}, "stack overflow"},
		{"hog", true, "out of memory", []string{"out of memory"}, "out of memory"},
		{"coded", false, "no such page", nil, ""},
		{"value", false, "no such page", nil, ""},
		{"print", false, "", nil, "printed in the worker"},
	} {
		t.Run(tt.how, func(t *testing.T) {
			a := newApp(t)
			w := misbehave
			if tt.how == "hog" {
				w = misbehave.With(mullion.WorkerOptions{MemoryLimit: 128 << 20})
				if raceDetector() {
					// It is what runs out of memory first, and it ends the process.
					tt.text, tt.reasons, tt.logged = "exit status 66", []string{"exited"}, ""
				}
			}
			_, err := w.Call(t.Context(), a.App, tt.how)
			switch {
			case tt.text == "" && err == nil:
			case err == nil || errors.Is(err, mullion.ErrWorkerLost) != tt.lost || !strings.Contains(err.Error(), tt.text):
				t.Errorf("got %v", err)
			}
			var e *mullion.WorkerError
			if errors.As(err, &e) == tt.lost && err != nil {
				t.Errorf("got %#v", err)
			}
			switch tt.how {
			case "coded":
				if e == nil || e.Code != "page" {
					t.Errorf("got %#v", err)
				}
			case "value":
				if e == nil || string(e.Value) != `{"page":7}` {
					t.Errorf("got %#v", err)
				}
			}
			if got, err := w.Call(t.Context(), a.App, ""); got != "done" || err != nil {
				t.Errorf("the next call: %q, %v", got, err)
			}
			if d := cmp.Diff(tt.reasons, a.reasons(t)); d != "" {
				t.Error(d)
			}
			eventually(t, "log has "+tt.logged, func() bool { return a.log.contains(tt.logged) })
		})
	}
}

// raceDetector reports whether this program was built with it.
func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

func TestWorkerKilled(t *testing.T) {
	a := newApp(t)
	lost := make(chan error, 1)
	go func() { _, err := misbehave.Call(context.Background(), a.App, "wait"); lost <- err }()
	var pid int
	eventually(t, "it runs", func() bool { pid = a.Processes()["worker:misbehave"]; return pid != 0 })
	p, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := <-lost; !errors.Is(err, mullion.ErrWorkerLost) || !strings.Contains(err.Error(), "signal: killed") {
		t.Errorf("got %v", err)
	}
	if got, err := misbehave.Call(t.Context(), a.App, ""); got != "done" || err != nil {
		t.Errorf("the next call: %q, %v", got, err)
	}
	if d := cmp.Diff([]string{"killed"}, a.reasons(t)); d != "" {
		t.Error(d)
	}
}

func TestWorkerCancel(t *testing.T) {
	for _, tt := range []struct {
		how     string
		grace   time.Duration
		reasons []string
	}{
		// A machine that is busy must not make a hung process of a slow one.
		{"wait", time.Minute, nil},
		{"ignore", 100 * time.Millisecond, []string{"hung"}},
	} {
		t.Run(tt.how, func(t *testing.T) {
			a := newApp(t)
			misbehave := misbehave.With(mullion.WorkerOptions{Grace: tt.grace})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				eventually(t, "it runs", func() bool { return a.Processes()["worker:misbehave"] != 0 })
				cancel()
			}()
			if _, err := misbehave.Call(ctx, a.App, tt.how); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			if got, err := misbehave.Call(t.Context(), a.App, ""); got != "done" || err != nil {
				t.Errorf("the next call: %q, %v", got, err)
			}
			if d := cmp.Diff(tt.reasons, a.reasons(t)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestWorkerLifetime(t *testing.T) {
	a := newApp(t)
	brief := calls.With(mullion.WorkerOptions{Idle: time.Millisecond})
	for range 2 {
		if n, err := brief.Call(t.Context(), a.App, struct{}{}); n != 1 || err != nil {
			t.Errorf("call %d of a process, %v", n, err)
		}
		eventually(t, "it ends", func() bool { return len(a.Processes()) == 0 })
	}
	kept := calls.With(mullion.WorkerOptions{})
	for i := range 3 {
		if n, err := kept.Call(t.Context(), a.App, struct{}{}); n != i+1 || err != nil {
			t.Errorf("call %d of a process, want %d, %v", n, i+1, err)
		}
	}
	for range 3 {
		if n, err := calls.Call(t.Context(), a.App, struct{}{}); n != 1 || err != nil {
			t.Errorf("fresh: call %d of a process, %v", n, err)
		}
	}
	if r := a.reasons(t); len(r) != 0 {
		t.Errorf("faults %v", r)
	}
}

// TestWorkerGrants checks that a worker reads what it was granted and nothing
// else. The rest of what confines it is tested in internal/sandbox.
func TestWorkerGrants(t *testing.T) {
	a := newApp(t)
	dir := t.TempDir()
	name := filepath.Join(dir, "granted.txt")
	if err := os.WriteFile(name, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	granted := readFile.With(mullion.WorkerOptions{Read: []string{dir}})
	if got, err := granted.Call(t.Context(), a.App, name); got != "text" || err != nil {
		t.Errorf("granted: %q, %v", got, err)
	}
	if _, err := granted.Call(t.Context(), a.App, filepath.Join(dir, "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if got, err := readFile.Call(t.Context(), a.App, name); err == nil {
		t.Errorf("not granted: %q", got)
	}
	for _, tt := range []struct {
		name string
		w    *mullion.Worker[string, struct{}]
		may  bool
	}{
		{"write where it may read", writeFile.With(mullion.WorkerOptions{Read: []string{dir}}), false},
		{"write where it may write", writeFile.With(mullion.WorkerOptions{Write: []string{dir}}), true},
	} {
		_, err := tt.w.Call(t.Context(), a.App, filepath.Join(dir, "new.txt"))
		_, there := os.Stat(filepath.Join(dir, "new.txt"))
		if (err == nil) != tt.may || (there == nil) != tt.may {
			t.Errorf("%s: %v, %v", tt.name, err, there)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := dial.Call(t.Context(), a.App, l.Addr().String()); err == nil {
		t.Error("it has a network")
	}
}

// TestWorkerConfinement: what confines a worker is told, and why its limit for
// memory is not a control group where it is none.
func TestWorkerConfinement(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("workers are confined on Linux only")
	}
	a := newApp(t)
	if _, err := readFile.With(mullion.WorkerOptions{MemoryLimit: 128 << 20}).Call(t.Context(), a.App, "/"); err == nil {
		t.Error("it has read a folder")
	}
	all := a.Confinement()
	if len(all) != 1 || !strings.HasPrefix(all[0].Process, "worker:") || all[0].PID != a.Processes()[all[0].Process] || all[0].Level < mullion.ConfinementFiles {
		t.Fatalf("confinement: %+v", all)
	}
	i := slices.IndexFunc(all[0].Layers, func(l mullion.ConfinementLayer) bool { return l.Name == "memory" })
	if i < 0 {
		t.Fatalf("nothing is said of memory: %+v", all[0].Layers)
	}
	if l := all[0].Layers[i]; !l.Holds && (l.Detail == "" || !a.log.contains("layer=memory")) {
		t.Errorf("why there is no control group is not said: %+v", l)
	}
}

func TestWorkerMistakes(t *testing.T) {
	a := newApp(t)
	if _, err := stranger.Call(t.Context(), a.App, 1); err == nil || !strings.Contains(err.Error(), `Main was not given a worker "stranger"`) {
		t.Errorf("not given to Main: %v", err)
	}
	type secret struct{ mullion.Private }
	for name, err := range map[string]error{
		"absolute":   callError(a, sum.With(mullion.WorkerOptions{Read: []string{"x"}})),
		"at least":   callError(a, sum.With(mullion.WorkerOptions{MemoryLimit: 1})),
		"at most":    callError(a, sum.With(mullion.WorkerOptions{Concurrency: 1000})),
		"Fresh":      callError(a, sum.With(mullion.WorkerOptions{Concurrency: 2, Fresh: true})),
		"lower-case": callError(a, mullion.NewWorker("A b", func(context.Context, []int) (int, error) { return 0, nil }, mullion.WorkerOptions{})),
		"leave": callError(a, mullion.NewWorker("private", func(context.Context, []int) (secret, error) {
			return secret{}, nil
		}, mullion.WorkerOptions{})),
	} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	a.Quit()
	eventually(t, "calls fail", func() bool {
		_, err := sum.Call(t.Context(), a.App, nil)
		return errors.Is(err, mullion.ErrClosed)
	})
}

func callError[R any](a *testApp, w *mullion.Worker[[]int, R]) error {
	_, err := w.Call(context.Background(), a.App, nil)
	return err
}

// TestTwoWorkersOfOneName runs this program again, as an app that gives Main
// the same worker twice.
func TestTwoWorkersOfOneName(t *testing.T) {
	if os.Getenv("TWO_WORKERS") != "" {
		mullion.Main(func(context.Context) error { return errors.New("run was called") }, sum, sum.With(mullion.WorkerOptions{Fresh: true}))
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^TestTwoWorkersOfOneName$")
	cmd.Env = append(os.Environ(), "TWO_WORKERS=1")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), `two workers named "sum"`) {
		t.Errorf("got %v, %s", err, out)
	}
}
