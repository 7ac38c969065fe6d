package sandbox

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/shortage"
)

// Process is a child of the Core.
type Process struct {
	pid  int
	done chan struct{}
	told chan struct{} // closed when all its output was passed on
	exit Exit          // set before done is closed
	// cleared is closed when all that was made for it is gone, too; nil where
	// nothing was.
	cleared chan struct{}
	handle  *os.Process
	status  []Status
	// granted is what it may write, but for what is its own.
	granted []string
	proxy   net.Listener
	memory  Status // zero without a limit; what came of it
}

// oomScore makes the kernel end a host before the Core when memory runs out.
// It must be set before the engine starts its own processes, which inherit it.
const oomScore = 300

// noNamespaces is why this process cannot give its children namespaces. It is
// found out by the first of them: once namespaces have worked, a start without
// them has failed. Otherwise a child that can make starts fail would be given
// less confinement the next time.
var noNamespaces atomic.Pointer[string]

// hasNamespaces is set when namespaces have worked.
var hasNamespaces atomic.Bool

// Start starts a child in the given role.
func Start(s Spec) (*Process, error) {
	defer s.Socket.Close()
	if s.Control != nil {
		defer s.Control.Close()
	}
	err := MayStart()
	var p *Process
	if err == nil {
		p, err = startChild(&s)
	}
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", s.Name, err)
	}
	return p, nil
}

func startChild(s *Spec) (*Process, error) {
	if s.Policy == nil {
		return launch(s, nil, nil)
	}
	c, err := newConfinement(s)
	if err != nil {
		return nil, err
	}
	return c.startGuarded(s)
}

// start starts the child, without namespaces if it cannot have them.
func (c *confinement) start(s *Spec) (*Process, error) {
	if c.order.Namespaces {
		p, err := c.launch(s)
		if err == nil {
			hasNamespaces.Store(true)
			return p, nil
		}
		if hasNamespaces.Load() || isShortage(err) || errors.Is(err, errFinal) {
			return nil, err
		}
		why := err.Error()
		noNamespaces.Store(&why)
		c.withoutNamespaces(why)
	}
	return c.launch(s)
}

// isShortage reports whether a child could not be started for lack of what
// others may give back. That says nothing about namespaces: less confinement
// is not what the app shall get for it, neither now nor for the rest of its
// run. A system that forbids namespaces by allowing none answers as one does
// where too many are in use.
func isShortage(err error) bool {
	return shortage.Is(err) && !(errors.Is(err, unix.ENOSPC) && noneAllowed("/proc/sys/user"))
}

// noneAllowed reports whether a user may have no namespaces of a kind.
func noneAllowed(settings string) bool {
	for _, kind := range []string{"user", "mnt", "pid", "ipc", "uts", "net"} {
		if b, err := os.ReadFile(filepath.Join(settings, "max_"+kind+"_namespaces")); err == nil && strings.TrimSpace(string(b)) == "0" {
			return true
		}
	}
	return false
}

// launch starts the program. control is the child's end of the connection to
// stage one, nil for a child that is not confined.
func launch(s *Spec, c *confinement, control *os.File) (*Process, error) {
	start, name, done, err := s.program()
	if err != nil {
		return nil, err
	}
	defer done()
	out, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	var hidden []string
	if c != nil {
		hidden = c.hidden
	}
	command := func(g *group) *exec.Cmd {
		cmd := exec.Command(start)
		cmd.Args[0] = name
		cmd.Env = environment(os.Environ(), s, hidden)
		cmd.ExtraFiles = []*os.File{s.Socket}
		// Of a session of its own: what a terminal tells all programs that run
		// in it is for the Core alone, which ends its children in order. And a
		// child could type into the terminal of the user.
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setsid: true}
		if c != nil {
			cmd.Env = append(append(cmd.Env, c.env...), stageVariable+"=1")
			cmd.ExtraFiles = append(cmd.ExtraFiles, control)
			if s.Control != nil {
				cmd.ExtraFiles = append(cmd.ExtraFiles, s.Control)
				cmd.Env = append(cmd.Env, controlVariable+"=1")
			}
			if c.order.Namespaces {
				namespaceAttr(cmd.SysProcAttr)
			}
		}
		cmd.Env = withBridge(cmd.Env)
		if g != nil {
			g.enter(cmd.SysProcAttr)
		}
		cmd.Stdout, cmd.Stderr = w, w
		return cmd
	}

	keepDescriptors()
	p := &Process{done: make(chan struct{}), told: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The kernel ties Pdeathsig to the thread that forks, so this thread
		// lives as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		g, memory, err := groupFor(s.Policy, ownGroups.find)
		p.memory = memory
		if err != nil {
			w.Close()
			started <- err
			return
		}
		cmd := command(g)
		err = cmd.Start()
		if err != nil && g != nil && !isShortage(err) {
			// Groups may be made that nobody may be put into. The limit is
			// not worth the child.
			g.end()
			g, p.memory = nil, noGroup(err)
			cmd = command(nil)
			err = cmd.Start()
		}
		w.Close()
		if err != nil {
			if g != nil {
				g.end()
			}
			started <- err
			return
		}
		p.pid = cmd.Process.Pid
		p.handle = cmd.Process
		// Without the right to raise it the child just keeps ours.
		_ = os.WriteFile("/proc/"+strconv.Itoa(p.pid)+"/oom_score_adj", []byte(strconv.Itoa(oomScore)), 0)
		started <- nil
		p.exit = exitOf(cmd.Wait(), cmd.ProcessState)
		if g == nil {
			close(p.done)
			return
		}
		p.exit.OutOfMemory = g.ranOut()
		gone := g.end()
		close(p.done)
		if !gone {
			g.remove()
		}
	}()
	if err := <-started; err != nil {
		out.Close()
		return nil, err
	}
	go p.copyOutput(out, s.Output)
	return p, nil
}

// firstFree is above the numbers at which a child finds what it inherits.
const firstFree = 64

// program returns what to start, and what the child is called. done is for when
// it was started.
func (s *Spec) program() (start, name string, done func(), err error) {
	if s.Program == nil {
		start, name = ownProgram, ownProgram
		if exe, err := os.Executable(); err == nil {
			name = exe
		}
		return start, name, func() {}, nil
	}
	raw, err := s.Program.SyscallConn()
	if err != nil {
		return "", "", nil, err
	}
	// At a number where the child puts nothing else before it looks it up.
	n := -1
	if e := raw.Control(func(fd uintptr) { n, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, firstFree) }); e != nil {
		err = e
	}
	if err != nil {
		return "", "", nil, err
	}
	return "/proc/self/fd/" + strconv.Itoa(n), s.ProgramPath, func() { unix.Close(n) }, nil
}

// keepDescriptors keeps what this process has itself inherited from going on
// to its children; Go sees to that only for what it opens.
func keepDescriptors() {
	if unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) == nil {
		return
	}
	// Before Linux 5.11.
	fds, _ := os.ReadDir("/proc/self/fd")
	for _, f := range fds {
		if fd, err := strconv.Atoi(f.Name()); err == nil && fd >= 3 {
			unix.CloseOnExec(fd)
		}
	}
}

// copyOutput passes on what the child prints, line by line. Engine processes
// hold the pipe too and may outlive the child for a moment.
func (p *Process) copyOutput(r *os.File, w io.Writer) {
	defer close(p.told)
	defer r.Close()
	go func() {
		<-p.done
		r.SetReadDeadline(time.Now().Add(2 * time.Second))
	}()
	lines := bufio.NewReaderSize(r, 4<<10)
	for {
		line, err := lines.ReadSlice('\n')
		if len(line) > 0 && w != nil {
			w.Write(line)
		}
		if err != nil && err != bufio.ErrBufferFull {
			return
		}
	}
}

func exitOf(err error, st *os.ProcessState) Exit {
	if st == nil {
		return Exit{Code: -1, Text: fmt.Sprint(err)}
	}
	e := Exit{Code: st.ExitCode(), Text: st.String()}
	e.Fault = e.Code == panicStatus
	if ws, ok := st.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		e.Signal = int(ws.Signal())
		switch ws.Signal() {
		case syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGABRT, syscall.SIGILL, syscall.SIGFPE, syscall.SIGTRAP, syscall.SIGSYS:
			e.Fault = true
		}
	}
	return e
}

// Status tells which layers hold for the child, and why others do not. It is
// empty for a child that was started without a policy.
func (p *Process) Status() []Status { return p.status }

// Granted are the files and folders that the child was granted to write, where
// they really are.
func (p *Process) Granted() []string { return p.granted }

// Proxy is where the Core accepts what the child wants of the network; nil
// without the grant, or where nothing would keep others from using it. It is
// closed when the child has ended.
func (p *Process) Proxy() net.Listener { return p.proxy }

// PID returns the child's process id.
func (p *Process) PID() int { return p.pid }

// Done is closed when the child has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// OutputDone is closed when all that the child has printed was passed on.
func (p *Process) OutputDone() <-chan struct{} { return p.told }

// Wait waits for the child to end, and until all that was made for it is gone. It
// tells how the child ended.
func (p *Process) Wait() Exit {
	<-p.done
	if p.cleared != nil {
		<-p.cleared
	}
	return p.exit
}

// Kill ends the child at once. The engine's processes under it notice and
// end by themselves.
func (p *Process) Kill() { _ = p.handle.Kill() }
