package sandbox

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Process is a child of the Core.
type Process struct {
	pid    int
	done   chan struct{}
	exit   Exit // set before done is closed
	handle *os.Process
}

// oomScore makes the kernel end a host before the Core when memory runs out.
// It must be set before the engine starts its own processes, which inherit it.
const oomScore = 300

// Start starts a child in the given role.
func Start(s Spec) (*Process, error) {
	defer s.Socket.Close()
	// Not os.Executable: the file may have been replaced by an update while
	// the app runs, and both halves must be of one version.
	cmd := exec.Command("/proc/self/exe")
	if exe, err := os.Executable(); err == nil {
		cmd.Args[0] = exe
	}
	cmd.Env = environment(os.Environ(), s)
	cmd.ExtraFiles = []*os.File{s.Socket}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}

	out, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", s.Name, err)
	}
	cmd.Stdout, cmd.Stderr = w, w

	keepDescriptors()
	p := &Process{done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The kernel ties Pdeathsig to the thread that forks, so this thread
		// lives as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		w.Close()
		if err != nil {
			started <- err
			return
		}
		p.pid = cmd.Process.Pid
		p.handle = cmd.Process
		// Without the right to raise it the child just keeps ours.
		_ = os.WriteFile("/proc/"+strconv.Itoa(p.pid)+"/oom_score_adj", []byte(strconv.Itoa(oomScore)), 0)
		started <- nil
		p.exit = exitOf(cmd.Wait(), cmd.ProcessState)
		close(p.done)
	}()
	if err := <-started; err != nil {
		out.Close()
		return nil, fmt.Errorf("start %s: %w", s.Name, err)
	}
	go p.copyOutput(out, s.Output)
	return p, nil
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

// PID returns the child's process id.
func (p *Process) PID() int { return p.pid }

// Done is closed when the child has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait waits for the child to end and tells how it did.
func (p *Process) Wait() Exit {
	<-p.done
	return p.exit
}

// Kill ends the child at once. The engine's processes under it notice and
// end by themselves.
func (p *Process) Kill() { _ = p.handle.Kill() }
