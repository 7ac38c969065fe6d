// Package process starts the programs that the tool works with, such that none
// of them stays behind: each has a group of its own, and [Guard] sees to what
// happens when the tool itself is killed.
package process

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"time"
)

// Spec says what is started. Its standard input is empty.
type Spec struct {
	Args   []string // the program, found in PATH, and its arguments
	Dir    string
	Env    []string // further variables
	Output io.Writer
	Files  []*os.File // descriptors 3 and up; the caller keeps its own
}

// Process is a program that was started, with all that it starts in its group.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // how it ended; set before done is closed
}

// lastOutput is how long the end of a program waits for what it has printed,
// where something that it has started still holds its output.
const lastOutput = 200 * time.Millisecond

// Start starts a program.
func Start(s Spec) (*Process, error) {
	cmd := exec.Command(s.Args[0], s.Args[1:]...)
	cmd.Dir, cmd.ExtraFiles = s.Dir, s.Files
	cmd.Env = append(os.Environ(), s.Env...)
	own(cmd)
	p := &Process{cmd: cmd, done: make(chan struct{})}
	// A pipe of our own: what the program leaves behind must not keep us waiting.
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = w, w
	started := make(chan error, 1)
	go func() {
		// The kernel ends the program with the thread that has started it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		w.Close()
		started <- err
		if err != nil {
			r.Close()
			return
		}
		read := make(chan struct{})
		go func() {
			defer close(read)
			defer r.Close()
			if s.Output == nil {
				s.Output = io.Discard
			}
			io.Copy(s.Output, r)
		}()
		p.err = cmd.Wait()
		select {
		case <-read:
		case <-time.After(lastOutput):
		}
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// PID is the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err is how the program has ended; nil is status 0. It waits for the end.
func (p *Process) Err() error {
	<-p.done
	return p.err
}

// Status is the status that the program has ended with, or -1 where it was
// killed. It waits for the end.
func (p *Process) Status() int {
	<-p.done
	return p.cmd.ProcessState.ExitCode()
}

// Stop asks the program to end, and kills it and its group when it has not
// after some time, or when now is closed. It returns when the program has ended.
func (p *Process) Stop(grace time.Duration, now <-chan struct{}) {
	ask(p.cmd)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
	case <-now:
	}
	p.Kill()
}

// Kill ends the program and its group at once.
func (p *Process) Kill() {
	kill(p.cmd)
	<-p.done
}

// Describe says how a program has ended.
func Describe(err error) string {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "ended"
	case !errors.As(err, &exit):
		return "failed: " + err.Error()
	case exit.ExitCode() >= 0:
		return fmt.Sprintf("ended with status %d", exit.ExitCode())
	}
	return "was ended: " + exit.Error()
}
