package guard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/sys/unix"
)

// ErrNotAGuard says that this process was started by hand.
var ErrNotAGuard = errors.New("not started by Start")

// Run is what a guard does. It returns when nothing of its program is left.
func Run() error {
	conn := os.NewFile(socketFD, "app")
	if info, err := conn.Stat(); err != nil || info.Mode()&os.ModeSocket == 0 {
		return ErrNotAGuard
	}
	// Whoever started the app may have left descriptors open in it.
	if err := unix.CloseRange(socketFD, ^uint(0)>>1, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		closeOnExec()
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("PR_SET_CHILD_SUBREAPER: %w", err)
	}
	var head [4]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxOrder {
		return fmt.Errorf("an order of %d bytes", n)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(conn, text); err != nil {
		return err
	}
	var o order
	if err := json.Unmarshal(text, &o); err != nil {
		return err
	}
	// From before there is something that would be left.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// The kernel kills the program with this thread, if somebody kills the guard.
	runtime.LockOSThread()
	p, err := o.start()
	if err != nil {
		r := report{Error: err.Error()}
		errors.As(err, &r.Errno)
		return say(conn, r)
	}
	pid := p.Pid
	_ = p.Release()
	// The program alone holds its ends of the pipes.
	if dev, err := os.OpenFile(os.DevNull, os.O_RDWR, 0); err == nil {
		for fd := range 3 {
			_ = unix.Dup3(int(dev.Fd()), fd, 0)
		}
		dev.Close()
	}
	leave := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, conn) // nothing comes but the end
		close(leave)
	}()
	go func() {
		select {
		case <-leave:
		case <-signals:
		}
		_ = unix.Kill(-pid, unix.SIGKILL)
		sweep()
	}()
	if err := say(conn, report{PID: pid}); err != nil {
		_ = unix.Kill(-pid, unix.SIGKILL) // the reader sees the end as well
	}
	for {
		var w unix.WaitStatus
		got, err := unix.Wait4(-1, &w, 0, nil)
		switch {
		case err == unix.EINTR:
		case err != nil: // ECHILD: nothing is left
			return nil
		case got == pid:
			s := Status{Code: w.ExitStatus()}
			if w.Signaled() {
				s.Signal = int(w.Signal())
			}
			_ = say(conn, report{Status: &s})
		}
	}
}

func say(conn *os.File, r report) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = conn.Write(append(text, '\n'))
	return err
}

// start starts the program, in a session of its own: it neither asks in the
// terminal of the app nor gets signals from there.
func (o *order) start() (*os.Process, error) {
	list := func(all [][]byte) []string {
		texts := make([]string, len(all))
		for i, b := range all {
			texts[i] = string(b)
		}
		return texts
	}
	return os.StartProcess(string(o.Path), list(o.Args), &os.ProcAttr{
		Dir: string(o.Dir), Env: list(o.Env), Files: []*os.File{os.Stdin, os.Stdout, os.Stderr},
		Sys: &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL},
	})
}

// closeOnExec is for kernels before 5.11.
func closeOnExec() {
	names, _ := filepath.Glob("/proc/self/fd/*")
	for _, name := range names {
		if fd, err := strconv.Atoi(filepath.Base(name)); err == nil && fd >= socketFD {
			unix.CloseOnExec(fd)
		}
	}
}

// sweepTime is how long a guard tries to get rid of what its program has
// started.
const sweepTime = goneTime

// sweep kills all processes below this one until there are none: then Run takes
// the last status, and returns. What cannot be killed is left alone in the end.
func sweep() {
	for end := time.Now().Add(sweepTime); time.Now().Before(end); time.Sleep(time.Millisecond) {
		below := descendants(os.Getpid())
		if len(below) == 0 {
			return
		}
		for _, pid := range below {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
	os.Exit(1)
}

// descendants returns the processes below one, without those that are dead and
// have none below them.
func descendants(root int) (all []int) {
	children := map[int][]int{}
	names, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has just ended
		}
		// pid (name) state ppid …; the name may have anything in it.
		i := strings.LastIndexByte(string(text), ')')
		fields := strings.Fields(string(text[i+1:]))
		pid, err := strconv.Atoi(strings.Split(name, "/")[2])
		if err != nil || len(fields) < 2 || fields[0] == "Z" {
			continue // what a dead process had started has another parent by now
		}
		parent, _ := strconv.Atoi(fields[1])
		children[parent] = append(children[parent], pid)
	}
	for next := children[root]; len(next) > 0; {
		pid := next[0]
		next = append(next[1:], children[pid]...)
		all = append(all, pid)
	}
	return all
}
