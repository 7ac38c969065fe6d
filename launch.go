package mullion

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"sync"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
)

// child is a host process with its connection.
type child struct {
	*sandbox.Process
	conn *wire.Conn
	// proxy is where the host asks for the network, nil if it has none. The
	// Core closes it.
	proxy net.Listener
}

// launch starts hosts. It is the only place where an app starts one.
func launch(log *slog.Logger) func(context.Context, core.Launch) (core.Child, error) {
	return func(_ context.Context, l core.Launch) (core.Child, error) {
		conn, socket, err := wire.SocketPair()
		if err != nil {
			return nil, err
		}
		p, err := sandbox.Start(sandbox.Spec{
			Name:     "host " + l.Name,
			Role:     hostRole,
			Socket:   socket,
			Policy:   policy(l.Resources),
			Private:  []string{l.Folders.Data, l.Folders.Cache, l.Folders.Library},
			CacheDir: l.Folders.Library,
			Output:   &output{log: log, from: []any{"host", l.Name}},
		})
		if err != nil {
			conn.Close()
			return nil, err
		}
		c := &child{Process: p, conn: conn, proxy: p.Proxy()}
		if !confined && l.Resources.Network() {
			if c.proxy, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
				p.Kill()
				conn.Close()
				return nil, err
			}
		}
		return c, nil
	}
}

// confined says whether the kernel confines hosts. It does not yet: a download
// is still written to the user's folder by the host itself, which a confined
// one cannot do. Until then all that keeps a host to its proxy is the engine.
const confined = false

// policy is what the kernel is told of what capabilities grant. The servers
// of the network are the proxy's affair.
func policy(r capability.Resources) *sandbox.Policy {
	if !confined {
		return nil
	}
	return &sandbox.Policy{
		Engine: true, Network: r.Network(), UserFonts: r.UserFonts, GPU: r.GPU, Audio: r.Audio, Camera: r.Camera,
		Accessibility: r.Accessibility, InputMethods: r.InputMethods, Read: r.Read, Write: r.Write, MemoryLimit: r.MemoryLimit,
	}
}

// Conn implements core.Child.
func (c *child) Conn() *wire.Conn { return c.conn }

// Proxy implements core.Child.
func (c *child) Proxy() net.Listener { return c.proxy }

// Wait implements core.Child.
func (c *child) Wait() supervise.Ending {
	e := c.Process.Wait()
	end := supervise.Ending{Kind: supervise.Exited, Detail: e.Text}
	switch {
	case e.Fault:
		end.Kind = supervise.Crashed
	case e.Signal != 0:
		end.Kind = supervise.Killed
	}
	return end
}

// noise is what engines print at every start and nobody can act upon.
var noise = [][]byte{
	[]byte("JSC_SIGNAL_FOR_GC"), // WebKit reads it, and complains about it elsewhere
	[]byte("dconf-WARNING"),
}

// output logs what a process and those below it print, line by line.
type output struct {
	log  *slog.Logger
	from []any // attributes of each record

	mu   sync.Mutex
	line []byte // guarded by mu; begun and not ended
}

// maxLine bounds a line of the log.
const maxLine = 16 << 10

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for rest := p; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		rest = after
		if room := maxLine - len(o.line); len(line) > room {
			line = line[:room]
		}
		o.line = append(o.line, line...)
		if ended {
			o.flush()
		}
	}
	return len(p), nil
}

func (o *output) flush() {
	line := bytes.TrimSpace(o.line)
	o.line = o.line[:0]
	if len(line) == 0 {
		return
	}
	for _, n := range noise {
		if bytes.Contains(line, n) {
			return
		}
	}
	o.log.Info(string(line), o.from...)
}
