package mullion_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/config"
)

// instanceVariable makes this test binary an app without windows. It is its
// folder for data.
const instanceVariable = "MULLION_TEST_INSTANCE"

// runInstance is that app. It says what it is told.
func runInstance(ctx context.Context) error {
	app, err := mullion.New(mullion.Options{
		Config:  &config.Config{Identifier: "dev.mullion.test"},
		DataDir: os.Getenv(instanceVariable), StayOpen: true,
		SingleInstance: os.Getenv("MULLION_TEST_SINGLE") != "",
	})
	if err != nil {
		return err
	}
	app.OnInstance(func(i mullion.Instance) { fmt.Printf("told %q in %s\n", i.Args[1:], i.Dir) })
	state := mullion.NewState(app, "n", 0, mullion.StateOptions[int]{Persist: true})
	if err := state.Set(ctx, os.Getpid()); err != nil {
		fmt.Println("not kept:", err)
	} else {
		fmt.Println("kept")
	}
	return app.Run(ctx)
}

type instanceProcess struct {
	cmd    *exec.Cmd
	lines  *bufio.Scanner
	stderr bytes.Buffer
}

func startInstance(t *testing.T, dir, cwd string, single bool, args ...string) *instanceProcess {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("folders are held on Linux only so far")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second) // ends a hang
	t.Cleanup(cancel)
	p := &instanceProcess{cmd: exec.CommandContext(ctx, os.Args[0], args...)}
	p.cmd.Dir = cwd
	p.cmd.Env = append(os.Environ(), instanceVariable+"="+dir)
	if single {
		p.cmd.Env = append(p.cmd.Env, "MULLION_TEST_SINGLE=1")
	}
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewScanner(out)
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // if it is still there
		_ = p.cmd.Wait()
	})
	return p
}

func (p *instanceProcess) expect(t *testing.T, want string) {
	t.Helper()
	if !p.lines.Scan() || !strings.HasPrefix(p.lines.Text(), want) {
		t.Fatalf("the app says %q, want %q; %s", p.lines.Text(), want, &p.stderr)
	}
}

// TestSecondInstance: while one process has the folder of an app, another one
// neither runs nor keeps anything there, and says who has it.
func TestSecondInstance(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first := startInstance(t, dir, "", false)
	first.expect(t, "kept")
	second := startInstance(t, dir, "", false)
	second.expect(t, "not kept: ")
	err := second.cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("the second ends with %v", err)
	}
	for _, want := range []string{dir, "process " + strconv.Itoa(first.cmd.Process.Pid), "SingleInstance", "DataDir"} {
		if !strings.Contains(second.stderr.String(), want) {
			t.Errorf("it does not say %q: %s", want, &second.stderr)
		}
	}
	// The kernel gives the folder back, whatever the end of the process.
	if err := first.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.cmd.Wait()
	startInstance(t, dir, "", false).expect(t, "kept")
}

// TestSingleInstance: the app that runs is told of further starts, in order, and
// they end with success.
func TestSingleInstance(t *testing.T) {
	dir, cwd := filepath.Join(t.TempDir(), "data"), t.TempDir()
	first := startInstance(t, dir, "", true, "the", "first")
	first.expect(t, "kept")
	for _, args := range [][]string{{"a file", "\xff"}, nil, {"-x"}} {
		second := startInstance(t, dir, cwd, true, args...)
		if err := second.cmd.Wait(); err != nil {
			t.Errorf("a further start: %v, %s", err, &second.stderr)
		}
		first.expect(t, fmt.Sprintf("told %q in %s", append([]string{}, args...), cwd))
	}
	// Many at once, while it is killed: one of them becomes the first, and all
	// others tell it, or the one before.
	var ends sync.WaitGroup
	var mu sync.Mutex
	handed, began := 0, 0
	for range 8 {
		p := startInstance(t, dir, cwd, true)
		ends.Go(func() {
			if p.lines.Scan() { // "kept"
				mu.Lock()
				began++
				mu.Unlock()
				return
			}
			if err := p.cmd.Wait(); err != nil {
				t.Errorf("%v, %s", err, &p.stderr)
			}
			mu.Lock()
			handed++
			mu.Unlock()
		})
	}
	if err := first.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	ends.Wait()
	if began > 1 || began+handed != 8 {
		t.Errorf("%d became the first, %d have handed over", began, handed)
	}
}

// TestInstanceWhileItEnds: an app that is about to end takes no start, which it
// could do nothing with; the next process becomes the first once it has ended.
func TestInstanceWhileItEnds(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("folders are held on Linux only so far")
	}
	o := mullion.Options{
		Config: &config.Config{Identifier: "dev.mullion.test"}, DataDir: t.TempDir(), StayOpen: true,
		SingleInstance: true, Logger: slog.New(slog.DiscardHandler),
	}
	one, err := mullion.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ends, release := make(chan struct{}), make(chan struct{})
	one.On("hold", func(ctx context.Context, _ mullion.Event) {
		<-ctx.Done() // the app has begun to end,
		close(ends)
		<-release // and takes its time
	})
	if err := one.Emit(ctx, "hold", nil); err != nil {
		t.Fatal(err)
	}
	ran := runs(one, ctx)
	cancel()
	<-ends
	time.AfterFunc(50*time.Millisecond, func() { close(release) })
	two, err := mullion.New(o)
	if err != nil {
		t.Fatalf("a start meanwhile: %v", err)
	}
	if err := <-ran; err != nil {
		t.Error(err)
	}
	if err := two.Run(ctx); err != nil {
		t.Error(err)
	}
}

// TestFolderInOneProcess: two apps of one process are kept apart as well, and
// the folder is free when Run has returned; what is changed then is kept.
func TestFolderInOneProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("folders are held on Linux only so far")
	}
	dir := t.TempDir()
	newApp := func() (*mullion.App, *mullion.State[int]) {
		app, err := mullion.New(mullion.Options{Config: &config.Config{Identifier: "dev.mullion.test"}, DataDir: dir, StayOpen: true, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		return app, mullion.NewState(app, "n", 0, mullion.StateOptions[int]{Persist: true})
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	one, a := newApp()
	ran := runs(one, ctx)
	two, b := newApp()
	if err := b.Set(ctx, 2); err == nil {
		t.Error("the second keeps something")
	}
	if err := two.Run(ctx); err == nil || !strings.Contains(err.Error(), dir) || strings.Count(err.Error(), dir) != 1 {
		t.Errorf("the second runs: %v", err)
	}
	if err := a.Set(ctx, 1); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-ran; err != nil {
		t.Error(err)
	}
	if err := a.Set(context.Background(), 3); err != nil {
		t.Errorf("after Run: %v", err)
	}
	three, c := newApp()
	if got := c.Get(); got != 3 {
		t.Errorf("kept %d", got)
	}
	if err := a.Set(context.Background(), 4); err == nil {
		t.Error("an app that has ended changes what another one has")
	}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	if err := three.Run(ctx); err != nil {
		t.Error(err)
	}
}

// runs runs an app.
func runs(app *mullion.App, ctx context.Context) <-chan error {
	ran := make(chan error, 1)
	go func() { ran <- app.Run(ctx) }()
	return ran
}

// TestFolderWithoutLocks: where nothing can be locked the app runs, and says so.
func TestFolderWithoutLocks(t *testing.T) {
	dir := t.TempDir()
	// What stands there is no file that could be locked.
	if err := os.Mkdir(filepath.Join(dir, "instance.lock"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, single := range []bool{false, true} {
		var log bytes.Buffer
		app, err := mullion.New(mullion.Options{
			Config: &config.Config{Identifier: "dev.mullion.test"}, DataDir: dir, StayOpen: true,
			Logger: slog.New(slog.NewTextHandler(&log, nil)), SingleInstance: single,
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := app.Run(ctx); err != nil {
			t.Error(err)
		}
		if !strings.Contains(log.String(), dir) {
			t.Errorf("SingleInstance %v: the log is %s", single, &log)
		}
	}
}
