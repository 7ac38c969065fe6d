package x11

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// Config is what a guard is made of.
type Config struct {
	// Dial connects to the display's server.
	Dial func() (net.Conn, error)
	// Cookie is the MIT-MAGIC-COOKIE-1 of the server; nil where it wants none.
	Cookie []byte
	// PID is what windows say their process is, whatever the host writes; 0
	// has them say nothing.
	PID uint32
	// Clipboard grants reading the clipboard at any time.
	Clipboard bool
	// InputMethod grants what a client of XIM needs to reach the input method.
	InputMethod bool
	// OpenGL shows as much of GLX as it takes to draw by OpenGL in the host's own
	// processes.
	OpenGL bool
	// Refused is told of each kind of request that was refused, once. It may
	// be nil, and is called by several goroutines.
	Refused func(request, why string)
}

// Guard stands between one host and the display. It is safe for concurrent use.
type Guard struct {
	Config
	server *server
	atoms  atoms
	free   chan struct{} // connections that may still be made
	rang   atomic.Int64  // when a client last made a sound, in milliseconds
	stock  stock
	typed  typing

	mu      sync.Mutex
	told    map[string]bool  // guarded by mu
	clients map[*client]bool // guarded by mu: those that are served
	// named are the atoms that clients have had made; guarded by mu.
	named map[string]struct{}
}

// Limits of a host.
const (
	// maxClients bounds its connections: each page has a process with one, and the
	// Core has no more than 100 pages in a host. A server has some 250 for all
	// programs.
	maxClients = 128
	// maxTold bounds what is told of refusals.
	maxTold = 200
	// maxAtoms bounds the names that a host may make: a server keeps them
	// forever. A window of WebKit's needs some 200.
	maxAtoms = 8192
	// maxName bounds the request that has one, in bytes.
	maxName = 1024
)

// New connects to the server.
func New(config Config) (*Guard, error) {
	conn, err := config.Dial()
	if err != nil {
		return nil, fmt.Errorf("connect to the display: %w", err)
	}
	g := &Guard{Config: config, free: make(chan struct{}, maxClients), told: map[string]bool{}, clients: map[*client]bool{}, named: map[string]struct{}{}}
	if g.server, err = newServer(conn, config.Cookie); err == nil {
		if !config.OpenGL {
			g.server.without("GLX")
		}
		g.atoms, err = newAtoms(g.server)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return g, nil
}

// Close ends the guard's own connection.
func (g *Guard) Close() error { return g.server.conn.Close() }

// ErrTooMany says that a host has as many connections as it may have.
var ErrTooMany = errors.New("too many connections to the display")

// Serve serves a client until it or the server goes, and closes its connection.
func (g *Guard) Serve(conn net.Conn) error {
	err := g.serve(conn)
	if err != nil {
		g.tell("a connection", err.Error())
	}
	return err
}

func (g *Guard) serve(conn net.Conn) error {
	defer conn.Close()
	select {
	case g.free <- struct{}{}:
		defer func() { <-g.free }()
	default:
		return ErrTooMany
	}
	c, err := g.accept(conn)
	if c == nil || err != nil {
		return err
	}
	g.mu.Lock()
	g.clients[c] = true
	g.mu.Unlock()
	err = c.run()
	g.mu.Lock()
	delete(g.clients, c)
	g.mu.Unlock()
	c.leave()
	if err == io.EOF || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// bases returns where the ids of the clients begin.
func (g *Guard) bases() (list []uint32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.clients {
		list = append(list, c.base)
	}
	return list
}

// mayName reports whether a client may have an atom made, and notes it.
func (g *Guard) mayName(name string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, known := g.named[name]; !known && len(g.named) >= maxAtoms {
		return false
	}
	g.named[name] = struct{}{}
	return true
}

// tell tells of a refusal, once of each.
func (g *Guard) tell(request, why string) {
	if g.Refused == nil {
		return
	}
	key := request + "\x00" + why
	g.mu.Lock()
	known := g.told[key] || len(g.told) >= maxTold
	if !known {
		g.told[key] = true
	}
	g.mu.Unlock()
	if !known {
		g.Refused(request, why)
	}
}
