package keeper

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/internal/sandbox"
)

// ErrLeaving is returned by a link whose Core makes room for the next one.
var ErrLeaving = errors.New("keeper: another Core takes over")

// Link is a Core's end of the connection to its keeper. It is safe for
// concurrent use.
type Link struct {
	conn    *conn
	life    int
	cause   Cause
	windows map[string][]byte
	leaving chan struct{}

	mu      sync.Mutex
	held    map[string]*os.File    // guarded by mu
	lastID  uint64                 // guarded by mu
	waiting map[uint64]wish        // guarded by mu
	swaps   map[uint64]chan Result // guarded by mu
	hosts   map[uint64]*Host       // guarded by mu; by number
	onPing  func()                 // guarded by mu
	onLeave func()                 // guarded by mu
	onEnd   func()                 // guarded by mu
	ended   bool                   // guarded by mu
}

// wish is a host that is asked for.
type wish struct {
	host *Host
	done chan error
}

// Join greets the keeper and waits until there is room for this Core. Where the
// keeper does without it, the process ends. hosts names what hosts and the
// scripts of their pages are made of.
func Join(f *os.File, hosts string) (*Link, error) {
	c, err := newConn(f, false)
	if err != nil {
		return nil, err
	}
	callYourself(os.Args[0])
	l := &Link{
		conn: c, windows: map[string][]byte{}, leaving: make(chan struct{}),
		held: map[string]*os.File{}, waiting: map[uint64]wish{}, swaps: map[uint64]chan Result{}, hosts: map[uint64]*Host{},
	}
	c.send(message{Op: opHello, Versions: &Versions{Keeper: Version, Host: hosts}})
	for {
		m, files, err := c.receive()
		if err != nil {
			os.Exit(0)
		}
		file := takeOne(files)
		switch {
		case m.Op == opWindow:
			l.windows[m.Name] = m.Data
		case m.Op == opHold && file != nil:
			l.held[m.Name] = file
			continue
		}
		if file != nil {
			file.Close()
		}
		if m.Op == opGo {
			l.life = m.Life
			if m.Cause != nil {
				l.cause = *m.Cause
			}
			go l.read()
			return l, nil
		}
	}
}

// Life counts the Cores under the same windows, from 1.
func (l *Link) Life() int { return l.life }

// Cause tells why this Core was started, where there was one before.
func (l *Link) Cause() Cause { return l.cause }

// Windows returns what the Cores before have had the keeper remember of their
// windows. It must not be changed.
func (l *Link) Windows() map[string][]byte { return l.windows }

// Remember has the keeper remember what the next Core is to know of a window.
// It is with the keeper when Remember returns. Without data it is forgotten.
func (l *Link) Remember(window string, data []byte) {
	l.conn.send(message{Op: opWindow, Name: window, Data: data})
}

// Hold has the keeper keep a descriptor for the next Core, in the place of the
// one of that name. It does not close f.
func (l *Link) Hold(name string, f *os.File) error {
	dup, err := duplicate(f)
	if err != nil {
		return err
	}
	l.conn.send(message{Op: opHold, Name: name}, dup)
	return nil
}

// Held returns a descriptor that a Core before had the keeper hold, whose name
// begins like that, once; nil if there is none.
func (l *Link) Held(prefix string) (name string, f *os.File) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, f := range l.held {
		if strings.HasPrefix(name, prefix) {
			delete(l.held, name)
			return name, f
		}
	}
	return "", nil
}

// Settled says that this Core has opened all windows that it begins with, and
// which hosts show them. What no Core wants any more is ended.
func (l *Link) Settled(hosts []string) { l.conn.send(message{Op: opSettled, Names: hosts}) }

// Ends says that this Core ends because it wants to.
func (l *Link) Ends() { l.conn.send(message{Op: opEnds}) }

// OnLeave sets what is called when this Core is to make room. Until it is set,
// the process ends then.
func (l *Link) OnLeave(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.onLeave = f
}

// OnPing sets what has to return before the keeper is told that this Core is
// well. It is called again and again, not twice at a time.
func (l *Link) OnPing(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.onPing = f
}

// pong answers a ping.
func (l *Link) pong() {
	l.mu.Lock()
	f := l.onPing
	l.mu.Unlock()
	if f != nil {
		f()
	}
	l.conn.send(message{Op: opPong})
}

// Leaving is closed when this Core is to make room.
func (l *Link) Leaving() <-chan struct{} { return l.leaving }

// OnEnd sets what is called when the app is to end, or the keeper is gone.
func (l *Link) OnEnd(f func()) {
	l.mu.Lock()
	l.onEnd = f
	ended := l.ended
	l.mu.Unlock()
	if ended {
		f()
	}
}

// Swap has another program take the place of this one, and waits until it has
// come so far that this Core is to make room, or cannot. It does not close
// program. When ctx ends it returns its error, and what has begun goes on.
func (l *Link) Swap(ctx context.Context, program *os.File, path string) (Result, error) {
	mine, err := duplicate(program)
	if err != nil {
		return Result{}, fmt.Errorf("keeper: %w", err)
	}
	w := make(chan Result, 1)
	l.mu.Lock()
	l.lastID++
	id := l.lastID
	l.swaps[id] = w
	l.mu.Unlock()
	l.conn.send(message{Op: opSwap, ID: id, Path: path}, mine)
	select {
	case r := <-w:
		return r, nil
	case <-l.leaving:
		return Result{Outcome: Swapped}, nil
	case <-ctx.Done():
		select {
		case <-l.leaving: // which ends what the app does
			return Result{Outcome: Swapped}, nil
		default:
		}
		l.mu.Lock()
		delete(l.swaps, id)
		l.mu.Unlock()
		return Result{}, ctx.Err()
	}
}

// read does what the keeper says.
func (l *Link) read() {
	for {
		m, files, err := l.conn.receive()
		if err != nil {
			l.end()
			time.Sleep(endTime)
			os.Exit(1)
		}
		l.heard(m, takeOne(files))
	}
}

func (l *Link) end() {
	l.mu.Lock()
	l.ended = true
	f := l.onEnd
	l.mu.Unlock()
	if f != nil {
		f()
	}
}

// heard does what one message says. It takes the file.
func (l *Link) heard(m message, file *os.File) {
	switch m.Op {
	case opStarted:
		l.started(m, file)
		return
	case opLeave:
		l.mu.Lock()
		f := l.onLeave
		l.mu.Unlock()
		if f == nil {
			os.Exit(0)
		}
		close(l.leaving)
		go f()
	case opEnd:
		l.end()
	case opPing:
		go l.pong()
	case opResult:
		l.mu.Lock()
		w := l.swaps[m.ID]
		delete(l.swaps, m.ID)
		l.mu.Unlock()
		if w != nil && m.Result != nil {
			w <- *m.Result
		}
	case opExit, opOutput, opRefused, opConnect:
		l.mu.Lock()
		var h *Host
		if m.Host != nil {
			h = l.hosts[m.Host.Number]
		}
		if h != nil && m.Op == opExit {
			delete(l.hosts, m.Host.Number)
		}
		l.mu.Unlock()
		if h != nil {
			h.heard(m, file)
			return
		}
	}
	if file != nil {
		file.Close()
	}
}

// started goes on with what became of a wish. It takes the file.
func (l *Link) started(m message, file *os.File) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w, waits := l.waiting[m.ID]
	delete(l.waiting, m.ID)
	if m.Host == nil || file == nil {
		if file != nil {
			file.Close()
		}
		if waits {
			w.done <- m.failure()
		}
		return
	}
	if !waits {
		file.Close()
		l.conn.send(message{Op: opKill, Host: &hostInfo{Number: m.Host.Number}})
		return
	}
	h := w.host
	h.info, h.Socket = *m.Host, file
	if h.info.Proxy != "" {
		h.proxy = newProxy(h.info.Proxy)
	}
	l.hosts[h.info.Number] = h // before anything else is said of it
	w.done <- nil
}

// Start has the keeper start a host, or gives this Core one of that name that is
// there. key says what else two hosts of one name have to have in common, so
// that one can stand in for the other. Socket and Control of the spec are the
// keeper's affair.
func (l *Link) Start(ctx context.Context, name, key string, s sandbox.Spec) (*Host, error) {
	h := &Host{link: l, done: make(chan struct{}), told: make(chan func(), maxTold), output: s.Output, refused: s.Refused}
	w := wish{h, make(chan error, 1)}
	l.mu.Lock()
	l.lastID++
	id := l.lastID
	l.waiting[id] = w
	l.mu.Unlock()
	l.conn.send(message{Op: opHost, ID: id, Name: name, Key: key, Spec: specOf(&s)})
	var err error
	select {
	case err = <-w.done:
	case <-l.leaving:
		err = ErrLeaving
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		l.mu.Lock()
		delete(l.waiting, id)
		l.mu.Unlock()
		return nil, err
	}
	go h.tell()
	return h, nil
}

// Host is a host that the keeper has started.
type Host struct {
	// Socket is this Core's end of the connection, which the user closes.
	Socket *os.File

	link    *Link
	info    hostInfo
	proxy   *proxy
	output  io.Writer
	refused func(sandbox.Refusal)
	told    chan func()
	done    chan struct{}
	exit    sandbox.Exit // set before done is closed
}

// maxTold bounds what waits of what a host prints and is refused.
const maxTold = 256

// PID returns the host's process id.
func (h *Host) PID() int { return h.info.PID }

// Kept reports whether the host was there before this Core.
func (h *Host) Kept() bool { return h.info.Kept }

// Status tells how the host is confined.
func (h *Host) Status() []sandbox.Status { return h.info.Status }

// Proxy is where the host asks for connections to the network; nil without.
func (h *Host) Proxy() net.Listener {
	if h.proxy == nil {
		return nil
	}
	return h.proxy
}

// Kill ends the host at once, unless the next Core is to have it.
func (h *Host) Kill() {
	select {
	case <-h.link.leaving:
	default:
		h.link.conn.send(message{Op: opKill, Host: &hostInfo{Number: h.info.Number}})
	}
}

// Relay has the keeper pass on what is said between the host and a server, as
// long as both want. It reports false if it cannot.
func (h *Host) Relay(client, server net.Conn) bool {
	var files []*os.File
	for _, c := range []net.Conn{client, server} {
		t, ok := c.(interface{ File() (*os.File, error) })
		if !ok {
			closeAll(files)
			return false
		}
		f, err := t.File()
		if err != nil {
			closeAll(files)
			return false
		}
		files = append(files, f)
	}
	return h.link.conn.push(parcelOf(message{Op: opRelay, Host: &hostInfo{Number: h.info.Number}}, files), false)
}

// Wait waits for the host to end and tells how it did. left says that this Core
// leaves, and the host goes on.
func (h *Host) Wait() (e sandbox.Exit, left bool) {
	select {
	case <-h.done:
		return h.exit, false
	case <-h.link.leaving:
		return sandbox.Exit{}, true
	}
}

// heard takes what the keeper says of the host. It takes the file.
func (h *Host) heard(m message, file *os.File) {
	switch {
	case m.Op == opConnect && h.proxy != nil && file != nil:
		h.proxy.add(file)
		return
	case m.Op == opOutput && h.output != nil:
		h.tellLater(func() { h.output.Write(m.Data) })
	case m.Op == opRefused && h.refused != nil && m.Refusal != nil:
		h.tellLater(func() { h.refused(*m.Refusal) })
	case m.Op == opExit && m.Exit != nil:
		h.exit = *m.Exit
		close(h.done)
		close(h.told)
		if h.proxy != nil {
			h.proxy.Close()
		}
	}
	if file != nil {
		file.Close()
	}
}

// tellLater has f called, unless too much waits.
func (h *Host) tellLater(f func()) {
	select {
	case h.told <- f:
	default:
	}
}

func (h *Host) tell() {
	for f := range h.told {
		f()
	}
}

// proxy gives the connections that the keeper has accepted.
type proxy struct {
	addr  net.Addr
	conns chan net.Conn
	once  sync.Once
	gone  chan struct{}
}

func newProxy(addr string) *proxy {
	p := &proxy{conns: make(chan net.Conn, maxPending), gone: make(chan struct{})}
	if a, err := net.ResolveTCPAddr("tcp", addr); err == nil {
		p.addr = a
	}
	return p
}

func (p *proxy) add(f *os.File) {
	conn, err := net.FileConn(f)
	f.Close()
	if err != nil {
		return
	}
	select {
	case p.conns <- conn:
	default:
		conn.Close()
	}
}

// Accept implements net.Listener.
func (p *proxy) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.gone:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *proxy) Close() error {
	p.once.Do(func() { close(p.gone) })
	return nil
}

// Addr implements net.Listener.
func (p *proxy) Addr() net.Addr { return p.addr }
