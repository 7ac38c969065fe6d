// Package guard starts programs of others, of which nothing stays when the
// process that started them is gone. Begin with [Start].
//
// On Linux a guard stands between the two: the same executable in a role of
// its own, in which it calls [Run]. It starts the program and becomes the
// parent of whatever that leaves behind (PR_SET_CHILD_SUBREAPER in prctl(2)),
// so it finds also what has begun a session of its own. When the connection to
// the process that wanted the program ends, for whatever reason, it kills all
// of it. On other systems programs are started as they are: what they start is
// killed with them where there are process groups, and stays when this process
// is killed itself.
package guard

import (
	"os"
	"sync"
	"time"
)

// Role is the role of a process that is a guard.
const Role = "guard"

// Spec is a program that is to be started.
type Spec struct {
	// Path is where it is. Args begin with its name, as os.Args does.
	Path string
	Args []string
	// Dir is its working folder; empty is that of this process.
	Dir string
	// Env is its whole environment, as "NAME=value". Of values for one name the
	// last one counts.
	Env []string
	// Stdin, Stdout and Stderr are what it inherits; nil is the null device. It
	// inherits nothing else. The caller closes them.
	Stdin, Stdout, Stderr *os.File
}

// Status is how a program has ended.
type Status struct {
	// Code is what it exited with, -1 if a signal ended it.
	Code int `json:"code"`
	// Signal is the number of that signal, 0 if there was none.
	Signal int `json:"signal"`
}

// Process is a program that was started. It is safe for concurrent use.
type Process struct {
	pid  int
	kill func() // has all of it killed, and does not wait

	ended  chan struct{} // closed when status and err are set
	status Status
	err    error
	gone   chan struct{} // closed when nothing of it is left

	once sync.Once
}

// PID is the number of the program itself.
func (p *Process) PID() int { return p.pid }

// Wait returns when the program has ended. What it has started may go on. The
// error says that nobody knows how it ended.
func (p *Process) Wait() (Status, error) {
	<-p.ended
	return p.status, p.err
}

// Gone is closed when the program has ended, and all that it has started.
func (p *Process) Gone() <-chan struct{} { return p.gone }

// goneTime is how long Kill waits. Processes of other users, such as those of
// sudo, and those that wait in the kernel for a device, can outlast it.
const goneTime = 5 * time.Second

// Kill kills the program and all that it has started, and waits until that is
// gone, as long as it can be expected. Killing what has ended does nothing.
func (p *Process) Kill() {
	p.once.Do(p.kill)
	timer := time.NewTimer(goneTime)
	defer timer.Stop()
	select {
	case <-p.gone:
	case <-timer.C:
	}
}

// null returns the null device for streams that are nil.
func null(files ...*os.File) (all []*os.File, done func(), err error) {
	dev, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range files {
		if f == nil {
			f = dev
		}
		all = append(all, f)
	}
	return all, func() { dev.Close() }, nil
}
