package sandbox

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/windows"
)

// Process is a child of the Core.
type Process struct {
	pid    int
	handle *os.Process
	job    windows.Handle
	done   chan struct{}
	told   chan struct{} // closed when all its output was passed on
	exit   Exit          // set before done is closed
	status []Status
	proxy  *jobListener // nil if it may reach none
}

// Start starts a child in the given role. It begins in a job object with all
// that it starts: they end with it, and with the Core.
func Start(s Spec) (*Process, error) {
	defer s.Socket.Close()
	err := MayStart()
	if err == nil && s.Program != nil {
		err = fmt.Errorf("start another program: %w", errors.ErrUnsupported)
	}
	var p *Process
	if err == nil {
		p, err = start(&s)
	}
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", s.Name, err)
	}
	return p, nil
}

func start(s *Spec) (_ *Process, err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &Process{done: make(chan struct{}), told: make(chan struct{}), status: statusOf(s)}
	if p.job, err = newJob(s); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			p.closeProxy()
			windows.CloseHandle(p.job)
		}
	}()
	if s.Policy != nil && (s.Policy.Network || s.Policy.Proxy) {
		if p.proxy, err = listenForJob(p.job); err != nil {
			return nil, err
		}
	}
	out, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program)
	cmd.Stdout, cmd.Stderr = w, w
	// What a console tells all programs in it is for the Core alone, which ends
	// its children in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP | windows.CREATE_NO_WINDOW}
	err = inherited(s.Socket, func(h windows.Handle) error {
		cmd.SysProcAttr.AdditionalInheritedHandles = []syscall.Handle{syscall.Handle(h)}
		cmd.Env = append(environment(os.Environ(), s, nil), socketVariable+"="+strconv.FormatUint(uint64(h), 10))
		return cmd.Start()
	})
	w.Close()
	if err == nil {
		p.pid, p.handle = cmd.Process.Pid, cmd.Process
		// Until it has a hello, the child starts nothing that could be outside.
		if err = p.enterJob(); err != nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	if err != nil {
		out.Close()
		return nil, err
	}
	go p.wait(cmd)
	go p.copyOutput(out, s.Output)
	return p, nil
}

// inherited calls f while programs that are started with the handle of a file in
// their list inherit it.
func inherited(file *os.File, f func(windows.Handle) error) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(n uintptr) {
		h := windows.Handle(n)
		if failed = windows.SetHandleInformation(h, windows.HANDLE_FLAG_INHERIT, windows.HANDLE_FLAG_INHERIT); failed == nil {
			failed = f(h)
		}
	})
	return errors.Join(err, failed)
}

// newJob makes the job object of a child. Its only handle is the Core's, so all
// that is in it ends when the Core does, however that ends.
func newJob(s *Spec) (windows.Handle, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, fmt.Errorf("make a job object: %w", err)
	}
	var limits windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	// Without the last one a crash may wait for the user in a dialog.
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | windows.JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION
	if s.Policy != nil && s.Policy.MemoryLimit > 0 {
		limits.BasicLimitInformation.LimitFlags |= windows.JOB_OBJECT_LIMIT_JOB_MEMORY
		limits.JobMemoryLimit = uintptr(s.Policy.MemoryLimit)
	}
	if s.Policy != nil && !s.Policy.Engine {
		// As on Linux, where nothing is granted to be executed. An engine consists
		// of several processes. wine 8 takes the limit and ignores it.
		limits.BasicLimitInformation.LimitFlags |= windows.JOB_OBJECT_LIMIT_ACTIVE_PROCESS
		limits.BasicLimitInformation.ActiveProcessLimit = 1
	}
	if err := setJobLimits(job, &limits); err != nil {
		windows.CloseHandle(job)
		return 0, fmt.Errorf("limit a job object: %w", err)
	}
	return job, nil
}

func (p *Process) enterJob() error {
	var failed error
	err := p.handle.WithHandle(func(h uintptr) { failed = windows.AssignProcessToJobObject(p.job, windows.Handle(h)) })
	return errors.Join(err, failed)
}

// statusOf says what holds for a child, and what of Linux's layers does not.
func statusOf(s *Spec) []Status {
	if s.Policy == nil {
		return nil
	}
	list := []Status{
		{LayerEnvironment, true, "variables by allow-list"},
		{LayerJob, true, jobDetail(s)},
		{LayerFiles, false, "not yet on Windows: restricted tokens and AppContainers keep WebView2 from starting"},
		{LayerNetwork, false, "the engine is told to use the Core's proxy; nothing keeps native code from the network on Windows"},
	}
	if s.Policy.MemoryLimit > 0 {
		list = append(list, Status{LayerMemory, true, "by job object"})
	}
	return list
}

func jobDetail(s *Spec) string {
	if s.Policy.Engine {
		return "ends with the Core; no privileges"
	}
	return "ends with the Core; no privileges; starts no programs"
}

// wait notes how the child ends, and ends what it has started.
func (p *Process) wait(cmd *exec.Cmd) {
	p.exit = exitOf(cmd.Wait(), cmd.ProcessState)
	_ = windows.TerminateJobObject(p.job, killedStatus)
	p.closeProxy()
	windows.CloseHandle(p.job)
	close(p.done)
}

// killedStatus is the exit status of processes that the Core ends.
const killedStatus = 1

// firstFault is the least of the exit statuses that stand for exceptions that
// nobody has handled: NTSTATUS with the severity "error".
const firstFault = 0xC0000000

func exitOf(err error, st *os.ProcessState) Exit {
	if st == nil {
		return Exit{Code: -1, Text: fmt.Sprint(err)}
	}
	code := uint32(st.ExitCode())
	e := Exit{Code: st.ExitCode(), Text: st.String()}
	e.Fault = code == panicStatus || code >= firstFault
	return e
}

// copyOutput passes on what the child prints, line by line.
func (p *Process) copyOutput(r *os.File, w io.Writer) {
	defer close(p.told)
	defer r.Close()
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

// Enter takes from a child the privileges that it needs for nothing. In every
// other process it does nothing.
func Enter() error {
	entered.Store(true)
	if ChildRole() == "" {
		return nil
	}
	if err := removePrivileges(); err != nil {
		return fmt.Errorf("remove privileges: %w", err)
	}
	return nil
}

// NoCoreDumps keeps the system from showing and reporting a crash of this
// process, and of those that it starts: a report has the memory.
func NoCoreDumps() error {
	windows.SetErrorMode(windows.SEM_FAILCRITICALERRORS | windows.SEM_NOGPFAULTERRORBOX | windows.SEM_NOOPENFILEERRORBOX)
	return nil
}

func nameProcess() {}

// Seal does nothing on this system.
func Seal() error { return nil }

// Status tells which layers hold for the child, and why others do not.
func (p *Process) Status() []Status { return p.status }

// Granted are the files and folders that the child was granted to write, of
// which nothing keeps it here.
func (p *Process) Granted() []string { return nil }

// Proxy is where the Core accepts what the child wants of the network; nil if
// it may reach none. It is closed when the child has ended.
func (p *Process) Proxy() net.Listener {
	if p.proxy == nil {
		return nil
	}
	return p.proxy
}

func (p *Process) closeProxy() {
	if p.proxy != nil {
		p.proxy.Close()
	}
}

// PID returns the child's process id.
func (p *Process) PID() int { return p.pid }

// Done is closed when the child has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// OutputDone is closed when all that the child has printed was passed on.
func (p *Process) OutputDone() <-chan struct{} { return p.told }

// Wait waits for the child to end and tells how it did.
func (p *Process) Wait() Exit {
	<-p.done
	return p.exit
}

// Kill ends the child at once, and all that it has started.
func (p *Process) Kill() { _ = p.handle.Kill() }
