package shell

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/mullion-dev/mullion"
)

// Command is a program to start.
type Command struct {
	// Program is a name that is looked for in PATH, or a path. With Sidecar it is
	// a name of bundle.externalBin in the configuration.
	Program string
	Sidecar bool
	// Args are its arguments, without its name.
	Args []string
	// Dir is its working folder; empty is that of the app.
	Dir string
	// Env is added to the environment of the app, or is all of it with ClearEnv.
	Env      map[string]string
	ClearEnv bool
	// Encoding is a label of the Encoding Standard of WHATWG, such as
	// "windows-1252" or "shift_jis", by which output becomes UTF-8, or "raw" for
	// bytes as they are. Empty is UTF-8, of which a line that is none is an error.
	Encoding string
}

// Status is how a program has ended.
type Status = mullion.ProcessStatus

// Event is something that a program does: exactly one of the fields is set.
type Event struct {
	// Stdout and Stderr are a line with its end, \n, \r or \r\n; the last one may
	// have none, and one of more than 1 MiB comes in pieces. With the encoding
	// "raw" they are bytes as they come.
	Stdout, Stderr []byte
	// Err says what could not be read.
	Err error
}

// Output is what a program has written, in UTF-8 unless the encoding is "raw".
type Output struct {
	Status
	Stdout, Stderr []byte
}

// maxOutput bounds what Output collects, of both streams together.
const maxOutput = 64 << 20

// Child is a program that was started. It is safe for concurrent use.
type Child struct {
	process *mullion.Process
	stdin   *os.File
	turn    chan struct{} // has room for the one that writes
	done    chan struct{} // closed when the program has ended and all was read
	status  Status
	err     error

	mu      sync.Mutex
	waiting int // guarded by mu; bytes that are to be written
}

// PID is the number of the program's process.
func (c *Child) PID() int { return c.process.PID() }

// Wait returns when the program has ended and what it has written was told.
func (c *Child) Wait() (Status, error) {
	<-c.done
	return c.status, c.err
}

// Kill kills the program and all that it has started, as
// [mullion.Process.Kill] does. Nothing that it has written is told twice, and
// what nobody has read by then may be told after Kill returns.
func (c *Child) Kill() { c.process.Kill() }

// maxWaiting bounds what waits until a program reads it, in bytes.
const maxWaiting = 32 << 20

// Write writes to the standard input of the program. It waits until the program
// has read so much that the rest fits into the pipe, until ctx is done: then a
// part may have been written.
func (c *Child) Write(ctx context.Context, b []byte) error {
	c.mu.Lock()
	if c.waiting > 0 && c.waiting+len(b) > maxWaiting {
		c.mu.Unlock()
		return fmt.Errorf("%d bytes wait for the program to read them; wait until earlier writes are done", maxWaiting)
	}
	c.waiting += len(b)
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.waiting -= len(b)
	}()
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-c.turn }()
	if err := ctx.Err(); err != nil {
		return err
	}
	defer interruptible(ctx, c.stdin)()
	_, err := c.stdin.Write(b)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("standard input of the program: %w", errors.Unwrap(err))
	}
	return nil
}

// CloseStdin ends the standard input of the program, once earlier calls of Write
// are done.
func (c *Child) CloseStdin() error {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	if err := c.stdin.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

// Start starts a program. tell is called for each thing that it does, one at a
// time, and may block: then the program waits as soon as its pipes are full. It
// must be given. The program ends with ctx, and with the app.
func (s *Shell) Start(ctx context.Context, cmd Command, tell func(Event)) (*Child, error) {
	if tell == nil {
		return nil, errors.New("shell: Start needs a function; Output collects what a program writes")
	}
	app, err := s.running()
	if err != nil {
		return nil, fmt.Errorf("shell: %w", err)
	}
	c, err := s.begin(ctx, app, cmd, nil, true, tell)
	if err != nil {
		return nil, fmt.Errorf("shell: %w", err)
	}
	return c, nil
}

// Output runs a program and returns what it has written. It has no standard
// input. It is killed when ctx ends, or when it has written more than 64 MiB. A
// program that fails is no error: see [Status]. What it has left in the background
// ends with the app.
func (s *Shell) Output(ctx context.Context, cmd Command) (Output, error) {
	app, err := s.running()
	if err != nil {
		return Output{}, fmt.Errorf("shell: %w", err)
	}
	out, err := s.output(ctx, context.Background(), app, cmd, nil)
	if err != nil {
		return Output{}, fmt.Errorf("shell: %w", err)
	}
	return out, nil
}

// output runs a program until ctx ends; what it leaves behind ends with life.
func (s *Shell) output(ctx, life context.Context, app *mullion.App, cmd Command, owner any) (Output, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var out Output
	var errs []error
	if err := ctx.Err(); err != nil {
		return Output{}, err
	}
	c, err := s.begin(life, app, cmd, owner, false, func(e Event) {
		switch {
		case context.Cause(ctx) != nil:
		case e.Err != nil:
			errs = append(errs, e.Err)
		case len(out.Stdout)+len(out.Stderr)+len(e.Stdout)+len(e.Stderr) > maxOutput:
			cancel(fmt.Errorf("%s writes more than %d bytes; spawn it, which passes on what comes", cmd.Program, maxOutput))
		default:
			out.Stdout, out.Stderr = append(out.Stdout, e.Stdout...), append(out.Stderr, e.Stderr...)
		}
	})
	if err != nil {
		return Output{}, err
	}
	stop := context.AfterFunc(ctx, c.Kill)
	out.Status, err = c.Wait()
	stop()
	if cause := context.Cause(ctx); cause != nil {
		return Output{}, cause
	}
	return out, errors.Join(append(errs, err)...)
}

// begin starts a program for a page, or for nil. All of it ends with ctx.
func (s *Shell) begin(ctx context.Context, app *mullion.App, cmd Command, owner any, stdin bool, tell func(Event)) (*Child, error) {
	read, err := readerOf(cmd.Encoding)
	if err != nil {
		return nil, err
	}
	path, err := s.find(app, cmd)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.reserve(owner); err != nil {
		return nil, err
	}
	c, out, err := launch(path, cmd, stdin)
	if err != nil {
		s.release(owner)
		return nil, err
	}
	s.keep(c, owner)
	stop := context.AfterFunc(ctx, c.Kill)
	go func() { // what it has left behind ends with ctx, too
		<-c.process.Gone()
		stop()
	}()
	// The app's function is called on goroutines of ours, one at a time.
	var mu sync.Mutex
	one := func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		defer func() {
			if v := recover(); v != nil {
				s.log().Error("shell: a function of the app panicked", "panic", v, "program", filepath.Base(path))
			}
		}()
		tell(e)
	}
	var all sync.WaitGroup
	all.Go(func() { read(out[0], "standard output", func(b []byte, err error) { one(Event{Stdout: b, Err: err}) }) })
	all.Go(func() { read(out[1], "standard error", func(b []byte, err error) { one(Event{Stderr: b, Err: err}) }) })
	go func() {
		all.Wait()
		out[0].Close()
		out[1].Close()
		c.status, c.err = c.process.Wait()
		_ = c.stdin.Close()
		close(c.done)
	}()
	return c, nil
}

// launch starts a program with pipes. out are the ends that are read.
func launch(path string, cmd Command, stdin bool) (c *Child, out [2]*os.File, err error) {
	var theirs [3]*os.File
	c = &Child{turn: make(chan struct{}, 1), done: make(chan struct{})}
	defer func() {
		for _, f := range theirs {
			f.Close()
		}
		if err != nil {
			c.stdin.Close()
			out[0].Close()
			out[1].Close()
		}
	}()
	if theirs[0], c.stdin, err = os.Pipe(); err == nil {
		if out[0], theirs[1], err = os.Pipe(); err == nil {
			out[1], theirs[2], err = os.Pipe()
		}
	}
	if err != nil {
		return c, out, err
	}
	if !stdin {
		c.stdin.Close()
	}
	var env []string
	if !cmd.ClearEnv {
		env = mullion.ProgramEnv()
	}
	for _, name := range slices.Sorted(maps.Keys(cmd.Env)) {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			return c, out, fmt.Errorf("environment: %q is not the name of a variable", name)
		}
		env = append(env, name+"="+cmd.Env[name])
	}
	c.process, err = mullion.StartProgram(mullion.Program{
		Path: path, Args: cmd.Args, Dir: cmd.Dir, Env: env, Stdin: theirs[0], Stdout: theirs[1], Stderr: theirs[2],
	})
	return c, out, err
}

// find returns the path of a program.
func (s *Shell) find(app *mullion.App, cmd Command) (string, error) {
	path := cmd.Program
	var err error
	if cmd.Sidecar {
		path, err = s.sidecar(app, cmd.Program)
	} else {
		path, err = exec.LookPath(path)
		if err == nil {
			path, err = filepath.Abs(path)
		}
	}
	if err != nil {
		return "", err
	}
	if ext := strings.ToLower(filepath.Ext(path)); runtime.GOOS == "windows" && (ext == ".bat" || ext == ".cmd") {
		return "", fmt.Errorf("%s: cmd.exe would run it, and read its arguments in its own way: start a program", path)
	}
	return path, nil
}

// sidecar returns the path of a program of bundle.externalBin.
func (s *Shell) sidecar(app *mullion.App, name string) (string, error) {
	plain := strings.TrimSuffix(name, ".exe")
	known := app.Config().Bundle.ExternalBin
	if !slices.Contains(known, name) && !slices.Contains(known, plain) {
		return "", fmt.Errorf("sidecar not configured under `tauri.conf.json > bundle > externalBin`: %s", name)
	}
	dir := s.options.Sidecars
	if dir == "" {
		program, err := os.Executable()
		if err != nil {
			return "", err
		}
		dir = filepath.Dir(program)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	base := filepath.Base(filepath.FromSlash(plain))
	suffix := ""
	if runtime.GOOS == "windows" {
		suffix = ".exe"
	}
	for _, file := range []string{base, base + "-" + targets[runtime.GOOS+"/"+runtime.GOARCH]} {
		path := filepath.Join(dir, file+suffix)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", fmt.Errorf("sidecar %s: there is no program %s in %s: %w", name, base+suffix, dir, os.ErrNotExist)
}

// targets are the names that Rust has for systems.
var targets = map[string]string{
	"linux/amd64": "x86_64-unknown-linux-gnu", "linux/arm64": "aarch64-unknown-linux-gnu", "linux/386": "i686-unknown-linux-gnu",
	"linux/arm": "armv7-unknown-linux-gnueabihf", "linux/riscv64": "riscv64gc-unknown-linux-gnu",
	"darwin/amd64": "x86_64-apple-darwin", "darwin/arm64": "aarch64-apple-darwin",
	"windows/amd64": "x86_64-pc-windows-msvc", "windows/arm64": "aarch64-pc-windows-msvc", "windows/386": "i686-pc-windows-msvc",
}
