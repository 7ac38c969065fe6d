package sandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/shortage"
)

// A confined child begins as its own stage one: the same program, which puts
// itself under the layers, tells the Core what came of it, and then starts
// itself again as what it is for. Landlock and seccomp bind the thread that
// asks for them and what it starts. A host has many threads, and the runtime
// cannot reach those of C libraries; so the whole of it has to come after.

// stageVariable makes a child stage one.
const stageVariable = "MULLION_STAGE"

// stageFD is where stage one finds its connection to the Core's Start.
const stageFD = 4

// stageTimeout is how long stage one may take. It needs some milliseconds.
const stageTimeout = 30 * time.Second

// order is what stage one is told.
type order struct {
	View []path `json:"view"`
	// Program is where the executable was when the Core started. The view
	// shows it there if it still is.
	Program    string `json:"program"`
	Namespaces bool   `json:"namespaces"`
	Landlock   int    `json:"landlock"` // the newest ABI to use, 0 for none
	Seccomp    bool   `json:"seccomp"`
	Broker     bool   `json:"broker"`
	Watch      bool   `json:"watch"`
	// Proxy has a listener made in the network namespace. Without one, Port
	// is that of a listener of the Core.
	Proxy bool `json:"proxy"`
	Port  int  `json:"port"`
	// TCP leaves connections of TCP open, for a display that is reached so.
	TCP bool `json:"tcp"`
	// Listen is the port to listen at, 0 for none.
	Listen int `json:"listen,omitzero"`
}

// outcome is what stage one answers. With it come the descriptors of the
// listeners of the proxy and of the broker, as far as they are named.
type outcome struct {
	Status []Status `json:"status"`
	// Failed says why there is no child. Unless it is Final or Short, the Core
	// tries one without namespaces. Short is a shortage.
	Failed string `json:"failed,omitzero"`
	Final  bool   `json:"final,omitzero"`
	Short  bool   `json:"short,omitzero"`
	Proxy  bool   `json:"proxy"`
	Broker bool   `json:"broker"`
}

// Enter makes a process that was started as a confined child go through its
// stage one. In every other process it does nothing. It must be called before
// anything is opened, and returns with an error only.
func Enter() error {
	entered.Store(true)
	if os.Getenv(stageVariable) == "" {
		return nil
	}
	runtime.LockOSThread()
	// The signal for the end of the Core belongs to a thread, and the one that
	// starts the program again keeps its own. A Core that has ended meanwhile
	// does not give the order.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("end with the Core: %w", err)
	}
	f := os.NewFile(stageFD, "stage")
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeSocket == 0 {
		return fmt.Errorf("%s is set, but descriptor %d is not a socket", stageVariable, stageFD)
	}
	var o order
	if err := json.NewDecoder(f).Decode(&o); err != nil {
		return fmt.Errorf("read what to confine to: %w", err)
	}
	out, fds, err := o.confine()
	if err != nil {
		out = outcome{Failed: err.Error(), Final: errors.Is(err, errFinal), Short: isShortage(err)}
	}
	text, err := json.Marshal(out)
	if err != nil {
		return err
	}
	var rights []byte
	if len(fds) > 0 {
		rights = unix.UnixRights(fds...)
	}
	if err := unix.Sendmsg(stageFD, text, rights, nil, unix.MSG_NOSIGNAL); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	if out.Failed != "" {
		os.Exit(1)
	}
	for _, fd := range fds {
		unix.Close(fd)
	}
	unix.CloseOnExec(stageFD)
	runtime.KeepAlive(f) // its descriptor is closed with it, at any collection of garbage
	env := os.Environ()
	for i, kv := range env {
		if strings.HasPrefix(kv, stageVariable+"=") {
			env = append(env[:i:i], env[i+1:]...)
			break
		}
	}
	return fmt.Errorf("start the program again: %w", syscall.Exec(ownProgram, os.Args, env))
}

// confine puts the calling thread under the layers. An error means that the
// child is in a state that is of no use; a layer that the kernel does not
// have is none.
func (o *order) confine() (out outcome, fds []int, err error) {
	port := o.Port
	v, err := o.open(&out)
	if err != nil {
		return out, nil, err
	}
	defer func() {
		for _, p := range v {
			p.file.Close()
		}
	}()
	if o.Namespaces {
		if o.Proxy {
			fd, p, err := listenLoopback()
			if err != nil {
				return out, nil, fmt.Errorf("listen in the network namespace: %w", err)
			}
			port = p
			fds = append(fds, fd)
			out.Proxy = true
		}
		if err := enterView(v); err != nil {
			return out, nil, err
		}
		if err := unix.Sethostname([]byte("localhost")); err != nil {
			return out, nil, fmt.Errorf("set the name of the host: %w", err)
		}
		out.add(LayerNamespaces, true, "user, mount, pid, ipc, uts, net")
	}
	if err := limitResources(o.Namespaces); err != nil {
		return out, nil, err
	}
	if err := dropCapabilities(); err != nil {
		return out, nil, fmt.Errorf("drop capabilities: %w", err)
	}
	if err := o.landlock(&out, v, port); err != nil {
		return out, nil, err
	}
	listener, err := o.seccomp(&out, port != 0 || o.TCP || o.Listen != 0)
	if err != nil {
		return out, nil, err
	}
	if listener >= 0 {
		fds = append(fds, listener)
		out.Broker = true
	}
	return out, fds, nil
}

// opened is a path of a view, opened once: what is mounted and what rules are
// about is this very file or folder, whatever becomes of its name.
type opened struct {
	path
	file *os.File
}

// open opens what is in the view.
func (o *order) open(out *outcome) (v []opened, err error) {
	var left []string
	for _, p := range o.View {
		if !o.Namespaces && (p.Around || p.Hide) {
			if p.Around {
				left = append(left, p.Path+" has folders of the framework in it, which only namespaces can hide")
			}
			continue
		}
		if p.Path == "/proc" {
			continue // with namespaces there will be another one
		}
		f, err := openReal(p.Real)
		switch {
		case err == nil:
			v = append(v, opened{p, f})
		case p.Access&write != 0 || shortage.Is(err):
			return v, fmt.Errorf("%w: open %s: %w", errFinal, p.Path, err)
		}
	}
	if len(left) > 0 {
		out.add(LayerGrants, false, "left out: "+strings.Join(left, "; "))
	}
	return append(v, o.program()...), nil
}

// program is the executable, unless it was replaced: by its name a child may
// read itself, and nothing else.
func (o *order) program() []opened {
	named, err := openReal(o.Program)
	if err != nil {
		return nil
	}
	p := opened{path{Path: o.Program, Real: o.Program, Access: read | execute}, named}
	is, err := named.Stat()
	if running, err2 := os.Stat(ownProgram); err != nil || err2 != nil || !os.SameFile(is, running) {
		named.Close()
		return nil
	}
	return []opened{p}
}

func (o *outcome) add(l Layer, holds bool, detail string) {
	o.Status = append(o.Status, Status{l, holds, detail})
}

// landlock fails for a shortage alone: what the kernel does not have is told.
func (o *order) landlock(out *outcome, v []opened, port int) error {
	// What is only there by now, or has no name of its own.
	for _, p := range []path{{Path: "/proc", Access: read}, {Path: ownProgram, Access: read | execute}} {
		if f, _, err := openNamed(p.Path, 0); err == nil {
			defer f.Close()
			v = append(v, opened{p, f})
		}
	}
	if o.TCP {
		port = anyPort
	}
	abi, err := landlock(o.Landlock, v, port, o.Listen, o.Namespaces || o.Broker)
	if shortage.Is(err) {
		return fmt.Errorf("landlock: %w", err)
	}
	if err != nil {
		out.add(LayerLandlock, false, err.Error())
		return nil
	}
	detail := fmt.Sprintf("ABI %d", abi)
	if missing := landlockMissing(abi); missing != "" {
		detail += ", without rules for " + missing
	}
	out.add(LayerLandlock, true, detail)
	return nil
}

// landlockMissing says what an ABI has no rules for.
func landlockMissing(abi int) string {
	var m []string
	for _, f := range []struct {
		since int
		what  string
	}{{2, "moving files between folders"}, {3, "truncation"}, {4, "TCP"}, {5, "devices"}, {6, "signals and abstract sockets"}} {
		if abi < f.since {
			m = append(m, f.what)
		}
	}
	return strings.Join(m, ", ")
}

// seccomp returns the listener, or -1.
func (o *order) seccomp(out *outcome, tcp bool) (int, error) {
	if !o.Seccomp {
		out.add(LayerSeccomp, false, "switched off")
		out.add(LayerBroker, false, "switched off")
		return -1, nil
	}
	program, err := filter(tcp, o.Listen != 0, o.Broker, o.Watch && o.Broker)
	if err != nil {
		return -1, err
	}
	listener, err := install(program, o.Broker)
	broker := o.Broker
	if err != nil && broker && !shortage.Is(err) {
		out.add(LayerBroker, false, fmt.Sprintf("the kernel hands no system calls over (since Linux 5.9): %v", err))
		broker = false
		if program, err = filter(tcp, o.Listen != 0, false, false); err == nil {
			listener, err = install(program, false)
		}
	} else if !broker {
		out.add(LayerBroker, false, "switched off")
	}
	if shortage.Is(err) {
		return -1, fmt.Errorf("seccomp: %w", err)
	}
	if err != nil {
		out.add(LayerSeccomp, false, err.Error())
		return -1, nil
	}
	out.add(LayerSeccomp, true, fmt.Sprintf("%d instructions", len(program)))
	if broker {
		out.add(LayerBroker, true, "")
	}
	return listener, nil
}

// listenLoopback listens in the network namespace of this process.
func listenLoopback() (fd, port int, err error) {
	if err := raiseLoopback(); err != nil {
		return -1, 0, fmt.Errorf("loopback interface: %w", err)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return -1, 0, err
	}
	defer l.Close()
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		return -1, 0, err
	}
	defer f.Close()
	fd, err = unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	return fd, l.Addr().(*net.TCPAddr).Port, err
}

// errFinal is wrapped where less confinement is no help.
var errFinal = errors.New("this is not granted as it was judged")

// errNoAnswer is wrapped when stage one has ended, or stood still, before it
// was done. Somebody may have killed it, or it got no memory: that says nothing
// about the system.
const errNoAnswer = shortage.Error("stage one gave no answer")

// instruct gives stage one its order and returns what came of it, with the
// listeners of the proxy and the broker.
func instruct(control *os.File, o *order) (out outcome, proxy, broker *os.File, err error) {
	conn, err := net.FileConn(control)
	control.Close()
	if err != nil {
		return out, nil, nil, err
	}
	defer conn.Close()
	c := conn.(*net.UnixConn)
	c.SetDeadline(time.Now().Add(stageTimeout))
	if err := json.NewEncoder(c).Encode(o); err != nil {
		return out, nil, nil, fmt.Errorf("%w: tell it what to do: %w", errNoAnswer, err)
	}
	text, rights := make([]byte, 64<<10), make([]byte, unix.CmsgSpace(2*4))
	n, r, flags, _, err := c.ReadMsgUnix(text, rights)
	if err != nil || n == 0 {
		return out, nil, nil, fmt.Errorf("%w: %w", errNoAnswer, cmp.Or(err, io.EOF))
	}
	files := received(rights[:r])
	if flags&unix.MSG_CTRUNC != 0 {
		closeAll(files)
		return out, nil, nil, fmt.Errorf("the listeners of stage one: %w", unix.EMFILE)
	}
	if err := json.Unmarshal(text[:n], &out); err != nil {
		closeAll(files)
		return out, nil, nil, fmt.Errorf("stage one: %w", err)
	}
	if out.Failed != "" {
		closeAll(files)
		if out.Short {
			return out, nil, nil, shortage.Error(out.Failed)
		}
		if out.Final {
			return out, nil, nil, fmt.Errorf("%w: %s", errFinal, out.Failed)
		}
		return out, nil, nil, errors.New(out.Failed)
	}
	for _, want := range []struct {
		named bool
		to    **os.File
	}{{out.Proxy, &proxy}, {out.Broker, &broker}} {
		if want.named && len(files) > 0 {
			*want.to, files = files[0], files[1:]
		}
	}
	closeAll(files)
	return out, proxy, broker, nil
}

func received(rights []byte) (files []*os.File) {
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil {
		return nil
	}
	for i := range messages {
		fds, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			continue
		}
		for _, fd := range fds {
			unix.CloseOnExec(fd)
			unix.SetNonblock(fd, true)
			files = append(files, os.NewFile(uintptr(fd), "listener"))
		}
	}
	return files
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// ownProgram leads to the program that this process runs, whatever has become
// of its name: an update may have put another file there, or taken it away. No
// path is looked up, so all children are of the Core's own version.
const ownProgram = "/proc/self/exe"

// program is where this executable is, or was.
func program() (string, error) {
	p, err := os.Executable()
	if err != nil {
		return "", err
	}
	return filepath.Clean(strings.TrimSuffix(p, " (deleted)")), nil
}
