//go:build !linux

package guard

import (
	"errors"
	"os"
	"os/exec"
)

// ErrNotAGuard says that this system has no guards.
var ErrNotAGuard = errors.New("not a guard: there is none on this system")

// Run returns [ErrNotAGuard].
func Run() error { return ErrNotAGuard }

// Start starts a program.
func Start(s Spec, _ string) (*Process, error) {
	files, done, err := null(s.Stdin, s.Stdout, s.Stderr)
	if err != nil {
		return nil, err
	}
	defer done()
	cmd := &exec.Cmd{
		Path: s.Path, Args: s.Args, Dir: s.Dir, Env: lastOfEach(s.Env),
		Stdin: files[0], Stdout: files[1], Stderr: files[2], SysProcAttr: groupAttributes(),
	}
	if err := cmd.Start(); err != nil {
		return nil, &os.PathError{Op: "start", Path: s.Path, Err: err}
	}
	p := &Process{pid: cmd.Process.Pid, ended: make(chan struct{}), gone: make(chan struct{})}
	p.kill = func() { killGroup(cmd.Process) }
	go func() {
		err := cmd.Wait()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			p.err = err
		}
		p.status = Status{Code: cmd.ProcessState.ExitCode(), Signal: signalOf(cmd.ProcessState)}
		close(p.ended)
		close(p.gone)
	}()
	return p, nil
}
