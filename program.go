package mullion

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/internal/guard"
	"github.com/mullion-dev/mullion/internal/sandbox"
)

// Program is a program of others that an app starts by [StartProgram].
type Program struct {
	// Path is where it is: an absolute path. No shell is involved.
	Path string
	// Args are its arguments, without its name.
	Args []string
	// Dir is its working folder; empty is that of the app.
	Dir string
	// Env is its whole environment, as "NAME=value"; [ProgramEnv] is that of the
	// app. Of values for one name the last one counts, and MULLION_… is refused.
	Env []string
	// Stdin, Stdout and Stderr are what the program has of that name; nil is the
	// null device. The caller closes them. The program inherits nothing else of
	// what the app has open.
	Stdin, Stdout, Stderr *os.File
}

// Process is a program that was started. It is safe for concurrent use.
type Process struct{ p *guard.Process }

// ProcessStatus is how a program has ended.
type ProcessStatus struct {
	// Code is its exit status, -1 if a signal has ended it.
	Code int
	// Signal is the number of that signal, and 0 if there was none, as on Windows.
	Signal int
}

// ErrNotMain is returned where a process of this executable has to be started,
// and this one has not called [Main]: the other one would not either, and do
// again what this one does. Tests call mulliontest.Main.
var ErrNotMain = sandbox.ErrNotEntered

// StartProgram starts a program with the rights of the user. Errors of the system
// can be found in the error, such as [os.ErrNotExist].
//
// On Linux nothing of what the program starts outlives the Core, however that
// ends, or [Process.Kill]: a small process of this executable is the parent of
// all of it, also of what has put itself into the background. On macOS that is
// true of Kill only, and of what stays in the program's process group; on Windows
// it is true of the program itself. The program has a session of its own, so it
// neither asks for passwords in the terminal in which the app was started, nor
// gets the signals of that.
func StartProgram(p Program) (*Process, error) {
	if err := sandbox.MayStart(); err != nil {
		return nil, err
	}
	if !filepath.IsAbs(p.Path) {
		return nil, fmt.Errorf("program %q: want an absolute path; exec.LookPath finds one", p.Path)
	}
	for _, text := range slices.Concat([]string{p.Path, p.Dir}, p.Args, p.Env) {
		if strings.ContainsRune(text, 0) {
			return nil, errors.New("program: neither paths nor arguments nor the environment can contain a zero byte")
		}
	}
	for _, kv := range p.Env {
		if strings.HasPrefix(kv, "MULLION_") {
			name, _, _ := strings.Cut(kv, "=")
			return nil, fmt.Errorf("program: %s is for processes of an app; leave it out, as ProgramEnv does", name)
		}
	}
	started, err := guard.Start(guard.Spec{
		Path: p.Path, Args: append([]string{p.Path}, p.Args...), Dir: p.Dir, Env: p.Env,
		Stdin: p.Stdin, Stdout: p.Stdout, Stderr: p.Stderr,
	}, sandbox.RoleSetting(guard.Role))
	if err != nil {
		return nil, err
	}
	return &Process{started}, nil
}

// PID is the number of the program's process.
func (p *Process) PID() int { return p.p.PID() }

// Wait returns when the program has ended; what it has started may go on. The
// error says that nobody knows how it ended. It may be called more than once.
func (p *Process) Wait() (ProcessStatus, error) {
	s, err := p.p.Wait()
	return ProcessStatus(s), err
}

// Kill kills the program and what it has started, also when the program itself
// has ended before, and returns when that is gone. What belongs to another
// user, as below sudo, may be left; Kill waits at most five seconds.
func (p *Process) Kill() { p.p.Kill() }

// Gone is closed when the program has ended, and on Linux all that it has
// started.
func (p *Process) Gone() <-chan struct{} { return p.p.Gone() }

// ProgramEnv is the environment of this process, as "NAME=value", without what is
// meant for this process alone. It is for [Program.Env].
func ProgramEnv() []string { return guard.Env(os.Environ()) }
