package guard

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/sys/unix"
)

// socketFD is where a guard finds the connection.
const socketFD = 3

// order is what a guard is to start. Paths and arguments are bytes: not all of
// them are text.
type order struct {
	Path []byte   `json:"path"`
	Args [][]byte `json:"args"`
	Dir  []byte   `json:"dir"`
	Env  [][]byte `json:"env"`
}

// report is what a guard says: first what became of the start, then how the
// program has ended. The end of the connection says that nothing is left.
type report struct {
	PID    int           `json:"pid"`
	Errno  syscall.Errno `json:"errno"`
	Error  string        `json:"error"`
	Status *Status       `json:"status"`
}

// startTime is how long a guard may take to start the program.
const startTime = 30 * time.Second

// maxReport bounds a report, in bytes.
const maxReport = 4 << 10

// Start starts a program by a guard. role is the setting of the environment that
// makes a guard of this executable.
func Start(s Spec, role string) (*Process, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socketpair", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "guard"), os.NewFile(uintptr(fds[1]), "program")
	c, err := net.FileConn(ours)
	ours.Close()
	if err != nil {
		theirs.Close()
		return nil, err
	}
	conn := c.(*net.UnixConn)
	files, done, err := null(s.Stdin, s.Stdout, s.Stderr)
	if err != nil {
		theirs.Close()
		conn.Close()
		return nil, err
	}
	cmd := &exec.Cmd{
		Path: "/proc/self/exe", Args: os.Args[:1], Env: guardEnv(os.Environ(), role),
		Stdin: files[0], Stdout: files[1], Stderr: files[2], ExtraFiles: []*os.File{theirs},
		// The terminal's signals are for the app, which ends its programs itself.
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	err = cmd.Start()
	theirs.Close()
	done()
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("start %s: %w", s.Path, err)
	}
	p := &Process{ended: make(chan struct{}), gone: make(chan struct{}), kill: func() { conn.CloseWrite() }}
	reader := bufio.NewReaderSize(conn, maxReport)
	conn.SetDeadline(time.Now().Add(startTime))
	r, err := give(conn, reader, s)
	conn.SetDeadline(time.Time{})
	if err == nil && r.Error != "" {
		err = fmt.Errorf("start %s: %s", s.Path, r.Error)
		if r.Errno != 0 {
			err = &os.PathError{Op: "start", Path: s.Path, Err: r.Errno}
		}
	}
	if err != nil {
		conn.Close()
		go cmd.Wait() // it ends by itself
		return nil, err
	}
	p.pid = r.PID
	go p.follow(conn, reader, cmd)
	return p, nil
}

// give has a guard start the program, and returns what it says.
func give(w io.Writer, from *bufio.Reader, s Spec) (r report, err error) {
	o := order{Path: []byte(s.Path), Dir: []byte(s.Dir)}
	for _, a := range s.Args {
		o.Args = append(o.Args, []byte(a))
	}
	for _, kv := range lastOfEach(s.Env) {
		o.Env = append(o.Env, []byte(kv))
	}
	text, err := json.Marshal(o)
	if err != nil {
		return r, err
	}
	if len(text) > maxOrder {
		return r, &os.PathError{Op: "start", Path: s.Path, Err: syscall.E2BIG}
	}
	if _, err := w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), text...)); err != nil {
		return r, fmt.Errorf("start %s: %w", s.Path, err)
	}
	line, err := from.ReadSlice('\n')
	if err == nil {
		err = json.Unmarshal(line, &r)
	}
	if err != nil {
		return r, fmt.Errorf("start %s: its guard did not answer: %w", s.Path, err)
	}
	return r, nil
}

// maxOrder bounds an order, in bytes. The kernel takes some 2 MiB of arguments.
const maxOrder = 8 << 20

// follow hears of the end of the program, and of the end of all.
func (p *Process) follow(conn *net.UnixConn, from *bufio.Reader, cmd *exec.Cmd) {
	defer close(p.gone)
	defer conn.Close()
	var r report
	line, err := from.ReadSlice('\n')
	if err == nil {
		err = json.Unmarshal(line, &r)
	}
	if err == nil && r.Status == nil {
		err = errors.New("its guard did not say how")
	}
	if err != nil {
		p.err = fmt.Errorf("the program ended, and nobody knows how: %w", err)
		p.status.Code = -1
	} else {
		p.status = *r.Status
	}
	close(p.ended)
	_, _ = io.Copy(io.Discard, from)
	_ = cmd.Wait()
}

// guardEnv is the environment of a guard: only what the tools of Go want to
// know of the processes of a build with them.
func guardEnv(environ []string, role string) []string {
	env := []string{role}
	for _, kv := range environ {
		switch name, _, _ := strings.Cut(kv, "="); name {
		case "GORACE", "GOCOVERDIR", "GOTRACEBACK":
			env = append(env, kv)
		}
	}
	return env
}
