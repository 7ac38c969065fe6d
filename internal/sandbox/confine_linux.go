package sandbox

import (
	"fmt"
	"io"
	"math"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"
)

// confinement is how one child is about to be confined.
type confinement struct {
	order  order
	env    []string
	hidden []string // variables that the child does not inherit
	status []Status // what is known before stage one
	// sockets that the broker lets the child connect to
	sockets []string
	instead map[string]string // and what others stand for
	home    string            // of the user, if the child is shown something of it
	folder  *folder
	// guarded is what the guard of the display listens on; nil without a guard.
	guarded *os.File
	// context is what its connections to a compositor belong to, and compositor the
	// socket where that takes them; nil and "" without one.
	context    io.Closer
	compositor string
	display    Status // zero without an engine
	buses      busDoors
	xim        bool // the child may speak to an input method by XIM
	// local is the listener of the proxy where the child has no network
	// namespace to make one in.
	local *announced
}

func newConfinement(s *Spec) (*confinement, error) {
	exe := s.ProgramPath
	if s.Program == nil {
		var err error
		if exe, err = program(); err != nil {
			return nil, err
		}
	}
	c := &confinement{folder: sessionFolder(os.Getenv)}
	d, remote, err := c.session(s)
	if err != nil {
		c.discard()
		return nil, err
	}
	list, left, err := view(s, d)
	if err != nil {
		c.discard()
		return nil, err
	}
	c.order = order{
		View:       list,
		Program:    exe,
		Namespaces: true,
		Landlock:   landlockMost,
		Seccomp:    !s.Without.Seccomp,
		Broker:     !s.Without.Broker && !s.Without.Seccomp,
		Watch:      s.Watch && s.Refused != nil,
		Proxy:      s.Policy.Network || s.Policy.Proxy,
		Listen:     s.Policy.Listen,
	}
	if l := s.Without.Landlock; l != 0 {
		c.order.Landlock = max(l, 0)
	}
	c.status = []Status{{LayerEnvironment, true, ""}}
	if len(left) > 0 {
		c.status = append(c.status, Status{LayerGrants, false, "left out: " + strings.Join(left, "; ")})
	}
	switch why := noNamespaces.Load(); {
	case s.Without.Namespaces:
		c.withoutNamespaces("switched off")
	case remote:
		why := "the display " + os.Getenv("DISPLAY") + " is reached by TCP"
		c.withoutNamespaces(why)
		c.status = append(c.status, Status{LayerNetwork, false, why})
		c.order.TCP, c.order.Broker, c.order.Proxy = true, false, false
	case why != nil:
		c.withoutNamespaces(*why)
	}
	return c, nil
}

// session finds what the child is shown of the session, and puts what is made
// for it into its folder.
func (c *confinement) session(s *Spec) (d desk, remote bool, err error) {
	getenv := os.Getenv
	if s.Policy.Engine || s.Policy.Compositor {
		getenv = oneDisplay(os.Getenv, takesConnections)
	}
	for _, name := range displayVariables {
		if getenv(name) == "" {
			c.hidden = append(c.hidden, name)
		}
	}
	guarded := s.compositor
	if s.Policy.Engine {
		if guarded, err = c.guardDisplay(s, getenv); err != nil {
			return d, false, err
		}
	}
	d, c.env, remote = session(s.Policy, getenv, guarded)
	switch {
	case guarded != "":
		c.hidden = append(c.hidden, "XAUTHORITY")
	case (s.Policy.Engine || s.Policy.Compositor) && getenv("DISPLAY") != "":
		cookies, err := giveCookies(c.folder, getenv, d.home)
		if err != nil {
			return d, remote, err
		}
		if cookies == "" {
			c.hidden = append(c.hidden, "XAUTHORITY")
		} else {
			d.files = append(d.files, cookies)
			c.env = append(c.env, "XAUTHORITY="+cookies)
		}
	}
	m := inputMethods(s.Policy, getenv, os.Getenv, hasModule)
	c.env, c.xim = append(c.env, m.env...), m.xim
	if err := c.openBuses(s, m, &d); err != nil {
		return d, remote, err
	}
	c.sockets, c.instead, c.home = slices.Concat(d.sockets, d.abstract), d.instead, d.home
	return d, remote, nil
}

func (c *confinement) withoutNamespaces(why string) {
	c.order.Namespaces = false
	c.status = append(c.status, Status{LayerNamespaces, false, why})
}

// launch starts the child and has it confined.
func (c *confinement) launch(s *Spec) (p *Process, err error) {
	o := c.order
	defer func() {
		if err != nil && c.local != nil {
			c.local.Close()
		}
	}()
	if o.Proxy && !o.Namespaces {
		if err := c.listen(&o, s.Policy.Network); err != nil {
			return nil, err
		}
	}
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "stage"), os.NewFile(uintptr(fds[1]), "stage")
	p, err = launch(s, c, theirs)
	theirs.Close()
	if err != nil {
		ours.Close()
		return nil, err
	}
	out, proxy, listener, err := instruct(ours, &o)
	if err != nil {
		p.Kill()
		p.Wait()
		return nil, err
	}
	p.status, p.granted = slices.Concat(c.status, out.Status), c.granted()
	if c.display.Layer != "" {
		p.status = append(p.status, reachable(c.display, out.Status))
	}
	if p.memory.Layer != "" {
		p.status = append(p.status, p.memory)
	}
	if proxy != nil {
		p.proxy, err = net.FileListener(proxy)
		proxy.Close()
		if err != nil {
			closeAll(slices.DeleteFunc([]*os.File{listener}, func(f *os.File) bool { return f == nil }))
			p.Kill()
			p.Wait()
			return nil, err
		}
	} else if c.local != nil {
		p.proxy = c.local
	}
	if listener != nil {
		c.serve(s, p, listener)
	}
	if p.proxy != nil {
		go func() {
			<-p.done
			p.proxy.Close()
		}()
	}
	return p, nil
}

// listen makes a listener on the loopback interface that all programs of the
// machine share. It is of use only with the broker, which says whose
// connections those are. Nobody misses it where no network is granted.
func (c *confinement) listen(o *order, granted bool) error {
	if !o.Broker {
		if granted {
			c.status = append(c.status, Status{LayerNetwork, false, "no network: without namespaces and the broker everybody on this machine could use the proxy"})
		}
		o.Proxy = false
		return nil
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for the proxy: %w", err)
	}
	c.local = &announced{Listener: l, from: map[netip.AddrPort]bool{}, news: make(chan struct{})}
	o.Port = l.Addr().(*net.TCPAddr).Port
	return nil
}

// maxRefusals is how many different refusals are told of in the life of a
// child, which could think of ever new ones. Each is told once.
const maxRefusals = 50

func (c *confinement) serve(s *Spec, p *Process, listener *os.File) {
	var mu sync.Mutex
	told := map[Refusal]bool{}
	tell := func(r Refusal, process func() (pid int, program string)) {
		mu.Lock()
		known := told[r] || len(told) >= maxRefusals
		if !known {
			told[r] = true
		}
		mu.Unlock()
		if s.Refused != nil && !known {
			r.PID, r.Program = process()
			s.Refused(r)
		}
	}
	b := &broker{
		listener: listener, sockets: c.sockets, instead: c.instead, missing: isMissing,
		refused: func(pid int, program, to string) {
			tell(Refusal{What: to}, func() (int, string) { return pid, program })
		},
	}
	if c.order.Watch {
		info, _ := arch.GetInfo("") // stage one had it
		b.watcher = newWatcher(info.SyscallNames, c.order, c.home, func(pid int, r Refusal) {
			tell(r, func() (int, string) { return processOf(pid) })
		})
	}
	if p.proxy != nil {
		b.proxy = addrPort(p.proxy.Addr())
	}
	if port := s.Policy.Listen; port > 0 && port <= math.MaxUint16 {
		b.own = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
	}
	if c.local != nil {
		b.made = c.local.announce
	}
	go b.serve()
}

// granted are the files and folders that the child was granted to write.
func (c *confinement) granted() (all []string) {
	for _, p := range c.order.View {
		if p.origin == ofGrant && p.Access&write != 0 {
			all = append(all, p.Real)
		}
	}
	return all
}

func addrPort(a net.Addr) netip.AddrPort {
	to := a.(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
}

// processOf returns the process that a thread belongs to, and what it runs.
func processOf(thread int) (pid int, program string) {
	pid, err := leader(thread)
	if err != nil {
		return thread, ""
	}
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
	if err != nil {
		return pid, ""
	}
	return pid, strings.TrimSpace(string(b))
}

// announced accepts the connections that were announced to it, and drops all
// others: any program of the machine can connect to a port of loopback.
type announced struct {
	net.Listener

	mu   sync.Mutex
	from map[netip.AddrPort]bool // guarded by mu
	news chan struct{}           // guarded by mu; closed at the next announcement
}

// maxAnnounced bounds announcements of connections that were never accepted.
const maxAnnounced = 1024

func (a *announced) announce(from netip.AddrPort) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.from) >= maxAnnounced {
		clear(a.from)
	}
	a.from[from] = true
	close(a.news)
	a.news = make(chan struct{})
}

// Accept implements net.Listener.
func (a *announced) Accept() (net.Conn, error) {
	for {
		conn, err := a.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if a.wasAnnounced(addrPort(conn.RemoteAddr())) {
			return conn, nil
		}
		conn.Close()
	}
}

// wasAnnounced waits a moment: the connection is there before it is announced.
func (a *announced) wasAnnounced(from netip.AddrPort) bool {
	late := time.After(time.Second)
	for {
		a.mu.Lock()
		known, news := a.from[from], a.news
		delete(a.from, from)
		a.mu.Unlock()
		if known {
			return true
		}
		select {
		case <-news:
		case <-late:
			return false
		}
	}
}
