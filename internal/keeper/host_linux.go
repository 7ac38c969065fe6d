package keeper

import (
	"errors"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/desktop/a11y"
	"github.com/mullion-dev/mullion/internal/egress"
	"github.com/mullion-dev/mullion/internal/keeper/control"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/shortage"
)

// host is a host as its keeper sees it. The loop owns it.
type host struct {
	number  uint64
	name    string
	key     string
	process *sandbox.Process
	control *os.File
	core    *core // that has its connection; nil: none just now
	// pending are connections to its proxy that no Core was there for.
	pending []*os.File
	relays  int // connections to the network that are passed on
}

// maxPending bounds them.
const maxPending = 64

// wanted gives a Core a connection to a host, which is started if need be.
func (k *keeper) wanted(c *core, m message) {
	if m.Spec == nil || c.leaving || k.ending {
		c.conn.send(message{Op: opStarted, ID: m.ID, Text: "the Core leaves"})
		return
	}
	key := m.Key + "\n" + m.Spec.key()
	h := k.hosts[m.Name]
	if h != nil && h.key == key && h.core == nil {
		if k.connect(c, h, m.ID) {
			return
		}
	}
	if h == nil {
		go k.startHost(c, m, key)
		return
	}
	// What it may reach is not what this Core wants, or it does not listen.
	c.renewed = append(c.renewed, m.Name)
	h.process.Kill()
	go func() {
		h.process.Wait()
		k.startHost(c, m, key)
	}()
}

// connect gives a host that is there to another Core.
func (k *keeper) connect(c *core, h *host, id uint64) bool {
	ours, theirs, err := socketEnds()
	if err != nil {
		return false
	}
	defer theirs.Close()
	if !h.tell(control.Message{}, theirs) {
		ours.Close()
		return false
	}
	h.claim(c, id, ours, true)
	return true
}

// claim tells a Core of its host.
func (h *host) claim(c *core, id uint64, conn *os.File, kept bool) {
	h.core = c
	info := &hostInfo{Number: h.number, PID: h.process.PID(), Kept: kept, Status: h.process.Status()}
	if l := h.process.Proxy(); l != nil {
		info.Proxy = l.Addr().String()
	}
	c.conn.send(message{Op: opStarted, ID: id, Host: info}, conn)
	for _, f := range h.pending {
		c.conn.try(message{Op: opConnect, Host: &hostInfo{Number: h.number}}, f)
	}
	h.pending = nil
}

// socketEnds returns the two ends of a connection between a Core and a host.
func socketEnds() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	return os.NewFile(uintptr(fds[0]), "core"), os.NewFile(uintptr(fds[1]), "host"), nil
}

// startHost starts a host of the program of a Core.
func (k *keeper) startHost(c *core, m message, key string) {
	fail := func(err error) {
		c.conn.send(message{Op: opStarted, ID: m.ID, Text: err.Error(), Short: shortage.Is(err)})
	}
	ours, theirs, err := socketEnds()
	if err != nil {
		fail(err)
		return
	}
	mine, its, err := control.Pair()
	if err != nil {
		ours.Close()
		theirs.Close()
		fail(err)
		return
	}
	file, err := duplicate(c.program.file)
	if err != nil {
		ours.Close()
		theirs.Close()
		mine.Close()
		its.Close()
		fail(err)
		return
	}
	defer file.Close()
	h := &host{number: k.numbers.Add(1), name: m.Name, key: key, control: mine}
	s := m.Spec.spec()
	s.Socket, s.Control, s.Program, s.ProgramPath = theirs, its, file, c.program.path
	s.Output = output{k, h}
	dialer := new(a11y.Dialer)
	s.Bus, s.AwaitBus = dialer.Dial, dialer.Await
	s.Refused = func(r sandbox.Refusal) {
		k.post(func() {
			if c := h.core; c != nil {
				c.conn.try(message{Op: opRefused, Host: &hostInfo{Number: h.number}, Refusal: &r})
			}
		})
	}
	p, err := sandbox.Start(s)
	if err != nil {
		ours.Close()
		mine.Close()
		fail(err)
		return
	}
	h.process = p
	k.post(func() { k.started(c, h, m.ID, ours) })
	select {
	case <-k.over: // nobody has taken it
		p.Kill()
	default:
	}
}

// started goes on with a host that has been started.
func (k *keeper) started(c *core, h *host, id uint64, conn *os.File) {
	p := h.process
	if k.core != c || k.done || k.hosts[h.name] != nil {
		conn.Close()
		h.control.Close()
		p.Kill()
		return
	}
	k.hosts[h.name] = h
	if k.notice != (control.Notice{}) {
		h.tell(control.Message{Notice: &k.notice}, nil)
	}
	h.claim(c, id, conn, false)
	if l := p.Proxy(); l != nil {
		go k.accept(h, l)
	}
	go func() {
		e := p.Wait()
		<-p.OutputDone()
		k.post(func() {
			if k.hosts[h.name] == h {
				delete(k.hosts, h.name)
			}
			h.control.Close()
			for _, f := range h.pending {
				f.Close()
			}
			h.pending = nil
			if c := h.core; c != nil {
				c.conn.send(message{Op: opExit, Host: &hostInfo{Number: h.number}, Exit: &e})
			}
		})
	}()
}

// acceptPause is how long the keeper waits where it has no room for another
// connection.
const acceptPause = 50 * time.Millisecond

// accept takes the host's connections to its proxy, which is in the Core.
func (k *keeper) accept(h *host, l net.Listener) {
	for {
		conn, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return // with the host
		case err != nil: // too many open files, or the client is gone
			time.Sleep(acceptPause)
			continue
		}
		t, ok := conn.(*net.TCPConn)
		if !ok {
			conn.Close()
			continue
		}
		f, err := t.File()
		conn.Close()
		if err != nil {
			continue
		}
		k.post(func() {
			switch {
			case h.core != nil:
				h.core.conn.try(message{Op: opConnect, Host: &hostInfo{Number: h.number}}, f)
			case len(h.pending) < maxPending:
				h.pending = append(h.pending, f)
			default:
				f.Close()
			}
		})
	}
}

// maxRelays bounds the connections to the network of one host.
const maxRelays = 512

// relay passes on what a host and a server say, through all Cores: the one that
// has made the connection found it to be allowed, and a host for which another
// Core would not is ended. It takes the files if it reports true.
func (k *keeper) relay(h *host, client, server *os.File) bool {
	if h.relays >= maxRelays {
		return false
	}
	a, err := net.FileConn(client)
	if err != nil {
		return false
	}
	b, err := net.FileConn(server)
	if err != nil {
		a.Close()
		return false
	}
	client.Close()
	server.Close()
	h.relays++
	go func() {
		egress.Relay(a, b)
		a.Close()
		b.Close()
		k.post(func() { h.relays-- })
	}()
	return true
}

// tell sends a host a message. One that does not read is ended.
func (h *host) tell(m control.Message, conn *os.File) bool {
	if err := control.Send(h.control, m, conn); err != nil {
		h.process.Kill()
		return false
	}
	return true
}

// output takes what a host prints.
type output struct {
	k *keeper
	h *host
}

// Write implements io.Writer.
func (o output) Write(p []byte) (int, error) {
	b := append([]byte(nil), p...)
	o.k.post(func() {
		if c := o.h.core; c != nil {
			c.conn.try(message{Op: opOutput, Host: &hostInfo{Number: o.h.number}, Data: b})
		} else {
			o.k.stray.write(b)
		}
	})
	return len(p), nil
}
