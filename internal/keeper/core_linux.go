package keeper

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// core is a Core as its keeper sees it. The loop owns all but the process.
type core struct {
	conn    *conn
	process *os.Process
	program program // closed when it has ended
	tail    *tail   // nil where nobody wants to know

	versions *Versions // nil until it has come to Main
	life     int
	swap     request // that it answers; zero: none
	update   bool    // the Core before has brought this program
	leaving  bool
	settled  bool
	ends     bool // because it wants to
	renewed  []string

	over     chan struct{} // closed when it has ended
	answered bool          // the last ping
	silent   time.Duration // since the one that was not
	hung     string        // why it was killed; empty: it was not
}

// ending tells how a Core has ended.
type ending struct {
	code  int
	crash bool // by a signal, or with a panic
	text  string
}

// panicStatus is how the Go runtime exits after a panic or a fatal signal.
const panicStatus = 2

// startCore starts a program as a Core, which then waits for the windows. What
// it says comes to k.heard, and its end to k.ended.
func startCore(k *keeper, p program) (*core, error) {
	ours, theirs, err := socketPair(true)
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	high, err := highFile(p.file)
	if err != nil {
		ours.close()
		return nil, err
	}
	defer high.Close()
	cmd := exec.Command(descriptorPath(high))
	cmd.Args = append([]string{p.name}, k.args...)
	cmd.Env = append(os.Environ(), setting(RoleCore, linkFD))
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	// A keeper that crashes takes its Core along. The kernel ties that to the
	// thread that forks.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	c := &core{conn: ours, program: p, answered: true, over: make(chan struct{})}
	if k.mode == modeTool {
		c.tail = &tail{}
		cmd.Stderr = io.MultiWriter(os.Stderr, c.tail)
		cmd.WaitDelay = time.Second // its own children may hold the pipe
	}
	started := make(chan error)
	heard := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		err = cmd.Wait()
		// All that it has said comes first, unless a child of its own has the
		// other end.
		select {
		case <-heard:
		case <-time.After(time.Second):
		}
		k.post(func() {
			p.file.Close()
			close(c.over)
			k.ended(c, endingOf(cmd.ProcessState, err))
		})
	}()
	if err := <-started; err != nil {
		ours.close()
		return nil, err
	}
	c.process = cmd.Process
	go func() {
		defer close(heard)
		for {
			m, files, err := ours.receive()
			if err != nil {
				return
			}
			k.post(func() { k.heard(c, m, files) })
		}
	}()
	late := time.AfterFunc(reachTime, func() {
		k.post(func() {
			if c.versions == nil && c == k.next {
				k.next = nil
				c.kill()
				k.failed(c, "it did not come to mullion.Main within "+reachTime.String())
			}
		})
	})
	go func() { <-heard; late.Stop() }()
	return c, nil
}

// kill ends the Core at once.
func (c *core) kill() { _ = c.process.Kill() }

func endingOf(st *os.ProcessState, err error) ending {
	if st == nil {
		return ending{code: 1, text: err.Error()}
	}
	e := ending{code: st.ExitCode(), text: st.String()}
	var exit *exec.ExitError
	if err == nil || errors.As(err, &exit) || errors.Is(err, exec.ErrWaitDelay) {
		e.crash = e.code == panicStatus
	}
	if ws, ok := st.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		e.crash, e.code = true, 128+int(ws.Signal())
	}
	return e
}

// tail keeps the end of what is written to it.
type tail struct {
	mu sync.Mutex
	b  []byte // guarded by mu
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if over := len(t.b) - maxTail; over > maxTail {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	return len(p), nil
}

// text returns the last lines.
func (t *tail) text() string {
	if t == nil {
		return ""
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.b
	if over := len(b) - maxTail; over > 0 {
		b = b[over:]
		for i, c := range b {
			if c == '\n' {
				b = b[i+1:]
				break
			}
		}
	}
	return string(b)
}

// crashes counts the ends of Cores that nobody wanted.
type crashes struct {
	useless int         // in a row: before the windows were taken over
	times   []time.Time // of late
}

const (
	// maxCrashes is how many crashes within crashWindow are borne.
	maxCrashes  = 5
	crashWindow = 10 * time.Minute
	// maxUseless is how many Cores in a row may crash before they have the
	// windows.
	maxUseless = 2
)

// add notes a crash, and returns the pause before the next start; false if there
// is to be none.
func (s *crashes) add(useful bool, now time.Time) (pause time.Duration, again bool) {
	s.useless++
	if useful {
		s.useless = 0
	}
	recent := s.times[:0]
	for _, t := range s.times {
		if now.Sub(t) < crashWindow {
			recent = append(recent, t)
		}
	}
	s.times = append(recent, now)
	if s.useless >= maxUseless || len(s.times) > maxCrashes {
		return 0, false
	}
	if n := len(s.times); n > 1 {
		pause = 250 * time.Millisecond << (n - 2)
	}
	return pause, true
}
